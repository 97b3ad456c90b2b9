"""Messages over a socket: the requests to the gateway, and the results of its answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import inference_gateway_sdk as sdk
from client.invented import Invented
from client.message_faults import (
    BLOCK,
    GOOD,
    HEL,
    HELLO,
    MESSAGE,
    OPEN,
    START,
    STOP,
    error_event,
    message_event,
    text_delta,
)
from client.recorded import FOLDER
from support.server import Connection, Request, serving
from support.worlds import refused_unsent

if TYPE_CHECKING:
    from support.worlds import World

ODD_CONTENT = [
    {"type": "thinking", "thinking": "Hm", "signature": "sig==", "x_mark": 1},
    {"type": "redacted_thinking", "data": "b64=="},
    {"type": "text", "text": "Hello", "citations": [{"type": "char_location", "cited_text": "H", "x": 1}]},
    {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "q"}},
    {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [{"type": "web_search_result", "u": "v"}]},
    {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Paris"}, "caller": {"type": "direct"}},
    {"type": "x_block", "x": {"y": [1, None, "z"]}},
]


def good(connection: Connection, request: Request) -> None:
    """Answer every request successfully."""
    if request.json().get("stream"):
        connection.events(*GOOD)
    else:
        connection.json(MESSAGE)


async def read(client: Any, *args: Any, **options: Any) -> Any:
    """Return a stream's pieces of text and its whole answer."""
    async with client.create_message_stream("anthropic/m", "hi", 5, *args, **options) as stream:
        pieces = [piece async for piece in stream.text()]
        return pieces, await stream.final()


# The request


def test_the_request_of_a_message_follows_the_contract(world: World) -> None:
    """A message is one POST to /v1/messages, with the provider beside a bare model name and every parameter."""

    async def scenario(client: Any) -> Any:
        return await client.create_message(
            "claude-x",
            "hi",
            5,
            provider="anthropic",
            system="Be brief.",
            tools=[sdk.MessagesTool(name="f", input_schema=sdk.FunctionParameters(type="object"))],
            thinking={"type": "enabled", "budget_tokens": 2},
            temperature=None,
            extra_body={"context_management": {"edits": []}},
            headers={"X-Mine": "yes"},
            extra_query={"q": "1"},
        )

    with serving(good) as server:
        answer = world.with_client(scenario, server.url)
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/v1/messages?provider=anthropic&q=1")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept"] == "application/json"
    assert request.headers["x-mine"] == "yes"
    assert request.json() == {
        "model": "claude-x",
        "max_tokens": 5,
        "messages": [{"role": "user", "content": "hi"}],
        "system": "Be brief.",
        "tools": [{"name": "f", "input_schema": {"type": "object"}}],
        "thinking": {"type": "enabled", "budget_tokens": 2},
        "context_management": {"edits": []},
    }
    assert isinstance(answer, sdk.MessagesResponse)
    assert (answer.text, answer.stop_reason, answer.usage.output_tokens) == ("Hello", "end_turn", 2)
    assert (answer.tool_calls, answer.complete, answer.meta.status) == ([], True, 200)


def test_the_request_of_a_stream_follows_the_contract(world: World) -> None:
    """A stream is the same POST with `stream` set and events accepted."""
    with serving(good) as server:
        pieces, answer = world.with_client(read, server.url)
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/v1/messages")
    assert request.headers["accept"] == "text/event-stream, application/json"
    assert request.json()["stream"] is True
    assert request.json()["model"] == "anthropic/m"
    assert pieces == ["Hel", "lo"]
    assert answer.text == "Hello"
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (1, 2)
    assert (answer.complete, answer.meta.status) == (True, 200)


