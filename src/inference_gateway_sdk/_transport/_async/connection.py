"""The asyncio transport of one connection, and connecting by happy eyeballs (RFC 8305)."""

from __future__ import annotations

import asyncio
import os
import select
from collections import deque
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, cast

from ..._http1.connection import PIECE, TURN
from ..._http1.failures import DeadlineExceeded, NotSent
from ..routing import ATTEMPT_DELAY, Address, LookupResult, look_up, new_socket, numeric, set_up

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Generator, Sequence
    from contextvars import Context

    from ..._http1.connection import Connection

__all__ = ["AsyncConnection", "Signal", "connect"]


class Signal:
    """Wakes the task that awaits it; awaiting it gives what it was woken with.

    One task at a time awaits it. Waking it when nobody does is without effect: what happened is to be read off the
    connection before it is awaited.
    """

    __slots__ = ("_asyncio_future_blocking", "_cancelled", "_context", "_loop", "_nested", "_value", "_wakeup")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._asyncio_future_blocking = False
        self._loop = loop
        self._wakeup: Callable[[Signal], object] | None = None
        self._context: Context | None = None
        self._cancelled: tuple[object, ...] | None = None
        self._value = False
        # nest_asyncio runs the loop inside a task; a task that runs inside a read callback would make it enter that
        # callback a second time.
        self._nested = getattr(loop, "_nest_patched", False)

    def now(self, value: bool) -> None:
        """Run the waiting task, here. Only from a callback of the loop, and as the last thing that it does."""
        wakeup, context = self._wakeup, self._context
        if self._nested:
            self.soon(value)
        elif wakeup is not None and context is not None:
            self._wakeup, self._value = None, value
            context.run(wakeup, self)

    def soon(self, value: bool) -> None:
        """Run the waiting task in the loop's next round: from wherever."""
        wakeup = self._wakeup
        if wakeup is not None:
            self._wakeup, self._value = None, value
            self._loop.call_soon(wakeup, self, context=self._context)

    # What a task asks of a future.

    def __await__(self) -> Generator[Signal, None, bool]:
        self._cancelled = None
        self._asyncio_future_blocking = True
        yield self
        return self._value

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """The loop it belongs to."""
        return self._loop

    def add_done_callback(self, wakeup: Callable[[Signal], object], *, context: Context | None = None) -> None:
        """Remember how the task is woken."""
        self._wakeup, self._context = wakeup, context

    def cancel(self, *message: object, msg: object = None) -> bool:
        """Wake the task with CancelledError, in the loop's next round; False when it is woken already."""
        if self._wakeup is None:
            return False
        self._cancelled = message or (() if msg is None else (msg,))
        self.soon(value=False)
        return True

    def result(self) -> bool:
        """What it was woken with, for a task that was not cancelled."""
        if self._cancelled is not None:
            raise asyncio.CancelledError(*self._cancelled)
        return self._value


_HIGH_WATER = 256 * 1024  # received and not taken: the transport is paused beyond this
_MAX_SALVAGED_PIECES = 64  # pieces
_TIMER_SLACK = 0.001  # seconds: a timer may come a little early


