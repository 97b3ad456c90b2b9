"""Watchers: the user's observers of whole calls, for metrics, costs and traces.

A hook sees attempts. A watcher sees the call around them: its operation, its first content, its end and its usage.
This module is imported only by clients that have watchers.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping  # noqa: TC003  (users resolve the annotations)
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias

from msgspec import Struct, structs

from .._model.cost import Cost  # noqa: TC001  (users resolve the annotations)
from .._model.json_values import is_mapping
from .._model.open_types import Concealed
from .._model.unknown_fields import Meta, Tried, set_cost, set_module
from .._model.usage import Usage
from .._wire import codec
from .._wire.call import StreamCall

if TYPE_CHECKING:
    from collections import deque

    from .._wire.call import BaseCall, Dialect
    from .._wire.sse import RawEvent
    from .accounts import Booking
    from .retry_state import RetryState
    from .settings import ClientSettings

__all__ = ["CallBegan", "CallEnded", "CallWatch", "End", "SpanWatcher", "StepBegan", "StepEnded", "Watched", "Watcher",
           "begin", "describe", "operation_of", "read_watchers"]  # fmt: skip

End: TypeAlias = Literal["whole", "failed", "left", "cancelled"]
"""The way in which a call ended (see `CallEnded.end`)."""

_logger = logging.getLogger("inference_gateway_sdk")

_OPERATIONS: Final = (
    ("/chat/completions", "chat"), ("/responses", "responses"), ("/messages", "messages"), ("/images/", "image"),
    ("/audio/speech", "speech"), ("/audio/sfx", "sound_effect"), ("/audio/music", "music"), ("/videos", "video"),
    ("/models", "listing"), ("/mcp", "mcp"), ("/metrics", "metrics"), ("/health", "health"), ("/proxy/", "proxy"),
)  # fmt: skip
_DIALECTS: Final = {"chat": "chat", "responses": "responses", "messages": "messages", "image": "images"}
_METHODS: Final = ("began", "content", "ended")
_ASYNC_FUNCTION: Final = 0x80 | 0x200  # inspect.CO_COROUTINE and CO_ASYNC_GENERATOR: importing inspect is slow


@set_module
class CallBegan(Struct, frozen=True, kw_only=True):
    """A call that begins, before its first attempt.

    Attributes:
        operation: "chat", "responses", "messages", "image", "speech", "sound_effect", "music", "video", "listing",
            "mcp", "metrics", "health", "proxy" or "custom".
        method: The HTTP method.
        path: The path below the base URL.
        provider: The requested provider, or None.
        model: The requested model, or None.
        stream: True when the answer is read as a stream.
        tags: The tags of the client and the call.
        parent: An id that the calls of one run share. None outside of runs.
        base_url: The address of the gateway, without `/v1`.
    """

    operation: str
    method: str
    path: str
    provider: str | None = None
    model: str | None = None
    stream: bool = False
    tags: Mapping[str, str] = {}
    parent: str | None = None
    base_url: str = ""


@set_module
class CallEnded(Concealed, Struct, frozen=True, kw_only=True):
    """A call that has ended, after its last attempt.

    Attributes:
        began: The call as it began.
        end: "whole" after a complete answer; "failed" after an error or a truncated answer; "left" when a stream was
            closed before its end; "cancelled" when the task was cancelled or the client was closed.
        error: The error that the call raised, None after a complete answer.
        usage: The tokens used. None when the answer did not report them, as of a stream that was left. `partial` is
            True when the gateway ran several turns, because it reports only the last one.
        elapsed: Seconds from the beginning of the call, with retries and delays.
        first_content: Seconds from the beginning to the first content of a stream. None otherwise.
        chunks: The number of chunks received from a stream.
        attempts: The number of times the request was sent.
        meta: The metadata of the answer, None when none was received.
        cost: The cost, if the client has prices, a ledger or a budget.
        route: The model that answered, of a call with `fallback`; None without fallback.
        tried: The routes that failed before it, in order.
    """

    began: CallBegan
    end: End
    error: BaseException | None = None
    usage: Usage | None = None
    elapsed: float = 0.0
    first_content: float | None = None
    chunks: int = 0
    attempts: int = 0
    meta: Meta | None = None
    cost: Cost | None = None
    route: str | None = None
    tried: tuple[Tried, ...] = ()
    _result: Any = None

    @property
    def result(self) -> Any:
        """The result of the call. For a stream, the last answer so far. It is assembled here, and None if not kept."""
        return self._result() if isinstance(self._result, _LastTurn) else self._result

    def __repr__(self) -> str:
        return f"CallEnded({self.began.operation} {self.began.model}: {self.end}, {self.elapsed:.3f} s)"


@set_module
class Watcher(Protocol):
    """An observer of calls. A subclass overrides the methods that it needs.

    The methods are called in the thread or task of the call and must not block. An exception that one of them raises is
    logged once for each watcher, and the call continues.
    """

    def began(self, call: CallBegan, /) -> object | None:
        """Observe the beginning of a call. The returned value is passed to the other two methods as `state`."""
        return None  # a body: without one, type checkers take the method as abstract

    def content(self, state: Any, seconds: float, /) -> None:
        """Observe the first content of a stream, `seconds` after the call began."""
        return

    def ended(self, state: Any, call: CallEnded, /) -> None:
        """Observe the end of a call. It is called exactly once for each `began` that returned."""
        return


class StepBegan(Struct, frozen=True, kw_only=True):
    """A run or a tool call that begins.

    Attributes:
        kind: "run" or "tool".
        id: The id of the run or of the tool call.
        name: The name of the tool; None for a run.
        parent: The id of the run that the tool call belongs to.
        provider: The requested provider.
        model: The requested model.
        description: The description of the tool.
        arguments: The arguments of the tool call.
        in_gateway: True if the gateway runs the tool.
    """

    kind: Literal["run", "tool"]
    id: str
    name: str | None = None
    parent: str | None = None
    provider: str | None = None
    model: str | None = None
    description: str | None = None
    arguments: Mapping[str, Any] = {}
    in_gateway: bool = False


class StepEnded(Struct, frozen=True, kw_only=True):
    """A run or a tool call that has ended.

    Attributes:
        began: The step as it began.
        error: The class name of the error that ended it, "timeout" after a tool's timeout, or None.
        value: The value of the tool call.
        usage: The usage of all requests of the run.
        finish: The finish reason of the run's last answer.
        elapsed: Seconds since it began.
    """

    began: StepBegan
    error: str | None = None
    value: Any = None
    usage: Usage | None = None
    finish: str | None = None
    elapsed: float = 0.0


class SpanWatcher(Watcher):
    """A watcher of this package that also adds headers to requests, and observes attempts, runs and tool calls."""

    def prepare(self, state: Any, call: BaseCall, /) -> tuple[tuple[str, str], ...]:
        """Return headers for all attempts of a call. Called directly after `began`."""
        return ()

    def retried(self, state: Any, attempt: int, error: Exception, delay: float, /) -> None:
        """Observe a failed attempt that another one follows."""

    def step_began(self, step: StepBegan, /) -> object:
        """Observe the beginning of a run or tool call. The returned value is passed on as `state`."""
        return None

    def step_context(self, state: Any, /) -> AbstractContextManager[None]:
        """Return a context in which the function of a tool runs."""
        return nullcontext()

    def step_ended(self, state: Any, step: StepEnded, /) -> None:
        """Observe the end of a run or tool call, exactly once."""


class Watched:
    """One watcher of a client, and whether an exception of it has been logged.

    Attributes:
        spans: The watcher, if it is a `SpanWatcher`.
    """

    __slots__ = ("failed", "spans", "watcher")

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher
        self.spans: SpanWatcher | None = watcher if isinstance(watcher, SpanWatcher) else None
        self.failed = False

    def log(self, method: str) -> None:
        """Log the current exception, unless one of this watcher has been logged."""
        if not self.failed:
            self.failed = True
            from traceback import format_exc

            # As text: a handler that keeps the record must not keep the frames, and with them an open stream.
            text = "%s.%s raised an exception. The call continues; further ones of this watcher are not logged. %s"
            _logger.error(text, type(self.watcher).__name__, method, format_exc())


def read_watchers(watchers: Iterable[object]) -> tuple[Watched, ...]:
    """Return the watchers of a client.

    Raises:
        TypeError: One of them lacks a method, or has an async one.
    """
    checked = [_check(number, watcher) for number, watcher in enumerate(watchers)]
    return tuple(map(Watched, checked))


def _check(number: int, watcher: Any) -> Watcher:
    for name in _METHODS:
        method = getattr(watcher, name, None)
        if isinstance(watcher, type) or not callable(method):
            kind = f"the class {watcher.__name__}" if isinstance(watcher, type) else type(watcher).__name__
            raise TypeError(f"watchers[{number}] must be an object with the methods {', '.join(_METHODS)}, got {kind}")
        code: Any = getattr(getattr(method, "__func__", method), "__code__", None)
        if code is not None and code.co_flags & _ASYNC_FUNCTION:
            raise TypeError(f"watchers[{number}].{name} is an async function: write a synchronous one")
    checked: Watcher = watcher
    return checked


def describe(call: BaseCall, settings: ClientSettings[Any], base_url: str) -> CallBegan:
    """Return the description of a call for watchers."""
    return CallBegan(
        operation=operation_of(call.path),
        method=call.method,
        path=call.path,
        provider=call.provider,
        model=call.model,
        stream=isinstance(call, StreamCall),
        tags=dict(settings.tags),
        parent=settings.parent,
        base_url=base_url,
    )


def begin(
    began: CallBegan, attempts: RetryState[Any], monotonic: Callable[[], float], booking: Booking | None
) -> CallWatch:
    """Notify the watchers of a call that begins. Its end settles the booking."""
    watch = CallWatch(began, attempts, monotonic, booking)
    watch.notify_began(attempts.settings.watchers, attempts.call)
    watch.add_headers(attempts)
    return watch


def operation_of(path: str) -> str:
    """Return the operation of a path below the base URL."""
    return next((name for prefix, name in _OPERATIONS if path.startswith(prefix)), "custom")


class Counted(Protocol):
    """The attempts of a call, of which a watch needs the number."""

    @property
    def count(self) -> int:
        """The number of attempts begun so far."""
        ...


class _LastTurn:
    """The last answer of a stream, assembled when it is asked for."""

    __slots__ = ("_dialect",)

    def __init__(self, dialect: Dialect[Any, Any]) -> None:
        self._dialect = dialect

    def __call__(self) -> Any:
        turns = self._dialect.turns(complete=False)
        return turns[-1] if turns else None


class CallWatch:
    """The watchers of one call in progress, its booking, and the facts that they are given at its end.

    Attributes:
        began: The call.
        booking: The money of the call, or None.
        first_content: Seconds until the first content of a stream, None before it.
        route: The route that is being asked, of a call with fallback.
        tried: The routes that have failed.
    """

    __slots__ = ("_answered", "_attempts", "_chunks", "_dialect", "_final", "_headers", "_meta", "_monotonic",
                 "_open_watches", "_pending", "_pid", "_start", "_usage", "began", "booking", "first_content", "route",
                 "tried")  # fmt: skip

    def __init__(
        self, began: CallBegan, attempts: RetryState[Any], monotonic: Callable[[], float], booking: Booking | None
    ) -> None:
        self.began: CallBegan = began
        self.booking: Booking | None = booking
        self._answered: str | None = None  # the model that the answer names
        self.first_content: float | None = None
        self.route: str | None = None
        self.tried: tuple[Tried, ...] = ()
        self._attempts: Counted = attempts
        self._monotonic = monotonic
        self._start = monotonic()
        self._pid = os.getpid()
        self._headers: tuple[tuple[str, str], ...] = ()  # of the watchers, for every attempt
        self._dialect: Dialect[Any, Any] | None = None
        self._meta: Meta | None = None
        self._open_watches: set[CallWatch] | None = None
        self._chunks = 0
        self._usage: dict[str, Any] = {}
        self._final = False  # the usage received so far is that of the whole answer
        # Taking the only item is atomic: of two threads that end a call, one notifies the watchers.
        self._pending: list[list[tuple[Watched, Any]]] = [[]]

    def notify_began(self, watchers: Iterable[Watched], call: BaseCall) -> None:
        """Call `began` of each watcher. One that raises is not called again for this call."""
        notified = self._pending[0]
        try:
            for watched in watchers:
                try:
                    state = watched.watcher.began(self.began)
                    notified.append((watched, state))
                    if watched.spans is not None:
                        self._headers += watched.spans.prepare(state, call)
                except Exception:  # noqa: BLE001  (a watcher must not break a call)
                    watched.log("began")
        except BaseException as error:  # Ctrl+C inside a watcher: the ones before it have begun
            self.raised(error)
            raise

    def add_headers(self, attempts: RetryState[Any]) -> None:
        """Add the watchers' headers to every attempt. Headers of the call replace them, as a caller's `traceparent`."""
        if self._headers:
            call = attempts.call
            given = {name.lower() for name, _ in call.headers}
            new = (pair for pair in self._headers if pair[0] not in given)
            attempts.call = structs.replace(call, headers=(*call.headers, *new))

    def retried(self, error: Exception, delay: float) -> None:
        """Report a failed attempt that another one follows."""
        for watched, state in self._pending[0] if self._pending else ():
            if watched.spans is not None:
                try:
                    watched.spans.retried(state, self._attempts.count, error, delay)
                except Exception:  # noqa: BLE001  (a watcher must not break a call)
                    watched.log("retried")

    def routed(self, attempts: Counted) -> None:
        """Count the attempts at all routes of a call with fallback."""
        self._attempts = attempts

    def attempt(self, dialect: Dialect[Any, Any], meta: Meta) -> None:
        """Begin to watch the stream of an attempt. The chunks of an earlier one no longer count."""
        self._dialect, self._meta = dialect, meta
        self._chunks, self._usage, self._final = 0, {}, False

    def opened(self, open_watches: set[CallWatch]) -> None:
        """Add this watch to those that end when the client is closed."""
        self._open_watches = open_watches
        open_watches.add(self)

    def received(self, queue: deque[tuple[Any, RawEvent]], start: int, *, has_content: bool) -> None:
        """Count the chunks of a stream after the first `start` ones of the queue, and keep their usage."""
        for chunk, _ in islice(queue, start, None):
            if chunk is not None:
                self._chunks += 1
                self._keep_usage(chunk)
        if has_content and self.first_content is None:
            self.first_content = seconds = self._monotonic() - self._start
            for watched, state in self._pending[0] if self._pending else ():
                try:
                    watched.watcher.content(state, seconds)
                except Exception:  # noqa: BLE001  (a watcher must not break a call)
                    watched.log("content")

    def _keep_usage(self, chunk: Any) -> None:
        """Keep a usage report. Messages send the input first, and then a report without it.

        {"type": "message_start", "message": {"usage": {"input_tokens": 9, "output_tokens": 1}, ...}}
        {"type": "message_delta", "usage": {"output_tokens": 7}, ...}
        """
        usage, operation = getattr(chunk, "usage", None), self.began.operation
        if usage is None:
            chunk = getattr(chunk, "response", None) or getattr(chunk, "message", None)
            usage = getattr(chunk, "usage", None)
            if usage is None:
                return
            self._final = operation == "responses"
        else:
            self._final = True
        self._answered = getattr(chunk, "model", None) or self._answered
        plain = codec.to_builtins(usage)
        if operation != "messages":
            self._usage = plain
        else:
            self._usage.update((name, value) for name, value in plain.items() if value is not None)

    def returned(self, result: object, meta: Meta) -> None:
        """Report a call that was read whole."""
        usage: Any = result.get("usage") if is_mapping(result) else getattr(result, "usage", None)
        if usage is not None and not is_mapping(usage):
            usage = codec.to_builtins(usage)
        self._answered = getattr(result, "model", None)
        self._finish("whole", usage=self._read(usage), meta=meta, result=result)

    def raised(self, error: BaseException, *, cancelled: bool = False) -> None:
        """Report a call that raised before it had a result. Closing the client cancels its calls."""
        failed = isinstance(error, Exception) and not cancelled
        self._finish("failed" if failed else "cancelled", error, meta=getattr(error, "meta", None))

    def closed(self, error: BaseException | None = None, *, cancelled: bool = False) -> None:
        """Report a stream that was read to its end, has failed, or was closed.

        Args:
            error: The error that broke it.
            cancelled: The client was closed, or the task was cancelled.
        """
        dialect = self._dialect
        if dialect is None or error is not None or not dialect.terminal:
            end: End = "cancelled" if cancelled else "left" if error is None else "failed"
        else:
            end = "whole"
        usage = self._read(self._usage) if end == "whole" or self._final else None
        turns: int = getattr(dialect, "turn_count", 1)
        if usage is not None and (turns > 1 or not self._final):
            usage = structs.replace(usage, partial=True)
        result = None if dialect is None else _LastTurn(dialect)
        self._finish(end, error, usage=usage, meta=self._meta, result=result)

    def _read(self, usage: object) -> Usage | None:
        dialect = _DIALECTS.get(self.began.operation)
        return None if dialect is None or not usage else Usage.read(dialect, usage)

    def _finish(
        self,
        end: End,
        error: BaseException | None = None,
        *,
        usage: Usage | None = None,
        meta: Meta | None = None,
        result: Any = None,
    ) -> None:
        """Call `ended` of each watcher, once for a call. A forked child leaves that to its parent."""
        try:
            notified = self._pending.pop()
        except IndexError:
            return
        if self._open_watches is not None:
            self._open_watches.discard(self)
        if self._pid != os.getpid():
            return
        cost = None
        if self.booking is not None:
            cost = self.booking.end(end, usage=usage, error=error, meta=meta, answered=self._answered)
            if hasattr(result, "_unknown"):
                set_cost(result, cost)
        call = CallEnded(
            began=self.began,
            end=end,
            error=error,
            usage=usage,
            elapsed=self._monotonic() - self._start,
            first_content=self.first_content,
            chunks=self._chunks,
            attempts=self._attempts.count,
            meta=meta,
            cost=cost,
            route=self.route if end == "whole" or self._meta is not None else None,
            tried=self.tried,
            _result=result,
        )
        interrupt: BaseException | None = None
        for watched, state in notified:
            try:
                watched.watcher.ended(state, call)
            except Exception:  # noqa: BLE001  (a watcher must not break a call)
                watched.log("ended")
            except BaseException as raised:  # noqa: BLE001  (Ctrl+C: the other watchers are notified first)
                interrupt = raised
        if interrupt is not None:
            raise interrupt
