"""Sound over a socket: the request, and the bytes of the response."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import inference_gateway_sdk as sdk
from support.server import Connection, Request, serving
from support.worlds import refused_unsent

if TYPE_CHECKING:
    from support.worlds import World

SOUND = b"ID3\x00\xff not text \x00"
MODEL = "openai/tts-1"


def gateway(connection: Connection, request: Request) -> None:
    """Answer every request with a sound."""
    connection.head(200, "audio/mpeg", length=len(SOUND))
    connection.send(SOUND)


CALLS = [
    (
        "create_speech",
        (MODEL, "Hello", "alloy"),
        {"speed": 1.5, "language": "de"},
        "/v1/audio/speech",
        {"model": MODEL, "input": "Hello", "voice": "alloy", "speed": 1.5, "language": "de"},
    ),
    (
        "create_sound_effect",
        (MODEL, "rain"),
        {"duration_seconds": 3, "loop": True},
        "/v1/audio/sfx",
        {"model": MODEL, "prompt": "rain", "duration_seconds": 3, "loop": True},
    ),
    (
        "create_music",
        (MODEL, "a waltz"),
        {"instrumental": True, "extra_body": {"seed": 1}},
        "/v1/audio/music",
        {"model": MODEL, "prompt": "a waltz", "instrumental": True, "seed": 1},
    ),
]


@pytest.mark.parametrize(("method", "arguments", "params", "path", "body"), CALLS)
def test_making_a_sound(
    method: str, arguments: tuple[Any, ...], params: dict[str, Any], path: str, body: dict[str, Any], world: World
) -> None:
    """The request is JSON, and the response's bytes are returned unchanged with their type."""
    with serving(gateway) as server:
        audio = world.with_client(lambda client: getattr(client, method)(*arguments, **params), server.url)
    (request,) = server.requests
    assert (request.method, request.target, request.json()) == ("POST", path, body)
    assert "audio/*" in request.headers["accept"]
    assert (audio.bytes, audio.content_type, audio.meta.status) == (SOUND, "audio/mpeg", 200)


def test_a_bare_name_with_its_provider(world: World) -> None:
    """Model and provider are sent in one form."""
    with serving(gateway) as server:
        world.with_client(lambda client: client.create_speech("tts-1", "x", "a", provider="openai"), server.url)
    assert server.requests[0].target == "/v1/audio/speech?provider=openai"
    assert server.requests[0].json()["model"] == "tts-1"


@pytest.mark.parametrize(
    ("body", "ctype", "kind", "part"),
    [
        ({"error": {"message": "slow down", "code": 429}}, "application/json", sdk.RateLimitError, "slow down"),
        ({"error": "odd"}, "application/json; charset=utf-8", sdk.StatusError, "200: odd"),
        ({"a": 1}, "application/json", sdk.DecodingError, "JSON instead of audio"),
        ({}, "text/html", sdk.DecodingError, "text/html instead of audio"),
        (None, "audio/mpeg", sdk.DecodingError, "no audio"),
    ],
)
def test_a_200_without_a_sound(body: Any, ctype: str, kind: type[Exception], part: str, world: World) -> None:
    """A 200 that is not a sound raises."""
    data = b"" if body is None else json.dumps(body).encode()

    def handler(connection: Connection, request: Request) -> None:
        connection.head(200, ctype, length=len(data))
        connection.send(data)

    with serving(handler) as server, pytest.raises(kind, match=part):
        world.with_client(lambda client: client.create_music(MODEL, "x"), server.url)


@pytest.mark.parametrize(
    ("status", "message", "kind", "part"),
    [
        (404, "Requested route is not found", sdk.NotFoundError, "newer than 0.48 serve audio"),
        (404, "The Audio API is not enabled.", sdk.NotFoundError, "AUDIO_ENABLED=true"),
        (400, "The Audio API is not supported by this provider yet.", sdk.BadRequestError, "elevenlabs"),
        (400, "Provider not found.", sdk.BadRequestError, "newer gateway"),
        (401, "unauthorized", sdk.UnauthorizedError, "INFERENCE_GATEWAY_TOKEN"),
        (504, "Request timed out", sdk.GatewayTimeoutError, "SERVER_READ_TIMEOUT"),
    ],
)
def test_what_this_gateway_does_not_do(
    status: int, message: str, kind: type[sdk.StatusError], part: str, world: World
) -> None:
    """A gateway that is closed or too old, and a provider without sound, raise with the remedy."""

    def handler(connection: Connection, request: Request) -> None:
        connection.json({"error": message}, status)

    async def scenario(client: Any) -> Any:
        return await client.create_sound_effect(MODEL, "x", max_retries=0)

    with serving(handler) as server, pytest.raises(kind) as caught:
        world.with_client(scenario, server.url)
    assert (caught.value.message, caught.value.model) == (message, MODEL)
    assert part in str(caught.value.hint)


@pytest.mark.parametrize(
    ("call", "kind", "part"),
    [
        (lambda client: client.create_speech(MODEL, "", "alloy"), ValueError, "input is empty"),
        (lambda client: client.create_speech(MODEL, "x" * 4097, "alloy"), ValueError, "input must have at most 4096"),
        (lambda client: client.create_speech(MODEL, "x", None), TypeError, "voice must be a string"),
        (lambda client: client.create_speech(MODEL, "x", "a", speed=9), ValueError, "speed must be at most 4"),
        (lambda client: client.create_speech(MODEL, "x", "a", language="deu"), ValueError, "language must match"),
        (lambda client: client.create_speech(MODEL, "x", "a", sped=1), TypeError, "did you mean 'speed'"),
        (lambda client: client.create_sound_effect(MODEL, "x", duration_seconds=31), ValueError, "at most 30"),
        (lambda client: client.create_music(MODEL, None), TypeError, "prompt must be a string"),
        (lambda client: client.create_music("", "x"), ValueError, "model is empty"),
    ],
)
def test_bad_input_is_refused_before_sending(call: Any, kind: type[Exception], part: str) -> None:
    """The message names the argument, and nothing is sent."""
    refused_unsent(call, kind, part)


def test_a_sound_is_saved(tmp_path: Path) -> None:
    """`save` writes the bytes and returns the path."""
    saved = sdk.Audio(bytes=SOUND, content_type="audio/mpeg").save(tmp_path / "a.mp3")
    assert saved.read_bytes() == SOUND


def test_a_sound_is_a_value() -> None:
    """A sound compares, copies and pickles, shows no bytes, and plays in a notebook."""
    audio = sdk.Audio(bytes=SOUND, content_type="audio/mpeg")
    assert pickle.loads(pickle.dumps(audio)) == copy.copy(audio) == audio
    assert audio != sdk.Audio(bytes=b"", content_type="audio/mpeg")
    assert (repr(audio), audio.meta) == ("Audio(<16 bytes>, 'audio/mpeg')", None)
    assert audio._repr_html_().startswith('<audio controls src="data:audio/mpeg;base64,SUQzAP8g')


def test_a_servers_words_stay_words() -> None:
    """A content type with markup does not become a part of the notebook."""
    assert "<script" not in sdk.Audio(bytes=SOUND, content_type='x"><script>')._repr_html_()
