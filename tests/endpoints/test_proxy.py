"""A provider's own API through the gateway, over a socket: the request, the response, and the refusals."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import inference_gateway_sdk as sdk
from inference_gateway_sdk._wire.proxy import negotiate, proxy_call
from support.server import Connection, Request, serving
from support.worlds import refused_unsent

if TYPE_CHECKING:
    from support.worlds import World


def gateway(connection: Connection, request: Request) -> None:
    """Return a provider's answer with headers of its own."""
    connection.json({"object": "list", "novel": 1}, 201, "X-Request-Id: req_1", "X-RateLimit-Remaining: 7")


def test_a_get(world: World) -> None:
    """The path is joined to the provider's part at the gateway's root, and the whole answer is returned."""

    async def scenario(client: Any) -> Any:
        return await client.proxy("openai", "models/gpt 4o", query={"limit": "2", "after": "a&b"})

    with serving(gateway) as server:
        reply = world.with_client(scenario, server.url + "/v1", "tok")
    (request,) = server.requests
    assert (request.method, request.target) == ("GET", "/proxy/openai/models/gpt%204o?limit=2&after=a%26b")
    assert (request.headers["accept"], request.headers["authorization"]) == ("application/json", "Bearer tok")
    assert request.body == b""
    assert (reply.status, reply.headers["x-ratelimit-remaining"], reply.json()) == (
        201,
        "7",
        {"object": "list", "novel": 1},
    )
    assert (reply.body, reply.text) == (b'{"object": "list", "novel": 1}', '{"object": "list", "novel": 1}')
    assert (reply.meta.status, reply.meta.attempts) == (201, 1)


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"json": {"a": "ä"}}, '{"a":"ä"}'.encode()),
        ({"json": []}, b"[]"),
        ({"json": False}, b"false"),
        ({"content": '{"a": 1.0}'}, b'{"a": 1.0}'),
        ({"content": b"{}"}, b"{}"),
        ({}, b""),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "patch", "DELETE"])
def test_a_body(method: str, body: dict[str, Any], sent: bytes, world: World) -> None:
    """A body is sent as JSON, with the given method."""
    with serving(gateway) as server:
        world.with_client(lambda client: client.proxy("cohere", "v1/chat", method=method, **body), server.url)
    (request,) = server.requests
    assert (request.method, request.path, request.body) == (method.upper(), "/proxy/cohere/v1/chat", sent)
    assert request.headers.get("content-type") == ("application/json" if body else None)


def test_headers_go_on(world: World) -> None:
    """Headers of the call and of the client are sent once each; Accept and Content-Type replace ours."""
    headers = {"Accept": "text/event-stream, application/json", "Content-Type": "application/json; v=2", "X-A": "1"}

    async def scenario(client: Any) -> Any:
        copy = client.with_options(headers={"accept": "text/event-stream", "X-B": "2"})
        return await copy.proxy("groq", "models", method="POST", json={}, headers=headers)

    with serving(gateway) as server:
        world.with_client(scenario, server.url)
    (request,) = server.requests
    assert (request.headers["accept"], request.headers["content-type"]) == (headers["Accept"], headers["Content-Type"])
    assert (request.headers["x-a"], request.headers["x-b"]) == ("1", "2")
    names = [line.partition(":")[0].lower() for line in request.lines]
    assert len(names) == len(set(names))


def test_the_provider_refuses(world: World) -> None:
    """The provider's status has its class, and its own headers are kept."""

    def handler(connection: Connection, request: Request) -> None:
        error = {"error": {"message": "slow down", "type": "t", "code": "c"}}
        connection.json(error, 429, "Retry-After: 7", "X-Request-Id: req_1")

    async def scenario(client: Any) -> Any:
        return await client.proxy("openai", "models", max_retries=0)

    with serving(handler) as server, pytest.raises(sdk.RateLimitError, match="slow down") as caught:
        world.with_client(scenario, server.url)
    error = caught.value
    assert (error.retry_after, error.request_id, error.code, error.provider) == (7.0, "req_1", "c", "openai")


@pytest.mark.parametrize(
    ("status", "message", "kind", "part"),
    [
        (400, "Provider requires an API key.", sdk.BadRequestError, "set GROQ_API_KEY there"),
        (400, "Provider not found.", sdk.BadRequestError, "newer gateway"),
        (502, "Failed to reach upstream server: connection refused", sdk.BadGatewayError, "GROQ_API_URL"),
        (401, "unauthorized", sdk.UnauthorizedError, "INFERENCE_GATEWAY_TOKEN"),
        (403, "request blocked by guardrails", sdk.ForbiddenError, None),
    ],
)
def test_the_gateway_refuses(
    status: int, message: str, kind: type[sdk.StatusError], part: str | None, world: World
) -> None:
    """The gateway's own refusals have their class and remedy as everywhere."""

    def handler(connection: Connection, request: Request) -> None:
        connection.json({"error": message}, status)

    async def scenario(client: Any) -> Any:
        return await client.proxy("groq", "models", max_retries=0)

    with serving(handler) as server, pytest.raises(kind) as caught:
        world.with_client(scenario, server.url)
    assert caught.value.hint is None if part is None else part in str(caught.value.hint)


