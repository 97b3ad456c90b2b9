"""One scripted turn written in the chat and Messages dialects."""

from __future__ import annotations

from collections.abc import (
    Callable,  # noqa: TC003  (msgspec reads the annotations at run time)
    Iterator,  # noqa: TC003  (msgspec reads the annotations at run time)
)

import msgspec
from msgspec import Struct

from ... import go_json
from .responses import response, response_events
from .turn import CREATED, ScriptedCall, ScriptedTurn, event

__all__ = [
    "DIALECTS",
    "ScriptDialect",
    "chat",
    "chat_events",
    "message",
    "message_events",
]


def chat(turn: ScriptedTurn) -> dict[str, object]:
    """The answer of a chat completion."""
    said: dict[str, object] = {"role": "assistant", "content": turn.text if turn.speaks else None}
    if turn.thoughts is not None:
        said["reasoning_content"] = turn.thoughts
    if turn.calls:
        said["tool_calls"] = [_chat_call(call) for call in turn.calls]
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": CREATED,
        "model": turn.model,
        "choices": [
            {"index": index, "message": said, "finish_reason": _chat_end(turn), **_logprobs(turn, turn.pieces)}
            for index in range(turn.choices)
        ],
        "usage": _chat_usage(turn),
    }


def chat_events(turn: ScriptedTurn) -> Iterator[bytes]:
    """The lines of a chat completion's stream, with usage if it is wanted, and the end's mark."""
    yield from _chat_deltas(turn, {"role": "assistant", "content": "" if turn.speaks else None})
    for thought in turn.thinking:
        yield from _chat_deltas(turn, {"reasoning_content": thought})
    for piece in turn.pieces:
        yield from _chat_deltas(turn, {"content": piece}, **_logprobs(turn, [piece]))
    for index, call in enumerate(turn.calls):
        named = _chat_call(call) | {"function": {"name": call.name, "arguments": ""}}
        yield from _chat_deltas(turn, {"tool_calls": [{"index": index, **named}]})
        for piece in call.pieces:
            yield from _chat_deltas(turn, {"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield from _chat_deltas(turn, {}, finish_reason=_chat_end(turn))
    if turn.usage:
        yield _chat_chunk(turn, choices=[], usage=_chat_usage(turn))
    yield b"data: [DONE]\n\n"


def _chat_deltas(turn: ScriptedTurn, delta: dict[str, object], **more: object) -> Iterator[bytes]:
    """The same step of every choice."""
    for index in range(turn.choices):
        yield _chat_chunk(turn, choices=[{"index": index, "delta": delta, "finish_reason": None, **more}])


def _chat_chunk(turn: ScriptedTurn, **more: object) -> bytes:
    head = {"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": CREATED, "model": turn.model}
    return b"data: %s\n\n" % go_json.encode({**head, **more})


def _chat_end(turn: ScriptedTurn) -> str:
    return "stop" if turn.why == "stop_sequence" else turn.why


def _chat_call(call: ScriptedCall) -> dict[str, object]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.named("call"), "type": "function", "function": function}


def _logprobs(turn: ScriptedTurn, pieces: list[str]) -> dict[str, object]:
    """The field of that name where it is wanted: each word is certain, and so are its alternatives."""
    if turn.alternatives is None:
        return {}
    tokens = [{"token": piece, "logprob": 0.0, "bytes": list(piece.encode())} for piece in pieces]
    content = [{**token, "top_logprobs": [token] * turn.alternatives} for token in tokens]
    return {"logprobs": {"content": content, "refusal": None}}


def _chat_usage(turn: ScriptedTurn) -> dict[str, object]:
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


_ENDS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}
_SIGNATURE = "c2NyaXB0ZWQ="  # under thoughts, as Anthropic signs its own


def message(turn: ScriptedTurn) -> dict[str, object]:
    """The answer in Anthropic's dialect."""
    thoughts = [] if turn.thoughts is None else [_thinking(turn.thoughts, _SIGNATURE)]
    text = [{"type": "text", "text": turn.text}] if turn.speaks else []
    return {
        "id": "msg_scripted",
        "type": "message",
        "role": "assistant",
        "model": turn.model,
        "content": [*thoughts, *text, *(_use(call, _input(call)) for call in turn.calls)],
        "stop_reason": _message_end(turn),
        "stop_sequence": turn.stop_sequence,
        "usage": _message_usage(turn),
    }


def message_events(turn: ScriptedTurn) -> Iterator[bytes]:
    """The events of Anthropic's stream, a ping included."""
    usage = _message_usage(turn) | {"output_tokens": 0}
    start: dict[str, object] = {**message(turn), "content": [], "stop_reason": None, "stop_sequence": None}
    yield event("message_start", message={**start, "usage": usage})
    for index, (opened, deltas) in enumerate(_blocks(turn)):
        yield event("content_block_start", index=index, content_block=opened)
        if index == 0:
            yield event("ping")
        for delta in deltas:
            yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    ended = {"stop_reason": _message_end(turn), "stop_sequence": turn.stop_sequence}
    yield event("message_delta", delta=ended, usage={"output_tokens": turn.tokens.said})
    yield event("message_stop")


def _blocks(turn: ScriptedTurn) -> Iterator[tuple[dict[str, object], list[dict[str, str]]]]:
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


def _use(call: ScriptedCall, given: object) -> dict[str, object]:
    return {"type": "tool_use", "id": call.named("toolu"), "name": call.name, "input": given}


def _input(call: ScriptedCall) -> object:
    """The arguments as a value; what is no JSON only a stream can say, and stands here as text."""
    try:
        return msgspec.json.decode(call.arguments)
    except msgspec.DecodeError:
        return call.arguments


def _message_end(turn: ScriptedTurn) -> str:
    return _ENDS.get(turn.why, turn.why)


def _message_usage(turn: ScriptedTurn) -> dict[str, object]:
    """What was read and written; what was read from the cache is counted apart."""
    tokens = turn.tokens
    if tokens.cached is None:
        return {"input_tokens": tokens.asked, "output_tokens": tokens.said}
    read: dict[str, object] = {"input_tokens": tokens.asked - tokens.cached, "output_tokens": tokens.said}
    return read | {"cache_read_input_tokens": tokens.cached}


class ScriptDialect(Struct, frozen=True):
    """How a turn is told: `whole` gives the answer's JSON, `events` the pieces of a stream."""

    whole: Callable[[ScriptedTurn], dict[str, object]]
    events: Callable[[ScriptedTurn], Iterator[bytes]]


DIALECTS = {
    "/chat/completions": ScriptDialect(chat, chat_events),
    "/messages": ScriptDialect(message, message_events),
    "/responses": ScriptDialect(response, response_events),
}
