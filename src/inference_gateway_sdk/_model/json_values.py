"""Parse JSON text, and recognise the types of JSON values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

from msgspec import DecodeError
from msgspec import json as fast

from ..errors import DecodingError

__all__ = ["excerpt", "is_array", "is_iterable", "is_mapping", "is_object", "parse"]


_EXCERPT = 200
_FASTER = fast.Decoder()


def parse(data: bytes | memoryview | str) -> Any:
    """Return the value of a JSON text.

    Lone surrogate escapes, NaN, infinities and numbers out of the range of a float are read as Python's `json` reads
    them: msgspec refuses them, but providers send them.

    Raises:
        DecodingError: When the text is not JSON, not UTF-8, or nested too deeply to read.
    """
    try:
        return _FASTER.decode(data)
    except (DecodeError, ValueError, RecursionError):
        return _parse_odd(data)


def _parse_odd(data: bytes | memoryview | str) -> Any:
    import json  # here: most programs never need it

    try:
        return json.loads(data if isinstance(data, str) else bytes(data))
    except UnicodeDecodeError as error:
        raise DecodingError(f"the text is not UTF-8 (byte {error.start}): {excerpt(data)}") from None
    except json.JSONDecodeError as error:
        raise DecodingError(f"not JSON ({error.msg} at character {error.pos}): {excerpt(data)}") from None
    except RecursionError:
        raise DecodingError(f"the JSON is nested too deeply to read: {excerpt(data)}") from None
    except ValueError as error:  # an integer with more digits than Python converts
        raise DecodingError(f"the JSON cannot be read ({error}): {excerpt(data)}") from None


def excerpt(data: bytes | memoryview | str) -> str:
    """Return the beginning of a text, for an error message."""
    if not data:
        return "the text is empty"
    text = data[:_EXCERPT] if isinstance(data, str) else bytes(data[:_EXCERPT]).decode("utf-8", "replace")
    return repr(text) if len(data) <= _EXCERPT else f"{text!r}..."


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Return whether the value is a JSON object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Return whether the value is a JSON array."""
    return isinstance(value, list)


def is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Return whether the value is a mapping of any type."""
    return type(value) is dict or isinstance(value, Mapping)  # the check of an ABC is slow


def is_iterable(value: object) -> TypeGuard[Iterable[Any]]:
    """Return whether the value is iterable."""
    return type(value) is list or isinstance(value, Iterable)
