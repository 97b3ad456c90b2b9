"""A blocking driver that asks a tape first: it plays what is recorded, and records what another driver brings."""

from __future__ import annotations

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

    from inference_gateway_sdk._transport.protocols import Answer, Driver

    from .clock import Clock
    from .tape import Tape

__all__ = ["BlockingTapeDriver"]


class BlockingTapeDriver:
    """See `protocols.Driver`.

    Args:
        tape: What plays and records.
        inner: What carries the requests that are recorded.
    """

    def __init__(self, tape: Tape, inner: Driver) -> None:
        self._tape = tape
        self._inner = inner
        self._closed = False
        self._answers: WeakSet[_Recorded | _Played] = WeakSet()
        self._lock = threading.Lock()

    def open(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        body: bytes | None,
        *,
        deadline: float | None = None,
        connect_seconds: float | None = None,
    ) -> Answer:
        """The recorded answer to this request, or the server's; see `protocols.Driver.open`."""
        if self._closed:
            raise RuntimeError("the driver is closed: make a new one")
        turn = self._tape.turn(RecordedRequest(method, url, tuple(headers), body))
        if isinstance(turn, Exchange):
            return self._played(turn, deadline)
        recorder = turn if isinstance(turn, Recorder) else None
        try:
            answer = self._inner.open(method, url, headers, body, deadline=deadline, connect_seconds=connect_seconds)
        except Failure as failure:
            if recorder is not None:
                recorder.failed(failure)
            raise
        except BaseException:
            if recorder is not None:
                recorder.discard()
            raise
        return answer if recorder is None else self._kept(_Recorded(answer, recorder))

    def close(self) -> None:
        """Close the driver within; open answers end with an error."""
        self._closed = True
        with self._lock:
            answers = list(self._answers)
        for answer in answers:
            answer.abandon()
        self._inner.close()

    def _played(self, exchange: Exchange, deadline: float | None) -> Answer:
        clock = self._tape.clock
        playback = Playback(exchange, self._tape.speed, clock.monotonic())
        _wait_until(clock, playback.head_due(), deadline, "headers", threading.Event())
        head = playback.head()
        return self._kept(_Played(playback, clock, head.status, head.headers))

    def _kept(self, answer: _Recorded | _Played) -> _Recorded | _Played:
        """The answer, which ends when the driver closes."""
        with self._lock:
            self._answers.add(answer)
        return answer


class _Recorded:
    """An answer that is written down as it is read; see `protocols.Answer`."""

    def __init__(self, inner: Answer, recorder: Recorder) -> None:
        self.status = inner.status
        self.headers = inner.headers
        self._inner = inner
        self._recorder = recorder
        recorder.answered(inner.status, tuple(inner.headers))

    def read(self, deadline: float | None = None) -> bytes:
        """The next bytes, b"" at the end."""
        try:
            data = self._inner.read(deadline)
        except Failure as failure:
            self._recorder.failed(failure)
            raise
        self._recorder.read(data)
        return data

    def release(self) -> None:
        """Read on to the end when it is near, so that it is in the recording, and give the connection back."""
        try:
            if self._recorder.open:
                self._drain()
        except BaseException:
            self.abandon()
            raise
        if self._recorder.open:  # the end is not near
            self.abandon()
        else:
            self._inner.release()

    def abandon(self) -> None:
        """Give up the rest."""
        self._recorder.left()
        self._inner.abandon()

    def _drain(self) -> None:
        until, left = monotonic() + DRAIN_SECONDS, DRAIN_BYTES
        try:
            while left > 0 and (data := self._inner.read(until)):
                self._recorder.read(data)
                left -= len(data)
            if left > 0:
                self._recorder.read(b"")
        except DeadlineExceeded:
            return
        except Failure as failure:
            self._recorder.failed(failure)


class _Played:
    """A recorded answer; see `protocols.Answer`."""

    def __init__(self, playback: Playback, clock: Clock, status: int, headers: Sequence[tuple[str, str]]) -> None:
        self.status = status
        self.headers = headers
        self._playback = playback
        self._clock = clock
        self._left = threading.Event()
        self._turn = threading.Lock()

    def read(self, deadline: float | None = None) -> bytes:
        """The next bytes, b"" at the end."""
        if not self._turn.acquire(blocking=False):
            raise RuntimeError("this answer is being read by another thread: one reader at a time")
        try:
            _wait_until(self._clock, self._playback.body_due(), deadline, "body", self._left)
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


def _wait_until(clock: Clock, due: float | None, deadline: float | None, which: str, left: threading.Event) -> None:
    """Wait until then, or raise DeadlineExceeded when the deadline is earlier; setting the event ends the wait."""
    if due is None:
        return
    until = due if deadline is None else min(due, deadline)
    while (seconds := until - clock.monotonic()) > 0 and not left.is_set():
        clock.wait(left, seconds)
    if deadline is not None and deadline < due and not left.is_set():
        raise DeadlineExceeded(which)
