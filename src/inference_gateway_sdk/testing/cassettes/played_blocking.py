"""A recorded answer as a thread reads it: the wait for what is not due yet is for an event, which giving up sets."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from inference_gateway_sdk._http1.failures import DeadlineExceeded

if TYPE_CHECKING:
    from .clock import Clock
    from .playback import Playback

__all__ = ["Played", "wait_until"]


class Played:
    """A recorded answer; see `protocols.Answer`."""

    def __init__(self, playback: Playback, clock: Clock) -> None:
        head = playback.head()
        self.status = head.status
        self.headers = head.headers
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
