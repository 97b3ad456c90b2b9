"""A host and a port as a connected socket, on a running loop.

Addresses are tried in the system's order, the next beside the last when that one is slow (RFC 8305). Not by
`create_connection(happy_eyeballs_delay=)`: cancelled at the wrong moment, that loses an open socket.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from inference_gateway_sdk._http1.failures import NotSent
from inference_gateway_sdk._transport.addresses import (
    ATTEMPT_DELAY,
    Address,
    Found,
    look_up,
    new_socket,
    numeric,
    set_up,
)

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

__all__ = ["connect"]


async def connect(host: str, port: int) -> socket.socket:
    """A connected socket. Cancelled at any moment, it leaves nothing open.

    Raises:
        NotSent: The name does not resolve, or no address accepts.
    """
    race = _Race(f"{host}:{port}", await _resolve(host, port))
    try:
        while (winner := await race.step()) is None:
            pass
    finally:
        race.stop()
    set_up(winner)
    return winner


class _Race:
    """The connecting sockets of one attempt, each with the task that connects it."""

    def __init__(self, name: str, addresses: Sequence[Address]) -> None:
        self._loop = asyncio.get_running_loop()
        self._name = name
        self._addresses = deque(addresses)
        self._trying: dict[asyncio.Task[None], socket.socket] = {}
        self._why = "no address"

    async def step(self) -> socket.socket | None:
        """Start the next attempt, wait a little, and give the socket that connected, if one did."""
        if self._addresses:
            self._start(self._addresses.popleft())
        if not self._trying:
            if self._addresses:
                return None
            raise NotSent(f"cannot connect to {self._name}: {self._why}")
        pause = ATTEMPT_DELAY if self._addresses else None
        done, _ = await asyncio.wait(self._trying, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        return self._finished(done)

    def stop(self) -> None:
        """Give up what did not win: each socket is closed once its task has let go of it."""
        for task, sock in self._trying.items():
            task.add_done_callback(_closer(sock))
            task.cancel()

    def _start(self, address: Address) -> None:
        try:
            sock = new_socket(address)
        except OSError as error:
            self._why = error.strerror or str(error)
        else:
            self._trying[self._loop.create_task(self._loop.sock_connect(sock, address[4]))] = sock

    def _finished(self, done: set[asyncio.Task[None]]) -> socket.socket | None:
        winner = None
        for task in done:
            sock = self._trying.pop(task)
            error = task.exception()
            if error is None and winner is None:
                winner = sock
                continue
            sock.close()
            if error is not None:
                self._why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        return winner


def _closer(sock: socket.socket) -> Callable[[asyncio.Task[None]], None]:
    def close(task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            task.exception()  # taken, so that nobody reports it
        sock.close()

    return close


async def _resolve(host: str, port: int) -> Sequence[Address]:
    if (addresses := numeric(host, port)) is not None:
        return addresses
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Found] = loop.create_future()

    def settle(found: Found) -> None:
        if not answer.done():
            answer.set_result(found)

    def tell(found: Found) -> None:
        with suppress(RuntimeError):  # the loop ended meanwhile
            loop.call_soon_threadsafe(settle, found)

    look_up(host, port, tell)
    found = await answer
    if isinstance(found, OSError):
        raise NotSent(f"cannot resolve {host}: {found.strerror or found}")
    return found
