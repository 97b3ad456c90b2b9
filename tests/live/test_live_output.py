"""Output types with a real model, which llama.cpp holds to the schema: a value of the type, or an error."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypedDict

import msgspec
import pytest
from msgspec import Meta, Struct
from pydantic import BaseModel, Field

from inference_gateway_sdk import InferenceGatewayClient, OutputError

if TYPE_CHECKING:
    from .conftest import Live

pytestmark = [pytest.mark.live, pytest.mark.long]

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
TOKENS = 256
NEEDED = 0.95  # part of the runs that must return a value


class Colour(Enum):
    """A colour."""

    RED = "red"
    BLUE = "blue"


class City(Struct):
    """A city."""

    name: str
    country: str


class Measured(Struct):
    """A temperature."""

    degrees: Annotated[float, Meta(ge=-90, le=60)]
    unit: Literal["celsius", "fahrenheit"] = "celsius"


class Town(Struct):
    """A town, with its river if it has one."""

    name: str
    river: str | None = None


class Nested(Struct):
    """A journey between two cities."""

    start: City
    end: City
    days: int


class Cat(Struct, tag="cat"):
    """A cat."""

    name: str


class Dog(Struct, tag="dog"):
    """A dog."""

    name: str
    good: bool


@dataclass
class Point:
    """A point."""

    x: int
    y: int


class Book(TypedDict):
    """A book."""

    title: str
    pages: int


class Pair(NamedTuple):
    """Two numbers."""

    first: int
    second: int


class Person(BaseModel):
    """A person."""

    name: str
    age: int = Field(ge=0, le=150)


class Address(BaseModel):
    """A person's address."""

    person: Person
    street: str
    number: int | None = None


TYPES: dict[str, Any] = {
    "bool": bool,
    "struct": City,
    "int": int,
    "float": float,
    "literal": Literal["yes", "no"],
    "enum": Colour,
    "optional int": int | None,
    "list of int": Annotated[list[int], Meta(max_length=4)],
    "list of enum": Annotated[list[Colour], Meta(max_length=4)],
    "dict": Book,
    "dataclass": Point,
    "named tuple": Pair,
    "tuple": tuple[int, bool],
    "bounds": Measured,
    "optional field": Town,
    "nested": Nested,
    "union": Cat | Dog,
    "list of structs": Annotated[list[City], Meta(max_length=2)],
    "pydantic": Person,
    "pydantic nested": Address,
}
QUESTIONS = ("Answer with an example.", "Describe Paris.", "What is 2 plus 3?")


def test_output_of_twenty_types(embedded_gateway: Live) -> None:
    """At least 95 of 100 runs return a value of the type, and the others raise: no other value is returned."""
    kinds, questions = (TYPES, QUESTIONS) if LONG else (dict(list(TYPES.items())[:2]), QUESTIONS[:1])
    failed: list[str] = []
    with InferenceGatewayClient(embedded_gateway.url, timeout=300) as client:
        for name, kind in kinds.items():
            for question in questions:
                try:
                    run = client.run(embedded_gateway.model, question, output=kind, max_tokens=TOKENS, temperature=0)
                except OutputError as error:
                    failed.append(f"{name}: {error}")
                    continue
                assert run.output_mode == "schema"
                check(kind, run.output)
    asked = len(kinds) * len(questions)
    print(f"{asked - len(failed)} of {asked} runs returned a value")
    assert len(failed) <= asked * (1 - NEEDED), failed


def check(kind: Any, value: Any) -> None:
    """Convert a value to JSON and back to its type, by the type's own library."""
    if isinstance(value, BaseModel):
        assert kind.model_validate_json(value.model_dump_json()) == value
        return
    back = msgspec.json.decode(msgspec.json.encode(value), type=kind)
    assert (type(back), back) == (type(value), value)
