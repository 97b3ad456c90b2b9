"""Assembled Messages streams: random messages in every way of streaming them, prefixes, cuts, and broken ends."""

from __future__ import annotations

import json
import sys
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_gateway_sdk import (
    DeserializationError,
    GatewayError,
    InternalError,
    MessagesResponse,
    MessagesToolUseBlock,
    OverloadedError,
    RateLimitError,
    ReasoningDelta,
    StreamError,
    StreamTruncatedError,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    UnknownMessagesResponseContentBlock,
    UsageReport,
)
from inference_gateway_sdk._streams.messages import MessagesDialect
from inference_gateway_sdk._wire.call import Target
from inference_gateway_sdk._wire.messages import messages_body
from streams.folding import fold
from streams.message_stories import ONE_AFTER_ANOTHER, WAYS, Story, stories
from streams.reading import fed, viewed, wire
from support.memory import held
from support.server import event

pytestmark = pytest.mark.once

START = {"type": "message_start", "message": {"id": "m1", "type": "message", "role": "assistant", "content": []}}
STOP = {"type": "message_stop"}


def read(data: bytes, cuts: list[int] | None = None, **options: Any) -> tuple[MessagesDialect, list[Any]]:
    """Feed the bytes, cut at these places, to a dialect. Return it with its events, all of them folded."""
    return fed(MessagesDialect(**options), data, cuts)


def whole(*events: dict[str, Any]) -> MessagesResponse:
    """Return the sum of these events, between a start and a stop."""
    dialect, _ = read(wire([START, *events, STOP]))
    assert dialect.failure is None
    return dialect.turns()[0]


def delta(index: int, **fields: Any) -> dict[str, Any]:
    """Return a piece of a block."""
    return {"type": "content_block_delta", "index": index, "delta": fields}


def begins(index: int, **block: Any) -> dict[str, Any]:
    """Return the beginning of a block."""
    return {"type": "content_block_start", "index": index, "content_block": block}


def without_nulls(value: Any) -> Any:
    """Return `value` without null fields, which carry no information."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def end_error(dialect: MessagesDialect) -> tuple[str, str]:
    """Return the dialect's error for the end of the stream, or None."""
    return type(dialect.failure).__name__, str(dialect.failure)


# Whole messages


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_streaming_a_message_adds_up_to_it(way: str) -> None:
    """Blocks of every kind, also unlisted ones, assemble to the original message in every way of streaming it."""

    @given(stories(ways=(way,)))
    def holds(story: Story) -> None:
        dialect, _ = read(wire(story.events))
        assert dialect.failure is None
        assert dialect.terminal
        assert without_nulls(dialect.turns()[0].to_dict()) == story.whole

    holds()


@given(stories())
def test_folding_does_not_touch_what_was_handed_over(story: Story) -> None:
    """Events that a reader keeps are unchanged after everything was assembled."""
    _, events = read(wire(story.events))
    assert [without_nulls(one.to_dict()) for one in events] == [without_nulls(sent) for sent in story.events]


@given(stories(), st.lists(st.integers(0, 3000), max_size=8))
def test_any_cut_of_the_bytes_gives_the_same(story: Story, cuts: list[int]) -> None:
    """The events, the message and the error at the end are the same wherever the network cuts the bytes."""
    data = wire(story.events)
    (once, events), (pieces, same) = read(data), read(data, cuts)
    assert events == same
    assert once.turns() == pieces.turns()
    assert end_error(once) == end_error(pieces)


@given(stories(ways=ONE_AFTER_ANOTHER))
def test_a_partial_is_the_fold_of_what_was_handed_over(story: Story) -> None:
    """After any prefix the partial message is the sum of that prefix, however often it was read."""
    looked_at = MessagesDialect()
    text = ""
    for place, sent in enumerate(story.events, 1):
        ((one, _),) = looked_at.feed(wire([sent]))
        assert one is not None
        looked_at.fold(one)
        text += looked_at.text(one) or ""
        fresh, _ = read(wire(story.events[:place]))
        partial = looked_at.turns(complete=False)
        assert partial == fresh.turns(complete=False)
        assert "".join(answer.text or "" for answer in partial) == text
        assert not any(answer.complete for answer in partial)
    assert looked_at.turns() == read(wire(story.events))[0].turns()


