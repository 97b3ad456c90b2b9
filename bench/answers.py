"""The responses of the benchmark's server, as prepared bytes, and the results that a client must read from them.

The first segment of the URL's path names the response. A client of the benchmark gets `http://127.0.0.1:PORT/NAME/v1`
as its base URL and needs no other configuration. The format is the real gateway's: one HTTP chunk per event, no
`Content-Length` on streams.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

TEXT = "Hello there."
TOTAL_TOKENS = 8
WORD = "word%02d "  # in every piece of a stream: seven characters
PIECES = 20_000
MANY_PIECES = 200_000
PACED_PIECES = 60
PACE = 0.05  # seconds between two pieces of a paced stream: twenty pieces per second, like a model
IDLE_PIECES = 10
MODELS = 300
ARGUMENT = '"%02d",'  # in every piece of a tool's arguments
KILO = 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: the bytes of its head, then its body in writes."""

    head: bytes
    writes: list[bytes]  # each is one write
    repeated: int = 1  # how often the writes are sent before `end`
    end: bytes = b""
    pace: float = 0.0  # seconds between two writes; a paced response has only writes


@dataclass(frozen=True, slots=True)
class Expected:
    """The result that a client must read from a response."""

    units: int  # chunks, events or models, as a client counts them
    characters: int = 0
    tokens: int = 0
    also: frozenset[int] = field(default_factory=frozenset)  # other correct counts of units


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _whole(value: object) -> Answer:
    body = _json(value)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    return Answer(b"", [head + body])


STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nCache-Control: no-cache\r\nContent-Type: text/event-stream\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
LAST = b"0\r\n\r\n"


def _framed(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _event(value: object, name: str = "") -> bytes:
    prefix = f"event: {name}\n".encode() if name else b""
    return _framed(prefix + b"data: " + _json(value) + b"\n\n")


DONE = _framed(b"data: [DONE]\n\n")


def _joined(writes: list[bytes], size: int = 64 * KILO) -> list[bytes]:
    """Return the same bytes in writes of about `size`, like the buffer of a slow reader."""
    whole = b"".join(writes)
    return [whole[start : start + size] for start in range(0, len(whole), size)]


# Chat completions

CHAT = {
    "id": "chatcmpl-bench000000001",
    "object": "chat.completion",
    "created": 1_790_000_000,
    "model": "bench-model",
    "system_fingerprint": "fp_bench",
    "choices": [
        {"index": 0, "finish_reason": "stop", "logprobs": None, "message": {"role": "assistant", "content": TEXT}}
    ],
    "usage": {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": TOTAL_TOKENS},
}


PADDING = "Qw8LtZ0cVyN3uHd"  # api.openai.com pads each chunk, so that its length does not reveal the word


def _chunk(delta: object, finish: str | None = None, *, padded: bool = True) -> bytes:
    padding = {"obfuscation": PADDING[len(str(delta)) % 8 :]} if padded else {}
    return _chat_event([{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}], **padding)


def _chat_event(choices: list[object], **more: object) -> bytes:
    return _event(
        {
            "id": "chatcmpl-bench000000001",
            "object": "chat.completion.chunk",
            "created": 1_790_000_000,
            "model": "bench-model",
            "system_fingerprint": "fp_bench",
            "choices": choices,
            **more,
        }
    )


OPENING = STREAM_HEAD + _chunk({"role": "assistant", "content": ""})
USAGE_AND_END = _chat_event([], usage=CHAT["usage"]) + DONE + LAST
CLOSING = _chunk({}, "stop") + USAGE_AND_END


def _words(count: int, *, padded: bool = True) -> list[bytes]:
    return [_chunk({"content": WORD % (number % 100)}, padded=padded) for number in range(count)]


def _chat_stream(count: int, *, padded: bool = True) -> list[bytes]:
    return [OPENING, *_words(count, padded=padded), CLOSING]


def _expected_chat(count: int) -> Expected:
    return Expected(units=count + 3, characters=7 * count, tokens=TOTAL_TOKENS)


TOOL_CALLS = 4


def _tool_stream(count: int) -> list[bytes]:
    """Return a stream of consecutive tool calls, with their arguments in pieces."""
    writes = [STREAM_HEAD + _chunk({"role": "assistant", "content": None})]
    for call in range(TOOL_CALLS):
        function = {"name": f"look_up_{call}", "arguments": ""}
        begun = {"index": call, "id": f"call_{call}", "type": "function", "function": function}
        writes.append(_chunk({"tool_calls": [begun]}))
        for number in range(count // TOOL_CALLS):
            text = ARGUMENT % (number % 100)
            text = '{"keys":[' + text if number == 0 else text
            text = '"last"]}' if number == count // TOOL_CALLS - 1 else text
            writes.append(_chunk({"tool_calls": [{"index": call, "function": {"arguments": text}}]}))
    return [*writes, _chunk({}, "tool_calls") + USAGE_AND_END]


def _expected_tools(count: int) -> Expected:
    each = count // TOOL_CALLS
    characters = TOOL_CALLS * ((each - 1) * len(ARGUMENT % 0) + len('{"keys":[') + len('"last"]}'))
    return Expected(units=TOOL_CALLS * (each + 1) + 3, characters=characters, tokens=TOTAL_TOKENS)


# Responses and Messages


def _response(status: str, text: str | None) -> dict[str, object]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}
    usage = {
        "input_tokens": 5,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 3,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": TOTAL_TOKENS,
    }
    return {
        "id": "resp_1", "object": "response", "created_at": 1_790_000_000, "status": status, "model": "bench-model",
        "output": [] if text is None else [item], "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
        "error": None, "incomplete_details": None, "instructions": None, "metadata": {}, "temperature": 1.0,
        "top_p": 1.0, "usage": None if text is None else usage,
    }  # fmt: skip


def _responses_stream(count: int) -> list[bytes]:
    number = -1

    def event(kind: str, **more: object) -> bytes:
        nonlocal number
        number += 1
        return _event({"type": kind, "sequence_number": number, **more}, kind)

    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "in_progress", "content": []}
    part = {"type": "output_text", "text": "", "annotations": []}
    writes = [
        STREAM_HEAD + event("response.created", response=_response("in_progress", None)),
        event("response.in_progress", response=_response("in_progress", None)),
        event("response.output_item.added", output_index=0, item=item),
        event("response.content_part.added", **place, part=part),
    ]
    words = [WORD % (index % 100) for index in range(count)]
    writes += [event("response.output_text.delta", **place, delta=word, logprobs=[]) for word in words]
    text = "".join(words)
    whole = _response("completed", text)
    writes += [
        event("response.output_text.done", **place, text=text, logprobs=[]),
        event("response.content_part.done", **place, part=part | {"text": text}),
        event("response.output_item.done", output_index=0, item=whole["output"][0]),  # type: ignore[index]
        event("response.completed", response=whole) + LAST,
    ]
    return writes


def _messages_stream(count: int) -> list[bytes]:
    def event(kind: str, **more: object) -> bytes:
        return _event({"type": kind, **more}, kind)

    message = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "bench-model", "content": [],
        "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 5, "output_tokens": 1},
    }  # fmt: skip
    deltas = [
        event("content_block_delta", index=0, delta={"type": "text_delta", "text": WORD % (index % 100)})
        for index in range(count)
    ]
    return [
        STREAM_HEAD + event("message_start", message=message),
        event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        event("ping"),
        *deltas,
        event("content_block_stop", index=0),
        event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 3}),
        event("message_stop") + LAST,
    ]


