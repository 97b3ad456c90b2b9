"""The requests of the clients, and the metadata of their answers, observed by a server on a socket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import inference_gateway_sdk as sdk
from client.invented import Invented
from client.well import gateway, sent
from support.server import ANSWER, Connection, Request, serving

if TYPE_CHECKING:
    from support.worlds import World

AGENT = f"inference-gateway-sdk-python/{sdk.__version__}"


# Metadata of an answer


def test_meta_of_a_whole_answer(world: World) -> None:
    """A whole answer has status, headers, selection, time, attempts and its bytes."""

    async def scenario(client: Any) -> Any:
        return (await client.generate_content("fast", "hi")).meta

    with serving(gateway) as server:
        meta = world.with_client(scenario, server.url)
    assert (meta.status, meta.attempts) == (200, 1)
    assert (meta.selected_provider, meta.selected_model) == ("ollama", "smol")
    assert meta.headers["X-SELECTED-provider"] == "ollama"
    assert json.loads(meta.raw) == ANSWER
    assert 0 < meta.elapsed < 30


def test_meta_of_a_stream(world: World) -> None:
    """A stream has the same from its head on, without bytes, and its whole answer has it too."""

    async def scenario(client: Any) -> Any:
        async with client.generate_content_stream("fast", "hi") as stream:
            early = stream.meta
            answer = await stream.final()
        assert answer.meta == early
        return early

    with serving(gateway) as server:
        meta = world.with_client(scenario, server.url)
    assert (meta.status, meta.attempts, meta.raw) == (200, 1, None)
    assert (meta.selected_provider, meta.selected_model) == ("ollama", "smol")
    assert meta.headers["content-type"] == "text/event-stream"


def test_meta_without_a_selection(world: World) -> None:
    """Without the gateway's headers the selection is None, not a guess."""

    async def scenario(client: Any) -> Any:
        return (await client.list_models()).meta

    with serving(gateway) as server:
        meta = world.with_client(scenario, server.url)
    assert (meta.selected_provider, meta.selected_model) == (None, None)


def test_meta_counts_the_attempts(world: World) -> None:
    """An answer of the third attempt reports three attempts."""
    refusals = [503, 503]

    def handler(connection: Connection, request: Request) -> None:
        if refusals:
            connection.json({"error": "later"}, refusals.pop())
        else:
            gateway(connection, request)

    async def scenario(client: Any) -> Any:
        return (await client.generate_content("a/b", "hi")).meta

    with serving(handler) as server:
        meta = world.with_client(scenario, server.url, _runtime=Invented().runtime(world))
    assert meta.attempts == 3


# The request


@pytest.mark.parametrize("base", ["", "/", "/v1", "/v1/", "/gw", "/gw/v1", "/gw/v1//"])
def test_where_it_is_sent(base: str, world: World) -> None:
    """The address is given with or without /v1: API calls are below it, health is at the gateway's root."""

    async def scenario(client: Any) -> None:
        await client.generate_content("a/b", "hi")
        await client.list_models()
        assert await client.health_check() is True

    prefix = "/gw" if base.startswith("/gw") else ""
    requests = sent(world, scenario, base=base)
    assert [(request.method, request.target) for request in requests] == [
        ("POST", f"{prefix}/v1/chat/completions"),
        ("GET", f"{prefix}/v1/models"),
        ("GET", f"{prefix}/health"),
    ]


def test_the_headers_of_a_request(world: World) -> None:
    """A request has the headers that HTTP needs, our name and the token, once each, and nothing of the machine."""

    async def scenario(client: Any) -> None:
        await client.generate_content("a/b", "hi")
        await client.list_models()
        async with client.generate_content_stream("a/b", "hi") as stream:
            await stream.final()

    chat, models, stream = (request.headers for request in sent(world, scenario, "tok"))
    for headers in (chat, models, stream):
        assert headers["user-agent"] == AGENT
        assert headers["authorization"] == "Bearer tok"
        assert headers["host"].startswith("127.0.0.1:")
    assert (chat["accept"], chat["content-type"]) == ("application/json", "application/json")
    assert "text/event-stream" in stream["accept"]
    # alone it makes a proxied call lose its status (gateway-behaviour.md#proxy)
    assert stream["accept"] != "text/event-stream"
    assert not {"content-type", "content-length"} & models.keys()
    known = {"host", "user-agent", "accept", "accept-encoding", "content-type", "content-length", "authorization"}
    assert chat.keys() <= known | {"connection"}


