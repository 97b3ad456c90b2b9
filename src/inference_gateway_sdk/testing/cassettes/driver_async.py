"""An asyncio driver that asks a tape first: it plays what is recorded, and records what another driver brings."""

from __future__ import annotations

import asyncio
import threading
from time import monotonic
from typing import TYPE_CHECKING
from weakref import WeakSet

from inference_gateway_sdk._http1.body import DRAIN_BYTES, DRAIN_SECONDS
from inference_gateway_sdk._http1.failures import DeadlineExceeded, Failure

from .exchange import Exchange, RecordedRequest
from .playback import Playback
from .recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference_gateway_sdk._transport.protocols import AsyncAnswer, AsyncDriver

    from .clock import Clock
    from .tape import Tape

__all__ = ["AsyncTapeDriver"]


class AsyncTapeDriver:
    """See `protocols.AsyncDriver`.

    Args:
        tape: What plays and records.
        inner: What carries the requests that are recorded.
        upstream: Put before each URL on its way to the server, and not recorded.
    """

    def __init__(self, tape: Tape, inner: AsyncDriver, upstream: str = "") -> None:
        self._tape = tape
        self._inner = inner
        self._upstream = upstream
        self._closed = False
        self._answers: WeakSet[_Recorded | _Played] = WeakSet()
        self._lock = threading.Lock()

    async def open(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        body: bytes | None,
        *,
        deadline: float | None = None,
        connect_seconds: float | None = None,
    ) -> AsyncAnswer:
        """The recorded answer to this request, or the server's; see `protocols.Driver.open`."""
        if self._closed:
            raise RuntimeError("the driver is closed: make a new one")
        turn = self._tape.turn(RecordedRequest(method, url, tuple(headers), body))
        if isinstance(turn, Exchange):
            return await self._played(turn, deadline)
        recorder = turn if isinstance(turn, Recorder) else None
        try:
            answer = await self._inner.open(
                method, self._upstream + url, headers, body, deadline=deadline, connect_seconds=connect_seconds
            )
        except Failure as failure:
            if recorder is not None:
                recorder.failed(failure)
            raise
        except BaseException:
            if recorder is not None:
                recorder.discard()
            raise
        return answer if recorder is None else self._kept(_Recorded(answer, recorder))

    async def aclose(self) -> None:
        """Close the driver within; open answers end with an error."""
        self._closed = True
        with self._lock:
            answers = list(self._answers)
        for answer in answers:
            answer.abandon()
        await self._inner.aclose()

    async def _played(self, exchange: Exchange, deadline: float | None) -> AsyncAnswer:
        clock = self._tape.clock
        playback = Playback(exchange, self._tape.speed, clock.monotonic())
        await _wait_until(clock, playback.head_due(), deadline, "headers")
        head = playback.head()
        return self._kept(_Played(playback, clock, head.status, head.headers))

    def _kept(self, answer: _Recorded | _Played) -> _Recorded | _Played:
        """The answer, which ends when the driver closes."""
        with self._lock:
            self._answers.add(answer)
        return answer


class _Recorded:
    """An answer that is written down as it is read; see `protocols.AsyncAnswer`."""

    def __init__(self, inner: AsyncAnswer, recorder: Recorder) -> None:
        self.status = inner.status
        self.headers = inner.headers
        self._inner = inner
        self._recorder = recorder
        recorder.answered(inner.status, tuple(inner.headers))

    async def read(self, deadline: float | None = None) -> bytes:
        """The next bytes, b"" at the end."""
        try:
            data = await self._inner.read(deadline)
        except Failure as failure:
            self._recorder.failed(failure)
            raise
        self._recorder.read(data)
        return data

    async def release(self) -> None:
        """Read on to the end when it is near, so that it is in the recording, and give the connection back."""
        try:
            if self._recorder.open:
                await self._drain()
        except BaseException:
            self.abandon()
            raise
        if self._recorder.open:  # the end is not near
            self.abandon()
        else:
            await self._inner.release()

    def abandon(self) -> None:
        """Give up the rest."""
        self._recorder.left()
        self._inner.abandon()

    async def _drain(self) -> None:
        until, left = monotonic() + DRAIN_SECONDS, DRAIN_BYTES
        try:
            while left > 0 and (data := await self._inner.read(until)):
                self._recorder.read(data)
                left -= len(data)
            if left > 0:
                self._recorder.read(b"")
        except DeadlineExceeded:
            return
        except Failure as failure:
            self._recorder.failed(failure)


class _Played:
    """A recorded answer; see `protocols.AsyncAnswer`."""

    def __init__(self, playback: Playback, clock: Clock, status: int, headers: Sequence[tuple[str, str]]) -> None:
        self.status = status
        self.headers = headers
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
        self._waiting = task = self._loop.create_task(_wait_until(self._clock, due, deadline, "body"))
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


async def _wait_until(clock: Clock, due: float | None, deadline: float | None, which: str) -> None:
    """Wait until then, or raise DeadlineExceeded when the deadline is earlier."""
    if due is None:
        return
    until = due if deadline is None else min(due, deadline)
    while (seconds := until - clock.monotonic()) > 0:
        await clock.sleep(seconds)
    if deadline is not None and deadline < due:
        raise DeadlineExceeded(which)
