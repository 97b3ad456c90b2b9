"""Playback of recorded exchanges, at the original speed or without waiting."""

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
    """The clocks of a cassette: for recording, and for playback at the original speed."""

    monotonic: Callable[[], float] = time.monotonic  # seconds, on the clock of the clients' deadlines
    wait: Callable[[threading.Event, float], None] = _wait  # blocks until the time is over or the event is set
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


Speed: TypeAlias = Literal["full", "original"]


class Playback:
    """The playback of one exchange.

    Args:
        exchange: The recorded exchange.
        speed: "full" plays without waiting, "original" at the recorded times.
        began: The time of the request.
    """

    def __init__(self, exchange: Exchange, speed: Speed, began: float) -> None:
        self._exchange = exchange
        self._timed = speed == "original"
        self._began = began
        self._next = 0
        self._left_error: Exception | None = None

    def head_due(self) -> float | None:
        """Return the time of the head or of a failure, or None for now."""
        return self._due(self._exchange.outcome.at)

    def head(self) -> RecordedAnswer:
        """Return the answer.

        Raises:
            TransportFailure: The request failed in the recording.
        """
        outcome = self._exchange.outcome
        if isinstance(outcome, RecordedAnswer):
            return outcome
        raise failure_of(outcome) or TruncatedResponse(f"the recording has no answer ({outcome.kind})")

    def body_due(self) -> float | None:
        """Return the time of the next piece, or None for now."""
        if self._left_error is not None:
            return None
        answer = self.head()
        over = self._next == len(answer.pieces)
        return self._due(answer.end.at if over else answer.pieces[self._next].at)

    def body(self) -> bytes:
        """Return the next piece, or b"" at the end of the body.

        Raises:
            TransportFailure: The body failed here in the recording, or the reader has abandoned it.
            CassetteMissError: The recorded reader left here, so the rest is unknown.
            RuntimeError: The answer was released.
        """
        if self._left_error is not None:
            raise self._left_error
        answer = self.head()
        if self._next < len(answer.pieces):
            self._next += 1
            return answer.pieces[self._next - 1].data
        return self._end_of_body(answer)

    def release(self) -> None:
        """Let further reads fail, as the reader has finished."""
        self._leave(RuntimeError("the answer was released and cannot be read"))

    def abandon(self) -> None:
        """Let further reads fail, as the reader has left."""
        self._leave(TruncatedResponse("the answer was abandoned before the end of the body"))

    def _leave(self, error: Exception) -> None:
        answer = self.head()
        over = self._next == len(answer.pieces) and answer.end.kind not in ("abandoned", "silence")
        if self._left_error is None and not over:
            self._left_error = error

    def _end_of_body(self, answer: RecordedAnswer) -> bytes:
        if answer.end.kind == "complete":
            return b""
        failure = failure_of(answer.end)
        if failure is not None:
            raise failure
        request = self._exchange.request
        raise CassetteMissError(
            f"the recording of {request.method} {request.url} ends after {len(answer.body)} bytes, where its reader"
            " left: record it again and read to the end"
        )

    def _due(self, at: float) -> float | None:
        return self._began + at if self._timed else None


class AsyncPlayedResponse:
    """A recorded answer, as an `AsyncTransportResponse`."""

    def __init__(self, playback: Playback, clock: Clock) -> None:
        head = playback.head()
        self.status: int = head.status
        self.headers: Pairs = head.headers
        self._playback = playback
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Task[None] | None = None

    async def read(self, deadline: float | None = None) -> bytes:
        """Return the next bytes, or b"" at the end."""
        if self._waiting is not None:
            raise RuntimeError("this answer is being read by another task: one reader at a time")
        due = self._playback.body_due()
        if due is not None:
            await self._wait(due, deadline)
        return self._playback.body()

    async def release(self) -> None:
        """Ignore the rest."""
        self._playback.release()

    def abandon(self) -> None:
        """Abandon the rest. A pending read ends with an error."""
        self._playback.abandon()
        if self._waiting is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    async def _wait(self, due: float, deadline: float | None) -> None:
        """Wait in a separate task, which `abandon` cancels."""
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
    """Wait until `due`, or raise DeadlineExceeded at an earlier deadline."""
    if due is None:
        return
    until = due if deadline is None else min(due, deadline)
    while (seconds := until - clock.monotonic()) > 0:
        await clock.sleep(seconds)
    if deadline is not None and deadline < due:
        raise DeadlineExceeded(which)


class PlayedResponse:
    """A recorded answer, as a `TransportResponse`."""

    def __init__(self, playback: Playback, clock: Clock) -> None:
        head = playback.head()
        self.status: int = head.status
        self.headers: Pairs = head.headers
        self._playback = playback
        self._clock = clock
        self._left = threading.Event()
        self._turn = threading.Lock()

    def read(self, deadline: float | None = None) -> bytes:
        """Return the next bytes, or b"" at the end."""
        if not self._turn.acquire(blocking=False):
            raise RuntimeError("this answer is being read by another thread: one reader at a time")
        try:
            wait_until(self._clock, self._playback.body_due(), deadline, "body", self._left)
            return self._playback.body()
        finally:
            self._turn.release()

    def release(self) -> None:
        """Ignore the rest."""
        self._playback.release()
        self._left.set()

    def abandon(self) -> None:
        """Abandon the rest. A pending read ends with an error."""
        self._playback.abandon()
        self._left.set()


def wait_until(
    clock: Clock, due: float | None, deadline: float | None, which: str, left: threading.Event | None = None
) -> None:
    """Wait until `due`, or raise DeadlineExceeded at an earlier deadline. Setting the event ends the wait."""
    if due is None:
        return
    left = left or threading.Event()
    until = due if deadline is None else min(due, deadline)
    while (seconds := until - clock.monotonic()) > 0 and not left.is_set():
        clock.wait(left, seconds)
    if deadline is not None and deadline < due and not left.is_set():
        raise DeadlineExceeded(which)
