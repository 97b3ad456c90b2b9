"""The probes of an examination: sockets and requests of its own, all at once, each with a time limit.

They do not use the client's transport: a fault there, or a custom one, must not hide the fault that is looked for.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping  # noqa: TC003  (msgspec reads the annotations at run time)
from contextlib import suppress
from functools import partial
from typing import Any, Final, Protocol
from urllib.parse import unquote, urlsplit

from msgspec import Struct, field

from .._generated.gateway import Provider
from .._model.json_values import is_object
from .._model.open_types import Concealed
from .._transport.routing import environment_proxies, environment_proxy
from .._transport.trust import client_context
from .._wire.url import redact_url
from .report import Answer, Observations, TokenFacts, is_gateway, port_of

__all__ = ["FEATURES", "Bounds", "Setup", "describe_token", "observe", "setup_of"]

MAX_BODY: Final = 1024 * 1024
_KEYLESS: Final = ("llamacpp", "ollama")  # listed by default, and usually not there: examined only if they are in use
_KEYS: Final = ("sk-", "sk_", "gsk_", "xai-", "pplx-", "nvapi-", "csk-", "AIza", "hf_")
_PLAIN: Final = {"accept": "application/json", "connection": "close"}
_UNROUTED: Final[dict[str, object]] = {"model": "doctor-probe", "messages": []}  # no provider, so no provider is asked
FEATURES: Final[dict[str, tuple[str, str, Any]]] = {
    "images": ("POST", "/v1/images/generations", {}),
    "audio": ("POST", "/v1/audio/speech", {}),
    "videos": ("POST", "/v1/videos", {}),
    "mcp": ("POST", "/mcp", {}),
    "metrics": ("POST", "/v1/metrics", {"resourceMetrics": []}),
}
"""By feature, an empty request that shows whether the gateway serves it."""


class Bounds(Struct, frozen=True, kw_only=True):
    """The limits of an examination, in seconds.

    Attributes:
        probe: The time limit of one probe.
        whole: The time limit of all, without the calls of `deep`.
        deep: The time limit of each call of `deep`.
        slow: The time to a first byte that is too long.
        cut: The time after which a gateway closes a connection.
        near: The difference from that time that is allowed.
        burst: The time in which all events of a buffered stream arrive.
        skew: The difference of two clocks that is too large.
    """

    probe: float = 5.0
    whole: float = 19.0
    deep: float = 35.0
    slow: float = 5.0
    cut: float = 30.0
    near: float = 1.0
    burst: float = 0.05
    skew: float = 60.0


class Connections(Protocol):
    """The arguments of a client that configure its connections."""

    @property
    def proxy(self) -> str | None: ...
    @property
    def tls(self) -> Any: ...
    @property
    def ca(self) -> Any: ...
    @property
    def cert(self) -> Any: ...


class Setup(Concealed, Struct, frozen=True, kw_only=True):
    """The set-up to examine: the settings of a client.

    Attributes:
        root: The gateway's address, without `/v1`.
        token: The token, or None.
        headers: The headers of every request.
        proxy: A proxy's URL, "env", or None.
        context: Return the TLS settings.
        environ: The environment.
        wall: Return the local time.
        places: Other ports of the host to look at when nothing listens.
    """

    root: str
    token: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    proxy: str | None = "env"
    context: Callable[[], ssl.SSLContext] = ssl.create_default_context
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    wall: Callable[[], float] = time.time
    places: tuple[int, ...] = (8080, 9464)

    def __repr__(self) -> str:
        return f"Setup({redact_url(self.root)!r})"

    def secrets(self) -> set[str]:
        """Return the values that must not be shown."""
        parts = urlsplit(self.proxy_url() or "")
        found = {self.token, parts.password, *(value for _, value in self.headers)}
        return {secret for each in found if each for secret in (each, unquote(each))}

    def proxy_url(self) -> str | None:
        """Return the URL of the proxy for the gateway, or None."""
        if self.proxy != "env":
            return self.proxy
        parts = urlsplit(self.root)
        return environment_proxy(
            environment_proxies(self.environ), parts.scheme, parts.hostname or "", port_of(self.root)
        )


def setup_of(root: str, token: str | None, headers: Iterable[tuple[str, str]], connections: Connections) -> Setup:
    """Return the set-up of a client.

    Args:
        root: The gateway's address.
        token: The client's token, or None.
        headers: The client's headers.
        connections: The client's arguments `proxy`, `tls`, `ca` and `cert`.
    """

    def context() -> ssl.SSLContext:
        return connections.tls or client_context(connections.ca, connections.cert)

    return Setup(root=root, token=token, headers=tuple(headers), proxy=connections.proxy, context=context)


def describe_token(token: str | None) -> TokenFacts:
    """Return the properties of a token. Its signature is not checked."""
    if not token:
        return TokenFacts()
    if token.lower().startswith("bearer"):
        return TokenFacts(kind="scheme")
    if token.startswith(_KEYS):
        return TokenFacts(kind="provider-key")
    try:
        _, payload, _ = token.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError:
        return TokenFacts(kind="opaque")
    known = {name: claims.get(name) for name in ("exp", "nbf", "iss", "aud")} if is_object(claims) else {}
    return TokenFacts(kind="jwt" if known else "opaque", claims=known)


def observe(setup: Setup, model: str | None, needs: Iterable[str], bounds: Bounds, *, deep: bool) -> Observations:
    """Send the probes, and return what they saw.

    Args:
        setup: The set-up.
        model: The model in use, or None.
        needs: The features in use, keys of `FEATURES`.
        bounds: The time limits.
        deep: Call the model too, once whole and once as a stream.
    """
    parts, proxy = urlsplit(setup.root), setup.proxy_url()
    seen = Observations(
        root=setup.root, host=parts.hostname or "", port=port_of(setup.root), tls=parts.scheme == "https", model=model,
        needs=tuple(needs), token=describe_token(setup.token), proxy=redact_url(proxy) if proxy else None,
        old_names=tuple(name for name in ("AUTH_ENABLE", "MCP_ENABLE", "TELEMETRY_ENABLE", "EXPOSE_MCP")
                        if name in setup.environ),
        slow=bounds.slow, cut=bounds.cut, near=bounds.near, burst=bounds.burst, skew=bounds.skew, now=setup.wall(),
    )  # fmt: skip
    examination = _Examination(setup, seen, bounds, proxy)
    examination.connect()
    examination.ask_health()
    if seen.healthy:
        examination.ask_all()
        examination.ask_further()
        if deep and model:
            examination.call()
    elif seen.answer("health").status:
        examination.look_elsewhere()
    return seen


class _Examination:
    """The steps of an examination. Each sends its probes at once, and waits for all of them."""

    def __init__(self, setup: Setup, seen: Observations, bounds: Bounds, proxy: str | None) -> None:
        self._setup = setup
        self._seen = seen
        self._bounds = bounds
        self._proxy = proxy
        self._place: str | None = None  # the address that can be connected to
        self._ends = time.monotonic() + bounds.whole
        self._step = bounds.probe + 0.5  # of all probes that are sent at once; a little more than their own limit

    def connect(self) -> None:
        """Resolve the name, and connect to each of its addresses."""
        seen = self._seen
        found = self._together({"lookup": partial(_look_up, seen.host, seen.port)}, ([], "timed out"))["lookup"]
        addresses, seen.lookup = found
        jobs = {each: partial(_connect, each, seen.port, self._bounds.probe) for each in addresses[:8]}
        seen.addresses.update(self._together(jobs, "timeout"))
        self._place = next((each for each, outcome in seen.addresses.items() if outcome == "open"), None)
        if addresses and self._place is None and self._proxy is None:
            self._look_around()

    def _look_around(self) -> None:
        """Look for a gateway at other ports of the host, and at the other loopback address."""
        seen = self._seen
        ports = [port for port in self._setup.places if port != seen.port]
        places = [(next(iter(seen.addresses)), port) for port in ports]
        if any(each.startswith("127.") or each == "::1" for each in seen.addresses):
            places += [(each, seen.port) for each in ("127.0.0.1", "::1") if each not in seen.addresses]
        jobs: dict[str, Callable[[], Answer]] = {}
        for host, port in places:
            shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            jobs[shown] = partial(self._plain, f"http://{shown}/health")
        seen.neighbours.update(self._together(jobs, Answer(failure="timeout")))

    def ask_health(self) -> None:
        """Ask for the gateway's health, also past a proxy, and in the other scheme if it is not HTTP."""
        seen = self._seen
        if self._place is None and self._proxy is None:
            return
        jobs: dict[str, Callable[[], Answer]] = {"health": partial(self._get, "/health")}
        if self._proxy is not None and self._place is not None:
            jobs["direct"] = partial(self._get, "/health", direct=True)
        seen.answers.update(self._together(jobs, Answer(failure="timeout")))
        health = seen.answer("health")
        if self._place is None or self._proxy is not None or health.status not in (0, 400):
            return
        if seen.tls and health.failure == "tls":
            plain = "http" + seen.root.removeprefix("https")
            seen.answers |= self._together(
                {"plain": partial(self._plain, f"{plain}/health")}, Answer(failure="timeout")
            )
        elif not seen.tls:
            seen.answers |= self._together({"tls": self._shake_hands}, Answer(failure="timeout"))

    def ask_all(self) -> None:
        """Ask for models, and if they are listed, for features and providers."""
        seen = self._seen
        jobs: dict[str, Callable[[], Answer]] = {
            "models": partial(self._get, "/v1/models"),
            "anonymous": partial(self._get, "/v1/models", token=False),
            "deprecated": partial(self._get, "/v1/models?include=deprecated"),
            "details": partial(self._get, "/v1/models?include=context_window,pricing"),
            "metadata": partial(self._get, "/.well-known/oauth-protected-resource/mcp", token=False),
            "chat": partial(self._ask, "POST", "/v1/chat/completions", _UNROUTED),
            "bypass": partial(self._ask, "POST", "/v1/chat/completions", _UNROUTED, {"x-mcp-bypass": "true"}),
        }
        seen.answers |= self._together(jobs, Answer(failure="timeout"))
        if seen.answer("models").status == 401:
            return
        jobs = {}
        for name, (method, path, body) in FEATURES.items():
            jobs[name] = partial(self._ask, method, path, body)
        keyed = {provider.value for provider in Provider} - set(_KEYLESS)
        for name in sorted(keyed | ({seen.provider} if _is_id(seen.provider) else set())):
            jobs[f"provider {name}"] = partial(self._get, f"/v1/models?provider={name}")
        seen.answers |= self._together(jobs, Answer(failure="timeout"))

    def look_elsewhere(self) -> None:
        """Look for the gateway at shorter paths of the address."""
        jobs: dict[str, Callable[[], Answer]] = {"models": partial(self._get, "/v1/models")}
        jobs |= {f"at {root}": partial(self._elsewhere, root) for root in _shorter(self._seen.root)}
        self._seen.answers |= self._together(jobs, Answer(failure="timeout"))

    def ask_further(self) -> None:
        """Ask providers through the proxy if their lists fail, or if the model is of one; and the token's issuer."""
        seen = self._seen
        asked = {name.partition(" ")[2]: one for name, one in seen.answers.items() if name.startswith("provider ")}
        names = [name for name, one in asked.items() if one.status == 502 or name == seen.provider]
        jobs: dict[str, Callable[[], Answer]] = {
            f"proxy {name}": partial(self._get, f"/proxy/{name}/models") for name in names
        }
        issuer = seen.token.claims.get("iss")
        if (
            seen.answer("models").status == 401
            and isinstance(issuer, str)
            and issuer.startswith(("http://", "https://"))
        ):
            jobs["issuer"] = partial(self._plain, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        seen.answers |= self._together(jobs, Answer(failure="timeout"))

    def call(self) -> None:
        """Call the model: one token, and a short stream."""
        self._step = self._bounds.deep + 0.5
        self._ends = time.monotonic() + self._step
        message = {"role": "user", "content": "Count from 1 to 5."}
        body = {"model": self._seen.model, "messages": [message], "max_tokens": 1}
        stream = {**body, "max_tokens": 16, "stream": True}
        path, seconds = "/v1/chat/completions", self._bounds.deep
        jobs = {
            "call": partial(self._ask, "POST", path, body, seconds=seconds),
            "stream": partial(self._ask, "POST", path, stream, {"accept": "text/event-stream"}, seconds=seconds),
        }
        self._seen.answers |= self._together(jobs, Answer(failure="timeout"))

    def _together(self, jobs: Mapping[str, Callable[[], Any]], late: Any) -> dict[str, Any]:
        """Run the jobs at once and return their results; `late` for one that has none in time."""
        done: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()

        def run(name: str, job: Callable[[], Any]) -> None:
            done.put((name, job()))

        for pair in jobs.items():  # daemons: a resolver that hangs must not keep the process
            threading.Thread(target=run, args=pair, daemon=True).start()
        results = dict.fromkeys(jobs, late)
        ends = min(self._ends, time.monotonic() + self._step)
        with suppress(queue.Empty):
            for _ in jobs:
                name, result = done.get(timeout=max(ends - time.monotonic(), 0.001))
                results[name] = result
        return results

    def _get(self, path: str, *, token: bool = True, direct: bool = False) -> Answer:
        return self._ask("GET", path, token=token, direct=direct)

    def _ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, *,
        token: bool = True, direct: bool = False, seconds: float | None = None,
    ) -> Answer:  # fmt: skip
        """Send a request to the gateway and return the answer."""
        own = {name: value for name, value in self._setup.headers if name.lower() != "host"}
        if token and self._setup.token:
            own["authorization"] = f"Bearer {self._setup.token}"
        if not token:
            own = {name: value for name, value in own.items() if name.lower() != "authorization"}
        own |= {**_PLAIN, **(headers or {})}
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            own["content-type"] = "application/json"
        route = self._route(proxy=None if direct else self._proxy, place=self._place, seconds=seconds)
        return _exchange(method, self._setup.root + path, own, data, route)

    def _route(self, *, proxy: str | None = None, place: str | None = None, seconds: float | None = None) -> _Route:
        return _Route(seconds=seconds or self._bounds.probe, context=self._setup.context, proxy=proxy, place=place)

    def _plain(self, url: str) -> Answer:
        """Return the answer of another server. It gets no credentials."""
        return _exchange("GET", url, _PLAIN, None, self._route())

    def _elsewhere(self, root: str) -> Answer:
        """Return the answer of a gateway at this address, or an empty one."""
        place = None if self._proxy else self._place
        found = _exchange("GET", f"{root}/health", _PLAIN, None, self._route(proxy=self._proxy, place=place))
        return found if is_gateway(found) else Answer()

    def _shake_hands(self) -> Answer:
        """Return whether a TLS handshake succeeds there, whatever the certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            with (
                socket.create_connection((self._place or "", self._seen.port), self._bounds.probe) as raw,
                context.wrap_socket(raw, server_hostname=self._seen.host),
            ):
                return Answer(status=1)
        except (OSError, ValueError) as error:
            return _failed(error, 0.0)


def _is_id(provider: str) -> bool:
    return provider.isascii() and provider.replace("_", "").isalnum()


def _shorter(root: str) -> list[str]:
    """Return the address with fewer segments of its path: http://h/a/b, then http://h/a, then http://h."""
    parts = urlsplit(root)
    segments = [each for each in parts.path.split("/") if each]
    origin = f"{parts.scheme}://{parts.netloc}"
    return ["/".join((origin, *segments[:count])) for count in range(len(segments) - 1, -1, -1)][:4]


