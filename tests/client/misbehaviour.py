"""Ways in which a server sends a stream, and ways in which it ends one."""

from __future__ import annotations

from collections.abc import Callable

from support.server import Connection, Handler, Request

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"
Ending = Callable[[Connection], None]


def clean(connection: Connection) -> None:
    """End the body in order."""
    connection.end()


def cut(connection: Connection) -> None:
    """Close the connection where the body should continue."""
    connection.close()


def reset(connection: Connection) -> None:
    """Reset the connection, once the data sent has had time to arrive."""
    connection.pause(0.05)
    connection.reset()


def stall(connection: Connection) -> None:
    """Send nothing more, with the connection open."""
    connection.stall()


def drip(piece: bytes) -> Ending:
    """Send the same bytes without end, in HTTP chunks."""
    return lambda connection: connection.drip(b"%x\r\n%s\r\n" % (len(piece), piece))


def raw_drip(piece: bytes) -> Ending:
    """Send the same bytes without end, inside HTTP's own framing."""
    return lambda connection: connection.drip(piece)


def sends(*pieces: bytes, end: Ending = clean) -> Handler:
    """Return a 200 event stream: these pieces in one write, each an HTTP chunk, and then its end."""

    def handler(connection: Connection, request: Request) -> None:
        framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece)
        connection.send(HEAD + framed + (END if end is clean else b""))
        if end is not clean:
            end(connection)

    return handler


def silent(connection: Connection, request: Request) -> None:
    """Send no byte."""
    connection.stall()


def dripping_head(connection: Connection, request: Request) -> None:
    """Send headers that never end."""
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
    connection.drip(b"X-More: yes\r\n")


def bytewise(*pieces: bytes) -> Handler:
    """Send every byte of the response in its own write."""
    framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)

    def handler(connection: Connection, request: Request) -> None:
        for byte in HEAD + framed + END:
            connection.send(bytes((byte,)))

    return handler


def refuses_unread(connection: Connection, request: Request) -> None:
    """Send a 413 before the body was read, then a reset, as the gateway does.

    See gateway-behaviour.md#limits-and-timeouts.
    """
    connection.json({"error": "Request body too large"}, 413)
    connection.pause(0.05)
    connection.reset()
