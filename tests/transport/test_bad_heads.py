"""Behaviour 18: invalid responses in 35 shapes and more, each refused and its connection closed."""

from __future__ import annotations

import time

import pytest

from inference_gateway_sdk._http1.failures import InvalidResponse, TransportFailure, TruncatedResponse

from .conftest import Serve
from .scripted import Hangup, Peer
from .worlds import World

OK = b"HTTP/1.1 200 OK\r\n"
SIZED = b"Content-Length: 2\r\n\r\nhi"
HEADS = {
    "garbage": b"garbage in place of an answer\r\n\r\n",
    "html": b"<!DOCTYPE html><html></html>",
    "binary": bytes(range(256)),
    "tls-alert": b"\x15\x03\x01\x00\x02\x02\x16",
    "ssh": b"SSH-2.0-OpenSSH_9.6\r\n",
    "http-2": b"\x00\x00\x12\x04\x00\x00\x00\x00\x00",
    "http-0.9": b"hello, no head at all\n",
    "rtsp": b"RTSP/1.0 200 OK\r\n" + SIZED,
    "ice": b"ICE/1.0 200 OK\r\n" + SIZED,
    "icy": b"ICY 200 OK\r\n" + SIZED,
    "lower-case-version": b"http/1.1 200 OK\r\n" + SIZED,
    "version-2.0": b"HTTP/2.0 200 OK\r\n" + SIZED,
    "version-1.2": b"HTTP/1.2 200 OK\r\n" + SIZED,
    "version-11": b"HTTP/11 200 OK\r\n" + SIZED,
    "a-request": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "leading-crlf": b"\r\n" + OK + SIZED,
    "leading-space": b" " + OK + SIZED,
    "status-text": b"HTTP/1.1 OK\r\n" + SIZED,
    "status-two-digits": b"HTTP/1.1 20 OK\r\n" + SIZED,
    "status-four-digits": b"HTTP/1.1 2000 OK\r\n" + SIZED,
    "status-099": b"HTTP/1.1 099 Low\r\n" + SIZED,
    "status-signed": b"HTTP/1.1 +200 OK\r\n" + SIZED,
    "switching-protocols": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "bare-lf": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
    "bare-lf-header": OK + b"A: b\n" + SIZED,
    "bare-cr": OK + b"A: b\rC: d\r\n" + SIZED,
    "folded": OK + b"A: b\r\n c\r\n" + SIZED,
    "space-before-colon": OK + b"A : b\r\n" + SIZED,
    "no-colon": OK + b"A b\r\n" + SIZED,
    "no-name": OK + b": b\r\n" + SIZED,
    "nul-in-name": OK + b"A\0B: c\r\n" + SIZED,
    "nul-in-value": OK + b"A: b\0c\r\n" + SIZED,
    "two-lengths": OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
    "two-equal-lengths": OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
    "listed-length": OK + b"Content-Length: 2, 2\r\n\r\nhi",
    "signed-length": OK + b"Content-Length: +2\r\n\r\nhi",
    "negative-length": OK + b"Content-Length: -2\r\n\r\nhi",
    "hex-length": OK + b"Content-Length: 0x2\r\n\r\nhi",
    "empty-length": OK + b"Content-Length:\r\n\r\nhi",
    "huge-length": OK + b"Content-Length: 99999999999999999999999\r\n\r\nhi",
    "length-and-chunked": OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    "chunked-and-length": OK + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    "gzip-chunked": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    "chunked-twice": OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    "chunked-gzip": OK + b"Transfer-Encoding: chunked, gzip\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    "identity-coding": OK + b"Transfer-Encoding: identity\r\n\r\nhi",
    "xchunked": OK + b"Transfer-Encoding: xchunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    "second-head-bad": b"HTTP/1.1 100 Continue\r\n\r\nnonsense\r\n\r\n",
}


def _once(raw: bytes):
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(raw)
        peer.idle()

    return script


