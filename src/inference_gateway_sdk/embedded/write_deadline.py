"""`SERVER_WRITE_TIMEOUT` as the real gateway keeps it: what is written too late closes the connection instead.

Where the deadline is moved decides what a client sees (WIRE section 4). Chat moves it before each write, and so never
meets it. What is passed on line by line moves it before each read, so that a provider's long silence is the end. An
answer in one piece never moves it: when it comes too late, the connection closes without a byte.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

from .connection import hang_up

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["WriteDeadline", "before_reads", "before_writes"]

_MOVE = "inference_gateway.extend"  # a function that moves the deadline, in the scope's extensions


def before_writes(scope: Scope, send: Send) -> Send:
    """A way to send that moves the deadline before each write of something."""

    async def moving(message: Message) -> None:
        if message["type"] == "http.response.start" or message.get("body"):
            _move(scope)
        await send(message)

    return moving


async def before_reads(scope: Scope, lines: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """The lines, with the deadline moved before each is waited for."""
    async with aclosing(lines):
        _move(scope)
        async for line in lines:
            yield line
            _move(scope)


def _move(scope: Scope) -> None:
    """Give the next write the whole time again; nothing where there is no deadline."""
    move = scope.get("extensions", {}).get(_MOVE)
    if move is not None:
        move()


class WriteDeadline:
    """An application whose answers keep to the deadline.

    Args:
        app: What answers.
        seconds: How long after the head of a request, or after the deadline was moved, may be written.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; too late, hang up and let the rest go nowhere."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        clock = _Clock(self._seconds)

        async def in_time(message: Message) -> None:
            if not clock.over:
                await send(message)
            elif not clock.hung_up:
                clock.hung_up = True
                await hang_up(scope, receive)

        extensions = {**scope.get("extensions", {}), _MOVE: clock.move}
        await self._app({**scope, "extensions": extensions}, receive, in_time)


class _Clock:
    """One request's deadline."""

    def __init__(self, seconds: float) -> None:
        self._now = asyncio.get_running_loop().time
        self._seconds = seconds
        self._until = self._now() + seconds
        self.hung_up = False

    @property
    def over(self) -> bool:
        """Whether it is too late to write; once it is, it stays so."""
        return self.hung_up or self._now() >= self._until

    def move(self) -> None:
        """Start again."""
        self._until = self._now() + self._seconds
