"""Unknown fields of an answer, kept for sending back, and metadata about how it arrived."""

from __future__ import annotations

import sys
from collections.abc import Mapping  # noqa: TC003  (msgspec reads the annotations at run time)
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from msgspec import Struct

from ..errors import GatewayError  # noqa: TC001  (users resolve the annotations)

if TYPE_CHECKING:
    from .cost import Cost

__all__ = [
    "KEY",
    "MISSING",
    "PACKAGE",
    "Meta",
    "Notes",
    "Tried",
    "UnknownFields",
    "WithMeta",
    "mark_incomplete",
    "mark_ran_on_gateway",
    "raw_value",
    "set_cost",
    "set_meta",
    "set_module",
    "unknown_of",
]


_T = TypeVar("_T", bound=type)

PACKAGE = __name__.partition(".")[0]


def set_module(cls: _T) -> _T:
    """Make a public class appear in reprs, tracebacks and pickles under the name users import, and return it.

    Its annotations are evaluated here. msgspec and `typing.get_type_hints` look their names up in the module that the
    class names, where most of them do not exist. Classes of other packages are not changed.
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
    """Return an annotation as a type; `Any` where it names a type that only type checkers import."""
    try:
        return eval(annotation, names)  # noqa: S307  (an annotation of our own source)
    except NameError:
        return Any


@set_module
class Tried(Struct, frozen=True, kw_only=True):
    """A route that failed before another one answered (see `Meta.tried`).

    Attributes:
        model: The model as "provider/name".
        error: The error of its last attempt.
        attempts: The number of times that the request was sent to it.
        seconds: The time that it took, with the delays between attempts.
        usage: The tokens that it reported, a `Usage`. None when it reported none, which is usual.
    """

    model: str
    error: GatewayError
    attempts: int = 1
    seconds: float = 0.0
    usage: Any = None

    def __repr__(self) -> str:
        return f"Tried({self.model!r}, {type(self.error).__name__}, attempts={self.attempts}, {self.seconds:.3f} s)"

    def __rich_repr__(self) -> Any:
        """Yield the `repr`: the error's body may be long."""
        yield repr(self)


@set_module
class Meta(Struct, frozen=True, kw_only=True):
    """Metadata of an answer.

    Attributes:
        status: The HTTP status.
        headers: The response headers; names are case-insensitive.
        selected_provider: The provider that a routing alias resolved to (`X-Selected-Provider`,
            gateway-behaviour.md#routing), else None.
        selected_model: The model that a routing alias resolved to (`X-Selected-Model`), else None.
        elapsed: Seconds from the start of the last attempt to the end of the answer (of a stream: to its headers).
        attempts: The number of times the request was sent, 1 when the first attempt succeeded.
        raw: The body's bytes as received; None for streams.
        route: The model that answered, of a call with `fallback`; None without fallback.
        tried: The routes that failed before it, in order.
    """

    status: int
    headers: Mapping[str, str]
    selected_provider: str | None = None
    selected_model: str | None = None
    elapsed: float = 0.0
    attempts: int = 1
    raw: bytes | None = None
    route: str | None = None
    tried: tuple[Tried, ...] = ()

    def __repr__(self) -> str:
        size = "" if self.raw is None else f", raw=<{len(self.raw)} bytes>"
        routed = f", selected={self.selected_provider}/{self.selected_model}" if self.selected_provider else ""
        return f"Meta(status={self.status}, elapsed={self.elapsed:.3f}, attempts={self.attempts}{routed}{size})"

    def __rich_repr__(self) -> Any:
        """Yield the `repr`, which has neither the headers nor the body."""
        yield repr(self)


KEY = "\x7funknown"
"""The JSON name of the hidden field: it contains a control character that no contract uses but msgspec allows."""


