"""A Responses stream: the verdict at its end, and the state that assembles the response.

`ResponsesDialect` is what a `StreamCall` starts for each attempt. A response is whole when `response.completed` or
`response.incomplete` has come: the gateway ends a body whose provider broke off as cleanly as any other
(gateway-behaviour.md#responses). `response.failed` and `error` events are raised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._generated.chat import FinishReason
from .._generated.responses import Response, ResponseOutputMessage, ResponseReasoningItem, ResponseStreamEvent
from .._model.json_values import is_array, is_object
from .._model.unknown_fields import mark_incomplete, raw_value
from .._wire import codec
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
    from .response_deltas import ResponseDeltas

__all__ = ["ENDS", "ResponseState", "ResponsesDialect"]

Event = ResponseStreamEvent

ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})
"""The events after which nothing follows; each holds the whole response."""
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
        """`response.completed` or `response.incomplete` has come."""
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
        """Return the text an event adds."""
        return chunk.delta if chunk.type == "response.output_text.delta" else None

    def _make_view(self) -> ResponseDeltas:
        from .response_deltas import ResponseDeltas

        return ResponseDeltas(self.state)

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


class ResponseState:
    """A Responses stream as far as it has been handed over (see `StreamState`).

    Args:
        keep: Keep the content, for `turns`.

    Attributes:
        turn: Always 0: a stream has one response.
        keep: As given.
        usage: The last report, None before one came.
        native_reason: Why the response ended, in OpenAI's word; "" while it is open, and when it failed.
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
        self._output: list[Any] | None = None  # the same, where it is the output of the whole
        self._adopted: Response | None = None

    @property
    def touched(self) -> Sequence[Item | Part]:
        """The items and parts that the last event is about."""
        return self._items.touched

    def add(self, event: Event) -> None:
        """Take the next event; unknown kinds change nothing but for the items and parts they carry."""
        last = event.type in ENDS
        if last:
            self._end(event)
        if event.response is not None:
            self._take(event.response, last=last)
        elif not last:
            self._items.add(event)
        if last and not self._fields.get("status"):
            self._fields["status"] = event.type.removeprefix("response.")

    def settle(self) -> None:
        """Bring the items up to the last snapshot, so that `touched` has all of them."""
        output, self._last = self._last or [], None
        self._items.settle(output)

    def adopt(self, answer: Response) -> None:
        """Take a whole answer as what was assembled, unless it is empty."""
        if self.keep and answer.output:
            self._adopted = answer

    def turns(self, *, complete: bool) -> list[Response]:
        """Return the response so far, the only turn there is; nothing before it begins."""
        if not self.keep or not (self._fields or len(self._items) or self._adopted):
            return []
        return [self._built(complete)]

    @property
    def text(self) -> str:
        """The text of all messages."""
        return self._joined("content", "output_text")

    @property
    def reasoning(self) -> str:
        """The thinking, or its summary."""
        return self._joined("summary", "summary_text") + self._joined("content", "reasoning_text")

    @property
    def tool_calls(self) -> list[CallState]:
        """The function calls."""
        calls: list[CallState] = []
        for item in self._built_output():
            if is_object(item) and item.get("type") == "function_call":
                call_id = item.get("call_id") or item.get("id") or ""
                calls.append(CallState(str(call_id), str(item.get("name") or ""), str(item.get("arguments") or "")))
        return calls

    @property
    def finish_reason(self) -> FinishReason | None:
        """Why the response ended, in the words of chat completions where they have one for it."""
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

    def _take(self, response: Response, *, last: bool) -> None:
        """Take a snapshot of the whole: its facts replace earlier ones.

        The last one's output counts where it has as many items as came before: some providers leave it empty.
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
                self._items.settle(output)
        elif self.keep and not len(self._items):
            self._items.begin(output)

    def _built(self, complete: bool) -> Response:
        answer = self._adopted
        if answer is None:
            whole = {"object": "response", **self._fields, "output": self._built_output()}
            answer = codec.from_builtins(whole, Response)
        if not complete:
            mark_incomplete(answer)
        return answer

    def _built_output(self) -> list[Any]:
        return self._items.built() if self._output is None else self._output

    def _joined(self, parts: str, kind: str) -> str:
        return "".join(_texts(self._built_output(), parts, kind))


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
    """Return whether an item or part that begins has content: most begin empty and are filled by deltas."""
    if beginning is None:
        return False
    if isinstance(beginning, (ResponseOutputMessage, ResponseReasoningItem)):
        try:
            return bool(codec.to_builtins(beginning).get("content") or getattr(beginning, "summary", None))
        except SerializationError:  # nested too deeply, for which taking the event raises
            return True
    text = getattr(beginning, "text", getattr(beginning, "refusal", None))
    return text is None or bool(text)
