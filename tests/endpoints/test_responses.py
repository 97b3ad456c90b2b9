"""Responses over a socket: the requests to the gateway, and the results of its answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import inference_gateway_sdk as sdk
from client.invented import Invented
from client.recorded import FOLDER
from client.response_faults import CREATED, GOOD, HEL, HELLO, OPEN, RESPONSE, failed, response_event
from support.server import Connection, Request, serving
from support.worlds import refused_unsent

if TYPE_CHECKING:
    from support.worlds import World

ODD_OUTPUT = [
    {"type": "reasoning", "id": "rs1", "summary": [], "encrypted_content": "b64==", "content": [], "x": None},
    {"type": "web_search_call", "id": "ws1", "status": "completed", "action": {"type": "search", "query": "q"}},
    {
        "type": "message",
        "id": "m1",
        "role": "assistant",
        "status": "completed",
        "phase": "final_answer",
        "content": [
            {"type": "output_text", "text": "Hello", "annotations": [{"type": "url_citation"}], "logprobs": []},
            {"type": "x_part", "x": [1, None, "z"]},
        ],
    },
    {"type": "function_call", "id": "f1", "call_id": "c1", "name": "weather", "arguments": '{"city": "Paris"}', "x": 1},
    {"type": "x_item", "x": {"y": [1, None, "z"]}},
]


def good(connection: Connection, request: Request) -> None:
    """Answer every request successfully."""
    if request.json().get("stream"):
        connection.events(*GOOD)
    else:
        connection.json(RESPONSE)


async def read(client: Any, **options: Any) -> Any:
    """Return a stream's pieces of text and its whole answer."""
    async with client.create_response_stream("openai/m", "hi", **options) as stream:
        pieces = [piece async for piece in stream.text()]
        return pieces, await stream.final()


# The request


def test_the_request_of_a_response_follows_the_contract(world: World) -> None:
    """A response is one POST to /v1/responses, with the provider beside a bare model name and every parameter."""

    async def scenario(client: Any) -> Any:
        return await client.create_response(
            "gpt-x",
            "hi",
            provider="openai",
            instructions="Be brief.",
            tools=[sdk.ResponseTool(name="f", parameters=sdk.FunctionParameters(type="object"))],
            reasoning={"effort": "low"},
            temperature=None,
            extra_body={"include": ["reasoning.encrypted_content"]},
            headers={"X-Mine": "yes"},
            extra_query={"q": "1"},
        )

    with serving(good) as server:
        answer = world.with_client(scenario, server.url)
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/v1/responses?provider=openai&q=1")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept"] == "application/json"
    assert request.headers["x-mine"] == "yes"
    assert request.json() == {
        "model": "gpt-x",
        "input": "hi",
        "instructions": "Be brief.",
        "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
        "reasoning": {"effort": "low"},
        "include": ["reasoning.encrypted_content"],
    }
    assert isinstance(answer, sdk.Response)
    assert (answer.output_text, answer.status, answer.usage.output_tokens) == ("Hello", "completed", 2)
    assert (answer.tool_calls, answer.complete, answer.meta.status) == ([], True, 200)


