"""Encoders of a model's turn in each dialect, whole and as a stream: chat, Messages and Responses."""

from __future__ import annotations

from collections.abc import (
    Callable,  # noqa: TC003  (msgspec reads the annotations at run time)
    Iterator,  # noqa: TC003  (msgspec reads the annotations at run time)
)

import msgspec
from msgspec import Struct

from ... import go_json
from .conversation import CREATED, ScriptedCall, ScriptedTurn, event

__all__ = [
    "DIALECTS",
    "ScriptDialect",
    "chat",
    "chat_events",
    "message",
    "message_events",
    "response",
    "response_events",
]


ResponseStep = tuple[str, dict[str, object]]

_MESSAGE_ID, _REASONING_ID = "msg_scripted", "rs_scripted"
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


def response(turn: ScriptedTurn) -> dict[str, object]:
    """Return the body of a Responses API answer."""
    status = _response_status(turn)
    thoughts = [] if turn.thoughts is None else [_response_reasoning([_response_summary(turn.thoughts)])]
    message = [_response_message(turn, status)] if turn.speaks else []
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
        "output": [*thoughts, *message, *(_response_call(call, "completed") for call in turn.calls)],
        "usage": _response_usage(turn),
    }


def response_events(turn: ScriptedTurn) -> Iterator[bytes]:
    """Yield the typed, numbered events of a Responses API stream."""
    for number, (kind, fields) in enumerate(_steps(turn)):
        yield event(kind, sequence_number=number, **fields)


def _steps(turn: ScriptedTurn) -> Iterator[ResponseStep]:
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


def _reasoning_steps(turn: ScriptedTurn, thoughts: str) -> Iterator[ResponseStep]:
    item, part = {"output_index": 0}, {"item_id": _REASONING_ID, "output_index": 0, "summary_index": 0}
    yield "response.output_item.added", {**item, "item": _response_reasoning([])}
    yield "response.reasoning_summary_part.added", {**part, "part": _response_summary("")}
    for piece in turn.thinking:
        yield "response.reasoning_summary_text.delta", {**part, "delta": piece}
    yield "response.reasoning_summary_text.done", {**part, "text": thoughts}
    yield "response.reasoning_summary_part.done", {**part, "part": _response_summary(thoughts)}
    yield "response.output_item.done", {**item, "item": _response_reasoning([_response_summary(thoughts)])}


def _message_steps(turn: ScriptedTurn, index: int) -> Iterator[ResponseStep]:
    item, part = {"output_index": index}, {"item_id": _MESSAGE_ID, "output_index": index, "content_index": 0}
    yield "response.output_item.added", {**item, "item": {**_response_message(turn, "in_progress"), "content": []}}
    yield "response.content_part.added", {**part, "part": _response_part("")}
    for piece in turn.pieces:
        yield "response.output_text.delta", {**part, "delta": piece, "logprobs": []}
    yield "response.output_text.done", {**part, "text": turn.text, "logprobs": []}
    yield "response.content_part.done", {**part, "part": _response_part(turn.text)}
    yield "response.output_item.done", {**item, "item": _response_message(turn, _response_status(turn))}


def _call_steps(call: ScriptedCall, index: int) -> Iterator[ResponseStep]:
    whole, place = _response_call(call, "completed"), {"output_index": index}
    yield "response.output_item.added", {**place, "item": {**whole, "status": "in_progress", "arguments": ""}}
    for piece in call.pieces:
        yield "response.function_call_arguments.delta", {**place, "item_id": whole["id"], "delta": piece}
    done = {"item_id": whole["id"], "name": call.name, "arguments": call.arguments}
    yield "response.function_call_arguments.done", {**place, **done}
    yield "response.output_item.done", {**place, "item": whole}


def _response_status(turn: ScriptedTurn) -> str:
    return "incomplete" if turn.end in _INCOMPLETE else "completed"


def _response_reasoning(summary: list[dict[str, object]]) -> dict[str, object]:
    return {"type": "reasoning", "id": _REASONING_ID, "summary": summary}


def _response_summary(text: str) -> dict[str, object]:
    return {"type": "summary_text", "text": text}


def _response_message(turn: ScriptedTurn, status: str) -> dict[str, object]:
    content = [_response_part(turn.text)]
    return {"type": "message", "id": _MESSAGE_ID, "role": "assistant", "status": status, "content": content}


