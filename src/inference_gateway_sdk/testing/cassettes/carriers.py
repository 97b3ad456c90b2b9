"""The transports that carry what is recorded, made as the clients make their own, from the same options."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    import os
    import ssl

    from inference_gateway_sdk._transport.protocols import AsyncDriver, Driver
    from inference_gateway_sdk._transport.trust import Cert

__all__ = ["ConnectionOptions", "async_carrier", "blocking_carrier"]


class ConnectionOptions(TypedDict, total=False):
    """How connections are made; as in the clients' own arguments, which a client with a driver does not use."""

    max_connections: int
    proxy: str | None
    ca: str | os.PathLike[str] | None
    cert: Cert | None
    tls: ssl.SSLContext | None


def blocking_carrier(options: ConnectionOptions) -> Driver:
    """The blocking client's usual transport."""
    from inference_gateway_sdk._transport.blocking import BlockingDriver

    limit, proxy, ca, cert, tls = _read(options)
    return BlockingDriver(limit=limit, proxy=proxy, ca=ca, cert=cert, tls=tls)


def async_carrier(options: ConnectionOptions) -> AsyncDriver:
    """The asyncio client's usual transport."""
    from inference_gateway_sdk._transport.aio import AsyncioDriver

    limit, proxy, ca, cert, tls = _read(options)
    return AsyncioDriver(limit=limit, proxy=proxy, ca=ca, cert=cert, tls=tls)


def _read(
    options: ConnectionOptions,
) -> tuple[int, str | None, str | os.PathLike[str] | None, Cert | None, ssl.SSLContext | None]:
    return (
        options.get("max_connections", 100),
        options.get("proxy", "env"),
        options.get("ca"),
        options.get("cert"),
        options.get("tls"),
    )
