"""The reader that the dialects of JSON events share, and the reader of byte streams."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypedDict, TypeVar

import msgspec

from .._model.json_values import parse
from .._model.model import Model
from .._model.type_info import build_decoder
from .._wire import codec
from .._wire.problem import is_error_object, read_bad_frame, read_stream_error
from ..errors import (
    DecodingError,
    DeserializationError,
    GatewayError,
    SerializationError,
    StreamError,
    StreamTruncatedError,
)
from .reader import EventStreamReader

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
"""The errors of walking through JSON that is nested too deeply."""


class DeltaView(Protocol[ChunkT_contra]):
    """The events common to all dialects, read from a state."""

    def of(self, chunk: ChunkT_contra, /) -> list[Delta]:
        """Return the events of the chunk that was last added to the state."""
        ...

    def at_end(self) -> list[Delta]:
        """Return the events of the stream's end; a second call returns an empty list."""
        ...


class Options(TypedDict, total=False):
    """The options of one attempt.

    Attributes:
        provider: The requested provider, named in errors.
        model: The requested model, named in errors.
        assemble: Keep the content, so that `final` has it; otherwise memory stays constant.
        max_event: The largest event accepted, in bytes.
    """

    provider: str | None
    model: str | None
    assemble: bool
    max_event: int


class EventDialect(ABC, Generic[ChunkT, FinalT, StateT]):
    """One attempt at a stream of JSON events (see `Dialect`).

    A subclass defines the meaning of its events: which are errors, which end the answer, which count as content. The
    end of the body never proves that an answer is whole. The gateway ends the body in the same way when the provider
    broke off (gateway-behaviour.md#chat-streaming, #messages, #responses).

    Args:
        chunk: The type of an event.
        final: The type of a whole answer.
        state: The state that receives the chunks that are handed over.
        provider: As in `Options`, like the remaining arguments.

    Attributes:
        state: The part of the stream that was handed over; the only source of `turns`, `partial()`, `final()` and
            `deltas`.
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
        self.closed: bool = False
        self.error_event: bool = False  # the failure came as an event: it counts even after the end of the answer
        self.state: StateT = state
        self._provider, self._model = provider, model
        self._reader = EventStreamReader(max_event)
        self._decode: Callable[[bytes | memoryview], ChunkT] = codec.ChunkDecoder(chunk).decode
        self._final = final
        self._assemble = assemble
        self._view: DeltaView[ChunkT] | None = None

    @property
    @abstractmethod
    def terminal(self) -> bool:
        """True after the terminal marker: the answer is whole, even if the connection breaks now."""

    @property
    def may_continue(self) -> bool:
        """False: nothing follows the terminal marker."""
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
        """Return the chunks of a last unterminated line, as the body has ended; afterwards `failure` is the verdict."""
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
            hint='pass on_truncation="return" to accept what came; the error\'s .partial holds it',
        )

    @abstractmethod
    def has_content(self, chunk: ChunkT) -> bool:
        """Return whether a chunk has content or an end; the stream's timeouts wait for these."""

    @abstractmethod
    def text(self, chunk: ChunkT) -> str | None:
        """Return the text that a chunk adds."""

    def fold(self, chunk: ChunkT) -> None:
        """Add a chunk that is handed over.

        Raises:
            DecodingError: The chunk is nested too deeply.
        """
        if self._assemble:
            try:
                self.state.add(chunk)
            except TOO_DEEP:
                raise too_deep() from None

    def watch_deltas(self) -> None:
        """Enable `deltas`; called before the first chunk is handed over."""
        if self._view is None:
            self._view = self._make_view()

    def deltas(self, chunk: ChunkT | None) -> list[Delta]:
        """Return the events common to all dialects: those of the chunk folded last, or for None of the stream's end.

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
        """Return the answers so far, oldest first; none before the first one begins, and none without assembly.

        Raises:
            DecodingError: The answers are nested too deeply.
        """
        try:
            return self.state.turns(complete=complete)
        except TOO_DEEP:
            raise too_deep() from None

    @abstractmethod
    def _make_view(self) -> DeltaView[ChunkT]:
        """Return the view that `deltas` reads. Its module is imported only when deltas are requested."""

    @abstractmethod
    def _follow(self, chunk: ChunkT, event: RawEvent) -> ChunkT | None:
        """Track a chunk that arrives. Return the chunk to hand over, None for most errors."""

    @abstractmethod
    def _missing(self) -> str:
        """Return a description of the missing part, for an error message."""

    def _ends_whole(self) -> bool:
        """Return whether an orderly end here is the end of the answer."""
        return self.terminal

    def _cut_off(self, why: str) -> None:
        """Record that the stream ended early."""
        self.failure = self.truncated(why)

    def _fail(self, chunk: ChunkT, event: RawEvent) -> None:
        """Record that this chunk is an error."""
        self.error_event = True
        error = codec.to_builtins(chunk)
        self.failure = read_stream_error(error, event[0], provider=self._provider, model=self._model)

    def _bad_frame(self, event: RawEvent, error: GatewayError) -> GatewayError:
        """Return the failure for an event that cannot be decoded; `error` is the decoding error."""
        return read_bad_frame(event[0], provider=self._provider, model=self._model)

    def _read(self, events: list[RawEvent], *, whole: bool = True) -> list[tuple[ChunkT | None, RawEvent]]:
        """Return the events as chunks, up to the one that closes the stream."""
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
        """Handle `[DONE]`, which proves nothing: the gateway sends it after errors, and providers in any dialect.

        See gateway-behaviour.md#mcp-tools.
        """
        self.closed = True
        if not self._ends_whole():
            self._cut_off("the stream sent [DONE]")

    def _adopt_plain_json(self) -> None:
        """Keep a complete answer that came without an event stream, as the error's partial answer."""
        body = self._reader.plain_json()
        if body is None:
            return
        try:
            answer = codec.decode(body, self._final)
        except (GatewayError, RecursionError):  # the answer was cut off
            return
        self.state.adopt(answer)


