"""JSON schemas of Python types, in a form that providers accept.

msgspec's own schemas cannot be sent unchanged: their root is a `$ref`, unions have OpenAPI's `discriminator`, literals
have no `type`, tuples are closed by `items: false`, and fields have no description. This module builds schemas from
`msgspec.inspect`, uses pydantic's schemas for pydantic's types, and normalizes both to the same form (`normalize`).
"""

from __future__ import annotations

import inspect
import re
import sys
import types
from typing import TYPE_CHECKING, Annotated, Any, Final, Union, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec import inspect as kinds

from .._model.json_values import is_array, is_object
from .docstrings import read_docstring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = [
    "UNIONS",
    "build_schema",
    "children",
    "class_name",
    "description_in",
    "is_pydantic",
    "merge_schemas",
    "normalize",
    "target",
    "type_hints",
    "type_of",
]


_REF: Final = "#/$defs/"
_FORMATS: Final[dict[type, dict[str, Any]]] = {
    kinds.DateTimeType: {"type": "string", "format": "date-time"},
    kinds.DateType: {"type": "string", "format": "date"},
    kinds.TimeType: {"type": "string", "format": "time"},
    kinds.TimeDeltaType: {"type": "string", "format": "duration"},
    kinds.UUIDType: {"type": "string", "format": "uuid"},
    kinds.DecimalType: {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"},
    kinds.BytesType: {"type": "string", "contentEncoding": "base64"},
    kinds.ByteArrayType: {"type": "string", "contentEncoding": "base64"},
    kinds.MemoryViewType: {"type": "string", "contentEncoding": "base64"},
    kinds.BoolType: {"type": "boolean"},
    kinds.NoneType: {"type": "null"},
    kinds.AnyType: {},
    kinds.RawType: {},
}
_BOUNDS: Final = {
    "ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum", "multiple_of": "multipleOf",
}  # fmt: skip
UNIONS: Final = (Union, types.UnionType)


def build_schema(kind: Any) -> dict[str, Any]:
    """Return the normalized JSON schema of a type.

    Raises:
        TypeError: The type cannot be represented in JSON. The message names it.
    """
    if is_pydantic(kind):
        return normalize(_pydantic_schema(kind))
    builder = _Builder()
    try:
        schema = builder.schema(kinds.type_info(kind), _name(kind))
    except NameError as error:
        raise TypeError(f"{_name(kind)} has an annotation that cannot be resolved: {error}") from None
    except TypeError:
        if get_origin(kind) not in UNIONS:
            raise
        # msgspec rejects unions that it cannot distinguish; the adapter tries their members in order
        schema = {"anyOf": [builder.schema(kinds.type_info(one), _name(one)) for one in get_args(kind)]}
    return normalize({**schema, "$defs": builder.defs} if builder.defs else schema)


def merge_schemas(properties: dict[str, dict[str, Any]], required: list[str]) -> dict[str, Any]:
    """Return the schema of a closed object with these properties. Their definitions are moved to its root."""
    defs: dict[str, Any] = {}
    found: dict[str, Any] = {}
    for name, schema in properties.items():
        inner: dict[str, Any] = schema.get("$defs", {})
        names = {one: _free_name(one, defs, inner[one]) for one in inner}
        defs |= {names[one]: _rename(inner[one], names) for one in inner}
        found[name] = _rename({key: value for key, value in schema.items() if key != "$defs"}, names)
    whole = {"type": "object", "properties": found, "required": required, "additionalProperties": False}
    return normalize({**whole, "$defs": defs} if defs else whole)


def _free_name(wanted: str, taken: dict[str, Any], same: Any = None) -> str:
    """Return a name that is unused, or used for the same definition."""
    name, count = wanted, 2
    while name in taken and taken[name] != same:
        name, count = f"{wanted}_{count}", count + 1
    return name


def is_pydantic(kind: Any) -> bool:
    """Return whether pydantic must validate a type: a model, or a type that contains one outside structs."""
    return "pydantic" in sys.modules and _holds_pydantic(kind, set())


def _holds_pydantic(kind: Any, seen: set[int]) -> bool:
    if id(kind) in seen:
        return False
    seen.add(id(kind))
    if hasattr(kind, "__pydantic_validator__"):
        return True
    if get_origin(kind) is Annotated and any(_is_constraint(mark) for mark in kind.__metadata__):
        return True
    if any(_holds_pydantic(argument, seen) for argument in get_args(kind)):
        return True
    if inspect.isclass(kind) and (hasattr(kind, "__dataclass_fields__") or hasattr(kind, "__total__")):
        return any(_holds_pydantic(hint, seen) for hint in type_hints(kind).values())
    return False


def _is_constraint(mark: object) -> bool:
    return type(mark).__module__.partition(".")[0] in {"pydantic", "annotated_types"}


def description_in(annotation: Any) -> str | None:
    """Return the text of `Annotated[T, "text"]`, or None."""
    if get_origin(annotation) is not Annotated:
        return None
    return next((mark for mark in annotation.__metadata__ if isinstance(mark, str)), None)


def class_name(kind: Any) -> str:
    """Return a name for a type that providers accept: at most 64 letters, digits, `_` and `-`."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", _name(kind)).strip("_")[:64] or "value"


def _name(kind: Any) -> str:
    return kind.__name__ if inspect.isclass(kind) and not get_args(kind) else str(kind).replace("typing.", "")


def type_hints(cls: Any) -> dict[str, Any]:
    """Return the annotations of a class, including `Annotated`. For a generic, use those of its origin."""
    try:
        hints = get_type_hints(get_origin(cls) or cls, include_extras=True)
    except (NameError, TypeError):  # names imported only for type checking: the fields have no descriptions then
        return {}
    return {name: _unqualified(hint) for name, hint in hints.items()}


def _unqualified(hint: Any) -> Any:
    """Return a TypedDict's annotation without `NotRequired`, `Required` and `ReadOnly`."""
    while getattr(get_origin(hint), "_name", None) in {"NotRequired", "Required", "ReadOnly"}:
        hint = get_args(hint)[0]
    return hint


def _own_docstring(cls: Any) -> str | None:
    """Return the docstring of a class itself, not an inherited or generated one."""
    text: object = cast("dict[str, object]", vars(get_origin(cls) or cls)).get("__doc__")
    generated = isinstance(text, str) and text.startswith(f"{cls.__name__}(") and hasattr(cls, "__dataclass_fields__")
    return text if isinstance(text, str) and not generated else None


class _Builder:
    """The builder of the schema of one type. The schemas of classes are added to `defs`."""

    def __init__(self) -> None:
        self.defs: dict[str, Any] = {}
        self._names: dict[Any, str] = {}

    def schema(self, info: kinds.Type, where: str) -> dict[str, Any]:
        fixed = _FORMATS.get(type(info))
        if fixed is not None:
            return dict(fixed)
        match info:
            case kinds.Metadata():
                extra: dict[str, Any] = getattr(info, "extra_json_schema", None) or {}
                return {**self.schema(info.type, where), **extra}
            case kinds.IntType() | kinds.FloatType():
                bounds = {_BOUNDS[name]: bound for name in _BOUNDS if (bound := getattr(info, name)) is not None}
                return {"type": "integer" if isinstance(info, kinds.IntType) else "number", **bounds}
            case kinds.StrType():
                pattern = {} if info.pattern is None else {"pattern": info.pattern}
                return {"type": "string", **_lengths(info, "minLength", "maxLength"), **pattern}
            case kinds.LiteralType():
                return _enumeration(info.values)
            case kinds.UnionType():
                return {"anyOf": [self.schema(member, where) for member in info.types]}
            case _:
                return self._container(info, where)

    def _container(self, info: kinds.Type, where: str) -> dict[str, Any]:
        match info:
            case kinds.DictType():
                return self._mapping(info, where)
            case kinds.TupleType():
                items = [self.schema(item, where) for item in info.item_types]
                return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
            case kinds.SetType() | kinds.FrozenSetType():
                return {**self._array(info, where), "uniqueItems": True}
            case kinds.ListType() | kinds.VarTupleType() | kinds.CollectionType():
                return self._array(info, where)
            case kinds.EnumType():
                return self._reference(info.cls, lambda: self._enum(info.cls))
            case kinds.CustomType() if hasattr(info.cls, "model_json_schema"):
                return self._pydantic(info.cls)
            case kinds.StructType() | kinds.DataclassType() | kinds.TypedDictType() | kinds.NamedTupleType():
                return self._reference(info.cls, lambda: self._fields(info))
            case _:
                kind = getattr(info, "cls", None)
                shown = _name(kind) if kind else type(info).__name__.removesuffix("Type").lower()
                raise TypeError(f"{where}: the type {shown} has no JSON form")

    def _array(self, info: Any, where: str) -> dict[str, Any]:
        return {"type": "array", "items": self.schema(info.item_type, where), **_lengths(info, "minItems", "maxItems")}

    def _mapping(self, info: kinds.DictType, where: str) -> dict[str, Any]:
        keys = self.schema(info.key_type, where)
        names: dict[str, Any] = {}
        if keys.get("type") == "integer":
            names = {"propertyNames": {"pattern": r"^-?\d+$"}}
        elif keys not in ({}, {"type": "string"}):
            names = {"propertyNames": keys}
        lengths = _lengths(info, "minProperties", "maxProperties")
        return {"type": "object", "additionalProperties": self.schema(info.value_type, where), **names, **lengths}

    def _reference(self, cls: Any, build: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        known = self._names.get(cls)
        if known is None:
            known = self._names[cls] = _free_name(class_name(cls), self.defs)
            self.defs[known] = {}  # reserve the name, because the fields may refer to it
            self.defs[known] = build()
        return {"$ref": _REF + known}

    def _enum(self, cls: Any) -> dict[str, Any]:
        return {**_enumeration(one.value for one in cls), **_about(cls)}

    def _fields(self, info: Any) -> dict[str, Any]:
        hints = type_hints(info.cls)
        about = read_docstring(_own_docstring(info.cls)).parameters
        properties: dict[str, Any] = {}
        required: list[str] = []
        if getattr(info, "tag_field", None) is not None:
            kind = "integer" if isinstance(info.tag, int) else "string"
            properties[info.tag_field] = {"type": kind, "const": info.tag}
            required.append(info.tag_field)
        for field in info.fields:
            schema = self.schema(field.type, f"{info.cls.__name__}.{field.name}")
            text = description_in(hints.get(field.name)) or about.get(field.name)
            if text and "description" not in schema:
                schema["description"] = text
            if field.required:
                required.append(field.encode_name)
            else:
                schema |= _default(field)
            properties[field.encode_name] = schema
        if getattr(info, "array_like", False) or isinstance(info, kinds.NamedTupleType):
            least = sum(1 for name in properties if name in required)
            return {
                "type": "array",
                "prefixItems": [*properties.values()],
                "minItems": least,
                "maxItems": len(properties),
            }
        closed = {"additionalProperties": False} if getattr(info, "forbid_unknown_fields", False) else {}
        return {"type": "object", **_about(info.cls), "properties": properties, "required": required, **closed}

    def _pydantic(self, cls: Any) -> dict[str, Any]:
        """Add a model's schema. Its definitions are moved to the root, and renamed if a name is in use."""
        if cls in self._names:
            return {"$ref": _REF + self._names[cls]}
        schema = _pydantic_schema(cls)
        inner: dict[str, Any] = schema.pop("$defs", {})
        names = {name: _free_name(name, self.defs) for name in inner}
        for name in names.values():
            self.defs[name] = {}
        own = self._names[cls] = _free_name(class_name(cls), self.defs)
        self.defs[own] = _rename(schema, names)
        for name, definition in inner.items():
            self.defs[names[name]] = _rename(definition, names)
        return {"$ref": _REF + own}


def _enumeration(values: Iterable[Any]) -> dict[str, Any]:
    found = list(values)
    return {"type": type_of(found), "enum": found}


def _lengths(info: Any, least: str, most: str) -> dict[str, int]:
    found = {least: info.min_length, most: info.max_length}
    return {name: bound for name, bound in found.items() if bound is not None}


def _about(cls: Any) -> dict[str, Any]:
    text = read_docstring(_own_docstring(cls)).description
    return {"description": text} if text else {}


def _default(field: kinds.Field) -> dict[str, Any]:
    value: Any = field.default
    if field.default_factory in {list, dict, set}:
        value = {} if field.default_factory is dict else []
    if value is msgspec.NODEFAULT or value is msgspec.UNSET:
        return {}
    try:
        return {"default": msgspec.to_builtins(value)}
    except (TypeError, ValueError):
        return {}


def _pydantic_schema(kind: Any) -> dict[str, Any]:
    import pydantic

    try:
        schema = pydantic.TypeAdapter(kind).json_schema()
    except (pydantic.errors.PydanticUserError, TypeError, NameError) as error:
        raise TypeError(f"{_name(kind)} has no JSON form: {str(error).splitlines()[0]}") from None
    for cls in _classes(kind, {}).values():
        _describe_fields(schema.get("$defs", {}).get(cls.__name__, schema if cls is kind else {}), cls)
    return schema


def _classes(kind: Any, found: dict[int, Any]) -> dict[int, Any]:
    """Collect the classes with fields that a type contains."""
    for argument in get_args(kind):
        _classes(argument, found)
    if inspect.isclass(kind) and id(kind) not in found and hasattr(kind, "__annotations__"):
        found[id(kind)] = kind
        for hint in type_hints(kind).values():
            _classes(hint, found)
    return found


def _describe_fields(schema: dict[str, Any], cls: Any) -> None:
    """Add the descriptions that pydantic ignores: `Annotated[T, "text"]` and the docstring's attributes."""
    text = _own_docstring(cls)
    about = read_docstring(text)
    hints = type_hints(cls)
    for name, field in schema.get("properties", {}).items():
        if found := description_in(hints.get(name)) or about.parameters.get(name):
            field.setdefault("description", found)
    if text and about.parameters and "description" in schema:
        schema["description"] = about.description


def _rename(schema: Any, names: dict[str, str]) -> Any:
    if is_array(schema):
        return [_rename(item, names) for item in schema]
    if not is_object(schema):
        return schema
    renamed: dict[str, Any] = {key: _rename(value, names) for key, value in schema.items()}
    ref = renamed.get("$ref")
    if isinstance(ref, str) and ref.removeprefix(_REF) in names:
        renamed["$ref"] = _REF + names[ref.removeprefix(_REF)]
    return renamed


_SUBSCHEMAS: Final = ("items", "additionalProperties", "propertyNames", "not", "contains", "if", "then", "else")
_SUBSCHEMA_LISTS: Final = ("anyOf", "oneOf", "allOf", "prefixItems")
_SUBSCHEMA_MAPS: Final = ("properties", "$defs", "patternProperties", "dependentSchemas")


def normalize(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a normalized copy of a schema.

    The root is not a `$ref`. Definitions used once are inlined, unless they are recursive. Generated titles and
    `discriminator` are removed, `oneOf` becomes `anyOf`, and no `$ref` has a sibling.
    """
    defs: dict[str, Any] = {name: _plain(one) for name, one in schema.get("$defs", {}).items()}
    root = _plain({key: value for key, value in schema.items() if key != "$defs"})
    counts: dict[str, int] = dict.fromkeys(defs, 0)
    for part in (root, *defs.values()):
        _count(part, counts)
    recursive = {name for name in defs if name in _reachable(name, defs)}
    once = {name for name in defs if counts[name] == 1 and name not in recursive}
    root = _inline(root, defs, once)
    kept = {name: _inline(one, defs, once) for name, one in defs.items() if name not in once}
    if (name := target(root)) in kept:  # the root is a definition that is recursive or also used elsewhere
        root = {**kept[name], **{key: value for key, value in root.items() if key != "$ref"}}
    used = _reachable_from(root, kept)
    kept = {name: one for name, one in kept.items() if name in used}
    return {**root, "$defs": kept} if kept else root


def _plain(schema: Any) -> Any:
    """Return a schema, recursively, without titles and without keywords that providers reject."""
    if not is_object(schema):
        return schema
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "discriminator" or (key == "title" and isinstance(value, str)):
            continue
        if key in _SUBSCHEMAS:
            found[key] = _plain(value)
        elif key in _SUBSCHEMA_LISTS:
            found["anyOf" if key == "oneOf" else key] = [_plain(one) for one in value]
        elif key in _SUBSCHEMA_MAPS:
            found[key] = {name: _plain(one) for name, one in value.items()}
        else:
            found[key] = value
    if "type" not in found and is_array(values := found.get("enum", [found["const"]] if "const" in found else None)):
        found = {"type": type_of(values), **found}
    alone = found.get("allOf")
    if is_array(alone) and len(alone) == 1:
        del found["allOf"]
        found = {**alone[0], **found}
    if "$ref" in found and len(found) > 1:
        found = {"anyOf": [{"$ref": found.pop("$ref")}], **found}
    return found


def type_of(values: list[Any]) -> str | list[str]:
    """Return the `type` of these JSON values: one name, or a list of names."""
    types: dict[Any, str] = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
    types |= {dict: "object", list: "array"}
    names = list(dict.fromkeys(types[type(value)] for value in values if type(value) in types))
    return names[0] if len(names) == 1 else names


def children(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the direct subschemas of a schema."""
    for key, value in schema.items():
        if key in _SUBSCHEMAS and is_object(value):
            yield value
        elif key in _SUBSCHEMA_LISTS:
            yield from value
        elif key in _SUBSCHEMA_MAPS:
            yield from value.values()


def target(schema: dict[str, Any]) -> str:
    """Return the name of the definition that a schema refers to, or ""."""
    ref = schema.get("$ref")
    return ref.removeprefix(_REF) if isinstance(ref, str) else ""


def _count(schema: dict[str, Any], counts: dict[str, int]) -> None:
    if (name := target(schema)) in counts:
        counts[name] += 1
    for child in children(schema):
        _count(child, counts)


def _reachable_from(schema: dict[str, Any], defs: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        name = target(part)
        if name in defs and name not in found:
            found.add(name)
            waiting.append(defs[name])
        waiting += children(part)
    return found


def _reachable(name: str, defs: dict[str, Any]) -> set[str]:
    return _reachable_from(defs[name], defs)


def _inline(schema: dict[str, Any], defs: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """Replace references to these definitions with the definitions."""
    if (name := target(schema)) in names:
        return _inline(defs[name], defs, names)
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _SUBSCHEMAS and is_object(value):
            found[key] = _inline(value, defs, names)
        elif key in _SUBSCHEMA_LISTS:
            found[key] = [_inline(one, defs, names) for one in value]
        elif key in _SUBSCHEMA_MAPS:
            found[key] = {part: _inline(one, defs, names) for part, one in value.items()}
        else:
            found[key] = value
    single = found.get("anyOf")
    if is_array(single) and len(single) == 1 and "$ref" not in single[0]:
        del found["anyOf"]  # {"anyOf": [{"$ref": ...}]} becomes redundant when the reference is inlined
        found = {**single[0], **found}
    return found