def test_an_answer_goes_back_with_every_block_as_it_came(world: World) -> None:
    """Unknown kinds of blocks and unknown fields of known ones are in the next request, whole or block by block."""

    def handler(connection: Connection, request: Request) -> None:
        connection.json({**MESSAGE, "content": ODD_CONTENT, "stop_reason": "tool_use"})

    async def scenario(client: Any) -> None:
        answer = await client.create_message("anthropic/m", "hi", 5)
        (call,) = answer.tool_calls
        result = {"type": "tool_result", "tool_use_id": call.id, "content": call.parse_input()["city"]}
        message = sdk.MessagesMessage(role="assistant", content=answer.content)
        await client.create_message("anthropic/m", ["hi", answer, {"role": "user", "content": [result]}, message], 5)

    with serving(handler) as server:
        world.with_client(scenario, server.url)
    assert server.requests[1].json()["messages"] == [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": ODD_CONTENT},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "Paris"}]},
        {"role": "assistant", "content": ODD_CONTENT},
    ]


BAD: list[tuple[tuple[Any, ...], dict[str, Any], type[Exception], str]] = [
    (("", "hi", 5), {}, ValueError, "model is empty"),
    (("a/m", [], 5), {}, ValueError, "messages is empty"),
    (("a/m", 3, 5), {}, TypeError, "messages must be"),
    (("a/m", [3], 5), {}, TypeError, r"messages\[0\] must be"),
    (("a/m", [{"content": "x"}], 5), {}, ValueError, r"messages\[0\] has no role"),
    (("a/m", [{"type": "text", "text": "x"}], 5), {}, TypeError, r"messages\[0\] is a content block"),
    (("a/m", [sdk.MessagesTextBlock(text="x")], 5), {}, TypeError, r"messages\[0\] is a content block"),
    (("a/m", [{"role": 1, "content": "x"}], 5), {}, TypeError, r"messages\[0\].role must be a string"),
    (("a/m", {"role": "user", "content": 7}, 5), {}, TypeError, r"messages.content must be a string or a list"),
    (("a/m", {"role": "user", "content": {"type": "text"}}, 5), {}, TypeError, "got dict"),
    (("a/m", {"role": "user"}, 5), {}, TypeError, "got NoneType"),
    (("a/m", "hi", None), {}, TypeError, "max_tokens is required"),
    (("a/m", "hi", "5"), {}, TypeError, "max_tokens must be a whole number"),
    (("a/m", "hi", 5), {"top_k": 1.5}, TypeError, "top_k must be a whole number"),
    (("a/m", "hi", 5), {"temprature": 1}, TypeError, "did you mean 'temperature'"),
    (("a/m", "hi", 5), {"stream": True}, TypeError, "use create_message_stream"),
    (("a/m", "hi", 5), {"extra_body": {"stream": False}}, TypeError, "stream is decided by the method"),
    (("a/m", "hi", 5), {"extra_body": {"max_tokens": 6}}, ValueError, "'max_tokens' is already set"),
    (("a/m", "hi", 5), {"provider": "Anthropic"}, ValueError, "write 'anthropic'"),
]


@pytest.mark.parametrize(("args", "options", "kind", "phrase"), BAD, ids=[row[3] for row in BAD])
def test_bad_input_is_refused_before_anything_is_sent(
    args: tuple[Any, ...], options: dict[str, Any], kind: type[Exception], phrase: str
) -> None:
    """The error names the argument, of the whole call and of the stream alike."""
    refused_unsent(lambda client: client.create_message(*args, **options), kind, phrase)
    refused_unsent(lambda client: client.create_message_stream(*args, **options), kind, phrase)


# The errors of refused requests


