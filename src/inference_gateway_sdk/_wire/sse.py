"""Turns the bytes of an event stream, cut anywhere, into server-sent events.

The rules are those of the WHATWG HTML standard, section 9.2.6, with one departure: an event whose data is empty is not
dispatched even when its block has a `data` line, because no API we speak gives such an event a meaning.
Lines end in LF, CR or CR LF and in nothing else: U+2028 and U+0085 are ordinary characters of the text.
"""

from __future__ import annotations

import json
from typing import Any, Final, TypeAlias

import msgspec

from ..errors import DecodingError, StreamError

__all__ = ["EventParser", "RawEvent", "SSEvents"]

RawEvent: TypeAlias = tuple[bytes, str, int | None]
"""One event as the parser hands it out: its data, its type ("" for none), the `retry` its block set (or None)."""

# 10 and 13 below are LF and CR: looking for a number in bytes is the fastest search there is.
_BOM: Final = b"\xef\xbb\xbf"
_FIELD: Final = b"data: "
_NAME: Final = b"event: "
_SEPARATOR: Final = b"\n\n" + _FIELD
_LONGEST_RETRY: Final = 18  # digits; more would be a wait of millions of years, and costs int() ever more


class SSEvents(msgspec.Struct, frozen=True):
    """One raw server-sent event, before anything has been made of its data.

    Attributes:
        data: The event's text; several `data` lines are joined with a line feed.
        event: The event's type, None when the block names none.
        retry: The reconnection time that the block sets, in milliseconds, None when it sets none.
    """

    data: str
    event: str | None = None
    retry: int | None = None

    @classmethod
    def from_raw(cls, raw: RawEvent) -> SSEvents:
        """The event that the parser read; bytes that are not UTF-8 become U+FFFD, as the standard has it."""
        data, event, retry = raw
        return cls(data.decode("utf-8", "replace"), event or None, retry)

    def json(self) -> Any:
        """The data as a JSON value.

        Raises:
            DecodingError: The data is not JSON (the marker `[DONE]` is not).
        """
        try:
            return msgspec.json.decode(self.data)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return self._json_of_the_library()

    def _json_of_the_library(self) -> Any:
        # The library takes what msgspec refuses and servers send: lone surrogates, NaN, numbers out of range.
        try:
            return json.loads(self.data)
        except (ValueError, RecursionError) as error:
            raise DecodingError(f"The data of a server-sent event is not JSON: {self.data[:200]!r}") from error


