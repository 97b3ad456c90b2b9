"""The plan of one call: which route is asked next, how often, and the error in which a failed call ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from .._model.unknown_fields import Tried
from .._wire.retry import RetryPolicy
from ..errors import AllRoutesFailedError, GatewayError, StatusError
from .verdict import Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._wire.call import Idempotency, Target
    from .._wire.retry import Outcome
    from .._wire.timeouts import Timeouts
    from .breaker import Admission
    from .candidates import Fallback, ModelFacts

__all__ = ["Health", "Journey", "Route"]

_SHORT_WAIT: Final = 2.0  # seconds that the first route may ask for before another one is asked (prefer="order")
_TRIES_WITH_OTHERS: Final = 2


class Route:
    """One candidate of a call.

    Attributes:
        target: The model, as the request names it.
        facts: The facts in the gateway's list.
        reason: The reason why it cannot answer, None if it can.
        name: The model with its provider.
    """

    __slots__ = ("facts", "name", "reason", "target")

    def __init__(self, target: Target, facts: ModelFacts, reason: str | None = None) -> None:
        self.target: Target = target
        self.facts: ModelFacts = facts
        self.reason: str | None = reason
        self.name: str = f"{target.provider}/{target.model}" if target.query else target.model


class Health(Protocol):
    """The health of all routes of a client, shared by its calls."""

    def admit(self, route: Route, now: float) -> Admission | None:
        """Return how a call is admitted to a route, None if it is not."""
        ...

    def usable(self, route: Route, now: float) -> bool:
        """Return whether a route would be admitted, without admitting a call."""
        ...

    def opens_at(self, route: Route) -> float:
        """Return when a route that is not usable may be asked again; infinity if it cannot answer at all."""
        ...

    def failed(
        self, route: Route, admission: Admission, verdict: Verdict, *, error: str, now: float, cooldown: float | None
    ) -> None:
        """Record a failed try; `error` is the class name of its error."""
        ...

    def answered(self, route: Route, admission: Admission, seconds: float | None) -> None:
        """Record an answer."""
        ...

    def release(self, route: Route, admission: Admission) -> None:
        """Record a try that shows nothing."""
        ...


class CallLimits(Protocol):
    """The part of a call's settings that bounds its attempts."""

    @property
    def retry(self) -> RetryPolicy | None:
        """The retry policy, None for the default one."""
        ...

    @property
    def max_retries(self) -> int:
        """The number of retries without a policy."""
        ...

    @property
    def timeouts(self) -> Timeouts:
        """The timeouts, of which `total` covers all routes."""
        ...


