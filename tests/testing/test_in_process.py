"""The transports without a socket: both keep the contract of a driver (`_transport/protocols.py`)."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from inference_gateway_sdk import InferenceGatewayClient, StreamStalledError, Timeouts
from inference_gateway_sdk._http1.failures import DeadlineExceeded, TransportFailure, TruncatedResponse
from inference_gateway_sdk.testing import ScriptedGateway, scripted_gateway
from inference_gateway_sdk.testing.in_process import AsyncInProcessDriver, InProcessDriver
from inference_gateway_sdk.testing.provider import ScriptedFaults

URL = "http://gateway.test/v1/chat/completions"
BODY = b'{"model": "openai/x", "stream": true, "messages": [{"role": "user", "content": "Hi"}]}'


@pytest.fixture
def gateway() -> Iterator[ScriptedGateway]:
    """Return a gateway without a socket, whose end is not checked."""
    gateway = scripted_gateway(sockets=False)
    gateway.start()
    yield gateway
    gateway.close()


class Blocking:
    """The blocking driver with the interface of the async one."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def open(self, *arguments: Any, **options: Any) -> Any:
        return BlockingAnswer(await asyncio.to_thread(self.inner.open, *arguments, **options))

    async def aclose(self) -> None:
        await asyncio.to_thread(self.inner.close)


class BlockingAnswer:
    """The answer of the blocking driver."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.status, self.headers, self.abandon = inner.status, inner.headers, inner.abandon

    async def read(self, deadline: float | None = None) -> bytes:
        return await asyncio.to_thread(self.inner.read, deadline)

    async def release(self) -> None:
        self.inner.release()


@pytest.fixture(params=["blocking", "async"])
def driver(request: pytest.FixtureRequest, gateway: ScriptedGateway) -> Any:
    """Return each driver in turn."""
    return Blocking(gateway.driver()) if request.param == "blocking" else gateway.async_driver()


def run(scenario: Any) -> Any:
    """Run a scenario in a loop in debug mode."""
    return asyncio.run(scenario, debug=True)


def soon(seconds: float) -> float:
    """Return a deadline."""
    return time.monotonic() + seconds


async def everything(answer: Any) -> list[bytes]:
    """Return all pieces."""
    pieces = []
    while piece := await answer.read(soon(20)):
        pieces.append(piece)
    return pieces


def test_an_answer_has_its_status_headers_and_pieces(gateway: ScriptedGateway, driver: Any) -> None:
    """Each event is a piece of its own; after the end every read gives b""."""
    gateway.stream(["Hel", "lo"])

    async def scenario() -> None:
        answer = await driver.open("POST", URL, [("Content-Type", "application/json")], BODY, deadline=soon(20))
        assert (answer.status, dict(answer.headers)["content-type"]) == (200, "text/event-stream")
        pieces = await everything(answer)
        events = [piece for piece in pieces if piece.strip()]
        assert len(events) == 6 and b'"Hel"' in events[1] and events[-1].strip() == b"data: [DONE]"
        assert [await answer.read() for _ in range(2)] == [b"", b""]
        await answer.release()
        await driver.aclose()

    run(scenario())
    assert gateway.request.content == BODY
    assert (gateway.request.headers["host"], gateway.request.headers["content-length"]) == (
        "gateway.test",
        str(len(BODY)),
    )


class Gated:
    """An application that sends one part, and another once it is released."""

    def __init__(self) -> None:
        self.gate = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["body"] == BODY and scope["path"] == "/v1/chat/completions"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"X-Mine", b"1")]})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        while not self.gate.is_set():
            await asyncio.sleep(0.01)
        await send({"type": "http.response.body", "body": b"two", "more_body": False})


@pytest.mark.parametrize("kind", ["blocking", "async"])
def test_a_piece_arrives_before_the_next_is_made_and_a_late_read_has_lost_nothing(kind: str) -> None:
    """A deadline that passes ends one read, not the answer."""
    app = Gated()
    plan = ScriptedFaults()
    driver: Any = Blocking(InProcessDriver(app, plan)) if kind == "blocking" else AsyncInProcessDriver(app, plan)

    async def scenario() -> None:
        answer = await driver.open("POST", URL, [], BODY, deadline=soon(20))
        assert (answer.status, answer.headers) == (200, [("x-mine", "1")])
        assert await answer.read(soon(20)) == b"one"
        for deadline in (soon(0.05), soon(-1)):
            with pytest.raises(DeadlineExceeded) as caught:
                await answer.read(deadline)
            assert caught.value.which == "body"
        app.gate.set()
        assert [await answer.read(soon(20)) for _ in range(3)] == [b"two", b"", b""]
        await driver.aclose()

    run(scenario())


def test_a_head_that_is_late_is_a_deadline(gateway: ScriptedGateway, driver: Any) -> None:
    """A late head raises at the deadline, and the gateway notices the disconnect."""
    gateway.fail("stall-before-headers")

    async def scenario() -> None:
        with pytest.raises(DeadlineExceeded) as caught:
            await driver.open("POST", URL, [], BODY, deadline=soon(0.1))
        assert caught.value.which == "headers"
        await driver.aclose()

    run(scenario())


def test_a_passed_deadline_still_hands_over_what_is_there(gateway: ScriptedGateway, driver: Any) -> None:
    """A read after the deadline still returns the available data, as with a socket's driver."""
    gateway.reply("Hello")

    async def scenario() -> None:
        answer = await driver.open("POST", URL, [], BODY)
        for _ in range(1000):
            with suppress(DeadlineExceeded):
                assert await answer.read(soon(-1))
                break
            await asyncio.sleep(0.01)
        else:
            pytest.fail("nothing came")
        await driver.aclose()

    run(scenario())


