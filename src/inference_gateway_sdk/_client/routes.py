"""The routes of a client and its copies: their health, and the gateway's list of models. Only fallback imports it."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable  # noqa: TC003  (users resolve the annotations)
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from .._model.cost import Cost, cost_of
from .._model.unknown_fields import set_module
from .._routing.breaker import Breaker, Condition
from .._routing.candidates import Fallback, ModelFacts, Request, facts_of, misfit, select
from .._routing.plan import Journey, Route

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from .._generated.models import ListModelsResponse
    from .._routing.breaker import Admission
    from .._routing.verdict import Verdict
    from .._wire.call import BaseCall, Target
    from .settings import ClientSettings

__all__ = ["RouteBook", "RouteStatus", "plan_journey", "reusable", "route_book"]

LISTING_LIFE: Final = 300.0  # seconds for which the list of models, or the lack of a provider, is believed
_UNKNOWN: Final = ModelFacts()
_creating = threading.RLock()  # a signal handler may enter it again
_books: weakref.WeakSet[RouteBook] = weakref.WeakSet()


@set_module
class RouteStatus(Struct, frozen=True, kw_only=True):
    """The health of one route, as `client.routes()` shows it.

    Attributes:
        model: The model as "provider/name".
        condition: "closed" when it is asked; "open" after failures; "half-open" when the next call probes it; "probing"
            while a call does; "out" when the gateway or the provider does not have it.
        opens_in: Seconds until it is probed, 0.0 unless it is open.
        latency: Smoothed seconds to the first content, or to the whole answer. None before the first answer.
        last_error: The class name of its last failure, None without one.
        refused: Features that it has refused, such as "tools".
    """

    model: str
    condition: Condition
    opens_in: float = 0.0
    latency: float | None = None
    last_error: str | None = None
    refused: frozenset[str] = frozenset()


@set_module
class Candidate(Struct, frozen=True, kw_only=True):
    """One candidate of a call (see `RoutePlan`).

    Attributes:
        model: The model as "provider/name".
        place: The place in which it would be asked, from 1. None if it would not be asked.
        fits: Whether it can answer the request, as far as that is known.
        reason: The reason why it is a candidate, or why it would not be asked.
        price: The bounds of the cost of this request at this model. Its kind is "unknown" without a price.
        condition: The health of the route (see `RouteStatus`).
        wait: Seconds until it may be asked again, 0.0 if it may be asked now.
    """

    model: str
    place: int | None
    fits: bool
    reason: str
    price: Cost
    condition: Condition = "closed"
    wait: float = 0.0

    def __str__(self) -> str:
        place = f"{self.place}." if self.place is not None else "-"
        wait = f", {self.wait:.1f} s to wait" if self.wait else ""
        return f"{place:3} {self.model}: {self.reason}; {_bounds(self.price)}; {self.condition}{wait}"


def _bounds(price: Cost) -> str:
    if price.kind != "priced":
        return "price unknown" if price.kind == "unknown" else price.kind
    least, most = f"{price.at_least:f} {price.currency}", price.at_most
    return f"at least {least}" if most is None else f"{least} to {most:f}"


@set_module
class RoutePlan(Struct, frozen=True):
    """The routes that a call would ask, in order, and then the candidates that it would not ask.

    Attributes:
        candidates: The candidates.
    """

    candidates: tuple[Candidate, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.candidates))


class RouteBook:
    """The health of the routes of a client and its copies (see `Health` in `_routing/plan.py`).

    Threads may share it. A forked child starts with an empty one.

    Args:
        random: The source of jitter.
    """

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self.forget()
        _books.add(self)

    def forget(self) -> None:
        """Forget everything. A forked child does, as its parent's threads may hold the locks."""
        self.loading: dict[Any, Any] = {}
        self._lock = threading.RLock()
        self.load_lock: AbstractContextManager[Any] = threading.RLock()
        self._routes: dict[str, Breaker] = {}
        self._providers: dict[str, float] = {}  # until when a provider is not asked
        self.listing: dict[str, ModelFacts] = {}
        self._loaded_at: float | None = None
        self.has_refusals: bool = False  # some route has refused a feature

    def _breaker(self, name: str) -> Breaker:
        found = self._routes.get(name)
        if found is None:
            found = self._routes[name] = Breaker()
        return found

    # --- health

    def admit(self, route: Route, now: float) -> Admission | None:
        """Return how a call is admitted to a route, None if it is not."""
        if self._providers and self._providers.get(route.target.provider or "", now) > now:
            return None
        found = self._routes.get(route.name)
        if found is None or not (found.opens_at or found.out):  # without the lock: most calls
            return "closed"
        with self._lock:
            return found.admit(now)

    def usable(self, route: Route, now: float) -> bool:
        """Return whether a route would be admitted, without admitting a call."""
        if self._providers.get(route.target.provider or "", now) > now:
            return False
        found = self._routes.get(route.name)
        return found is None or found.condition(now) in ("closed", "half-open")

    def opens_at(self, route: Route) -> float:
        """Return when a route that is not usable may be asked again; infinity if it cannot answer at all."""
        found = self._routes.get(route.name)
        own = 0.0 if found is None else float("inf") if found.out else found.opens_at
        return max(own, self._providers.get(route.target.provider or "", 0.0))

    def failed(
        self, route: Route, admission: Admission, verdict: Verdict, *, error: str, now: float, cooldown: float | None
    ) -> None:
        """Record a failed try."""
        with self._lock:
            breaker = self._breaker(route.name)
            breaker.last_error = error
            match verdict.effect:
                case "bad":
                    breaker.bad(admission, now, self._random(), wait=verdict.seconds, cooldown=cooldown)
                    return
                case "cool":
                    breaker.cool(admission, now, self._random(), wait=verdict.seconds, cooldown=cooldown)
                    return
                case "cool provider" | "provider out":
                    self._providers[route.target.provider or ""] = now + LISTING_LIFE
                case "model out":
                    breaker.out = True
                case "mark":
                    breaker.refused.add(verdict.feature)
                    self.has_refusals = True
                case "none":
                    pass
            breaker.release(admission)

    def answered(self, route: Route, admission: Admission, seconds: float | None) -> None:
        """Record an answer."""
        with self._lock:
            found = self._routes.get(route.name) or self._breaker(route.name)
            found.good(admission, seconds)

    def release(self, route: Route, admission: Admission) -> None:
        """Record a try that shows nothing."""
        if admission == "probe":
            with self._lock:
                self._breaker(route.name).release(admission)

    def refusal(self, route: Route, needs: frozenset[str]) -> str | None:
        """Return the reason why a route cannot be asked, which earlier answers have shown; None if there is none."""
        found = self._routes.get(route.name)
        if found is not None and found.refused and (refused := found.refused & needs):
            return f"the model refused {', '.join(sorted(refused))} before"
        return None

    @property
    def latency(self) -> dict[str, float]:
        """The smoothed latency of each route that has answered."""
        return {name: one.latency for name, one in self._routes.items() if one.latency is not None}

    def statuses(self, now: float) -> list[RouteStatus]:
        """Return the health of all routes that were asked."""
        with self._lock:
            return [self._status(name, breaker, now) for name, breaker in self._routes.items()]

    def status(self, name: str, now: float) -> RouteStatus:
        """Return the health of one route."""
        return self._status(name, self._routes.get(name) or Breaker(), now)

    def _status(self, name: str, breaker: Breaker, now: float) -> RouteStatus:
        condition, opens_at = breaker.condition(now), breaker.opens_at
        away = self._providers.get(name.partition("/")[0], 0.0)
        if away > now and condition != "out":
            condition, opens_at = "open", max(opens_at, away)
        return RouteStatus(
            model=name,
            condition=condition,
            opens_in=max(0.0, opens_at - now) if condition == "open" else 0.0,
            latency=breaker.latency,
            last_error=breaker.last_error,
            refused=frozenset(breaker.refused),
        )

    # --- the list of models

    def needs_listing(self, now: float) -> bool:
        """Return whether the list of models is missing or older than five minutes."""
        return self._loaded_at is None or now - self._loaded_at >= LISTING_LIFE

    def load(self, listing: ListModelsResponse, now: float) -> None:
        """Take a list of models. Providers that were out may be asked again."""
        with self._lock:
            self.listing, self._loaded_at = facts_of(listing), now
            self._providers.clear()

    def load_failed(self, error: BaseException, now: float) -> None:
        """Keep the earlier list, and try again after the same time."""
        import logging  # here: a program that shows no records is spared it in each call

        self._loaded_at = now
        kept = "the earlier list is used" if self.listing else "no routes are added automatically"
        logger = logging.getLogger("inference_gateway_sdk")
        logger.warning("the list of models cannot be loaded, so %s: %s", kept, type(error).__name__)


