"""`SERVER_READ_TIMEOUT` for what a client sends: a body that is not there in time is not read (WIRE section 4)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .problems import unreadable

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["ReadDeadline"]


class ReadDeadline:
    """An application that does not wait for ever to be told what to do.

    Args:
        app: What reads the request.
        seconds: How long its body may take to arrive.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; whoever reads the body learns that it is late by a `Problem`."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        until = asyncio.get_running_loop().time() + self._seconds
        arrived = False

        async def in_time() -> Message:
            nonlocal arrived
            try:
                async with asyncio.timeout_at(None if arrived else until):
                    message = await receive()
            except TimeoutError:
                raise unreadable(scope["path"]) from None
            arrived = arrived or not message.get("more_body", False)
            return message

        await self._app(scope, in_time, send)
