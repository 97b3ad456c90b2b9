"""Idle connections by where they lead: the newest is taken, the oldest is closed, and all have an end.

It holds no lock and no clock; the pools bring theirs.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from .._http1.connection import Connection
    from .._http1.request import Route

__all__ = ["IdleConnections"]


class _HasConnection(Protocol):
    link: Connection


C = TypeVar("C", bound=_HasConnection)


class IdleConnections(Generic[C]):
    """At most `limit` connections in all, none older than `seconds`."""

    __slots__ = ("_by_age", "_by_route", "_limit", "_seconds")

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._by_age: dict[C, float] = {}  # since when; the oldest first
        self._by_route: dict[Route, deque[C]] = {}

    def put(self, connection: C, now: float) -> list[C]:
        """Keep a connection; those that must go for it."""
        self._by_age[connection] = now
        same = self._by_route.get(connection.link.route)
        if same is None:
            self._by_route[connection.link.route] = deque((connection,))
        else:
            same.append(connection)
        return self.expired(now)

    def take(self, route: Route, now: float) -> C | None:
        """The connection to `route` that was used last, None when there is none, or none that is young enough."""
        same = self._by_route.get(route)
        if same is None or now - self._by_age[same[-1]] >= self._seconds:
            return None
        connection = same.pop()
        del self._by_age[connection]
        if not same:
            del self._by_route[route]
        return connection

    def drop(self, connection: C) -> None:
        """Forget a connection that ended by itself."""
        if self._by_age.pop(connection, None) is None:
            return
        route = connection.link.route
        self._by_route[route].remove(connection)
        if not self._by_route[route]:
            del self._by_route[route]

    def expired(self, now: float) -> list[C]:
        """Those that are too old or too many, no longer kept."""
        over: list[C] = []
        for connection, since in self._by_age.items():
            if now - since < self._seconds and len(self._by_age) - len(over) <= self._limit:
                break
            over.append(connection)
        for connection in over:
            self.drop(connection)
        return over

    def next_end(self) -> float | None:
        """When the oldest will be too old, None when the shelf is empty."""
        for since in self._by_age.values():
            return since + self._seconds
        return None

    def clear(self) -> list[C]:
        """All of them, no longer kept."""
        every = list(self._by_age)
        self._by_age.clear()
        self._by_route.clear()
        return every
