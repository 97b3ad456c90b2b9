# Derived from ../_async/stream.py by scripts/derive_blocking.py: do not edit.
"""The streams a client returns: typed chunks, and bytes."""

from __future__ import annotations

import warnings
from collections import deque
from typing import TYPE_CHECKING, Generic, Literal, NoReturn, TypeVar

from ..._wire.call import Reply, StreamCall
from ..._wire.headers import Headers
from ...errors import ResponseTooLargeError, StreamTruncatedError
from ..retry_state import RAISE_MAX_BODY
from ..runtime import caller, yield_turn
from .session import MAX_PIECE, attach_meta

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self

    from ..._model.unknown_fields import Meta
    from ..._wire.deltas import Delta
    from ..._wire.sse import RawEvent, SSEvents
    from ..runtime import TokenSource
    from ..settings import ClientSettings
    from .session import OpenStream, Session

__all__ = ["ByteStream", "Stream"]


ChunkT = TypeVar("ChunkT")
FinalT = TypeVar("FinalT")


class Stream(Generic[ChunkT, FinalT]):
    """A streamed answer.

    Use it in a `with` block and iterate over it: each item is a chunk. `text()`, `deltas()` and `events()` give other
    views of the same stream; one reader, one view at a time. Afterwards `final()` is the whole answer.

    Raises (on entering, and while reading):
        StatusError: The gateway said no, or an error came inside the stream; its class tells which.
        StreamTruncatedError: The stream ended before its answer was whole.
        StreamStalledError: Nothing came for too long.
        StreamError: What came is no stream of this kind.
        RequestError: No answer came.
    """

    def __init__(
        self,
        session: Session,
        call: StreamCall[ChunkT, FinalT],
        settings: ClientSettings[TokenSource],
        *,
        on_truncation: Literal["raise", "return"] = "raise",
    ) -> None:
        self._session = session
        self._call = call
        self._settings = settings
        self._return_truncated = on_truncation == "return"
        self._open_stream: OpenStream[ChunkT, FinalT] | None = None
        self._state = "new"
        self._complete = True
        self._deltas: deque[Delta] | None = None  # of the last chunk, those not handed over
        self._where = caller()
        if not isinstance(call, StreamCall):  # pyright: ignore[reportUnnecessaryIsInstance]  # for users without a checker
            raise TypeError(f"call must be a StreamCall (send() takes a Call), got {type(call).__name__}")
        if on_truncation not in ("raise", "return"):
            raise ValueError(f'on_truncation must be "raise" or "return", got {on_truncation!r}')

    def __enter__(self) -> Self:
        if self._state != "new":
            raise RuntimeError(f"this stream is {self._state}: a stream is used once, ask for another")
        self._state = "open"
        try:
            self._open_stream = self._session.start(self._call, self._settings)
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
            self._abandon()

    def __iter__(self) -> Self:
        self._opened()
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
        """The text of the answer in pieces, as it comes; nothing for chunks without text."""
        open_stream = self._opened()
        text = open_stream.dialect.text
        for chunk in self:
            if piece := text(chunk):
                yield piece

    def deltas(self) -> Iterator[Delta]:
        """What the stream tells, in events that are the same for chat completions, Responses and Messages.

        Raises:
            RuntimeError: Another view has read the beginning, without which a tool call cannot be told whole.
        """
        open_stream = self._opened()
        if self._deltas is None:
            if open_stream.handed_over:
                raise RuntimeError("deltas() tells a stream from its beginning: ask for it before reading")
            self._deltas = deque()
            if watch := getattr(open_stream.dialect, "watch_deltas", None):
                watch()
        waiting, next_deltas = self._deltas, open_stream.dialect.deltas
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

    def events(self) -> Iterator[SSEvents]:
        """The raw server-sent events, those without a chunk (`[DONE]`) included."""
        from ..._wire.sse import SSEvents

        self._opened()
        while True:
            try:
                _, event = self._next()
            except StopIteration:
                return
            yield SSEvents.from_raw(event)

    def final(self) -> FinalT:
        """The whole answer, of the type the call without streaming returns; reads what has not been read yet.

        Of a stream with several turns it is the last (see `turns`). After `on_truncation="return"` accepted an early
        end, the answer's `complete` is False.

        Raises:
            GatewayError: As while reading.
            RuntimeError: The stream was made with `assemble=False`, or closed before its end.
        """
        open_stream = self._opened(ended_is_fine=True)
        while not open_stream.ended or open_stream.queue or open_stream.failure is not None:
            try:
                self._next()
            except StopIteration:
                break
        turns = self.turns
        if not turns:
            raise RuntimeError("there is no whole answer: the stream was made with assemble=False, or brought nothing")
        return turns[-1]

    def partial(self) -> FinalT | None:
        """What the chunks handed over so far add up to; None before the first, and with `assemble=False`."""
        open_stream = self._open_stream
        turns = [] if open_stream is None else open_stream.dialect.turns(complete=False)
        return turns[-1] if turns else None

    @property
    def turns(self) -> list[FinalT]:
        """Each assistant turn so far, oldest first.

        There is more than one when the gateway ran tools itself (MCP, gateway-behaviour.md#mcp-tools): the tool calls
        of a turn that
        another turn follows have `ran_on_gateway` set and must not be run again.
        """
        open_stream = self._open_stream
        if open_stream is None:
            return []
        whole = open_stream.dialect.terminal and self._complete
        turns = open_stream.dialect.turns(complete=whole)
        if turns:
            attach_meta(turns[-1], open_stream.meta)
        return turns

    @property
    def meta(self) -> Meta:
        """How the answer came: status, headers, the provider and model selected, attempts. Of an opened stream."""
        if self._open_stream is None:
            raise RuntimeError("the stream is not open yet: enter it with `with` first")
        return self._open_stream.meta

    def close(self) -> None:
        """Give the connection back; may be called twice. The `with` block does it."""
        if self._open_stream is not None and self._state == "open":
            self._open_stream.release()
        self._state = "closed"

    def _abandon(self) -> None:
        if self._open_stream is not None and self._state == "open":
            self._open_stream.abandon()
        self._state = "closed"

    def _opened(self, *, ended_is_fine: bool = False) -> OpenStream[ChunkT, FinalT]:
        open_stream = self._open_stream
        if open_stream is None:
            raise RuntimeError("a stream is opened by its `with` block: write `with client.…_stream(…) as stream:`")
        if self._state == "closed" and not (ended_is_fine and self._read_whole(open_stream)):
            raise RuntimeError("the stream is closed: read it inside its `with` block")
        return open_stream

    @staticmethod
    def _read_whole(open_stream: OpenStream[ChunkT, FinalT]) -> bool:
        return not open_stream.queue and (open_stream.dialect.terminal or open_stream.failure is not None)

    def _next(self) -> tuple[ChunkT | None, RawEvent]:
        """The next item of the queue; raises at the end."""
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
        """Raise the verdict at the end of the queue: StopIteration for a whole answer."""
        error = open_stream.failure
        if error is not None:
            if not (self._return_truncated and isinstance(error, StreamTruncatedError)):
                raise open_stream.failed()
            self._complete = False
        raise StopIteration

    def __del__(self) -> None:
        if self._state == "open" and self._open_stream is not None and not self._open_stream.ended:
            self._open_stream.abandon()
            warnings.warn(f"unclosed stream, opened at {self._where}", ResourceWarning, source=self, stacklevel=2)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._call.method} {self._call.path} {self._state}>"


