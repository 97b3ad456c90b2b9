"""Schemas of types, decoded values, and the strict form of both."""

from __future__ import annotations

import copy
import functools
import json
import random
from typing import Annotated, Any

import jsonschema
import msgspec
import pydantic
import pytest
from openai.lib._pydantic import _ensure_strict_json_schema

from inference_gateway_sdk._schema.adapter import InvalidValueError, Problem, adapt
from inference_gateway_sdk._schema.strict import ANTHROPIC, GOOGLE, GRAMMAR, OPENAI, PLAIN, Rules, strict
from schema.type_corpus import Animal, Circle, Owner, Place, Point, Square, Tree, corpus, instance

CORPUS = list(corpus())
FAMILIES = [OPENAI, ANTHROPIC, GOOGLE, GRAMMAR, PLAIN]


def check_schema(schema: dict[str, Any]) -> None:
    """Assert that a schema is one of draft 2020-12; each definition is checked once, however many schemas share it."""
    root = {key: value for key, value in schema.items() if key != "$defs"}
    for part in (root, *schema.get("$defs", {}).values()):
        _check_part(json.dumps(part))


@functools.cache
def _check_part(text: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(text))


@pytest.fixture(scope="module")
def schemas() -> dict[str, dict[str, Any]]:
    """Return the schema of each type of the corpus."""
    return {name: adapt(kind).schema for name, kind in CORPUS}


def test_the_corpus_is_of_the_size_it_is_written_for() -> None:
    """The corpus has about three hundred types."""
    assert len(CORPUS) > 280


def test_every_schema_is_valid_and_in_the_sent_form(schemas: dict[str, dict[str, Any]]) -> None:
    """Draft 2020-12; no title, discriminator, oneOf or `items: false`; each `$ref` alone, and none at the root."""
    for name, schema in schemas.items():
        check_schema(schema)
        for part in walk(schema):
            assert not part.keys() & {"title", "discriminator", "oneOf"}, name
            assert part.get("items") is not False, name
            assert "$ref" not in part or len(part) == 1, name
            assert "enum" not in part or "type" in part, name
        assert "$ref" not in schema, name


def test_a_value_of_the_schema_is_a_value_of_the_type(schemas: dict[str, dict[str, Any]]) -> None:
    """A schema describes its type: random instances decode."""
    for name, kind in CORPUS:
        for seed in range(5):
            value = instance(schemas[name], random.Random(seed))
            jsonschema.Draft202012Validator(schemas[name]).validate(value)
            adapt(kind).decode(value)


@pytest.mark.parametrize("rules", FAMILIES, ids=lambda rules: rules.name)
def test_a_strict_value_decodes_after_its_nulls_are_undone(schemas: dict[str, dict[str, Any]], rules: Rules) -> None:
    """A value that a provider can send under the strict schema fits the type, or fails on a bound in `moved`."""
    nulls = 0
    for name, kind in CORPUS:
        sent = strict(schemas[name], rules)
        for seed in range(5):
            value = instance(sent.schema, random.Random(seed))
            restored = sent.restore(value)
            nulls += json.dumps(value).count("null") - json.dumps(restored).count("null")
            try:
                adapt(kind).decode(restored)
            except InvalidValueError:
                assert sent.moved, (name, value, restored)
    assert (nulls > 50) == rules.all_required


@pytest.mark.parametrize("rules", FAMILIES, ids=lambda rules: rules.name)
def test_strict_is_idempotent_and_leaves_its_argument_alone(schemas: dict[str, dict[str, Any]], rules: Rules) -> None:
    """A schema in strict form does not change; nor does the given one."""
    for name, schema in schemas.items():
        before = copy.deepcopy(schema)
        once = strict(schema, rules)
        assert schema == before, name
        assert strict(once.schema, rules).schema == once.schema, name
        assert once.schema["type"] == "object", name
        check_schema(once.schema)


def test_openais_own_transformation_finds_nothing_to_change(schemas: dict[str, dict[str, Any]]) -> None:
    """openai-python's strict function returns our strict schemas unchanged."""
    held = 0
    for name, schema in schemas.items():
        sent = strict(schema, OPENAI)
        if sent.is_strict:
            held += 1
            ours = copy.deepcopy(sent.schema)
            assert _ensure_strict_json_schema(copy.deepcopy(ours), path=(), root=ours) == sent.schema, name
    assert held > 150


@pytest.mark.parametrize("rules", FAMILIES, ids=lambda rules: rules.name)
def test_only_keywords_that_a_family_takes_are_sent(schemas: dict[str, dict[str, Any]], rules: Rules) -> None:
    """A strict schema has no keyword outside its family's list, closed objects if requested, and no open map."""
    known = rules.keywords | set("type enum const properties required additionalProperties items".split())
    known |= {"anyOf", "description", "$ref", "$defs"}
    for name, schema in schemas.items():
        sent = strict(schema, rules)
        if not sent.is_strict:
            continue
        for part in walk(sent.schema):
            assert part.keys() <= known, name
            if rules.closed and part.get("type") == "object":
                assert part["additionalProperties"] is False, name
            if rules.all_required and part.get("type") == "object":
                assert part["required"] == list(part["properties"]), name