def test_an_answer_that_is_given_up_ends_for_its_reader_and_for_the_gateway(
    gateway: ScriptedGateway, driver: Any
) -> None:
    """A waiting reader gets an error; the gateway stops as it does when a client disconnects."""
    gateway.stream(["one", "two"], pause=60)

    async def scenario() -> None:
        answer = await driver.open("POST", URL, [], BODY)
        read = b""
        while b"one" not in read:
            read += await answer.read(soon(20))
        reading = asyncio.create_task(everything(answer))
        await asyncio.sleep(0)  # the reader runs until it waits
        answer.abandon()
        answer.abandon()
        with pytest.raises(TruncatedResponse):
            await reading
        with pytest.raises(TruncatedResponse):
            await answer.read(soon(1))
        await asyncio.wait_for(driver.aclose(), 20)  # waits for the gateway's end

    run(scenario())


@pytest.mark.parametrize("kind", ["blocking", "async"])
def test_one_reader_at_a_time(kind: str) -> None:
    """A second reader gets a RuntimeError."""
    app, plan = Gated(), ScriptedFaults()
    driver: Any = Blocking(InProcessDriver(app, plan)) if kind == "blocking" else AsyncInProcessDriver(app, plan)

    async def scenario() -> None:
        answer = await driver.open("POST", URL, [], BODY)
        assert await answer.read(soon(20)) == b"one"
        reading = asyncio.create_task(answer.read(soon(20)))
        inner = getattr(answer, "inner", answer)
        while not (inner._turn.locked() if kind == "blocking" else inner._reading):
            await asyncio.sleep(0.01)
        with pytest.raises(RuntimeError, match="one reader at a time"):
            await answer.read(soon(1))
        answer.abandon()
        with pytest.raises(TruncatedResponse):
            await reading
        app.gate.set()
        await driver.aclose()

    run(scenario())


def test_closing_ends_open_answers(gateway: ScriptedGateway, driver: Any) -> None:
    """Closing ends open answers with an error, and nothing more can be opened."""
    gateway.stream(["one", "two"], pause=60)

    async def scenario() -> None:
        answer = await driver.open("POST", URL, [], BODY)
        await driver.aclose()
        await driver.aclose()
        with pytest.raises(TransportFailure):
            await everything(answer)
        with pytest.raises(RuntimeError, match="the driver is closed"):
            await driver.open("POST", URL, [], BODY)

    run(scenario())


