"""The requests that the traffic page shows, in bounded memory."""

from __future__ import annotations

import time
from array import array
from collections import deque
from itertools import pairwise
from typing import TYPE_CHECKING

from ..embedded.request_log import WatchedRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.types import Message, Scope, Send

    from ..embedded.request_log import RequestRecord

__all__ = ["ObservedRecord", "RecordedTraffic", "Traffic"]

_MOST_REQUESTS = 1000
_MOST_OF_REQUEST = 256 * 1024  # bytes of its body
_MOST_OF_ANSWER = 512 * 1024  # bytes of its pieces, each with its overhead
_MOST_HELD = 32 * 1024 * 1024  # bytes of all bodies and pieces
_OVERHEAD = 100  # bytes that a piece counts besides its data: of one answer, the page shows some 5,000 pieces
_RESERVED = 16 * 1024  # bytes that are reserved at a time, so that most pieces fit without a look at the others
_USAGE = b'"usage"'


class RecordedTraffic:
    """One request and its answer, as far as they have been seen.

    Bodies are stored as they came, and only `Inspector` shows them, without their secrets. The counters are derived
    when they are read. A piece is not an object of its own: its bytes, time and end are added to three buffers, which
    garbage collections do not traverse.

    Attributes:
        number: The number of the request, from 1.
        record: The record of the request log: target, status, tokens, fault.
        started: The time at which the request arrived, in seconds since 1970.
        request: The stored part of the request's body.
        request_size: The size of that body in bytes.
        answer: The stored part of the answer's body.
        ends: The end of each piece in it.
        times: The time of each piece on the traffic's clock.
        room: The bytes that are reserved for further pieces.
        full: True once further pieces are only counted.
        missed: The number of pieces that are not stored.
        missed_size: The bytes of the answer that are not stored.
        head: The time of the answer's head, None before it.
        first: The time of the first piece, None before it.
        ended: The time of the end, None before it.
        version: The traffic's version at the last change other than a further piece of the answer.
        forgotten: True once the bodies were dropped to bound the memory.
        held: The bytes that its bodies take, with the reserved ones.
    """

    __slots__ = (
        "_answer_headers", "_began", "_headers", "_query", "_reserved", "answer", "ended", "ends", "first", "forgotten",
        "full", "head", "held", "missed", "missed_size", "number", "record", "request", "request_size", "room",
        "started", "times", "version",
    )  # fmt: skip

    def __init__(self, number: int, record: RequestRecord, scope: Scope, began: float, started: float) -> None:
        self.number: int = number
        self.record: RequestRecord = record
        self.started: float = started
        self.request: bytearray = bytearray()
        self.request_size: int = 0
        self.answer: bytearray = bytearray()
        self.ends: array[int] = array("I")
        self.times: array[float] = array("d")
        self.room: int = 0
        self.head: float | None = None
        self.first: float | None = None
        self.ended: float | None = None
        self.version: int = 0
        self.forgotten: bool = False
        self.held: int = 0
        self._began = began
        self._query: bytes = scope.get("query_string", b"")
        self._headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
        self._answer_headers: Iterable[tuple[bytes, bytes]] = ()
        self._reserved = 0
        self.full: bool = False
        self.missed: int = 0
        self.missed_size: int = 0

    def __repr__(self) -> str:
        return f"<RecordedTraffic {self.number}: {self.record.method} {self.record.path}>"

    @property
    def query(self) -> str:
        """The query of its address."""
        return self._query.decode("latin-1")

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The request's headers."""
        return _pairs(self._headers)

    @property
    def answer_headers(self) -> tuple[tuple[str, str], ...]:
        """The answer's headers."""
        return _pairs(self._answer_headers)

    @property
    def count(self) -> int:
        """The number of pieces that were sent."""
        return len(self.ends) + self.missed

    @property
    def size(self) -> int:
        """The size of all pieces that were sent in bytes."""
        return len(self.answer) + self.missed_size

    def seconds(self, now: float) -> float:
        """Return the seconds from the start to `now`."""
        return now - self._began

    def timed_pieces(self) -> list[tuple[float, bytes]]:
        """Return the stored pieces, each with its time in seconds since the start."""
        spans = pairwise((0, *self.ends))
        return [
            (at - self._began, bytes(self.answer[start:end]))
            for at, (start, end) in zip(self.times, spans, strict=True)
        ]

    def add_head(self, at: float, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Add the head of the answer."""
        self.head = self.seconds(at)
        self._answer_headers = tuple(headers)

    def reserve(self, size: int) -> int:
        """Reserve room for a piece of this size, as far as its bound allows, and return the bytes of it."""
        needed = max(size + _OVERHEAD - self.room, _RESERVED)
        more = 0 if self.forgotten else min(needed, _MOST_OF_ANSWER - self._reserved)
        self._reserved += more
        self.room += more
        return more

    def add_piece(self, at: float, data: bytes) -> None:
        """Add a piece of the answer's body, as much of it as the reserved room holds."""
        stored = data[: max(0, self.room - _OVERHEAD)]
        if stored:
            self.answer += stored
            self.ends.append(len(self.answer))
            self.times.append(at)
            self.room -= len(stored) + _OVERHEAD
        else:
            self.missed += 1
        self.missed_size += len(data) - len(stored)
        self.full = self._reserved == _MOST_OF_ANSWER and self.room <= _OVERHEAD

    def release(self) -> int:
        """Give the unused room up, and return its bytes."""
        unused = self.room
        self._reserved -= unused
        self.held -= unused
        self.room = 0
        return unused

    def forget(self) -> int:
        """Drop the bodies, and return the bytes that they held."""
        self.missed, self.missed_size = self.count, self.size
        self._reserved = self.room = 0
        self.request = bytearray()
        del self.answer[:], self.ends[:], self.times[:]
        self.forgotten = self.full = True
        held, self.held = self.held, 0
        return held


class Traffic:
    """The latest requests. The bodies of the oldest are dropped when all bodies together take too much memory.

    Args:
        clock: Seconds on a clock that never goes back.
        now: Seconds since 1970.
        most_held: The bytes of bodies to store.

    Attributes:
        version: A number that grows with every change other than a further piece of an answer.
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

    @property
    def open(self) -> int:
        """The number of listed requests whose answers have not ended."""
        return sum(entry.ended is None for entry in self._entries)

    def begin(self, record: RequestRecord, scope: Scope) -> RecordedTraffic:
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
        entry.add_head(self._clock(), headers)
        self._touch(entry)

    def add_piece(self, entry: RecordedTraffic, data: bytes) -> None:
        """Add a piece of the answer's body. `ObservedRecord` itself adds those that fit the reserved room."""
        now = self._clock()
        if entry.first is None:
            entry.first = entry.seconds(now)
            self._touch(entry)
        if len(data) + _OVERHEAD > entry.room:
            self._hold(entry, entry.reserve(len(data)))
        entry.add_piece(now, data)

    def end(self, entry: RecordedTraffic) -> None:
        """Record that the answer has ended, whole or not."""
        entry.ended = entry.seconds(self._clock())
        self._held -= entry.release()
        self._touch(entry)

    def find(self, number: int) -> RecordedTraffic | None:
        """Return the request of that number, None if it is not listed."""
        return next((entry for entry in self._entries if entry.number == number), None)

    def changed(self, since: int) -> list[RecordedTraffic]:
        """Return the requests that are open or have changed after a version, oldest first."""
        return [entry for entry in self._entries if entry.version > since or entry.ended is None]

    def clear(self) -> None:
        """Remove all requests. Those that are running are not listed again."""
        while self._entries:
            self._forget(self._entries.popleft())
        self.version += 1

    def _touch(self, entry: RecordedTraffic) -> None:
        self.version += 1
        entry.version = self.version

    def _hold(self, entry: RecordedTraffic, size: int) -> None:
        entry.held += size
        self._held += size
        if self._held > self._most_held:
            self._shrink()

    def _shrink(self) -> None:
        """Drop the bodies of the oldest requests until an eighth is free: the search is not repeated for each piece."""
        for entry in self._entries:
            if self._held <= self._most_held * 7 // 8:
                return
            if entry.held:
                self._forget(entry)
                self._touch(entry)

    def _forget(self, entry: RecordedTraffic) -> None:
        self._held -= entry.forget()


class ObservedRecord(WatchedRecord):
    """A record of the request log that adds the request and its answer to the traffic too.

    Args:
        traffic: The traffic.
        scope: The scope of the request.

    Attributes:
        entry: The request in the traffic.
    """

    def __init__(self, traffic: Traffic, scope: Scope) -> None:
        super().__init__(scope["method"], scope["path"])
        self._traffic = traffic
        self.entry: RecordedTraffic = traffic.begin(self, scope)

    def watch(self, send: Send) -> Send:
        """Return a `send` that fills this record, adds the answer to the traffic, and passes each message on.

        Each piece passes here, of hundreds of streams at a time. So it takes fewer calls than in `RequestLog`: the
        record reads only pieces that may report tokens, and a piece that fits the reserved room is added here.
        """
        traffic, entry, clock = self._traffic, self.entry, self._traffic.clock
        answer, add_time, add_end = entry.answer, entry.times.append, entry.ends.append
        add_bytes = answer.extend

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.body":
                body = message.get("body", b"")
                if _USAGE in body or self._last:
                    self.add_body(body)
                if body:
                    room = entry.room - len(body) - _OVERHEAD
                    if room >= 0:
                        entry.room = room
                        add_time(clock())
                        add_bytes(body)
                        add_end(len(answer))
                    elif entry.full and entry.first is not None:
                        entry.missed += 1
                        entry.missed_size += len(body)
                    else:
                        traffic.add_piece(entry, body)
                if not message.get("more_body", False):
                    self.whole = True
            elif message["type"] == "http.response.start":
                self.status = message["status"]
                traffic.add_head(entry, message.get("headers", ()))
            await send(message)

        return observed


def _pairs(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple([(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers])
