"""Malicious streams: indexes whose hashes collide, and JSON nested to any depth."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from inference_gateway_sdk import GatewayError, TextDelta
from inference_gateway_sdk._streams.chat import ChatDialect
from inference_gateway_sdk._streams.messages import MessagesDialect
from inference_gateway_sdk._streams.responses import ResponsesDialect
from streams.reading import fed, viewed
from support.server import chunk, event

pytestmark = pytest.mark.once

COLLIDING = sys.hash_info.modulus  # all its multiples have the hash 0
ODD = [-1, 2**31, COLLIDING, 3 * COLLIDING]


# Indexes


@pytest.mark.parametrize("index", ODD)
def test_an_index_that_cannot_be_one_is_the_first_choice(index: int) -> None:
    """A choice's index outside 0 to 2**31 - 1 counts as missing, in the answer and in the deltas."""
    dialect, deltas = viewed(ChatDialect(), chunk("Hel") + chunk("lo", index=index) + chunk(finish="stop"))
    assert dialect.failure is None
    assert [choice.index for choice in dialect.turns()[0].choices] == [0]
    assert dialect.turns()[0].text == "Hello"
    assert deltas[:2] == [TextDelta("Hel"), TextDelta("lo")]


@pytest.mark.parametrize("index", ODD)
def test_the_index_of_a_tool_call_that_cannot_be_one_is_missing(index: int) -> None:
    """The pieces of a tool call with a bad index are matched by id, else go to the last call."""
    pieces = [
        {"index": index, "id": "a", "function": {"name": "f", "arguments": "{"}},
        {"index": index, "function": {"arguments": "}"}},
    ]
    data = b"".join(chunk(delta={"tool_calls": [piece]}) for piece in pieces) + chunk(finish="tool_calls")
    (call,) = fed(ChatDialect(), data)[0].turns()[0].tool_calls
    assert (call.id, call.function.arguments) == ("a", "{}")


