"""Runs with a real model: it calls a function, reads the result and answers, and fills in a type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from inference_gateway_sdk import InferenceGatewayClient, TextDelta, ToolDone, ToolRun
from run import twelve_examples

if TYPE_CHECKING:
    from support.worlds import World

    from .conftest import Live

pytestmark = pytest.mark.live

QUESTION = "What is the weather in Paris?"
CITIES: list[str] = []


def weather(city: str) -> str:
    """Return the weather of a city."""
    CITIES.append(city)
    return "sunny, 20 degrees"


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def test_a_run_calls_a_real_function(world: World, embedded_gateway: Live) -> None:
    """The model calls the tool that the question is about, and its answer is made of the result."""
    CITIES.clear()

    async def scenario(client: Any) -> Any:
        return await client.run(embedded_gateway.model, QUESTION, tools=[add, weather])

    run = world.with_client(scenario, embedded_gateway.url, embedded_gateway.token, timeout=300)
    (call,) = run.calls
    assert CITIES == ["Paris"]
    assert (call.name, call.arguments, call.status, call.output) == (
        "weather", {"city": "Paris"}, "done", "sunny, 20 degrees",
    )  # fmt: skip
    assert "sunny" in run.text
    assert (len(run.turns), run.finish) == (2, "stop")
    assert run.usage.total > 0


def test_a_streamed_run_yields_the_call_between_the_answers(embedded_gateway: Live) -> None:
    """The tool starts after the deltas of its call and before the text of the answer."""
    with (
        InferenceGatewayClient(embedded_gateway.url, timeout=300) as client,
        client.run_stream(embedded_gateway.model, QUESTION, tools=[weather]) as stream,
    ):
        deltas = list(stream.deltas())
        run = stream.final()
    kinds = [type(delta) for delta in deltas]
    assert kinds.index(ToolRun) < kinds.index(ToolDone) < kinds.index(TextDelta)
    assert "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)) == run.text
    assert "sunny" in run.text


def test_a_call_that_the_token_limit_cuts_never_runs(embedded_gateway: Live) -> None:
    """llama.cpp ends with `length` in the middle of the arguments, which a tolerant parser would close."""
    CITIES.clear()
    with InferenceGatewayClient(embedded_gateway.url, timeout=300) as client:
        run = client.run(embedded_gateway.model, QUESTION, tools=[weather], max_tokens=12)
    assert CITIES == []
    assert [call.status for call in run.calls] == ["cut"]


def test_two_of_the_twelve_examples(embedded_gateway: Live) -> None:
    """Functions are called, and a type is filled in, by the code that the scripted gateway is asked with too."""
    twelve_examples.SPENT.clear()
    with InferenceGatewayClient(embedded_gateway.url, timeout=300) as client:
        run = twelve_examples.one(client, embedded_gateway.model, "What is the weather in Oslo?")
        recipe = twelve_examples.two(client, embedded_gateway.model)
    assert twelve_examples.SPENT == ["weather Oslo"]
    assert [(call.name, call.result) for call in run.calls] == [("weather", {"degrees": 3.0})]
    assert run.text
    assert isinstance(recipe.title, str)
    assert recipe.minutes >= 1
