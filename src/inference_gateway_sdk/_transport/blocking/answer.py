"""One answer over one connection, read by a thread at a time."""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING

from inference_gateway_sdk._http1.body import DRAIN_SECONDS
from inference_gateway_sdk._http1.failures import DeadlineExceeded, Failure

if TYPE_CHECKING:
    from inference_gateway_sdk._http1.body import Body
    from inference_gateway_sdk._http1.exchange import Exchange

    from .connection import Connection
    from .pool import Pool

__all__ = ["BlockingAnswer"]


class BlockingAnswer:
    """See `protocols.Answer`."""

    __slots__ = ("_body", "_connection", "_pool", "_turn", "headers", "status")

    def __init__(self, pool: Pool, connection: Connection, exchange: Exchange, body: Body) -> None:
        self.status = exchange.status
        self.headers = exchange.headers
        self._pool = pool
        self._body = body
        self._connection: Connection | None = connection
        # Reentrant, so that a turn which an interrupt left taken does not lock its own thread out.
        self._turn = threading.RLock()

    def read(self, deadline: float | None = None) -> bytes:
        """The next decoded bytes as soon as any are there, b"" at the end; see `protocols.Answer.read`."""
        self._take_turn()
        try:
            while (data := self._body.take()) is None:
                self._step(deadline)
            return data
        except (Failure, RuntimeError):
            raise
        except BaseException:  # KeyboardInterrupt: bytes may be lost anywhere between the socket and here
            self._body.spoil()
            raise
        finally:
            self._end_turn()

    def release(self) -> None:
        """Give the connection back: drained when little is missing, closed otherwise."""
        if self._connection is None:
            return
        self._take_turn()
        try:
            self._drain()
        finally:
            self._give_back()
            self._turn.release()

    def abandon(self) -> None:
        """Close the connection at once; a thread that reads is woken and told."""
        connection = self._connection
        if connection is not None:
            connection.abandon()
            self._settle()

    def __del__(self) -> None:
        connection = self._connection
        if connection is not None:
            self._pool.forget(connection)

    def _take_turn(self) -> None:
        if not self._turn.acquire(blocking=False):
            raise RuntimeError("this answer is being read by another thread: one reader at a time")

    def _end_turn(self) -> None:
        if self._body.settled:
            self._give_back()
        self._turn.release()
        connection = self._connection
        if connection is not None and connection.link.abandoned:
            self._settle()

    def _settle(self) -> None:
        """Close an abandoned connection, unless a reader has it: that one does so when its turn ends."""
        if self._turn.acquire(blocking=False):
            try:
                self._body.interrupt()
                self._give_back()
            finally:
                self._turn.release()

    def _step(self, until: float | None) -> None:
        connection = self._connection
        if connection is None:
            raise RuntimeError("the answer has no connection any more")
        connection.step(until, "body")

    def _drain(self) -> None:
        until = monotonic() + DRAIN_SECONDS
        try:
            while not self._body.drain():
                self._step(until)
        except DeadlineExceeded:
            return

    def _give_back(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.give_back(connection)