def too_deep() -> DecodingError:
    """Return the error for JSON that is nested too deeply."""
    return DecodingError("the stream sent JSON that is nested too deeply to read")


class JsonEventDialect(EventDialect[ChunkT, "list[ChunkT]", "EventList[ChunkT]"]):
    """A `Dialect` for an endpoint without a method of the client: a stream of JSON events of one type.

    The whole answer is the list of the events. An event with an `error` object raises as in every other stream. The
    stream is whole after the event that `is_last` accepts, or after `[DONE]` if `is_last` is None.

    Args:
        chunk: The type of each event: `dict`, or a msgspec Struct, dataclass or TypedDict.
        is_last: A function that accepts the event that ends the answer.
        text: A function that returns the text of an event, for the stream's `text()`.
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
        self.failure: GatewayError | None
        kind: Any = chunk
        if not (isinstance(kind, type) and issubclass(kind, Model)):  # ChunkDecoder supports only the contract's types
            self._decode = _event_decoder(chunk)
        self._is_last, self._text = is_last, text
        self._is_done = False

    @property
    def terminal(self) -> bool:
        """True after the last event."""
        return self._is_done

    def has_content(self, chunk: ChunkT) -> bool:
        """Return True: each event counts as content."""
        return True

    def text(self, chunk: ChunkT) -> str | None:
        """Return the text that an event adds; None without `text`."""
        return None if self._text is None else self._text(chunk)

    def _make_view(self) -> DeltaView[ChunkT]:
        raise TypeError(
            "deltas() supports chat completions, Responses and Messages: iterate over the events of this stream instead"
        )

    def _follow(self, chunk: ChunkT, event: RawEvent) -> ChunkT | None:
        if b'"error"' in event[0] and is_error_object(parse(event[0])):
            self.failure = self._bad_frame(event, DeserializationError())
            return None
        if self._is_last is not None and self._is_last(chunk):
            self._is_done = True
        return chunk

    def _bad_frame(self, event: RawEvent, error: GatewayError) -> GatewayError:
        """Return the error that the event holds, or the reason why it does not fit the type."""
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
    """Return a decoder for a type that is not part of the contract."""
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
        """Append the next event."""
        self.append(chunk)

    def adopt(self, answer: list[ChunkT]) -> None:
        """Use the events of a complete answer."""
        self[:] = answer

    def turns(self, *, complete: bool) -> list[list[ChunkT]]:
        """Return the events so far as the only turn; an empty list before the first event."""
        return [list(self)] if self else []


class ByteDialect:
    """One attempt at a stream of bytes (see `Dialect`). It is whole when its body is, and keeps nothing.

    Args:
        wanted: The name of the content that the body must hold, for the error about an empty one; None allows that.
    """

    __slots__ = ("_any", "_wanted", "closed", "failure", "terminal")
    error_event = False
    max_piece = 1 << 62  # bytes are handed over as they come: looking at them costs nothing

    def __init__(self, wanted: str | None = None) -> None:
        self.failure: GatewayError | None = None
        self.closed: bool = False
        self.terminal: bool = False
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
        """Return an empty list; an empty body is a failure if content was required."""
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
        """Return None: bytes are not decoded as text."""
        return None

    def watch_deltas(self) -> None:
        """Do nothing: byte streams have no deltas."""

    def deltas(self, chunk: bytes | None) -> list[Delta]:
        """Return an empty list: byte streams have no deltas."""
        return []

    def fold(self, chunk: bytes) -> None:
        """Keep nothing."""

    def turns(self, *, complete: bool = True) -> list[bytes]:
        """Return an empty list: nothing is kept."""
        return []
