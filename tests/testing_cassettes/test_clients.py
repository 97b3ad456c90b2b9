"""The clients' endpoints recorded in front of a gateway, and played with the gateway gone: the same answers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inference_gateway_sdk import InferenceGatewayClient
from inference_gateway_sdk.embedded import ScriptedProvider, running
from inference_gateway_sdk.testing.cassettes import cassette
from inference_gateway_sdk.testing.cassettes.file import load
from support.worlds import World
from testing_cassettes.playing import Played, Scenario, outcome

pytestmark = pytest.mark.wire
PNG = b"\x89PNG\r\n\x1a\n\x00\xff"


@pytest.fixture(scope="module")
def gateway() -> Iterator[str]:
    """Return a scripted gateway."""
    with running(scripted=ScriptedProvider()) as url:
        yield url


@pytest.fixture
def played(world: World, tmp_path: Path) -> Played:
    """Return a cassette that is not recorded yet."""
    return Played(world, tmp_path / "it.json", token="sk-live-0123456789")


async def chunks(stream: Any) -> list[Any]:
    """Return every chunk of a stream, and its whole answer."""
    async with stream as opened:
        items = [item.to_dict() async for item in opened]
        final = await opened.final()
    return [*items, final.to_dict()]


async def listing(client: Any) -> Any:
    """List the models."""
    return (await client.list_models(provider="openai")).to_dict()


async def chat(client: Any) -> Any:
    """Make a chat with every character that JSON escapes."""
    return (await client.generate_content("openai/any", "Grüße, <b>&</b>!")).to_dict()


async def chat_stream(client: Any) -> Any:
    """Stream the same chat."""
    return await chunks(client.generate_content_stream("openai/any", "Tell me a long story"))


async def message(client: Any) -> Any:
    """Make a Messages call."""
    return (await client.create_message("anthropic/any", [{"role": "user", "content": "Hi"}], max_tokens=9)).to_dict()


async def message_stream(client: Any) -> Any:
    """Stream the same message."""
    messages = [{"role": "user", "content": "Hi you there"}]
    return await chunks(client.create_message_stream("anthropic/any", messages, max_tokens=9))


async def response(client: Any) -> Any:
    """Make a Responses call."""
    return (await client.create_response("openai/any", "Hi")).to_dict()


async def response_stream(client: Any) -> Any:
    """Stream the same response."""
    return await chunks(client.create_response_stream("openai/any", "Hi you there"))


async def image(client: Any) -> Any:
    """Create an image, as base64 inside JSON."""
    return (await client.generate_image("a cat", model="openai/any")).to_dict()


async def image_edit(client: Any) -> Any:
    """Upload a form with bytes that are not text."""
    return (await client.create_image_edit(PNG, "a dog", model="openai/any")).to_dict()


async def speech(client: Any) -> Any:
    """Create a sound: bytes that are not text."""
    return (await client.create_speech("openai/any", "Hi", "alloy", response_format="wav")).bytes


async def speech_stream(client: Any) -> Any:
    """Stream the same sound."""
    async with client.create_speech_stream("openai/any", "Hi", "alloy", response_format="wav") as stream:
        return b"".join([piece async for piece in stream])


async def no_provider(client: Any) -> Any:
    """Make a refused call."""
    return await client.generate_content("nobodys-model", "Hi")


async def no_stream(client: Any) -> Any:
    """Make a refused stream."""
    return await chunks(client.generate_content_stream("nobodys-model", "Hi"))


SCENARIOS: list[Scenario] = [
    listing, chat, chat_stream, message, message_stream, response, response_stream, image, image_edit,
    speech, speech_stream, no_provider, no_stream,
]  # fmt: skip


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_an_endpoint_gives_the_same_when_the_server_is_gone(scenario: Scenario, gateway: str, played: Played) -> None:
    """Each endpoint plays the same typed answer or error, byte for byte, and the file has no token."""

    async def tried(client: Any) -> Any:
        return await outcome(scenario, client)

    live = played.record(gateway, tried)
    assert played.play(tried) == live
    assert played.play(tried, speed="original") == live
    assert len(played.exchanges()) == 1
    assert "0123456789" not in played.path.read_text("utf-8")


def test_a_whole_conversation_is_in_one_file(gateway: str, played: Played) -> None:
    """Calls of all kinds are in one file, in the order in which they were made."""

    async def talk(client: Any) -> Any:
        return [await outcome(scenario, client) for scenario in SCENARIOS]

    live = played.record(gateway, talk)
    assert played.play(talk) == live
    assert len(played.exchanges()) == len(SCENARIOS)


def test_both_clients_share_a_file(gateway: str, tmp_path: Path) -> None:
    """A recording of the blocking client plays for the async one."""
    live = Played(World("blocking"), tmp_path / "it.json").record(gateway, chat_stream)
    assert Played(World("async"), tmp_path / "it.json").play(chat_stream) == live


@pytest.mark.parametrize("name", ["blocking", "async"])
def test_a_driver_over_httpx2_is_recorded_too(name: str, gateway: str, tmp_path: Path) -> None:
    """A cassette wraps any transport that the client would use."""
    world = World(name, "httpx2")
    inner = world._httpx2()
    with cassette(tmp_path / "it.json") as tape:
        driver = tape.driver(inner) if world.blocking else tape.async_driver(inner)
        live = world.with_client(chat_stream, gateway, driver=driver)
    assert Played(World(name), tmp_path / "it.json").play(chat_stream) == live


def test_threads_record_whole_exchanges_and_play_their_own(gateway: str, tmp_path: Path) -> None:
    """Concurrent streams do not mix: each is one exchange with all its pieces, matched by its request."""
    path = tmp_path / "it.json"

    def talk(url: str, mode: Any) -> dict[int, str]:
        texts: dict[int, str] = {}
        with cassette(path, mode) as tape, InferenceGatewayClient(url, driver=tape.driver()) as client:

            def ask(number: int) -> None:
                with client.generate_content_stream("openai/any", f"question {number} of many") as stream:
                    texts[number] = "".join(chunk.text or "" for chunk in stream)

            threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return texts

    expected = {number: f"You wrote: question {number} of many" for number in range(12)}
    assert talk(gateway, "once") == expected
    assert len(load(path)) == 12
    assert talk("http://localhost:1", "none") == expected


def test_tasks_record_whole_exchanges_and_play_their_own(gateway: str, tmp_path: Path) -> None:
    """Concurrent tasks do not mix either, and the same request sent twice gets two recordings."""
    played = Played(World("async"), tmp_path / "it.json")

    async def talk(client: Any) -> list[Any]:
        async def ask(number: int) -> str:
            async with client.generate_content_stream("openai/any", f"question {number % 6} of many") as stream:
                return "".join([chunk.text or "" async for chunk in stream])

        return await asyncio.gather(*[ask(number) for number in range(12)])

    live = played.record(gateway, talk)
    assert live == [f"You wrote: question {number % 6} of many" for number in range(12)]
    assert len(played.exchanges()) == 12
    assert played.play(talk) == live
