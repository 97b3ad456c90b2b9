"""Refuse requests of web pages: the checks of `Origin`, `Sec-Fetch-Site` and `Host` before anything else is done.

A gateway on a loopback address holds provider keys and may run tools, and every web page the user opens can
send requests there. API clients send no `Origin`; browsers always send one with a cross-origin POST, and a page that
rebinds its own DNS name to a loopback address is known by its `Host`.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["OriginCheck", "is_loopback"]


class OriginCheck:
    """ASGI middleware that answers 403 to requests of foreign web pages.

    Args:
        app: The application to protect.
        host: Where the gateway listens.
        allowed_hosts: Further names a request may use for the gateway, without port. When empty, the `Host` is checked
            only on loopback.
        allowed_origins: Origins of web pages that may use the gateway, such as "http://localhost:3000".
    """

    def __init__(
        self, app: ASGIApp, host: str, allowed_hosts: Iterable[str] = (), allowed_origins: Iterable[str] = ()
    ) -> None:
        self._app = app
        self._hosts = {name.lower() for name in allowed_hosts}
        self._origins = {origin.lower().rstrip("/") for origin in allowed_origins}
        self._checks_host = bool(self._hosts) or is_loopback(host)
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
        host = headers.get(b"host", "")
        origin = headers.get(b"origin")
        if self._checks_host and not self._is_own_host(host):
            return Problem(403, f"host {host!r} is not allowed: name it in ALLOWED_HOSTS")
        if origin is not None and not self._is_own_origin(origin, host):
            return Problem(403, f"origin {origin!r} is not allowed: name it in ALLOWED_ORIGINS")
        if origin is None and headers.get(b"sec-fetch-site") == "cross-site":
            return Problem(403, "cross-site request: name the page's origin in ALLOWED_ORIGINS")
        return None

    def _is_own_host(self, host: str) -> bool:
        name = _without_port(host)
        return name in self._hosts or is_loopback(name)

    def _is_own_origin(self, origin: str, host: str) -> bool:
        if origin in self._origins:
            return True
        netloc = urlsplit(origin).netloc  # "http://127.0.0.1:8080" -> "127.0.0.1:8080"; "null" -> ""
        return bool(netloc) and netloc == host and self._is_own_host(host)


def is_loopback(host: str) -> bool:
    """Return whether a host name or address literal means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _without_port(host: str) -> str:
    """Return the name of "name:port", "name", "[::1]:port" or "::1"."""
    if host.startswith("["):
        return host.partition("]")[0][1:]
    return host if host.count(":") > 1 else host.partition(":")[0]
