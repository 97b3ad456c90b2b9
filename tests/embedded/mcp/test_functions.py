"""Python functions as tools: their descriptions, their arguments, and their results."""

from __future__ import annotations

import asyncio
import threading
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta, Struct

from inference_gateway_sdk.embedded import running
from inference_gateway_sdk.embedded.mcp.offer import ToolError
from inference_gateway_sdk.embedded.mcp.toolbox import FunctionTools


class Place(Struct):
    """A place."""

    city: str
    country: str = "DE"


def weather(
    place: Place,
    days: Annotated[int, Meta(ge=1, description="How many")] = 1,
    *,
    unit: Literal["C", "F"] = "C",
    more: Any = None,
) -> dict[str, object]:
    """The weather in a place.

    For some days.
    """
    return {"city": place.city, "days": days, "unit": unit, "more": more}


def run(tool: Any, **arguments: Any) -> Any:
    """Return a tool's result."""
    return asyncio.run(FunctionTools([tool]).call(tool.__name__, arguments))


def test_a_function_describes_itself() -> None:
    """A tool has the function's name, docstring, types, bounds and defaults; a nested type has its own definition."""
    (tool,) = FunctionTools([weather]).tools
    assert (tool.name, tool.description) == ("weather", "The weather in a place.\n\nFor some days.")
    schema = tool.input_schema
    assert schema is not None
    assert (schema["type"], schema["required"]) == ("object", ["place"])
    assert schema["properties"]["place"] == {"$ref": "#/$defs/Place"}
    assert schema["properties"]["days"] == {"type": "integer", "minimum": 1, "description": "How many", "default": 1}
    assert schema["properties"]["unit"] == {"enum": ["C", "F"], "default": "C"}
    assert schema["$defs"]["Place"]["required"] == ["city"]


def test_arguments_are_made_of_their_types() -> None:
    """A nested object arrives as its type, and a missing argument has its default."""
    result = run(weather, place={"city": "Rome"}, days=2)
    assert (result.text, result.is_error) == ('{"city":"Rome","days":2,"unit":"C","more":null}', None)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({}, "missing required field `place`"),
        ({"place": {"city": 5}}, "Expected `str`, got `int`"),
        ({"place": {"city": "x"}, "days": 0}, ">= 1"),
        ({"place": {"city": "x"}, "unit": "K"}, "Invalid enum value 'K'"),
        ({"place": {"city": "x"}, "else": 1}, "unknown field `else`"),
    ],
)
def test_wrong_arguments_never_arrive(arguments: dict[str, Any], why: str) -> None:
    """Wrong arguments are a failure of the tool, with the reason."""
    result = run(weather, **arguments)
    assert result.is_error
    assert why in result.text


def test_an_async_function_is_awaited_and_another_has_a_thread() -> None:
    """Neither an async nor a blocking function stops the gateway's loop."""

    async def here() -> str:
        await asyncio.sleep(0)
        return threading.current_thread().name

    def there() -> str:
        return threading.current_thread().name

    assert run(here).text == threading.main_thread().name
    assert run(there).text != threading.main_thread().name


@pytest.mark.parametrize(("error", "text"), [(RuntimeError("no luck"), "no luck"), (KeyError(), "KeyError")])
def test_an_exception_is_the_tools_failure(error: Exception, text: str) -> None:
    """The result is the exception's text, or its name if it has none."""

    def fail() -> None:
        raise error

    result = run(fail)
    assert (result.text, result.is_error) == (text, True)


def test_a_result_that_is_no_json_is_a_failure() -> None:
    """A result that cannot be encoded is a failure."""

    def odd() -> object:
        return object()

    assert run(odd).is_error


def test_a_tool_that_is_not_there() -> None:
    """A request for an unknown tool is a separate error."""
    with pytest.raises(ToolError, match="unknown tool gone"):
        asyncio.run(FunctionTools([]).call("gone", {}))


def positional(a: int, /) -> None:
    """Take arguments by position only."""


def many(*a: int) -> None:
    """Take any number."""


def unknown(a: Nowhere) -> None:  # type: ignore[name-defined]  # noqa: F821
    """Take an undefined type."""


def connection(a: threading.Thread) -> None:
    """Take a type without a JSON form."""


@pytest.mark.parametrize("function", [positional, many, unknown, connection, 7])
def test_a_function_that_cannot_be_described_is_refused_at_once(function: Any) -> None:
    """The error names the function, before anything listens."""
    name = getattr(function, "__name__", "must be functions, got int")
    with pytest.raises(TypeError, match=name), running(tools=[function]):
        pass


def test_two_functions_of_one_name_are_refused() -> None:
    """Each tool needs its own name."""
    with pytest.raises(ValueError, match="two tools are named weather"), running(tools=[weather, weather]):
        pass
