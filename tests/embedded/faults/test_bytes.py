"""What a fault puts on the socket: the first events as they are, and then the very bytes that its name says."""

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
MOMENT = 0.3  # of silence, which is taken for more of it


@pytest.fixture
def hear(speak: Any, plan: FaultPlan) -> Callable[..., Any]:
    """One request that meets a fault, and what comes back on its connection."""

    def ask(fault: str, body: object = STREAM, path: str = CHAT, **how: Any) -> Any:
        plan.clear()
        plan.add(fault)
        speaker = speak()
        speaker.say(path, body)
        return speaker.hear(**how)

    return ask


@pytest.fixture
def real(hear: Callable[..., Any]) -> Callable[..., Any]:
    """The answer to a request that meets nothing."""

    def ask(body: object = STREAM, path: str = CHAT) -> Any:
        return hear("answer", body, path)

    return ask


def test_a_status_is_all_there_is(hear: Callable[..., Any], real: Callable[..., Any]) -> None:
    """The status, the words it brings in the gateway's envelope, and the time to wait."""
    heard = hear("status; status=429; retry_after=2")
    assert heard.head.startswith("http/1.1 429 too many requests\r\n")
    assert "\r\nretry-after: 2" in heard.head
    assert (heard.body, heard.end) == (b'{"error":"Too Many Requests"}', "whole")


def test_a_status_on_messages_has_their_envelope(hear: Callable[..., Any]) -> None:
    """Each route says no in its own way."""
    heard = hear("status; status=529", {"model": "anthropic/any"}, "/v1/messages")
    assert json.loads(heard.body)["type"] == "error"


@pytest.mark.parametrize("status", [204, 304, 500])
def test_a_status_may_have_no_body(hear: Callable[..., Any], status: int) -> None:
    """By nature, or because it was asked for."""
    heard = hear(f'status; status={status}; body=""')
    assert f" {status} " in heard.head
    assert (heard.body, "content-type" in heard.head) == (b"", False)


def test_a_status_with_a_body_of_ones_own(hear: Callable[..., Any]) -> None:
    """Any answer can be given."""
    heard = hear('status; status=200; content_type=text/plain; body="caf\\u00e9; yes"')
    assert "content-type: text/plain" in heard.head
    assert heard.body == "caf\u00e9; yes".encode()


@pytest.mark.parametrize(("fault", "end"), [("reset-before-headers", "reset"), ("close-before-headers", "closed")])
@pytest.mark.parametrize("delay", ["", "; delay=0.1"])
def test_no_byte_of_an_answer(hear: Callable[..., Any], fault: str, end: str, delay: str) -> None:
    """The connection ends without one, as the name says."""
    heard = hear(fault + delay)
    assert (heard.data, heard.end) == (b"", end)


@pytest.mark.parametrize("body", [STREAM, ASKED], ids=["stream", "whole"])
def test_silence_before_the_answer(hear: Callable[..., Any], real: Callable[..., Any], body: object) -> None:
    """For ever, or for a time, and then the real answer."""
    assert hear("stall-before-headers", body, seconds=MOMENT).data == b""
    assert hear("stall-before-headers; seconds=0.1", body).body == real(body).body


def test_a_head_without_end(hear: Callable[..., Any]) -> None:
    """Header after header, each a whole line, and never the empty one."""
    heard = hear("trickle-headers; interval=0.01", until=b"X-Trickle: 1\r\n" * 5)
    assert heard.data.startswith(b"HTTP/1.1 200 OK\r\nX-Trickle: 1\r\n")
    assert b"\r\n\r\n" not in heard.data
    assert heard.end == "goes on"


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
    hear: Callable[..., Any], real: Callable[..., Any], fault: str, end: str, more: int, after: int
) -> None:
    """So many events come untouched, then the fault."""
    heard = hear(f"{fault}; after={after}", until=b"0" * 20, seconds=MOMENT if end == "silent" else 20)
    assert heard.end == end
    assert heard.head.startswith("http/1.1 200 ok")
    assert heard.events[:after] == real().events[:after]
    assert len(heard.events) == after + more


@pytest.mark.parametrize("fault", ["reset-mid-body", "close-mid-body"])
def test_a_short_stream_breaks_at_its_end(hear: Callable[..., Any], real: Callable[..., Any], fault: str) -> None:
    """With more events before the fault than there are, all of them come, but not the end of the body."""
    heard = hear(f"{fault}; after=1000")
    assert heard.events == real().events
    assert heard.end in ("reset", "closed")  # and not whole


