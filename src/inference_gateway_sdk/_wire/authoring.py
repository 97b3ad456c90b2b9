"""Helpers that build chat messages and image parts."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias, overload

from .._generated.chat import (
    ChatCompletionMessageToolCall,
    ContentPart,
    ImageContentPart,
    ImageUrl,
    ImageUrlDetail,
    Message,
    MessageRole,
    TextContentPart,
)
from .._model.images import media_type
from .._model.json_values import is_iterable
from . import codec
from .deltas import ToolCallEnd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._generated.messages import MessagesMessage, MessagesToolUseBlock
    from .._generated.responses import ResponseFunctionToolCall

__all__ = ["assistant", "image_part", "system", "tool_result", "user"]


_MIB: Final = 1024 * 1024
_MAX_IMAGE_BYTES: Final = 20 * _MIB
_ACCEPTED_FORMS: Final = "give a path, bytes, or an http, https or data: URL"


def image_part(
    image: str | os.PathLike[str] | bytes,
    *,
    detail: ImageUrlDetail | str | None = None,
    max_bytes: int = _MAX_IMAGE_BYTES,
) -> ImageContentPart:
    """Return a content part that shows an image to a model.

    A file is read at once. Its type is detected from its first bytes; its name is ignored. A URL is passed on
    unchanged, and the provider fetches it.

    Args:
        image: A path, the bytes of a PNG, JPEG, GIF or WebP file, or a URL (http, https or data:).
        detail: The level of detail at which the model sees the image: "low", "high" or "auto".
        max_bytes: The largest accepted file size. Providers accept about 20 MiB. A gateway accepts requests of 10 MiB
            by default (gateway-behaviour.md#limits-and-timeouts), and base64 turns three bytes into four.

    Raises:
        TypeError: A value has the wrong type.
        ValueError: The image has another format, is too large, or its URL has another scheme.
        OSError: The file cannot be read.
    """
    if isinstance(image, str) and _is_address(image):
        url = image
    elif isinstance(image, (str, os.PathLike)):
        url = _data_url(_read(Path(image), max_bytes), max_bytes)
    elif isinstance(image, (bytes, bytearray)):  # pyright: ignore[reportUnnecessaryIsInstance]
        url = _data_url(bytes(image), max_bytes)
    else:
        raise TypeError(f"image must be a path, bytes or a URL, got {type(image).__name__}")
    return ImageContentPart(image_url=ImageUrl(url=url, detail=_read_detail(detail)))


def _is_address(text: str) -> bool:
    """Return whether the text is a URL; other text is a path.

    Raises:
        ValueError: The URL's scheme is not supported by providers, or a `data:` URL does not hold an image.
    """
    scheme, colon, rest = text.partition(":")
    kind = scheme.lower()
    if kind == "data" and colon:
        if not rest.lower().startswith("image/"):
            raise ValueError('image: the data: URL of an image begins with "data:image/"')
        return True
    if not rest.startswith("//"):
        return False
    if kind not in ("http", "https"):
        raise ValueError(f"image: providers cannot fetch a URL that begins with {scheme[:20]}:; {_ACCEPTED_FORMS}")
    return True


def _read(path: Path, most: int) -> bytes:
    """Return the file's bytes, at most one byte more than allowed: enough to detect that it is too large."""
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise OSError(
            error.errno, f"image cannot be read ({error.strerror}): {_ACCEPTED_FORMS}", str(path)[:200]
        ) from None
    except ValueError:  # a NUL character, which bytes decoded to text may contain
        raise ValueError(f"image is not a valid path: {_ACCEPTED_FORMS}") from None


def _data_url(content: bytes, most: int) -> str:
    if not content:
        raise ValueError("image is empty: give a file with content")
    if len(content) > most:
        raise ValueError(
            f"image has more than {most / _MIB:g} MiB (max_bytes): make it smaller. A gateway accepts whole requests of"
            " 10 MiB by default (SERVER_MAX_REQUEST_BODY_SIZE), which is about 7.5 MiB of images"
        )
    kind = media_type(content)
    if kind is None:
        raise ValueError(f"image is not a PNG, JPEG, GIF or WebP file: it begins with {content[:8]!r}")
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _read_detail(detail: object) -> ImageUrlDetail | None:
    if detail is None:
        return None
    if not isinstance(detail, str):
        raise TypeError(f'detail must be "low", "high" or "auto", got {type(detail).__name__}')
    return ImageUrlDetail(detail)


_ImageSource: TypeAlias = ImageContentPart | str | os.PathLike[str] | bytes


def user(text: str, *, images: Iterable[_ImageSource] = ()) -> Message:
    """Return a user message.

    Args:
        text: The text of the message.
        images: Images to add, each a path, bytes, a URL or a part made by `image_part`.

    Raises:
        TypeError: A value has the wrong type.
        ValueError: An image cannot be sent; the message names it.
        OSError: An image file cannot be read.
    """
    _check_text("text", text)
    parts = _image_parts(images)
    if not parts:
        return Message(role=MessageRole.USER, content=text)
    texts: list[ContentPart] = [TextContentPart(text=text)] if text else []
    return Message(role=MessageRole.USER, content=[*texts, *parts])


def system(text: str) -> Message:
    """Return a system message, which instructs the model.

    Raises:
        TypeError: `text` is not a string.
    """
    _check_text("text", text)
    return Message(role=MessageRole.SYSTEM, content=text)


def assistant(text: str | None = None, *, tool_calls: Iterable[ChatCompletionMessageToolCall] | None = None) -> Message:
    """Return an assistant message, for examples and for conversations stored elsewhere.

    To continue a conversation, send the model's reply back unchanged: `reply.message` holds more than the text.

    Raises:
        TypeError: A value has the wrong type.
        ValueError: Neither a text nor a tool call is given.
    """
    calls = None if tool_calls is None else list(tool_calls)
    if text is not None:
        _check_text("text", text)
    elif not calls:
        raise ValueError("text is missing: give a text or tool_calls")
    for place, call in enumerate(calls or ()):
        if not isinstance(call, ChatCompletionMessageToolCall):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"tool_calls[{place}] must be a ChatCompletionMessageToolCall, got {type(call).__name__}")
    return Message(role=MessageRole.ASSISTANT, content=text, tool_calls=calls or None)