class Journey:
    """The routes of one call, without I/O. It is the retry policy of the attempts at each route.

    Args:
        first: The route of the call.
        others: Returns the other candidates, in order. It is called when one of them is needed.
        fallback: The rules of the call.
        health: The health of the routes.
        limits: The retries and timeouts of the call.
        clock: Returns the time.

    Attributes:
        route: The route that is being asked.
        tried: The routes that have failed, in order.
        spent: Seconds of the `total` timeout that are used up.
        ended: The end of the current route is recorded.
    """

    # Defaults of the class: the first route of most calls answers, and then they are never set.
    _routes: list[Route] | None = None
    _smallest = 0  # tokens of the window that was too small
    _summary: Verdict | None = None
    tried: tuple[Tried, ...] = ()
    spent: float = 0.0
    ended: bool = False

    def __init__(
        self,
        first: Route,
        others: Callable[[], list[Route]],
        *,
        fallback: Fallback,
        health: Health,
        limits: CallLimits,
        clock: Callable[[], float],
    ) -> None:
        self._fallback = fallback
        self._health = health
        self._limits = limits
        self._clock = clock
        self._others = others
        self.route: Route = first
        now = clock()
        admission = None if first.reason is not None else health.admit(first, now)
        self._admission: Admission = admission or "forced"
        if admission is None and self._next(now) is None:
            self._force(first)

    @property
    def _remaining(self) -> list[Route]:
        """The candidates that were not asked yet."""
        if self._routes is None:
            self._routes = self._others()
        return self._routes

    @property
    def _policy(self) -> RetryPolicy:
        return self._limits.retry or RetryPolicy(attempts=self._limits.max_retries + 1)

    @property
    def longest_retry_after(self) -> float:
        """As of the call's retry policy."""
        return self._policy.longest_retry_after

    def delay(
        self,
        attempt: int,
        outcome: Outcome,
        repeat: Idempotency,
        error: GatewayError,
        *,
        retry_after: float | None = None,
        random: float,
    ) -> float | None:
        """Return the delay before the same route is asked again, None to go on. Arguments as of `RetryPolicy.delay`.

        There are fewer attempts while another route may answer.
        """
        verdict = judge(error)
        if not verdict.repeats:
            return None
        if self._may_go_on(self._clock()):
            if attempt >= _TRIES_WITH_OTHERS:
                return None
            if verdict.effect == "cool" and not self._waits(verdict):
                return None
        return self._policy.delay(attempt, outcome, repeat, error, retry_after=retry_after, random=random)

    def _waits(self, verdict: Verdict) -> bool:
        """Return whether a busy route is waited for although another one may answer."""
        wait = verdict.seconds
        return self._fallback.prefer == "order" and wait is not None and wait <= _SHORT_WAIT

    def failed(
        self, error: GatewayError, now: float, *, attempts: int, seconds: float, final: bool = False
    ) -> Route | None:
        """Record that the current route failed. Return the next one, None if the call has failed.

        Args:
            error: The error of the last attempt.
            now: The time.
            attempts: The number of attempts at the route.
            seconds: The time that they took, with their delays.
            final: No other route may be asked: content was handed over.
        """
        verdict = judge(error)
        self._health.failed(
            self.route, self._admission, verdict, error=type(error).__name__, now=now, cooldown=self._fallback.cooldown
        )
        self.ended = True
        self.tried += (Tried(model=self.route.name, error=error, attempts=attempts, seconds=seconds),)
        self.spent += seconds
        self._summary = self._summary or verdict
        total = self._limits.timeouts.total
        late = total is not None and self.spent >= total
        if final or late or not (verdict.moves or verdict.kind in self._fallback.on):
            return None
        if verdict.larger:
            self._smallest = max(self._smallest, self.route.facts.window or 0, 1)
        return self._next(now)

    def answered(self, seconds: float | None = None) -> None:
        """Record that the current route has answered."""
        if not self.ended:
            self.ended = True
            self._health.answered(self.route, self._admission, seconds)

    def release(self) -> None:
        """Record that the call ended without showing anything about the route: left, cancelled, or refused here."""
        if not self.ended:
            self.ended = True
            self._health.release(self.route, self._admission)

    def error(self, last: GatewayError) -> GatewayError:
        """Return the error to raise after the last route has failed."""
        tried = self.tried
        first: Any = tried[0].error
        if len(tried) == 1:
            raised = last
        elif self._summary is not None and self._summary.of_request:
            raised = first
        else:
            waits = [one.error.retry_after for one in tried if isinstance(one.error, StatusError)]
            raised = AllRoutesFailedError(
                f"no route answered: {'; '.join(f'{one.model}: {_short(one.error)}' for one in tried)}",
                retry_after=min((wait for wait in waits if wait is not None), default=None),
                partial=next((one.error.partial for one in reversed(tried) if one.error.partial is not None), None),
                meta=last.meta,
            )
            raised.__cause__ = last
        raised.tried = tried
        return raised

    def _next(self, now: float) -> Route | None:
        """Take the next route that can answer and is admitted, or return None."""
        for number, route in enumerate(self._remaining):
            if self._fits(route):
                admission = self._health.admit(route, now)
                if admission is not None:
                    del self._remaining[: number + 1]
                    self._admission, self.ended, self.route = admission, False, route
                    return route
        return None

    def _force(self, first: Route) -> None:
        """Take the route that may be asked soonest: a call is never refused without asking."""
        fitting = [route for route in (first, *self._remaining) if route.reason is None] or [first]
        self.route = min(fitting, key=self._health.opens_at)
        self._routes = [route for route in self._remaining if route is not self.route]

    def _fits(self, route: Route) -> bool:
        window = route.facts.window
        return route.reason is None and (not self._smallest or window is None or window > self._smallest)

    def _may_go_on(self, now: float) -> bool:
        return any(self._fits(route) and self._health.usable(route, now) for route in self._remaining)


def _short(error: BaseException | None) -> str:
    status = f"{error.status} " if isinstance(error, StatusError) else ""
    return f"{type(error).__name__}: {status}{getattr(error, 'message', error)}"[:200]
