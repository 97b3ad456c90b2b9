"""The events common to all dialects, for a Responses stream.

A text is emitted once, although it arrives several times: in pieces, and whole with its part, item and response. Each
part in the state counts how many characters have been emitted. Of a whole form, only the rest is emitted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._generated.chat import FinishReason
from .._wire.deltas import (
    Delta,
    Finish,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    UsageReport,
)
from .response_items import Item
from .responses import ENDS

if TYPE_CHECKING:
    from .._generated.responses import ResponseStreamEvent
    from .response_items import Part
    from .responses import ResponseState

__all__ = ["ResponseDeltas"]

_KINDS: dict[Any, type[TextDelta | ReasoningDelta | RefusalDelta]] = {
    "output_text": TextDelta,
    "refusal": RefusalDelta,
    "reasoning_text": ReasoningDelta,
    "summary_text": ReasoningDelta,
}


class ResponseDeltas:
    """The events of one stream, read from its state."""

    __slots__ = ("_calls", "_state")

    def __init__(self, state: ResponseState) -> None:
        self._state = state
        self._calls: list[Item] = []  # the calls that were started, in order

    def of(self, event: ResponseStreamEvent) -> list[Delta]:
        """Return the events of the event that was last added to the state."""
        if event.type in ENDS:
            return self._end(event)
        deltas: list[Delta] = []
        self._emit(deltas)
        return deltas

    def at_end(self) -> list[Delta]:
        """Return an empty list: the stream's end adds nothing to its last event."""
        return []

    def _emit(self, deltas: list[Delta]) -> None:
        for touched in self._state.touched:
            if not isinstance(touched, Item):
                self._emit_text(touched, deltas)
            elif touched.type == "function_call" and touched.begun:
                self._emit_call(touched, deltas)

    def _emit_text(self, part: Part, deltas: list[Delta]) -> None:
        name = part.facts.get("type")
        text = part.texts.get("refusal" if name == "refusal" else "text")
        if text is None:
            return
        kind = _KINDS.get(name)
        if kind is not None and text.size > part.emitted:
            deltas += map(kind, text.since(part.emitted))
            part.emitted = text.size
        if not self._state.keep:
            text.forget()

    def _emit_call(self, item: Item, deltas: list[Delta]) -> None:
        """Emit the new parts of a function call, once the item itself has arrived: only then is its name known."""
        if item.number < 0:
            item.number = len(self._calls)
            self._calls.append(item)
            call_id = item.facts.get("call_id") or ("" if not item.done else item.call().id)
            deltas.append(ToolCallStart(item.number, str(call_id), item.call().name))
        written = item.texts.get("arguments")
        if written is not None and written.size > item.emitted:
            deltas += [ToolCallDelta(item.number, piece) for piece in written.since(item.emitted)]
            item.emitted = written.size
        if item.done:
            self._end_call(item, deltas)

    def _end_call(self, item: Item, deltas: list[Delta]) -> None:
        if not item.ended:
            item.ended = True
            call = item.call()
            deltas.append(ToolCallEnd(item.number, call.id, call.name, call.arguments))
            if not self._state.keep:
                item.texts.clear()

    def _end(self, event: ResponseStreamEvent) -> list[Delta]:
        """Return the events of the last event: the rest of the whole response, its usage, and the finish reason."""
        self._state.reconcile()
        deltas: list[Delta] = []
        self._emit(deltas)
        if event.type == "response.completed":
            for item in self._calls:
                self._end_call(item, deltas)
        response = event.response
        usage = None if response is None else response.usage
        if usage is not None:
            deltas.append(UsageReport(usage.input_tokens, usage.output_tokens, usage))
        if event.type != "response.failed":
            deltas.append(self._finish())
        return deltas

    def _finish(self) -> Finish:
        native = self._state.native_reason
        if native == "completed":
            return Finish(FinishReason("tool_calls" if self._calls else "stop"), native=native)
        return Finish(self._state.finish_reason or FinishReason(native), native=native)
