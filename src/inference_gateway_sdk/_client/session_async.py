"""Sending calls: what a client and its copies with other options share (address, connections, time).

`send` reads an answer whole; `start` opens a stream and reads until its first content, so that everything which can
still be repeated is repeated before anyone has seen a chunk. The decisions are made in `attempts`, `_wire` and
`_streams`; here they are carried out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from .._http1.failures import DeadlineExceeded, Failure
from .._model.kept import set_meta
from .._model.meta import Meta
from .._streams.guard import Guard
from .._wire.call import Call, Reply
from .._wire.headers import Headers
from .._wire.problem import read_error
from ..errors import GatewayError, StatusError, UnauthorizedError
from . import log
from .attempts import Attempts, Setback
from .hooks import async_notify
from .live_async import Live

if TYPE_CHECKING:
    from .._transport.protocols import AsyncAnswer, AsyncDriver
    from .._wire.call import StreamCall
    from .._wire.url import GatewayUrl
    from .effects import AsyncEffects
    from .settings import Settings
    from .token import AsyncTokenSource

__all__ = ["AsyncSession", "tell"]

T = TypeVar("T")
ChunkT = TypeVar("ChunkT")
FinalT = TypeVar("FinalT")


class AsyncSession:
    """The connections to one gateway and what is needed to use them."""

    def __init__(self, url: GatewayUrl, driver: AsyncDriver, effects: AsyncEffects) -> None:
        self.url = url
        self.effects = effects
        self.closed = False
        self._driver = driver

    async def send(self, call: Call[T], settings: Settings[AsyncTokenSource]) -> T:
        """The result of a call whose answer is read whole. Raises what `errors` lists."""
        if not isinstance(call, Call):  # pyright: ignore[reportUnnecessaryIsInstance]  # for users without a checker
            raise TypeError(f"call must be a Call (open() takes a StreamCall), got {type(call).__name__}")
        attempts = self._attempts(call, settings)
        while True:
            if settings.token.refreshable or settings.on_request is not None:
                await self._prepare(attempts)
            attempts.begin(self.effects.monotonic())
            try:
                reply = await self._whole(attempts)
            except Failure as failure:
                setback = attempts.failed(failure, self.effects.monotonic())
            else:
                meta = self._meta(reply.status, reply.headers, attempts, reply.body)
                if settings.on_response is not None:
                    await self._tell(attempts, meta)
                if 200 <= reply.status < 300:
                    return _read(call, reply, meta)
                setback = attempts.refused(self._error(attempts, reply, meta))
            await self._go_on(attempts, setback)

    async def start(
        self, call: StreamCall[ChunkT, FinalT], settings: Settings[AsyncTokenSource]
    ) -> Live[ChunkT, FinalT]:
        """The stream of a call, read up to its first content. Raises what `errors` lists."""
        attempts = self._attempts(call, settings)
        while True:
            if settings.token.refreshable or settings.on_request is not None:
                await self._prepare(attempts)
            attempts.begin(self.effects.monotonic())
            guard = Guard(settings.timeouts, attempts.spent)
            try:
                answer = await self._open(attempts, guard.deadline(attempts.began))
            except DeadlineExceeded as failure:
                setback = self._no_head(failure, attempts, guard)
            except Failure as failure:
                setback = attempts.failed(failure, self.effects.monotonic())
            else:
                guard.waited(self.effects.monotonic() - attempts.began)
                found = await self._first_content(call, attempts, answer, guard)
                if isinstance(found, Live):
                    return found
                setback = found
            await self._go_on(attempts, setback)

    def at(self, url: GatewayUrl) -> AsyncSession:
        """The same connections and clocks, for another server."""
        return AsyncSession(url, self._driver, self.effects)

    async def aclose(self) -> None:
        """Close every connection; open streams end with an error."""
        self.closed = True
        await self._driver.aclose()

    def _attempts(
        self, call: Call[Any] | StreamCall[Any, Any], settings: Settings[AsyncTokenSource]
    ) -> Attempts[AsyncTokenSource]:
        if self.closed:
            raise RuntimeError("the client is closed: make a new one, or close it later")
        url = self.url.join(call.path, (*call.query, *settings.extra_query), at_root=call.at_root)
        return Attempts(call, url, settings, settings.token.fixed)

    async def _prepare(self, attempts: Attempts[AsyncTokenSource]) -> None:
        """What comes before a try, and does not count against its clocks: fetching a token, telling a hook."""
        settings = attempts.settings
        attempts.token = await settings.token.get(attempts.refused_token)
        if settings.on_request is not None:
            await async_notify("on_request", settings.on_request, attempts.request_sent())

    async def _open(self, attempts: Attempts[AsyncTokenSource], deadline: float | None) -> AsyncAnswer:
        call = attempts.call
        answer = await self._driver.open(
            call.method,
            attempts.url,
            attempts.outgoing(),
            call.body,
            deadline=deadline,
            connect_seconds=attempts.settings.timeouts.connect,
        )
        log.answered(call.method, attempts.url, answer.status, self.effects.monotonic() - attempts.began)
        return answer

    async def _whole(self, attempts: Attempts[AsyncTokenSource]) -> Reply:
        deadline = attempts.deadline()
        answer = await self._open(attempts, deadline)
        if 200 <= answer.status < 300:
            return await self._body(answer, deadline)
        return await self._refusal(answer, deadline)

    async def _refusal(self, answer: AsyncAnswer, deadline: float | None) -> Reply:
        """An answer that says no: its body is short and read whole, and when it breaks, the status says enough."""
        try:
            return await self._body(answer, deadline)
        except Failure:
            return Reply(answer.status, Headers.received(answer.headers), b"")

    @staticmethod
    async def _body(answer: AsyncAnswer, deadline: float | None) -> Reply:
        pieces: list[bytes] = []
        try:
            while piece := await answer.read(deadline):
                pieces.append(piece)
        except BaseException:
            answer.abandon()
            raise
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        return Reply(answer.status, Headers.received(answer.headers), body)

    async def _first_content(
        self,
        call: StreamCall[ChunkT, FinalT],
        attempts: Attempts[AsyncTokenSource],
        answer: AsyncAnswer,
        guard: Guard,
    ) -> Live[ChunkT, FinalT] | Setback:
        """The stream, once content has come; what stopped it otherwise."""
        if not 200 <= answer.status < 300:
            return await self._no_stream(attempts, answer, guard)
        meta = self._meta(answer.status, Headers.received(answer.headers), attempts, None)
        live = Live(self, answer, call.start(), guard, meta)
        try:
            await self._tell(attempts, meta)
            while not (live.has_content or live.ended):
                await live.pull()
        except BaseException:
            answer.abandon()
            raise
        if live.failure is None or live.has_content:
            return live
        answer.abandon()
        return attempts.broke(live.failed(), self.effects.monotonic())

    async def _no_stream(self, attempts: Attempts[AsyncTokenSource], answer: AsyncAnswer, guard: Guard) -> Setback:
        """What an answer that is no stream at all is."""
        reply = await self._refusal(answer, guard.deadline(self.effects.monotonic()))
        meta = self._meta(reply.status, reply.headers, attempts, reply.body)
        await self._tell(attempts, meta)
        return attempts.refused(self._error(attempts, reply, meta))

    def _no_head(self, failure: DeadlineExceeded, attempts: Attempts[AsyncTokenSource], guard: Guard) -> Setback:
        """A deadline that passed before the head: the stream's clock, unless no connection was had in time."""
        now = self.effects.monotonic()
        guard.waited(now - attempts.began)
        if failure.which in ("connect", "pool"):
            return attempts.failed(failure, now)
        stalled = guard.stalled(0)
        stalled.__cause__ = failure
        return attempts.broke(stalled, now)

    def _error(self, attempts: Attempts[AsyncTokenSource], reply: Reply, meta: Meta) -> StatusError:
        error = read_error(
            reply.status,
            reply.headers,
            reply.body,
            now=self.effects.wall(),
            provider=attempts.call.provider,
            model=attempts.call.model,
            path=attempts.call.path,
        )
        error.meta = meta
        return error

    def _meta(self, status: int, headers: Headers, attempts: Attempts[AsyncTokenSource], body: bytes | None) -> Meta:
        return Meta(
            status=status,
            headers=headers,
            selected_provider=headers.get("x-selected-provider"),
            selected_model=headers.get("x-selected-model"),
            elapsed=self.effects.monotonic() - attempts.began,
            attempts=attempts.count,
            raw=body,
        )

    @staticmethod
    async def _tell(attempts: Attempts[AsyncTokenSource], meta: Meta) -> None:
        hook = attempts.settings.on_response
        if hook is not None:
            await async_notify("on_response", hook, attempts.response_received(meta))

    async def _go_on(self, attempts: Attempts[AsyncTokenSource], setback: Setback) -> None:
        """Return when the call is to be tried again, having waited; raise otherwise."""
        error, settings = setback.error, attempts.settings
        expired = isinstance(error, UnauthorizedError) and settings.token.refreshable and attempts.refused_token is None
        pause = 0.0 if expired else attempts.pause(setback, self.effects.monotonic(), self.effects.random())
        if pause is None:
            raise error from setback.cause
        if settings.on_retry is not None:
            await async_notify("on_retry", settings.on_retry, attempts.retry_planned(error, pause))
        if expired:
            attempts.refused_token = attempts.token  # one more try, at once, with a new one
            return
        log.repeating(attempts.call.method, attempts.url, error, pause)
        await self.effects.sleep(pause)


def _read(call: Call[T], reply: Reply, meta: Meta) -> T:
    """The call's result, told how it came."""
    try:
        result = call.read(reply)
    except GatewayError as error:
        error.meta = meta
        raise
    tell(result, meta)
    return result


def tell(result: object, meta: Meta) -> None:
    """Tell an answer how it came; other results have no place for it."""
    if hasattr(result, "kept_"):
        set_meta(result, meta)
