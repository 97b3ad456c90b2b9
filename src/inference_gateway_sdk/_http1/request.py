"""Where a request goes (origin, proxy, tunnel) and the bytes of its head."""

from __future__ import annotations

import re
from base64 import b64encode
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
    """Header pairs that hold a password: opaque, so that no tool that walks the locals of a frame finds them.

    Compared and hashed by identity: routes hold them and are looked up for each request.
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
        host: Its name or address.
        port: Its port.
        headers: `Proxy-Authorization` where its URL held a user; never shown.
    """

    host: str
    port: int
    headers: HiddenHeaders = _NO_HEADERS

    @classmethod
    def parse(cls, url: str) -> Proxy:
        """The proxy that a URL names; `host:port` alone means http.

        Raises:
            ValueError: Not an http URL with a host. The URL is not repeated: it may hold a password.
        """
        parts = urlsplit(url if "://" in url else f"http://{url}")
        scheme = parts.scheme.lower()
        if scheme != "http":
            raise ValueError(
                f"{scheme}:// proxies are not spoken by this transport (an http:// proxy is): "
                "give the client an httpx2 client that is set up with the proxy instead"
            )
        host, port = _host_and_port(parts, "proxy", 80)
        if parts.username is None:
            return cls(host, port)
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        return cls(host, port, HiddenHeaders(("Proxy-Authorization", f"Basic {b64encode(pair.encode()).decode()}")))

    def __repr__(self) -> str:
        return f"Proxy({_literal(self.host)}:{self.port})"


class Route(NamedTuple):
    """Where a connection leads.

    Attributes:
        address: Host and port that the socket connects to.
        tls: Speak TLS there (inside the tunnel, where there is one).
        host: The name that the certificate must carry.
        tunnel: "host:port" to ask the proxy for, "" without a tunnel.
        proxy_headers: For the proxy alone.
        name: For messages.
    """

    address: tuple[str, int]
    tls: bool
    host: str
    tunnel: str
    proxy_headers: HiddenHeaders
    name: str

    def __repr__(self) -> str:
        return f"Route({self.name})"


class RequestTarget:
    """How a request to one URL is made: opaque, as the URL's query may hold a secret.

    Attributes:
        route: The connection it needs.
        target: What stands between method and version in the request line.
        headers: `Host`, and for a proxy that is asked in absolute form its authorization.
        proxied: In absolute form, through a proxy.
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
    """The scheme, host (without brackets) and port of an absolute http or https URL.

    Raises:
        ValueError: It is not one, or holds characters that must be escaped, or user information.
    """
    if not url.isascii() or any(char <= " " or char == "\x7f" for char in url):
        raise ValueError("the URL holds characters that must be percent-encoded")
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if scheme not in PORTS:
        raise ValueError("the URL must begin with http:// or https://")
    if parts.username is not None:
        raise ValueError("the URL holds user information: send it as a header instead")
    host, port = _host_and_port(parts, "URL", PORTS[scheme])
    return scheme, host, port


def request_target(url: str, proxy: Proxy | None) -> RequestTarget:
    """How to ask `url`, through `proxy` where one applies.

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
        raise ValueError(f"the {what} names no host")
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
_WITH_LENGTH = ("POST", "PUT", "PATCH")  # whose empty body is said too (RFC 9110 section 8.6)
_CACHE_SIZE = 256
_good_names: set[str] = set()


class Head:
    """A request's head: opaque, as it holds tokens.

    A subclass of bytes with a `repr` of its own would not do: rich cuts long ones, and a slice is plain bytes.

    Attributes:
        data: The bytes.
    """

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __repr__(self) -> str:
        return f"<a head of {len(self.data)} bytes>"


class HeadBuilder:
    """Makes the heads of a driver's requests.

    Most requests differ from the one before in nothing but their body. So what stands before its length is remembered,
    for the very objects it was made of: plans and headers that cannot change.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, int], tuple[RequestTarget, Iterable[tuple[str, str]], bytes]] = {}

    def __call__(
        self, destination: RequestTarget, method: str, headers: Iterable[tuple[str, str]], body: bytes | None
    ) -> Head:
        """The head of a request that a caller asks for: their headers, and those that are ours to set.

        Raises:
            ValueError: A header is malformed, or is not the caller's to set. It names the header.
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
            raise error.with_traceback(None) from None  # the variables of its frames are the headers' values
        if isinstance(headers, tuple) or getattr(headers, "constant", False):
            if len(self._known) >= _CACHE_SIZE:
                self._known.clear()
            self._known[key] = (destination, headers, begun)  # which keeps the two alive, and so their ids theirs
        return begun


def request_head(method: str, target: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """The head of a request whose headers are all our own, up to and with its empty line."""
    lines = _header_lines([f"{method} {target} HTTP/1.1\r\n", *[f"{name}: {value}\r\n" for name, value in headers]])
    return lines + b"\r\n"


def _head_start(destination: RequestTarget, method: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """A head up to the body's length."""
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
    # Values are never repeated in an error's text: they may be secrets.
    if head.count("\n") != count or head.count("\r") != count or "\0" in head:
        raise ValueError("line break or NUL in the method, the URL or a header: remove it")
    try:
        return head.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError("a header holds characters outside Latin-1: encode its value first") from None


def _check_name(name: str) -> None:
    if name.lower() in _RESERVED:
        raise ValueError(f"the header {name!r} is set by the transport: leave it out")
    _remember(name, "a header name")


def _remember(token: str, what: str) -> None:
    if not _is_token(token):
        raise ValueError(f"{token!r} is not {what}")
    if len(_good_names) < _CACHE_SIZE:
        _good_names.add(token)