def test_the_request_of_a_stream_follows_the_contract(world: World) -> None:
    """A stream is the same POST with `stream` set and events accepted."""
    with serving(good) as server:
        pieces, answer = world.with_client(read, server.url)
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/v1/responses")
    assert request.headers["accept"] == "text/event-stream, application/json"
    assert request.json() == {"model": "openai/m", "input": "hi", "stream": True}
    assert pieces == ["Hel", "lo"]
    assert (answer.output_text, answer.complete, answer.meta.status) == ("Hello", True, 200)
    assert answer.usage.total_tokens == 3


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_output_goes_back_as_it_came(world: World, streamed: bool) -> None:
    """Items of unknown kinds, unknown fields and unknown parts are in the next request, whole or item by item."""

    def handler(connection: Connection, request: Request) -> None:
        whole = {**RESPONSE, "output": ODD_OUTPUT}
        if request.json().get("stream"):
            connection.events(CREATED, response_event("completed", response=whole))
        else:
            connection.json(whole)

    async def scenario(client: Any) -> None:
        if streamed:
            _, answer = await read(client)
        else:
            answer = await client.create_response("openai/m", "hi")
        (call,) = answer.tool_calls
        assert isinstance(answer.output[1], sdk.UnknownResponseOutputItem)
        result = {"type": "function_call_output", "call_id": call.call_id, "output": call.parse_arguments()["city"]}
        await client.create_response("openai/m", ["hi", answer, result])
        await client.create_response("openai/m", answer.output)
        await client.create_response("openai/m", answer)

    with serving(handler) as server:
        world.with_client(scenario, server.url)
    assert server.requests[1].json()["input"] == [
        {"role": "user", "content": "hi"},
        *ODD_OUTPUT,
        {"type": "function_call_output", "call_id": "c1", "output": "Paris"},
    ]
    assert server.requests[2].json()["input"] == ODD_OUTPUT
    assert server.requests[3].json()["input"] == ODD_OUTPUT


def test_the_forms_of_input(world: World) -> None:
    """A text stays a text; one item becomes a list; typed items, mappings and texts mix."""
    item = sdk.ResponseInputItem(role="user", content=[sdk.ResponseInputText(text="a")])
    plain = {"role": "user", "content": [{"type": "input_text", "text": "a"}]}

    async def scenario(client: Any) -> None:
        for given in ("hi", item, {"role": "user", "content": "x"}, [item, "b", plain], iter(["c"])):
            await client.create_response("openai/m", given)

    with serving(good) as server:
        world.with_client(scenario, server.url)
    assert [request.json()["input"] for request in server.requests] == [
        "hi",
        [plain],
        [{"role": "user", "content": "x"}],
        [plain, {"role": "user", "content": "b"}, plain],
        [{"role": "user", "content": "c"}],
    ]


BAD: list[tuple[tuple[Any, ...], dict[str, Any], type[Exception], str]] = [
    (("", "hi"), {}, ValueError, "model is empty"),
    (("a/m", []), {}, ValueError, "input is empty"),
    (("a/m", sdk.Response.from_dict({"output": []})), {}, ValueError, "input is empty"),
    (("a/m", 3), {}, TypeError, "input must be"),
    (("a/m", b"hi"), {}, TypeError, "input must be"),
    (("a/m", [3]), {}, TypeError, r"input\[0\] must be"),
    (("a/m", [{"content": "x"}]), {}, ValueError, r"input\[0\] has neither role nor type"),
    (("a/m", "hi"), {"max_output_tokens": "5"}, TypeError, "max_output_tokens must be a whole number"),
    (("a/m", "hi"), {"temprature": 1}, TypeError, "did you mean 'temperature'"),
    (("a/m", "hi"), {"stream": True}, TypeError, "use create_response_stream"),
    (("a/m", "hi"), {"extra_body": {"input": "x"}}, ValueError, "'input' is already set"),
    (("a/m", "hi"), {"extra_body": {"stream": True}}, TypeError, "stream is decided by the method"),
    (("a/m", "hi"), {"provider": "OpenAI"}, ValueError, "write 'openai'"),
    (("a/m", [{"role": "user", "content": object()}]), {}, sdk.SerializationError, "cannot be sent as JSON"),
]


@pytest.mark.parametrize(("args", "options", "kind", "phrase"), BAD, ids=[row[3] for row in BAD])
def test_bad_input_is_refused_before_anything_is_sent(
    args: tuple[Any, ...], options: dict[str, Any], kind: type[Exception], phrase: str
) -> None:
    """The error names the argument, of the whole call and of the stream alike."""
    refused_unsent(lambda client: client.create_response(*args, **options), kind, phrase)
    refused_unsent(lambda client: client.create_response_stream(*args, **options), kind, phrase)


# The errors of refused requests


