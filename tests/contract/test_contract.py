"""The file openapi.yaml: complete, described throughout, and within the conventions of the generator."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import check_contract
from contract.document import Node, read, reference, resolved
from contract.prose import sentences
from contract.shape import FACETS, shape_of
from contract.table import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]

CONTRACT = read(ROOT / "openapi.yaml")
SCHEMAS: dict[str, Node] = CONTRACT["components"]["schemas"]
FAMILIES = {"chat", "models", "responses", "messages", "images", "audio", "video", "mcp", "metrics", "gateway"}
METHODS = {"get", "post", "put", "patch", "delete"}
OPERATIONS = {
    operation["operationId"]: (path, item, operation)
    for path, item in CONTRACT["paths"].items()
    for method, operation in item.items()
    if method in METHODS
}


def nodes(value: Any) -> Iterator[Node]:
    """Yield every object in the document, outermost first."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from nodes(item)
    elif isinstance(value, list):
        for item in value:
            yield from nodes(item)


def schemas_within(name: str, schema: Node) -> Iterator[tuple[str, Node]]:
    """Yield the schema and its inline schemas, by the path of properties to each."""
    yield name, schema
    for key, node in schema.get("properties", {}).items():
        yield from schemas_within(f"{name}.{key}", node)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from schemas_within(f"{name}[]", schema[key])
    for index, node in enumerate(schema.get("oneOf", [])):
        yield from schemas_within(f"{name}|{index}", node)


EVERY_SCHEMA = dict(place for name, schema in SCHEMAS.items() for place in schemas_within(name, schema))


def test_references_resolve() -> None:
    """Every `$ref` resolves within the file."""
    references = [node for node in nodes(CONTRACT) if isinstance(node.get("$ref"), str)]
    assert len(references) > 300
    for node in references:
        assert resolved(CONTRACT, node)


def test_every_schema_has_a_family() -> None:
    """Each schema names the module that it is generated into."""
    assert {
        name: schema.get("x-family") for name, schema in SCHEMAS.items() if schema.get("x-family") not in FAMILIES
    } == {}
    assert {schema["x-family"] for schema in SCHEMAS.values()} == FAMILIES


def test_families_form_no_cycle() -> None:
    """A family refers only to itself, to chat and to gateway; chat only to gateway, and gateway to none."""
    allowed = {"gateway": {"gateway"}, "chat": {"chat", "gateway"}}
    for name, schema in SCHEMAS.items():
        family = schema["x-family"]
        for node in nodes(schema):
            target = reference(node)
            if target is not None:
                assert SCHEMAS[target]["x-family"] in allowed.get(family, {family, "chat", "gateway"}), (name, target)


def test_every_schema_and_property_is_described() -> None:
    """Each schema, property and named alternative has a sentence of description."""
    for place, node in EVERY_SCHEMA.items():
        if place in SCHEMAS or re.search(r"\.\w+$", place) or "title" in node:
            description = node.get("description", "")
            assert description[:1].isupper() or description[:1] == "`", place
            assert description.endswith("."), place


def test_descriptions_fit_an_editor() -> None:
    """No sentence is longer than three lines in an editor."""
    assert [pointer for pointer, text in sentences({"x": SCHEMAS}) if len(text) > 200] == []


def test_operations_are_named_and_described() -> None:
    """Each operation has a unique id, a summary, a described body, and a described answer for each status."""
    ids = Counter(
        operation.get("operationId")
        for item in CONTRACT["paths"].values()
        for method, operation in item.items()
        if method in METHODS
    )
    assert None not in ids
    assert set(ids.values()) == {1}
    for name, (_, item, operation) in OPERATIONS.items():
        assert operation["summary"].endswith("."), name
        assert operation["description"], name
        answers = {status: resolved(CONTRACT, answer) for status, answer in operation["responses"].items()}
        assert "200" in answers, name
        assert all(answer["description"] for answer in answers.values()), name
        assert all(answer.get("content") for status, answer in answers.items() if status != "202"), name
        parameters = [*item.get("parameters", []), *operation.get("parameters", [])]
        assert all(resolved(CONTRACT, parameter)["description"] for parameter in parameters), name
        assert "requestBody" not in operation or operation["requestBody"]["description"], name


def test_paths_declare_their_parameters() -> None:
    """The names in braces are exactly the parameters in the path."""
    for path, item in CONTRACT["paths"].items():
        declared = {one["name"] for one in item.get("parameters", []) if one["in"] == "path" and one["required"]}
        assert declared == set(re.findall(r"{(\w+)}", path)), path


def test_bodies_are_named_schemas() -> None:
    """The JSON and form bodies of an operation are components, so that they have a type."""
    typed = {"application/json", "multipart/form-data", "text/event-stream"}
    in_place = []
    for name, (_, _, operation) in OPERATIONS.items():
        bodies = [operation.get("requestBody", {}), resolved(CONTRACT, operation["responses"]["200"])]
        media = [pair for body in bodies for pair in body.get("content", {}).items()]
        in_place += [name for kind, media_type in media if kind in typed and not reference(media_type["schema"])]
    assert in_place == ["healthCheck"], "a health check is reported by its status"


def test_root_paths_carry_servers() -> None:
    """Exactly the paths at the gateway's root have `servers`."""
    at_root = {path for path, item in CONTRACT["paths"].items() if "servers" in item}
    assert at_root == {"/health", "/mcp", "/.well-known/oauth-protected-resource/mcp", "/proxy/{provider}/{path}"}
    for path in at_root:
        assert not CONTRACT["paths"][path]["servers"][0]["url"].endswith("/v1")


