"""Event streams of a dialect's own, as bytes, and a dialect that reads them in whatever pieces they come."""

from __future__ import annotations

from typing import Any, TypeVar

from support.server import event

Dialect = TypeVar("Dialect", bound=Any)


class Events(list[Any]):
    """The events a dialect gave, and the deltas of each."""

    def __init__(self) -> None:
        super().__init__()
        self._deltas: dict[int, list[Any]] = {}

    def add(self, event: Any, deltas: list[Any]) -> None:
        """Add an event that was handed over."""
        self.append(event)
        self._deltas[id(event)] = deltas

    def of(self, event: Any) -> list[Any]:
        """Return the deltas of an event."""
        return self._deltas[id(event)]


def fed(dialect: Dialect, data: bytes, cuts: list[int] | None = None) -> tuple[Dialect, Events]:
    """Feed a dialect the bytes cut at these places; return it and the events it gave, all of them folded."""
    dialect.watch_deltas()
    start = 0
    items = []
    for end in sorted({min(cut, len(data)) for cut in cuts or []} | {len(data)}):
        if not dialect.closed:
            items += dialect.feed(data[start:end])
        start = end
    items += dialect.end()
    events = Events()
    for one, _ in items:
        if one is not None:
            dialect.fold(one)
            events.add(one, dialect.deltas(one))
    return dialect, events


def wire(events: list[dict[str, Any]]) -> bytes:
    """The events as a provider sends them, each with its type as the event's."""
    return b"".join(b"event: %s\n%s" % (one["type"].encode(), event(one)) for one in events)
