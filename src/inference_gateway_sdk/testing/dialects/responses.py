"""An answer as the Responses API says it (contract: POST /responses), whole or as typed events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .turn import CREATED, Event, Turn, named_event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..answer import ToolCall

__all__ = ["events", "whole"]

_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}

Fields = dict[str, object]


def whole(turn: Turn) -> Fields:
    """The whole response."""
    why = _INCOMPLETE.get(turn.answer.finish_reason)
    return {
        "id": "resp_scripted",
        "object": "response",
        "created_at": CREATED,
        "status": "incomplete" if why else "completed",
        "incomplete_details": {"reason": why} if why else None,
        "error": None,
        "model": turn.model,
        "output": list(_items(turn)),
        "usage": _usage(turn),
    }


def _items(turn: Turn) -> Iterator[Fields]:
    answer = turn.answer
    if answer.reasoning is not None:
        yield {"type": "reasoning", "id": "rs_scripted", "summary": [_summary(answer.reasoning)]}
    if answer.text is not None:
        yield _message([_part(answer.text)], "completed")
    for call in answer.tool_calls:
        yield _call(call, call.text, "completed")


def _message(content: list[Fields], status: str) -> Fields:
    return {"type": "message", "id": "msg_scripted", "role": "assistant", "status": status, "content": content}


def _call(call: ToolCall, arguments: str, status: str) -> Fields:
    said: Fields = {"call_id": call.id, "name": call.name, "arguments": arguments}
    return {"type": "function_call", "id": f"fc_{call.id}", "status": status, **said}


def _part(text: str) -> Fields:
    return {"type": "output_text", "text": text, "annotations": []}


def _summary(text: str) -> Fields:
    return {"type": "summary_text", "text": text}


def _usage(turn: Turn) -> Fields:
    usage = turn.usage
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {"cached_tokens": usage.cached or 0},
        "output_tokens": usage.completion,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning or 0},
        "total_tokens": usage.prompt + usage.completion,
    }


def events(turn: Turn) -> Iterator[Event]:
    """The typed events of the stream, numbered."""
    for number, (kind, fields) in enumerate(_steps(turn)):
        yield named_event(kind, sequence_number=number, **fields, says=kind.endswith(".delta"))


def _steps(turn: Turn) -> Iterator[tuple[str, Fields]]:
    done = whole(turn)
    begun: Fields = {**done, "status": "in_progress", "incomplete_details": None, "output": [], "usage": None}
    yield "response.created", {"response": begun}
    yield "response.in_progress", {"response": begun}
    for index, item in enumerate(_items(turn)):
        place: Fields = {"item_id": item["id"], "output_index": index}
        yield "response.output_item.added", {"output_index": index, "item": _begun(item)}
        yield from _written(turn, item, place)
        yield "response.output_item.done", {"output_index": index, "item": item}
    yield f"response.{done['status']}", {"response": done}


def _begun(item: Fields) -> Fields:
    """The item before anything of it has come."""
    empty: dict[str, Fields] = {
        "message": {"status": "in_progress", "content": []},
        "reasoning": {"summary": []},
        "function_call": {"status": "in_progress", "arguments": ""},
    }
    return {**item, **empty[str(item["type"])]}


def _written(turn: Turn, item: Fields, place: Fields) -> Iterator[tuple[str, Fields]]:
    if item["type"] == "message":
        text, where = turn.answer.text or "", {**place, "content_index": 0}
        yield "response.content_part.added", {**where, "part": _part("")}
        yield from _told("response.output_text", where, "text", turn.answer.pieces, text)
        yield "response.content_part.done", {**where, "part": _part(text)}
    elif item["type"] == "reasoning":
        text, where = turn.answer.reasoning or "", {**place, "summary_index": 0}
        yield "response.reasoning_summary_part.added", {**where, "part": _summary("")}
        yield from _told("response.reasoning_summary_text", where, "text", turn.thoughts, text)
        yield "response.reasoning_summary_part.done", {**where, "part": _summary(text)}
    else:
        text = str(item["arguments"])
        yield from _told("response.function_call_arguments", place, "arguments", turn.parts(text), text)


def _told(kind: str, place: Fields, name: str, pieces: Iterable[str], whole_text: str) -> Iterator[tuple[str, Fields]]:
    for piece in pieces:
        yield f"{kind}.delta", {**place, "delta": piece}
    yield f"{kind}.done", {**place, name: whole_text}
