"""The requests that the traffic page shows, in bounded memory."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

from ..embedded.request_log import RequestRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["ObservedRecord", "RecordedTraffic", "Traffic"]

_MOST_REQUESTS = 1000
_MOST_OF_REQUEST = 256 * 1024  # bytes of its body
_MOST_OF_ANSWER = 512 * 1024  # bytes of its pieces, each with its overhead
_MOST_HELD = 32 * 1024 * 1024  # bytes of all bodies and pieces
_OVERHEAD = 150  # bytes that a piece takes besides its data


class RecordedTraffic:
    """One request and its answer, as far as they have been seen.

    Bodies are stored as they came, and only `Inspector` shows them, without their secrets.

    Attributes:
        number: The number of the request, from 1.
        record: The record of the request log: target, status, tokens, fault.
        started: The time at which the request arrived, in seconds since 1970.
        query: The query of its address.
        headers: The request's headers.
        request: The stored part of the request's body.
        request_size: The size of that body in bytes.
        answer_headers: The answer's headers.
        pieces: The stored pieces of the answer's body, each with its time on the traffic's clock.
        room: The bytes that further pieces may take.
        count: The number of pieces that were sent.
        size: Their size in bytes.
        head: The time of the answer's head, None before it.
        first: The time of the first piece, None before it.
        ended: The time of the end, None before it.
        version: The traffic's version at the last change.
        settled: The traffic's version at the last change other than a piece of the answer.
        forgotten: True once the bodies were dropped to bound the memory.
    """

    __slots__ = (
        "_began", "answer_headers", "count", "ended", "first", "forgotten", "head", "headers", "held", "number",
        "pieces", "query", "record", "request", "request_size", "room", "settled", "size", "started",
        "version",
    )  # fmt: skip

    def __init__(self, number: int, record: RequestRecord, scope: Any, began: float, started: float) -> None:
        self.number: int = number
        self.record: RequestRecord = record
        self.started: float = started
        self.query: str = scope.get("query_string", b"").decode("latin-1")
        self.headers: tuple[tuple[str, str], ...] = _pairs(scope["headers"])
        self.request: bytearray = bytearray()
        self.request_size: int = 0
        self.answer_headers: tuple[tuple[str, str], ...] = ()
        self.pieces: list[tuple[float, bytes]] = []
        self.count: int = 0
        self.size: int = 0
        self.head: float | None = None
        self.first: float | None = None
        self.ended: float | None = None
        self.version: int = 0
        self.settled: int = 0
        self.forgotten: bool = False
        self.held: int = 0
        self.room: int = _MOST_OF_ANSWER
        self._began = began

    def __repr__(self) -> str:
        return f"<RecordedTraffic {self.number}: {self.record.method} {self.record.path}>"

    def seconds(self, now: float) -> float:
        """Return the seconds from the start to `now`."""
        return now - self._began

    def timed_pieces(self) -> list[tuple[float, bytes]]:
        """Return the stored pieces, each with its time in seconds since the start."""
        return [(at - self._began, data) for at, data in self.pieces]


class Traffic:
    """The latest requests. The bodies of the oldest are dropped when all bodies together take too much memory.

    Args:
        clock: Seconds on a clock that never goes back.
        now: Seconds since 1970.
        most_held: The bytes of bodies to store.

    Attributes:
        version: A number that grows with every change.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        *,
        most_held: int = _MOST_HELD,
    ) -> None:
        self.version: int = 0
        self._clock = clock
        self._now = now
        self._most_held = most_held
        self._held = 0
        self._number = 0
        self._entries: deque[RecordedTraffic] = deque()

    @property
    def clock(self) -> Callable[[], float]:
        """Seconds on a clock that never goes back."""
        return self._clock

    @property
    def oldest(self) -> int:
        """The number of the oldest request that is listed."""
        return self._entries[0].number if self._entries else self._number + 1

    def begin(self, record: RequestRecord, scope: Any) -> RecordedTraffic:
        """Add a request."""
        self._number += 1
        entry = RecordedTraffic(self._number, record, scope, self._clock(), self._now())
        self._entries.append(entry)
        if len(self._entries) > _MOST_REQUESTS:
            self._forget(self._entries.popleft())
        self._touch(entry)
        return entry

    def add_request(self, entry: RecordedTraffic, data: bytes) -> None:
        """Add a part of the request's body."""
        entry.request_size += len(data)
        room = _MOST_OF_REQUEST - len(entry.request)
        if room > 0 and not entry.forgotten:
            kept = data[:room]
            entry.request += kept
            self._hold(entry, len(kept))
        self._touch(entry)

    def add_head(self, entry: RecordedTraffic, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Add the head of the answer."""
        entry.head = entry.seconds(self._clock())
        entry.answer_headers = _pairs(headers)
        self._touch(entry)

    def add_piece(self, entry: RecordedTraffic, data: bytes) -> None:
        """Add a piece of the answer's body."""
        now, size = self._clock(), len(data)
        if not entry.count:
            entry.first = entry.seconds(now)
            entry.settled = self.version + 1
        entry.count += 1
        room = entry.room
        if room > 0:
            if size > room:
                data = data[:room]
            entry.pieces.append((now, data))
            taken = len(data) + _OVERHEAD
            entry.room = room - taken
            entry.held += taken
            self._held += taken
            if self._held > self._most_held:
                self._shrink()
        entry.size += size
        self.version += 1
        entry.version = self.version

    def end(self, entry: RecordedTraffic) -> None:
        """Record that the answer has ended, whole or not."""
        entry.ended = entry.seconds(self._clock())
        self._touch(entry)

    def find(self, number: int) -> RecordedTraffic | None:
        """Return the request of that number, None if it is not listed."""
        return next((entry for entry in self._entries if entry.number == number), None)

    def changed(self, since: int) -> list[RecordedTraffic]:
        """Return the requests that have changed after a version, oldest first."""
        return [entry for entry in self._entries if entry.version > since]

    def clear(self) -> None:
        """Remove all requests. Those that are running are not listed again."""
        while self._entries:
            self._forget(self._entries.popleft())
        self.version += 1

    def _touch(self, entry: RecordedTraffic) -> None:
        self.version += 1
        entry.version = entry.settled = self.version

    def _hold(self, entry: RecordedTraffic, size: int) -> None:
        entry.held += size
        self._held += size
        if self._held > self._most_held:
            self._shrink()

    def _shrink(self) -> None:
        """Drop the bodies of the oldest requests until the others fit."""
        for entry in self._entries:
            if self._held <= self._most_held:
                return
            if entry.held:
                self._forget(entry)
                self._touch(entry)

    def _forget(self, entry: RecordedTraffic) -> None:
        self._held -= entry.held
        entry.held = 0
        entry.forgotten = True
        entry.room = 0
        entry.request = bytearray()
        entry.pieces = []


class ObservedRecord(RequestRecord):
    """A record of the request log that adds the answer to the traffic too, without a further wrapper of each chunk."""

    traffic: Traffic
    entry: RecordedTraffic

    def add_head(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep the status and the headers."""
        super().add_head(status, headers)
        self.traffic.add_head(self.entry, headers)

    def add_body(self, body: bytes) -> None:
        """Keep a piece of the body."""
        RequestRecord.add_body(self, body)
        if body:
            self.traffic.add_piece(self.entry, body)


def _pairs(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple([(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers])