class Notes(NamedTuple):
    """Facts that this package records about an object after decoding it.

    Attributes:
        ran_on_gateway: The gateway itself ran this tool call.
        complete: False for an answer assembled from a stream that ended early.
        meta: The metadata of the answer; it is not part of the value and does not count in comparisons.
        cost: The cost of the answer, which does not count either.
    """

    ran_on_gateway: bool = False
    complete: bool = True
    meta: Meta | None = None
    cost: Cost | None = None


_UNMARKED = Notes()
_EMPTY: Mapping[str, Any] = MappingProxyType({})
_NONE: frozenset[str] = frozenset()


class UnknownFields:
    """The data of one object that its attributes do not hold.

    A `Message` read from `{"content": 5, "x": 1}` has the content "5". Its unknown fields are `{"x": 1}`, its raw
    values `{"content": 5}`, and its absent fields `{"role"}`.

    Attributes:
        unknown: Fields that the contract does not list, by JSON name, in the order received.
        raw: Received values of known fields where the attribute had to differ, by JSON name.
        absent: JSON names of required fields that were not received.
        notes: Facts that this package has recorded since.
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
        """Return a copy with other notes."""
        return UnknownFields(self.unknown, self.raw, self.absent, notes)

    def __eq__(self, other: object) -> bool:
        # An object whose only addition is a Meta equals one without UnknownFields.
        return _value(MISSING if other is None else other) == _value(self)

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # as mutable as the mappings it holds

    def __reduce__(self) -> tuple[Any, ...]:
        return UnknownFields, (dict(self.unknown), dict(self.raw), self.absent, self.notes)

    def __repr__(self) -> str:
        return f"UnknownFields({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__slots__)})"


def _value(unknowns: object) -> tuple[object, ...] | None:
    """Return the part of the value that counts in comparisons."""
    if not isinstance(unknowns, UnknownFields):
        return None
    return (unknowns.unknown, unknowns.raw, unknowns.absent, unknowns.notes.ran_on_gateway, unknowns.notes.complete)


MISSING = UnknownFields()
"""The `UnknownFields` of an object that has none."""


def unknown_of(model: object) -> UnknownFields:
    """Return the object's `UnknownFields`, `MISSING` when it has none."""
    return getattr(model, "_unknown", None) or MISSING


def raw_value(model: object, wire_name: str) -> Any:
    """Return the received value of a known field that the attribute could not hold, None when it does hold it."""
    return unknown_of(model).raw.get(wire_name)


def set_meta(model: object, meta: Meta) -> None:
    """Attach metadata to an answer."""
    if getattr(model, "_unknown", None) is None:
        model._unknown = UnknownFields(notes=Notes(meta=meta))  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    else:
        _mark(model, meta=meta)


def set_cost(model: object, cost: Cost) -> None:
    """Attach the cost to an answer."""
    if getattr(model, "_unknown", None) is None:
        model._unknown = UnknownFields(notes=Notes(cost=cost))  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    else:
        _mark(model, cost=cost)


def mark_incomplete(model: object) -> None:
    """Mark an answer whose stream ended early."""
    _mark(model, complete=False)


def mark_ran_on_gateway(model: object) -> None:
    """Mark a tool call that the gateway ran itself."""
    _mark(model, ran_on_gateway=True)


def _mark(model: object, **notes: Any) -> None:
    unknowns = unknown_of(model)
    model._unknown = unknowns.marked(unknowns.notes._replace(**notes))  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


class WithMeta:
    """A mix-in of all types that an operation returns."""

    __slots__ = ()

    @property
    def meta(self) -> Meta | None:
        """The metadata of the answer: status, headers, time; None for objects that did not come from a client."""
        return unknown_of(self).notes.meta

    @property
    def cost(self) -> Cost:
        """The cost of the answer. Its kind is "unknown" unless the client has prices, a ledger or a budget."""
        cost = unknown_of(self).notes.cost
        if cost is None:
            from .cost import UNKNOWN

            return UNKNOWN
        return cost
