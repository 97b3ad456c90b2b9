"""A cassette's JSON laid out for people and for diffs: what is short stands on one line, what is long on one a member.

The same value always gives the same text. A `Line` stands on one line however long it is: an event of a stream is then
one line of a diff.
"""

from __future__ import annotations

import json
from typing import Any, Final

from .json_kinds import is_object, members_of

__all__ = ["Line", "document"]

_WIDTH: Final = 110
_STEP: Final = "  "


class Line:
    """A value that is never broken over lines."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def document(value: Any) -> str:
    """The value as JSON text, with a line break at its end."""
    return _text(value, "", 0) + "\n"


def _text(value: Any, margin: str, taken: int) -> str:
    """The value, where `taken` characters of its first line are gone already."""
    if isinstance(value, Line):
        return _flat(value.value)
    if not members_of(value):
        return _flat(value)
    if not _holds_line(value):
        flat = _flat(value)
        if taken + len(flat) <= _WIDTH:
            return flat
    return _broken(value, margin)


def _broken(value: Any, margin: str) -> str:
    inner = margin + _STEP
    if is_object(value):
        labels = [(f"{inner}{_flat(name)}: ", item) for name, item in value.items()]
        opening, closing = "{}"
    else:
        labels = [(inner, item) for item in members_of(value)]
        opening, closing = "[]"
    rows = [label + _text(item, inner, len(label)) for label, item in labels]
    return f"{opening}\n" + ",\n".join(rows) + f"\n{margin}{closing}"


def _holds_line(value: Any) -> bool:
    """Whether a line of its own stands somewhere inside."""
    if isinstance(value, Line):
        return True
    return any(_holds_line(item) for item in members_of(value))


def _flat(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isascii() else _encodable(text)


def _encodable(text: str) -> str:
    """The text with what UTF-8 cannot hold (lone surrogates), or a line of a diff should not, as escapes."""
    return "".join([_escape(char) if _awkward(char) else char for char in text])


def _awkward(char: str) -> bool:
    return "\ud800" <= char <= "\udfff" or char in "\x7f\x85\u2028\u2029\ufeff"


def _escape(char: str) -> str:
    return f"\\u{ord(char):04x}"
