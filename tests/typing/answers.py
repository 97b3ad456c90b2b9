"""Checked by mypy strict and pyright strict, never run: what answers and their conveniences are."""
# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, assert_type

import inference_gateway_sdk
from inference_gateway_sdk import (
    ChatCompletionMessageToolCall,
    ChatCompletionMessageToolCallFunction,
    CreateChatCompletionResponse,
    CreateChatCompletionStreamResponse,
    FinishReason,
    ImageContentPart,
    ListModelsResponse,
    Message,
    MessageContent,
    MessageRole,
    Meta,
    Model,
    TextContentPart,
    UnknownContentPart,
    types,
)
from inference_gateway_sdk.types import Message as SameMessage


def chat(reply: CreateChatCompletionResponse, chunk: CreateChatCompletionStreamResponse) -> None:
    """Conveniences of a chat have exact types."""
    assert_type(reply.text, str | None)
    assert_type(reply.message, Message | None)
    assert_type(reply.tool_calls, list[ChatCompletionMessageToolCall])
    assert_type(reply.complete, bool)
    assert_type(reply.meta, Meta | None)
    assert_type(reply.extra_fields.get("x"), Any | None)
    assert_type(reply.to_dict(), dict[str, Any])
    assert_type(reply.to_json(), str)
    assert_type(
        reply.choices[0].finish_reason,
        FinishReason | Literal["stop", "length", "tool_calls", "content_filter", "function_call"] | str | None,  # noqa: PYI051
    )
    assert_type(reply.choices[0].message, Message)
    assert_type(reply.created, int)
    assert_type(chunk.text, str | None)
    assert_type(chunk.choices[0].delta.content, str | None)
    assert_type(CreateChatCompletionResponse.from_json("{}"), CreateChatCompletionResponse)


def models(listing: ListModelsResponse) -> None:
    """A list of models is gone through as models."""
    assert_type(iter(listing), Iterator[Model])
    assert_type([model for model in listing], list[Model])
    assert_type(len(listing), int)


class Weather:
    """A type of a user's own."""


def arguments(function: ChatCompletionMessageToolCallFunction) -> None:
    """Arguments come as what was asked for."""
    assert_type(function.parse_arguments(), dict[str, Any])
    assert_type(function.parse_arguments(Weather), Weather)


def union(content: MessageContent) -> str:
    """A match over a union is checked for completeness: no case is missing here, and none is too many."""
    if isinstance(content, str):
        return content
    for part in content:
        match part:
            case TextContentPart(text=text):
                return text
            case ImageContentPart(image_url=image):
                return image.url
            case UnknownContentPart(data=data):
                return str(data)
    return ""


def construction() -> SameMessage:
    """What the contract requires must be given, and misspelt fields are errors."""
    TextContentPart(text="hi")
    TextContentPart(txt="hi")  # type: ignore[call-arg]
    Message(content="hi")  # type: ignore[call-arg]
    Message(role=MessageRole.USER, content="hi", _unknown=None)  # type: ignore[call-arg]
    return SameMessage.from_dict({"role": "user", "content": "hi"})


def names() -> None:
    """A name that is not there is an error, at the root and in types."""
    print(inference_gateway_sdk.NoSuchName)  # type: ignore[attr-defined]
    print(types.NoSuchName)  # type: ignore[attr-defined]
