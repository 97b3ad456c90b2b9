"""Host names as addresses, and addresses as sockets that are set up alike.

Names are looked up in a thread that may be left behind: the system's resolver knows no deadline, and a loop's default
executor would be waited for at its end.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["ATTEMPT_DELAY", "Address", "Found", "look_up", "new_socket", "numeric", "set_up"]

_Where: TypeAlias = "tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]"
Address: TypeAlias = "tuple[socket.AddressFamily, socket.SocketKind, int, str, _Where]"
Found: TypeAlias = "Sequence[Address] | OSError"
ATTEMPT_DELAY = 0.25
"""Seconds before the next address is tried beside the last (RFC 8305 section 5)."""
_PROBES = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 60), ("TCP_KEEPCNT", 5))


def numeric(host: str, port: int) -> Sequence[Address] | None:
    """The address that `host` spells, None when it is a name."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        return None


def look_up(host: str, port: int, tell: Callable[[Found], None]) -> None:
    """Ask the system for the addresses of a name; `tell` is called from another thread, once."""

    def ask() -> None:
        found: Found
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            found = error
        except UnicodeError as error:  # a name that is no name: too long a label, an empty one
            found = OSError(str(error))
        tell(found)

    threading.Thread(target=ask, name=f"look up {host}", daemon=True).start()


def new_socket(address: Address) -> socket.socket:
    """A socket for one address, not yet connected, that never blocks."""
    sock = socket.socket(*address[:3])
    sock.setblocking(False)
    return sock


def set_up(sock: socket.socket) -> None:
    """Send at once, and notice a peer that vanished: an answer may be silent for minutes."""
    with suppress(OSError):  # gone already: the next send or read will say so
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _PROBES:
            if (option := getattr(socket, name, None)) is not None:
                sock.setsockopt(socket.IPPROTO_TCP, option, value)
