"""Errors, answers and clients survive pickling and copying with all their fields, and clients without secrets."""

from __future__ import annotations

import copy
import pickle
import ssl
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import inference_gateway_sdk as sdk
from inference_gateway_sdk import errors
from support.server import ANSWER, GOOD, MODELS, event, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.server import Connection, Request
    from support.worlds import World

KINDS = [getattr(errors, name) for name in errors.__all__]
ANSWERS = {
    "CreateChatCompletionResponse": {**ANSWER, "vendor": {"deep": [1, None]}},
    "CreateChatCompletionStreamResponse": {
        "id": "c1",
        "choices": [{"index": 0, "delta": {"content": "x", "novel": 1}}],
        "created": 1,
        "model": "m",
        "object": "chat.completion.chunk",
    },
    "ListModelsResponse": MODELS,
    "ListToolsResponse": {
        "object": "list",
        "data": [{"name": "mcp_x", "description": "", "server": "s", "input_schema": {}}],
    },
    "MessagesResponse": {
        "id": "m1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [{"type": "text", "text": "Hello"}, {"type": "novel", "x": 1}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 1, "output_tokens": 1},
    },
    "Response": {"id": "r1", "object": "response", "created_at": 1, "status": "completed", "model": "m", "output": []},
    "ImagesResponse": {"created": 1, "data": [{"b64_json": "aGk="}], "background": "x"},
    "Error": {"error": "no", "message": "why"},
}


def _copies() -> list[Callable[[Any], Any]]:
    """Yield every way to copy a value."""
    pickles = [partial(_pickled, protocol=protocol) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)]
    return [copy.copy, copy.deepcopy, *pickles]


def _pickled(value: Any, protocol: int) -> Any:
    return pickle.loads(pickle.dumps(value, protocol))


def _meta() -> sdk.Meta:
    """Return a Meta as an answer has it."""

    def handler(connection: Connection, _: Request) -> None:
        connection.json(ANSWER, 200, "X-Some: a", "X-Some: b", "X-Selected-Provider: groq")

    with serving(handler) as server, sdk.InferenceGatewayClient(server.url, proxy=None) as client:
        meta = client.generate_content("a/b", "hi").meta
    assert meta is not None
    return meta


