"""A contract class as the list of its fields, which reading and writing go by where msgspec's own path does not fit."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple, get_args, get_origin

from msgspec import structs

from .kept import KEY

__all__ = ["Field", "Plan", "alternatives", "plan_of"]


class Field(NamedTuple):
    """One field of a class.

    Attributes:
        name: The attribute.
        wire: The name in JSON.
        annotation: The run-time annotation; None is allowed by all but required arrays.
        required: The contract requires it.
        filled: It has a value of its own when absent (the one value of a single-valued enumeration).
    """

    name: str
    wire: str
    annotation: Any
    required: bool
    filled: bool

    @property
    def is_array(self) -> bool:
        """It must be an array: what cannot be read becomes [], so that loops over it go on."""
        return get_origin(self.annotation) is list

    def blank(self) -> Any:
        """What the attribute becomes when nothing could be read."""
        return [] if self.is_array else None


class Plan(NamedTuple):
    """The fields of one class, without the hidden one."""

    cls: type
    fields: tuple[Field, ...]
    known: frozenset[str]
    required: frozenset[str]


@cache
def plan_of(cls: type) -> Plan:
    """The plan of a contract class."""
    fields = tuple(
        Field(info.name, info.encode_name, info.type, info.required, callable(info.default_factory))
        for info in structs.fields(cls)
        if info.encode_name != KEY
    )
    known = frozenset(field.wire for field in fields)
    return Plan(cls, fields, known, frozenset(field.wire for field in fields if field.required))


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """The members of a union; anything else is its own only member."""
    origin = get_origin(annotation)
    return get_args(annotation) if origin is not None and origin not in _GENERICS else (annotation,)


_GENERICS = frozenset({list, dict})
