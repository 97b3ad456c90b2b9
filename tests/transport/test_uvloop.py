"""The asyncio driver on another event loop: uvloop, which many servers use."""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

import pytest

from inference_gateway_sdk._http1.failures import DeadlineExceeded
from inference_gateway_sdk._transport._async import AsyncioDriver

from .conftest import Serve
from .scripted import Peer, keep_answering

if sys.platform == "win32":
    pytest.skip("uvloop has no release for Windows", allow_module_level=True)

import uvloop

BIG = b"0123456789abcdef" * (20 * 1024 * 1024 // 16)
HEADERS = (("Accept", "*/*"),)


def run(scenario: Callable[[AsyncioDriver], Awaitable[Any]], **options: Any) -> Any:
    """Run a scenario with a new driver on uvloop."""

    async def main() -> Any:
        driver = AsyncioDriver(proxy=None, **options)
        try:
            return await scenario(driver)
        finally:
            await driver.aclose()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


async def read(driver: AsyncioDriver, url: str, body: bytes | None = b"{}") -> tuple[int, bytes]:
    """Return status and body of one request."""
    answer = await driver.open("POST", url, HEADERS, body)
    pieces = []
    while piece := await answer.read():
        pieces.append(piece)
    return answer.status, b"".join(pieces)


def _context(authority: Any, secure: bool) -> ssl.SSLContext | None:
    return authority.server() if secure else None


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_a_connection_serves_again_and_again(serve: Serve, authority: Any, secure: bool) -> None:
    """Requests of all sizes in turn use one connection."""
    server = serve(keep_answering(), _context(authority, secure))

    async def scenario(driver: AsyncioDriver) -> None:
        for body in (b"{}", BIG, None, b"{}"):
            assert await read(driver, server.url(), body) == (200, b"hello")

    run(scenario, ca=authority.file)
    assert server.connections == 1
    assert [len(request.body) for request in server.requests] == [2, len(BIG), 0, 2]


def test_many_at_once_are_not_mixed_up(serve: Serve) -> None:
    """Fifty concurrent requests each get the response to their own body."""

    def echo(peer: Peer) -> None:
        while True:
            peer.answer(peer.request().body)

    server = serve(echo)

    async def scenario(driver: AsyncioDriver) -> list[tuple[int, bytes]]:
        return await asyncio.gather(*[read(driver, server.url(), b"%d" % number) for number in range(50)])

    assert run(scenario) == [(200, b"%d" % number) for number in range(50)]


def test_a_refusal_before_the_upload_ends_is_read(serve: Serve) -> None:
    """An early 413 reaches the caller although its sender reads no further."""

    def script(peer: Peer) -> None:
        peer.request(body=False)
        peer.answer(b"too large", "413 Request Entity Too Large", "Connection: close")
        peer.server.stopping.wait(10)

    server = serve(script)
    assert run(lambda driver: read(driver, server.url(), BIG)) == (413, b"too large")


def test_a_deadline_and_a_cancellation_end_a_wait(serve: Serve) -> None:
    """A wait for a silent server is ended by a deadline and by cancellation, and the driver remains usable."""
    silent = serve(lambda peer: peer.idle())
    server = serve(keep_answering())

    async def scenario(driver: AsyncioDriver) -> None:
        with pytest.raises(DeadlineExceeded):
            await driver.open("POST", silent.url(), HEADERS, b"{}", deadline=monotonic() + 0.2)
        waiting = asyncio.ensure_future(read(driver, silent.url()))
        while silent.connections < 2:
            await asyncio.sleep(0.005)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await read(driver, server.url()) == (200, b"hello")

    run(scenario)
