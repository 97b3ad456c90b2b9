"""Behaviours 1, 9 and 20: when a connection is reused, when it must not be, and when an idle one is closed."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from inference_gateway_sdk._http1.failures import NoResponse
from inference_gateway_sdk._transport._async import AsyncioDriver

from .conftest import Serve, Wire
from .scripted import Hangup, Peer, keep_answering
from .worlds import World

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_a_connection_serves_again_after_a_whole_read(wire: Wire) -> None:
    """Ten requests, read to the end, use one connection."""
    server = wire.serve(keep_answering())
    driver = wire.driver()
    for _ in range(10):
        assert driver.get(server.url(), b"{}") == (200, b"hello")
    assert server.connections == 1
    assert len(server.requests) == 10


def test_a_connection_serves_again_after_release_of_a_nearly_finished_stream(wire: Wire) -> None:
    """A short rest is drained, and the next request uses the same connection."""

    def script(peer: Peer) -> None:
        while True:
            peer.request()
            peer.send(CHUNKED + b"5\r\nfirst\r\n", b"4\r\nlast\r\n0\r\n\r\n")

    server = wire.serve(script)
    driver = wire.driver()
    for _ in range(3):
        answer = driver.open(server.url(), b"{}")
        assert answer.read().startswith(b"first")
        answer.release()
    assert server.connections == 1


def test_release_of_a_stream_that_goes_on_closes_the_connection_soon(wire: Wire) -> None:
    """A stream that neither ends nor pauses is not drained without limit: the server sees the connection close."""
    gone: list[bool] = []

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(CHUNKED)
        try:
            while True:
                peer.send(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")
        except Hangup:
            gone.append(True)

    server = wire.serve(script)
    answer = wire.driver().open(server.url(), b"{}")
    assert answer.read()
    began = time.monotonic()
    answer.release()
    assert time.monotonic() - began < 5
    server.join_scripts()
    assert gone == [True]


def test_release_of_a_silent_stream_waits_a_tenth_of_a_second_at_most(wire: Wire) -> None:
    """A stream without further data is closed after the bounded wait."""
    gone: list[bool] = []

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(CHUNKED + b"5\r\nfirst\r\n")
        gone.append(peer.gone())

    server = wire.serve(script)
    answer = wire.driver().open(server.url(), b"{}")
    assert answer.read() == b"first"
    began = time.monotonic()
    answer.release()
    assert time.monotonic() - began < 5
    server.join_scripts()
    assert gone == [True]


def test_reading_after_release_is_refused(world: World, serve: Serve) -> None:
    """A read of a released response raises: the drained rest is lost, and is not reported as an end of body."""
    server = serve(keep_answering())
    answer = world.driver().open(server.url())
    answer.release()
    answer.release()
    with pytest.raises(RuntimeError, match="released"):
        answer.read()


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n",
    ],
    ids=["connection-close", "http-1.0"],
)
def test_a_connection_the_server_will_close_is_not_used_again(world: World, serve: Serve, head: bytes) -> None:
    """`Connection: close` and HTTP/1.0 close the connection after the response."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(head + b"hello")
        assert peer.gone()

    server = serve(script)
    driver = world.driver()
    for _ in range(2):
        assert driver.get(server.url()) == (200, b"hello")
    assert server.connections == 2


def test_a_connection_that_the_server_closed_meanwhile_is_not_used(wire: Wire) -> None:
    """A kept connection that the server closed is detected at checkout: the request goes once, on a new one."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.answer()
        peer.finish()

    server = wire.serve(script)
    driver = wire.driver()
    for _ in range(3):
        assert driver.get(server.url(), b"{}") == (200, b"hello")
        server.join_scripts()
        time.sleep(0.02)  # for the end to arrive
    assert server.connections == 3
    assert len(server.requests) == 3


def test_a_loop_that_was_busy_notices_the_end_of_a_kept_connection(serve: Serve) -> None:
    """An end that arrived while the loop was busy is detected before the connection is used."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.answer()

    server = serve(script)

    async def main() -> None:
        driver = AsyncioDriver(proxy=None)
        for _ in range(3):
            answer = await driver.open("POST", server.url(), (), b"{}")
            assert await answer.read() == b"hello"
            await answer.release()
            server.join_scripts()
            time.sleep(0.02)  # for the end to arrive
        await driver.aclose()

    asyncio.run(main())
    assert len(server.requests) == server.connections == 3


def test_bytes_that_nobody_asked_for_end_a_kept_connection(world: World, serve: Serve) -> None:
    """Bytes that arrive before the request are never taken as its response."""
    forged = threading.Event()

    def script(peer: Peer) -> None:
        peer.request()
        peer.answer()
        if peer.number == 1:
            peer.answer(b"forged")
            forged.set()
            peer.idle()

    server = serve(script)
    driver = world.driver()
    assert driver.get(server.url()) == (200, b"hello")
    assert forged.wait(10)
    time.sleep(0.05)  # for it to arrive
    assert driver.get(server.url()) == (200, b"hello")
    assert server.connections == 2


@pytest.mark.parametrize("end", ["finish", "reset"])
def test_a_request_that_was_read_and_not_answered_is_never_sent_again(wire: Wire, end: str) -> None:
    """On a kept connection too, silence after the request is `NoResponse`, and the server receives the POST once."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.answer()
        peer.request()
        getattr(peer, end)()

    server = wire.serve(script)
    driver = wire.driver()
    assert driver.get(server.url(), b"one") == (200, b"hello")
    with pytest.raises(NoResponse):
        driver.get(server.url(), b"two")
    assert [request.body for request in server.requests] == [b"one", b"two"]


def test_idle_connections_end_after_a_set_time(world: World, serve: Serve) -> None:
    """A connection that was idle too long is closed: by a timer on a loop, at the next request when blocking."""
    ended = threading.Event()

    def script(peer: Peer) -> None:
        peer.request()
        peer.answer()
        if peer.gone():
            ended.set()

    server = serve(script)
    driver = world.driver(idle_seconds=0.15)
    assert driver.get(server.url()) == (200, b"hello")
    if world.name == "blocking":
        time.sleep(0.2)  # longer than the idle time, which the driver measures with the real clock
        assert driver.get(server.url()) == (200, b"hello")
    assert ended.wait(5)


def test_a_connection_is_used_within_its_idle_time(world: World, serve: Serve) -> None:
    """A connection stays open for the whole idle time."""
    server = serve(keep_answering())
    driver = world.driver(idle_seconds=30)
    for _ in range(3):
        driver.get(server.url())
        time.sleep(0.05)  # an idle time that ran too fast would have expired by then
    assert server.connections == 1


def test_idle_connections_are_bounded_all_together(world: World, serve: Serve) -> None:
    """With a limit of two, a third origin's idle connection evicts the oldest one."""
    servers = [serve(keep_answering()) for _ in range(3)]
    driver = world.driver(limit=2)
    for server in servers:
        driver.get(server.url())
    for server in (servers[2], servers[1]):
        driver.get(server.url())
    assert [server.connections for server in servers] == [1, 1, 1]
    driver.get(servers[0].url())
    assert servers[0].connections == 2
