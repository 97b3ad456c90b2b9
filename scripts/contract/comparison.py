"""Compare two OpenAPI documents: each difference, with its JSON pointer in ours.

Prose and notation are ignored (see `shape`). A schema that one side names and the other inlines is compared by its
content. Pointers to members of `enum` and `required` end in their value, so that one listed difference never hides
another.

Schemas and properties marked `x-observed` are those of providers, which the gateway passes on and no contract of it
lists. They may be only in ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from contract.document import Node, escaped, reference, resolved
from contract.settings import settings_of
from contract.shape import FACETS, Shape, expanded, shape_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["KINDS", "Difference", "differences"]

KINDS = {
    "added": "only here",
    "missing": "only in the published contract",
    "type": "another type",
    "format": "another format",
    "nullable": "null allowed on one side only",
    "default": "another default",
    "bound": "another bound",
    "deprecated": "deprecated on one side only",
    "additional": "other properties allowed on one side only, or of another type",
    "discriminator": "variants distinguished by another property",
    "parameter": "a parameter sent in another way",
    "operation": "another operationId, body or security",
    "setting": "a setting of the gateway that differs",
    "provider": "a fact about a provider that differs",
    "observed": "marked `x-observed`, but in the published contract",
}
"""The kinds of difference, each with its meaning."""

OBSERVED = "x-observed"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class Difference(NamedTuple):
    """One place where the documents disagree."""

    pointer: str
    kind: str
    detail: str

    def __str__(self) -> str:
        """Return one line for the terminal."""
        return f"{self.pointer}: {self.kind}: {self.detail}"


class _Pair(NamedTuple):
    ours: Node
    theirs: Node


def differences(ours: Node, theirs: Node) -> list[Difference]:
    """Return all differences between `ours` and `theirs`, in the order of our document."""
    pair = _Pair(ours, theirs)
    return [*_operations(pair), *_schemas(pair)]


# Schemas


def _schemas(pair: _Pair) -> Iterator[Difference]:
    ours, theirs = (side.get("components", {}).get("schemas", {}) for side in pair)
    place = "/components/schemas"
    for name in _common(ours, theirs):
        yield from _component(pair, ours[name], theirs[name], f"{place}/{escaped(name)}")
    yield from _named_nodes(ours, theirs, place, "schema")


def _common(ours: Iterable[Any], theirs: Iterable[Any]) -> list[Any]:
    """Return the names that both have, in our order."""
    known = set(theirs)
    return [name for name in ours if name in known]


def _names(ours: Iterable[Any], theirs: Iterable[Any], place: str, what: str) -> Iterator[Difference]:
    here, there = list(ours), list(theirs)
    for name in here:
        if name not in there:
            yield Difference(f"{place}/{escaped(name)}", "added", f"{what} {name} is only here")
    for name in there:
        if name not in here:
            yield Difference(f"{place}/{escaped(name)}", "missing", f"{what} {name} is only in the published contract")


def _named_nodes(ours: Node, theirs: Node, place: str, what: str) -> Iterator[Difference]:
    """Compare the names of nodes, of which those that were observed may be only in ours."""
    observed = [name for name, node in ours.items() if node.get(OBSERVED, {}).keys() - {"refused"}]
    for name in _common(observed, theirs):
        yield Difference(f"{place}/{escaped(name)}", "observed", f"{what} {name} is published: remove {OBSERVED}")
    yield from _names([name for name in ours if name in theirs or name not in observed], theirs, place, what)


def _component(pair: _Pair, ours: Node, theirs: Node, place: str) -> Iterator[Difference]:
    settings = settings_of(ours), settings_of(theirs)
    if all(settings):
        yield from _facts(*settings, f"{place}/properties", "setting")
        return
    yield from _facts(ours.get("x-provider-configs", {}), theirs.get("x-provider-configs", {}), place, "provider")
    # Whether null is allowed is a matter of each place that refers to the component, and is compared there.
    here, there = shape_of(pair.ours, ours), shape_of(pair.theirs, theirs)
    yield from (found for found in _shapes(pair, here, there, place) if found[:2] != (place, "nullable"))


def _facts(ours: Node, theirs: Node, place: str, kind: str) -> Iterator[Difference]:
    for name in _common(ours, theirs):
        here, there = ({"id": name, **side[name]} for side in (ours, theirs))
        for key in sorted(here.keys() | there.keys()):
            if here.get(key) != there.get(key):
                detail = f"{key} is {here.get(key)!r} here, {there.get(key)!r} there"
                yield Difference(f"{place}/{escaped(name)}", kind, detail)
    yield from _names(ours, theirs, place, kind)


def _nodes(pair: _Pair, ours: Node, theirs: Node, place: str) -> Iterator[Difference]:
    yield from _shapes(pair, shape_of(pair.ours, ours), shape_of(pair.theirs, theirs), place)


def _shapes(pair: _Pair, ours: Shape, theirs: Shape, place: str) -> Iterator[Difference]:
    if ours.nullable != theirs.nullable:
        yield Difference(place, "nullable", f"null is {'allowed' if ours.nullable else 'not allowed'} only here")
    here, there = ours, theirs
    if ours.reference and theirs.reference:
        if ours.reference != theirs.reference:
            yield Difference(place, "type", f"{ours} here, {theirs} there")
            return
    else:
        here, there = expanded(pair.ours, ours), expanded(pair.theirs, theirs)
    if bool(here.variants) != bool(there.variants):
        yield Difference(place, "type", f"{ours} here, {theirs} there")
        return
    yield from _plain_values(here, there, place)
    yield from _members(pair, here, there, place)


def _plain_values(ours: Shape, theirs: Shape, place: str) -> Iterator[Difference]:
    for key, kind in FACETS.items():
        here, there = ours.facets.get(key), theirs.facets.get(key)
        if here != there or isinstance(here, bool) != isinstance(there, bool):
            yield Difference(place, kind, f"{key} is {here!r} here, {there!r} there")
    if theirs.discriminator and ours.discriminator != theirs.discriminator:
        detail = f"{ours.discriminator!r} here, {theirs.discriminator!r} there"
        yield Difference(place, "discriminator", detail)


def _members(pair: _Pair, ours: Shape, theirs: Shape, place: str) -> Iterator[Difference]:
    yield from _names(ours.enum, theirs.enum, f"{place}/enum", "value")
    yield from _names(sorted(ours.required), sorted(theirs.required), f"{place}/required", "required property")
    for name in _common(ours.properties, theirs.properties):
        at = f"{place}/properties/{escaped(name)}"
        yield from _nodes(pair, ours.properties[name], theirs.properties[name], at)
    yield from _named_nodes(ours.properties, theirs.properties, f"{place}/properties", "property")
    yield from _optional_node(pair, ours.items, theirs.items, f"{place}/items")
    yield from _additional(pair, ours.additional, theirs.additional, f"{place}/additionalProperties")
    yield from _variants(pair, ours.variants, theirs.variants, f"{place}/oneOf")


def _optional_node(pair: _Pair, ours: Node | None, theirs: Node | None, place: str) -> Iterator[Difference]:
    if ours is not None and theirs is not None:
        yield from _nodes(pair, ours, theirs, place)
    elif ours is not None or theirs is not None:
        yield Difference(place, "added" if theirs is None else "missing", "a schema exists on one side only")


def _additional(pair: _Pair, ours: Node | bool | None, theirs: Node | bool | None, place: str) -> Iterator[Difference]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        yield from _nodes(pair, ours, theirs, place)
    elif ours != theirs:
        detail = f"{_others(pair.ours, ours)} here, {_others(pair.theirs, theirs)} there"
        yield Difference(place, "additional", detail)


def _others(document: Node, additional: Node | bool | None) -> str:
    """Return a short description of the other properties that are allowed."""
    if isinstance(additional, dict):
        return str(shape_of(document, additional))
    return {None: "unsaid", True: "anything", False: "nothing"}[additional]


def _variants(pair: _Pair, ours: tuple[Node, ...], theirs: tuple[Node, ...], place: str) -> Iterator[Difference]:
    """Pair references by name and inline schemas by type."""
    here, there = _keyed(ours), _keyed(theirs)
    for key in _common(here, there):
        yield from _nodes(pair, here[key], there[key], f"{place}/{escaped(key)}")
    yield from _names(here, there, place, "variant")


def _keyed(variants: tuple[Node, ...]) -> dict[str, Node]:
    keyed: dict[str, Node] = {}
    for variant in variants:
        key = stem = reference(variant) or str(variant.get("type", "anything"))
        while key in keyed:
            key += f" beside {stem}"
        keyed[key] = variant
    return keyed


# Operations


def _operations(pair: _Pair) -> Iterator[Difference]:
    ours, theirs = (side.get("paths", {}) for side in pair)
    for path in _common(ours, theirs):
        here, there = ({name: item[name] for name in item if name in METHODS} for item in (ours[path], theirs[path]))
        place = f"/paths/{escaped(path)}"
        for method in _common(here, there):
            mine, published = _whole(ours[path], method), _whole(theirs[path], method)
            yield from _operation(pair, mine, published, f"{place}/{method}")
        yield from _names(here, there, place, "method")
    yield from _names(ours, theirs, "/paths", "path")


def _whole(item: Node, method: str) -> Node:
    """Return the operation with the parameters that its path gives to all methods."""
    operation: Node = item[method]
    return {**operation, "parameters": [*item.get("parameters", []), *operation.get("parameters", [])]}


def _operation(pair: _Pair, ours: Node, theirs: Node, place: str) -> Iterator[Difference]:
    if ours.get("operationId") != theirs.get("operationId"):
        detail = f"operationId is {ours.get('operationId')!r} here, {theirs.get('operationId')!r} there"
        yield Difference(f"{place}/operationId", "operation", detail)
    here, there = _security(pair.ours, ours), _security(pair.theirs, theirs)
    if here != there:
        yield Difference(f"{place}/security", "operation", f"security is {here} here, {there} there")
    yield from _parameters(pair, ours["parameters"], theirs["parameters"], f"{place}/parameters")
    yield from _request(pair, ours.get("requestBody"), theirs.get("requestBody"), f"{place}/requestBody")
    yield from _responses(pair, ours.get("responses", {}), theirs.get("responses", {}), f"{place}/responses")


def _security(document: Node, operation: Node) -> object:
    """Return the security of the operation, else of the document."""
    return operation.get("security", document.get("security", []))


def _parameters(pair: _Pair, ours: list[Node], theirs: list[Node], place: str) -> Iterator[Difference]:
    here, there = _by_name(pair.ours, ours), _by_name(pair.theirs, theirs)
    for key in _common(here, there):
        at = f"{place}/{escaped(key)}"
        for trait, mine, published in _traits(here[key], there[key]):
            if mine != published:
                yield Difference(at, "parameter", f"{trait} is {mine!r} here, {published!r} there")
        yield from _nodes(pair, here[key].get("schema", {}), there[key].get("schema", {}), f"{at}/schema")
    yield from _names(here, there, place, "parameter")


def _by_name(document: Node, parameters: list[Node]) -> dict[str, Node]:
    found = (resolved(document, parameter) for parameter in parameters)
    return {f"{parameter['in']}:{parameter['name']}": parameter for parameter in found}


def _traits(ours: Node, theirs: Node) -> Iterator[tuple[str, object, object]]:
    """Return the way in which a parameter is sent, with OpenAPI's defaults filled in."""
    style = "form" if ours["in"] in {"query", "cookie"} else "simple"
    styles = ours.get("style", style), theirs.get("style", style)
    yield "required", bool(ours.get("required")), bool(theirs.get("required"))
    yield "style", *styles
    yield "explode", ours.get("explode", styles[0] == "form"), theirs.get("explode", styles[1] == "form")


