"""Schemas in the form that a provider's strict mode requires, and the way back from a value to the user's type.

    {"type": "object", "properties": {"note": {"type": "string"}}, "required": []}

becomes, for OpenAI,

    {"type": "object", "properties": {"note": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
     "required": ["note"], "additionalProperties": false}

and a null at `note` is removed from a value before the type decodes it, so that the field's default applies.
"""

from __future__ import annotations

import re
from typing import Any, Final, cast

from msgspec import Struct, structs

from .._model.json_values import is_array, is_object
from .json_schema import children, normalize, target, type_of

__all__ = ["ANTHROPIC", "GOOGLE", "GRAMMAR", "OPENAI", "PLAIN", "Moved", "Rules", "Strict", "strict"]

_WRAPPER: Final = "value"
_ANNOTATIONS: Final = frozenset({"description", "title", "default", "examples"})
_COMMON: Final = frozenset(
    "type enum const properties required additionalProperties items anyOf description $ref $defs".split()
)
_BOUNDS: Final = frozenset("minimum maximum exclusiveMinimum exclusiveMaximum multipleOf".split())
_SIZES: Final = frozenset({"minItems", "maxItems"})
_LOOKAROUND: Final = re.compile(r"\(\?(?:[=!]|<[=!])|\\[1-9]")
_WORDS: Final = {
    "minimum": "at least {}", "maximum": "at most {}", "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}", "multipleOf": "a multiple of {}", "minLength": "at least {} characters",
    "maxLength": "at most {} characters", "minItems": "at least {} elements", "maxItems": "at most {} elements",
    "minProperties": "at least {} members", "maxProperties": "at most {} members", "pattern": "matching {}",
    "format": "in the format {}", "contentEncoding": "encoded as {}",
}  # fmt: skip


class Rules(Struct, frozen=True, kw_only=True):
    """The strict schemas that a family of providers accepts.

    Attributes:
        name: Name of the family.
        keywords: Keywords it accepts besides the common ones. Others are moved to the description.
        formats: Values of `format` it accepts, None for any.
        closed: Every object must set `additionalProperties` to false.
        all_required: Every property must be required. Optional ones become nullable.
        object_root: The root must be an object without `anyOf`. Any other root is wrapped.
        const: It accepts `const`. Otherwise `enum` with one value is sent.
        tuples: It accepts `prefixItems`.
        open_maps: It accepts objects with arbitrary keys.
        untyped: It accepts a schema that allows any value.
        recursive: It accepts recursive schemas.
        lookaround: Patterns may use lookaround and backreferences.
        max_min_items: The largest `minItems` it accepts, None for any.
        max_optional: Maximum number of optional properties, None for any.
        max_properties: Maximum number of properties, None for any.
        max_depth: Maximum depth of nested objects and arrays, None for any.
    """

    name: str
    keywords: frozenset[str] = _BOUNDS | _SIZES | {"pattern", "format"}
    formats: frozenset[str] | None = None
    closed: bool = False
    all_required: bool = False
    object_root: bool = True
    const: bool = True
    tuples: bool = False
    open_maps: bool = True
    untyped: bool = True
    recursive: bool = True
    lookaround: bool = True
    max_min_items: int | None = None
    max_optional: int | None = None
    max_properties: int | None = None
    max_depth: int | None = None


_TEXT_FORMATS: Final = frozenset("date-time time date duration email hostname ipv4 ipv6 uuid".split())

# The keywords that each family is known to accept. They were not tested against the providers themselves.
OPENAI: Final = Rules(
    name="openai", formats=_TEXT_FORMATS, closed=True, all_required=True, open_maps=False, untyped=False,
    lookaround=False, max_properties=5000, max_depth=10,
)  # fmt: skip
ANTHROPIC: Final = Rules(
    name="anthropic", keywords=frozenset({"minItems", "pattern", "format"}), formats=_TEXT_FORMATS | {"uri"},
    closed=True, open_maps=False, untyped=False, recursive=False, lookaround=False, max_min_items=1, max_optional=24,
)  # fmt: skip
GOOGLE: Final = Rules(
    name="google", keywords=frozenset({"minimum", "maximum", "minItems", "maxItems", "format"}),
    formats=frozenset({"date-time", "date", "time"}), const=False, untyped=False,
)  # fmt: skip
# llama.cpp and Ollama compile the schema to a grammar and do not enforce what a grammar cannot express.
GRAMMAR: Final = Rules(
    name="grammar", keywords=_BOUNDS | _SIZES | {"pattern", "format", "minLength", "maxLength", "prefixItems"},
    formats=frozenset({"date-time", "date", "time", "uuid"}), tuples=True, lookaround=False,
)  # fmt: skip
PLAIN: Final = Rules(  # for schemas that are not sent as strict
    name="plain",
    keywords=_BOUNDS
    | _SIZES
    | frozenset("pattern format minLength maxLength uniqueItems minProperties maxProperties propertyNames".split())
    | frozenset("prefixItems default allOf contentEncoding".split()),
    tuples=True,
)


