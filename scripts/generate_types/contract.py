"""Read `openapi.yaml` as declarations: the enumerations, objects, unions and aliases that become Python types.

Inline schemas are named after parent and property, with `Item` for an array's items, unless they have a `title`.
"""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "Alias",
    "Contract",
    "ContractError",
    "Declaration",
    "Enumeration",
    "Object",
    "Operation",
    "Property",
    "Type",
    "Union",
    "read_contract",
]

Schema: TypeAlias = dict[str, Any]

_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


class ContractError(Exception):
    """The error for a part of the contract that the generator does not support; the message names the place."""


@dataclass(frozen=True)
class Type:
    """A type expression.

    Attributes:
        kind: "scalar", "name", "list", "dict", "union" or "file".
        name: The scalar's or declaration's name.
        inner: The types of the items, the values or the members.
        nullable: True when null is allowed.
    """

    kind: str
    name: str = ""
    inner: tuple[Type, ...] = ()
    nullable: bool = False

    def names(self) -> Iterator[str]:
        """Yield the declarations that the type refers to."""
        if self.kind == "name":
            yield self.name
        for inner in self.inner:
            yield from inner.names()


@dataclass(frozen=True)
class Enumeration:
    """A string enumeration: member names with their values."""

    name: str
    family: str
    doc: str
    members: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Property:
    """One property of an object; `schema` is its own part of the contract, with its bounds."""

    wire: str
    name: str
    type: Type
    required: bool
    doc: str
    schema: Schema


@dataclass(frozen=True)
class Object:
    """An object with properties."""

    name: str
    family: str
    doc: str
    properties: tuple[Property, ...]


@dataclass(frozen=True)
class Union:
    """A union of objects that one property distinguishes: the variants' names by its value."""

    name: str
    family: str
    doc: str
    tag: str
    variants: dict[str, str]


@dataclass(frozen=True)
class Alias:
    """Another name for a type expression."""

    name: str
    family: str
    doc: str
    type: Type


Declaration: TypeAlias = Enumeration | Object | Union | Alias


@dataclass(frozen=True)
class Operation:
    """One operation: its address, and the component schemas of its request, answer and streamed chunks."""

    id: str
    method: str
    path: str
    at_root: bool
    request: str | None
    answer: str | None
    chunk: str | None


@dataclass
class Contract:
    """The whole contract, with declarations in the order of the file."""

    schemas: dict[str, Schema]
    declarations: dict[str, Declaration] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)

    def add(self, declaration: Declaration) -> Type:
        """Add a declaration; each name may be declared once."""
        if declaration.name in self.declarations:
            raise ContractError(f"two schemas would be named {declaration.name}")
        self.declarations[declaration.name] = declaration
        return Type("name", declaration.name)

    def answers(self) -> set[str]:
        """Return the names of all types that operations return."""
        return {name for operation in self.operations for name in (operation.answer, operation.chunk) if name}


def read_contract(document: dict[str, Any]) -> Contract:
    """Return the declarations and operations of an OpenAPI document."""
    contract = Contract(document["components"]["schemas"])
    for name, schema in contract.schemas.items():
        _declare(contract, name, schema["x-family"], schema)
    contract.operations.extend(_operations(document))
    return contract


def _declare(contract: Contract, name: str, family: str, schema: Schema) -> Type:
    """Declare a schema of any kind under a name."""
    doc = " ".join(schema.get("description", "").split())
    if "enum" in schema:
        members = tuple((_member(name, value), value) for value in schema["enum"] if value is not None)
        return contract.add(Enumeration(name, family, doc, members))
    if "discriminator" in schema:
        tag = schema["discriminator"]["propertyName"]
        return contract.add(Union(name, family, doc, tag, _variants(contract, schema, tag)))
    if schema.get("properties"):
        return contract.add(Object(name, family, doc, _properties(contract, name, family, schema)))
    return contract.add(Alias(name, family, doc, _type(contract, name, family, schema)))


def _properties(contract: Contract, name: str, family: str, schema: Schema) -> tuple[Property, ...]:
    required = schema.get("required", [])
    return tuple(
        Property(
            wire,
            _attribute(wire),
            _type(contract, name + _pascal(wire), family, inner),
            wire in required,
            " ".join(inner.get("description", "").split()),
            inner,
        )
        for wire, inner in schema["properties"].items()
    )


