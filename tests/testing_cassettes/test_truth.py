"""Failures of the recording recur in the same way; the data of the wire is kept unchanged."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from inference_gateway_sdk import (
    ConnectError,
    RateLimitError,
    RequestError,
    StreamStalledError,
    StreamTruncatedError,
    TimeoutError,  # noqa: A004
    Timeouts,
)
from inference_gateway_sdk._client.runtime import async_system_runtime, system_runtime
from inference_gateway_sdk.testing.cassettes import CassetteMissError, Ending, RecordedAnswer
from support.server import Connection, Request, serving
from support.worlds import World
from testing_cassettes.playing import Played, outcome

pytestmark = pytest.mark.wire

IMPATIENT = {"silent": Timeouts(response=0.3, first_content=0.3), "stalled_stream": Timeouts(idle=0.3)}
ANSWER = {"id": "1", "model": "m", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}}]}


def event(content: str) -> bytes:
    """Return one chunk of a chat."""
    return b"data: %s\n\n" % json.dumps({"choices": [{"index": 0, "delta": {"content": content}}]}).encode()


FIRST, SECOND = event("Hel"), event("lo")
DONE = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


@pytest.fixture
def played(world: World, tmp_path: Path) -> Played:
    """Return a cassette of a client without retries."""
    return Played(world, tmp_path / "it.json", max_retries=0)


def at_once(world: World) -> Any:
    """Return a runtime without waits between attempts."""

    async def sleep(_: float) -> None: ...

    return system_runtime()._replace(sleep=bool) if world.blocking else async_system_runtime()._replace(sleep=sleep)


async def chat(client: Any) -> Any:
    """Return a whole answer."""
    return (await client.generate_content("openai/m", "Hi")).text


async def chat_stream(client: Any) -> Any:
    """Read a stream to its end."""
    async with client.generate_content_stream("openai/m", "Hi") as stream:
        return [chunk.text async for chunk in stream]


def cut_stream(connection: Connection, _: Request) -> None:
    """Close the connection inside an event."""
    connection.events(FIRST, SECOND[:10], end=False)
    connection.close()


def reset_stream(connection: Connection, _: Request) -> None:
    """Reset the connection after an event, when that has arrived."""
    connection.events(FIRST, end=False)
    connection.pause(0.1)
    connection.reset()


def stalled_stream(connection: Connection, _: Request) -> None:
    """Send nothing more."""
    connection.events(FIRST, end=False)
    connection.stall()


def unfinished_stream(connection: Connection, _: Request) -> None:
    """End the body in order, without the stream's end."""
    connection.events(FIRST)


def failed_stream(connection: Connection, _: Request) -> None:
    """Send an error inside a stream."""
    connection.events(FIRST, b'data: {"error":{"message":"overloaded","code":529}}\n\n')


def silent(connection: Connection, _: Request) -> None:
    """Send no answer."""
    connection.stall()


def closing(connection: Connection, _: Request) -> None:
    """Close the connection without an answer."""
    connection.close()


def garbage(connection: Connection, _: Request) -> None:
    """Send data that is not HTTP."""
    connection.send(b"SSH-2.0-OpenSSH\r\n\r\n")
    connection.close()


def cut_body(connection: Connection, _: Request) -> None:
    """End a whole answer before its length."""
    connection.head(200, "application/json", length=100)
    connection.send(b'{"id":')
    connection.close()


def bad_json(connection: Connection, _: Request) -> None:
    """Send a whole answer that is not JSON."""
    connection.head(200, "application/json", length=5)
    connection.send(b"<htm>")


def refused(connection: Connection, _: Request) -> None:
    """Refuse, with a Retry-After."""
    connection.json({"error": {"message": "slow down"}}, 429, "Retry-After: 7")


STREAMS = [
    cut_stream,
    reset_stream,
    stalled_stream,
    unfinished_stream,
    failed_stream,
    silent,
    closing,
    garbage,
    refused,
]
WHOLES = [silent, closing, garbage, cut_body, bad_json, refused]
KINDS: dict[Any, str] = {
    cut_stream: "truncated", reset_stream: "truncated", stalled_stream: "silence", unfinished_stream: "complete",
    failed_stream: "abandoned", silent: "silence", closing: "no_answer", garbage: "bad_answer", cut_body: "truncated",
    bad_json: "complete", refused: "complete",
}  # fmt: skip


@pytest.mark.parametrize(
    ("scenario", "fault"),
    [(chat_stream, fault) for fault in STREAMS] + [(chat, fault) for fault in WHOLES],
    ids=lambda value: value.__name__,
)
def test_a_failure_plays_as_the_same_failure(scenario: Any, fault: Any, played: Played) -> None:
    """The error has the same class, status, limit and partial answer, and is raised at once when played."""
    played.options["timeout"] = IMPATIENT.get(fault.__name__, 20)

    async def tried(client: Any) -> Any:
        return await outcome(scenario, client)

    with serving(fault) as server:
        live = played.record(server.url, tried)
    assert issubclass(live[0], Exception)
    assert played.play(tried) == live
    (exchange,) = played.exchanges()
    end = exchange.outcome if isinstance(exchange.outcome, Ending) else exchange.outcome.end
    assert end.kind == KINDS[fault]


def test_the_failures_are_those_that_are_meant(played: Played) -> None:
    """The errors compared above have the classes that users catch."""
    expected = {
        (chat_stream, cut_stream): StreamTruncatedError,
        (chat_stream, stalled_stream): StreamStalledError,
        (chat, silent): TimeoutError,
        (chat, closing): RequestError,
        (chat, refused): RateLimitError,
    }
    for (scenario, fault), cls in expected.items():
        path = played.path.with_name(f"{fault.__name__}.json")
        one = Played(played.world, path, max_retries=0, timeout=IMPATIENT.get(fault.__name__, 20))

        async def failing(client: Any, scenario: Any = scenario, cls: Any = cls) -> None:
            with pytest.raises(cls):
                await scenario(client)

        with serving(fault) as server:
            one.record(server.url, failing)
        one.play(failing)


