"""Functions as tools: their description, their arguments, and invalid ones, refused before anything is sent."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import warnings
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any, Literal

import msgspec
import pydantic
import pytest

from inference_gateway_sdk import ChatCompletionTool, FunctionObject, McpServerTool, MessagesTool, ResponseTool
from inference_gateway_sdk._schema.adapter import InvalidValueError, adapt
from inference_gateway_sdk._schema.json_schema import merge_schemas
from inference_gateway_sdk._schema.strict import OPENAI, PLAIN
from inference_gateway_sdk._tools.tool import Tool, Toolbox, describe_tool, tool


class Point(msgspec.Struct):
    """A point."""

    x: int
    y: int = 0


@dataclasses.dataclass
class Box:
    """A box."""

    at: Point


class Cat(pydantic.BaseModel):
    """A cat."""

    lives: int = pydantic.Field(le=9)


def weather(city: str, unit: Literal["celsius", "fahrenheit"] = "celsius", days: list[int] | None = None) -> float:
    """The weather of a city now.

    Not tomorrow's.

    Args:
        city: Its English name.
        unit: How degrees are counted.
        days: Which days.

    Returns:
        Degrees.
    """
    return 3.0 if city and unit and not days else 4.0


async def fetch(
    url: Annotated[str, "Where."], *, point: Point, box: Box, cats: list[Cat], other: Point | None = None
) -> str:
    """Fetch a page."""
    return f"{url} {point} {box} {cats} {other}"


def test_a_function_describes_itself() -> None:
    """Name, description and parameters come from the function; its own call is unchanged."""
    made = tool(weather)
    assert made.name == "weather"
    assert made.description == "The weather of a city now.\n\nNot tomorrow's."
    assert made.parameters == {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "Its English name."},
            "unit": {
                "type": "string",
                "enum": ["celsius", "fahrenheit"],
                "description": "How degrees are counted.",
                "default": "celsius",
            },
            "days": {
                "anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}],
                "description": "Which days.",
                "default": None,
            },
        },
        "required": ["city"],
        "additionalProperties": False,
    }
    assert made("Oslo") == 3.0
    assert inspect.signature(made) == inspect.signature(weather)
    assert (made.runner, made.is_async) == ("function", False)


class Folder(msgspec.Struct):
    """A folder."""

    name: str
    folders: list[Folder] = []


def test_types_of_every_kind_mix_in_one_signature() -> None:
    """Structs, dataclasses and pydantic models are each described where they are used."""
    made = tool(fetch)
    assert made.is_async
    assert made.parameters["required"] == ["url", "point", "box", "cats"]
    assert made.parameters["properties"]["url"] == {"type": "string", "description": "Where."}
    assert made.parameters["properties"]["box"]["properties"]["at"]["required"] == ["x"]
    assert made.parameters["properties"]["cats"]["items"]["properties"]["lives"]["maximum"] == 9
    assert made.parameters["properties"]["other"]["anyOf"][1] == {"type": "null"}


def test_definitions_of_the_same_name_stay_apart() -> None:
    """Two recursive types of one name get two definitions; the same type gets one."""
    one = adapt(list[Folder]).schema
    other = {"items": {"$ref": "#/$defs/Folder"}, "$defs": {"Folder": {"anyOf": [{"$ref": "#/$defs/Folder"}]}}}
    merged = merge_schemas({"a": one, "b": other, "c": one}, ["a"])
    assert sorted(merged["$defs"]) == ["Folder", "Folder_2"]
    assert merged["properties"]["a"]["items"] == merged["properties"]["c"]["items"] == {"$ref": "#/$defs/Folder"}
    assert merged["properties"]["b"]["items"] == {"$ref": "#/$defs/Folder_2"}
    assert merged["$defs"]["Folder_2"] == {"anyOf": [{"$ref": "#/$defs/Folder_2"}]}


def test_arguments_become_what_the_function_takes() -> None:
    """Each argument has its own type; a missing one has the function's default."""
    given = {"url": "u", "point": {"x": 1}, "box": {"at": {"x": 2, "y": 3}}, "cats": [{"lives": 9}]}
    assert tool(fetch).decode(given).values == {
        "url": "u",
        "point": Point(1),
        "box": Box(Point(2, 3)),
        "cats": [Cat(lives=9)],
    }
    assert tool(weather).decode({"city": "Oslo"}).values == {"city": "Oslo"}


def test_every_argument_that_does_not_fit_is_named() -> None:
    """Missing, unexpected and wrong arguments are in one error, with their paths."""
    with pytest.raises(InvalidValueError) as caught:
        tool(fetch).decode({"url": 1, "point": {"x": "a"}, "cats": [{"lives": 10}], "colour": "red"})
    assert [str(one) for one in caught.value.problems] == [
        "$: missing the argument `box`",
        "$.url: expected `str`, got `int`",
        "$.point.x: expected `int`, got `str`",
        "$.cats[0].lives: input should be less than or equal to 9",
        "$: unexpected argument `colour`; the arguments are `url`, `point`, `box`, `cats`, `other`",
    ]


