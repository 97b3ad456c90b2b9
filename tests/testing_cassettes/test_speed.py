"""The pace of playing: at once, or at the recorded times, by a clock that the test controls."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from inference_gateway_sdk._http1.failures import DeadlineExceeded, TruncatedResponse
from inference_gateway_sdk.testing.cassettes import (
    Cassette,
    Clock,
    Ending,
    Exchange,
    Piece,
    RecordedAnswer,
    RecordedRequest,
    cassette,
)
from inference_gateway_sdk.testing.cassettes.file import load, save
from support.worlds import World
from testing_cassettes.playing import driver_of
from testing_cassettes.stub import StubAnswer, StubDriver

URL = "http://localhost/v1/x"
STREAM = RecordedAnswer(
    2.0,
    200,
    (("content-type", "text/event-stream"),),
    (Piece(2.5, b"one"), Piece(2.5, b"two"), Piece(10.0, b"three")),
    Ending("complete", 11.0),
)


class Turned:
    """A clock that moves only during a wait, and notes its length."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda _, seconds: self._wait(seconds), self._sleep)

    def _wait(self, seconds: float) -> None:
        self.waits.append(round(seconds, 3))
        self.now += seconds

    async def _sleep(self, seconds: float) -> None:
        self._wait(seconds)


def tape_of(folder: Path, outcome: RecordedAnswer | Ending, clock: Clock | None, speed: Any) -> Cassette:
    """Return a cassette with this one exchange."""
    save(folder / "it.json", [Exchange(RecordedRequest("GET", URL), outcome)])
    return cassette(folder / "it.json", "none", speed=speed, clock=clock)


def with_driver(world: World, tape: Cassette, scenario: Callable[[Any], Awaitable[Any]]) -> Any:
    """Return the scenario's result with the tape's driver, which has the interface of the async one."""

    async def run() -> Any:
        with tape:
            return await scenario(driver_of(world, tape))

    return world.run(run)


async def read_all(answer: Any) -> list[bytes]:
    """Return every piece of a body."""
    pieces = []
    while piece := await answer.read():
        pieces.append(piece)
    return pieces


def test_full_speed_never_waits(world: World, tmp_path: Path) -> None:
    """A minute's stream plays at once, in its recorded pieces."""
    turned = Turned()

    async def scenario(driver: Any) -> list[bytes]:
        return await read_all(await driver.open("GET", URL, [], None))

    pieces = with_driver(world, tape_of(tmp_path, STREAM, turned.clock(), "full"), scenario)
    assert pieces == [b"one", b"two", b"three"]
    assert turned.waits == []


def test_original_speed_gives_everything_when_it_came(world: World, tmp_path: Path) -> None:
    """The head, each piece and the end are due as long after the request as they were recorded."""
    turned = Turned()

    async def scenario(driver: Any) -> None:
        answer = await driver.open("GET", URL, [], None)
        assert turned.now == 1002.0
        times = []
        while await answer.read():
            times.append(turned.now - 1000)
        assert times == [2.5, 2.5, 10.0]

    with_driver(world, tape_of(tmp_path, STREAM, turned.clock(), "original"), scenario)
    assert turned.waits == [2.0, 0.5, 7.5, 1.0]


def test_a_slow_reader_waits_only_for_what_is_still_to_come(world: World, tmp_path: Path) -> None:
    """Data that was due while the reader was busy is available at once."""
    turned = Turned()

    async def scenario(driver: Any) -> None:
        answer = await driver.open("GET", URL, [], None)
        turned.now += 9.0
        assert await read_all(answer) == [b"one", b"two", b"three"]

    with_driver(world, tape_of(tmp_path, STREAM, turned.clock(), "original"), scenario)
    assert turned.waits == [2.0]


def test_a_deadline_passes_while_a_recording_is_not_due(world: World, tmp_path: Path) -> None:
    """A deadline passes for the head and for the body; a later read continues without loss."""
    turned = Turned()

    async def scenario(driver: Any) -> None:
        answer = await driver.open("GET", URL, [], None, deadline=1002.0)
        assert await answer.read(1003.0) == b"one"
        assert await answer.read(1003.0) == b"two"
        with pytest.raises(DeadlineExceeded) as caught:
            await answer.read(1004.0)
        assert caught.value.which == "body"
        assert turned.now == 1004.0
        assert await read_all(answer) == [b"three"]

    with_driver(world, tape_of(tmp_path, STREAM, turned.clock(), "original"), scenario)

    async def impatient(driver: Any) -> None:
        with pytest.raises(DeadlineExceeded) as caught:
            await driver.open("GET", URL, [], None, deadline=turned.now + 1.0)
        assert caught.value.which == "headers"

    with_driver(world, tape_of(tmp_path, STREAM, turned.clock(), "original"), impatient)


def test_a_recorded_silence_passes_the_deadline_at_either_speed(world: World, tmp_path: Path) -> None:
    """A recorded silence passes the deadline at once at full speed, and after the wait at the original speed."""
    silence = RecordedAnswer(0.0, 200, (), (Piece(0.0, b"one"),), Ending("silence", 60.0, "deadline passed", "body"))

    async def scenario(driver: Any) -> None:
        answer = await driver.open("GET", URL, [], None)
        assert await answer.read() == b"one"
        with pytest.raises(DeadlineExceeded):
            await answer.read(turned.now + 60.0)

    for speed, waits in (("full", []), ("original", [60.0])):
        turned = Turned()
        with_driver(world, tape_of(tmp_path, silence, turned.clock(), speed), scenario)
        assert turned.waits == waits


