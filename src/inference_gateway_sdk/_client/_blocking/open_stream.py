# Derived from ../_async/open_stream.py by scripts/derive_blocking.py: do not edit.
"""Read an open stream: its bytes in bounded pieces, their chunks into a queue, and the failure that ends it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from ..._http1.failures import DeadlineExceeded, TransportFailure, TruncatedResponse
from ...errors import GatewayError, StreamError
from .. import retry_state
from ..runtime import yield_turn

if TYPE_CHECKING:
    from typing import Self

    from ..._model.unknown_fields import Meta
    from ..._streams.reader import StreamDeadlines
    from ..._transport.protocols import TransportResponse
    from ..._wire.call import Dialect
    from ..._wire.sse import RawEvent
    from ..runtime import Runtime
    from ..watching import CallWatch

__all__ = ["MAX_PIECE", "OpenStream", "WatchedStream"]


ChunkT = TypeVar("ChunkT")
FinalT = TypeVar("FinalT")
MAX_PIECE = 4 * 1024  # bytes decoded at once: a few milliseconds even if each event is the smallest
_NOTHING = memoryview(b"")
MAX_TURN = 0.01  # seconds of decoding after which an event loop's other tasks get a turn

MAX_HELD = 256  # events without content that are held back, so that a retry goes unnoticed; then they are handed over
MAX_HELD_BYTES = 1024 * 1024


class _Owner(Protocol):
    """The part of the session that its streams use."""

    closed: bool
    runtime: Runtime


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
        session: _Owner,
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
        self._unread = _NOTHING  # the rest of a large read
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
        piece, rest = self._unread[: self._max_piece], self._unread[self._max_piece :]
        self._unread = rest if len(rest) else _NOTHING  # an empty slice would keep the whole read alive
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
