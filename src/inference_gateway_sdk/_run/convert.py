"""Conversion of messages between dialects. Parts that cannot be converted are listed by path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from .._model.json_values import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .._tools.tool import DialectName

__all__ = ["AssistantParts", "ConvertedMessage", "assistant_parts", "user_message"]

_DATA_URL: Final = re.compile(r"data:([^;,]+);base64,(.*)", re.DOTALL)
_EMPTY: Final[tuple[Any, ...]] = (None, [], {}, "")
_STRUCTURE: Final = frozenset({"type", "id", "index", "status", "object", "role", "phase"})  # not content


class AssistantParts(Struct):
    """The parts of an answer that every dialect supports, and a list of the others.

    Attributes:
        text: The text or the text of a refusal, or None.
        calls: Paths of the calls.
        lost: Path and description of each other part.
    """

    text: str | None = None
    calls: list[str] = []
    lost: list[tuple[str, str]] = []


class ConvertedMessage(Struct):
    """A message of the caller in another dialect.

    Attributes:
        message: The message.
        lost: Path and description of each part that was left out.
    """

    message: dict[str, Any]
    lost: list[tuple[str, str]]


def assistant_parts(dialect: DialectName, answer: dict[str, Any], maker: str | None) -> AssistantParts:
    """Return the parts of an answer that can be sent to another model."""
    found = AssistantParts()
    texts: list[str] = []
    {"chat": _chat, "responses": _responses, "messages": _messages}[dialect](answer, found, texts, maker)
    found.text = "".join(texts) or None
    return found


def _rest(found: AssistantParts, value: dict[str, Any], path: str, taken: Iterable[str]) -> None:
    """Add the remaining keys of an object to the lost parts."""
    for key, one in value.items():
        if key not in taken and key not in _STRUCTURE and one not in _EMPTY:
            found.lost.append((f"{path}.{key}", key))


def _reasoning(maker: str | None) -> str:
    return f"reasoning (of {maker or 'another model'})"


def _text_parts(found: AssistantParts, texts: list[str], parts: Any, path: str, keys: tuple[str, ...]) -> None:
    for index, part in enumerate(parts if is_array(parts) else ()):
        where = f"{path}[{index}]"
        if not is_object(part):
            continue
        key = next((one for one in keys if isinstance(part.get(one), str)), None)
        if key is None or part.get("type") in {"thinking", "reasoning"}:
            found.lost.append((where, f"a part of type {part.get('type')}"))
            continue
        texts.append(part[key])
        _rest(found, part, where, {key})


def _chat(answer: dict[str, Any], found: AssistantParts, texts: list[str], maker: str | None) -> None:
    choices: Any = answer.get("choices")
    message: Any = choices[0].get("message") if is_array(choices) and choices else None
    if not is_object(message):
        return
    content: Any = message.get("content")
    if isinstance(content, str):
        texts.append(content)
    _text_parts(found, texts, content, "message.content", ("text",))
    if isinstance(refusal := message.get("refusal"), str):
        texts.append(refusal)
    for key in ("reasoning", "reasoning_content"):
        if message.get(key) not in _EMPTY:
            found.lost.append((f"message.{key}", _reasoning(maker)))
    _rest(found, message, "message", {"content", "refusal", "reasoning", "reasoning_content", "tool_calls"})
    for index, call in enumerate(message.get("tool_calls") or ()):
        found.calls.append(path := f"message.tool_calls[{index}]")
        _rest(found, call, path, {"function"})
        if is_object(function := call.get("function")):
            _rest(found, function, f"{path}.function", {"name", "arguments"})


def _responses(answer: dict[str, Any], found: AssistantParts, texts: list[str], maker: str | None) -> None:
    items: Any = answer.get("output")
    for index, item in enumerate(items if is_array(items) else ()):
        path = f"output[{index}]"
        kind = item.get("type")
        if kind == "message":
            _text_parts(found, texts, item.get("content"), f"{path}.content", ("text", "refusal"))
            _rest(found, item, path, {"content"})
        elif kind == "function_call":
            found.calls.append(path)
            _rest(found, item, path, {"name", "arguments", "call_id"})
        else:
            found.lost.append((path, _reasoning(maker) if kind == "reasoning" else f"an item of type {kind}"))


def _messages(answer: dict[str, Any], found: AssistantParts, texts: list[str], maker: str | None) -> None:
    content: Any = answer.get("content")
    if isinstance(content, str):
        texts.append(content)
    for index, block in enumerate(content if is_array(content) else ()):
        path = f"content[{index}]"
        kind = block.get("type")
        if kind == "text":
            texts.append(str(block.get("text") or ""))
            _rest(found, block, path, {"text"})
        elif kind == "tool_use":
            found.calls.append(path)
            _rest(found, block, path, {"name", "input"})
        else:
            is_thinking = kind in {"thinking", "redacted_thinking"}
            found.lost.append((path, _reasoning(maker) if is_thinking else f"a block of type {kind}"))


# --- messages of the caller


def user_message(message: dict[str, Any], given: DialectName, wanted: DialectName) -> ConvertedMessage:
    """Convert a caller's message to another dialect. Text and images are supported."""
    lost: list[tuple[str, str]] = []
    role = message.get("role")
    if role == "developer" and wanted == "chat":
        role = "system"
    for key, value in message.items():
        if key not in {"content", *_STRUCTURE} and value not in _EMPTY:
            lost.append((f"message.{key}", key))
    content: Any = message.get("content")
    parts: list[Any] = []
    for index, part in enumerate(content if is_array(content) else ()):
        read = _read_part(part)
        if read is None:
            lost.append(
                (
                    f"message.content[{index}]",
                    f"a part of type {part.get('type') if is_object(part) else type(part).__name__}",
                )
            )
            continue
        parts.append(read)
        beside = {key: value for key, value in part.items() if key not in {"type", "text", "image_url", "source"}}
        if is_object(image := part.get("image_url")):
            beside |= {f"image_url.{key}": value for key, value in image.items() if key != "url"}
        where = f"message.content[{index}]"
        lost += [(f"{where}.{key}", key) for key, value in beside.items() if value not in _EMPTY]
    if not is_array(content):
        return ConvertedMessage({"role": role, "content": content}, lost)
    if (role == "system" and wanted == "messages") or all(kind == "text" for kind, _ in parts):
        return ConvertedMessage(
            {"role": role, "content": "\n".join(text for kind, text in parts if kind == "text")}, lost
        )
    return ConvertedMessage({"role": role, "content": [_WRITERS[wanted](kind, value) for kind, value in parts]}, lost)