@pytest.mark.parametrize("index", ODD)
def test_the_index_of_a_block_that_cannot_be_one_is_missing(index: int) -> None:
    """Deltas with a bad block index go to the last block."""
    start = {"type": "message_start", "message": {"id": "m", "content": []}}
    begins = {"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}}
    delta = {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": "Hi"}}
    dialect, _ = fed(MessagesDialect(), b"".join(map(event, [start, begins, delta, delta, {"type": "message_stop"}])))
    assert [block.to_dict()["text"] for block in dialect.turns()[0].content] == ["HiHi"]


@pytest.mark.parametrize("name", ["output_index", "content_index", "summary_index"])
@pytest.mark.parametrize("index", ODD)
def test_the_index_of_an_item_or_part_that_cannot_be_one_is_missing(name: str, index: int) -> None:
    """Deltas with bad item and part indexes go to the last item and part."""
    kind = "reasoning_summary_text" if name == "summary_index" else "output_text"
    delta = {"type": f"response.{kind}.delta", "delta": "Hi", name: index}
    dialect, _ = fed(ResponsesDialect(), b"".join(map(event, [delta, delta, {"type": "response.completed"}])))
    (item,) = dialect.turns()[0].to_dict()["output"]
    (part,) = item["summary" if name == "summary_index" else "content"]
    assert part["text"] == "HiHi"


def test_colliding_indexes_are_not_kept_apart() -> None:
    """Thousands of choices and calls under indexes of one hash are one choice and one call: no table has them all."""
    places = range(1, 3000)
    call = {"function": {"name": "f", "arguments": "x"}}
    calls = [{"index": place * COLLIDING, **call} for place in places]
    choices = [{"index": place * COLLIDING, "delta": {"tool_calls": calls[:3]}} for place in places]
    dialect, _ = viewed(ChatDialect(), event({"id": "c", "choices": choices}))
    (choice,) = dialect.turns(complete=False)[0].choices
    assert choice.index == 0
    assert [len(one.function.arguments) for one in choice.message.tool_calls] == [3 * len(places)]


# Depth


HERE = "the deep value"
LEVELS = {"objects": (b'{"a":', b"}"), "lists": (b"[", b"]")}


def streams() -> dict[str, tuple[Any, list[Any]]]:
    """Return streams with a deep value at every possible position, by name."""
    deep = HERE
    at = {"output_index": 0, "content_index": 0}
    call = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}
    start = {"type": "message_start", "message": {"id": "m", "content": []}}
    message, output = {"type": "message"}, {"type": "output_text"}
    return {
        "chunk": (ChatDialect, [{"id": "c", "choices": [], "x": deep}] * 2),
        "choice": (ChatDialect, [{"id": "c", "choices": [{"index": 0, "delta": {"content": "a"}, "x": deep}]}] * 2),
        "delta": (ChatDialect, [{"id": "c", "choices": [{"index": 0, "delta": {"content": "a", "x": deep}}]}] * 2),
        "content": (ChatDialect, [{"id": "c", "choices": [{"index": 0, "delta": {"content": [deep]}}]}] * 2),
        "logprobs": (
            ChatDialect,
            [{"id": "c", "choices": [{"index": 0, "delta": {}, "logprobs": {"content": [], "x": deep}}]}] * 2,
        ),
        "tool call": (
            ChatDialect,
            [{"id": "c", "choices": [{"index": 0, "delta": {"tool_calls": [{**call, "x": deep}]}}]}] * 2,
        ),
        "arguments": (
            ChatDialect,
            [{"choices": [{"delta": {"tool_calls": [{"function": {"name": "f", "arguments": deep}}]}}]}] * 2,
        ),
        "extra_content": (
            ChatDialect,
            [{"id": "c", "choices": [{"index": 0, "delta": {"tool_calls": [{**call, "extra_content": deep}]}}]}] * 2,
        ),
        "usage": (ChatDialect, [{"id": "c", "choices": [], "usage": {"total_tokens": 1, "x": deep}}] * 2),
        "an error": (ChatDialect, [{"error": deep}]),
        "message_start": (MessagesDialect, [{"type": "message_start", "message": {"content": [], "x": deep}}]),
        "block": (
            MessagesDialect,
            [start, {"type": "content_block_start", "index": 0, "content_block": {"type": "x", "x": deep}}],
        ),
        "block's delta": (
            MessagesDialect,
            [start, *[{"type": "content_block_delta", "index": 0, "delta": {"type": "x", "x": deep}}] * 2],
        ),
        "message_delta": (MessagesDialect, [start, {"type": "message_delta", "delta": {"x": deep}, "x": deep}]),
        "message usage": (MessagesDialect, [start, {"type": "message_delta", "delta": {}, "usage": {"x": deep}}]),
        "a Messages error": (MessagesDialect, [{"type": "error", "error": deep}]),
        "snapshot": (ResponsesDialect, [{"type": "response.created", "response": {"output": [], "x": deep}}]),
        "the last snapshot": (ResponsesDialect, [{"type": "response.completed", "response": {"output": [deep]}}]),
        "item": (ResponsesDialect, [{"type": "response.output_item.added", "item": {**message, "content": [deep]}}]),
        "unknown item": (ResponsesDialect, [{"type": "response.output_item.done", "item": {"type": "x", "x": deep}}]),
        "part": (ResponsesDialect, [{"type": "response.content_part.added", "part": {**output, "x": deep}}]),
        "annotation": (ResponsesDialect, [{"type": "response.output_text.annotation.added", **at, "annotation": deep}]),
        "token": (ResponsesDialect, [{"type": "response.output_text.delta", "delta": "a", "logprobs": [deep]}]),
        "a Responses error": (ResponsesDialect, [{"type": "response.failed", "response": {"error": deep}}]),
    }  # fmt: skip


@pytest.mark.parametrize("levels", LEVELS)
@pytest.mark.parametrize("depth", [100, 240, 330, 480, 700, 960, 2000, 20_000])
@pytest.mark.parametrize("name", streams())
def test_depth_ends_in_an_error_of_ours(name: str, depth: int, levels: str) -> None:
    """JSON of any depth at any position raises nothing but a GatewayError."""
    make, events = streams()[name]
    opening, closing = LEVELS[levels]
    deep = opening * depth + b"1" + closing * depth
    data = b"".join(map(event, events)).replace(b'"%s"' % HERE.encode(), deep)
    assert data.count(deep) > 0
    for assemble in (True, False):
        dialect = make(assemble=assemble)
        dialect.watch_deltas()
        try:
            for one, _ in (*dialect.feed(data), *dialect.end()):
                if one is not None:
                    dialect.has_content(one)
                    dialect.text(one)
                    dialect.fold(one)
                    dialect.deltas(one)
            dialect.deltas(None)
            dialect.turns(complete=False)
        except GatewayError:
            pass
        assert dialect.failure is None or isinstance(dialect.failure, GatewayError)