def test_a_close_breaks_an_event_and_a_chunk(hear: Callable[..., Any], real: Callable[..., Any]) -> None:
    """The chunk of HTTP announces the whole event and brings the half of it."""
    heard = hear("close-mid-body; after=2")
    event = real().events[2] + b"\n\n"
    *_, size, half = heard.body.split(b"\r\n")
    assert (int(size, 16), half) == (len(event), event[: len(event) // 2])


def test_a_malformed_chunk_has_no_size(hear: Callable[..., Any], real: Callable[..., Any]) -> None:
    """Words stand where the number should."""
    heard = hear("malformed-chunk; after=2")
    assert heard.body.endswith(b"\r\none\r\n" + real().events[2] + b"\n\n")


@pytest.mark.parametrize("mid_event", ["false", "true"])
def test_a_truncated_stream_ends_in_good_order(
    hear: Callable[..., Any], real: Callable[..., Any], mid_event: str
) -> None:
    """The body's end is there, and perhaps the half of an event before it."""
    heard = hear(f"truncate; after=2; mid_event={mid_event}")
    first, second, third = (event + b"\n\n" for event in real().events[:3])
    assert heard.content == first + second + (third[: len(third) // 2] if mid_event == "true" else b"")
    assert heard.end == "whole"


def test_the_last_event_is_missing(hear: Callable[..., Any], real: Callable[..., Any]) -> None:
    """All the others are there."""
    events = real().events
    assert events[-1] == b"data: [DONE]"
    heard = hear("missing-done")
    assert (heard.events, heard.end) == (events[:-1], "whole")


@pytest.mark.parametrize(
    ("path", "asked", "first"),
    [
        ("/v1/messages", {"model": "anthropic/any", "max_tokens": 9, "messages": ASKED["messages"]}, b"event: error\n"),
        ("/v1/responses", {"model": "openai/any", "input": "one"}, b"event: error\n"),
        ("/v1/chat/completions", ASKED, b"data: {"),
    ],
)
def test_an_error_is_in_the_dialect_of_its_route(hear: Callable[..., Any], path: str, asked: Any, first: bytes) -> None:
    """Named where the dialect names its events, with the code and the message inside; whole, the same as a body."""
    heard = hear("error-event; after=1; code=529; message=too much", {**asked, "stream": True}, path)
    assert len(heard.events) == 2
    assert heard.events[1].startswith(first)
    assert b"too much" in heard.events[1]
    whole = hear("error-event; code=529; message=too much", asked, path)
    assert whole.head.startswith("http/1.1 200 ok")
    assert b"too much" in whole.body


def test_an_event_that_is_not_json(hear: Callable[..., Any], real: Callable[..., Any]) -> None:
    """It stands between the real ones."""
    events = real().events
    heard = hear("malformed-event; after=2; data={oops")
    assert heard.events == [*events[:2], b"data: {oops", *events[2:]]


def test_an_oversized_event_is_the_real_one_with_blanks(hear: Callable[..., Any], real: Callable[..., Any]) -> None:
    """As many as were asked for, where they change nothing."""
    plain = real(ASKED)
    padded = hear("oversized-event; size=3000000", ASKED)
    assert len(padded.content) == len(plain.body) + 3_000_000
    assert json.loads(padded.content) == json.loads(plain.body)
    assert [each.rstrip() for each in hear("oversized-event; size=9").events] == real().events


@pytest.mark.parametrize(("body", "piece"), [(STREAM, b": the gateway is alive\n\n"), (ASKED, b"\n")])
def test_comments_without_end(hear: Callable[..., Any], body: object, piece: bytes) -> None:
    """In a stream they are comments, before any other body blank lines; each is a chunk of HTTP."""
    framed = b"%x\r\n%s\r\n" % (len(piece), piece)
    assert hear("trickle-comments; after=1; interval=0.01", body, until=framed * 3).end == "goes on"


def test_comments_for_a_time(hear: Callable[..., Any], real: Callable[..., Any]) -> None:
    """Then the rest comes as it is."""
    heard = hear("trickle-comments; after=1; interval=0.01; seconds=0.05")
    assert heard.events.count(b": the gateway is alive") > 0
    assert [event for event in heard.events if not event.startswith(b":")] == real().events


def test_a_whole_body_breaks_in_its_middle(hear: Callable[..., Any], real: Callable[..., Any]) -> None:
    """Its length is announced, half of it comes; before its beginning with `after=0`."""
    body = real(ASKED).body
    heard = hear("close-mid-body; after=7", ASKED)
    assert f"content-length: {len(body)}" in heard.head
    assert heard.body[: len(body) // 2] == body[: len(body) // 2]
    assert len(body) // 2 <= len(heard.body) < len(body)
    assert hear("reset-mid-body; after=0", ASKED).body == b""


def test_another_content_type(hear: Callable[..., Any], real: Callable[..., Any]) -> None:
    """Only that is changed."""
    heard = hear("wrong-content-type; content_type=text/html")
    assert "content-type: text/html" in heard.head
    assert "text/event-stream" not in heard.head
    assert heard.events == real().events


@pytest.mark.parametrize(("reset", "end"), [("false", "closed"), ("true", "reset")])
def test_a_connection_ends_as_it_is_used_again(speak: Any, plan: FaultPlan, reset: str, end: str) -> None:
    """The first answer is whole and promises to go on; the second request gets not a byte."""
    plan.add(f"close-on-reuse; reset={reset}")
    speaker = speak()
    speaker.say(body=ASKED)
    first = speaker.hear()
    assert (first.end, "connection: close" in first.head) == ("whole", False)
    assert json.loads(first.body)["choices"]
    speaker.say(body=ASKED)
    second = speaker.hear()
    assert (second.data, second.end) == (b"", end)
