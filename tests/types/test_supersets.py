"""Properties of the codec over random answers: the contract's shapes, and the deviations of real servers."""

from __future__ import annotations

import contextlib
import copy
import json
import pickle
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from inference_gateway_sdk import DecodingError, DeserializationError, types
from inference_gateway_sdk._model.model import Model
from inference_gateway_sdk._wire.codec import ChunkDecoder, decode, encode, from_builtins, to_builtins

pytestmark = pytest.mark.once

CONTRACT = Path(__file__).resolve().parents[2] / "openapi.yaml"
SCHEMAS = yaml.load(CONTRACT.read_bytes(), Loader=yaml.CSafeLoader)["components"]["schemas"]
OBJECTS = sorted(name for name, schema in SCHEMAS.items() if schema.get("properties"))
ANSWERS = [
    "CreateChatCompletionResponse", "CreateChatCompletionStreamResponse", "ListModelsResponse", "ListToolsResponse",
    "Response", "ResponseStreamEvent", "MessagesResponse", "MessagesStreamEvent", "ImagesResponse", "VideoJob",
    "McpJsonRpcResponse", "OAuthProtectedResourceMetadata", "ExportMetricsServiceResponse", "Error", "MessagesError",
]  # fmt: skip

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
# Beyond 2**53 a float field cannot distinguish neighbours; test_odd_values has that case.
numbers = st.integers(-(2**53), 2**53)
floats = st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | floats | texts
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)
coercible = st.sampled_from([1.0, -7.0, "3", "-12", "0.5", "1e3", "true", "false", 5, "007"])


@st.composite
def odd(draw: st.DrawFn, fitting: st.SearchStrategy[Any]) -> Any:
    """Draw mostly a value of the contract; at times null, something coercible, or anything at all."""
    roll = draw(st.integers(0, 19))
    if roll == 0:
        return draw(anything)
    if roll == 1:
        return draw(coercible)
    return None if roll == 2 else draw(fitting)


@st.composite
def an_object(draw: st.DrawFn, schema_text: str) -> dict[str, Any]:
    """Draw any part of the properties, in any order, and unknown fields."""
    schema = json.loads(schema_text)
    known = schema.get("properties", {})
    chosen = draw(st.lists(st.sampled_from(sorted(known)), unique=True)) if known else []
    if draw(st.integers(0, 9)):  # mostly the required fields are there
        chosen = list(dict.fromkeys([*chosen, *schema.get("required", [])]))
    value = {name: draw(odd(strategy(json.dumps(known[name])))) for name in chosen}
    return value | {f"x_{key}": item for key, item in draw(st.dictionaries(texts, anything, max_size=2)).items()}


@cache
def strategy(schema_text: str) -> st.SearchStrategy[Any]:
    """Return values for a schema: valid on the whole, odd inside."""
    schema = json.loads(schema_text)
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return st.deferred(lambda: strategy(json.dumps(SCHEMAS[name])))
    if "oneOf" in schema:
        variants = st.one_of([strategy(json.dumps(member)) for member in schema["oneOf"]])
        unlisted = st.fixed_dictionaries({"type": texts, "x_more": anything})
        return variants | unlisted if "discriminator" in schema else variants
    if "enum" in schema:
        return st.sampled_from(schema["enum"]) | texts
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind == "array":
        return st.lists(odd(strategy(json.dumps(schema["items"]))), max_size=3)
    if kind == "object":
        return an_object(schema_text) if schema.get("properties") else st.dictionaries(texts, anything, max_size=3)
    simple = {"string": texts, "integer": numbers, "number": floats, "boolean": st.booleans(), "null": st.none()}
    return simple[kind]


