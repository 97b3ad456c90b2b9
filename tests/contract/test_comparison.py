"""The comparison finds each kind of difference at its place, and none between equivalent notations."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from contract.comparison import KINDS, differences
from contract.document import DocumentError, Node, read, renamed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.once


# A small contract with one of everything.
TEXT = """
openapi: 3.1.0
security: [{bearer: []}]
paths:
  /pets/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: string}}
    get:
      operationId: getPet
      parameters:
        - {name: with, in: query, explode: false, schema: {type: array, items: {type: string}}}
      responses:
        "200":
          headers: {X-Age: {schema: {type: integer}}}
          content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}
        "404": {$ref: "#/components/responses/None"}
    put:
      operationId: putPet
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}
      responses: {"200": {description: Done.}}
components:
  responses:
    None:
      content: {text/plain: {schema: {type: string}}}
      schema: {type: object, properties: {name: {type: string}}}
  schemas:
    Pet:
      type: object
      required: [name]
      properties:
        name: {type: string, maxLength: 9, description: Its name.}
        kind: {type: string, enum: [cat, dog], default: cat}
        age: {type: [integer, "null"], format: int64, minimum: 0}
        tame: {type: boolean, default: false}
        owner: {oneOf: [{$ref: "#/components/schemas/Owner"}, {type: "null"}]}
        tags: {type: array, items: {type: string}}
        chip: {type: object, properties: {id: {type: string}}, additionalProperties: true}
        toy: {$ref: "#/components/schemas/Toy"}
    Owner: {type: object, properties: {name: {type: string}}}
    Toy:
      oneOf: [{type: string}, {$ref: "#/components/schemas/Ball"}, {$ref: "#/components/schemas/Rope"}]
      discriminator: {propertyName: type}
    Ball: {type: object, properties: {type: {type: string, enum: [ball]}}}
    Rope: {type: object, properties: {type: {type: string, enum: [rope]}}}
    Config:
      x-config: {sections: [{server: {settings: [{name: port, env: PORT, type: int, default: "1"}]}}]}
    Provider:
      type: string
      x-provider-configs: {groq: {id: groq, url: "https://groq.example"}}