@pytest.mark.parametrize("given", [None, [], "Oslo", 3])
def test_arguments_that_are_no_object_are_refused(given: object) -> None:
    """The error has the expected form, for the model to read."""
    with pytest.raises(InvalidValueError, match="expected an object"):
        tool(weather).decode(given)


def test_a_value_inside_of_a_string_is_read_where_the_type_is_no_string() -> None:
    """Lists and objects as JSON text, as some models send, are accepted if they fit, and reported."""
    found = tool(weather).decode({"city": "[1]", "days": "[1, 2]"})
    assert found.values == {"city": "[1]", "days": [1, 2]}
    assert found.reread == ("days",)
    with pytest.raises(InvalidValueError):
        tool(weather).decode({"city": "Oslo", "days": '["a"]'})


def test_marks_are_kept_and_may_be_changed() -> None:
    """`tool` of a tool copies it; the first does not change."""
    first = tool(weather, approval=True, timeout=2, alone=True)
    second = tool(first, name="now", description="Now.", repeatable=True)
    assert (first.name, first.approval, first.timeout, first.alone, first.repeatable) == (
        "weather", True, 2.0, True, False,
    )  # fmt: skip
    assert (second.name, second.description, second.approval, second.repeatable) == ("now", "Now.", False, True)
    assert second("Oslo") == 3.0
    assert repr(first) == "<tool weather, approval, alone, timeout=2>"


def test_callables_that_are_no_plain_functions() -> None:
    """Methods, callable objects and partials work, a partial under a given name."""

    class Weather:
        def __init__(self, degrees: float) -> None:
            self.degrees = degrees

        def now(self, city: str) -> float:
            """The weather now."""
            return self.degrees + len(city)

        def __call__(self, city: str) -> float:
            """The weather."""
            return self.degrees - len(city)

    assert tool(Weather(3).now).parameters["required"] == ["city"]
    assert tool(Weather(3).now)("abc") == 6
    assert tool(Weather(3)).name == "Weather"
    assert tool(Weather(3)).parameters["required"] == ["city"]
    made = tool(functools.partial(weather, city="Oslo"), name="oslo")
    assert made.parameters["required"] == []
    assert made() == 3.0


def test_an_mcp_tool_and_descriptions() -> None:
    """A tool of the gateway's, and descriptions in every dialect's form, are run by their own side."""
    schema = {"type": "object", "properties": {"zone": {"type": "string"}}}
    listed = tool(McpServerTool(name="mcp_time_now", description="The time.", input_schema=schema), approval=True)
    assert (listed.runner, listed.parameters, listed.approval) == ("gateway", schema, True)
    assert listed.decode({"zone": 1}).values == {"zone": 1}
    for given in (
        ChatCompletionTool(function=FunctionObject(name="now", description="The time.", parameters=schema)),
        MessagesTool(name="now", description="The time.", input_schema=schema),
        ResponseTool(name="now", description="The time.", parameters=schema),
        {"type": "function", "function": {"name": "now", "description": "The time.", "parameters": schema}},
    ):
        made = tool(given)
        assert (made.name, made.description, made.parameters, made.runner) == ("now", "The time.", schema, "caller")
        with pytest.raises(TypeError, match="the tool now has no function to call"):
            made()


# --- refused before anything is sent


def untyped(city) -> str:  # type: ignore[no-untyped-def]
    """No annotation."""
    return city


def starred(*cities: str) -> str:
    """Any number of cities."""
    return cities[0]


def keywords(**cities: str) -> str:
    """Cities by name."""
    return cities["a"]


def positional(city: str, /) -> str:
    """By place only."""
    return city


def number(value: complex) -> str:
    """A number."""
    return str(value)


def unresolved(value: Missing) -> str:  # type: ignore[name-defined]  # noqa: F821
    """A type that does not exist."""
    return str(value)


def pages() -> Iterator[str]:
    """Pages."""
    yield ""


