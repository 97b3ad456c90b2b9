"""A URL, and the proxy that applies to it, as: where the socket goes, how it is secured, what the request line says.

Two requests with equal routes may share a connection.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PORTS", "HiddenHeaders", "Plan", "Proxy", "Route", "origin_of", "plan"]

PORTS = {"http": 80, "https": 443}


class HiddenHeaders:
    """Header pairs that hold a password: opaque, so that no tool that walks the locals of a frame finds them."""

    __slots__ = ("_pairs",)

    def __init__(self, *pairs: tuple[str, str]) -> None:
        self._pairs = pairs

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __eq__(self, other: object) -> bool:
        return self._pairs == other._pairs if isinstance(other, HiddenHeaders) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._pairs)

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


class Plan(NamedTuple):
    """How a request to one URL is made.

    Attributes:
        route: The connection it needs.
        target: What stands between method and version in the request line.
        headers: `Host`, and for a proxy that is asked in absolute form its authorization.
        proxied: In absolute form, through a proxy.
    """

    route: Route
    target: str
    headers: HiddenHeaders
    proxied: bool

    def __repr__(self) -> str:
        return f"Plan({self.route.name})"


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


def plan(url: str, proxy: Proxy | None) -> Plan:
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
        return Plan(Route((host, port), tls, host, "", _NO_HEADERS, name), path, own, proxied=False)
    address, via = (proxy.host, proxy.port), f"{_literal(proxy.host)}:{proxy.port}"
    if tls:
        route = Route(address, tls, host, name, proxy.headers, f"{name} through {via}")
        return Plan(route, path, own, proxied=False)
    route = Route(address, tls, "", "", proxy.headers, f"proxy {via}")
    return Plan(route, f"http://{authority}{path}", HiddenHeaders(*own, *proxy.headers), proxied=True)


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
