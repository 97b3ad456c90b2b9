"""The unified view of chat streams: its events add up to the assembled answer, and no end comes too early."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.stories import WAYS, Story, stories
from inference_gateway_sdk import (
    Finish,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    UsageReport,
)
from inference_gateway_sdk._streams.chat import ChatDialect
from streams.folding import Turn, fold
from streams.reading import viewed
from support.server import chunk, event

pytestmark = pytest.mark.once


def view(data: bytes, **options: Any) -> tuple[ChatDialect, list[Any]]:
    """Return a dialect that has read and handed over these bytes, with its deltas."""
    return viewed(ChatDialect(**options), data)


def agrees(turn: Turn, answer: Any) -> None:
    """Assert that the deltas of a turn equal the assembled turn."""
    assert turn.usage == answer.usage
    for choice in answer.choices:
        emitted, message = turn.choices[choice.index], choice.message
        assert emitted.text == (message.text or "")
        assert emitted.refusal == message.to_dict().get("refusal", "")
        thought = (message.reasoning or "") + (message.reasoning_content or "")
        assert sorted(emitted.reasoning) == sorted(thought)  # interleaved under both names
        calls = message.tool_calls or []
        assert emitted.calls == [(call.id, call.function.name, call.function.arguments) for call in calls]
        assert emitted.on_gateway == [call.ran_on_gateway for call in calls]


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=max(8, settings.default.max_examples // 8))
@given(data=st.data())
def test_the_view_folded_is_the_assembled_message(way: str, data: st.DataObject) -> None:
    """The events of the view add up to the result of `final`, in every way of streaming an answer."""
    story = data.draw(stories(way=way))
    dialect, deltas = view(b"".join(map(event, story.chunks)))
    [turn] = fold(deltas)
    [answer] = dialect.turns()
    agrees(turn, answer)
    assert {index: emitted.finish for index, emitted in turn.choices.items()} == {
        choice.index: choice.finish_reason for choice in answer.choices
    }


@settings(max_examples=settings.default.max_examples // 3)
@given(stories(id="c1", tools=True, most=1), stories(id="c2", tools=True, most=1))
def test_turns_are_separate(first: Story, second: Story) -> None:
    """A turn that another follows has a TurnEnd instead of a Finish, and its tool calls were run by the gateway."""
    dialect, deltas = view(b"".join(map(event, (*first.chunks, *second.chunks))))
    turns = fold(deltas)
    for turn, answer in zip(turns, dialect.turns(), strict=True):
        agrees(turn, answer)
    assert [turn.choices[0].finish is None for turn in turns] == [True, False]
    assert set(turns[0].choices[0].on_gateway) == {True}
    assert not any(turns[1].choices[0].on_gateway)


@settings(max_examples=settings.default.max_examples // 2)
@given(stories(tools=True), st.data())
def test_a_stream_that_was_cut_off_has_neither_ends_nor_a_finish_for_what_is_open(
    story: Story, data: st.DataObject
) -> None:
    """After any prefix only choices with a finish reason have a Finish."""
    kept = story.chunks[: data.draw(st.integers(0, len(story.chunks)))]
    dialect, deltas = view(b"".join(map(event, kept)))
    answers = dialect.turns(complete=False)
    finished = {choice.index for answer in answers for choice in answer.choices if choice.finish_reason}
    assert {delta.choice for delta in deltas if isinstance(delta, Finish)} == finished
    assert {delta.choice for delta in deltas if isinstance(delta, ToolCallEnd)} <= finished


def test_one_answer_in_full() -> None:
    """Reasoning, text, a refusal, a tool call, usage and the finish come as events of their kinds, in order."""
    call = {"index": 0, "id": "a1", "type": "function", "function": {"name": "now", "arguments": ""}}
    more = {"index": 0, "function": {"arguments": '{"a":1}'}}
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    data = (
        chunk("", delta={"role": "assistant"})
        + chunk(delta={"reasoning_content": "hm", "reasoning": "hm"})
        + chunk("Hi")
        + chunk(delta={"refusal": "no"})
        + chunk(delta={"tool_calls": [call]})
        + chunk(delta={"tool_calls": [more]})
        + chunk(finish="tool_calls")
        + event({"id": "c1", "choices": [], "usage": usage})
    )
    _, deltas = view(data)
    report = deltas.pop(-3)
    assert isinstance(report, UsageReport)
    assert (report.input_tokens, report.output_tokens, report.usage.total_tokens) == (1, 2, 3)
    assert deltas == [
        ReasoningDelta("hm"),
        TextDelta("Hi"),
        RefusalDelta("no"),
        ToolCallStart(0, "a1", "now"),
        ToolCallDelta(0, '{"a":1}'),
        ToolCallEnd(0, "a1", "now", '{"a":1}'),
        Finish("tool_calls", native="tool_calls"),
    ]


def test_a_call_without_arguments_is_emitted_at_its_end() -> None:
    """A tool call without arguments still starts and ends, with a generated id if it has none."""
    data = chunk(delta={"tool_calls": [{"function": {"name": "now"}}]}) + chunk(finish="tool_calls")
    _, deltas = view(data)
    assert deltas[:2] == [ToolCallStart(0, "call_0_0", "now"), ToolCallEnd(0, "call_0_0", "now", "")]


def test_text_among_parts_is_text() -> None:
    """Content that comes as a list of parts gives its text."""
    parts = [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": "x"}}]
    _, deltas = view(chunk(delta={"content": parts}) + chunk(finish="stop"))
    assert deltas == [TextDelta("Hi"), Finish("stop", native="stop")]


def test_the_events_match_by_position() -> None:
    """The most used fields come first in each event."""
    emitted = []
    for delta in (TextDelta("t", 1), ToolCallEnd(0, "i", "n", "{}"), Finish("stop"), UsageReport(1, 2, None)):
        match delta:
            case TextDelta(text):
                emitted.append(text)
            case ToolCallEnd(_, id, name, arguments):
                emitted.append((id, name, arguments))
            case Finish(reason):
                emitted.append(reason)
            case UsageReport(read, written):
                emitted.append((read, written))
    assert emitted == ["t", ("i", "n", "{}"), "stop", (1, 2)]
