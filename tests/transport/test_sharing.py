"""Behaviour 15: one driver under several loops, many threads, and after fork."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest

from inference_gateway_sdk._http1.failures import TransportFailure
from inference_gateway_sdk._transport._async import AsyncioDriver
from inference_gateway_sdk._transport._blocking import BlockingDriver

from .conftest import Authority, Serve
from .scripted import Peer, keep_answering
from .worlds import PATIENCE

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


async def _ask(driver: AsyncioDriver, url: str) -> bytes:
    answer = await driver.open("POST", url, (), b"{}", deadline=time.monotonic() + PATIENCE)
    received = b""
    while data := await answer.read():
        received += data
    return received


def _ask_blocking(driver: BlockingDriver, url: str) -> bytes:
    answer = driver.open("POST", url, (), b"{}", deadline=time.monotonic() + PATIENCE)
    received = b""
    while data := answer.read():
        received += data
    return received


PROGRAM = """
import asyncio, sys
from inference_gateway_sdk import AsyncInferenceGatewayClient

client = AsyncInferenceGatewayClient(sys.argv[1], proxy=None)
loop = asyncio.new_event_loop()
loop.run_until_complete(client.health_check())
"""


def test_a_loop_that_is_left_at_the_end_of_a_program_is_quiet(serve: Serve) -> None:
    """`run_until_complete` without `aclose` raises no warning that Python shows by default."""
    server = serve(keep_answering())
    command = [sys.executable, "-c", PROGRAM, server.origin]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert server.connections == 1


def test_without_an_asyncio_loop_the_error_names_what_is_missing() -> None:
    """A coroutine run by hand, or by trio, raises an error that names asyncio."""
    coroutine = AsyncioDriver(proxy=None).open("GET", "http://127.0.0.1:1/", (), None)
    with pytest.raises(RuntimeError, match=r"needs one.*asyncio\.run\(\).*trio"):
        coroutine.send(None)


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_one_driver_serves_a_second_loop(serve: Serve, authority: Authority, secure: bool) -> None:
    """After a second `asyncio.run` the driver has new connections, and the first loop's are closed."""
    server = serve(keep_answering(), authority.server() if secure else None)
    driver = AsyncioDriver(proxy=None, ca=authority.file if secure else None)
    for loops in (1, 2, 3):
        for _ in range(2):
            assert asyncio.run(_ask(driver, server.url()), debug=True) == b"hello"
        assert server.connections == 2 * loops

    async def end() -> None:
        await _ask(driver, server.url())
        await driver.aclose()
        with pytest.raises(RuntimeError, match="closed"):
            await _ask(driver, server.url())

    asyncio.run(end(), debug=True)


