"""The route of a request (origin, proxy, tunnel) and the bytes of its head."""

from __future__ import annotations

import re
from binascii import b2a_base64
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "PORTS",
    "Head",
    "HeadBuilder",
    "HiddenHeaders",
    "Proxy",
    "RequestTarget",
    "Route",
    "origin_of",
    "request_head",
    "request_target",
]


PORTS = {"http": 80, "https": 443}


class HiddenHeaders:
    """Header pairs that may contain a password. They are opaque to tools that record the local variables of frames.

    They are compared and hashed by identity, because routes contain them and are looked up for each request.
    """

    __slots__ = ("_pairs",)

    def __init__(self, *pairs: tuple[str, str]) -> None:
        self._pairs = pairs

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __repr__(self) -> str:
        return f"<headers: {', '.join(name for name, _ in self._pairs)}>"


_NO_HEADERS = HiddenHeaders()


class Proxy(NamedTuple):
    """An HTTP proxy.

    Attributes:
        host: Name or address of the proxy.
        port: Port of the proxy.
        headers: `Proxy-Authorization` if the URL contains a user. The `repr` does not show it.
    """

    host: str
    port: int
    headers: HiddenHeaders = _NO_HEADERS

    @classmethod
    def parse(cls, url: str) -> Proxy:
        """Parse the URL of a proxy. `host:port` alone means http.

        Raises:
            ValueError: The URL is not an http URL with a host. The message omits the URL, which may contain a password.
        """
        parts = urlsplit(url if "://" in url else f"http://{url}")
        scheme = parts.scheme.lower()
        if scheme != "http":
            raise ValueError(
                f"{scheme}:// proxies are not supported by this transport: "
                "use an http:// proxy, or pass a driver over an httpx2 client that is configured with the proxy"
            )
        host, port = _host_and_port(parts, "proxy", 80)
        if parts.username is None:
            return cls(host, port)
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        return cls(
            host,
            port,
            HiddenHeaders(("Proxy-Authorization", f"Basic {b2a_base64(pair.encode(), newline=False).decode()}")),
        )

    def __repr__(self) -> str:
        return f"Proxy({_literal(self.host)}:{self.port})"


class Route(NamedTuple):
    """The route of a connection: its endpoint, and the tunnel and TLS on the way.

    Attributes:
        address: Host and port that the socket connects to.
        tls: True to use TLS (inside the tunnel, if there is one).
        host: The name that the certificate must match.
        tunnel: "host:port" to request from the proxy, or "" without a tunnel.
        proxy_headers: Headers that only the proxy receives.
        name: Name of the route in error messages.
    """

    address: tuple[str, int]
    tls: bool
    host: str
    tunnel: str
    proxy_headers: HiddenHeaders
    name: str

    @property
    def is_direct(self) -> bool:
        """True if no proxy is on the way."""
        return bool(self.host) and not self.tunnel

    def __repr__(self) -> str:
        return f"Route({self.name})"


class RequestTarget:
    """The route and request line for one URL. It is opaque, because the URL's query may contain a secret.

    Attributes:
        route: The route of the connection.
        target: The request target: `/v1/models`, or in absolute form `http://gateway:8080/v1/models`.
        headers: `Host`. In absolute form, also the proxy's authorization.
        proxied: True if the request is sent to a proxy in absolute form.
    """

    __slots__ = ("headers", "proxied", "route", "target")

    def __init__(self, route: Route, target: str, headers: HiddenHeaders, *, proxied: bool) -> None:
        self.route = route
        self.target = target
        self.headers = headers
        self.proxied = proxied

    def __repr__(self) -> str:
        return f"RequestTarget({self.route.name})"


def origin_of(url: str) -> tuple[str, str, int]:
    """Return the scheme, host (without brackets) and port of an absolute http or https URL.

    Raises:
        ValueError: The URL has another form, or contains unescaped characters or user information.
    """
    if not url.isascii() or any(char <= " " or char == "\x7f" for char in url):
        raise ValueError("the URL contains characters that must be percent-encoded")
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if scheme not in PORTS:
        raise ValueError("the URL must begin with http:// or https://")
    if parts.username is not None:
        raise ValueError("the URL contains user information: send it as a header instead")
    host, port = _host_and_port(parts, "URL", PORTS[scheme])
    return scheme, host, port


