"""The transport a client uses when it is given none; a driver's modules are imported only when a client is made."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct, structs

from .._model.show import Concealed

if TYPE_CHECKING:
    from .._transport.protocols import AsyncDriver, Driver

__all__ = ["Cert", "Connections", "async_driver", "blocking_driver"]

Cert: TypeAlias = "str | os.PathLike[str] | tuple[str, str] | tuple[str, str, str]"


class Connections(Concealed, Struct, frozen=True, kw_only=True):
    """How a client's connections are made: the arguments of its constructor that concern the transport."""

    max_connections: int = 100
    proxy: str | None = "env"
    ca: str | os.PathLike[str] | None = None
    cert: Any = None
    tls: Any = None

    def __post_init__(self) -> None:
        if type(self.max_connections) is not int:
            raise TypeError(f"max_connections must be a whole number, got {type(self.max_connections).__name__}")
        if self.max_connections < 1:
            raise ValueError(f"max_connections must be at least 1, got {self.max_connections}")

    def __repr__(self) -> str:
        return f"Connections(max_connections={self.max_connections})"  # a proxy's URL may hold a password

    def portable(self) -> dict[str, Any]:
        """The arguments that may be written down: secrets left out (a proxy's user and password, a key's password).

        Raises:
            TypeError: There is an SSLContext, which cannot be copied.
        """
        if self.tls is not None:
            raise TypeError("a client with an SSLContext of its own (tls) cannot be pickled: make one where it is used")
        options = structs.asdict(self)
        del options["tls"]
        if self.proxy is not None and "@" in self.proxy:
            scheme, separator, rest = self.proxy.rpartition("://")
            options["proxy"] = f"{scheme}{separator}{rest.rpartition('@')[2]}"
        if self.cert is not None and not isinstance(self.cert, (str, os.PathLike)):
            options["cert"] = self.cert[:2]  # without the key's password
        return options


def blocking_driver(connections: Connections) -> Driver:
    """A pool of blocking connections."""
    from .._transport.blocking import BlockingDriver

    how = connections
    return BlockingDriver(limit=how.max_connections, proxy=how.proxy, tls=how.tls, ca=how.ca, cert=how.cert)


def async_driver(connections: Connections) -> AsyncDriver:
    """A pool of asyncio connections for each running loop."""
    from .._transport.aio import AsyncioDriver

    how = connections
    return AsyncioDriver(limit=how.max_connections, proxy=how.proxy, tls=how.tls, ca=how.ca, cert=how.cert)
