r"""A parser for event streams: bytes, split at any position, to server-sent events.

The rules are those of the WHATWG HTML standard, section 9.2.6, with one exception. An event with empty data is not
dispatched, even if its block has a `data` line: no supported API gives such an event a meaning.
Lines end only in LF, CR or CR LF: U+2028 and U+0085 are ordinary characters of the text.

A block is the lines up to an empty line, and becomes one event:

    event: message_start\n
    data: {"type":"message_start"}\n
    \n
"""

from __future__ import annotations

import json
from typing import Any, Final, TypeAlias

import msgspec

from ..errors import DecodingError, StreamError

__all__ = ["EventParser", "RawEvent", "SSEvents"]

RawEvent: TypeAlias = tuple[bytes, str, int | None]
"""One event as the parser returns it: its data, its type ("" for none), and the `retry` of its block (or None)."""

# 10 and 13 below are LF and CR: searching bytes for an integer is the fastest search.
_BOM: Final = b"\xef\xbb\xbf"
_FIELD: Final = b"data: "
_NAME: Final = b"event: "
_SEPARATOR: Final = b"\n\n" + _FIELD
_LONGEST_RETRY: Final = 18  # digits; more would be a delay of millions of years, and slow for int() to convert


class SSEvents(msgspec.Struct, frozen=True):
    """One raw server-sent event, whose data has not been parsed.

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
        """Return the event for the parser's tuple; invalid UTF-8 becomes U+FFFD, as the standard requires."""
        data, event, retry = raw
        return cls(data.decode("utf-8", "replace"), event or None, retry)

    def json(self) -> Any:
        """Return the data as a JSON value.

        Raises:
            DecodingError: The data is not JSON, such as the marker `[DONE]`.
        """
        try:
            return msgspec.json.decode(self.data)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return self._json_lenient()

    def _json_lenient(self) -> Any:
        # json accepts values that servers send and msgspec refuses: lone surrogates, NaN, numbers out of range.
        try:
            return json.loads(self.data)
        except (ValueError, RecursionError) as error:
            raise DecodingError(f"the data of a server-sent event is not JSON: {self.data[:200]!r}") from error


class EventParser:
    """An incremental parser for an event stream; it examines each byte a bounded number of times.

    Attributes:
        last_event_id: The last id of a finished block, "" before the first.
        retry: The last reconnection time, in milliseconds, None before the first.
        activity: The number of comment lines, which show that the server is alive but are not content.
        failure: The error, once an event is over the size limit. Earlier events were returned; nothing more is read.
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
            raise ValueError(f"max_event must be a positive number of bytes, got {max_event}")
        self.last_event_id = ""
        self.retry: int | None = None
        self.activity = 0
        self.failure: StreamError | None = None
        self._max_event = max_event
        self._start: bytes | None = b""  # bytes that may begin a BOM; None once that is decided
        self._after_cr = False  # the last byte was a CR, so a LF that follows belongs to it
        self._between = False  # nothing is buffered or pending: the next byte begins a block
        self._line: bytearray = bytearray()  # the unfinished line
        self._id = ""
        self._in_block = False  # the current block has at least one line
        self._data: bytes | None = None  # its first `data` line
        self._more: bytearray = bytearray()  # its other `data` lines, each after a line feed
        self._event = ""
        self._retry: int | None = None

    def feed(self, data: bytes) -> list[RawEvent]:
        """Return the events that these bytes complete."""
        if self._after_cr or 13 in data or self._start is not None:
            data = self._normalised(data)
        if self._between:
            # Fast path, the usual read from a slow model: one block of one data line, b'data: {"a":1}\n\n'. The first
            # LF is the last byte but one, so there is no other line.
            size = len(data)
            if data[:6] == _FIELD and data.find(b"\n") == size - 2 > 6 and data[-1] == 10 and size <= self._max_event:
                return [(data[6:-2], "", None)]
            return self._feed_blocks(data)
        # The read begins inside a block, b':1}\n\ndata: {"b":2}\n\n': finish that one line by line, then the others.
        ended = self._end_of_block(data)
        events = self._feed_lines(data[:ended])
        if len(data) > ended:
            events += self._feed_on(data[ended:])
        return events

    def end(self) -> list[RawEvent]:
        """Return the event that the end of the body cut off: a block without its empty line, or without any line end.

        The standard discards it. Call this only when the body is known to be complete.
        """
        rest, self._start = self._start or b"", None
        return self._feed_lines(rest + b"\n\n")

    def _normalised(self, data: bytes) -> bytes:
        """Return the bytes without a leading BOM and with LF as the only line end."""
        if self._start is not None:
            data = self._without_bom(self._start + data)
        if self._after_cr and data:  # CR LF was split between two reads, b"a\r" and b"\nb": the line has ended already
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
        """Return the position, in bytes that begin inside a block, at which the next block may begin."""
        if self._in_block and not self._line and data[:1] == b"\n":
            return 1
        end = data.find(b"\n\n")
        return len(data) if end < 0 else end + 2

    def _feed_blocks(self, data: bytes) -> list[RawEvent]:
        """Parse bytes that begin a block. Results as `_feed_lines`, but whole blocks are not split into lines."""
        # b'data: 1\n\ndata: 2\n\ndata: 3' has two whole blocks, b'data: 1\n\ndata: 2', and an unfinished one.
        end = data.rfind(b"\n\n")
        if end < 0:
            return self._feed_lines(data)
        events: list[RawEvent] = []
        blocks = data[:end]
        if len(blocks) <= self._max_event and (found := _split_data_blocks(blocks)):
            events = [(line, "", None) for line in found]
        else:
            for block in blocks.split(b"\n\n"):
                event = _parse_short_block(block) if len(block) <= self._max_event else None
                if event is not None and self._between:
                    events.append(event)
                else:
                    events += self._feed_lines(block + b"\n\n")
        if len(data) > end + 2:
            events += self._feed_lines(data[end + 2 :])
        return events

    def _feed_lines(self, data: bytes) -> list[RawEvent]:
        """Return the events that these bytes complete; their only line end is LF."""
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
        """Return whether `size`, of a line or of an event's data, is within the limit; set `failure` if not."""
        if size <= self._max_event:
            return True
        self.failure = StreamError(
            f"the stream sent an event of more than max_event={self._max_event} bytes",
            hint="raise max_event= of the client, or of with_options(), if events of this size are expected",
        )
        self._between = False
        self._line.clear()
        self._begin_block()
        return False

    def _read_line(self, line: bytes) -> bool:
        """Add one line to the block; return whether both are within the limit."""
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


def _split_data_blocks(blocks: bytes) -> list[bytes] | None:
    r"""Split `blocks` into their data lines. Return None unless every block is exactly one `data:` line.

    For b'data: 1\n\ndata: 2' the result is [b'1', b'2']. Counting proves it: n such blocks, the last one without its
    line ends, have exactly 2n - 2 line feeds.
    """
    if blocks[:6] != _FIELD:
        return None
    found = blocks[6:].split(_SEPARATOR)
    return found if blocks.count(b"\n") == 2 * len(found) - 2 and b"" not in found else None


def _parse_short_block(block: bytes) -> RawEvent | None:
    """Return the event of a block that is a `data` line, or an `event` line and a `data` line, None for any other."""
    if block[:6] == _FIELD:
        return (block[6:], "", None) if len(block) > 6 and b"\n" not in block else None
    if block[:7] != _NAME:
        return None
    name, _, data = block.partition(b"\n")
    if data[:6] != _FIELD or len(data) == 6 or b"\n" in data:
        return None
    return data[6:], name[7:].decode("utf-8", "replace"), None
