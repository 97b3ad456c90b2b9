"""Every status becomes its class, with the innermost message and the facts of the response."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

import inference_gateway_sdk as sdk
from inference_gateway_sdk import Meta, StatusError
from support.server import ANSWER, Connection, Request, serving

if TYPE_CHECKING:
    from support.worlds import World

STATUSES = {
    300: sdk.StatusError,
    301: sdk.StatusError,
    304: sdk.StatusError,
    400: sdk.BadRequestError,
    401: sdk.UnauthorizedError,
    402: sdk.StatusError,
    403: sdk.ForbiddenError,
    404: sdk.NotFoundError,
    405: sdk.StatusError,
    408: sdk.StatusError,
    409: sdk.StatusError,
    413: sdk.PayloadTooLargeError,
    415: sdk.UnsupportedMediaTypeError,
    418: sdk.StatusError,
    422: sdk.UnprocessableError,
    429: sdk.RateLimitError,
    500: sdk.InternalError,
    501: sdk.InternalError,
    502: sdk.BadGatewayError,
    503: sdk.ServiceUnavailableError,
    504: sdk.GatewayTimeoutError,
    520: sdk.InternalError,
    529: sdk.OverloadedError,
    599: sdk.InternalError,
    600: sdk.StatusError,
}

SLOW = {"error": {"message": "slow down", "type": "t", "code": "c"}}


@dataclass(frozen=True)
class Envelope:
    """A form of error body (gateway-behaviour.md#errors), and the values read from it."""

    name: str
    body: Any
    message: str
    code: str | int | None = None
    status: int = 429
    ctype: str = "application/json"


ENVELOPES = [
    Envelope("the gateway's string", {"error": "Request timed out"}, "Request timed out"),
    Envelope("a provider's JSON in the string", {"error": json.dumps(SLOW)}, "slow down", "c"),
    Envelope("twice in strings", {"error": json.dumps({"error": json.dumps(SLOW)}) + "\n"}, "slow down", "c"),
    Envelope(
        "the string, as an event stream", {"error": json.dumps(SLOW)}, "slow down", "c", ctype="text/event-stream"
    ),
    Envelope("a guardrail's verdict", {"error": "blocked", "message": "no cards"}, "blocked: no cards", status=403),
    Envelope(
        "Anthropic's",
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "req_9"},
        "Overloaded",
        "overloaded_error",
        status=529,
    ),
    Envelope("OpenAI's", SLOW, "slow down", "c"),
    Envelope("OpenAI's with a number", {"error": {"message": "no", "code": 503}}, "no", 503, status=503),
    Envelope(
        "Google's list", [{"error": {"code": 400, "message": "bad", "status": "INVALID_ARGUMENT"}}], "bad", 400, 400
    ),
    Envelope(
        "FastAPI's", {"detail": [{"loc": ["body", "n"], "msg": "too big", "type": "v"}]}, "body.n: too big", "v", 422
    ),
    Envelope("text", b"upstream went away", "upstream went away", status=502, ctype="text/plain"),
    Envelope(
        "a page", b"<html><title>Bad gateway</title></html>", "Bad Gateway (an HTML page: Bad gateway)", status=502
    ),
    Envelope("nothing", b"", "Service Unavailable", status=503),
    Envelope("JSON without a message", {"ok": False}, "Too Many Requests"),
    Envelope("cut JSON", b'{"error": "half', "half", status=500),
    Envelope("no UTF-8", b"\xff\xfe\xfd", "\ufffd\ufffd\ufffd", status=500),
]


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_has_its_class(status: int, world: World) -> None:
    """The class follows the status alone, and the error has the response's facts."""
    error = _refused(world, status, {"error": "as it is"}, "X-Request-Id: r-1", "X-Other: yes")
    assert type(error) is STATUSES[status]
    assert (error.status, error.code, error.request_id) == (status, None, "r-1")
    assert error.message == ("Not Modified" if status == 304 else "as it is")  # a 304 has no body
    assert str(error).startswith(f"{status}: {error.message}")
    assert error.headers["x-OTHER"] == "yes"
    assert (error.provider, error.model, error.retry_after, error.partial) == ("groq", "groq/llama", None, None)
    assert isinstance(error.meta, Meta)
    assert (error.meta.status, error.meta.attempts) == (status, 1)


