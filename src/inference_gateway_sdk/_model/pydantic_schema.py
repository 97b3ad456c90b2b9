"""Schemas that make contract types usable as fields of pydantic models, and thereby in FastAPI.

pydantic is not imported: the core schema is a plain dict, as pydantic-core defines it. Validation accepts an instance
unchanged and decodes a mapping as leniently as an answer. Serialisation includes unknown fields.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, get_args, get_origin

from msgspec import Struct

from ..errors import DeserializationError
from .encode import to_builtins
from .lenient_decode import Field, alternatives, as_dict, field_table, from_builtins
from .open_types import Unknown, Variants

__all__ = ["core_schema", "json_schema"]

_SCALARS: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def core_schema(cls: type[Any]) -> dict[str, Any]:
    """Return pydantic's core schema for validating and serialising a contract type."""

    def validate(value: object) -> object:
        if isinstance(value, cls):
            return value
        try:
            return _made(cls, as_dict(value))
        except (DeserializationError, TypeError) as error:
            # pydantic converts a ValueError to a ValidationError; other exceptions pass through it.
            raise ValueError(str(error)) from error

    return {
        "type": "function-plain",
        "function": {"type": "no-info", "function": validate},
        "serialization": {"type": "function-plain", "function": to_builtins},
    }


def _made(cls: type[Any], value: Any) -> object:
    return cls(value) if issubclass(cls, Unknown) else from_builtins(value, cls)


def json_schema(annotation: Any) -> dict[str, Any]:
    """Return the self-contained JSON schema of an annotation."""
    if get_origin(annotation) is list:
        return {"type": "array", "items": json_schema(get_args(annotation)[0])}
    if get_origin(annotation) is dict:
        return {"type": "object", "additionalProperties": json_schema(get_args(annotation)[1])}
    members = alternatives(annotation)
    if float in members:  # JSON's numbers include the whole ones
        members = tuple(member for member in members if member is not int)
        annotation = float
    if len(members) > 1:
        return {"anyOf": [json_schema(member) for member in members]}
    if annotation in _SCALARS:
        return {"type": _SCALARS[annotation]}
    return _class_schema(annotation) if isinstance(annotation, type) else {}


def _class_schema(cls: type) -> dict[str, Any]:
    if issubclass(cls, Enum):
        return {"type": "string", "title": cls.__name__, "examples": [member.value for member in cls]}
    if issubclass(cls, Unknown):
        return {"type": "object", "title": cls.__name__}
    if issubclass(cls, Variants):
        return {"title": cls.__name__, "anyOf": [*map(json_schema, cls.variants.values()), {"type": "object"}]}
    return _struct_schema(cls) if issubclass(cls, Struct) else {}


def _struct_schema(cls: type[Struct]) -> dict[str, Any]:
    table = field_table(cls)
    schema: dict[str, Any] = {
        "type": "object",
        "title": cls.__name__,
        "properties": {field.wire: json_schema(_without_none(field)) for field in table.fields},
        "required": [field.wire for field in table.fields if field.required],
        "additionalProperties": True,
    }
    if cls.__doc__:
        schema["description"] = cls.__doc__
    return schema


def _without_none(field: Field) -> Any:
    """Return the field's type in the contract. Every annotation includes None only because providers send null."""
    members = [member for member in alternatives(field.annotation) if member is not type(None)]
    union = members[0]
    for member in members[1:]:
        union = union | member
    return union
