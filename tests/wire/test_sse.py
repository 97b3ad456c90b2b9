"""The event stream parser case by case, and the public event."""

from __future__ import annotations

import pickle

import pytest

from inference_gateway_sdk._wire.sse import EventParser, RawEvent, SSEvents
from inference_gateway_sdk.errors import DecodingError


def feed_in_pieces(parser: EventParser, pieces: list[bytes]) -> list[RawEvent]:
    """Return all events of a body fed in pieces, without its end."""
    return [event for piece in pieces for event in parser.feed(piece)]


GOLDEN: dict[str, tuple[bytes, list[RawEvent]]] = {
    "one event": (b"data: hello\n\n", [(b"hello", "", None)]),
    "two events": (b"data: a\n\ndata: b\n\n", [(b"a", "", None), (b"b", "", None)]),
    "no space after the colon": (b'data:{"a":1}\n\n', [(b'{"a":1}', "", None)]),
    "only one space is taken": (b"data:  a\n\n", [(b" a", "", None)]),
    "a tab is not a space": (b"data:\ta\n\n", [(b"\ta", "", None)]),
    "CR LF": (b"data: a\r\n\r\ndata: b\r\n\r\n", [(b"a", "", None), (b"b", "", None)]),
    "CR": (b"data: a\r\rdata: b\r\r", [(b"a", "", None), (b"b", "", None)]),
    "mixed line ends": (
        b"data: a\r\n\ndata: b\r\r\ndata: c\n\r\n",
        [(b"a", "", None), (b"b", "", None), (b"c", "", None)],
    ),
    "LF CR are two line ends": (b"data: a\n\rdata: b\n\n", [(b"a", "", None), (b"b", "", None)]),
    "a BOM at the start": (b"\xef\xbb\xbfdata: a\n\n", [(b"a", "", None)]),
    "only one BOM": (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", [(b"b", "", None)]),
    "a BOM later is text": (b"data: a\n\n\xef\xbb\xbfdata: b\n\ndata: c\n\n", [(b"a", "", None), (b"c", "", None)]),
    "comments": (b": ping\n\n:\ndata: a\n: in between\n\n", [(b"a", "", None)]),
    "several data lines": (b"data: a\ndata: b\ndata:\ndata: c\n\n", [(b"a\nb\n\nc", "", None)]),
    "empty data, twice, is a line feed": (b"data\ndata\n\n", [(b"\n", "", None)]),
    "an event type": (b"event: ping\ndata: {}\n\ndata: x\n\n", [(b"{}", "ping", None), (b"x", "", None)]),
    "the last event type counts": (b"event: a\nevent: b\ndata: x\n\n", [(b"x", "b", None)]),
    "event only": (b"event: ping\n\ndata: x\n\n", [(b"x", "", None)]),
    "id only": (b"id: 7\n\ndata: x\n\n", [(b"x", "", None)]),
    "retry only": (b"retry: 7\n\ndata: x\n\n", [(b"x", "", None)]),
    "empty data": (b"event: e\ndata:\n\ndata: \n\ndata\n\ndata: x\n\n", [(b"x", "", None)]),
    "empty data among full": (b"data: a\n\ndata: \n\ndata: b\n\n", [(b"a", "", None), (b"b", "", None)]),
    "retry": (b"retry: 1500\ndata: x\n\n", [(b"x", "", 1500)]),
    "retry that is no number": (b"retry: 1.5\nretry: -1\nretry: \nretry: 1e3\ndata: x\n\n", [(b"x", "", None)]),
    "retry in other digits": ("retry: \u0661\ndata: x\n\n".encode(), [(b"x", "", None)]),
    "unknown fields": (b"foo: bar\ndata: x\nDATA: y\n data: z\n\n", [(b"x", "", None)]),
    "a field without a colon": (b"event\ndata: x\nfoo\n\n", [(b"x", "", None)]),
    "a colon in the value": (b"data: a: b:c\n\n", [(b"a: b:c", "", None)]),
    "U+2028 and U+0085 are text": (
        "data: a\u2028b\u0085c\u2029\n\n".encode(),
        [("a\u2028b\u0085c\u2029".encode(), "", None)],
    ),
    "other controls are text": (b"data: a\x0b\x0c\x1c\x00b\n\n", [(b"a\x0b\x0c\x1c\x00b", "", None)]),
    "blank lines": (b"\n\n\r\n\r\rdata: a\n\n\n\n\n", [(b"a", "", None)]),
    "no blank line yet": (b"data: a\n\ndata: b\n", [(b"a", "", None)]),
    "no line end yet": (b"data: a\n\ndata: b", [(b"a", "", None)]),
    "an event type that is not UTF-8": (b"event: \xff\ndata: x\n\n", [(b"x", "\ufffd", None)]),
    "nothing": (b"", []),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_whole(name: str) -> None:
    """A body read in one piece gives the events of the standard."""
    body, events = GOLDEN[name]
    assert EventParser().feed(body) == events


@pytest.mark.parametrize("name", [name for name in GOLDEN if "BOM" not in name])
def test_golden_between_others(name: str) -> None:
    """A body read in one piece after a block and before others gives the same events."""
    body, events = GOLDEN[name]
    parser = EventParser()
    assert parser.feed(b": ping\n\n") == []
    assert parser.feed(body) == events
    assert parser.feed(b"\n\ndata: y\n\n")[-1:] == [(b"y", "", None)]


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_bytewise(name: str) -> None:
    """A body read byte by byte gives the same events."""
    body, events = GOLDEN[name]
    assert feed_in_pieces(EventParser(), [bytes([byte]) for byte in body]) == events


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_with_trailing_data(name: str) -> None:
    """Data after the last whole event changes none before it, and is completed by the next read."""
    body, events = GOLDEN[name]
    if not body.endswith(b"\n\n"):
        body += b"\n\n"
        events = EventParser().feed(body)
    parser = EventParser()
    assert parser.feed(body + b"data: trai") == events
    assert parser.feed(b"ling\n\n") == [(b"trailing", "", None)]


def test_reads_of_many_whole_blocks() -> None:
    """The usual read, one or many whole blocks, gives every event, with or without other data among them."""
    parser = EventParser()
    parser.feed(b"\n")
    assert parser.feed(b"data: a\n\n") == [(b"a", "", None)]
    assert parser.feed(b"data: a\n\n" * 200) == [(b"a", "", None)] * 200
    assert parser.feed(b"data: a\n\ndata: b\ndata: c\n\n") == [(b"a", "", None), (b"b\nc", "", None)]
    assert parser.feed(b"data: a\n\ndata: \n\ndata: b\n\n") == [(b"a", "", None), (b"b", "", None)]
    assert parser.feed(b"data: a\n\n: ping\n\ndata: b\n\n") == [(b"a", "", None), (b"b", "", None)]
    assert parser.feed(b"data: \n\n") == []
    assert parser.feed(b"data: a\n\n\n\n") == [(b"a", "", None)]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_empty_reads_change_nothing(end: bytes) -> None:
    """Empty reads between any two bytes are harmless, a CR and its LF and a BOM included."""
    pieces = [piece for byte in b"\xef\xbb\xbfdata: a" + end * 2 for piece in (b"", bytes([byte]), b"")]
    assert feed_in_pieces(EventParser(), pieces) == [(b"a", "", None)]


def test_empty_first_read_keeps_the_bom_at_the_start() -> None:
    """Only the first bytes may be a BOM, even when the first read was empty."""
    parser = EventParser()
    assert parser.feed(b"") == []
    assert parser.feed(b"data: a\n\n") == [(b"a", "", None)]
    assert parser.feed(b"\xef\xbb\xbfdata: b\n\n") == []


def test_last_event_id_is_that_of_the_last_finished_block() -> None:
    """An id counts once its block ends, stays until another comes, and is ignored when it has NUL."""
    parser = EventParser()
    seen = []
    for block in (
        b"id: 1\ndata: a\n",
        b"\n",
        b"data: b\n\n",
        b"id: 2\n\n",
        b"id: \x003\ndata: c\n\n",
        b"id\ndata: d\n\n",
    ):
        parser.feed(block)
        seen.append(parser.last_event_id)
    assert seen == ["", "1", "1", "2", "2", ""]


def test_retry_and_activity_are_kept() -> None:
    """The parser remembers the last reconnection time and counts comments, which are signs of life."""
    parser = EventParser()
    parser.feed(b"retry: 10\n\n: a\n:b\nretry: 20\nretry: no\ndata: x\n\n")
    assert (parser.retry, parser.activity) == (20, 2)


def test_retry_of_absurd_length_is_ignored() -> None:
    """A reconnection time of thousands of digits neither raises nor counts."""
    parser = EventParser()
    assert parser.feed(b"retry: " + b"9" * 5000 + b"\ndata: x\n\n") == [(b"x", "", None)]
    assert parser.retry is None


@pytest.mark.parametrize(
    ("rest", "events"),
    [
        (b"", []),
        (b"data: b", [(b"b", "", None)]),
        (b"data: b\n", [(b"b", "", None)]),
        (b"data: b\r", [(b"b", "", None)]),
        (b"event: e\ndata: b\nda", [(b"b", "e", None)]),
        (b"event: e\n", []),
        (b": comment", []),
    ],
)
def test_end_gives_the_block_that_was_cut_off(rest: bytes, events: list[RawEvent]) -> None:
    """At the end of the body the unfinished block is available once."""
    parser = EventParser()
    assert parser.feed(b"data: a\n\n" + rest) == [(b"a", "", None)]
    assert parser.end() == events
    assert parser.end() == []


def test_end_of_a_body_that_is_half_a_bom() -> None:
    """A body that ends inside a BOM has no event."""
    parser = EventParser()
    assert parser.feed(b"\xef\xbb") == []
    assert parser.end() == []


def test_the_public_event_reads_the_raw_one() -> None:
    """A raw event becomes text; bytes that are not UTF-8 are replaced and a missing type is None."""
    assert SSEvents.from_raw((b"a\xffb", "", None)) == SSEvents(data="a\ufffdb", event=None, retry=None)
    assert SSEvents.from_raw((b"", "ping", 5)) == SSEvents(data="", event="ping", retry=5)


def test_the_public_event_is_a_value() -> None:
    """An event compares, hashes, pickles, and is immutable."""
    event = SSEvents("x", "e", 1)
    assert pickle.loads(pickle.dumps(event)) == event
    assert len({event, SSEvents("x", "e", 1)}) == 1
    with pytest.raises(AttributeError):
        event.data = "y"  # type: ignore[misc]


def test_json_reads_the_data() -> None:
    """The data is read as JSON, including lone surrogates and numbers out of range."""
    assert SSEvents('{"a": [1, null]}').json() == {"a": [1, None]}
    assert SSEvents(r'"\ud800"').json() == "\ud800"
    assert SSEvents("1e400").json() == float("inf")


@pytest.mark.parametrize("data", ["[DONE]", "", "{", "[" * 100_000, "\ud800"])
def test_json_of_other_data_is_a_clear_error(data: str) -> None:
    """Data that is not JSON is a DecodingError that quotes its beginning."""
    with pytest.raises(DecodingError, match="not JSON") as caught:
        SSEvents(data).json()
    assert data[:20] in str(caught.value) or not data.isprintable()
    assert len(str(caught.value)) < 400
