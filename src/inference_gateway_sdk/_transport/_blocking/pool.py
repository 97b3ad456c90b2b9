"""The connections of the blocking driver: a limited number in use, some kept idle.

A destructor calls `forget`, which may therefore run at any time in any thread. So it takes no lock and uses only atomic
operations (`SimpleQueue.put`, `set.remove`).
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
        try:
            self._slots.get(timeout=None if deadline is None else max(0.0, deadline - monotonic()))
        except Empty:
            raise NotSentInTime("pool") from None

    def free_slot(self) -> None:
        """Return a slot."""
        self._slots.put(None)

    def idle_one(self, route: Route) -> BlockingConnection | None:
        """Take a valid idle connection into use, or return None."""
        while True:
            with self._lock:
                if self._inside:  # see _alone, which would cost every request two calls more
                    connection = None
                else:
                    try:
                        self._inside = True
                        connection = self._idle.take(route, monotonic())
                    finally:
                        self._inside = False
            if connection is None:
                self._sweep()
                return None
            if not connection.stale():
                self._busy.add(connection)
                return connection
            connection.close()

    def use(self, connection: BlockingConnection) -> None:
        """Register a new connection as in use."""
        self._busy.add(connection)

    def drop(self, connection: BlockingConnection) -> None:
        """Close a connection in use. Its slot stays taken."""
        self._busy.discard(connection)
        connection.close()

    def forget(self, connection: BlockingConnection) -> None:
        """Close a connection in use and free its slot, without a lock. A second call has no effect."""
        try:
            self._busy.remove(connection)
        except KeyError:
            return
        connection.close()
        self._slots.put(None)

    def give_back(self, connection: BlockingConnection) -> None:
        """Free the slot of a connection. Keep the connection idle if it can serve another request."""
        http = connection.http
        response_parser = http.response_parser
        if http.dead or http.abandoned or response_parser is None or not response_parser.reusable or connection.sending:
            self.forget(connection)
            return
        http.reset()
        self._busy.discard(connection)
        with self._lock:
            if self._inside:
                over = [connection]
            else:
                try:
                    self._inside = True
                    over = self._idle.put(connection, monotonic())
                    if self.closed:
                        over += self._idle.clear()
                finally:
                    self._inside = False
        for other in over:
            other.close()
        self._slots.put(None)

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
