"""Tools run for a streamed chat: every turn in one stream (gateway-behaviour.md#mcp-tools)."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from embedded.mcp.model import add, breaks, calls, fail, refuses, replies, sends
from embedded.waiting import until
from inference_gateway_sdk import RateLimitError, ServiceUnavailableError, StreamError, StreamTruncatedError
from support.server import DONE, USAGE, chunk

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded.mcp.model import Model
    from support.worlds import World

    Start = Callable[..., str]

pytestmark = pytest.mark.wire

CALL = chunk(
    delta={"tool_calls": [{"index": 0, "id": "t", "function": {"name": "mcp_python_add", "arguments": '{"a": 1}'}}]}
)


def post(url: str) -> httpx2.Response:
    """Return the answer to a streamed chat."""
    chat = {"model": "openai/m", "messages": [{"role": "user", "content": "hi"}], "stream": True}
    return httpx2.post(f"{url}/v1/chat/completions", json=chat, timeout=20, trust_env=False)


def read(world: World, url: str) -> tuple[list[Any], Any]:
    """Return the chunks of our client's stream, and its whole answer."""

    async def scenario(client: Any) -> tuple[list[Any], Any]:
        async with client.generate_content_stream("openai/m", "hi", max_retries=0) as stream:
            chunks = [chunk async for chunk in stream]
            await stream.final()
            return chunks, stream.turns

    return world.with_client(scenario, url)


def test_our_clients_see_the_turns(world: World, start: Start, model: Model) -> None:
    """Each turn is a separate message with its calls and usage, and calls run by the gateway are marked."""
    model.turns = [
        calls(("mcp_python_add", {"a": 1}), ("mcp_python_add", {"a": 2}), id="one", text="Let me see"),
        calls(("mcp_python_fail", {"reason": "no luck"}), id="two"),
        replies("Done"),
    ]
    chunks, turns = read(world, start(add, fail))
    assert [turn.text for turn in turns] == ["Let me see", None, "Done"]
    called = [[(call.function.name, json.loads(call.function.arguments)) for call in turn.tool_calls] for turn in turns]
    assert called == [
        [("mcp_python_add", {"a": 1}), ("mcp_python_add", {"a": 2})],
        [("mcp_python_fail", {"reason": "no luck"})],
        [],
    ]
    assert all(call.ran_on_gateway for turn in turns for call in turn.tool_calls)
    assert [turn.usage.total_tokens for turn in turns] == [3, 3, 3]
    assert "".join(chunk.text or "" for chunk in chunks) == "Let me seeDone"
    assert model.results() == ["3", "4", "Error: no luck"]
    assert all(asked["stream_options"] == {"include_usage": True} for asked in model.asked)


def test_the_frames_are_the_providers(start: Start, model: Model) -> None:
    """The provider's frames arrive unchanged, comments included, except for its markers between the turns."""
    first = [b": wait\n\n", chunk(delta={"role": "assistant"}), CALL, chunk(finish="tool_calls"), USAGE]
    second = [b": wait\n\n", chunk("Hi", id="c2"), chunk(finish="stop", id="c2"), USAGE]
    model.turns = [sends(*first, DONE), sends(*second, DONE)]
    answer = post(start(add))
    assert answer.content == b"".join([*first, *second, DONE])
    assert answer.headers["content-type"] == "text/event-stream"


def test_the_turn_goes_back_whole(start: Start, model: Model) -> None:
    """The model gets its own turn back whole, thoughts and signatures included."""
    model.turns = [
        sends(
            chunk(delta={"role": "assistant", "reasoning_content": "Hm"}),
            chunk("Let "),
            chunk("me", delta={"reasoning_content": "m"}),
            chunk(delta={"tool_calls": [{"id": "a", "function": {"name": "mcp_python_add"}}]}),
            chunk(delta={"tool_calls": [{"function": {"arguments": '{"a"'}}]}),
            chunk(delta={"tool_calls": [{"function": {"arguments": ": 5}"}}]}),
            chunk(
                delta={
                    "tool_calls": [
                        {
                            "id": "b",
                            "function": {"name": "mcp_python_add", "arguments": "{}"},
                            "extra_content": {"google": {"thought_signature": "s"}},
                        }
                    ]
                }
            ),
            b"data: what is this\n\n",
            chunk(finish="tool_calls", index=1),
            chunk(finish="tool_calls"),
            DONE,
        ),
        replies("7"),
    ]
    post(start(add))
    parsed = model.asked[1]["messages"][1]
    assert (parsed["content"], parsed["reasoning_content"]) == ("Let me", "Hmm")
    assert [(call["id"], call["function"]["arguments"]) for call in parsed["tool_calls"]] == [
        ("a", '{"a": 5}'),
        ("b", "{}"),
    ]
    assert parsed["tool_calls"][1]["extra_content"] == {"google": {"thought_signature": "s"}}
    assert model.results() == ["7", "Error: Object missing required field `a`"]