class Moved(Struct, frozen=True):
    """A bound that was moved to a description, because the provider does not accept its keyword.

    Attributes:
        path: JSON pointer to the schema.
        keyword: The keyword.
        value: Value of the keyword.
    """

    path: str
    keyword: str
    value: Any


class Strict(Struct, frozen=True):
    """A schema in the form in which it is sent.

    Attributes:
        schema: The schema.
        undo: JSON pointers to properties whose null means absence: those that became nullable, and optional ones that
            cannot be null.
        moved: Bounds that were moved to a description.
        refused: Reasons why the schema cannot be strict. It is then sent as an ordinary schema.
        wrapped: True if the value is the member `value` of an object.
    """

    schema: dict[str, Any]
    undo: frozenset[str] = frozenset()
    moved: tuple[Moved, ...] = ()
    refused: tuple[str, ...] = ()
    wrapped: bool = False

    @property
    def is_strict(self) -> bool:
        """True if the schema may be sent as strict."""
        return not self.refused

    def restore(self, value: Any) -> Any:
        """Return a model's value for the user's type: unwrapped, and without nulls that mean absence."""
        if self.undo:
            value = _Undo(self).without_nulls(value, self.schema, "#")
        if self.wrapped and is_object(value) and _WRAPPER in value:
            return value[_WRAPPER]
        return value


def strict(schema: dict[str, Any], rules: Rules) -> Strict:
    """Return a copy of a schema that follows these rules."""
    root = normalize(schema)
    wrapped = rules.object_root and (root.get("type") != "object" or "anyOf" in root)
    if wrapped:
        root = _wrap(root)
    work = _Work(rules, root.get("$defs", {}))
    found = work.schema(root, "#")
    work.check_limits(found)
    if not work.refused:
        return Strict(found, frozenset(work.undo), tuple(work.moved), (), wrapped)
    if rules.closed or rules.all_required:
        plain = strict(schema, structs.replace(PLAIN, object_root=rules.object_root))
        return structs.replace(plain, refused=tuple(work.refused))
    return Strict(found, frozenset(work.undo), tuple(work.moved), tuple(work.refused), wrapped)


def _wrap(root: dict[str, Any]) -> dict[str, Any]:
    defs = root.get("$defs")
    inner = {key: value for key, value in root.items() if key != "$defs"}
    whole: dict[str, Any] = {"type": "object", "properties": {_WRAPPER: inner}, "required": [_WRAPPER]}
    return {**whole, "$defs": defs} if defs else whole


