"""A recorded answer as an asyncio reader gets it: the wait for what is not due yet is a task, which giving up ends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from inference_gateway_sdk._http1.failures import DeadlineExceeded

if TYPE_CHECKING:
    from .clock import Clock
    from .playback import Playback

__all__ = ["AsyncPlayed", "wait_until"]


class AsyncPlayed:
    """A recorded answer; see `protocols.AsyncAnswer`."""

    def __init__(self, playback: Playback, clock: Clock) -> None:
        head = playback.head()
        self.status = head.status
        self.headers = head.headers
        self._playback = playback
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Task[None] | None = None

    async def read(self, deadline: float | None = None) -> bytes:
        """The next bytes, b"" at the end."""
        if self._waiting is not None:
            raise RuntimeError("this answer is being read by another task: one reader at a time")
        due = self._playback.body_due()
        if due is not None:
            await self._wait(due, deadline)
        return self._playback.body()

    async def release(self) -> None:
        """Leave the rest."""
        self._playback.release()

    def abandon(self) -> None:
        """Give up the rest."""
        self._playback.abandon()
        if self._waiting is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    async def _wait(self, due: float, deadline: float | None) -> None:
        """Wait, in a task of its own, which abandoning the answer ends early."""
        self._waiting = task = self._loop.create_task(wait_until(self._clock, due, deadline, "body"))
        try:
            await asyncio.wait({task})
        finally:
            self._waiting = None
            task.cancel()
        if not task.cancelled():
            task.result()

    def _wake(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()


async def wait_until(clock: Clock, due: float | None, deadline: float | None, which: str) -> None:
    """Wait until then, or raise DeadlineExceeded when the deadline is earlier."""
    if due is None:
        return
    until = due if deadline is None else min(due, deadline)
    while (seconds := until - clock.monotonic()) > 0:
        await clock.sleep(seconds)
    if deadline is not None and deadline < due:
        raise DeadlineExceeded(which)
