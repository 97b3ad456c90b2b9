"""Clients with other options, custom calls and streams, and the health check."""

from __future__ import annotations

import functools
import json
import pickle
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

import inference_gateway_sdk as sdk
from client.invented import Invented
from client.well import SELECTED, gateway, sent
from inference_gateway_sdk import Call, Idempotency, JsonEventDialect, Reply, StreamCall, Timeouts
from support.server import Connection, Request, serving

if TYPE_CHECKING:
    from support.worlds import World

# Copies with other options

TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
MINE = {"type": "function", "function": {"name": "g"}}


def test_copies_share_connections_and_leave_the_original_alone(world: World) -> None:
    """`with_…` makes a client with other options over the same connections; the original does not change."""

    async def scenario(client: Any) -> None:
        await client.generate_content("a/b", "plain")
        await client.with_token("other").generate_content("a/b", "token")
        await client.with_tools([TOOL]).generate_content("a/b", "tools")
        await client.with_max_tokens(7).generate_content("a/b", "max_tokens")
        copy = client.with_options(headers={"X-A": "1"}, timeout=Timeouts(response=9), max_retries=0, token=None)
        await copy.with_options(headers={"X-B": "2"}).generate_content("a/b", "options")
        await client.generate_content("a/b", "plain again")

    with serving(gateway) as server:
        world.with_client(scenario, server.url, "first")
    assert server.connections == 1
    by_name = {request.json()["messages"][0]["content"]: request for request in server.requests}
    assert by_name["token"].headers["authorization"] == "Bearer other"
    assert by_name["tools"].json()["tools"] == [TOOL]
    assert by_name["max_tokens"].json()["max_tokens"] == 7
    assert {"x-a", "x-b"} <= by_name["options"].headers.keys()
    assert "authorization" not in by_name["options"].headers
    for name in ("plain", "plain again"):
        request = by_name[name]
        assert request.headers["authorization"] == "Bearer first"
        assert request.json().keys() == {"model", "messages"}
        assert not {"x-a", "x-b"} & request.headers.keys()


def test_a_calls_own_options_win_over_the_clients(world: World) -> None:
    """A client's tools and limits apply only to calls that do not set their own."""

    async def scenario(client: Any) -> None:
        copy = client.with_tools([TOOL]).with_max_tokens(7)
        await copy.generate_content("a/b", "hi", tools=[MINE], max_tokens=3)
        await copy.generate_content("a/b", "hi", max_completion_tokens=4)
        async with copy.generate_content_stream("a/b", "hi") as stream:
            await stream.final()
        await copy.with_tools(None).with_max_tokens(None).generate_content("a/b", "hi")

    own, completion, stream, none = (request.json() for request in sent(world, scenario))
    assert (own["tools"], own["max_tokens"]) == ([MINE], 3)
    assert (completion["tools"], completion["max_completion_tokens"]) == ([TOOL], 4)
    assert "max_tokens" not in completion
    assert (stream["tools"], stream["max_tokens"]) == ([TOOL], 7)
    assert not {"tools", "max_tokens"} & none.keys()


def test_a_temperature_and_a_timeout_of_the_client(world: World) -> None:
    """The temperature is for chats that name none, whole and streamed; the timeout bounds each call."""

    async def scenario(client: Any) -> None:
        copy = client.with_temperature(0.2).with_timeout(30)
        await copy.generate_content("a/b", "hi")
        await copy.generate_content("a/b", "hi", temperature=1)
        async with copy.generate_content_stream("a/b", "hi") as stream:
            await stream.final()
        await copy.with_temperature(None).generate_content("a/b", "hi")

    bodies = [request.json() for request in sent(world, scenario)]
    assert [body.get("temperature") for body in bodies] == [0.2, 1, 0.2, None]
    client = sdk.InferenceGatewayClient("http://127.0.0.1:9", temperature=0)
    assert pickle.loads(pickle.dumps(client))._settings.temperature == 0
    assert client.with_timeout(3)._settings.timeouts.total == 3


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [("hot", TypeError, "^temperature must be a number, got str"), (2.5, ValueError, "^temperature must be at most 2")],
)
def test_a_bad_temperature_is_refused_when_the_client_is_made(value: Any, kind: type[Exception], text: str) -> None:
    """The message names the argument."""
    with pytest.raises(kind, match=text):
        sdk.InferenceGatewayClient("http://127.0.0.1:9").with_temperature(value)


