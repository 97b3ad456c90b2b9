"""The asyncio protocol of one connection, and Happy Eyeballs to connect it (RFC 8305)."""

from __future__ import annotations

import asyncio
import os
import select
from collections import deque
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, cast

from ..._http1.connection import MAX_PIECES, PIECE_SIZE
from ..._http1.failures import DeadlineExceeded, NotSent
from ..routing import ATTEMPT_DELAY, Address, LookupResult, look_up, new_socket, numeric, permitted, set_up

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Generator, Sequence
    from contextvars import Context

    from ..._http1.connection import Connection

__all__ = ["AsyncConnection", "Signal", "connect"]


class Signal:
    """A reusable future that wakes the task awaiting it and returns a value to it.

    Only one task at a time may await it. Waking it has no effect if no task is waiting. So check the state of the
    connection before awaiting it.
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
        """Run the waiting task immediately. Call it only as the last action of a callback of the loop."""
        wakeup, context = self._wakeup, self._context
        if self._nested:
            self.soon(value)
        elif wakeup is not None and context is not None:
            self._wakeup, self._value = None, value
            context.run(wakeup, self)

    def soon(self, value: bool) -> None:
        """Run the waiting task in the next iteration of the loop. It may be called anywhere on the loop."""
        wakeup = self._wakeup
        if wakeup is not None:
            self._wakeup, self._value = None, value
            self._loop.call_soon(wakeup, self, context=self._context)

    # The interface that asyncio.Task requires of a future.

    def __await__(self) -> Generator[Signal, None, bool]:
        self._cancelled = None
        self._asyncio_future_blocking = True
        yield self
        return self._value

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop of the signal."""
        return self._loop

    def add_done_callback(self, wakeup: Callable[[Signal], object], *, context: Context | None = None) -> None:
        """Store the callback that wakes the task."""
        self._wakeup, self._context = wakeup, context

    def cancel(self, *message: object, msg: object = None) -> bool:
        """Wake the task with CancelledError in the next iteration of the loop. Return False if it is already awake."""
        if self._wakeup is None:
            return False
        self._cancelled = message or (() if msg is None else (msg,))
        self.soon(value=False)
        return True

    def result(self) -> bool:
        """Return the value of the wake-up, or raise CancelledError."""
        if self._cancelled is not None:
            raise asyncio.CancelledError(*self._cancelled)
        return self._value


_HIGH_WATER = 256 * 1024  # bytes received and not taken, beyond which the transport is paused
_MAX_SALVAGED_PIECES = 64
_TIMER_SLACK = 0.001  # seconds by which a timer may fire early


