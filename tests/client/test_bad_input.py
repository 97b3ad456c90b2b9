"""Bad input: each mistake is refused by the name of its argument, and no request reaches the gateway."""

from __future__ import annotations

import json
import re
import socket
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from inference_gateway_sdk import (
    CreateChatCompletionResponse,
    InferenceGatewayClient,
    Message,
    SerializationError,
    StreamError,
    Timeouts,
)
from inference_gateway_sdk._wire.call import Call, StreamCall
from inference_gateway_sdk.errors import ConnectError
from support.server import ANSWER, GOOD, Connection, Request, serving
from support.worlds import refused_unsent

if TYPE_CHECKING:
    from support.worlds import World

pytestmark = pytest.mark.wire


class Odd:
    """A value without a JSON form."""

    def __repr__(self) -> str:
        return "<odd>"


def _endless() -> dict[str, Any]:
    value: dict[str, Any] = {}
    value["self"] = value
    return value


USER = {"role": "user", "content": "hi"}

# The fault: the client's arguments, the class of the error, and the text that the error must contain.
CONSTRUCTORS: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "base_url of another type": ({"base_url": 5}, TypeError, "base_url must be a string"),
    "base_url of bytes": ({"base_url": b"http://x"}, TypeError, "base_url must be a string"),
    "base_url without scheme": ({"base_url": "localhost:8080"}, ValueError, "base_url has no scheme"),
    "base_url of another scheme": ({"base_url": "ftp://host/v1"}, ValueError, "base_url 'ftp://host/v1' is neither"),
    "base_url without host": ({"base_url": "http:///v1"}, ValueError, "base_url"),
    "base_url that is empty": ({"base_url": ""}, ValueError, "base_url is empty"),
    "base_url with a query": ({"base_url": "http://host/?a=1"}, ValueError, "base_url"),
    "base_url with a password": ({"base_url": "http://me:hidden@host"}, ValueError, "base_url"),
    "base_url with a line break": ({"base_url": "http://host\r\nX: y"}, ValueError, "base_url"),
    "token that is empty": ({"token": ""}, ValueError, "token is empty"),
    "token of spaces": ({"token": "  "}, ValueError, "token is empty"),
    "token with a line break": ({"token": "abc\r\nX-Evil: 1"}, ValueError, "token must be printable ASCII"),
    "token with a trailing line break": ({"token": "abc\n"}, ValueError, "token must be printable ASCII"),
    "token with a space": ({"token": "Bearer abc"}, ValueError, "token must be printable ASCII"),
    "token outside ASCII": ({"token": "schlüssel"}, ValueError, "token must be printable ASCII"),
    "token of another type": ({"token": 5}, TypeError, "token must be a string or a function"),
    "timeout of zero": ({"timeout": 0}, ValueError, "timeout must be a positive number"),
    "timeout below zero": ({"timeout": -1.5}, ValueError, "timeout must be a positive number"),
    "timeout that is no number": ({"timeout": float("nan")}, ValueError, "timeout must be a positive number"),
    "timeout without end": ({"timeout": float("inf")}, ValueError, "timeout must be a positive number"),
    "timeout of another type": ({"timeout": "5"}, TypeError, "timeout must be seconds"),
    "timeout of two": ({"timeout": (1, 2)}, TypeError, "timeout must be seconds"),
    "timeout that is a bool": ({"timeout": True}, TypeError, "timeout must be seconds"),
    "max_retries below zero": ({"max_retries": -1}, ValueError, "max_retries must be at least 0"),
    "max_retries of another type": ({"max_retries": 1.5}, TypeError, "max_retries must be an integer"),
    "max_retries that is a bool": ({"max_retries": True}, TypeError, "max_retries must be an integer"),
    "max_tokens of zero": ({"max_tokens": 0}, ValueError, "max_tokens must be at least 1"),
    "max_tokens of another type": ({"max_tokens": "9"}, TypeError, "max_tokens must be an integer"),
    "tools that are one tool": ({"tools": {"type": "function"}}, TypeError, "tools must be a list"),
    "tools that are a string": ({"tools": "search"}, TypeError, "tools must be a list"),
    "headers of another type": ({"headers": [("X", "1")]}, TypeError, "headers must be a mapping"),
    "headers with a number": ({"headers": {"X": 1}}, TypeError, "headers must map strings to strings; 'X'"),
    "header injection by value": ({"headers": {"X": "1\r\nEvil: 2"}}, ValueError, "headers['X']"),
    "header injection by name": ({"headers": {"X: 1\r\nEvil": "2"}}, ValueError, "headers: "),
    "header name with a space": ({"headers": {"X Y": "1"}}, ValueError, "headers: 'X Y' is not a header name"),
    "header with a control character": ({"headers": {"X": "a\x01b"}}, ValueError, "headers['X']"),
    "header outside ASCII": ({"headers": {"X": "ü"}}, ValueError, "headers['X']"),
    "the transport's own header": ({"headers": {"Host": "elsewhere"}}, ValueError, "headers: Host"),
    "a header that frames the body": ({"headers": {"Transfer-Encoding": "chunked"}}, ValueError, "headers: Transfer"),
    "max_connections of zero": ({"max_connections": 0}, ValueError, "max_connections must be at least 1"),
    "max_connections of another type": ({"max_connections": "9"}, TypeError, "max_connections must be an integer"),
    "proxy of another scheme": ({"proxy": "socks5://host"}, ValueError, "proxy: "),
    "proxy of another type": ({"proxy": 5}, TypeError, "proxy must be a URL"),
    "ca that is no file": ({"ca": "/nowhere/ca.pem"}, ValueError, "ca: "),
    "ca of another type": ({"ca": 5}, TypeError, "ca must be a path"),
    "cert that is no file": ({"cert": "/nowhere/cert.pem"}, ValueError, "cert: "),
    "cert of another type": ({"cert": 5}, TypeError, "cert must be a path"),
    "tls of another type": ({"tls": True}, TypeError, "tls must be an ssl.SSLContext"),
    "a misspelt argument": ({"time_out": 5}, TypeError, "time_out"),
}


