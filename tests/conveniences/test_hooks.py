"""Hooks: their events for each attempt, and the effect of their exceptions."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

import inference_gateway_sdk as sdk
from client.invented import Invented
from inference_gateway_sdk import InferenceGatewayClient, RequestSent, ResponseReceived, RetryPlanned, Timeouts
from support.server import ANSWER, GOOD, Connection, Request, serving

if TYPE_CHECKING:
    from support.worlds import World

SECRET = "very-SECRET-value"
HEADERS = {"X-Api-Key": SECRET, "X-Session-Id": SECRET, "X-Trace": "t1", "X-Note": "Bearer 0123456789abcdef"}


class Seen(list[Any]):
    """A record of every event, in order."""

    def options(self) -> dict[str, Any]:
        return {"on_request": self.append, "on_response": self.append, "on_retry": self.append}


def failing_once(connection: Connection, request: Request) -> None:
    """Send a 503, then an answer, whole or streamed."""
    if request.connection == 1 and not getattr(connection, "failed", False):
        connection.failed = True  # type: ignore[attr-defined]
        connection.json({"error": "not yet"}, 503)
    elif request.json().get("stream"):
        connection.events(*GOOD)
    else:
        connection.json(ANSWER, 200, "X-Request-Id: r2")


async def whole(client: Any) -> Any:
    """Make a chat that is not streamed."""
    return await client.generate_content("openai/gpt-4o", "Hi", extra_query={"key": SECRET})


async def streamed(client: Any) -> Any:
    """Make a streamed chat."""
    async with client.generate_content_stream("openai/gpt-4o", "Hi", extra_query={"key": SECRET}) as stream:
        return await stream.final()


@pytest.mark.parametrize("call", [whole, streamed])
def test_hooks_see_every_try(world: World, call: Any) -> None:
    """A call with two attempts emits both requests, both responses and the delay between them, in order."""
    seen, invented = Seen(), Invented()
    with serving(failing_once) as server:
        options = {**seen.options(), "_runtime": invented.runtime(world)}
        answer = world.with_client(call, server.url, SECRET, headers=HEADERS, **options)
        url = f"{server.url}/v1/chat/completions"
    first, refused, retry, second, answered = seen
    assert (type(first), type(refused), type(retry)) == (RequestSent, ResponseReceived, RetryPlanned)
    assert (first.method, first.url, first.attempt) == ("POST", url, 1)
    assert (refused.status, refused.attempt, refused.url) == (503, 1, url)
    assert (retry.attempt, retry.url, [retry.delay]) == (1, url, invented.pauses)
    with pytest.warns(DeprecationWarning, match="pause is now delay"):
        assert retry.pause == retry.delay
    assert isinstance(retry.error, sdk.ServiceUnavailableError) and retry.error.meta == refused.meta
    assert (type(second), second.attempt) == (RequestSent, 2)
    assert (type(answered), answered.attempt, answered.status) == (ResponseReceived, 2, 200)
    assert answered.meta == answer.meta
    assert 0 <= answered.elapsed == answer.meta.elapsed < 10


def test_hooks_see_no_secret_of_the_request(world: World) -> None:
    """Token, keys and query are left out by name or by shape; other headers are shown as sent."""
    seen = Seen()
    with serving(failing_once) as server:
        with pytest.raises(sdk.ServiceUnavailableError):
            world.with_client(whole, server.url, SECRET, headers=HEADERS, max_retries=0, **seen.options())
        (sent,) = server.requests
    request, response = seen
    assert sent.headers["x-api-key"] == SECRET and SECRET in sent.target
    assert request.headers["x-trace"] == "t1" and request.headers["accept"] == "application/json"
    for name in ("authorization", "x-api-key", "x-session-id"):
        assert request.headers[name] == "..."
    shown = f"{dict(request.headers)} {request!r} {request.url} {response!r} {response.url}"
    assert SECRET not in shown and "0123456789abcdef" not in shown


def test_a_new_token_is_reported_as_a_retry(world: World) -> None:
    """A 401 with a renewable token is a retry without a delay; the next request is another attempt."""

    def gateway(connection: Connection, request: Request) -> None:
        if request.headers["authorization"].endswith("old"):
            connection.json({"error": "expired"}, 401)
        else:
            connection.json(ANSWER)

    seen, tokens = Seen(), iter(["old", "new"])
    with serving(gateway) as server:
        world.with_client(whole, server.url, lambda: next(tokens), max_retries=0, **seen.options())
    retry = seen[2]
    assert (type(retry.error), retry.delay, retry.attempt) == (sdk.UnauthorizedError, 0.0, 1)
    assert [type(event).__name__ for event in seen] == [
        "RequestSent",
        "ResponseReceived",
        "RetryPlanned",
        "RequestSent",
        "ResponseReceived",
    ]


@pytest.mark.parametrize("name", ["on_request", "on_response", "on_retry"])
@pytest.mark.parametrize("call", [whole, streamed])
def test_what_a_hook_raises_the_call_raises(world: World, name: str, call: Any) -> None:
    """An exception of a hook propagates unchanged, and the client and its connections stay usable."""

    class MyError(Exception):
        pass

    def hook(_: object) -> None:
        raise MyError

    async def scenario(client: Any) -> int:
        with pytest.raises(MyError):
            await call(client.with_options(**{name: hook}))
        return len((await whole(client)).text)

    with serving(failing_once) as server:
        assert world.with_client(scenario, server.url, max_retries=2, _runtime=Invented().runtime(world)) == 5
        bodies = [request.json() for request in server.requests]
    assert bodies, "the plain call went out"
    if name == "on_request":
        assert not bodies[0].get("stream"), "nothing is sent when on_request raises"


def test_a_granted_stream_is_closed_when_its_hook_raises(world: World) -> None:
    """A hook that raises while a stream is open does not leak its connection."""

    def gateway(connection: Connection, _: Request) -> None:
        connection.events(GOOD[0], end=False)
        connection.stall()

    async def scenario(client: Any) -> None:
        with pytest.raises(ZeroDivisionError):
            await streamed(client)
        until = time.monotonic() + 5
        while server.open_connections and time.monotonic() < until:
            await asyncio.sleep(0.02)
        assert not server.open_connections

    with serving(gateway) as server:
        world.with_client(scenario, server.url, on_response=lambda _: 1 / 0)
        assert len(server.requests) == 1


def test_a_hooks_time_is_not_the_servers(world: World) -> None:
    """Time in on_request does not count against the attempt's limits."""
    invented = Invented()

    def slow(_: object) -> None:
        invented.offset += 100

    def gateway(connection: Connection, _: Request) -> None:
        connection.json(ANSWER)

    with serving(gateway) as server:
        options = {"on_request": slow, "timeout": Timeouts(response=50, total=50), "_runtime": invented.runtime(world)}
        assert world.with_client(whole, server.url, max_retries=0, **options).meta.elapsed < 50


