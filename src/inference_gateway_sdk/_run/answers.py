"""A common form for answers of all dialects: text, refusal, tool calls and the reason for the end."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

import msgspec
from msgspec import Struct

from .._model.encode import encode
from .._model.json_values import is_array, is_object

if TYPE_CHECKING:
    from .._tools.tool import DialectName
    from ..errors import StatusError

__all__ = ["Answer", "End", "WireCall", "calls_in_generation", "failed_generation", "parse_arguments", "read_answer"]

End: TypeAlias = Literal["stop", "calls", "length", "content_filter", "refusal", "pause", "other"]

_CHAT_ENDS: Final[dict[str, End]] = {
    "stop": "stop", "tool_calls": "calls", "function_call": "calls", "length": "length", "model_length": "length",
    "max_tokens": "length", "content_filter": "content_filter", "refusal": "refusal",
}  # fmt: skip
_MESSAGES_ENDS: Final[dict[str, End]] = {
    "end_turn": "stop", "stop_sequence": "stop", "tool_use": "calls", "max_tokens": "length",
    "model_context_window_exceeded": "length", "pause_turn": "pause", "refusal": "refusal",
}  # fmt: skip
_RESPONSES_ENDS: Final[dict[str, End]] = {
    "max_output_tokens": "length", "max_tokens": "length", "content_filter": "content_filter",
}  # fmt: skip


class WireCall(Struct, frozen=True):
    """A tool call as the provider sent it.

    Attributes:
        id: The provider's id, or "".
        name: Name of the tool.
        text: The arguments as JSON text. A model wrote it, so it may be invalid.
    """

    id: str
    name: str
    text: str


class Answer(Struct, frozen=True):
    """The content of one answer.

    Attributes:
        text: The text, or None.
        refusal: The text of a refusal, or None.
        calls: The tool calls in order.
        end: The reason for the end, in the common form.
        finish: The provider's finish reason.
    """

    text: str | None = None
    refusal: str | None = None
    calls: tuple[WireCall, ...] = ()
    end: End = "other"
    finish: str = ""


def read_answer(dialect: DialectName, answer: dict[str, Any]) -> Answer:
    """Read a complete answer, given as plain values."""
    if dialect == "chat":
        return _chat(answer)
    if dialect == "responses":
        return _responses(answer)
    return _messages(answer)


def parse_arguments(text: str) -> object:
    """Parse the arguments of a call. Empty text means no arguments.

    Raises:
        ValueError: The text is not JSON. The message names the character.
    """
    if not text.strip():
        return {}
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        pass
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON at character {error.pos} ({error.msg})") from None
    except RecursionError:
        raise ValueError("JSON nested too deeply to read") from None


def _refuse_constant(name: str) -> object:
    raise ValueError(f"not JSON: {name}")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if is_object(one)] if is_array(value) else []


def _argument_text(value: object) -> str:
    """Return arguments as text. Messages sends objects, and so do some providers in chat completions."""
    if value is None:
        return ""
    return value if isinstance(value, str) else encode(value).decode()


def _chat(answer: dict[str, Any]) -> Answer:
    choices: object = answer.get("choices")
    first: object = choices[0] if is_array(choices) and choices else None
    choice: dict[str, Any] = first if is_object(first) else (_objects(choices) or [{}])[0]
    given_message: object = choice.get("message")
    message: dict[str, Any] = given_message if is_object(given_message) else {}
    content: object = message.get("content")
    if is_array(content):
        content = "".join(part["text"] for part in _objects(content) if isinstance(part.get("text"), str))
    given: object = message.get("tool_calls")
    calls = [_chat_call(one) for one in _objects(given)] if given else []
    finish = str(choice.get("finish_reason") or "")
    refusal = _text(message.get("refusal"))
    end = _CHAT_ENDS.get(finish, "other")
    if refusal is not None and end in {"stop", "other"}:
        end = "refusal"
    return Answer(_text(content), refusal, tuple(calls), _by_calls(end, calls), finish)


def _chat_call(call: dict[str, Any]) -> WireCall:
    function: Any = call.get("function")
    function = function if is_object(function) else {}
    name, text = str(function.get("name") or ""), _argument_text(function.get("arguments"))
    return WireCall(str(call.get("id") or ""), name, text)


def _by_calls(end: End, calls: list[WireCall]) -> End:
    """Correct the reason for the end by the calls, as providers report calls inconsistently.

    A truncation or refusal takes precedence over calls.
    """
    if end in {"stop", "calls", "other"}:
        return "calls" if calls else ("stop" if end == "calls" else end)
    return end


def _responses(answer: dict[str, Any]) -> Answer:
    texts: list[str] = []
    refusals: list[str] = []
    calls: list[WireCall] = []
    for item in _objects(answer.get("output")):
        if item.get("type") == "function_call":
            text = _argument_text(item.get("arguments"))
            calls.append(WireCall(str(item.get("call_id") or item.get("id") or ""), str(item.get("name") or ""), text))
        elif item.get("type") == "message":
            parts = _objects(item.get("content"))
            texts += [part["text"] for part in parts if isinstance(part.get("text"), str)]
            refusals += [part["refusal"] for part in parts if isinstance(part.get("refusal"), str)]
    status = str(answer.get("status") or "")
    details: Any = answer.get("incomplete_details")
    reason = str(details.get("reason") or "") if is_object(details) else ""
    end: End = "stop"
    if status == "incomplete":
        end = _RESPONSES_ENDS.get(reason, "length")
    elif refusals:
        end = "refusal"
    elif status not in {"completed", ""}:
        end = "other"
    refusal = "".join(refusals) or None
    return Answer(_text("".join(texts)), refusal, tuple(calls), _by_calls(end, calls), reason or status)


def _messages(answer: dict[str, Any]) -> Answer:
    texts: list[str] = []
    calls: list[WireCall] = []
    content: object = answer.get("content")
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else _objects(content)
    for block in blocks:
        if block.get("type") == "text" and isinstance(block.get("text"), str):
            texts.append(cast("str", block["text"]))
        elif block.get("type") == "tool_use":
            text = _argument_text(block.get("input"))
            calls.append(WireCall(str(block.get("id") or ""), str(block.get("name") or ""), text))
    finish = str(answer.get("stop_reason") or "")
    end = _by_calls(_MESSAGES_ENDS.get(finish, "other"), calls)
    words = _text("".join(texts))
    return Answer(words, words if end == "refusal" else None, tuple(calls), end, finish)


# --- Groq's 400 for a call that it could not parse: {"error": {"code": "tool_use_failed", "failed_generation": "..."}}

_GENERATED: Final = re.compile(r"<function=([\w.-]+)[>\s]*(\{.*?\})\s*(?:</function>|$)", re.DOTALL)


def failed_generation(error: StatusError) -> str | None:
    """Return the text that a provider could not parse as a call, or None for any other error."""
    return _find_generation(error.body, 5) if error.status == 400 else None


def _find_generation(value: object, depth: int) -> str | None:
    """Search the body of an error. The gateway embeds a provider's body as JSON in a string."""
    if depth == 0:
        return None
    if isinstance(value, str) and "failed_generation" in value:
        try:
            return _find_generation(msgspec.json.decode(value[value.index("{") :]), depth - 1)
        except (msgspec.DecodeError, ValueError):
            return None
    if not is_object(value):
        return None
    found: object = value.get("failed_generation")
    if isinstance(found, str):
        return found
    return next((one for part in value.values() if (one := _find_generation(part, depth - 1)) is not None), None)


def calls_in_generation(text: str) -> list[dict[str, Any]]:
    """Return the calls in a text that Groq rejected, in the form of chat completions.

    The text contains `<function=weather>{"city": "Bern"}</function>`, or JSON.
    """
    found = _GENERATED.findall(text)
    if not found:
        try:
            value: object = msgspec.json.decode(text)
        except (msgspec.DecodeError, ValueError):
            return []
        for one in _objects(value if is_array(value) else [value]):
            arguments = one.get("arguments", one.get("parameters"))
            if isinstance(one.get("name"), str):
                found.append((one["name"], _argument_text(arguments)))
    return [{"type": "function", "function": {"name": name, "arguments": text}} for name, text in found]
