"""Event streams of a dialect as bytes, and a dialect that reads them in any cuts."""

from __future__ import annotations

from typing import Any, TypeVar

from support.server import event

Dialect = TypeVar("Dialect", bound=Any)


def fed(dialect: Dialect, data: bytes, cuts: list[int] | None = None) -> tuple[Dialect, list[Any]]:
    """Feed a dialect the bytes cut at these places; return it and its events, all of them folded."""
    start = 0
    items = []
    for end in sorted({min(cut, len(data)) for cut in cuts or []} | {len(data)}):
        if not dialect.closed:
            items += dialect.feed(data[start:end])
        start = end
    items += dialect.end()
    events = [one for one, _ in items if one is not None]
    for one in events:
        dialect.fold(one)
    return dialect, events


def viewed(dialect: Dialect, data: bytes) -> tuple[Dialect, list[Any]]:
    """Feed a dialect the bytes; return it and the deltas of all events, each folded and viewed before the next."""
    dialect.watch_deltas()
    deltas: list[Any] = []
    for one, _ in (*dialect.feed(data), *dialect.end()):
        if one is not None:
            dialect.fold(one)
            deltas += dialect.deltas(one)
    while more := dialect.deltas(None):
        deltas += more
    return dialect, deltas


def wire(events: list[dict[str, Any]]) -> bytes:
    """Return the events as a provider sends them, each with its type as the event's."""
    return b"".join(b"event: %s\n%s" % (one["type"].encode(), event(one)) for one in events)
