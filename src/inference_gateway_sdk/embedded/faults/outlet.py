"""What an answer with a fault in it is sent through: as HTTP, past HTTP, or no further."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .wire import wire_of

if TYPE_CHECKING:
    from starlette.types import Scope, Send

    from .pieces import Head
    from .wire import Wire

__all__ = ["Outlet", "OverError"]


class OverError(Exception):
    """The answer is over, however much of it the application still has: unwinds the application."""


class Outlet:
    """The way to the client.

    Attributes:
        path: The request's path.
        streams: Whether the answer is an event stream; known once its head is sent.
    """

    def __init__(self, scope: Scope, send: Send) -> None:
        self.path: str = scope["path"]
        self.streams = False
        self._chunked = False
        self._scope = scope
        self._send = send

    @property
    def wire(self) -> Wire:
        """The connection below."""
        return wire_of(self._scope)

    async def head(self, head: Head) -> None:
        """Send the head."""
        self.streams = head.streams
        self._chunked = head.header(b"content-length") is None
        await self._send(head.message())

    async def body(self, data: bytes) -> None:
        """Send these bytes of the body."""
        if data:
            await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def half(self, data: bytes) -> None:
        """Send half of these bytes; where the body comes in chunks, in one that was to hold them all."""
        half = data[: len(data) // 2]
        if data and self._chunked:
            await self.wire.write(b"%x\r\n%s" % (len(data), half))
        else:
            await self.body(half)

    async def end(self) -> None:
        """End the body in good order."""
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def drip(self, data: bytes, interval: float, *, raw: bool, seconds: float | None = None) -> None:
        """Send the same bytes again and again, for so long or until the client leaves.

        Raises:
            OverError: It left.
        """
        until = None if seconds is None else time.monotonic() + seconds
        while until is None or time.monotonic() < until:
            await (self.wire.write(data) if raw else self.body(data))
            if await self.wire.gone_within(interval):
                raise OverError