ERRORS: list[tuple[int, Any, type[sdk.GatewayError], str, str]] = [
    (400, "Failed to decode request", sdk.BadRequestError, "Failed to decode", ""),
    (
        400,
        "The Responses API is not supported by this provider yet. Use /v1/chat/completions instead.",
        sdk.BadRequestError,
        "not supported by this provider",
        "use chat completions",
    ),
    (400, "Provider requires an API key. Please configure the provider's API key.", sdk.BadRequestError, "API key",
     "OPENAI_API_KEY"),
    (403, "Model not allowed. Please check the list of allowed models.", sdk.ForbiddenError, "Model not allowed", ""),
    (404, "Requested route is not found", sdk.NotFoundError, "route is not found", "older"),
    (413, "Request body too large", sdk.PayloadTooLargeError, "too large", "SERVER_MAX_REQUEST_BODY_SIZE"),
    (502, "Failed to reach upstream server", sdk.BadGatewayError, "reach upstream", "OPENAI_API_URL"),
    (504, "Request timed out", sdk.GatewayTimeoutError, "timed out", "SERVER_READ_TIMEOUT"),
    (429, {"message": "slow down", "type": "requests", "code": "rate_limit_exceeded"}, sdk.RateLimitError, "slow", ""),
]  # fmt: skip


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(
    ("status", "error", "kind", "phrase", "hint"), ERRORS, ids=[str(row[:2])[:60] for row in ERRORS]
)
def test_each_refusal_raises_its_class(
    world: World, status: int, error: Any, kind: type[sdk.GatewayError], phrase: str, hint: str, streamed: bool
) -> None:
    """A refusal of the gateway (gateway-behaviour.md#errors) becomes the class of its status, with its remedy."""

    async def scenario(client: Any) -> sdk.StatusError:
        with pytest.raises(kind, match=phrase) as caught:
            await (read(client) if streamed else client.create_response("openai/m", "hi"))
        assert isinstance(caught.value, sdk.StatusError)
        return caught.value

    with serving(lambda connection, request: connection.json({"error": error}, status)) as server:
        raised = world.with_client(scenario, server.url, max_retries=0)
    assert (raised.status, raised.provider, raised.model) == (status, "openai", "openai/m")
    assert hint in (raised.hint or "")


FAILED = {**RESPONSE, "status": "failed", "error": {"code": "server_error", "message": "oops"}}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (FAILED, sdk.InternalError),
        ({"error": {"code": "rate_limit_exceeded", "message": "slow"}}, sdk.RateLimitError),
        ({"error": "no"}, sdk.StatusError),
        ({}, sdk.DeserializationError),
        ([], sdk.DeserializationError),
        (b"<html>", sdk.DecodingError),
    ],
    ids=["a failed response", "error", "bare error", "nothing", "a list", "a page"],
)
def test_a_200_that_is_no_response_is_an_error(world: World, body: Any, kind: type[sdk.GatewayError]) -> None:
    """A 200 without a response, or with a failed one, is an error."""

    async def scenario(client: Any) -> sdk.GatewayError:
        with pytest.raises(kind) as caught:
            await client.create_response("openai/m", "hi")
        return caught.value

    with serving(lambda connection, request: connection.json(body)) as server:
        error = world.with_client(scenario, server.url, max_retries=0)
    assert (error.partial and error.partial.output_text) == ("Hello" if body is FAILED else None)


