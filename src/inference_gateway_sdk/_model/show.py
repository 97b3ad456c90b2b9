"""Values as a short line for people: long texts and lists cut, anything that may be a secret hidden."""

from __future__ import annotations

from typing import Any

__all__ = ["Concealed", "brief", "brief_field"]


class Concealed:
    """Mixed into structs with secrets: rich, and what uses rich, show them as their `repr` does.

    A msgspec struct has a `__rich_repr__` of its own that yields every field and never asks `__repr__`.
    """

    __slots__ = ()

    def __rich_repr__(self) -> Any:
        """Yield the `repr` in place of the fields."""
        yield repr(self)


_TEXT = 60
_ITEMS = 3
_DEPTH = 6
_SECRET_ENDINGS = ("api_key", "secret", "password", "access_token", "authorization", "private_key", "credentials")


def brief(value: Any, depth: int = _DEPTH) -> str:
    """The value's repr, cut short."""
    if isinstance(value, str):
        text = str(value)
        return repr(text) if len(text) <= _TEXT else f"{text[:_TEXT]!r}... ({len(text)} characters)"
    if depth == 0:
        return "..."
    if value.__class__ is list:
        return _items([brief(item, depth - 1) for item in value[:_ITEMS]], len(value), "[]")
    if value.__class__ is dict:
        shown = [f"{key!r}: {brief_field(str(key), value[key], depth - 1)}" for key in list(value)[:_ITEMS]]
        return _items(shown, len(value), "{}")
    return repr(value)


def brief_field(name: str, value: Any, depth: int = _DEPTH) -> str:
    """The value's repr, cut short, hidden when the field's name says that it is a secret."""
    if value and name.lower().replace("-", "_").endswith(_SECRET_ENDINGS):
        return "'...'"
    return brief(value, depth)


def _items(shown: list[str], total: int, brackets: str) -> str:
    if total > len(shown):
        shown = [*shown, f"... ({total} in all)"]
    return f"{brackets[0]}{', '.join(shown)}{brackets[1]}"