def route_book(session: Any) -> RouteBook:
    """Return the routes of a client, made on first use."""
    with _creating:
        found: RouteBook | None = session.routes
        if found is None:
            found = session.routes = RouteBook(
                lambda: session.runtime.random()  # noqa: PLW0108  (the runtime may be replaced)
            )
    return found


def _forget_all() -> None:
    for book in list(_books):
        book.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


def plan_journey(
    book: RouteBook,
    settings: ClientSettings[Any],
    target: Target,
    call: BaseCall,
    *,
    fallback: Fallback,
    clock: Callable[[], float],
) -> Journey:
    """Return the journey of a call along its routes. Only the first one is looked at before it is needed."""
    facts = book.listing.get(target.model, _UNKNOWN) if fallback.needs_listing else _UNKNOWN
    first = Route(target, facts)
    if facts is not _UNKNOWN or book.has_refusals:
        request = Request.read(call.path, call.body or b"")
        first.reason = misfit(target, facts, request) or book.refusal(first, request.needs)
    return Journey(
        first,
        lambda: routes_of(book, fallback, target, call)[1:],
        fallback=fallback,
        health=book,
        limits=settings,
        clock=clock,
    )


def routes_of(book: RouteBook, fallback: Fallback, first: Target, call: BaseCall) -> list[Route]:
    """Return the candidates of a call, in the order in which they are asked."""
    request = Request.read(call.path, call.body or b"")
    if not fallback.needs_listing and fallback.prefer == "order":
        named = (first, *(target for target in fallback.targets if target.model != first.model))
        routes = [Route(target, _UNKNOWN, misfit(target, _UNKNOWN, request)) for target in dict.fromkeys(named)]
    else:
        routes = [Route(*row) for row in select(first, fallback, request, book.listing, book.latency)]
    for route in routes:
        if route.reason is None:
            route.reason = book.refusal(route, request.needs)
    return routes


