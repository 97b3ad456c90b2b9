"""The reader that the dialects of JSON events share, and the reader of byte streams."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypedDict, TypeVar

import msgspec

from .._model.json_values import parse
from .._model.model import Model
from .._model.type_info import build_decoder
from .._wire import codec
from .._wire.problem import read_bad_frame, read_stream_error
from ..errors import (
    DecodingError,
    DeserializationError,
    GatewayError,
    SerializationError,
    StreamError,
    StreamTruncatedError,
)
from .reader import EventStreamReader, is_error_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._wire.deltas import Delta
    from .._wire.sse import RawEvent
    from .state import Assembly

__all__ = ["TOO_DEEP", "ByteDialect", "DeltaView", "EventDialect", "JsonEventDialect", "Options", "too_deep"]

ChunkT = TypeVar("ChunkT")
FinalT = TypeVar("FinalT")
StateT = TypeVar("StateT", bound="Assembly[Any, Any]")
ChunkT_contra = TypeVar("ChunkT_contra", contravariant=True)
MAX_EVENT = 64 * 1024 * 1024
TOO_DEEP = (RecursionError, SerializationError)
"""Errors of walking through JSON that is nested too deeply."""


class DeltaView(Protocol[ChunkT_contra]):
    """The events that all dialects share, read from a state."""

    def of(self, chunk: ChunkT_contra, /) -> list[Delta]:
        """Return the events of the chunk that the state took last."""
        ...

    def at_end(self) -> list[Delta]:
        """Return the events of the stream's end; asked again, nothing."""
        ...


class Options(TypedDict, total=False):
    """The options of one attempt.

    Attributes:
        provider: The provider asked for, to be named in errors.
        model: The model asked for, to be named in errors.
        assemble: Keep the content, so that `final` has it; otherwise memory stays constant.
        max_event: The largest event accepted, in bytes.
    """

    provider: str | None
    model: str | None
    assemble: bool
    max_event: int


