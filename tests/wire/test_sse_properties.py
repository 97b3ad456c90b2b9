"""The event stream parser against a literal implementation of the standard, within its bound, and by its work."""

from __future__ import annotations

import re
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_gateway_sdk._wire.sse import EventParser, RawEvent
from inference_gateway_sdk.errors import StreamError
from support.memory import held


def standard(body: bytes) -> tuple[list[tuple[str, str, int | None]], str]:
    """Return the events and the last event id by the text of the WHATWG standard, on the whole text at once."""
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    events: list[tuple[str, str, int | None]] = []
    data, kind, last_id, id_buffer = "", "", "", ""
    retry: int | None = None
    for line in re.split("\r\n|\n|\r", text)[:-1]:
        if line == "":
            last_id = id_buffer
            shown = data.removesuffix("\n")
            if shown != "":  # the standard asks for `data`; an event of empty data is the parser's documented departure
                events.append((shown, kind, retry))
            data, kind, retry = "", "", None
            continue
        if line.startswith(":"):
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            kind = value
        elif field == "data":
            data += value + "\n"
        elif field == "id" and "\0" not in value:
            id_buffer = value
        elif field == "retry" and re.fullmatch("[0-9]{1,18}", value):
            retry = int(value)
    return events, last_id


FRAGMENTS = [
    b"data: x\n\n",
    b'data: {"a":1}\n\n',
    b"data: x\r\n\r\n",
    b"event: e\ndata: y\n\n",
    b"data",
    b"event",
    b"retry",
    b"id",
    b"data: ",
    b"data:",
    b":",
    b" ",
    b"\n",
    b"\n\n",
    b"\r",
    b"\r\n",
    b"1",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xef",
    b"\xe2\x80\xa8",
    b"\xe2",
    b"\xc2\x85",
    b"\xff",
]
bodies = st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=3), max_size=24).map(b"".join)


@st.composite
def cut_bodies(draw: st.DrawFn) -> list[bytes]:
    """Draw a body in pieces, some of them perhaps empty."""
    body = draw(bodies)
    cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=12)))
    return [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]


def feed_in_pieces(parser: EventParser, pieces: list[bytes]) -> list[RawEvent]:
    """Return all events of a body fed in pieces, without its end."""
    return [event for piece in pieces for event in parser.feed(piece)]


blocks = st.lists(st.sampled_from(FRAGMENTS[:4]) | st.sampled_from([b"data: \n\n", b"data: y\ndata: z\n\n", b"\n"]))
reads_of_blocks = st.lists(blocks.map(b"".join), max_size=6)  # as servers send: each read is a few whole blocks


@given(cut_bodies() | reads_of_blocks)
def test_any_bytes_cut_anywhere_equal_the_standard(pieces: list[bytes]) -> None:
    """Any bytes in any cuts give the events and the last id of the standard."""
    parser = EventParser()
    events = [(data.decode("utf-8", "replace"), kind, retry) for data, kind, retry in feed_in_pieces(parser, pieces)]
    assert (events, parser.last_event_id) == standard(b"".join(pieces))
    assert parser.failure is None


@given(cut_bodies())
def test_end_equals_a_closing_blank_line(pieces: list[bytes]) -> None:
    """The end of the body gives the events that the standard gives after a further blank line."""
    body = b"".join(pieces)
    parser = EventParser()
    events = feed_in_pieces(parser, pieces) + parser.end()
    assert [(data.decode("utf-8", "replace"), *rest) for data, *rest in events] == standard(body + b"\n\n")[0]


def within(body: bytes, bound: int) -> bytes:
    """Return the body before the first line that exceeds the bound, alone or with the data of its event."""
    size = -1  # of the event's data: its lines with a line feed between any two
    for match in re.finditer(rb"([^\r\n]*)(\r\n|\n|\r|\Z)", body):
        line = match[1].removeprefix(b"\xef\xbb\xbf") if match.start() == 0 else match[1]
        name, _, value = line.partition(b":")
        if not line:
            size = -1
        elif name == b"data":
            size += 1 + len(value.removeprefix(b" "))
        if max(len(line), size) > bound:
            return body[: match.start()]
    return body


@given(cut_bodies() | reads_of_blocks, st.integers(1, 24))
def test_the_bound_does_not_depend_on_the_cuts(pieces: list[bytes], bound: int) -> None:
    """The events before one that exceeds the bound are those of the standard, in any cuts."""
    body = b"".join(pieces)
    parser = EventParser(bound)
    events = [(data.decode("utf-8", "replace"), kind, retry) for data, kind, retry in feed_in_pieces(parser, pieces)]
    assert events == standard(within(body, bound))[0]
    parser.end()
    assert (parser.failure is not None) == (within(body, bound) != body)