def test_closing_a_copy_closes_the_client(world: World) -> None:
    """Connections are shared: closing one of the clients closes them all, and a later call raises."""

    async def scenario(client: Any) -> None:
        await client.with_token("x").aclose()
        with pytest.raises(RuntimeError, match="the client is closed"):
            await client.list_models()

    assert sent(world, scenario) == []


# Calls of one's own


def test_a_call_of_ones_own(world: World) -> None:
    """`send` makes any request and returns the result of its `read`."""

    async def scenario(client: Any) -> tuple[int, Any]:
        call = Call(
            method="PUT",
            path="/proxy/openai/files/a%2Fb",
            read=lambda reply: (reply.status, json.loads(reply.body)),
            query=(("x", "1"), ("x", "2")),
            headers=(("X-Mine", "yes"),),
            body=b"\x00raw",
            content_type="application/octet-stream",
            accept="text/plain",
            at_root=True,
            repeat=Idempotency.CAUTIOUSLY,
        )
        return await client.send(call)

    with serving(lambda connection, _: connection.json({"done": True}, 201)) as server:
        assert world.with_client(scenario, server.url, "tok") == (201, {"done": True})
    (request,) = server.requests
    assert (request.method, request.target) == ("PUT", "/proxy/openai/files/a%2Fb?x=1&x=2")
    assert request.body == b"\x00raw"
    assert (request.headers["content-type"], request.headers["accept"]) == ("application/octet-stream", "text/plain")
    assert (request.headers["x-mine"], request.headers["authorization"]) == ("yes", "Bearer tok")


@pytest.mark.parametrize("odd", ["\v", "\f", "\x1b", "\x7f", "\xe9", "\n", "\r", "\0"])
@pytest.mark.parametrize("where", ["headers", "accept", "content_type"])
def test_a_call_s_headers_are_checked_like_a_client_s(odd: str, where: str, world: World) -> None:
    """A header that the option `headers` refuses is refused in a call too, and nothing is sent."""
    given: Any = (("X-Mine", f"a{odd}b"),) if where == "headers" else f"a{odd}b"

    async def scenario(client: Any) -> None:
        call = Call(method="POST", path="/x", read=bytes, body=b"", **{where: given})
        with pytest.raises(ValueError, match=rf"^call.*{'X-Mine' if where == 'headers' else where}.*printable ASCII"):
            await client.send(call)

    assert sent(world, scenario) == []


def test_a_call_may_return_anything(world: World) -> None:
    """`read` may return any value, and its exceptions propagate unchanged."""

    async def scenario(client: Any) -> None:
        assert await client.send(Call(method="GET", path="/x", read=lambda _: None)) is None
        with pytest.raises(KeyError, match="mine"):
            await client.send(Call(method="GET", path="/x", read=_raise))

    assert len(sent(world, scenario)) == 2


def _raise(_: Reply) -> None:
    raise KeyError("mine")


