"""JSON bytes to typed values and back, losing nothing.

Reading tries three paths, each slower and more tolerant than the one before: msgspec's own strict decode; `widening`,
which takes unknown and missing fields out of the way first; and `reading`, field by field. What comes out is the same
whichever path it took.
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
"""How many mistyped chunks a stream may have before each is read field by field at once."""


_DECODERS: dict[Any, Decoder[Any]] = {}


def _strict(type: type[T]) -> Decoder[T]:
    decoder: Decoder[T] | None = _DECODERS.get(type)
    if decoder is None:
        decoder = _DECODERS[type] = build_decoder(type, hook)
    return decoder


def decode(data: bytes | memoryview, type: type[T]) -> T:
    """The JSON text as a value of that type, whatever fields it has beside, in place of, or without the contract's.

    Raises:
        DecodingError: When it is not JSON.
        DeserializationError: When it is not of the type's kind at all, as an array where an object must be.
    """
    try:
        return _strict(type).decode(data)
    except (DecodeError, ValueError, RecursionError):
        pass
    try:
        widened: T = widen(type, parse(data))
    except (ValidationError, RecursionError):
        return from_builtins(parse(data), type)
    except DecodingError as error:  # its text shows how the data begin
        raise DecodingError(redact_text(error.message)) from None
    return widened


class ChunkDecoder(Generic[T]):
    """Decodes the chunks of one stream.

    It gives what `decode` gives, and settles on the path that this stream's provider needs: an exception on every chunk
    would be too dear.
    """

    def __init__(self, type: type[T]) -> None:
        self._type = type
        self._strict: Decoder[T] | None = _strict(type)
        self._mistyped = 0

    def decode(self, data: bytes | memoryview) -> T:
        """As `decode`.

        Raises:
            DecodingError: When the data are not JSON.
            DeserializationError: When they are not of the type's kind at all.
        """
        strict = self._strict
        if strict is not None:
            try:
                return strict.decode(data)
            except (DecodeError, ValueError, RecursionError):
                pass
        value = parse(data)
        self._strict = None  # not before parsing: what is no JSON says nothing about the provider's fields
        if self._mistyped < _STRICT_ATTEMPTS:
            try:
                widened: T = widen(self._type, value)
            except (ValidationError, RecursionError):
                self._mistyped += 1
                value = parse(data)  # widening has used the first one up
            else:
                return widened
        return from_builtins(value, self._type)
