"""Behaviour 14: a task cancelled anywhere leaves the pool whole, and neither open sockets nor warnings."""

from __future__ import annotations

import asyncio
import random
import threading
import time

import pytest

from inference_gateway_sdk._http1.failures import TransportFailure
from inference_gateway_sdk._transport._async import AsyncioDriver

from .conftest import Authority, Serve
from .scripted import Peer, Script, keep_answering
from .worlds import PATIENCE

BIG = b"x" * (20 * 1024 * 1024)


@pytest.fixture(params=["plain", "tls"])
def target(request: pytest.FixtureRequest, serve: Serve, authority: Authority):
    """Start a server. Return its URL and the options of a driver that trusts it."""
    secure = request.param == "tls"

    def start(script: Script):
        server = serve(script, authority.server() if secure else None)
        return server.url(), {"proxy": None, "ca": authority.file if secure else None}

    return start


def _run(main) -> None:
    complaints: list[dict] = []

    async def watched() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        asyncio.get_running_loop().slow_callback_duration = 10
        await asyncio.wait_for(main(), 2 * PATIENCE)
        await asyncio.sleep(0.05)  # an object left open would warn here

    asyncio.run(watched(), debug=True)
    assert not complaints, complaints


async def _cancel_after(rounds: int, task: asyncio.Task) -> None:
    for _ in range(rounds):
        await asyncio.sleep(0)
    task.cancel()
    ends = await asyncio.gather(task, return_exceptions=True)
    assert ends[0] is None or isinstance(ends[0], asyncio.CancelledError), ends


def test_cancelled_at_any_of_its_awaits_a_request_leaves_its_place(target) -> None:
    """Connecting, handshaking, waiting and reading are each cancelled, one round of the loop later each time."""

    def script(peer: Peer) -> None:
        while True:
            peer.request()
            peer.send(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"5\r\nhello\r\n", b"0\r\n\r\n", pause=0.002
            )

    url, options = target(script)

    async def main() -> None:
        for kept in (False, True):
            driver = AsyncioDriver(limit=1, **options)

            async def ask(driver: AsyncioDriver = driver) -> None:
                answer = await driver.open("POST", url, (), b"{}")
                try:
                    while await answer.read():
                        pass
                finally:
                    answer.abandon()

            for rounds in range(40):
                if kept:
                    await ask()
                await _cancel_after(rounds, asyncio.create_task(ask()))
            await asyncio.wait_for(ask(), 10)
            await driver.aclose()

    _run(main)


def test_cancelled_in_mid_send_a_request_leaves_its_place(target) -> None:
    """Sending 20 MB to a server that does not read them is cancelled at once."""
    sending = threading.Event()

    def script(peer: Peer) -> None:
        if peer.request(body=False).headers["content-length"] == "2":
            peer.answer()
        sending.set()
        peer.idle()

    url, options = target(script)

    async def main() -> None:
        driver = AsyncioDriver(limit=1, **options)
        for _ in range(3):
            sending.clear()
            task = asyncio.create_task(driver.open("POST", url, (), BIG))
            assert await asyncio.to_thread(sending.wait, PATIENCE)
            began = time.monotonic()
            await _cancel_after(0, task)
            assert time.monotonic() - began < 5
        answer = await asyncio.wait_for(driver.open("POST", url, (), b"{}"), 10)
        await answer.release()
        await driver.aclose()

    _run(main)


def test_of_200_streams_half_are_cancelled_at_random_and_the_pool_is_whole(target) -> None:
    """After one task is cancelled, the others read their streams to the end, and every slot is free afterwards."""

    def script(peer: Peer) -> None:
        while True:
            peer.request()
            peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            peer.send(*[b"5\r\nhello\r\n"] * 10, b"0\r\n\r\n", pause=0.002)

    url, options = target(script)
    chance = random.Random(7)

    async def main() -> None:
        driver = AsyncioDriver(limit=50, **options)
        whole: list[bytes] = []

        async def ask() -> None:
            answer = await driver.open("POST", url, (), b"{}", deadline=time.monotonic() + PATIENCE)
            received = b""
            try:
                while data := await answer.read(time.monotonic() + PATIENCE):
                    received += data
            finally:
                answer.abandon()
            whole.append(received)

        async def leave(task: asyncio.Task) -> None:
            await asyncio.sleep(chance.random() * 0.3)  # at any moment of a response
            task.cancel()

        tasks = [asyncio.create_task(ask()) for _ in range(200)]
        leaving = [asyncio.create_task(leave(task)) for task in chance.sample(tasks, 100)]
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*leaving)
        assert not [end for end in ends if isinstance(end, TransportFailure)]
        assert len(whole) >= 100
        assert set(whole) == {b"hello" * 10}
        held = [
            await driver.open("POST", url, (), b"{}", deadline=time.monotonic() + PATIENCE) for _ in range(50)
        ]  # all fifty slots are free
        for answer in held:
            answer.abandon()
        await driver.aclose()

    _run(main)


def test_a_reader_that_is_cancelled_has_lost_nothing(target) -> None:
    """A read that is cancelled while it waits leaves the response intact: the next read continues."""
    go_on = threading.Event()

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        go_on.wait(10)
        peer.send(b"world")
        peer.idle()

    url, options = target(script)

    async def main() -> None:
        driver = AsyncioDriver(**options)
        answer = await driver.open("GET", url, (), None)
        assert await answer.read() == b"hello"
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(answer.read(), 0.02)
        go_on.set()
        assert await answer.read() == b"world"
        assert await answer.read() == b""
        await driver.aclose()

    _run(main)


def test_the_end_of_the_loop_closes_what_is_open(target) -> None:
    """`asyncio.run` ends with open responses and an unclosed driver, and leaves no open socket and no warning."""
    url, options = target(keep_answering())

    async def main() -> None:
        driver = AsyncioDriver(**options)
        main.held = [await driver.open("GET", url, (), None) for _ in range(3)]
        await (await driver.open("GET", url, (), None)).read()

    _run(main)