def test_without_a_token_none_is_sent(world: World) -> None:
    """Without a token there is no Authorization header."""

    async def scenario(client: Any) -> None:
        await client.list_models()

    (request,) = sent(world, scenario)
    assert "authorization" not in request.headers


def test_the_environment_sets_address_and_token(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without arguments, address and token come from INFERENCE_GATEWAY_URL and INFERENCE_GATEWAY_TOKEN."""

    async def scenario(client: Any) -> None:
        await client.list_models()

    with serving(gateway) as server:
        monkeypatch.setenv("INFERENCE_GATEWAY_URL", server.url)
        monkeypatch.setenv("INFERENCE_GATEWAY_TOKEN", "of-the-environment")
        world.with_client(scenario)
        world.with_client(scenario, None, "of-the-argument")
    assert [request.headers["authorization"] for request in server.requests] == [
        "Bearer of-the-environment",
        "Bearer of-the-argument",
    ]


def test_the_default_address(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without arguments and environment the client uses a gateway on this machine."""
    monkeypatch.delenv("INFERENCE_GATEWAY_URL", raising=False)

    async def scenario(client: Any) -> str:
        return client.base_url

    assert world.with_client(scenario) == "http://localhost:8080/v1"


def test_the_body_of_a_chat(world: World) -> None:
    """A chat's body holds the arguments and nothing else; a bare string is one user message."""

    async def scenario(client: Any) -> None:
        await client.generate_content("a/b", "hi")
        await client.generate_content(
            "a/b",
            [{"role": "system", "content": "short"}, "hi", sdk.Message(role="assistant", content="yes"), "why?"],
            temperature=0.5,
            max_tokens=None,
            stop=["x"],
        )

    plain, rich = (request.json() for request in sent(world, scenario))
    assert plain == {"model": "a/b", "messages": [{"role": "user", "content": "hi"}]}
    assert rich == {
        "model": "a/b",
        "messages": [
            {"role": "system", "content": "short"},
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": "yes"},
            {"role": "user", "content": "why?"},
        ],
        "temperature": 0.5,
        "stop": ["x"],
    }


def test_the_body_of_a_stream(world: World) -> None:
    """A stream requests streaming and usage, unless an argument overrides it."""

    async def scenario(client: Any) -> None:
        for params in ({}, {"stream_options": {"include_usage": False}}):
            async with client.generate_content_stream("a/b", "hi", **params) as stream:
                await stream.final()

    usual, overridden = (request.json() for request in sent(world, scenario))
    assert (usual["stream"], usual["stream_options"]) == (True, {"include_usage": True})
    assert (overridden["stream"], overridden["stream_options"]) == (True, {"include_usage": False})


def test_answers_go_in_as_they_came(world: World) -> None:
    """The message of an answer is sent back with all its fields, known or not, as the next turn needs it."""
    message = {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": "t1",
                "type": "function",
                "function": {"name": "f", "arguments": "{}"},
                "extra_content": {"google": {"thought_signature": "s", "more": 1}},
                "vendor": 2,
            }
        ],
        "reasoning_details": [{"d": 1}],
    }
    answer = {**ANSWER, "choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}]}

    async def scenario(client: Any) -> None:
        reply = await client.generate_content("a/b", "hi")
        call = reply.tool_calls[0]
        result = {"role": "tool", "tool_call_id": call.id, "content": "18"}
        await client.generate_content("a/b", ["hi", reply.message, result])

    with serving(lambda connection, _: connection.json(answer)) as server:
        world.with_client(scenario, server.url)
    back = server.requests[1].json()["messages"][1]
    assert {**back, "content": None} == message


@pytest.mark.parametrize(
    ("model", "provider", "body", "query"),
    [
        ("openai/gpt-4o", None, "openai/gpt-4o", ""),
        ("gpt-4o", "openai", "gpt-4o", "provider=openai"),
        ("gpt-4o", sdk.Provider("openai"), "gpt-4o", "provider=openai"),
        ("openai/gpt-4o", "openai", "openai/gpt-4o", ""),
        ("OpenAI/gpt-4o", "openai", "OpenAI/gpt-4o", ""),
        ("meta/llama-3.1", "nvidia", "meta/llama-3.1", "provider=nvidia"),
        ("nvidia/meta/llama", None, "nvidia/meta/llama", ""),
        ("m", "one-of-tomorrow", "m", "provider=one-of-tomorrow"),
        ("fast", None, "fast", ""),
    ],
)
def test_model_and_provider(model: str, provider: Any, body: str, query: str, world: World) -> None:
    """Model and provider become the one form that the gateway understands (gateway-behaviour.md#routing)."""

    async def scenario(client: Any) -> None:
        await client.generate_content(model, "hi", provider=provider)
        async with client.generate_content_stream(model, "hi", provider=provider) as stream:
            await stream.final()

    for request in sent(world, scenario):
        assert request.json()["model"] == body
        assert request.target.partition("?")[2] == query


def test_a_bare_name_goes_out_and_comes_back_with_a_hint(world: World) -> None:
    """A name in neither form may be an alias and is sent; the gateway's 400 then names both forms."""

    async def scenario(client: Any) -> str:
        with pytest.raises(sdk.BadRequestError) as caught:
            await client.generate_content("gpt-4o", "hi")
        return str(caught.value)

    no = {"error": "Unable to determine provider for model. Please specify a provider ..."}
    with serving(lambda connection, _: connection.json(no, 400)) as server:
        text = world.with_client(scenario, server.url)
    assert server.requests[0].json()["model"] == "gpt-4o"
    for words in ("'gpt-4o' names no provider", 'model="openai/gpt-4o"', 'provider="openai" with model="gpt-4o"'):
        assert words in text


@pytest.mark.parametrize(
    ("args", "include", "query"),
    [
        ((), (), ""),
        (("groq",), (), "provider=groq"),
        ((sdk.Provider("groq"),), ["pricing"], "provider=groq&include=pricing"),
        ((), ("context_window", "pricing", "modalities"), "include=context_window,pricing,modalities"),
        ((), "context_window, pricing", "include=context_window,pricing"),
    ],
)
def test_listing_models(args: tuple[Any, ...], include: Any, query: str, world: World) -> None:
    """Several `include` values are sent as one parameter: of a repeated one the gateway reads only the first.

    See gateway-behaviour.md#model-listing.
    """

    async def scenario(client: Any) -> None:
        models = await client.list_models(*args, include=include)
        assert [model.id for model in models.data] == ["openai/ok"]

    (request,) = sent(world, scenario)
    assert request.target.partition("?")[2] == query


def test_listing_the_models_of_one_provider(world: World) -> None:
    """`list_models_by_provider` is `list_models` with a provider."""

    async def scenario(client: Any) -> None:
        await client.list_models_by_provider("groq")

    (request,) = sent(world, scenario)
    assert request.target == "/v1/models?provider=groq"


def test_options_of_one_call(world: World) -> None:
    """A call's headers, query and body fields are sent with it, and not with the next."""

    async def scenario(client: Any) -> None:
        await client.generate_content(
            "a/b",
            "hi",
            headers={"X-MCP-Bypass": "1", "USER-AGENT": "mine"},
            extra_query={"a b": "c&d", "e": "ü"},
        )
        with pytest.warns(UserWarning, match="the gateway silently drops top_k"):
            await client.generate_content("a/b", "hi", extra_body={"top_k": 5})
        await client.generate_content("a/b", "hi")

    first, second, third = sent(world, scenario, headers={"X-Own": "1"})
    assert (first.headers["x-mcp-bypass"], first.headers["user-agent"], first.headers["x-own"]) == ("1", "mine", "1")
    assert first.target == "/v1/chat/completions?a%20b=c%26d&e=%C3%BC"
    assert second.json()["top_k"] == 5
    assert (third.headers["user-agent"], third.target) == (AGENT, "/v1/chat/completions")
    assert "x-mcp-bypass" not in third.headers
    assert "top_k" not in third.json()
