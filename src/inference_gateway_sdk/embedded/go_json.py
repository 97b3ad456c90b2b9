"""JSON as the real gateway's language reads and writes it, where that shows on the wire (WIRE sections 4 and 8).

Written: keys in order, and `<`, `>`, `&`, U+2028 and U+2029 escaped. Read: what follows the first value is ignored.
"""

from __future__ import annotations

import json
from typing import TypeVar

import msgspec

__all__ = ["encode", "quoted", "read_first"]

T = TypeVar("T")

_encoder = msgspec.json.Encoder(order="sorted")
_ESCAPES = {  # none of these can stand outside a string, so replacing bytes is safe
    b"<": b"\\u003c",
    b">": b"\\u003e",
    b"&": b"\\u0026",
    "\u2028".encode(): b"\\u2028",
    "\u2029".encode(): b"\\u2029",
}


def encode(value: object) -> bytes:
    """The value as compact JSON, keys sorted, the five characters escaped."""
    data = _encoder.encode(value)
    for plain, escaped in _ESCAPES.items():
        data = data.replace(plain, escaped)
    return data


def read_first(body: bytes, into: type[T]) -> T:
    """The first JSON value of the body, as the type given; anything behind it is ignored.

    Raises:
        msgspec.DecodeError: There is no such value, or (as msgspec.ValidationError) it does not fit.
    """
    try:
        return msgspec.json.decode(body, type=into)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as error:
        first = _first_value(body)
        if first is None:
            raise error from None
        return msgspec.json.decode(first, type=into)


def _first_value(body: bytes) -> bytes | None:
    try:
        text = body.decode().lstrip()
        return text[: json.JSONDecoder().raw_decode(text)[1]].encode()
    except ValueError:
        return None


def quoted(text: str) -> str:
    """The text in double quotes, as Go prints it inside a sentence."""
    return json.dumps(text, ensure_ascii=False)
