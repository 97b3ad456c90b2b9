"""The text of a tool's result for the model."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import msgspec
import pydantic
import pytest

from inference_gateway_sdk import McpToolResult, SerializationError
from inference_gateway_sdk._schema.adapter import Problem
from inference_gateway_sdk._tools import results
from inference_gateway_sdk._tools.tool import ToolError


class Point(msgspec.Struct):
    """A point."""

    x: int


class Cat(pydantic.BaseModel):
    """A cat."""

    lives: int


@dataclasses.dataclass
class Box:
    """A box."""

    at: Point


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is", "as it is"),
        ("", ""),
        (None, "null"),
        (3, "3"),
        (True, "true"),
        ({"degrees": 3.0}, '{"degrees":3.0}'),
        ([Point(1), Box(Point(2))], '[{"x":1},{"at":{"x":2}}]'),
        (Cat(lives=9), '{"lives":9}'),
        (dt.date(2026, 2, 28), '"2026-02-28"'),
        (McpToolResult(content=[{"type": "text", "text": "12:00"}]), "12:00"),
        (McpToolResult(content=[], structured_content={"time": 12}), '{"time":12}'),
        (McpToolResult(content=[{"type": "image", "data": "AA=="}]), '[{"type":"image","data":"AA=="}]'),
        (McpToolResult(content=[]), ""),
    ],
)
def test_a_value_becomes_text(value: Any, text: str) -> None:
    """A string is unchanged, an MCP result gives its text, anything else JSON."""
    assert results.to_text(value) == results.ToolText(text)


def test_an_mcp_tool_that_failed_is_an_error() -> None:
    """The error has the result's text."""
    failed = McpToolResult(content=[{"type": "text", "text": "no such zone"}], is_error=True)
    assert results.to_text(failed) == results.ToolText("no such zone", is_error=True)


@pytest.mark.parametrize("value", [b"abc", bytearray(b"a"), memoryview(b"a")])
def test_bytes_have_no_text(value: object) -> None:
    """Bytes are refused, because the tool's author must decide on their text."""
    with pytest.raises(TypeError, match="a tool must return a string or a JSON value, got "):
        results.to_text(value)


@pytest.mark.parametrize(("value", "path"), [({"a": [object()]}, "$.a[0]"), ({"a": float("nan")}, "$.a")])
def test_a_value_without_a_json_form_is_refused_with_its_place(value: object, path: str) -> None:
    """The error has the path."""
    with pytest.raises(SerializationError) as caught:
        results.to_text(value)
    assert caught.value.path == path


def test_an_exceptions_text_never_reaches_the_model() -> None:
    """The model gets the exception's class; a `ToolError` gives its own text."""
    secret = "postgres://user:hunter2@host"
    assert results.failed(ValueError(secret)).text == "The tool failed with ValueError."
    assert results.failed(ToolError("The city is unknown.")).text == "The city is unknown."
    assert results.failed(ToolError()).text == "The tool failed."


def test_texts_for_calls_that_did_not_run() -> None:
    """Each text gives the reason, is an error, and is bounded."""
    many = results.unknown_tool("x" * 500, [f"tool_{place}" for place in range(30)])
    assert "tool_19, ..." in many.text
    assert "tool_20" not in many.text
    assert len(many.text) < 500
    assert results.unknown_tool("a", []).text.endswith("The tools are: none.")
    invalid = results.invalid_arguments([Problem("$.a", "expected `int`"), Problem("$", "missing `b`")])
    assert invalid.text.endswith("$.a: expected `int`; $: missing `b`")
    assert results.timed_out(2.5).text == "No result within 2.5 s; the tool may still be running."
    assert results.denied().text == "This call was denied."
    assert results.denied("The user said no.").text == "The user said no."
    assert results.unavailable("a").text == "The tool 'a' is not available now."
    assert all(
        one.is_error for one in (many, invalid, results.timed_out(1), results.denied(), results.unavailable("a"))
    )