def test_an_incomplete_response_is_an_answer(world: World) -> None:
    """An answer ended by its limit has that status; nothing is raised, of the whole call and of the stream alike."""
    cut = {**RESPONSE, "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}

    def handler(connection: Connection, request: Request) -> None:
        if request.json().get("stream"):
            connection.events(*HELLO, response_event("incomplete", response=cut))
        else:
            connection.json(cut)

    async def scenario(client: Any) -> Any:
        _, streamed = await read(client)
        return await client.create_response("openai/m", "hi"), streamed

    with serving(handler) as server:
        whole, streamed = world.with_client(scenario, server.url)
    assert whole == streamed
    assert (whole.status, whole.incomplete_details.reason, whole.complete) == ("incomplete", "max_output_tokens", True)


# Streams


BEFORE_CONTENT = {
    "a failed response": lambda c: c.events(*OPEN, failed("server_error")),
    "a 503": lambda c: c.json({"error": {"message": "busy"}}, 503),
    "nothing": lambda c: c.events(),
    "a clean end": lambda c: c.events(*OPEN),
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
        async with client.create_response_stream("openai/m", "hi") as stream:
            kinds = [str(one.type) async for one in stream]
            return kinds, stream.meta.attempts, await stream.final()

    invented = Invented()
    with serving(handler) as server:
        kinds, attempts, answer = world.with_client(scenario, server.url, _runtime=invented.runtime(world))
    assert kinds.count("response.created") == 1
    assert (attempts, len(server.requests), len(invented.pauses)) == (2, 2, 1)
    assert answer.output_text == "Hello"


def test_what_fails_after_content_is_not_repeated(world: World) -> None:
    """An error or failure after content raises with the partial response, as the type of the whole answer."""

    async def scenario(client: Any) -> Any:
        kinds = []
        with pytest.raises(sdk.RateLimitError) as caught:
            async with client.create_response_stream("openai/m", "hi") as stream:
                async for one in stream:
                    kinds.append(one.type)
        return kinds, caught.value

    with serving(lambda connection, request: connection.events(*HEL, failed("rate_limit_exceeded"))) as server:
        kinds, error = world.with_client(scenario, server.url)
    assert len(server.requests) == 1
    assert kinds[-1] == "response.failed"
    assert isinstance(error.partial, sdk.Response)
    assert (error.partial.output_text, error.partial.complete, error.partial.status) == ("Hel", False, "failed")
    assert error.partial.error.message == "busy, later"


def test_a_cut_answer_can_be_accepted(world: World) -> None:
    """With `on_truncation="return"` the loop ends and the answer is marked as incomplete."""
    with serving(lambda connection, request: connection.events(*HELLO)) as server:
        pieces, answer = world.with_client(lambda client: read(client, on_truncation="return"), server.url)
    assert (pieces, answer.output_text) == (["Hel", "lo"], "Hello")
    assert (answer.complete, answer.status) == (False, "in_progress")


def test_a_stream_that_keeps_nothing_has_no_answer(world: World) -> None:
    """With `assemble=False` the events come and nothing is assembled."""

    async def scenario(client: Any) -> None:
        async with client.create_response_stream("openai/m", "hi", assemble=False) as stream:
            assert [piece async for piece in stream.text()] == ["Hel", "lo"]
            assert stream.partial() is None
            with pytest.raises(RuntimeError, match="assemble=False"):
                await stream.final()

    with serving(good) as server:
        world.with_client(scenario, server.url)


# Recorded


@pytest.mark.parametrize("name", ["resp", "resp_s", "resp_groq"])
def test_what_a_real_gateway_answered(world: World, name: str) -> None:
    """A recorded response, the same streamed, and a refusal with its remedy give the expected results."""
    recorded = (FOLDER / "base" / f"{name}.response.http").read_bytes()

    def handler(connection: Connection, request: Request) -> None:
        connection.send(recorded)
        connection.close()

    async def scenario(client: Any) -> Any:
        if name == "resp_s":
            return await read(client)
        if name == "resp":
            return ["Hello"], await client.create_response("openai/ok", "hi")
        with pytest.raises(sdk.BadRequestError, match="not supported by this provider") as caught:
            await client.create_response("groq/ok", "hi")
        assert "use chat completions" in (caught.value.hint or "")
        return None

    with serving(handler) as server:
        result = world.with_client(scenario, server.url)
    if result is not None:
        pieces, answer = result
        assert (pieces, answer.output_text, answer.status) == (["Hello"], "Hello", "completed")
        assert answer.extra_fields["vendor"] == 1