def request_target(url: str, proxy: Proxy | None) -> RequestTarget:
    """Return the target of a request to `url`, through `proxy` if it is not None.

    http goes to a proxy in absolute form (RFC 9112 section 3.2.2), https through a tunnel (RFC 9110 section 9.3.6).
    """
    scheme, host, port = origin_of(url)
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    authority = _literal(host) if port == PORTS[scheme] else f"{_literal(host)}:{port}"
    own = HiddenHeaders(("Host", authority))
    tls = scheme == "https"
    name = f"{_literal(host)}:{port}"
    if proxy is None:
        return RequestTarget(Route((host, port), tls, host, "", _NO_HEADERS, name), path, own, proxied=False)
    address, via = (proxy.host, proxy.port), f"{_literal(proxy.host)}:{proxy.port}"
    if tls:
        route = Route(address, tls, host, name, proxy.headers, f"{name} through {via}")
        return RequestTarget(route, path, own, proxied=False)
    route = Route(address, tls, "", "", proxy.headers, f"proxy {via}")
    return RequestTarget(route, f"http://{authority}{path}", HiddenHeaders(*own, *proxy.headers), proxied=True)


def _literal(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _host_and_port(parts: SplitResult, what: str, default: int) -> tuple[str, int]:
    if not parts.hostname:
        raise ValueError(f"the {what} has no host")
    try:
        port = default if parts.port is None else parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError(f"the port of the {what} is not a number from 1 to 65535") from None
    return parts.hostname, port


_is_token = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch  # RFC 9110 section 5.6.2
_RESERVED = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "upgrade",
    }
)
_WITH_LENGTH = ("POST", "PUT", "PATCH")  # these send "Content-Length: 0" for an empty body (RFC 9110 section 8.6)
_CACHE_SIZE = 256
_good_names: set[str] = set()


class Head:
    r"""The head of a request. It is opaque, because it contains tokens.

    A subclass of bytes with its own `repr` is not enough: rich cuts long bytes, and a slice is plain bytes.

    Attributes:
        data: The bytes: `GET /v1/models HTTP/1.1\r\nHost: ...\r\n\r\n`.
    """

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __repr__(self) -> str:
        return f"<a head of {len(self.data)} bytes>"


class HeadBuilder:
    """The builder of the heads of a driver's requests.

    Most requests differ from the previous one only in their body. So the head up to Content-Length is cached. The key
    is the identity of the target and of headers that cannot change.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, int], tuple[RequestTarget, Iterable[tuple[str, str]], bytes]] = {}

    def __call__(
        self, destination: RequestTarget, method: str, headers: Iterable[tuple[str, str]], body: bytes | None
    ) -> Head:
        """Return the head of a request: the caller's headers, and those that the transport sets.

        Raises:
            ValueError: A header is malformed, or only the transport may set it. The message names the header.
        """
        key = method, id(destination), id(headers)
        begun = self._known[key][2] if key in self._known else self._begin(key, destination, headers)
        if body is not None or method in _WITH_LENGTH:
            return Head(b"%sContent-Length: %d\r\n\r\n" % (begun, len(body or b"")))
        return Head(begun + b"\r\n")

    def _begin(
        self, key: tuple[str, int, int], destination: RequestTarget, headers: Iterable[tuple[str, str]]
    ) -> bytes:
        try:
            begun = _head_start(destination, key[0], headers)
        except ValueError as error:
            raise error.with_traceback(None) from None  # the frames of the traceback hold the headers' values
        if isinstance(headers, tuple) or getattr(headers, "constant", False):
            if len(self._known) >= _CACHE_SIZE:
                self._known.clear()
            self._known[key] = (destination, headers, begun)  # keeps both objects alive, so that their ids stay unique
        return begun


def request_head(method: str, target: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """Return the complete head of a request without caller-supplied headers, such as CONNECT."""
    lines = _header_lines([f"{method} {target} HTTP/1.1\r\n", *[f"{name}: {value}\r\n" for name, value in headers]])
    return lines + b"\r\n"


def _head_start(destination: RequestTarget, method: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """Return a head up to Content-Length."""
    if method not in _good_names:
        _remember(method, "an HTTP method")
    lines = [f"{method} {destination.target} HTTP/1.1\r\n"]
    for name, value in destination.headers:
        lines.append(f"{name}: {value}\r\n")
    for name, value in headers:
        if name not in _good_names:
            _check_name(name)
        lines.append(f"{name}: {value}\r\n")
    return _header_lines(lines)


def _header_lines(lines: list[str]) -> bytes:
    count = len(lines)
    head = "".join(lines)
    # The error does not show the value, which may be secret. More "\n" or "\r" than lines means header injection.
    if head.count("\n") != count or head.count("\r") != count or "\0" in head:
        raise ValueError("line break or NUL in the method, the URL or a header: remove it")
    try:
        return head.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError("a header contains characters outside Latin-1: encode its value first") from None


def _check_name(name: str) -> None:
    if name.lower() in _RESERVED:
        raise ValueError(f"the header {name!r} is set by the transport: leave it out")
    _remember(name, "a header name")


def _remember(token: str, what: str) -> None:
    if not _is_token(token):
        raise ValueError(f"{token!r} is not {what}")
    if len(_good_names) < _CACHE_SIZE:
        _good_names.add(token)
