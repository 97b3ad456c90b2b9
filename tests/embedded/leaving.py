"""A client that disconnects before its answer is whole, and the provider whose call must then end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

    from conftest import Upstream

__all__ = ["SOON", "connected", "leaving"]

SOON = 10.0  # seconds until a wait counts as failed


class Watched:
    """A script for the upstream that begins to answer, or does not, and notes the end of its connection."""

    def __init__(self, opening: bytes) -> None:
        self._opening = opening
        self.asked = threading.Event()
        self.freed = threading.Event()

    def __call__(self, connection: socket.socket) -> None:
        connection.sendall(self._opening)
        self.asked.set()
        connection.settimeout(SOON)
        try:
            while connection.recv(65536):
                pass
        except TimeoutError:
            return
        except ConnectionError:  # unread data makes a reset of the end
            pass
        self.freed.set()


def connected(client: httpx2.Client) -> socket.socket:
    """Return a connection to the client's gateway."""
    return socket.create_connection((client.base_url.host, client.base_url.port), timeout=SOON)


@contextmanager
def leaving(client: httpx2.Client, upstream: Upstream, request: bytes, opening: bytes) -> Iterator[socket.socket]:
    """Yield a connection with a request to the model `m`; it is closed after the block, and the provider's too.

    Args:
        client: A client of the gateway.
        upstream: The provider.
        request: The request's bytes.
        opening: The bytes that the provider sends at once, before it is silent.
    """
    watched = upstream.scripts["m"] = Watched(opening)
    with connected(client) as connection:
        connection.sendall(request)
        assert watched.asked.wait(SOON)
        yield connection
        assert not watched.freed.is_set()
    assert watched.freed.wait(SOON / 2)
