"""The results of tool calls as text for the model: values, and messages for calls that did not succeed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from .._model.encode import encode, to_builtins
from .._model.json_values import is_array, is_object
from .._wire.mcp import McpToolResult
from ..errors import SerializationError
from .tool import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._schema.adapter import Problem

__all__ = [
    "CUT_OFF",
    "INTERRUPTED",
    "NOT_SHOWN",
    "ToolText",
    "denied",
    "failed",
    "invalid_arguments",
    "timed_out",
    "to_text",
    "unavailable",
    "unknown_tool",
]

_MAX_NAMES: Final = 20
CUT_OFF: Final = "This call was cut off before its end, so it was not run. Write less, or split the work."
INTERRUPTED: Final = "This call was interrupted; it is not known whether it ran."
NOT_SHOWN: Final = "The gateway ran this call; its result is not shown."


class ToolText(Struct, frozen=True):
    """The result of a tool call as text for the model.

    Attributes:
        text: The text.
        is_error: True if the call failed.
    """

    text: str
    is_error: bool = False


def to_text(value: object) -> ToolText:
    """Return a tool's value as text: a string unchanged, an MCP result's text, and any other value as JSON.

    Raises:
        TypeError: The value is bytes.
        SerializationError: The value cannot be encoded as JSON, NaN included. The error has the path.
    """
    if isinstance(value, str):
        return ToolText(str(value))
    if isinstance(value, McpToolResult):
        return ToolText(_mcp_text(value), bool(value.is_error))
    kind: Any = type(value)
    if issubclass(kind, (bytes, bytearray, memoryview)):
        raise TypeError(f"a tool must return a string or a JSON value, got {kind.__name__}")
    text = encode(value).decode()
    if ("NaN" in text or "Infinity" in text) and (path := _not_finite(to_builtins(value), "$")) is not None:
        raise SerializationError("a number that is not finite cannot be encoded as JSON", path=path)
    return ToolText(text)


def _not_finite(value: Any, path: str) -> str | None:
    """Return the path of the first number that is not finite, or None."""
    if isinstance(value, float):
        return None if math.isfinite(value) else path
    parts = ((f".{key}", part) for key, part in value.items()) if is_object(value) else ()
    if is_array(value):
        parts = ((f"[{index}]", part) for index, part in enumerate(value))
    return next((found for name, part in parts if (found := _not_finite(part, path + name)) is not None), None)


def _mcp_text(result: McpToolResult) -> str:
    if result.text:
        return result.text
    other: Any = result.structured_content if result.structured_content is not None else result.content
    return encode(other).decode() if other else ""


def unknown_tool(name: str, names: Iterable[str]) -> ToolText:
    """Return the text for a call of a tool that was not offered."""
    known = list(names)
    shown = ", ".join(known[:_MAX_NAMES]) + (", ..." if len(known) > _MAX_NAMES else "")
    return ToolText(f"There is no tool {name[:80]!r}. The tools are: {shown or 'none'}.", is_error=True)


def invalid_arguments(problems: Iterable[Problem]) -> ToolText:
    """Return the text for arguments that are invalid or not JSON."""
    return ToolText(
        "The arguments are invalid, so the tool was not run. " + "; ".join(map(str, problems)), is_error=True
    )


def failed(error: BaseException) -> ToolText:
    """Return the text for a tool that raised: the message of a `ToolError`, else only the exception's class."""
    if isinstance(error, ToolError):
        return ToolText(str(error) or "The tool failed.", is_error=True)
    return ToolText(f"The tool failed with {type(error).__name__}.", is_error=True)


def timed_out(seconds: float) -> ToolText:
    """Return the text for a call that took too long."""
    return ToolText(f"No result within {seconds:g} s; the tool may still be running.", is_error=True)


def denied(reason: str | None = None) -> ToolText:
    """Return the text for a call that was not approved."""
    return ToolText(reason or "This call was denied.", is_error=True)


def unavailable(name: str) -> ToolText:
    """Return the text for a call of a tool that was offered only earlier in the conversation."""
    return ToolText(f"The tool {name[:80]!r} is not available now.", is_error=True)
