"""A Responses stream: the bytes of one attempt to typed events, events to the whole response, the verdict at the end.

`ResponsesDialect` is what a `StreamCall` starts for each attempt. A response is whole when `response.completed` or
`response.incomplete` has come: the gateway ends a body whose provider broke off as cleanly as any other (WIRE section
11). `response.failed` and `error` events are raised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._generated.responses import Response, ResponseOutputMessage, ResponseReasoningItem, ResponseStreamEvent
from .._model.kept import raw_value
from .._wire import codec
from .._wire.problem import read_bad_frame, read_stream_error
from ..errors import DecodingError, DeserializationError, GatewayError, StreamTruncatedError
from .frames import Frames
from .response_assembly import ENDS, ResponseAssembly
from .response_deltas import ResponseDeltas
from .response_items import subject_of

if TYPE_CHECKING:
    from .._wire.deltas import Delta
    from .._wire.sse import RawEvent

__all__ = ["ResponsesDialect"]

Event = ResponseStreamEvent
MAX_EVENT = 64 * 1024 * 1024


class ResponsesDialect:
    """One attempt at a Responses stream.

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
        "_whole",
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
        self._decode = codec.ChunkDecoder(Event).decode
        self._assembly = ResponseAssembly() if assemble else None
        self._deltas = ResponseDeltas()
        self._begun = False
        self._whole = False

    @property
    def terminal(self) -> bool:
        """`response.completed` or `response.incomplete` has come."""
        return self._whole

    @property
    def may_continue(self) -> bool:
        """Nothing follows the terminal event."""
        return False

    def feed(self, data: bytes) -> list[tuple[Event | None, RawEvent]]:
        """The events that these bytes complete, each with its raw form (the event is None for `[DONE]`)."""
        events = self._frames.feed(data)
        found = self._read_all(events) if events else []
        if self._frames.failure is not None and not self.closed:
            self.failure = self._frames.failure
            self.closed = True
        return found

    def end(self) -> list[tuple[Event | None, RawEvent]]:
        """The body ended whole: what a last unterminated line still held; afterwards `failure` has the verdict."""
        if self.closed:
            return []
        found = self._read_all(self._frames.end(), whole=False)
        if self.failure is None and not self._whole:
            self.failure = self._frames.verdict(self._provider, self._model) or self.truncated()
            self._adopt_plain_json()
        self.closed = True
        return found

    def truncated(self, why: str = "the stream ended") -> StreamTruncatedError:
        """The error for an end that came too early."""
        what = "response.completed did not come" if self._begun else "no response had begun"
        return StreamTruncatedError(
            f"{why} before the answer was whole: {what}",
            hint='pass on_truncation="return" to accept what came; the error\'s .partial holds it.',
        )

    def has_content(self, chunk: Event) -> bool:
        """Whether an event brings what a reader waits for: text, a tool call, progress of an item, or the end.

        Snapshots, heartbeats, and items and parts that begin empty are not content.
        """
        if chunk.type == "response.failed":
            return False
        if chunk.type in ENDS:
            return True
        step = subject_of(chunk)[1]
        if step == "delta":
            return bool(chunk.delta or raw_value(chunk, "delta"))
        if step == "added":
            return _brings(chunk.item) or _brings(chunk.part) or chunk.annotation is not None
        return chunk.output_index is not None or chunk.item_id is not None

    def text(self, chunk: Event) -> str | None:
        """The text an event brings."""
        return chunk.delta if chunk.type == "response.output_text.delta" else None

    def deltas(self, chunk: Event | None) -> list[Delta]:
        """What an event says, in the words that all dialects share; the end itself adds nothing to the last event."""
        return [] if chunk is None else self._deltas.of(chunk)

    def fold(self, chunk: Event) -> None:
        """Add an event that was handed over to what `turns` returns."""
        if self._assembly is not None:
            self._assembly.add(chunk)

    def turns(self, *, complete: bool = True) -> list[Response]:
        """The response so far, the only turn there is; empty before it begins and without assembly."""
        if self._assembly is None or self._assembly.empty:
            return []
        return [self._assembly.built(complete=complete)]

    def _read_all(self, events: list[RawEvent], *, whole: bool = True) -> list[tuple[Event | None, RawEvent]]:
        found: list[tuple[Event | None, RawEvent]] = []
        for event in events:
            if event[0][:6] == b"[DONE]":  # not of this dialect, but some providers send it, and it proves nothing
                found.append((None, event))
                self.closed = True
                if not self._whole:
                    self.failure = self.truncated("the stream said [DONE]")
                break
            chunk = self._read(event, whole)
            if chunk is not None:
                found.append((chunk, event))
            if self.failure is not None:
                self.closed = True
                break
        return found

    def _read(self, event: RawEvent, whole: bool) -> Event | None:
        data, name, _ = event
        try:
            chunk = self._decode(data)
        except (DecodingError, DeserializationError):
            if whole:  # half an event at the end of the body is truncation, not a bad frame
                self.failure = read_bad_frame(data, provider=self._provider, model=self._model)
            return None
        if not chunk.type and name:  # some leave the type to the `event` line
            chunk.type = name
        if name == "error" or _is_error(chunk):
            self.failure = read_stream_error(codec.to_builtins(chunk), data, provider=self._provider, model=self._model)
            return chunk if chunk.type == "response.failed" else None
        self._begun = self._begun or (chunk.type or "").startswith("response.")
        self._whole = self._whole or chunk.type in ENDS
        return chunk

    def _adopt_plain_json(self) -> None:
        """A whole response that came without an event stream is not lost: it stands in the error's partial."""
        body = self._frames.plain_json()
        if body is None or self._assembly is None:
            return
        try:
            answer = codec.decode(body, Response)
        except GatewayError:  # it was cut off
            return
        if answer.output:
            self._assembly.adopt(answer)


def _is_error(chunk: Event) -> bool:
    """Whether an event is an error, or an error object stands in the place of one."""
    kind = chunk.type or ""
    if kind in ("error", "response.error", "response.failed"):
        return True
    extra = chunk.extra_fields
    return not kind.startswith("response.") and bool(extra.get("error") or extra.get("object") == "error")


def _brings(beginning: object) -> bool:
    """Whether an item or part that begins holds something already: most begin empty and are filled by deltas."""
    if beginning is None:
        return False
    if isinstance(beginning, (ResponseOutputMessage, ResponseReasoningItem)):
        return bool(codec.to_builtins(beginning).get("content") or getattr(beginning, "summary", None))
    text = getattr(beginning, "text", getattr(beginning, "refusal", None))
    return text is None or bool(text)
