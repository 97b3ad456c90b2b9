"""The tool calls of one answer: validation, approval, batches and results."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (msgspec reads the annotations at run time)
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from .._model.unknown_fields import set_module
from .._schema.adapter import InvalidValueError, Problem
from .._schema.strict import PLAIN
from .._tools import results
from .._tools.results import ToolText
from .._tools.tool import Tool, ToolError
from ..errors import SerializationError
from .answers import parse_arguments
from .transcript import Offered, Result, RunCall, Started, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._schema.strict import Rules
    from .._tools.tool import Toolbox
    from .transcript import Entry

__all__ = ["Finished", "LogLine", "Notice", "PlannedCall", "ToolDone", "ToolRun", "Turn"]


class PlannedCall(Struct, frozen=True):
    """A call that may run: its tool, and the decoded arguments for the function."""

    call: RunCall
    tool: Tool[..., Any]
    arguments: dict[str, Any]


class Finished(Struct, frozen=True, kw_only=True):
    """The outcome of a call: a value, an exception, or a timeout."""

    call: str
    value: Any = None
    error: BaseException | None = None
    timed_out: bool = False
    seconds: float | None = None


@set_module
class ToolRun(Struct, frozen=True):
    """Event: a tool starts.

    Attributes:
        call: The call, as in `run.calls`.
    """

    call: RunCall


@set_module
class ToolDone(Struct, frozen=True):
    """Event: a call has its result, also if the tool did not run.

    Attributes:
        call: The call, as in `run.calls`.
    """

    call: RunCall


class LogLine(Struct, frozen=True):
    """A message for the log, or for `warnings`."""

    level: str  # "info", "warning", or "user" for a UserWarning
    text: str
    error: BaseException | None = None


Notice = ToolRun | ToolDone | LogLine


class Turn:
    """The calls of one answer, from validation to results.

    Args:
        toolbox: The tools of the run.
        rules: The rules with which tool schemas were sent as strict, or None.
        allowed: True if the model was allowed to call tools.
        entries: The transcript, to which the turn appends.
        notices: The events and log messages of the run, to which the turn appends.
    """

    def __init__(
        self,
        toolbox: Toolbox,
        *,
        rules: Rules | None,
        allowed: bool,
        entries: list[Entry],
        notices: list[Notice],
    ) -> None:
        self.calls: list[RunCall] = []
        self.planned: dict[str, PlannedCall] = {}  # calls that may run, in order
        self.undecided: dict[str, PlannedCall] = {}  # calls that need approval
        self.running: dict[str, PlannedCall] = {}
        self.raised: RunCall | None = None
        self._toolbox = toolbox
        self._rules = rules
        self._allowed = allowed
        # The lists, not methods of the run: a cycle would keep each run in memory until the next garbage collection.
        self._append = entries.append
        self._entries = entries
        self._notify = notices.append

    @property
    def waiting(self) -> list[RunCall]:
        """The calls without a result."""
        return [call for call in self.calls if call.status == "pending"]

    @property
    def failed(self) -> bool:
        """True if any call did not succeed."""
        return any(call.status not in {"done", "on_gateway"} for call in self.calls)

    def plan(self, calls: Iterable[RunCall]) -> None:
        """Classify calls: they may run, need approval, are run by the caller, or cannot run."""
        for call in calls:
            self.calls.append(call)
            refused = self._refusal(call)
            if refused is not None:
                self.close(call, *refused)

    def _was_offered(self, name: str) -> bool:
        """Return whether a tool of that name was offered earlier in the conversation."""
        offers = (entry for entry in self._entries if isinstance(entry, Offered))
        return any(one["name"] == name for offer in offers for one in offer.tools)

    def _refusal(self, call: RunCall) -> tuple[Status, ToolText] | None:
        """Plan a call. Return the reason if it cannot run, else None."""
        tool = self._toolbox.find(call.name)
        if not self._allowed or (tool is None and self._was_offered(call.name)):
            return "unavailable", results.unavailable(call.name)
        if tool is None:
            return "unknown", results.unknown_tool(call.name, self._toolbox)
        try:
            given = parse_arguments(call.text)
            if tool.runner == "function":
                given = tool.strict_form(self._rules or PLAIN).restore(given)
            arguments = tool.decode(given)
        except InvalidValueError as error:
            return "invalid", results.invalid_arguments(error.problems)
        except ValueError as error:
            return "invalid", results.invalid_arguments([Problem("$", str(error))])
        call.reread = arguments.reread
        planned = PlannedCall(call, tool, arguments.values)
        if tool.runner == "caller":
            return None  # the caller runs it: the run pauses
        (self.undecided if tool.approval else self.planned)[call.id] = planned
        return None

    def decide(self, decisions: Mapping[str, object]) -> None:
        """Apply decisions: True runs a call, False or a reason denies it, None leaves it open.

        Raises:
            TypeError: A decision has another type.
        """
        order = [call.id for call in self.calls]
        for key, planned in list(self.undecided.items()):
            decision = decisions.get(key)
            if decision is None:
                continue
            if decision is True:
                self.planned[key] = planned
            elif decision is False or isinstance(decision, str):
                self.close(planned.call, "denied", results.denied(decision or None))
            else:
                kind = type(decision).__name__
                raise TypeError(f"approve must be True, False, a reason or None for {planned.call.name}, got {kind}")
            del self.undecided[key]
        self.planned = dict(sorted(self.planned.items(), key=lambda item: order.index(item[0])))

    def next_batch(self) -> list[PlannedCall]:
        """Return the calls to start next: first all that may run in parallel, then one at a time those that may not."""
        if not self.planned:
            return []
        together = [one for one in self.planned.values() if not one.tool.alone]
        return together or list(self.planned.values())[:1]

    def begin(self, keys: Iterable[str]) -> None:
        """Mark calls as started. Call it before they run."""
        for key in keys:
            planned = self.running[key] = self.planned.pop(key)
            self._append(Started(call=key))
            self._notify(ToolRun(planned.call))

    def finish(self, event: Finished, *, raises: bool) -> None:
        """Record the outcome of a call."""
        planned = self.running.pop(event.call)
        call = planned.call
        call.seconds, call.result = event.seconds, event.value
        error = event.error
        if event.timed_out:
            self.close(call, "timeout", results.timed_out(planned.tool.timeout or event.seconds or 0.0))
            return
        if error is None:
            try:
                text = results.to_text(event.value)
            except (TypeError, SerializationError) as refused:
                error = refused
            else:
                self.close(call, "failed" if text.is_error else "done", text)
                return
        call.error = error
        if not isinstance(error, ToolError):
            self._notify(LogLine("warning", f"the tool {call.name} raised {type(error).__name__}", error))
            if raises and self.raised is None:
                self.raised = call
        self.close(call, "failed", results.failed(error))

    def interrupt(self) -> None:
        """Close the running calls as interrupted, when the run is abandoned."""
        for planned in self.running.values():
            self.close(planned.call, "interrupted", ToolText(results.INTERRUPTED, is_error=True))
        self.running = {}

    def close(self, call: RunCall, status: Status, text: ToolText) -> None:
        """Record the result of a call for the model."""
        call.status, call.output = status, text.text
        self._append(Result(call=call.id, text=text.text, status=status, is_error=text.is_error))
        self._notify(ToolDone(call))
