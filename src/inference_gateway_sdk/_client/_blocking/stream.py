# Derived from ../_async/stream.py by scripts/derive_blocking.py: do not edit.
"""The streams that a client returns: typed chunks, and bytes."""

from __future__ import annotations

import warnings
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, Literal, NoReturn, TypeVar

from ..._model.unknown_fields import set_cost
from ..._wire.call import Reply, StreamCall
from ..._wire.headers import Headers
from ...errors import GatewayError, ResponseTooLargeError, StreamTruncatedError
from ..retry_state import RAISE_MAX_BODY
from ..runtime import caller, yield_turn
from .open_stream import MAX_PIECE
from .session import attach_meta

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self

    from ..._model.cost import Cost
    from ..._model.unknown_fields import Meta
    from ..._wire.deltas import Delta
    from ..._wire.sse import RawEvent, SSEvents
    from ..runtime import TokenSource
    from ..settings import ClientSettings
    from ..watching import CallWatch
    from .fallback import RoutedCall
    from .open_stream import OpenStream
    from .session import Session

__all__ = ["ByteStream", "Stream"]


ChunkT = TypeVar("ChunkT")
FinalT = TypeVar("FinalT")


class Stream(Generic[ChunkT, FinalT]):
    """A streamed answer.

    Use it in a `with` block and iterate over it: each item is a chunk. `text()`, `deltas()` and `events()` give other
    views of the same stream. Use one reader and one view at a time. Afterwards, `final()` returns the whole answer.

    Raises (on entering, and while reading):
        StatusError: The gateway returned an error status, or the stream contained an error. The class names the status.
        StreamTruncatedError: The stream ended before the answer was complete.
        StreamStalledError: A timeout expired while waiting for data.
        StreamError: The response is not a stream of the expected format.
        RequestError: No response was received.
    """

    def __init__(
        self,
        session: Session,
        call: StreamCall[ChunkT, FinalT],
        settings: ClientSettings[TokenSource],
        *,
        on_truncation: Literal["raise", "return"] = "raise",
        routed: RoutedCall[Any] | None = None,
    ) -> None:
        self._session = session
        self._routed = routed
        self._may_move = False  # nothing was handed over: a failure may lead to the next route
        self._call = call
        self._settings = settings
        self._return_truncated = on_truncation == "return"
        self._open_stream: OpenStream[ChunkT, FinalT] | None = None
        self._state = "new"
        self._complete = True
        self._deltas: deque[Delta] | None = None  # deltas of the last chunk that are not yet handed over
        self._where = caller()
        if not isinstance(call, StreamCall):  # pyright: ignore[reportUnnecessaryIsInstance]  # for users without a checker
            raise TypeError(f"call must be a StreamCall (send() takes a Call), got {type(call).__name__}")
        if on_truncation not in ("raise", "return"):
            raise ValueError(f'on_truncation must be "raise" or "return", got {on_truncation!r}')

    def __reduce__(self) -> NoReturn:
        raise TypeError("a stream cannot be pickled: pickle the answer, stream.final()")

    def __enter__(self) -> Self:
        if self._state != "new":
            raise RuntimeError(f"this stream is {self._state}: a stream can be used only once, so make another call")
        self._state = "open"
        if self._routed is not None and self._routed.may_restart:
            return self  # opened by a view that can show a restart
        try:
            if self._routed is None:
                self._open_stream = self._session.start(self._call, self._settings)
            else:
                self._open_stream = self._routed.open()
        except BaseException:
            self._state = "closed"
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._abandon(cancelled=not issubclass(kind, Exception))

    def __iter__(self) -> Self:
        self._opened("a loop over chunks")
        return self

    def __next__(self) -> ChunkT:
        open_stream = self._open_stream
        if open_stream is None or self._state != "open":
            open_stream = self._opened(ended_is_fine=True)
        queue = open_stream.queue
        while True:
            while not queue:
                if open_stream.ended:
                    self._end(open_stream)
                open_stream.pull()
            chunk = queue.popleft()[0]
            if chunk is not None:
                open_stream.dialect.fold(chunk)
                return chunk

    def text(self) -> Iterator[str]:
        """Yield the text of the answer piece by piece. Chunks without text yield nothing.

        Raises:
            ValueError: The call has `Fallback(after_content="restart")`, which only `deltas()` can show.
        """
        open_stream = self._opened("text()")
        text = open_stream.dialect.text
        for chunk in self:
            if piece := text(chunk):
                yield piece

    def deltas(self) -> Iterator[Delta]:
        """Yield the stream as events that are the same for chat completions, Responses and Messages.

        With `Fallback(after_content="restart")`, `Restarted` begins the answer anew.

        Raises:
            RuntimeError: Another view has read the beginning of the stream, so a tool call could be incomplete.
        """
        if self._routed is not None:
            for delta in self._routed_deltas(self._routed):
                yield delta
            return
        open_stream = self._opened()
        waiting, next_deltas = self._begin_deltas(open_stream), open_stream.dialect.deltas
        while True:
            while waiting:
                yield waiting.popleft()
            try:
                chunk, _ = self._next()
            except StopIteration:
                last = next_deltas(None)
                if not last:
                    return
                waiting.extend(last)
            else:
                if chunk is not None:
                    waiting.extend(next_deltas(chunk))

    def _begin_deltas(self, open_stream: OpenStream[ChunkT, FinalT]) -> deque[Delta]:
        if self._deltas is None:
            if open_stream.handed_over:
                raise RuntimeError("deltas() needs the stream from its beginning: call it before reading anything")
            self._deltas = deque()
            if watch := getattr(open_stream.dialect, "watch_deltas", None):
                watch()
        return self._deltas

    def _routed_deltas(self, routed: RoutedCall[Any]) -> Iterator[Delta]:
        """Yield deltas as `deltas()`, and go on to the next route while that is allowed."""
        open_stream = self._open_routed(routed)
        waiting = self._begin_deltas(open_stream)
        begun = open_stream.handed_over
        while True:
            while waiting:
                begun = True
                yield waiting.popleft()
            self._may_move = routed.may_restart or not begun
            try:
                chunk, _ = self._next()
            except StopIteration:
                last = open_stream.dialect.deltas(None)
                if not last:
                    return
                waiting.extend(last)
            except GatewayError as error:
                if not self._may_move:
                    raise
                self._deltas, open_stream = None, self._move(routed, error)
                waiting = self._begin_deltas(open_stream)
                if begun:
                    from ..._wire.deltas import Restarted

                    yield Restarted(routed.route)
            else:
                if chunk is not None:
                    waiting.extend(open_stream.dialect.deltas(chunk))

    def _open_routed(self, routed: RoutedCall[Any], *, ended_is_fine: bool = False) -> OpenStream[ChunkT, FinalT]:
        if self._open_stream is None and self._state == "open":
            self._open_stream = routed.open()
        return self._opened(ended_is_fine=ended_is_fine)

    def _move(self, routed: RoutedCall[Any], error: GatewayError) -> OpenStream[ChunkT, FinalT]:
        """Open the next route's stream in place of the one that broke. Raise the error of the call if there is none."""
        self._open_stream = routed.move(error, self._opened())
        return self._open_stream

    def events(self) -> Iterator[SSEvents]:
        """Yield the raw server-sent events, including those without a chunk (`[DONE]`).

        Raises:
            ValueError: As `text()`.
        """
        from ..._wire.sse import SSEvents

        self._opened("events()")
        while True:
            try:
                _, event = self._next()
            except StopIteration:
                return
            yield SSEvents.from_raw(event)

    def final(self) -> FinalT:
        """Read the rest of the stream and return the whole answer, of the type that the call without streaming returns.

        If the stream has several turns, this is the last one (see `turns`). If `on_truncation="return"` accepted a
        truncated stream, the answer's `complete` is False.

        Raises:
            GatewayError: As while reading.
            RuntimeError: The call was made with `assemble=False`, or the stream was closed before its end.
        """
        self._read_rest()
        turns = self.turns
        if not turns:
            raise RuntimeError("the stream has no complete answer: it had no content, or the call used assemble=False")
        return turns[-1]

    def _read_rest(self) -> None:
        """Read the rest of the stream without handing it over. Go on to the next route while that is allowed."""
        routed = self._routed
        if routed is None:
            open_stream = self._opened(ended_is_fine=True)
        else:
            open_stream = self._open_routed(routed, ended_is_fine=True)
            self._may_move = not open_stream.handed_over and self._deltas is None
        while not open_stream.ended or open_stream.queue or open_stream.failure is not None:
            try:
                self._next()
            except StopIteration:
                break
            except GatewayError as error:
                if routed is None or not self._may_move:
                    raise
                open_stream = self._move(routed, error)
        if routed is not None:
            routed.closed(open_stream)
        if open_stream.watch is not None:
            open_stream.watch.closed(open_stream.failure, cancelled=self._session.closed and not open_stream.ended)

    def partial(self) -> FinalT | None:
        """Return the answer assembled so far. Return None before the first chunk, and with `assemble=False`."""
        open_stream = self._open_stream
        turns = [] if open_stream is None else open_stream.dialect.turns(complete=False)
        return turns[-1] if turns else None

    @property
    def turns(self) -> list[FinalT]:
        """The assistant turns so far, oldest first.

        There are several turns when the gateway itself ran tools (MCP, gateway-behaviour.md#mcp-tools). The tool calls
        of every turn but the last have `ran_on_gateway` set and must not be run again.
        """
        open_stream = self._open_stream
        if open_stream is None:
            return []
        whole = open_stream.dialect.terminal and self._complete
        turns = open_stream.dialect.turns(complete=whole)
        if turns:
            attach_meta(turns[-1], open_stream.meta)
            if open_stream.watch is not None and self.cost is not None:
                set_cost(turns[-1], self.cost)
        return turns

    @property
    def meta(self) -> Meta:
        """Details of the response: status, headers, selected provider and model, attempts. The stream must be open."""
        if self._open_stream is None:
            raise RuntimeError("the stream is not open yet: enter its `with` block first")
        return self._open_stream.meta

    @property
    def cost(self) -> Cost | None:
        """The cost of the call, with bounds after a break. None before its end, and without prices in the client."""
        open_stream = self._open_stream
        if open_stream is None or open_stream.watch is None or open_stream.watch.booking is None:
            return None
        return open_stream.watch.booking.cost

    def close(self) -> None:
        """Release the connection. The `with` block calls this method. Calling it twice is harmless."""
        open_stream = self._open_stream
        if open_stream is not None and self._state == "open":
            try:
                open_stream.release()
            finally:
                if self._routed is not None:
                    self._routed.closed(open_stream)
                if open_stream.watch is not None:
                    open_stream.watch.closed(open_stream.failure)
        self._state = "closed"

    def _abandon(self, *, cancelled: bool = False) -> None:
        open_stream = self._open_stream
        if open_stream is not None and self._state == "open":
            open_stream.abandon()
            if self._routed is not None:
                self._routed.closed(open_stream)
            if open_stream.watch is not None:
                open_stream.watch.closed(open_stream.failure, cancelled=cancelled)
        self._state = "closed"

    def _opened(self, view: str = "", *, ended_is_fine: bool = False) -> OpenStream[ChunkT, FinalT]:
        open_stream = self._open_stream
        if view and self._routed is not None and self._routed.may_restart:
            raise ValueError(f'{view} cannot show a restart: use deltas() with Fallback(after_content="restart")')
        if open_stream is None:
            raise RuntimeError("the stream is not open: write `with client.…_stream(…) as stream:`")
        if self._state == "closed" and not (ended_is_fine and self._read_whole(open_stream)):
            raise RuntimeError("the stream is closed: read it inside its `with` block")
        return open_stream

    @staticmethod
    def _read_whole(open_stream: OpenStream[ChunkT, FinalT]) -> bool:
        return not open_stream.queue and (open_stream.dialect.terminal or open_stream.failure is not None)

    def _next(self) -> tuple[ChunkT | None, RawEvent]:
        """Return the next item of the queue. Raise StopIteration or the failure at the end."""
        open_stream = self._open_stream
        if open_stream is None or self._state != "open":
            open_stream = self._opened(ended_is_fine=True)
        queue = open_stream.queue
        while not queue:
            if open_stream.ended:
                self._end(open_stream)
            open_stream.pull()
        item = queue.popleft()
        if item[0] is not None:
            open_stream.dialect.fold(item[0])
        return item

    def _end(self, open_stream: OpenStream[ChunkT, FinalT]) -> NoReturn:
        """Raise StopIteration after a whole or accepted answer, and the failure otherwise."""
        error = open_stream.failure
        accepted = self._return_truncated and isinstance(error, StreamTruncatedError)
        if error is not None and not accepted:
            error = open_stream.failed()  # adds the partial answer
            if self._routed is not None:
                if self._may_move:
                    raise error  # the caller goes on to the next route
                error = self._routed.broke(error)
        elif self._routed is not None:
            self._routed.closed(open_stream)
        if open_stream.watch is not None:
            open_stream.watch.closed(error, cancelled=self._session.closed and error is not None)
        if error is not None:
            if not accepted:
                raise error
            self._complete = False
        raise StopIteration

    def __del__(self) -> None:
        if self._state == "open" and self._open_stream is not None and not self._open_stream.ended:
            self._open_stream.abandon()
            if self._routed is not None:
                self._routed.closed(self._open_stream)
            warnings.warn(f"unclosed stream, opened at {self._where}", ResourceWarning, source=self, stacklevel=2)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._call.method} {self._call.path} {self._state}>"


