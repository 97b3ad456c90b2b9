"""The stored traffic: times, versions, and the bounds of its memory."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

import pytest

from inference_gateway_sdk.embedded.request_log import RequestLog, RequestRecord, json_line, note_target, with_record
from inference_gateway_sdk.inspector.traffic import ObservedRecord, RecordedTraffic, Traffic

if TYPE_CHECKING:
    from types import FrameType

    from starlette.types import Message, Receive, Scope, Send

SCOPE: Any = {"headers": [(b"X-A", b"1")], "query_string": b"a=b"}


class Clock:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def begun(traffic: Traffic) -> RecordedTraffic:
    """Return a new request in the traffic."""
    return traffic.begin(RequestRecord("POST", "/v1/chat/completions"), SCOPE)


def test_times_are_relative_to_the_start() -> None:
    """The head, the first piece and the end have the seconds since the request arrived."""
    clock = Clock()
    traffic = Traffic(clock, lambda: 5.0)
    entry = begun(traffic)
    for now, step in (
        (100.5, lambda: traffic.add_head(entry, [(b"Content-Type", b"text/plain")])),
        (101.0, lambda: traffic.add_piece(entry, b"one")),
        (102.0, lambda: traffic.add_piece(entry, b"two")),
        (103.0, lambda: traffic.end(entry)),
    ):
        clock.now = now
        step()
    assert (entry.started, entry.head, entry.first, entry.ended) == (5.0, 0.5, 1.0, 3.0)
    assert entry.timed_pieces() == [(1.0, b"one"), (2.0, b"two")]
    assert (entry.count, entry.size, entry.answer_headers) == (2, 6, (("content-type", "text/plain"),))
    assert (entry.headers, entry.query) == ((("x-a", "1"),), "a=b")


def test_only_requests_that_changed_are_returned() -> None:
    """A reader that names a version gets what changed after it, and what is open."""
    traffic = Traffic()
    one, two = begun(traffic), begun(traffic)
    seen = traffic.version
    assert traffic.changed(0) == [one, two]
    traffic.end(one)
    assert [entry.version > seen for entry in traffic.changed(seen)] == [True, False]
    traffic.end(two)
    assert traffic.changed(traffic.version) == []


def test_further_pieces_change_only_the_counters() -> None:
    """The first piece changes the summary; further ones change no version, until the end."""
    traffic = Traffic()
    entry = begun(traffic)
    seen = traffic.version
    traffic.add_piece(entry, b"x")
    assert entry.version == traffic.version > seen
    seen = traffic.version
    traffic.add_piece(entry, b"yz")
    assert (entry.version, traffic.version, entry.count, entry.size) == (seen, seen, 2, 3)
    traffic.end(entry)
    assert entry.version == traffic.version > seen


def test_the_number_of_requests_is_bounded() -> None:
    """The oldest request leaves the list, and later pieces of it hold no memory."""
    traffic = Traffic()
    first = begun(traffic)
    traffic.add_request(first, b"body")
    for _ in range(1000):
        begun(traffic)
    assert traffic.oldest == 2
    assert traffic.find(1) is None
    traffic.add_piece(first, b"late")
    assert (first.answer, first.request, first.count) == (b"", bytearray(), 1)


def test_a_body_is_stored_up_to_its_bound() -> None:
    """Of long bodies the first part is kept; all bytes and pieces are counted."""
    traffic, size = Traffic(), 600 * 1024
    entry = begun(traffic)
    traffic.add_request(entry, b"q" * size)
    traffic.add_request(entry, b"q")
    traffic.add_piece(entry, b"a" * size)
    traffic.add_piece(entry, b"a")
    assert (len(entry.request), entry.request_size) == (256 * 1024, size + 1)
    assert 511 * 1024 < len(entry.answer) == entry.ends[-1] <= 512 * 1024
    assert (entry.size, entry.count) == (size + 1, 2)


def test_the_number_of_stored_pieces_is_bounded() -> None:
    """Further pieces are only counted."""
    traffic = Traffic()
    entry = begun(traffic)
    for _ in range(6000):
        traffic.add_piece(entry, b"x")
    assert len(entry.answer) < 5500
    assert (entry.count, entry.size, len(entry.times)) == (6000, 6000, len(entry.answer))


def test_the_oldest_bodies_make_room() -> None:
    """All bodies together stay within the bound; requests without a body are still listed."""
    traffic = Traffic(most_held=1000)
    entries = [begun(traffic) for _ in range(5)]
    for entry in entries:
        traffic.add_request(entry, b"x" * 400)
    assert [entry.forgotten for entry in entries] == [True, True, True, False, False]
    assert [len(entry.request) for entry in entries] == [0, 0, 0, 400, 400]
    assert len(traffic.changed(0)) == 5


def test_counters_outlast_the_bodies() -> None:
    """Pieces that were dropped to make room, and those that come later, are still counted."""
    traffic = Traffic(most_held=40_000)
    entries = [begun(traffic) for _ in range(3)]
    for entry in entries:
        traffic.add_piece(entry, b"x" * 100)
    assert [entry.forgotten for entry in entries] == [True, False, False]
    traffic.add_piece(entries[0], b"late")
    assert (entries[0].count, entries[0].size, entries[0].answer, len(entries[0].times)) == (2, 104, b"", 0)


def test_an_ended_answer_holds_only_its_pieces() -> None:
    """Room that was reserved for further pieces is free for other requests."""
    traffic = Traffic(most_held=40_000)
    entries = [begun(traffic) for _ in range(3)]
    for entry in entries:
        traffic.add_piece(entry, b"x" * 100)
        traffic.end(entry)
    assert [(entry.forgotten, entry.held) for entry in entries] == [(False, 200)] * 3


ANSWERS = {
    "chat": [b'data: {"a":1}\n\n', b'data: {"usage":{"prompt_tokens":3,', b'"completion_tokens":4}}\n\n', b""],
    "messages": [b'{"usage":{"input_tokens":3,"output_tokens":1}}', b"x", b'{"usage":{"output_tokens":4}}'],
    "no usage": [b"one", b"two"],
    "large": [b"y" * 20_000] * 3,
}


@pytest.mark.parametrize("pieces", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "cut off"])
def test_a_watched_record_is_that_of_the_request_log(pieces: list[bytes], whole: bool) -> None:
    """With the page or without, the log has the same status, tokens and end, and the client the same messages."""
    sent: list[Message] = []
    messages: list[Message] = [{"type": "http.response.start", "status": 201, "headers": [(b"X", b"y")]}]
    messages += [{"type": "http.response.body", "body": piece, "more_body": True} for piece in pieces]
    messages += [{"type": "http.response.body"}] * whole

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        note_target(scope, "openai", "m")
        for message in messages:
            await send(message)

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError("not asked")

    records: list[RequestRecord] = []
    log = RequestLog(answer, records.append, clock=lambda: 0.0)
    traffic = Traffic()
    scope: Any = {**SCOPE, "type": "http", "method": "POST", "path": "/v1/messages"}
    asyncio.run(log(scope, receive, send))
    watched = ObservedRecord(traffic, scope)
    asyncio.run(log(with_record(scope, watched), receive, send))
    plain, other = records
    assert other is watched
    assert sent == messages * 2
    assert json_line(plain) == json_line(watched)
    assert plain.usage == watched.usage
    filled = [piece for piece in pieces if piece]
    assert ([data for _, data in watched.entry.timed_pieces()], watched.entry.count) == (filled, len(filled))
    assert watched.entry.size == len(b"".join(pieces))
    assert watched.entry.answer_headers == (("x", "y"),)


def calls(pieces: int, *, watched: bool) -> int:
    """Return the number of Python calls from the request log on, for an answer of that many pieces."""
    found = 0

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(pieces):
            await send({"type": "http.response.body", "body": b"data: {}\n", "more_body": True})

    async def send(message: Message) -> None:
        """Send nothing."""

    async def receive() -> Message:
        raise AssertionError("not asked")

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal found
        found += event == "call"

    scope: Any = {**SCOPE, "type": "http", "method": "POST", "path": "/"}
    if watched:
        scope = with_record(scope, ObservedRecord(Traffic(), scope))

    async def counted() -> None:
        request, before = RequestLog(answer, lambda _: None)(scope, receive, send), sys.getprofile()
        sys.setprofile(count)
        try:
            await request
        finally:
            sys.setprofile(before)

    asyncio.run(counted())
    return found


def test_a_piece_takes_no_more_calls_with_the_page() -> None:
    """Of 100 further pieces, each makes at most the calls of the request log alone."""
    plain, watched = (calls(150, watched=on) - calls(50, watched=on) for on in (False, True))
    assert 0 < watched <= plain
    assert plain == 300, "three calls a piece: the log's `send`, its look for tokens, and the server's `send`"


def test_clearing_empties_the_list() -> None:
    """A cleared request is not listed again, even if its stream goes on."""
    traffic = Traffic()
    entry = begun(traffic)
    traffic.clear()
    traffic.add_piece(entry, b"x")
    assert traffic.changed(0) == []
    assert (traffic.oldest, entry.answer) == (2, b"")


def test_no_body_is_in_a_repr() -> None:
    """A log or a traceback that shows an entry shows no body, query or header."""
    traffic = Traffic()
    entry = begun(traffic)
    traffic.add_request(entry, b"secret")
    assert repr(entry) == "<RecordedTraffic 1: POST /v1/chat/completions>"
