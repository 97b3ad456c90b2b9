"""A JSON schema turned into a value that fits it: what a scripted model answers where one is asked to hold to a schema.

The same schema and text always give the same value. It has every property, one item to a list, the first alternative
and the first of an enumeration; a schema that refers to itself is followed once round. What strict schemas of providers
leave out is not looked at: `not`, `if`, `dependentRequired`, `patternProperties`, `unevaluatedProperties`.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote

from .pattern_text import NoText, matching

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NoInstance", "instance"]

Schema = dict[str, object]

_MOST_STEPS = 10_000  # subschemas visited: alternatives within alternatives could take for ever
_LONGEST = 100_000  # characters of a text
_FORMATS = {
    "date": "2023-11-14",
    "date-time": "2023-11-14T22:13:20Z",
    "duration": "P1D",
    "email": "someone@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "time": "22:13:20Z",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_TYPE_HINTS = {
    "object": ("properties", "required", "additionalProperties", "minProperties"),
    "array": ("items", "prefixItems", "minItems"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


class NoInstance(Exception):  # noqa: N818  (it says what there is not)
    """There is no such value, or none is found; the text says why."""


def instance(schema: object, text: str = "text") -> object:
    """A value that fits the schema.

    Args:
        schema: A JSON schema (draft 2020-12), as read from JSON; references lead into itself.
        text: What a string holds where the schema leaves it free.

    Raises:
        NoInstance: The schema cannot be fulfilled or understood.
    """
    try:
        return _Maker(schema, text).make(schema)
    except RecursionError:
        raise NoInstance("the schema is nested too deeply") from None


class _Maker:
    """Makes values of one schema and of what lies in it."""

    def __init__(self, root: object, text: str) -> None:
        self._root = root
        self._text = text
        self._steps = 0
        self._inside: list[str] = []  # the references that lead to where we are

    def make(self, schema: object) -> object:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise NoInstance("the schema asks for too much")
        if schema is True:
            return self._text
        if not isinstance(schema, dict):
            raise NoInstance(f"nothing fits the schema {schema!r:.80}")
        return self._of(cast("Schema", schema))

    def _of(self, schema: Schema) -> object:
        if "$ref" in schema:
            return self._referred(schema)
        if "allOf" in schema:
            return self._all_of(schema)
        for choice in ("anyOf", "oneOf"):
            if choice in schema:
                return self._first(_without(schema, choice), _list(schema[choice]))
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._first_of_enum(schema)
        return self._typed(schema)

    def _all_of(self, schema: Schema) -> object:
        """A value of all the parts, put together with what stands beside them."""
        outside = len(self._inside)
        try:
            parts = [self._followed(part, self._inside[:outside]) for part in _list(schema["allOf"])]
            return self.make(_merged(_without(schema, "allOf"), *parts))
        finally:
            del self._inside[outside:]

    def _referred(self, schema: Schema) -> object:
        """A value of what a reference names, within what stands beside the reference."""
        outside = len(self._inside)
        try:
            return self.make(self._followed(schema, self._inside[:outside]))
        finally:
            del self._inside[outside:]

    def _followed(self, schema: object, outside: list[str]) -> object:
        """The schema, its reference replaced by what that names."""
        seen = [*outside]
        while "$ref" in (referring := _mapping(schema)):
            reference = str(referring["$ref"])
            if reference in seen:
                raise NoInstance(f"{reference!r:.80} needs itself")
            seen.append(reference)
            self._inside.append(reference)
            schema = _merged(_without(referring, "$ref"), _found(self._root, reference))
        return schema

    def _first(self, beside: Schema, alternatives: list[object]) -> object:
        """A value of the first alternative that has one."""
        why = NoInstance("there are no alternatives")
        for alternative in alternatives:
            try:
                return self.make(_merged(beside, alternative))
            except NoInstance as error:
                why = error
        raise why

    def _first_of_enum(self, schema: Schema) -> object:
        kinds = {*_kinds(schema)}
        for value in _list(schema["enum"]):
            if not kinds or not kinds.isdisjoint(_names(value)):
                return value
        raise NoInstance("an enumeration has no value of its type")

    def _typed(self, schema: Schema) -> object:
        kinds = _kinds(schema) or [_known_type(schema)]
        kind = next((each for each in kinds if each != "null"), "null")
        if kind == "object":
            return self._object(schema)
        if kind == "array":
            return self._array(schema)
        if kind in ("integer", "number"):
            return _number(schema, whole=kind == "integer")
        if kind == "string":
            return _string(schema, self._text)
        if kind in ("boolean", "null"):
            return True if kind == "boolean" else None
        raise NoInstance(f"there is no type {kind!r:.80}")

    def _object(self, schema: Schema) -> dict[str, object]:
        described = _mapping(schema.get("properties", {}))
        required = [str(name) for name in _list(schema.get("required", []))]
        more = schema.get("additionalProperties", True)
        made = {name: self.make(described.get(name, more)) for name in required}
        most = _count(schema, "maxProperties", _MOST_STEPS)
        for name, inner in described.items():
            if name not in made and len(made) < most:
                made.update(self._optional(name, inner))
        spare = (f"property_{number}" for number in range(1, _MOST_STEPS + 1))
        while len(made) < _count(schema, "minProperties", 0):
            made.setdefault(next(spare), self.make(more))
        if len(made) > most:
            raise NoInstance(f"more than {most} properties are needed")
        order = [*described, *made]
        return {name: made[name] for name in sorted(made, key=order.index)}

    def _optional(self, name: str, schema: object) -> dict[str, object]:
        try:
            return {name: self.make(schema)}
        except NoInstance:
            return {}

    def _array(self, schema: Schema) -> list[object]:
        least = _count(schema, "minItems", 0)
        most = _count(schema, "maxItems", max(least, 1))
        if least > most:
            raise NoInstance(f"there are not both at least {least} and at most {most} items")
        if schema.get("uniqueItems") is True and least > 1:
            raise NoInstance("several unique items cannot be made")
        inner = [*_list(schema.get("prefixItems", []))]
        wanted = min(max(least, len(inner), 1), most)
        made: list[object] = []
        while len(made) < wanted:
            try:
                made.append(self.make(inner[len(made)] if len(made) < len(inner) else schema.get("items", True)))
            except NoInstance:
                if len(made) < least:
                    raise
                break
        return made


def _string(schema: Schema, text: str) -> str:
    least, most = _count(schema, "minLength", 0), _count(schema, "maxLength", _LONGEST)
    if least > min(most, _LONGEST):
        raise NoInstance(f"a text of at least {least} characters cannot be made")
    if "pattern" in schema:
        return _patterned(str(schema["pattern"]), least, most)
    formed = _FORMATS.get(str(schema.get("format")))
    if formed is None:
        return text[:most].ljust(least, ".")
    if not least <= len(formed) <= most:
        raise NoInstance(f"the one text of its format has not {least} to {most} characters")
    return formed


def _patterned(pattern: str, least: int, most: int) -> str:
    try:
        return matching(pattern, least, most)
    except NoText as error:
        raise NoInstance(f"no text is found for the pattern {pattern!r:.80}: {error}") from error


def _number(schema: Schema, *, whole: bool) -> float:
    """A number within the bounds: 1 if that will do, else one nearby."""
    low, high = _bounds(schema, "minimum", "exclusiveMinimum"), _bounds(schema, "maximum", "exclusiveMaximum")
    near = max([*low, min([*high, Fraction(1)])])
    step = _fraction(schema.get("multipleOf")) or Fraction(whole)
    if step > 0:
        step = Fraction(step.numerator) if whole else step  # the whole ones among its multiples
        first = math.ceil(near / step)
        candidates = [step * factor for factor in (first, first - 1, first + 1)]
    else:
        candidates = [near, near + 1, near - 1, (max(low, default=near) + min(high, default=near)) / 2]
    for value in candidates:
        if _within(value, schema):
            return int(value) if value.denominator == 1 else float(value)
    raise NoInstance("no number is found within the bounds")


def _within(value: Fraction, schema: Schema) -> bool:
    least, above = (_fraction(schema.get(name)) for name in ("minimum", "exclusiveMinimum"))
    most, below = (_fraction(schema.get(name)) for name in ("maximum", "exclusiveMaximum"))
    return (
        (least is None or value >= least)
        and (above is None or value > above)
        and (most is None or value <= most)
        and (below is None or value < below)
    )


def _bounds(schema: Schema, *names: str) -> list[Fraction]:
    return [bound for name in names if (bound := _fraction(schema.get(name))) is not None]


def _fraction(value: object) -> Fraction | None:
    """A JSON number exactly as it is written; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return Fraction(str(value))


