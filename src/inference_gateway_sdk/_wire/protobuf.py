"""Protocol Buffers to fields by number, as far as the answer to a push of metrics needs it.

The encoding: https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from ..errors import DecodingError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Field", "fields"]

Field: TypeAlias = tuple[int, int | bytes]
"""A field's number and its value: a whole number, or the bytes of a text, a message or a fixed-width number."""

_FIXED = {1: 8, 5: 4}  # wire types whose values have so many bytes


def fields(data: bytes) -> Iterator[Field]:
    """The fields of a message, in order.

    Raises:
        DecodingError: The bytes are no message, or use the groups that Protocol Buffers gave up.
    """
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise DecodingError("not a Protocol Buffers message: a field has the number 0")
        if kind == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == 2:
            size, at = _varint(data, at)
        elif kind in _FIXED:
            size = _FIXED[kind]
        else:
            raise DecodingError(f"not a Protocol Buffers message: a field has the wire type {kind}")
        if at + size > len(data):
            raise DecodingError("a Protocol Buffers message that was cut off")
        yield number, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A whole number of seven bits a byte, the lowest first, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise DecodingError("a Protocol Buffers message that was cut off")
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
    raise DecodingError("not a Protocol Buffers message: a number of more than ten bytes")