@pytest.mark.parametrize("envelope", ENVELOPES, ids=lambda envelope: envelope.name)
def test_every_envelope_is_opened(envelope: Envelope, world: World) -> None:
    """The innermost message and code are found in every envelope, and the body is kept as it came."""
    error = _refused(world, envelope.status, envelope.body, ctype=envelope.ctype)
    assert (error.message, error.code) == (envelope.message, envelope.code)
    expected = envelope.body.decode(errors="replace") or None if isinstance(envelope.body, bytes) else envelope.body
    assert error.body == expected
    raw = envelope.body if isinstance(envelope.body, bytes) else json.dumps(envelope.body).encode()
    assert error.meta.raw == raw


@pytest.mark.parametrize("status", [code for code in STATUSES if code >= 400])
def test_streams_raise_the_same_on_entering(status: int, world: World) -> None:
    """A refused stream raises the status' class on entering, though its type is an event stream."""
    body = {"error": "as it is"}
    with serving(lambda connection, _: _refuse(connection, status, body, (), "text/event-stream")) as server:

        async def scenario(client: Any) -> Any:
            with pytest.raises(StatusError) as caught:
                async with client.generate_content_stream("groq/llama", "hi"):
                    pytest.fail("the block was entered")
            return caught.value

        error = world.with_client(scenario, server.url, max_retries=0)
    assert type(error) is STATUSES[status]
    assert (error.status, error.message, error.meta.status) == (status, "as it is", status)


@pytest.mark.parametrize("status", [200, 201, 202, 203])
def test_every_2xx_is_an_answer(status: int, world: World) -> None:
    """Any 2xx with a body is read as the answer."""
    with serving(lambda connection, _: connection.json(ANSWER, status)) as server:

        async def scenario(client: Any) -> Any:
            return await client.generate_content("groq/llama", "hi")

        answer = world.with_client(scenario, server.url)
    assert (answer.text, answer.meta.status) == ("Hello", status)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", sdk.DecodingError),
        (b"<html></html>", sdk.DecodingError),
        (b"{", sdk.DecodingError),
        (b"\xff", sdk.DecodingError),
        (b"[]", sdk.DeserializationError),
        (b'"text"', sdk.DeserializationError),
        (b'{"choices": null}', sdk.DeserializationError),
    ],
)
def test_a_200_that_is_no_answer(body: bytes, kind: type[sdk.GatewayError], world: World) -> None:
    """A 200 whose body is not a chat answer is an error with the response's circumstances."""
    with serving(lambda connection, _: connection.json(body)) as server:

        async def scenario(client: Any) -> Any:
            with pytest.raises(sdk.GatewayError) as caught:
                await client.generate_content("groq/llama", "hi")
            return caught.value

        error = world.with_client(scenario, server.url)
    assert type(error) is kind
    assert error.meta.raw == body
    assert len(server.requests) == 1


def test_an_error_object_in_a_200(world: World) -> None:
    """A 200 with an error object raises the error of its code, instead of an answer without text."""
    body = {"error": {"message": "overloaded", "code": 503}}
    with serving(lambda connection, _: connection.json(body)) as server:

        async def scenario(client: Any) -> Any:
            with pytest.raises(sdk.ServiceUnavailableError) as caught:
                await client.generate_content("groq/llama", "hi")
            return caught.value

        error = world.with_client(scenario, server.url, max_retries=0)
    assert (error.status, error.message, error.body, error.meta.status) == (503, "overloaded", body, 200)