def explain_routes(
    book: RouteBook, settings: ClientSettings[Any], target: Target, call: BaseCall, now: float
) -> RoutePlan:
    """Return the candidates of a call, in the order in which they would be asked. Nothing is sent."""
    fallback = settings.fallback
    routes = [Route(target, _UNKNOWN)] if fallback is None else routes_of(book, fallback, target, call)
    named = () if fallback is None else fallback.models
    usable = {route.name for route in routes if route.reason is None and book.usable(route, now)}
    if not usable:  # then the one that opens soonest is asked
        usable = {min(routes, key=book.opens_at).name}
    order = [route for route in routes if route.name in usable]
    order += [route for route in routes if route.name not in usable]
    return RoutePlan(tuple(
        _candidate(book, settings, route, call, now, place=number if route.name in usable else None,
                   role="the model of the call" if route is routes[0] else
                   "named in fallback" if route.target.model in named else "in the list of models")
        for number, route in enumerate(order, 1)
    ))  # fmt: skip


def _candidate(
    book: RouteBook, settings: ClientSettings[Any], route: Route, call: BaseCall, now: float, *,
    place: int | None, role: str,
) -> Candidate:  # fmt: skip
    from .accounts import estimate
    from .prices import price_for

    price = price_for(settings, route.name)[1] or route.facts.price
    bounds = estimate(call, price, settings.budgets)
    status = book.status(route.name, now)
    return Candidate(
        model=route.name,
        place=place,
        fits=route.reason is None,
        reason=route.reason or role,
        price=cost_of(None, price, provider=route.target.provider, least=bounds.least, most=bounds.most),
        condition=status.condition,
        wait=status.opens_in,
    )


def reusable(value: Any) -> Any:
    """Return an argument that may be read once for each route: an iterator as a list."""
    return list(value) if hasattr(value, "__next__") else value


def reusable_params(given: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a call that may be read once for each route."""
    return {name: reusable(value) for name, value in given.items()}
