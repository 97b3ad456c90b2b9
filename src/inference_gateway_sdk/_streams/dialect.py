"""What the readers of all dialects share, and the reader of byte streams."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, Protocol, TypedDict, TypeVar

from .._wire import codec
from .._wire.problem import read_bad_frame, read_stream_error
from ..errors import DecodingError, DeserializationError, GatewayError, StreamError, StreamTruncatedError
from .reader import EventStreamReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._wire.deltas import Delta
    from .._wire.sse import RawEvent

__all__ = ["ByteDialect", "EventDialect", "Options", "State"]


ChunkT = TypeVar("ChunkT")
FinalT = TypeVar("FinalT")
ChunkT_contra = TypeVar("ChunkT_contra", contravariant=True)
AnswerT = TypeVar("AnswerT")
MAX_EVENT = 64 * 1024 * 1024


class State(Protocol[ChunkT_contra, AnswerT]):
    """The state of one stream, fed each chunk once. The assembled answers and the deltas are both read from it.

    Attributes:
        emitted: The deltas of the chunks added since it was last emptied; None when nobody reads them.
    """

    emitted: list[Delta] | None

    def add(self, chunk: ChunkT_contra, /) -> None:
        """Add one chunk."""
        ...

    def end(self) -> None:
        """Append the deltas of the stream's end, once."""
        ...

    def adopt(self, answer: AnswerT, /) -> None:
        """Take an answer that came whole as the only turn, unless it is empty."""
        ...

    def turns(self, *, complete: bool) -> list[AnswerT]:
        """Return the turns so far, oldest first; the last may be unfinished."""
        ...


class Options(TypedDict, total=False):
    """What can be said of one attempt.

    Attributes:
        provider: Asked for, to be named in errors.
        model: Asked for, to be named in errors.
        assemble: Keep the content, so that `final` has it; otherwise memory stays constant.
        max_event: The largest event accepted, in bytes.
    """

    provider: str | None
    model: str | None
    assemble: bool
    max_event: int


