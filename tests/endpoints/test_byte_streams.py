"""Byte streams over a socket: sound, and a provider's own answers through the proxy."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import pytest

import inference_gateway_sdk as sdk
from support.server import DONE, GOOD, Connection, Request, serving

if TYPE_CHECKING:
    from support.worlds import World

MODEL = "openai/tts-1"
PIECES = [b"ID3\x00", b"\xff\xfe" * 2000, b"{not json"]
BODY = b"".join(PIECES)


def sound(connection: Connection, request: Request) -> None:
    """Send a sound in three pieces."""
    connection.head(200, "audio/mpeg")
    for piece in PIECES:
        connection.chunk(piece)
        connection.pause(0.01)
    connection.end()


def failing_then(status: int, then: Any) -> Any:
    """Return a handler that fails once."""
    failed: list[int] = []

    def handler(connection: Connection, request: Request) -> None:
        if not failed:
            failed.append(status)
            connection.json({"error": "x"}, status)
        else:
            then(connection, request)

    return handler


async def taken(stream: Any) -> bytes:
    """Return all pieces, as a loop gets them."""
    pieces = [piece async for piece in stream]
    assert all(isinstance(piece, bytes) and piece for piece in pieces)
    return b"".join(pieces)


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda client: client.create_speech_stream(MODEL, "Hello", "alloy", speed=2), "/v1/audio/speech"),
        (lambda client: client.create_sound_effect_stream(MODEL, "rain"), "/v1/audio/sfx"),
        (lambda client: client.create_music_stream(MODEL, "a waltz"), "/v1/audio/music"),
    ],
)
def test_sound_as_it_comes(call: Any, path: str, world: World) -> None:
    """Every byte comes, in order, and the stream has their type."""

    async def scenario(client: Any) -> Any:
        async with call(client) as stream:
            assert (stream.content_type, stream.meta.status) == ("audio/mpeg", 200)
            return await taken(stream)

    with serving(sound) as server:
        assert world.with_client(scenario, server.url) == BODY
    (request,) = server.requests
    assert (request.method, request.target, request.json()["model"]) == ("POST", path, MODEL)
    assert "audio/*" in request.headers["accept"]


def test_nothing_is_sent_before_the_block(world: World) -> None:
    """Making a stream checks the arguments and sends nothing."""

    async def scenario(client: Any) -> None:
        client.create_speech_stream(MODEL, "Hello", "alloy")
        with pytest.raises(ValueError, match="speed"):
            client.create_speech_stream(MODEL, "Hello", "alloy", speed=100)

    with serving(sound) as server:
        world.with_client(scenario, server.url)
    assert server.requests == []


def test_the_rest_at_once(world: World) -> None:
    """`read` returns the rest that a loop has not read."""

    async def scenario(client: Any) -> Any:
        async with client.create_music_stream(MODEL, "x") as stream:
            first = await anext(aiter(stream))
            return first + await stream.read()

    with serving(sound) as server:
        assert world.with_client(scenario, server.url) == BODY


def test_the_connection_is_used_again(world: World) -> None:
    """A stream that was read to its end returns its connection to the pool."""

    async def scenario(client: Any) -> None:
        for _ in range(3):
            async with client.create_music_stream(MODEL, "x") as stream:
                await stream.read()

    with serving(sound) as server:
        world.with_client(scenario, server.url)
        assert server.connections == 1


def test_a_failure_before_the_first_byte_is_repeated(world: World) -> None:
    """A failure before the first byte is retried."""

    async def scenario(client: Any) -> Any:
        async with client.create_music_stream(MODEL, "x", max_retries=1) as stream:
            assert stream.meta.attempts == 2
            return await stream.read()

    with serving(failing_then(503, sound)) as server:
        assert world.with_client(scenario, server.url) == BODY


@pytest.mark.parametrize("end", ["reset", "close"])
def test_a_sound_that_is_cut(end: str, world: World) -> None:
    """The data of a truncated sound is handed over before the error."""

    def handler(connection: Connection, request: Request) -> None:
        connection.head(200, "audio/mpeg")
        connection.chunk(PIECES[0])
        connection.pause(0.05)
        getattr(connection, end)()

    async def scenario(client: Any) -> None:
        got = b""
        with pytest.raises(sdk.StreamTruncatedError, match="the connection broke"):
            async with client.create_music_stream(MODEL, "x") as stream:
                async for piece in stream:
                    got += piece
        assert got == PIECES[0]

    with serving(handler) as server:
        world.with_client(scenario, server.url)
    assert len(server.requests) == 1


def test_a_sound_that_stalls(world: World) -> None:
    """The limits of a stream apply to bytes too."""

    def handler(connection: Connection, request: Request) -> None:
        connection.head(200, "audio/mpeg")
        connection.chunk(PIECES[0])
        connection.stall()

    async def scenario(client: Any) -> None:
        with pytest.raises(sdk.StreamStalledError) as caught:
            async with client.create_music_stream(MODEL, "x", timeout=sdk.Timeouts(idle=0.2)) as stream:
                await stream.read()
        assert caught.value.limit == "idle"

    with serving(handler) as server:
        world.with_client(scenario, server.url)


@pytest.mark.parametrize(
    ("body", "ctype", "kind", "part"),
    [
        ({"error": {"message": "slow down", "code": 429}}, "application/json", sdk.RateLimitError, "slow down"),
        ({"a": 1}, "application/json", sdk.DecodingError, "JSON instead of audio"),
        ("Welcome", "text/html; charset=utf-8", sdk.DecodingError, "text/html instead of audio"),
        ("", "audio/mpeg", sdk.StreamError, "no sound"),
    ],
)
def test_a_200_without_a_sound(body: Any, ctype: str, kind: type[Exception], part: str, world: World) -> None:
    """A 200 that is not a sound raises on entering."""
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()

    def handler(connection: Connection, request: Request) -> None:
        connection.head(200, ctype, length=len(data))
        connection.send(data)

    async def scenario(client: Any) -> None:
        with pytest.raises(kind, match=part):
            async with client.create_music_stream(MODEL, "x", max_retries=0):
                raise AssertionError("entered")

    with serving(handler) as server:
        world.with_client(scenario, server.url)


def test_leaving_early(world: World) -> None:
    """A stream left in the middle frees or closes its connection without a warning, and cannot be read on."""

    async def scenario(client: Any) -> None:
        async with client.create_music_stream(MODEL, "x") as stream:
            async for _ in stream:
                break
        with pytest.raises(RuntimeError, match="closed"):
            await stream.read()
        async with client.create_music_stream(MODEL, "x") as stream:
            assert await stream.read() == BODY

    with serving(sound) as server, warnings.catch_warnings():
        warnings.simplefilter("error")
        world.with_client(scenario, server.url)


def chat(connection: Connection, request: Request) -> None:
    """Send a provider's own event stream, of which one event is larger than a read."""
    big = b"event: big\ndata: " + b"x" * 100_000 + b"\n\n"
    connection.events(*GOOD[:3], big, DONE[:-1], more=("X-Request-Id: req_1",))


