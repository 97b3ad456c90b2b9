"""The name under which a class shows itself: the package, not the room it was written in."""

from __future__ import annotations

from typing import TypeVar

__all__ = ["PACKAGE", "publish"]

_T = TypeVar("_T", bound=type)

PACKAGE = __name__.partition(".")[0]


def publish(cls: _T) -> _T:
    """The class, named in reprs, tracebacks and pickles as users import it; classes of other packages stay theirs."""
    if cls.__module__.startswith(PACKAGE + "."):
        cls.__module__ = PACKAGE
    return cls