@given(stories(), st.data())
def test_a_message_without_its_stop_is_truncated(story: Story, data: st.DataObject) -> None:
    """After any prefix, an orderly end before `message_stop` is truncation."""
    kept = data.draw(st.integers(0, len(story.events) - 1))
    dialect, _ = read(wire(story.events[:kept]))
    assert type(dialect.failure) is StreamTruncatedError
    assert not dialect.terminal


@given(stories(ways=ONE_AFTER_ANOTHER))
def test_the_view_folded_is_the_assembled_message(story: Story) -> None:
    """The events that all dialects share add up to the result of `final`."""
    dialect, deltas = viewed(MessagesDialect(), wire(story.events))
    (turn,) = fold(deltas)
    answer, emitted = dialect.turns()[0], turn.choices[0]
    assert emitted.text == (answer.text or "")
    assert emitted.reasoning == "".join(block.thinking for block in answer.content if block.type == "thinking")
    calls = [block.to_dict() for block in answer.content if str(block.type).endswith("tool_use")]
    assert [(call_id, name, json.loads(written)) for call_id, name, written in emitted.calls] == [
        (call["id"], call["name"], call["input"]) for call in calls
    ]
    assert emitted.on_gateway == [call["type"] == "server_tool_use" for call in calls]
    assert turn.usage == answer.usage


@given(stories())
def test_an_assembled_message_goes_back_verbatim(story: Story) -> None:
    """A streamed message is sent back in the next request with every block unchanged."""
    answer = read(wire(story.events))[0].turns()[0]
    messages = ["Hi", answer, {"role": "user", "content": [*answer.content]}]
    sent = json.loads(messages_body(Target.resolve("anthropic/m"), messages, 5, {}, stream=False))
    assert sent["messages"] == [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": story.whole["content"]},
        {"role": "user", "content": story.whole["content"]},
    ]


# Single blocks


def test_malformed_input_is_kept_as_the_text_that_came() -> None:
    """Truncated input is not a dict; its text is readable, is sent back, and is in the parse error."""
    answer = whole(
        begins(0, type="tool_use", id="t1", name="f", input={}),
        delta(0, type="input_json_delta", partial_json='{"city": "Par'),
    )
    (call,) = answer.tool_calls
    assert call.input is None
    assert call.input_text == '{"city": "Par'
    assert call.to_dict()["input"] == '{"city": "Par'
    with pytest.raises(DeserializationError, match="input of f is not a JSON object") as caught:
        call.parse_input()
    assert caught.value.text == '{"city": "Par'


@pytest.mark.parametrize("text", ["[1]", "null", "3", '"x"'])
def test_input_that_is_json_but_no_object_is_text_too(text: str) -> None:
    """A tool's input is an object; any other JSON that the model wrote stays readable as text."""
    answer = whole(begins(0, type="tool_use", id="t1", name="f", input={}), delta(0, partial_json=text))
    assert answer.tool_calls[0].input_text == text


def test_input_that_comes_as_an_object_is_not_lost() -> None:
    """An input sent as an object in place of its text is assembled."""
    answer = whole(
        begins(0, type="tool_use", id="t1", name="f", input={}),
        delta(0, type="input_json_delta", partial_json={"a": [1]}),
    )
    assert answer.tool_calls[0].input == {"a": [1]}
    assert answer.tool_calls[0].input_text is None
    assert answer.tool_calls[0].parse_input() == {"a": [1]}


