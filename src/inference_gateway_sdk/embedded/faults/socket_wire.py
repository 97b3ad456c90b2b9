"""The wire of a connection of uvicorn's: what asyncio's transport and the socket below it can be made to do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from ..connection import Connection, close_with_reset
from .wire import WIRE

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["WiredConnection"]

_ARRIVAL_SECONDS = 0.05  # a reset overtakes what the other side has not yet received


class WiredConnection(Connection):
    """A connection that shows its requests the wire they came by."""

    wire: _SocketWire

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Serve this connection."""
        self.wire = wire = _SocketWire(transport)
        serve = cast("ASGIApp", self.app)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await serve({**scope, "extensions": {**scope.get("extensions", {}), WIRE: wire}}, receive, send)

        self.app = app
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Take what the client sends, unless this connection was to end here."""
        if not self.wire.reused():
            super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        super().connection_lost(exc)
        self.wire.lost.set()


class _SocketWire:
    """The wire of a transport of asyncio's."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.lost = asyncio.Event()
        self._transport = transport
        self._on_reuse = ""

    async def write(self, data: bytes) -> None:
        self._transport.write(data)
        await self._sent()

    async def reset(self) -> None:
        await self._sent()
        await self.gone_within(_ARRIVAL_SECONDS)
        self._abort()
        await self.lost.wait()

    async def close(self) -> None:
        self._transport.close()
        await self.lost.wait()

    async def gone_within(self, seconds: float | None) -> bool:
        try:
            await asyncio.wait_for(self.lost.wait(), seconds)
        except TimeoutError:
            return self.lost.is_set()
        except asyncio.CancelledError:
            self._transport.close()  # the server ends: uvicorn would say 500 where silence was meant
            raise
        return True

    def end_on_reuse(self, *, reset: bool) -> None:
        self._on_reuse = "reset" if reset else "close"

    def reused(self) -> bool:
        """End the connection if it was to end now, and say so."""
        if self._on_reuse == "reset":
            self._abort()
        elif self._on_reuse:
            self._transport.close()
        return bool(self._on_reuse)

    def _abort(self) -> None:
        if not self._transport.is_closing():
            close_with_reset(self._transport)
        self._transport.abort()

    async def _sent(self) -> None:
        """Wait until the kernel has everything."""
        while self._transport.get_write_buffer_size() and not self.lost.is_set():
            await self.gone_within(0.005)