@pytest.mark.parametrize(
    ("method", "status", "sends"), [("GET", 502, 2), ("POST", 502, 1), ("POST", 503, 2), ("DELETE", 500, 1)]
)
def test_a_write_is_not_repeated_by_accident(method: str, status: int, sends: int, world: World) -> None:
    """A read is retried as everywhere, a write only if the provider sent a Retry-After."""

    def handler(connection: Connection, request: Request) -> None:
        connection.json({"error": "x"}, status if len(server.requests) == 1 else 200)

    async def scenario(client: Any) -> None:
        try:
            await client.proxy("openai", "files", method=method, max_retries=1)
        except sdk.StatusError:
            assert sends == 1

    with serving(handler) as server:
        world.with_client(scenario, server.url)
    assert len(server.requests) == sends


def test_an_answer_that_is_no_json(world: World) -> None:
    """The bytes are available; reading them as JSON raises."""

    def handler(connection: Connection, request: Request) -> None:
        connection.head(200, "text/plain", length=3)
        connection.send(b"a\xffb")

    with serving(handler) as server:
        reply = world.with_client(lambda client: client.proxy("openai", "x"), server.url)
    assert (reply.body, reply.text) == (b"a\xffb", "a\ufffdb")
    with pytest.raises(sdk.DecodingError):
        reply.json()


EVENTS = {"Accept": "text/event-stream"}
FORM = {"Content-Type": "multipart/form-data; boundary=b"}


@pytest.mark.parametrize(
    ("call", "kind", "part"),
    [
        # The traps of the gateway's proxy
        (lambda c: c.proxy("openai", "v1/models"), ValueError, "repeats the version.* write 'models'"),
        (lambda c: c.proxy("openai", "/v1"), ValueError, "repeats the version"),
        (lambda c: c.proxy("google", "v1beta/models"), ValueError, "repeats the version"),
        (lambda c: c.proxy("openai", "x", headers=EVENTS), ValueError, "replaces the provider's status"),
        (lambda c: c.with_options(headers=EVENTS).proxy("openai", "x"), ValueError, "replaces the provider's status"),
        (lambda c: c.proxy("openai", "files", method="POST", content=b"--b", headers=FORM), ValueError, "multipart"),
        (lambda c: c.proxy("openai", "files", method="POST", files={"file": b"x"}), ValueError, "files cannot go"),
        (
            lambda c: c.proxy("openai", "x", method="POST", content="a", headers={"content-type": "text/event-stream"}),
            ValueError,
            "text/event-stream would arrive with the wrong type",
        ),
        (
            lambda c: c.proxy("anthropic", "messages", headers={"anthropic-version": "2023-06-01"}),
            ValueError,
            "and two would arrive",
        ),
        (lambda c: c.proxy("openai", "files/a%2Fb"), ValueError, "contains %2F"),
        (lambda c: c.proxy("openai", "../groq/models"), ValueError, "dot segment"),
        (lambda c: c.proxy("openai", "a/%2e%2E/b"), ValueError, "dot segment"),
        # Arguments
        (lambda c: c.proxy("OpenAI", "models"), ValueError, "write 'openai'"),
        (lambda c: c.proxy(3, "models"), TypeError, "provider must be a provider id"),
        (lambda c: c.proxy("openai", 3), TypeError, "path must be a string"),
        (lambda c: c.proxy("openai", "models?limit=1"), ValueError, "pass query parameters as query"),
        (lambda c: c.proxy("openai", "x", method="CONNECT"), ValueError, "method must be one of GET, POST"),
        (lambda c: c.proxy("openai", "x", method=3), TypeError, "method must be a string"),
        (lambda c: c.proxy("openai", "x", json={}), ValueError, 'which has no body: pass method="POST"'),
        (lambda c: c.proxy("openai", "x", query="a=1"), TypeError, "query must be a mapping"),
        (lambda c: c.proxy("openai", "x", query={"a": 1}), TypeError, "query must map strings to strings; 'a'"),
        (lambda c: c.proxy("openai", "x", json={}, content="{}"), ValueError, "json and content are both given"),
        (lambda c: c.proxy("openai", "x", method="PUT", content=3), TypeError, "content must be JSON as text or bytes"),
        (lambda c: c.proxy("openai", "x", json=object()), sdk.SerializationError, "object"),
        (lambda c: c.proxy("openai", "x", json={}, extra_body={}), TypeError, "unknown parameter 'extra_body'"),
    ],
)
def test_what_would_be_corrupted_or_hidden_is_refused(call: Any, kind: type[Exception], part: str) -> None:
    """The message names the argument and the reason, and nothing is sent."""
    refused_unsent(call, kind, part)


@given(st.text("a./%2eE\\", max_size=12))
def test_no_path_leaves_its_provider(path: str) -> None:
    """Any path is refused, or stays below the provider's part when resolved as a URL."""
    negotiated = negotiate((), "cohere", "application/json")
    try:
        call = proxy_call("cohere", path, "GET", negotiated, query=None, body=None)
    except ValueError:
        return
    segments = call.path.replace("%2e", ".").replace("%2E", ".").split("/")
    assert segments[:3] == ["", "proxy", "cohere"]
    assert not {".", ".."} & set(segments)


def test_a_reply_is_a_value() -> None:
    """A reply compares, pickles, and shows no bytes."""
    reply = sdk.ProxyReply(status=200, headers=sdk.Headers([("a", "b")]), body=b"secret")
    assert pickle.loads(pickle.dumps(reply)) == reply
    assert repr(reply) == "ProxyReply(200, <6 bytes>)"
