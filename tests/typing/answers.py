"""Type checks by mypy strict and pyright strict, never run: the types of answers and their conveniences."""
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
    """Check that conveniences of a chat have exact types."""
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
    """Check that a list of models iterates over models."""
    assert_type(iter(listing), Iterator[Model])
    assert_type([model for model in listing], list[Model])
    assert_type(len(listing), int)


class Weather:
    """A type of a user's own."""


def arguments(function: ChatCompletionMessageToolCallFunction) -> None:
    """Check that arguments have the requested type."""
    assert_type(function.parse_arguments(), dict[str, Any])
    assert_type(function.parse_arguments(Weather), Weather)


def union(content: MessageContent) -> str:
    """Check that a match over a union is exhaustive: no case is missing here, and none is surplus."""
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
    """Check that required fields must be given, and misspelt fields are errors."""
    TextContentPart(text="hi")
    TextContentPart(txt="hi")  # type: ignore[call-arg]
    Message(content="hi")  # type: ignore[call-arg]
    Message(role=MessageRole.USER, content="hi", _unknown=None)  # type: ignore[call-arg]
    return SameMessage.from_dict({"role": "user", "content": "hi"})


def names() -> None:
    """Check that an unknown name is an error, at the root and in types."""
    print(inference_gateway_sdk.NoSuchName)  # type: ignore[attr-defined]
    print(types.NoSuchName)  # type: ignore[attr-defined]
