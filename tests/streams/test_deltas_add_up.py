"""The deltas of a stream, joined, are the assembled answer: ten thousand random streams, and prefixes of them."""

from __future__ import annotations

import json
import os
from random import Random
from typing import Any

import pytest

from inference_gateway_sdk._streams.chat import ChatDialect
from inference_gateway_sdk._streams.messages import MessagesDialect
from inference_gateway_sdk._streams.responses import ResponsesDialect
from streams import random_streams
from streams.folding import FoldedChoice, Turn, fold
from streams.reading import viewed
from support.server import event

pytestmark = pytest.mark.once

# For each of the three dialects: 10,200 in all, and a tenth of them in `poe test-fast`.
STREAMS = 340 if os.environ.get("HYPOTHESIS_PROFILE") == "fast" else 3400
BATCHES = 4


def thought(content: Any) -> str:
    """Return the thinking among the parts of a message's content."""
    parts = [part.to_dict() for part in content] if isinstance(content, list) else []
    inner = [part["thinking"] for part in parts if part["type"] == "thinking"]
    return "".join(one if isinstance(one, str) else "".join(text["text"] for text in one) for one in inner)


def agrees_with_chat(turn: Turn, answer: Any, state: Any) -> None:
    """Assert that the deltas of a turn equal the assembled turn."""
    assert turn.usage == answer.usage
    for choice in answer.choices:
        folded, message = turn.choices.get(choice.index, FoldedChoice()), choice.message
        assert folded.text == (message.text or "")
        assert folded.refusal == (message.refusal or "")
        reasoning = (message.reasoning_content or message.reasoning or "") + thought(message.content)
        assert folded.reasoning == reasoning
        calls = message.tool_calls or []
        assert folded.calls == [(call.id, call.function.name, call.function.arguments) for call in calls]
        assert folded.on_gateway == [call.ran_on_gateway for call in calls]
        assert folded.finish in (None, choice.finish_reason)
    if state is not None:
        first = turn.choices.get(0, FoldedChoice())
        assert (state.text, state.reasoning, state.usage) == (first.text, first.reasoning, turn.usage)
        assert [(call.id, call.name, call.arguments) for call in state.tool_calls] == first.calls
        assert state.finish_reason == first.finish


def chat(rng: Random) -> None:
    """Check one random chat stream."""
    chunks, choices = random_streams.chat(rng)
    dialect, deltas = viewed(ChatDialect(choices=choices), b"".join(map(event, chunks)))
    assert dialect.failure is None
    turns, answers = fold(deltas), dialect.turns()
    assert len(turns) == len(answers) == len({chunk["id"] for chunk in chunks})
    for number, (turn, answer) in enumerate(zip(turns, answers, strict=True)):
        last = number == len(turns) - 1
        agrees_with_chat(turn, answer, dialect.state if last else None)
        assert all((folded.finish is not None) == last for folded in turn.choices.values())
    if rng.random() < 0.25:
        assert viewed(ChatDialect(choices=choices, assemble=False), b"".join(map(event, chunks)))[1] == deltas


def messages(rng: Random) -> None:
    """Check one random Messages stream."""
    events, in_order = random_streams.messages(rng)
    dialect, deltas = viewed(MessagesDialect(), b"".join(map(event, events)))
    assert dialect.failure is None
    (turn,), (answer,) = fold(deltas), dialect.turns()
    folded, state = turn.choices[0], dialect.state
    blocks = [block.to_dict() for block in answer.content]
    same = _equal if in_order else _same_letters
    assert same(folded.text, answer.text or "")
    assert same(folded.text, state.text)
    assert same(
        folded.reasoning, "".join(block.get("thinking") or "" for block in blocks if block["type"] == "thinking")
    )
    assert same(folded.reasoning, state.reasoning)
    calls = [block for block in blocks if block["type"].endswith("tool_use")]
    ends = sorted(zip(folded.calls, folded.on_gateway, strict=True))  # an open block ends with the message
    assert [(*call[:2], json.loads(call[2]), ran) for call, ran in ends] == [
        (call["id"], call["name"], call["input"], call["type"] != "tool_use")
        for call in sorted(calls, key=lambda call: str(call["id"]))
    ]
    assert sorted(state.tool_calls) == [(*call, ran) for call, ran in ends]
    assert turn.usage == answer.usage == state.usage
    assert folded.finish == state.finish_reason
    if rng.random() < 0.25:
        assert viewed(MessagesDialect(assemble=False), b"".join(map(event, events)))[1] == deltas


def responses(rng: Random) -> None:
    """Check one random Responses stream."""
    events, in_order = random_streams.responses(rng)
    dialect, deltas = viewed(ResponsesDialect(), b"".join(map(event, events)))
    assert dialect.failure is None
    (turn,), (answer,) = fold(deltas), dialect.turns()
    folded, state = turn.choices[0], dialect.state
    items = answer.to_dict()["output"]
    same = _equal if in_order else _same_letters
    refusals = [part.get("refusal", "") for item in items for part in item.get("content", ())]
    assert same(folded.text, answer.output_text or "")
    assert same(folded.text, state.text)
    assert same(folded.refusal, "".join(refusals))
    assert same(folded.reasoning, "".join(part.get("text", "") for item in items for part in item.get("summary", ())))
    assert same(folded.reasoning, state.reasoning)
    calls = [(call.call_id, call.name, call.arguments) for call in answer.tool_calls]
    assert [call[:3] for call in state.tool_calls] == calls
    assert sorted(folded.calls) == sorted(calls)  # a call that is never done ends with the response
    assert turn.usage == answer.usage == state.usage
    assert folded.finish == state.finish_reason == ("tool_calls" if calls else "stop")
    if rng.random() < 0.25:
        assert viewed(ResponsesDialect(assemble=False), b"".join(map(event, events)))[1] == deltas


def _equal(one: str, other: str) -> bool:
    return one == other


def _same_letters(one: str, other: str) -> bool:
    return sorted(one) == sorted(other)


@pytest.mark.parametrize("batch", range(BATCHES))
@pytest.mark.parametrize("check", [chat, messages, responses], ids=lambda check: check.__name__)
def test_the_deltas_joined_are_the_assembled_answer(check: Any, batch: int) -> None:
    """Text, reasoning, refusals, tool calls, usage and the finish are the same in deltas, answer and state."""
    for number in range(batch, STREAMS, BATCHES):
        seed = f"{check.__name__} {number}"
        try:
            check(Random(seed))
        except AssertionError as error:
            raise AssertionError(f"the stream of seed {seed!r}") from error


@pytest.mark.parametrize(
    ("make", "generate"),
    [
        (ChatDialect, random_streams.chat),
        (MessagesDialect, random_streams.messages),
        (ResponsesDialect, random_streams.responses),
    ],
    ids=["chat", "messages", "responses"],
)
def test_a_stream_that_is_cut_has_the_text_that_came(make: Any, generate: Any) -> None:
    """After any prefix the text of the deltas is that of the state, and only whole calls have ended."""
    for number in range(200):
        rng = Random(f"cut {make.__name__} {number}")
        events = generate(rng)[0]
        kept = events[: rng.randrange(len(events))]
        dialect, deltas = viewed(make(), b"".join(map(event, kept)))
        first = min(getattr(dialect.state, "choices", {0: None}), default=0)  # in a chat, the first that was opened
        folded = fold(deltas)[-1].choices.get(first, FoldedChoice())
        assert sorted(folded.text) == sorted(dialect.state.text)
        assert {call[0] for call in folded.calls} <= {call.id for call in dialect.state.tool_calls}