@pytest.mark.parametrize("name", CONSTRUCTORS)
def test_a_client_is_not_made_with(world: World, name: str) -> None:
    """A client with a bad argument is not made; the error names the argument and repeats no secret."""
    options, error, phrase = CONSTRUCTORS[name]
    with pytest.raises(error) as caught:
        world.client(**{"base_url": "http://127.0.0.1:9", **options})
    assert phrase in str(caught.value)
    assert "hidden" not in str(caught.value)


OPTIONS = ("timeout", "max_retries", "headers", "tools", "max_tokens", "token")


@pytest.mark.parametrize("name", [name for name, row in CONSTRUCTORS.items() if set(row[0]) <= set(OPTIONS)])
def test_a_copy_is_not_made_with(world: World, name: str) -> None:
    """`with_options` refuses the same arguments as the constructor, with the same text."""
    options, error, phrase = CONSTRUCTORS[name]

    async def scenario(client: Any) -> None:
        with pytest.raises(error) as caught:
            client.with_options(**options)
        assert phrase in str(caught.value)

    world.with_client(scenario, "http://127.0.0.1:9")


def test_a_misspelt_option_is_a_type_error(world: World) -> None:
    """An unknown option of `with_options` is refused with the list of options."""

    async def scenario(client: Any) -> None:
        with pytest.raises(TypeError, match="unknown option 'timout': the options are .*timeout"):
            client.with_options(timout=1)

    world.with_client(scenario, "http://127.0.0.1:9")


@pytest.mark.parametrize("field", ["connect", "response", "first_content", "idle", "total"])
@pytest.mark.parametrize(
    ("value", "error"),
    [(0, ValueError), (-1, ValueError), (float("nan"), ValueError), ("5", TypeError), (True, TypeError)],
)
def test_each_clock_is_a_positive_number_or_none(field: str, value: Any, error: type[Exception]) -> None:
    """`Timeouts` names the limit that has a bad value."""
    with pytest.raises(error, match=rf"timeout\.{field} must be"):
        Timeouts(**{field: value})


