"""The connections of one event loop: a limited number in use, some kept idle.

All code in this module runs on that loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from ..._http1.connection import PIECE_SIZE
from ..._http1.failures import NotSentInTime
from ..idle_connections import IdleConnections

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ..._http1.request import Route
    from .connection import AsyncConnection

__all__ = ["AsyncPool"]


class AsyncPool:
    """A pool with a limited number of slots for connections in use, and the idle connections.

    Attributes:
        loop: The event loop of the pool.
        closed: True once no connection is kept any more.
        disowned: True in a forked child: the pool belongs to the parent process.
        buffer: The read buffer that all connections of the loop share.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, limit: int, idle_seconds: float) -> None:
        self.loop = loop
        self.closed = False
        self.disowned = False
        self.buffer = memoryview(bytearray(PIECE_SIZE))
        self._free = limit
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._idle: IdleConnections[AsyncConnection] = IdleConnections(limit, idle_seconds)
        self._busy: set[AsyncConnection] = set()
        self._sweeper: asyncio.TimerHandle | None = None

    def take_slot(self) -> bool:
        """Take a slot for one connection if one is free. Return whether it was taken."""
        if self._free > 0:
            self._free -= 1
            return True
        return False

    async def wait_slot(self, deadline: float | None) -> None:
        """Wait for a slot to become free and take it.

        Raises:
            NotSentInTime: No slot became free before the deadline.
        """
        waiter: asyncio.Future[None] = self.loop.create_future()
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(None if deadline is None else deadline - monotonic()):
                await waiter
        except BaseException as error:
            if waiter.done() and not waiter.cancelled():
                self.free_slot()  # the slot was passed to this waiter just before it gave up
            else:
                with suppress(ValueError):
                    self._waiters.remove(waiter)
            if isinstance(error, TimeoutError):
                raise NotSentInTime("pool") from None
            raise

    def free_slot(self) -> None:
        """Return a slot, and pass it to the task that has waited longest."""
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._free += 1

    def idle_one(self, route: Route) -> AsyncConnection | None:
        """Take an idle connection into use, or return None. Call `check_reusable` if it has unread data."""
        connection = self._idle.take(route, monotonic())
        if connection is not None:
            connection.on_lost = None
            self._busy.add(connection)
        return connection

    def use(self, connection: AsyncConnection) -> None:
        """Register a new connection as in use."""
        self._busy.add(connection)

    def drop(self, connection: AsyncConnection) -> None:
        """Close a connection in use. Its slot stays taken."""
        self._busy.discard(connection)
        connection.abort()

    def forget(self, connection: AsyncConnection) -> None:
        """Close a connection in use and free its slot. A second call has no effect."""
        if connection in self._busy:
            self.drop(connection)
            self.free_slot()

    def give_back(self, connection: AsyncConnection) -> None:
        """Free the slot of a connection. Keep the connection idle if it can serve another request."""
        http = connection.http
        response_parser = http.response_parser
        if self.closed or http.dead or response_parser is None or not response_parser.reusable or connection.sending:
            self.forget(connection)
            return
        http.reset()
        connection.taken()
        connection.on_lost = self._idle.drop
        self._busy.discard(connection)
        for other in self._idle.put(connection, monotonic()):
            _close_idle(other)
        if self._sweeper is None:
            self._sweep()
        self.free_slot()

    def close(self) -> None:
        """Close the idle connections and abort those in use. Their readers wake and raise an error."""
        self.closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for connection in self._idle.clear():
            _close_idle(connection)
        for connection in list(self._busy):
            connection.abort()
        self.free_slot()  # who waits for one sees that the pool is closed, and passes it on to the next

    def disown(self) -> None:
        """Drop all connections in a forked child. They belong to the parent."""
        self.disowned = True
        for connection in [*self._idle.clear(), *self._busy]:
            connection.disown()

    async def until_loop_ends(self) -> AsyncGenerator[None]:
        """Close the pool when this generator is closed, as `loop.shutdown_asyncgens()` in `asyncio.run()` does."""
        try:
            yield
        finally:
            self.close()
            await asyncio.sleep(0)  # let the transports close their sockets

    async def check_reusable(self, connection: AsyncConnection) -> bool:
        """Read pending data of an idle connection. Return whether it is still usable, and drop it if not."""
        try:
            await asyncio.sleep(0)  # the first iteration of the loop reads the socket,
            await asyncio.sleep(0)  # the second delivers the data
        except BaseException:
            self.drop(connection)
            raise
        if connection.http.dead:
            self.drop(connection)
            return False
        return True

    def _sweep(self) -> None:
        self._sweeper = None
        for connection in self._idle.expired(monotonic()):
            _close_idle(connection)
        end = self._idle.next_end()
        if end is not None:
            self._sweeper = self.loop.call_later(max(0.01, end - monotonic()), self._sweep)


def _close_idle(connection: AsyncConnection) -> None:
    connection.on_lost = None
    connection.abort()
