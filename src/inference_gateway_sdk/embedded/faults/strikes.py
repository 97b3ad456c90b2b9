"""What happens to an answer in the middle of its body, by fault."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from . import kinds
from .dialect import error_body, error_event
from .outlet import OverError

if TYPE_CHECKING:
    from .kinds import MidBodyFault
    from .outlet import Outlet
    from .pieces import Head

__all__ = ["MidBody", "WithoutLast"]

_COMMENT = b": the gateway is alive\n\n"
_BLANKS = b" " * (1024 * 1024)

_KEEPS_LENGTH = (kinds.ResetMidBody, kinds.CloseMidBody, kinds.StallMidBody)
_PLACES: dict[type[MidBodyFault], int] = {  # among the halves of a body that is no event stream, whatever `after` says
    kinds.TrickleComments: 0,
    kinds.ErrorEvent: 0,
    kinds.MalformedEvent: 1,
    kinds.OversizedEvent: 1,
}


class MidBody:
    """Takes an answer and hands it on, with a fault before one of its pieces, or at its end where it has fewer."""

    def __init__(self, fault: MidBodyFault, out: Outlet) -> None:
        self._fault = fault
        self._left: int | None = fault.after
        self._out = out

    async def begin(self, head: Head) -> None:
        """As `Taker.begin`."""
        if not head.streams:
            self._left = _PLACES.get(type(self._fault), min(self._left or 0, 1))
            if not isinstance(self._fault, _KEEPS_LENGTH):
                head.put(b"content-length", None)
        await self._out.head(head)

    async def take(self, piece: bytes) -> None:
        """As `Taker.take`."""
        if self._left == 0:
            self._left = None
            await strike(self._fault, self._out, piece)
            return
        if self._left is not None:
            self._left -= 1
        await self._out.body(piece)

    async def end(self) -> None:
        """As `Taker.end`."""
        if self._left is not None:
            await strike(self._fault, self._out, b"")
        await self._out.end()


class WithoutLast:
    """Takes an event stream and hands it on without its last event; any other body as it is."""

    def __init__(self, out: Outlet) -> None:
        self._out = out
        self._held = b""

    async def begin(self, head: Head) -> None:
        """As `Taker.begin`."""
        await self._out.head(head)

    async def take(self, piece: bytes) -> None:
        """As `Taker.take`."""
        if not self._out.streams:
            await self._out.body(piece)
            return
        await self._out.body(self._held)
        self._held = piece

    async def end(self) -> None:
        """As `Taker.end`."""
        await self._out.end()


async def strike(fault: MidBodyFault, out: Outlet, piece: bytes) -> None:
    """Play this fault where the piece should have come; empty at the end.

    Raises:
        OverError: Nothing more is to be sent.
    """
    match fault:
        case kinds.ResetMidBody():
            await out.wire.reset()
        case kinds.CloseMidBody():
            await out.half(piece)
            await out.wire.close()
        case kinds.StallMidBody(seconds=seconds):
            if not await out.wire.gone_within(seconds):
                await out.body(piece)
                return
        case kinds.TrickleComments(interval=interval, seconds=seconds):
            await out.drip(_COMMENT if out.streams else b"\n", interval, raw=False, seconds=seconds)
            await out.body(piece)
            return
        case kinds.TrickleChunkSize(interval=interval):
            await out.drip(b"0", interval, raw=True)
        case kinds.MalformedChunk():
            await out.wire.write(b"one\r\n" + piece)
            await out.wire.close()
        case _:
            await _replace(fault, out, piece)
            return
    raise OverError


async def _replace(fault: MidBodyFault, out: Outlet, piece: bytes) -> None:
    """The faults that need no more than a body."""
    match fault:
        case kinds.Truncate(mid_event=mid_event):
            await out.body(piece[: len(piece) // 2] if mid_event else b"")
        case kinds.ErrorEvent(code=code, message=message):
            await out.body((error_event if out.streams else error_body)(out.path, code, message))
        case kinds.MalformedEvent(data=data):
            await out.body(b"data: %s\n\n%s" % (data.encode(), piece) if out.streams else data.encode())
            return
        case kinds.OversizedEvent(size=size):
            await _padded(out, piece, size)
            return
        case _:
            raise AssertionError(fault)
    await out.end()
    raise OverError


async def _padded(out: Outlet, piece: bytes, size: int) -> None:
    """The piece with so many blanks behind the text of its last line, where they change nothing."""
    text = piece.rstrip(b"\r\n")
    await out.body(text)
    for start in range(0, size if text else 0, len(_BLANKS)):
        await out.body(_BLANKS[: size - start])
        await asyncio.sleep(0)  # lets a client that has seen enough be heard
    await out.body(piece[len(text) :])
