# Derived from ../_async/session.py by scripts/derive_blocking.py: do not edit.
"""Run the attempts of one call, and read the stream of the attempt that succeeded."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..._http1.failures import DeadlineExceeded, ResponseTooLarge, TransportFailure, TruncatedResponse
from ..._model.unknown_fields import Meta, set_meta
from ..._wire.call import Call, Reply
from ..._wire.headers import Headers
from ...errors import DecodingError, GatewayError, StatusError, StreamError, UnauthorizedError
from .. import retry_state
from ..hooks import notify
from ..retry_state import DefaultHeaders, FailedAttempt, RetryState
from ..runtime import anonymous_transport, yield_turn
from ..settings import check_call

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from ..._run.providers import OutputMode
    from ..._streams.reader import StreamDeadlines
    from ..._transport.protocols import Transport, TransportResponse
    from ..._wire.call import Dialect, StreamCall
    from ..._wire.sse import RawEvent
    from ..._wire.url import GatewayUrl
    from ..runtime import Runtime, TokenSource
    from ..settings import ClientSettings
    from ..watching import CallWatch

__all__ = ["OpenStream", "Session", "attach_meta"]


ChunkT = TypeVar("ChunkT")
FinalT = TypeVar("FinalT")
MAX_PIECE = 4 * 1024  # bytes decoded at once: a few milliseconds even if each event is the smallest
MAX_TURN = 0.01  # seconds of decoding after which an event loop's other tasks get a turn

MAX_HELD = 256  # events without content that are held back, so that a retry goes unnoticed; then they are handed over
MAX_HELD_BYTES = 1024 * 1024
MAX_REFUSAL = 1024 * 1024  # bytes of an error response's body


class OpenStream(Generic[ChunkT, FinalT]):
    """One open stream: its state, and the chunks that have been read and not yet handed over.

    Attributes:
        queue: Chunks with their raw events, in order. The chunk is None for an event that carries none.
        failure: The error that broke the stream. It is raised when the queue is empty.
        ended: True once nothing more will be read.
        has_content: True once a chunk with content has been read.
        watch: The watchers of the call, or None.
    """

    __slots__ = (
        "_answer",
        "_began_turn",
        "_chunks",
        "_closed",
        "_guard",
        "_held",
        "_max_piece",
        "_reading",
        "_session",
        "_token",
        "_unread",
        "dialect",
        "ended",
        "failure",
        "has_content",
        "meta",
        "queue",
        "watch",
    )

    def __init__(
        self,
        session: Session,
        answer: TransportResponse,
        dialect: Dialect[ChunkT, FinalT],
        guard: StreamDeadlines,
        meta: Meta,
        *,
        token: str | None,
    ) -> None:
        self._session = session
        self._token = token
        self._answer = answer
        self._guard = guard
        self._chunks = 0
        self._held = 0
        self._reading = False
        self._closed = False
        self._max_piece: int = getattr(dialect, "max_piece", MAX_PIECE)
        self._unread = memoryview(b"")  # the rest of a large read
        self._began_turn = 0.0
        self.dialect: Dialect[ChunkT, FinalT] = dialect
        self.meta: Meta = meta
        self.queue: deque[tuple[ChunkT | None, RawEvent]] = deque()
        self.failure: GatewayError | None = None
        self.ended: bool = False
        self.has_content: bool = False
        self.watch: CallWatch | None = None

    @property
    def handed_over(self) -> bool:
        """True if an item has been taken from the queue."""
        return len(self.queue) < self._chunks

    @property
    def may_hold_more(self) -> bool:
        """Whether events may still be held back until the first content comes: in bytes and number, only a few."""
        return self._chunks < MAX_HELD and self._held < MAX_HELD_BYTES

    def pull(self) -> None:
        """Read once from the server and put the chunks into the queue.

        Raises:
            RuntimeError: Another task or thread is reading this stream.
        """
        if self._reading:
            raise RuntimeError("the stream is being read by another task or thread: one reader at a time")
        self._reading = True
        monotonic, guard = self._session.runtime.monotonic, self._guard
        start = monotonic()
        try:
            data = self._next_piece(start) if self._unread else self._read(start)
        except DeadlineExceeded as failure:
            guard.waited(monotonic() - start)
            self._stop(guard.stalled(self._chunks), failure)
        except TransportFailure as failure:
            self._stop(self._broken(failure), failure)
        else:
            now = monotonic()
            guard.waited(now - start)
            if self._take(data, now):
                self._answer.release()
        finally:
            self._reading = False

    def _read(self, now: float) -> bytes:
        """Return what the server sent, or of a lot the beginning: decoding it all would hold up an event loop."""
        if self._began_turn:  # the last read was a large one, so this one may not have to wait
            self._end_turn(now)
        data = self._answer.read(self._guard.deadline(now))
        if len(data) <= self._max_piece:
            self._began_turn = 0.0
            return data
        self._began_turn = self._began_turn or self._session.runtime.monotonic()
        self._unread = memoryview(data)[self._max_piece :]
        return data[: self._max_piece]

    def _next_piece(self, now: float) -> bytes:
        """Return the next piece of a large read, and let other tasks run between two of them."""
        self._end_turn(now)
        piece, self._unread = self._unread[: self._max_piece], self._unread[self._max_piece :]
        return bytes(piece)

    def _end_turn(self, now: float) -> None:
        """Let an event loop's other tasks run if this one has been decoding for long."""
        if now - self._began_turn > MAX_TURN:
            yield_turn()
            self._began_turn = self._session.runtime.monotonic()

    def release(self) -> None:
        """Release the connection, draining the rest of the body when little is left.

        A read in progress ends with an error.
        """
        self.ended = True
        if self._reading:  # another task or thread is reading: its read raises an error
            self._closed = True
            self._answer.abandon()
        else:
            self._answer.release()

    def abandon(self) -> None:
        """Close the connection at once."""
        self.ended = True
        self._answer.abandon()

    def failed(self) -> GatewayError:
        """Return the failure with the partial answer attached."""
        error = self.failure
        if error is None:
            error = StreamError("the stream was closed")
        while self.queue:  # chunks held back until the first content, which never came
            chunk = self.queue.popleft()[0]
            if chunk is not None:
                self.dialect.fold(chunk)
        turns = self.dialect.turns(complete=False)
        error.partial = turns[-1] if turns else None
        error.meta = self.meta
        return error

    def _take(self, data: bytes, now: float) -> bool:
        """Parse the bytes, which came at `now`, and queue their chunks. Return True at a regular end of the stream."""
        dialect, guard = self.dialect, self._guard
        content = False
        items = dialect.feed(data) if data else dialect.end()
        if items:
            self.queue.extend(items)
            self._chunks += len(items)
            for chunk, _ in items:
                if chunk is not None and dialect.has_content(chunk):
                    self.has_content = content = True
                    guard.content()
                    break
            if not self.has_content:
                self._held += sum(len(event[0]) for _, event in items)
        if dialect.failure is not None:
            self._stop(dialect.failure, None)
        elif dialect.closed or not data:
            self.ended = True
            return True
        else:
            if dialect.terminal and not dialect.may_continue:
                guard.tail()
            if not content or guard.has_total:
                # A flood of comments is there before it is waited for: reading it must use the clocks up.
                guard.waited(self._session.runtime.monotonic() - now)
                if guard.expired:
                    self._stop(guard.stalled(self._chunks), None)
        return False

    def _stop(self, error: GatewayError, cause: TransportFailure | None) -> None:
        """End the stream after a failure.

        The answer is whole if the terminal marker was received and no error event followed. Otherwise the stream has
        failed with `error`.
        """
        dialect = self.dialect
        in_band = dialect.failure is not None and (dialect.may_continue or getattr(dialect, "error_event", False))
        if dialect.terminal and not in_band:
            retry_state.log_unexpected_end(error)
        else:
            retry_state.hide_token(error, self._token)
            error.__cause__ = cause
            self.failure = error
        self.abandon()

    def _broken(self, failure: TransportFailure) -> GatewayError:
        if self._closed:
            return StreamError("the stream was closed while it was being read")
        if self._session.closed:
            return self.dialect.truncated("the client was closed while the stream was open, so it ended")
        if isinstance(failure, TruncatedResponse):
            return self.dialect.truncated(f"the connection broke ({failure})")
        return StreamError(f"the stream cannot be read: {failure}")


