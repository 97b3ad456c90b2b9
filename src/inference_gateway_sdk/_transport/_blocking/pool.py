"""The connections of the blocking driver: a limited number in use, some kept idle.

A destructor calls `forget`, which may therefore run at any time in any thread. So it takes no lock and uses only atomic
operations (`SimpleQueue.put`, `set.remove`).

A KeyboardInterrupt may be raised at the entry of each Python function and after each call of a C function, nowhere
between. Where losing the result of such a call would lose a slot or a socket, `list.extend(map(function, ...))` makes
the call and keeps its result in one C call, so that the handler sees whether it was made.
"""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, TypeVar

from ..._http1.failures import NotSentInTime
from ..idle_connections import IdleConnections

try:
    from _queue import Empty, SimpleQueue  # `queue` takes them from there, and imports much that is not needed here
except ImportError:
    from queue import Empty, SimpleQueue

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..._http1.request import Route
    from .connection import BlockingConnection

__all__ = ["BlockingPool"]

T = TypeVar("T")


class BlockingPool:
    """A pool with a limited number of slots for connections in use, and the idle connections."""

    # The connections of all pools are reachable from here. So if a response or driver is garbage in a cycle, the
    # collector does not finalize a socket before the object that closes it.
    _anchors: ClassVar[dict[int, tuple[IdleConnections[BlockingConnection], set[BlockingConnection]]]] = {}

    def __init__(self, limit: int, idle_seconds: float) -> None:
        self.closed: bool = False
        self._slots: SimpleQueue[None] = SimpleQueue()
        for _ in range(limit):
            self._slots.put(None)
        self._busy: set[BlockingConnection] = set()
        self._lock = threading.RLock()  # a signal handler may make a call while its own thread holds it
        self._inside = False
        self._none: list[BlockingConnection] = []
        self._idle: IdleConnections[BlockingConnection] = IdleConnections(limit, idle_seconds)
        self._anchors[id(self)] = (self._idle, self._busy)

    def wait_slot(self, deadline: float | None) -> None:
        """Wait for a free slot for one connection and take it.

        Raises:
            NotSentInTime: No slot became free before the deadline.
        """
        seconds = None if deadline is None else max(0.0, deadline - monotonic())
        taken: list[None] = []
        try:
            taken.extend(map(self._slots.get, (True,), (seconds,)))
        except Empty:
            raise NotSentInTime("pool") from None
        except BaseException:
            if taken:
                self._slots.put(None)
            raise

    def free_slot(self) -> None:
        """Return a slot."""
        self._slots.put(None)

    def idle_one(self, route: Route) -> BlockingConnection | None:
        """Take a valid idle connection into use, or return None."""
        while True:
            connection = None
            try:
                with self._lock:
                    if not self._inside:  # see _alone, which would cost every request two calls more
                        try:
                            self._inside = True
                            connection = self._idle.take(route, monotonic())
                        except BaseException:
                            self._close_idle()
                            raise
                        finally:
                            self._inside = False
                if connection is None:
                    self._sweep()
                    return None
                if not connection.stale():
                    self._busy.add(connection)
                    return connection
                connection.close()
            except BaseException:
                if connection is not None:
                    self.drop(connection)
                raise

    def use(self, connection: BlockingConnection) -> None:
        """Register a new connection as in use."""
        self._busy.add(connection)

    def drop(self, connection: BlockingConnection) -> None:
        """Close a connection in use. Its slot stays taken."""
        self._busy.discard(connection)
        connection.close()

    def forget(self, connection: BlockingConnection) -> None:
        """Close a connection in use and free its slot, without a lock. A second call has no effect."""
        removed: list[None] = []
        try:
            removed.extend(map(self._busy.remove, (connection,)))
            connection.close()
        except KeyError:
            return
        except BaseException:
            if removed:
                connection.close()
                self._slots.put(None)
            raise
        self._slots.put(None)

    def give_back(self, connection: BlockingConnection) -> None:
        """Free the slot of a connection. Keep the connection idle if it can serve another request."""
        http = connection.http
        response_parser = http.response_parser
        if http.dead or http.abandoned or response_parser is None or not response_parser.reusable or connection.sending:
            self.forget(connection)
            return
        released = False
        try:
            with self._lock:
                over = [connection] if self._inside else self._keep(connection)
                released = True
            for other in over:
                self.drop(other)
        finally:
            if released:
                self._slots.put(None)

    def _keep(self, connection: BlockingConnection) -> list[BlockingConnection]:
        """Make a connection idle and return those to close instead. The caller holds the lock."""
        try:
            self._inside = True
            connection.http.reset()
            self._busy.discard(connection)
            over = self._idle.put(connection, monotonic())
            if self.closed:
                over += self._idle.clear()
        except BaseException:
            self._close_idle()
            self._busy.add(connection)
            self.forget(connection)
            raise
        finally:
            self._inside = False
        return over

    def _close_idle(self) -> None:
        """Close all idle connections, after an interrupt in the middle of a change. The caller holds the lock."""
        for connection in self._idle.clear():
            connection.close()

    def close(self) -> None:
        """Close the idle connections and abandon those in use. Their readers raise an error and close them."""
        self.closed = True
        for connection in self._alone(self._idle.clear, self._none):
            connection.close()
        for connection in list(self._busy):
            connection.abandon()
        self._slots.put(None)  # who waits for one sees that the pool is closed, and passes it on to the next

    def _sweep(self) -> None:
        for connection in self._alone(lambda: self._idle.expired(monotonic()), self._none):
            connection.close()

    def _alone(self, action: Callable[[], T], otherwise: T) -> T:
        """Return the result of an action on the idle connections.

        A signal handler may interrupt an action and make a call in the same thread. Its own action would find half a
        change: it is given `otherwise` instead, as if nothing were kept.
        """
        with self._lock:
            if self._inside:
                return otherwise
            try:
                self._inside = True
                return action()
            finally:
                self._inside = False

    def __del__(self) -> None:
        self._anchors.pop(id(self), None)
        for connection in self._idle.clear():
            connection.close()

    def disown(self) -> None:
        """Close the copies of the parent's sockets in a forked child. The parent's connections stay open."""
        self.closed = True
        for connection in [*self._idle.clear(), *self._busy]:
            connection.http.abandoned = True
            connection.close()