def _request(pair: _Pair, ours: Node | None, theirs: Node | None, place: str) -> Iterator[Difference]:
    if ours is None or theirs is None:
        if ours is not theirs:
            yield Difference(place, "added" if theirs is None else "missing", "a body is sent on one side only")
        return
    here, there = resolved(pair.ours, ours), resolved(pair.theirs, theirs)
    if bool(here.get("required")) != bool(there.get("required")):
        yield Difference(place, "operation", "the body is required on one side only")
    yield from _contents(pair, here, there, place)


def _responses(pair: _Pair, ours: Node, theirs: Node, place: str) -> Iterator[Difference]:
    for status in _common(ours, theirs):
        here, there = resolved(pair.ours, ours[status]), resolved(pair.theirs, theirs[status])
        at = f"{place}/{escaped(status)}"
        yield from _contents(pair, here, there, at)
        yield from _names(here.get("headers", {}), there.get("headers", {}), f"{at}/headers", "header")
    yield from _names(ours, theirs, place, "status")


def _contents(pair: _Pair, ours: Node, theirs: Node, place: str) -> Iterator[Difference]:
    here, there = ours.get("content", {}), theirs.get("content", {})
    for kind in _common(here, there):
        at = f"{place}/content/{escaped(kind)}/schema"
        yield from _nodes(pair, here[kind].get("schema", {}), there[kind].get("schema", {}), at)
    yield from _names(here, there, f"{place}/content", "content type")