class AsyncConnection(asyncio.BufferedProtocol):
    """The protocol of one asyncio transport.

    It lends the transport a buffer that all connections of the loop share. Received data is passed to `http` before
    the loop reads again. A plain `asyncio.Protocol` costs twice the CPU time, because the loop allocates 256 KiB for
    each read.

    Attributes:
        http: The HTTP/1.1 connection without I/O, which produces and consumes the bytes.
        on_lost: Called when an idle connection ends.
    """

    __slots__ = (
        "_buffer",
        "_buffered",
        "_flush_handle",
        "_full",
        "_loop",
        "_paused",
        "_peek",
        "_signal",
        "_sock",
        "_timer",
        "_timer_at",
        "_transport",
        "_until",
        "http",
        "on_lost",
    )

    def __init__(
        self, loop: asyncio.AbstractEventLoop, sock: socket.socket, http: Connection, buffer: memoryview[int]
    ) -> None:
        self.http = http
        self.on_lost: Callable[[AsyncConnection], None] | None = None
        self._loop = loop
        self._sock = sock
        self._buffer = buffer
        self._transport: asyncio.Transport | None = None
        self._peek = _peek(sock)
        self._flush_handle: asyncio.Handle | None = None  # scheduled callback that sends the rest of a large body
        self._full = False  # True while the transport has paused writing
        self._buffered = 0
        self._paused = False
        self._signal = Signal(loop)
        self._until: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0

    # Called by the transport.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport, and send what `http` has queued: a CONNECT request or a TLS ClientHello."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's class is not a subclass of asyncio.Transport
        self.flush()

    def get_buffer(self, sizehint: int) -> memoryview[int]:
        """Return the buffer into which the transport reads."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Pass the received bytes to `http`, and wake the waiting task."""
        http = self.http
        http.receive(self._buffer[:nbytes])
        if http.may_send:
            self.flush()
        response_parser = http.response_parser
        if response_parser is not None and response_parser.body:
            self._buffered += nbytes
            if self._buffered > _HIGH_WATER:
                self._pause()
        self._signal.now(value=False)

    def eof_received(self) -> None:
        """End `http` after an EOF of the peer. The transport then closes itself."""
        self.http.end()
        self._signal.soon(value=False)

    def connection_lost(self, exc: Exception | None) -> None:
        """End `http` after the connection was lost."""
        if exc is not None and not self.http.abandoned:
            self._salvage()
        self.http.end(exc if isinstance(exc, OSError) else None)
        self._stop_timer()
        self._signal.soon(value=False)
        if self.on_lost is not None:
            self.on_lost(self)

    def pause_writing(self) -> None:
        """Stop writing: the transport's buffer is full."""
        self._full = True

    def resume_writing(self) -> None:
        """Write again: the transport's buffer has space."""
        self._full = False
        self.flush()

    # Called by the driver.

    def flush(self) -> None:
        """Write the bytes of `http` to the transport, up to `MAX_PIECES` pieces per iteration of the loop.

        A fast server accepts all bytes immediately. Without this limit, a large body would block the loop, and an early
        response could not be read.
        """
        transport, http = self._transport, self.http
        if transport is None or self._flush_handle is not None:
            return
        pieces = MAX_PIECES
        while not self._full and (piece := http.next_out()):
            if transport.is_closing():
                http.stop_sending()
                return
            http.bytes_sent = True
            transport.write(piece)
            pieces -= 1
            if not pieces and http.sending:
                self._flush_handle = self._loop.call_soon(self._continue_flush)
                return

    async def wait(self, until: float | None, which: str) -> None:
        """Wait until something happens on the connection.

        All deadlines share one timer that is rarely rescheduled. `asyncio.timeout` around each wait would cost more
        than the wait itself.

        Raises:
            DeadlineExceeded: Nothing happened before `until`. No data is lost.
        """
        self._until = until
        if until is not None and (self._timer is None or until < self._timer_at):
            self._set_timer(until)
        if await self._signal:
            raise DeadlineExceeded(which)

    def taken(self) -> None:
        """Resume reading from the socket after the reader has taken all received data."""
        self._buffered = 0
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()

    def abort(self) -> None:
        """Close the connection at once and discard unsent data. A waiting task wakes and raises an error."""
        self.http.abandon()
        self._stop_timer()
        self._signal.soon(value=False)
        if self._transport is not None:
            self._transport.abort()

    def disown(self) -> None:
        """Close the socket's copy in a forked child. The transport stays untouched, as its selector is shared."""
        self.http.abandoned = True
        self._sock.close()

    @property
    def unread(self) -> bool:
        """True if the socket has data that the loop has not read. On an idle connection, it is usually an EOF."""
        return self._peek is not None and bool(self._peek(0))

    @property
    def sending(self) -> bool:
        """True if part of the request is not sent yet."""
        return self.http.sending or (self._transport is not None and self._transport.get_write_buffer_size() > 0)

    # Internal.

    def _continue_flush(self) -> None:
        self._flush_handle = None
        self.flush()

    def _pause(self) -> None:
        if not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def _salvage(self) -> None:
        """Read the rest from the socket: after a failed write, a transport closes without reading the response."""
        try:
            with self._sock.dup() as sock:
                for _ in range(_MAX_SALVAGED_PIECES):
                    if not (data := sock.recv(PIECE_SIZE)):
                        break
                    self.http.receive(data)
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


async def connect(host: str, port: int, may_connect: Callable[[str], bool] | None = None) -> socket.socket:
    """Return a socket connected to an allowed address. If cancelled, it leaves no socket open.

    Raises:
        NotSent: The name does not resolve, or no address accepts the connection.
    """
    race = _AsyncRace(f"{host}:{port}", permitted(host, await _resolve(host, port), may_connect))
    try:
        while (winner := await race.step()) is None:
            pass
    finally:
        race.stop()
    set_up(winner)
    return winner


class _AsyncRace:
    """The race of sockets that connect in parallel, each with its own task."""

    def __init__(self, name: str, addresses: Sequence[Address]) -> None:
        self._loop = asyncio.get_running_loop()
        self._name = name
        self._addresses = deque(addresses)
        self._trying: dict[asyncio.Task[None], socket.socket] = {}
        self._why = "no address"

    async def step(self) -> socket.socket | None:
        """Start connecting to the next address, wait briefly, and return the connected socket if there is one."""
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
        """Cancel the remaining attempts. Each socket is closed when its task ends."""
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
            task.exception()  # retrieved, so that asyncio does not log it
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

    def from_thread(found: LookupResult) -> None:
        with suppress(RuntimeError):  # the loop was closed in the meantime
            loop.call_soon_threadsafe(settle, found)

    look_up(host, port, from_thread)
    found = await lookup
    if isinstance(found, OSError):
        raise NotSent(f"cannot resolve {host}: {found.strerror or found}")
    return found