def test_what_the_gateway_selected(world: World) -> None:
    """An error through a routing alias names the provider and model that were selected, not the alias."""
    error = _refused(world, 502, {"error": "no"}, "X-Selected-Provider: ollama", "X-Selected-Model: smol")
    assert (error.provider, error.model) == ("ollama", "smol")
    assert (error.meta.selected_provider, error.meta.selected_model) == ("ollama", "smol")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("Retry-After: 7", 7.0), ("Retry-After: 1.5", 1.5), ("retry-after-ms: 250", 0.25), ("Retry-After: soon", None)],
)
def test_when_to_try_again(header: str, seconds: float | None, world: World) -> None:
    """`retry_after` has the seconds of the response, or None without them."""
    assert _refused(world, 429, {"error": "slow down"}, header).retry_after == seconds


def _refused(world: World, status: int, body: Any, *headers: str, ctype: str = "application/json") -> Any:
    """Return the error of a chat with this response."""

    async def scenario(client: Any) -> Any:
        with pytest.raises(StatusError) as caught:
            await client.generate_content("groq/llama", "hi")
        return caught.value

    with serving(lambda connection, _: _refuse(connection, status, body, headers, ctype)) as server:
        error = world.with_client(scenario, server.url, max_retries=0)
    assert len(server.requests) == 1
    return error


def _refuse(connection: Connection, status: int, body: Any, headers: tuple[str, ...], ctype: str) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.head(status, ctype, *headers, length=len(raw))
    connection.send(b"" if status == 304 else raw)


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, br"])
@pytest.mark.parametrize(
    ("status", "error"), [(401, sdk.UnauthorizedError), (429, sdk.RateLimitError), (500, sdk.InternalError)]
)
def test_a_refusal_in_an_unknown_coding_keeps_its_status(
    world: World, status: int, error: type[sdk.StatusError], coding: str
) -> None:
    """If the body cannot be read, the status is still known, for a call and for a stream."""

    async def scenario(client: Any) -> None:
        with pytest.raises(error) as caught:
            await client.generate_content("a/b", "hi")
        assert caught.value.status == status
        with pytest.raises(error):
            async with client.generate_content_stream("a/b", "hi"):
                pytest.fail("the block was entered")

    with serving(lambda connection, _: connection.json(b"\x1b\x00", status, f"Content-Encoding: {coding}")) as server:
        world.with_client(scenario, server.url, max_retries=0)


def test_a_503_in_an_unknown_coding_is_repeated_as_any_other(world: World) -> None:
    """A retry follows the status: the second attempt succeeds."""

    def handler(connection: Connection, _: Request) -> None:
        if len(server.requests) == 1:
            connection.json(b"\x1b\x00", 503, "Content-Encoding: br", "Retry-After: 0")
        else:
            connection.json(ANSWER)

    async def scenario(client: Any) -> None:
        assert (await client.generate_content("a/b", "hi")).text

    with serving(handler) as server:
        world.with_client(scenario, server.url)
    assert len(server.requests) == 2


@pytest.mark.parametrize("coding", ["none", "utf-8", "aws-chunked", "identity, identity"])
def test_a_coding_that_names_no_compression_is_none(world: World, coding: str) -> None:
    """A content coding of an uncompressed body is ignored where servers send such values."""

    async def scenario(client: Any) -> None:
        assert (await client.generate_content("a/b", "hi")).text

    with serving(lambda connection, _: connection.json(ANSWER, 200, f"Content-Encoding: {coding}")) as server:
        world.with_client(scenario, server.url, max_retries=0)


def test_gzip_beside_identity_is_gzip(world: World) -> None:
    """`gzip, identity` is decompressed once."""

    async def scenario(client: Any) -> None:
        assert (await client.generate_content("a/b", "hi")).text

    body = gzip.compress(json.dumps(ANSWER).encode())
    with serving(lambda connection, _: connection.json(body, 200, "Content-Encoding: gzip, identity")) as server:
        world.with_client(scenario, server.url, max_retries=0)
