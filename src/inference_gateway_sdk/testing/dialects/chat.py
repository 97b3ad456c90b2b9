"""An answer as chat completions say it (contract: POST /chat/completions), whole or as chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .turn import CREATED, Event, Turn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..answer import ToolCall, Usage
    from ..refusal import Refusal

__all__ = ["error", "events", "whole"]


def whole(turn: Turn) -> dict[str, object]:
    """The whole answer."""
    choice = {"message": _message(turn), "finish_reason": turn.answer.finish_reason}
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": CREATED,
        "model": turn.model,
        "choices": [{"index": index, **choice} for index in range(turn.choices)],
        "usage": _usage(turn.usage),
    }


def _message(turn: Turn) -> dict[str, object]:
    answer = turn.answer
    message: dict[str, object] = {"role": "assistant", "content": answer.text}
    if answer.reasoning is not None:
        message["reasoning_content"] = answer.reasoning
    if answer.tool_calls:
        message["tool_calls"] = [_call(call) for call in answer.tool_calls]
    return message


def _call(call: ToolCall) -> dict[str, object]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.text}}


def _usage(usage: Usage) -> dict[str, object]:
    counts: dict[str, object] = {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.prompt + usage.completion,
    }
    if usage.cached is not None:
        counts["prompt_tokens_details"] = {"cached_tokens": usage.cached}
    if usage.reasoning is not None:
        counts["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning}
    return counts


def events(turn: Turn) -> Iterator[Event]:
    """The chunks of the stream, the usage in one of its own, and the mark of the end."""
    for index in range(turn.choices):
        yield _chunk(turn, index, {"role": "assistant", "content": ""})
    for delta in _deltas(turn):
        for index in range(turn.choices):
            yield _chunk(turn, index, delta, says=True)
    for index in range(turn.choices):
        yield _chunk(turn, index, {}, turn.answer.finish_reason)
    yield _event({**_head(turn), "choices": [], "usage": _usage(turn.usage)})
    yield Event(b"data: [DONE]\n\n")


def _deltas(turn: Turn) -> Iterator[dict[str, object]]:
    for thought in turn.thoughts:
        yield {"reasoning_content": thought}
    for piece in turn.answer.pieces:
        yield {"content": piece}
    for index, call in enumerate(turn.answer.tool_calls):
        function = {"name": call.name, "arguments": ""}
        yield {"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": function}]}
        for part in turn.parts(call.text):
            yield {"tool_calls": [{"index": index, "function": {"arguments": part}}]}


def _head(turn: Turn) -> dict[str, object]:
    return {"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": CREATED, "model": turn.model}


def _chunk(turn: Turn, index: int, delta: dict[str, object], finish: str | None = None, *, says: bool = False) -> Event:
    return _event({**_head(turn), "choices": [{"index": index, "delta": delta, "finish_reason": finish}]}, says=says)


def _event(value: dict[str, object], *, says: bool = False) -> Event:
    return Event(b"data: %s\n\n" % msgspec.json.encode(value), says)


def error(refusal: Refusal) -> dict[str, object]:
    """A refusal in OpenAI's words, which most providers use."""
    said = {"message": refusal.message, "type": refusal.kind, "param": None, "code": refusal.code}
    return {"error": said}
