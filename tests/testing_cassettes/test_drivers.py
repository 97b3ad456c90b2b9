"""The drivers as transports: the options they pass on, the effect of a cancelled task, and one reader at a time."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from inference_gateway_sdk._http1.failures import DeadlineExceeded, NotSent, TruncatedResponse
from inference_gateway_sdk.testing.cassettes import (
    Clock,
    Ending,
    Exchange,
    Piece,
    RecordedAnswer,
    RecordedRequest,
    cassette,
)
from inference_gateway_sdk.testing.cassettes.file import load, save
from support.server import Connection, Request, serving
from support.worlds import World
from testing_cassettes.playing import driver_of
from testing_cassettes.stub import AsyncStubDriver, StubAnswer, StubDriver
from testing_cassettes.stub import read_all as stub_read

pytestmark = pytest.mark.wire
ABOVE = "http://unknown.invalid/x?a=b"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a path without a cassette."""
    return tmp_path / "it.json"


def run(world: World, path: Path, scenario: Any, mode: Any = "once", **options: Any) -> Any:
    """Return the scenario's result with the driver of a tape."""

    async def inside() -> Any:
        with cassette(path, mode) as tape:
            driver = driver_of(world, tape, **options)
            try:
                return await scenario(driver)
            finally:
                await driver.aclose()

    return world.run(inside)


async def read_all(answer: Any) -> bytes:
    """Return a whole body."""
    body = b""
    while piece := await answer.read():
        body += piece
    return body


def answering(connection: Connection, request: Request) -> None:
    """Answer with the request as the server received it."""
    connection.json({"target": request.target, "body": request.body.decode()})


def half(connection: Connection, _: Request) -> None:
    """Send one event, and then nothing more."""
    connection.events(b"data: 1\n\n", end=False)
    connection.stall()


def test_connections_are_made_with_the_clients_options(world: World, path: Path) -> None:
    """Proxy, certificates and limits are passed to the driver, because a client with a driver makes no connections."""

    async def ask(driver: Any) -> bytes:
        return await read_all(await driver.open("POST", ABOVE, [("X-A", "1")], b"hi"))

    with serving(answering) as server:
        body = run(world, path, ask, proxy=server.url)
        assert server.requests[0].headers["x-a"] == "1"
    assert body == b'{"target": "http://unknown.invalid/x?a=b", "body": "hi"}'
    assert run(world, path, ask, mode="none") == body


def test_deadlines_reach_the_driver_within(world: World, path: Path) -> None:
    """While recording, the client's deadlines apply to the head and the body."""

    def slow(connection: Connection, request: Request) -> None:
        if request.path == "/body":
            connection.head(200, "text/plain", length=10)
        connection.stall()

    async def ask(driver: Any) -> list[str]:
        import time

        which = []
        with pytest.raises(DeadlineExceeded) as caught:
            await driver.open("GET", f"{url}/head", [], None, deadline=time.monotonic() + 0.1)
        which.append(caught.value.which)
        answer = await driver.open("GET", f"{url}/body", [], None, deadline=time.monotonic() + 20)
        for _ in range(2):
            with pytest.raises(DeadlineExceeded) as caught:
                await answer.read(time.monotonic() + 0.1)
            which.append(caught.value.which)
        answer.abandon() if not world.blocking else await answer.abandon()
        return which

    with serving(slow) as server:
        url = server.url
        live = run(world, path, ask)
    assert live == ["headers", "body", "body"]
    assert run(world, path, ask, mode="none") == live


def test_a_request_that_was_not_sent_keeps_what_is_known_of_it(world: World, path: Path) -> None:
    """A refused proxy login is recorded as a permanent failure."""

    def closed(connection: Connection, _: Request) -> None:
        connection.json({}, 407)

    async def ask(driver: Any) -> bool:
        with pytest.raises(NotSent) as caught:
            await driver.open("GET", ABOVE, [], None)
        return caught.value.permanent

    with serving(closed) as server:
        assert run(world, path, ask, proxy=server.url)
    assert run(world, path, ask, mode="none")


def test_a_cancelled_request_is_not_recorded(path: Path) -> None:
    """A request cancelled before its head is not recorded, and the driver stays usable."""

    def first_silent(connection: Connection, request: Request) -> None:
        if request.path == "/silent":
            connection.stall()
        connection.json({})

    async def ask(driver: Any) -> bytes:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await driver.open("GET", f"{url}/silent", [], None)
        return await read_all(await driver.open("GET", f"{url}/well", [], None))

    with serving(first_silent) as server:
        url = server.url
        assert run(World("async"), path, ask) == b"{}"
    assert [exchange.request.url for exchange in load(path)] == [f"{url}/well"]


def test_a_cancelled_read_leaves_an_abandoned_answer(path: Path) -> None:
    """A cancelled read records the data before it, and closes the connection."""

    async def ask(driver: Any) -> None:
        answer = await driver.open("GET", server.url, [], None)
        assert await answer.read() == b"data: 1\n\n"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await answer.read()
        await answer.release()

    with serving(half) as server:
        run(World("async"), path, ask)
    (exchange,) = load(path)
    assert isinstance(exchange.outcome, RecordedAnswer)
    assert (exchange.outcome.body, exchange.outcome.end.kind) == (b"data: 1\n\n", "abandoned")


