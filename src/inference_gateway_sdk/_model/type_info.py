"""The lock that guards msgspec's cache of type descriptions.

msgspec fills its cache of Struct descriptions step by step. A second thread that decodes with a half-built description
crashes the process. Any code that may build a description therefore holds the lock; a complete description is used
without it.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from msgspec.json import Decoder

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["build_decoder"]

_building = threading.RLock()  # reentrant for a signal handler or destructor that runs during a build
if hasattr(os, "register_at_fork"):  # a child must inherit neither a held lock nor a half-built description
    os.register_at_fork(before=_building.acquire, after_in_parent=_building.release, after_in_child=_building.release)


def build_decoder(kind: Any, dec_hook: Callable[[type, Any], Any] | None = None) -> Decoder[Any]:
    """Return a new JSON decoder for a type. After that `msgspec.convert` finds the type's description complete."""
    with _building:
        return Decoder(kind, dec_hook=dec_hook)
