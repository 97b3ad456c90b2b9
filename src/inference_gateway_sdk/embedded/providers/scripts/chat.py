"""A turn as a chat completion: whole, or as the lines of its stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import go_json
from .turn import CREATED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .turn import Call, Turn

__all__ = ["chat", "chat_events"]


def chat(turn: Turn) -> dict[str, object]:
    """The answer of a chat completion."""
    said: dict[str, object] = {"role": "assistant", "content": turn.text if turn.speaks else None}
    if turn.thoughts is not None:
        said["reasoning_content"] = turn.thoughts
    if turn.calls:
        said["tool_calls"] = [_call(call) for call in turn.calls]
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": CREATED,
        "model": turn.model,
        "choices": [
            {"index": index, "message": said, "finish_reason": _end(turn), **_logprobs(turn, turn.pieces)}
            for index in range(turn.choices)
        ],
        "usage": _usage(turn),
    }


def chat_events(turn: Turn) -> Iterator[bytes]:
    """The lines of a chat completion's stream, with usage if it is wanted, and the end's mark."""
    yield from _deltas(turn, {"role": "assistant", "content": "" if turn.speaks else None})
    for thought in turn.thinking:
        yield from _deltas(turn, {"reasoning_content": thought})
    for piece in turn.pieces:
        yield from _deltas(turn, {"content": piece}, **_logprobs(turn, [piece]))
    for index, call in enumerate(turn.calls):
        named = _call(call) | {"function": {"name": call.name, "arguments": ""}}
        yield from _deltas(turn, {"tool_calls": [{"index": index, **named}]})
        for piece in call.pieces:
            yield from _deltas(turn, {"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield from _deltas(turn, {}, finish_reason=_end(turn))
    if turn.usage:
        yield _chunk(turn, choices=[], usage=_usage(turn))
    yield b"data: [DONE]\n\n"


def _deltas(turn: Turn, delta: dict[str, object], **more: object) -> Iterator[bytes]:
    """The same step of every choice."""
    for index in range(turn.choices):
        yield _chunk(turn, choices=[{"index": index, "delta": delta, "finish_reason": None, **more}])


def _chunk(turn: Turn, **more: object) -> bytes:
    head = {"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": CREATED, "model": turn.model}
    return b"data: %s\n\n" % go_json.encode({**head, **more})


def _end(turn: Turn) -> str:
    return "stop" if turn.why == "stop_sequence" else turn.why


def _call(call: Call) -> dict[str, object]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.named("call"), "type": "function", "function": function}


def _logprobs(turn: Turn, pieces: list[str]) -> dict[str, object]:
    """The field of that name where it is wanted: each word is certain, and so are its alternatives."""
    if turn.alternatives is None:
        return {}
    tokens = [{"token": piece, "logprob": 0.0, "bytes": list(piece.encode())} for piece in pieces]
    content = [{**token, "top_logprobs": [token] * turn.alternatives} for token in tokens]
    return {"logprobs": {"content": content, "refusal": None}}


def _usage(turn: Turn) -> dict[str, object]:
    tokens = turn.tokens
    counts: dict[str, object] = {
        "prompt_tokens": tokens.asked,
        "completion_tokens": tokens.said,
        "total_tokens": tokens.asked + tokens.said,
    }
    if tokens.cached is not None:
        counts["prompt_tokens_details"] = {"cached_tokens": tokens.cached}
    if tokens.thought is not None:
        counts["completion_tokens_details"] = {"reasoning_tokens": tokens.thought}
    return counts