class Lines:
    """A dialect for tests: each line is a chunk, "end" is the terminal marker, the whole is the list of lines."""

    def __init__(self) -> None:
        self.failure: sdk.GatewayError | None = None
        self.closed = self.terminal = self.may_continue = False
        self._rest = b""
        self._lines: list[str] = []

    def feed(self, data: bytes) -> list[tuple[str | None, Any]]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        self.terminal = self.terminal or b"end" in lines
        return [(None if line == b"end" else line.decode(), (line, "", None)) for line in lines]

    def end(self) -> list[tuple[str | None, Any]]:
        self.closed = True
        if not self.terminal:
            self.failure = self.truncated()
        return []

    def truncated(self, why: str = "the lines ended") -> sdk.StreamTruncatedError:
        return sdk.StreamTruncatedError(f"{why} without end")

    def has_content(self, chunk: str) -> bool:
        return bool(chunk)

    def text(self, chunk: str) -> str | None:
        return chunk

    def fold(self, chunk: str) -> None:
        self._lines.append(chunk)

    def turns(self, *, complete: bool = True) -> list[Any]:
        return [(*self._lines, complete)] if self._lines else []


def test_a_stream_of_ones_own(world: World) -> None:
    """`open` reads any stream through a dialect: chunks, the whole, and an early end as an error with its partial."""

    def handler(connection: Connection, request: Request) -> None:
        connection.head(200, "text/plain", *SELECTED)
        for piece in (b"one\ntw", b"o\n", b"end\n" if request.path.endswith("whole") else b""):
            connection.chunk(piece)
        connection.end()

    async def scenario(client: Any) -> None:
        call = StreamCall(method="GET", path="/x/whole", start=Lines)
        async with client.open(call) as stream:
            assert [chunk async for chunk in stream] == ["one", "two"]
            assert await stream.final() == ("one", "two", True)
            assert stream.meta.selected_provider == "ollama"
        cut = StreamCall(method="GET", path="/x/cut", start=Lines)
        with pytest.raises(sdk.StreamTruncatedError, match="the lines ended without end") as caught:
            async with client.open(cut) as stream:
                await stream.final()
        assert caught.value.partial == ("one", "two", False)
        async with client.open(cut, on_truncation="return") as stream:
            assert await stream.final() == ("one", "two", False)

    with serving(handler) as server:
        world.with_client(scenario, server.url)
    assert [request.target for request in server.requests] == ["/v1/x/whole", "/v1/x/cut", "/v1/x/cut"]


class Event(msgspec.Struct):
    """An event of a user's own type."""

    type: str
    delta: str = ""


def test_a_stream_of_json_events(world: World) -> None:
    """`JsonEventDialect` reads an unknown endpoint: typed events, text, the list of events, errors, an early end."""
    bodies = {
        "whole": (b'{"type":"part","delta":"Hel"}', b'{"type":"part","delta":"lo","new":1}', b'{"type":"done"}'),
        "cut": (b'{"type":"part","delta":"Hel"}',),
        "error": (b'{"type":"part","delta":"Hel"}', b'{"error":{"message":"no more","code":429}}'),
        "misfit": (b'{"type":"part","delta":3}',),
        "text": (b"{part",),
    }

    def handler(connection: Connection, request: Request) -> None:
        connection.events(*(b"data: " + data + b"\n\n" for data in bodies[request.path.rpartition("/")[2]]))

    def call(name: str, kind: Any = Event) -> StreamCall[Any, Any]:
        def start() -> JsonEventDialect[Any]:
            return JsonEventDialect(
                kind,
                is_last=lambda event: (event if kind is dict else msgspec.structs.asdict(event))["type"] == "done",
                text=lambda event: event["delta"] if kind is dict else event.delta,
            )

        return StreamCall(method="GET", path=f"/x/{name}", start=start)

    async def scenario(client: Any) -> None:
        async with client.open(call("whole")) as stream:
            assert [piece async for piece in stream.text()] == ["Hel", "lo"]
            assert await stream.final() == [Event("part", "Hel"), Event("part", "lo"), Event("done")]
        async with client.open(call("whole", dict)) as stream:
            assert [event.get("new") async for event in stream] == [None, 1, None]
        async with client.open(call("whole")) as stream:
            with pytest.raises(TypeError, match="iterate over the events"):
                [delta async for delta in stream.deltas()]
        with pytest.raises(sdk.StreamTruncatedError, match="no event was the last one") as caught:
            async with client.open(call("cut")) as stream:
                await stream.final()
        assert caught.value.partial == [Event("part", "Hel")]
        for name, kind, words in (
            ("error", sdk.RateLimitError, "no more"),
            ("misfit", sdk.DeserializationError, "does not fit Event"),
            ("text", sdk.StreamError, "not JSON"),
        ):
            with pytest.raises(kind, match=words):
                async with client.with_options(max_retries=0).open(call(name)) as stream:
                    await stream.final()

    with serving(handler) as server:
        world.with_client(scenario, server.url)