def test_ten_rounds_are_the_end(world: World, start: Start, model: Model) -> None:
    """After ten rounds of tools the eleventh turn is the last, and its calls are not run."""
    model.turns = [
        *(calls(("mcp_python_add", {"a": number}), id=f"turn{number}") for number in range(11)),
        replies("never"),
    ]
    _, turns = read(world, start(add))
    assert len(turns) == len(model.asked) == 11
    assert [turn.tool_calls[0].ran_on_gateway for turn in turns] == [True] * 10 + [False]


def test_a_first_error_has_its_status(world: World, start: Start, model: Model) -> None:
    """Before the first line an error is a response of its own, as without tools."""
    model.turns = [refuses(429)]
    url = start(add)
    answer = post(url)
    assert (answer.status_code, json.loads(answer.json()["error"])["error"]["message"]) == (429, "slow down")
    with pytest.raises(RateLimitError, match="slow down"):
        read(world, url)


def test_a_later_error_is_a_frame_with_its_status(world: World, start: Start, model: Model) -> None:
    """Between turns an error is a readable frame and the end; our client raises it with the partial answer."""
    model.turns = [
        calls(("mcp_python_add", {"a": 1}), text="Let me see"),
        refuses(429, b'{"error":\n{"message":"slow down"}}'),
    ]
    url = start(add)
    frame = post(url).content.rstrip().rpartition(b"\n\n")[2]
    parsed = json.loads(frame.removeprefix(b"data: "))["error"]
    assert (parsed["code"], parsed["message"]) == (
        429,
        'Failed to start streaming: {"error":\n{"message":"slow down"}}',
    )
    model.server.requests.clear()
    with pytest.raises(RateLimitError, match="slow down") as caught:
        read(world, url)
    assert caught.value.status == 429
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Let me see"


def test_an_error_of_the_providers_own_ends_the_turns(world: World, start: Start, model: Model) -> None:
    """An error in place of a chunk is relayed, and the tools called before it are not run."""
    model.turns = [sends(CALL, b'data: {"error": {"message": "overloaded", "code": 503}}\n\n')]
    url = start(add)
    with pytest.raises(ServiceUnavailableError, match="overloaded"):
        read(world, url)
    assert len(model.asked) == 1


@pytest.mark.parametrize("turn", [breaks(CALL), sends(CALL)], ids=["broken off", "cut short"])
def test_a_turn_without_a_finish_ends_everything(world: World, start: Start, model: Model, turn: Any) -> None:
    """The tools of a truncated turn are not run, and the client sees the truncation."""
    model.turns = [turn]
    url = start(add)
    with pytest.raises(StreamError):
        read(world, url)
    assert len(model.asked) == 1


def test_a_later_turn_that_breaks_off_breaks_the_stream(world: World, start: Start, model: Model) -> None:
    """A break in the second turn is the stream's; the data before it is kept."""
    model.turns = [calls(("mcp_python_add", {"a": 1})), breaks(chunk("Hel", id="end"))]
    url = start(add)
    with pytest.raises(StreamTruncatedError) as caught:
        read(world, url)
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hel"


def test_what_breaks_behind_a_finish_is_whole(world: World, start: Start, model: Model) -> None:
    """A connection that breaks between a turn's finish and its end loses nothing: the tools are run."""
    model.turns = [breaks(CALL, chunk(finish="tool_calls")), replies("3")]
    _, turns = read(world, start(add))
    assert [turn.text for turn in turns] == [None, "3"]


def test_a_client_that_leaves_frees_the_provider(start: Start, model: Model) -> None:
    """Closing the connection in the second turn ends the provider's stream at once."""

    def endless(connection: Any, _: Any) -> None:
        connection.head(200, "text/event-stream")
        while True:
            connection.chunk(chunk("x", id="end"))
            connection.pause(0.01)

    model.turns = [calls(("mcp_python_add", {"a": 1})), endless]
    chat = {"model": "openai/m", "messages": [], "stream": True}
    url = f"{start(add)}/v1/chat/completions"
    with httpx2.Client(trust_env=False) as client, client.stream("POST", url, json=chat, timeout=20) as answer:
        for line in answer.iter_lines():
            if '"end"' in line:
                break
    until(lambda: not model.server.open_connections)


def test_a_client_that_leaves_ends_a_tool(start: Start, model: Model) -> None:
    """A running tool is cancelled when its client disconnects."""
    begun, ended = threading.Event(), threading.Event()

    async def wait() -> str:
        begun.set()
        try:
            await asyncio.sleep(30)  # cancelled long before
        finally:
            ended.set()
        return "late"

    model.turns = [calls(("mcp_python_wait", {}))]
    chat = {"model": "openai/m", "messages": [], "stream": True}
    url = f"{start(wait)}/v1/chat/completions"
    with httpx2.Client(trust_env=False) as client, client.stream("POST", url, json=chat, timeout=20):
        assert begun.wait(10)
    assert ended.wait(10)