def test_input_reads_into_a_type_of_the_tools() -> None:
    """`parse_input` gives the input as the requested type, or an error that names the mismatch."""
    from dataclasses import dataclass

    @dataclass
    class Place:
        city: str

    call = MessagesToolUseBlock(id="t1", name="f", input={"city": "Paris"})
    assert call.parse_input(Place) == Place("Paris")
    call.input = {"city": 3}
    with pytest.raises(DeserializationError, match="input of f does not fit"):
        call.parse_input(Place)


def test_a_delta_whose_block_never_began_begins_one() -> None:
    """Pieces without a `content_block_start` are kept; their kind determines the block's."""
    answer = whole(
        delta(0, type="thinking_delta", thinking="Hm"),
        delta(1, type="text_delta", text="Hel"),
        delta(1, type="text_delta", text="lo"),
        delta(2, type="input_json_delta", partial_json='{"a":1}'),
        delta(3, type="novel_delta", body="b"),
    )
    assert [block.to_dict() for block in answer.content] == [
        {"type": "thinking", "thinking": "Hm"},
        {"type": "text", "text": "Hello"},
        {"type": "tool_use", "input": {"a": 1}},
        {"type": "novel", "body": "b"},
    ]
    assert isinstance(answer.content[3], UnknownMessagesResponseContentBlock)


def test_a_beginning_without_a_block_leaves_the_kind_to_the_deltas() -> None:
    """A `content_block_start` without a block begins none, and its index no longer refers to an earlier one."""
    nothing = {"type": "content_block_start", "index": 0, "content_block": None}
    answer = whole(delta(0, type="text_delta", text="one"), nothing, delta(0, type="text_delta", text="two"))
    assert [block.to_dict()["text"] for block in answer.content] == ["one", "two"]


def test_a_message_that_begins_with_content_keeps_it() -> None:
    """Blocks in `message_start` precede later ones, in the message, its text and the view."""
    start = {"type": "message_start", "message": {**START["message"], "content": [{"type": "text", "text": "A"}]}}
    rest = [begins(1, type="text", text="B"), delta(1, text="C"), STOP]
    dialect, events = read(wire([start, *rest]))
    assert dialect.turns()[0].text == "ABC"
    assert [dialect.text(one) for one in events] == ["A", "B", "C", None]
    _, deltas = viewed(MessagesDialect(), wire([start, *rest]))
    assert [one.text for one in deltas if isinstance(one, TextDelta)] == ["A", "B", "C"]


def test_usage_keeps_the_last_value_of_each_figure() -> None:
    """A usage figure keeps its last value; usage that was never sent is None, not zero."""
    start = {"type": "message_start", "message": {**START["message"], "usage": {"input_tokens": 9, "output_tokens": 1}}}
    later = [{"type": "message_delta", "delta": {}, "usage": {"output_tokens": tokens}} for tokens in (4, 7)]
    dialect, deltas = viewed(MessagesDialect(), wire([start, delta(0, text="x"), *later, STOP]))
    usage = dialect.turns()[0].usage
    assert (usage.input_tokens, usage.output_tokens) == (9, 7)
    reports = [one for one in deltas if isinstance(one, UsageReport)]
    assert [(one.input_tokens, one.output_tokens) for one in reports] == [(9, 1), (9, 4), (9, 7)]
    assert whole(delta(0, text="x")).usage is None


def test_the_view_of_a_call_that_was_cut_off_has_no_end() -> None:
    """A ToolCallEnd comes only when the block or the message has ended."""
    _, emitted = viewed(
        MessagesDialect(), wire([START, begins(0, type="tool_use", id="t", name="f", input={}), delta(0, text="x")])
    )
    assert [type(one) for one in emitted] == [ToolCallStart, TextDelta]
    assert not any(isinstance(one, (ToolCallEnd, ReasoningDelta)) for one in emitted)