def walk(schema: Any, *, named: bool = False) -> Any:
    """Yield every schema within a schema."""
    if isinstance(schema, dict):
        if not named:
            yield schema
        for key, value in schema.items():
            if named or key in {
                "items",
                "additionalProperties",
                "anyOf",
                "prefixItems",
                "allOf",
                "properties",
                "$defs",
            }:
                yield from walk(value, named=not named and key in {"properties", "$defs"})
    elif isinstance(schema, list):
        for value in schema:
            yield from walk(value)


# --- regressions that users of other libraries reported


class Open(pydantic.BaseModel):
    """A model that keeps what it does not know."""

    model_config = pydantic.ConfigDict(extra="allow")
    name: str


class Mapped(msgspec.Struct):
    """A struct that holds a map."""

    scores: dict[str, int]


def test_a_model_that_allows_more_fields_is_sent_without_a_promise() -> None:
    """openai-python#2740: such a model, sent for strict with open objects, was a 400."""
    sent = strict(adapt(Open).schema, OPENAI)
    assert sent.refused == ("# is a map with arbitrary keys",)
    assert sent.schema["additionalProperties"] is True


def test_a_map_never_becomes_an_object_without_members() -> None:
    """openai-python#2004: `dict[str, X]` closed is an object that must be empty."""
    sent = strict(adapt(Mapped).schema, OPENAI)
    assert sent.refused == ("#/properties/scores is a map with arbitrary keys",)
    assert sent.schema["properties"]["scores"]["additionalProperties"] == {"type": "integer"}


def test_nulls_for_absent_fields_never_reach_the_type() -> None:
    """mastra#17655: optional fields came back as null and failed the type they were made from."""
    sent = strict(adapt(Animal).schema, OPENAI)
    value = {"name": "Rex", "legs": None, "friends": None}
    jsonschema.validate(value, sent.schema)
    with pytest.raises(InvalidValueError):
        adapt(Animal).decode(value)
    assert adapt(Animal).decode(sent.restore(value)) == Animal(name="Rex", legs=4, friends=[])


def test_a_null_that_the_type_itself_allows_stays() -> None:
    """A nullable field's null is a value."""
    sent = strict(adapt(Square).schema, OPENAI)
    assert sent.restore({"type": "square", "side": 1.0, "name": None}) == {"type": "square", "side": 1.0, "name": None}


def test_nulls_are_undone_in_the_member_of_a_union_that_the_value_is_of() -> None:
    """The tag selects the member in which null means absence, inside lists and the wrapper too."""
    sent = strict(adapt(list[Circle | Square]).schema, OPENAI)
    value = {"value": [{"type": "circle", "radius": 1, "color": None}, {"type": "square", "side": 2, "name": None}]}
    assert sent.restore(value) == [{"type": "circle", "radius": 1}, {"type": "square", "side": 2, "name": None}]


def test_nulls_are_undone_in_recursive_types() -> None:
    """Nulls in a recursive definition are undone at every depth."""
    sent = strict(adapt(Tree).schema, OPENAI)
    value = {"value": 1, "children": [{"value": 2, "children": None}]}
    assert sent.restore(value) == {"value": 1, "children": [{"value": 2}]}


@pytest.mark.parametrize("kind", [int, list[Point], Circle | Square, str | None, tuple[int, str], Animal | Owner])
def test_roots_that_are_no_object_are_wrapped(kind: Any) -> None:
    """litellm#11354, pydantic-ai#943: scalars, lists and unions at the root are refused by providers."""
    sent = strict(adapt(kind).schema, OPENAI)
    assert sent.wrapped
    assert sent.is_strict
    assert list(sent.schema["properties"]) == ["value"]


def test_bounds_that_a_provider_does_not_take_move_to_the_description() -> None:
    """The model reads them there, and they are listed."""
    sent = strict(adapt(Circle).schema, ANTHROPIC)
    assert sent.schema["properties"]["radius"] == {
        "type": "number",
        "description": "Its radius. Must be more than 0.",
    }
    assert [(one.path, one.keyword, one.value) for one in sent.moved] == [
        ("#/properties/radius", "exclusiveMinimum", 0)
    ]


def test_limits_of_a_provider_refuse_and_are_named() -> None:
    """Too many optional properties, recursion and excessive depth are refused by name."""
    many = msgspec.defstruct("Many", [(f"f{place}", int, 0) for place in range(25)])
    assert "25 optional properties" in strict(adapt(many).schema, ANTHROPIC).refused[0]
    assert strict(adapt(Tree).schema, ANTHROPIC).refused == ("# is recursive",)
    deep: Any = int
    for _ in range(11):
        deep = list[deep]
    assert "levels deep" in strict(adapt(deep).schema, OPENAI).refused[0]