def test_only_operations_without_a_token_are_marked() -> None:
    """Health and the OAuth metadata are open; all other operations require the bearer token."""
    assert CONTRACT["security"] == [{"bearerAuth": []}]
    free = {name for name, (_, _, operation) in OPERATIONS.items() if operation.get("security") == []}
    assert free == {"healthCheck", "getMCPProtectedResourceMetadata"}


def test_unions_have_distinct_variants() -> None:
    """Each variant of a union of objects requires the discriminator, with a unique value."""
    unions = {place: node for place, node in EVERY_SCHEMA.items() if "discriminator" in node}
    assert len(unions) == 9
    for place, node in unions.items():
        key = node["discriminator"]["propertyName"]
        variants = [resolved(CONTRACT, variant) for variant in node["oneOf"]]
        assert all(key in variant["required"] for variant in variants), place
        marks = [tuple(variant["properties"][key]["enum"]) for variant in variants]
        assert len(set(marks)) == len(marks), place
        assert {len(mark) for mark in marks} == {1}, place
        named = {mark: variant["$ref"] for (mark,), variant in zip(marks, node["oneOf"], strict=True)}
        assert node["discriminator"]["mapping"] == named, place


def test_alternatives_written_in_place_are_named() -> None:
    """An inline object or enum among alternatives has the name of its type in `title`."""
    for place, node in EVERY_SCHEMA.items():
        for variant in node.get("oneOf", []):
            if "enum" in variant or "properties" in variant:
                assert variant["title"] not in SCHEMAS, place


def test_unions_of_objects_have_a_discriminator() -> None:
    """A value of several object types has a discriminator."""
    for place, node in EVERY_SCHEMA.items():
        targets = [resolved(CONTRACT, variant) for variant in node.get("oneOf", [])]
        if sum(target.get("type") == "object" for target in targets) > 1:
            assert "discriminator" in node, place


def test_required_properties_exist() -> None:
    """Every required property is described."""
    for place, node in EVERY_SCHEMA.items():
        assert set(node.get("required", [])) <= set(node.get("properties", {})), place


def test_null_has_one_notation() -> None:
    """Null is written as in OpenAPI 3.1, not with `nullable`; in an enumeration it is one more value."""
    assert [node for node in nodes(CONTRACT) if "nullable" in node] == []
    for place, node in EVERY_SCHEMA.items():
        if "enum" in node:
            assert (None in node["enum"]) == ("null" in node.get("type", "")), place


PYTHON_TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list}


def test_defaults_fit_their_schema() -> None:
    """A default has the type, enum and bounds of its schema."""
    checked = 0
    for place, node in EVERY_SCHEMA.items():
        if "default" in node:
            shape, default = shape_of(CONTRACT, node), node["default"]
            assert isinstance(default, PYTHON_TYPES[shape.facets["type"]]), place
            assert isinstance(default, bool) == (shape.facets["type"] == "boolean"), place
            assert not shape.enum or default in shape.enum, place
            assert "minimum" not in node or node["minimum"] <= default <= node["maximum"], place
            checked += 1
    assert checked > 100


def test_only_known_keywords_are_used() -> None:
    """A misspelt keyword fails, because readers of the file ignore it silently."""
    known = {
        *FACETS,
        "$ref",
        "title",
        "description",
        "enum",
        "oneOf",
        "discriminator",
        "required",
        "properties",
        "items",
    }
    known |= {"additionalProperties", "x-family", "x-config", "x-provider-configs", "x-observed"}
    assert {place: sorted(set(node) - known) for place, node in EVERY_SCHEMA.items() if set(node) - known} == {}


def test_every_observation_names_its_source() -> None:
    """What the published contract lacks was seen in an official client, in recorded traffic or at a provider."""
    marked = [(name, node["x-observed"]) for name, node in EVERY_SCHEMA.items() if "x-observed" in node]
    refused = [(name, facts) for name, seen in marked for facts in seen.get("refused", {}).values()]
    assert len(marked) > 100
    assert len(refused) > 30
    for name, seen in [*marked, *refused]:
        assert seen.keys() & {"client", "recorded", "provider", "refused"}, name
        assert seen.keys() <= {"client", "recorded", "provider", "refused", "header"}, name
        assert seen.get("client") in {None, "openai", "anthropic"}, name
        assert type(seen.get("recorded", 1)) is int, name
        assert seen.get("recorded", 1) > 0, name


def test_settings_are_environment_variables() -> None:
    """Each setting is a variable in lower case with the JSON type of the gateway's own."""
    types = {"string": "string", "bool": "boolean", "int": "integer", "time.Duration": "string"}
    settings = SCHEMAS["Config"]["properties"]
    assert len(settings) > 90
    for name, node in settings.items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
        assert node["type"] == types[node["x-config"]["type"]], name
        if re.search(r"_(key|secret)$", name):
            assert node["x-config"]["secret"] is True, name


def test_configured_providers_are_providers() -> None:
    """The facts about providers use ids and endpoints of the contract."""
    configured = SCHEMAS["Provider"]["x-provider-configs"]
    assert set(configured) == set(SCHEMAS["Provider"]["enum"])
    for name, facts in configured.items():
        assert facts["auth_type"] in SCHEMAS["ProviderAuthType"]["enum"], name
        assert set(facts["endpoints"]) <= set(SCHEMAS["Endpoints"]["properties"]), name
        needed = {"models"} if name == "elevenlabs" else set(SCHEMAS["Endpoints"]["required"])  # it has no chat
        assert needed <= set(facts["endpoints"]), name


def test_the_page_shows_the_table() -> None:
    """docs/contract.md has the current table of differences."""
    page = check_contract.DOCS.read_text(encoding="utf-8")
    assert page == check_contract.with_differences(page, read_table(check_contract.TABLE))
