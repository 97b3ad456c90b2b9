"""One answer over one connection, read by a task at a time."""

from __future__ import annotations

from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from inference_gateway_sdk._http1.body import DRAIN_SECONDS
from inference_gateway_sdk._http1.failures import DeadlineExceeded

if TYPE_CHECKING:
    from inference_gateway_sdk._http1.body import Body
    from inference_gateway_sdk._http1.exchange import Exchange

    from .connection import Connection
    from .pool import Pool

__all__ = ["AsyncioAnswer"]

_TWO_READERS = "this answer is being read by another task: one reader at a time"


class AsyncioAnswer:
    """See `protocols.AsyncAnswer`."""

    __slots__ = ("_body", "_connection", "_pool", "_reading", "headers", "status")

    def __init__(self, pool: Pool, connection: Connection, exchange: Exchange, body: Body) -> None:
        self.status = exchange.status
        self.headers = exchange.headers
        self._pool = pool
        self._body = body
        self._connection: Connection | None = connection
        self._reading = False

    async def read(self, deadline: float | None = None) -> bytes:
        """The next decoded bytes as soon as any are there, b"" at the end; see `protocols.Answer.read`."""
        if self._reading:
            raise RuntimeError(_TWO_READERS)
        self._reading = True
        try:
            while (data := self._body.take()) is None:
                connection = self._connection
                if connection is None:
                    self._body.interrupt()
                else:
                    await connection.wait(deadline, "body")
            if self._connection is not None:
                self._connection.taken()
            return data
        finally:
            self._reading = False
            if self._body.settled:
                self._give_back()

    async def release(self) -> None:
        """Give the connection back: drained when little is missing, closed otherwise."""
        if self._connection is None:
            return
        if self._reading:
            raise RuntimeError(_TWO_READERS)
        self._reading = True
        try:
            await self._drain()
        finally:
            self._reading = False
            self._give_back()

    def abandon(self) -> None:
        """Close the connection at once, from any thread and at any moment: it leaves a note for the loop."""
        connection, self._connection = self._connection, None
        if connection is not None and not self._pool.disowned:
            connection.link.abandoned = True
            with suppress(RuntimeError):  # the loop is closed, and the connection with it
                self._pool.loop.call_soon_threadsafe(self._pool.forget, connection)

    def __del__(self) -> None:
        self.abandon()

    async def _drain(self) -> None:
        until = monotonic() + DRAIN_SECONDS
        try:
            while not self._body.drain():
                connection = self._connection
                if connection is None:
                    self._body.interrupt()
                else:
                    connection.taken()
                    await connection.wait(until, "body")
        except DeadlineExceeded:
            return

    def _give_back(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.give_back(connection)