"""


def document() -> Node:
    """Return a fresh copy of the small contract."""
    parsed: Node = yaml.safe_load(TEXT)
    return parsed


SCHEMAS = "/components/schemas"
PET = f"{SCHEMAS}/Pet"
PROPS = f"{PET}/properties"
ITEM = "/paths/~1pets~1{id}"
WITH = f"{ITEM}/get/parameters/query:with"
BODY = f"{ITEM}/put/requestBody"
ANSWERS = f"{ITEM}/get/responses"
SETTING = f"{SCHEMAS}/Config/x-config/sections/0/server/settings/0"


def place(root: Any, pointer: str) -> tuple[Any, Any]:
    """Return the container of the value at `pointer`, and its key there."""
    steps: list[Any] = [step.replace("~1", "/") for step in pointer.split("/")[1:]]
    for step in steps[:-1]:
        root = root[int(step)] if isinstance(root, list) else root[step]
    return root, int(steps[-1]) if isinstance(root, list) else steps[-1]


def put(pointer: str, value: Any) -> Callable[[Node], None]:
    """Return a change that sets the value at `pointer`."""

    def change(document: Node) -> None:
        holder, key = place(document, pointer)
        holder[key] = value

    return change


def drop(pointer: str) -> Callable[[Node], None]:
    """Return a change that removes the value at `pointer`."""

    def change(document: Node) -> None:
        holder, key = place(document, pointer)
        del holder[key]

    return change


def ref(name: str) -> Node:
    """Return a reference to a component schema."""
    return {"$ref": f"#/components/schemas/{name}"}


# By change of our copy: the place and the kind of the resulting difference.
PLANTED = [
    (put("/paths/~1zoo", {}), "/paths/~1zoo", "added"),
    (drop(ITEM), ITEM, "missing"),
    (drop(f"{ITEM}/put"), f"{ITEM}/put", "missing"),
    (put(f"{ITEM}/get/operationId", "pet"), f"{ITEM}/get/operationId", "operation"),
    (put(f"{ITEM}/get/security", []), f"{ITEM}/get/security", "operation"),
    (drop(f"{ITEM}/get/parameters"), WITH, "missing"),
    (drop(f"{ITEM}/parameters/0/required"), f"{ITEM}/get/parameters/path:id", "parameter"),
    (put(f"{ITEM}/get/parameters/0/explode", value=True), WITH, "parameter"),
    (put(f"{ITEM}/get/parameters/0/style", "pipeDelimited"), WITH, "parameter"),
    (put(f"{ITEM}/get/parameters/0/schema/items/type", "integer"), f"{WITH}/schema/items", "type"),
    (drop(BODY), BODY, "missing"),
    (put(f"{ITEM}/get/requestBody", {}), f"{ITEM}/get/requestBody", "added"),
    (drop(f"{BODY}/required"), BODY, "operation"),
    (put(f"{BODY}/content/text~1plain", {}), f"{BODY}/content/text~1plain", "added"),
    (put(f"{BODY}/content/application~1json/schema", ref("Owner")), f"{BODY}/content/application~1json/schema", "type"),
    (drop(f"{ANSWERS}/404"), f"{ANSWERS}/404", "missing"),
    (put(f"{ANSWERS}/500", {}), f"{ANSWERS}/500", "added"),
    (drop(f"{ANSWERS}/200/headers/X-Age"), f"{ANSWERS}/200/headers/X-Age", "missing"),
    (drop(f"{ANSWERS}/200/content/application~1json"), f"{ANSWERS}/200/content/application~1json", "missing"),
    (
        put("/components/responses/None/content/text~1plain/schema/type", "integer"),
        f"{ANSWERS}/404/content/text~1plain/schema",
        "type",
    ),
    (put(f"{SCHEMAS}/Fish", {"type": "object"}), f"{SCHEMAS}/Fish", "added"),
    (drop(f"{SCHEMAS}/Config"), f"{SCHEMAS}/Config", "missing"),
    (put(f"{PROPS}/colour", {"type": "string"}), f"{PROPS}/colour", "added"),
    (drop(f"{PROPS}/kind"), f"{PROPS}/kind", "missing"),
    (put(f"{PROPS}/name/type", "integer"), f"{PROPS}/name", "type"),
    (put(f"{PROPS}/age/format", "int32"), f"{PROPS}/age", "format"),
    (put(f"{PROPS}/age/type", "integer"), f"{PROPS}/age", "nullable"),
    (put(f"{PROPS}/owner", ref("Owner")), f"{PROPS}/owner", "nullable"),
    (put(f"{PROPS}/toy", ref("Ball")), f"{PROPS}/toy", "type"),
    (put(f"{PROPS}/kind/default", "dog"), f"{PROPS}/kind", "default"),
    (drop(f"{PROPS}/kind/default"), f"{PROPS}/kind", "default"),
    (put(f"{PROPS}/tame/default", 0), f"{PROPS}/tame", "default"),
    (put(f"{PROPS}/kind/enum", ["cat", "dog", "owl"]), f"{PROPS}/kind/enum/owl", "added"),
    (put(f"{PROPS}/kind/enum", ["cat"]), f"{PROPS}/kind/enum/dog", "missing"),
    (put(f"{PROPS}/name/maxLength", 10), f"{PROPS}/name", "bound"),
    (drop(f"{PROPS}/age/minimum"), f"{PROPS}/age", "bound"),
    (put(f"{PROPS}/age/maximum", 99), f"{PROPS}/age", "bound"),
    (put(f"{PROPS}/tags/minItems", 1), f"{PROPS}/tags", "bound"),
    (put(f"{PROPS}/name/pattern", "^[a-z]$"), f"{PROPS}/name", "bound"),
    (put(f"{PROPS}/name/deprecated", value=True), f"{PROPS}/name", "deprecated"),
    (put(f"{PET}/required", ["name", "kind"]), f"{PET}/required/kind", "added"),
    (drop(f"{PET}/required"), f"{PET}/required/name", "missing"),
    (put(f"{PROPS}/tags/items/type", "integer"), f"{PROPS}/tags/items", "type"),
    (drop(f"{PROPS}/tags/items"), f"{PROPS}/tags/items", "missing"),
    (drop(f"{PROPS}/chip/additionalProperties"), f"{PROPS}/chip/additionalProperties", "additional"),
    (
        put(f"{PROPS}/chip/additionalProperties", {"type": "string"}),
        f"{PROPS}/chip/additionalProperties",
        "additional",
    ),
    (put(f"{PROPS}/toy", {"type": "string"}), f"{PROPS}/toy", "type"),
    (drop(f"{SCHEMAS}/Toy/oneOf/1"), f"{SCHEMAS}/Toy/oneOf/Ball", "missing"),
    (put(f"{SCHEMAS}/Toy/oneOf/0/type", "integer"), f"{SCHEMAS}/Toy/oneOf/integer", "added"),
    (drop(f"{SCHEMAS}/Toy/discriminator"), f"{SCHEMAS}/Toy", "discriminator"),
    (put(f"{SETTING}/default", "2"), f"{SCHEMAS}/Config/properties/port", "setting"),
    (put(f"{SETTING}/env", "HOST"), f"{SCHEMAS}/Config/properties/host", "added"),
    (
        put(f"{SCHEMAS}/Provider/x-provider-configs/groq/url", "https://x.example"),
        f"{SCHEMAS}/Provider/groq",
        "provider",
    ),
    (put(f"{PROPS}/name/x-observed", {"client": "openai"}), f"{PROPS}/name", "observed"),
    (put(f"{SCHEMAS}/Owner/x-observed", {"recorded": 1}), f"{SCHEMAS}/Owner", "observed"),
]


@pytest.mark.parametrize(("change", "pointer", "kind"), PLANTED, ids=[f"{kind} {place}" for _, place, kind in PLANTED])
def test_a_planted_difference_is_found(change: Callable[[Node], None], pointer: str, kind: str) -> None:
    """Each change to our copy is reported at its place, by its kind, in one line."""
    ours = document()
    change(ours)
    found = differences(ours, document())
    assert (pointer, kind) in {(one.pointer, one.kind) for one in found}
    assert all("\n" not in str(one) and str(one).startswith(one.pointer) for one in found)


def test_every_kind_is_planted() -> None:
    """The table above leaves out no kind of difference."""
    assert {kind for _, _, kind in PLANTED} == set(KINDS)


def test_a_planted_difference_is_found_from_the_other_side() -> None:
    """An addition on one side is missing on the other."""
    more = document()
    put(f"{PROPS}/colour", {"type": "string"})(more)
    assert [one.kind for one in differences(document(), more)] == ["missing"]


def test_observed_schemas_and_properties_may_be_only_here() -> None:
    """Their mark explains why the published contract lacks them; a list of refused parameters excuses nothing."""
    ours = document()
    put(f"{PROPS}/colour", {"type": "string", "x-observed": {"client": "openai", "recorded": 3}})(ours)
    put(f"{SCHEMAS}/Fish", {"type": "object", "x-observed": {"recorded": 1}})(ours)
    assert differences(ours, document()) == []
    put(f"{SCHEMAS}/Bird", {"type": "object", "x-observed": {"refused": {"song": {"recorded": 1}}}})(ours)
    assert [(one.pointer, one.kind) for one in differences(ours, document())] == [(f"{SCHEMAS}/Bird", "added")]


def test_equal_documents_do_not_differ() -> None:
    """A document does not differ from itself."""
    assert differences(document(), document()) == []


def test_one_change_is_one_difference() -> None:
    """A value added to an enum is reported once, however often its schema is referred to."""
    ours = document()
    ours["components"]["schemas"]["Pet"]["properties"]["kind"]["enum"].append("owl")
    assert len(differences(ours, document())) == 1


NAME = {"name": {"type": "string"}}
LETTER = {"a": {"type": "string"}}
NULL = {"type": "null"}

# Two notations of the same fact.
EQUAL = [
    ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
    ({"oneOf": [ref("Owner"), NULL]}, {"anyOf": [NULL, ref("Owner")]}),
    ({"oneOf": [ref("Owner"), NULL]}, {"allOf": [ref("Owner")], "nullable": True}),
    ({**ref("Owner"), "description": "A."}, {"allOf": [ref("Owner")], "description": "B."}),
    (ref("Owner"), {"type": "object", "properties": NAME}),
    (ref("Owner"), {"$ref": "#/components/responses/None/schema"}),
    (
        {"type": "object", "properties": LETTER | NAME, "required": ["a"]},
        {"allOf": [ref("Owner"), {"properties": LETTER, "required": ["a"]}]},
    ),
    ({"type": "string", "enum": ["a"]}, {"type": "string", "const": "a"}),
    ({"type": ["string", "null"], "enum": ["a", None]}, {"type": "string", "enum": ["a"], "nullable": True}),
    ({"type": "number", "exclusiveMinimum": 0}, {"type": "number", "minimum": 0, "exclusiveMinimum": True}),
    ({"type": "number", "minimum": 0}, {"type": "number", "minimum": 0, "exclusiveMinimum": False}),
    ({"type": "object"}, {"type": "object", "additionalProperties": {}}),
    ({"type": "object"}, {"type": "object", "additionalProperties": True}),
    ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, {"type": ["integer", "string"]}),
    ({"oneOf": [ref("Ball"), ref("Rope")]}, {"type": "object", "anyOf": [ref("Rope"), ref("Ball")]}),
    ({"type": "string", "title": "A", "example": 1, "x-go-name": "B"}, {"type": "string", "deprecated": False}),
]


@pytest.mark.parametrize(("ours", "theirs"), EQUAL)
def test_notation_is_no_difference(ours: Node, theirs: Node) -> None:
    """OpenAPI 3.0 and 3.1, references and their targets, and any order are equivalent."""
    here, there = document(), document()
    here["components"]["schemas"]["Pet"]["properties"]["thing"] = ours
    there["components"]["schemas"]["Pet"]["properties"]["thing"] = theirs
    assert differences(here, there) == []
    assert differences(there, here) == []


def test_null_of_a_component_is_seen_where_it_is_used() -> None:
    """A nullable component equals a nullable reference to it, and differs from one that is not."""
    here, there = document(), document()
    there["components"]["schemas"]["Owner"]["nullable"] = True
    there["components"]["schemas"]["Pet"]["properties"]["owner"] = {"$ref": "#/components/schemas/Owner"}
    assert differences(here, there) == []
    here["components"]["schemas"]["Pet"]["properties"]["owner"] = {"$ref": "#/components/schemas/Owner"}
    assert [(one.pointer, one.kind) for one in differences(here, there)] == [
        ("/components/schemas/Pet/properties/owner", "nullable")
    ]


def test_settings_equal_in_both_notations() -> None:
    """A setting as a property of `Config` equals the same one in a section."""
    ours = document()
    ours["components"]["schemas"]["Config"] = {
        "type": "object",
        "properties": {
            "port": {"type": "integer", "default": 1, "x-config": {"section": "server", "name": "port", "type": "int"}}
        },
    }
    assert differences(ours, document()) == []


def test_names_are_brought_into_line() -> None:
    """A renamed schema, and every reference to it, gets our name; the given document does not change."""
    theirs = document()
    before = copy.deepcopy(theirs)
    mapped = renamed(theirs, {"Owner": "Keeper"})
    assert theirs == before
    assert "Keeper" in mapped["components"]["schemas"]
    assert "Owner" not in str(mapped)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("#/components/schemas/Ghost", "leads nowhere"),
        ("other.yaml#/Pet", "out of the document"),
        ("#/openapi", "not an object"),
        ("#/components/schemas/Loop", "in a circle"),
    ],
)
def test_a_bad_reference_is_named(target: str, words: str) -> None:
    """A broken reference is an error that quotes it."""
    theirs = document()
    theirs["components"]["schemas"]["Loop"] = {"$ref": "#/components/schemas/Loop"}
    theirs["components"]["schemas"]["Pet"]["properties"]["kind"] = {"$ref": target}
    with pytest.raises(DocumentError, match=words):
        differences(document(), theirs)


def test_anchors_are_followed(tmp_path: Path) -> None:
    """YAML anchors are read as their values."""
    file = tmp_path / "c.yaml"
    file.write_text("openapi: 3.1.0\na: &x {type: string}\nb: *x\n", encoding="utf-8")
    assert read(file)["b"] == {"type": "string"}
