"""A chat's messages, made of what a user has at hand: texts, pictures, the results of tools."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeAlias

from .._generated.chat import (
    ChatCompletionMessageToolCall,
    ContentPart,
    ImageContentPart,
    Message,
    MessageRole,
    TextContentPart,
)
from .._model.json_value import is_iterable
from . import codec
from .deltas import ToolCallEnd
from .picture_part import image_part

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["assistant", "system", "tool_result", "user"]

_Picture: TypeAlias = ImageContentPart | str | os.PathLike[str] | bytes


def user(text: str, *, images: Iterable[_Picture] = ()) -> Message:
    """A message of the user.

    Args:
        text: What the user says.
        images: What the user shows, each a path, bytes, an address or what `image_part` made of one.

    Raises:
        TypeError: A value of the wrong type.
        ValueError: A picture that cannot be sent; the message names it.
        OSError: A picture's file cannot be read.
    """
    _check_text("text", text)
    pictures = _pictures(images)
    if not pictures:
        return Message(role=MessageRole.USER, content=text)
    words: list[ContentPart] = [TextContentPart(text=text)] if text else []
    return Message(role=MessageRole.USER, content=[*words, *pictures])


def system(text: str) -> Message:
    """A message that tells the model how to behave.

    Raises:
        TypeError: The text is none.
    """
    _check_text("text", text)
    return Message(role=MessageRole.SYSTEM, content=text)


def assistant(text: str | None = None, *, tool_calls: Iterable[ChatCompletionMessageToolCall] | None = None) -> Message:
    """A message of the model: for examples, and for conversations kept elsewhere.

    What a model just said goes back as it is, without this: `reply.message` holds more than its text.

    Raises:
        TypeError: A value of the wrong type.
        ValueError: Neither a text nor a tool call.
    """
    calls = None if tool_calls is None else list(tool_calls)
    if text is not None:
        _check_text("text", text)
    elif not calls:
        raise ValueError("text is missing: the assistant says something, or calls tools (tool_calls)")
    for place, call in enumerate(calls or ()):
        if not isinstance(call, ChatCompletionMessageToolCall):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"tool_calls[{place}] must be a ChatCompletionMessageToolCall, got {type(call).__name__}")
    return Message(role=MessageRole.ASSISTANT, content=text, tool_calls=calls or None)


def tool_result(call: ChatCompletionMessageToolCall | ToolCallEnd | str, content: Any) -> Message:
    """The message that answers a tool call.

    Args:
        call: The call, or its id.
        content: What the tool found: a text as it is, any other value as JSON.

    Raises:
        TypeError: `call` is neither a call nor an id.
        ValueError: An empty id.
        SerializationError: Content that has no JSON form.
    """
    text = content if isinstance(content, str) else codec.encode(content).decode()
    return Message(role=MessageRole.TOOL, content=text, tool_call_id=_call_id(call))


def _call_id(call: object) -> str:
    if isinstance(call, (ChatCompletionMessageToolCall, ToolCallEnd)):
        return call.id  # as it came: a provider that gives none is answered with none
    if not isinstance(call, str):
        raise TypeError(f"call must be a tool call or its id, got {type(call).__name__}")
    if not call:
        raise ValueError("call is empty: give the tool call or its id")
    return call


def _pictures(images: object) -> list[ImageContentPart]:
    if _is_one(images) or not is_iterable(images):
        raise TypeError(f"images must be a list of pictures, got {type(images).__name__}")
    return [_picture(image, place) for place, image in enumerate(images)]


def _is_one(images: object) -> bool:
    return isinstance(images, (str, bytes, bytearray, os.PathLike, ImageContentPart))


def _picture(image: Any, place: int) -> ImageContentPart:
    if isinstance(image, ImageContentPart):
        return image
    try:
        return image_part(image)
    except (TypeError, ValueError) as error:
        raise type(error)(f"images[{place}]: {error}") from None


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, got {type(value).__name__}")
