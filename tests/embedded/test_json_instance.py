"""Values made from JSON schemas, judged by two independent validators."""

from __future__ import annotations

import re
from typing import Any, Literal

import jsonschema_rs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from inference_gateway_sdk.embedded.providers.json_instance import NoInstance, instance
from inference_gateway_sdk.embedded.providers.pattern_text import NoText, matching


class Place(BaseModel):
    name: str = Field(min_length=2, max_length=9)
    zone: Literal["inner", "outer"] | None


class Node(BaseModel):
    value: int = Field(ge=3, lt=10, multiple_of=4)
    left: Node | None
    more: list[Node]


class Trip(BaseModel):
    """A model that a user may request."""

    to: Place
    stops: list[Place] = Field(min_length=2, max_length=3)
    price: float = Field(gt=0, lt=1)
    pair: tuple[int, str]
    code: str = Field(pattern=r"^[A-Z]{3}-\d{4}$")
    tree: Node
    extra: dict[str, int]
    either: int | Place


def test_a_pydantic_model_reads_what_its_own_schema_gave() -> None:
    """References, alternatives, bounds, patterns and recursion are valid for pydantic."""
    trip = Trip.model_validate(instance(Trip.model_json_schema(), "Paris in spring"), strict=False)
    assert trip.to == Place(name="Paris in ", zone="inner")
    assert trip.tree == Node(value=4, left=None, more=[])
    assert (len(trip.stops), trip.pair, trip.code, trip.either) == (2, (1, "Paris in spring"), "AAA-0000", 1)
    assert 0 < trip.price < 1


LEAVES = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("string")},
        optional={
            "minLength": st.integers(0, 5),
            "maxLength": st.integers(0, 9),
            "format": st.sampled_from(["date", "date-time", "email", "uuid", "ipv4", "ipv6", "uri", "hostname"]),
        },
    ),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["integer", "number"])},
        optional={
            "minimum": st.integers(-9, 9) | st.sampled_from([-0.25, 0.3, 2.5]),
            "maximum": st.integers(-9, 9) | st.sampled_from([0.5, 2.75, 1e6]),
            "exclusiveMinimum": st.integers(-9, 9) | st.just(0.1),
            "exclusiveMaximum": st.integers(-9, 9) | st.just(7.5),
            "multipleOf": st.sampled_from([1, 2, 3, 7, 0.5, 0.1, 0.25, 1.5]),
        },
    ),
    st.fixed_dictionaries({"type": st.sampled_from(["null", "boolean"])}),
    st.fixed_dictionaries({"type": st.lists(st.sampled_from(["null", "string", "array"]), min_size=1, unique=True)}),
    st.fixed_dictionaries({"enum": st.lists(st.none() | st.integers() | st.text(max_size=3), min_size=1, max_size=3)}),
    st.fixed_dictionaries({"const": st.none() | st.integers() | st.text(max_size=3)}),
    st.sampled_from([{"$ref": "#/$defs/word"}, {"$ref": "#/$defs/tree"}, {}, True]),
)
NAMES = st.sampled_from(["a", "b", "c d"])


def _around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.dictionaries(NAMES, inner, max_size=3)},
            optional={
                "required": st.lists(NAMES, unique=True),
                "additionalProperties": st.booleans() | inner,
                "minProperties": st.integers(0, 4),
                "maxProperties": st.integers(0, 4),
            },
        ),
        st.fixed_dictionaries(
            {"type": st.just("array")},
            optional={
                "items": inner,
                "prefixItems": st.lists(inner, min_size=1, max_size=2),
                "minItems": st.integers(0, 3),
                "maxItems": st.integers(0, 3),
            },
        ),
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=3)}),
    )


SCHEMAS = st.recursive(LEAVES, _around, max_leaves=8)
DEFINED = {
    "word": {"type": "string", "maxLength": 4},
    "tree": {
        "type": "object",
        "properties": {"more": {"type": "array", "items": {"$ref": "#/$defs/tree"}}},
        "required": ["more"],
    },
}