def _response_part(text: str) -> dict[str, object]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _response_call(call: ScriptedCall, status: str) -> dict[str, object]:
    return {
        "type": "function_call",
        "id": f"fc_{call.own_id or call.id}",
        "call_id": call.named("call"),
        "name": call.name,
        "arguments": call.arguments,
        "status": status,
    }


def _response_usage(turn: ScriptedTurn) -> dict[str, object]:
    tokens = turn.tokens
    return {
        "input_tokens": tokens.input,
        "input_tokens_details": {"cached_tokens": tokens.cached or 0},
        "output_tokens": tokens.output,
        "output_tokens_details": {"reasoning_tokens": tokens.thought or 0},
        "total_tokens": tokens.input + tokens.output,
    }


def chat(turn: ScriptedTurn) -> dict[str, object]:
    """Return the body of a chat completion."""
    output: dict[str, object] = {"role": "assistant", "content": turn.text if turn.speaks else None}
    if turn.thoughts is not None:
        output["reasoning_content"] = turn.thoughts
    if turn.calls:
        output["tool_calls"] = [_chat_call(call) for call in turn.calls]
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": CREATED,
        "model": turn.model,
        "choices": [
            {"index": index, "message": output, "finish_reason": _chat_end(turn), **_logprobs(turn, turn.pieces)}
            for index in range(turn.choices)
        ],
        "usage": _chat_usage(turn),
    }


def chat_events(turn: ScriptedTurn) -> Iterator[bytes]:
    """Yield the events of a chat completion's stream, with usage if requested, and `[DONE]`."""
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
    """Yield the same chunk for every choice."""
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
    """Return the `logprobs` field if requested. Each word and its alternatives have the probability 1."""
    if turn.alternatives is None:
        return {}
    tokens = [{"token": piece, "logprob": 0.0, "bytes": list(piece.encode())} for piece in pieces]
    content = [{**token, "top_logprobs": [token] * turn.alternatives} for token in tokens]
    return {"logprobs": {"content": content, "refusal": None}}


def _chat_usage(turn: ScriptedTurn) -> dict[str, object]:
    tokens = turn.tokens
    counts: dict[str, object] = {
        "prompt_tokens": tokens.input,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.input + tokens.output,
    }
    if tokens.cached is not None:
        counts["prompt_tokens_details"] = {"cached_tokens": tokens.cached}
    if tokens.thought is not None:
        counts["completion_tokens_details"] = {"reasoning_tokens": tokens.thought}
    return counts


_ENDS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}
_SIGNATURE = "c2NyaXB0ZWQ="  # of thinking blocks; Anthropic signs its own


def message(turn: ScriptedTurn) -> dict[str, object]:
    """Return the body of a Messages API answer."""
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
    """Yield the events of a Messages API stream, a ping included."""
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
    yield event("message_delta", delta=ended, usage={"output_tokens": turn.tokens.output})
    yield event("message_stop")


def _blocks(turn: ScriptedTurn) -> Iterator[tuple[dict[str, object], list[dict[str, str]]]]:
    """Yield each content block as it starts, with its deltas."""
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
    """Return the decoded arguments. Text that is not JSON stays text, as only a stream can carry it unchanged."""
    try:
        return msgspec.json.decode(call.arguments)
    except msgspec.DecodeError:
        return call.arguments


def _message_end(turn: ScriptedTurn) -> str:
    return _ENDS.get(turn.why, turn.why)


def _message_usage(turn: ScriptedTurn) -> dict[str, object]:
    """Return the token counts. Cached input tokens are counted separately."""
    tokens = turn.tokens
    if tokens.cached is None:
        return {"input_tokens": tokens.input, "output_tokens": tokens.output}
    read: dict[str, object] = {"input_tokens": tokens.input - tokens.cached, "output_tokens": tokens.output}
    return read | {"cache_read_input_tokens": tokens.cached}


class ScriptDialect(Struct, frozen=True):
    """The encoders of a dialect: `whole` returns the answer's body, `events` yields the pieces of a stream."""

    whole: Callable[[ScriptedTurn], dict[str, object]]
    events: Callable[[ScriptedTurn], Iterator[bytes]]


DIALECTS = {
    "/chat/completions": ScriptDialect(chat, chat_events),
    "/messages": ScriptDialect(message, message_events),
    "/responses": ScriptDialect(response, response_events),
}