class ByteStream:
    """An answer's bytes as they come.

    Use it in a `with` block and iterate over it: each item is a piece of the body, cut wherever the network cut it.
    `events()` reads the body as server-sent events instead. Nothing is kept, so memory stays constant.

    Raises (on entering, and while reading):
        StatusError: The gateway or the provider said no.
        StreamTruncatedError: The body was cut.
        StreamStalledError: Nothing came for too long.
        RequestError: No answer came.
    """

    def __init__(
        self,
        session: Session,
        call: StreamCall[bytes, bytes],
        settings: ClientSettings[TokenSource],
        refuse: Callable[[Reply], None] | None = None,
    ) -> None:
        self._stream = Stream(session, call, settings)
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
        """The server-sent events in the body, and nothing for a body that holds none.

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
        for event in parser.end():  # the body came whole: its last event may lack its empty line
            yield SSEvents.from_raw(event)

    def read(self) -> bytes:
        """The rest of the body, whole.

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
        """How the answer came: status, headers, attempts. Of an opened stream."""
        return self._stream.meta

    @property
    def content_type(self) -> str:
        """What the bytes are, as the answer says; "" when it does not."""
        return self.meta.headers.get("content-type", "")

    def close(self) -> None:
        """Give the connection back; may be called twice. The `with` block does it."""
        self._stream.close()

    def _check(self) -> None:
        """What says of itself that it is text is read whole and refused where bytes were asked for."""
        if self._refuse is not None and self.content_type.lower().startswith(("application/json", "text/")):
            body = self.read()
            self._refuse(Reply(self.meta.status, Headers(self.meta.headers.items()), body))

    def __repr__(self) -> str:
        return repr(self._stream).replace(type(self._stream).__name__, type(self).__name__, 1)
