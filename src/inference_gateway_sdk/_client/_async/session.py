"""Run the attempts of one call, until one has the result or an open stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import structs

from ..._http1.failures import DeadlineExceeded, ResponseTooLarge, TransportFailure
from ..._model.unknown_fields import Meta, set_meta
from ..._wire.call import Call, Reply
from ..._wire.headers import Headers
from ...errors import DecodingError, GatewayError, StatusError, UnauthorizedError
from .. import retry_state
from ..hooks import async_notify
from ..retry_state import DefaultHeaders, FailedAttempt, RetryState
from ..runtime import async_anonymous_transport
from ..settings import check_call
from .open_stream import AsyncOpenStream, AsyncWatchedStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..._run.providers import OutputMode
    from ..._streams.reader import StreamDeadlines
    from ..._transport.protocols import AsyncTransport, AsyncTransportResponse
    from ..._wire.call import StreamCall, Target
    from ..._wire.url import GatewayUrl
    from ..accounts import Booking
    from ..routes import RouteBook
    from ..runtime import AsyncRuntime, AsyncTokenSource
    from ..settings import ClientSettings
    from ..watching import CallBegan, CallWatch

__all__ = ["AsyncSession", "attach_meta"]


ChunkT = TypeVar("ChunkT")
FinalT = TypeVar("FinalT")
T = TypeVar("T")
MAX_REFUSAL = 1024 * 1024  # bytes of an error response's body


class AsyncSession:
    """The connections to one gateway, and the loop of attempts that uses them."""

    def __init__(self, url: GatewayUrl, driver: AsyncTransport, runtime: AsyncRuntime) -> None:
        self.url = url
        self.runtime = runtime
        self.closed: bool = False
        self.output_modes: dict[tuple[str, str, str, bool], OutputMode] = {}  # modes that worked in earlier runs
        self._driver = driver
        self._defaults = DefaultHeaders()
        self._watches: set[CallWatch] = set()  # of open streams
        self.routes: RouteBook | None = None  # the health of routes, once a call has used fallback
        self._routed: Any = None  # the function for calls with fallback, once one has used it

    async def send(
        self,
        call: Call[T],
        settings: ClientSettings[AsyncTokenSource],
        attempts: RetryState[AsyncTokenSource] | None = None,
    ) -> T:
        """Send a call, read the whole response and return the result. Raises the classes of `errors`.

        Args:
            call: The call.
            settings: Its settings.
            attempts: The attempts at one route of a call with fallback, which is watched and booked elsewhere.
        """
        if not isinstance(call, Call):  # pyright: ignore[reportUnnecessaryIsInstance]  # for users without a checker
            raise TypeError(f"call must be a Call (open() takes a StreamCall), got {type(call).__name__}")
        watch = None
        if attempts is None:
            attempts = self.attempts(call, settings)
            watch = await self.begin_watch(attempts) if settings.watched else None
        try:
            while True:
                if settings.token.refreshable or settings.on_request is not None:
                    await self._prepare(attempts)
                attempts.begin(self.runtime.monotonic())
                try:
                    reply = await self._whole(attempts)
                except TransportFailure as failure:
                    failed_attempt = attempts.failed(failure, self.runtime.monotonic())
                else:
                    meta = self._meta(reply.status, reply.headers, attempts, reply.body)
                    if settings.on_response is not None:
                        await self._emit_response(attempts, meta)
                    if 200 <= reply.status < 300 or reply.status in call.also_read:
                        result = _read_reply(call, attempts, reply, meta)
                        if watch is not None:
                            watch.returned(result, meta)
                        return result
                    failed_attempt = attempts.refused(self._error(attempts, reply, meta), meta.elapsed)
                await self._go_on(attempts, failed_attempt, watch)
        except BaseException as error:
            if watch is not None:
                watch.raised(error, cancelled=self.closed)
            raise

    async def send_routed(
        self,
        settings: ClientSettings[AsyncTokenSource],
        target: Target,
        messages: Any,
        given: dict[str, Any],
        *,
        render: Callable[[Target, Any, dict[str, Any]], Call[T]],
    ) -> T:
        """Send a call with fallback, read the whole response and return the result (see `AsyncRoutedCall`)."""
        if self._routed is None:  # an import statement in each call would be a sixth of the cost of fallback
            from .fallback import send_routed

            self._routed = send_routed
        result: T = await self._routed(self, settings, target, messages, given, render=render)
        return result

    async def start(
        self,
        call: StreamCall[ChunkT, FinalT],
        settings: ClientSettings[AsyncTokenSource],
        attempts: RetryState[AsyncTokenSource] | None = None,
        watch: CallWatch | None = None,
    ) -> AsyncOpenStream[ChunkT, FinalT]:
        """Send a call and return its stream, read up to the first content. Raises the classes of `errors`.

        Args:
            call: The call.
            settings: Its settings.
            attempts: The attempts at one route of a call with fallback. That call reports its own end.
            watch: The watchers of that call.
        """
        from ..._streams.reader import StreamDeadlines  # here: a program without streams needs none of that room

        routed = attempts is not None
        if attempts is None:
            attempts = self.attempts(call, settings)
            watch = await self.begin_watch(attempts) if settings.watched else None
        try:
            while True:
                if settings.token.refreshable or settings.on_request is not None:
                    await self._prepare(attempts)
                attempts.begin(self.runtime.monotonic())
                guard = StreamDeadlines(settings.timeouts, attempts.spent)
                try:
                    answer = await self._open(attempts, guard.deadline(attempts.began))
                except DeadlineExceeded as failure:
                    failed_attempt = self._no_head(failure, attempts, guard)
                except TransportFailure as failure:
                    failed_attempt = attempts.failed(failure, self.runtime.monotonic())
                else:
                    guard.waited(self.runtime.monotonic() - attempts.began)
                    found = await self._first_content(call, attempts, answer, guard, watch)
                    if isinstance(found, AsyncOpenStream):
                        if watch is not None:
                            found.watch = watch
                            watch.opened(self._watches)
                        return found
                    failed_attempt = found
                await self._go_on(attempts, failed_attempt, watch)
        except BaseException as error:
            if watch is not None and not routed:
                watch.raised(error, cancelled=self.closed)
            raise

    async def send_elsewhere(
        self,
        url: GatewayUrl,
        call: Call[T],
        settings: ClientSettings[AsyncTokenSource],
        may_connect: Callable[[str], bool] | None,
    ) -> T:
        """Send a call to another server, by a transport that adds no credentials. Raises what `errors` lists.

        Connections are made only to IP addresses for which `may_connect` is true.
        """
        self.check_open()
        driver = async_anonymous_transport(self._driver, may_connect)
        try:
            return await AsyncSession(url, driver, self.runtime).send(call, settings)
        finally:
            if driver is not self._driver:
                await driver.aclose()

    def check_open(self) -> None:
        """Raise unless requests can be sent.

        Raises:
            RuntimeError: The client is closed.
        """
        if self.closed:
            raise RuntimeError("the client is closed: make a new one, or close it later")

    async def aclose(self) -> None:
        """Close all connections. Open streams end with an error."""
        self.closed = True
        self._defaults.clear()
        try:
            await self._driver.aclose()
        finally:
            for watch in self._watches.copy():
                watch.closed(cancelled=True)

    async def load_prices(self, settings: ClientSettings[AsyncTokenSource]) -> None:
        """Load the prices of the gateway's models, unless they are loaded or could not be loaded recently."""
        from ..._wire.models import models_call
        from ..prices import async_load_once

        book = settings.book
        if book is not None and book.needs_listing(self.runtime.monotonic()):
            plain = structs.replace(settings, watchers=(), ledger=None, budgets=(), watched=False)
            listing = models_call(None, ["pricing"])
            await async_load_once(book, lambda: self.send(listing, plain), self.runtime.monotonic())

    async def begin_watch(self, attempts: RetryState[AsyncTokenSource]) -> CallWatch:
        """Reserve the call's budget and notify its watchers.

        Raises:
            BudgetExceededError: A budget does not allow the call.
            ValueError: A budget needs an upper bound that the call does not have.
        """
        from ..watching import begin, describe  # here: a client without watchers does not import it

        began = describe(attempts.call, attempts.settings, self.url.root)
        booking = None if attempts.settings.book is None else await self.begin_booking(began, attempts)
        return begin(began, attempts, self.runtime.monotonic, booking)

    async def begin_booking(self, began: CallBegan, attempts: RetryState[AsyncTokenSource]) -> Booking:
        """Reserve the budget of a call, or of one route of a call. Raises as `begin_watch`."""
        from ..accounts import async_reserve, book_call
        from ..prices import price_for

        call, settings = attempts.call, attempts.settings
        if settings.ledger is not None and call.model is not None and price_for(settings, call.model)[1] is None:
            await self.load_prices(settings)
        booking = book_call(settings, began, call)
        await async_reserve(booking, self.runtime.wall(), settings.on_budget)
        return booking

    def attempts(
        self, call: Call[Any] | StreamCall[Any, Any], settings: ClientSettings[AsyncTokenSource]
    ) -> RetryState[AsyncTokenSource]:
        """Return the attempts of a call, none of which has begun."""
        if self.closed:
            self.check_open()
        check_call(call)
        url = self.url.join(call.path, (*call.query, *settings.extra_query), at_root=call.at_root)
        return RetryState(call, url, settings, self._defaults, token=settings.token.fixed)

    async def _prepare(self, attempts: RetryState[AsyncTokenSource]) -> None:
        """Fetch the token and call the `on_request` hook. The attempt's timeouts do not include this time."""
        settings = attempts.settings
        attempts.token = await settings.token.get(attempts.refused_token)
        if settings.on_request is not None:
            await async_notify("on_request", settings.on_request, attempts.request_sent())

    async def _open(self, attempts: RetryState[AsyncTokenSource], deadline: float | None) -> AsyncTransportResponse:
        call = attempts.call
        answer = await self._driver.open(
            call.method,
            attempts.url,
            attempts.outgoing(),
            call.body,
            deadline=deadline,
            connect_seconds=attempts.settings.timeouts.connect,
        )
        retry_state.log_response(call.method, attempts.url, answer.status, self.runtime.monotonic() - attempts.began)
        return answer

    async def _whole(self, attempts: RetryState[AsyncTokenSource]) -> Reply:
        deadline = attempts.deadline()
        answer = await self._open(attempts, deadline)
        if 200 <= answer.status < 300:
            return await self._body(answer, deadline, attempts.settings.max_body)
        return await self._refusal(answer, deadline, attempts.settings.max_body)

    async def _refusal(self, answer: AsyncTransportResponse, deadline: float | None, limit: int) -> Reply:
        """Read the body of an error response. If it breaks or is too large, return it empty: the status is enough."""
        try:
            return await self._body(answer, deadline, min(limit, MAX_REFUSAL))
        except TransportFailure:
            return Reply(answer.status, Headers.received(answer.headers), b"")

    async def _body(self, answer: AsyncTransportResponse, deadline: float | None, limit: int) -> Reply:
        pieces: list[bytes] = []
        size = 0
        try:
            while piece := await answer.read(deadline):
                pieces.append(piece)
                size += len(piece)
                if size > limit:
                    raise ResponseTooLarge(limit)
                # A read gives what is there, however late: only this ends a body that keeps coming.
                if deadline is not None and len(pieces) > 1 and self.runtime.monotonic() >= deadline:
                    raise DeadlineExceeded("body")
        except BaseException:
            answer.abandon()
            raise
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        return Reply(answer.status, Headers.received(answer.headers), body)

    async def _first_content(
        self,
        call: StreamCall[ChunkT, FinalT],
        attempts: RetryState[AsyncTokenSource],
        answer: AsyncTransportResponse,
        guard: StreamDeadlines,
        watch: CallWatch | None,
    ) -> AsyncOpenStream[ChunkT, FinalT] | FailedAttempt:
        """Return the stream once it has content, or the failed attempt."""
        if not 200 <= answer.status < 300:
            return await self._no_stream(attempts, answer, guard)
        meta = self._meta(answer.status, Headers.received(answer.headers), attempts, None)
        if watch is None:
            open_stream = AsyncOpenStream(self, answer, call.start(), guard, meta, token=attempts.token)
        else:
            watched = AsyncWatchedStream(self, answer, call.start(), guard, meta, token=attempts.token)
            open_stream = watched.observe(watch)
        try:
            await self._emit_response(attempts, meta)
            while not (open_stream.has_content or open_stream.ended) and open_stream.may_hold_more:
                await open_stream.pull()
        except BaseException:
            answer.abandon()
            raise
        if open_stream.failure is None or open_stream.has_content:
            return open_stream
        answer.abandon()
        return attempts.broke(open_stream.failed(), self.runtime.monotonic())

    async def _no_stream(
        self, attempts: RetryState[AsyncTokenSource], answer: AsyncTransportResponse, guard: StreamDeadlines
    ) -> FailedAttempt:
        """Return the failed attempt for an error response in place of a stream."""
        deadline = guard.deadline(self.runtime.monotonic())
        reply = await self._refusal(answer, deadline, attempts.settings.max_body)
        meta = self._meta(reply.status, reply.headers, attempts, reply.body)
        await self._emit_response(attempts, meta)
        return attempts.refused(self._error(attempts, reply, meta), meta.elapsed)

    def _no_head(
        self, failure: DeadlineExceeded, attempts: RetryState[AsyncTokenSource], guard: StreamDeadlines
    ) -> FailedAttempt:
        """Classify a deadline that passed before the response head.

        It is a connect or pool timeout if there was no connection, and a stalled stream otherwise.
        """
        now = self.runtime.monotonic()
        guard.waited(now - attempts.began)
        if failure.which in ("connect", "pool"):
            return attempts.failed(failure, now)
        stalled = guard.stalled(0)
        stalled.__cause__ = failure
        return attempts.broke(stalled, now)

    def _error(self, attempts: RetryState[AsyncTokenSource], reply: Reply, meta: Meta) -> StatusError:
        from ..._wire.problem import read_error  # here: most programs never need it

        error = read_error(
            reply.status,
            reply.headers,
            reply.body,
            now=self.runtime.wall(),
            provider=attempts.call.provider,
            model=attempts.call.model,
            path=attempts.call.path,
            elapsed=meta.elapsed,
        )
        error.meta = meta
        return error

    def _meta(self, status: int, headers: Headers, attempts: RetryState[AsyncTokenSource], body: bytes | None) -> Meta:
        meta = Meta(
            status=status,
            headers=headers,
            selected_provider=headers.get("x-selected-provider"),
            selected_model=headers.get("x-selected-model"),
            elapsed=self.runtime.monotonic() - attempts.began,
            attempts=attempts.count,
            raw=body,
        )
        journey = attempts.journey
        return meta if journey is None else structs.replace(meta, route=journey.route.name, tried=journey.tried)

    @staticmethod
    async def _emit_response(attempts: RetryState[AsyncTokenSource], meta: Meta) -> None:
        hook = attempts.settings.on_response
        if hook is not None:
            await async_notify("on_response", hook, attempts.response_received(meta))

    async def _go_on(
        self, attempts: RetryState[AsyncTokenSource], failed_attempt: FailedAttempt, watch: CallWatch | None
    ) -> None:
        """Wait for the delay before the next attempt. Raise the error if the call is not to be retried."""
        error, settings = failed_attempt.error, attempts.settings
        expired = isinstance(error, UnauthorizedError) and settings.token.refreshable and attempts.refused_token is None
        delay = 0.0 if expired else attempts.delay(failed_attempt, self.runtime.monotonic(), self.runtime.random())
        if delay is None:
            raise error from failed_attempt.cause
        if watch is not None:
            watch.retried(error, delay)
        if settings.on_retry is not None:
            await async_notify("on_retry", settings.on_retry, attempts.retry_planned(error, delay))
        if expired:
            attempts.refused_token = attempts.token  # one more attempt, without a delay, with a new token
            return
        retry_state.log_retry(attempts.call.method, attempts.url, error, delay)
        await self.runtime.sleep(delay)


def _read_reply(call: Call[T], attempts: RetryState[AsyncTokenSource], reply: Reply, meta: Meta) -> T:
    """Return the call's result with `meta` attached."""
    try:
        result = call.read(reply)
    except GatewayError as error:
        # An empty body, as of a provider's 204, is named in place of the decoder's "not JSON".
        if not reply.body and isinstance(error, DecodingError) and error.message.startswith("not JSON"):
            named = f" from {call.provider}" if call.provider else ""
            text = f"the response{named} has status {reply.status} and an empty body"
            raise DecodingError(text, meta=meta) from None
        error.meta = meta
        retry_state.hide_token(error, attempts.token)
        raise
    attach_meta(result, meta)
    return result


def attach_meta(result: object, meta: Meta) -> None:
    """Attach `meta` to `result` if it supports it."""
    if hasattr(result, "_unknown"):
        set_meta(result, meta)
