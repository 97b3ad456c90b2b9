"""Parse JSON text, and recognise the kinds of JSON values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

from msgspec import DecodeError
from msgspec import json as fast

from ..errors import DecodingError

__all__ = ["excerpt", "is_array", "is_iterable", "is_mapping", "is_object", "parse"]


_EXCERPT = 200
_FASTER = fast.Decoder()


def parse(data: bytes | memoryview | str) -> Any:
    """The value of a JSON text.

    Lone surrogate escapes, NaN, infinities and numbers no float can hold are read as Python's own reader does: msgspec
    refuses them, and providers send them.

    Raises:
        DecodingError: When it is not JSON, not UTF-8, or nested too deeply to read.
    """
    try:
        return _FASTER.decode(data)
    except (DecodeError, ValueError, RecursionError):
        return _parse_odd(data)


def _parse_odd(data: bytes | memoryview | str) -> Any:
    try:
        return json.loads(data if isinstance(data, str) else bytes(data))
    except UnicodeDecodeError as error:
        raise DecodingError(f"The text is not UTF-8 (byte {error.start}): {excerpt(data)}") from None
    except json.JSONDecodeError as error:
        raise DecodingError(f"Not JSON ({error.msg} at character {error.pos}): {excerpt(data)}") from None
    except RecursionError:
        raise DecodingError(f"JSON nested too deeply to read: {excerpt(data)}") from None
    except ValueError as error:  # a whole number of more digits than Python converts
        raise DecodingError(f"JSON that cannot be read ({error}): {excerpt(data)}") from None


def excerpt(data: bytes | memoryview | str) -> str:
    """The beginning of a text, for an error message."""
    if not data:
        return "the text is empty"
    text = data[:_EXCERPT] if isinstance(data, str) else bytes(data[:_EXCERPT]).decode("utf-8", "replace")
    return repr(text) if len(data) <= _EXCERPT else f"{text!r}..."


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether it is a JSON object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Whether it is a JSON array."""
    return isinstance(value, list)


def is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Whether it is a mapping of any kind."""
    return isinstance(value, Mapping)


def is_iterable(value: object) -> TypeGuard[Iterable[Any]]:
    """Whether it can be iterated over."""
    return isinstance(value, Iterable)