@pytest.mark.parametrize("bytewise", [False, True], ids=["at-once", "bytewise"])
@pytest.mark.parametrize("name", HEADS)
def test_a_bad_head_is_refused_at_once(world: World, serve: Serve, name: str, bytewise: bool) -> None:
    """An invalid head raises InvalidResponse before any deadline, and the connection is not used again."""
    raw = HEADS[name]

    def script(peer: Peer) -> None:
        peer.request()
        if peer.number == 1:
            peer.send(*([raw[i : i + 1] for i in range(len(raw))] if bytewise else [raw]))
            peer.idle()
        peer.answer()

    server = serve(script)
    driver = world.driver()
    began = time.monotonic()
    with pytest.raises(InvalidResponse):
        driver.open(server.url(), b"{}", seconds=10)
    assert time.monotonic() - began < 5
    assert driver.get(server.url(), b"{}") == (200, b"hello")
    assert server.connections == 2


ENDLESS = {
    "one-header": (OK + b"A: ", b"x" * 4096),
    "many-headers": (OK, b"A: b\r\n" * 700),
    "header-name": (OK, b"x" * 4096),
    "reason": (b"HTTP/1.1 200 ", b"x" * 4096),
    "interim-heads": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 170),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_head_without_end_is_refused_after_a_bound(world: World, serve: Serve, name: str) -> None:
    """A megabyte of headers, or endless interim responses, is refused after 128 KiB."""
    first, piece = ENDLESS[name]
    sent: list[int] = []

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(first)
        try:
            for number in range(4096):
                peer.send(piece)
                sent.append(number)
        except Hangup:
            return

    server = serve(script)
    with pytest.raises(InvalidResponse, match="larger than"):
        world.driver().open(server.url(), b"{}", seconds=15)
    server.join_scripts()
    assert len(sent) < 4096


FRAMING = {
    "chunk-extension": (b"5;", b"x" * 4096),
    "chunk-size-digits": (b"", b"0" * 4096),
    "trailers": (b"0\r\n", b"A: b\r\n" * 700),
}


@pytest.mark.parametrize("name", FRAMING)
def test_framing_without_end_is_refused_after_a_bound(world: World, serve: Serve, name: str) -> None:
    """Endless chunk extensions, digits or trailers are refused after 128 KiB; the bytes before them are delivered."""
    first, piece = FRAMING[name]

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" + first)
        for _ in range(4096):
            peer.send(piece)

    answer = world.driver().open(serve(script).url())
    assert answer.read() == b"hello"
    for _ in range(2):
        with pytest.raises(InvalidResponse):
            answer.read(15)


@pytest.mark.parametrize(
    "size", [b"5 \r\n", b"+5\r\n", b"0x5\r\n", b"5\n", b"-5\r\n", b"\r\n", b"fffffffffffffffff\r\n"]
)
def test_a_bad_chunk_size_is_refused(world: World, serve: Serve, size: bytes) -> None:
    """A chunk size of anything but hexadecimal digits is refused."""
    answer_or_error: list[TransportFailure] = []
    server = serve(_once(OK + b"Transfer-Encoding: chunked\r\n\r\n" + size + b"hello\r\n0\r\n\r\n"))
    try:
        answer = world.driver().open(server.url(), seconds=10)
        answer.read_all(10)
    except InvalidResponse as error:
        answer_or_error.append(error)
    assert answer_or_error


@pytest.mark.parametrize("junk", [b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged", b"junk"])
def test_bytes_behind_an_answer_are_never_given_to_the_next_request(world: World, serve: Serve, junk: bytes) -> None:
    """A response with surplus bytes is delivered whole; the connection is closed and the surplus never read."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(OK + SIZED + junk)
        peer.idle()

    server = serve(script)
    driver = world.driver()
    for _ in range(2):
        assert driver.get(server.url()) == (200, b"hi")
    assert server.connections == 2


def test_a_large_head_within_the_bound_is_read(world: World, serve: Serve) -> None:
    """100 kB of headers are accepted."""
    server = serve(_once(OK + b"X: y\r\n" * 16_000 + SIZED))
    answer = world.driver().open(server.url())
    assert len(answer.headers) == 16_001
    assert answer.read_all() == b"hi"


def test_nothing_but_line_ends_is_not_an_answer(world: World, serve: Serve) -> None:
    """Empty lines followed by the end of the connection raise InvalidResponse."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(b"\r\n")
        peer.finish()

    with pytest.raises((InvalidResponse, TruncatedResponse)):
        world.driver().open(serve(script).url())