ERRORS: list[tuple[int, Any, type[sdk.GatewayError], str, str | None]] = [
    (400, ("invalid_request_error", "Failed to decode request"), sdk.BadRequestError, "Failed to decode", None),
    (
        400,
        ("not_supported_error", "The Messages API is not supported by this provider yet."),
        sdk.BadRequestError,
        "not supported by this provider",
        "use chat completions",
    ),
    (403, ("invalid_request_error", "Model not allowed."), sdk.ForbiddenError, "Model not allowed", None),
    (413, ("invalid_request_error", "Request body too large"), sdk.PayloadTooLargeError, "too large", None),
    (422, ("api_error", "Unsupported auth type"), sdk.UnprocessableError, "auth type", None),
    (502, ("api_error", "Failed to reach upstream server"), sdk.BadGatewayError, "reach upstream", None),
    (504, ("api_error", "Request timed out"), sdk.GatewayTimeoutError, "timed out", None),
    (529, ("overloaded_error", "Overloaded"), sdk.OverloadedError, "Overloaded", None),
    (401, {"error": "unauthorized"}, sdk.UnauthorizedError, "unauthorized", None),
]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("status", "body", "kind", "phrase", "hint"), ERRORS, ids=[str(row[:2]) for row in ERRORS])
def test_each_refusal_raises_its_class(
    world: World, status: int, body: Any, kind: type[sdk.GatewayError], phrase: str, hint: str | None, streamed: bool
) -> None:
    """The gateway's own envelope and those of its middle layers become the class of their status.

    See gateway-behaviour.md#errors.
    """
    if isinstance(body, tuple):
        body = {"type": "error", "error": {"type": body[0], "message": body[1]}}

    async def scenario(client: Any) -> sdk.StatusError:
        with pytest.raises(kind, match=phrase) as caught:
            await (read(client) if streamed else client.create_message("anthropic/m", "hi", 5))
        assert isinstance(caught.value, sdk.StatusError)
        return caught.value

    with serving(lambda connection, request: connection.json(body, status)) as server:
        error = world.with_client(scenario, server.url, max_retries=0)
    assert (error.status, error.provider, error.model) == (status, "anthropic", "anthropic/m")
    assert (hint or "") in (error.hint or "")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, sdk.OverloadedError),
        ({"error": "no"}, sdk.StatusError),
        ({}, sdk.DeserializationError),
        ([], sdk.DeserializationError),
        (b"<html>", sdk.DecodingError),
    ],
    ids=["error", "bare error", "nothing", "a list", "a page"],
)
def test_a_200_that_is_no_message_is_an_error(world: World, body: Any, kind: type[sdk.GatewayError]) -> None:
    """A 200 without a message is an error."""

    async def scenario(client: Any) -> None:
        with pytest.raises(kind):
            await client.create_message("anthropic/m", "hi", 5)

    with serving(lambda connection, request: connection.json(body)) as server:
        world.with_client(scenario, server.url, max_retries=0)


# Streams


