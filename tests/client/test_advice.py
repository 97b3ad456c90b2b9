"""Hints and classes of errors as the running gateway causes them: each names the setting or argument to change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import inference_gateway_sdk as sdk
from client.asking import caught
from client.invented import Invented
from support.server import Connection, Handler, Request, serving
from support.worlds import World

pytestmark = pytest.mark.wire

Scenario = Callable[[Any], Awaitable[Any]]


def refuses(status: int, body: object, *headers: str, invented: Invented, after: float = 0.0) -> Handler:
    """Answer with this status and body, after so many seconds of the client's clock."""

    def handle(connection: Connection, _: Request) -> None:
        invented.offset += after
        connection.json(body, status, *headers)

    return handle


def asked(world: World, scenario: Scenario, status: int, body: object, *headers: str, after: float = 0.0) -> Any:
    """Return the error of a refused call, and the number of requests sent."""
    invented = Invented()
    with serving(refuses(status, body, *headers, invented=invented, after=after)) as server:
        return caught(world, scenario, server.url, invented), len(server.requests)


async def respond(client: Any) -> Any:
    """Call Responses."""
    return await client.create_response("openai/o1", "hi")


async def stream_response(client: Any) -> Any:
    """Open a stream of Responses."""
    async with client.create_response_stream("openai/o1", "hi"):
        pytest.fail("the block was entered")


async def message(client: Any) -> Any:
    """Call Messages."""
    return await client.create_message("anthropic/c", "hi", 5)


async def picture(client: Any) -> Any:
    """Generate an image."""
    return await client.generate_image("a cat", model="openai/gpt-image-2")


async def chat(client: Any) -> Any:
    """Call chat completions."""
    return await client.generate_content("openai/m", "hi")


UNREACHED = {"error": "Failed to reach upstream server"}


@pytest.mark.parametrize("scenario", [respond, stream_response, message, picture])
def test_a_late_502_names_the_gateways_timeout_and_is_not_repeated(world: World, scenario: Scenario) -> None:
    """A 502 after ten seconds advises raising the timeout, because the provider is slow."""
    error, requests = asked(world, scenario, 502, UNREACHED, after=10.05)
    assert type(error) is sdk.BadGatewayError
    assert "CLIENT_RESPONSE_HEADER_TIMEOUT" in error.hint
    assert "_API_URL" in error.hint, "the provider may still be unreachable"
    assert requests == 1


@pytest.mark.parametrize("scenario", [respond, message, picture])
def test_an_early_502_names_the_address_and_is_repeated(world: World, scenario: Scenario) -> None:
    """A 502 at once reads as a provider that cannot be reached."""
    error, requests = asked(world, scenario, 502, UNREACHED, after=0.2)
    assert "could not reach the provider" in error.hint
    assert "CLIENT_RESPONSE_HEADER_TIMEOUT" not in error.hint
    assert requests == 3


def test_a_guardrails_refusal_of_a_tool_call_keeps_its_words(world: World) -> None:
    """A 403 with JSON-RPC -32001 has the policy's text and code, and no hint about MCP_EXPOSE."""
    body = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32001, "message": "no cards"}}

    async def scenario(client: Any) -> Any:
        return await client.call_mcp_tool("mcp_a_pay", {})

    error, _ = asked(world, scenario, 403, body)
    assert (type(error), error.message, error.code, error.hint) == (sdk.ForbiddenError, "no cards", -32001, None)


NAMELESS = {"type": "error", "error": {"type": "invalid_request_error", "message": "Unable to determine provider for"}}


def test_an_alias_on_messages_is_advised_a_provider_that_serves_them(world: World) -> None:
    """The error of an alias on Responses or Messages explains where aliases work and who serves Messages."""

    async def scenario(client: Any) -> Any:
        return await client.create_message("fast", "hi", 5)

    error, _ = asked(world, scenario, 400, NAMELESS)
    assert error.hint == (
        "'fast' names no provider: write model=\"anthropic/claude-sonnet-4-5\" or the like; "
        "routing aliases work on chat completions alone"
    )


@pytest.mark.parametrize(
    ("status", "text", "setting"),
    [
        (502, "Failed to reach upstream server: dial tcp: connect: connection refused", "MISTRAL_API_URL"),
        (401, "Incorrect API key provided", "MISTRAL_API_KEY"),
    ],
)
def test_after_an_alias_the_hint_names_the_selected_provider(
    world: World, status: int, text: str, setting: str
) -> None:
    """The gateway's X-Selected-Provider selects the provider whose setting the hint names."""

    async def scenario(client: Any) -> Any:
        return await client.generate_content("fast", "hi")

    selected = ("X-Selected-Provider: mistral", "X-Selected-Model: m")
    error, _ = asked(world, scenario, status, {"error": text}, *selected)
    assert (error.provider, error.model) == ("mistral", "m")
    assert setting in error.hint


