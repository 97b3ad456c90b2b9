"""Limits of a batch: how many rows are in flight, how many start in a minute, and pauses that a provider asks for.

Every function takes the time. `Route` holds the limits that the rows of one model share.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Pace", "Route", "Window", "percentile"]

START: Final = 10
"""The number of rows in flight at the beginning. It triples with each window of answers until the first refusal."""

DECREASE: Final = 0.85
"""The factor of a refusal. In a simulation at capacities 4, 32 and 200, one half took 1.35 to 1.45 times as long."""

_SLOW_START: Final = 2.0  # more rows for each answer. With 1.0, capacity 200 took 1.23 times the ideal time, not 1.19
_QUEUE: Final = (2.0, 1.1)  # a window with twice the latency, and not at least 1.1 times the answers in a second
_QUEUE_AT_START: Final = (1.3, 1.5)  # the rate should triple there, so that smaller signs are enough
_LEAST_SAMPLE: Final = 8  # answers, below which a percentile means nothing
_FIRST_PAUSE: Final = 0.25
_LONGEST_PAUSE: Final = 30.0
_LONGEST_ASKED: Final = 3600.0


def percentile(values: Iterable[float], share: float) -> float | None:
    """Return the value below which `share` of the values are, None without values."""
    found = sorted(values)
    return found[min(len(found) - 1, int(len(found) * share))] if found else None


class Window:
    """The number of rows that may be in flight: additive increase, multiplicative decrease, and a slow start.

    Args:
        limit: A fixed number of rows, or None to adapt it.
        most: The largest number of rows.

    Attributes:
        limit: The current number, with its fraction.
    """

    __slots__ = ("_best", "_decreased", "_fixed", "_full", "_latencies", "_most", "_rate", "_since", "_size",
                 "_slow_start", "limit")  # fmt: skip

    def __init__(self, limit: int | None, most: int) -> None:
        self._fixed = limit is not None
        self._most = float(most)
        self.limit: float = float(min(START, most) if limit is None else limit)
        self._slow_start = True
        self._decreased = float("-inf")  # the time of the last decrease
        self._since: float | None = None  # the beginning of the current window of answers
        self._size = max(_LEAST_SAMPLE, int(self.limit))  # answers of the current window
        self._full = 0.0  # the limit at the last decrease
        self._latencies: list[float] = []
        self._best: float | None = None  # the lowest 95th percentile of a window
        self._rate = 0.0  # answers in a second, in the window before

    def answered(self, sent: float, now: float, busy: int) -> None:
        """Take an answer. The limit grows only while it holds rows back.

        Args:
            sent: The time at which the row was sent.
            now: The current time.
            busy: The rows in flight, this one included.
        """
        if self._fixed:
            return
        if busy >= int(self.limit) and sent >= self._decreased:
            self.limit = min(self._most, self.limit + (_SLOW_START if self._slow_start else self._step() / self.limit))
        self._latencies.append(now - sent)
        if self._since is None:
            self._since = sent
        if len(self._latencies) >= self._size:
            self._end_window(now)

    def _step(self) -> float:
        """Return the growth in one window: half the way to where it was refused, then one row."""
        return max(1.0, (self._full - self.limit) / 2)

    def _end_window(self, now: float) -> None:
        """Compare the window with those before: a higher latency for the same rate is a queue, not capacity."""
        seconds = now - (self._since or 0.0)
        slow = percentile(self._latencies, 0.95) or 0.0
        rate = len(self._latencies) / seconds if seconds > 0 else 0.0
        slower, gain = _QUEUE_AT_START if self._slow_start else _QUEUE
        if self._best is not None and slow > slower * self._best and rate < gain * self._rate:
            self._decrease(now)
        self._best = slow if self._best is None else min(self._best, slow)
        self._rate = max(rate, self._rate * 0.95)
        self._latencies.clear()
        self._size = max(_LEAST_SAMPLE, int(self.limit))
        self._since = now

    def refused(self, sent: float, now: float) -> None:
        """Take a refusal. Those of rows sent before the last decrease report nothing new."""
        if not self._fixed and sent >= self._decreased:
            self._decrease(now)

    def _decrease(self, now: float) -> None:
        self._slow_start = False
        self._decreased, self._full = now, self.limit
        self.limit = max(1.0, self.limit * DECREASE)


class Pace:
    """A rate in a minute, kept by the time at which the next unit is due (the generic cell rate algorithm).

    Args:
        per_minute: Units in a minute.
        burst: Seconds' worth of units that may be taken at once after a pause.
    """

    __slots__ = ("_burst", "_due", "_each", "_lock")

    def __init__(self, per_minute: float, burst: float = 0.0) -> None:
        self._each = 60.0 / per_minute
        self._burst = burst
        self._due = float("-inf")
        self._lock = threading.Lock()  # retries take their units in the threads of their rows

    def wait(self, now: float) -> float:
        """Return the seconds until the next unit may be taken, 0.0 for now."""
        return max(0.0, self._due - self._burst - now)

    def take(self, units: float, now: float) -> None:
        """Take units. The next ones are due when these have been paid for."""
        with self._lock:
            self._due = max(self._due, now) + units * self._each

    def reserve(self, now: float) -> float:
        """Take a unit that is due later, and return the seconds until then."""
        with self._lock:
            wait = self.wait(now)
            self._due = max(self._due, now) + self._each
            return wait

    def settle(self, difference: float) -> None:
        """Correct an estimate: a positive difference was used in addition to it."""
        with self._lock:
            self._due += difference * self._each


class Route:
    """The limits that the rows of one model share, and the rows that wait for them.

    Attributes:
        window: The number of rows in flight that are allowed.
        busy: The rows in flight.
        ready: Rows that wait, in order.
        until: The time before which no row starts.
    """

    __slots__ = ("_refusals", "busy", "ready", "until", "window")

    def __init__(self, window: Window) -> None:
        self.window: Window = window
        self.busy: int = 0
        self.ready: deque[Any] = deque()
        self.until: float = float("-inf")
        self._refusals = 0  # in a row, without an answer between them

    @property
    def has_room(self) -> bool:
        """Whether another row may be in flight."""
        return self.busy < int(self.window.limit)

    def answered(self, sent: float, now: float) -> None:
        """Take an answer, before its row leaves `busy`."""
        self._refusals = 0
        self.window.answered(sent, now, self.busy)

    def refused(self, sent: float, now: float, asked: float | None) -> None:
        """Take a refusal, and pause all rows of the route.

        Args:
            sent: The time at which the row was sent.
            now: The current time.
            asked: The wait that the response asks for, or None.
        """
        if sent >= self.until:  # those in flight at the first refusal do not lengthen the pause
            self._refusals += 1
        self.window.refused(sent, now)
        backoff = min(_FIRST_PAUSE * 2.0 ** min(max(self._refusals, 1) - 1, 16), _LONGEST_PAUSE)
        pause = backoff if asked is None else min(asked, _LONGEST_ASKED)
        self.until = max(self.until, now + pause)
