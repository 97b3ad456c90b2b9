"""The connection pool: reentered by a signal handler, and closed while calls wait for a slot."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from inference_gateway_sdk._client.runtime import TokenSource
from inference_gateway_sdk._http1.connection import PIECE_SIZE
from inference_gateway_sdk._transport._async import AsyncioDriver
from inference_gateway_sdk._transport._blocking import BlockingDriver
from inference_gateway_sdk._transport._blocking.connection import BlockingConnection

from .conftest import Serve
from .scripted import keep_answering
from .worlds import PATIENCE


def _ask(driver: BlockingDriver, url: str) -> bytes:
    answer = driver.open("POST", url, (), b"{}", deadline=time.monotonic() + PATIENCE)
    received = b""
    while data := answer.read():
        received += data
    return received


def _in_time(action: Callable[[], Any]) -> Any:
    """Return the result of an action in its own thread: a deadlock fails the test instead of blocking it."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(action()), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert results, "deadlock"
    return results[0]


class _Interrupted:
    """A set of idle connections in which a signal handler makes a call of its own once during every action."""

    def __init__(self, inner: Any, handler: Callable[[], object]) -> None:
        self.inner, self.handler, self.calls = inner, handler, 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.inner, name)

        def run(*args: Any) -> Any:
            if self.calls < 20 and not threading.current_thread().name.startswith("handler"):
                threading.current_thread().name = f"handler in {name}"
                try:
                    self.calls += 1
                    self.handler()
                finally:
                    threading.current_thread().name = "caller"
            return method(*args)

        return run


def test_a_signal_handler_may_call_while_the_pool_is_in_use(serve: Serve) -> None:
    """A call within each step of the pool's own work succeeds, and so does the call that it interrupted."""
    server = serve(keep_answering())
    driver = BlockingDriver(proxy=None)
    pool = driver._pool
    pool._idle = interrupted = _Interrupted(pool._idle, lambda: _ask(driver, server.url()))  # type: ignore[assignment]
    for _ in range(5):
        assert _in_time(lambda: _ask(driver, server.url())) == b"hello"
    assert interrupted.calls >= 10
    pool._idle = interrupted.inner
    assert _in_time(lambda: _ask(driver, server.url())) == b"hello"
    driver.close()
    assert not pool._busy


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this platform has no interval timers")
def test_many_signals_whose_handler_calls_lose_no_slot(serve: Serve) -> None:
    """With handlers that call at odd moments of 300 calls, each call succeeds, and all slots are free afterwards."""
    server = serve(keep_answering())
    driver = BlockingDriver(proxy=None, limit=4)
    answers: list[bytes] = []
    running: list[bool] = []

    def handler(*_: object) -> None:
        if not running:
            running.append(True)
            answers.append(_ask(driver, server.url()))
            running.clear()

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
    try:
        for _ in range(300):
            assert _ask(driver, server.url()) == b"hello"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert set(answers) == {b"hello"}
    assert driver._pool._slots.qsize() == 4
    driver.close()


def test_a_token_function_may_be_interrupted_by_a_call_that_needs_the_token() -> None:
    """A handler that runs inside the token function fetches the token itself instead of waiting for its own thread."""
    depth: list[int] = []

    def function() -> str:
        depth.append(1)
        return source.get() if len(depth) == 1 else "token"  # type: ignore[return-value]

    source = TokenSource(function)
    assert _in_time(source.get) == "token"


class _SilentConnection:
    """A TLS connection as far as its shell sees it: records without plain text change nothing, the end does."""

    def __init__(self) -> None:
        self.dead = False

    def receive(self, data: bytes) -> None:
        pass

    def end(self, error: OSError | None = None) -> None:
        self.dead = True


@pytest.mark.parametrize(("ends", "records"), [(False, 1), (True, 1), (True, 0), (False, 0), (False, 50)])
def test_a_kept_connection_is_read_until_nothing_is_left(ends: bool, records: int) -> None:
    """The end after a KeyUpdate is detected; a server that keeps sending records makes the connection stale too."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.sendall(b"k" * PIECE_SIZE * min(records, 1))
        link: Any = _SilentConnection()
        if records > 1:
            link.receive = lambda data: theirs.sendall(data)
        if ends:
            theirs.shutdown(socket.SHUT_WR)
        assert BlockingConnection(ours, link).stale() is (ends or records > 1)


def test_close_ends_the_calls_that_wait_for_a_slot(serve: Serve) -> None:
    """Three calls without a deadline wait for the only connection: `close` raises in each of them, at once."""
    server = serve(keep_answering())
    driver = BlockingDriver(proxy=None, limit=1)
    held = driver.open("GET", server.url(), (), None)
    outcomes: list[Exception] = []

    def wait() -> None:
        try:
            driver.open("GET", server.url(), (), None)
        except Exception as error:
            outcomes.append(error)

    threads = [threading.Thread(target=wait, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)  # until they wait; the test holds without it too
    driver.close()
    for thread in threads:
        thread.join(PATIENCE)
    assert [str(error) for error in outcomes] == ["the driver is closed: make a new one"] * 3
    held.abandon()


def test_aclose_ends_the_calls_that_wait_for_a_slot(serve: Serve) -> None:
    """`close` raises in every waiting call on a loop, from whichever task it is called."""
    server = serve(keep_answering())

    async def run() -> list[Any]:
        driver = AsyncioDriver(proxy=None, limit=1)
        held = await driver.open("GET", server.url(), (), None)
        waiting = [asyncio.create_task(driver.open("GET", server.url(), (), None)) for _ in range(3)]
        await asyncio.sleep(0.05)
        await driver.aclose()
        done, pending = await asyncio.wait(waiting, timeout=PATIENCE)
        held.abandon()
        assert not pending
        return [str(task.exception()) for task in done]

    assert asyncio.run(run()) == ["the driver is closed: make a new one"] * 3