FACTS: dict[type[sdk.GatewayError], dict[str, Any]] = {
    sdk.RequestError: {"url": "http://gateway/v1", "elapsed": 1.5, "attempts": 3},
    sdk.TimeoutError: {"limit": "response", "seconds": 2.0},
    sdk.StatusError: {
        "status": 429,
        "code": "c",
        "body": {"error": "no"},
        "headers": {"x": "y"},
        "request_id": "r",
        "provider": "groq",
        "model": "groq/llama",
        "retry_after": 3.0,
    },
    sdk.StreamStalledError: {"limit": "idle", "seconds": 2.0, "elapsed": 2.1, "chunks": 4},
    sdk.DeserializationError: {"path": "$.choices", "text": "{}"},
    sdk.SerializationError: {"path": "$.messages[0]"},
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_survives(kind: type[sdk.GatewayError]) -> None:
    """Every error comes back with its class, text, facts, partial and meta, by pickle of any protocol and by copy."""
    facts: dict[str, Any] = {"hint": "try this", "partial": _answer("CreateChatCompletionResponse"), "meta": _meta()}
    for parent, own in FACTS.items():
        if issubclass(kind, parent):
            facts.update(own)
    error = kind("what went wrong", **facts)
    error.add_note("seen in a test")
    for way in _copies():
        twin = way(error)
        assert type(twin) is kind
        assert (str(twin), repr(twin), twin.args) == (str(error), repr(error), error.args)
        assert twin.message == "what went wrong"
        assert {name: getattr(twin, name) for name in facts} == facts
        assert twin.__notes__ == ["seen in a test"]


def test_every_error_is_made_by_its_message_alone() -> None:
    """Each class can be made without facts, as in users' tests, and its text is then only the message."""
    for kind in KINDS:
        assert str(kind("no")) == "no"
        assert str(kind()) == ""


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_survives(name: str) -> None:
    """Every type of answer comes back equal, unknown fields and unknown variants included."""
    answer = _answer(name)
    for way in _copies():
        twin = way(answer)
        assert type(twin) is type(answer)
        assert twin == answer
        assert twin.to_dict() == ANSWERS[name] == answer.to_dict()


def test_a_deep_copy_shares_nothing() -> None:
    """A change of a deep copy does not affect the answer, in fields known and unknown."""
    answer = _answer("CreateChatCompletionResponse")
    twin = copy.deepcopy(answer)
    twin.choices[0].message.content = "changed"
    assert answer.text == "Hello"


def test_answers_that_came_over_the_wire(world: World) -> None:
    """Answers of calls and streams survive with their meta, raw bytes and completeness."""

    def handler(connection: Connection, request: Request) -> None:
        if request.method == "GET":
            connection.json(MODELS)
        elif request.json().get("stream"):
            connection.events(*GOOD[:3])
        else:
            connection.json(ANSWER)

    async def scenario(client: Any) -> list[Any]:
        async with client.generate_content_stream("a/b", "hi", on_truncation="return") as stream:
            cut = await stream.final()
        return [await client.generate_content("a/b", "hi"), await client.list_models(), cut]

    with serving(handler) as server:
        answers = world.with_client(scenario, server.url)
    for answer in answers:
        for way in _copies():
            twin = way(answer)
            assert twin == answer
            assert twin.meta == answer.meta
            assert twin.meta.headers["CONTENT-TYPE"] == answer.meta.headers["content-type"]
    assert [getattr(way(answers[2]), "complete") for way in _copies()] == [False] * len(_copies())  # noqa: B009


def test_errors_that_came_over_the_wire(world: World) -> None:
    """A stream's error survives with the partial answer, its meta and its message unchanged."""

    def handler(connection: Connection, _: Request) -> None:
        connection.events(*GOOD[:3], event({"error": {"message": "over", "code": 503}}))

    async def scenario(client: Any) -> sdk.GatewayError:
        with pytest.raises(sdk.ServiceUnavailableError) as caught:
            async with client.generate_content_stream("a/b", "hi") as stream:
                await stream.final()
        return caught.value

    with serving(handler) as server:
        error = world.with_client(scenario, server.url)
    for way in _copies():
        twin = way(error)
        assert (twin.partial.text, twin.status, twin.meta) == ("Hello", 503, error.meta)
        assert twin.partial == error.partial


def test_a_pickled_client_has_its_settings_and_no_secrets(world: World) -> None:
    """A client is restored with its address and limits; the pickle has no token, headers or proxy."""
    client = _inner(
        world.client(
            "http://gateway.test/base",
            "tok-secret-1",
            headers={"X-Api-Key": "head-secret-2"},
            proxy="http://user:pass-secret-3@proxy.test:3128",
            timeout=sdk.Timeouts(response=7),
            max_retries=5,
            max_tokens=9,
        )
    )
    pickled = pickle.dumps(client)
    assert b"secret" not in pickled
    twin = pickle.loads(pickled)
    assert type(twin) is type(client)
    assert twin.base_url == "http://gateway.test/base/v1"
    assert pickle.dumps(twin) == pickled


def test_a_restored_client_works(world: World) -> None:
    """A restored client calls the same gateway, with the token of the environment that it is restored in."""
    with serving(lambda connection, _: connection.json(ANSWER)) as server:
        client = _inner(world.client(server.url, "of-here", max_tokens=9))

        async def scenario() -> None:
            twin = pickle.loads(pickle.dumps(client))
            if world.blocking:
                with twin:
                    assert twin.generate_content("a/b", "hi").text == "Hello"
            else:
                async with twin:
                    assert (await twin.generate_content("a/b", "hi")).text == "Hello"

        world.run(scenario)
    assert "authorization" not in server.requests[0].headers
    assert server.requests[0].json()["max_tokens"] == 9


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy])
def test_a_copied_client_is_the_same_client(way: Callable[[Any], Any], world: World) -> None:
    """A copy made in this process keeps token and headers and shares the connections."""

    async def scenario(client: Any) -> None:
        await client.generate_content("a/b", "hi")
        twin = way(_inner(client))
        answer = twin.generate_content("a/b", "hi")
        assert (answer if world.blocking else await answer).text == "Hello"

    with serving(lambda connection, _: connection.json(ANSWER)) as server:
        world.with_client(scenario, server.url, "tok", headers={"X-Own": "1"})
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer tok"] * 2
    assert [request.headers["x-own"] for request in server.requests] == ["1"] * 2
    assert server.connections == 1


