"""A platform without `select.poll`, such as Windows, has the same behaviour through `select.select`."""

from __future__ import annotations

import select
import time
from typing import TYPE_CHECKING

import pytest

from inference_gateway_sdk._http1.failures import DeadlineExceeded, NotSent
from inference_gateway_sdk._transport._blocking import connection

from .scripted import Peer, keep_answering
from .worlds import World

if TYPE_CHECKING:
    from .conftest import Serve


@pytest.fixture(autouse=True)
def _without_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(select, "poll", raising=False)
    monkeypatch.setattr(connection, "_HAS_POLL", False)


def test_requests_are_served_without_poll(world: World, serve: Serve) -> None:
    """A small and a large request use one connection."""
    server = serve(keep_answering())
    driver = world.driver()
    for body in (b"{}", b"x" * 3_000_000, None):
        assert driver.get(server.url(), body) == (200, b"hello")
    assert server.connections == 1


def test_a_refused_connection_is_noticed_without_poll(world: World) -> None:
    """A refused connection is detected by its error; Windows reports it as an exceptional condition."""
    with pytest.raises(NotSent, match="cannot connect"):
        world.driver().open("http://127.0.0.1:1/", seconds=10)


def test_deadlines_hold_without_poll(world: World, serve: Serve) -> None:
    """Deadlines hold while waiting for the head, and while the server does not read the body."""

    def script(peer: Peer) -> None:
        peer.request(body=False)
        peer.server.stopping.wait(10)

    server = serve(script)
    for body in (b"{}", b"x" * 20_000_000):
        began = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            world.driver().open(server.url(), body, seconds=0.2)
        assert time.monotonic() - began < 5


def test_a_stale_connection_costs_no_request_when_blocking_without_poll(serve: Serve) -> None:
    """`select` detects the end of a kept connection as `poll` does."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.answer()

    server = serve(script)
    driver = World().driver()
    for _ in range(2):
        assert driver.get(server.url(), b"{}") == (200, b"hello")
        server.join_scripts()
        time.sleep(0.02)  # for the end to arrive
    driver.close()
    assert len(server.requests) == 2
