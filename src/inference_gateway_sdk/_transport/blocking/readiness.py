"""Sockets and a deadline as: which of them can be used now.

`select.poll` where there is one, `select.select` elsewhere (Windows), both as documented.
"""

from __future__ import annotations

import select
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Collection

__all__ = ["Watch", "usable"]

_HAS_POLL = hasattr(select, "poll")


def usable(socks: Collection[socket.socket], until: float | None) -> list[socket.socket]:
    """Those that can be written or have failed, none when the time is up."""
    seconds = None if until is None else max(0.0, until - monotonic())
    if _HAS_POLL:
        poller = select.poll()
        for sock in socks:
            poller.register(sock, select.POLLOUT)
        hit = {fd for fd, _ in poller.poll(_milliseconds(seconds))}
        return [sock for sock in socks if sock.fileno() in hit]
    _, writable, failed = select.select([], socks, socks, seconds)
    return list({*writable, *failed})


class Watch:
    """Waits for one socket."""

    __slots__ = ("_both", "_poller", "_sock")

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._both = False
        self._poller = select.poll() if _HAS_POLL else None
        if self._poller is not None:
            self._poller.register(sock, select.POLLIN)

    def until(self, deadline: float | None, *, write: bool) -> bool:
        """Whether the socket can be read (or written, with `write`) or has failed before the deadline.

        A passed deadline asks whether it can now: what drips has gaps, so that this ends a drip all the same.
        """
        return self._wait(None if deadline is None else max(0.0, deadline - monotonic()), write=write)

    def now(self) -> bool:
        """Whether there is something to be read, without waiting."""
        return self._wait(0.0, write=False)

    def _wait(self, seconds: float | None, *, write: bool) -> bool:
        poller = self._poller
        if poller is None:
            socks = [self._sock]
            return any(select.select(socks, socks if write else [], socks, seconds))
        if write is not self._both:
            self._both = write
            poller.modify(self._sock, select.POLLIN | select.POLLOUT if write else select.POLLIN)
        return bool(poller.poll(_milliseconds(seconds)))


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else -int(-seconds * 1000 // 1)
