"""One socket and its link: bytes carried between them, never waiting longer than told."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from inference_gateway_sdk._http1.failures import DeadlineExceeded
from inference_gateway_sdk._http1.link import PIECE, TURN

from .readiness import Watch

if TYPE_CHECKING:
    from inference_gateway_sdk._http1.link import Link

__all__ = ["Connection"]


class Connection:
    """A connected, non-blocking socket that serves a link."""

    __slots__ = ("_unsent", "_watch", "link", "sock")

    def __init__(self, sock: socket.socket, link: Link) -> None:
        self.sock = sock
        self.link = link
        self._unsent: bytes | memoryview = b""
        self._watch = Watch(sock)

    def step(self, until: float | None, which: str) -> None:
        """Send what the socket takes, wait until it brings something, and give that to the link.

        Raises:
            DeadlineExceeded: It brought nothing, and took nothing, before `until`. Nothing is lost.
        """
        if self.link.abandoned:
            self.link.end()
            return
        sending = self._send()
        if not self._watch.until(until, write=sending):
            raise DeadlineExceeded(which)
        self._receive()

    def stale(self) -> bool:
        """Whether an idle connection is of no use any more: the server said anything on it, mostly goodbye."""
        if self._watch.now():
            self._receive()
        return self.link.dead

    @property
    def sending(self) -> bool:
        """Part of the request has not left."""
        return bool(self._unsent) or self.link.sending

    def abandon(self) -> None:
        """Give it up, from any thread: a thread that waits for it wakes, and sees why."""
        self.link.abandoned = True
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close our socket. Neither shutdown() nor close_notify: a forked process may hold the same connection."""
        self.sock.close()

    def _send(self) -> bool:
        """True while there is more to send than the socket, or one turn, takes.

        A turn is bounded, so that an answer to a large body is seen while a fast server still takes it. A send that
        fails is not the end: an answer may be there already.
        """
        pieces = TURN
        while piece := self._unsent or self.link.next_out():
            if not pieces:
                self._unsent = piece
                return True
            pieces -= 1
            try:
                sent = self.sock.send(piece)
            except BlockingIOError:
                self._unsent = piece
                return True
            except OSError:
                self._unsent = b""
                self.link.stop_sending()
                return False
            self.link.touched = True
            self._unsent = memoryview(piece)[sent:] if sent < len(piece) else b""
        return False

    def _receive(self) -> None:
        try:
            data = self.sock.recv(PIECE)
        except BlockingIOError:
            return
        except OSError as error:
            self.link.end(error)
            return
        if data:
            self.link.receive(data)
        else:
            self.link.end()