@pytest.mark.parametrize("scenario", [chat, stream_response])
def test_a_late_close_does_not_advise_a_stream_to_stream(world: World, scenario: Scenario) -> None:
    """Only a non-streamed call is advised to stream; both are advised to raise SERVER_WRITE_TIMEOUT."""
    invented = Invented()

    def closes(connection: Connection, _: Request) -> None:
        invented.offset += 31
        connection.close()

    with serving(closes) as server:
        error = caught(world, scenario, server.url, invented)
    assert "SERVER_WRITE_TIMEOUT" in error.hint
    assert ("stream the answer" in error.hint) == (scenario is chat)
    assert error.attempts == 1


def test_the_advice_on_header_timeouts_names_the_write_timeout(world: World) -> None:
    """The hint names CLIENT_RESPONSE_HEADER_TIMEOUT, which closes such streams if above SERVER_WRITE_TIMEOUT."""
    text = 'Post "http://h/proxy/openai/chat/completions": net/http: timeout awaiting response headers'
    error, _ = asked(world, chat, 400, {"error": text})
    assert type(error) is sdk.GatewayTimeoutError
    assert "CLIENT_RESPONSE_HEADER_TIMEOUT" in error.hint
    assert "SERVER_WRITE_TIMEOUT" in error.hint


def test_a_provider_that_does_not_answer_in_json_is_named(world: World) -> None:
    """A timeout that the gateway reports as a 400 is not described as a malformed request."""
    error, _ = asked(world, chat, 400, {"error": "invalid character 'o' in literal null (expecting 'u')"})
    assert type(error) is sdk.BadRequestError
    assert error.hint.startswith("the provider answered 200")
    assert "OPENAI_API_URL" in error.hint


async def models(client: Any) -> Any:
    """List the models."""
    return await client.list_models()


async def tools(client: Any) -> Any:
    """List the tools."""
    return await client.list_tools()


async def metadata(client: Any) -> Any:
    """Read the metadata of the MCP resource."""
    return await client.mcp_resource_metadata()


async def push(client: Any) -> Any:
    """Push metrics."""
    return await client.push_metrics({"resourceMetrics": []})


async def speech(client: Any) -> Any:
    """Create speech."""
    return await client.create_speech("openai/tts", "hi", "alloy")


@pytest.mark.parametrize("scenario", [chat, respond, message, picture, speech])
def test_an_error_in_a_200_is_a_status_error(world: World, scenario: Scenario) -> None:
    """A non-streamed call never raises a StreamError, and its message does not mention a stream."""
    error, requests = asked(world, scenario, 200, {"error": "no"})
    assert (type(error), error.status, error.message, requests) == (sdk.StatusError, 200, "no", 1)
    assert error.meta.status == 200
    silent, _ = asked(world, scenario, 200, {"error": {"key": "sk-abcdefgh123"}})
    assert silent.message == """the response is an error without a message: '{"error": {"key": "sk-..."}}'"""


def test_an_empty_response_names_its_status_and_provider(world: World) -> None:
    """A provider's 204 on chat is reported as the response that came, not as a decoding error."""

    def handle(connection: Connection, _: Request) -> None:
        connection.send(b"HTTP/1.1 204 No Content\r\n\r\n")

    with serving(handle) as server:
        error: Any = caught(world, chat, server.url, Invented())
    assert type(error) is sdk.DecodingError
    assert str(error) == "the response from openai has status 204 and an empty body"
    assert error.meta.status == 204


@pytest.mark.parametrize("scenario", [models, tools, metadata, push, picture])
@pytest.mark.parametrize(
    "body", [{"error": "no"}, {"error": {"message": "no", "code": "x"}}, {"object": "error", "message": "no"}]
)
def test_an_error_in_a_200_is_no_empty_success(world: World, scenario: Scenario, body: dict[str, object]) -> None:
    """An error object is not accepted as an empty list, nor as accepted metrics."""
    error, _ = asked(world, scenario, 200, body)
    assert (type(error), error.status, error.message) == (sdk.StatusError, 200, "no")


@pytest.mark.parametrize(
    ("scenario", "path"), [(models, "$.data"), (tools, "$.data"), (metadata, "$.resource"), (picture, "$.data")]
)
def test_an_empty_object_in_a_200_is_no_empty_success(world: World, scenario: Scenario, path: str) -> None:
    """An object without the endpoint's own member is refused, and the error names the member."""
    error, _ = asked(world, scenario, 200, {})
    assert (type(error), error.path) == (sdk.DeserializationError, path)


@pytest.mark.parametrize("scenario", [models, tools, picture])
@pytest.mark.parametrize("data", [[], None])
def test_an_empty_list_is_a_list(world: World, scenario: Scenario, data: object) -> None:
    """A list without entries, also the null that Go writes for one, is a valid result."""
    result, _ = asked(world, scenario, 200, {"object": "list", "data": data})
    assert list(result.data or []) == []
