"""The floor's types for the responses of the benchmark: only the fields that the server sends."""

from __future__ import annotations

from typing import Any

import msgspec


class Usage(msgspec.Struct):
    """Counts."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Function(msgspec.Struct):
    """A call's name and a piece of its arguments."""

    name: str | None = None
    arguments: str | None = None


class ToolCall(msgspec.Struct):
    """A piece of a tool call."""

    index: int
    function: Function
    id: str | None = None
    type: str | None = None


class Delta(msgspec.Struct):
    """A delta, or a whole message."""

    role: str | None = None
    content: str | None = None
    tool_calls: list[ToolCall] | None = None


class Choice(msgspec.Struct):
    """A choice of a reply or of a chunk."""

    index: int
    message: Delta | None = None
    delta: Delta | None = None
    finish_reason: str | None = None
    logprobs: dict[str, Any] | None = None


class Chat(msgspec.Struct):
    """A reply or a chunk."""

    id: str
    object: str
    created: int
    model: str
    choices: list[Choice]
    system_fingerprint: str | None = None
    usage: Usage | None = None


class Window(msgspec.Struct):
    """The context window of a model."""

    tokens: int
    source: str


class Modalities(msgspec.Struct):
    """The modalities of a model."""

    input: list[str]
    output: list[str]


class Pricing(msgspec.Struct):
    """The prices of a model."""

    currency: str
    input_per_token: str
    output_per_token: str
    source: str
    updated_at: str
    cache_read_per_token: str | None = None


class Model(msgspec.Struct):
    """A model."""

    id: str
    object: str
    created: int
    owned_by: str
    served_by: str
    context_window: Window | None = None
    modalities: Modalities | None = None
    pricing: Pricing | None = None


class Models(msgspec.Struct):
    """A list of models."""

    object: str
    data: list[Model]


class Event(msgspec.Struct):
    """An event of the Responses dialect."""

    type: str
    sequence_number: int
    delta: str | None = None
    item_id: str | None = None
    output_index: int | None = None
    content_index: int | None = None
    response: dict[str, Any] | None = None


class BlockDelta(msgspec.Struct):
    """A delta of a block or of the message."""

    type: str | None = None
    text: str | None = None
    stop_reason: str | None = None


class MessageUsage(msgspec.Struct):
    """Counts."""

    output_tokens: int


class MessageEvent(msgspec.Struct):
    """An event of the Messages dialect."""

    type: str
    index: int | None = None
    delta: BlockDelta | None = None
    message: dict[str, Any] | None = None
    content_block: dict[str, Any] | None = None
    usage: MessageUsage | None = None