@given(schema=SCHEMAS, text=st.text(max_size=12))
def test_what_is_made_fits_its_schema(schema: Any, text: str) -> None:
    """The generated value is accepted by a validator, unless none is found."""
    whole = {"allOf": [schema], "$defs": DEFINED}
    try:
        made = instance(whole, text)
    except NoInstance:
        assume(False)
    jsonschema_rs.validate(whole, made, validate_formats=True)


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        (
            {"allOf": [{"$ref": "#/$defs/a"}, {"required": ["y"]}], "$defs": {"a": {"maxProperties": 1}}},
            {"y": "t"},
        ),
        ({"oneOf": [False, {"type": "integer", "maximum": -3}]}, -3),
        ({"$ref": "#/$defs/a~1b%25", "maximum": 0, "$defs": {"a/b%": {"type": "number"}}}, 0),
        ({"properties": {"n": {"exclusiveMinimum": 2, "exclusiveMaximum": 3}}}, {"n": 2.5}),
        ({"allOf": [{"enum": [1, 2, 3]}, {"enum": [3, 2]}]}, 2),
        ({"allOf": [{"type": "integer", "minimum": 5, "maximum": 6}, {"minimum": 3, "maximum": 9}]}, 5),
        ({"allOf": [{"type": "string", "maxLength": 0}, {"maxLength": 4}]}, ""),
        (
            {"properties": {"a": {"minimum": 7}}, "allOf": [{"properties": {"a": {"type": "integer"}, "b": True}}]},
            {"a": 7, "b": "t"},
        ),
        ({"type": ["null", "string"], "enum": [None, "b"]}, None),
        ({"type": "string", "enum": [1, "b"]}, "b"),
        ({"type": "integer", "multipleOf": 1.5, "minimum": 4}, 6),
        ({"type": "array", "items": False}, []),
        ({"minProperties": 2, "additionalProperties": {"type": "integer"}}, {"property_1": 1, "property_2": 1}),
    ],
)  # fmt: skip
def test_particular_schemas(schema: dict[str, Any], made: Any) -> None:
    """Merged parts, escaped references, impossible alternatives, and meeting bounds give valid values."""
    assert instance(schema, "t") == made
    jsonschema_rs.validate(schema, made)


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        (False, "nothing fits"),
        (5, "nothing fits"),
        ({"type": "strong"}, "unknown type 'strong'"),
        ({"$ref": "#/nowhere"}, "points to nothing"),
        ({"$ref": "other.json"}, "points outside the schema"),
        ({"$ref": "#"}, "requires itself"),
        ({"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"$ref": "#/$defs/a"}}}, "requires itself"),
        ({"type": "integer", "minimum": 2, "maximum": 1}, "no number"),
        ({"type": "array", "minItems": 2, "maxItems": 1}, "minItems 2 is above maxItems 1"),
        ({"type": "array", "minItems": 10**9}, "needs too many values"),
        ({"type": "string", "minLength": 10**9}, "minLength 1000000000 is above the limit of 100000 characters"),
        ({"type": "string", "pattern": "(?=a)b"}, "lookaround and named groups are not supported"),
        ({"type": "array", "uniqueItems": True, "minItems": 2}, "unique"),
        ({"required": ["a"], "properties": {"a": False}}, "nothing fits"),
        ({"anyOf": []}, "list of alternatives is empty"),
    ],
)
def test_a_schema_that_cannot_be_fulfilled_is_refused(schema: Any, why: str) -> None:
    """An impossible schema is refused at once with a sentence: neither a hang nor a traceback."""
    with pytest.raises(NoInstance, match=re.escape(why)):
        instance(schema)


def test_a_deep_schema_is_refused() -> None:
    """Nesting beyond the interpreter's bound is refused with a sentence, not a RecursionError."""
    schema: dict[str, Any] = {}
    for _ in range(5000):
        schema = {"type": "array", "items": schema}
    with pytest.raises(NoInstance, match="nested too deeply"):
        instance(schema)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[A-Z]{3}-\d{4}$", r"^\d{5}(-\d{4})?$", r"[a-z]+", r"^(?:yes|no)$", r"^\+?[1-9]\d{1,14}$", r"^[^\W_]+\.\w+$",
        r"^#[0-9a-fA-F]{6}$", r"^\S+@\S+\.\S+$", r"^[a-zA-Z_][\w.-]*$", "^$", "", r"a|b", r"^(a(b|c)d){2,}$",
        r"^[\]\-]$", r"^v\d+?\.\d*?$", "é+", r"^.{2,4}$", r"\t[^x]", r"^\$\d+$",
        "(^a|b)c(d|e$)", "(^a$)", "(^)+a", "(a$){1}",
    ],
)  # fmt: skip
def test_a_text_is_made_for_a_pattern(pattern: str) -> None:
    """A text for a pattern, as schemas use them, matches in Python's own engine."""
    assert re.search(pattern, matching(pattern), re.ASCII)


def test_a_text_for_a_pattern_keeps_to_its_length() -> None:
    """A repeatable part is repeated until the text is long enough; an overlong text is refused."""
    assert matching("^a+$", 5) == "aaaaaa"
    assert matching("^[a-z]{2,8}$", 8) == "a" * 8
    assert matching("a", 3) == "a.."
    assert matching(r"a\$", 4) == "a$.."
    with pytest.raises(NoText, match="none has 0 to 2"):
        matching("^abc$", 0, 2)
    for ended in ("(^abc$)", "^abc$|d"):
        with pytest.raises(NoText, match="none has 5 to 9"):
            matching(ended, 5, 9)


@pytest.mark.parametrize(
    "pattern",
    ["(", ")", "[", "[]", "*a", "a{99999}b", r"\p{L}", "a^b", "a$b", "(?<x>a)", "[z-a]", "(a{999}){999}", "\\", "b(^a)",
     "(a$){2}", "(a$|b)c", "(^a){2}", "\ufdd0"],
)  # fmt: skip
def test_a_pattern_that_is_not_understood_is_refused(pattern: str) -> None:
    """An unsupported pattern is refused at once with a sentence."""
    with pytest.raises(NoText):
        matching(pattern)
