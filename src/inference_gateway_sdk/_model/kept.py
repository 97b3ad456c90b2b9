"""What an object holds beside its attributes, so that sending it back loses nothing.

Reading an object that strays from the contract turns what its attributes cannot say into one `Kept`; writing turns the
attributes and that `Kept` back into what had come. A `Kept` is never changed once made: objects that share one after a
shallow copy cannot surprise each other.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .meta import Meta

__all__ = ["KEY", "NOTHING", "Kept", "kept_of", "mark_incomplete", "mark_ran_on_gateway", "raw_value", "set_meta"]

KEY = "\x7fkept"
"""The wire name of the hidden field: a control character that no contract uses and that msgspec still allows."""


class Kept:
    """What one object could not say through its attributes.

    Attributes:
        unknown: Fields the contract does not know, by wire name, in the order they came.
        raw: What came for known fields whose attribute had to differ from it, by wire name.
        absent: Wire names of required fields that did not come.
        ran_on_gateway: The gateway itself ran this tool call.
        complete: False for an answer assembled from a stream that ended early.
        meta: What is known about the HTTP answer; not part of the value, so it does not count in comparisons.
    """

    __slots__ = ("absent", "complete", "meta", "ran_on_gateway", "raw", "unknown")

    def __init__(
        self,
        unknown: Mapping[str, Any] = MappingProxyType({}),
        raw: Mapping[str, Any] = MappingProxyType({}),
        absent: frozenset[str] = frozenset(),
        *,
        ran_on_gateway: bool = False,
        complete: bool = True,
        meta: Meta | None = None,
    ) -> None:
        self.unknown = unknown
        self.raw = raw
        self.absent = absent
        self.ran_on_gateway = ran_on_gateway
        self.complete = complete
        self.meta = meta

    def replace(
        self, *, ran_on_gateway: bool | None = None, complete: bool | None = None, meta: Meta | None = None
    ) -> Kept:
        """The same with some marks changed."""
        return Kept(
            self.unknown,
            self.raw,
            self.absent,
            ran_on_gateway=self.ran_on_gateway if ran_on_gateway is None else ran_on_gateway,
            complete=self.complete if complete is None else complete,
            meta=self.meta if meta is None else meta,
        )

    def _value(self) -> tuple[object, ...]:
        return (self.unknown, self.raw, self.absent, self.ran_on_gateway, self.complete)

    def __eq__(self, other: object) -> bool:
        # An object that was given nothing but a Meta equals one that has no Kept at all.
        if other is None:
            other = NOTHING
        return self._value() == other._value() if isinstance(other, Kept) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as mutable as the mappings it holds

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (dict(self.unknown), dict(self.raw), *self._value()[2:], self.meta)

    def __repr__(self) -> str:
        return f"Kept({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__slots__)})"


def _restore(
    unknown: dict[str, Any],
    raw: dict[str, Any],
    absent: frozenset[str],
    ran_on_gateway: bool,  # noqa: FBT001
    complete: bool,  # noqa: FBT001
    meta: Meta | None,
) -> Kept:
    return Kept(unknown, raw, absent, ran_on_gateway=ran_on_gateway, complete=complete, meta=meta)


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
    _put(model, kept_of(model).replace(meta=meta))


def mark_incomplete(model: object) -> None:
    """Tell an answer that its stream ended early."""
    _put(model, kept_of(model).replace(complete=False))


def mark_ran_on_gateway(model: object) -> None:
    """Tell a tool call that the gateway ran it, whatever its name."""
    _put(model, kept_of(model).replace(ran_on_gateway=True))


def _put(model: object, kept: Kept) -> None:
    model.kept_ = kept  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