# Calls: the fault, the arguments, and the text that the error must contain.
CHATS: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "model of another type": ({"model": 5}, TypeError, "model must be a string"),
    "model that is None": ({"model": None}, TypeError, "model must be a string"),
    "model that is empty": ({"model": " "}, ValueError, "model is empty"),
    "no messages": ({"messages": []}, ValueError, "messages is empty"),
    "messages from an empty generator": ({"messages": iter(())}, ValueError, "messages is empty"),
    "messages that are None": ({"messages": None}, TypeError, "messages must be a string"),
    "messages of another type": ({"messages": 5}, TypeError, "messages must be a string"),
    "messages of bytes": ({"messages": b"hi"}, TypeError, "messages must be a string"),
    "a message of another type": ({"messages": [USER, 5]}, TypeError, "messages[1] must be"),
    "an answer without a choice": (
        {"messages": [USER, CreateChatCompletionResponse.from_dict({"choices": []})]},
        ValueError,
        "messages[1] is an answer with no choices",
    ),
    "an answer with several choices": (
        {"messages": CreateChatCompletionResponse.from_dict({"choices": [{"index": 0}, {"index": 1}]})},
        ValueError,
        "messages is an answer with 2 choices: pass the message of one",
    ),
    "an answer whose message has no role": (
        {"messages": [CreateChatCompletionResponse.from_dict({"choices": [{"message": {"content": "x"}}]})]},
        ValueError,
        "messages[0] has no role",
    ),
    "an answer whose choice has no message": (
        {"messages": [CreateChatCompletionResponse.from_dict({"choices": [{"index": 0}]})]},
        ValueError,
        "messages[0] has no message",
    ),
    "a message without a role": ({"messages": [USER, {"content": "x"}]}, ValueError, "messages[1] has no role"),
    "a message object without a role": (
        {"messages": [Message(role=None, content="")]},
        ValueError,
        "messages[0] has no",
    ),
    "a role of another type": ({"messages": [{"role": 5}]}, TypeError, "messages[0].role must be a string"),
    "content of another type": ({"messages": [{**USER, "content": 5}]}, TypeError, "messages[0].content must be"),
    "content of bytes": ({"messages": [{**USER, "content": b"x"}]}, TypeError, "messages[0].content must be"),
    "provider with a space": ({"provider": "open ai"}, ValueError, "provider 'open ai' is not a provider id"),
    "provider in capitals": (
        {"provider": "OpenAI"},
        ValueError,
        "not a provider id: write 'openai'",
    ),
    "provider with a slash": ({"provider": "../x"}, ValueError, "provider '../x' is not a provider id"),
    "provider that would end the query": ({"provider": "a&b=c"}, ValueError, "provider 'a&b=c' is not"),
    "provider that is empty": ({"provider": ""}, ValueError, "provider '' is not a provider id"),
    "provider of another type": ({"provider": 5}, TypeError, "provider must be a provider id"),
    "temperature over its bound": ({"temperature": 2.1}, ValueError, "temperature must be at most 2, got 2.1"),
    "temperature below its bound": ({"temperature": -0.1}, ValueError, "temperature must be at least 0"),
    "temperature that is no number": ({"temperature": float("nan")}, ValueError, "temperature must be a finite number"),
    "temperature of another type": ({"temperature": "1"}, TypeError, "temperature must be a number"),
    "temperature that is a bool": ({"temperature": True}, TypeError, "temperature must be a number"),
    "top_p over its bound": ({"top_p": 1.01}, ValueError, "top_p must be at most 1"),
    "top_p below its bound": ({"top_p": -1}, ValueError, "top_p must be at least 0"),
    "n of zero": ({"n": 0}, ValueError, "n must be at least 1, got 0"),
    "n over its bound": ({"n": 129}, ValueError, "n must be at most 128, got 129"),
    "n of another type": ({"n": 1.0}, TypeError, "n must be a whole number"),
    "frequency_penalty over its bound": ({"frequency_penalty": 2.5}, ValueError, "frequency_penalty must be at most 2"),
    "presence_penalty below its bound": ({"presence_penalty": -3}, ValueError, "presence_penalty must be at least -2"),
    "top_logprobs over its bound": ({"top_logprobs": 21}, ValueError, "top_logprobs must be at most 20, got 21"),
    "top_logprobs below its bound": ({"top_logprobs": -1}, ValueError, "top_logprobs must be at least 0"),
    "max_tokens that is not whole": ({"max_tokens": 1e2}, TypeError, "max_tokens must be a whole number"),
    "stop of another type": ({"stop": 5}, TypeError, "stop must be a string or a list"),
    "stop with another type in it": ({"stop": ["a", 5]}, TypeError, "stop[1] must be a string"),
    "tools of another type": ({"tools": "search"}, TypeError, "tools must be a list"),
    "tools with another type in it": (
        {"tools": [5]},
        TypeError,
        "tools[0]: a tool must be a function or the description of one",
    ),
    "response_format of another type": (
        {"response_format": "json"},
        TypeError,
        "response_format must be an object or a type",
    ),
    "a misspelt parameter": ({"temprature": 1}, TypeError, "'temprature'; did you mean 'temperature'?"),
    "an unknown parameter": ({"frobnicate": 1}, TypeError, "extra_body={'frobnicate': ...}"),
    "stream, which the method decides": ({"stream": True}, TypeError, "stream is decided by the method"),
    "a value JSON cannot hold": (
        {"messages": [{**USER, "content": [{"type": "text", "text": "hi", "cache_control": Odd()}]}]},
        SerializationError,
        "$.messages[0].content[0].cache_control",
    ),
    "a value in a schema": (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"const": Odd()}}}},
        SerializationError,
        "$.response_format.json_schema.schema.const",
    ),
    "bytes in a tool": (
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"x": b"raw"}}}]},
        SerializationError,
        "$.tools[0].function.parameters.x",
    ),
    "a key that is no string": ({"logit_bias": {5: 1}}, SerializationError, "$.logit_bias"),
    "a value that contains itself": ({"extra_body": {"user_data": _endless()}}, SerializationError, "$.user_data"),
    "extra_body with a value JSON cannot hold": ({"extra_body": {"x": Odd()}}, SerializationError, "$.x"),
    "extra_body that repeats the model": (
        {"extra_body": {"model": "x"}},
        ValueError,
        "extra_body: 'model' is",
    ),
    "extra_body that repeats a parameter": (
        {"temperature": 1, "extra_body": {"temperature": 0}},
        ValueError,
        "extra_body: 'temperature' is already set by an argument",
    ),
    "extra_body of another type": ({"extra_body": [1]}, TypeError, "extra_body must be a mapping"),
    "extra_body with a key that is no string": ({"extra_body": {5: 1}}, TypeError, "extra_body must map field names"),
    "extra_body with stream": ({"extra_body": {"stream": True}}, TypeError, "stream is decided by the method"),
    "extra_query of another type": ({"extra_query": [("a", "b")]}, TypeError, "extra_query must be a mapping"),
    "extra_query with a number": ({"extra_query": {"a": 1}}, TypeError, "extra_query must map strings to strings; 'a'"),
    "headers with a line break": ({"headers": {"X": "1\nEvil: 2"}}, ValueError, "headers['X']"),
    "max_retries below zero": ({"max_retries": -1}, ValueError, "max_retries must be at least 0"),
    "timeout of zero": ({"timeout": 0}, ValueError, "timeout must be a positive number"),
}
STREAMS: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "on_truncation of another word": (
        {"on_truncation": "ignore"},
        ValueError,
        "on_truncation must be",
    ),
    "assemble that is no bool": ({"assemble": "no"}, TypeError, "assemble must be True or False"),
}


