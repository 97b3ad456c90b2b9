"""Behaviour 6: a slow consumer loses no byte that arrived, and does not make the driver hoard data."""

from __future__ import annotations

import threading
import time

import pytest

from inference_gateway_sdk._http1.failures import TruncatedResponse

from .conftest import Wire
from .scripted import Peer

OK = b"HTTP/1.1 200 OK\r\n"
BOUND = 512 * 1024
FRAMINGS = {
    "content-length": (OK + b"Content-Length: 100000000\r\n\r\n", lambda data: data),
    "chunked": (OK + b"Transfer-Encoding: chunked\r\n\r\n", lambda data: b"%x\r\n%b\r\n" % (len(data), data)),
}


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("end", ["finish", "cut", "reset"])
def test_every_byte_that_arrived_comes_before_the_error(wire: Wire, framing: str, end: str) -> None:
    """If the server sends and resets while the consumer sleeps, all its data is read, then TruncatedResponse raises."""
    head, framed = FRAMINGS[framing]
    ended = threading.Event()
    # Data beyond the consumer's own receive buffer is still the server's when it resets, and is lost there.
    pieces = [bytes([65 + n % 26]) * 1500 for n in range(30 if end == "reset" else 100)]

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(head + framed(pieces[0]))
        for piece in pieces[1:]:
            peer.send(framed(piece))
        time.sleep(0.1)  # a reset discards what the kernel has not delivered yet
        getattr(peer, end)()
        ended.set()

    answer = wire.driver().open(wire.serve(script).url())
    received = answer.read()
    assert ended.wait(10)
    time.sleep(0.05)  # for the kernel to deliver the end
    for _ in range(len(pieces)):
        try:
            received += answer.read()
        except TruncatedResponse:
            break
    assert received == b"".join(pieces)
    with pytest.raises(TruncatedResponse):
        answer.read()


def test_the_socket_is_not_read_far_ahead_of_the_consumer(wire: Wire) -> None:
    """Without a read, at most half a megabyte waits in memory; then all of the server's data arrives."""
    total = 6_000_000

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(OK + b"Content-Length: %d\r\n\r\n" % total)
        peer.send(b"x" * total)
        peer.idle()

    answer = wire.driver().open(wire.serve(script).url())
    received = len(answer.read())
    for _ in range(3):
        time.sleep(0.1)  # a driver that reads ahead would do it now
        held = sum(len(piece) for piece in answer.inner._connection.http.response_parser.body)
        assert held <= BOUND
        received += len(answer.read())
    assert received + len(answer.read_all()) == total
