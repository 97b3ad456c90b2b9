"""Idle connections by route. The newest is reused, the oldest is closed, and all expire.

The class has no lock and no clock. The pools supply them.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from .._http1.connection import Connection
    from .._http1.request import Route

__all__ = ["IdleConnections"]


class _HasConnection(Protocol):
    http: Connection


C = TypeVar("C", bound=_HasConnection)


class IdleConnections(Generic[C]):
    """A set of at most `limit` idle connections. None stays idle for longer than `seconds`."""

    __slots__ = ("_by_age", "_by_route", "_limit", "_seconds")

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._by_age: dict[C, float] = {}  # the time since which each is idle, oldest first
        self._by_route: dict[Route, deque[C]] = {}

    def put(self, connection: C, now: float) -> list[C]:
        """Add a connection. Return those that must be closed."""
        self._by_age[connection] = now
        same = self._by_route.get(connection.http.route)
        if same is None:
            self._by_route[connection.http.route] = deque((connection,))
        else:
            same.append(connection)
        return self.expired(now)

    def take(self, route: Route, now: float) -> C | None:
        """Remove and return the most recently used connection to `route`, or None if there is none that is valid."""
        same = self._by_route.get(route)
        if same is None or now - self._by_age[same[-1]] >= self._seconds:
            return None
        connection = same.pop()
        del self._by_age[connection]
        if not same:
            del self._by_route[route]
        return connection

    def drop(self, connection: C) -> None:
        """Remove a connection that the server closed."""
        if self._by_age.pop(connection, None) is None:
            return
        route = connection.http.route
        self._by_route[route].remove(connection)
        if not self._by_route[route]:
            del self._by_route[route]

    def expired(self, now: float) -> list[C]:
        """Remove and return the connections that are too old or over the limit."""
        over: list[C] = []
        for connection, since in self._by_age.items():
            if now - since < self._seconds and len(self._by_age) - len(over) <= self._limit:
                break
            over.append(connection)
        for connection in over:
            self.drop(connection)
        return over

    def next_end(self) -> float | None:
        """Return the time at which the oldest connection expires, or None if there is none."""
        for since in self._by_age.values():
            return since + self._seconds
        return None

    def clear(self) -> list[C]:
        """Remove and return all connections."""
        every = list(self._by_age)
        self._by_age.clear()
        self._by_route.clear()
        return every
