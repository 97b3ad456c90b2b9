"""A stream with tools as v0.48 sends it, which a client must handle (gateway-behaviour.md#mcp-tools, quirks)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from embedded.mcp.model import add, breaks, calls, refuses, replies, sends
from inference_gateway_sdk import StreamError
from inference_gateway_sdk.embedded import Access, McpSettings
from support.server import DONE, USAGE, chunk

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded.mcp.model import Model
    from support.worlds import World

    Start = Callable[..., str]

pytestmark = pytest.mark.wire

CALL = chunk(delta={"tool_calls": [{"index": 0, "id": "t", "function": {"name": "mcp_add", "arguments": '{"a": 1}'}}]})


def post(url: str, **more: Any) -> httpx2.Response:
    """Return the answer to a streamed chat."""
    chat = {"model": "openai/m", "messages": [{"role": "user", "content": "hi"}], "stream": True, **more}
    return httpx2.post(f"{url}/v1/chat/completions", json=chat, timeout=20, trust_env=False)


def is_json(text: str) -> bool:
    """Return whether a client can parse it."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def test_turns_are_cut_at_their_finish(start: Start, model: Model) -> None:
    """Data after a finish is lost, usage above all; lines without "data: " and its space are dropped."""
    first = [chunk(delta={"role": "assistant"}), CALL, chunk(finish="tool_calls")]
    second = [chunk("Hi", id="c2"), chunk(finish="stop", id="c2")]
    model.turns = [
        sends(b": wait\n\n", b"event: x\n", *first, USAGE, DONE),
        sends(b"data:{}\n\n", *second, USAGE, DONE),
    ]
    answer = post(start(add, quirks="v0.48"))
    assert answer.content == b"".join([*first, *second, DONE])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream")


def test_usage_survives_another_finish(start: Start, model: Model) -> None:
    """A turn that ends for its length is read to its end."""
    turn = [chunk("Hi"), chunk(finish="length"), USAGE]
    model.turns = [sends(*turn, DONE)]
    assert post(start(add, quirks="v0.48")).content == b"".join([*turn, DONE])


def test_our_clients_see_the_turns(world: World, start: Start, model: Model) -> None:
    """The turns are separate all the same, and the last is the answer."""
    model.turns = [calls(("mcp_add", {"a": 1}), id="one"), replies("Done")]

    async def scenario(client: Any) -> Any:
        async with client.generate_content_stream("openai/m", "hi") as stream:
            final = await stream.final()
            return final, stream.turns

    final, turns = world.with_client(scenario, start(add, quirks="v0.48"))
    assert (final.text, final.usage) == ("Done", None)
    assert [[call.ran_on_gateway for call in turn.tool_calls] for turn in turns] == [[True], []]


@pytest.mark.parametrize(
    ("body", "status", "readable"),
    [
        (b'{"error": {"message": "slow down"}}', 200, False),
        (b'{\n"error": 1}', 200, False),
        (b"boom", 503, True),
    ],
)
def test_an_error_is_relayed_unescaped_in_its_frame(
    start: Start, model: Model, body: bytes, status: int, *, readable: bool
) -> None:
    """An error is relayed unescaped in its frame, mostly not as JSON, under 200 unless parseable; `[DONE]` follows."""
    model.turns = [refuses(429, body)]
    answer = post(start(add, quirks="v0.48"))
    assert answer.content == b'data: {"error": "Failed to start streaming: ' + body + b'"}\n\n' + DONE
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/event-stream")
    frames = [line for line in answer.text.splitlines() if line.startswith("data: {")]
    assert frames[0].endswith("}") == (b"\n" not in body)
    assert is_json(frames[0].removeprefix("data: ")) == readable


def test_our_clients_survive_such_an_error(world: World, start: Start, model: Model) -> None:
    """A later turn's broken frame raises an error with the partial answer."""
    model.turns = [calls(("mcp_add", {"a": 1}), text="Let me see"), refuses(429)]

    async def scenario(client: Any) -> None:
        async with client.generate_content_stream("openai/m", "hi", max_retries=0) as stream:
            async for _ in stream:
                pass

    url = start(add, quirks="v0.48")
    with pytest.raises(StreamError, match="slow down") as caught:
        world.with_client(scenario, url)
    assert caught.value.partial.text == "Let me see"


def test_a_provider_that_cannot_be_reached(start: Start) -> None:
    """The error is that of the gateway's call to itself, line feed included."""
    unreachable = {"openai": Access(url="http://127.0.0.1:9/v1", key="k")}
    body = post(start(add, quirks="v0.48", access=unreachable)).content
    assert body.startswith(
        b'data: {"error": "Failed to start streaming: {"error":"Failed to reach upstream server: dial'
    )
    assert body.endswith(b'"}\n"}\n\n' + DONE)


def test_a_break_is_hidden(start: Start, model: Model) -> None:
    """A turn that breaks off ends the stream as if it were whole."""
    model.turns = [breaks(chunk("Hel"))]
    assert post(start(add, quirks="v0.48")).content == chunk("Hel") + DONE


def test_ten_rounds_are_the_end(start: Start, model: Model) -> None:
    """The tenth turn is the last."""
    model.turns = [calls(("mcp_add", {"a": 1}))]
    answer = post(start(add, quirks="v0.48"))
    assert (len(model.asked), answer.content.count(b'"finish_reason": "tool_calls"')) == (10, 10)


def test_size_and_lists_do_not_hold(start: Start, model: Model) -> None:
    """A stream passes the size limit and the lists of models, a whole answer the limit alone."""
    url = start(add, quirks="v0.48", max_body=300, disallowed_models=("openai/no",))
    assert post(url, user="u" * 300, model="openai/no").status_code == 200
    assert post(url, user="u" * 300, model="openai/m", stream=False).status_code == 200
    assert post(url, user="u" * 300, model="openai/no", stream=False).status_code == 403


@pytest.mark.parametrize("stream", [False, True])
def test_aliases_are_unknown(start: Start, *, stream: bool) -> None:
    """A pool's alias is a model without a provider while tools are offered, and resolved with X-MCP-Bypass."""
    url = start(add, quirks="v0.48", pools={"both": [("openai", "x"), ("openai", "y")]})
    answer = post(url, model="both", stream=stream)
    assert (answer.status_code, answer.json()) == (400, {"error": "Unsupported model: both"})
    chat = {"model": "both", "messages": []}
    headers = {"X-MCP-Bypass": "1"}
    plain = httpx2.post(f"{url}/v1/chat/completions", json=chat, headers=headers, trust_env=False)
    assert plain.headers["x-selected-provider"] == "openai"


NO_SERVER = ((), McpSettings(enabled=True, servers=("http://127.0.0.1:9/mcp",), reconnect_interval=None))
NO_TOOL = ((add,), McpSettings(exclude=("add",)))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("tools", "mcp"), [NO_SERVER, NO_TOOL], ids=["no server", "no tool allowed"])
def test_without_tools_no_chat_is_read(start: Start, tools: Any, mcp: McpSettings, *, stream: bool) -> None:
    """With MCP enabled and no tools, every chat is a 400, except with X-MCP-Bypass."""
    url = start(*tools, mcp=mcp, quirks="v0.48")
    answer = post(url, stream=stream)
    assert (answer.status_code, answer.json()) == (400, {"error": "Failed to decode request"})
    chat = {"model": "openai/m", "messages": []}
    headers = {"X-MCP-Bypass": "1"}
    assert httpx2.post(f"{url}/v1/chat/completions", json=chat, headers=headers, trust_env=False).status_code == 200