class EventDialect(ABC, Generic[ChunkT, FinalT]):
    """One attempt at a stream of JSON events (see `Dialect`).

    Args:
        chunk: The type of an event.
        final: The type of a whole answer.
        state: Makes the stream's state; its argument is whether to keep what the assembled answers need.
        provider: As in `Options`, like the rest.
    """

    __slots__ = (
        "_decode",
        "_final",
        "_frames",
        "_keep",
        "_make_state",
        "_model",
        "_provider",
        "_state",
        "closed",
        "error_event",
        "failure",
    )

    def __init__(
        self,
        chunk: type[ChunkT],
        final: type[FinalT],
        state: Callable[[bool], State[ChunkT, FinalT]],
        *,
        provider: str | None = None,
        model: str | None = None,
        assemble: bool = True,
        max_event: int = MAX_EVENT,
    ) -> None:
        self.failure: GatewayError | None = None
        self.closed = False
        self.error_event = False  # the failure came as an event: it counts even after the end of the answer
        self._provider, self._model = provider, model
        self._frames = EventStreamReader(max_event)
        self._decode = codec.ChunkDecoder(chunk).decode
        self._final = final
        self._keep = assemble
        self._make_state = state
        self._state = state(True) if assemble else None

    @property
    @abstractmethod
    def terminal(self) -> bool:
        """The terminal marker has come: whatever breaks now, the answer is whole."""

    @property
    def may_continue(self) -> bool:
        """Nothing follows the terminal marker."""
        return False

    def feed(self, data: bytes) -> list[tuple[ChunkT | None, RawEvent]]:
        """The chunks that these bytes complete, each with its raw event (the chunk is None for `[DONE]`)."""
        events = self._frames.feed(data)
        chunks = self._read(events) if events else []
        if self._frames.failure is not None and not self.closed:
            self.failure = self._frames.failure
            self.closed = True
        return chunks

    def end(self) -> list[tuple[ChunkT | None, RawEvent]]:
        """The body ended whole: what a last unterminated line still held; afterwards `failure` has the verdict."""
        if self.closed:
            return []
        chunks = self._read(self._frames.end(), whole=False)
        if self.failure is None and not self._ends_whole():
            self.failure = self._frames.verdict(self._provider, self._model) or self.truncated()
            self._adopt_plain_json()
        self.closed = True
        return chunks

    def truncated(self, why: str = "the stream ended") -> StreamTruncatedError:
        """The error for an end that came too early."""
        return StreamTruncatedError(
            f"{why} before the answer was whole: {self._missing()}",
            hint='pass on_truncation="return" to accept what came; the error\'s .partial holds it.',
        )

    @abstractmethod
    def has_content(self, chunk: ChunkT) -> bool:
        """Whether a chunk brings what a reader waits for."""

    @abstractmethod
    def text(self, chunk: ChunkT) -> str | None:
        """The text a chunk brings."""

    def watch_deltas(self) -> None:
        """Make `deltas` available; called before the first chunk is handed over."""
        if self._state is None:
            self._state = self._make_state(False)
        self._state.emitted = []

    def deltas(self, chunk: ChunkT | None) -> list[Delta]:
        """Return the deltas of the chunk that was handed over last, or for None those of the stream's end."""
        state = self._state
        if state is None or state.emitted is None:
            return []
        if chunk is None:
            state.end()
        deltas, state.emitted = state.emitted, []
        return deltas

    def fold(self, chunk: ChunkT) -> None:
        """Add a chunk that is handed over to the state.

        Raises:
            DecodingError: Its unknown fields are nested hundreds of levels deep.
        """
        state = self._state
        if state is not None:
            if state.emitted:  # of a chunk that another view took
                state.emitted = []
            try:
                state.add(chunk)
            except RecursionError:
                raise DecodingError("a chunk of the stream is nested too deeply to be read") from None

    def turns(self, *, complete: bool = True) -> list[FinalT]:
        """Return the answers so far, oldest first; empty before one begins and without assembly."""
        return self._state.turns(complete=complete) if self._keep and self._state is not None else []

    @abstractmethod
    def _follow(self, chunk: ChunkT, event: RawEvent) -> ChunkT | None:
        """Take a chunk into account. Returns what of it is to be handed over: nothing of most errors."""

    @abstractmethod
    def _missing(self) -> str:
        """What has not come, in the words of an error."""

    def _ends_whole(self) -> bool:
        """Whether an orderly end here is the end of the answer."""
        return self.terminal

    def _cut_off(self, why: str) -> None:
        """The stream says that it ends, and is not whole."""
        self.failure = self.truncated(why)

    def _fail(self, chunk: ChunkT, event: RawEvent) -> None:
        """This chunk is an error in the place of one."""
        self.error_event = True
        error = codec.to_builtins(chunk)
        self.failure = read_stream_error(error, event[0], provider=self._provider, model=self._model)

    def _read(self, events: list[RawEvent], *, whole: bool = True) -> list[tuple[ChunkT | None, RawEvent]]:
        """The events as chunks, up to the one after which nothing counts."""
        chunks: list[tuple[ChunkT | None, RawEvent]] = []
        decode, follow = self._decode, self._follow
        for event in events:
            data = event[0]
            if data[:6] == b"[DONE]":
                chunks.append((None, event))
                self._done()
            else:
                try:
                    decoded = decode(data)
                except (DecodingError, DeserializationError):
                    if whole:  # half an event at the end of the body is truncation, not a bad frame
                        self.failure = read_bad_frame(data, provider=self._provider, model=self._model)
                else:
                    chunk = follow(decoded, event)
                    if chunk is not None:
                        chunks.append((chunk, event))
            if self.failure is not None:
                self.closed = True
            if self.closed:
                break
        return chunks

    def _done(self) -> None:
        """`[DONE]` proves nothing: the gateway sends it after errors (WIRE section 13), providers in any dialect."""
        self.closed = True
        if not self._ends_whole():
            self._cut_off("the stream said [DONE]")

    def _adopt_plain_json(self) -> None:
        """A whole answer that came without an event stream is not lost: it stands in the error's partial."""
        body = self._frames.plain_json()
        if body is None or self._state is None:
            return
        try:
            answer = codec.decode(body, self._final)
        except GatewayError:  # it was cut off
            return
        self._state.adopt(answer)


class ByteDialect:
    """Reads one attempt at a stream of bytes (see `Dialect`). It is whole when its body is, and keeps nothing.

    Args:
        wanted: What must be there, for the error when there is nothing; None when nothing is fine.
    """

    __slots__ = ("_any", "_wanted", "closed", "failure", "terminal")
    error_event = False

    def __init__(self, wanted: str | None = None) -> None:
        self.failure: GatewayError | None = None
        self.closed = False
        self.terminal = False
        self._any = False
        self._wanted = wanted

    @property
    def may_continue(self) -> bool:
        """Never: nothing follows the end of a body."""
        return False

    def feed(self, data: bytes) -> list[tuple[bytes | None, RawEvent]]:
        """The bytes themselves."""
        self._any = True
        return [(data, (data, "", None))]

    def end(self) -> list[tuple[bytes | None, RawEvent]]:
        """Nothing more; an empty body fails where something was wanted."""
        if self._any or self._wanted is None:
            self.terminal = True
        else:
            self.failure = StreamError(f"the answer says 200 but holds no {self._wanted}")
        return []

    def truncated(self, why: str = "the body ended too early") -> StreamTruncatedError:
        """The error for a body that was cut."""
        return StreamTruncatedError(f"the answer was cut: {why}")

    def has_content(self, chunk: bytes) -> bool:
        """Every byte is content."""
        return bool(chunk)

    def text(self, chunk: bytes) -> str | None:
        """None: bytes are not taken for text."""
        return None

    def watch_deltas(self) -> None:
        """Do nothing: byte streams have no deltas."""

    def deltas(self, chunk: bytes | None) -> list[Delta]:
        """Return an empty list: byte streams have no deltas."""
        return []

    def fold(self, chunk: bytes) -> None:
        """Nothing is kept."""

    def turns(self, *, complete: bool = True) -> list[bytes]:
        """None: nothing is kept."""
        return []