def test_a_slow_reader_holds_the_gateway_back(gateway: ScriptedGateway, driver: Any) -> None:
    """An answer of any length uses little memory: no piece is produced long before it is read."""
    gateway.stream(["x" * 10_000] * 100)

    async def scenario() -> None:
        answer = await driver.open("POST", URL, [], BODY)
        await asyncio.sleep(0.2)  # a gateway that produces ahead would do it now
        held = getattr(answer, "inner", answer)._delivery._held
        assert held < 100_000
        assert sum(map(len, await everything(answer))) > 1_000_000
        await driver.aclose()

    run(scenario())


def test_a_cancelled_request_leaves(gateway: ScriptedGateway) -> None:
    """A cancelled request stops at the gateway too."""
    gateway.fail("stall-before-headers")

    async def scenario() -> None:
        async with gateway.async_client() as client:
            asking = asyncio.create_task(client.generate_content("openai/x", "Hi"))
            await answering(True)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            await answering(False)

    async def answering(expected: bool) -> None:
        for _ in range(2000):
            if any(task.get_name() == "scripted gateway" for task in asyncio.all_tasks()) == expected:
                return
            await asyncio.sleep(0.005)
        pytest.fail("the gateway still answers" if not expected else "the gateway never answered")

    run(scenario())


def test_a_forgotten_answer_leaves(gateway: ScriptedGateway) -> None:
    """An answer that is collected ends at the gateway."""
    gateway.stream(["one", "two"], pause=60)

    async def scenario() -> None:
        driver = gateway.async_driver()
        await driver.open("POST", URL, [], BODY)
        gc.collect()
        await asyncio.wait_for(driver.aclose(), 20)

    run(scenario())


def test_an_answer_may_outlive_its_loop(gateway: ScriptedGateway) -> None:
    """A test that ends with an open stream raises no error."""
    gateway.stream(["one", "two"], pause=60)
    driver = gateway.async_driver()
    answer = run(driver.open("POST", URL, [], BODY))
    answer.abandon()
    with pytest.raises(TruncatedResponse):
        run(everything(answer))
    run(driver.aclose())


def test_one_client_serves_loops_and_threads(gateway: ScriptedGateway) -> None:
    """Each async request runs in its own loop; blocking ones share the driver's."""
    gateway.reply("Hello", times="always")
    client, async_client = gateway.client(), gateway.async_client()

    async def ask() -> str | None:
        return (await async_client.generate_content("openai/x", "Hi")).text

    assert [asyncio.run(ask()) for _ in range(2)] == ["Hello"] * 2
    texts: list[str | None] = []
    threads = [
        threading.Thread(target=lambda: texts.append(client.generate_content("openai/x", "Hi").text)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == ["Hello"] * 8


def test_a_stream_that_stalls_is_the_clients_clock(gateway: ScriptedGateway) -> None:
    """Timeouts are the client's own, with or without a socket."""
    gateway.stream(["one", "two"], pause=60)
    client = gateway.client(timeout=Timeouts(idle=0.1))
    with pytest.raises(StreamStalledError) as caught, client.generate_content_stream("openai/x", "Hi") as stream:
        for _ in stream:
            pass
    assert caught.value.partial.text == "one"


def test_a_driver_can_be_used_by_any_client(gateway: ScriptedGateway) -> None:
    """The driver works in any client, as every transport does."""
    gateway.reply("Hello")
    with InferenceGatewayClient("http://anything.test", driver=gateway.driver()) as client:
        assert client.generate_content("openai/x", "Hi").text == "Hello"
    assert gateway.request.headers["host"] == "anything.test"


def test_no_socket_is_opened(gateway: ScriptedGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection is made and no socket listens: there is no address to connect to."""
    import socket

    def refuse(*_: object) -> None:
        pytest.fail("a socket was connected or bound")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "bind", refuse)
    gateway.reply("Hello", times=2)
    with gateway.client() as client:
        assert client.generate_content("openai/x", "Hi").text == "Hello"
    with pytest.raises(RuntimeError, match=r"has no socket: use client\(\)"):
        _ = gateway.url
