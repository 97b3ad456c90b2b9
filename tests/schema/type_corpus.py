"""Some three hundred types: leaves in the kinds of containers and classes that users write."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import random
import uuid
from collections.abc import Iterator
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import msgspec
import pydantic
import typing_extensions


class Color(enum.Enum):
    """A color."""

    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    """A level."""

    LOW = 1
    HIGH = 2


class Point(msgspec.Struct):
    """A point.

    Attributes:
        x: To the right.
    """

    x: int
    y: int = 0


class Circle(msgspec.Struct, tag="circle"):
    """A circle."""

    radius: Annotated[float, msgspec.Meta(gt=0, description="Its radius.")]
    color: Color = Color.RED


class Square(msgspec.Struct, tag="square", forbid_unknown_fields=True):
    """A square."""

    side: float
    name: str | None = None


class Tree(msgspec.Struct):
    """A tree."""

    value: int
    children: list[Tree] = []


class Pair(NamedTuple):
    """A pair."""

    first: int
    second: str


class Movie(TypedDict):
    """A movie."""

    title: str
    year: typing_extensions.NotRequired[int]


@dataclasses.dataclass
class Place:
    """A place."""

    city: Annotated[str, "Its English name."]
    country: str = "NO"


class Animal(pydantic.BaseModel):
    """An animal."""

    name: str = pydantic.Field(min_length=1, description="Its name.")
    legs: int = pydantic.Field(default=4, ge=0, le=100)
    friends: list[str] = []


class Owner(pydantic.BaseModel):
    """An owner of animals."""

    animal: Animal
    other: Animal | None = None
    born: dt.date = dt.date(2000, 1, 1)


LEAVES: dict[str, Any] = {
    "str": str, "int": int, "float": float, "bool": bool, "date": dt.date, "datetime": dt.datetime, "uuid": uuid.UUID,
    "decimal": decimal.Decimal, "literal": Literal["a", "b"], "numbers": Literal[1, 2], "mixed": Literal["a", 1] | None,
    "enum": Color, "intenum": Level, "bounded": Annotated[int, msgspec.Meta(ge=1, le=9)],
    "long": Annotated[str, msgspec.Meta(min_length=2, max_length=5)], "union": int | str, "struct": Point,
    "tagged": Circle | Square, "tree": Tree, "dataclass": Place, "typeddict": Movie, "pydantic": Animal, "owner": Owner,
    "pair": tuple[int, str], "triple": tuple[int, ...],
}  # fmt: skip
PYDANTIC = {"pydantic", "owner"}
FACTORY: dict[str, Any] = {"list": msgspec.field(default_factory=list), "dict": msgspec.field(default_factory=dict)}
MORE = dataclasses.field(default_factory=list)


def holder(*fields: Any) -> Any:
    """Return a struct of these fields."""
    return msgspec.defstruct("Holder", fields)


CONTAINERS: dict[str, Any] = {
    "itself": lambda leaf: leaf,
    "list": lambda leaf: list[leaf],
    "optional": lambda leaf: leaf | None,
    "map": lambda leaf: dict[str, leaf],
    "field": lambda leaf: holder(("inner", leaf)),
    "optional field": lambda leaf: holder(("inner", leaf | None, None)),
    "defaulted field": lambda leaf: holder(("inner", list[leaf], FACTORY["list"])),
    "dataclass": lambda leaf: dataclasses.make_dataclass("Holder", [("inner", leaf), ("more", list[leaf], MORE)]),
    "typeddict": lambda leaf: typing_extensions.TypedDict(
        "Holder", {"inner": leaf, "more": typing_extensions.NotRequired[leaf]}
    ),
    "model": lambda leaf: pydantic.create_model("Holder", inner=(leaf, ...), more=(leaf | None, None)),
    "twice": lambda leaf: holder(("one", leaf), ("other", dict[str, list[leaf]], FACTORY["dict"])),
    "deep": lambda leaf: list[
        holder(("a", dict[str, leaf | None] | None, None), ("b", list[list[leaf]], FACTORY["list"]))
    ],
}
# Types that pydantic refuses: structs, and `typing.TypedDict` before Python 3.12. Its decimals allow any string.
REFUSED = {"struct", "tagged", "tree"}


def corpus() -> Iterator[tuple[str, Any]]:
    """Return every leaf in every container that the engines take, with a name."""
    for leaf_name, leaf in LEAVES.items():
        for name, contain in CONTAINERS.items():
            if name == "model" and leaf_name in REFUSED | {"typeddict", "decimal"}:
                continue
            yield f"{leaf_name} in {name}", contain(leaf)


def instance(schema: dict[str, Any], chance: random.Random, defs: dict[str, Any] | None = None, depth: int = 0) -> Any:
    """Draw a value that a schema allows: one that a conforming provider could send."""
    defs = schema.get("$defs", {}) if defs is None else defs
    if "$ref" in schema:
        return instance(defs[schema["$ref"].removeprefix("#/$defs/")], chance, defs, depth + 1)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return chance.choice(schema["enum"])
    if "anyOf" in schema:
        options = schema["anyOf"][-1:] if depth > 12 else schema["anyOf"]
        return instance(chance.choice(options), chance, defs, depth + 1)
    kind = schema.get("type", "string")
    if kind == "object":
        return _object(schema, chance, defs, depth)
    if kind == "array":
        first = [instance(one, chance, defs, depth + 1) for one in schema.get("prefixItems", [])]
        least = schema.get("minItems", 0)
        wanted = least if depth > 6 else max(least, min(schema.get("maxItems", 9), chance.randint(0, 2)))
        rest = wanted - len(first)
        return first + [instance(schema.get("items", {}), chance, defs, depth + 1) for _ in range(rest)]
    return _scalar(schema, chance, kind)


def _object(schema: dict[str, Any], chance: random.Random, defs: dict[str, Any], depth: int) -> dict[str, Any]:
    required = schema.get("required", [])
    found = {
        name: instance(one, chance, defs, depth + 1)
        for name, one in schema.get("properties", {}).items()
        if name in required or (depth <= 6 and chance.random() < 0.5)
    }
    if isinstance(schema.get("additionalProperties"), dict) and depth <= 6:
        found["any key"] = instance(schema["additionalProperties"], chance, defs, depth + 1)
    return found


def _scalar(schema: dict[str, Any], chance: random.Random, kind: str) -> Any:
    if kind == "null":
        return None
    if kind == "boolean":
        return chance.random() < 0.5
    if kind in ("integer", "number"):
        least = schema.get("minimum", schema.get("exclusiveMinimum", -3))
        most = schema.get("maximum", least + 9)
        number = chance.randint(int(least) + 1, int(most) - 1)
        return number if kind == "integer" else number + 0.5
    formats = {
        "date": "2026-02-28", "date-time": "2026-02-28T10:00:00Z", "uuid": "12345678-1234-4234-8234-123456789abc",
        "time": "10:00:00", "duration": "PT1H",
    }  # fmt: skip
    if schema.get("format") in formats:
        return formats[schema["format"]]
    if "pattern" in schema:
        return "12.5"
    return "x" * max(schema.get("minLength", 0), chance.randint(1, 4))
