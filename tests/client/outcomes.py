"""Outcomes of a call as plain values for a table: an answer, a list, a bool, or an error."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from inference_gateway_sdk import CreateChatCompletionResponse, GatewayError, ListModelsResponse


@dataclass(frozen=True)
class ChatResult:
    """A chat answer. `more` holds further facts by their place in the answer's JSON, steps joined by dots."""

    text: str | None
    finish: str | None = "stop"
    usage: tuple[int, int, int] | None = (1, 2, 3)
    more: dict[str, Any] = field(default_factory=dict)
    selected: str | None = None
    earlier: tuple[str, ...] = ()
    """The tool calls that the gateway ran itself, in turns before this answer."""


@dataclass(frozen=True)
class Lists:
    """Models, by id."""

    ids: tuple[str, ...]
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Raises:
    """An error. `hint` is a phrase of its hint, None for an error without one; `partial` is the partial text."""

    kind: type[GatewayError]
    status: int | None
    message: str
    hint: str | None = None
    partial: str | None = None
    provider: str | None = None


Expected = ChatResult | Lists | Raises | bool


def place(value: Any, path: str) -> Any:
    """Return the value at a place such as `choices.0.message.content`; raise LookupError if there is none."""
    for step in path.split("."):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def returned(result: Any, more: dict[str, Any]) -> ChatResult | Lists | bool:
    """Return the outcome of a call that returned; `more` names further places to read."""
    if isinstance(result, bool):
        return result
    if isinstance(result, ListModelsResponse):
        return Lists(tuple(model.id for model in result.data), _facts(result, more))
    turns = [result] if isinstance(result, CreateChatCompletionResponse) else result
    answer = turns[-1]
    usage = answer.usage
    finish = answer.choices[0].finish_reason
    return ChatResult(
        answer.text,
        None if finish is None else str(finish),
        None if usage is None else (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens),
        _facts(answer, more),
        _selected(answer.meta),
        tuple(call.function.name for turn in turns[:-1] for call in turn.tool_calls if call.ran_on_gateway),
    )


def raised(error: GatewayError, expected: Raises, url: str) -> Raises:
    """Return the outcome of a call that failed, with the hint cut down to the expected phrase.

    The server's address is replaced by GATEWAY, and a time under a second by 0.0 s.
    """
    message = re.sub(r"\b0\.\d s\b", "0.0 s", error.message.replace(url, "GATEWAY"))
    hint = error.hint
    if hint is not None and expected.hint is not None and expected.hint in hint:
        hint = expected.hint
    provider = getattr(error, "provider", None) if expected.provider is not None else None
    partial = None if error.partial is None else (error.partial.text or "")
    return Raises(type(error), getattr(error, "status", None), message, hint, partial, provider)


def _facts(answer: Any, more: dict[str, Any]) -> dict[str, Any]:
    plain = answer.to_dict()
    return {path: place(plain, path) for path in more}


def _selected(meta: Any) -> str | None:
    return f"{meta.selected_provider}/{meta.selected_model}" if meta.selected_provider else None