def test_one_driver_serves_four_loops_at_once(serve: Serve) -> None:
    """Four threads with a loop each share a driver without sharing a connection."""
    server = serve(keep_answering())
    driver = AsyncioDriver(proxy=None, limit=8)
    outcomes: list[object] = []
    barrier = threading.Barrier(4)

    async def main() -> list[bytes]:
        barrier.wait(PATIENCE)
        return await asyncio.gather(*(_ask(driver, server.url()) for _ in range(40)))

    def live() -> None:
        try:
            outcomes.append(asyncio.run(main(), debug=True))
        except BaseException as error:
            outcomes.append(error)

    threads = [threading.Thread(target=live) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert outcomes == [[b"hello"] * 40] * 4
    assert server.connections <= 4 * 8


def test_a_driver_is_closed_from_one_loop_for_all(serve: Serve) -> None:
    """Closing on one loop ends the open responses of another."""
    server = serve(lambda peer: (peer.request(), peer.send(CHUNKED + b"1\r\na\r\n"), peer.idle()))
    driver = AsyncioDriver(proxy=None)
    opened = threading.Event()
    ended: list[BaseException] = []

    async def read_on() -> None:
        answer = await driver.open("GET", server.url(), (), None)
        assert await answer.read() == b"a"
        opened.set()
        try:
            await answer.read(time.monotonic() + PATIENCE)
        except TransportFailure as error:
            ended.append(error)

    reader = threading.Thread(target=lambda: asyncio.run(read_on(), debug=True))
    reader.start()
    assert opened.wait(PATIENCE)
    asyncio.run(driver.aclose(), debug=True)
    reader.join(PATIENCE)
    assert "given up" in str(ended[0])


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_32_threads_share_a_driver(serve: Serve, authority: Authority, secure: bool) -> None:
    """Each thread gets its own responses, over no more connections than the limit allows."""

    def script(peer: Peer) -> None:
        while True:
            peer.answer(peer.request().body)

    server = serve(script, authority.server() if secure else None)
    driver = BlockingDriver(proxy=None, limit=6, ca=authority.file if secure else None)
    wrong: list[object] = []

    def ask(number: int) -> None:
        for turn in range(10):
            body = f"{number}/{turn}".encode() * 50
            try:
                answer = driver.open("POST", server.url(), (), body, deadline=time.monotonic() + PATIENCE)
                received = b""
                while data := answer.read():
                    received += data
            except Exception as error:
                wrong.append(error)
            else:
                if received != body:
                    wrong.append(received)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    driver.close()
    assert not wrong
    assert len(server.requests) == 320
    assert server.connections <= 6


def _in_child(work: Callable[[], bool]) -> None:
    """Run `work` in a forked child. Assert that it returns True and writes no warning."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.alarm(15)
        code = 1
        try:
            os.dup2(writer, 2)
            code = 0 if work() else 2
        except BaseException as error:
            os.write(2, repr(error).encode())
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader, "rb") as messages:
        text = messages.read()
    _, status = os.waitpid(pid, 0)
    assert (os.waitstatus_to_exitcode(status), text) == (0, b"")


def _dripping(peer: Peer) -> None:
    while True:
        if peer.request().line.startswith("GET /stream"):
            peer.send(CHUNKED, *[b"5\r\nhello\r\n"] * 20, b"0\r\n\r\n", pause=0.02)
        else:
            peer.answer()


@needs_fork
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_fork_with_an_open_stream_blocking(serve: Serve, authority: Authority, secure: bool) -> None:
    """A forked child uses the same driver and cannot read the parent's response; the parent reads on undisturbed."""
    server = serve(_dripping, authority.server() if secure else None)
    driver = BlockingDriver(proxy=None, ca=authority.file if secure else None)
    _ask_blocking(driver, server.url())
    stream = driver.open("GET", server.url("/stream"), (), None)
    received = stream.read()

    def child() -> bool:
        pipes = [os.pipe() for _ in range(8)]  # the closed socket's number now belongs to another file
        assert pipes
        try:
            while stream.read():
                pass
        except TransportFailure:
            stream.release()
            return _ask_blocking(driver, server.url()) == b"hello"
        return False

    _in_child(child)
    while data := stream.read():
        received += data
    assert received == b"hello" * 20
    connections = server.connections
    assert _ask_blocking(driver, server.url()) == b"hello"
    assert server.connections == connections  # the parent still has its own
    driver.close()


@needs_fork
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_fork_with_an_open_stream_asyncio(serve: Serve, authority: Authority, secure: bool) -> None:
    """A child forked inside a running loop runs its own loop with the same driver; the parent's loop continues."""
    server = serve(_dripping, authority.server() if secure else None)
    driver = AsyncioDriver(proxy=None, ca=authority.file if secure else None)

    async def main() -> None:
        await _ask(driver, server.url())
        stream = await driver.open("GET", server.url("/stream"), (), None)
        received = await stream.read()
        _in_child(lambda: _in_new_thread(lambda: asyncio.run(_ask(driver, server.url())) == b"hello"))
        while data := await stream.read():
            received += data
        assert received == b"hello" * 20
        connections = server.connections
        assert await _ask(driver, server.url()) == b"hello"
        assert server.connections == connections
        await driver.aclose()

    asyncio.run(main(), debug=True)


def _in_new_thread(work: Callable[[], bool]) -> bool:
    """Run in a new thread: the thread that forked still counts as running the parent's loop."""
    outcome: list[bool] = []
    thread = threading.Thread(target=lambda: outcome.append(work()))
    thread.start()
    thread.join()
    return outcome == [True]


@needs_fork
def test_a_child_does_not_hold_the_parents_connection_open(serve: Serve) -> None:
    """When the parent closes a stream, the server sees its end though a forked child is still running."""
    ended = threading.Event()

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(CHUNKED + b"1\r\na\r\n")
        if peer.gone():
            ended.set()

    server = serve(script)
    for make in (_give_up_blocking, _give_up_asyncio):
        ended.clear()
        make(server.url(), ended)


def _child_that_waits() -> tuple[int, int]:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(writer)
        os.read(reader, 1)
        os._exit(0)
    os.close(reader)
    return pid, writer


def _give_up_blocking(url: str, ended: threading.Event) -> None:
    driver = BlockingDriver(proxy=None)
    stream = driver.open("GET", url, (), None)
    stream.read()
    pid, writer = _child_that_waits()
    try:
        driver._pool.forget(stream._connection)  # as a destructor does: no shutdown()
        assert ended.wait(5)
    finally:
        os.close(writer)
        os.waitpid(pid, 0)


def _give_up_asyncio(url: str, ended: threading.Event) -> None:
    async def main() -> None:
        driver = AsyncioDriver(proxy=None)
        stream = await driver.open("GET", url, (), None)
        await stream.read()
        pid, writer = _child_that_waits()
        try:
            stream.abandon()
            assert await asyncio.to_thread(ended.wait, 5)
        finally:
            os.close(writer)
            os.waitpid(pid, 0)
        await driver.aclose()

    asyncio.run(main(), debug=True)


if sys.version_info >= (3, 12):
    pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
