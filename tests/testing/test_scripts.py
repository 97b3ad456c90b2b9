"""The match of scripts to requests: in which order, how often, and on which condition."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest

from inference_gateway_sdk import (
    BadRequestError,
    InferenceGatewayClient,
    NotFoundError,
    PayloadTooLargeError,
    UnauthorizedError,
)
from inference_gateway_sdk.embedded import Access, Settings
from inference_gateway_sdk.testing import (
    ReceivedRequest,
    ScriptedGateway,
    UnmatchedRequestError,
    UnusedScriptError,
    scripted_gateway,
)

pytestmark = pytest.mark.wire


def chat_text(client: InferenceGatewayClient, prompt: str = "Hi", model: str = "openai/gpt-4o") -> str | None:
    """Return the text of a chat."""
    return client.generate_content(model, prompt).text


def test_scripts_answer_in_the_order_they_were_written(script: ScriptedGateway) -> None:
    """Each script answers once by default, in the order of definition."""
    script.reply("one")
    script.reply("two", times=2)
    script.reply("three", times="always")
    with script.client() as client:
        assert [chat_text(client) for _ in range(5)] == ["one", "two", "two", "three", "three"]


def test_a_script_counts_its_requests(script: ScriptedGateway) -> None:
    """A script counts its requests."""
    first, second = script.reply("one"), script.reply("two", times="always")
    with script.client() as client:
        for _ in range(3):
            chat_text(client)
    assert (first.used, second.used) == (1, 2)


@pytest.mark.parametrize("pattern", ["openai/gpt-4o", "openai/*", "*/gpt-4o", "gpt-4o", "gpt-4*"])
def test_a_model_is_matched_by_name_or_pattern(script: ScriptedGateway, pattern: str) -> None:
    """A model is matched with its provider or, in a pattern without a slash, without."""
    script.on(model=pattern).reply("yes")
    script.reply("no")
    with script.client() as client:
        assert chat_text(client) == "yes"


@pytest.mark.parametrize("pattern", ["openai/gpt-4", "anthropic/*", "gpt-4", "OPENAI/GPT-4O"])
def test_another_model_is_another(script: ScriptedGateway, pattern: str) -> None:
    """Names are compared exactly."""
    script.on(model=pattern).reply("no")
    script.reply("yes")
    with script.client() as client:
        assert chat_text(client) == "yes"


def test_a_provider_beside_the_model_is_the_same(script: ScriptedGateway) -> None:
    """A provider beside the model matches like one in its name."""
    script.on(model="openai/gpt-4o").reply("yes")
    with script.client() as client:
        assert client.generate_content("gpt-4o", "Hi", provider="openai").text == "yes"


def test_the_last_message_is_what_content_is_sought_in(script: ScriptedGateway) -> None:
    """Content is matched in the last message: a prompt of any form, or the result of a tool."""
    tools: list[dict[str, Any]] = [{"type": "function", "function": {"name": "weather", "parameters": {}}}]
    script.on(content="3 degrees").reply("It is cold.")
    script.on(content="weather").reply(tool_calls=[("weather", {"city": "Oslo"})])
    script.on(content=re.compile("^b.e$")).reply("Bye.")
    with script.client() as client:
        messages: list[Any] = [{"role": "user", "content": [{"type": "text", "text": "How is the weather?"}]}]
        answer = client.generate_content("openai/x", messages, tools=tools)
        messages += [answer.message, {"role": "tool", "tool_call_id": "call_1", "content": "3 degrees"}]
        assert client.generate_content("openai/x", messages, tools=tools).text == "It is cold."
        assert chat_text(client, "bye") == "Bye."


def test_content_is_found_in_every_dialect(script: ScriptedGateway) -> None:
    """Content is found in messages with blocks, in items, and in prompts for images and sounds."""
    script.on(content="a cat").reply("yes", times="always")
    with script.client() as client:
        block: list[Any] = [{"role": "user", "content": [{"type": "text", "text": "draw a cat"}]}]
        result: list[Any] = [
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "a cat"}]}
        ]
        assert client.create_message("anthropic/x", block, 5).text == "yes"
        assert client.create_message("anthropic/x", result, 5).text == "yes"
        assert client.create_response("openai/x", "say a cat").output_text == "yes"
        items: list[Any] = [
            {"role": "user", "content": "dog"},
            {"type": "function_call_output", "call_id": "1", "output": "a cat"},
        ]
        assert client.create_response("openai/x", items).output_text == "yes"
        picture = client.generate_image("a cat", model="openai/x").data[0].bytes()
        assert client.create_image_edit(picture, "a cat", model="openai/x").data
        assert client.create_speech("openai/x", "this is a cat", "alloy").bytes


def test_an_endpoint_can_be_chosen(script: ScriptedGateway) -> None:
    """A script for an endpoint matches only its dialect."""
    script.on(endpoint="messages").reply("a message")
    script.on(endpoint="responses").reply("a response")
    script.on(endpoint="chat").reply("a chat")
    with script.client() as client:
        assert chat_text(client) == "a chat"
        assert client.create_response("openai/x", "Hi").output_text == "a response"
        assert client.create_message("anthropic/x", "Hi", 5).text == "a message"


def test_a_function_may_decide(script: ScriptedGateway) -> None:
    """A function may decide by every field of the request."""

    def hot(request: ReceivedRequest) -> bool:
        return (request.chat.temperature or 0) > 1

    script.on(where=hot).reply("wild")
    script.reply("tame")
    with script.client() as client:
        assert client.generate_content("openai/x", "Hi", temperature=0.5).text == "tame"
        assert client.generate_content("openai/x", "Hi", temperature=1.5).text == "wild"


def test_a_function_that_raises_is_reported_and_breaks_nothing(script: ScriptedGateway) -> None:
    """The client gets a response, and the test raises the function's exception."""

    def broken(request: ReceivedRequest) -> bool:
        return bool(request.message)

    script.on(where=broken).reply("never")
    with script.client() as client, pytest.raises(NotFoundError, match="request 1 .* has a CreateChatCompletion"):
        chat_text(client)
    with pytest.raises(UnmatchedRequestError, match=r"- broken is true\n +\+ AssertionError: request 1 \(POST"):
        script.assert_all_matched()


