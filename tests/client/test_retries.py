"""Every cell of the retry table over the wire (docs/retries.md), with delays noted instead of slept."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import trustme

from client.asking import answers, ask_chat, ask_health, ask_models, ask_stream, caught, first, refusing
from client.fault import PAGE
from client.invented import Invented
from client.misbehaviour import reset, sends, silent
from inference_gateway_sdk import (
    BadGatewayError,
    BadRequestError,
    ConnectError,
    GatewayError,
    GatewayTimeoutError,
    InternalError,
    RateLimitError,
    RequestError,
    ServiceUnavailableError,
    StatusError,
    StreamStalledError,
    StreamTruncatedError,
    TimeoutError,  # noqa: A004
    Timeouts,
)
from inference_gateway_sdk._wire.call import Call, Idempotency
from support.limits import for_some_limit
from support.server import DONE, GOOD, ROLE, Connection, Handler, Request, chunk, event, serving
from support.worlds import World

pytestmark = pytest.mark.wire

EVERY = frozenset(Idempotency)
NOT_CAUTIOUSLY = frozenset({Idempotency.FREELY, Idempotency.PUSH})
FREELY = frozenset({Idempotency.FREELY})
NEVER = frozenset[Idempotency]()


@dataclass(frozen=True)
class Row:
    """A failure of the first attempt, and the kinds of request that are then repeated."""

    name: str
    fails: Callable[[Connection, Request, Invented], None]
    repeated: frozenset[Idempotency]
    error: type[GatewayError]
    timeout: Timeouts | None = None


def closes(connection: Connection, request: Request, world: Invented) -> None:
    """Close the connection in place of a response."""
    connection.close()


def resets(connection: Connection, request: Request, world: Invented) -> None:
    """Reset the connection in place of a response."""
    connection.reset()


def closes_late(connection: Connection, request: Request, world: Invented) -> None:
    """Close the connection after eleven seconds."""
    world.offset += 11
    connection.close()


def sends_nothing(connection: Connection, request: Request, world: Invented) -> None:
    """Send nothing."""
    connection.stall()


def breaks_off(connection: Connection, request: Request, world: Invented) -> None:
    """Send a truncated response."""
    connection.head(200, length=100)
    connection.send(b"{")
    connection.close()


def sends_other_protocol(connection: Connection, request: Request, world: Invented) -> None:
    """Answer in another protocol."""
    connection.send(b"SSH-2.0-OpenSSH\r\n")
    connection.close()


def answers_with(status: int, text: str = "no") -> Callable[[Connection, Request, Invented], None]:
    """Return a handler that answers with this error status."""
    return lambda connection, request, world: connection.json({"error": text}, status)


TIMEOUT_TEXT = 'Post "http://127.0.0.1:8080/proxy/x": net/http: timeout awaiting response headers'
INNER_HOP = 'Post "http://127.0.0.1:8080/proxy/x": write tcp 127.0.0.1:1->127.0.0.1:2: write: broken pipe'
ROWS = [
    Row("closed before any byte", closes, NOT_CAUTIOUSLY, RequestError),
    Row("reset before any byte", resets, NOT_CAUTIOUSLY, RequestError),
    Row("closed before any byte, after 11 s", closes_late, NEVER, RequestError),
    Row("broken off within the answer", breaks_off, NEVER, RequestError),
    Row("no HTTP", sends_other_protocol, NEVER, RequestError),
    Row("our own timeout", sends_nothing, NEVER, TimeoutError, Timeouts(response=0.2)),
    Row("408", answers_with(408), NOT_CAUTIOUSLY, StatusError),
    Row("429", answers_with(429), EVERY, RateLimitError),
    Row("500", answers_with(500), FREELY, InternalError),
    Row("502", answers_with(502), NOT_CAUTIOUSLY, StatusError),
    Row("503", answers_with(503), EVERY, ServiceUnavailableError),
    Row("504", answers_with(504), NOT_CAUTIOUSLY, GatewayTimeoutError),
    Row("529", answers_with(529), NOT_CAUTIOUSLY, StatusError),
    Row("the 400 that is a broken inner hop", answers_with(400, INNER_HOP), NOT_CAUTIOUSLY, BadGatewayError),
    Row("the 400 that is a timeout", answers_with(400, TIMEOUT_TEXT), NOT_CAUTIOUSLY, GatewayTimeoutError),
    *(
        Row(str(status), answers_with(status), NEVER, StatusError)
        for status in (302, 400, 401, 403, 404, 409, 413, 415, 422, 501, 505)
    ),
]


@pytest.mark.parametrize("repeat", Idempotency, ids=lambda repeat: repeat.value)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_failed_request_is_repeated_as_in_the_table(world: World, row: Row, repeat: Idempotency) -> None:
    """Each failure is followed by another attempt for exactly the kinds of request in the table."""
    invented = Invented()
    handler = first(lambda connection, request: row.fails(connection, request, invented), answers)

    async def scenario(client: Any) -> Any:
        return await client.send(call(repeat))

    with serving(handler) as server:
        options: dict[str, Any] = {"timeout": row.timeout} if row.timeout else {}
        outcome = caught(world, scenario, server.url, invented, **options)
        seen = len(server.requests)
    if repeat in row.repeated:
        assert (outcome, seen, invented.pauses) == (200, 2, [0.25])
    else:
        assert isinstance(outcome, row.error), outcome
        assert (seen, invented.pauses) == (1, [])


def call(repeat: Idempotency) -> Call[int]:
    """Return a custom request with this idempotency."""
    return Call(method="POST", path="/things", body=b"{}", repeat=repeat, read=lambda reply: reply.status)


# Never sent


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.parametrize("repeat", Idempotency, ids=lambda repeat: repeat.value)
def test_a_request_that_never_left_is_repeated_whatever_it_is(world: World, repeat: Idempotency) -> None:
    """Without a listener every kind of request is repeated, and the error has the attempts and the address."""
    invented, port = Invented(), _closed_port()

    async def scenario(client: Any) -> Any:
        return await client.send(call(repeat))

    error = caught(world, scenario, f"http://127.0.0.1:{port}", invented)
    assert isinstance(error, ConnectError)
    assert (error.attempts, invented.pauses) == (3, [0.25, 0.5])
    assert f"127.0.0.1:{port}" in str(error)
    assert "igw serve" in str(error)


def test_a_certificate_that_does_not_verify_is_not_tried_again(world: World) -> None:
    """A failure that would recur is not repeated."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    invented = Invented()

    async def scenario(client: Any) -> Any:
        return await client.list_models()

    with serving(answers, context) as server:
        error = caught(world, scenario, server.url, invented)
        assert server.requests == []
    assert isinstance(error, ConnectError)
    assert (error.attempts, invented.pauses) == (1, [])


