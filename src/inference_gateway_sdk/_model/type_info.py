"""The lock that guards msgspec's cache of type descriptions.

msgspec fills its cache of Struct descriptions step by step. A second thread that decodes with a half-built description
crashes the process. Any code that may build a description therefore holds the lock; a complete description is used
without it. The package calls `Decoder`, `convert` and typed `decode` of msgspec through this module only.
"""

from __future__ import annotations

import os
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Raw, convert
from msgspec.json import Decoder

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["build_converter", "build_decoder", "strict_decode"]

T = TypeVar("T")

_building = threading.RLock()  # reentrant for a signal handler or destructor that runs during a build
if hasattr(os, "register_at_fork"):  # a child must inherit neither a held lock nor a half-built description
    os.register_at_fork(before=_building.acquire, after_in_parent=_building.release, after_in_child=_building.release)


def build_decoder(kind: Any, dec_hook: Callable[[type, Any], Any] | None = None) -> Decoder[Any]:
    """Return a new JSON decoder for a type. With it, the description of the type is complete."""
    with _building:
        return Decoder(kind, dec_hook=dec_hook)


def build_converter(
    kind: Any, dec_hook: Callable[[type, Any], Any] | None = None, *, strict: bool = True
) -> Callable[[object], Any]:
    """Return a function that converts plain values to a type, as `msgspec.convert` does.

    Args:
        kind: The type.
        dec_hook: A function that converts values to types that msgspec does not know.
        strict: Do not convert text to numbers and booleans.
    """
    build_decoder(kind, dec_hook)
    return partial(convert, type=kind, dec_hook=dec_hook, strict=strict)


_decoders: dict[Any, Decoder[Any]] = {}


def strict_decode(data: bytes | str | Raw, kind: type[T]) -> T:
    """Decode JSON as one of the package's own types, as `msgspec.json.decode` does.

    The decoder is kept, and the type with it: types of users have to be decoded otherwise.

    Raises:
        msgspec.DecodeError: The data is not JSON. As msgspec.ValidationError: it does not fit the type.
    """
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = build_decoder(kind)
    value: T = decoder.decode(data)
    return value
