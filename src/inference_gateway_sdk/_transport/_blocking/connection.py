"""The socket of one connection, and Happy Eyeballs to connect it (RFC 8305)."""

from __future__ import annotations

import os
import select
import socket
from collections import deque
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from ..._http1.connection import MAX_PIECES, PIECE_SIZE
from ..._http1.failures import DeadlineExceeded, NotSent, NotSentInTime
from ..routing import ATTEMPT_DELAY, Address, LookupResult, look_up, new_socket, numeric, permitted, set_up

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from ..._http1.connection import Connection

__all__ = ["BlockingConnection", "Watch", "connect", "usable"]


_STALE_READS = 16  # more than that on an idle connection is nothing to rely on
_HAS_POLL = hasattr(select, "poll")


def usable(socks: Collection[socket.socket], until: float | None) -> list[socket.socket]:
    """Wait for sockets that are writable or have failed and return them. Return [] when the time is up."""
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
    """A poller for one socket."""

    __slots__ = ("_both", "_poller", "_sock")

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._both = False
        self._poller = select.poll() if _HAS_POLL else None
        if self._poller is not None:
            self._poller.register(sock, select.POLLIN)

    def until(self, deadline: float | None, *, write: bool) -> bool:
        """Wait until the socket is readable (or writable, with `write`) or has failed. Return False at the deadline.

        After the deadline it checks the current state. A slow trickle of bytes has gaps, so this check still ends it.
        """
        return self._wait(None if deadline is None else max(0.0, deadline - monotonic()), write=write)

    def now(self) -> bool:
        """Return whether the socket is readable, without waiting."""
        poller = self._poller
        return self._wait(0.0, write=False) if poller is None or self._both else bool(poller.poll(0))

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


class BlockingConnection:
    """A connected, non-blocking socket, and the HTTP/1.1 connection (`http`) whose bytes it carries."""

    __slots__ = ("_unsent", "_watch", "http", "sock")

    def __init__(self, sock: socket.socket, http: Connection) -> None:
        self.sock: socket.socket = sock
        self.http: Connection = http
        self._unsent: bytes | memoryview = b""
        self._watch = Watch(sock)

    def step(self, until: float | None, which: str) -> None:
        """Send what the socket accepts, wait for data, and pass it to `http`.

        Raises:
            DeadlineExceeded: The socket was neither readable nor writable before `until`. No data is lost.
        """
        if self.http.abandoned:
            self.http.end()
            return
        sending = self._send()
        if not self._watch.until(until, write=sending):
            raise DeadlineExceeded(which)
        self._receive()

    def stale(self) -> bool:
        """Return whether an idle connection is unusable: the server has ended it, or sent plain text."""
        for _ in range(_STALE_READS):
            if self.http.dead or not self._watch.now():
                return self.http.dead
            self._receive()  # maybe only a TLS record of its own (KeyUpdate, a ticket), with the end after it
        return True

    @property
    def sending(self) -> bool:
        """True if part of the request is not sent yet."""
        return bool(self._unsent) or self.http.sending

    def abandon(self) -> None:
        """Shut down the socket, from any thread. A thread waiting for it wakes and raises an error."""
        self.http.abandoned = True
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the socket, without shutdown() or close_notify: a forked process may use the same connection."""
        self.sock.close()

    def _send(self) -> bool:
        """Send up to `MAX_PIECES` pieces. Return True if there is more to send.

        The limit allows an early response to be read while a fast server still accepts a large body. A failed send does
        not end the connection: a response may already have arrived.
        """
        pieces = MAX_PIECES
        while piece := self._unsent or self.http.next_out():
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
                self.http.stop_sending()
                return False
            self.http.bytes_sent = True
            self._unsent = memoryview(piece)[sent:] if sent < len(piece) else b""
        return False

    def _receive(self) -> None:
        try:
            data = self.sock.recv(PIECE_SIZE)
        except BlockingIOError:
            return
        except OSError as error:
            self.http.end(error)
            return
        if data:
            self.http.receive(data)
        else:
            self.http.end()


def connect(
    host: str, port: int, until: float | None, may_connect: Callable[[str], bool] | None = None
) -> socket.socket:
    """Return a socket connected to an allowed address.

    Raises:
        NotSent: The name does not resolve, or no address accepts the connection.
        NotSentInTime: The deadline passed.
    """
    race = _Race(f"{host}:{port}", permitted(host, _resolve(host, port, until), may_connect))
    try:
        while (winner := race.step(until)) is None:
            if until is not None and monotonic() >= until:
                raise NotSentInTime("connect")
        set_up(winner)
        race.stop(winner)
    except BaseException:
        race.stop(None)
        raise
    return winner


class _Race:
    """The race of sockets that connect in parallel."""

    def __init__(self, name: str, addresses: Sequence[Address]) -> None:
        self._name = name
        self._addresses = deque(addresses)
        self._trying: list[socket.socket] = []
        self._why = "no address"

    def step(self, until: float | None) -> socket.socket | None:
        """Start connecting to the next address, wait briefly, and return the connected socket if there is one."""
        if self._addresses:
            self._start(self._addresses.popleft())
        if not self._trying:
            if self._addresses:
                return None
            raise NotSent(f"cannot connect to {self._name}: {self._why}")
        return self._finished(usable(self._trying, self._pause(until)))

    def stop(self, winner: socket.socket | None) -> None:
        """Close all sockets except the winner."""
        for sock in self._trying:
            if sock is not winner:
                sock.close()

    def _pause(self, until: float | None) -> float | None:
        if not self._addresses:
            return until
        next_start = monotonic() + ATTEMPT_DELAY
        return next_start if until is None else min(until, next_start)

    def _start(self, address: Address) -> None:
        try:
            sock = new_socket(address)
        except OSError as error:
            self._why = error.strerror or str(error)
            return
        self._trying.append(sock)
        try:
            sock.connect(address[4])
        except BlockingIOError:
            return
        except OSError as error:
            self._lost(sock, error.strerror or str(error))

    def _finished(self, socks: list[socket.socket]) -> socket.socket | None:
        for sock in socks:
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code == 0:
                return sock
            self._lost(sock, os.strerror(code))
        return None

    def _lost(self, sock: socket.socket, why: str) -> None:
        self._why = why
        self._trying.remove(sock)
        sock.close()


def _resolve(host: str, port: int, until: float | None) -> Sequence[Address]:
    if (addresses := numeric(host, port)) is not None:
        return addresses
    from queue import Empty, SimpleQueue  # here: an address needs no lookup

    answer: SimpleQueue[LookupResult] = SimpleQueue()
    look_up(host, port, answer.put)
    try:
        found = answer.get(timeout=None if until is None else max(0.0, until - monotonic()))
    except Empty:
        raise NotSentInTime("connect") from None
    if isinstance(found, OSError):
        raise NotSent(f"cannot resolve {host}: {found.strerror or found}")
    return found
