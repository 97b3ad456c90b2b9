"""A Messages stream: the bytes of one attempt to events, events to the whole message, and the verdict at the end.

`MessagesDialect` is what a `StreamCall` starts for each attempt. A message is whole when `message_stop` has come: the
gateway ends a body whose provider broke off as cleanly as any other (WIRE section 10).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._generated.messages import MessagesResponse, MessagesStreamEvent, MessagesStreamEventType
from .._model.kept import raw_value
from .._wire import codec
from .._wire.problem import read_bad_frame, read_stream_error
from ..errors import DecodingError, DeserializationError, GatewayError, StreamTruncatedError
from .frames import Frames
from .message_assembly import MessageAssembly
from .message_blocks import block_brings, fields_of
from .message_deltas import MessageDeltas

if TYPE_CHECKING:
    from .._wire.deltas import Delta
    from .._wire.sse import RawEvent

__all__ = ["MessagesDialect"]

MAX_EVENT = 64 * 1024 * 1024


class MessagesDialect:
    """One attempt at a Messages stream.

    Args:
        provider: Asked for, to be named in errors.
        model: Asked for, to be named in errors.
        assemble: Keep the content, so that `final` has it; otherwise memory stays constant.
        max_event: The largest event accepted, in bytes.
    """

    __slots__ = (
        "_assembly",
        "_begun",
        "_decode",
        "_deltas",
        "_frames",
        "_model",
        "_provider",
        "_stopped",
        "closed",
        "failure",
    )

    def __init__(
        self,
        *,
        provider: str | None = None,
        model: str | None = None,
        assemble: bool = True,
        max_event: int = MAX_EVENT,
    ) -> None:
        self.failure: GatewayError | None = None
        self.closed = False
        self._provider, self._model = provider, model
        self._frames = Frames(max_event)
        self._decode = codec.ChunkDecoder(MessagesStreamEvent).decode
        self._assembly = MessageAssembly() if assemble else None
        self._deltas: MessageDeltas | None = None
        self._begun = False
        self._stopped = False

    @property
    def terminal(self) -> bool:
        """`message_stop` has come, of a message that had begun."""
        return self._stopped

    @property
    def may_continue(self) -> bool:
        """Nothing follows `message_stop`."""
        return False

    def feed(self, data: bytes) -> list[tuple[MessagesStreamEvent | None, RawEvent]]:
        """The events that these bytes complete, each with its raw form."""
        events = self._frames.feed(data)
        chunks = self._read_all(events) if events else []
        if self._frames.failure is not None and not self.closed:
            self.failure = self._frames.failure
            self.closed = True
        return chunks

    def end(self) -> list[tuple[MessagesStreamEvent | None, RawEvent]]:
        """The body ended whole: what a last unterminated line still held; afterwards `failure` has the verdict."""
        if self.closed:
            return []
        chunks = self._read_all(self._frames.end(), whole=False)
        if self.failure is None and not self._stopped:
            self.failure = self._frames.verdict(self._provider, self._model) or self.truncated()
            self._adopt_plain_json()
        self.closed = True
        return chunks

    def truncated(self, why: str = "the stream ended") -> StreamTruncatedError:
        """The error for an end that came too early."""
        what = "message_stop did not come" if self._begun else "no message had begun"
        return StreamTruncatedError(
            f"{why} before the answer was whole: {what}",
            hint='pass on_truncation="return" to accept what came; the error\'s .partial holds it.',
        )

    def has_content(self, chunk: MessagesStreamEvent) -> bool:
        """Whether an event brings what a reader waits for: a piece of a block or an end, not a ping or a beginning."""
        match chunk.type:
            case "content_block_delta":
                return chunk.delta is not None and any(fields_of(chunk.delta).values())
            case "content_block_start":
                return chunk.content_block is not None and block_brings(chunk.content_block)
            case "message_start":
                return chunk.message is not None and any(map(block_brings, chunk.message.content))
            case "message_delta":
                return chunk.delta is not None and chunk.delta.stop_reason is not None
            case _:
                return False

    def text(self, chunk: MessagesStreamEvent) -> str | None:
        """The text an event brings."""
        return chunk.text

    def deltas(self, chunk: MessagesStreamEvent | None) -> list[Delta]:
        """What an event says, in the words that all dialects share; the end itself adds nothing to `message_stop`."""
        if chunk is None:
            return []
        if self._deltas is None:
            self._deltas = MessageDeltas()
        return self._deltas.of(chunk)

    def fold(self, chunk: MessagesStreamEvent) -> None:
        """Add an event that was handed over to what `turns` returns."""
        if self._assembly is not None:
            self._assembly.add(chunk)

    def turns(self, *, complete: bool = True) -> list[MessagesResponse]:
        """The message so far, the only turn there is; empty before it begins and without assembly."""
        if self._assembly is None or self._assembly.empty:
            return []
        return [self._assembly.built(complete=complete)]

    def _read_all(
        self, events: list[RawEvent], *, whole: bool = True
    ) -> list[tuple[MessagesStreamEvent | None, RawEvent]]:
        chunks: list[tuple[MessagesStreamEvent | None, RawEvent]] = []
        for event in events:
            if event[0][:6] == b"[DONE]":  # not of this dialect, and no proof of anything
                chunks.append((None, event))
                self.failure = self.truncated("the stream said [DONE]")
            else:
                chunk = self._read(event, whole)
                if chunk is not None:
                    chunks.append((chunk, event))
            if self._stopped or self.failure is not None:
                self.closed = True
                break
        return chunks

    def _read(self, event: RawEvent, whole: bool) -> MessagesStreamEvent | None:
        data, name, _ = event
        try:
            chunk = self._decode(data)
        except (DecodingError, DeserializationError):
            if whole:  # half an event at the end of the body is truncation, not a bad frame
                self.failure = read_bad_frame(data, provider=self._provider, model=self._model)
            return None
        if name and chunk.kept_ is not None and "type" in chunk.kept_.absent:
            chunk.type = MessagesStreamEventType(name)  # some leave the type to the `event` line
        if name == "error" or _is_error(chunk):
            self.failure = read_stream_error(codec.to_builtins(chunk), data, provider=self._provider, model=self._model)
            return None
        self._follow(chunk)
        return chunk

    def _follow(self, chunk: MessagesStreamEvent) -> None:
        match chunk.type:
            case "message_start" | "content_block_start" | "content_block_delta":
                self._begun = True
            case "message_stop" if self._begun:
                self._stopped = True
            case "message_stop":
                self.failure = self.truncated("the stream said message_stop")
            case _:
                pass

    def _adopt_plain_json(self) -> None:
        """A whole message that came without an event stream is not lost: it stands in the error's partial."""
        body = self._frames.plain_json()
        if body is None or self._assembly is None:
            return
        try:
            answer = codec.decode(body, MessagesResponse)
        except GatewayError:  # it was cut off
            return
        if answer.content:
            self._assembly.adopt(answer)


def _is_error(chunk: MessagesStreamEvent) -> bool:
    """Whether this is an error in the place of an event, in either of its shapes or in another dialect's."""
    if chunk.type == "error" or (chunk.error is not None and chunk.error.to_dict()):
        return True
    return chunk.kept_ is not None and bool(raw_value(chunk, "error") or chunk.extra_fields.get("object") == "error")