# The client's endpoints


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        (ask_chat, "Hello"),
        (ask_models, ["openai/ok"]),
        (ask_health, True),
        (ask_stream, (["Hel", "lo"], 3)),
    ],
    ids=["chat", "models", "health", "stream"],
)
@pytest.mark.parametrize("failure", [refusing(500), refusing(503)], ids=["500", "503"])
def test_generations_listings_and_health_are_repeated_freely(
    world: World, scenario: Any, expected: Any, failure: Handler
) -> None:
    """Every endpoint without side effects is tried three times, even after a 500."""
    invented = Invented()
    with serving(first(failure, failure, answers)) as server:
        assert caught(world, scenario, server.url, invented) == expected
        assert len(server.requests) == 3
    assert invented.pauses == [0.25, 0.5]


# Streams


def errs(code: int) -> Handler:
    """Send an error inside a stream, before content."""
    return sends(ROLE, event({"error": {"message": "in the stream", "code": code}}), DONE)


BEFORE_CONTENT = {
    "an error inside, by its code (503)": (errs(503), True, ServiceUnavailableError),
    "an error inside, by its code (400)": (errs(400), False, BadRequestError),
    "an empty event stream": (sends(), True, StreamTruncatedError),
    "only [DONE]": (sends(DONE), True, StreamTruncatedError),
    "an HTML page": (sends(PAGE), True, GatewayError),
    "a frame that is no JSON": (sends(b"data: {oops\n\n"), True, GatewayError),
    "cut after an empty first chunk": (sends(ROLE), True, StreamTruncatedError),
    "reset after an empty first chunk": (sends(ROLE, end=reset), True, StreamTruncatedError),
    "silence": (silent, False, StreamStalledError),
}


