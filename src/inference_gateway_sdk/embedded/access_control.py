"""Access control: bearer tokens, and the origin of requests from web pages."""

from __future__ import annotations

import hmac
import ipaddress
from typing import TYPE_CHECKING, Protocol

from .problems import Problem
from .settings import normal_origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Authentication", "FixedToken", "OriginCheck", "TokenCheck", "is_loopback"]


class FixedToken:
    """A `TokenCheck` that accepts exactly one token.

    Args:
        secret: The token.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    async def accepts(self, token: str) -> bool:
        """Return whether this is the token, in constant time."""
        return hmac.compare_digest(token.encode("utf-8", "surrogatepass"), self._secret)


_BEARER = "Bearer "
_CHALLENGE = 'Bearer realm="inference-gateway"'  # RFC 6750 section 3


class TokenCheck(Protocol):
    """A check of bearer tokens."""

    async def accepts(self, token: str) -> bool:
        """Return whether this token may pass."""
        ...


class Authentication:
    """ASGI middleware that requires a bearer token.

    Args:
        app: The application to protect.
        tokens: The check that a token must pass.
        is_open: Return whether a request needs no token.
        bare: Accept a token without the word `Bearer` before it, and send no `WWW-Authenticate` with a refusal.
        metadata: Return the address of the token metadata for a request that they apply to; None for none (RFC 9728).
    """

    def __init__(
        self,
        app: ASGIApp,
        tokens: TokenCheck,
        is_open: Callable[[Scope], bool],
        *,
        bare: bool,
        metadata: Callable[[Scope], str | None] = lambda scope: None,
    ) -> None:
        self._app = app
        self._metadata = metadata
        self._tokens = tokens
        self._is_open = is_open
        self._bare = bare

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 401."""
        if scope["type"] != "http" or self._is_open(scope) or await self._is_good(_authorization(scope)):
            await self._app(scope, receive, send)
            return
        refusal = Problem.unauthorized()
        if not self._bare:
            address = self._metadata(scope)
            more = "" if address is None else f', resource_metadata="{address}"'
            refusal.headers = {"www-authenticate": _CHALLENGE + more}
        await refusal.response()(scope, receive, send)

    async def _is_good(self, authorization: str) -> bool:
        token = authorization.removeprefix(_BEARER)
        return (self._bare or token != authorization) and await self._tokens.accepts(token.strip(" "))


def _authorization(scope: Scope) -> str:
    values = (value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization")
    return next(values, "")


class OriginCheck:
    """ASGI middleware that answers 403 to requests of foreign web pages.

    Args:
        app: The application to protect.
        host: The address the gateway listens on.
        allowed_hosts: Further names a request may use for the gateway, without port. When empty, the `Host` is checked
            only on loopback. Elsewhere any IP address passes, which no DNS server can rebind.
        allowed_origins: Origins of web pages that may use the gateway, such as "http://localhost:3000".
    """

    def __init__(
        self, app: ASGIApp, host: str, allowed_hosts: Iterable[str] = (), allowed_origins: Iterable[str] = ()
    ) -> None:
        self._app = app
        self._hosts = {name.lower() for name in allowed_hosts}
        self._origins = {normal_origin(origin) for origin in allowed_origins}
        address = _ip(host)
        self._on_all_addresses = not host or (address is not None and address.is_unspecified)
        self._names_hosts = bool(self._hosts)
        self._hosts.add(host.lower())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await refusal.response()(scope, receive, send)

    def _refusal(self, scope: Scope) -> Problem | None:
        headers = {name: value.decode("latin-1").lower() for name, value in scope["headers"]}
        host = headers.get(b"host")  # HTTP/1.0 needs none; every browser sends one
        origin = headers.get(b"origin")
        if host is not None and not self._is_host_allowed(host, scope):
            return Problem(403, f"host {host!r} is not allowed: name it in ALLOWED_HOSTS")
        if origin is not None and not self._is_origin_allowed(origin, host, scope):
            return Problem(403, f"origin {origin!r} is not allowed: name it in ALLOWED_ORIGINS")
        if origin is None and headers.get(b"sec-fetch-site") == "cross-site":
            return Problem(403, "cross-site request: name the page's origin in ALLOWED_ORIGINS")
        return None

    def _is_host_allowed(self, host: str, scope: Scope) -> bool:
        name = _without_port(host)
        if name in self._hosts or is_loopback(name):
            return True
        if self._is_on_loopback(scope):
            return False
        return not self._names_hosts or _ip(name) is not None

    def _is_on_loopback(self, scope: Scope) -> bool:
        """Return whether the gateway listens on loopback only, and this request came over a socket there."""
        server: tuple[str, int | None] | None = scope.get("server")  # the socket's own address, however it was named
        return not self._on_all_addresses and server is not None and is_loopback(server[0])

    def _is_origin_allowed(self, origin: str, host: str | None, scope: Scope) -> bool:
        asked = normal_origin(origin)  # None for "null" and for what is not an origin
        if asked is None or asked in self._origins:
            return asked is not None
        if host is None or asked != normal_origin(f"{scope['scheme']}://{host}"):
            return False
        # Where every host is allowed, a name that this gateway does not know may still be a rebound one.
        name = _without_port(host)
        return name in self._hosts or is_loopback(name) or _ip(name) is not None


def is_loopback(host: str) -> bool:
    """Return whether a host name or address literal means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _ip(host)
    return address is not None and address.is_loopback


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that a literal means, or None. "::ffff:127.0.0.1" means 127.0.0.1."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
    return (address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None) or address


def _without_port(host: str) -> str:
    """Return the name of "name:port", "name", "[::1]:port" or "::1"."""
    if host.startswith("["):
        return host.partition("]")[0][1:]
    return host if host.count(":") > 1 else host.partition(":")[0]
