"""Several assistant turns in one stream: the gateway's own tools (MCP)."""

from __future__ import annotations

from typing import Any

import pytest

from client.misbehaviour import sends
from client.reading import ask, read_all, run
from inference_gateway_sdk import (
    StreamTruncatedError,
)
from support.server import DONE, USAGE, chunk, event
from support.worlds import World

pytestmark = pytest.mark.wire


# Turns of the gateway's own tools


def _turn(id: str, text: str | None = None, tool: str | None = None, *, role: bool = True) -> list[bytes]:
    pieces = [chunk(delta={"role": "assistant"}, id=id)] if role else []
    if text is not None:
        pieces += [chunk(part, id=id) for part in text]
    if tool is not None:
        call = {"index": 0, "id": f"{tool}-id", "type": "function", "function": {"name": tool, "arguments": ""}}
        pieces.append(chunk(delta={"tool_calls": [call]}, id=id))
        pieces.append(chunk(delta={"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}, id=id))
    return [*pieces, chunk(finish="tool_calls" if tool else "stop", id=id)]


TURNS = {
    "two turns": [*_turn("a", tool="mcp_x"), *_turn("b", "Hi"), DONE],
    "two turns, the second without a role": [*_turn("a", tool="mcp_x"), *_turn("b", "Hi", role=False), DONE],
    "three turns, the tools' names restarting": [
        *_turn("a", tool="mcp_x"),
        *_turn("b", tool="mcp_x"),
        *_turn("c", "Hi"),
        DONE,
    ],
    "three turns with text before the calls": [
        *_turn("a", "Let", tool="search"),
        *_turn("b", "me", tool="search"),
        *_turn("c", "Hi"),
        DONE,
    ],
    "three turns under the same id": [*_turn("a", tool="x"), *_turn("a", tool="y"), *_turn("a", "Hi"), DONE],
    "three turns without ids": [*_turn("", tool="x"), *_turn("", tool="y"), *_turn("", "Hi"), DONE],
    "two turns, each in one chunk": [
        chunk(None, "tool_calls", id="a", delta={"tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}),
        chunk("Hi", "stop", id="b"),
        DONE,
    ],
    "usage kept in the last turn": [*_turn("a", tool="mcp_x"), *_turn("c1", "Hi"), USAGE, DONE],
}


@pytest.mark.parametrize("name", TURNS)
def test_each_turn_is_an_answer_and_the_last_is_final(world: World, name: str) -> None:
    """Turns of one stream are separate; the calls of those before the last were run by the gateway."""
    pieces = TURNS[name]

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            await read_all(stream)
            turns, final = stream.turns, await stream.final()
        assert len(turns) == (3 if "three" in name else 2)
        assert final == turns[-1]
        assert (final.text, final.tool_calls, final.complete) == ("Hi", [], True)
        assert final.usage is None or final.usage.total_tokens == 3
        assert (final.usage is None) == ("usage" not in name)
        for turn in turns[:-1]:
            assert [(call.ran_on_gateway, call.function.arguments) for call in turn.tool_calls] == [(True, "{}")]

    run(world, scenario, sends(*pieces))


def test_tool_calls_of_the_last_turn_are_the_readers_to_run(world: World) -> None:
    """Calls that no other turn follows were not run, whatever their names."""
    pieces = [*_turn("a", tool="mcp_x"), *_turn("b", tool="mcp_y"), DONE]

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            final = await stream.final()
            assert [call.ran_on_gateway for call in stream.turns[0].tool_calls] == [True]
        assert [(call.function.name, call.ran_on_gateway) for call in final.tool_calls] == [("mcp_y", False)]

    run(world, scenario, sends(*pieces))


def test_a_turn_that_breaks_is_a_broken_stream(world: World) -> None:
    """Once a further turn has begun, the stream is whole only with its end; the earlier turns are kept."""
    pieces = [*_turn("a", tool="mcp_x"), *_turn("b", "Hi")[:2]]

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            with pytest.raises(StreamTruncatedError) as caught:
                await read_all(stream)
            assert [turn.complete for turn in stream.turns] == [True, False]
        assert caught.value.partial.text == "H"

    run(world, scenario, sends(*pieces))


def test_an_error_after_a_turn_with_tools_is_not_swallowed(world: World) -> None:
    """A failure of the gateway after its tools ran is an error, despite the finished turn."""
    error = event({"error": {"message": "the follow-up failed", "code": 502}})

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            with pytest.raises(Exception, match="the follow-up failed") as caught:
                await read_all(stream)
        assert [call.function.name for call in caught.value.partial.tool_calls] == ["mcp_x"]

    run(world, scenario, sends(*_turn("a", tool="mcp_x"), error, DONE))
