"""JSON bytes to typed values and back, without loss.

Decoding tries three paths, each slower and more tolerant than the one before:

1. msgspec's strict decoding.
2. `tolerant_decode`, which first sets unknown fields aside and fills in missing ones.
3. `lenient_decode`, which reads field by field.

The result is the same whichever path was taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec import DecodeError, ValidationError

from .._model.encode import encode, to_builtins
from .._model.json_values import parse
from .._model.lenient_decode import from_builtins
from .._model.tolerant_decode import hook, widen
from .._model.type_info import build_decoder
from ..errors import DecodingError
from .headers import redact_text

if TYPE_CHECKING:
    from msgspec.json import Decoder

__all__ = ["ChunkDecoder", "decode", "encode", "from_builtins", "to_builtins"]

T = TypeVar("T")
_STRICT_ATTEMPTS = 2
"""The number of mistyped chunks in a stream after which every chunk is read field by field at once."""


_DECODERS: dict[Any, Decoder[Any]] = {}


def _strict(type: type[T]) -> Decoder[T]:
    decoder: Decoder[T] | None = _DECODERS.get(type)
    if decoder is None:
        decoder = _DECODERS[type] = build_decoder(type, hook)
    return decoder


def decode(data: bytes | memoryview, type: type[T]) -> T:
    """Decode JSON as a value of the type, also when fields are unknown, mistyped or missing.

    Raises:
        DecodingError: When the data is not JSON.
        DeserializationError: When the value is of another kind than the type, such as an array for an object.
    """
    try:
        return _strict(type).decode(data)
    except (DecodeError, ValueError, RecursionError):
        pass
    try:
        widened: T = widen(type, parse(data))
    except (ValidationError, RecursionError):
        return from_builtins(parse(data), type)
    except DecodingError as error:  # its message quotes the start of the data
        raise DecodingError(redact_text(error.message)) from None
    return widened


class ChunkDecoder(Generic[T]):
    """A decoder for the chunks of one stream.

    The results are those of `decode`. The decoder remembers which path this stream's provider needs, because raising
    and catching an exception for every chunk would be slow.
    """

    def __init__(self, type: type[T]) -> None:
        self._type = type
        self._strict: Decoder[T] | None = _strict(type)
        self._mistyped = 0

    def decode(self, data: bytes | memoryview) -> T:
        """Decode one chunk as `decode` does.

        Raises:
            DecodingError: When the data is not JSON.
            DeserializationError: When the value is of another kind than the type.
        """
        strict = self._strict
        if strict is not None:
            try:
                return strict.decode(data)
            except (DecodeError, ValueError, RecursionError):
                pass
        value = parse(data)
        self._strict = None  # only now: data that is not JSON shows nothing about the provider's fields
        if self._mistyped < _STRICT_ATTEMPTS:
            try:
                widened: T = widen(self._type, value)
            except (ValidationError, RecursionError):
                self._mistyped += 1
                value = parse(data)  # `widen` has modified the first one
            else:
                return widened
        return from_builtins(value, self._type)
