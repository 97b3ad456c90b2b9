"""A host and a port as a connected socket, before a deadline.

Addresses are tried in the system's order, the next beside the last when that one is slow (RFC 8305).
"""

from __future__ import annotations

import os
import socket
from collections import deque
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING

from inference_gateway_sdk._http1.failures import NotSent, NotSentInTime
from inference_gateway_sdk._transport.addresses import (
    ATTEMPT_DELAY,
    Address,
    Found,
    look_up,
    new_socket,
    numeric,
    set_up,
)

from .readiness import usable

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["connect"]


def connect(host: str, port: int, until: float | None) -> socket.socket:
    """A connected socket.

    Raises:
        NotSent: The name does not resolve, or no address accepts.
        NotSentInTime: The deadline passed.
    """
    race = _Race(f"{host}:{port}", _resolve(host, port, until))
    try:
        while (winner := race.step(until)) is None:
            if until is not None and monotonic() >= until:
                raise NotSentInTime("connect")
    finally:
        race.stop()
    set_up(winner)
    return winner


class _Race:
    """The connecting sockets of one attempt."""

    def __init__(self, name: str, addresses: Sequence[Address]) -> None:
        self._name = name
        self._addresses = deque(addresses)
        self._trying: list[socket.socket] = []
        self._why = "no address"

    def step(self, until: float | None) -> socket.socket | None:
        """Start the next attempt, wait a little, and give the socket that connected, if one did."""
        if self._addresses:
            self._start(self._addresses.popleft())
        if not self._trying:
            if self._addresses:
                return None
            raise NotSent(f"cannot connect to {self._name}: {self._why}")
        return self._finished(usable(self._trying, self._pause(until)))

    def stop(self) -> None:
        """Close what did not win."""
        for sock in self._trying:
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
                self._trying.remove(sock)
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
    answer: SimpleQueue[Found] = SimpleQueue()
    look_up(host, port, answer.put)
    try:
        found = answer.get(timeout=None if until is None else max(0.0, until - monotonic()))
    except Empty:
        raise NotSentInTime("connect") from None
    if isinstance(found, OSError):
        raise NotSent(f"cannot resolve {host}: {found.strerror or found}")
    return found
