"""Play recorded exchanges back, at recorded or immediate speed."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from ..._http1.failures import DeadlineExceeded, TruncatedResponse
from .exchange import CassetteMissError, RecordedAnswer, failure_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .exchange import Exchange, Pairs

__all__ = ["AsyncPlayedResponse", "Clock", "Playback", "PlayedResponse", "Speed", "async_wait_until", "wait_until"]


def _wait(woken: threading.Event, seconds: float) -> None:
    woken.wait(seconds)


class Clock(NamedTuple):
    """The clocks of a tape: for recording, and for playing at the original speed."""

    monotonic: Callable[[], float] = time.monotonic  # seconds; the deadlines of the clients are on the same clock
    wait: Callable[[threading.Event, float], None] = _wait  # blocking: until the time is over, or the event set
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


Speed: TypeAlias = Literal["full", "original"]


class Playback:
    """One exchange on its way to a reader.

    Args:
        exchange: What was recorded.
        speed: "full": everything is there at once; "original": when it came.
        began: When the request was made.
    """

    def __init__(self, exchange: Exchange, speed: Speed, began: float) -> None:
        self._exchange = exchange
        self._timed = speed == "original"
        self._began = began
        self._next = 0
        self._gone: Exception | None = None

    def head_due(self) -> float | None:
        """When the head, or the failure instead of one, comes; None for at once."""
        return self._due(self._exchange.outcome.at)

    def head(self) -> RecordedAnswer:
        """The answer.

        Raises:
            Failure: What the request ended with instead.
        """
        outcome = self._exchange.outcome
        if isinstance(outcome, RecordedAnswer):
            return outcome
        raise failure_of(outcome) or TruncatedResponse(f"the recording has no answer ({outcome.kind})")

    def body_due(self) -> float | None:
        """When the next read has something to give; None for at once."""
        if self._gone is not None:
            return None
        answer = self.head()
        over = self._next == len(answer.pieces)
        return self._due(answer.end.at if over else answer.pieces[self._next].at)

    def body(self) -> bytes:
        """The next piece, b"" at the end of the body.

        Raises:
            Failure: The body broke here in the recording, or was given up by its reader now.
            CassetteMissError: The recorded reader left here, so that nobody knows what follows.
            RuntimeError: The answer was released.
        """
        if self._gone is not None:
            raise self._gone
        answer = self.head()
        if self._next < len(answer.pieces):
            self._next += 1
            return answer.pieces[self._next - 1].data
        return self._ended(answer)

    def release(self) -> None:
        """The reader needs no more."""
        self._leave(RuntimeError("the answer was released: it cannot be read any more"))

    def abandon(self) -> None:
        """The reader gives up."""
        self._leave(TruncatedResponse("the connection was given up before the end of the body"))

    def _leave(self, error: Exception) -> None:
        answer = self.head()
        over = self._next == len(answer.pieces) and answer.end.kind not in ("abandoned", "silence")
        if self._gone is None and not over:
            self._gone = error

    def _ended(self, answer: RecordedAnswer) -> bytes:
        if answer.end.kind == "complete":
            return b""
        failure = failure_of(answer.end)
        if failure is not None:
            raise failure
        request = self._exchange.request
        raise CassetteMissError(
            f"the recording of {request.method} {request.url} ends after {len(answer.body)} bytes, where its reader"
            " left: record again with a reader that goes on"
        )

    def _due(self, at: float) -> float | None:
        return self._began + at if self._timed else None


class AsyncPlayedResponse:
    """A recorded answer; see `protocols.AsyncTransportResponse`."""

    def __init__(self, playback: Playback, clock: Clock) -> None:
        head = playback.head()
        self.status: int = head.status
        self.headers: Pairs = head.headers
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
        self._waiting = task = self._loop.create_task(async_wait_until(self._clock, due, deadline, "body"))
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


async def async_wait_until(clock: Clock, due: float | None, deadline: float | None, which: str) -> None:
    """Wait until then, or raise DeadlineExceeded when the deadline is earlier."""
    if due is None:
        return
    until = due if deadline is None else min(due, deadline)
    while (seconds := until - clock.monotonic()) > 0:
        await clock.sleep(seconds)
    if deadline is not None and deadline < due:
        raise DeadlineExceeded(which)


class PlayedResponse:
    """A recorded answer; see `protocols.TransportResponse`."""

    def __init__(self, playback: Playback, clock: Clock) -> None:
        head = playback.head()
        self.status: int = head.status
        self.headers: Pairs = head.headers
        self._playback = playback
        self._clock = clock
        self._left = threading.Event()
        self._turn = threading.Lock()

    def read(self, deadline: float | None = None) -> bytes:
        """The next bytes, b"" at the end."""
        if not self._turn.acquire(blocking=False):
            raise RuntimeError("this answer is being read by another thread: one reader at a time")
        try:
            wait_until(self._clock, self._playback.body_due(), deadline, "body", self._left)
            return self._playback.body()
        finally:
            self._turn.release()

    def release(self) -> None:
        """Leave the rest."""
        self._playback.release()
        self._left.set()

    def abandon(self) -> None:
        """Give up the rest."""
        self._playback.abandon()
        self._left.set()


def wait_until(
    clock: Clock, due: float | None, deadline: float | None, which: str, left: threading.Event | None = None
) -> None:
    """Wait until then, or raise DeadlineExceeded when the deadline is earlier; setting the event ends the wait."""
    if due is None:
        return
    left = left or threading.Event()
    until = due if deadline is None else min(due, deadline)
    while (seconds := until - clock.monotonic()) > 0 and not left.is_set():
        clock.wait(left, seconds)
    if deadline is not None and deadline < due and not left.is_set():
        raise DeadlineExceeded(which)
