"""A Responses stream: the verdict at its end, and the state that assembles the response.

A `StreamCall` starts one `ResponsesDialect` for each attempt. A response is whole after `response.completed` or
`response.incomplete`. The end of the body proves nothing: the gateway ends it in the same way when the provider broke
off (gateway-behaviour.md#responses). `response.failed` and `error` events are raised.
"""

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
from ..errors import SerializationError
from .dialect import EventDialect
from .response_items import Item, Items, Part, subject_of
from .state import CallState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Unpack

    from .._generated.responses import ResponseUsage
    from .._wire.sse import RawEvent
    from .dialect import Options

__all__ = ["ENDS", "ResponseDeltas", "ResponseState", "ResponsesDialect"]


Event = ResponseStreamEvent

ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})
"""The types of the last event; each such event holds the whole response."""
_REASONS = {"max_output_tokens": "length", "max_tokens": "length", "content_filter": "content_filter"}


class ResponsesDialect(EventDialect[Event, Response, "ResponseState"]):
    """One attempt at a Responses stream."""

    __slots__ = ("_begun", "_whole")

    def __init__(self, **options: Unpack[Options]) -> None:
        super().__init__(Event, Response, ResponseState(keep=options.get("assemble", True)), **options)
        self._begun = False
        self._whole = False

    @property
    def terminal(self) -> bool:
        """True after `response.completed` or `response.incomplete`."""
        return self._whole

    def has_content(self, chunk: Event) -> bool:
        """Return whether an event has text, a tool call, progress of an item, or the end.

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
        """Return the text that an event adds."""
        return chunk.delta if chunk.type == "response.output_text.delta" else None

    def _make_view(self) -> ResponseDeltas:
        return ResponseDeltas(self.state)

    def _follow(self, chunk: Event, event: RawEvent) -> Event | None:
        name = event[1]
        if not chunk.type and name:  # some servers send the type only in the `event` line
            chunk.type = name
        if name == "error" or _is_error(chunk):
            self._fail(chunk, event)
            return chunk if chunk.type == "response.failed" else None
        self._begun = self._begun or (chunk.type or "").startswith("response.")
        if chunk.type in ENDS:
            self._whole = self.closed = True  # nothing follows: some send [DONE], most leave the connection open
        return chunk

    def _missing(self) -> str:
        return "response.completed did not come" if self._begun else "no response had begun"


class ResponseState:
    """The part of a Responses stream that has been handed over (see `StreamState`).

    Args:
        keep: Keep the content, for `turns`.

    Attributes:
        turn: Always 0: a stream has one response.
        keep: The argument.
        usage: The last report, None until one arrives.
        native_reason: The reason as the Responses API names it; "" while the response is open, and if it failed.
    """

    __slots__ = ("_adopted", "_fields", "_items", "_last", "_output", "keep", "native_reason", "turn", "usage")

    def __init__(self, *, keep: bool = True) -> None:
        self.turn = 0
        self.keep = keep
        self.usage: ResponseUsage | None = None
        self.native_reason = ""
        self._fields: dict[str, Any] = {}
        self._items = Items(keep=keep)
        self._last: list[Any] | None = None  # the output in the last snapshot
        self._output: list[Any] | None = None  # the same, if it replaces the assembled output
        self._adopted: Response | None = None

    @property
    def touched(self) -> Sequence[Item | Part]:
        """The items and parts that the last event refers to."""
        return self._items.touched

    def add(self, event: Event) -> None:
        """Add the next event. Events of unknown types only add the items and parts they carry."""
        last = event.type in ENDS
        if last:
            self._end(event)
        if event.response is not None:
            self._add_snapshot(event.response, last=last)
        elif not last:
            self._items.add(event)
        if last and not self._fields.get("status"):
            self._fields["status"] = event.type.removeprefix("response.")

    def reconcile(self) -> None:
        """Bring the items up to the last snapshot, so that `touched` has all of them."""
        output, self._last = self._last or [], None
        self._items.reconcile(output)

    def adopt(self, answer: Response) -> None:
        """Use a complete answer in place of the assembled one, unless it is empty."""
        if self.keep and answer.output:
            self._adopted = answer

    def turns(self, *, complete: bool) -> list[Response]:
        """Return the response so far as the only turn; an empty list before it begins."""
        if not self.keep or not (self._fields or len(self._items) or self._adopted):
            return []
        return [self._build(complete)]

    @property
    def text(self) -> str:
        """The text of all messages."""
        return self._joined("content", "output_text")

    @property
    def reasoning(self) -> str:
        """The reasoning, or its summary."""
        return self._joined("summary", "summary_text") + self._joined("content", "reasoning_text")

    @property
    def tool_calls(self) -> list[CallState]:
        """The function calls."""
        calls: list[CallState] = []
        for item in self._build_output():
            if is_object(item) and item.get("type") == "function_call":
                call_id = item.get("call_id") or item.get("id") or ""
                calls.append(CallState(str(call_id), str(item.get("name") or ""), str(item.get("arguments") or "")))
        return calls

    @property
    def finish_reason(self) -> FinishReason | None:
        """The finish reason, as the term of chat completions where one applies."""
        reason = self.native_reason
        if reason == "completed":
            return FinishReason.TOOL_CALLS if self.tool_calls else FinishReason.STOP
        return FinishReason(_REASONS.get(reason, reason)) if reason else None

    def _end(self, event: Event) -> None:
        self._fields.pop("status", None)  # of a snapshot before
        if event.type == "response.completed":
            self.native_reason = "completed"
        elif event.type == "response.incomplete":
            details = None if event.response is None else event.response.incomplete_details
            self.native_reason = (details and details.reason) or "incomplete"

    def _add_snapshot(self, response: Response, *, last: bool) -> None:
        """Add a snapshot of the whole response: its facts replace earlier ones.

        The output of the last snapshot is used if it has at least as many items as arrived: some providers empty it.
        """
        self._items.touched = ()
        self.usage = response.usage or self.usage
        snapshot = codec.to_builtins(response)
        output = snapshot.pop("output", None)
        if self.keep:
            self._fields.update(snapshot)
        if not is_array(output):
            return
        if last:
            self._last = output
            if self.keep and len(output) >= len(self._items):
                self._output = output
            elif self.keep:
                self._items.reconcile(output)
        elif self.keep and not len(self._items):
            self._items.begin(output)

    def _build(self, complete: bool) -> Response:
        answer = self._adopted
        if answer is None:
            whole = {"object": "response", **self._fields, "output": self._build_output()}
            answer = codec.from_builtins(whole, Response)
        if not complete:
            mark_incomplete(answer)
        return answer

    def _build_output(self) -> list[Any]:
        return self._items.build() if self._output is None else self._output

    def _joined(self, parts: str, kind: str) -> str:
        return "".join(_texts(self._build_output(), parts, kind))


def _texts(output: list[Any], parts: str, kind: str) -> Iterator[str]:
    """Yield the texts of all parts of that type."""
    for item in output:
        listed = item.get(parts) if is_object(item) else None
        for part in listed if is_array(listed) else ():
            if is_object(part) and part.get("type") == kind and isinstance(part.get("text"), str):
                yield part["text"]


def _is_error(chunk: Event) -> bool:
    """Return whether an event is an error, or an error object instead of one."""
    kind = chunk.type or ""
    if kind in ("error", "response.error", "response.failed"):
        return True
    extra = chunk.extra_fields
    return not kind.startswith("response.") and bool(extra.get("error") or extra.get("object") == "error")


def _brings(beginning: object) -> bool:
    """Return whether an item or part has content at its start; most start empty and are filled by deltas."""
    if beginning is None:
        return False
    if isinstance(beginning, (ResponseOutputMessage, ResponseReasoningItem)):
        try:
            return bool(codec.to_builtins(beginning).get("content") or getattr(beginning, "summary", None))
        except SerializationError:  # nested too deeply; adding the event to the state raises
            return True
    text = getattr(beginning, "text", getattr(beginning, "refusal", None))
    return text is None or bool(text)


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