def test_a_lookaround_is_not_sent_where_it_would_not_be_enforced() -> None:
    """llama.cpp ignores such a pattern silently."""
    kind = Annotated[str, msgspec.Meta(pattern="^(?!x).*$")]
    for rules in (GRAMMAR, OPENAI, ANTHROPIC):
        sent = strict(adapt(kind).schema, rules)
        assert [one.keyword for one in sent.moved] == ["pattern"]
        assert "pattern" not in sent.schema["properties"]["value"]


# --- texts


def test_descriptions_come_from_annotations_before_docstrings() -> None:
    """`Annotated`, `Meta` and `Field` win; the docstring's attributes fill the gaps."""
    assert adapt(Place).schema["properties"]["city"]["description"] == "Its English name."
    assert adapt(Circle).schema["properties"]["radius"]["description"] == "Its radius."
    assert adapt(Point).schema["properties"]["x"]["description"] == "To the right."
    assert adapt(Point).schema["description"] == "A point."
    assert adapt(Animal).schema["properties"]["name"]["description"] == "Its name."
    assert "description" not in adapt(msgspec.defstruct("Bare", [("a", int)])).schema


class Documented(pydantic.BaseModel):
    """A documented model.

    Attributes:
        a: The first.
        b: Not this one.
    """

    a: int
    b: Annotated[int, "The second."] = 1


def test_pydantics_models_get_the_texts_that_pydantic_does_not_read() -> None:
    """The docstring's attributes and `Annotated` texts describe its fields too."""
    schema = adapt(Documented).schema
    assert schema["description"] == "A documented model."
    assert schema["properties"]["a"]["description"] == "The first."
    assert schema["properties"]["b"]["description"] == "The second."


# --- values


class Order(msgspec.Struct):
    """An order."""

    title: str
    animal: Animal
    shapes: list[Circle | Square] = []
    place: Place | None = None


def test_every_place_that_does_not_fit_is_named() -> None:
    """Msgspec names only the first; a model can correct all of them at once."""
    value = {
        "animal": {"name": "", "legs": "x"},
        "shapes": [{"type": "circle", "radius": 0}, {"type": "square", "side": "y"}, {"type": "oval"}, 3],
        "place": {"country": 5},
    }
    with pytest.raises(InvalidValueError) as caught:
        adapt(Order).decode(value)
    assert [one.path for one in caught.value.problems] == [
        "$",
        "$.animal.name",
        "$.animal.legs",
        "$.shapes[0].radius",
        "$.shapes[1].side",
        "$.shapes[2].type",
        "$.shapes[3]",
        "$.place",
        "$.place.country",
    ]
    assert caught.value.problems[0] == Problem("$", "missing the required field `title`")
    assert "$.shapes[1].side: expected `float`, got `str`" in str(caught.value)


def test_errors_do_not_quote_long_values_or_addresses() -> None:
    """The error has no input beyond 80 characters and no URL of pydantic's, because it goes to a model and to logs."""
    secret = "s3cret" * 50
    for kind in (Animal, Order, Circle | Square):
        with pytest.raises(InvalidValueError) as caught:
            adapt(kind).decode({"type": secret, "name": [secret], "title": [secret], "animal": {"legs": secret}})
        assert secret[:81] not in str(caught.value)
        assert "http" not in str(caught.value)


def test_choices_are_named_when_none_of_them_was_taken() -> None:
    """The error lists the choices."""
    with pytest.raises(InvalidValueError, match="expected one of 'red', 'blue'"):
        adapt(Circle).decode({"type": "circle", "radius": 1, "color": "green"})


class Cat(msgspec.Struct, forbid_unknown_fields=True):
    """A cat."""

    lives: int


class Dog(msgspec.Struct, forbid_unknown_fields=True):
    """A dog."""

    tricks: list[str]


def test_unions_that_msgspec_refuses_are_tried_in_turn() -> None:
    """Structs without a tag at the root decode as the first that fits."""
    adapter = adapt(Cat | Dog)
    assert adapter.decode({"tricks": ["roll"]}) == Dog(["roll"])
    assert adapter.decode({"lives": 9}) == Cat(9)
    with pytest.raises(InvalidValueError, match=r"\(as Cat\).*\(as Dog\)"):
        adapter.decode({})


@pytest.mark.parametrize("kind", [object, complex, list[complex], Point | complex, type, "Point"])
def test_a_type_without_a_json_form_is_refused_by_name(kind: Any) -> None:
    """A TypeError raises when the type is first used, not when a value comes."""
    with pytest.raises(TypeError, match="complex|object|type|Point"):
        adapt(kind)


def test_a_field_without_a_json_form_is_named() -> None:
    """The message has the class and the field."""
    with pytest.raises(TypeError, match=r"Holder\.inner: the type complex has no JSON form"):
        adapt(msgspec.defstruct("Holder", [("inner", list[complex])]))


def test_an_adapter_is_built_once() -> None:
    """The second use of a type is a look-up; unions in another order are another type."""
    assert adapt(Order) is adapt(Order)
    assert adapt(list[Point]) is adapt(list[Point])
    assert adapt(int | str) is not adapt(str | int)
