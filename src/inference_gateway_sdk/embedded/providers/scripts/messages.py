"""A turn in Anthropic's dialect: a message whole, or the events of its stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .events import event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .turn import Call, Turn

__all__ = ["message", "message_events"]

_ENDS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}
_SIGNATURE = "c2NyaXB0ZWQ="  # under thoughts, as Anthropic signs its own


def message(turn: Turn) -> dict[str, object]:
    """The answer in Anthropic's dialect."""
    thoughts = [] if turn.thoughts is None else [_thinking(turn.thoughts, _SIGNATURE)]
    text = [{"type": "text", "text": turn.text}] if turn.speaks else []
    return {
        "id": "msg_scripted",
        "type": "message",
        "role": "assistant",
        "model": turn.model,
        "content": [*thoughts, *text, *(_use(call, _input(call)) for call in turn.calls)],
        "stop_reason": _end(turn),
        "stop_sequence": turn.stop_sequence,
        "usage": _usage(turn),
    }


def message_events(turn: Turn) -> Iterator[bytes]:
    """The events of Anthropic's stream, a ping included."""
    usage = _usage(turn) | {"output_tokens": 0}
    start: dict[str, object] = {**message(turn), "content": [], "stop_reason": None, "stop_sequence": None}
    yield event("message_start", message={**start, "usage": usage})
    for index, (opened, deltas) in enumerate(_blocks(turn)):
        yield event("content_block_start", index=index, content_block=opened)
        if index == 0:
            yield event("ping")
        for delta in deltas:
            yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    ended = {"stop_reason": _end(turn), "stop_sequence": turn.stop_sequence}
    yield event("message_delta", delta=ended, usage={"output_tokens": turn.tokens.said})
    yield event("message_stop")


def _blocks(turn: Turn) -> Iterator[tuple[dict[str, object], list[dict[str, str]]]]:
    """Each block as it begins, and what is added to it."""
    if turn.thoughts is not None:
        thoughts = [{"type": "thinking_delta", "thinking": piece} for piece in turn.thinking]
        yield _thinking("", ""), [*thoughts, {"type": "signature_delta", "signature": _SIGNATURE}]
    if turn.speaks:
        yield {"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in turn.pieces]
    for call in turn.calls:
        yield _use(call, {}), [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *call.pieces]]


def _thinking(thoughts: str, signature: str) -> dict[str, object]:
    return {"type": "thinking", "thinking": thoughts, "signature": signature}


def _use(call: Call, given: object) -> dict[str, object]:
    return {"type": "tool_use", "id": call.named("toolu"), "name": call.name, "input": given}


def _input(call: Call) -> object:
    """The arguments as a value; what is no JSON only a stream can say, and stands here as text."""
    try:
        return msgspec.json.decode(call.arguments)
    except msgspec.DecodeError:
        return call.arguments


def _end(turn: Turn) -> str:
    return _ENDS.get(turn.why, turn.why)


def _usage(turn: Turn) -> dict[str, object]:
    """What was read and written; what was read from the cache is counted apart."""
    tokens = turn.tokens
    if tokens.cached is None:
        return {"input_tokens": tokens.asked, "output_tokens": tokens.said}
    read: dict[str, object] = {"input_tokens": tokens.asked - tokens.cached, "output_tokens": tokens.said}
    return read | {"cache_read_input_tokens": tokens.cached}