class _BodyStream(Stream[bytes, bytes]):
    """The stream of a body, without a watch while the body is checked."""

    def exchange_watch(self, watch: CallWatch | None) -> CallWatch | None:
        """Replace the watch of the open stream. Return the old one."""
        open_stream = self._opened(ended_is_fine=True)
        old, open_stream.watch = open_stream.watch, watch
        return old


class ByteStream:
    """A streamed response body.

    Use it in a `with` block and iterate over it: each item is a piece of the body, as it arrived from the network.
    `events()` reads the body as server-sent events instead. Nothing is stored, so memory stays constant.

    Raises (on entering, and while reading):
        StatusError: The gateway or the provider returned an error status.
        StreamTruncatedError: The body was truncated.
        StreamStalledError: A timeout expired while waiting for data.
        RequestError: No response was received.
    """

    def __init__(
        self,
        session: Session,
        call: StreamCall[bytes, bytes],
        settings: ClientSettings[TokenSource],
        refuse: Callable[[Reply], None] | None = None,
    ) -> None:
        self._stream = _BodyStream(session, call, settings)
        self._max_body, self._max_event = settings.max_body, settings.max_event
        self._refuse = refuse

    def __enter__(self) -> Self:
        self._stream.__enter__()
        try:
            self._check()
        except BaseException as error:
            self._stream.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.__exit__(kind, error, trace)

    def __iter__(self) -> Self:
        self._stream.__iter__()
        return self

    def __next__(self) -> bytes:
        return self._stream.__next__()

    def events(self) -> Iterator[SSEvents]:
        """Yield the server-sent events in the body. A body without events yields nothing.

        Raises:
            StreamError: An event is larger than `max_event`.
        """
        from ..._wire.sse import EventParser, SSEvents

        parser = EventParser(self._max_event)
        for piece in self:
            for at in range(0, len(piece), MAX_PIECE):
                if at:
                    yield_turn()
                for event in parser.feed(piece[at : at + MAX_PIECE]):
                    yield SSEvents.from_raw(event)
            if parser.failure is not None:
                raise parser.failure
        for event in parser.end():  # "data: x\n" + end of body: the last event may lack its empty line
            yield SSEvents.from_raw(event)

    def read(self) -> bytes:
        """Read the rest of the body and return it.

        Raises:
            ResponseTooLargeError: It is larger than `max_body`.
        """
        body = bytearray()
        for piece in self:
            body += piece
            if len(body) > self._max_body:
                self._stream.close()
                text = f"the answer is larger than max_body={self._max_body} bytes"
                raise ResponseTooLargeError(text, limit=self._max_body, hint=RAISE_MAX_BODY)
        return bytes(body)

    @property
    def meta(self) -> Meta:
        """Details of the response: status, headers, attempts. The stream must be open."""
        return self._stream.meta

    @property
    def content_type(self) -> str:
        """The Content-Type of the response, or "" if it has none."""
        return self.meta.headers.get("content-type", "")

    @property
    def cost(self) -> Cost | None:
        """The cost of the call, as of a `Stream`. None before its end, and without prices in the client."""
        return self._stream.cost

    def close(self) -> None:
        """Release the connection. The `with` block calls this method. Calling it twice is harmless."""
        self._stream.close()

    def _check(self) -> None:
        """Read a response of type JSON or text whole, and reject it where audio bytes were expected."""
        if self._refuse is not None and self.content_type.lower().startswith(("application/json", "text/")):
            watch = self._stream.exchange_watch(None)  # a whole body that is rejected is a failed call
            try:
                body = self.read()
                self._refuse(Reply(self.meta.status, Headers(self.meta.headers.items()), body))
            except BaseException as error:
                if watch is not None:
                    watch.raised(error)
                raise
            self._stream.exchange_watch(watch)

    def __repr__(self) -> str:
        return repr(self._stream).replace(type(self._stream).__name__, type(self).__name__, 1)
