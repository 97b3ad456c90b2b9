"""Lenient decoding: build contract types from JSON values, keeping unknown fields and unreadable values."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import Any, NamedTuple, TypeVar, cast, get_args, get_origin

from msgspec import Struct, structs

from ..errors import DeserializationError
from .open_types import Variants
from .unknown_fields import KEY, UnknownFields

__all__ = [
    "Field",
    "FieldTable",
    "Reader",
    "Unreadable",
    "alternatives",
    "as_dict",
    "field_table",
    "from_builtins",
    "read_field",
    "reader_of",
]


class Field(NamedTuple):
    """One field of a class.

    Attributes:
        name: The name of the attribute.
        wire: The name in JSON.
        annotation: The run-time annotation; it allows None except for required arrays.
        required: True when the contract requires the field.
        filled: True when the field has a default other than None (the only value of a single-valued enumeration).
    """

    name: str
    wire: str
    annotation: Any
    required: bool
    filled: bool

    @property
    def is_array(self) -> bool:
        """True for an array field: an unreadable value becomes [], so that loops over it still work."""
        return get_origin(self.annotation) is list

    def blank(self) -> Any:
        """Return the attribute's value for an unreadable value."""
        return [] if self.is_array else None


class FieldTable(NamedTuple):
    """The fields of one class, without the hidden field."""

    cls: type
    fields: tuple[Field, ...]
    known: frozenset[str]
    required: frozenset[str]


@cache
def field_table(cls: type) -> FieldTable:
    """Return the fields of a contract class."""
    fields = tuple(
        Field(info.name, info.encode_name, info.type, info.required, callable(info.default_factory))
        for info in structs.fields(cls)
        if info.encode_name != KEY
    )
    known = frozenset(field.wire for field in fields)
    return FieldTable(cls, fields, known, frozenset(field.wire for field in fields if field.required))


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """Return the members of a union; any other type is its own only member."""
    origin = get_origin(annotation)
    return get_args(annotation) if origin is not None and origin not in _GENERICS else (annotation,)


_GENERICS = frozenset({list, dict})


T = TypeVar("T")
Reader = Callable[[Any], tuple[Any, bool]]
"""A function from a raw value to the attribute's value, and whether the conversion is lossless.

For an `int`, 5 gives (5, True) and "5" gives (5, False); "five" raises `Unreadable`."""

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,300}", re.ASCII)


class Unreadable(Exception):  # noqa: N818
    """The error for a raw value that the attribute cannot hold in any form."""


def from_builtins(value: object, type: type[T]) -> T:
    """Return the value as an object of the type, without loss.

    Raises:
        DeserializationError: When the value is of another kind than the type, such as an array for an object.
    """
    annotation: Any = type
    try:
        read: T = reader_of(annotation)(value)[0]
    except Unreadable:
        wanted = getattr(type, "__name__", str(type))
        raise DeserializationError(f"expected {wanted}, got {_json_kind(value)}", text=repr(value)[:200]) from None
    except RecursionError:
        raise DeserializationError("the value is nested too deeply to read") from None
    return read


def as_dict(value: object) -> object:
    """Return a mapping of any type as a dict; any other value unchanged."""
    return dict(cast("Mapping[object, object]", value)) if isinstance(value, Mapping) else value


def _json_kind(value: object) -> str:
    return "null" if value is None else _JSON_KINDS.get(type(value).__name__, type(value).__name__)


_JSON_KINDS = {
    "dict": "an object",
    "list": "an array",
    "str": "a string",
    "bool": "a boolean",
    "int": "a number",
    "float": "a number",
}


@cache
def reader_of(annotation: Any) -> Reader:
    """Return the reader for an annotation."""
    if annotation is Any or annotation is object:
        return _read_any
    if get_origin(annotation) is list:
        return _list_reader(get_args(annotation)[0])
    if get_origin(annotation) is dict:
        return _dict_reader(get_args(annotation)[1])
    members = alternatives(annotation)
    if len(members) > 1:
        return _union_reader(members)
    return _class_reader(annotation)


def _class_reader(cls: Any) -> Reader:
    if cls in _SCALAR_READERS:
        return _SCALAR_READERS[cls]
    if issubclass(cls, Enum):
        return _enum_reader(cls)
    if issubclass(cls, Variants):
        return _variants_reader(cls)
    if issubclass(cls, Struct):
        return _struct_reader(cls)
    raise TypeError(f"{cls.__name__} is not a type of the contract")


def _read_any(raw: Any) -> tuple[Any, bool]:
    return raw, True


def _read_none(raw: Any) -> tuple[Any, bool]:
    if raw is None:
        return None, True
    raise Unreadable


def _read_str(raw: Any) -> tuple[Any, bool]:
    if raw.__class__ is str:
        return raw, True
    if raw.__class__ is int:
        return str(raw), False
    raise Unreadable


def _read_int(raw: Any) -> tuple[Any, bool]:
    if raw.__class__ is int:
        return raw, True
    if raw.__class__ is float and raw.is_integer():
        return int(raw), False
    if raw.__class__ is str and _WHOLE_NUMBER.fullmatch(raw):
        return int(raw), False
    raise Unreadable


