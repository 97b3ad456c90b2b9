"""Make a value that fits a JSON schema, for a scripted model that is asked for structured output.

The same schema and text always give the same value. It has every property, one item per list, the first alternative
and the first enumeration value. A schema that refers to itself is followed one level deep. Keywords that providers'
strict schemas leave out are ignored: `not`, `if`, `dependentRequired`, `patternProperties`, `unevaluatedProperties`.
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

_MOST_STEPS = 10_000  # subschemas visited; nested alternatives could take exponential time
_LONGEST = 100_000  # characters in a string
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


class NoInstance(Exception):  # noqa: N818  (the name describes the result)
    """The schema has no instance, or none was found. The message gives the reason."""


def instance(schema: object, text: str = "text") -> object:
    """Return a value that fits the schema.

    Args:
        schema: A JSON schema (draft 2020-12), decoded from JSON. References must point into this schema.
        text: The content of strings that the schema does not restrict.

    Raises:
        NoInstance: The schema cannot be satisfied or is not understood.
    """
    try:
        return _Maker(schema, text).make(schema)
    except RecursionError:
        raise NoInstance("the schema is nested too deeply") from None


class _Maker:
    """Makes values for one schema and its subschemas."""

    def __init__(self, root: object, text: str) -> None:
        self._root = root
        self._text = text
        self._steps = 0
        self._inside: list[str] = []  # the references that were followed to reach the current subschema

    def make(self, schema: object) -> object:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise NoInstance("the schema needs too many values")
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
        """Return a value that fits all parts of `allOf` and the keywords beside it."""
        outside = len(self._inside)
        try:
            parts = [self._followed(part, self._inside[:outside]) for part in _list(schema["allOf"])]
            return self.make(_merged(_without(schema, "allOf"), *parts))
        finally:
            del self._inside[outside:]

    def _referred(self, schema: Schema) -> object:
        """Return a value that fits the target of `$ref` and the keywords beside it."""
        outside = len(self._inside)
        try:
            return self.make(self._followed(schema, self._inside[:outside]))
        finally:
            del self._inside[outside:]

    def _followed(self, schema: object, outside: list[str]) -> object:
        """Return the schema with its reference replaced by the target."""
        seen = [*outside]
        while "$ref" in (referring := _mapping(schema)):
            reference = str(referring["$ref"])
            if reference in seen:
                raise NoInstance(f"{reference!r:.80} requires itself")
            seen.append(reference)
            self._inside.append(reference)
            schema = _merged(_without(referring, "$ref"), _found(self._root, reference))
        return schema

    def _first(self, beside: Schema, alternatives: list[object]) -> object:
        """Return a value of the first alternative that has one."""
        why = NoInstance("the list of alternatives is empty")
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
        raise NoInstance(f"unknown type {kind!r:.80}")

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
            raise NoInstance(f"minItems {least} is above maxItems {most}")
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
        raise NoInstance(f"minLength {least} is above the limit of {min(most, _LONGEST)} characters")
    if "pattern" in schema:
        return _patterned(str(schema["pattern"]), least, most)
    formed = _FORMATS.get(str(schema.get("format")))
    if formed is None:
        return text[:most].ljust(least, ".")
    if not least <= len(formed) <= most:
        raise NoInstance(f"the example of its format does not have {least} to {most} characters")
    return formed


def _patterned(pattern: str, least: int, most: int) -> str:
    try:
        return matching(pattern, least, most)
    except NoText as error:
        raise NoInstance(f"no text was found for the pattern {pattern!r:.80}: {error}") from error


def _number(schema: Schema, *, whole: bool) -> float:
    """Return a number within the bounds: 1 if it fits, else one nearby."""
    low, high = _bounds(schema, "minimum", "exclusiveMinimum"), _bounds(schema, "maximum", "exclusiveMaximum")
    near = max([*low, min([*high, Fraction(1)])])
    step = _fraction(schema.get("multipleOf")) or Fraction(whole)
    if step > 0:
        step = Fraction(step.numerator) if whole else step  # an integer that is a multiple of 3/2 is a multiple of 3
        first = math.ceil(near / step)
        candidates = [step * factor for factor in (first, first - 1, first + 1)]
    else:
        candidates = [near, near + 1, near - 1, (max(low, default=near) + min(high, default=near)) / 2]
    for value in candidates:
        if _within(value, schema):
            return int(value) if value.denominator == 1 else float(value)
    raise NoInstance("no number was found within the bounds")


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
    """Return a JSON number exactly as written, or None for any other value."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return Fraction(str(value))


def _known_type(schema: Schema) -> str:
    """Return the type that the other keywords imply."""
    return next((kind for kind, names in _TYPE_HINTS.items() if any(name in schema for name in names)), "string")


def _kinds(schema: Schema) -> list[str]:
    kinds = schema.get("type", [])
    return [str(each) for each in (cast("list[object]", kinds) if isinstance(kinds, list) else [kinds])]


def _names(value: object) -> tuple[str, ...]:
    """Return the schema types of a JSON value."""
    for kind, names in ((bool, ("boolean",)), (int, ("integer", "number")), (float, ("number",)), (str, ("string",))):
        if isinstance(value, kind):
            return names
    return ("null",) if value is None else ("array",) if isinstance(value, list) else ("object",)


def _merged(one: Schema, *others: object) -> object:
    """Merge schemas into one that requires what each of them requires, without resolving nested schemas."""
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
    """Combine the values of one keyword from two schemas that must both hold."""
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
    """Return the part of the root that a reference such as "#/$defs/Place" points to (RFC 6901)."""
    if not reference.startswith("#"):
        raise NoInstance(f"{reference!r:.80} points outside the schema")
    found = root
    for step in unquote(reference[1:]).split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and key in found:
            found = cast("Schema", found)[key]
        else:
            raise NoInstance(f"{reference!r:.80} points to nothing")
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
