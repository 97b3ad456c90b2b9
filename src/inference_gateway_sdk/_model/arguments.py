"""Check arguments. Each function returns the value, or raises an error that names the argument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .json_values import is_iterable

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["check_bool", "check_choice", "check_integer", "check_number", "check_texts"]


def check_bool(name: str, value: object) -> bool:
    """Return a bool.

    Raises:
        TypeError: It is something else.
    """
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, got {type(value).__name__}")
    return value


def check_integer(name: str, value: object, *, least: int) -> int:
    """Return an integer.

    Raises:
        TypeError: It is something else. A bool is not an integer here.
        ValueError: It is below `least`.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer, got {type(value).__name__}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")
    return value


def check_number(name: str, value: object, unit: str = "") -> float:
    """Return a positive, finite number.

    Args:
        name: The name of the argument.
        value: Its value.
        unit: What it counts, for the message.

    Raises:
        TypeError: It is something else. A bool is not a number here.
        ValueError: It is not positive, or not finite.
    """
    of_unit = f" of {unit}" if unit else ""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number{of_unit}, got {type(value).__name__}")
    if not 0 < value < float("inf"):
        raise ValueError(f"{name} must be a positive number{of_unit}, got {value}")
    return value


def check_choice(name: str, value: Any, allowed: Iterable[Any]) -> Any:
    """Return one of the allowed values.

    Raises:
        ValueError: It is something else.
    """
    allowed = tuple(allowed)
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    return value


def check_texts(name: str, value: object) -> tuple[str, ...]:
    """Return a list of strings as a tuple.

    Raises:
        TypeError: It is something else. A string is not a list here.
    """
    if isinstance(value, (str, bytes)) or not is_iterable(value):
        raise TypeError(f"{name} must be a list of strings, got {type(value).__name__}")
    texts: list[Any] = list(value)
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"{name} must be a list of strings; {text!r} is not one")
    return tuple(texts)
