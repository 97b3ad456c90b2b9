"""Runs with fallback: each route's request is rendered from the transcript, and the run goes on at the new route."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from failover.routes import CUT, STREAM, TEXT, URL, WORDS, Reply, Transport, event, refusal
from inference_gateway_sdk import AllRoutesFailedError, Fallback, Restarted, StreamTruncatedError, TextDelta
from support.worlds import World, refused_unsent

A, B = "openai/a", "mistral/b"
DOWN = refusal(503, "down")


@pytest.fixture(params=["async", "blocking"])
def world(request: pytest.FixtureRequest) -> World:
    """Run a test with each of the two clients."""
    return World(request.param)


def warm(city: str) -> str:
    """Return whether it is warm in a city."""
    return f"yes, in {city}"


def calls(call_id: str = "call_1234567890") -> Reply:
    """Return a streamed answer that calls `warm`."""
    function = {"name": "warm", "arguments": '{"city":"Oslo"}'}
    delta = {"role": "assistant", "tool_calls": [{"index": 0, "id": call_id, "type": "function", "function": function}]}
    chunks = [{"index": 0, "delta": delta}, {"index": 0, "delta": {}, "finish_reason": "tool_calls"}]
    body = [
        b"data: " + json.dumps({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
                                "choices": [chunk]}).encode() + b"\n\n" for chunk in chunks
    ]  # fmt: skip
    return Reply(body=(*body, b"data: [DONE]\n\n"))


def run(world: World, transport: Transport, *, fallback: Any = (B,), **options: Any) -> Any:
    """Make a run. Return its result."""

    async def scenario(client: Any) -> Any:
        return await client.run(A, "Is it warm in Oslo?", fallback=fallback, **options)

    return world.with_client(scenario, URL, **transport.options(world))


def test_a_run_goes_on_at_the_route_that_answered(world: World) -> None:
    """A round that fails is asked of the next route, in its form, and later rounds begin there."""
    transport = Transport({A: [calls(), DOWN], B: [calls("b23456789"), STREAM]})
    result = run(world, transport, tools=[warm])
    assert (result.output, transport.models) == (TEXT, [A, A, A, B, B])
    assert [call.output for call in result.calls] == ["yes, in Oslo"] * 2
    first, last = transport.bodies[0], transport.bodies[3]
    assert (last["messages"][0], last["tools"][0]["function"]["name"]) == (first["messages"][0], "warm")
    (sent,) = last["messages"][1]["tool_calls"]
    assert (len(sent["id"]), last["messages"][2]["tool_call_id"]) == (9, sent["id"])  # as Mistral wants it
    assert [entry.provider for entry in result.transcript.entries if hasattr(entry, "provider")] == [
        "openai", "mistral", "mistral",
    ]  # fmt: skip


def test_a_move_lists_its_losses() -> None:
    """`run.losses` has the parts that the new model does not receive, and is empty without a move."""
    thinking = b'data: {"choices":[{"index":0,"delta":{"role":"assistant","reasoning_content":"Hm"}}]}\n\n'
    first = Reply(body=(thinking, *calls().body))
    moved = run(World("async"), Transport({A: [first, DOWN], B: [STREAM]}), tools=[warm])
    assert [loss.path for loss in moved.losses]
    stayed = run(World("async"), Transport({A: [first, STREAM]}), tools=[warm])
    assert stayed.losses == []


class Answer(msgspec.Struct):
    """An output type."""

    warm: bool


def test_the_output_mode_is_that_of_the_new_provider(world: World) -> None:
    """Each provider is constrained to the output type in its own way."""
    text = Reply(body=(event('{"warm": true}'), event(None, "stop"), b"data: [DONE]\n\n"))
    transport = Transport({A: [DOWN], "deepseek/b": [text]})
    result = run(world, transport, output=Answer, fallback=["deepseek/b"])
    assert transport.bodies[0]["response_format"]["type"] == "json_schema"
    assert "response_format" not in transport.bodies[-1]
    assert "tools" in transport.bodies[-1]
    assert (result.output_mode, result.output) == ("tool", Answer(warm=True))


def test_the_run_steps_down_before_it_moves(world: World) -> None:
    """A 400 about the output mode changes the request at the same route, as it does without fallback."""
    refused = refusal(400, "response_format json_schema is not supported", "unsupported_parameter")
    text = Reply(body=(event('{"warm": true}'), event(None, "stop"), b"data: [DONE]\n\n"))
    transport = Transport({A: [refused, text], B: [STREAM]})
    assert run(world, transport, output=Answer).output == Answer(warm=True)
    assert transport.models == [A, A]


def test_a_run_whose_answer_breaks(world: World) -> None:
    """`run` hands nothing over before its end: a round that breaks is asked of the next route."""
    transport = Transport({A: [CUT], B: [STREAM]})
    assert run(world, transport).output == TEXT
    transport = Transport({A: [CUT], B: [DOWN]})
    with pytest.raises(AllRoutesFailedError) as caught:
        run(world, transport)
    assert caught.value.partial.finish == ""
    assert [one.model for one in caught.value.tried] == [A, B]


def deltas(world: World, transport: Transport, fallback: Any) -> list[Any]:
    """Read the deltas of a run."""

    async def scenario(client: Any) -> Any:
        async with client.run_stream(A, "Hi", fallback=fallback) as stream:
            return [delta async for delta in stream.deltas()]

    found: list[Any] = world.with_client(scenario, URL, **transport.options(world))
    return found


def test_a_delta_commits_a_round(world: World) -> None:
    """After the first delta a round does not move, unless it may restart."""
    with pytest.raises(StreamTruncatedError):
        deltas(world, Transport({A: [CUT], B: [STREAM]}), [B])
    found = deltas(world, Transport({A: [CUT], B: [STREAM]}), Fallback(B, after_content="restart"))
    assert found[2] == Restarted(B)
    assert [one.text for one in found if isinstance(one, TextDelta)] == [*WORDS[:2], *WORDS]
    found = deltas(world, Transport({A: [DOWN], B: [STREAM]}), [B])
    assert [one.text for one in found if isinstance(one, TextDelta)] == [*WORDS]


@pytest.mark.parametrize("view", ["text", "items"])
def test_views_of_a_run_that_cannot_show_a_restart(view: str) -> None:
    """`text()` and `items()` refuse after_content="restart" before anything is sent."""
    fallback = Fallback(B, after_content="restart")

    async def read(client: Any) -> None:
        async with client.run_stream(A, "Hi", output=list[int], fallback=fallback) as stream:
            async for _ in getattr(stream, view)():
                pass

    refused_unsent(read, ValueError, "cannot show a restart: use deltas")


def test_a_bad_fallback_of_a_run() -> None:
    """A bad fallback of a run is refused before anything is sent."""
    refused_unsent(lambda client: client.run(A, "Hi", fallback=[]), ValueError, "fallback is empty")
    refused_unsent(lambda client: client.run(A, "Hi", fallback=["b"]), ValueError, "has no provider")