def test_conditions_are_all_to_be_true(script: ScriptedGateway) -> None:
    """A script with one false condition leaves the request to the next script."""
    script.on(model="openai/*", content="dog").reply("no")
    script.on(model="openai/*", content="cat").reply("yes")
    with script.client() as client:
        assert chat_text(client, "a cat") == "yes"


def test_what_a_model_answers_is_no_answer_for_the_rest(script: ScriptedGateway) -> None:
    """Listing models and the health check need no script and use none up."""
    script.fail(503)
    with script.client(max_retries=0) as client:
        assert client.list_models().data and client.health_check() and client.list_tools().data == []
    assert len(script.requests) == 3


@pytest.mark.parametrize(("status", "model"), [(400, "gpt-4o"), (400, "unknown/gpt-4o")])
def test_a_request_that_the_gateway_refuses_uses_no_script(script: ScriptedGateway, status: int, model: str) -> None:
    """A request that the gateway refuses never reaches a provider, and uses no script."""
    script.reply("Hello")
    with script.client() as client:
        with pytest.raises(BadRequestError, match="Unable to determine provider") as caught:
            chat_text(client, model=model)
        assert caught.value.status == status
        assert chat_text(client) == "Hello"
    script.assert_all_used()
    script.assert_all_matched()


def test_settings_of_the_gateway_hold() -> None:
    """Aliases, limits and other settings are those of the embedded gateway."""
    settings = Settings(max_body=2000, pools={"fast": [("openai", "gpt-4o"), ("groq", "llama")]})
    with scripted_gateway(settings=settings) as gateway, gateway.client() as client:
        gateway.on(model="fast").reply("Hello", times=2)
        answers = [client.generate_content("fast", "Hi") for _ in range(2)]
        assert [answer.meta.selected_provider for answer in answers] == ["openai", "groq"]
        with pytest.raises(PayloadTooLargeError):
            chat_text(client, "x" * 2000)


def test_a_provider_without_a_key_is_missing() -> None:
    """A provider without a key is missing, as on a real gateway, when the settings define the keys."""
    with (
        scripted_gateway(settings=Settings(access={"groq": Access(key="k")})) as gateway,
        gateway.client() as client,
    ):
        gateway.reply("Hello")
        with pytest.raises(BadRequestError, match="requires an API key"):
            chat_text(client)
        assert chat_text(client, model="groq/x") == "Hello"