def test_hooks_of_a_copy_are_its_own(world: World) -> None:
    """`with_options` sets and removes hooks; the original keeps its own."""
    one, two = Seen(), Seen()

    async def scenario(client: Any) -> None:
        await client.with_options(on_request=two.append).list_models()
        await client.with_options(on_request=None).list_models()
        await client.list_models()

    def gateway(connection: Connection, _: Request) -> None:
        connection.json({"object": "list", "data": []})

    with serving(gateway) as server:
        world.with_client(scenario, server.url, on_request=one.append)
    assert (len(one), len(two), len(server.requests)) == (1, 1, 3)


def test_the_async_client_awaits_async_hooks() -> None:
    """An async hook completes before the call continues."""
    seen: list[str] = []

    async def hook(event: object) -> None:
        await asyncio.sleep(0)
        seen.append(type(event).__name__)

    async def run(url: str) -> None:
        options: dict[str, Any] = {"on_request": hook, "on_response": hook, "on_retry": hook}
        async with sdk.AsyncInferenceGatewayClient(url, proxy=None, **options) as client:
            await client.with_options(max_retries=1, timeout=5).generate_content("a/b", "Hi")

    with serving(failing_once) as server:
        asyncio.run(run(server.url))
    assert seen == ["RequestSent", "ResponseReceived", "RetryPlanned", "RequestSent", "ResponseReceived"]


def test_the_blocking_client_refuses_async_hooks() -> None:
    """An async hook in the blocking client raises, and nothing is sent."""

    async def hook(_: object) -> None: ...

    with serving(failing_once) as server:
        client: Any = InferenceGatewayClient(server.url, proxy=None, on_request=hook)  # type: ignore[arg-type]
        with client, pytest.raises(TypeError, match="on_request is an async function"):
            client.list_models()
        assert not server.requests


def test_a_hook_that_is_no_function_is_refused(world: World) -> None:
    """The refusal names the option."""
    with pytest.raises(TypeError, match="on_retry must be a function of one argument, got int"):
        world.with_client(whole, "http://localhost:1", on_retry=3)


@pytest.mark.parametrize(("given", "sent"), [({"mcp_bypass": True}, "true"), ({"mcp_bypass": False}, None), ({}, None)])
@pytest.mark.parametrize("call", ["generate_content", "generate_content_stream"])
def test_the_gateways_tools_can_be_kept_out(world: World, call: str, given: dict[str, Any], sent: str | None) -> None:
    """`mcp_bypass` is a header, and not a field of the body.

    See gateway-behaviour.md#mcp-tools: any value bypasses, so False sends none.
    """

    async def scenario(client: Any) -> None:
        if call == "generate_content":
            await client.generate_content("a/b", "Hi", **given)
        else:
            async with client.generate_content_stream("a/b", "Hi", **given) as stream:
                await stream.final()

    def gateway(connection: Connection, request: Request) -> None:
        if request.json().get("stream"):
            connection.events(*GOOD)
        else:
            connection.json(ANSWER)

    with serving(gateway) as server:
        world.with_client(scenario, server.url)
    (request,) = server.requests
    assert request.headers.get("x-mcp-bypass") == sent
    assert "mcp_bypass" not in request.json()


def test_a_bypass_that_is_no_boolean_is_refused(world: World) -> None:
    """A value that is not a boolean is refused, because the gateway would treat "false" as true."""

    async def scenario(client: Any) -> None:
        with pytest.raises(TypeError, match="mcp_bypass must be True or False, got str"):
            await client.generate_content("a/b", "Hi", mcp_bypass="false")

    world.with_client(scenario, "http://localhost:1")