class EventDialect(ABC, Generic[ChunkT, FinalT, StateT]):
    """One attempt at a stream of JSON events (see `Dialect`).

    A subclass defines what its events mean: which of them is an error, which ends the answer, what counts as content.
    The end of the body never proves an answer whole: the gateway ends one whose provider broke off as cleanly as any
    other (gateway-behaviour.md#chat-streaming, #messages, #responses).

    Args:
        chunk: The type of an event.
        final: The type of a whole answer.
        state: Takes the chunks that are handed over.
        provider: As in `Options`, like the rest.

    Attributes:
        state: What has been handed over. `turns`, `partial()`, `final()` and `deltas` read it, and nothing else.
    """

    __slots__ = ("_assemble", "_decode", "_final", "_model", "_provider", "_reader", "_view", "closed",
                 "error_event", "failure", "state")  # fmt: skip

    def __init__(
        self,
        chunk: type[ChunkT],
        final: type[FinalT],
        state: StateT,
        *,
        provider: str | None = None,
        model: str | None = None,
        assemble: bool = True,
        max_event: int = MAX_EVENT,
    ) -> None:
        self.failure: GatewayError | None = None
        self.closed = False
        self.error_event = False  # the failure came as an event: it counts even after the end of the answer
        self.state = state
        self._provider, self._model = provider, model
        self._reader = EventStreamReader(max_event)
        self._decode: Callable[[bytes | memoryview], ChunkT] = codec.ChunkDecoder(chunk).decode
        self._final = final
        self._assemble = assemble
        self._view: DeltaView[ChunkT] | None = None

    @property
    @abstractmethod
    def terminal(self) -> bool:
        """The terminal marker has come: whatever breaks now, the answer is whole."""

    @property
    def may_continue(self) -> bool:
        """Nothing follows the terminal marker."""
        return False

    def feed(self, data: bytes) -> list[tuple[ChunkT | None, RawEvent]]:
        """Return the chunks that these bytes complete, each with its raw event (the chunk is None for `[DONE]`)."""
        events = self._reader.feed(data)
        chunks = self._read(events) if events else []
        if self._reader.failure is not None and not self.closed:
            self.failure = self._reader.failure
            self.closed = True
        return chunks

    def end(self) -> list[tuple[ChunkT | None, RawEvent]]:
        """Return what a last unterminated line holds, the body having ended; afterwards `failure` has the verdict."""
        if self.closed:
            return []
        chunks = self._read(self._reader.end(), whole=False)
        if self.failure is None and not self._ends_whole():
            self.failure = self._reader.verdict(self._provider, self._model) or self.truncated()
            self._adopt_plain_json()
        self.closed = True
        return chunks

    def truncated(self, why: str = "the stream ended") -> StreamTruncatedError:
        """Return the error for an end that came too early."""
        return StreamTruncatedError(
            f"{why} before the answer was whole: {self._missing()}",
            hint='pass on_truncation="return" to accept what came; the error\'s .partial holds it.',
        )

    @abstractmethod
    def has_content(self, chunk: ChunkT) -> bool:
        """Return whether a chunk has content or an end, for which the clocks of the stream wait."""

    @abstractmethod
    def text(self, chunk: ChunkT) -> str | None:
        """Return the text a chunk adds."""

    def fold(self, chunk: ChunkT) -> None:
        """Take a chunk that is handed over.

        Raises:
            DecodingError: It is nested too deeply.
        """
        if self._assemble:
            try:
                self.state.add(chunk)
            except TOO_DEEP:
                raise too_deep() from None

    def watch_deltas(self) -> None:
        """Make `deltas` available; called before the first chunk is handed over."""
        if self._view is None:
            self._view = self._make_view()

    def deltas(self, chunk: ChunkT | None) -> list[Delta]:
        """Return the events that all dialects share: of the chunk folded last, or for None of the stream's end.

        Raises:
            DecodingError: The chunk is nested too deeply.
        """
        view = self._view
        if view is None:
            return []
        try:
            if chunk is None:
                return view.at_end()
            if not self._assemble:
                self.state.add(chunk)
            return view.of(chunk)
        except TOO_DEEP:
            raise too_deep() from None

    def turns(self, *, complete: bool = True) -> list[FinalT]:
        """Return the answers so far, oldest first; none before one begins, and none without assembly.

        Raises:
            DecodingError: They are nested too deeply.
        """
        try:
            return self.state.turns(complete=complete)
        except TOO_DEEP:
            raise too_deep() from None

    @abstractmethod
    def _make_view(self) -> DeltaView[ChunkT]:
        """Return the view that `deltas` reads. Its module is imported only where somebody asks for deltas."""

    @abstractmethod
    def _follow(self, chunk: ChunkT, event: RawEvent) -> ChunkT | None:
        """Take a chunk that arrives into account. Return what of it is handed over: nothing of most errors."""

    @abstractmethod
    def _missing(self) -> str:
        """Return what has not come, in the words of an error."""

    def _ends_whole(self) -> bool:
        """Return whether an orderly end here is the end of the answer."""
        return self.terminal

    def _cut_off(self, why: str) -> None:
        """Note that the stream ends without being whole."""
        self.failure = self.truncated(why)

    def _fail(self, chunk: ChunkT, event: RawEvent) -> None:
        """Note that this chunk is an error."""
        self.error_event = True
        error = codec.to_builtins(chunk)
        self.failure = read_stream_error(error, event[0], provider=self._provider, model=self._model)

    def _bad_frame(self, event: RawEvent, error: GatewayError) -> GatewayError:
        """Return the failure for an event that cannot be decoded, `error` being why."""
        return read_bad_frame(event[0], provider=self._provider, model=self._model)

    def _read(self, events: list[RawEvent], *, whole: bool = True) -> list[tuple[ChunkT | None, RawEvent]]:
        """Return the events as chunks, up to the one after which nothing counts."""
        chunks: list[tuple[ChunkT | None, RawEvent]] = []
        decode, follow = self._decode, self._follow
        for event in events:
            data = event[0]
            if data[:6] == b"[DONE]":
                chunks.append((None, event))
                self._done()
            else:
                try:
                    chunk = follow(decode(data), event)
                except (DecodingError, DeserializationError) as error:
                    if whole:  # half an event at the end of the body is truncation, not a bad frame
                        self.failure = self._bad_frame(event, error)
                except TOO_DEEP:
                    self.failure = too_deep()
                else:
                    if chunk is not None:
                        chunks.append((chunk, event))
            if self.failure is not None:
                self.closed = True
            if self.closed:
                break
        return chunks

    def _done(self) -> None:
        """Take `[DONE]`, which proves nothing: the gateway sends it after errors, and providers do in any dialect.

        See gateway-behaviour.md#mcp-tools.
        """
        self.closed = True
        if not self._ends_whole():
            self._cut_off("the stream sent [DONE]")

    def _adopt_plain_json(self) -> None:
        """Keep a whole answer that came without an event stream for the error's partial."""
        body = self._reader.plain_json()
        if body is None:
            return
        try:
            answer = codec.decode(body, self._final)
        except (GatewayError, RecursionError):  # it was cut off
            return
        self.state.adopt(answer)


def too_deep() -> DecodingError:
    """Return the error for JSON that is nested too deeply."""
    return DecodingError("the stream sent JSON that is nested too deeply to read")


