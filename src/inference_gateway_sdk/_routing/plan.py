"""The plan of one call: which route is asked next, how often, and the error in which a failed call ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from msgspec import Struct, structs

from .._model.unknown_fields import Tried
from ..errors import AllRoutesFailedError, GatewayError, StatusError
from .verdict import Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._wire.call import Target
    from .._wire.retry import RetryPolicy
    from .breaker import Admission
    from .candidates import Fallback, ModelFacts

__all__ = ["Health", "Journey", "Route"]

_SHORT_WAIT: Final = 2.0  # seconds that the first route may ask for before another one is asked (prefer="order")
_TRIES_WITH_OTHERS: Final = 2


class Route(Struct):
    """One candidate of a call.

    Attributes:
        target: The model, as the request names it.
        facts: The facts in the gateway's list.
        reason: The reason why it cannot answer, None if it can.
    """

    target: Target
    facts: ModelFacts
    reason: str | None = None

    @property
    def name(self) -> str:
        """The model with its provider."""
        target = self.target
        provider = target.provider
        if provider is None or not target.query:
            return target.model
        return f"{provider}/{target.model}"


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


class Journey:
    """The routes of one call, without I/O.

    Attributes:
        route: The route that is being asked.
        tried: The routes that have failed, in order.
        spent: Seconds of the `total` timeout that are used up.
    """

    __slots__ = ("_admission", "_ended", "_fallback", "_health", "_policy", "_remaining", "_smallest", "_summary",
                 "_total", "attempts", "route", "spent", "tried")  # fmt: skip

    def __init__(
        self,
        routes: list[Route],
        fallback: Fallback,
        health: Health,
        *,
        policy: RetryPolicy,
        total: float | None,
        now: float,
    ) -> None:
        self._fallback = fallback
        self._health = health
        self._policy = policy
        self._total = total
        self._remaining = routes
        self._smallest = 0  # tokens of the window that was too small
        self._summary: Verdict | None = None
        self._ended = True
        self._admission: Admission = "closed"
        self.tried: list[Tried] = []
        self.attempts: int = 0
        self.spent: float = 0.0
        first = self._next(now) or self._forced(now)
        self.route: Route = first

    @property
    def ended(self) -> bool:
        """Whether the current route's end is recorded."""
        return self._ended

    def policy(self, now: Callable[[], float]) -> RetryPolicy:
        """Return the retry policy for the current route: fewer attempts while another route may answer."""
        attempts = self._policy.attempts
        if attempts > _TRIES_WITH_OTHERS and self._others(now()):
            attempts = _TRIES_WITH_OTHERS
        return structs.replace(self._policy, attempts=attempts, retry_if=lambda error: self._repeats(error, now()))

    def _repeats(self, error: GatewayError, now: float) -> bool | None:
        """Return False if the current route is not to be asked again, and None if the retry table decides."""
        verdict = judge(error)
        if not verdict.repeats:
            return False
        if verdict.effect == "cool" and self._others(now):
            short = self._fallback.prefer == "order" and verdict.seconds is not None and verdict.seconds <= _SHORT_WAIT
            if not short:
                return False
        own = self._policy.retry_if
        return None if own is None else own(error)

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
        self._ended = True
        self.tried.append(Tried(model=self.route.name, error=error, attempts=attempts, seconds=seconds))
        self.spent += seconds
        self._summary = self._summary or verdict
        late = self._total is not None and self.spent >= self._total
        if final or late or not (verdict.moves or verdict.kind in self._fallback.on):
            return None
        if verdict.larger:
            self._smallest = max(self._smallest, self.route.facts.window or 0, 1)
        following = self._next(now)
        if following is not None:
            self.route = following
        return following

    def answered(self, seconds: float | None = None) -> None:
        """Record that the current route has answered."""
        if not self._ended:
            self._ended = True
            self._health.answered(self.route, self._admission, seconds)

    def release(self) -> None:
        """Record that the call ended without showing anything about the route: left, cancelled, or refused here."""
        if not self._ended:
            self._ended = True
            self._health.release(self.route, self._admission)

    def error(self, last: GatewayError) -> GatewayError:
        """Return the error to raise after the last route has failed."""
        tried = tuple(self.tried)
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
        """Take the next route that can answer and is admitted."""
        for number, route in enumerate(self._remaining):
            if self._fits(route):
                admission = self._health.admit(route, now)
                if admission is not None:
                    del self._remaining[: number + 1]
                    self._admission, self._ended = admission, False
                    return route
        return None

    def _forced(self, now: float) -> Route:
        """Take the route that may be asked soonest: a call is never refused without asking."""
        fitting = [route for route in self._remaining if route.reason is None] or self._remaining[:1]
        route = min(fitting, key=self._health.opens_at)
        self._remaining.remove(route)
        self._admission, self._ended = "forced", False
        return route

    def _fits(self, route: Route) -> bool:
        window = route.facts.window
        return route.reason is None and (not self._smallest or window is None or window > self._smallest)

    def _others(self, now: float) -> bool:
        return any(self._fits(route) and self._health.usable(route, now) for route in self._remaining)


def _short(error: BaseException | None) -> str:
    status = f"{error.status} " if isinstance(error, StatusError) else ""
    return f"{type(error).__name__}: {status}{getattr(error, 'message', error)}"[:200]
