"""A turn in the dialect of the Responses API: a response whole, or the typed events of its stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .turn import CREATED, event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .turn import ScriptedCall, ScriptedTurn

__all__ = ["response", "response_events"]

Step = tuple[str, dict[str, object]]

_MESSAGE_ID, _REASONING_ID = "msg_scripted", "rs_scripted"
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


def response(turn: ScriptedTurn) -> dict[str, object]:
    """The answer of the Responses API."""
    status = _status(turn)
    thoughts = [] if turn.thoughts is None else [_reasoning([_summary(turn.thoughts)])]
    message = [_message(turn, status)] if turn.speaks else []
    return {
        "id": "resp_scripted",
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "incomplete_details": {"reason": _INCOMPLETE[turn.end]} if turn.end in _INCOMPLETE else None,
        "error": None,
        "model": turn.model,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        **turn.settings,
        "output": [*thoughts, *message, *(_call(call, "completed") for call in turn.calls)],
        "usage": _usage(turn),
    }


def response_events(turn: ScriptedTurn) -> Iterator[bytes]:
    """The typed events of the Responses API's stream, numbered."""
    for number, (kind, fields) in enumerate(_steps(turn)):
        yield event(kind, sequence_number=number, **fields)


def _steps(turn: ScriptedTurn) -> Iterator[Step]:
    whole = response(turn)
    begun: dict[str, object] = {
        **whole,
        "status": "in_progress",
        "incomplete_details": None,
        "output": [],
        "usage": None,
    }
    yield "response.created", {"response": begun}
    yield "response.in_progress", {"response": begun}
    at = 0
    if turn.thoughts is not None:
        yield from _reasoning_steps(turn, turn.thoughts)
        at += 1
    if turn.speaks:
        yield from _message_steps(turn, at)
        at += 1
    for index, call in enumerate(turn.calls, at):
        yield from _call_steps(call, index)
    yield f"response.{whole['status']}", {"response": whole}


def _reasoning_steps(turn: ScriptedTurn, thoughts: str) -> Iterator[Step]:
    item, part = {"output_index": 0}, {"item_id": _REASONING_ID, "output_index": 0, "summary_index": 0}
    yield "response.output_item.added", {**item, "item": _reasoning([])}
    yield "response.reasoning_summary_part.added", {**part, "part": _summary("")}
    for piece in turn.thinking:
        yield "response.reasoning_summary_text.delta", {**part, "delta": piece}
    yield "response.reasoning_summary_text.done", {**part, "text": thoughts}
    yield "response.reasoning_summary_part.done", {**part, "part": _summary(thoughts)}
    yield "response.output_item.done", {**item, "item": _reasoning([_summary(thoughts)])}


def _message_steps(turn: ScriptedTurn, index: int) -> Iterator[Step]:
    item, part = {"output_index": index}, {"item_id": _MESSAGE_ID, "output_index": index, "content_index": 0}
    yield "response.output_item.added", {**item, "item": {**_message(turn, "in_progress"), "content": []}}
    yield "response.content_part.added", {**part, "part": _part("")}
    for piece in turn.pieces:
        yield "response.output_text.delta", {**part, "delta": piece, "logprobs": []}
    yield "response.output_text.done", {**part, "text": turn.text, "logprobs": []}
    yield "response.content_part.done", {**part, "part": _part(turn.text)}
    yield "response.output_item.done", {**item, "item": _message(turn, _status(turn))}


def _call_steps(call: ScriptedCall, index: int) -> Iterator[Step]:
    whole, place = _call(call, "completed"), {"output_index": index}
    yield "response.output_item.added", {**place, "item": {**whole, "status": "in_progress", "arguments": ""}}
    for piece in call.pieces:
        yield "response.function_call_arguments.delta", {**place, "item_id": whole["id"], "delta": piece}
    done = {"item_id": whole["id"], "name": call.name, "arguments": call.arguments}
    yield "response.function_call_arguments.done", {**place, **done}
    yield "response.output_item.done", {**place, "item": whole}


def _status(turn: ScriptedTurn) -> str:
    return "incomplete" if turn.end in _INCOMPLETE else "completed"


def _reasoning(summary: list[dict[str, object]]) -> dict[str, object]:
    return {"type": "reasoning", "id": _REASONING_ID, "summary": summary}


def _summary(text: str) -> dict[str, object]:
    return {"type": "summary_text", "text": text}


def _message(turn: ScriptedTurn, status: str) -> dict[str, object]:
    content = [_part(turn.text)]
    return {"type": "message", "id": _MESSAGE_ID, "role": "assistant", "status": status, "content": content}


def _part(text: str) -> dict[str, object]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _call(call: ScriptedCall, status: str) -> dict[str, object]:
    return {
        "type": "function_call",
        "id": f"fc_{call.own_id or call.id}",
        "call_id": call.named("call"),
        "name": call.name,
        "arguments": call.arguments,
        "status": status,
    }


def _usage(turn: ScriptedTurn) -> dict[str, object]:
    tokens = turn.tokens
    return {
        "input_tokens": tokens.asked,
        "input_tokens_details": {"cached_tokens": tokens.cached or 0},
        "output_tokens": tokens.said,
        "output_tokens_details": {"reasoning_tokens": tokens.thought or 0},
        "total_tokens": tokens.asked + tokens.said,
    }