def _read_part(part: Any) -> tuple[str, str] | None:
    """Return a part as ("text", text) or ("image", URL), or None for any other part."""
    if not is_object(part):
        return None
    if isinstance(text := part.get("text"), str):
        return "text", text
    image: Any = part.get("image_url")
    if is_object(image):
        image = image.get("url")
    if isinstance(image, str):
        return "image", image
    source: Any = part.get("source") if part.get("type") == "image" else None
    if is_object(source):
        if isinstance(url := source.get("url"), str):
            return "image", url
        return "image", f"data:{source.get('media_type')};base64,{source.get('data')}"
    return None


def _write_chat(kind: str, value: str) -> dict[str, Any]:
    return {"type": "text", "text": value} if kind == "text" else {"type": "image_url", "image_url": {"url": value}}


def _write_responses(kind: str, value: str) -> dict[str, Any]:
    return {"type": "input_text", "text": value} if kind == "text" else {"type": "input_image", "image_url": value}


def _write_messages(kind: str, value: str) -> dict[str, Any]:
    if kind == "text":
        return {"type": "text", "text": value}
    data = _DATA_URL.fullmatch(value)
    source = {"type": "base64", "media_type": data[1], "data": data[2]} if data else {"type": "url", "url": value}
    return {"type": "image", "source": source}


_WRITERS: Final[dict[str, Callable[[str, str], dict[str, Any]]]] = {
    "chat": _write_chat, "responses": _write_responses, "messages": _write_messages,
}  # fmt: skip
