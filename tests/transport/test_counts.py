"""The cost of a request and of a chunk, counted and not clocked: system calls and allocations."""

from __future__ import annotations

import asyncio
import sys
import time
import tracemalloc
from typing import TYPE_CHECKING, Self

import pytest

from inference_gateway_sdk._http1.response import Body, ResponseParser
from inference_gateway_sdk._transport._async import AsyncioDriver
from inference_gateway_sdk._transport._blocking import BlockingDriver
from support.memory import blocks, held

from .scripted import Peer, keep_answering

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Authority, Serve

HEADERS = (("Accept", "application/json"), ("Authorization", "Bearer t"), ("User-Agent", "test"))
BODY = b'{"model":"m"}' * 20
CHUNKS = 2000


class Calls:
    """A counter of the calls to C functions of sockets and selectors, on this thread."""

    NAMES = frozenset({"send", "sendmsg", "sendall", "recv", "recv_into", "poll", "select", "setsockopt", "getsockopt"})

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def __enter__(self) -> Self:
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _note(self, frame: object, event: str, function: Callable[..., object]) -> None:
        if event == "c_call" and (name := getattr(function, "__name__", "")) in self.NAMES:
            owner = type(getattr(function, "__self__", None)).__module__ if hasattr(function, "__self__") else ""
            if owner in ("socket", "select", "_socket", "ssl", "_ssl"):
                self.counts[name] = self.counts.get(name, 0) + 1


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_a_blocking_request_on_a_kept_connection_costs_four_system_calls(
    serve: Serve, authority: Authority, secure: bool
) -> None:
    """A request takes one send, one recv, one poll that checks the connection, and one to wait."""
    server = serve(keep_answering(BODY), authority.server() if secure else None)
    driver = BlockingDriver(proxy=None, ca=authority.file if secure else None)
    for _ in range(3):
        _ask(driver, server.url())
    with Calls() as calls:
        for _ in range(50):
            _ask(driver, server.url())
    driver.close()
    assert calls.counts["send"] == 50
    assert calls.counts["recv"] <= 51
    assert calls.counts["poll"] <= 101
    assert set(calls.counts) == {"send", "recv", "poll"}


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_an_asyncio_request_on_a_kept_connection_costs_four_system_calls(
    serve: Serve, authority: Authority, secure: bool
) -> None:
    """A request takes one send, one recv, one poll that checks the connection, and the loop's own waiting."""
    server = serve(keep_answering(BODY), authority.server() if secure else None)
    counted: dict[str, int] = {}

    async def main() -> None:
        driver = AsyncioDriver(proxy=None, ca=authority.file if secure else None)
        for _ in range(3):
            await _ask_async(driver, server.url())
        with Calls() as calls:
            for _ in range(50):
                await _ask_async(driver, server.url())
        counted.update(calls.counts)
        await driver.aclose()

    asyncio.run(main())
    received = counted.get("recv", 0) + counted.get("recv_into", 0)
    assert counted["send"] == 50
    assert received <= 51
    # The selector's poll has the same name as ours: one at checkout, and one or two rounds of the loop for each wait.
    assert counted["poll"] <= 50 * 4


def _ask(driver: BlockingDriver, url: str) -> None:
    answer = driver.open("POST", url, HEADERS, BODY, deadline=time.monotonic() + 20)
    while answer.read(time.monotonic() + 20):
        pass


async def _ask_async(driver: AsyncioDriver, url: str) -> None:
    answer = await driver.open("POST", url, HEADERS, BODY, deadline=time.monotonic() + 20)
    while await answer.read(time.monotonic() + 20):
        pass


def _streaming(peer: Peer) -> None:
    while True:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(CHUNKS):
            peer.send(b"c8\r\n" + b"x" * 200 + b"\r\n")
        peer.send(b"0\r\n\r\n")


@pytest.mark.parametrize("kind", ["blocking", "asyncio"])
def test_a_stream_that_is_read_leaves_no_memory_behind(serve: Serve, kind: str) -> None:
    """2,000 chunks, read and dropped, leave nothing that grows with their number."""
    server = serve(_streaming)

    async def main() -> int:
        driver = AsyncioDriver(proxy=None)
        await _ask_async(driver, server.url())
        tracemalloc.start()
        await _ask_async(driver, server.url())
        kept = held("_transport", "_http1")
        tracemalloc.stop()
        await driver.aclose()
        return kept

    def main_blocking() -> int:
        driver = BlockingDriver(proxy=None)
        _ask(driver, server.url())
        tracemalloc.start()
        _ask(driver, server.url())
        kept = held("_transport", "_http1")
        tracemalloc.stop()
        driver.close()
        return kept

    kept = main_blocking() if kind == "blocking" else asyncio.run(main())
    assert kept < 10 * CHUNKS


def test_a_chunk_allocates_a_bounded_number_of_blocks() -> None:
    """Between the socket and the reader, a chunk allocates little more than its bytes."""
    exchange = ResponseParser("GET")
    exchange.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    body = Body(exchange)
    chunk = b"c8\r\n" + b"x" * 200 + b"\r\n"
    kept: list[bytes] = [b""] * 1000
    tracemalloc.start()
    try:
        for number in range(1000):
            exchange.feed(chunk)
            data = body.take()
            assert data
            kept[number] = data
        # The bytes of each chunk, which this test keeps, and nothing else.
        assert 1000 <= blocks("_http1") <= 1100
    finally:
        tracemalloc.stop()