def _answer(name: str) -> Any:
    return getattr(sdk, name).from_dict(ANSWERS[name])


def _inner(client: Any) -> Any:
    return getattr(client, "inner", client)


def test_a_pickled_client_keeps_how_it_connects_and_what_it_offers() -> None:
    """Connection options, certificate paths and tools are pickled with the client."""
    tools = [{"type": "function", "function": {"name": "f"}}]
    client = sdk.InferenceGatewayClient("http://localhost:1", proxy=None, max_connections=7, tools=tools)
    again = pickle.loads(pickle.dumps(client))
    assert again.__reduce__() == client.__reduce__()
    assert again.__reduce__()[1][2]["max_connections"] == 7
    assert list(again.__reduce__()[1][2]["tools"]) == tools


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"tls": ssl.create_default_context()}, "SSLContext"),
        ({"driver": object()}, "driver"),
    ],
)
def test_a_client_that_cannot_be_pickled_raises(options: dict[str, Any], what: str) -> None:
    """An option that is local to the process, or secret, raises instead of being dropped silently."""
    client = sdk.InferenceGatewayClient("http://localhost:1", **{"proxy": None, **options})
    with pytest.raises(TypeError, match=what):
        pickle.dumps(client)


def test_an_unpickled_client_names_what_stayed_behind(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """In its text, and in the hint of a 401; a new token, or one in the environment, ends both."""
    monkeypatch.delenv("INFERENCE_GATEWAY_TOKEN", raising=False)

    def handler(connection: Connection, request: Request) -> None:
        if request.headers.get("authorization"):
            connection.json(MODELS)
        else:
            connection.json({"error": "unauthorized"}, 401)

    with serving(handler) as server:
        client = _inner(world.client(server.url, "of-there", headers={"X-A": "b"}, tags={"a": "b"}))
        there = pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(client))))
        assert repr(there) == f"<{type(client).__name__} {client.base_url}, unpickled without token, headers, tags>"
        assert "unpickled" not in repr(client)

        async def scenario() -> None:
            if world.blocking:
                there.list_models()
            else:
                await there.list_models()

        with pytest.raises(sdk.UnauthorizedError, match=r"did not travel.*INFERENCE_GATEWAY_TOKEN"):
            world.run(scenario)
        again = there.with_token("of-here")
        assert "without headers, tags>" in repr(again)
    monkeypatch.setenv("INFERENCE_GATEWAY_TOKEN", "of-here")
    assert "without headers, tags>" in repr(pickle.loads(pickle.dumps(client)))


def test_a_stream_is_not_pickled(world: World) -> None:
    """The error names what can be: the answer."""
    client = _inner(world.client("http://127.0.0.1:9"))
    with pytest.raises(TypeError, match=r"pickle the answer, stream.final\(\)"):
        pickle.dumps(client.generate_content_stream("a/b", "Hi"))


def test_a_pickled_proxy_keeps_its_address_and_no_password() -> None:
    """A restored client still uses the proxy, which then requires authentication."""
    client = sdk.InferenceGatewayClient("http://localhost:1", proxy="http://user:hidden@127.0.0.1:9")
    pickled = pickle.dumps(client)
    assert b"hidden" not in pickled
    assert pickle.loads(pickled).__reduce__()[1][2]["proxy"] == "http://127.0.0.1:9"