class _Work:
    """One traversal of a schema, with its results."""

    def __init__(self, rules: Rules, defs: dict[str, Any]) -> None:
        self.rules = rules
        self.defs = defs
        self.undo: list[str] = []
        self.moved: list[Moved] = []
        self.refused: list[str] = []
        self.optional = 0
        self.properties = 0

    def schema(self, schema: dict[str, Any], path: str) -> dict[str, Any]:
        rules = self.rules
        if not (schema.keys() - _ANNOTATIONS):
            if not rules.untyped:
                self.refused.append(f"{path} allows any value")
            return dict(schema)
        found: dict[str, Any] = {}
        notes: list[str] = []
        for key, value in self._rewritten(schema, path, notes).items():
            if key in _COMMON or key in rules.keywords:
                found[key] = value
            elif key != "default" and key not in _ANNOTATIONS:
                self.moved.append(Moved(path, key, value))
                notes.append(_WORDS.get(key, key + " {}").format(value))
        if rules.all_required and "properties" in found:
            self._require_all(found, path)
        self._nested(found, path)
        if found.get("type") == "object" and "anyOf" not in found:
            self._object(found, path)
        if notes:
            text = f"Must be {', '.join(notes)}."
            found["description"] = f"{found['description']} {text}" if found.get("description") else text
        return found

    def _rewritten(self, schema: dict[str, Any], path: str, notes: list[str]) -> dict[str, Any]:
        """Return a schema without keyword values that these rules do not accept."""
        rules = self.rules
        found = dict(schema)
        if "const" in found and not rules.const:
            found["enum"] = [found.pop("const")]
        if "prefixItems" in found and not rules.tuples:
            items = cast("list[dict[str, Any]]", found.pop("prefixItems"))
            different = [one for index, one in enumerate(items) if one not in items[:index]]
            found["items"] = different[0] if len(different) == 1 else {"anyOf": different}
            if len(different) > 1:
                self.moved.append(Moved(path, "prefixItems", items))
                notes.append("in the order " + ", ".join(_kind(one) for one in items))
        for key, fits in (
            ("format", rules.formats is None or found.get("format") in rules.formats),
            ("pattern", rules.lookaround or not _LOOKAROUND.search(str(found.get("pattern")))),
            ("minItems", rules.max_min_items is None or found.get("minItems", 0) <= rules.max_min_items),
        ):
            if key in found and not fits:
                self.moved.append(Moved(path, key, found[key]))
                notes.append(_WORDS[key].format(found.pop(key)))
        return found

    def _nested(self, found: dict[str, Any], path: str) -> None:
        for key in ("items", "additionalProperties"):
            if is_object(inner := found.get(key)):
                found[key] = self.schema(inner, f"{path}/{key}")
        for key in ("anyOf", "prefixItems", "allOf"):
            if is_array(several := found.get(key)):
                found[key] = [self.schema(one, f"{path}/{key}/{index}") for index, one in enumerate(several)]
        for key in ("properties", "$defs"):
            if is_object(named := found.get(key)):
                found[key] = {name: self.schema(one, _at(path, key, name)) for name, one in named.items()}

    def _object(self, found: dict[str, Any], path: str) -> None:
        rules = self.rules
        properties: dict[str, Any] = found.get("properties", {})
        is_open = found.get("additionalProperties", not properties) is not False
        if is_open and not rules.open_maps:
            self.refused.append(f"{path} is a map with arbitrary keys")
            return
        self.properties += len(properties)
        required = [name for name in found.get("required", ()) if name in properties]
        optional = [name for name in properties if name not in required]
        self.optional += len(optional)
        # Models write null for an absent property. Where null is not allowed, it cannot have another meaning.
        self.undo += [_at(path, "properties", name) for name in optional if not self._nullable(properties[name], set())]
        if rules.closed:
            found["additionalProperties"] = False
            found["properties"] = properties
        if required or rules.closed:
            found["required"] = required
        else:
            found.pop("required", None)

    def _require_all(self, found: dict[str, Any], path: str) -> None:
        """Require every property. Optional properties become nullable."""
        properties: dict[str, Any] = dict(found["properties"])
        for name in properties.keys() - set(found.get("required", ())):
            if not self._nullable(properties[name], set()):
                properties[name] = _or_null(properties[name])
                self.undo.append(_at(path, "properties", name))
        found["properties"] = properties
        found["required"] = [*properties]

    def _nullable(self, schema: dict[str, Any], seen: set[str]) -> bool:
        if not (schema.keys() - _ANNOTATIONS):
            return True
        kind = schema.get("type")
        if kind == "null" or (isinstance(kind, list) and "null" in kind) or schema.get("const", 0) is None:
            return True
        ref = target(schema)
        if ref in self.defs and ref not in seen:
            return self._nullable(self.defs[ref], {*seen, ref})
        return any(self._nullable(one, seen) for one in schema.get("anyOf", ()))

    def check_limits(self, root: dict[str, Any]) -> None:
        rules = self.rules
        if not rules.recursive and _is_recursive(root):
            self.refused.append("# is recursive")
        if rules.max_optional is not None and self.optional > rules.max_optional:
            self.refused.append(f"# has {self.optional} optional properties, the limit is {rules.max_optional}")
        if rules.max_properties is not None and self.properties > rules.max_properties:
            self.refused.append(f"# has {self.properties} properties, the limit is {rules.max_properties}")
        if rules.max_depth is not None and (depth := _depth(root, root.get("$defs", {}), ())) > rules.max_depth:
            self.refused.append(f"# is {depth} levels deep, the limit is {rules.max_depth}")