@pytest.mark.parametrize("pieces", [255, 256, 257, 1000])
def test_every_piece_of_a_long_input_is_in_the_deltas(pieces: int) -> None:
    """The deltas of a tool call of any number of pieces join to its input."""
    events = [
        START,
        begins(0, type="tool_use", id="t", name="f", input={}),
        delta(0, type="input_json_delta", partial_json='"'),
        *[delta(0, type="input_json_delta", partial_json="x")] * pieces,
        delta(0, type="input_json_delta", partial_json='"'),
        {"type": "content_block_stop", "index": 0},
        STOP,
    ]
    for assemble in (True, False):
        _, deltas = viewed(MessagesDialect(assemble=assemble), wire(events))
        written = '"' + "x" * pieces + '"'
        assert "".join(one.arguments for one in deltas if isinstance(one, ToolCallDelta)) == written
        assert [one.arguments for one in deltas if isinstance(one, ToolCallEnd)] == [written]


def test_a_model_that_takes_over_is_the_model_of_the_answer() -> None:
    """A `fallback` block names the model that continues, as in a whole answer."""
    start = {"type": "message_start", "message": {**START["message"], "model": "first"}}
    fallback = {
        "type": "fallback",
        "from": {"model": "first"},
        "to": {"model": "second"},
        "trigger": {"type": "refusal"},
    }
    dialect, _ = read(wire([start, begins(0, **fallback), begins(1, type="text", text="Hi"), STOP]))
    (answer,) = dialect.turns()
    assert (answer.model, answer.text) == ("second", "Hi")
    assert answer.content[0].to_dict() == fallback


# What is content