@pytest.mark.parametrize("sockets", [True, False])
def test_a_gateway_may_ask_for_a_token(sockets: bool) -> None:
    """The gateway's own clients send its token; other requests are refused before any script is matched."""
    with (
        scripted_gateway(settings=Settings(token="secret"), sockets=sockets) as gateway,
        gateway.client() as client,
    ):
        gateway.reply("Hello")
        with pytest.raises(UnauthorizedError), gateway.client(token="wrong") as other:
            chat_text(other)
        assert chat_text(client) == "Hello"
        if sockets:
            assert gateway.environ["INFERENCE_GATEWAY_TOKEN"] == "secret"


@pytest.mark.parametrize("sockets", [True, False])
def test_the_gateways_own_tools_take_a_script_each_turn(sockets: bool) -> None:
    """A function given as a tool is run by the gateway: one request, two turns, two scripts."""
    asked: list[str] = []

    def weather(city: str) -> str:
        """The weather of a city."""
        asked.append(city)
        return "3 degrees"

    with scripted_gateway(tools=[weather], sockets=sockets) as gateway, gateway.client() as client:
        gateway.reply(tool_calls=[("mcp_python_weather", {"city": "Oslo"})])
        gateway.on(content="3 degrees", model="openai/gpt-4o").reply("It is cold.")
        assert chat_text(client, "How is Oslo?") == "It is cold."
        assert len(gateway.requests) == 1
    assert asked == ["Oslo"]


def test_threads_share_a_gateway(script: ScriptedGateway) -> None:
    """No script is used twice, and no request is lost."""
    for number in range(24):
        script.reply(str(number))
    answers: list[str | None] = []
    with script.client() as client:
        threads = [threading.Thread(target=lambda: answers.append(chat_text(client))) for _ in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(map(int, filter(None, answers))) == list(range(24))
    assert [request.number for request in script.requests] == list(range(1, 25))


def test_a_request_without_a_script_is_refused_at_once_and_reported_at_the_end(script: ScriptedGateway) -> None:
    """A request without a script is not retried, and is reported even if its error is swallowed."""
    with script.client() as client, pytest.raises(NotFoundError, match="No script answers request 1"):
        chat_text(client)
    assert len(script.requests) == 1
    with pytest.raises(UnmatchedRequestError, match="There are no scripts"):
        script.check()


def test_the_block_ends_with_what_was_swallowed() -> None:
    """The block raises unmatched requests that the code under test swallowed."""
    gateway = scripted_gateway()
    with pytest.raises(UnmatchedRequestError, match="No script answers"), gateway, gateway.client() as client:
        with pytest.raises(NotFoundError):
            chat_text(client)
        gateway.reply("too late", optional=True)


def test_an_error_that_leaves_the_block_notes_what_was_swallowed() -> None:
    """An exception that leaves the block is kept, with a note of the unmatched requests."""
    with pytest.raises(ZeroDivisionError) as caught, scripted_gateway() as gateway:
        with gateway.client() as client, pytest.raises(NotFoundError):
            chat_text(client)
        _ = 1 / 0
    assert caught.value.__notes__[0].startswith("No script answers request 1")


def test_a_script_that_is_not_used_is_an_error_at_the_end() -> None:
    """An unused script is an error, also one that was used too seldom."""
    with (
        pytest.raises(UnusedScriptError, match=r"2 scripts were not used(.|\n)*used 1 of 2"),
        scripted_gateway() as one,
    ):
        one.reply("Hello", times=2)
        one.on(model="openai/*").reply("never", times="always")
        with one.client() as client:
            assert chat_text(client, model="groq/x") == "Hello"


def test_an_optional_script_need_not_be_used() -> None:
    """An optional script need not be used, nor any on a gateway without the check."""
    with scripted_gateway() as gateway:
        gateway.reply("never", optional=True)
    with scripted_gateway(check_unused=False) as gateway:
        gateway.reply("never")


def test_everything_can_be_forgotten(script: ScriptedGateway) -> None:
    """A reset drops scripts, requests and unmatched ones."""
    script.reply("old")
    with script.client() as client:
        chat_text(client)
        with pytest.raises(NotFoundError):
            chat_text(client)
        script.reset()
        assert script.requests == []
        script.reply("new")
        assert chat_text(client) == "new"
    script.check()
