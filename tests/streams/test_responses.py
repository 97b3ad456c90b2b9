"""Assembled Responses streams: random responses in every way of streaming them, prefixes, cuts, and broken ends."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_gateway_sdk import (
    BadRequestError,
    DecodingError,
    Finish,
    GatewayError,
    InternalError,
    RateLimitError,
    ReasoningDelta,
    RefusalDelta,
    Response,
    ResponseFunctionToolCall,
    StreamError,
    StreamTruncatedError,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    UnknownResponseOutputItem,
    UsageReport,
)
from inference_gateway_sdk._streams.responses import ResponsesDialect
from streams.folding import fold
from streams.reading import fed, viewed, wire
from streams.response_stories import WAYS, Story, stories
from support.server import DONE, event

CREATED = {"type": "response.created", "response": {"id": "r1", "status": "in_progress", "output": []}}
COMPLETED = {"type": "response.completed"}
FEWER = settings(max_examples=settings.default.max_examples * 2 // 5)


def read(data: bytes, cuts: list[int] | None = None, **options: Any) -> tuple[ResponsesDialect, list[Any]]:
    """Feed the bytes, cut at these places, to a dialect. Return it with its events, all of them folded."""
    return fed(ResponsesDialect(**options), data, cuts)


def whole(*events: dict[str, Any]) -> Response:
    """Return the sum of these events, between a start and an end without a response of its own."""
    dialect, _ = read(wire([CREATED, *events, COMPLETED]))
    assert dialect.failure is None
    return dialect.turns()[0]


def deltas_of(data: bytes) -> list[Any]:
    """Return the deltas of a stream."""
    return viewed(ResponsesDialect(), data)[1]


def delta(text: str, **at: Any) -> dict[str, Any]:
    """Return a piece of text."""
    return {"type": "response.output_text.delta", "delta": text, **at}


# Whole responses


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_streaming_a_response_adds_up_to_it(way: str) -> None:
    """Items of every kind, also unlisted ones, assemble to the original response."""

    @FEWER
    @given(stories(ways=(way,)))
    def holds(story: Story) -> None:
        dialect, _ = read(wire(story.events))
        assert dialect.failure is None
        assert dialect.terminal
        assert dialect.turns()[0].to_dict() == story.whole

    holds()


@pytest.mark.parametrize("way", [way for way in WAYS if way not in ("only the last event", "only deltas")])
def test_items_before_a_cut_are_unchanged(way: str) -> None:
    """Without its last event a stream still has each item unchanged."""

    @FEWER
    @given(stories(ways=(way,)))
    def holds(story: Story) -> None:
        dialect, _ = read(wire(story.events[:-1]))
        assert isinstance(dialect.failure, StreamTruncatedError)
        (partial,) = dialect.turns(complete=False)
        assert (partial.complete, partial.status) == (False, "in_progress")
        output = partial.to_dict()["output"]
        if way == "nothing done":  # which alone marks it
            output = [{**item, "status": "completed"} if "status" in item else item for item in output]
        assert output == story.whole["output"]

    holds()


@FEWER
@given(stories())
def test_folding_does_not_touch_what_was_handed_over(story: Story) -> None:
    """Events that a reader keeps are unchanged after everything was assembled."""
    dialect, events = read(wire(story.events))
    dialect.turns(complete=False)
    assert [one.to_dict() for one in events] == story.events


@FEWER
@given(stories())
def test_a_partial_is_the_fold_of_what_was_handed_over(story: Story) -> None:
    """After any prefix the partial response is the sum of that prefix, however often it was read."""
    looked_at = ResponsesDialect()
    for place, sent in enumerate(story.events, 1):
        ((one, _),) = looked_at.feed(event(sent))
        looked_at.fold(one)
        fresh, _ = read(b"".join(map(event, story.events[:place])))
        assert looked_at.turns(complete=False) == fresh.turns(complete=False)


@FEWER
@given(stories(), st.lists(st.integers(0, 3000), max_size=12))
def test_the_cuts_of_the_bytes_do_not_matter(story: Story, cuts: list[int]) -> None:
    """The events and the response are the same wherever the network cuts the bytes."""
    dialect, events = read(wire(story.events))
    cut, cut_events = read(wire(story.events), cuts)
    assert cut_events == events
    assert cut.turns() == dialect.turns()
    assert cut.failure is None


NAMES = ["type", "delta", "item", "part", "response", "output_index", "item_id", "error", "annotation", "text"]
KINDS = ["response.output_text.delta", "response.output_item.added", "response.content_part.done", "response.failed"]
KINDS += ["response.completed", "response.function_call_arguments.delta", "response.reasoning_summary_part.added"]
VALUES = st.one_of(
    st.none(),
    st.integers(-1, 2),
    st.sampled_from(["", "x", "error", *KINDS]),
    st.sampled_from([[], {"id": "r"}, {"type": "message", "content": None}, {"type": "function_call"}]),
)
ODD_EVENTS = st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES), max_size=4)


@given(st.binary(max_size=80) | ODD_EVENTS.map(lambda events: b"".join(map(event, events))))
def test_nothing_that_comes_breaks_the_reader(data: bytes) -> None:
    """Any bytes and any events end in a response or in an error of the package."""
    dialect, _ = viewed(ResponsesDialect(), data)
    for one in read(data)[1]:
        dialect.has_content(one)
        dialect.text(one)
    dialect.turns(complete=False)
    assert dialect.closed
    assert dialect.terminal or isinstance(dialect.failure, GatewayError)


# The unified view


@pytest.mark.parametrize("way", WAYS)
def test_the_view_folded_is_the_assembled_response(way: str) -> None:
    """Every text is emitted once, in whichever of its forms it came, and every function call with its end."""

    @FEWER
    @given(stories(ways=(way,)))
    def holds(story: Story) -> None:
        deltas = deltas_of(wire(story.events))
        (turn,) = fold(deltas)
        answer = Response.from_dict(story.whole)
        seen = turn.choices[0]
        parts = [part for item in story.whole["output"] for part in item.get("content", ())]
        calls = [(call.call_id, call.name, call.arguments) for call in answer.tool_calls]
        assert sorted(seen.text) == sorted(answer.output_text or "")
        assert sorted(seen.refusal) == sorted("".join(part.get("refusal", "") for part in parts))
        summaries = [part["text"] for item in story.whole["output"] for part in item.get("summary", ())]
        assert sorted(seen.reasoning) == sorted("".join(summaries))
        if way != "items interleaved":
            assert seen.text == (answer.output_text or "")
            assert seen.reasoning == "".join(summaries)
            assert seen.calls == calls
        assert sorted(seen.calls) == sorted(calls)
        assert seen.finish == ("tool_calls" if calls else "stop")
        assert turn.usage == answer.usage

    holds()


def test_one_response_in_full() -> None:
    """Thinking, a function call, text, a refusal, usage and the finish come as events of their kinds, in order."""
    call = {
        "type": "function_call",
        "id": "f",
        "call_id": "c9",
        "name": "now",
        "arguments": "",
        "status": "in_progress",
    }
    usage = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
    deltas = deltas_of(
        wire(
            [
                CREATED,
                {"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 0, "delta": "hm"},
                {"type": "response.reasoning_text.delta", "output_index": 0, "content_index": 0, "delta": "raw"},
                {"type": "response.output_item.added", "output_index": 1, "item": call},
                {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": '{"a":'},
                {"type": "response.function_call_arguments.done", "output_index": 1, "arguments": '{"a":1}'},
                {
                    "type": "response.output_item.done",
                    "output_index": 1,
                    "item": {**call, "arguments": '{"a":1}', "status": "completed"},
                },
                delta("Hi", output_index=2, content_index=0),
                {"type": "response.refusal.delta", "output_index": 2, "content_index": 1, "delta": "no"},
                {"type": "response.completed", "response": {"id": "r1", "status": "completed", "usage": usage}},
            ]
        )
    )
    report = deltas.pop(-2)
    assert isinstance(report, UsageReport)
    assert (report.input_tokens, report.output_tokens, report.usage.total_tokens) == (1, 2, 3)
    assert deltas == [
        ReasoningDelta("hm"),
        ReasoningDelta("raw"),
        ToolCallStart(0, "c9", "now"),
        ToolCallDelta(0, '{"a":'),
        ToolCallDelta(0, "1}"),
        ToolCallEnd(0, "c9", "now", '{"a":1}'),
        TextDelta("Hi"),
        RefusalDelta("no"),
        Finish("tool_calls", native="completed"),
    ]


def test_a_call_that_the_limit_cut_has_no_end() -> None:
    """An incomplete response ends with the reason, and a truncated function call has no end event."""
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": '{"a', "status": "incomplete"}
    last = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": [call]}
    deltas = deltas_of(wire([CREATED, {"type": "response.incomplete", "response": last}]))
    assert deltas == [
        ToolCallStart(0, "c", "f"),
        ToolCallDelta(0, '{"a'),
        Finish("length", native="max_output_tokens"),
    ]


def test_indexes_with_a_gap_do_not_repeat_a_text() -> None:
    """A text is emitted once when the stream numbers items differently from the whole response."""
    item = {"type": "message", "id": "other", "content": [{"type": "output_text", "text": "Hi"}]}
    last = {"type": "response.completed", "response": {"output": [item]}}
    deltas = deltas_of(wire([CREATED, delta("Hi", output_index=3, content_index=0, item_id="m"), last]))
    assert deltas == [TextDelta("Hi"), Finish("stop", native="completed")]


def counted_from_1(*, item_done: bool, output: bool) -> bytes:
    """Return a stream whose only part has the content_index 1, as Bedrock sends gpt-oss."""
    at = {"output_index": 0, "content_index": 1, "item_id": "m"}
    item = {"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": "Hi."}]}
    return wire(
        [
            CREATED,
            {"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}},
            {"type": "response.content_part.added", **at, "part": {"type": "output_text", "text": ""}},
            delta("Hi", **at),
            delta(".", **at),
            {"type": "response.output_text.done", **at, "text": "Hi."},
            {"type": "response.content_part.done", **at, "part": {"type": "output_text", "text": "Hi."}},
            *([{"type": "response.output_item.done", "output_index": 0, "item": item}] if item_done else []),
            {"type": "response.completed", "response": {"status": "completed", "output": [item] if output else []}},
        ]
    )


@pytest.mark.parametrize("item_done", [True, False])
@pytest.mark.parametrize("output", [True, False])
def test_a_content_index_that_counts_from_1_does_not_double_the_text(item_done: bool, output: bool) -> None:
    """Parts of whole items match those of the deltas, from whichever index a server counts."""
    dialect, deltas = viewed(ResponsesDialect(), counted_from_1(item_done=item_done, output=output))
    assert deltas == [TextDelta("Hi"), TextDelta("."), Finish("stop", native="completed")]
    assert dialect.turns()[0].output_text == dialect.state.text == "Hi."


def test_a_part_of_a_whole_item_that_had_no_deltas_is_added() -> None:
    """A part that comes only whole takes its position, and the deltas give it once."""
    parts = [{"type": "output_text", "text": text} for text in ("A", "B", "C")]
    item = {"type": "message", "content": parts}
    data = wire(
        [
            CREATED,
            delta("B", output_index=0, content_index=1),
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            COMPLETED,
        ]
    )
    dialect, deltas = viewed(ResponsesDialect(), data)
    assert sorted(one.text for one in deltas if isinstance(one, TextDelta)) == ["A", "B", "C"]
    assert dialect.turns()[0].output_text == "ABC"


def test_items_of_the_last_snapshot_are_found_by_their_type() -> None:
    """Streamed text is not repeated when the snapshot has an extra item and no ids."""
    thought = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}
    item = {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}
    last = {"type": "response.completed", "response": {"status": "completed", "output": [thought, item]}}
    deltas = deltas_of(wire([CREATED, delta("Hi", output_index=0, content_index=0), last]))
    assert deltas == [TextDelta("Hi"), ReasoningDelta("hm"), Finish("stop", native="completed")]


@pytest.mark.parametrize("assemble", [True, False])
def test_the_deltas_need_no_assembly(assemble: bool) -> None:
    """With `assemble=False` the deltas are the same, and no text is kept."""
    data = wire(
        [
            CREATED,
            {"type": "response.output_item.added", "output_index": 0, "item": {"type": "message", "content": []}},
            *[delta("x", output_index=0, content_index=0)] * 300,
            {"type": "response.output_item.added", "output_index": 1, "item": {"type": "function_call", "name": "f"}},
            *[{"type": "response.function_call_arguments.delta", "output_index": 1, "delta": "1"}] * 300,
            {"type": "response.output_text.done", "output_index": 0, "content_index": 0, "text": "x" * 300 + "!"},
            COMPLETED,
        ]
    )
    dialect, deltas = viewed(ResponsesDialect(assemble=assemble), data)
    assert "".join(one.text for one in deltas if isinstance(one, TextDelta)) == "x" * 300 + "!"
    assert [one.arguments for one in deltas if isinstance(one, ToolCallEnd)] == ["1" * 300]
    assert dialect.state.text == ("x" * 300 + "!" if assemble else "")
    assert [call.arguments for call in dialect.state.tool_calls] == (["1" * 300] if assemble else [""])


# Ends


def test_an_incomplete_response_is_a_whole_answer() -> None:
    """`response.incomplete` ends a stream in order: the status has the reason."""
    last = {"type": "response.incomplete", "response": {"status": "incomplete", "output": []}}
    dialect, _ = read(wire([CREATED, delta("Hi"), last]))
    (answer,) = dialect.turns()
    assert dialect.failure is None
    assert (answer.status, answer.complete, answer.output_text) == ("incomplete", True, "Hi")


def test_an_end_without_a_response_is_an_end() -> None:
    """Without a final snapshot the answer is the sum of the pieces, with the event's status."""
    answer = whole(delta("Hi", output_index=0, content_index=0, item_id="m1"))
    assert (answer.id, answer.status, answer.output_text, answer.output[0].id) == ("r1", "completed", "Hi", "m1")