BEFORE_CONTENT = {
    "an error": lambda c: c.events(*OPEN, error_event("overloaded_error")),
    "a 529": lambda c: c.json({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, 529),
    "nothing": lambda c: c.events(),
    "a clean end": lambda c: c.events(START, BLOCK),
}


@pytest.mark.parametrize("failure", BEFORE_CONTENT)
def test_what_fails_before_content_is_repeated(world: World, failure: str) -> None:
    """After a retry the reader gets one clean stream, and nothing of the failed attempt."""

    def handler(connection: Connection, request: Request) -> None:
        if len(server.requests) == 1:
            BEFORE_CONTENT[failure](connection)
        else:
            good(connection, request)

    async def scenario(client: Any) -> Any:
        async with client.create_message_stream("anthropic/m", "hi", 5) as stream:
            kinds = [str(one.type) async for one in stream]
            return kinds, stream.meta.attempts, await stream.final()

    invented = Invented()
    with serving(handler) as server:
        kinds, attempts, answer = world.with_client(scenario, server.url, _runtime=invented.runtime(world))
    assert kinds.count("message_start") == 1
    assert (attempts, len(server.requests), len(invented.pauses)) == (2, 2, 1)
    assert answer.text == "Hello"


def test_what_fails_after_content_is_not_repeated(world: World) -> None:
    """An error after content raises with the partial message, as the type of the whole answer."""

    async def scenario(client: Any) -> sdk.OverloadedError:
        with pytest.raises(sdk.OverloadedError) as caught:
            await read(client)
        return caught.value

    with serving(lambda connection, request: connection.events(*HEL, error_event("overloaded_error"))) as server:
        error = world.with_client(scenario, server.url)
    assert len(server.requests) == 1
    assert isinstance(error.partial, sdk.MessagesResponse)
    assert (error.partial.text, error.partial.complete, error.partial.stop_reason) == ("Hel", False, None)


def test_reading_an_answer_does_not_encode_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer is checked for its content without a copy of the whole answer."""
    copies: list[object] = []
    monkeypatch.setattr(sdk.MessagesResponse, "to_dict", copies.append)

    async def scenario(client: Any) -> None:
        assert (await client.create_message("anthropic/m", "hi", 5)).text

    with serving(good) as server:
        world.with_client(scenario, server.url)
    assert copies == []


@pytest.mark.parametrize("limit", ["first_content", "idle", "total"])
def test_pings_do_not_hold_a_silent_stream_open(world: World, limit: str) -> None:
    """Each limit of a stream ends it while the server sends only pings."""

    def handler(connection: Connection, request: Request) -> None:
        connection.head(200, "text/event-stream")
        connection.chunk(b"".join(OPEN if limit == "first_content" else HEL))
        while True:
            connection.chunk(message_event("ping"))
            connection.pause(0.02)

    async def scenario(client: Any) -> sdk.StreamStalledError:
        with pytest.raises(sdk.StreamStalledError) as caught:
            await read(client, timeout=sdk.Timeouts(**{"first_content": 20, "idle": 20, limit: 0.3}))
        return caught.value

    with serving(handler) as server:
        error = world.with_client(scenario, server.url)
    assert error.limit == limit
    assert (error.partial.text or "") == ("" if limit == "first_content" else "Hel")


def test_a_cut_answer_can_be_accepted(world: World) -> None:
    """With `on_truncation="return"` the loop ends and the answer is marked as incomplete."""
    with serving(lambda connection, request: connection.events(*HELLO)) as server:
        pieces, answer = world.with_client(lambda client: read(client, on_truncation="return"), server.url)
    assert (pieces, answer.text, answer.complete) == (["Hel", "lo"], "Hello", False)


def test_a_stream_that_keeps_nothing_has_no_answer(world: World) -> None:
    """With `assemble=False` the events come and nothing is assembled."""

    async def scenario(client: Any) -> None:
        async with client.create_message_stream("anthropic/m", "hi", 5, assemble=False) as stream:
            assert [piece async for piece in stream.text()] == ["Hel", "lo"]
            assert stream.partial() is None
            with pytest.raises(RuntimeError, match="assemble=False"):
                await stream.final()

    with serving(good) as server:
        world.with_client(scenario, server.url)


def test_the_view_that_all_dialects_share(world: World) -> None:
    """`deltas()` gives thinking, text, calls, usage and the end in the types of every endpoint."""
    pieces = [
        START,
        message_event("content_block_start", index=0, content_block={"type": "thinking", "thinking": ""}),
        message_event("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "Hm"}),
        message_event("content_block_stop", index=0),
        message_event("content_block_start", index=1, content_block={"type": "text", "text": ""}),
        text_delta("Hel").replace(b'"index": 0', b'"index": 1'),
        message_event("content_block_stop", index=1),
        message_event("content_block_start", index=2, content_block=ODD_CONTENT[5] | {"input": {}}),
        message_event("content_block_delta", index=2, delta={"type": "input_json_delta", "partial_json": '{"a"'}),
        message_event("content_block_delta", index=2, delta={"type": "input_json_delta", "partial_json": ":1}"}),
        message_event("content_block_stop", index=2),
        message_event("message_delta", delta={"stop_reason": "tool_use"}, usage={"output_tokens": 9}),
        STOP,
    ]

    async def scenario(client: Any) -> list[Any]:
        async with client.create_message_stream("anthropic/m", "hi", 5) as stream:
            return [delta async for delta in stream.deltas()]

    with serving(lambda connection, request: connection.events(*pieces)) as server:
        first, *deltas, used, finish = world.with_client(scenario, server.url)
    assert (first.input_tokens, first.output_tokens) == (1, 1)
    assert deltas == [
        sdk.ReasoningDelta("Hm"),
        sdk.TextDelta("Hel"),
        sdk.ToolCallStart(0, "t1", "weather"),
        sdk.ToolCallDelta(0, '{"a"'),
        sdk.ToolCallDelta(0, ":1}"),
        sdk.ToolCallEnd(0, "t1", "weather", '{"a":1}'),
    ]
    assert (used.input_tokens, used.output_tokens) == (1, 9)
    assert finish == sdk.Finish(sdk.FinishReason.TOOL_CALLS, native="tool_use")


# Recorded answers of a real gateway


def replay(world: World, name: str, scenario: Any) -> tuple[Any, Request]:
    """Return the scenario's result with the recorded bytes, and its request."""
    answer = (FOLDER / f"{name}.response.http").read_bytes()

    def handler(connection: Connection, request: Request) -> None:
        connection.send(answer)
        connection.close()

    async def caught(client: Any) -> Any:
        try:
            return await scenario(client)
        except sdk.GatewayError as error:
            return error

    with serving(handler) as server:
        return world.with_client(caught, server.url, max_retries=0), server.requests[0]


def recorded_request(name: str) -> dict[str, Any]:
    """Return the body of the recorded request."""
    value: dict[str, Any] = json.loads((FOLDER / f"{name}.request.txt").read_bytes().partition(b"\n\n")[2])
    return value


async def ask(client: Any, model: str = "anthropic/ok", **options: Any) -> Any:
    """Make the request of the recordings."""
    return await client.create_message(model, "hi", 5, **options)


async def ask_for_stream(client: Any, model: str = "anthropic/ok") -> Any:
    """Make the same request as a stream."""
    async with client.create_message_stream(model, "hi", 5) as stream:
        assert "".join([piece async for piece in stream.text()]) == (await stream.final()).text
        return await stream.final()


@pytest.mark.parametrize(("name", "scenario"), [("base/msg", ask), ("base/msg_s", ask_for_stream)])
def test_recorded_answers(world: World, name: str, scenario: Any) -> None:
    """The real gateway's whole answer and its stream are the same message, and the request equals the recorded one."""
    answer, request = replay(world, name, scenario)
    assert (answer.id, answer.model, answer.text, answer.stop_reason) == ("m1", "up-model", "Hello", "end_turn")
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.complete) == (1, 1, True)
    assert request.json() == recorded_request(name)


