"""The Responses dialect of streams: events, the assembled response, and its deltas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._generated.chat import FinishReason
from .._generated.responses import Response, ResponseOutputMessage, ResponseReasoningItem, ResponseStreamEvent
from .._model.json_values import is_array, is_object
from .._model.unknown_fields import mark_incomplete, raw_value
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
from .dialect import EventDialect
from .response_items import Items, Places, Subject, list_of_part, subject_of, whole_text
from .turns import TextBuffer

if TYPE_CHECKING:
    from typing import Unpack

    from .._wire.sse import RawEvent
    from .dialect import Options

__all__ = ["ENDS", "ResponseAssembly", "ResponseDeltas", "ResponsesDialect"]


ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})
"""The events after which nothing follows; each holds the whole response."""


class ResponseAssembly:
    """The response in the making."""

    __slots__ = ("_adopted", "_fields", "_items", "_output")

    def __init__(self) -> None:
        self._fields: dict[str, Any] = {}
        self._items = Items()
        self._output: list[Any] | None = None  # as a snapshot of the whole has it
        self._adopted: Response | None = None

    def add(self, event: ResponseStreamEvent) -> None:
        """Fold one event; kinds nobody listed change nothing, but for the items and parts they carry."""
        last = event.type in ENDS
        if last:
            self._fields.pop("status", None)  # of a snapshot before
        if event.response is not None:
            self._take(codec.to_builtins(event.response), last=last)
        elif not last:
            self._items.add(event)
        if last and not self._fields.get("status"):
            self._fields["status"] = event.type.removeprefix("response.")

    def adopt(self, answer: Response) -> None:
        """Take a whole answer as what was assembled, unless it holds nothing."""
        if answer.output:
            self._adopted = answer

    def turns(self, *, complete: bool) -> list[Response]:
        """The response so far, the only turn there is; empty before it begins."""
        return [] if self._empty else [self._built(complete)]

    @property
    def _empty(self) -> bool:
        return not (self._fields or len(self._items) or self._adopted)

    def _built(self, complete: bool) -> Response:
        answer = self._adopted or codec.from_builtins(self._whole(), Response)
        if not complete:
            mark_incomplete(answer)
        return answer

    def _whole(self) -> dict[str, Any]:
        output = self._items.built() if self._output is None else self._output
        return {"object": "response", **self._fields, "output": output}

    def _take(self, snapshot: dict[str, Any], *, last: bool) -> None:
        """A snapshot of the whole: its facts replace earlier ones.

        The last one's output counts where it holds as many items as were told: some providers leave it empty.
        """
        output = snapshot.pop("output", None)
        self._fields.update(snapshot)
        if not is_array(output):
            return
        if last and len(output) >= len(self._items):
            self._output = output
        elif not len(self._items):
            self._items.begin(output)


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
        self.arguments = TextBuffer()
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
        self.arguments = TextBuffer()
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