@pytest.mark.parametrize(
    "body", [b"data: " + b"x" * 100, b"data: " + b"x" * 100 + b"\n\n", b"data: xxxxx\n" * 20, b":" * 101]
)
def test_an_event_over_the_bound_is_a_clear_error(body: bytes) -> None:
    """An event or a line over the bound is a StreamError that has the bound, after the events before it."""
    parser = EventParser(100)
    assert parser.feed(b"\n") == []
    assert parser.feed(b"data: a\n\n" + body) == [(b"a", "", None)]
    assert isinstance(parser.failure, StreamError)
    assert str(parser.failure) == (
        "the stream sent an event of more than max_event=100 bytes "
        "(hint: raise max_event= of the client, or of with_options(), if events of this size are expected)"
    )
    assert parser.feed(b"data: b\n\n") == []
    assert parser.feed(b"\n\ndata: b\n\n") == []
    assert parser.end() == []


def test_the_default_bound_is_64_mib() -> None:
    """An event of 64 MiB passes, one byte more does not, and the message has the number."""
    line = b"data: " + b"x" * (64 * 1024 * 1024 - 6)
    parser = EventParser()
    assert [len(data) for data, _, _ in parser.feed(line + b"\n\n")] == [64 * 1024 * 1024 - 6]
    assert parser.feed(line + b"x\n\n") == []
    assert "max_event=67108864 bytes" in str(parser.failure)


def test_a_bound_must_be_positive() -> None:
    """A bound of zero is refused by name."""
    with pytest.raises(ValueError, match="max_event"):
        EventParser(0)


@pytest.mark.parametrize("piece", [b"x", b"xy", b"data: xy\n", b"data:\n", b"\ndata: xy"])
def test_memory_is_bounded_whatever_the_pieces(piece: bytes) -> None:
    """An endless event uses memory in proportion to the bound, and none once it exceeds it."""
    bound = 64 * 1024
    parser = EventParser(bound)
    parser.feed(b"data: ")
    feeds = next(count for count in range(bound + 2) if parser.feed(piece) == [] and parser.failure)
    assert feeds * len(piece) >= bound - 16
    parser = EventParser(bound)
    tracemalloc.start()
    try:
        parser.feed(b"data: ")
        for _ in range(feeds):
            parser.feed(piece)
        assert parser.failure is None
        assert held("_wire/sse.py") < 2 * bound
        for _ in range(1000):
            parser.feed(piece)
        assert parser.failure is not None
        assert held("_wire/sse.py") < 4096
    finally:
        tracemalloc.stop()


class Counted(bytes):
    """Bytes that count, in `Counted.work`, how many bytes each operation on them reads."""

    work = 0

    def __add__(self, other: bytes) -> Counted:  # type: ignore[override]
        Counted.work += len(self) + len(other)
        return Counted(bytes(self) + bytes(other))

    def __radd__(self, other: bytes) -> Counted:
        if isinstance(other, bytearray):  # appended in place: only the new bytes are touched
            Counted.work += len(self)
            return NotImplemented
        Counted.work += len(self) + len(other)
        return Counted(bytes(other) + bytes(self))

    def __contains__(self, item: object) -> bool:
        Counted.work += len(self)
        return bytes.__contains__(self, item)  # type: ignore[arg-type]

    def __getitem__(self, key: object) -> object:
        part = bytes.__getitem__(self, key)  # type: ignore[index]
        Counted.work += len(part) if isinstance(part, bytes) else 1
        return Counted(part) if isinstance(part, bytes) else part

    def find(self, *args: object) -> int:
        Counted.work += len(self)
        return bytes.find(self, *args)  # type: ignore[arg-type]

    def split(self, *args: object) -> list[bytes]:  # type: ignore[override]
        Counted.work += len(self)
        return [Counted(part) for part in bytes.split(self, *args)]  # type: ignore[arg-type]


class Rescanning:
    """A counterexample to the parser: it reads the whole buffer again with each read."""

    def __init__(self) -> None:
        self.buffer: bytes = b""

    def feed(self, data: bytes) -> list[bytes]:
        self.buffer = self.buffer + data
        *events, self.buffer = self.buffer.split(b"\n\n")
        return events


def work_for(parser: EventParser | Rescanning, pieces: int) -> int:
    """Return the bytes read while an event of so many pieces of 100 bytes is parsed."""
    Counted.work = 0
    parser.feed(Counted(b"data: "))
    for _ in range(pieces):
        assert parser.feed(Counted(b"x" * 100)) == []
    assert len(parser.feed(Counted(b"\n\n"))) == 1
    return Counted.work


def test_a_large_event_in_small_pieces_is_linear_work() -> None:
    """Twice the pieces are twice the work; the same count exposes a rescanning parser."""
    assert work_for(EventParser(), 800) < 2.1 * work_for(EventParser(), 400)
    assert work_for(EventParser(), 800) < 8 * 800 * 100
    assert work_for(Rescanning(), 800) > 3.5 * work_for(Rescanning(), 400)