@pytest.mark.parametrize("mode", ["recording", "playing"])
def test_one_task_reads_an_answer_at_a_time(path: Path, mode: str) -> None:
    """A second reader gets the transport's own error; the first continues."""

    def slow(connection: Connection, _: Request) -> None:
        connection.head(200, "text/plain", length=4)
        connection.pause(0.2)
        connection.send(b"done")

    async def ask(driver: Any, url: str) -> bytes:
        answer = await driver.open("GET", url, [], None)
        first = asyncio.create_task(answer.read())
        await asyncio.sleep(0)  # the first reader runs until it waits
        with pytest.raises(RuntimeError, match="being read by another task"):
            await answer.read()
        return await first

    with serving(slow) as server:
        run(World("async"), path, lambda driver: ask(driver, server.url))
    if mode == "playing":

        async def play() -> bytes:
            with cassette(path, "none", speed="original") as tape:
                return await ask(tape.async_driver(), "http://localhost")

        assert asyncio.run(play()) == b"done"


def test_one_thread_reads_a_played_answer_at_a_time(path: Path) -> None:
    """A second thread that reads a played answer gets the same error."""
    answer = RecordedAnswer(0.0, 200, (), (Piece(600.0, b"late"),), Ending("complete", 600.0))
    save(path, [Exchange(RecordedRequest("GET", "http://h/"), answer)])
    waiting, go_on = threading.Event(), threading.Event()

    def wait(_: threading.Event, __: float) -> None:
        waiting.set()
        go_on.wait(20)
        clock[0] += 600

    clock = [0.0]
    with cassette(path, speed="original", clock=Clock(lambda: clock[0], wait)) as tape:
        opened = tape.driver().open("GET", "http://h/", [], None)
        got: list[bytes] = []
        thread = threading.Thread(target=lambda: got.append(opened.read()))
        thread.start()
        assert waiting.wait(20)
        with pytest.raises(RuntimeError, match="being read by another thread"):
            opened.read()
        go_on.set()
        thread.join()
    assert got == [b"late"]


def test_an_answer_that_is_given_up_while_it_is_read_is_abandoned(world: World, path: Path) -> None:
    """The reader of an abandoned answer gets a truncation error; the recording notes the abandonment."""

    async def ask(driver: Any) -> None:
        answer = await driver.open("GET", server.url, [], None)
        await answer.read()
        inner = answer.inner if world.blocking else answer
        threading.Timer(0.05, inner.abandon).start()
        with pytest.raises(TruncatedResponse):
            await answer.read()

    with serving(half) as server:
        run(world, path, ask)
    (exchange,) = load(path)
    assert isinstance(exchange.outcome, RecordedAnswer)
    assert exchange.outcome.end.kind == "abandoned"


@pytest.mark.parametrize("mode", ["once", "none"])
def test_closing_the_driver_ends_open_answers(world: World, path: Path, mode: str) -> None:
    """Closing the driver ends open answers as the transport does, recorded or played."""
    whole = RecordedAnswer(0.0, 200, (), (Piece(0.0, b"1"), Piece(0.0, b"2")), Ending("complete"))
    if mode == "none":
        save(path, [Exchange(RecordedRequest("GET", "http://h"), whole)])

    async def ask(driver: Any) -> None:
        answer = await driver.open("GET", server.url, [], None)
        await answer.read()
        await driver.aclose()
        with pytest.raises((TruncatedResponse, RuntimeError)):
            await answer.read()

    with serving(half) as server:
        run(world, path, ask, mode=mode)


def test_a_tape_can_be_used_again(path: Path) -> None:
    """A second block of the same tape begins with the file, and records nothing twice."""
    tape = cassette(path, "new")
    stub = StubDriver()
    for url in ("http://h/a", "http://h/b", "http://h/a"):
        with tape:
            stub_read(tape.driver(stub).open("GET", url, [], None))
    assert [exchange.request.url for exchange in load(path)] == ["http://h/a", "http://h/b"]


class Left(StubAnswer):
    """An answer that notes how it was left."""

    how = ""

    def release(self) -> None:
        self.how = self.how or "released"

    def abandon(self) -> None:
        self.how = self.how or "abandoned"


def leave(world: World, path: Path, answer: StubAnswer) -> RecordedAnswer:
    """Return the recording of an answer of which one piece was read."""
    stub = StubDriver(lambda _: answer)

    async def ask(driver: Any) -> None:
        opened = await driver.open("GET", "http://h", [], None)
        await opened.read()
        await opened.release()

    run(world, path, ask, inner=stub if world.blocking else AsyncStubDriver(stub))
    (exchange,) = load(path)
    assert isinstance(exchange.outcome, RecordedAnswer)
    return exchange.outcome


def test_a_reader_that_leaves_near_the_end_leaves_a_whole_recording(world: World, path: Path) -> None:
    """A short rest is read for the recording, and the connection returns to its pool."""
    answer = Left(headers=[("content-type", "text/event-stream")], pieces=[b"data: 1\n\n", b"data: 2\n\n"])
    recorded = leave(world, path, answer)
    assert (recorded.body, recorded.end.kind) == (b"data: 1\n\ndata: 2\n\n", "complete")
    assert answer.how == "released"


def test_a_reader_that_leaves_far_from_the_end_abandons_the_answer(world: World, path: Path) -> None:
    """At most 64 KiB are read on: more would cost more than a new connection."""
    answer = Left(headers=[("content-type", "audio/mpeg")], pieces=[b"x" * 50_000 for _ in range(100)])
    recorded = leave(world, path, answer)
    assert (len(recorded.body), recorded.end.kind) == (150_000, "abandoned")
    assert answer.how == "abandoned"


def test_a_break_while_reading_on_is_recorded(world: World, path: Path) -> None:
    """A break while reading on is recorded, and raises nothing in the caller, which has its data."""

    class Breaking(Left):
        def read(self, deadline: float | None = None) -> bytes:
            if not self.pieces:
                raise TruncatedResponse("cut")
            return self.pieces.pop(0)

    recorded = leave(world, path, Breaking(pieces=[b"1", b"2"]))
    assert (recorded.body, recorded.end.kind, recorded.end.why) == (b"12", "truncated", "cut")