def test_a_stream_of_json_events_ends_with_done(world: World) -> None:
    """Without `is_last` only `[DONE]` proves a stream of events whole."""

    def handler(connection: Connection, request: Request) -> None:
        if request.path.endswith("plain"):
            connection.json({"n": 1})
            return
        connection.events(b'data: {"n":1}\n\n', *([b"data: [DONE]\n\n"] if request.path.endswith("whole") else []))

    async def scenario(client: Any) -> None:
        start = functools.partial(JsonEventDialect, dict)
        async with client.open(StreamCall(method="GET", path="/x/whole", start=start)) as stream:
            assert await stream.final() == [{"n": 1}]
        with pytest.raises(sdk.StreamError, match="JSON"):
            async with client.open(StreamCall(method="GET", path="/x/plain", start=start)) as stream:
                await stream.final()
        with pytest.raises(sdk.StreamTruncatedError, match=r"`\[DONE\]` did not come"):
            async with client.open(StreamCall(method="GET", path="/x/cut", start=start)) as stream:
                await stream.final()

    with serving(handler) as server:
        world.with_client(scenario, server.url)


# Health


@pytest.mark.parametrize(
    ("name", "well"),
    [("ok", True), ("error", False), ("guardrails", False), ("garbage", False), ("gone", False), ("moved", False)],
)
def test_health_is_a_bool(name: str, well: bool, world: World) -> None:
    """Health is True for a 200, False for any other response, and never raises."""

    def handler(connection: Connection, _: Request) -> None:
        if name == "ok":
            connection.json({"message": "OK"})
        elif name in ("error", "guardrails"):
            connection.json({"error": "no"}, 500 if name == "error" else 403)
        elif name == "moved":
            connection.json(b"", 301, "Location: /elsewhere")
        elif name == "garbage":
            connection.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
            connection.close()
        else:
            connection.close()

    async def scenario(client: Any) -> Any:
        return await client.health_check()

    with serving(handler) as server:
        assert world.with_client(scenario, server.url, _runtime=Invented().runtime(world)) is well


def test_health_of_nothing(world: World) -> None:
    """A missing listener and a silent server give False; a closed client raises."""

    async def scenario(client: Any) -> None:
        assert await client.health_check() is False
        await client.aclose()
        with pytest.raises(RuntimeError, match="the client is closed"):
            await client.health_check()

    with serving(lambda connection, _: connection.stall()) as server:
        url = server.url
        world.with_client(scenario, url, timeout=0.2)
    world.with_client(scenario, url, _runtime=Invented().runtime(world))  # a port without a listener


def test_an_answer_goes_back_as_its_message(world: World) -> None:
    """A whole answer in a list of messages is sent as its message, with every field that the provider sent."""
    message = {"role": "assistant", "content": "Hm", "reasoning_content": "...", "odd": {"x": [1]}}
    whole = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}

    async def scenario(client: Any) -> None:
        answer = await client.generate_content("p/m", "hi")
        messages = ["hi", answer.message]
        messages.append(answer)
        await client.generate_content("p/m", [*messages, "and?"])
        await client.generate_content("p/m", answer)

    with serving(lambda connection, _: connection.json({**whole, "choices": [choice]})) as server:
        world.with_client(scenario, server.url)
    bodies = [request.json()["messages"] for request in server.requests]
    assert bodies[1] == [{"role": "user", "content": "hi"}, message, message, {"role": "user", "content": "and?"}]
    assert bodies[2] == [message]
