"""The one lock under which msgspec builds what it knows of a type.

msgspec fills its cache of Struct descriptions step by step. A second thread that decodes with a half-built description
crashes the process. Whatever may build one therefore holds the lock; a description that is complete is read without it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any

import msgspec
from msgspec.json import Decoder

__all__ = ["build_decoder", "convert"]

_building = threading.RLock()
_built: set[Any] = set()


def build_decoder(kind: Any, dec_hook: Callable[[type, Any], Any] | None = None) -> Decoder[Any]:
    """Return a new JSON decoder for a type."""
    with _building:
        return Decoder(kind, dec_hook=dec_hook)


def convert(value: object, kind: Any, dec_hook: Callable[[type, Any], Any] | None = None) -> Any:
    """Return a plain value as that type, as `msgspec.convert` does.

    Raises:
        ValidationError: The value does not fit.
    """
    try:
        known = kind in _built
    except TypeError:  # a type with an unhashable annotation is built anew each time
        known = False
    if known:
        return msgspec.convert(value, kind, dec_hook=dec_hook)
    with _building:
        try:
            return msgspec.convert(value, kind, dec_hook=dec_hook)
        finally:
            if isinstance(kind, Hashable):
                _built.add(kind)