def _look_up(host: str, port: int) -> tuple[list[str], str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return [], getattr(error, "strerror", None) or str(error)
    return list(dict.fromkeys(str(each[4][0]) for each in found)), ""


def _connect(address: str, port: int, seconds: float) -> str:
    try:
        socket.create_connection((address, port), seconds).close()
    except OSError as error:
        return _kind(error)
    return "open"


class _Route(Struct, frozen=True, kw_only=True):
    """The way to a server.

    Attributes:
        seconds: The time limit of each step.
        context: Return the TLS settings.
        proxy: The proxy's URL, or None.
        place: The IP address to connect to; None to look the host up.
    """

    seconds: float
    context: Callable[[], ssl.SSLContext]
    proxy: str | None = None
    place: str | None = None


def _exchange(method: str, url: str, headers: Mapping[str, str], body: bytes | None, route: _Route) -> Answer:
    """Send a request on a connection of its own, and return the answer or the failure."""
    began = time.monotonic()
    connection = None
    try:
        connection, target = _open(url, route)
        connection.request(method, target, body, dict(headers))
        response = connection.getresponse()
        head = time.monotonic() - began
        received = {name.lower(): value for name, value in response.getheaders()}
        content, arrivals = _read(response, began, route.seconds)
        first = arrivals[0] if "event-stream" in received.get("content-type", "") and arrivals else head
        return Answer(status=response.status, headers=received, body=content, seconds=first, arrivals=arrivals)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return _failed(error, time.monotonic() - began)
    finally:
        if connection is not None:
            connection.close()


class _ProxyError(OSError):
    """The proxy cannot be reached, or refuses the tunnel."""


def _open(url: str, route: _Route) -> tuple[http.client.HTTPConnection, str]:
    """Return an open connection, and the request's target."""
    parts, port = urlsplit(url), port_of(url)
    host = parts.hostname or ""
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection(host, port, timeout=route.seconds)
    if route.proxy is None:
        connection.sock = socket.create_connection((route.place or host, port), route.seconds)
    else:
        connection = _tunnel(connection, route.proxy, parts.scheme == "https", route.seconds)
        target = target if parts.scheme == "https" else f"http://{parts.netloc}{target}"
    if parts.scheme == "https":
        try:
            connection.sock = route.context().wrap_socket(connection.sock, server_hostname=host)
        except BaseException:
            connection.close()
            raise
    return connection, target


def _tunnel(
    connection: http.client.HTTPConnection, proxy: str, secure: bool, seconds: float
) -> http.client.HTTPConnection:
    """Return a connection to the proxy, and through it to the gateway if that speaks TLS."""
    via = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    user = f"{unquote(via.username or '')}:{unquote(via.password or '')}" if via.username else ""
    granted = {"proxy-authorization": f"Basic {base64.b64encode(user.encode()).decode()}"} if user else {}
    there = http.client.HTTPConnection(via.hostname or "", via.port or 80, timeout=seconds)
    try:
        if secure:
            there.set_tunnel(connection.host, connection.port, granted)
        there.connect()
    except OSError as error:
        there.close()
        raise _ProxyError(str(error)) from error
    return there


def _read(response: http.client.HTTPResponse, began: float, seconds: float) -> tuple[bytes, tuple[float, ...]]:
    """Return the beginning of the body, and when its pieces came. A body that breaks off ends there."""
    pieces: list[bytes] = []
    arrivals: list[float] = []
    size = 0
    with suppress(OSError, http.client.HTTPException):
        while size < MAX_BODY and time.monotonic() - began < seconds:
            piece = response.read1(65536)
            if not piece:
                break
            pieces.append(piece)
            size += len(piece)
            events = piece.count(b"data:") if b"data:" in piece else 1
            arrivals += [time.monotonic() - began] * events
    return b"".join(pieces)[:MAX_BODY], tuple(arrivals)


def _failed(error: BaseException, seconds: float) -> Answer:
    detail = getattr(error, "verify_message", "") or getattr(error, "strerror", "") or str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        code = error.verify_code
        return Answer(failure="certificate", detail=str(detail), verify_code=code, seconds=seconds)
    return Answer(failure=_kind(error), detail=str(detail), seconds=seconds)


def _kind(error: BaseException) -> str:
    return next((name for kind, name in _KINDS if isinstance(error, kind)), "network")


_KINDS: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (_ProxyError, "proxy"),
    (http.client.RemoteDisconnected, "empty"),
    (ConnectionRefusedError, "refused"),
    (ConnectionError, "reset"),
    (TimeoutError, "timeout"),
    (socket.gaierror, "name"),
    (ssl.SSLError, "tls"),
    (http.client.HTTPException, "not-http"),
)
