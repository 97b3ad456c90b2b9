"""JSON decoded and encoded as Go does it."""

from __future__ import annotations

import json
import re
from typing import TypeVar, cast

import msgspec

__all__ = ["decode_error", "encode", "quoted", "raw_number", "read_first"]


T = TypeVar("T")

_LITERALS = {"f": "false", "n": "null", "t": "true"}
_OPAQUE = frozenset({"content", "extra_content", "parameters", "response_format", "stop", "tool_choice"})
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
        return msgspec.json.decode(body, type=into)
    except msgspec.ValidationError:
        if b"null" not in body:
            raise
        again = encode(_without_nulls(json.loads(body, parse_int=raw_number, parse_float=raw_number)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        again = _first_value(body)
        if again == body:
            raise msgspec.DecodeError(str(error)) from error
    try:
        return msgspec.json.decode(again, type=into)
    except RecursionError as error:
        raise msgspec.DecodeError(str(error)) from error


def _first_value(body: bytes) -> bytes:
    """Return the first value as valid UTF-8 (Go reads invalid bytes as U+FFFD), or the body if there is no value."""
    # b'{"a": "\\ud83d"} {"b": 2}' becomes b'{"a": "\\ufffd"}'
    text = body.decode("utf-8", "replace").lstrip(" \t\r\n")
    try:
        end = json.JSONDecoder().raw_decode(text)[1]
    except (ValueError, RecursionError):
        return body
    return _ESCAPE.sub(_sound, text[:end]).encode()


def _sound(escape: re.Match[str]) -> str:
    """Return the escape, or U+FFFD for half of a surrogate pair."""
    return "\\ufffd" if escape["half"] else escape[0]


def decode_error(body: bytes) -> str | None:
    """Return the error of Go's decoder for a body without a JSON value at its start, or None for other errors."""
    text = body.decode("utf-8", "replace").lstrip(" \t\r\n")
    try:
        json.JSONDecoder().raw_decode(text)
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
        return {name: item if name in _OPAQUE else _without_nulls(item) for name, item in members if item is not None}
    return value


def raw_number(number: str) -> msgspec.Raw:
    """Return a number in its original notation."""
    return msgspec.Raw(number.encode())


def quoted(text: str) -> str:
    """Return the text in double quotes, as Go prints it inside a sentence."""
    return json.dumps(text, ensure_ascii=False)
