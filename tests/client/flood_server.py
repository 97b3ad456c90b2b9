"""A server without an end, in a process of its own: each answer goes on for as long as the client reads it, or 20 s.

    python tests/client/flood_server.py        prints its port, serves until its standard input closes

The model that a request names selects the flood. No import of the package: a reader that is slow must not slow this.
"""

from __future__ import annotations

import contextlib
import re
import socket
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator

EVENTS = b"Content-Type: text/event-stream"
JSON = b"Content-Type: application/json"
GZIP = b"\r\nContent-Encoding: gzip"
SIZE = 1 << 20
SECONDS = 20  # then it ends, so that a client without a clock fails its test instead of hanging it


def _framed(piece: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(piece), piece)


def _again(block: bytes) -> Iterator[bytes]:
    """Yield the same block without end, in HTTP chunks of a megabyte."""
    piece = _framed(block * (SIZE // len(block)))
    while True:
        yield piece


def _bytewise(block: bytes) -> Iterator[bytes]:
    """Yield the same block without end, in HTTP chunks of one byte."""
    piece = b"".join(_framed(bytes((byte,))) for byte in block) * (SIZE // len(block) // 6)
    while True:
        yield piece


def _packed(block: bytes) -> Iterator[bytes]:
    """Yield the same block without end, compressed a thousandfold."""
    packer = zlib.compressobj(9, wbits=31)
    block *= SIZE // len(block)
    while True:
        yield _framed(packer.compress(block) + packer.flush(zlib.Z_SYNC_FLUSH))


def _empty_members() -> Iterator[bytes]:
    """Yield gzip members that hold nothing: 20 bytes each, and never a byte of body."""
    packer = zlib.compressobj(9, wbits=31)
    return _again(packer.flush())


Flood = tuple[bytes, bytes, Callable[[], Iterator[bytes]]]
NOTHING_CHOSEN = b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[]}\n\n'
FLOODS: dict[str, Flood] = {
    "comments": (b"200 OK", EVENTS, lambda: _again(b": ping\n\n")),
    "unknown-fields": (b"200 OK", EVENTS, lambda: _again(b"id: 1\n\n")),
    "events-without-content": (b"200 OK", EVENTS, lambda: _again(NOTHING_CHOSEN)),
    "smallest-events": (b"200 OK", EVENTS, lambda: _again(b"data: {}\n\n")),
    "bytewise-comments": (b"200 OK", EVENTS, lambda: _bytewise(b": ping\n\n")),
    "gzip-comments": (b"200 OK", EVENTS + GZIP, lambda: _packed(b": ping\n\n")),
    "gzip-empty-members": (b"200 OK", EVENTS + GZIP, _empty_members),
    "body": (b"200 OK", JSON, lambda: _again(b" ")),
    "bytewise-body": (b"200 OK", JSON, lambda: _bytewise(b" ")),
    "gzip-body": (b"200 OK", JSON + GZIP, lambda: _packed(b" ")),
    "refusal": (b"500 Internal Server Error", JSON, lambda: _again(b" ")),
    "gzip-refusal": (b"500 Internal Server Error", JSON + GZIP, lambda: _packed(b" ")),
}


def _serve(connection: socket.socket) -> None:
    with connection, contextlib.suppress(OSError):
        received = b""
        while (found := re.search(rb'"model": ?"a?/?([\w-]+)"', received)) is None:
            data = connection.recv(65536)
            if not data:
                return
            received += data
        status, headers, pieces = FLOODS[found[1].decode()]
        connection.sendall(b"HTTP/1.1 %s\r\n%s\r\nTransfer-Encoding: chunked\r\n\r\n" % (status, headers))
        until = time.monotonic() + SECONDS
        for piece in pieces():
            connection.sendall(piece)
            if time.monotonic() > until:
                break


def _accept(listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        threading.Thread(target=_accept, args=(listener,), daemon=True).start()
        sys.stdin.read()
