"""Responses against llama.cpp's own endpoint, with a real model: another server that speaks OpenAI's newer dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from inference_gateway_sdk import Finish, Response, StatusError, TextDelta

if TYPE_CHECKING:
    from live.conftest import Live
    from support.worlds import World

pytestmark = pytest.mark.live

ASKED = "Say hello."


def test_a_whole_response(world: World, llama_cpp: Live) -> None:
    """A whole response has text, a status and usage."""

    async def scenario(client: Any) -> Any:
        return await client.create_response(llama_cpp.model, ASKED, max_output_tokens=16, temperature=0)

    answer = world.with_client(scenario, llama_cpp.url, llama_cpp.token)
    assert isinstance(answer, Response)
    assert answer.output_text
    assert answer.status in ("completed", "incomplete")
    assert answer.usage.input_tokens > 0
    assert 0 < answer.usage.output_tokens <= 16
    assert (answer.model, answer.complete) == (llama_cpp.own_name, True)


def test_a_stream_and_its_views(world: World, llama_cpp: Live) -> None:
    """The stream's text is the response's, and the shared view gives the same."""

    async def scenario(client: Any) -> Any:
        asked = {"temperature": 0, "max_output_tokens": 16}
        async with client.create_response_stream(llama_cpp.model, ASKED, **asked) as stream:
            text = "".join([piece async for piece in stream.text()])
            answer = await stream.final()
        async with client.create_response_stream(llama_cpp.model, ASKED, **asked) as stream:
            deltas = [one async for one in stream.deltas()]
        return text, answer, deltas

    text, answer, deltas = world.with_client(scenario, llama_cpp.url, llama_cpp.token)
    assert answer.output_text == text
    assert answer.complete
    assert answer.usage.output_tokens > 0
    assert "".join(one.text for one in deltas if isinstance(one, TextDelta)) == text
    assert isinstance(deltas[-1], Finish)


def test_a_conversation(world: World, llama_cpp: Live) -> None:
    """A response is sent back unchanged, and is answered."""

    async def scenario(client: Any) -> Any:
        first = await client.create_response(llama_cpp.model, ASKED, max_output_tokens=8, temperature=0)
        return await client.create_response(llama_cpp.model, [ASKED, first, "Again."], max_output_tokens=8)

    assert world.with_client(scenario, llama_cpp.url, llama_cpp.token).output_text


def test_a_request_that_is_refused(world: World, llama_cpp: Live) -> None:
    """A refusal of the server's own raises its class, with its message."""

    async def scenario(client: Any) -> None:
        with pytest.raises(StatusError) as caught:
            await client.create_response(llama_cpp.model, ASKED, previous_response_id="resp_1", max_retries=0)
        assert caught.value.message

    world.with_client(scenario, llama_cpp.url, llama_cpp.token)
