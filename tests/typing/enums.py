"""Type checks by mypy strict and pyright strict, never run: a plain string is a value of an open enumeration."""
# pyright: strict, reportUnnecessaryTypeIgnoreComment=true, reportUnnecessaryComparison=true

from __future__ import annotations

from typing import assert_never, assert_type

from inference_gateway_sdk import (
    ChatCompletionChoice,
    ChatCompletionTool,
    FinishReason,
    FunctionObject,
    ImageUrl,
    Message,
    MessageRole,
    MessagesMessage,
    TextContentPart,
)


def strings(choice: ChatCompletionChoice) -> str:
    """Check that listed and unlisted values are matched and compared as strings."""
    match choice.finish_reason:
        case "stop":
            return "whole"
        case "a_new_one":
            return "unlisted"
        case None:
            return "not yet"
        case other:
            other.upper()
    if choice.finish_reason == "length":
        return "cut"
    return "short" if choice.finish_reason in ("length", "content_filter") else "other"


def members(choice: ChatCompletionChoice) -> str:
    """Check that members are constants: compared by identity and equality, with the enumeration's attributes."""
    reason = choice.finish_reason
    if reason is FinishReason.STOP or choice.finish_reason == FinishReason.TOOL_CALLS:
        return FinishReason.STOP.value
    if isinstance(reason, FinishReason):
        assert_type(reason, FinishReason)
        return reason.value
    return FinishReason("a_new_one").value


def not_exhaustive(choice: ChatCompletionChoice) -> None:
    """Check that a match over every member is not exhaustive: a provider may invent a value."""
    reason = choice.finish_reason
    match reason:
        case FinishReason.STOP | FinishReason.LENGTH | FinishReason.TOOL_CALLS | FinishReason.CONTENT_FILTER | None:
            return
        case FinishReason.FUNCTION_CALL:
            return
        case _:
            assert_never(reason)  # type: ignore[arg-type]


def not_exhaustive_strings(message: Message) -> None:
    """Check that a match over strings is not exhaustive: a role may be unlisted."""
    role = message.role
    match role:
        case "system" | "user" | "assistant" | "tool":
            return
        case _:
            assert_never(role)  # type: ignore[arg-type]


def construction() -> list[object]:
    """Check that objects are made from strings, listed or not, and from members."""
    Message(role=7, content="hi")  # type: ignore[arg-type]
    return [
        Message(role="user", content="hi"),
        Message(role="developer", content="hi"),
        Message(role=MessageRole.USER, content=[TextContentPart(type="text", text="hi")]),
        MessagesMessage(role="user", content="hi"),
        ImageUrl(url="https://example.com/a.png", detail="low"),
        ChatCompletionTool(type="function", function=FunctionObject(name="f")),
    ]