def _at(path: str, key: str, name: str) -> str:
    """Return the JSON pointer of a named schema."""
    return f"{path}/{key}/{name.replace('~', '~0').replace('/', '~1')}"


def _kind(schema: dict[str, Any]) -> str:
    return str(schema.get("type") or schema.get("$ref", "value")).removeprefix("#/$defs/")


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    about = {key: schema[key] for key in ("description",) if key in schema}
    inner = {key: value for key, value in schema.items() if key not in about}
    members = inner["anyOf"] if inner.keys() == {"anyOf"} else [inner]
    return {"anyOf": [*members, {"type": "null"}], **about}


def _own_children(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the direct subschemas of a schema, without its definitions."""
    return list(children({key: value for key, value in schema.items() if key != "$defs"}))


def _is_recursive(root: dict[str, Any]) -> bool:
    defs: dict[str, Any] = root.get("$defs", {})

    def reaches(schema: dict[str, Any], inside: tuple[str, ...]) -> bool:
        name = target(schema)
        if name in inside:
            return True
        if name in defs and reaches(defs[name], (*inside, name)):
            return True
        return any(reaches(one, inside) for one in _own_children(schema))

    return reaches(root, ())


def _depth(schema: dict[str, Any], defs: dict[str, Any], inside: tuple[str, ...]) -> int:
    name = target(schema)
    if name in defs and name not in inside:
        return _depth(defs[name], defs, (*inside, name))
    own = 1 if schema.get("type") in ("object", "array") else 0
    return own + max((_depth(one, defs, inside) for one in _own_children(schema)), default=0)


class _Undo:
    """The removal of nulls from a value, where the schema became nullable only for a provider."""

    def __init__(self, strict: Strict) -> None:
        self.undo = strict.undo
        self.defs: dict[str, Any] = strict.schema.get("$defs", {})

    def without_nulls(self, value: Any, schema: dict[str, Any], path: str) -> Any:
        schema, path = self._resolved(schema, path)
        for index, one in enumerate(schema.get("anyOf", ())):
            if self._accepts(one, value):
                return self.without_nulls(value, one, f"{path}/anyOf/{index}")
        if is_array(value):
            return [self.without_nulls(part, *self._element(schema, path, index)) for index, part in enumerate(value)]
        if not is_object(value):
            return value
        properties: dict[str, Any] = schema.get("properties", {})
        rest = schema.get("additionalProperties")
        found: dict[str, Any] = {}
        for name, part in value.items():
            where = _at(path, "properties", name)
            if part is None and where in self.undo:
                continue
            if name in properties:
                found[name] = self.without_nulls(part, properties[name], where)
            else:
                open_to = rest if is_object(rest) else {}
                found[name] = self.without_nulls(part, open_to, f"{path}/additionalProperties")
        return found

    def _element(self, schema: dict[str, Any], path: str, index: int) -> tuple[dict[str, Any], str]:
        first: list[dict[str, Any]] = schema.get("prefixItems", [])
        if index < len(first):
            return first[index], f"{path}/prefixItems/{index}"
        return schema.get("items", {}), f"{path}/items"

    def _resolved(self, schema: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
        while (name := target(schema)) in self.defs:
            schema, path = self.defs[name], _at("#", "$defs", name)
        return schema, path

    def _accepts(self, schema: dict[str, Any], value: Any) -> bool:
        """Return whether a value has the shape of a schema. This check distinguishes the members of a union."""
        schema, _ = self._resolved(schema, "")
        if "const" in schema or "enum" in schema:
            return value in schema.get("enum", [schema.get("const")])
        if "anyOf" in schema:
            return any(self._accepts(one, value) for one in schema["anyOf"])
        kinds = schema.get("type", [])
        if kinds and type_of([value]) not in (kinds if is_array(kinds) else [kinds]):
            return kinds == "number" and type_of([value]) == "integer"
        if is_object(value):
            properties: dict[str, Any] = schema.get("properties", {})
            known = schema.get("additionalProperties") is not False or value.keys() <= properties.keys()
            whole = all(name in value for name in schema.get("required", ()))
            return (
                known and whole and all(self._accepts(properties.get(name, {}), part) for name, part in value.items())
            )
        if is_array(value):
            return all(self._accepts(self._element(schema, "", index)[0], part) for index, part in enumerate(value))
        return True