@pytest.mark.parametrize("name", CHATS)
def test_a_chat_is_not_sent_with(name: str) -> None:
    """A chat with a bad value is refused by the argument's name, and nothing is sent."""
    asked, error, phrase = CHATS[name]
    asked = {"model": "p/m", "messages": "hi", **asked}
    refused_unsent(lambda client: client.generate_content(**asked), error, re.escape(phrase))


@pytest.mark.parametrize("name", [*CHATS, *STREAMS])
def test_a_stream_is_not_made_with(name: str) -> None:
    """A stream refuses the same values, and bad options of its own, before it is entered."""
    asked, error, phrase = {**CHATS, **STREAMS}[name]
    asked = {"model": "p/m", "messages": "hi", **asked}

    def ask(client: Any) -> None:
        client.generate_content_stream(**asked)

    refused_unsent(ask, error, re.escape(phrase))


LISTINGS: dict[str, tuple[Callable[[Any], Any], type[Exception], str]] = {
    "provider in capitals": (
        lambda c: c.list_models("Groq"),
        ValueError,
        "provider 'Groq' is not a provider id: write",
    ),
    "provider of another type": (lambda c: c.list_models(5), TypeError, "provider must be a provider id"),
    "provider that is missing": (
        lambda c: c.list_models_by_provider(None),
        TypeError,
        "provider must be a provider id",
    ),
    "include of another type": (lambda c: c.list_models(include=5), TypeError, "include must name fields"),
    "include with another type in it": (lambda c: c.list_models(include=[5]), TypeError, "include must hold strings"),
    "a misspelt option": (lambda c: c.list_models(timout=5), TypeError, "unknown parameter 'timout'"),
    "a body, which a listing has not": (
        lambda c: c.list_models(extra_body={}),
        TypeError,
        "unknown parameter 'extra_body'",
    ),
    "a call that is none": (lambda c: c.send(5), TypeError, "call must be a Call"),
    "a stream's call to send": (
        lambda c: c.send(StreamCall(method="GET", path="/x", start=lambda: None)),
        TypeError,
        r"call must be a Call (open() takes a StreamCall)",
    ),
}