@overload
def tool_result(call: MessagesToolUseBlock, content: Any) -> MessagesMessage: ...
@overload
def tool_result(call: ResponseFunctionToolCall, content: Any) -> dict[str, Any]: ...
@overload
def tool_result(call: ChatCompletionMessageToolCall | ToolCallEnd | str, content: Any) -> Message: ...
def tool_result(
    call: ChatCompletionMessageToolCall | MessagesToolUseBlock | ResponseFunctionToolCall | ToolCallEnd | str,
    content: Any,
) -> Message | MessagesMessage | dict[str, Any]:
    """Return the message that answers a tool call, in the form of the call's own endpoint.

    The results of one Messages turn are sent as one message: add each to the list of messages.

    Args:
        call: The tool call of a chat completion, of a Responses answer or of a Messages answer. An id, or a
            `ToolCallEnd`, is answered in the form of chat completions.
        content: The tool's result. A string is sent as it is, any other value as JSON.

    Returns:
        A `Message` for chat completions, a `MessagesMessage` for Messages, an input item (a dict) for Responses.

    Raises:
        TypeError: `call` is neither a call nor an id.
        ValueError: The id is empty.
        SerializationError: `content` cannot be encoded as JSON.
    """
    text = content if isinstance(content, str) else codec.encode(content).decode()
    if not isinstance(call, (ChatCompletionMessageToolCall, ToolCallEnd, str)):
        return _foreign_result(call, text)
    return Message(role=MessageRole.TOOL, content=text, tool_call_id=_call_id(call))


def _foreign_result(call: object, text: str) -> MessagesMessage | dict[str, Any]:
    """Return the result of a call of Messages or Responses."""
    from .._generated.messages import MessagesMessage, MessagesToolResultBlock, MessagesToolUseBlock
    from .._generated.responses import ResponseFunctionToolCall

    if isinstance(call, MessagesToolUseBlock):
        return MessagesMessage(role="user", content=[MessagesToolResultBlock(tool_use_id=call.id, content=text)])
    if isinstance(call, ResponseFunctionToolCall):
        return {"type": "function_call_output", "call_id": call.call_id, "output": text}
    raise TypeError(f"call must be a tool call or its id, got {type(call).__name__}")


def _call_id(call: ChatCompletionMessageToolCall | ToolCallEnd | str) -> str:
    if not isinstance(call, str):
        return call.id  # as received: a provider that sends no id gets none back
    if not call:
        raise ValueError("call is empty: give the tool call or its id")
    return call


def _image_parts(images: object) -> list[ImageContentPart]:
    if _is_single_image(images) or not is_iterable(images):
        raise TypeError(f"images must be a list of images, got {type(images).__name__}")
    return [_as_image_part(image, place) for place, image in enumerate(images)]


def _is_single_image(images: object) -> bool:
    return isinstance(images, (str, bytes, bytearray, os.PathLike, ImageContentPart))


def _as_image_part(image: Any, place: int) -> ImageContentPart:
    if isinstance(image, ImageContentPart):
        return image
    try:
        return image_part(image)
    except (TypeError, ValueError) as error:
        raise type(error)(f"images[{place}]: {error}") from None


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, got {type(value).__name__}")
