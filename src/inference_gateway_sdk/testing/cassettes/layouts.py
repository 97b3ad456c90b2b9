"""JSON layouts: read a JSON text so that it can be written again byte for byte."""

from __future__ import annotations

import json
import math
from itertools import product
from typing import Any, Final, TypeGuard

__all__ = [
    "COMPACT",
    "LAYOUTS",
    "NotJsonError",
    "is_array",
    "is_object",
    "laid_out",
    "members_of",
    "read_json",
    "read_shallow",
    "styled",
]


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether the value is an object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Whether the value is an array."""
    return isinstance(value, list)


def members_of(value: object) -> list[Any]:
    """What stands inside an object or an array; nothing inside anything else."""
    if is_object(value):
        return list(value.values())
    return value if is_array(value) else []


COMPACT: Final = "compact"
_SPACINGS: Final[dict[str, dict[str, Any]]] = {
    COMPACT: {"separators": (",", ":")},
    "spaced": {"separators": (", ", ": ")},
    "indented": {"indent": 2},
}
_DEPTH: Final = 100
_ESCAPES: Final = ("", "ascii", "html")
_ENDS: Final = ("", "newline")
LAYOUTS: Final = tuple(" ".join(filter(None, parts)) for parts in product(_SPACINGS, _ESCAPES, _ENDS))
"""Every style there is, the commonest first."""

_HTML: Final = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}  # what Go's encoder escapes


class NotJsonError(ValueError):
    """The text is no JSON, or JSON whose value does not say all of it."""


def read_json(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        NotJsonError: It has none, or a key twice, or a number beyond a float's range.
    """
    try:
        return json.loads(text, object_pairs_hook=_layout_object, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise NotJsonError(str(error)) from None


def read_shallow(text: str) -> Any:
    """As `read_json`, for a value that will stand inside another.

    Raises:
        NotJsonError: As there, or it is nested more deeply than anybody could read.
    """
    value = read_json(text)
    if _deeper(value, _DEPTH):
        raise NotJsonError("nested too deeply")
    return value


def laid_out(text: str) -> tuple[Any, str]:
    """The text as a value and the style that gives the same text again.

    Raises:
        NotJsonError: There is no such value and style.
    """
    value = read_shallow(text)
    for layout in LAYOUTS:
        if styled(value, layout) == text:
            return value, layout
    raise NotJsonError("written in no known style")


def styled(value: Any, layout: str) -> str:
    """The value as JSON text in this style."""
    spacing, *rest = layout.split(" ")
    text = json.dumps(value, ensure_ascii="ascii" in rest, **_SPACINGS[spacing])
    if "html" in rest:
        text = text.translate(_HTML)
    return text + "\n" if "newline" in rest else text


def _deeper(value: Any, levels: int) -> bool:
    return levels == 0 or any(_deeper(item, levels - 1) for item in members_of(value))


def _layout_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotJsonError("a key stands twice")
    return members


def _no_constant(name: str) -> float:
    raise NotJsonError(f"{name} is no JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise NotJsonError("a number beyond a float's range")
    return number
