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
from .event_dialect import EventDialect
from .response_assembly import ENDS, ResponseAssembly
from .response_deltas import ResponseDeltas
from .response_items import subject_of

if TYPE_CHECKING:
    from typing import Unpack

    from .._wire.deltas import Delta
    from .._wire.sse import RawEvent
    from .event_dialect import Options

__all__ = ["ResponsesDialect"]

Event = ResponseStreamEvent


class ResponsesDialect(EventDialect[Event, Response]):
    """One attempt at a Responses stream."""

    __slots__ = ("_begun", "_deltas", "_whole")

    def __init__(self, **options: Unpack[Options]) -> None:
        super().__init__(Event, Response, ResponseAssembly, **options)
        self._deltas = ResponseDeltas()
        self._begun = False
        self._whole = False

    @property
    def terminal(self) -> bool:
        """`response.completed` or `response.incomplete` has come."""
        return self._whole

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

    def _follow(self, chunk: Event, event: RawEvent) -> Event | None:
        name = event[1]
        if not chunk.type and name:  # some leave the type to the `event` line
            chunk.type = name
        if name == "error" or _is_error(chunk):
            self._fail(chunk, event)
            return chunk if chunk.type == "response.failed" else None
        self._begun = self._begun or (chunk.type or "").startswith("response.")
        if chunk.type in ENDS:
            self._whole = self.closed = True  # nothing follows; some send [DONE], most leave the connection open
        return chunk

    def _missing(self) -> str:
        return "response.completed did not come" if self._begun else "no response had begun"


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