# Listings


def _models() -> Answer:
    providers = ("openai", "groq", "mistral")
    pricing = {
        "currency": "USD", "input_per_token": "0.00000015", "output_per_token": "0.0000006",
        "cache_read_per_token": "0.000000075", "source": "community", "updated_at": "2026-11-01T00:00:00Z",
    }  # fmt: skip
    data = [
        {
            "id": f"{providers[number % 3]}/model-{number}",
            "object": "model",
            "created": 1_790_000_000 + number,
            "owned_by": providers[number % 3],
            "served_by": providers[number % 3],
            "context_window": {"tokens": 131_072, "source": "provider"},
            "modalities": {"input": ["text", "image"], "output": ["text"]},
            "pricing": pricing,
        }
        for number in range(MODELS)
    ]
    return _whole({"object": "list", "data": data})


def build() -> dict[str, Answer]:
    """Return every response by its name."""
    stream = _chat_stream(PIECES)
    return {
        "chat": _whole(CHAT),
        "models": _models(),
        "warm": Answer(b"", _joined(_chat_stream(200))),
        "short": Answer(b"", _chat_stream(2_000)),
        "short-joined": Answer(b"", _joined(_chat_stream(2_000))),
        "each": Answer(b"", stream),
        "joined": Answer(b"", _joined(stream)),
        "plain": Answer(b"", _chat_stream(PIECES, padded=False)),
        "short-plain": Answer(b"", _chat_stream(2_000, padded=False)),
        "many": Answer(OPENING, _joined(_words(PIECES)), repeated=MANY_PIECES // PIECES, end=CLOSING),
        "paced": Answer(b"", _chat_stream(PACED_PIECES), pace=PACE),
        "idle": Answer(OPENING, _words(IDLE_PIECES)),  # without an end: it becomes silent
        "tools": Answer(b"", _tool_stream(PIECES)),
        "short-tools": Answer(b"", _tool_stream(2_000)),
        "responses": Answer(b"", _responses_stream(PIECES)),
        "messages": Answer(b"", _messages_stream(PIECES)),
    }


EXPECTED = {
    "chat": Expected(1, len(TEXT), TOTAL_TOKENS),
    "models": Expected(MODELS),
    "warm": _expected_chat(200),
    "short": _expected_chat(2_000),
    "short-joined": _expected_chat(2_000),
    "each": _expected_chat(PIECES),
    "joined": _expected_chat(PIECES),
    "plain": _expected_chat(PIECES),
    "short-plain": _expected_chat(2_000),
    "many": _expected_chat(MANY_PIECES),
    "paced": _expected_chat(PACED_PIECES),
    "tools": _expected_tools(PIECES),
    "short-tools": _expected_tools(2_000),
    "responses": Expected(PIECES + 8, 7 * PIECES, TOTAL_TOKENS),
    "messages": Expected(PIECES + 6, 7 * PIECES, 3, frozenset({PIECES + 5})),  # a client may hide the ping
}
