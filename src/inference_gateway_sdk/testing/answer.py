"""Scripted answers: text, tool calls, JSON, and errors by status."""

from __future__ import annotations

import json as json_module
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, cast

import msgspec
from msgspec import Struct

from .. import ChatCompletionMessageToolCall, CompletionUsage
from ..embedded.providers.scripts import Conversation, ScriptedCall, ScriptedTurn, Tokens

__all__ = [
    "STATUSES",
    "UNSET",
    "Refusal",
    "ScriptedAnswer",
    "ToolCall",
    "ToolCallLike",
    "UsageLike",
    "refusal_of",
    "scripted_answer",
]


__tracebackhide__ = True  # pytest shows the test's line and not this module's

STATUSES = {
    "bad_request": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "too_large": 413,
    "unprocessable": 422,
    "rate_limit": 429,
    "internal": 500,
    "bad_gateway": 502,
    "unavailable": 503,
    "timeout": 504,
    "overloaded": 529,
}
"""Names of the statuses that `fail` accepts."""

_MESSAGES = {
    400: ("invalid_request_error", "the request is not valid"),
    401: ("authentication_error", "Incorrect API key provided"),
    403: ("permission_error", "this is not allowed"),
    404: ("not_found_error", "the model does not exist"),
    413: ("request_too_large", "the request is too large"),
    422: ("invalid_request_error", "the request cannot be processed"),
    429: ("rate_limit_error", "rate limit reached"),
    500: ("server_error", "the provider had an error"),
    502: ("server_error", "the provider cannot be reached"),
    503: ("server_error", "the provider is not available"),
    504: ("server_error", "the provider took too long"),
    529: ("overloaded_error", "the provider is overloaded"),
}
_ANTHROPIC = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


class Refusal(Struct, frozen=True, kw_only=True):
    """An error answer.

    Attributes:
        status: The HTTP status, 400 to 599.
        message: The provider's error message.
        kind: The error's type, as OpenAI names it.
        code: The provider's own code, None for none.
        retry_after: The `Retry-After` header, in seconds; None for none.
    """

    status: int
    message: str
    kind: str
    code: str | int | None = None
    retry_after: float | None = None

    def envelope(self, path: str) -> dict[str, object]:
        """Return the body of a provider's error at this path: in Anthropic's format, or in OpenAI's as most use it."""
        if path.endswith("/messages"):
            kind = _ANTHROPIC.get(self.status, "api_error")
            return {"type": "error", "error": {"type": kind, "message": self.message}}
        return {"error": {"message": self.message, "type": self.kind, "param": None, "code": self.code}}


def refusal_of(
    what: str | int, *, message: str | None = None, code: str | int | None = None, retry_after: float | None = None
) -> Refusal:
    """Return the error answer for a status, given by number or name.

    Raises:
        ValueError: The status or `retry_after` is invalid.
    """
    status = what if isinstance(what, int) else STATUSES[what]
    if isinstance(what, bool) or not 400 <= status <= 599:
        raise ValueError(f"fail({what!r}): use a status from 400 to 599, or respond() for any other")
    if retry_after is not None and retry_after < 0:
        raise ValueError(f"retry_after={retry_after!r}: write the seconds to wait, 0 or more")
    kind, usual = _MESSAGES.get(
        status, ("server_error" if status >= 500 else "invalid_request_error", f"status {status}")
    )
    return Refusal(status=status, message=message or usual, kind=kind, code=code, retry_after=retry_after)


class _Unset:
    """Marks an argument that was not passed, where None is a value."""

    def __repr__(self) -> str:
        return "<not given>"


UNSET = _Unset()


