"""Events of a Responses stream to the events that all dialects share.

A text is told once, although it comes in pieces, whole when its part is done, whole with its item and whole with the
response: of a whole form only what the pieces left out is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._generated.chat import FinishReason
from .._model.json_value import is_array, is_object
from .._wire import codec
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
from .response_assembly import ENDS
from .response_items import Places, Subject, list_of_part, subject_of, whole_text
from .text import Text

if TYPE_CHECKING:
    from .._generated.responses import ResponseStreamEvent

__all__ = ["ResponseDeltas"]

_KINDS: dict[str, type[TextDelta | ReasoningDelta | RefusalDelta]] = {
    "output_text": TextDelta,
    "refusal": RefusalDelta,
    "reasoning_text": ReasoningDelta,
    "summary_text": ReasoningDelta,
}
_REASONS = {"max_output_tokens": "length", "max_tokens": "length", "content_filter": "content_filter"}


class _Call:
    """A function call that is being told."""

    __slots__ = ("arguments", "ended", "id", "index", "name")

    def __init__(self, index: int, id: str, name: str) -> None:
        self.index = index
        self.id = id
        self.name = name
        self.arguments = Text()
        self.ended = False

    def tell(self, piece: str) -> list[Delta]:
        """The next piece of its arguments."""
        if not piece:
            return []
        self.arguments.add(piece)
        return [ToolCallDelta(self.index, piece)]

    def tell_rest(self, whole: object) -> list[Delta]:
        """What of the whole arguments was not told yet."""
        told = sum(map(len, self.arguments))
        return self.tell(whole[told:]) if isinstance(whole, str) else []

    def end(self) -> list[Delta]:
        """It is whole."""
        self.ended = True
        arguments = "".join(self.arguments)
        self.arguments = Text()
        return [ToolCallEnd(self.index, self.id, self.name, arguments)]


class ResponseDeltas:
    """The view of one stream; its events go in in order."""

    __slots__ = ("_calls", "_places", "_told", "_waiting")

    def __init__(self) -> None:
        self._places = Places()
        self._told: dict[tuple[int, str, int], int] = {}  # how much of the text of each part was told
        self._calls: dict[int, _Call] = {}
        self._waiting: dict[int, str] = {}  # arguments of calls whose beginning has not come

    def of(self, event: ResponseStreamEvent) -> list[Delta]:
        """What an event says."""
        subject, step = subject_of(event)
        if event.type in ENDS:
            return self._end(event)
        if subject is None and event.item is None and event.part is None:
            return []
        place = self._places.of(event)
        if event.item is not None:
            return self._item(place, codec.to_builtins(event.item), done=step == "done")
        if subject is None:
            return self._part(place, event)
        if subject.parts:
            return self._text(place, event, subject, step)
        return self._arguments(place, event, subject, step) if subject.item == "function_call" else []

    def _text(self, place: int, event: ResponseStreamEvent, subject: Subject, step: str) -> list[Delta]:
        key = (place, subject.part, self._places.of_part(place, subject.parts, event))
        if step == "delta" and event.delta:
            self._told[key] = self._told.get(key, 0) + len(event.delta)
            return [_KINDS[subject.part](event.delta)]
        return self._rest(key, whole_text(event, subject)) if step == "done" else []

    def _part(self, place: int, event: ResponseStreamEvent) -> list[Delta]:
        index = self._places.of_part(place, list_of_part(event), event)
        return self._of_part(place, index, codec.to_builtins(event.part))

    def _of_part(self, place: int, index: int, part: Any) -> list[Delta]:
        kind = part.get("type") if is_object(part) else None
        if kind not in _KINDS:
            return []
        return self._rest((place, kind, index), part.get("refusal" if kind == "refusal" else "text"))

    def _rest(self, key: tuple[int, str, int], whole: Any) -> list[Delta]:
        """What of a whole text was not told yet."""
        told = self._told.get(key, 0)
        if not isinstance(whole, str) or len(whole) <= told:
            return []
        self._told[key] = len(whole)
        return [_KINDS[key[1]](whole[told:])]

    def _item(self, place: int, item: dict[str, Any], *, done: bool) -> list[Delta]:
        if item.get("type") == "function_call":
            return self._call(place, item, done=done)
        deltas: list[Delta] = []
        for name in ("summary", "content"):
            parts = item.get(name)
            for index, part in enumerate(parts if is_array(parts) else ()):
                deltas += self._of_part(place, index, part)
        return deltas

    def _call(self, place: int, item: dict[str, Any], *, done: bool) -> list[Delta]:
        deltas: list[Delta] = []
        call = self._calls.get(place)
        if call is None:
            call_id = item.get("call_id") or item.get("id") or ""
            call = self._calls[place] = _Call(len(self._calls), str(call_id), str(item.get("name") or ""))
            deltas.append(ToolCallStart(call.index, call.id, call.name))
            deltas += call.tell(self._waiting.pop(place, ""))
        if done and not call.ended:
            deltas += call.tell_rest(item.get("arguments"))
            if item.get("status") != "incomplete":  # the model was stopped in the midst of it
                deltas += call.end()
        return deltas

    def _arguments(self, place: int, event: ResponseStreamEvent, subject: Subject, step: str) -> list[Delta]:
        call = self._calls.get(place)
        if call is None:
            self._waiting[place] = self._waiting.get(place, "") + (event.delta or "")
            return []
        if call.ended:
            return []
        if step == "delta":
            return call.tell(event.delta or "")
        return call.tell_rest(whole_text(event, subject)) if step == "done" else []

    def _end(self, event: ResponseStreamEvent) -> list[Delta]:
        """The last event: what of the whole response was not told, its usage, and why it ended; not of a failed one."""
        response = event.response
        deltas: list[Delta] = []
        output = None if response is None else codec.to_builtins(response).get("output")
        for rank, item in enumerate(output if is_array(output) else ()):
            if is_object(item):
                deltas += self._item(self._places.in_output(rank, item.get("id")), item, done=True)
        if event.type == "response.completed":
            for call in self._calls.values():
                deltas += [] if call.ended else call.end()
        usage = None if response is None else response.usage
        if usage is not None:
            deltas.append(UsageReport(usage.input_tokens, usage.output_tokens, usage))
        return deltas if event.type == "response.failed" else [*deltas, self._finish(event)]

    def _finish(self, event: ResponseStreamEvent) -> Finish:
        if event.type == "response.incomplete":
            details = None if event.response is None else event.response.incomplete_details
            native = (details and details.reason) or "incomplete"
            return Finish(FinishReason(_REASONS.get(native, native)), native=native)
        return Finish(FinishReason("tool_calls" if self._calls else "stop"), native="completed")
