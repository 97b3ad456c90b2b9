"""What an object holds beside its attributes, so that sending it back loses nothing.

Reading an object that strays from the contract turns what its attributes cannot say into one `Kept`; writing turns the
attributes and that `Kept` back into what had come. A `Kept` is never changed once made: objects that share one after a
shallow copy cannot surprise each other.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .meta import Meta

__all__ = [
    "KEY",
    "NOTHING",
    "Kept",
    "Marks",
    "kept_of",
    "mark_incomplete",
    "mark_ran_on_gateway",
    "raw_value",
    "set_meta",
]

KEY = "\x7fkept"
"""The wire name of the hidden field: a control character that no contract uses and that msgspec still allows."""


class Marks(NamedTuple):
    """What this package notes on an object after reading it.

    Attributes:
        ran_on_gateway: The gateway itself ran this tool call.
        complete: False for an answer assembled from a stream that ended early.
        meta: How the answer came; not part of the value, so it does not count in comparisons.
    """

    ran_on_gateway: bool = False
    complete: bool = True
    meta: Meta | None = None


_UNMARKED = Marks()
_EMPTY: Mapping[str, Any] = MappingProxyType({})
_NONE: frozenset[str] = frozenset()


class Kept:
    """What one object could not say through its attributes.

    Attributes:
        unknown: Fields the contract does not know, by wire name, in the order they came.
        raw: What came for known fields whose attribute had to differ from it, by wire name.
        absent: Wire names of required fields that did not come.
        marks: What this package noted since.
    """

    __slots__ = ("absent", "marks", "raw", "unknown")

    def __init__(
        self,
        unknown: Mapping[str, Any] = _EMPTY,
        raw: Mapping[str, Any] = _EMPTY,
        absent: frozenset[str] = _NONE,
        marks: Marks = _UNMARKED,
    ) -> None:
        self.unknown = unknown
        self.raw = raw
        self.absent = absent
        self.marks = marks

    def marked(self, marks: Marks) -> Kept:
        """The same with other marks."""
        return Kept(self.unknown, self.raw, self.absent, marks)

    def __eq__(self, other: object) -> bool:
        # An object that was given nothing but a Meta equals one that has no Kept at all.
        return _value(NOTHING if other is None else other) == _value(self)

    __hash__ = None  # type: ignore[assignment]  # as mutable as the mappings it holds

    def __reduce__(self) -> tuple[Any, ...]:
        return Kept, (dict(self.unknown), dict(self.raw), self.absent, self.marks)

    def __repr__(self) -> str:
        return f"Kept({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__slots__)})"


def _value(kept: object) -> tuple[object, ...] | None:
    """What counts in comparisons."""
    if not isinstance(kept, Kept):
        return None
    return (kept.unknown, kept.raw, kept.absent, kept.marks.ran_on_gateway, kept.marks.complete)


NOTHING = Kept()
"""Stands for the `Kept` of an object that has none."""


def kept_of(model: object) -> Kept:
    """The object's `Kept`, `NOTHING` where it has none."""
    return getattr(model, "kept_", None) or NOTHING


def raw_value(model: object, wire_name: str) -> Any:
    """What came for a known field whose attribute could not hold it, None where the attribute says it all."""
    return kept_of(model).raw.get(wire_name)


def set_meta(model: object, meta: Meta) -> None:
    """Tell an answer how it came."""
    if getattr(model, "kept_", None) is None:
        model.kept_ = Kept(marks=Marks(meta=meta))  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    else:
        _mark(model, meta=meta)


def mark_incomplete(model: object) -> None:
    """Tell an answer that its stream ended early."""
    _mark(model, complete=False)


def mark_ran_on_gateway(model: object) -> None:
    """Tell a tool call that the gateway ran it, whatever its name."""
    _mark(model, ran_on_gateway=True)


def _mark(model: object, **marks: Any) -> None:
    kept = kept_of(model)
    model.kept_ = kept.marked(kept.marks._replace(**marks))  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