@pytest.mark.parametrize("name", LISTINGS)
def test_a_listing_is_not_sent_with(world: World, name: str) -> None:
    """Listings and custom calls refuse bad input the same way."""
    ask, error, phrase = LISTINGS[name]

    refused(world, ask, error, phrase)


def test_a_whole_call_is_not_opened_as_a_stream(world: World) -> None:
    """`open` takes a `StreamCall`, and names the method for a `Call`."""

    async def ask(client: Any) -> None:
        client.open(Call(method="GET", path="/models", read=lambda reply: None))

    refused(world, ask, TypeError, "call must be a StreamCall (send() takes a Call)")


def refused(world: World, ask: Callable[[Any], Any], error: type[Exception], phrase: str) -> None:
    """Assert that the call raises this error, and that the gateway received no request."""

    async def scenario(client: Any) -> None:
        with pytest.raises(error) as caught:
            await ask(client)
        assert phrase in str(caught.value)

    with serving(answer) as server:
        world.with_client(scenario, server.url)
        assert server.requests == []


def answer(connection: Connection, request: Request) -> None:
    """Answer any request."""
    if request.body and request.json().get("stream"):
        connection.events(*GOOD)
    else:
        connection.json(ANSWER)


# Tokens that are checked when they are fetched


@pytest.mark.parametrize(
    ("token", "error", "phrase"),
    [
        ("", ValueError, "the result of the token function is empty"),
        ("a\r\nX-Evil: 1", ValueError, "the result of the token function must be printable ASCII"),
        (None, TypeError, "the result of the token function must be a string, got NoneType"),
        (b"abc", TypeError, "the result of the token function must be a string, got bytes"),
    ],
)
def test_a_token_functions_result_is_checked(world: World, token: Any, error: type[Exception], phrase: str) -> None:
    """The result of a token function is checked by the same rules, before anything is sent; it is never shown."""

    async def scenario(client: Any) -> None:
        for ask in (client.list_models, lambda: client.generate_content_stream("p/m", "hi").__aenter__()):
            with pytest.raises(error) as caught:
                await ask()
            assert phrase in str(caught.value)
            assert "Evil" not in str(caught.value)

    with serving(answer) as server:
        world.with_client(scenario, server.url, token=lambda: token)
        assert server.requests == []


def test_an_async_token_function_is_not_for_the_blocking_client() -> None:
    """An async token function in the blocking client is refused without an unawaited coroutine, and nothing is sent."""

    async def token() -> str:
        return "abc"

    with serving(answer) as server, InferenceGatewayClient(server.url, token, proxy=None) as client:  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="token is an async function: the blocking client needs one"):
            client.list_models()
        assert server.requests == []


# A client that is closed


def test_a_closed_client_refuses_calls(world: World) -> None:
    """Every call of a closed client is refused, health_check's too."""

    async def scenario(client: Any) -> None:
        await client.aclose()
        for ask in (
            client.list_models,
            client.health_check,
            lambda: client.generate_content("p/m", "hi"),
            lambda: client.generate_content_stream("p/m", "hi").__aenter__(),
            lambda: client.send(Call(method="GET", path="/x", read=lambda reply: None)),
        ):
            with pytest.raises(RuntimeError, match="the client is closed"):
                await ask()

    with serving(answer) as server:
        world.with_client(scenario, server.url)
        assert server.requests == []


# Values that are accepted


def test_unknown_but_possible_values_are_sent(world: World) -> None:
    """An unknown provider id, enumeration value or routing alias is sent unchanged."""

    async def scenario(client: Any) -> None:
        await client.generate_content("alias", "hi", reasoning_effort="heroic")
        await client.generate_content("m", [{"role": "narrator", "content": None}], provider="new-provider")

    with serving(answer) as server:
        world.with_client(scenario, server.url)
    first, second = server.requests
    assert (first.target, first.json()["model"], first.json()["reasoning_effort"]) == (
        "/v1/chat/completions",
        "alias",
        "heroic",
    )
    assert second.target == "/v1/chat/completions?provider=new-provider"
    assert second.json()["messages"] == [{"role": "narrator", "content": None}]