def _type(contract: Contract, name: str, family: str, schema: Schema) -> Type:
    """Return the type expression of a schema; inline declarations within it are named after `name`."""
    if "$ref" in schema:
        return Type("name", _referred(schema))
    if "oneOf" in schema:
        return _one_of(contract, name, family, schema)
    kinds = schema.get("type", "object")
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    nullable = "null" in kinds
    kinds = [kind for kind in kinds if kind != "null"]
    if len(kinds) != 1:
        raise ContractError(f"{name}: no rule for the types {kinds}")
    plain = _single(contract, schema.get("title", name), family, schema, kinds[0])
    return Type(plain.kind, plain.name, plain.inner, nullable)


def _single(contract: Contract, name: str, family: str, schema: Schema, kind: str) -> Type:
    if kind == "array":
        # An inline item without a description gets that of its list.
        items = {"description": f"One of these: {schema.get('description', '')}", **schema["items"]}
        return Type("list", inner=(_type(contract, name + "Item", family, items),))
    if kind == "object":
        if schema.get("properties"):
            return _declare(contract, name, family, schema)
        values = schema.get("additionalProperties", True)
        inner = Type("scalar", "Any") if values is True else _type(contract, name + "Value", family, values)
        return Type("dict", inner=(inner,))
    if "enum" in schema:
        return _declare(contract, name, family, schema)
    if schema.get("format") == "binary":
        return Type("file")
    if kind not in _SCALARS:
        raise ContractError(f"{name}: no rule for the type {kind!r}")
    return Type("scalar", _SCALARS[kind])


def _one_of(contract: Contract, name: str, family: str, schema: Schema) -> Type:
    members = [member for member in schema["oneOf"] if member.get("type") != "null"]
    nullable = len(members) < len(schema["oneOf"])
    if "discriminator" in schema:
        named = _declare(contract, name, family, {**schema, "oneOf": members})
        return Type("name", named.name, nullable=nullable)
    types = tuple(_type(contract, member.get("title", name), family, member) for member in members)
    if len(types) == 1:
        only = types[0]
        return Type(only.kind, only.name, only.inner, nullable or only.nullable)
    objects = [t for t in types if t.kind == "name" and _is_object(contract.schemas.get(t.name))]
    if len(objects) > 1:
        raise ContractError(f"{name}: several objects without a discriminator")
    return Type("union", inner=types, nullable=nullable)


def _is_object(schema: Schema | None) -> bool:
    return schema is not None and bool(schema.get("properties"))


def _variants(contract: Contract, schema: Schema, tag: str) -> dict[str, str]:
    variants: dict[str, str] = {}
    for member in schema["oneOf"]:
        name = _referred(member)
        for value in contract.schemas[name]["properties"][tag]["enum"]:
            variants[value] = name
    return variants


def _referred(schema: Schema) -> str:
    return str(schema["$ref"]).rsplit("/", 1)[1]


def _pascal(wire: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", wire))


def _attribute(wire: str) -> str:
    name = re.sub(r"\W", "_", wire).strip("_")
    return name + "_" if keyword.iskeyword(name) else name


def _member(enumeration: str, value: str) -> str:
    name = re.sub(r"\W+", "_", value).upper()
    if name[:1].isdigit():
        # "1024x1024" of ImageSize becomes SIZE_1024X1024.
        name = f"{re.findall('[A-Z][a-z0-9]*', enumeration)[-1].upper()}_{name}"
    return name


def _operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method, described in item.items():
            if "operationId" not in described:
                continue
            answers = described["responses"].get("200", {}).get("content", {})
            yield Operation(
                described["operationId"],
                method.upper(),
                path,
                "servers" in item,
                _component(described.get("requestBody", {}).get("content", {})),
                _component(answers, "application/json"),
                _component(answers, "text/event-stream"),
            )


def _component(content: dict[str, Any], media_type: str | None = None) -> str | None:
    """Return the name of the component that is the body of this media type (of any, when None)."""
    for found, body in content.items():
        if (media_type is None or found == media_type) and "$ref" in body["schema"]:
            return _referred(body["schema"])
    return None
