"""A turn in Anthropic's dialect: a message whole, or the events of its stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .events import event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .turn import Call, Turn

__all__ = ["message", "message_events"]

_ENDS = {"stop": "end_turn", "stop_sequence": "stop_sequence", "length": "max_tokens"}


def message(turn: Turn) -> dict[str, object]:
    """The answer in Anthropic's dialect."""
    asked, said = turn.counts
    text = [{"type": "text", "text": turn.text}] if turn.speaks else []
    return {
        "id": "msg_scripted",
        "type": "message",
        "role": "assistant",
        "model": turn.model,
        "content": [*text, *(_use(call, msgspec.json.decode(call.arguments)) for call in turn.calls)],
        "stop_reason": _end(turn),
        "stop_sequence": turn.stop_sequence,
        "usage": {"input_tokens": asked, "output_tokens": said},
    }


def message_events(turn: Turn) -> Iterator[bytes]:
    """The events of Anthropic's stream, a ping included."""
    asked, said = turn.counts
    usage = {"input_tokens": asked, "output_tokens": 0}
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
    yield event("message_delta", delta=ended, usage={"output_tokens": said})
    yield event("message_stop")


def _blocks(turn: Turn) -> Iterator[tuple[dict[str, object], list[dict[str, str]]]]:
    """Each block as it begins, and what is added to it."""
    if turn.speaks:
        yield {"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in turn.pieces]
    for call in turn.calls:
        yield _use(call, {}), [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *call.pieces]]


def _use(call: Call, given: object) -> dict[str, object]:
    return {"type": "tool_use", "id": f"toolu_{call.id}", "name": call.name, "input": given}


def _end(turn: Turn) -> str:
    return "tool_use" if turn.calls else _ENDS[turn.end]
