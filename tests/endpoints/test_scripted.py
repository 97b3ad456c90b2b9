"""Both clients on the embedded gateway's scripted provider: every endpoint without a key, over a real socket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the extra `embedded` is not installed")

from inference_gateway_sdk.embedded import ScriptedProvider, running
from support.worlds import World


def run(world: World, scenario: Any) -> Any:
    """Run the scenario over a gateway that has a scripted provider."""
    with running(scripted=ScriptedProvider()) as url:
        return world.with_client(scenario, url)


def test_pictures_are_made_edited_and_saved(world: World, tmp_path: Path) -> None:
    """An image comes as bytes that are an image, goes back as an upload, and is written to a file."""

    async def scenario(client: Any) -> None:
        made = await client.generate_image("a red square", model="openai/any")
        [image] = made.data
        assert image.bytes().startswith(b"\x89PNG\r\n\x1a\n")
        path = tmp_path / f"{world.name}.png"
        image.save(path)
        for again in (
            await client.create_image_edit(path, "now blue", model="openai/any"),
            await client.create_image_variation(path, model="openai/any"),
        ):
            assert again.data[0].bytes().startswith(b"\x89PNG\r\n\x1a\n")

    run(world, scenario)


def test_sound_comes_whole_and_piece_by_piece(world: World) -> None:
    """Speech, effects and music are bytes of the announced type; the stream brings the same."""

    async def scenario(client: Any) -> None:
        speech = await client.create_speech("openai/any", "Good morning.", "alloy", response_format="wav")
        assert speech.bytes.startswith(b"RIFF")
        assert speech.content_type == "audio/wav"
        assert (await client.create_sound_effect("elevenlabs/any", "rain")).bytes
        assert (await client.create_music("elevenlabs/any", "a waltz")).bytes
        async with client.create_speech_stream("openai/any", "Good morning.", "alloy", response_format="wav") as stream:
            pieces = [piece async for piece in stream]
        assert b"".join(pieces) == speech.bytes

    run(world, scenario)


def test_all_three_dialects_answer_whole_and_streamed(world: World) -> None:
    """Chat, Responses and Messages give the same text whole and streamed."""

    async def scenario(client: Any) -> None:
        chat = await client.generate_content("openai/any", "hello there")
        response = await client.create_response("openai/any", "hello there")
        message = await client.create_message("anthropic/any", "hello there", 64)
        assert "hello there" in chat.text
        async with client.generate_content_stream("openai/any", "hello there") as stream:
            assert (await stream.final()).text == chat.text
        async with client.create_response_stream("openai/any", "hello there") as stream:
            assert (await stream.final()).output_text == response.output_text
        async with client.create_message_stream("anthropic/any", "hello there", 64) as stream:
            assert (await stream.final()).text == message.text

    run(world, scenario)
