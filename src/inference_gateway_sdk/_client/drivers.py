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

    _check(max_connections)
    return BlockingDriver(limit=max_connections, proxy=proxy, tls=tls, ca=ca, cert=cert)


def async_driver(
    *, max_connections: int, proxy: str | None, tls: ssl.SSLContext | None, ca: str | None, cert: Any
) -> AsyncDriver:
    """A pool of asyncio connections for each running loop."""
    from .._transport.aio import AsyncioDriver

    _check(max_connections)
    return AsyncioDriver(limit=max_connections, proxy=proxy, tls=tls, ca=ca, cert=cert)


def _check(max_connections: object) -> None:
    """The drivers know it by another name."""
    if type(max_connections) is not int:
        raise TypeError(f"max_connections must be a whole number, got {type(max_connections).__name__}")
    if max_connections < 1:
        raise ValueError(f"max_connections must be at least 1, got {max_connections}")