def _known_type(schema: Schema) -> str:
    """The type that the other keywords speak of."""
    return next((kind for kind, names in _TYPE_HINTS.items() if any(name in schema for name in names)), "string")


def _kinds(schema: Schema) -> list[str]:
    kinds = schema.get("type", [])
    return [str(each) for each in (cast("list[object]", kinds) if isinstance(kinds, list) else [kinds])]


def _names(value: object) -> tuple[str, ...]:
    """The types that a JSON value is of."""
    for kind, names in ((bool, ("boolean",)), (int, ("integer", "number")), (float, ("number",)), (str, ("string",))):
        if isinstance(value, kind):
            return names
    return ("null",) if value is None else ("array",) if isinstance(value, list) else ("object",)


def _merged(one: Schema, *others: object) -> object:
    """One schema that asks for what all of them ask for, as far as that can be said without looking deeper."""
    merged = dict(one)
    for other in others:
        if other is True:
            continue
        if not isinstance(other, dict):
            return False
        for name, value in cast("Schema", other).items():
            merged[name] = _both(name, merged[name], value) if name in merged else value
    return merged


def _both(name: str, one: object, other: object) -> object:
    """What a keyword says when two schemas that must both be fulfilled say different things."""
    if name == "properties" and isinstance(one, dict) and isinstance(other, dict):
        mine, theirs = cast("Schema", one), cast("Schema", other)
        shared = {key: {"allOf": [mine[key], theirs[key]]} for key in mine if key in theirs}
        return {**mine, **theirs, **shared}
    if name in ("required", "allOf") and isinstance(one, list) and isinstance(other, list):
        return [*cast("list[object]", one), *cast("list[object]", other)]
    if name == "enum" and isinstance(one, list) and isinstance(other, list):
        return [value for value in cast("list[object]", one) if value in other]
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        keyword = name.lower().removeprefix("exclusive")
        return max(one, other) if keyword.startswith("min") else min(one, other) if keyword.startswith("max") else other
    return other


def _found(root: object, reference: str) -> object:
    """The part of the root that a reference such as "#/$defs/Place" names (RFC 6901)."""
    if not reference.startswith("#"):
        raise NoInstance(f"{reference!r:.80} leads out of the schema")
    found = root
    for step in unquote(reference[1:]).split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and key in found:
            found = cast("Schema", found)[key]
        else:
            raise NoInstance(f"{reference!r:.80} leads nowhere")
    return found


def _without(schema: Mapping[str, object], name: str) -> Schema:
    return {key: value for key, value in schema.items() if key != name}


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Schema", value) if isinstance(value, dict) else {}


def _count(schema: Schema, name: str, default: int) -> int:
    value = _fraction(schema.get(name))
    return default if value is None else int(value)
