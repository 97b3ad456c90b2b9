"""A call with fallback: one logical call that asks its routes in turn, whole or as a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec import structs

from ..._model.unknown_fields import unknown_of
from ...errors import GatewayError
from ..routes import plan_journey, reusable, reusable_params, route_book

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..._routing.candidates import Fallback
    from ..._routing.plan import Journey
    from ..._wire.call import Call, StreamCall, Target
    from ..retry_state import RetryState
    from ..routes import RouteBook
    from ..runtime import AsyncTokenSource
    from ..settings import ClientSettings
    from ..watching import CallWatch
    from .open_stream import AsyncOpenStream
    from .session import AsyncSession

__all__ = ["AsyncRoutedCall", "load_models", "routed_call", "send_routed"]

T = TypeVar("T")
CallT = TypeVar("CallT", bound="Call[Any] | StreamCall[Any, Any]")


class AsyncRoutedCall(Generic[CallT]):
    """One logical call along its routes. Its watchers and its budget see one call.

    Args:
        session: The session of the client.
        settings: The settings of the call.
        fallback: The fallback in its settings.
        target: The model that is asked first.
        messages: The conversation, which can be read several times.
        given: The parameters, which can be read several times.
        render: Returns the call for a model.
    """

    # Defaults of the class: most calls do not set them, and each is made once a call.
    _count = 0
    _began = 0.0
    _journey: Journey | None = None
    _attempts: RetryState[AsyncTokenSource] | None = None
    _watch: CallWatch | None = None

    def __init__(
        self,
        session: AsyncSession,
        settings: ClientSettings[AsyncTokenSource],
        fallback: Fallback,
        *,
        target: Target,
        messages: Any,
        given: dict[str, Any],
        render: Callable[[Target, Any, dict[str, Any]], CallT],
    ) -> None:
        self._session = session
        self._settings = settings
        self._fallback = fallback
        self._target: Target = target
        self._messages = messages
        self._given = given
        self._render = render
        self.call: CallT = render(target, messages, given.copy())  # here: bad input fails before anything is sent

    @property
    def count(self) -> int:
        """The number of attempts so far, at all routes."""
        return self._count + (0 if self._attempts is None else self._attempts.count)

    async def send(self) -> Any:
        """Send the call and return its result.

        Raises:
            AllRoutesFailedError: Several routes were asked, and none answered.
            GatewayError: A failure after which no other route is asked.
        """
        session = self._session
        try:
            journey = await self._begin()
            while True:
                attempts: Any = await self._prepare(journey)
                try:
                    result = await session.send(attempts.call, self._settings, attempts)
                except GatewayError as error:
                    self._move(journey, error)
                else:
                    journey.answered(session.runtime.monotonic() - self._began)
                    meta = None if self._watch is None else unknown_of(result).notes.meta
                    if self._watch is not None and meta is not None:
                        self._watch.returned(result, meta)
                    return result
        except BaseException as error:
            self._raised(error)
            raise

    async def open(self) -> AsyncOpenStream[Any, Any]:
        """Open the stream at the first route that sends content. Raises as `send`."""
        try:
            return await self._open(await self._begin())
        except BaseException as error:
            self._raised(error)
            raise

    async def move(self, error: GatewayError, broken: AsyncOpenStream[Any, Any]) -> AsyncOpenStream[Any, Any]:
        """Open the stream at the next route, after one that broke. Raises as `send`."""
        journey = self._journey
        if journey is None:
            raise error
        broken.watch = None  # the next stream has it
        try:
            self._move(journey, error, final=_ran_tools(broken))
            return await self._open(journey)
        except BaseException as raised:
            self._raised(raised)
            raise

    def broke(self, error: GatewayError) -> GatewayError:
        """Record that the stream broke after content was handed over. Return the error to raise."""
        journey = self._journey
        if journey is not None and not journey.ended:
            self._failed(journey, error, final=True)
            error.tried = journey.tried
        return error

    def closed(self, stream: AsyncOpenStream[Any, Any]) -> None:
        """Record that the stream was read to its end, or closed before it."""
        if self._journey is not None:
            if stream.failure is None and stream.dialect.terminal:
                self._journey.answered()
            else:
                self._journey.release()

    @property
    def may_restart(self) -> bool:
        """Whether the call begins anew after content was handed over."""
        return self._fallback.after_content == "restart"

    @property
    def route(self) -> str:
        """The route that is being asked."""
        return self._target.model if self._journey is None else self._journey.route.name

    async def _begin(self) -> Journey:
        """Choose the first route."""
        session, fallback = self._session, self._fallback
        book = session.routes or route_book(session)
        if fallback.needs_listing:
            await load_models(session, book, self._settings)
        monotonic = session.runtime.monotonic
        journey = plan_journey(book, self._settings, self._target, self.call, fallback=fallback, clock=monotonic)
        self._journey = journey
        return journey

    async def _prepare(self, journey: Journey) -> RetryState[AsyncTokenSource]:
        """Return the attempts at the current route, and reserve its budget."""
        session, target = self._session, journey.route.target
        if target is not self._target:
            self._target = target
            rerouting = self._settings.rerouting
            if rerouting is None:
                self.call = self._render(target, self._messages, self._given.copy())
            else:
                self.call = self._render(target, *rerouting.rendered_for(target))
        attempts = session.attempts(self.call, self._settings)
        attempts.follow(journey)
        if self._settings.watched:
            await self._watched(attempts, journey)
        self._attempts = attempts
        self._began = session.runtime.monotonic()
        return attempts

    async def _watched(self, attempts: RetryState[AsyncTokenSource], journey: Journey) -> None:
        """Begin to watch the call, or reserve the budget of its next route."""
        watch = self._watch
        if watch is None:
            watch = self._watch = await self._session.begin_watch(attempts)
            watch.routed(self)
        else:
            watch.add_headers(attempts)
            if watch.booking is not None:
                call = attempts.call
                began = structs.replace(watch.began, provider=call.provider, model=call.model)
                watch.booking = await self._session.begin_booking(began, attempts)
        watch.route = journey.route.name

    async def _open(self, journey: Journey) -> AsyncOpenStream[Any, Any]:
        while True:
            attempts: Any = await self._prepare(journey)
            try:
                return await self._session.start(attempts.call, self._settings, attempts, self._watch)
            except GatewayError as error:
                self._move(journey, error)

    def _move(self, journey: Journey, error: GatewayError, *, final: bool = False) -> None:
        """Go on to the next route. Raise the error if there is none."""
        rerouting = self._settings.rerouting
        if self._session.closed or (rerouting is not None and rerouting.handles(error)):
            raise error from error.__cause__
        if not self._failed(journey, error, final=final):
            raised = journey.error(error)
            raise raised from raised.__cause__

    def _failed(self, journey: Journey, error: GatewayError, *, final: bool = False) -> bool:
        """Record that the current route failed. Return whether another one is to be asked."""
        attempts, self._attempts = self._attempts, None
        count = 1 if attempts is None else attempts.count
        self._count += count
        now = self._session.runtime.monotonic()
        following = journey.failed(error, now, attempts=count, seconds=now - self._began, final=final)
        watch = self._watch
        if watch is not None:
            watch.tried = journey.tried
            if following is not None and watch.booking is not None:
                watch.booking.end("failed", usage=None, error=error, meta=error.meta, answered=None)
        return following is not None

    def _raised(self, error: BaseException) -> None:
        if self._journey is not None:
            self._journey.release()
        if self._watch is not None:
            self._watch.raised(error, cancelled=self._session.closed)


def _ran_tools(stream: AsyncOpenStream[Any, Any]) -> bool:
    """Return whether the gateway itself ran tools in this stream: another route would run them again."""
    return getattr(stream.dialect, "turn_count", 1) > 1


async def send_routed(
    session: AsyncSession,
    settings: ClientSettings[AsyncTokenSource],
    target: Target,
    messages: Any,
    given: dict[str, Any],
    *,
    render: Callable[[Target, Any, dict[str, Any]], Call[T]],
) -> T:
    """Send a call with fallback and return its result. Raises as `AsyncRoutedCall.send`."""
    fallback: Any = settings.fallback
    if not isinstance(messages, (str, list)):
        messages = reusable(messages)
    if given:
        given = reusable_params(given)
    result: T = await AsyncRoutedCall(
        session, settings, fallback, target=target, messages=messages, given=given, render=render
    ).send()
    return result


def routed_call(
    session: AsyncSession,
    settings: ClientSettings[AsyncTokenSource],
    target: Target,
    messages: Any,
    given: dict[str, Any],
    *,
    render: Callable[[Target, Any, dict[str, Any]], CallT],
) -> AsyncRoutedCall[CallT]:
    """Return a call with fallback, whose body is written anew for each route."""
    fallback = settings.fallback
    if fallback is None:
        raise TypeError("the call has no fallback")
    if not isinstance(messages, (str, list)):
        messages = reusable(messages)
    return AsyncRoutedCall(
        session, settings, fallback, target=target, messages=messages,
        given=reusable_params(given) if given else given, render=render,
    )  # fmt: skip


async def load_models(session: AsyncSession, book: RouteBook, settings: ClientSettings[AsyncTokenSource]) -> None:
    """Load the list of models unless it is fresh."""
    now = session.runtime.monotonic()
    if not book.needs_listing(now):
        return
    from ..._wire.models import models_call
    from ..prices import async_load_once

    plain = structs.replace(settings, watchers=(), ledger=None, budgets=(), watched=False, fallback=None)
    listing = models_call(None, ["context_window", "pricing", "modalities"])
    await async_load_once(book, lambda: session.send(listing, plain), now)