async def proxied(client: Any, **options: Any) -> Any:
    """Return a provider's stream through the proxy."""
    body = {"model": "gpt-4o", "stream": True}
    return client.proxy_stream("openai", "chat/completions", method="POST", json=body, **options)


def test_a_providers_own_events(world: World) -> None:
    """The provider's stream comes with its headers, requested so that its status is not hidden."""

    async def scenario(client: Any) -> Any:
        async with await proxied(client) as stream:
            assert stream.meta.headers["x-request-id"] == "req_1"
            return [event async for event in stream.events()]

    with serving(chat) as server:
        events = world.with_client(scenario, server.url)
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/proxy/openai/chat/completions")
    assert request.headers["accept"] == "text/event-stream, application/json"
    assert request.json() == {"model": "gpt-4o", "stream": True}
    assert [event.data for event in events[:3]] == [piece[6:-2].decode() for piece in GOOD[:3]]
    assert (events[3].event, len(events[3].data), events[4].data) == ("big", 100_000, "[DONE]")


def test_a_providers_own_bytes(world: World) -> None:
    """The stream read as bytes equals the sent data."""

    async def scenario(client: Any) -> Any:
        async with await proxied(client) as stream:
            return await taken(stream)

    with serving(chat) as server:
        body = world.with_client(scenario, server.url)
    assert body.startswith(b"".join(GOOD[:3])) and body.endswith(DONE[:-1])


def test_an_empty_answer_through_the_proxy(world: World) -> None:
    """An empty answer of a provider is not an error."""

    def handler(connection: Connection, request: Request) -> None:
        connection.head(200, "application/octet-stream", length=0)

    async def scenario(client: Any) -> Any:
        async with client.proxy_stream("openai", "files/1/content") as stream:
            return await stream.read()

    with serving(handler) as server:
        assert world.with_client(scenario, server.url) == b""
    assert server.requests[0].method == "GET"


def test_the_provider_refuses(world: World) -> None:
    """The provider's error raises on entering, with its class."""

    def handler(connection: Connection, request: Request) -> None:
        connection.json({"error": {"message": "slow down"}}, 429, "Retry-After: 7")

    async def scenario(client: Any) -> None:
        with pytest.raises(sdk.RateLimitError) as caught:
            async with await proxied(client, max_retries=0):
                raise AssertionError("entered")
        assert (caught.value.retry_after, caught.value.provider) == (7.0, "openai")

    with serving(handler) as server:
        world.with_client(scenario, server.url)


def test_a_write_is_not_repeated_by_accident(world: World) -> None:
    """A POST that failed in transit is not retried, because the provider may have acted."""

    async def scenario(client: Any) -> None:
        with pytest.raises(sdk.BadGatewayError):
            async with await proxied(client):
                raise AssertionError("entered")

    with serving(failing_then(502, chat)) as server:
        world.with_client(scenario, server.url)
    assert len(server.requests) == 1


def test_a_refusal_before_sending(world: World) -> None:
    """Arguments that `proxy` refuses, the stream refuses too."""

    async def scenario(client: Any) -> None:
        with pytest.raises(ValueError, match="repeats the version"):
            client.proxy_stream("openai", "v1/models")
        with pytest.raises(ValueError, match="replaces the provider's status"):
            client.proxy_stream("openai", "models", headers={"Accept": "text/event-stream"})

    with serving(chat) as server:
        world.with_client(scenario, server.url)
    assert server.requests == []


def test_what_a_stream_shows(world: World) -> None:
    """Its repr has the request and the state."""

    async def scenario(client: Any) -> str:
        stream = client.create_music_stream(MODEL, "x")
        return repr(stream.inner if world.blocking else stream)

    with serving(sound) as server:
        shown = world.with_client(scenario, server.url)
    assert shown == f"<{'' if world.blocking else 'Async'}ByteStream POST /audio/music new>"