def _read_float(raw: Any) -> tuple[Any, bool]:
    if raw.__class__ is float or raw.__class__ is int:
        return raw, True
    if raw.__class__ is str:
        return _float_of(raw), False
    raise Unreadable


def _float_of(raw: str) -> float:
    try:
        number = float(raw)
    except (ValueError, OverflowError):
        raise Unreadable from None
    if not math.isfinite(number):
        raise Unreadable
    return number


def _read_bool(raw: Any) -> tuple[Any, bool]:
    if raw.__class__ is bool:
        return raw, True
    if raw in ("true", "false"):
        return raw == "true", False
    raise Unreadable


_SCALAR_READERS: dict[Any, Reader] = {
    type(None): _read_none,
    str: _read_str,
    int: _read_int,
    float: _read_float,
    bool: _read_bool,
}


def _enum_reader(cls: type[Enum]) -> Reader:
    def read(raw: Any) -> tuple[Any, bool]:
        if not isinstance(raw, str):
            raise Unreadable
        return cls(raw), True

    return read


def _list_reader(annotation: Any) -> Reader:
    """Return a reader for arrays.

    An unreadable item is left out if the items are objects. Otherwise the whole array is unreadable: the order of
    numbers and strings carries their meaning, so a list with gaps would be wrong.
    """
    read_item = reader_of(annotation)
    objects = any(_holds_fields(member) for member in alternatives(annotation))

    def read(raw: Any) -> tuple[Any, bool]:
        if raw.__class__ is not list:
            raise Unreadable
        raw_items: list[Any] = raw
        items: list[Any] = []
        exact = True
        for raw_item in raw_items:
            try:
                item, lossless = read_item(raw_item)
            except Unreadable:
                if not objects:
                    raise
                exact = False
                continue
            items.append(item)
            exact = exact and lossless
        return items, exact

    return read


def _holds_fields(member: Any) -> bool:
    return isinstance(member, type) and issubclass(member, (Struct, Variants))


def _dict_reader(annotation: Any) -> Reader:
    """Return a reader for mappings with values of one type; it leaves unreadable values out."""
    read_value = reader_of(annotation)

    def read(raw: Any) -> tuple[Any, bool]:
        if raw.__class__ is not dict:
            raise Unreadable
        raw_values: dict[str, Any] = raw
        values: dict[str, Any] = {}
        exact = True
        for key, raw_value in raw_values.items():
            try:
                values[key], lossless = read_value(raw_value)
            except Unreadable:
                lossless = False
            exact = exact and lossless
        return values, exact

    return read


def _union_reader(members: tuple[Any, ...]) -> Reader:
    """Return a reader for a union: the first member that reads without loss, else the first that reads at all."""
    readers = [reader_of(member) for member in sorted(members, key=lambda member: member is type(None), reverse=True)]

    def read(raw: Any) -> tuple[Any, bool]:
        best: tuple[Any, bool] | None = None
        for reader in readers:
            try:
                found = reader(raw)
            except Unreadable:
                continue
            if found[1]:
                return found
            best = best or found
        if best is None:
            raise Unreadable
        return best

    return read


def _variants_reader(union: type[Variants]) -> Reader:
    def read(raw: Any) -> tuple[Any, bool]:
        if raw.__class__ is not dict:
            return _as_it_is(raw, union)
        variant: Any = union.pick(raw)
        return (union.unknown(raw), True) if variant is None else reader_of(variant)(raw)

    return read


def _struct_reader(cls: type[Struct]) -> Reader:
    table = field_table(cls)
    readers = [(field, reader_of(field.annotation)) for field in table.fields]

    def read(raw: Any) -> tuple[Any, bool]:
        if raw.__class__ is not dict:
            return _as_it_is(raw, cls)
        return _build(table, readers, raw), True

    return read


def _as_it_is(value: Any, cls: type) -> tuple[Any, bool]:
    """Return an object that is already decoded; users put such objects into mappings."""
    if isinstance(value, cls):
        return value, True
    raise Unreadable


def _build(table: FieldTable, readers: list[tuple[Field, Reader]], raw: dict[str, Any]) -> Any:
    values: dict[str, Any] = {}
    strayed: dict[str, Any] = {}
    for field, reader in readers:
        if field.wire in raw:
            values[field.name], exact = _read_or_blank(field, reader, raw[field.wire])
            if not exact:
                strayed[field.wire] = raw[field.wire]
        elif field.required:
            values[field.name] = field.blank()
    unknown = {} if table.known.issuperset(raw) else {key: raw[key] for key in raw if key not in table.known}
    absent = frozenset(table.required - raw.keys())
    if unknown or strayed or absent:
        values["_unknown"] = UnknownFields(unknown, strayed, absent)
    return table.cls(**values)


def read_field(field: Field, raw: Any) -> tuple[Any, bool]:
    """Return the attribute's value for a raw value, and whether the conversion is lossless."""
    return _read_or_blank(field, reader_of(field.annotation), raw)


def _read_or_blank(field: Field, reader: Reader, raw: Any) -> tuple[Any, bool]:
    try:
        return reader(raw)
    except Unreadable:
        return field.blank(), False
