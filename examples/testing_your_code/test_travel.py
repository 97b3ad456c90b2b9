"""The application's tests. pytest finds the fixtures automatically, because the package registers them."""

import asyncio

import pytest
from travel import FALLBACK, MODEL, Trip, advise, capital_of, is_up, suggest, tell_story

from inference_gateway_sdk import AsyncInferenceGatewayClient, InferenceGatewayClient, RateLimitError
from inference_gateway_sdk.testing import ScriptedGateway


def test_the_capital(gateway: ScriptedGateway, gateway_client: InferenceGatewayClient) -> None:
    """The request names the right model and contains the question."""
    gateway.reply("Paris")
    assert capital_of(gateway_client, "France") == "Paris"
    assert gateway.request.model == MODEL
    assert "capital of France" in gateway.request.text


def test_a_rate_limit_is_waited_out(gateway: ScriptedGateway, gateway_client: InferenceGatewayClient) -> None:
    """The client retries automatically; in tests it does not wait."""
    gateway.fail("rate_limit", retry_after=20)
    gateway.reply("Paris")
    assert capital_of(gateway_client, "France") == "Paris"


def test_a_rate_limit_that_lasts(gateway: ScriptedGateway, gateway_client: InferenceGatewayClient) -> None:
    """The fallback is not used for a rate limit."""
    gateway.fail("rate_limit", times="always")
    with pytest.raises(RateLimitError):
        capital_of(gateway_client, "France")
    assert {request.model for request in gateway.requests} == {MODEL}


@pytest.mark.parametrize("failure", ["overloaded", "unavailable", 500])
def test_the_fallback(gateway: ScriptedGateway, gateway_client: InferenceGatewayClient, failure: str | int) -> None:
    """The fallback is used if the first provider is down."""
    gateway.on(model=MODEL).fail(failure, times="always")
    gateway.on(model=FALLBACK).reply("Paris")
    assert capital_of(gateway_client, "France") == "Paris"


def test_a_tool_is_run(gateway: ScriptedGateway, gateway_client: InferenceGatewayClient) -> None:
    """The model calls the tool, gets its result, and answers."""
    gateway.on(content="Bergen").reply(tool_calls=[("weather", {"city": "Bergen"})])
    gateway.on(content="rain").reply("Take a coat.")
    assert advise(gateway_client, "What do I need in Bergen?", lambda city: f"rain in {city}") == "Take a coat."
    last = gateway.requests[-1].chat
    assert [str(message.role) for message in last.messages] == ["user", "assistant", "tool"]
    assert last.messages[-1].content == "rain in Bergen"


def test_tools_without_end(gateway: ScriptedGateway, gateway_client: InferenceGatewayClient) -> None:
    """The application gives up after three rounds of tool calls."""
    gateway.reply(tool_calls=[("weather", {"city": "Bergen"})], times=3)
    assert advise(gateway_client, "Hi", lambda _: "rain") == "I could not find out."


def test_a_suggestion(gateway: ScriptedGateway, gateway_client: InferenceGatewayClient) -> None:
    """A reply that matches the type is parsed; any other is None."""
    gateway.reply(json=Trip("Bergen", 3))
    gateway.reply("I would go to Bergen!")
    assert suggest(gateway_client) == Trip("Bergen", 3)
    assert suggest(gateway_client) is None


@pytest.mark.parametrize("then", ["reset-mid-body", "truncate", "overloaded"])
def test_a_story_that_breaks_off(
    gateway: ScriptedGateway, async_gateway_client: AsyncInferenceGatewayClient, then: str
) -> None:
    """The received part is kept and the end is marked, regardless of how the stream breaks."""
    gateway.stream(["Once ", "upon ", "a time"], then=then)

    async def collect() -> list[str]:
        return [text async for text in tell_story(async_gateway_client, "Bergen")]

    assert asyncio.run(collect()) == ["Once ", "upon ", "a time", " ... I have lost the thread."]


def test_code_that_makes_its_own_client(gateway: ScriptedGateway) -> None:
    """A client from the environment uses the scripted gateway."""
    assert is_up()
    gateway.on(endpoint="models").fail("unauthorized")
    assert not is_up()


@pytest.mark.gateway(sockets=False)
def test_without_a_socket(gateway: ScriptedGateway, gateway_client: InferenceGatewayClient) -> None:
    """Without sockets, the same test runs in one process and is faster."""
    gateway.reply("Paris")
    assert capital_of(gateway_client, "France") == "Paris"
