"""One asyncio transport and its link: bytes carried between them, and one waiter woken when something happened."""

from __future__ import annotations

import asyncio
import select
from time import monotonic
from typing import TYPE_CHECKING, cast

from inference_gateway_sdk._http1.failures import DeadlineExceeded
from inference_gateway_sdk._http1.link import PIECE, TURN

from .signal import Signal

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from inference_gateway_sdk._http1.link import Link

__all__ = ["Connection"]

_HIGH_WATER = 256 * 1024  # received and not taken: the transport is paused beyond this
_SALVAGED = 64  # pieces
_SLACK = 0.001  # seconds: a timer may come a little early


class Connection(asyncio.BufferedProtocol):
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
        self, loop: asyncio.AbstractEventLoop, sock: socket.socket, link: Link, buffer: memoryview[int]
    ) -> None:
        self.link = link
        self.on_lost: Callable[[Connection], None] | None = None
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
        exchange = link.exchange
        if exchange is not None and exchange.body:
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
            link.touched = True
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
                for _ in range(_SALVAGED):
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
        if self._until - monotonic() > _SLACK:
            self._set_timer(self._until)
        else:
            self._signal.soon(value=True)


def _peek(sock: socket.socket) -> Callable[[int], list[tuple[int, int]]] | None:
    if not hasattr(select, "poll"):
        return None
    poller = select.poll()
    poller.register(sock, select.POLLIN)
    return poller.poll
