"""One opened stream: what has been read and not yet handed over, and how it stands."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

from .._http1.failures import DeadlineExceeded, Failure, Truncated
from ..errors import GatewayError, StreamError
from . import log

if TYPE_CHECKING:
    from .._model.meta import Meta
    from .._streams.guard import Guard
    from .._transport.protocols import AsyncAnswer
    from .._wire.call import Dialect
    from .._wire.sse import RawEvent
    from .session_async import AsyncSession

__all__ = ["Live"]

ChunkT = TypeVar("ChunkT")
FinalT = TypeVar("FinalT")


class Live(Generic[ChunkT, FinalT]):
    """One opened stream: what has been read and not yet handed over, and how it stands.

    Attributes:
        queue: Chunks with their raw events, in order; the chunk is None for an event that carries none.
        failure: What broke the stream, once the queue is empty.
        ended: Nothing more will be read.
        has_content: A chunk with content has come.
    """

    __slots__ = (
        "_answer",
        "_chunks",
        "_closed",
        "_guard",
        "_reading",
        "_session",
        "dialect",
        "ended",
        "failure",
        "has_content",
        "meta",
        "queue",
    )

    def __init__(
        self, session: AsyncSession, answer: AsyncAnswer, dialect: Dialect[ChunkT, FinalT], guard: Guard, meta: Meta
    ) -> None:
        self._session = session
        self._answer = answer
        self._guard = guard
        self._chunks = 0
        self._reading = False
        self._closed = False
        self.dialect = dialect
        self.meta = meta
        self.queue: deque[tuple[ChunkT | None, RawEvent]] = deque()
        self.failure: GatewayError | None = None
        self.ended = False
        self.has_content = False

    @property
    def handed_over(self) -> bool:
        """Whether somebody has taken an item from the queue."""
        return len(self.queue) < self._chunks

    async def pull(self) -> None:
        """Read once from the server, into the queue.

        Raises:
            RuntimeError: Somebody else is reading this stream now.
        """
        if self._reading:
            raise RuntimeError("the stream is being read by another task or thread: one reader at a time")
        self._reading = True
        monotonic, guard = self._session.effects.monotonic, self._guard
        start = monotonic()
        try:
            data = await self._answer.read(guard.deadline(start))
        except DeadlineExceeded as failure:
            guard.waited(monotonic() - start)
            self._stop(guard.stalled(self._chunks), failure)
        except Failure as failure:
            self._stop(self._broken(failure), failure)
        else:
            guard.waited(monotonic() - start)
            if self._take(data):
                await self._answer.release()
        finally:
            self._reading = False

    async def release(self) -> None:
        """Give the connection back; drains what is left of the answer when that is cheap.

        A read that is under way ends with an error.
        """
        self.ended = True
        if self._reading:  # by somebody else, who is told
            self._closed = True
            self._answer.abandon()
        else:
            await self._answer.release()

    def abandon(self) -> None:
        """Close the connection at once."""
        self.ended = True
        self._answer.abandon()

    def failed(self) -> GatewayError:
        """The failure, with what the stream had brought."""
        error = self.failure
        if error is None:
            error = StreamError("the stream was closed")
        while self.queue:  # held back for the first content, which never came
            chunk = self.queue.popleft()[0]
            if chunk is not None:
                self.dialect.fold(chunk)
        turns = self.dialect.turns(complete=False)
        error.partial = turns[-1] if turns else None
        error.meta = self.meta
        return error

    def _take(self, data: bytes) -> bool:
        """Read these bytes; whether they are the end, and well."""
        dialect, guard = self.dialect, self._guard
        items = dialect.feed(data) if data else dialect.end()
        if items:
            self.queue.extend(items)
            self._chunks += len(items)
            for chunk, _ in items:
                if chunk is not None and dialect.has_content(chunk):
                    self.has_content = True
                    guard.content()
                    break
        if dialect.failure is not None:
            self._stop(dialect.failure, None)
        elif dialect.closed or not data:
            self.ended = True
            return True
        elif dialect.terminal and not dialect.may_continue:
            guard.tail()
        return False

    def _stop(self, error: GatewayError, cause: Failure | None) -> None:
        """The stream ends here: whole, when its terminal marker had come; broken otherwise."""
        dialect = self.dialect
        if dialect.terminal and not (dialect.may_continue and dialect.failure is not None):
            log.odd_end(error)
        else:
            error.__cause__ = cause
            self.failure = error
        self.abandon()

    def _broken(self, failure: Failure) -> GatewayError:
        if self._closed:
            return StreamError("the stream was closed while it was being read")
        if self._session.closed:
            return self.dialect.truncated("the client was closed while the stream was open, so it ended")
        if isinstance(failure, Truncated):
            return self.dialect.truncated(f"the connection broke ({failure})")
        return StreamError(f"the stream cannot be read: {failure}")