@pytest.mark.parametrize("name", BEFORE_CONTENT)
def test_a_stream_that_breaks_before_content_is_repeated_as_its_status_or_a_reset(world: World, name: str) -> None:
    """Before the first content a broken stream is repeated unless its status, or silence, forbids it."""
    failure, repeated, error = BEFORE_CONTENT[name]

    @for_some_limit(Timeouts(first_content=0.2) if failure is silent else Timeouts())
    def _(timeouts: Timeouts, _: int) -> None:
        invented = Invented()
        with serving(first(failure, answers)) as server:
            outcome = caught(world, ask_stream, server.url, invented, timeout=timeouts)
            seen = len(server.requests)
        if repeated:
            assert (outcome, seen, invented.pauses) == ((["Hel", "lo"], 2), 2, [0.25])
        else:
            assert isinstance(outcome, error)
            assert (seen, invented.pauses) == (1, [])


def test_a_stream_that_breaks_late_before_content_is_not_repeated(world: World) -> None:
    """A break before content after ten seconds is the gateway's deadline and is not repeated."""
    invented = Invented()

    def late(connection: Connection, request: Request) -> None:
        connection.head(200, "text/event-stream")
        connection.chunk(ROLE)
        invented.offset += 11
        connection.end()

    with serving(first(late, answers)) as server:
        assert isinstance(caught(world, ask_stream, server.url, invented), StreamTruncatedError)
        assert len(server.requests) == 1


AFTER_CONTENT = {
    "cut": sends(*GOOD[:2]),
    "reset": sends(*GOOD[:2], end=reset),
    "an error inside": sends(*GOOD[:2], event({"error": {"message": "busy", "code": 429}})),
    "a frame that is no JSON": sends(*GOOD[:2], b"data: {oops\n\n"),
    "only a finish before the break": sends(chunk(finish="stop"), event({"error": {"message": "busy", "code": 429}})),
}


@pytest.mark.parametrize("name", AFTER_CONTENT)
def test_nothing_is_repeated_after_content(world: World, name: str) -> None:
    """Once a reader may have seen content, the same request is never sent again."""
    invented = Invented()
    with serving(first(AFTER_CONTENT[name], answers)) as server:
        caught(world, ask_stream, server.url, invented)
        assert len(server.requests) == 1
    assert invented.pauses == []


def test_a_stream_that_fails_twice_and_then_works_is_one_clean_stream(world: World) -> None:
    """The reader gets one stream, with no trace of earlier attempts but their number."""
    invented = Invented()
    failures = (sends(ROLE, end=reset), sends(ROLE, event({"error": {"message": "busy", "code": 529}})))

    async def scenario(client: Any) -> None:
        async with client.generate_content_stream("p/m", "hi") as stream:
            assert [chunk.text async for chunk in stream] == ["", "Hel", "lo", None, None]
            final = await stream.final()
        assert (final.text, final.complete, final.usage.total_tokens) == ("Hello", True, 3)
        assert stream.meta.attempts == final.meta.attempts == 3

    with serving(first(*failures, answers)) as server:
        assert caught(world, scenario, server.url, invented) is None
        assert len(server.requests) == 3
    assert invented.pauses == [0.25, 0.5]


def test_a_late_close_names_the_gateways_settings(world: World) -> None:
    """A close after a long wait is explained by the gateway's own deadline, an early one by TLS on the other side."""
    invented = Invented()
    with serving(lambda connection, request: closes_late(connection, request, invented)) as server:
        late = caught(world, ask_chat, server.url, invented)
    with serving(lambda connection, request: connection.close()) as server:
        early = caught(world, ask_chat, server.url, Invented())
    assert isinstance(late, RequestError)
    assert "SERVER_WRITE_TIMEOUT" in str(late)
    assert late.elapsed is not None
    assert late.elapsed >= 11
    assert isinstance(early, RequestError)
    assert "https://" in str(early.hint)
    assert early.attempts == 3
