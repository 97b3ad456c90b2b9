"""Behaviours 2, 7 and 17: where a response body ends, and that truncation is never taken for an end."""

from __future__ import annotations

import threading

import pytest

from inference_gateway_sdk._http1.failures import InvalidResponse, NoResponse, TruncatedResponse

from .conftest import Serve, Wire
from .scripted import Peer
from .worlds import World

OK = b"HTTP/1.1 200 OK\r\n"
WHOLE = {
    "content-length": (OK + b"Content-Length: 5\r\n\r\nhello", b"hello"),
    "chunked": (
        OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;ext=1\r\nlo\r\n0\r\nTrailer: x\r\n\r\n",
        b"hello",
    ),
    "close-delimited": (OK + b"\r\nhello", b"hello"),
    "empty": (OK + b"Content-Length: 0\r\n\r\n", b""),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    "304": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", b""),
    "after-1xx": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        + OK
        + b"Content-Length: 5\r\n\r\nhello",
        b"hello",
    ),
}


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("bytewise", [False, True], ids=["at-once", "bytewise"])
def test_a_whole_body_is_read_to_its_end(wire: Wire, name: str, bytewise: bool) -> None:
    """Every framing delivers the body and then b"" on every read, in one write or byte by byte."""
    raw, body = WHOLE[name]

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(*([raw[i : i + 1] for i in range(len(raw))] if bytewise else [raw]))
        peer.finish()

    answer = wire.driver().open(wire.serve(script).url())
    assert answer.read_all() == body
    assert answer.read() == b""
    assert all(name != "link" for name, _ in answer.headers)


def test_an_answer_to_head_has_no_body(wire: Wire) -> None:
    """The Content-Length of a HEAD response announces no body, and the connection is reused."""

    def script(peer: Peer) -> None:
        while True:
            peer.request()
            peer.send(OK + b"Content-Length: 5\r\n\r\n")

    server = wire.serve(script)
    driver = wire.driver()
    for _ in range(2):
        assert driver.get(server.url(), method="HEAD") == (200, b"")
    assert server.connections == 1


CUTS = {
    "content-length": OK + b"Content-Length: 50\r\n\r\nhello",
    "chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n32\r\nhello",
    "between-chunks": OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "last-chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
    "trailers": OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n",
}


@pytest.mark.parametrize("end", ["finish", "cut", "reset"])
@pytest.mark.parametrize("name", CUTS)
def test_a_truncated_body_is_an_error_on_this_read_and_on_each_after_it(wire: Wire, name: str, end: str) -> None:
    """A truncated body delivers its bytes, then raises TruncatedResponse on this read and on every later read."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(CUTS[name])
        read.wait(10)
        getattr(peer, end)()

    read = threading.Event()
    answer = wire.driver().open(wire.serve(script).url())
    assert answer.read() == b"hello"
    read.set()
    for _ in range(3):
        with pytest.raises(TruncatedResponse):
            answer.read()
    answer.release()


def test_a_reset_ends_no_close_delimited_body(world: World, serve: Serve) -> None:
    """A reset truncates a close-delimited body; only an orderly end completes it."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(OK + b"\r\nhello")
        peer.server.stopping.wait(0.1)
        peer.reset()

    answer = world.driver().open(serve(script).url())
    assert answer.read() == b"hello"
    with pytest.raises(TruncatedResponse):
        answer.read()


def test_a_close_delimited_body_under_tls_without_close_notify_is_truncated(
    world: World, serve: Serve, authority
) -> None:
    """A FIN without the peer's close_notify truncates a body under TLS, because anyone on the path can send one."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(OK + b"\r\nhello")
        peer.cut()

    answer = world.driver(ca=authority.file).open(serve(script, authority.server()).url())
    assert answer.read() == b"hello"
    with pytest.raises(TruncatedResponse, match="close_notify"):
        answer.read()


@pytest.mark.parametrize(
    ("raw", "failure"),
    [
        (b"", NoResponse),
        (b"HTT", TruncatedResponse),
        (OK + b"Content-", TruncatedResponse),
        (b"HTTP/1.1 100 Continue\r\n\r\n", NoResponse),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 2", TruncatedResponse),
    ],
    ids=["nothing", "part-of-the-version", "part-of-a-header", "interim-only", "interim-and-a-part"],
)
def test_an_end_before_the_head_says_whether_anything_had_come(
    wire: Wire, raw: bytes, failure: type[Exception]
) -> None:
    """The error is NoResponse if no byte of the final response came, and TruncatedResponse otherwise."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(raw)
        peer.finish()

    with pytest.raises(failure):
        wire.driver().open(wire.serve(script).url(), b"{}")


@pytest.mark.parametrize(
    "status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"]
)
def test_no_redirect_is_followed(world: World, serve: Serve, status: str) -> None:
    """A redirect is returned as the response: its target is never contacted and never receives the token."""
    elsewhere = serve(lambda peer: peer.request())

    def script(peer: Peer) -> None:
        peer.request()
        peer.answer(b"", status, f"Location: {elsewhere.url()}")

    answer = world.driver().open(serve(script).url(), b"{}", headers=[("Authorization", "Bearer secret")])
    assert answer.status == int(status[:3])
    assert ("location", elsewhere.url()) in answer.headers
    assert answer.read_all() == b""
    assert elsewhere.connections == 0


def test_a_broken_chunk_line_is_an_error_at_once(wire: Wire) -> None:
    """A malformed chunk size raises InvalidResponse after the bytes before it, without waiting for the deadline."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n")
        peer.idle()

    answer = wire.driver().open(wire.serve(script).url())
    assert answer.read() == b"hello"
    with pytest.raises(InvalidResponse):
        answer.read(5)


def test_headers_come_as_sent_in_order_with_repeats(world: World, serve: Serve) -> None:
    """Header names are lower case; order, repeats and non-ASCII bytes are kept."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(
            OK
            + "Set-Cookie: a\r\nX-Empty:\r\nX: \u00e9 \r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n".encode("latin-1")
        )

    answer = world.driver().open(serve(script).url())
    expected = [("set-cookie", "a"), ("x-empty", ""), ("x", "\u00e9"), ("set-cookie", "b"), ("content-length", "0")]
    assert answer.headers == expected


def test_the_request_goes_out_as_given(world: World, serve: Serve) -> None:
    """A request has the path and query, Host first, the caller's headers in order, and the body's length."""

    def script(peer: Peer) -> None:
        while True:
            peer.request()
            peer.answer()

    server = serve(script)
    driver = world.driver()
    driver.get(
        server.url("/v1/x%20y?a=b%2Cc"), b"{}", headers=[("Accept", "text/event-stream"), ("X-A", "1"), ("X-A", "2")]
    )
    driver.get(server.url(""), None)
    driver.get(server.url("/p"), None, method="POST")
    post, get, bare = server.requests
    assert post.line == "POST /v1/x%20y?a=b%2Cc HTTP/1.1"
    host = ("Host", f"127.0.0.1:{server.port}")
    assert post.pairs == [host, ("Accept", "text/event-stream"), ("X-A", "1"), ("X-A", "2"), ("Content-Length", "2")]
    assert get.line == "GET / HTTP/1.1"
    assert get.pairs == [host]
    assert bare.pairs == [host, ("Content-Length", "0")]
