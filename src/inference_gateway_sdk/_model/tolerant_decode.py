"""Tolerant decoding, the middle path: set unknown fields aside, then let msgspec convert the rest in one step.

With strict decoding alone, a stream whose provider adds fields would raise an exception for every chunk. Here one walk
per class, built once, moves the unknown fields of each object into an `UnknownFields` and fills in missing required
fields:

    {"id": "c1", "x_groq": {...}}  ->  {"id": "c1", "choices": [], KEY: UnknownFields(...)}

A value that is still mistyped is left to `lenient_decode`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, get_args, get_origin

import msgspec

from .lenient_decode import FieldTable, alternatives, field_table
from .open_types import Variants
from .type_info import build_converter
from .unknown_fields import KEY, UnknownFields

__all__ = ["hook", "widen"]

Widener = Callable[[Any], None]

_converters: dict[Any, Callable[[object], Any]] = {}


def hook(asked: type, value: Any) -> Any:
    """Convert a value to one of the types that msgspec does not know: `UnknownFields`, and unions of objects.

    Raises:
        ValueError: When the value does not fit (msgspec converts it to a ValidationError).
    """
    if asked is UnknownFields:
        if value.__class__ is UnknownFields:
            return value
    elif issubclass(asked, Variants) and value.__class__ is dict:
        variant = asked.pick(value)
        if variant is None:
            return asked.unknown(value)
        return (_converters.get(variant) or _build(variant))(value)
    raise ValueError(f"expected `{asked.__name__}`")


def widen(annotation: Any, value: Any) -> Any:
    """Convert the value to the type. The value itself is modified.

    Raises:
        ValueError: When something in it is mistyped (msgspec's ValidationError).
    """
    walk = _widener_of(annotation)
    if walk is not None:
        walk(value)
    return (_converters.get(annotation) or _build(annotation))(value)


def _build(annotation: Any) -> Callable[[object], Any]:
    convert = _converters[annotation] = build_converter(annotation, hook)
    return convert


@cache
def _widener_of(annotation: Any) -> Widener | None:
    """Return the walk through values of that type, None where it cannot contain an object."""
    if get_origin(annotation) is list:
        return _through_list(_widener_of(get_args(annotation)[0]))
    if get_origin(annotation) is dict:
        return _through_dict(_widener_of(get_args(annotation)[1]))
    members = alternatives(annotation)
    if len(members) > 1:
        return _through_union([inner for member in members if (inner := _widener_of(member)) is not None])
    if isinstance(annotation, type) and issubclass(annotation, Variants):
        return _through_variants(annotation)
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return _through_struct(field_table(annotation))
    return None


def _through_list(inner: Widener | None) -> Widener | None:
    if inner is None:
        return None

    def walk(value: Any) -> None:
        if value.__class__ is list:
            items: list[Any] = value
            for item in items:
                inner(item)

    return walk


def _through_dict(inner: Widener | None) -> Widener | None:
    if inner is None:
        return None

    def walk(value: Any) -> None:
        if value.__class__ is dict:
            mapping: dict[str, Any] = value
            for item in mapping.values():
                inner(item)

    return walk


def _through_union(walks: list[Widener]) -> Widener | None:
    if len(walks) < 2:
        return walks[0] if walks else None

    def walk(value: Any) -> None:
        for inner in walks:  # each changes only values of its own kind
            inner(value)

    return walk


def _through_variants(union: type[Variants]) -> Widener:
    def walk(value: Any) -> None:
        if value.__class__ is dict:
            variant: Any = union.pick(value)
            inner = None if variant is None else _widener_of(variant)
            if inner is not None:
                inner(value)

    return walk


def _through_struct(table: FieldTable) -> Widener:
    known, required = table.known, table.required
    arrays = frozenset(field.wire for field in table.fields if field.is_array)
    inside = [(field.wire, inner) for field in table.fields if (inner := _widener_of(field.annotation)) is not None]

    # Runs for every object of every chunk: no calls or comprehensions where a plain loop will do.
    def walk(value: Any) -> None:
        if value.__class__ is not dict:
            return
        mapping: dict[str, Any] = value
        for wire, inner in inside:
            item = mapping.get(wire)
            if item is not None:
                inner(item)
        clean = known.issuperset(mapping)
        whole = required <= mapping.keys()
        if clean and whole:
            return
        unknown: dict[str, Any] = {}
        if not clean:
            for key, item in mapping.items():
                if key not in known:
                    unknown[key] = item  # noqa: PERF403  (a comprehension is a function call before Python 3.12)
            for key in unknown:
                del mapping[key]
        mapping[KEY] = (
            UnknownFields(unknown) if whole else UnknownFields(unknown, absent=_fill_in(mapping, required, arrays))
        )

    return walk


def _fill_in(mapping: dict[str, Any], required: frozenset[str], arrays: frozenset[str]) -> frozenset[str]:
    """Add a blank value for each missing required field; return the names of these fields."""
    absent = frozenset(required - mapping.keys())
    for wire in absent:
        mapping[wire] = [] if wire in arrays else None
    return absent
