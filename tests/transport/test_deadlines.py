"""Behaviours 3, 4 and 5: a deadline holds under any drip, and a read returns the available data.

Deadlines are short and the bounds on them wide, because the machine that runs this may be busy. A drip without a
deadline would continue for 20 s.
"""

from __future__ import annotations

import threading
import time

import pytest

from inference_gateway_sdk._http1.failures import DeadlineExceeded

from .conftest import Wire
from .scripted import Peer

SHORT = 0.3
LATE = 5.0
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

HEAD_DRIPS = {
    "silence": (b"", b""),
    "status-line": (b"HTTP/1.1 200 ", b"O"),
    "header-name": (OK, b"x"),
    "header-lines": (OK, b"X-Drip: x\r\n"),
    "interim-heads": (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
}


@pytest.mark.parametrize("name", HEAD_DRIPS)
def test_the_deadline_for_the_head_holds_under_a_drip(wire: Wire, name: str) -> None:
    """Headers that trickle without end do not extend the deadline; the connection is closed."""
    first, piece = HEAD_DRIPS[name]

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(first)
        peer.drip(piece) if piece else peer.idle()

    driver = wire.driver()
    server = wire.serve(script)
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded) as caught:
        driver.open(server.url(), b"{}", seconds=SHORT)
    assert SHORT - 0.01 <= time.monotonic() - began < LATE
    assert caught.value.which == "headers"


BODY_DRIPS = {
    "silence": b"",
    "chunk-size": b"0",
    "chunk-extension": b"1;",
    "trailers": b"0\r\n",
}


@pytest.mark.parametrize("name", BODY_DRIPS)
def test_the_deadline_for_a_read_holds_under_a_drip_of_framing(wire: Wire, name: str) -> None:
    """Chunk sizes, extensions and trailers that trickle without end do not extend a read."""
    piece = {"chunk-extension": b"x", "trailers": b"X: y\r\n"}.get(name, b"0")

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(CHUNKED + b"5\r\nhello\r\n" + BODY_DRIPS[name])
        peer.drip(piece) if BODY_DRIPS[name] else peer.idle()

    answer = wire.driver().open(wire.serve(script).url())
    assert answer.read() == b"hello"
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded) as caught:
        answer.read(SHORT)
    assert SHORT - 0.01 <= time.monotonic() - began < LATE
    assert caught.value.which == "body"
    answer.abandon()


def test_a_read_returns_with_the_first_bytes(wire: Wire) -> None:
    """Data is delivered on arrival, not when a buffer is full or the body ends."""
    went_on = threading.Event()

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(CHUNKED)
        peer.send(b"1\r\na\r\n")
        went_on.wait(10)
        peer.send(b"1\r\nb\r\n")
        peer.idle()

    answer = wire.driver().open(wire.serve(script).url())
    assert answer.read(5) == b"a"
    went_on.set()
    assert answer.read(5) == b"b"
    answer.abandon()


def test_after_a_passed_deadline_a_further_read_has_lost_nothing(wire: Wire) -> None:
    """A deadline ends the wait, not the response: reading continues where it stopped, also inside a chunk."""
    steps = [threading.Event() for _ in range(3)]

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(CHUNKED + b"a\r\n01234")
        for step, piece in zip(steps, [b"56", b"789\r\n", b"3\r\nabc\r\n0\r\n\r\n"], strict=True):
            step.wait(10)
            peer.send(piece)
        peer.idle()

    server = wire.serve(script)
    driver = wire.driver()
    answer = driver.open(server.url())
    received = answer.read()
    for step in steps:
        for _ in range(3):
            with pytest.raises(DeadlineExceeded):
                answer.read(0.03)
        step.set()
        received += answer.read()
    assert received + answer.read_all() == b"0123456789abc"


def test_a_deadline_that_has_already_passed_takes_what_is_there(wire: Wire) -> None:
    """Bytes that arrived between reads are delivered after the deadline: a slow consumer is not late."""
    go_on, gone_on = threading.Event(), threading.Event()

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(CHUNKED + b"5\r\nhello\r\n")
        go_on.wait(10)
        peer.send(b"5\r\nworld\r\n")
        gone_on.set()
        peer.idle()

    answer = wire.driver().open(wire.serve(script).url())
    assert answer.read() == b"hello"
    go_on.set()
    assert gone_on.wait(10)
    time.sleep(0.1)  # for the bytes to arrive
    assert answer.read(-1) == b"world"
    with pytest.raises(DeadlineExceeded):
        answer.read(-1)
    answer.abandon()


def test_a_later_deadline_may_be_nearer_than_the_one_before(wire: Wire) -> None:
    """Each read has its own deadline: a later one does not hide an earlier one."""
    go_on = threading.Event()

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(CHUNKED + b"1\r\na\r\n")
        go_on.wait(10)
        peer.send(b"1\r\nb\r\n")
        peer.idle()

    answer = wire.driver().open(wire.serve(script).url(), seconds=60)
    assert answer.read(30) == b"a"
    go_on.set()
    assert answer.read(30) == b"b"
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        answer.read(SHORT)
    assert time.monotonic() - began < LATE
    answer.abandon()


def test_without_a_deadline_a_slow_answer_is_waited_for(wire: Wire) -> None:
    """A deadline of None means no limit."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(OK + b"Content-Length: 2\r\n\r\n", b"o", b"k", pause=0.2)

    assert wire.driver().open(wire.serve(script).url(), seconds=None).read_all(None) == b"ok"
