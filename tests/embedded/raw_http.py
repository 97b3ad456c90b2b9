"""HTTP as its bytes: a request as sent, and all data received until the connection ends."""

from __future__ import annotations

import json
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass

__all__ = ["Reply", "exchanged"]


@dataclass
class Reply:
    """The data received over a connection until it ended.

    Attributes:
        first: The status line; empty when not a byte came.
        headers: Names in lower case.
        chunks: The body, in its chunks or as one.
        whole: It is complete, as far as HTTP shows.
        ended: How the connection ended then: "closed", "reset" or "broken TLS end" (without close_notify).
    """

    first: str
    headers: dict[str, str]
    chunks: list[bytes]
    whole: bool
    ended: str

    @classmethod
    def read(cls, data: bytes, ended: str) -> Reply:
        """Return the reply with these bytes."""
        head, blank, rest = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if "transfer-encoding" in headers:
            return cls(first, headers, *_dechunked(rest), ended)
        whole = bool(blank) and len(rest) == int(headers.get("content-length", len(rest)))
        return cls(first, headers, [rest], whole, ended)

    @property
    def status(self) -> int:
        """Return the status; 0 when not a byte came."""
        return int(self.first.split(" ")[1]) if self.first else 0

    @property
    def body(self) -> bytes:
        """Return the body in one piece."""
        return b"".join(self.chunks)

    @property
    def json(self) -> object:
        """Return the body's value; None when it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def _dechunked(rest: bytes) -> tuple[list[bytes], bool]:
    chunks: list[bytes] = []
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            return chunks, True
        chunks.append(rest[:length])
        rest = rest[length + 2 :]
    return chunks, False


def exchanged(url: str, request: bytes, *, stop: bool = False, ca: str = "") -> Reply:
    """Return a server's answer until it closes the connection; an answer counts even when sending fails.

    Args:
        url: The server's address.
        request: The bytes.
        stop: Shut down sending, and continue receiving.
        ca: A file with the certificate authority of an `https` server.
    """
    scheme, _, place = url.rstrip("/").partition("://")
    host, port = place.split(":")
    data, ended = b"", "closed"
    with socket.create_connection((host, int(port)), timeout=30) as plain:
        connection = plain
        if scheme == "https":
            context = ssl.create_default_context(cafile=ca)
            connection = context.wrap_socket(plain, server_hostname=host, suppress_ragged_eofs=False)
        with suppress(ConnectionError):
            connection.sendall(request)
        if stop:
            connection.shutdown(socket.SHUT_WR)
        try:
            while more := connection.recv(65536):
                data += more
        except ssl.SSLEOFError:
            ended = "broken TLS end"
        except ConnectionError:
            ended = "reset"
        finally:
            connection.close()
    return Reply.read(data, ended)
