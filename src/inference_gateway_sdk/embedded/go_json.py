"""JSON decoded and encoded as Go does it."""

from __future__ import annotations

import json
import re
from typing import TypeVar, cast

import msgspec

from .._model.type_info import strict_decode

__all__ = ["decode_error", "encode", "only_value", "quoted", "raw_number", "read_first"]


T = TypeVar("T")

_LITERALS = {"f": "false", "n": "null", "t": "true"}
_BLANKS = " \t\r\n"
_OPAQUE = frozenset({"content", "extra_content", "parameters", "response_format", "stop", "tool_choice"})
_OF_OBJECTS = frozenset({"choices", "messages", "tool_calls", "tools"})  # lists in which null is an empty object
_encoder = msgspec.json.Encoder(order="sorted")
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)
_ESCAPES = {  # none of these occurs outside a string, so replacing bytes is safe
    b"<": b"\\u003c",
    b">": b"\\u003e",
    b"&": b"\\u0026",
    "\u2028".encode(): b"\\u2028",
    "\u2029".encode(): b"\\u2029",
}


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse_constant)  # numbers of any length


def encode(value: object) -> bytes:
    """Encode a value as compact JSON with sorted keys and the five escaped characters."""
    data = _encoder.encode(value)
    for plain, escaped in _ESCAPES.items():
        data = data.replace(plain, escaped)
    return data


def read_first(body: bytes, into: type[T]) -> T:
    """Decode the first JSON value of the body as the given type. Text after it is ignored, and null counts as absent.

    Raises:
        msgspec.DecodeError: There is no such value. As msgspec.ValidationError: it does not fit.
    """
    try:
        return strict_decode(body, into)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # A ValidationError does not mean that the rest is sound JSON, as of {"model":null,}: msgspec stops at the null.
        first = _first_value(body)
        if first is None:
            raise msgspec.DecodeError(str(error)) from error
    try:
        if b"null" in first:
            first = encode(_loads(first))
        return strict_decode(first, into)
    except msgspec.ValidationError:
        raise
    except (ValueError, RecursionError) as error:  # numbers and depths that one reader takes and the other does not
        raise msgspec.DecodeError(str(error)) from error


def only_value(body: bytes) -> bytes | None:
    """Return the value as valid UTF-8 if the body holds one and nothing else, else None."""
    return _first_value(body, alone=True)


def _first_value(body: bytes, *, alone: bool = False) -> bytes | None:
    """Return the first value as valid UTF-8 (Go reads invalid bytes as U+FFFD), or None if there is no value."""
    # b'{"a": "\\ud83d"} {"b": 2}' becomes b'{"a": "\\ufffd"}'
    text = body.decode("utf-8", "replace").lstrip(_BLANKS)
    try:
        end = _decoder.raw_decode(text)[1]
    except (ValueError, RecursionError):
        return None
    if alone and text[end:].strip(_BLANKS):
        return None
    return _ESCAPE.sub(_sound, text[:end]).encode()


def _loads(value: bytes) -> object:
    """Return the value as Go fills it into a struct: a null leaves what was there."""
    whole = json.loads(value, parse_int=raw_number, parse_float=raw_number, object_pairs_hook=_without_null_texts)
    return {} if whole is None else _without_nulls(whole)


def _without_null_texts(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return the object, in which a null does not undo an earlier text of the same name."""
    found: dict[str, object] = {}
    for name, item in pairs:
        if item is not None or not isinstance(found.get(name), str):
            found[name] = item
    return found


def _sound(escape: re.Match[str]) -> str:
    """Return the escape, or U+FFFD for half of a surrogate pair."""
    return "\\ufffd" if escape["half"] else escape[0]


def decode_error(body: bytes) -> str | None:
    """Return the error of Go's decoder for a body without a JSON value at its start, or None for other errors."""
    text = body.decode("utf-8", "replace").lstrip(_BLANKS)
    try:
        _decoder.raw_decode(text)
    except json.JSONDecodeError as error:
        rest = text[error.pos :]
        if not rest:
            return "unexpected EOF" if text else "EOF"
        if error.msg == "Expecting value":
            if literal := _LITERALS.get(rest[0]):
                return _misspelt(rest, literal)
            return f"invalid character '{rest[0]}' looking for beginning of value"
    except RecursionError:
        return "exceeded max depth"
    except ValueError:
        return None
    return None


def _misspelt(text: str, literal: str) -> str:
    for found, wanted in zip(text, literal, strict=False):
        if found != wanted:
            return f"invalid character '{found}' in literal {literal} (expecting '{wanted}')"
    return "unexpected EOF"


def _without_nulls(value: object) -> object:
    """Remove null members from a value, except inside members that are passed on in any shape."""
    if isinstance(value, list):
        return [_without_nulls(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        members = cast("dict[str, object]", value).items()
        return {name: _member(name, item) for name, item in members if item is not None}
    return value


def _member(name: str, item: object) -> object:
    if name in _OPAQUE:
        return item
    if name in _OF_OBJECTS and isinstance(item, list):
        empty: dict[str, object] = {}
        return _without_nulls([empty if each is None else each for each in cast("list[object]", item)])
    return _without_nulls(item)


def raw_number(number: str) -> msgspec.Raw:
    """Return a number in its original notation."""
    return msgspec.Raw(number.encode())


def quoted(text: str) -> str:
    """Return the text in double quotes, as Go prints it inside a sentence."""
    return json.dumps(text, ensure_ascii=False)
