"""One event loop's connections: a bounded number in use, some kept idle.

Everything here runs on that loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from ..._http1.connection import PIECE
from ..._http1.failures import NotSentInTime
from ..idle_connections import IdleConnections

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ..._http1.request import Route
    from .connection import AsyncConnection

__all__ = ["AsyncPool"]


class AsyncPool:
    """Slots for connections in use, and a shelf of idle ones.

    Attributes:
        loop: The one it belongs to.
        closed: Nothing is kept any more.
        disowned: It belongs to the process that this one was forked from.
        buffer: Where the loop puts what it reads, for the connection whose turn it is.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, limit: int, idle_seconds: float) -> None:
        self.loop = loop
        self.closed = False
        self.disowned = False
        self.buffer = memoryview(bytearray(PIECE))
        self._free = limit
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._idle: IdleConnections[AsyncConnection] = IdleConnections(limit, idle_seconds)
        self._busy: set[AsyncConnection] = set()
        self._sweeper: asyncio.TimerHandle | None = None

    def take_slot(self) -> bool:
        """Take the right to use one connection, if one is free and nobody waits for it."""
        if self._free > 0:
            self._free -= 1
            return True
        return False

    async def wait_slot(self, deadline: float | None) -> None:
        """Take that right when one comes free.

        Raises:
            NotSentInTime: None did before the deadline.
        """
        waiter: asyncio.Future[None] = self.loop.create_future()
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(None if deadline is None else deadline - monotonic()):
                await waiter
        except BaseException as error:
            if waiter.done() and not waiter.cancelled():
                self.free_slot()  # handed over at the very moment we gave up
            else:
                with suppress(ValueError):
                    self._waiters.remove(waiter)
            if isinstance(error, TimeoutError):
                raise NotSentInTime("pool") from None
            raise

    def free_slot(self) -> None:
        """Give that right back, to the one who has waited longest."""
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._free += 1

    def idle_one(self, route: Route) -> AsyncConnection | None:
        """A kept connection, now in use, None when there is none; `check_reusable` it when it has something unread."""
        connection = self._idle.take(route, monotonic())
        if connection is not None:
            connection.on_lost = None
            self._busy.add(connection)
        return connection

    def use(self, connection: AsyncConnection) -> None:
        """Count a new connection as in use."""
        self._busy.add(connection)

    def drop(self, connection: AsyncConnection) -> None:
        """Close a connection in use; its slot stays taken."""
        self._busy.discard(connection)
        connection.abort()

    def forget(self, connection: AsyncConnection) -> None:
        """Close a connection in use and free its slot, once."""
        if connection in self._busy:
            self.drop(connection)
            self.free_slot()

    def give_back(self, connection: AsyncConnection) -> None:
        """Keep a connection for the next request if it can serve one, and free its slot."""
        link = connection.link
        response_parser = link.response_parser
        if self.closed or link.dead or response_parser is None or not response_parser.reusable or connection.sending:
            self.forget(connection)
            return
        link.rest()
        connection.taken()
        connection.on_lost = self._idle.drop
        self._busy.discard(connection)
        for other in self._idle.put(connection, monotonic()):
            _close_idle(other)
        if self._sweeper is None:
            self._sweep()
        self.free_slot()

    def close(self) -> None:
        """Close what is idle, and give up what is in use: their readers wake and see it."""
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
        """In a forked child: what is open belongs to the parent."""
        self.disowned = True
        for connection in [*self._idle.clear(), *self._busy]:
            connection.disown()

    async def until_loop_ends(self) -> AsyncGenerator[None]:
        """Closes the pool when it is closed itself, as `loop.shutdown_asyncgens()` does, and so `asyncio.run()`."""
        try:
            yield
        finally:
            self.close()
            await asyncio.sleep(0)  # lets the transports close their sockets

    async def check_reusable(self, connection: AsyncConnection) -> bool:
        """Read what an idle connection was told; whether it can still be used. It is dropped otherwise."""
        try:
            await asyncio.sleep(0)  # one round of the loop reads the socket,
            await asyncio.sleep(0)  # another delivers what it read
        except BaseException:
            self.drop(connection)
            raise
        if connection.link.dead:
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
