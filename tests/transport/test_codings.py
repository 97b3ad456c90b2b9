"""Behaviour 16: compressed bodies, decoded as they arrive and never faster than they are read."""

from __future__ import annotations

import gzip
import threading
import tracemalloc
import zlib

import pytest

from inference_gateway_sdk._http1.failures import InvalidResponse, TruncatedResponse

from .conftest import Wire
from .scripted import Peer
from .worlds import Answer, World

TEXT = b"".join(b"data: {%d}\n\n" % number for number in range(3000))


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


CODED = {
    "gzip": ("gzip", gzip.compress(TEXT)),
    "x-gzip": ("X-GZip", gzip.compress(TEXT)),
    "gzip-members": ("gzip", gzip.compress(TEXT[:1000]) + gzip.compress(b"") + gzip.compress(TEXT[1000:])),
    "gzip-padded": ("gzip", gzip.compress(TEXT) + b"\0" * 600),
    "deflate": ("deflate", zlib.compress(TEXT)),
    "raw-deflate": ("deflate", _raw_deflate(TEXT)),
    "identity": ("identity", TEXT),
}


def _chunks(body: bytes, size: int) -> list[bytes]:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces]


def _serving(coding: str, body: bytes, size: int, *, whole: bool = True):
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()

    def script(peer: Peer) -> None:
        while True:
            peer.request()
            peer.send(head, *_chunks(body, size), *([b"0\r\n\r\n"] if whole else []))
            if not whole:
                peer.finish()
                return

    return script


@pytest.mark.parametrize("size", [100, 1 << 20], ids=["in-pieces", "at-once"])
@pytest.mark.parametrize("name", CODED)
def test_a_compressed_body_is_decoded(wire: Wire, name: str, size: int) -> None:
    """Gzip with any number of members, zlib's deflate and raw deflate are decoded; then the connection is reused."""
    coding, body = CODED[name]
    server = wire.serve(_serving(coding, body, size))
    driver = wire.driver()
    for _ in range(2):
        assert driver.get(server.url()) == (200, TEXT)
    assert server.connections == 1


def test_a_compressed_stream_is_decoded_as_it_comes(wire: Wire) -> None:
    """Data that the compressor flushed is delivered while the rest is still to come."""
    packer = zlib.compressobj(wbits=31)
    first = packer.compress(b"data: 1\n\n") + packer.flush(zlib.Z_SYNC_FLUSH)
    go_on = threading.Event()
    rest = packer.compress(b"data: 2\n\n") + packer.flush()

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", *_chunks(first, 999)
        )
        go_on.wait(10)
        peer.send(*_chunks(rest, 999), b"0\r\n\r\n")

    answer = wire.driver().open(wire.serve(script).url())
    assert answer.read(5) == b"data: 1\n\n"
    go_on.set()
    assert answer.read_all() == b"data: 2\n\n"


def _read_until_truncated(answer: Answer) -> bytes:
    received = b""
    try:
        while data := answer.read():
            received += data
    except TruncatedResponse:
        return received
    pytest.fail("the body was taken for whole")


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_compressed_body_that_ends_short_is_truncated(wire: Wire, coding: str) -> None:
    """A gzip body cut inside whole HTTP framing delivers its data, then raises TruncatedResponse on every read."""
    body = CODED[coding][1][:-6]
    answer = wire.driver().open(wire.serve(_serving(coding, body, 300)).url())
    received = _read_until_truncated(answer)
    assert TEXT.startswith(received)
    assert received
    with pytest.raises(TruncatedResponse):
        answer.read()


def test_a_compressed_body_that_the_connection_cuts_is_truncated(wire: Wire) -> None:
    """A truncation is reported after the data that could be decoded."""
    answer = wire.driver().open(wire.serve(_serving("gzip", CODED["gzip"][1][:900], 300, whole=False)).url())
    assert TEXT.startswith(_read_until_truncated(answer))


def test_what_is_not_the_announced_compression_is_a_clear_error(wire: Wire) -> None:
    """Plain text under `Content-Encoding: gzip` raises InvalidResponse on this read and the next."""
    answer = wire.driver().open(wire.serve(_serving("gzip", b"plain text", 300)).url())
    for _ in range(2):
        with pytest.raises(InvalidResponse, match="compression"):
            answer.read()


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, deflate", "made-up"])
def test_another_coding_is_a_clear_error(wire: Wire, coding: str) -> None:
    """A coding that was not requested is named in the error before any byte of the body is delivered."""
    with pytest.raises(InvalidResponse, match=coding):
        wire.driver().open(wire.serve(_serving(coding, b"x", 300)).url())


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_stays_small_in_memory(world: World, serve, coding: str) -> None:
    """50 MB compressed to 50 kB are delivered in steps of a megabyte, and are never in memory together."""
    packer = zlib.compressobj(9, wbits=31 if coding == "gzip" else 15)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(50)) + packer.flush()
    answer = world.driver().open(serve(_serving(coding, bomb, 1 << 20)).url())
    total = 0
    tracemalloc.start()
    try:
        while data := answer.read():
            assert len(data) <= 1 << 20
            total += len(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert total == 50 << 20
    assert peak < 8 << 20
