"""A client that leaves before its answer is whole, and the provider that must be rid of the call then."""

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

SOON = 10.0  # seconds until something is known to be wrong


class Watched:
    """A script for the upstream that begins to answer, or does not, and sees when its connection ends."""

    def __init__(self, said: bytes) -> None:
        self._said = said
        self.asked = threading.Event()
        self.freed = threading.Event()

    def __call__(self, connection: socket.socket) -> None:
        connection.sendall(self._said)
        self.asked.set()
        connection.settimeout(SOON)
        try:
            while connection.recv(65536):
                pass
        except TimeoutError:
            return
        except ConnectionError:  # what was said and not read makes a reset of the end
            pass
        self.freed.set()


def connected(client: httpx2.Client) -> socket.socket:
    """A connection to the client's gateway."""
    return socket.create_connection((client.base_url.host, client.base_url.port), timeout=SOON)


@contextmanager
def leaving(client: httpx2.Client, upstream: Upstream, request: bytes, said: bytes) -> Iterator[socket.socket]:
    """A connection on which the model `m` has been asked; it is closed after the block, and the provider's too.

    Args:
        client: Of the gateway.
        upstream: The provider.
        request: What is asked.
        said: What the provider answers at once, before it is silent.
    """
    watched = upstream.scripts["m"] = Watched(said)
    with connected(client) as connection:
        connection.sendall(request)
        assert watched.asked.wait(SOON)
        yield connection
        assert not watched.freed.is_set()
    assert watched.freed.wait(SOON / 2)
