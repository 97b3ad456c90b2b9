"""Normalization of the JSON schemas of msgspec, pydantic and users to one form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .._model.json_values import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["children", "normalize", "target", "type_of"]

_REF: Final = "#/$defs/"
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
        del found["anyOf"]  # {"anyOf": [{"$ref": ...}]} is no longer needed once the reference is inlined
        found = {**single[0], **found}
    return found