FAILURES: list[tuple[dict[str, Any], type[GatewayError], str]] = [
    ({"type": "response.failed", "response": {"status": "failed", "error": {"code": "rate_limit_exceeded",
      "message": "slow down"}}}, RateLimitError, "slow down"),
    ({"type": "response.failed", "response": {"status": "failed", "error": {"code": "server_error",
      "message": "oops"}}}, InternalError, "oops"),
    ({"type": "response.failed", "response": {"status": "failed", "error": {"code": "x_novel", "message": "odd"}}},
     StreamError, "odd"),
    ({"type": "response.failed"}, StreamError, "without a message"),
    ({"type": "error", "code": "rate_limit_exceeded", "message": "slow down", "param": None}, RateLimitError, "slow"),
    ({"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}, BadRequestError, "no"),
    ({"error": {"type": "server_error", "message": "oops"}}, InternalError, "oops"),
    ({"error": "gone"}, StreamError, "gone"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "kind", "phrase"), FAILURES, ids=[str(row[0])[:60] for row in FAILURES])
def test_each_form_of_an_error_is_raised(sent: dict[str, Any], kind: type[GatewayError], phrase: str) -> None:
    """A failed response, an `error` event in both shapes and a bare error object become the class of their code."""
    dialect, events = read(wire([CREATED, delta("Hel")]) + event(sent) + wire([delta("lo"), COMPLETED]))
    assert type(dialect.failure) is kind
    assert phrase in str(dialect.failure)
    (partial,) = dialect.turns(complete=False)
    failed = sent.get("type") == "response.failed"
    assert (partial.output_text, partial.status) == ("Hel", "failed" if failed else "in_progress")
    assert not partial.complete
    assert [one.type for one in events][2:] == (["response.failed"] if failed else [])


def test_an_error_named_by_its_event_line() -> None:
    """`event: error` marks an error whose data have no type."""
    dialect, _ = read(b'event: error\ndata: {"message": "busy", "code": "server_error"}\n\n')
    assert isinstance(dialect.failure, InternalError)


def test_a_type_that_only_the_event_line_has_counts() -> None:
    """Data without a type have the event's name as type."""
    data = b'event: response.output_text.delta\ndata: {"delta": "Hi"}\n\nevent: response.completed\ndata: {}\n\n'
    dialect, events = read(data)
    assert [dialect.text(one) for one in events] == ["Hi", None]
    assert dialect.turns()[0].output_text == "Hi"


def test_done_proves_nothing() -> None:
    """`[DONE]` is harmless after the end, and is not an end before it."""
    dialect, _ = read(wire([CREATED, delta("Hi"), COMPLETED]) + DONE)
    assert dialect.failure is None
    dialect, _ = read(wire([CREATED, delta("Hi")]) + DONE)
    assert isinstance(dialect.failure, StreamTruncatedError)
    assert "[DONE]" in str(dialect.failure)


def test_an_item_may_carry_an_error_of_its_own() -> None:
    """An event about an item is not an error of the stream, whatever its fields."""
    dialect, _ = read(wire([CREATED, {"type": "response.mcp_call.failed", "output_index": 0, "error": "x"}, COMPLETED]))
    assert dialect.failure is None


# What is content


CONTENT: list[tuple[dict[str, Any], bool]] = [
    (CREATED, False),
    ({"type": "response.queued"}, False),
    ({"type": "keepalive"}, False),
    (delta(""), False),
    (delta("x"), True),
    ({"type": "response.output_item.added", "item": {"type": "message", "content": []}}, False),
    ({"type": "response.output_item.added", "item": {"type": "reasoning", "summary": []}}, False),
    ({"type": "response.output_item.added", "item": {"type": "function_call", "name": "f", "arguments": ""}}, True),
    ({"type": "response.output_item.added", "item": {"type": "web_search_call"}}, True),
    ({"type": "response.content_part.added", "part": {"type": "output_text", "text": ""}}, False),
    ({"type": "response.content_part.added", "part": {"type": "output_text", "text": "x"}}, True),
    ({"type": "response.web_search_call.searching", "output_index": 0}, True),
    ({"type": "response.x_novel.delta", "delta": {"y": 1}}, True),
    ({"type": "response.completed"}, True),
]


@pytest.mark.parametrize(("sent", "expected"), CONTENT, ids=[str(row[0])[:70] for row in CONTENT])
def test_what_a_reader_waits_for(sent: dict[str, Any], expected: bool) -> None:
    """Snapshots, heartbeats and empty beginnings are not content; text, calls, progress and the end are."""
    dialect = ResponsesDialect()
    ((one, _),) = dialect.feed(event(sent))
    assert dialect.has_content(one) is expected


# Assembly in particular


def test_annotations_and_logprobs_of_a_stream_that_was_cut() -> None:
    """Fields beside the streamed text are in the partial."""
    at = {"output_index": 0, "content_index": 0, "item_id": "m"}
    note = {"type": "url_citation", "url": "u"}
    dialect, _ = read(
        wire(
            [
                {**delta("Hi", **at), "logprobs": [{"token": "Hi"}]},
                {**delta("!", **at), "logprobs": [{"token": "!"}]},
                {"type": "response.output_text.annotation.added", **at, "annotation_index": 0, "annotation": note},
            ]
        )
    )
    (partial,) = dialect.turns(complete=False)
    assert partial.to_dict()["output"] == [
        {
            "type": "message",
            "id": "m",
            "role": "assistant",
            "content": [
                {
                    "type": "output_text",
                    "text": "Hi!",
                    "logprobs": [{"token": "Hi"}, {"token": "!"}],
                    "annotations": [note],
                }
            ],
        }
    ]


def test_items_without_any_place_follow_one_another() -> None:
    """Each beginning without index and id is another item."""
    begin = {"type": "response.output_item.added", "item": {"type": "message", "content": []}}
    answer = whole(begin, delta("a"), begin, delta("b"), {"type": "response.output_item.added", "item": {"type": "x"}})
    assert [item.type for item in answer.output] == ["message", "message", "x"]
    assert answer.output_text == "ab"
    assert isinstance(answer.output[2], UnknownResponseOutputItem)


def test_a_function_call_parses_its_arguments() -> None:
    """A call is found among the items, and parses its arguments; malformed ones raise with their text."""
    call = {"type": "function_call", "call_id": "c", "name": "f"}
    answer = Response.from_dict(
        {"output": [{**call, "arguments": '{"a": 1}'}, {**call, "arguments": "{"}, {"type": "y"}]}
    )
    good, bad = answer.tool_calls
    assert isinstance(good, ResponseFunctionToolCall)
    assert good.parse_arguments() == {"a": 1}
    with pytest.raises(GatewayError) as caught:
        bad.parse_arguments()
    assert caught.value.text == "{"
    assert not isinstance(caught.value, DecodingError)
    assert answer.output_text is None


def test_the_work_grows_with_the_stream_and_not_with_its_square() -> None:
    """Four times the events cost four times the calls, whether folded or emitted."""

    def calls(pieces: int) -> int:
        data = wire([CREATED, *[{**delta("x", output_index=0, content_index=0), "logprobs": [{}]}] * pieces, COMPLETED])
        count = 0

        def counting(frame: Any, kind: str, argument: Any) -> None:
            nonlocal count
            count += kind in ("call", "c_call")

        sys.setprofile(counting)
        try:
            viewed(ResponsesDialect(), data)[0].turns()
        finally:
            sys.setprofile(None)
        return count

    assert calls(400) < 4.5 * calls(100)