@pytest.mark.parametrize(
    ("sent", "content"),
    [
        (START, False),
        ({"type": "ping"}, False),
        ({"type": "x_event"}, False),
        (begins(0, type="text", text=""), False),
        (begins(0, type="thinking", thinking="", signature=""), False),
        (begins(0, type="text", text="a"), True),
        (begins(0, type="tool_use", id="t", name="f", input={}), True),
        (begins(0, type="x_block", x=1), True),
        (delta(0, type="text_delta", text=""), False),
        (delta(0, type="text_delta", text="a"), True),
        (delta(0, type="input_json_delta", partial_json=""), False),
        (delta(0, type="thinking_delta", thinking="a"), True),
        (delta(0, type="citations_delta", citation={"a": 1}), True),
        ({"type": "content_block_stop", "index": 0}, False),
        ({"type": "message_delta", "delta": {}, "usage": {"output_tokens": 1}}, False),
        ({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, True),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else "",
)
def test_what_a_reader_waits_for(sent: dict[str, Any], content: bool) -> None:
    """Pieces and ends are content; pings, beginnings and empty pieces are not, so clocks and retries continue."""
    dialect = MessagesDialect()
    ((one, _),) = dialect.feed(wire([sent]))
    assert one is not None
    assert dialect.has_content(one) is content


# Ends


INNER = {"type": "overloaded_error", "message": "Overloaded"}


@pytest.mark.parametrize(
    ("frame", "kind", "message"),
    [
        ({"type": "error", "error": INNER}, OverloadedError, "Overloaded"),
        ({"type": "error", "error": {"type": "error", "error": INNER}}, OverloadedError, "Overloaded"),
        ({"type": "error", "error": {**INNER, "type": "rate_limit_error"}}, RateLimitError, "Overloaded"),
        ({"type": "error", "error": {**INNER, "type": "api_error"}}, InternalError, "Overloaded"),
        ({"type": "error", "error": {**INNER, "type": "x_error"}}, StreamError, "Overloaded"),
        ({"type": "error", "error": "out of order"}, StreamError, "out of order"),
        ({"error": {"message": "slow down", "code": 429}}, RateLimitError, "slow down"),
        ({"error": "broken"}, StreamError, "broken"),
        ({"object": "error", "message": "broken", "code": 500}, InternalError, "broken"),
        ({"type": "error"}, StreamError, "without a message"),
    ],
    ids=lambda value: json.dumps(value)[:70] if isinstance(value, dict) else "",
)
def test_an_error_inside_the_stream_raises_its_class(
    frame: dict[str, Any], kind: type[GatewayError], message: str
) -> None:
    """Both shapes of Anthropic's error, and those of other servers, end the stream as the class of their code."""
    dialect, events = read(wire([START]) + event(frame) + wire([delta(0, text="late"), STOP]), provider="anthropic")
    assert type(dialect.failure) is kind
    assert message in dialect.failure.message
    assert dialect.closed
    assert [str(one.type) for one in events] == ["message_start"]


def test_an_event_named_error_is_one_whatever_it_holds() -> None:
    """The event's own name marks an error whose JSON does not."""
    dialect, _ = read(wire([START]) + b'event: error\ndata: {"message": "gone"}\n\n')
    assert type(dialect.failure) is StreamError
    assert dialect.failure.message == "gone"


def test_a_type_that_only_the_event_line_names_counts() -> None:
    """Events whose data leave out their type have the name of the event as type."""
    sent = [START, delta(0, type="text_delta", text="Hi"), STOP]
    untyped = [(one["type"], {name: value for name, value in one.items() if name != "type"}) for one in sent]
    dialect, events = read(b"".join(b"event: %s\n%s" % (kind.encode(), event(data)) for kind, data in untyped))
    assert dialect.failure is None
    assert dialect.turns()[0].text == "Hi"
    assert [str(one.type) for one in events] == [one["type"] for one in sent]


@pytest.mark.parametrize("error", [None, {}])
def test_an_error_field_that_holds_nothing_is_none(error: Any) -> None:
    """An empty `error` beside every event breaks nothing."""
    assert whole({**delta(0, text="a"), "error": error}).text == "a"


def test_a_frame_that_is_no_json_ends_the_stream() -> None:
    """Unreadable data raises an error that quotes it and has the partial message."""
    dialect, _ = read(wire([START, delta(0, text="Hel")]) + b"data: oops\n\n" + wire([STOP]))
    assert type(dialect.failure) is StreamError
    assert "oops" in dialect.failure.message
    assert dialect.turns(complete=False)[0].text == "Hel"


@pytest.mark.parametrize(
    ("data", "phrase"),
    [
        (wire([STOP]), "the stream sent message_stop before the answer was whole: no message had begun"),
        (wire([START]) + b"data: [DONE]\n\n", "the stream sent [DONE]"),
        (wire([START, delta(0, text="a"), {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}]), "did not"),
        (wire([START, delta(0, text="a")]) + b'data: {"type": "message_st', "message_stop did not come"),
        (b"", "nothing in it"),
        (b": ping\n\n", "only comments"),
    ],
)
def test_an_end_without_its_marker_is_truncation(data: bytes, phrase: str) -> None:
    """Only the `message_stop` of a message that had begun proves an answer whole."""
    dialect, _ = read(data)
    assert type(dialect.failure) is StreamTruncatedError
    assert phrase in dialect.failure.message


def test_another_message_in_the_midst_of_one_ends_the_stream() -> None:
    """Two messages spliced into one stream are truncation: the first is cut off, and its call has no end."""
    other = {"type": "message_start", "message": {**START["message"], "id": "m2"}}
    call = [begins(0, type="tool_use", id="t1", name="f", input={}), delta(0, partial_json='{"v":"Spark')]
    second = [begins(0, type="text", text="Hi"), {"type": "content_block_stop", "index": 0}, STOP]
    dialect, deltas = viewed(MessagesDialect(), wire([START, *call, other, *second]))
    assert type(dialect.failure) is StreamTruncatedError
    assert "another message began before the answer was whole" in dialect.failure.message
    assert not dialect.terminal
    (partial,) = dialect.turns(complete=False)
    assert (partial.id, len(partial.content), partial.complete) == ("m1", 1, False)
    assert [type(one) for one in deltas] == [ToolCallStart, ToolCallDelta]


def test_a_beginning_that_comes_again_is_the_same_message() -> None:
    """A repeated `message_start` under the same id, or without one, breaks nothing."""
    bare = {"type": "message_start", "message": {"content": []}}
    dialect, _ = read(wire([START, delta(0, text="a"), START, bare, delta(0, text="b"), STOP]))
    assert dialect.failure is None
    assert dialect.turns()[0].text == "ab"


def test_the_last_event_needs_no_blank_line() -> None:
    """A `message_stop` in an unterminated last line counts (gateway-behaviour.md#messages)."""
    dialect, _ = read(wire([START, delta(0, text="a"), STOP]).rstrip(b"\n"))
    assert dialect.failure is None
    assert dialect.terminal


def test_nothing_is_read_after_the_marker() -> None:
    """Data after `message_stop` is not part of the answer."""
    dialect, events = read(wire([START, delta(0, text="a"), STOP, delta(0, text="b")]) + b"data: [DONE]\n\n")
    assert dialect.failure is None
    assert dialect.closed
    assert not dialect.may_continue
    assert str(events[-1].type) == "message_stop"
    assert dialect.turns()[0].text == "a"


def test_a_whole_answer_in_the_place_of_a_stream_is_not_lost() -> None:
    """A plain JSON answer is an error whose partial has the answer; a truncated one has none."""
    body = b'{"type": "message", "id": "m1", "content": [{"type": "text", "text": "Hello"}]}'
    dialect, _ = read(body)
    assert type(dialect.failure) is StreamError
    assert "plain JSON" in dialect.failure.message
    assert dialect.turns(complete=False)[0].text == "Hello"
    assert read(body[:-2])[0].turns() == []


def test_a_plain_error_in_the_place_of_a_stream_raises_it() -> None:
    """A plain JSON error under status 200 has its own class."""
    dialect, _ = read(json.dumps({"type": "error", "error": INNER}).encode())
    assert type(dialect.failure) is OverloadedError


def test_an_event_over_the_bound_ends_the_stream() -> None:
    """An event larger than the bound is an error and is not buffered."""
    dialect, _ = read(wire([START, delta(0, text="x" * 500), STOP]), max_event=400)
    assert type(dialect.failure) is StreamError


# Costs


ROOMS = ("_streams", "_wire", "_model")  # counts only this thread: other tests' threads allocate too


def test_without_assembly_nothing_is_kept() -> None:
    """With `assemble=False` memory does not grow with the stream."""
    dialect = MessagesDialect(assemble=False)
    piece = wire([delta(0, type="text_delta", text="x" * 100)])

    def grown(times: int) -> int:
        """Return the bytes that stay after feeding the piece that often."""
        tracemalloc.start()
        try:
            for _ in range(times):
                for one, _ in dialect.feed(piece):
                    assert one is not None
                    dialect.fold(one)
                    dialect.deltas(one)
            return held(*ROOMS)
        finally:
            tracemalloc.stop()

    grown(50)  # for everything that is made once
    few, many = grown(500), grown(5000)
    assert dialect.turns() == []
    assert many - few < 10_000


def test_assembling_is_linear() -> None:
    """Twice the pieces are twice the work, counted in calls."""

    def calls(pieces: int) -> int:
        dialect = MessagesDialect()
        events = [one for one, _ in dialect.feed(wire([START, *[delta(0, text="x")] * pieces]))]
        count = 0

        def tick(*_: object) -> None:
            nonlocal count
            count += 1

        sys.setprofile(tick)
        try:
            for one in events:
                assert one is not None
                dialect.fold(one)
            assert dialect.turns()[0].text == "x" * pieces
        finally:
            sys.setprofile(None)
        return count

    assert calls(400) < 2.5 * calls(200)
