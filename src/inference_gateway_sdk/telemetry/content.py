"""Prompts and answers in the form of the GenAI conventions. Used only if capturing content was requested."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from .._model.encode import to_builtins
from .._model.json_values import is_array, is_mapping
from .._model.type_info import build_decoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["RequestFields", "Scrubber", "captured_request", "captured_result", "finish_reasons", "read_fields"]

_DATA_URL: Final = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w=.-]+)*,[A-Za-z0-9+/=_%-]*")
_LONG_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{512,}={0,2}")


class RequestFields(msgspec.Struct):
    """The parameters of a request that become attributes. Everything else is skipped while decoding."""

    max_tokens: Any = None
    max_completion_tokens: Any = None
    max_output_tokens: Any = None
    temperature: Any = None
    top_p: Any = None
    top_k: Any = None
    n: Any = None
    seed: Any = None
    frequency_penalty: Any = None
    presence_penalty: Any = None
    stop: Any = None
    stop_sequences: Any = None
    response_format: Any = None
    reasoning_effort: Any = None
    previous_response_id: Any = None


_decode: Final = build_decoder(RequestFields).decode
_NUMBERS: Final = {
    "temperature": "gen_ai.request.temperature",
    "top_p": "gen_ai.request.top_p",
    "frequency_penalty": "gen_ai.request.frequency_penalty",
    "presence_penalty": "gen_ai.request.presence_penalty",
}
_INTEGERS: Final = {
    "max_tokens": "gen_ai.request.max_tokens",
    "max_completion_tokens": "gen_ai.request.max_tokens",
    "max_output_tokens": "gen_ai.request.max_tokens",
    "top_k": "gen_ai.request.top_k",
    "seed": "gen_ai.request.seed",
}


def read_fields(body: bytes | None) -> dict[str, Any]:
    """Return the attributes of a request's parameters. A body that is not a JSON object has none."""
    if not body or not body.lstrip().startswith(b"{"):
        return {}
    try:
        fields = _decode(body)
    except (msgspec.DecodeError, ValueError):
        return {}
    found: dict[str, Any] = {}
    for name, attribute in _NUMBERS.items():
        value = getattr(fields, name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            found[attribute] = float(value)
    for name, attribute in _INTEGERS.items():
        value = getattr(fields, name)
        if isinstance(value, int) and not isinstance(value, bool):
            found[attribute] = value
    stop: Any = fields.stop or fields.stop_sequences
    if stop:
        found["gen_ai.request.stop_sequences"] = [stop] if isinstance(stop, str) else [str(one) for one in stop]
    if isinstance(fields.n, int) and fields.n != 1:
        found["gen_ai.request.choice.count"] = fields.n
    if isinstance(fields.reasoning_effort, str):
        found["gen_ai.request.reasoning.level"] = fields.reasoning_effort
    if isinstance(fields.previous_response_id, str):
        found["gen_ai.request.previous_response.id"] = fields.previous_response_id
    form: Any = fields.response_format
    if is_mapping(form) and form.get("type") in {"json_object", "json_schema"}:
        found["gen_ai.output.type"] = "json"
    return found


def finish_reasons(result: Any) -> list[str]:
    """Return the finish reasons of an answer in any dialect."""
    choices: Any = getattr(result, "choices", None)
    if choices:
        return [str(one.finish_reason) for one in choices if getattr(one, "finish_reason", None)]
    reason = getattr(result, "stop_reason", None) or getattr(result, "status", None)
    return [str(reason)] if isinstance(reason, str) else []


class Scrubber:
    """The function that every captured string passes: it shortens data, redacts and cuts.

    Args:
        redact: The user's function, or None.
        limit: Maximum number of characters of one attribute.
    """

    def __init__(self, redact: Callable[[str], str] | None, limit: int) -> None:
        self._redact = redact
        self._limit = limit

    def encode(self, value: Any) -> str:
        """Return the value as JSON whose strings are scrubbed. After `limit` characters, strings are cut.

        The end of a cut string has the number of its missing characters: "Once upon... [4711 characters cut]".
        """
        return json.dumps(self._walk(value, [self._limit]), ensure_ascii=False, separators=(",", ":"))

    def _walk(self, value: Any, left: list[int]) -> Any:
        if isinstance(value, str):
            return self._text(value, left)
        if is_mapping(value):
            # Keys are names of the dialect or of the tool's parameters.
            return {key: self._member(key, item, left) for key, item in value.items()}
        if is_array(value):
            return [self._walk(item, left) for item in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        try:
            plain: Any = to_builtins(value)
        except Exception:  # noqa: BLE001  (a tool may return any object)
            plain = str(value)
        return self._walk(plain if isinstance(plain, dict | list | str) else str(plain), left)

    def _member(self, key: str, item: Any, left: list[int]) -> Any:
        return item if key in _STRUCTURE and item in _STRUCTURE[key] else self._walk(item, left)

    def _text(self, text: str, left: list[int]) -> str:
        text = _LONG_BASE64.sub(_size, _DATA_URL.sub(_media, text))
        if self._redact is not None:
            try:
                text = str(self._redact(text))
            except Exception as error:  # noqa: BLE001  (its message could contain the text)
                text = f"[redact raised {type(error).__name__}]"
        kept = text[: left[0]]
        left[0] -= len(kept)
        return kept if len(kept) == len(text) else f"{kept}... [{len(text) - len(kept)} characters cut]"


_STRUCTURE: Final = {  # words of the conventions, which redaction must not change
    "type": ("text", "reasoning", "tool_call", "tool_call_response", "function"),
    "role": ("user", "assistant", "system", "developer", "tool"),
    "finish_reason": ("stop", "length", "tool_calls", "content_filter", "end_turn", "tool_use", "completed"),
}


def _media(found: re.Match[str]) -> str:
    size = len(found[0]) - found[0].index(",") - 1
    return f"[{found[1] or 'data'}: {size * 3 // 4 if ';base64' in found[0] else size} bytes]"


def _size(found: re.Match[str]) -> str:
    return f"[base64: {len(found[0].rstrip('=')) * 3 // 4} bytes]"


def captured_request(body: bytes | None, scrub: Scrubber) -> dict[str, str]:
    """Return the attributes with the content of a request: messages, instructions and tools."""
    try:
        sent: Any = msgspec.json.decode(body or b"")
    except (msgspec.DecodeError, ValueError):
        return {}
    if not is_mapping(sent):
        return {}
    system: list[Any] = [*_parts(sent.get("instructions")), *_parts(sent.get("system"))]
    messages: Any = sent.get("messages", sent.get("input", sent.get("prompt", sent.get("text"))))
    found: dict[str, Any] = {
        "gen_ai.system_instructions": system,
        "gen_ai.input.messages": [_message(one) for one in _items(messages)],
        "gen_ai.tool.definitions": list(sent.get("tools") or ()),
    }
    return {name: scrub.encode(value) for name, value in found.items() if value}


def captured_result(result: Any, scrub: Scrubber) -> dict[str, str]:
    """Return the attribute with the content of an answer in any dialect."""
    plain: Any = to_builtins(result) if isinstance(result, msgspec.Struct) else result
    if not is_mapping(plain):
        return {}
    if plain.get("choices"):
        answers = [
            {**_message(one.get("message") or {}), "finish_reason": one.get("finish_reason") or ""}
            for one in plain["choices"]
        ]
    else:
        content = plain.get("output", plain.get("content"))
        if content is None:
            return {}
        messages = [_message(one) for one in _items(content)] if "output" in plain else [_message(plain)]
        parts = [part for message in messages for part in message["parts"]]
        reason = plain.get("stop_reason") or plain.get("status") or ""
        answers = [{"role": "assistant", "parts": parts, "finish_reason": reason}]
    return {"gen_ai.output.messages": scrub.encode(answers)}


def _items(messages: Any) -> Iterable[Any]:
    if isinstance(messages, str):
        return [{"role": "user", "content": messages}]
    return messages if is_array(messages) else ()


def _message(message: Any) -> dict[str, Any]:
    """Return a message of any dialect as role and parts.

    {"role": "user", "content": "Hi"} -> {"role": "user", "parts": [{"type": "text", "content": "Hi"}]}
    """
    if not is_mapping(message):
        return {"role": "user", "parts": _parts(message)}
    role: Any = message.get("role") or "assistant"
    if role == "tool":
        response = {"type": "tool_call_response", "id": message.get("tool_call_id"), "response": message.get("content")}
        return {"role": "tool", "parts": [response]}
    if message.get("type") in _ITEMS:  # an item of Responses
        return {"role": role, "parts": [_part(message)]}
    parts = [{"type": "reasoning", "content": message[key]} for key in _REASONING if message.get(key)]
    parts += _parts(message.get("content"))
    parts += [
        _part({**call.get("function", {}), **call, "type": "tool_use"}) for call in message.get("tool_calls") or ()
    ]
    return {"role": role, "parts": parts}


_REASONING: Final = ("reasoning_content", "reasoning")
_ITEMS: Final = {"function_call", "function_call_output", "reasoning"}


def _parts(content: Any) -> list[Any]:
    if content is None:
        return []
    return [_part(one) for one in content] if is_array(content) else [_part(content)]


def _part(part: Any) -> Any:
    """Return one content part, tool call or tool result."""
    if not is_mapping(part):
        return {"type": "text", "content": part}
    kind: Any = part.get("type")
    if kind in {"text", "input_text", "output_text", "refusal"}:
        return {"type": "text", "content": part.get("text") or part.get("refusal") or ""}
    if kind in {"thinking", "reasoning"}:
        return {"type": "reasoning", "content": part.get("thinking") or part.get("summary") or part.get("content")}
    if kind in {"tool_use", "function_call"}:
        arguments = part.get("input", part.get("arguments"))
        return {"type": "tool_call", "id": part.get("call_id") or part.get("id"), "name": part.get("name"),
                "arguments": arguments}  # fmt: skip
    if kind in {"tool_result", "function_call_output"}:
        return {"type": "tool_call_response", "id": part.get("tool_use_id") or part.get("call_id"),
                "response": part.get("content", part.get("output"))}  # fmt: skip
    return part