def supersets(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return random bodies for a schema."""
    return an_object(json.dumps(SCHEMAS[name]))


def mappings(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every mapping in it, itself included."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from mappings(inner)


@cache
def known_names() -> frozenset[str]:
    """Return every property name of the contract: only under one of these may a null be left out."""
    return frozenset(name for schema in mappings(SCHEMAS) for name in schema.get("properties", {}))


@cache
def self_evident() -> frozenset[str]:
    """Return properties with one possible value: those are filled in if missing."""
    return frozenset(
        name
        for schema in mappings(SCHEMAS)
        for name, inner in schema.get("properties", {}).items()
        if len((SCHEMAS[inner["$ref"].rsplit("/", 1)[1]] if "$ref" in inner else inner).get("enum", ())) == 1
    )


def lost(came: Any, sent: Any, path: str = "$") -> list[str]:
    """Return the paths where the encoding lacks or changes a received value; only constants may be added."""
    if isinstance(came, dict) and isinstance(sent, dict):
        missing = [
            f"{path}.{key}" for key in came if key not in sent and not (came[key] is None and key in known_names())
        ]
        added = [f"{path}.{key} added" for key in sent if key not in came and key not in self_evident()]
        return (
            missing
            + added
            + [why for key in came if key in sent for why in lost(came[key], sent[key], f"{path}.{key}")]
        )
    if isinstance(came, list) and isinstance(sent, list) and len(came) == len(sent):
        return [why for i, item in enumerate(came) for why in lost(item, sent[i], f"{path}[{i}]")]
    same = came == sent and isinstance(came, bool) == isinstance(sent, bool)
    return [] if same else [f"{path}: {came!r} became {sent!r}"]


@pytest.mark.parametrize("name", ANSWERS)
@given(data=st.data())
def test_answers_come_back_whole(name: str, data: st.DataObject) -> None:
    """Decoding never raises for an object, and encoding gives every key and value back."""
    came = data.draw(supersets(name))
    cls = getattr(types, name)
    value = decode(json.dumps(came).encode(), cls)
    assert isinstance(value, cls)
    assert lost(came, json.loads(encode(value))) == []
    assert to_builtins(value) == json.loads(encode(value))


@given(data=st.data())
def test_every_other_object_comes_back_whole(data: st.DataObject) -> None:
    """Every object of the contract, requests included, survives too: pydantic models read those as well."""
    name = data.draw(st.sampled_from(OBJECTS))
    came = data.draw(supersets(name))
    value = from_builtins(copy.deepcopy(came), getattr(types, name))
    assert lost(came, to_builtins(value)) == []


@pytest.mark.parametrize("name", ["CreateChatCompletionStreamResponse", "ListModelsResponse", "ResponseStreamEvent"])
@given(data=st.data())
def test_every_path_reads_the_same(name: str, data: st.DataObject) -> None:
    """A stream's decoder gives the result of decode on each of its paths; so does reading plain values."""
    cls = getattr(types, name)
    chunks = data.draw(st.lists(supersets(name), min_size=1, max_size=4))
    decoder = ChunkDecoder(cls)
    for chunk in chunks:
        text = json.dumps(chunk).encode()
        once = decode(text, cls)
        assert decoder.decode(text) == once
        assert from_builtins(json.loads(text), cls) == once


@given(data=st.data())
def test_objects_survive_pickle_copy_and_a_second_trip(data: st.DataObject) -> None:
    """Copies and pickles equal the original, and so does a decoded encoding."""
    name = data.draw(st.sampled_from(OBJECTS))
    value = from_builtins(data.draw(supersets(name)), getattr(types, name))
    assert isinstance(value, Model)
    for other in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert other == value
        assert other.to_dict() == value.to_dict()
    again = type(value).from_json(value.to_json())
    assert again.to_dict() == value.to_dict()


@given(data=st.data())
def test_every_object_shows_itself_shortly(data: st.DataObject) -> None:
    """A repr begins with the class's public name and is bounded."""
    name = data.draw(st.sampled_from(OBJECTS))
    value = from_builtins(data.draw(supersets(name)), getattr(types, name))
    assert repr(value).startswith(f"{name}(")
    assert type(value).__module__ == "inference_gateway_sdk"


@example({"created": "3"}, "", 3)
@example({"created": "3"}, "", 4)
@given(supersets("CreateChatCompletionResponse"), texts, st.integers())
def test_what_the_user_changes_wins(came: dict[str, Any], model: str, created: int) -> None:
    """A changed attribute is sent as changed; the others are sent as received."""
    value = from_builtins(copy.deepcopy(came), types.CreateChatCompletionResponse)
    wanted = dict(came)
    for name, changed in (("model", model), ("created", created)):
        if name not in came or getattr(value, name) != changed:  # the same value is no change: "3" read as 3 stays "3"
            wanted[name] = changed
        setattr(value, name, changed)
    sent = to_builtins(value)
    assert (sent["model"], sent["created"]) == (wanted["model"], wanted["created"])
    assert lost(wanted, sent) == []


@given(anything)
def test_a_root_that_is_no_object_is_an_error_of_ours(value: Any) -> None:
    """A value of another kind in place of an object is an error that names the received kind."""
    if isinstance(value, dict):
        return
    with pytest.raises(DeserializationError, match="expected Message, got"):
        decode(json.dumps(value).encode(), types.Message)


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused_by_name(data: bytes) -> None:
    """Any bytes decode or raise one of our two errors."""
    with contextlib.suppress(DecodingError, DeserializationError):
        assert isinstance(decode(data, types.Message), types.Message)