class ToolCall(Struct, frozen=True):
    """A tool call of the model.

    Attributes:
        name: The tool's name.
        arguments: A mapping, or the text that the model writes in its place. Any text is allowed, to test invalid JSON.
        id: The call's id; by default made from the length of the conversation.
    """

    name: str
    arguments: Mapping[str, object] | str = {}
    id: str | None = None

    def numbered(self, length: int, number: int) -> ScriptedCall:
        """Return the call with an id that is unique in a conversation of this length."""
        text = self.arguments if isinstance(self.arguments, str) else _json_text(self.arguments)
        return ScriptedCall(self.name, text, f"{length}" if number == 1 else f"{length}_{number}", self.id)


ToolCallLike: TypeAlias = (
    ToolCall | ChatCompletionMessageToolCall | str | tuple[str, Mapping[str, object] | str] | Mapping[str, object]
)
"""A tool call in a test: a name, `(name, arguments)`, `ToolCall`, a call of an earlier answer, or its mapping."""


UsageLike: TypeAlias = CompletionUsage | tuple[int, int] | Mapping[str, object]
"""Token counts in a test: `(prompt, completion)`, or the contract's `CompletionUsage`, also as a mapping."""


class ScriptedAnswer(Struct, frozen=True, kw_only=True):
    """The model's answer.

    Attributes:
        text: The text; None for an answer without text, such as one with tool calls only.
        pieces: The text in the pieces of a stream; None for its words.
        tool_calls: The tool calls in order.
        reasoning: The reasoning before the text; None for none.
        finish_reason: The finish reason of a chat: "stop", "length", "tool_calls", "content_filter", or any other.
        usage: The token counts; None for the number of words, which suits most tests.
        image: The bytes of an image for requests that ask for one; None for a generated one.
        audio: The bytes of a sound for requests that ask for one; None for a generated one.
        pause: Seconds between two pieces of a stream.
    """

    text: str | None = None
    pieces: tuple[str, ...] | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    reasoning: str | None = None
    finish_reason: str = "stop"
    usage: Tokens | None = None
    image: bytes | None = None
    audio: bytes | None = None
    pause: float = 0.0

    def turn(self, asked: Conversation) -> ScriptedTurn:
        """Return the answer as the next turn of a conversation."""
        calls = tuple(call.numbered(asked.length, number) for number, call in enumerate(self.tool_calls, 1))
        return ScriptedTurn(
            asked.model,
            asked.prompt,
            text=self.text or "",
            calls=calls,
            parts=self.pieces,
            thoughts=self.reasoning,
            end=self.finish_reason,
            choices=asked.choices,
            alternatives=asked.alternatives,
            usage=asked.usage,
            settings=asked.settings,
            cost=self.usage,
        )


def scripted_answer(
    text: str | None = None,
    *,
    pieces: Iterable[str] | None = None,
    json: object = UNSET,
    tool_calls: Iterable[ToolCallLike] = (),
    reasoning: str | None = None,
    usage: UsageLike | None = None,
    finish_reason: str | None = None,
    image: bytes | None = None,
    audio: bytes | None = None,
    pause: float = 0.0,
) -> ScriptedAnswer:
    """Make an answer from the arguments of `reply` or `stream`.

    Raises:
        TypeError: An argument has the wrong type, or the answer is empty.
        ValueError: Two arguments contradict each other, or a number is out of range.
    """
    calls = _calls(tool_calls)
    parts = None if pieces is None else _given_pieces(pieces)
    given_value = _answer_text(text, json) if parts is None else "".join(parts)
    if given_value is None and not calls and reasoning is None and image is None and audio is None:
        raise TypeError('reply() needs a text, json=, tool_calls=, reasoning=, image= or audio= ("" is a text)')
    if pause < 0:
        raise ValueError(f"pause={pause!r}: write the seconds between two pieces, 0 or more")
    return ScriptedAnswer(
        text=given_value,
        pieces=parts,
        tool_calls=calls,
        reasoning=reasoning,
        finish_reason=finish_reason or "stop",
        usage=None if usage is None else _usage(usage),
        image=image,
        audio=audio,
        pause=pause,
    )


