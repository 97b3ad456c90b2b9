"""A prompt and the text that answers it, turned into each dialect's answer: whole, or as the events of its stream.

What is made up is fixed (ids, times) or counted in words (usage), so that the same request has the same answer.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from .. import go_json

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CREATED", "Turn", "chat", "chat_events", "message", "message_events", "response", "response_events"]

CREATED = 1_700_000_000
"""When everything was made, in seconds since 1970."""


class Turn(Struct, frozen=True):
    """What was asked of which model, and the answer's text."""

    model: str
    prompt: str
    text: str

    @property
    def pieces(self) -> list[str]:
        """The text in the pieces that a stream hands over: words with the space behind them."""
        return re.findall(r"\s*\S+\s*|\s+", self.text)

    @property
    def counts(self) -> tuple[int, int]:
        """How many words went in and came out."""
        return len(self.prompt.split()), len(self.text.split())


def chat(turn: Turn) -> dict[str, object]:
    """The answer of a chat completion."""
    said = {"role": "assistant", "content": turn.text}
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": CREATED,
        "model": turn.model,
        "choices": [{"index": 0, "message": said, "finish_reason": "stop"}],
        "usage": _chat_usage(turn),
    }


def chat_events(turn: Turn) -> Iterator[bytes]:
    """The lines of a chat completion's stream, with usage and the end's mark."""
    yield _delta(turn, {"role": "assistant", "content": ""})
    for piece in turn.pieces:
        yield _delta(turn, {"content": piece})
    yield _delta(turn, {}, finish="stop")
    yield _chunk(turn, choices=[], usage=_chat_usage(turn))
    yield b"data: [DONE]\n\n"


def _delta(turn: Turn, delta: dict[str, str], finish: str | None = None) -> bytes:
    return _chunk(turn, choices=[{"index": 0, "delta": delta, "finish_reason": finish}])


def _chunk(turn: Turn, **more: object) -> bytes:
    head = {"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": CREATED, "model": turn.model}
    return b"data: %s\n\n" % go_json.encode({**head, **more})


def _chat_usage(turn: Turn) -> dict[str, object]:
    asked, said = turn.counts
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


def message(turn: Turn) -> dict[str, object]:
    """The answer in Anthropic's dialect."""
    asked, said = turn.counts
    return {
        "id": "msg_scripted",
        "type": "message",
        "role": "assistant",
        "model": turn.model,
        "content": [{"type": "text", "text": turn.text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": asked, "output_tokens": said},
    }


def message_events(turn: Turn) -> Iterator[bytes]:
    """The events of Anthropic's stream, a ping included."""
    asked, said = turn.counts
    usage = {"input_tokens": asked, "output_tokens": 0}
    start: dict[str, object] = {**message(turn), "content": [], "stop_reason": None, "usage": usage}
    yield _event("message_start", message=start)
    yield _event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    yield _event("ping")
    for piece in turn.pieces:
        yield _event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
    yield _event("content_block_stop", index=0)
    delta = {"stop_reason": "end_turn", "stop_sequence": None}
    yield _event("message_delta", delta=delta, usage={"output_tokens": said})
    yield _event("message_stop")


def response(turn: Turn) -> dict[str, object]:
    """The answer of the Responses API."""
    asked, said = turn.counts
    return {
        "id": "resp_scripted",
        "object": "response",
        "created_at": CREATED,
        "status": "completed",
        "model": turn.model,
        "output": [_item(turn, "completed")],
        "usage": {"input_tokens": asked, "output_tokens": said, "total_tokens": asked + said},
    }


def response_events(turn: Turn) -> Iterator[bytes]:
    """The typed events of the Responses API's stream, numbered."""
    for number, (kind, fields) in enumerate(_response_steps(turn)):
        yield _event(kind, sequence_number=number, **fields)


def _response_steps(turn: Turn) -> Iterator[tuple[str, dict[str, object]]]:
    whole = response(turn)
    begun: dict[str, object] = {**whole, "status": "in_progress", "output": [], "usage": None}
    item, part = {"output_index": 0}, {"item_id": "msg_scripted", "output_index": 0, "content_index": 0}
    yield "response.created", {"response": begun}
    yield "response.in_progress", {"response": begun}
    yield "response.output_item.added", {**item, "item": {**_item(turn, "in_progress"), "content": []}}
    yield "response.content_part.added", {**part, "part": _part("")}
    for piece in turn.pieces:
        yield "response.output_text.delta", {**part, "delta": piece}
    yield "response.output_text.done", {**part, "text": turn.text}
    yield "response.content_part.done", {**part, "part": _part(turn.text)}
    yield "response.output_item.done", {**item, "item": _item(turn, "completed")}
    yield "response.completed", {"response": whole}


def _item(turn: Turn, status: str) -> dict[str, object]:
    content = [_part(turn.text)]
    return {"type": "message", "id": "msg_scripted", "role": "assistant", "status": status, "content": content}


def _part(text: str) -> dict[str, object]:
    return {"type": "output_text", "text": text, "annotations": []}


def _event(kind: str, **fields: object) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), go_json.encode({"type": kind, **fields}))