class WatchedStream(OpenStream[ChunkT, FinalT]):
    """An open stream of a call that has watchers."""

    __slots__ = ("_watching",)

    def observe(self, watch: CallWatch) -> Self:
        """Count this stream's chunks for the watchers, and return it."""
        self._watching = watch
        watch.attempt(self.dialect, self.meta)
        return self

    def _take(self, data: bytes, now: float) -> bool:
        start = len(self.queue)
        try:
            return super()._take(data, now)
        finally:
            self._watching.received(self.queue, start, has_content=self.has_content)

    def __del__(self) -> None:
        if self.watch is not None:  # dropped without being closed
            self.watch.closed()


T = TypeVar("T")


class Session:
    """The connections to one gateway, and the loop of attempts that uses them."""

    def __init__(self, url: GatewayUrl, driver: Transport, runtime: Runtime) -> None:
        self.url = url
        self.runtime = runtime
        self.closed: bool = False
        self.output_modes: dict[tuple[str, str, str, bool], OutputMode] = {}  # modes that worked in earlier runs
        self._driver = driver
        self._defaults = DefaultHeaders()
        self._watches: set[CallWatch] = set()  # of open streams

    def send(self, call: Call[T], settings: ClientSettings[TokenSource]) -> T:
        """Send a call, read the whole response and return the result. Raises the classes of `errors`."""
        if not isinstance(call, Call):  # pyright: ignore[reportUnnecessaryIsInstance]  # for users without a checker
            raise TypeError(f"call must be a Call (open() takes a StreamCall), got {type(call).__name__}")
        attempts = self._attempts(call, settings)
        watch = self._begin_watch(attempts) if settings.watchers else None
        try:
            while True:
                if settings.token.refreshable or settings.on_request is not None:
                    self._prepare(attempts)
                attempts.begin(self.runtime.monotonic())
                try:
                    reply = self._whole(attempts)
                except TransportFailure as failure:
                    failed_attempt = attempts.failed(failure, self.runtime.monotonic())
                else:
                    meta = self._meta(reply.status, reply.headers, attempts, reply.body)
                    if settings.on_response is not None:
                        self._emit_response(attempts, meta)
                    if 200 <= reply.status < 300 or reply.status in call.also_read:
                        result = _read_reply(call, attempts, reply, meta)
                        if watch is not None:
                            watch.returned(result, meta)
                        return result
                    failed_attempt = attempts.refused(self._error(attempts, reply, meta), meta.elapsed)
                self._go_on(attempts, failed_attempt)
        except BaseException as error:
            if watch is not None:
                watch.raised(error, cancelled=self.closed)
            raise

    def start(
        self, call: StreamCall[ChunkT, FinalT], settings: ClientSettings[TokenSource]
    ) -> OpenStream[ChunkT, FinalT]:
        """Send a call and return its stream, read up to the first content. Raises the classes of `errors`."""
        from ..._streams.reader import StreamDeadlines  # here: a program without streams needs none of that room

        attempts = self._attempts(call, settings)
        watch = self._begin_watch(attempts) if settings.watchers else None
        try:
            while True:
                if settings.token.refreshable or settings.on_request is not None:
                    self._prepare(attempts)
                attempts.begin(self.runtime.monotonic())
                guard = StreamDeadlines(settings.timeouts, attempts.spent)
                try:
                    answer = self._open(attempts, guard.deadline(attempts.began))
                except DeadlineExceeded as failure:
                    failed_attempt = self._no_head(failure, attempts, guard)
                except TransportFailure as failure:
                    failed_attempt = attempts.failed(failure, self.runtime.monotonic())
                else:
                    guard.waited(self.runtime.monotonic() - attempts.began)
                    found = self._first_content(call, attempts, answer, guard, watch)
                    if isinstance(found, OpenStream):
                        if watch is not None:
                            found.watch = watch
                            watch.opened(self._watches)
                        return found
                    failed_attempt = found
                self._go_on(attempts, failed_attempt)
        except BaseException as error:
            if watch is not None:
                watch.raised(error, cancelled=self.closed)
            raise

    def send_elsewhere(
        self,
        url: GatewayUrl,
        call: Call[T],
        settings: ClientSettings[TokenSource],
        may_connect: Callable[[str], bool] | None,
    ) -> T:
        """Send a call to another server, by a transport that adds no credentials. Raises what `errors` lists.

        Connections are made only to IP addresses for which `may_connect` is true.
        """
        self.check_open()
        driver = anonymous_transport(self._driver, may_connect)
        try:
            return Session(url, driver, self.runtime).send(call, settings)
        finally:
            if driver is not self._driver:
                driver.close()

    def check_open(self) -> None:
        """Raise unless requests can be sent.

        Raises:
            RuntimeError: The client is closed.
        """
        if self.closed:
            raise RuntimeError("the client is closed: make a new one, or close it later")

    def close(self) -> None:
        """Close all connections. Open streams end with an error."""
        self.closed = True
        self._defaults.clear()
        try:
            self._driver.close()
        finally:
            for watch in self._watches.copy():
                watch.closed(cancelled=True)

    def _begin_watch(self, attempts: RetryState[TokenSource]) -> CallWatch:
        from ..watching import begin  # here: a client without watchers does not import it

        return begin(attempts.call, attempts, self.runtime.monotonic)

    def _attempts(
        self, call: Call[Any] | StreamCall[Any, Any], settings: ClientSettings[TokenSource]
    ) -> RetryState[TokenSource]:
        if self.closed:
            self.check_open()
        check_call(call)
        url = self.url.join(call.path, (*call.query, *settings.extra_query), at_root=call.at_root)
        return RetryState(call, url, settings, self._defaults, token=settings.token.fixed)

    def _prepare(self, attempts: RetryState[TokenSource]) -> None:
        """Fetch the token and call the `on_request` hook. The attempt's timeouts do not include this time."""
        settings = attempts.settings
        attempts.token = settings.token.get(attempts.refused_token)
        if settings.on_request is not None:
            notify("on_request", settings.on_request, attempts.request_sent())

    def _open(self, attempts: RetryState[TokenSource], deadline: float | None) -> TransportResponse:
        call = attempts.call
        answer = self._driver.open(
            call.method,
            attempts.url,
            attempts.outgoing(),
            call.body,
            deadline=deadline,
            connect_seconds=attempts.settings.timeouts.connect,
        )
        retry_state.log_response(call.method, attempts.url, answer.status, self.runtime.monotonic() - attempts.began)
        return answer

    def _whole(self, attempts: RetryState[TokenSource]) -> Reply:
        deadline = attempts.deadline()
        answer = self._open(attempts, deadline)
        if 200 <= answer.status < 300:
            return self._body(answer, deadline, attempts.settings.max_body)
        return self._refusal(answer, deadline, attempts.settings.max_body)

    def _refusal(self, answer: TransportResponse, deadline: float | None, limit: int) -> Reply:
        """Read the body of an error response. If it breaks or is too large, return it empty: the status is enough."""
        try:
            return self._body(answer, deadline, min(limit, MAX_REFUSAL))
        except TransportFailure:
            return Reply(answer.status, Headers.received(answer.headers), b"")

    def _body(self, answer: TransportResponse, deadline: float | None, limit: int) -> Reply:
        pieces: list[bytes] = []
        size = 0
        try:
            while piece := answer.read(deadline):
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

    def _first_content(
        self,
        call: StreamCall[ChunkT, FinalT],
        attempts: RetryState[TokenSource],
        answer: TransportResponse,
        guard: StreamDeadlines,
        watch: CallWatch | None,
    ) -> OpenStream[ChunkT, FinalT] | FailedAttempt:
        """Return the stream once it has content, or the failed attempt."""
        if not 200 <= answer.status < 300:
            return self._no_stream(attempts, answer, guard)
        meta = self._meta(answer.status, Headers.received(answer.headers), attempts, None)
        if watch is None:
            open_stream = OpenStream(self, answer, call.start(), guard, meta, token=attempts.token)
        else:
            watched = WatchedStream(self, answer, call.start(), guard, meta, token=attempts.token)
            open_stream = watched.observe(watch)
        try:
            self._emit_response(attempts, meta)
            while not (open_stream.has_content or open_stream.ended) and open_stream.may_hold_more:
                open_stream.pull()
        except BaseException:
            answer.abandon()
            raise
        if open_stream.failure is None or open_stream.has_content:
            return open_stream
        answer.abandon()
        return attempts.broke(open_stream.failed(), self.runtime.monotonic())

    def _no_stream(
        self, attempts: RetryState[TokenSource], answer: TransportResponse, guard: StreamDeadlines
    ) -> FailedAttempt:
        """Return the failed attempt for an error response in place of a stream."""
        deadline = guard.deadline(self.runtime.monotonic())
        reply = self._refusal(answer, deadline, attempts.settings.max_body)
        meta = self._meta(reply.status, reply.headers, attempts, reply.body)
        self._emit_response(attempts, meta)
        return attempts.refused(self._error(attempts, reply, meta), meta.elapsed)

    def _no_head(
        self, failure: DeadlineExceeded, attempts: RetryState[TokenSource], guard: StreamDeadlines
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

    def _error(self, attempts: RetryState[TokenSource], reply: Reply, meta: Meta) -> StatusError:
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

    def _meta(self, status: int, headers: Headers, attempts: RetryState[TokenSource], body: bytes | None) -> Meta:
        return Meta(
            status=status,
            headers=headers,
            selected_provider=headers.get("x-selected-provider"),
            selected_model=headers.get("x-selected-model"),
            elapsed=self.runtime.monotonic() - attempts.began,
            attempts=attempts.count,
            raw=body,
        )

    @staticmethod
    def _emit_response(attempts: RetryState[TokenSource], meta: Meta) -> None:
        hook = attempts.settings.on_response
        if hook is not None:
            notify("on_response", hook, attempts.response_received(meta))

    def _go_on(self, attempts: RetryState[TokenSource], failed_attempt: FailedAttempt) -> None:
        """Wait for the delay before the next attempt. Raise the error if the call is not to be retried."""
        error, settings = failed_attempt.error, attempts.settings
        expired = isinstance(error, UnauthorizedError) and settings.token.refreshable and attempts.refused_token is None
        delay = 0.0 if expired else attempts.delay(failed_attempt, self.runtime.monotonic(), self.runtime.random())
        if delay is None:
            raise error from failed_attempt.cause
        if settings.on_retry is not None:
            notify("on_retry", settings.on_retry, attempts.retry_planned(error, delay))
        if expired:
            attempts.refused_token = attempts.token  # one more attempt, without a delay, with a new token
            return
        retry_state.log_retry(attempts.call.method, attempts.url, error, delay)
        self.runtime.sleep(delay)


def _read_reply(call: Call[T], attempts: RetryState[TokenSource], reply: Reply, meta: Meta) -> T:
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