def _given_pieces(pieces: Iterable[str]) -> tuple[str, ...]:
    if isinstance(pieces, str):
        raise TypeError(
            f"pieces must be a list of str, got the str {pieces!r}: use reply() to stream a text word by word"
        )
    parts = tuple(pieces)
    for part in parts:
        if not isinstance(part, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # for users without a checker
            raise TypeError(f"pieces must be str, got {type(part).__name__}")
    return parts


def _answer_text(text: object, json: object) -> str | None:
    if text is not None and not isinstance(text, str):
        raise TypeError(f"text must be a str, got {type(text).__name__}: pass a JSON value as json=")
    if json is UNSET:
        return text
    if text is not None:
        raise ValueError("text and json= exclude each other: pass one of them")
    return _json_text(json)


def _json_text(value: object) -> str:
    """Encode a value as JSON. Structs, dataclasses and pydantic models are encoded as their fields."""
    dump = getattr(value, "model_dump", None)
    plain: object = dump(mode="json") if callable(dump) else value
    try:
        return json_module.dumps(msgspec.to_builtins(plain), ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise TypeError(f"json={value!r} cannot be encoded as JSON: {error}") from None


def _calls(given: object) -> tuple[ToolCall, ...]:
    if _is_pair(given) or isinstance(given, (str, Mapping)) or not isinstance(given, Iterable):
        raise TypeError(f"tool_calls must be a list of calls: write tool_calls=[{given!r}]")
    return tuple(_call(each) for each in cast("Iterable[ToolCallLike]", given))


def _is_pair(given: object) -> bool:
    """Return whether this is one call, and not a list of two."""
    return (
        isinstance(given, tuple)
        and [type(each) for each in cast("tuple[object, ...]", given)][:1] == [str]
        and isinstance(cast("tuple[object, ...]", given)[-1], Mapping)
    )


def _call(given: ToolCallLike) -> ToolCall:
    if isinstance(given, ToolCall):
        return given
    if isinstance(given, str):
        return ToolCall(given)
    if isinstance(given, tuple):
        pair = cast("tuple[object, ...]", given)
        name, arguments = pair if len(pair) == 2 else (None, None)
        return _checked(name, arguments, None, given)
    written = given.to_dict() if isinstance(given, ChatCompletionMessageToolCall) else given
    if not isinstance(written, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # for users without a checker
        raise TypeError(f"a tool call must have a form such as {_FORMS}, got {given!r}")
    function = written.get("function", written)
    if not isinstance(function, Mapping):
        raise TypeError(f"a tool call must have a form such as {_FORMS}, got {given!r}")
    given_value = cast("Mapping[str, Any]", function)
    return _checked(given_value.get("name"), given_value.get("arguments", {}), written.get("id"), given)


def _checked(name: object, arguments: object, id: object, given: object) -> ToolCall:
    if not isinstance(name, str) or not isinstance(arguments, (str, Mapping)) or not isinstance(id, (str, type(None))):
        raise TypeError(f"a tool call must have a form such as {_FORMS}, got {given!r}")
    return ToolCall(name, cast("Mapping[str, object] | str", arguments), id)


_FORMS = '("weather", {"city": "Oslo"}), or {"name": "weather", "arguments": {"city": "Oslo"}}'


def _usage(given: UsageLike) -> Tokens:
    if isinstance(given, tuple):
        if [type(each) for each in given] != [int, int]:
            raise TypeError(f"usage must be (prompt tokens, completion tokens), got {given!r}")
        return Tokens(*given)
    given_value = given if isinstance(given, CompletionUsage) else CompletionUsage.from_dict(given)
    read, written = given_value.prompt_tokens_details, given_value.completion_tokens_details
    return Tokens(
        given_value.prompt_tokens or 0,
        given_value.completion_tokens or 0,
        cached=read.cached_tokens if read else None,
        thought=written.reasoning_tokens if written else None,
    )
