"""What a server may do to a stream: how it sends it, and how it ends it."""

from __future__ import annotations

from collections.abc import Callable

from support.server import Connection, Handler, Request

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"
Ending = Callable[[Connection], None]


def clean(connection: Connection) -> None:
    """The orderly end of the body."""
    connection.end()


def cut(connection: Connection) -> None:
    """The connection is closed where the body should go on."""
    connection.close()


def reset(connection: Connection) -> None:
    """The connection is reset, once what was sent has had time to arrive."""
    connection.pause(0.05)
    connection.reset()


def stall(connection: Connection) -> None:
    """Silence, with the connection open."""
    connection.stall()


def drip(piece: bytes) -> Ending:
    """The same bytes for ever, in HTTP chunks."""
    return lambda connection: connection.drip(b"%x\r\n%s\r\n" % (len(piece), piece))


def raw_drip(piece: bytes) -> Ending:
    """The same bytes for ever, in the middle of HTTP's own framing."""
    return lambda connection: connection.drip(piece)


def sends(*pieces: bytes, end: Ending = clean) -> Handler:
    """A 200 event stream: these pieces, a chunk of HTTP each but in one write, and then its end."""

    def handler(connection: Connection, request: Request) -> None:
        framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece)
        connection.send(HEAD + framed + (END if end is clean else b""))
        if end is not clean:
            end(connection)

    return handler


def silent(connection: Connection, request: Request) -> None:
    """Not a byte."""
    connection.stall()


def dripping_head(connection: Connection, request: Request) -> None:
    """Headers that never end."""
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
    connection.drip(b"X-More: yes\r\n")


def bytewise(*pieces: bytes) -> Handler:
    """Every byte of the answer in a write of its own."""
    framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)

    def handler(connection: Connection, request: Request) -> None:
        for byte in HEAD + framed + END:
            connection.send(bytes((byte,)))

    return handler


def refuses_unread(connection: Connection, request: Request) -> None:
    """A 413 before the body was read, then a reset: what the gateway does.

    See gateway-behaviour.md#limits-and-timeouts.
    """
    connection.json({"error": "Request body too large"}, 413)
    connection.pause(0.05)
    connection.reset()
