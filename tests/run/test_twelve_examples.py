"""The twelve examples of runs, against the scripted gateway."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from inference_gateway_sdk import AsyncInferenceGatewayClient, InferenceGatewayClient, Transcript
from inference_gateway_sdk.testing import ScriptedGateway, scripted_gateway

from . import twelve_examples as examples

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODEL = "openai/gpt-4o-mini"
SOUP = {"title": "Leek soup", "minutes": 25}


@pytest.fixture(autouse=True)
def _clean() -> None:
    examples.SPENT.clear()


@pytest.fixture
def gateway() -> Iterator[ScriptedGateway]:
    """A gateway whose scripts must all be used."""
    with scripted_gateway(sockets=True) as server:
        yield server


@pytest.fixture
def client(gateway: ScriptedGateway) -> Iterator[InferenceGatewayClient]:
    """A client of that gateway."""
    with InferenceGatewayClient(gateway.url) as made:
        yield made


def call_weather(gateway: ScriptedGateway) -> None:
    """Script a turn with two calls."""
    gateway.reply(tool_calls=[("weather", {"city": "Oslo"}), ("weather", {"city": "Rome"})])


def test_one_functions_are_called(gateway: ScriptedGateway, client: InferenceGatewayClient) -> None:
    """The text is the answer that was made of the results."""
    call_weather(gateway)
    gateway.reply("Rome.")
    assert examples.one(client, MODEL).text == "Rome."
    assert examples.SPENT == ["weather Oslo", "weather Rome"]


def test_two_a_type_is_filled_in(gateway: ScriptedGateway, client: InferenceGatewayClient) -> None:
    """The output is an instance of the struct."""
    gateway.reply(json=SOUP)
    assert examples.two(client, "groq/llama-3.3-70b-versatile") == examples.Recipe("Leek soup", 25)


def test_three_functions_and_a_type(gateway: ScriptedGateway, client: InferenceGatewayClient) -> None:
    """A provider that takes no schema beside tools gets the type as a tool, and the run states that."""
    call_weather(gateway)
    gateway.reply(tool_calls=[("final_answer", {"warmer": "Rome", "by": 15.0})])
    run = examples.three(client, "google/gemini-2.5-flash")
    assert (run.output.by, run.output_mode) == (15.0, "tool")
    assert all(call.seconds is not None for call in run.calls[:2])


def test_four_a_run_is_watched(gateway: ScriptedGateway, client: InferenceGatewayClient) -> None:
    """The calls are shown between the answers."""
    call_weather(gateway)
    gateway.reply("Rome.")
    shown, run = examples.four(client, MODEL)
    assert shown == [
        "[weather {'city': 'Oslo'}]", "[done]", "[weather {'city': 'Rome'}]", "[done]", run.text,
    ]  # fmt: skip


def test_five_an_object_grows(gateway: ScriptedGateway, client: InferenceGatewayClient) -> None:
    """Each title begins with the one before, and the last is whole."""
    gateway.reply(json=SOUP)
    titles, recipe = examples.five(client, MODEL)
    assert all(later.startswith(earlier) for earlier, later in pairwise(titles))
    assert (titles[-1], recipe) == ("Leek soup", examples.Recipe("Leek soup", 25))


def test_six_elements_are_taken_when_they_are_closed(gateway: ScriptedGateway, client: InferenceGatewayClient) -> None:
    """Each is an instance of the struct."""
    gateway.reply(json={"value": [SOUP, {"title": "Pea soup", "minutes": 40}]})
    assert examples.six(client, MODEL) == [examples.Recipe("Leek soup", 25), examples.Recipe("Pea soup", 40)]


def test_seven_tools_run_side_by_side(gateway: ScriptedGateway) -> None:
    """An async function and a plain one are called in the same turn."""
    gateway.reply(tool_calls=[("fetch_page", {"url": "https://example.org"}), ("search", {"words": "Oslo"})])
    gateway.reply("Rome.")

    async def main() -> str:
        async with AsyncInferenceGatewayClient(gateway.url) as client:
            return (await examples.seven(client, MODEL)).text

    assert asyncio.run(main()) == "Rome."
    assert sorted(examples.SPENT) == ["fetch https://example.org", "search Oslo"]


@pytest.mark.parametrize(
    ("answer", "spent", "output"),
    [("y", ["delete /tmp/x"], "/tmp/x is gone"), ("n", [], "The user said no.")],
)
def test_eight_the_user_is_asked(
    gateway: ScriptedGateway, client: InferenceGatewayClient, answer: str, spent: list[str], output: str
) -> None:
    """The function runs, or the model is given the reason."""
    gateway.reply(tool_calls=[("delete", {"path": "/tmp/x"})])
    gateway.reply("Done.")
    run = examples.eight(client, MODEL, answer)
    assert (examples.SPENT, run.calls[0].output) == (spent, output)


def test_nine_the_user_is_asked_later(gateway: ScriptedGateway, client: InferenceGatewayClient) -> None:
    """The stored transcript goes on once the call is approved."""
    gateway.reply(tool_calls=[("refund", {"order": 7})])
    gateway.reply("Order 7 is refunded.")
    paused, run = examples.nine(client, MODEL)
    assert [call.name for call in paused.pending] == ["refund"]
    assert (run.text, examples.SPENT) == ("Order 7 is refunded.", ["refund 7"])


def test_ten_functions_beside_the_gateways_tools() -> None:
    """A tool of the gateway is asked for and runs there; the function runs here."""

    def add(a: int, b: int) -> int:
        """Add two numbers."""
        examples.SPENT.append("add")
        return a + b

    with scripted_gateway(sockets=True, tools=[add]) as gateway, InferenceGatewayClient(gateway.url) as client:
        remote = client.list_mcp_tools()[0].name
        gateway.reply(tool_calls=[("last_build", {}), (remote, {"a": 2, "b": 3}), (remote, {"a": 1, "b": 1})])
        gateway.reply("Red.")
        run = examples.ten(client, MODEL)
    assert [(call.status, call.output) for call in run.calls] == [
        ("done", "red"), ("done", "5"), ("denied", "This call was denied."),
    ]  # fmt: skip
    assert examples.SPENT == ["add"]


def test_eleven_another_provider_in_another_dialect(gateway: ScriptedGateway, client: InferenceGatewayClient) -> None:
    """The history goes along, with its calls and their results."""
    call_weather(gateway)
    gateway.reply("Rome.", reasoning="Cities.")
    gateway.reply("Rome again.")
    losses, run = examples.eleven(client)
    assert run.text == "Rome again."
    assert any("reasoning" in str(loss) for loss in losses)
    blocks = [block for message in gateway.requests[-1].json["messages"] for block in message["content"]]
    assert sum(block["type"] == "tool_result" for block in blocks if isinstance(block, dict)) == 2


def test_twelve_nothing_is_lost(gateway: ScriptedGateway, client: InferenceGatewayClient, tmp_path: Path) -> None:
    """The run that reached its limit goes on from its error; what was stored last is a transcript."""
    gateway.reply(tool_calls=[("charge", {"amount": 7})])
    gateway.reply("Nothing was charged.")
    path = tmp_path / "run.json"
    run = examples.twelve(client, MODEL, path)
    assert (run.text, examples.SPENT) == ("Nothing was charged.", [])
    assert [call.name for call in Transcript.from_json(path.read_bytes()).pending] == ["charge"]