async def more_pages() -> AsyncIterator[str]:
    """Pages."""
    yield ""


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (untyped, "tool untyped: the parameter city has no annotation"),
        (starred, r"tool starred: the parameter \*cities: .* cannot be given by name"),
        (keywords, r"tool keywords: the parameter \*\*cities: .* cannot be given by name"),
        (positional, "tool positional: the parameter city: .* cannot be given by name"),
        (number, "tool number: the parameter value cannot be described: .*complex"),
        (unresolved, "tool unresolved: an annotation cannot be resolved .*Missing"),
        (pages, "tool pages: a generator cannot be a tool"),
        (more_pages, "tool more_pages: a generator cannot be a tool"),
        (Point, "got the class Point"),
        (3, "a tool must be a function or the description of one, got int"),
        ({"a": 1}, "a tool's description must have a name, got a"),
        ({"name": "a", "parameters": "x"}, "tool a: parameters must be a JSON schema, got str"),
    ],
)
def test_what_cannot_be_a_tool_is_refused_by_name(function: Any, text: str) -> None:
    """A TypeError names the tool and the parameter, and in a list its position."""
    with pytest.raises(TypeError, match=text):
        tool(function)
    with pytest.raises(TypeError, match=r"tools\[1\]: .*" + text):
        Toolbox([weather, function])


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"name": "my tool"}, ValueError, "name must be 1 to 64 letters"),
        ({"name": "x" * 65}, ValueError, "name must be"),
        ({"name": 3}, TypeError, "name must be a string"),
        ({"description": 3}, TypeError, "description must be a string"),
        ({"approval": 1}, TypeError, "approval must be True or False"),
        ({"repeatable": None}, TypeError, "repeatable must be"),
        ({"alone": "yes"}, TypeError, "alone must be"),
        ({"timeout": 0}, ValueError, "timeout must be a positive number of seconds"),
        ({"timeout": float("nan")}, ValueError, "timeout must be a positive number of seconds"),
        ({"timeout": True}, TypeError, "timeout must be a number"),
        ({"timeout": "2"}, TypeError, "timeout must be a number"),
    ],
)
def test_rules_out_of_bounds_are_refused_by_name(options: dict[str, Any], error: type[Exception], text: str) -> None:
    """Each argument of `tool` is checked, and named."""
    with pytest.raises(error, match=text):
        tool(weather, **options)


def test_a_lambda_needs_a_name() -> None:
    """`<lambda>`, which providers refuse, needs a name."""
    with pytest.raises(ValueError, match="set one, such as tool"):
        tool(lambda: 3)
    assert tool(lambda: 3, name="three")() == 3


def test_names_are_unique() -> None:
    """Two functions of one name are refused with the position of the second."""
    with pytest.raises(ValueError, match=r"tools\[1\]: the name weather is already used"):
        Toolbox([weather, McpServerTool(name="weather")])
    for given in ("weather", {"weather": weather}, 3, weather):
        with pytest.raises(TypeError, match="tools must be a list"):
            Toolbox(given)  # type: ignore[arg-type]


def test_async_tools_are_refused_where_nothing_can_await_them() -> None:
    """The blocking client refuses an async tool."""
    Toolbox([weather]).refuse_async()
    with pytest.raises(TypeError, match="tool fetch is async: use AsyncInferenceGatewayClient"):
        Toolbox([weather, fetch]).refuse_async()


def misnamed(city: str) -> str:  # noqa: D417  (that is its point)
    """A function whose docstring is out of date.

    Args:
        town: Its name.
    """
    return city


def test_a_docstring_that_describes_other_parameters_is_reported() -> None:
    """Such a text, which the model would never get, is reported."""
    with pytest.warns(UserWarning, match="the docstring describes town") as caught:
        tool(misnamed)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tool(weather)


def test_a_function_is_described_once() -> None:
    """Its schema and strict forms are built for the first run, and shared by the next."""
    first, second = tool(weather), tool(weather, approval=True)
    assert first is not second
    assert first.parameters is second.parameters
    assert first.strict_form(OPENAI) is second.strict_form(OPENAI)
    assert not first.approval


def test_nulls_for_what_may_be_left_out_are_absence_in_every_form() -> None:
    """A null for an optional parameter is removed, whether or not the schema was strict."""
    assert tool(weather).strict_form(PLAIN).restore({"city": "Oslo", "unit": None}) == {"city": "Oslo"}


# --- boxes


def test_a_call_finds_its_tool_by_the_exact_name() -> None:
    """A prefix that some models write is removed only if the rest matches exactly."""
    box = Toolbox([weather])
    assert isinstance(box.find("weather"), Tool)
    assert box.find("functions.weather") is box["weather"]
    assert box.find("Weather") is None
    assert box.find("functions.functions.weather") is None
    assert list(box) == ["weather"]


def test_a_strict_form_undoes_its_nulls() -> None:
    """Nulls that strict mode forces on optional parameters are removed again."""
    form = tool(weather).strict_form(OPENAI)
    assert form.schema["required"] == ["city", "unit", "days"]
    restored = form.restore({"city": "Oslo", "unit": None, "days": None})
    assert restored == {"city": "Oslo", "days": None}


def test_every_dialect_has_a_form_of_its_own() -> None:
    """The same description is rendered in the forms of chat, Responses and Messages."""
    assert describe_tool("a", "b", {"type": "object"}, "chat", strict=True) == {
        "type": "function",
        "function": {"name": "a", "description": "b", "parameters": {"type": "object"}, "strict": True},
    }
    assert describe_tool("a", "", {"type": "object"}, "responses") == {
        "type": "function", "name": "a", "parameters": {"type": "object"}, "strict": False,
    }  # fmt: skip
    assert describe_tool("a", "b", {"type": "object"}, "messages") == {
        "name": "a", "description": "b", "input_schema": {"type": "object"},
    }  # fmt: skip
