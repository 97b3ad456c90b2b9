"""An answer as Anthropic's Messages say it (contract: POST /messages), whole or as events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .turn import Event, Turn, named_event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..answer import ToolCall, Usage
    from ..refusal import Refusal

__all__ = ["error", "events", "whole"]

_REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}
_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
_SIGNATURE = "c2NyaXB0ZWQ="


def whole(turn: Turn) -> dict[str, object]:
    """The whole message."""
    return {
        "id": "msg_scripted",
        "type": "message",
        "role": "assistant",
        "model": turn.model,
        "content": _blocks(turn),
        "stop_reason": _reason(turn),
        "stop_sequence": None,
        "usage": _usage(turn.usage),
    }


def _blocks(turn: Turn) -> list[dict[str, object]]:
    answer, blocks = turn.answer, list[dict[str, object]]()
    if answer.reasoning is not None:
        blocks.append({"type": "thinking", "thinking": answer.reasoning, "signature": _SIGNATURE})
    if answer.text is not None:
        blocks.append({"type": "text", "text": answer.text})
    blocks += [{**_call(call), "input": _input(call)} for call in answer.tool_calls]
    return blocks


def _call(call: ToolCall) -> dict[str, object]:
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": {}}


def _input(call: ToolCall) -> object:
    """The arguments as a value; text that is no JSON can only be said by a stream, and is left as text."""
    try:
        return msgspec.json.decode(call.text)
    except msgspec.DecodeError:
        return call.text


def _reason(turn: Turn) -> str:
    return _REASONS.get(turn.answer.finish_reason, turn.answer.finish_reason)


def _usage(usage: Usage) -> dict[str, object]:
    counts: dict[str, object] = {"input_tokens": usage.prompt, "output_tokens": usage.completion}
    if usage.cached is not None:
        counts |= {"input_tokens": usage.prompt - usage.cached, "cache_read_input_tokens": usage.cached}
    return counts


def events(turn: Turn) -> Iterator[Event]:
    """The events of the stream, a ping among them."""
    usage = {**_usage(turn.usage), "output_tokens": 0}
    yield named_event("message_start", message={**whole(turn), "content": [], "stop_reason": None, "usage": usage})
    yield named_event("ping")
    for index, (block, deltas) in enumerate(_streamed(turn)):
        yield named_event("content_block_start", index=index, content_block=block)
        for delta in deltas:
            yield named_event("content_block_delta", index=index, delta=delta, says=True)
        yield named_event("content_block_stop", index=index)
    delta = {"stop_reason": _reason(turn), "stop_sequence": None}
    yield named_event("message_delta", delta=delta, usage={"output_tokens": turn.usage.completion})
    yield named_event("message_stop")


def _streamed(turn: Turn) -> Iterator[tuple[dict[str, object], list[dict[str, object]]]]:
    """Each block as it begins, and what is added to it."""
    answer = turn.answer
    if answer.reasoning is not None:
        thoughts: list[dict[str, object]] = [{"type": "thinking_delta", "thinking": each} for each in turn.thoughts]
        signature: dict[str, object] = {"type": "signature_delta", "signature": _SIGNATURE}
        yield {"type": "thinking", "thinking": "", "signature": ""}, [*thoughts, signature]
    if answer.text is not None:
        yield {"type": "text", "text": ""}, [{"type": "text_delta", "text": each} for each in answer.pieces]
    for call in answer.tool_calls:
        yield _call(call), [{"type": "input_json_delta", "partial_json": each} for each in turn.parts(call.text)]


def error(refusal: Refusal) -> dict[str, object]:
    """A refusal in Anthropic's words."""
    return {"type": "error", "error": {"type": _kind(refusal), "message": refusal.message}}


def _kind(refusal: Refusal) -> str:
    return _KINDS.get(refusal.status, "api_error")
