"""The bytes of each fault on the socket: the first events unchanged, and then the fault."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from inference_gateway_sdk.embedded.faults import FaultPlan

pytestmark = pytest.mark.wire

ASKED: dict[str, Any] = {"model": "openai/any", "messages": [{"role": "user", "content": "one two three"}]}
STREAM = {**ASKED, "stream": True}
CHAT = "/v1/chat/completions"
MOMENT = 0.3  # of silence, which counts as permanent


@pytest.fixture
def receive(speak: Any, plan: FaultPlan) -> Callable[..., Any]:
    """Return a function that sends a request to meet a fault, and returns the received data."""

    def ask(fault: str, body: object = STREAM, path: str = CHAT, **how: Any) -> Any:
        plan.clear()
        plan.add(fault)
        speaker = speak()
        speaker.send(path, body)
        return speaker.receive(**how)

    return ask


@pytest.fixture
def real(receive: Callable[..., Any]) -> Callable[..., Any]:
    """Return the answer to a request without a fault."""

    def ask(body: object = STREAM, path: str = CHAT) -> Any:
        return receive("answer", body, path)

    return ask


def test_a_status_is_all_there_is(receive: Callable[..., Any], real: Callable[..., Any]) -> None:
    """The response has the status, its message in the gateway's envelope, and the Retry-After."""
    received = receive("status; status=429; retry_after=2")
    assert received.head.startswith("http/1.1 429 too many requests\r\n")
    assert "\r\nretry-after: 2" in received.head
    assert (received.body, received.end) == (b'{"error":"Too Many Requests"}', "whole")


def test_a_status_on_messages_has_their_envelope(receive: Callable[..., Any]) -> None:
    """Each route has its own error envelope."""
    received = receive("status; status=529", {"model": "anthropic/any"}, "/v1/messages")
    assert json.loads(received.body)["type"] == "error"


@pytest.mark.parametrize("status", [204, 304, 500])
def test_a_status_may_have_no_body(receive: Callable[..., Any], status: int) -> None:
    """A response has no body by its status, or by the fault's parameter."""
    received = receive(f'status; status={status}; body=""')
    assert f" {status} " in received.head
    assert (received.body, "content-type" in received.head) == (b"", False)


def test_a_status_with_a_body_of_ones_own(receive: Callable[..., Any]) -> None:
    """A response may have any body."""
    received = receive('status; status=200; content_type=text/plain; body="caf\\u00e9; yes"')
    assert "content-type: text/plain" in received.head
    assert received.body == "caf\u00e9; yes".encode()


@pytest.mark.parametrize(("fault", "end"), [("reset-before-headers", "reset"), ("close-before-headers", "closed")])
@pytest.mark.parametrize("delay", ["", "; delay=0.1"])
def test_no_byte_of_an_answer(receive: Callable[..., Any], fault: str, end: str, delay: str) -> None:
    """The connection ends without a byte, as the name describes."""
    received = receive(fault + delay)
    assert (received.data, received.end) == (b"", end)


@pytest.mark.parametrize("body", [STREAM, ASKED], ids=["stream", "whole"])
def test_silence_before_the_answer(receive: Callable[..., Any], real: Callable[..., Any], body: object) -> None:
    """Silence before the response is permanent, or ends after a time with the real response."""
    assert receive("stall-before-headers", body, seconds=MOMENT).data == b""
    assert receive("stall-before-headers; seconds=0.1", body).body == real(body).body


def test_a_head_without_end(receive: Callable[..., Any]) -> None:
    """Header lines follow one another, each whole, and the empty line never comes."""
    received = receive("trickle-headers; interval=0.01", until=b"X-Trickle: 1\r\n" * 5)
    assert received.data.startswith(b"HTTP/1.1 200 OK\r\nX-Trickle: 1\r\n")
    assert b"\r\n\r\n" not in received.data
    assert received.end == "goes on"


@pytest.mark.parametrize("after", [0, 1, 3])
@pytest.mark.parametrize(
    ("fault", "end", "more"),
    [
        ("reset-mid-body", "reset", 0),
        ("stall-mid-body", "silent", 0),
        ("trickle-chunk-size; interval=0.01", "goes on", 0),
        ("truncate", "whole", 0),
        ("malformed-chunk", "closed", 0),
        ("close-mid-body", "closed", 0),
        ("error-event", "whole", 1),
    ],
)
def test_the_first_events_are_the_real_ones(
    receive: Callable[..., Any], real: Callable[..., Any], fault: str, end: str, more: int, after: int
) -> None:
    """The given number of events is unchanged, followed by the fault."""
    received = receive(f"{fault}; after={after}", until=b"0" * 20, seconds=MOMENT if end == "silent" else 20)
    assert received.end == end
    assert received.head.startswith("http/1.1 200 ok")
    assert received.events[:after] == real().events[:after]
    assert len(received.events) == after + more


@pytest.mark.parametrize("fault", ["reset-mid-body", "close-mid-body"])
def test_a_short_stream_breaks_at_its_end(receive: Callable[..., Any], real: Callable[..., Any], fault: str) -> None:
    """With more events before the fault than there are, all of them come, but not the end of the body."""
    received = receive(f"{fault}; after=1000")
    assert received.events == real().events
    assert received.end in ("reset", "closed")  # and not whole