@pytest.mark.parametrize(
    ("name", "model", "kind", "phrase", "hint"),
    [
        ("base/msg_err", "anthropic/err", sdk.OverloadedError, "Overloaded", None),
        ("base/msg_openai", "openai/ok", sdk.BadRequestError, "not supported by this provider", "use chat completions"),
        ("allow/msg", "anthropic/ok", sdk.ForbiddenError, "Model not allowed", "ALLOWED_MODELS"),
    ],
)
def test_recorded_refusals(
    world: World, name: str, model: str, kind: type[sdk.StatusError], phrase: str, hint: str | None
) -> None:
    """The real gateway's refusals, and the provider's own, raise their class, with a remedy if there is one."""
    error, _ = replay(world, name, lambda client: ask(client, model))
    assert type(error) is kind
    assert phrase in error.message
    assert (hint or "") in (error.hint or "")
    assert error.request_id == ("req_9" if name == "base/msg_err" else None)


def test_a_recorded_stream_that_broke_off(world: World) -> None:
    """A stream whose connection closed after a long silence is truncated, without a partial message."""
    error, request = replay(world, "base/msg_s_gap", lambda client: ask_for_stream(client, "anthropic/gap"))
    assert type(error) is sdk.StreamTruncatedError
    assert "message_stop did not come" in error.message
    assert (error.partial.id, error.partial.text, error.partial.complete) == ("m1", "", False)
    assert request.json() == recorded_request("base/msg_s_gap")
