"""The health of one route: a circuit breaker with single probes, and what the route has refused."""

from __future__ import annotations

from collections import deque
from typing import Final, Literal, TypeAlias

__all__ = ["Admission", "Breaker", "Condition"]

Condition: TypeAlias = Literal["closed", "open", "half-open", "probing", "out"]
"""The state of a breaker; "out" is a model that the gateway or the provider does not have."""

Admission: TypeAlias = Literal["closed", "probe", "forced"]
"""The way in which a call was admitted: normally, as the only probe, or although the breaker is open."""

_WINDOW: Final = 20
_LONGEST: Final = 15.0  # measured: with 30 s, a primary that works again is asked too late (docs/fallback.md)
_SMOOTHING: Final = 0.3
_LOST_PROBE: Final = 600.0  # seconds after which a probe that never ended no longer counts


class Breaker:
    """The health of one route. Times are arguments, and the caller holds the lock.

    It opens after two bad ends in a row, or when more than half of the last 20 ends were bad. After the wait, one probe
    is admitted at a time. A good end closes it.

    Attributes:
        refused: Features that the route has refused, such as "tools".
        out: The model does not exist, or is not allowed.
        latency: Smoothed seconds to the first content, or to the whole answer. None before the first.
        last_error: The class name of the last failure, None without one.
        opens_at: The time at which a probe is admitted. 0.0 while closed.
    """

    __slots__ = ("_ends", "_in_a_row", "_openings", "_probe_began", "last_error", "latency", "opens_at", "out",
                 "refused")  # fmt: skip

    def __init__(self) -> None:
        self._ends: deque[bool] = deque(maxlen=_WINDOW)  # True for a bad end
        self._in_a_row = 0
        self._openings = 0
        self._probe_began: float | None = None
        self.opens_at: float = 0.0
        self.out: bool = False
        self.refused: set[str] = set()
        self.latency: float | None = None
        self.last_error: str | None = None

    def condition(self, now: float) -> Condition:
        """Return the state at this time."""
        if self.out:
            return "out"
        if not self.opens_at:
            return "closed"
        if now < self.opens_at:
            return "open"
        probing = self._probe_began is not None and now - self._probe_began < _LOST_PROBE
        return "probing" if probing else "half-open"

    def admit(self, now: float) -> Admission | None:
        """Return how a call is admitted, or None if the next route is to be asked. A probe must end or be released."""
        if not self.opens_at and not self.out:
            return "closed"
        if self.condition(now) != "half-open":
            return None
        self._probe_began = now
        return "probe"

    def release(self, admission: Admission) -> None:
        """End a call that shows nothing: it was left, cancelled, or the request was at fault."""
        if admission == "probe":
            self._probe_began = None

    def good(self, admission: Admission, seconds: float | None = None) -> None:
        """Record a call that was answered. It closes the breaker, unless it began before the breaker opened."""
        if seconds is not None:
            old = self.latency
            self.latency = seconds if old is None else old + _SMOOTHING * (seconds - old)
        self._ends.append(False)
        if not self.opens_at or admission != "closed":
            self._in_a_row = self._openings = 0
            self._probe_began = None
            self.opens_at = 0.0

    def bad(
        self, admission: Admission, now: float, random: float, *, wait: float | None = None, cooldown: float | None
    ) -> None:
        """Record a call that failed.

        Args:
            admission: The way in which the call was admitted.
            now: The time.
            random: A number in [0, 1), for the jitter.
            wait: The wait that the response asked for.
            cooldown: The user's cooldown in place of the growing one.
        """
        self._ends.append(True)
        self._in_a_row += 1
        late = admission == "closed" and bool(self.opens_at)  # admitted before it opened: it has counted already
        if late:
            self.opens_at = max(self.opens_at, now + (wait or 0.0))
        elif admission != "closed" or self._in_a_row >= 2 or 2 * sum(self._ends) > _WINDOW:
            self.cool(admission, now, random, wait=wait, cooldown=cooldown)

    def cool(
        self, admission: Admission, now: float, random: float, *, wait: float | None = None, cooldown: float | None
    ) -> None:
        """Open the breaker, for the wait or for a delay with full jitter that doubles each time (see `bad`)."""
        delay = min(2.0**self._openings, _LONGEST) * random if cooldown is None else cooldown
        self._openings = min(self._openings + 1, 10)
        self.release(admission)  # only its own probe: another one may be in progress
        self.opens_at = max(self.opens_at, now + max(delay, wait or 0.0), 1e-9)
