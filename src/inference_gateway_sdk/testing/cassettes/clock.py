"""Time and waiting, as a cassette needs them; injected in tests."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import threading
    from collections.abc import Awaitable, Callable

__all__ = ["Clock"]


def _wait(woken: threading.Event, seconds: float) -> None:
    woken.wait(seconds)


class Clock(NamedTuple):
    """The clocks of a tape: for recording, and for playing at the original speed."""

    monotonic: Callable[[], float] = time.monotonic  # seconds; the deadlines of the clients are on the same clock
    wait: Callable[[threading.Event, float], None] = _wait  # blocking: until the time is over, or the event set
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