def test_a_close_breaks_an_event_and_a_chunk(receive: Callable[..., Any], real: Callable[..., Any]) -> None:
    """The HTTP chunk announces the whole event and has half of it."""
    received = receive("close-mid-body; after=2")
    event = real().events[2] + b"\n\n"
    *_, size, half = received.body.split(b"\r\n")
    assert (int(size, 16), half) == (len(event), event[: len(event) // 2])


def test_a_malformed_chunk_has_no_size(receive: Callable[..., Any], real: Callable[..., Any]) -> None:
    """The chunk size is not a number."""
    received = receive("malformed-chunk; after=2")
    assert received.body.endswith(b"\r\none\r\n" + real().events[2] + b"\n\n")


@pytest.mark.parametrize("mid_event", ["false", "true"])
def test_a_truncated_stream_ends_in_good_order(
    receive: Callable[..., Any], real: Callable[..., Any], mid_event: str
) -> None:
    """The body ends in order, if requested with half an event before the end."""
    received = receive(f"truncate; after=2; mid_event={mid_event}")
    first, second, third = (event + b"\n\n" for event in real().events[:3])
    assert received.content == first + second + (third[: len(third) // 2] if mid_event == "true" else b"")
    assert received.end == "whole"


def test_the_last_event_is_missing(receive: Callable[..., Any], real: Callable[..., Any]) -> None:
    """All events but the last come."""
    events = real().events
    assert events[-1] == b"data: [DONE]"
    received = receive("missing-done")
    assert (received.events, received.end) == (events[:-1], "whole")


@pytest.mark.parametrize(
    ("path", "asked", "first"),
    [
        ("/v1/messages", {"model": "anthropic/any", "max_tokens": 9, "messages": ASKED["messages"]}, b"event: error\n"),
        ("/v1/responses", {"model": "openai/any", "input": "one"}, b"event: error\n"),
        ("/v1/chat/completions", ASKED, b"data: {"),
    ],
)
def test_an_error_is_in_the_dialect_of_its_route(
    receive: Callable[..., Any], path: str, asked: Any, first: bytes
) -> None:
    """An error event has the dialect's name, code and message; in a whole answer it is the body."""
    received = receive("error-event; after=1; code=529; message=too much", {**asked, "stream": True}, path)
    assert len(received.events) == 2
    assert received.events[1].startswith(first)
    assert b"too much" in received.events[1]
    whole = receive("error-event; code=529; message=too much", asked, path)
    assert whole.head.startswith("http/1.1 200 ok")
    assert b"too much" in whole.body


def test_an_event_that_is_not_json(receive: Callable[..., Any], real: Callable[..., Any]) -> None:
    """An event that is not JSON comes between the real ones."""
    events = real().events
    received = receive("malformed-event; after=2; data={oops")
    assert received.events == [*events[:2], b"data: {oops", *events[2:]]


def test_an_oversized_event_is_the_real_one_with_blanks(receive: Callable[..., Any], real: Callable[..., Any]) -> None:
    """An event is padded with as many blanks as requested, where they change nothing."""
    plain = real(ASKED)
    padded = receive("oversized-event; size=3000000", ASKED)
    assert len(padded.content) == len(plain.body) + 3_000_000
    assert json.loads(padded.content) == json.loads(plain.body)
    assert [each.rstrip() for each in receive("oversized-event; size=9").events] == real().events


@pytest.mark.parametrize(("body", "piece"), [(STREAM, b": the gateway is alive\n\n"), (ASKED, b"\n")])
def test_comments_without_end(receive: Callable[..., Any], body: object, piece: bytes) -> None:
    """In a stream they are comments, before any other body blank lines; each is an HTTP chunk."""
    framed = b"%x\r\n%s\r\n" % (len(piece), piece)
    assert receive("trickle-comments; after=1; interval=0.01", body, until=framed * 3).end == "goes on"


def test_comments_for_a_time(receive: Callable[..., Any], real: Callable[..., Any]) -> None:
    """After a time the rest of the stream follows unchanged."""
    received = receive("trickle-comments; after=1; interval=0.01; seconds=0.05")
    assert received.events.count(b": the gateway is alive") > 0
    assert [event for event in received.events if not event.startswith(b":")] == real().events


def test_a_whole_body_breaks_in_its_middle(receive: Callable[..., Any], real: Callable[..., Any]) -> None:
    """The body's length is announced and half of it comes; with `after=0` none of it."""
    body = real(ASKED).body
    received = receive("close-mid-body; after=7", ASKED)
    assert f"content-length: {len(body)}" in received.head
    assert received.body[: len(body) // 2] == body[: len(body) // 2]
    assert len(body) // 2 <= len(received.body) < len(body)
    assert receive("reset-mid-body; after=0", ASKED).body == b""


def test_another_content_type(receive: Callable[..., Any], real: Callable[..., Any]) -> None:
    """Only the content type is changed."""
    received = receive("wrong-content-type; content_type=text/html")
    assert "content-type: text/html" in received.head
    assert "text/event-stream" not in received.head
    assert received.events == real().events


@pytest.mark.parametrize(("reset", "end"), [("false", "closed"), ("true", "reset")])
def test_a_connection_ends_as_it_is_used_again(speak: Any, plan: FaultPlan, reset: str, end: str) -> None:
    """The first response is whole and keeps the connection; the second request gets no byte."""
    plan.add(f"close-on-reuse; reset={reset}")
    speaker = speak()
    speaker.send(body=ASKED)
    first = speaker.receive()
    assert (first.end, "connection: close" in first.head) == ("whole", False)
    assert json.loads(first.body)["choices"]
    speaker.send(body=ASKED)
    second = speaker.receive()
    assert (second.data, second.end) == (b"", end)