class EventParser:
    """Reads an event stream piece by piece; every byte is looked at a bounded number of times.

    Attributes:
        last_event_id: The last id that a finished block carried, "" before the first.
        retry: The last reconnection time seen, in milliseconds, None before the first.
        activity: Comment lines seen: signs of life that are no content.
        failure: Set once an event is over the bound; the events before it were handed out, nothing is read after it.
    """

    __slots__ = (
        "_after_cr",
        "_between",
        "_data",
        "_event",
        "_id",
        "_in_block",
        "_line",
        "_max_event",
        "_more",
        "_retry",
        "_start",
        "activity",
        "failure",
        "last_event_id",
        "retry",
    )

    def __init__(self, max_event: int = 64 * 1024 * 1024) -> None:
        if max_event < 1:
            raise ValueError(f"max_event must be a positive number of bytes, not {max_event}")
        self.last_event_id = ""
        self.retry: int | None = None
        self.activity = 0
        self.failure: StreamError | None = None
        self._max_event = max_event
        self._start: bytes | None = b""  # what may be the beginning of a BOM; None once that is decided
        self._after_cr = False  # the last byte was a CR: a LF that follows belongs to it
        self._between = False  # nothing is held or pending: the next byte begins a block
        self._line: bytearray = bytearray()  # the line that has not ended
        self._id = ""
        self._in_block = False  # the block has a line
        self._data: bytes | None = None  # its first line of data
        self._more: bytearray = bytearray()  # the others, each after a line feed
        self._event = ""
        self._retry: int | None = None

    def feed(self, data: bytes) -> list[RawEvent]:
        """The events that these bytes complete."""
        if self._after_cr or 13 in data or self._start is not None:
            data = self._normalised(data)
        if self._between:
            # The usual read of a model that takes its time: one block of one data line.
            size = len(data)
            if data[:6] == _FIELD and data.find(b"\n") == size - 2 > 6 and data[-1] == 10 and size <= self._max_event:
                return [(data[6:-2], "", None)]
            return self._feed_blocks(data)
        # A read that begins inside a block: that one line by line, then the others at once.
        ended = self._end_of_block(data)
        events = self._feed_lines(data[:ended])
        if len(data) > ended:
            events += self._feed_on(data[ended:])
        return events

    def end(self) -> list[RawEvent]:
        """The event that the end of the body cut off: a block, or its last line, without its line end.

        The standard discards it. It is for a caller who knows that the body came whole.
        """
        rest, self._start = self._start or b"", None
        return self._feed_lines(rest + b"\n\n")

    def _normalised(self, data: bytes) -> bytes:
        """The same bytes without a leading BOM and with LF as the only line end."""
        if self._start is not None:
            data = self._without_bom(self._start + data)
        if self._after_cr and data:
            self._after_cr = False
            data = data.removeprefix(b"\n")
        if 13 in data:
            self._after_cr = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return data

    def _without_bom(self, data: bytes) -> bytes:
        if len(data) < len(_BOM) and _BOM.startswith(data):
            self._start = data
            return b""
        self._start = None
        return data.removeprefix(_BOM)

    def _feed_on(self, data: bytes) -> list[RawEvent]:
        return self._feed_blocks(data) if self._between else self._feed_lines(data)

    def _end_of_block(self, data: bytes) -> int:
        """Where, in bytes that begin inside a block, the next may begin."""
        if self._in_block and not self._line and data[:1] == b"\n":
            return 1
        end = data.find(b"\n\n")
        return len(data) if end < 0 else end + 2

    def _feed_blocks(self, data: bytes) -> list[RawEvent]:
        """As `_feed_lines`, where a block begins: whole blocks are not taken apart into lines."""
        end = data.rfind(b"\n\n")
        if end < 0:
            return self._feed_lines(data)
        events: list[RawEvent] = []
        blocks = data[:end]
        if len(blocks) <= self._max_event and (found := _of_one_line(blocks)):
            events = [(line, "", None) for line in found]
        else:
            for block in blocks.split(b"\n\n"):
                event = _of_two_lines(block) if len(block) <= self._max_event else None
                if event is not None and self._between:
                    events.append(event)
                else:
                    events += self._feed_lines(block + b"\n\n")
        if len(data) > end + 2:
            events += self._feed_lines(data[end + 2 :])
        return events

    def _feed_lines(self, data: bytes) -> list[RawEvent]:
        """The events that these bytes, whose only line end is LF, complete."""
        events: list[RawEvent] = []
        if self.failure is not None:
            return events
        lines = data.split(b"\n")
        rest = lines.pop()
        if lines and self._line:
            self._line += lines[0]
            lines[0] = bytes(self._line)
            self._line.clear()
        for line in lines:
            if not line:
                self._end_block(events)
            elif not self._read_line(line):
                return events
        if rest:
            self._line += rest
            self._check(len(self._line))
        self._between = not (self._in_block or self._line or self._after_cr or self.failure) and self._start is None
        return events

    def _check(self, size: int) -> bool:
        """Whether a line or the data of an event of so many bytes is within the bound."""
        if size <= self._max_event:
            return True
        self.failure = StreamError(
            f"the stream sent an event of more than max_event={self._max_event} bytes",
            hint="raise max_event= of the client, or of with_options(), if events of this size are expected.",
        )
        self._between = False
        self._line.clear()
        self._begin_block()
        return False

    def _read_line(self, line: bytes) -> bool:
        """Take one line into the block; whether both are within the bound."""
        self._in_block = True
        if line[:6] != _FIELD:
            self._read_field(line)
        elif self._data is None:
            self._data = line[6:]
        else:
            self._more += b"\n" + line[6:]
        return self._check(len(line)) and (not self._more or self._check(len(self._data or b"") + len(self._more)))

    def _read_field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        match name:
            case b"event":
                self._event = value.decode("utf-8", "replace")
            case b"data" if self._data is None:
                self._data = value
            case b"data":
                self._more += b"\n" + value
            case b"":
                self.activity += 1
            case b"id" if b"\0" not in value:
                self._id = value.decode("utf-8", "replace")
            case b"retry" if value.isdigit() and len(value) <= _LONGEST_RETRY:
                self._retry = self.retry = int(value)
            case _:
                pass

    def _end_block(self, events: list[RawEvent]) -> None:
        if self._in_block:
            self.last_event_id = self._id
            data = (self._data or b"") + self._more
            if data:
                events.append((data, self._event, self._retry))
            self._begin_block()

    def _begin_block(self) -> None:
        self._in_block = False
        self._data = None
        self._event = ""
        self._retry = None
        if self._more:
            self._more.clear()


def _of_one_line(blocks: bytes) -> list[bytes] | None:
    """The data of blocks that are one line of data each, None for any others: proven by counting lines."""
    if blocks[:6] != _FIELD:
        return None
    found = blocks[6:].split(_SEPARATOR)
    return found if blocks.count(b"\n") == 2 * len(found) - 2 and b"" not in found else None


def _of_two_lines(block: bytes) -> RawEvent | None:
    """The event of a block that is one line of data, or a name and one, None for any other."""
    if block[:6] == _FIELD:
        return (block[6:], "", None) if len(block) > 6 and b"\n" not in block else None
    if block[:7] != _NAME:
        return None
    name, _, data = block.partition(b"\n")
    if data[:6] != _FIELD or len(data) == 6 or b"\n" in data:
        return None
    return data[6:], name[7:].decode("utf-8", "replace"), None
