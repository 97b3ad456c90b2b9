"""Messages against llama.cpp's own endpoint, with a real model: another server that speaks Anthropic's dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from inference_gateway_sdk import BadRequestError, Finish, MessagesResponse, TextDelta

if TYPE_CHECKING:
    from live.conftest import Live
    from support.worlds import World

pytestmark = pytest.mark.live

ASKED = "Say hello."


def test_a_whole_message(world: World, llama_cpp: Live) -> None:
    """A whole message has text, a reason to stop and usage."""

    async def scenario(client: Any) -> Any:
        return await client.create_message(llama_cpp.model, ASKED, 16, temperature=0, system="Be brief.")

    answer = world.with_client(scenario, llama_cpp.url, llama_cpp.token)
    assert isinstance(answer, MessagesResponse)
    assert answer.text
    assert answer.stop_reason in ("end_turn", "max_tokens")
    assert answer.usage.input_tokens > 0
    assert 0 < answer.usage.output_tokens <= 16
    assert (answer.model, answer.complete) == (llama_cpp.own_name, True)


def test_a_stream_and_its_views(world: World, llama_cpp: Live) -> None:
    """The stream's text is the answer's, the shared view gives the same, and greedy answers are alike."""

    async def scenario(client: Any) -> Any:
        asked = {"temperature": 0, "max_tokens": 16}
        async with client.create_message_stream(llama_cpp.model, ASKED, **asked) as stream:
            text = "".join([piece async for piece in stream.text()])
            answer = await stream.final()
        async with client.create_message_stream(llama_cpp.model, ASKED, **asked) as stream:
            deltas = [one async for one in stream.deltas()]
        return text, answer, deltas

    text, answer, deltas = world.with_client(scenario, llama_cpp.url, llama_cpp.token)
    assert answer.text == text
    assert answer.complete
    assert answer.usage.output_tokens > 0
    assert "".join(one.text for one in deltas if isinstance(one, TextDelta)) == text
    assert isinstance(deltas[-1], Finish)
    assert deltas[-1].native == answer.stop_reason


def test_a_conversation(world: World, llama_cpp: Live) -> None:
    """An answer is sent back unchanged, and is answered."""

    async def scenario(client: Any) -> Any:
        first = await client.create_message(llama_cpp.model, ASKED, 8, temperature=0)
        return await client.create_message(llama_cpp.model, [ASKED, first, "Again."], 8, temperature=0)

    assert world.with_client(scenario, llama_cpp.url, llama_cpp.token).text


def test_a_prompt_over_the_context(world: World, llama_cpp: Live) -> None:
    """The server's own refusal raises its class, with its message, whole and streamed."""

    async def scenario(client: Any) -> None:
        for call in (client.create_message, client.create_message_stream):
            with pytest.raises(BadRequestError, match="context"):
                await _finished(call(llama_cpp.model, "word " * 20_000, 8))

    world.with_client(scenario, llama_cpp.url, llama_cpp.token)


async def _finished(call: Any) -> None:
    if hasattr(call, "__aenter__"):
        async with call as stream:
            await stream.final()
    else:
        await call