class JsonEventDialect(EventDialect[ChunkT, "list[ChunkT]", "EventList[ChunkT]"]):
    """A `Dialect` for an endpoint that has no method: a stream of JSON events of one type.

    The whole answer is the list of the events. An event with an `error` object raises as in every other stream. The
    stream is whole when the event that `is_last` accepts has come, or `[DONE]` where `is_last` is None.

    Args:
        chunk: The type of each event: `dict`, or a msgspec Struct, dataclass or TypedDict.
        is_last: Accepts the event that ends the answer.
        text: Returns the text that an event adds, for the stream's `text()`.
        assemble: Keep the events, so that `final()` has them; otherwise memory stays constant.
        max_event: The largest event accepted, in bytes.
    """

    __slots__ = ("_is_done", "_is_last", "_text")

    def __init__(
        self,
        chunk: type[ChunkT],
        *,
        is_last: Callable[[ChunkT], bool] | None = None,
        text: Callable[[ChunkT], str | None] | None = None,
        assemble: bool = True,
        max_event: int = MAX_EVENT,
    ) -> None:
        super().__init__(chunk, list, EventList(), assemble=assemble, max_event=max_event)
        kind: Any = chunk
        if not (isinstance(kind, type) and issubclass(kind, Model)):  # ChunkDecoder knows the contract's types only
            self._decode = _event_decoder(chunk)
        self._is_last, self._text = is_last, text
        self._is_done = False

    @property
    def terminal(self) -> bool:
        """Whether the last event has come."""
        return self._is_done

    def has_content(self, chunk: ChunkT) -> bool:
        """Return True: each event counts as content."""
        return True

    def text(self, chunk: ChunkT) -> str | None:
        """Return the text an event adds; None without `text`."""
        return None if self._text is None else self._text(chunk)

    def _make_view(self) -> DeltaView[ChunkT]:
        raise TypeError(
            "deltas() knows chat completions, Responses and Messages: iterate over the events of this stream"
        )

    def _follow(self, chunk: ChunkT, event: RawEvent) -> ChunkT | None:
        if b'"error"' in event[0] and is_error_object(parse(event[0])):
            self.failure = self._bad_frame(event, DeserializationError())
            return None
        if self._is_last is not None and self._is_last(chunk):
            self._is_done = True
        return chunk

    def _bad_frame(self, event: RawEvent, error: GatewayError) -> GatewayError:
        """Return the error that the event holds, or why it does not fit the type."""
        if not isinstance(error, DeserializationError):
            return super()._bad_frame(event, error)
        value = parse(event[0])
        if not is_error_object(value):
            return error
        self.error_event = True
        return read_stream_error(value, event[0])

    def _adopt_plain_json(self) -> None:
        """Keep nothing: an answer that is not an event stream has no events."""

    def _missing(self) -> str:
        return "`[DONE]` did not come" if self._is_last is None else "no event was the last one"

    def _done(self) -> None:
        self._is_done = self._is_done or self._is_last is None
        super()._done()


def _event_decoder(chunk: type[ChunkT]) -> Callable[[bytes | memoryview], ChunkT]:
    """Return a decoder of a type that is not the contract's."""
    decode = build_decoder(chunk).decode

    def decode_event(data: bytes | memoryview) -> ChunkT:
        try:
            event: ChunkT = decode(data)
        except msgspec.ValidationError as error:
            raise DeserializationError(f"an event does not fit {chunk.__name__}: {error}") from None
        except (msgspec.DecodeError, ValueError):
            raise DecodingError("an event is not JSON") from None
        return event

    return decode_event


class EventList(list[ChunkT]):
    """The state of a `JsonEventDialect`: the events that were handed over."""

    __slots__ = ()

    def add(self, chunk: ChunkT) -> None:
        """Take the next event."""
        self.append(chunk)

    def adopt(self, answer: list[ChunkT]) -> None:
        """Take the events of an answer that came whole."""
        self[:] = answer

    def turns(self, *, complete: bool) -> list[list[ChunkT]]:
        """Return the events so far as the only turn; nothing before the first."""
        return [list(self)] if self else []


class ByteDialect:
    """One attempt at a stream of bytes (see `Dialect`). It is whole when its body is, and keeps nothing.

    Args:
        wanted: The name of what the body must hold, for the error about an empty one; None when it may be empty.
    """

    __slots__ = ("_any", "_wanted", "closed", "failure", "terminal")
    error_event = False
    max_piece = 1 << 62  # bytes are handed over as they come: looking at them costs nothing

    def __init__(self, wanted: str | None = None) -> None:
        self.failure: GatewayError | None = None
        self.closed = False
        self.terminal = False
        self._any = False
        self._wanted = wanted

    @property
    def may_continue(self) -> bool:
        """Always False: nothing follows the end of a body."""
        return False

    def feed(self, data: bytes) -> list[tuple[bytes | None, RawEvent]]:
        """Return the bytes themselves."""
        self._any = True
        return [(data, (data, "", None))]

    def end(self) -> list[tuple[bytes | None, RawEvent]]:
        """Return nothing more; an empty body fails where something was wanted."""
        if self._any or self._wanted is None:
            self.terminal = True
        else:
            self.failure = StreamError(f"the answer has status 200 but holds no {self._wanted}")
        return []

    def truncated(self, why: str = "the body ended too early") -> StreamTruncatedError:
        """Return the error for a body that was cut."""
        return StreamTruncatedError(f"the answer was cut: {why}")

    def has_content(self, chunk: bytes) -> bool:
        """Return True for any bytes: each is content."""
        return bool(chunk)

    def text(self, chunk: bytes) -> str | None:
        """Return None: bytes are not taken for text."""
        return None

    def watch_deltas(self) -> None:
        """Do nothing: byte streams have no deltas."""

    def deltas(self, chunk: bytes | None) -> list[Delta]:
        """Return nothing: byte streams have no deltas."""
        return []

    def fold(self, chunk: bytes) -> None:
        """Keep nothing."""

    def turns(self, *, complete: bool = True) -> list[bytes]:
        """Return nothing: nothing is kept."""
        return []
