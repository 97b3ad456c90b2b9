"""The Responses dialect of streams: events, the assembled response, and its deltas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._generated.chat import FinishReason
from .._generated.responses import Response, ResponseOutputMessage, ResponseReasoningItem, ResponseStreamEvent
from .._model.json_values import is_array
from .._model.unknown_fields import mark_incomplete, raw_value
from .._wire import codec
from .._wire.deltas import (
    Delta,
    Finish,
    UsageReport,
)
from .dialect import EventDialect
from .response_items import Items, subject_of

if TYPE_CHECKING:
    from typing import Unpack

    from .._wire.sse import RawEvent
    from .dialect import Options

__all__ = ["ENDS", "ResponseState", "ResponsesDialect"]


ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})
"""The events after which nothing follows; each holds the whole response."""


_REASONS = {"max_output_tokens": "length", "max_tokens": "length", "content_filter": "content_filter"}


class ResponseState:
    """The state of one Responses stream: items, facts, usage. It is fed each event once, as it is handed over.

    The assembled response (`turns`) and the deltas (`emitted`) are both read from it.

    Args:
        keep: Keep what the assembled response needs; otherwise memory stays constant but for open function calls.

    Attributes:
        emitted: The deltas of the events added since it was last emptied; None when nobody reads them.
    """

    __slots__ = ("_adopted", "_fields", "_items", "_keep", "_output", "emitted")

    def __init__(self, *, keep: bool = True) -> None:
        self._keep = keep
        self._fields: dict[str, Any] = {}
        self._items = Items(keep=keep)
        self._output: list[Any] | None = None  # as the last snapshot has it
        self._adopted: Response | None = None
        self.emitted: list[Delta] | None = None

    def add(self, event: ResponseStreamEvent) -> None:
        """Add one event; unknown kinds change nothing, but for the items and parts they carry."""
        self._items.emitted = self.emitted
        if event.type in ENDS:
            self._add_last(event)
        elif event.response is not None:
            self._take(codec.to_builtins(event.response), last=False)
        else:
            self._items.add(event)

    def end(self) -> None:
        """Do nothing: the last deltas came with the last event."""

    def adopt(self, answer: Response) -> None:
        """Take a whole answer as the response, unless it is empty."""
        if answer.output:
            self._adopted = answer

    def turns(self, *, complete: bool) -> list[Response]:
        """Return the response so far, the only turn there is; empty before it begins."""
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

    def _add_last(self, event: ResponseStreamEvent) -> None:
        snapshot = {} if event.response is None else codec.to_builtins(event.response)
        if self.emitted is not None:
            self._emit_last(event, snapshot.get("output"), self.emitted)
        self._fields.pop("status", None)  # of a snapshot before
        self._take(snapshot, last=True)
        if not self._fields.get("status"):
            self._fields["status"] = (event.type or "").removeprefix("response.")

    def _emit_last(self, event: ResponseStreamEvent, output: object, emitted: list[Delta]) -> None:
        """Emit what of the whole response was not emitted, its usage, and its end (none for `response.failed`)."""
        self._items.end(output, completed=event.type == "response.completed")
        usage = None if event.response is None else event.response.usage
        if usage is not None:
            emitted.append(UsageReport(usage.input_tokens, usage.output_tokens, usage))
        if event.type == "response.incomplete":
            details = None if event.response is None else event.response.incomplete_details
            native = (details and details.reason) or "incomplete"
            emitted.append(Finish(FinishReason(_REASONS.get(native, native)), native=native))
        elif event.type == "response.completed":
            reason = "tool_calls" if self._items.has_calls else "stop"
            emitted.append(Finish(FinishReason(reason), native="completed"))

    def _take(self, snapshot: dict[str, Any], *, last: bool) -> None:
        """Take a snapshot of the whole response: its facts replace earlier ones.

        The last one's output counts where it holds as many items as came: some providers leave it empty.
        """
        output = snapshot.pop("output", None)
        if not self._keep:
            return
        self._fields.update(snapshot)
        if not is_array(output):
            return
        if last and len(output) >= len(self._items):
            self._output = output
        elif not len(self._items):
            self._items.begin(output)


Event = ResponseStreamEvent


class ResponsesDialect(EventDialect[Event, Response]):
    """One attempt at a Responses stream."""

    __slots__ = ("_begun", "_whole")

    def __init__(self, **options: Unpack[Options]) -> None:
        super().__init__(Event, Response, lambda keep: ResponseState(keep=keep), **options)
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