def test_a_failure_comes_when_it_came(world: World, tmp_path: Path) -> None:
    """A connection that closed after ten seconds does so again at the original speed."""
    turned = Turned()

    async def scenario(driver: Any) -> None:
        with pytest.raises(Exception, match="closed") as caught:
            await driver.open("GET", URL, [], None)
        assert type(caught.value).__name__ == "NoResponse"

    with_driver(world, tape_of(tmp_path, Ending("no_answer", 10.0, "closed"), turned.clock(), "original"), scenario)
    assert turned.waits == [10.0]


def test_an_answer_that_is_given_up_ends_the_wait_of_its_reader(world: World, tmp_path: Path) -> None:
    """Abandoning an answer wakes its waiting reader at once."""
    late = RecordedAnswer(0.0, 200, (), (Piece(40.0, b"late"),), Ending("complete", 40.0))

    async def scenario(driver: Any) -> None:
        answer = await driver.open("GET", URL, [], None)
        threading.Timer(0.05, answer.abandon if not world.blocking else answer.inner.abandon).start()
        began = time.monotonic()
        with pytest.raises(TruncatedResponse, match="abandoned"):
            await answer.read()
        assert time.monotonic() - began < 20

    with_driver(world, tape_of(tmp_path, late, None, "original"), scenario)


def test_a_task_that_is_cancelled_while_it_waits_is_cancelled(tmp_path: Path) -> None:
    """A cancelled wait at the original speed leaves the answer readable."""
    late = RecordedAnswer(0.0, 200, (), (Piece(0.2, b"late"),), Ending("complete", 0.2))

    async def scenario(driver: Any) -> None:
        answer = await driver.open("GET", URL, [], None)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await answer.read()
        assert await read_all(answer) == [b"late"]

    with_driver(World("async"), tape_of(tmp_path, late, None, "original"), scenario)


@pytest.mark.parametrize("give_up", ["release", "abandon"])
def test_a_read_after_leaving_an_answer_raises(world: World, tmp_path: Path, give_up: str) -> None:
    """A released answer is a usage error, an abandoned one is truncated, and a whole one is complete."""
    expected = {"release": RuntimeError, "abandon": TruncatedResponse}[give_up]

    async def leave(answer: Any) -> None:
        target = answer.inner if world.blocking else answer
        result = getattr(target, give_up)()
        if result is not None:
            await result

    async def scenario(driver: Any) -> None:
        answer = await driver.open("GET", URL, [], None)
        await answer.read()
        await leave(answer)
        with pytest.raises(expected):
            await answer.read()

    with_driver(world, tape_of(tmp_path, STREAM, None, "full"), scenario)

    async def reads_first(driver: Any) -> None:
        answer = await driver.open("GET", URL, [], None)
        await read_all(answer)
        await leave(answer)
        assert await answer.read() == b""

    with_driver(world, tape_of(tmp_path, STREAM, None, "full"), reads_first)

    async def reads_what_there_is(driver: Any) -> None:
        answer = await driver.open("GET", URL, [], None)
        assert await answer.read() == b"one"
        await leave(answer)
        with pytest.raises(expected):  # not a miss: this reader leaves where the recorded one left
            await answer.read()

    left = RecordedAnswer(0.0, 200, (), (Piece(0.0, b"one"),), Ending("abandoned", 0.0))
    with_driver(world, tape_of(tmp_path, left, None, "full"), reads_what_there_is)


def test_times_are_recorded_from_the_request_on(tmp_path: Path) -> None:
    """Times are in milliseconds: of the head, each piece and the end; JSON is timed when it was whole."""
    turned = Turned()

    class Slow(StubAnswer):
        def read(self, deadline: float | None = None) -> bytes:
            turned.now += 0.25
            return super().read(deadline)

    def reply(request: RecordedRequest) -> StubAnswer:
        turned.now += 1.0001
        kind = "text/event-stream" if "stream" in request.url else "application/json"
        return Slow(headers=[("content-type", kind)], pieces=[b'{"a":', b"1}"])

    with cassette(tmp_path / "it.json", clock=turned.clock()) as tape:
        driver = tape.driver(StubDriver(reply))
        for url in (URL, f"{URL}/stream"):
            answer = driver.open("GET", url, [], None)
            while answer.read():
                pass
    whole, stream = [exchange.outcome for exchange in load(tmp_path / "it.json")]
    assert isinstance(whole, RecordedAnswer) and isinstance(stream, RecordedAnswer)
    assert (whole.at, whole.pieces) == (1.75, (Piece(1.75, b'{"a":1}'),))
    assert (stream.at, [piece.at for piece in stream.pieces], stream.end.at) == (1.0, [1.25, 1.5], 1.75)


def test_the_lines_of_an_event_stay_together_unless_time_passed_between_them(tmp_path: Path) -> None:
    """An event written line by line is one piece, and an event that stalled inside is two."""
    turned = Turned()
    reads = [(0.1, b"data: 1\n"), (0.001, b"\n"), (0.001, b"data: 2\n"), (0.5, b"\n"), (0.001, b"data: 3\n\n")]

    class Written(StubAnswer):
        def read(self, deadline: float | None = None) -> bytes:
            seconds, data = reads.pop(0) if reads else (0.0, b"")
            turned.now += seconds
            return data

    stub = StubDriver(lambda _: Written(headers=[("content-type", "text/event-stream")]))
    with cassette(tmp_path / "it.json", clock=turned.clock()) as tape:
        answer = tape.driver(stub).open("GET", URL, [], None)
        while answer.read():
            pass
    (exchange,) = load(tmp_path / "it.json")
    assert isinstance(exchange.outcome, RecordedAnswer)
    assert [(piece.at, piece.data) for piece in exchange.outcome.pieces] == [
        (0.101, b"data: 1\n\n"), (0.102, b"data: 2\n"), (0.602, b"\n"), (0.603, b"data: 3\n\n")
    ]  # fmt: skip
