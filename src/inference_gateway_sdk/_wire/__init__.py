"""Conversion between bytes and values. No I/O, no clock, no randomness, no logging."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from . import chat as chat


def __getattr__(name: str) -> ModuleType:
    """Import `chat` when it is first used: an import statement in each call would cost more than the rest of it."""
    if name != "chat":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return import_module(".chat", __name__)
