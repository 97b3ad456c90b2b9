# Derived from session_async.py by scripts/derive_blocking.py: do not edit.
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
from .hooks import notify
from .live_blocking import Live

if TYPE_CHECKING:
    from .._transport.protocols import Answer, Driver
    from .._wire.call import StreamCall
    from .._wire.url import GatewayUrl
    from .effects import BlockingEffects
    from .settings import Settings
    from .token import TokenSource

__all__ = ["Session", "tell"]

T = TypeVar("T")
ChunkT = TypeVar("ChunkT")
FinalT = TypeVar("FinalT")


class Session:
    """The connections to one gateway and what is needed to use them."""

    def __init__(self, url: GatewayUrl, driver: Driver, effects: BlockingEffects) -> None:
        self.url = url
        self.effects = effects
        self.closed = False
        self._driver = driver

    def send(self, call: Call[T], settings: Settings[TokenSource]) -> T:
        """The result of a call whose answer is read whole. Raises what `errors` lists."""
        if not isinstance(call, Call):  # pyright: ignore[reportUnnecessaryIsInstance]  # for users without a checker
            raise TypeError(f"call must be a Call (open() takes a StreamCall), got {type(call).__name__}")
        attempts = self._attempts(call, settings)
        while True:
            if settings.token.refreshable or settings.on_request is not None:
                self._prepare(attempts)
            attempts.begin(self.effects.monotonic())
            try:
                reply = self._whole(attempts)
            except Failure as failure:
                setback = attempts.failed(failure, self.effects.monotonic())
            else:
                meta = self._meta(reply.status, reply.headers, attempts, reply.body)
                if settings.on_response is not None:
                    self._tell(attempts, meta)
                if 200 <= reply.status < 300:
                    return _read(call, reply, meta)
                setback = attempts.refused(self._error(attempts, reply, meta))
            self._go_on(attempts, setback)

    def start(self, call: StreamCall[ChunkT, FinalT], settings: Settings[TokenSource]) -> Live[ChunkT, FinalT]:
        """The stream of a call, read up to its first content. Raises what `errors` lists."""
        attempts = self._attempts(call, settings)
        while True:
            if settings.token.refreshable or settings.on_request is not None:
                self._prepare(attempts)
            attempts.begin(self.effects.monotonic())
            guard = Guard(settings.timeouts, attempts.spent)
            try:
                answer = self._open(attempts, guard.deadline(attempts.began))
            except DeadlineExceeded as failure:
                setback = self._no_head(failure, attempts, guard)
            except Failure as failure:
                setback = attempts.failed(failure, self.effects.monotonic())
            else:
                guard.waited(self.effects.monotonic() - attempts.began)
                found = self._first_content(call, attempts, answer, guard)
                if isinstance(found, Live):
                    return found
                setback = found
            self._go_on(attempts, setback)

    def at(self, url: GatewayUrl) -> Session:
        """The same connections and clocks, for another server."""
        return Session(url, self._driver, self.effects)

    def close(self) -> None:
        """Close every connection; open streams end with an error."""
        self.closed = True
        self._driver.close()

    def _attempts(
        self, call: Call[Any] | StreamCall[Any, Any], settings: Settings[TokenSource]
    ) -> Attempts[TokenSource]:
        if self.closed:
            raise RuntimeError("the client is closed: make a new one, or close it later")
        url = self.url.join(call.path, (*call.query, *settings.extra_query), at_root=call.at_root)
        return Attempts(call, url, settings, settings.token.fixed)

    def _prepare(self, attempts: Attempts[TokenSource]) -> None:
        """What comes before a try, and does not count against its clocks: fetching a token, telling a hook."""
        settings = attempts.settings
        attempts.token = settings.token.get(attempts.refused_token)
        if settings.on_request is not None:
            notify("on_request", settings.on_request, attempts.request_sent())

    def _open(self, attempts: Attempts[TokenSource], deadline: float | None) -> Answer:
        call = attempts.call
        answer = self._driver.open(
            call.method,
            attempts.url,
            attempts.outgoing(),
            call.body,
            deadline=deadline,
            connect_seconds=attempts.settings.timeouts.connect,
        )
        log.answered(call.method, attempts.url, answer.status, self.effects.monotonic() - attempts.began)
        return answer

    def _whole(self, attempts: Attempts[TokenSource]) -> Reply:
        deadline = attempts.deadline()
        answer = self._open(attempts, deadline)
        if 200 <= answer.status < 300:
            return self._body(answer, deadline)
        return self._refusal(answer, deadline)

    def _refusal(self, answer: Answer, deadline: float | None) -> Reply:
        """An answer that says no: its body is short and read whole, and when it breaks, the status says enough."""
        try:
            return self._body(answer, deadline)
        except Failure:
            return Reply(answer.status, Headers.received(answer.headers), b"")

    @staticmethod
    def _body(answer: Answer, deadline: float | None) -> Reply:
        pieces: list[bytes] = []
        try:
            while piece := answer.read(deadline):
                pieces.append(piece)
        except BaseException:
            answer.abandon()
            raise
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        return Reply(answer.status, Headers.received(answer.headers), body)

    def _first_content(
        self,
        call: StreamCall[ChunkT, FinalT],
        attempts: Attempts[TokenSource],
        answer: Answer,
        guard: Guard,
    ) -> Live[ChunkT, FinalT] | Setback:
        """The stream, once content has come; what stopped it otherwise."""
        if not 200 <= answer.status < 300:
            return self._no_stream(attempts, answer, guard)
        meta = self._meta(answer.status, Headers.received(answer.headers), attempts, None)
        live = Live(self, answer, call.start(), guard, meta)
        try:
            self._tell(attempts, meta)
            while not (live.has_content or live.ended):
                live.pull()
        except BaseException:
            answer.abandon()
            raise
        if live.failure is None or live.has_content:
            return live
        answer.abandon()
        return attempts.broke(live.failed(), self.effects.monotonic())

    def _no_stream(self, attempts: Attempts[TokenSource], answer: Answer, guard: Guard) -> Setback:
        """What an answer that is no stream at all is."""
        reply = self._refusal(answer, guard.deadline(self.effects.monotonic()))
        meta = self._meta(reply.status, reply.headers, attempts, reply.body)
        self._tell(attempts, meta)
        return attempts.refused(self._error(attempts, reply, meta))

    def _no_head(self, failure: DeadlineExceeded, attempts: Attempts[TokenSource], guard: Guard) -> Setback:
        """A deadline that passed before the head: the stream's clock, unless no connection was had in time."""
        now = self.effects.monotonic()
        guard.waited(now - attempts.began)
        if failure.which in ("connect", "pool"):
            return attempts.failed(failure, now)
        stalled = guard.stalled(0)
        stalled.__cause__ = failure
        return attempts.broke(stalled, now)

    def _error(self, attempts: Attempts[TokenSource], reply: Reply, meta: Meta) -> StatusError:
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

    def _meta(self, status: int, headers: Headers, attempts: Attempts[TokenSource], body: bytes | None) -> Meta:
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
    def _tell(attempts: Attempts[TokenSource], meta: Meta) -> None:
        hook = attempts.settings.on_response
        if hook is not None:
            notify("on_response", hook, attempts.response_received(meta))

    def _go_on(self, attempts: Attempts[TokenSource], setback: Setback) -> None:
        """Return when the call is to be tried again, having waited; raise otherwise."""
        error, settings = setback.error, attempts.settings
        expired = isinstance(error, UnauthorizedError) and settings.token.refreshable and attempts.refused_token is None
        pause = 0.0 if expired else attempts.pause(setback, self.effects.monotonic(), self.effects.random())
        if pause is None:
            raise error from setback.cause
        if settings.on_retry is not None:
            notify("on_retry", settings.on_retry, attempts.retry_planned(error, pause))
        if expired:
            attempts.refused_token = attempts.token  # one more try, at once, with a new one
            return
        log.repeating(attempts.call.method, attempts.url, error, pause)
        self.effects.sleep(pause)


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
