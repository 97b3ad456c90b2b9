"""Unknown fields of an answer, kept for sending back, and the facts about how it arrived."""

from __future__ import annotations

import sys
from collections.abc import Mapping  # noqa: TC003  (msgspec reads the annotations at run time)
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from msgspec import Struct

__all__ = [
    "KEY",
    "MISSING",
    "PACKAGE",
    "Meta",
    "Notes",
    "UnknownFields",
    "WithMeta",
    "mark_incomplete",
    "mark_ran_on_gateway",
    "raw_value",
    "set_meta",
    "set_module",
    "unknown_of",
]


_T = TypeVar("_T", bound=type)

PACKAGE = __name__.partition(".")[0]


def set_module(cls: _T) -> _T:
    """Make a public class appear in reprs, tracebacks and pickles as users import it, and return it.

    Its annotations are evaluated here: msgspec and `typing.get_type_hints` look their names up in the module that the
    class names, where most of them do not exist. Classes of other packages are left as they are.
    """
    if cls.__module__.startswith(PACKAGE + "."):
        names = vars(sys.modules[cls.__module__])
        annotations = cls.__dict__.get("__annotations__", {})  # noqa: RUF063  (importing inspect costs more)
        for name, annotation in annotations.items():
            if isinstance(annotation, str):
                annotations[name] = _evaluated(annotation, names)
        cls.__module__ = PACKAGE
    return cls


def _evaluated(annotation: str, names: dict[str, Any]) -> Any:
    """Return an annotation as a type, `Any` where it names a type that only type checkers import."""
    try:
        return eval(annotation, names)  # noqa: S307  (an annotation of our own source)
    except NameError:
        return Any


@set_module
class Meta(Struct, frozen=True, kw_only=True):
    """How an answer came.

    Attributes:
        status: The HTTP status.
        headers: The answer's headers; names are compared without case.
        selected_provider: The provider behind a routing alias (`X-Selected-Provider`, gateway-behaviour.md#routing),
            else None.
        selected_model: The model behind a routing alias (`X-Selected-Model`), else None.
        elapsed: Seconds from the start of the last attempt until the answer was whole (a stream: until its head came).
        attempts: How many times the request was sent, 1 when the first try succeeded.
        raw: The body's bytes as they came; None for streams.
    """

    status: int
    headers: Mapping[str, str]
    selected_provider: str | None = None
    selected_model: str | None = None
    elapsed: float = 0.0
    attempts: int = 1
    raw: bytes | None = None

    def __repr__(self) -> str:
        size = "" if self.raw is None else f", raw=<{len(self.raw)} bytes>"
        routed = f", selected={self.selected_provider}/{self.selected_model}" if self.selected_provider else ""
        return f"Meta(status={self.status}, elapsed={self.elapsed:.3f}, attempts={self.attempts}{routed}{size})"


KEY = "\x7fkept"
"""The wire name of the hidden field: a control character that no contract uses and that msgspec still allows."""


class Notes(NamedTuple):
    """What this package notes on an object after reading it.

    Attributes:
        ran_on_gateway: The gateway itself ran this tool call.
        complete: False for an answer assembled from a stream that ended early.
        meta: How the answer came; not part of the value, so it does not count in comparisons.
    """

    ran_on_gateway: bool = False
    complete: bool = True
    meta: Meta | None = None


_UNMARKED = Notes()
_EMPTY: Mapping[str, Any] = MappingProxyType({})
_NONE: frozenset[str] = frozenset()


class UnknownFields:
    """What one object could not say through its attributes.

    Attributes:
        unknown: Fields the contract does not know, by wire name, in the order they came.
        raw: What came for known fields whose attribute had to differ from it, by wire name.
        absent: Wire names of required fields that did not come.
        marks: What this package noted since.
    """

    __slots__ = ("absent", "notes", "raw", "unknown")

    def __init__(
        self,
        unknown: Mapping[str, Any] = _EMPTY,
        raw: Mapping[str, Any] = _EMPTY,
        absent: frozenset[str] = _NONE,
        notes: Notes = _UNMARKED,
    ) -> None:
        self.unknown = unknown
        self.raw = raw
        self.absent = absent
        self.notes = notes

    def marked(self, notes: Notes) -> UnknownFields:
        """The same with other marks."""
        return UnknownFields(self.unknown, self.raw, self.absent, notes)

    def __eq__(self, other: object) -> bool:
        # An object that was given nothing but a Meta equals one that has no UnknownFields at all.
        return _value(MISSING if other is None else other) == _value(self)

    __hash__ = None  # type: ignore[assignment]  # as mutable as the mappings it holds

    def __reduce__(self) -> tuple[Any, ...]:
        return UnknownFields, (dict(self.unknown), dict(self.raw), self.absent, self.notes)

    def __repr__(self) -> str:
        return f"Kept({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__slots__)})"


def _value(unknowns: object) -> tuple[object, ...] | None:
    """What counts in comparisons."""
    if not isinstance(unknowns, UnknownFields):
        return None
    return (unknowns.unknown, unknowns.raw, unknowns.absent, unknowns.notes.ran_on_gateway, unknowns.notes.complete)


MISSING = UnknownFields()
"""Stands for the `Kept` of an object that has none."""


def unknown_of(model: object) -> UnknownFields:
    """The object's `UnknownFields`, `MISSING` where it has none."""
    return getattr(model, "_unknown", None) or MISSING


def raw_value(model: object, wire_name: str) -> Any:
    """What came for a known field whose attribute could not hold it, None where the attribute says it all."""
    return unknown_of(model).raw.get(wire_name)


def set_meta(model: object, meta: Meta) -> None:
    """Tell an answer how it came."""
    if getattr(model, "_unknown", None) is None:
        model._unknown = UnknownFields(notes=Notes(meta=meta))  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    else:
        _mark(model, meta=meta)


def mark_incomplete(model: object) -> None:
    """Tell an answer that its stream ended early."""
    _mark(model, complete=False)


def mark_ran_on_gateway(model: object) -> None:
    """Tell a tool call that the gateway ran it, whatever its name."""
    _mark(model, ran_on_gateway=True)


def _mark(model: object, **notes: Any) -> None:
    unknowns = unknown_of(model)
    model._unknown = unknowns.marked(unknowns.notes._replace(**notes))  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


class WithMeta:
    """Mixed into every type that an operation answers with."""

    __slots__ = ()

    @property
    def meta(self) -> Meta | None:
        """How the answer came: status, headers, time; None for objects that came from no client."""
        return unknown_of(self).notes.meta
