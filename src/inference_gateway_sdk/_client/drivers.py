"""The transport a client uses when it is given none; a driver's modules are imported only when a client is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl

    from .._transport.protocols import AsyncDriver, Driver

__all__ = ["async_driver", "blocking_driver"]


def blocking_driver(
    *, max_connections: int, proxy: str | None, tls: ssl.SSLContext | None, ca: str | None, cert: Any
) -> Driver:
    """A pool of blocking connections."""
    from .._transport.blocking import BlockingDriver

    return BlockingDriver(limit=max_connections, proxy=proxy, tls=tls, ca=ca, cert=cert)


def async_driver(
    *, max_connections: int, proxy: str | None, tls: ssl.SSLContext | None, ca: str | None, cert: Any
) -> AsyncDriver:
    """A pool of asyncio connections for each running loop."""
    from .._transport.aio import AsyncioDriver

    return AsyncioDriver(limit=max_connections, proxy=proxy, tls=tls, ca=ca, cert=cert)