def test_extra_body_is_sent_with_a_warning_where_the_gateway_drops_it(world: World) -> None:
    """A parameter outside the contract is sent, with a warning that chat completions drop it."""

    async def scenario(client: Any) -> None:
        with pytest.warns(
            UserWarning, match="the gateway silently drops top_k of extra_body from chat completions"
        ) as caught:
            await client.generate_content("p/m", "hi", extra_body={"top_k": 5})
        assert len(caught) == 1

    with serving(answer) as server:
        world.with_client(scenario, server.url)
    assert server.requests[0].json()["top_k"] == 5


def test_a_warning_names_the_line_of_the_call() -> None:
    """The warning about dropped fields points at the user's file, for a whole answer and for a stream."""
    client = InferenceGatewayClient("http://127.0.0.1:9", max_retries=0)
    with pytest.warns(UserWarning, match="silently drops top_k") as streamed:
        client.generate_content_stream("p/m", "hi", extra_body={"top_k": 5})
    with pytest.warns(UserWarning, match="silently drops top_k") as whole, suppress(ConnectError):
        client.generate_content("p/m", "hi", extra_body={"top_k": 5})
    client.close()
    assert [warning.filename for warning in (*streamed, *whole)] == [__file__, __file__]


def test_a_users_header_replaces_the_clients_own(world: World) -> None:
    """No header is sent twice: the user's value wins, in any case."""

    async def scenario(client: Any) -> None:
        own = {"authorization": "Basic abc", "ACCEPT": "text/plain", "user-agent": "mine", "content-Type": "text/json"}
        await client.generate_content("p/m", "hi", headers=own)

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        head = pool.submit(_read_head, listener)
        world.with_client(scenario, f"http://127.0.0.1:{listener.getsockname()[1]}", token="unused")
        sent = [line.partition(": ")[::2] for line in head.result(5).split("\r\n")[1:]]
    names = [name.lower() for name, _ in sent]
    assert sorted(names) == ["accept", "authorization", "content-length", "content-type", "host", "user-agent"]
    assert {name: value for name, value in sent if name.lower() not in ("host", "content-length")} == {
        "authorization": "Basic abc",
        "ACCEPT": "text/plain",
        "user-agent": "mine",
        "content-Type": "text/json",
    }


def _read_head(listener: socket.socket) -> str:
    """Answer one request. Return its head, byte for byte."""
    sock, _ = listener.accept()
    with sock:
        sock.settimeout(5)
        data = b""
        while b"\r\n\r\n" not in data:
            data += sock.recv(65536)
        body = json.dumps(ANSWER).encode()
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body))
        return data.partition(b"\r\n\r\n")[0].decode("latin-1")


def test_a_provider_object_is_sent_with_responses_and_refused_elsewhere(world: World) -> None:
    """OpenRouter's `provider` is a field of the body. Chat completions drop it, so there the error shows the way."""
    preferences = {"order": ["cerebras"], "allow_fallbacks": False}

    async def scenario(client: Any) -> None:
        with pytest.raises(TypeError, match=r'gateway drops from chat completions, give extra_body=\{"provider": \.'):
            await client.generate_content("openrouter/m", "hi", provider=preferences)
        with pytest.raises(ValueError, match="provider is an object and a field of extra_body: give it once"):
            await client.create_response("openrouter/m", "hi", provider=preferences, extra_body={"provider": {}})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            await client.generate_content("openrouter/m", "hi", extra_body={"provider": preferences})
        await client.create_response("openrouter/m", "hi", provider=preferences, extra_body={"user": "u"})
        with pytest.raises(StreamError):  # the answer is not a stream
            async with client.create_response_stream("openrouter/m", "hi", provider=preferences):
                pass

    with serving(lambda connection, _: connection.json(ANSWER)) as server:
        world.with_client(scenario, server.url, max_retries=0)
    assert [request.json()["provider"] for request in server.requests] == [preferences] * 3
    assert {request.target.partition("?")[2] for request in server.requests} == {""}
    assert server.requests[1].json()["user"] == "u"


def test_an_empty_list_of_stops_is_sent(world: World) -> None:
    """`stop=[]` is accepted as none."""

    async def scenario(client: Any) -> None:
        await client.generate_content("a/b", "hi", stop=[])
        with pytest.raises(ValueError, match="stop must have at most 4 items"):
            await client.generate_content("a/b", "hi", stop=["a"] * 5)

    with serving(lambda connection, _: connection.json(ANSWER)) as server:
        world.with_client(scenario, server.url)
    assert [request.json()["stop"] for request in server.requests] == [[]]