def test_a_server_that_is_not_there_is_recorded_as_that(played: Played) -> None:
    """A missing server is recorded, and its request is never sent, live or played."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    async def tried(client: Any) -> None:
        with pytest.raises(ConnectError, match="refused"):
            await chat(client)

    played.record(f"http://127.0.0.1:{port}", tried)
    (exchange,) = played.exchanges()
    assert isinstance(exchange.outcome, Ending)
    assert exchange.outcome.kind == "not_sent"
    played.play(tried)


def test_each_try_of_a_call_is_an_exchange(played: Played) -> None:
    """Retries play as recorded: refused, dropped, answered, with the same number of attempts."""
    played.options |= {"max_retries": 2, "_runtime": at_once(played.world)}
    answers = iter([lambda connection: connection.json({"error": "busy"}, 503, "Retry-After: 0"), Connection.close])

    def flaky(connection: Connection, _: Request) -> None:
        next(answers, lambda connection: connection.json(ANSWER))(connection)

    tries: list[int] = []

    async def talk(client: Any) -> str:
        reply = await client.generate_content("openai/m", "Hi")
        tries.append(reply.meta.attempts)
        return str(reply.text)

    with serving(flaky) as server:
        assert played.record(server.url, talk) == "Hello"
    first, second, third = [exchange.outcome for exchange in played.exchanges()]
    assert isinstance(first, RecordedAnswer) and first.status == 503
    assert isinstance(second, Ending) and second.kind == "no_answer"
    assert isinstance(third, RecordedAnswer) and third.status == 200
    assert played.play(talk) == "Hello"
    assert tries == [3, 3]


def test_statuses_and_headers_are_kept_as_they_came(played: Played) -> None:
    """Odd statuses, the order of headers, and repeated headers are kept."""
    more = ("X-B: 1", "X-A: 2", "X-B: 3", "X-Ratelimit-Remaining-Tokens: 9")

    def odd(connection: Connection, _: Request) -> None:
        connection.json(ANSWER, 299, *more)

    async def talk(client: Any) -> Any:
        reply = await client.generate_content("openai/m", "Hi")
        return reply.meta.status, reply.meta.headers.pairs(), reply.meta.raw

    with serving(odd) as server:
        live = played.record(server.url, talk)
    assert played.play(talk) == live
    assert live[0] == 299
    assert [pair for pair in live[1] if pair[0].startswith("x-")] == [
        ("x-b", "1"), ("x-a", "2"), ("x-b", "3"), ("x-ratelimit-remaining-tokens", "9")
    ]  # fmt: skip


def test_a_packed_answer_is_recorded_unpacked(played: Played) -> None:
    """The file is readable, and the client gets the same answer."""
    import gzip

    body = gzip.compress(json.dumps(ANSWER).encode())

    def packed(connection: Connection, _: Request) -> None:
        connection.head(200, "application/json", "Content-Encoding: gzip", length=len(body))
        connection.send(body)

    with serving(packed) as server:
        assert played.record(server.url, chat) == "Hello"
    assert '"content": "Hello"' in played.path.read_text("utf-8")
    assert played.play(chat) == "Hello"


def test_an_abandoned_stream_records_what_came(played: Played) -> None:
    """An abandoned stream plays up to the position of its reader; reading on raises a miss."""

    def endless(connection: Connection, _: Request) -> None:
        connection.head(200, "text/event-stream")
        connection.chunk(FIRST)
        connection.drip(b"%x\r\n%s\r\n" % (len(SECOND), SECOND), 0.01)

    async def leaves(client: Any) -> str:
        async with client.generate_content_stream("openai/m", "Hi") as stream:
            async for chunk in stream:
                if chunk.text == "lo":
                    return str(chunk.text)
        raise AssertionError("the stream is endless")

    with serving(endless) as server:
        assert played.record(server.url, leaves) == "lo"
    (exchange,) = played.exchanges()
    assert isinstance(exchange.outcome, RecordedAnswer)
    assert exchange.outcome.end.kind == "abandoned"
    assert exchange.outcome.body.startswith(FIRST + SECOND)
    assert played.play(leaves) == "lo"

    async def goes_on(client: Any) -> None:
        with pytest.raises(CassetteMissError, match="where its reader left: record it again"):
            await chat_stream(client)

    played.play(goes_on)


def test_a_stream_left_near_its_end_is_recorded_to_the_end(played: Played) -> None:
    """Data that a client drains is in the file, so that another reader finds it there."""

    def whole(connection: Connection, _: Request) -> None:
        connection.events(FIRST, SECOND, DONE)

    async def leaves(client: Any) -> str:
        async with client.generate_content_stream("openai/m", "Hi") as stream:
            async for chunk in stream:
                return str(chunk.text)
        raise AssertionError("the stream has content")

    with serving(whole) as server:
        assert played.record(server.url, leaves) == "Hel"
    assert played.play(chat_stream) == ["Hel", "lo", None]


def test_a_miss_is_neither_repeated_nor_taken_for_a_failed_call(played: Played) -> None:
    """A client with retries raises a miss once, and `except GatewayError` does not catch it."""
    played.options["max_retries"] = 5

    async def talk(client: Any) -> None:
        with pytest.raises(CassetteMissError):
            await outcome(chat, client)

    played.play(talk)