class AsyncConnection(asyncio.BufferedProtocol):
    """The protocol of one transport.

    It lends the transport a buffer that all connections of the loop share: what came is given to the link before the
    loop reads again. A plain `asyncio.Protocol` costs twice the CPU time: for each read, however short, the loop
    allocates 256 KiB.

    Attributes:
        link: What is said and heard.
        on_lost: Called when an idle connection ends.
    """

    __slots__ = (
        "_buffer",
        "_buffered",
        "_full",
        "_loop",
        "_paused",
        "_peek",
        "_signal",
        "_sock",
        "_timer",
        "_timer_at",
        "_transport",
        "_turn",
        "_until",
        "link",
        "on_lost",
    )

    def __init__(
        self, loop: asyncio.AbstractEventLoop, sock: socket.socket, link: Connection, buffer: memoryview[int]
    ) -> None:
        self.link = link
        self.on_lost: Callable[[AsyncConnection], None] | None = None
        self._loop = loop
        self._sock = sock
        self._buffer = buffer
        self._transport: asyncio.Transport | None = None
        self._peek = _peek(sock)
        self._turn: asyncio.Handle | None = None  # the rest of a large body goes on then
        self._full = False  # the transport asked not to be written to
        self._buffered = 0
        self._paused = False
        self._signal = Signal(loop)
        self._until: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0

    # The transport's side.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: the link may have something to say already."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one by its methods only
        self.flush()

    def get_buffer(self, sizehint: int) -> memoryview[int]:
        """Where the transport puts what it reads."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Give the link what came, and wake the waiter when it changes anything for them."""
        link = self.link
        link.receive(self._buffer[:nbytes])
        if link.may_send:
            self.flush()
        response_parser = link.response_parser
        if response_parser is not None and response_parser.body:
            self._buffered += nbytes
            if self._buffered > _HIGH_WATER:
                self._pause()
        self._signal.now(value=False)

    def eof_received(self) -> None:
        """The peer ended its side; the transport closes itself."""
        self.link.end()
        self._signal.soon(value=False)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        if exc is not None and not self.link.abandoned:
            self._salvage()
        self.link.end(exc if isinstance(exc, OSError) else None)
        self._stop_timer()
        self._signal.soon(value=False)
        if self.on_lost is not None:
            self.on_lost(self)

    def pause_writing(self) -> None:
        """The transport has enough to send."""
        self._full = True

    def resume_writing(self) -> None:
        """The transport takes more."""
        self._full = False
        self.flush()

    # The driver's side.

    def flush(self) -> None:
        """Hand the transport what it takes of what the link has to say, a turn of the loop at a time.

        A fast server takes all that is written, at once: without turns a large body would hold up the loop, and the
        answer to it.
        """
        transport, link = self._transport, self.link
        if transport is None or self._turn is not None:
            return
        pieces = TURN
        while not self._full and (piece := link.next_out()):
            if transport.is_closing():
                link.stop_sending()
                return
            link.bytes_sent = True
            transport.write(piece)
            pieces -= 1
            if not pieces and link.sending:
                self._turn = self._loop.call_soon(self._next_turn)
                return

    async def wait(self, until: float | None, which: str) -> None:
        """Until something happened on the connection.

        All deadlines share one timer that is seldom moved: `asyncio.timeout` around each wait would cost more than the
        wait itself.

        Raises:
            DeadlineExceeded: Nothing did before `until`. Nothing is lost.
        """
        self._until = until
        if until is not None and (self._timer is None or until < self._timer_at):
            self._set_timer(until)
        if await self._signal:
            raise DeadlineExceeded(which)

    def taken(self) -> None:
        """The reader has taken all that was received: the socket may be read again."""
        self._buffered = 0
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()

    def abort(self) -> None:
        """Close at once, whatever is still to be sent; a waiter wakes and sees why."""
        self.link.abandon()
        self._stop_timer()
        self._signal.soon(value=False)
        if self._transport is not None:
            self._transport.abort()

    def disown(self) -> None:
        """In a forked child: close our copy of the socket, and never touch the transport: its selector is shared."""
        self.link.abandoned = True
        self._sock.close()

    @property
    def unread(self) -> bool:
        """The socket holds something that the loop has not brought yet: on an idle connection, mostly goodbye."""
        return self._peek is not None and bool(self._peek(0))

    @property
    def sending(self) -> bool:
        """Part of the request has not left."""
        return self.link.sending or (self._transport is not None and self._transport.get_write_buffer_size() > 0)

    # Between the two.

    def _next_turn(self) -> None:
        self._turn = None
        self.flush()

    def _pause(self) -> None:
        if not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def _salvage(self) -> None:
        """Read what the socket still holds: a transport dies of a failed write without reading the answer."""
        try:
            with self._sock.dup() as sock:
                for _ in range(_MAX_SALVAGED_PIECES):
                    if not (data := sock.recv(PIECE)):
                        break
                    self.link.receive(data)
        except OSError:
            return

    def _set_timer(self, until: float) -> None:
        self._stop_timer()
        self._timer_at = until
        self._timer = self._loop.call_later(max(0.0, until - monotonic()), self._tick)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self._timer = None
        if self._until is None:
            return
        if self._until - monotonic() > _TIMER_SLACK:
            self._set_timer(self._until)
        else:
            self._signal.soon(value=True)


def _peek(sock: socket.socket) -> Callable[[int], list[tuple[int, int]]] | None:
    if not hasattr(select, "poll"):
        return None
    poller = select.poll()
    poller.register(sock, select.POLLIN)
    return poller.poll


async def connect(host: str, port: int) -> socket.socket:
    """A connected socket. Cancelled at any moment, it leaves nothing open.

    Raises:
        NotSent: The name does not resolve, or no address accepts.
    """
    race = _AsyncRace(f"{host}:{port}", await _resolve(host, port))
    try:
        while (winner := await race.step()) is None:
            pass
    finally:
        race.stop()
    set_up(winner)
    return winner


class _AsyncRace:
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
    lookup: asyncio.Future[LookupResult] = loop.create_future()

    def settle(found: LookupResult) -> None:
        if not lookup.done():
            lookup.set_result(found)

    def tell(found: LookupResult) -> None:
        with suppress(RuntimeError):  # the loop ended meanwhile
            loop.call_soon_threadsafe(settle, found)

    look_up(host, port, tell)
    found = await lookup
    if isinstance(found, OSError):
        raise NotSent(f"cannot resolve {host}: {found.strerror or found}")
    return found
