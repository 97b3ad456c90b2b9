"""The middle path: take out what the contract does not know, then let msgspec convert the rest in one step.

A stream whose provider adds fields would pay for an exception on every chunk. Here one walk per class, compiled once,
moves the unknown fields of each object into the `Kept` that msgspec then puts in place, and fills in required fields
that did not come. What is still mistyped afterwards is `reading`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, cast, get_args, get_origin

import msgspec

from .kept import KEY, Kept
from .plan import Plan, alternatives, plan_of
from .variants import Variants

__all__ = ["hook", "widen"]

Walk = Callable[[Any], None]


def hook(kind: type, value: Any) -> Any:
    """What msgspec asks about the two classes it does not know: `Kept`, and unions of objects.

    Raises:
        ValueError: When the value is neither (msgspec makes a ValidationError of it).
    """
    if kind is Kept:
        if type(value) is Kept:
            return value
    elif issubclass(kind, Variants) and type(value) is dict:
        mapping = cast("dict[str, Any]", value)
        variant = kind.pick(mapping)
        if variant is None:
            return kind.unknown(mapping)
        return msgspec.convert(mapping, variant, dec_hook=hook)
    raise ValueError(f"Expected `{kind.__name__}`")


def widen(annotation: Any, value: Any) -> Any:
    """The value as that type; the value itself is used up.

    Raises:
        ValueError: When something in it is mistyped (msgspec's ValidationError).
    """
    walk = _walk_of(annotation)
    if walk is not None:
        walk(value)
    return msgspec.convert(value, annotation, dec_hook=hook)


@cache
def _walk_of(annotation: Any) -> Walk | None:
    """The walk through values of that type, None where no object can be inside."""
    if get_origin(annotation) is list:
        return _through_list(_walk_of(get_args(annotation)[0]))
    if get_origin(annotation) is dict:
        return _through_dict(_walk_of(get_args(annotation)[1]))
    members = alternatives(annotation)
    if len(members) > 1:
        return _through_union([walk for walk in map(_walk_of, members) if walk is not None])
    if isinstance(annotation, type) and issubclass(annotation, Variants):
        return _through_variants(annotation)
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return _through_struct(plan_of(annotation))
    return None


def _through_list(inner: Walk | None) -> Walk | None:
    if inner is None:
        return None

    def walk(value: Any) -> None:
        if type(value) is list:
            for item in cast("list[Any]", value):
                inner(item)

    return walk


def _through_dict(inner: Walk | None) -> Walk | None:
    if inner is None:
        return None

    def walk(value: Any) -> None:
        if type(value) is dict:
            for item in cast("dict[str, Any]", value).values():
                inner(item)

    return walk


def _through_union(walks: list[Walk]) -> Walk | None:
    if len(walks) < 2:
        return walks[0] if walks else None

    def walk(value: Any) -> None:
        for inner in walks:  # each touches its own kind of value only
            inner(value)

    return walk


def _through_variants(union: type[Variants]) -> Walk:
    def walk(value: Any) -> None:
        if type(value) is dict:
            variant = union.pick(cast("dict[str, Any]", value))
            inner = None if variant is None else _walk_of(variant)
            if inner is not None:
                inner(value)

    return walk


def _through_struct(plan: Plan) -> Walk:
    known, required = plan.known, plan.required
    arrays = frozenset(field.wire for field in plan.fields if field.is_array)
    inside = [(field.wire, walk) for field in plan.fields if (walk := _walk_of(field.annotation)) is not None]

    def walk(value: Any) -> None:
        if type(value) is not dict:
            return
        mapping = cast("dict[str, Any]", value)
        for wire, inner in inside:
            item = mapping.get(wire)
            if item is not None:
                inner(item)
        clean = known.issuperset(mapping)
        if clean and required <= mapping.keys():
            return
        unknown = {} if clean else {key: mapping.pop(key) for key in [key for key in mapping if key not in known]}
        absent = frozenset(required - mapping.keys())
        for wire in absent:
            mapping[wire] = [] if wire in arrays else None
        mapping[KEY] = Kept(unknown, {}, absent)

    return walk
