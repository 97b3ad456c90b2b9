"""Behaviour 8 and related cases: responses that arrive while the body is still being sent."""

from __future__ import annotations

import hashlib
import time

import pytest

from inference_gateway_sdk._http1.failures import DeadlineExceeded, NoResponse

from .conftest import Wire
from .scripted import Peer

BIG = b"0123456789abcdef" * (20 * 1024 * 1024 // 16)
TOO_LARGE = b'{"error":"Request body too large"}'


@pytest.mark.parametrize("pause", [0.0, 0.02], ids=["reset-at-once", "reset-later"])
def test_a_413_sent_before_the_body_is_out_is_read_whole_each_time(wire: Wire, pause: float) -> None:
    """A 413 followed by a reset with the body unread is received in 30 of 30 runs."""

    def script(peer: Peer) -> None:
        peer.request(body=False)
        peer.answer(TOO_LARGE, "413 Request Entity Too Large", "Connection: close")
        time.sleep(pause)  # the reset overtakes the sender, or arrives while it sends
        peer.cut()  # unread bytes wait in the kernel: this is a reset

    server = wire.serve(script)
    driver = wire.driver()
    for _ in range(30 if not wire.secure else 10):
        assert driver.get(server.url(), BIG) == (413, TOO_LARGE)


def test_a_refusal_stops_the_upload(wire: Wire) -> None:
    """After a refusing head the rest of the body is not sent, though the server would read it."""
    received: list[int] = []

    def script(peer: Peer) -> None:
        peer.request(body=False)
        peer.send(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n")
        received.append(peer.drain(0.3))
        peer.send(b"no")
        peer.idle()

    answer = wire.driver().open(wire.serve(script).url(), BIG)
    assert (answer.status, answer.read_all()) == (401, b"no")
    assert received[0] < len(BIG) - 1_000_000


def test_a_reset_without_an_answer_in_mid_upload_is_no_answer(wire: Wire) -> None:
    """A send that fails without a response is `NoResponse`: part of the request has left."""

    def script(peer: Peer) -> None:
        peer.request(body=False)
        peer.take(100_000)
        peer.reset()

    with pytest.raises(NoResponse):
        wire.driver().open(wire.serve(script).url(), BIG)


def test_a_body_of_20_megabytes_arrives_whole(wire: Wire) -> None:
    """Every byte of a large body arrives once and in order, and the connection is reused."""
    digests: list[str] = []

    def script(peer: Peer) -> None:
        while True:
            digests.append(hashlib.sha256(peer.request().body).hexdigest())
            peer.answer()

    server = wire.serve(script)
    driver = wire.driver()
    assert driver.get(server.url(), BIG) == (200, b"hello")
    assert driver.get(server.url(), b"{}") == (200, b"hello")
    assert digests == [hashlib.sha256(body).hexdigest() for body in (BIG, b"{}")]
    assert server.connections == 1


def test_a_200_that_begins_before_the_upload_ends_is_read_while_the_upload_goes_on(wire: Wire) -> None:
    """A server that responds while it reads gets the whole body, and its whole response is read."""
    received: list[int] = []

    def script(peer: Peer) -> None:
        peer.request(body=False)
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nearly\r\n")
        received.append(len(peer.take(len(BIG))))
        peer.send(b"4\r\nlate\r\n0\r\n\r\n")
        peer.idle()

    server = wire.serve(script)
    driver = wire.driver()
    answer = driver.open(server.url(), BIG)
    assert answer.status == 200
    assert answer.read_all() == b"earlylate"
    assert received == [len(BIG)]


def test_a_200_that_ends_before_the_upload_does_gives_up_the_connection(wire: Wire) -> None:
    """The response is whole, and no other request follows half a body on the same connection."""

    def script(peer: Peer) -> None:
        peer.request(body=peer.number > 1)
        peer.answer()
        peer.server.stopping.wait(10)  # stops reading here: the rest could complete the body

    server = wire.serve(script)
    driver = wire.driver()
    assert driver.get(server.url(), BIG) == (200, b"hello")
    assert driver.get(server.url(), b"{}") == (200, b"hello")
    assert server.connections == 2
    assert server.requests[1].body == b"{}"


def test_a_stall_in_mid_upload_is_under_the_deadline(wire: Wire) -> None:
    """A server that stops reading does not hold the sender beyond the deadline."""

    def script(peer: Peer) -> None:
        peer.request(body=False)
        peer.take(1_000_000)
        peer.server.stopping.wait(10)

    server = wire.serve(script)
    driver = wire.driver()
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded) as caught:
        driver.open(server.url(), BIG, seconds=0.4)
    assert time.monotonic() - began < 5
    assert caught.value.which == "headers"
