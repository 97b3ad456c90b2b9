"""Schemas in one common form for all notations.

OpenAPI 3.0 and 3.1 write the same fact in several ways: `nullable` or a type list with "null" or an alternative
`{type: "null"}`, `const` or an enum of one, boolean or numeric exclusive bounds, `allOf` around a single reference.
`shape_of` reads any of them into a `Shape`; prose, examples and extensions are ignored.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from contract.document import Node, reference, resolved

__all__ = ["FACETS", "Shape", "expanded", "shape_of"]

BOUNDS = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
    "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
)  # fmt: skip
FACETS = {"type": "type", "format": "format", "default": "default", "deprecated": "deprecated"} | dict.fromkeys(
    BOUNDS, "bound"
)
"""Keys of a schema that hold one plain value, each with the kind of difference it makes."""

_NULL = {"type": "null"}


@dataclass(frozen=True)
class Shape:
    """The constraints of a schema on values.

    Attributes:
        reference: Name of the component schema it refers to, if it does.
        nullable: True when null is allowed.
        facets: The keys of `FACETS` that are set.
        enum: The allowed values, empty for no such limit.
        required: Names of required properties.
        properties: The properties' schemas.
        items: The schema of an array's items.
        additional: Schema of other properties; True for anything, None when not stated.
        variants: The schemas of which one must match.
        discriminator: Name of the property that distinguishes the variants.
    """

    reference: str | None = None
    nullable: bool = False
    facets: Node = field(default_factory=dict)
    enum: tuple[Any, ...] = ()
    required: frozenset[str] = frozenset()
    properties: dict[str, Node] = field(default_factory=dict)
    items: Node | None = None
    additional: Node | bool | None = None
    variants: tuple[Node, ...] = ()
    discriminator: str | None = None

    def __str__(self) -> str:
        """Return a short description, for a line that names a difference."""
        if self.variants:
            return "one of " + ", ".join(_label(variant) for variant in self.variants)
        return self.reference or " ".join(str(self.facets[key]) for key in ("type", "format") if key in self.facets)


def _label(node: Node) -> str:
    return reference(node) or str(node.get("title") or node.get("type", "anything"))


def shape_of(document: Node, node: Node) -> Shape:
    """Return the shape of `node`; `document` resolves its references."""
    node = _merged(document, node)
    name = reference(node)
    if name is not None:
        nullable = _variants(node)[1] or shape_of(document, resolved(document, node)).nullable
        return Shape(reference=name, nullable=nullable, facets=_facets(node))
    if "$ref" in node:  # not a component: treated as inline
        return shape_of(document, resolved(document, node))
    variants, nullable = _variants(node)
    if len(variants) == 1:
        only = shape_of(document, variants[0])
        return replace(only, nullable=only.nullable or nullable, facets=only.facets | _facets(node))
    return _plain(node, variants, nullable=nullable)


def expanded(document: Node, shape: Shape) -> Shape:
    """Return the shape that a reference resolves to; any other shape unchanged."""
    if shape.reference is None:
        return shape
    target = shape_of(document, document["components"]["schemas"][shape.reference])
    return expanded(document, replace(target, nullable=shape.nullable, facets=target.facets | shape.facets))


def _plain(node: Node, variants: list[Node], *, nullable: bool) -> Shape:
    facets = _facets(node)
    properties = node.get("properties", {})
    if variants and not properties:
        facets.pop("type", None)  # it only repeats the type of every variant
    enum = [node["const"]] if "const" in node else node.get("enum", [])
    return Shape(
        nullable=nullable or None in enum,
        facets=facets,
        enum=tuple(value for value in enum if value is not None),
        required=frozenset(node.get("required", [])),
        properties=properties,
        items=node.get("items"),
        additional=_additional(node),
        variants=tuple(variants),
        discriminator=node.get("discriminator", {}).get("propertyName"),
    )


def _variants(node: Node) -> tuple[list[Node], bool]:
    """Return the alternatives of `node` without null, and whether null is one of them."""
    listed = node.get("oneOf") or node.get("anyOf") or []
    variants = [variant for variant in listed if variant != _NULL]
    types = _types(node)
    nullable = len(variants) < len(listed) or bool(node.get("nullable")) or "null" in types
    real = [name for name in types if name != "null"]
    if not variants and len(real) > 1:
        variants = [{**node, "type": name, "nullable": False} for name in real]
    return variants, nullable


def _types(node: Node) -> list[str]:
    stated = node.get("type", [])
    return [stated] if isinstance(stated, str) else list(stated)


def _facets(node: Node) -> Node:
    facets = {key: node[key] for key in FACETS if key in node and key != "type"}
    real = [name for name in _types(node) if name != "null"]
    if len(real) == 1:
        facets["type"] = real[0]
    if facets.get("deprecated") is False:
        del facets["deprecated"]
    for inclusive, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        _numeric_bound(facets, inclusive, exclusive)
    return facets


def _numeric_bound(facets: Node, inclusive: str, exclusive: str) -> None:
    """Convert an exclusive bound of OpenAPI 3.0 (`minimum: 5` with a flag) to that of 3.1 (`exclusiveMinimum: 5`)."""
    flag = facets.get(exclusive)
    if isinstance(flag, bool):
        del facets[exclusive]
        if flag and inclusive in facets:
            facets[exclusive] = facets.pop(inclusive)


def _additional(node: Node) -> Node | bool | None:
    stated = node.get("additionalProperties")
    if stated is None or stated == {}:
        bare = not node.keys() & {"properties", "oneOf", "anyOf"}
        free = stated == {} or (bare and "object" in _types(node))
        return True if free else None
    return stated  # type: ignore[no-any-return]


def _merged(document: Node, node: Node) -> Node:
    """Return `node` with its `allOf` merged into it; a single reference stays a reference."""
    parts = node.get("allOf")
    if not parts:
        return node
    rest = {key: value for key, value in node.items() if key != "allOf"}
    if len(parts) == 1 and not rest.keys() & {"properties", "required", "oneOf", "anyOf"}:
        return {**rest, **parts[0]}
    merged: Node = {}
    for part in [*(resolved(document, _merged(document, part)) for part in parts), rest]:
        both = {
            "properties": {**merged.get("properties", {}), **part.get("properties", {})},
            "required": [*merged.get("required", []), *part.get("required", [])],
        }
        merged = {**merged, **part, **{key: value for key, value in both.items() if value}}
    return _merged(document, merged)
