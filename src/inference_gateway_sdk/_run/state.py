"""The state machine of a run: events in, the next action out. It has no clock, no client and no threads.

    action = state.start()
    Ask      -> send the request, then feed Replied or Failed
    Decide   -> ask for approval, then feed Decided
    Execute  -> feed Began before a call runs and Finished after it; store the transcript in between
    Pause, Done, Fail -> the end; `state.run()` is the result

`Clock` may be fed at any time. `Interrupted` closes the running calls when the run is abandoned.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import structs

from .._model.usage import Usage
from .._schema.adapter import InvalidValueError
from .._tools.results import CUT_OFF, INTERRUPTED, ToolText
from ..errors import GatewayError, StatusError, StreamError
from .answers import Answer, calls_in_generation, failed_generation
from .events import (
    Began,
    Clock,
    Decide,
    Decided,
    Done,
    Execute,
    Fail,
    Failed,
    Finished,
    Interrupted,
    Pause,
    Replied,
)
from .history import answered
from .output import OutputType, correction_request, cut_output, no_output
from .providers import OutputMode, ProviderRules, first_mode, next_mode, rules_for
from .request import RequestBuilder, forbids_calls, offered_last
from .result import Limit, OutputError, Run, RunError, RunLimitError, ToolRaisedError
from .transcript import Answered, Entry, Note, RunCall, Transcript, add_to_calls
from .turn import LogLine, Notice, Turn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .._model.cost import Cost
    from .events import Action, Ask, Event, RunSettings

__all__ = ["RunState"]

_MAX_CORRECTIONS: Final = 2
_ABOUT_OUTPUT: Final = re.compile(
    r"response_?format|schema|json|format|tool_choice|tools?\b|function|strict", re.IGNORECASE
)
_REFUSED: Final = "The answer was refused or filtered, so this call was not run."
_TAKEN: Final = "Another final answer of the same turn was accepted."
_NOT_YET: Final = (
    "Another call of this turn did not succeed, so this answer was not accepted. Continue, then answer again."
)


class RunState:
    """The state of one run.

    Args:
        settings: The settings of the run.
        entries: The history, from `read_history`.
    """

    def __init__(self, settings: RunSettings, entries: Sequence[Entry]) -> None:
        self.settings = settings
        self.entries: list[Entry] = list(entries)
        self.rules: ProviderRules = rules_for(settings.dialect, settings.provider)
        self.strict_tools = self.rules.tools is not None
        self._requests = RequestBuilder(settings, self.rules, self.entries)
        self.mode: OutputMode = "text"
        self._output: OutputType | None = None
        self._calls: dict[str, RunCall] = {}  # calls of the whole transcript
        self._answers = 0  # number of answers in the whole transcript
        for entry in self.entries:
            self._answers = add_to_calls(entry, self._calls, self._answers)
        self._replies: list[Any] = []
        self._answered: list[Answered] = []  # answers of this run, also partial ones
        self.costs: list[Cost] = []
        self._ran: list[RunCall] = []
        self._rounds = 0  # number of requests that were answered
        self._executed = 0
        self._elapsed = 0.0
        self._turn: Turn | None = None
        self._finals: list[RunCall] = []
        self._problems: list[tuple[Any, ...]] = []  # mismatches of each attempt at the output
        self._cut = 0
        self._repeated: tuple[Any, int] = (None, 0)  # calls and results of the last round, and its repetitions
        self._asked_after_failed_generation = False
        self._notices: list[Notice] = []
        self._warned = False
        self._last = Answer()
        self._finish = ""
        self._value: dict[str, Any] = {}
        self._moved = False  # another model than the first is asked
        if settings.output is not None:
            self.mode = (
                settings.mode or settings.first_mode or first_mode(self.rules, with_tools=bool(settings.toolbox))
            )
            self._set_output()

    # --- interface of the client

    @property
    def transcript(self) -> Transcript:
        """The transcript so far."""
        return Transcript(self.entries)

    @property
    def output_type(self) -> OutputType | None:
        """The output type in the current mode, for `partials` and `items`."""
        return self._output

    def drain(self) -> list[Notice]:
        """Return the notices since the last call, for deltas and the log."""
        if not self._notices:
            return []
        notices = self._notices.copy()
        self._notices.clear()
        return notices

    def move(self, provider: str | None, model: str) -> Ask:
        """Continue with another model. Return the current request for it, rendered from the transcript."""
        settings = self.settings = structs.replace(self.settings, provider=provider, model=model)
        self.rules = rules_for(settings.dialect, provider)
        self.strict_tools = self.rules.tools is not None
        self._requests = RequestBuilder(settings, self.rules, self.entries)
        self._moved = True
        if settings.output is not None and settings.mode is None:
            self.mode = first_mode(self.rules, with_tools=bool(settings.toolbox))
        self._set_output()
        return self._build()

    def handles(self, error: GatewayError) -> bool:
        """Return whether the run asks the same model again after an error of it, with another request."""
        if not isinstance(error, StatusError):
            return False
        if failed_generation(error) is not None:
            return not self._asked_after_failed_generation
        return error.status in {400, 422} and self._next_step(error) is not None

    def run(self) -> Run[Any]:
        """Return the run so far."""
        turn = self._turn
        return Run(
            transcript=self.transcript,
            text=self._last.text or self._last.refusal or "",
            turns=self._replies,
            answered=self._answered,
            costs=self.costs,
            finish=self._finish,
            output_mode=self.mode,
            calls=self._ran,
            pending=turn.waiting if turn is not None else [],
            losses=self._requests.losses if self._moved else (),
            **self._value,
        )

    def check_approvals(self, decisions: Mapping[str, object]) -> None:
        """Check before any request that all decisions are for pending calls.

        Raises:
            KeyError: An id is not among the pending calls.
        """
        waiting = [call.id for call in self.transcript.pending]
        for key in decisions:
            if key not in waiting:
                raise KeyError(f"approve: {key!r} is not a pending call; pending are {', '.join(waiting) or 'none'}")

    def start(self) -> Action:
        """Return the first action. Open calls in the history are run before a new request."""
        if not self._calls:
            return self._ask()
        transcript = self.transcript
        waiting = {call.id for call in transcript.pending}
        unknown = {call.id for call in transcript.interrupted}
        if not waiting and not unknown:
            return self._ask()
        turn = self._new_turn(allowed=True)
        redo: list[RunCall] = []
        for call in self._calls.values():
            tool = self.settings.toolbox.find(call.name)
            if call.id in unknown and not (tool is not None and tool.repeatable):
                self._ran.append(call)
                turn.calls.append(call)
                turn.close(call, "interrupted", ToolText(INTERRUPTED, is_error=True))
            elif call.id in waiting | unknown:
                redo.append(call)
        return self._take_calls(redo)

    def feed(self, event: Event) -> Action | None:
        """Process an event. Return the next action, or None while the last one is in progress."""
        match event:
            case Clock():
                self._elapsed = event.seconds
                return self._time_is_up()
            case Began():
                self._own_turn.begin(event.calls)
                self._executed += len(event.calls)
                return None
            case Finished():
                turn = self._own_turn
                turn.finish(event, raises=self.settings.on_tool_error == "raise")
                return None if turn.running else self._go_on()
            case Decided():
                self._own_turn.decide(event.decisions)
                return self._go_on()
            case Interrupted():
                if self._turn is not None:
                    self._turn.interrupt()
                return None
            case Replied():
                return self._replied(event.answers)
            case Failed():
                return self._failed(event.error)

    # --- requests

    @property
    def _own_turn(self) -> Turn:
        if self._turn is None:
            raise RuntimeError("no calls are in progress")
        return self._turn

    def _new_turn(self, *, allowed: bool) -> Turn:
        rules = self.rules.tools if self.strict_tools else None
        self._turn = Turn(
            self.settings.toolbox,
            rules=rules,
            allowed=allowed,
            entries=self.entries,
            notices=self._notices,
        )
        return self._turn

    def _set_output(self) -> None:
        if self.settings.output is not None:
            toolbox, dialect = self.settings.toolbox, self.settings.dialect
            self._output = OutputType(self.settings.output, self.mode, dialect, self.rules, toolbox)

    def _ask(self) -> Action:
        reached = self._limit_before_asking()
        if reached is not None:
            return self._limit(*reached)
        return self._build()

    def _build(self) -> Ask:
        first = not self._rounds
        return self._requests.build(
            self._output, first=first, strict_tools=self.strict_tools, seconds=self._seconds_left()
        )

    # --- answers

    def _replied(self, answers: Sequence[Any]) -> Action:
        settings = self.settings
        mine: list[RunCall] = []
        entry: Answered | None = None
        for index, reply in enumerate(answers):
            entry = answered(reply, settings.dialect, provider=settings.provider, model=settings.model)
            if index < len(answers) - 1:  # another turn followed, so the gateway has run all of its calls
                every = range(len(entry.read.calls))
                entry = structs.replace(entry, on_gateway=tuple(every))
            calls = self._add_answer(entry, reply)
            mine = [call for call in calls if call.status == "pending"] if calls else []
            if len(mine) < len(calls):
                self._ran += [call for call in calls if call.status == "on_gateway"]
        if entry is None:
            raise ValueError("answers is empty: Replied must contain at least one answer")
        self._rounds += 1
        self._finish = self._last.finish
        return self._judge(entry, mine)

    def _add_answer(self, entry: Answered, reply: Any) -> list[RunCall]:
        """Add an answer to the transcript and return its calls."""
        before = len(self._calls)
        self.entries.append(entry)
        self._answers = add_to_calls(entry, self._calls, self._answers)
        self._last = entry.read
        if reply is not None:
            self._replies.append(reply)
        self._answered.append(entry)
        self._warn_of_unknown_usage(entry)
        return list(self._calls.values())[before:] if len(self._calls) > before else []

    def _judge(self, entry: Answered, mine: list[RunCall]) -> Action:
        """Return the next action from the reason for an answer's end, and from its calls that have not run."""
        answer = self._last
        end = answer.end if entry.complete else "length"
        if end in {"content_filter", "refusal"}:
            self._refuse(mine, _REFUSED)
            return self._no_answer(end)
        if end == "length":
            return self._cut_off(mine)
        self._cut = 0
        if end == "pause":
            return self._ask()
        if not mine:
            return self._text_came()
        if not self._known_to_offer() and any(call.status == "on_gateway" for call in self._ran):
            return self._fail(RunError("the gateway stopped with open calls that it did not run"))
        self._new_turn(allowed=not forbids_calls(self.settings.params.get("tool_choice")))
        return self._take_calls(mine)

    def _known_to_offer(self) -> bool:
        return bool(self.settings.toolbox) or self.mode == "tool" or bool(offered_last(self.entries))

    def _refuse(self, calls: list[RunCall], text: str) -> None:
        """Close calls that must not run."""
        turn = self._new_turn(allowed=False)
        for call in calls:
            self._ran.append(call)
            turn.calls.append(call)
            turn.close(call, "cut", ToolText(text, is_error=True))

    def _no_answer(self, reason: str) -> Action:
        """End a run whose answer was refused or filtered."""
        if self._output is None:
            return self._done(self._last.text or self._last.refusal or "")
        return self._fail(no_output(reason, self._last.refusal or self._last.text))

    def _cut_off(self, calls: list[RunCall]) -> Action:
        """Handle an answer that was truncated at the token limit."""
        self._refuse(calls, CUT_OFF)
        finals = [call for call in calls if self._is_final(call)]
        if self._output is not None and (finals or not calls):
            text = finals[0].text if finals else self._last.text or ""
            return self._fail(cut_output(text, self._output.partial(text)))
        if not calls:
            return self._done(self._last.text or "")
        self._cut += 1
        if self._cut > 1:
            return self._limit("length", "calls were cut off at the token limit, twice in a row")
        return self._ask()

    def _text_came(self) -> Action:
        """Handle an answer without calls: return the output, or ask again if it is invalid."""
        text = self._last.text or ""
        if self._output is None:
            return self._done(text)
        try:
            value = self._output.read(text)
        except InvalidValueError as error:
            return self._ask_again(error, [])
        return self._done(value)

    def _ask_again(self, error: InvalidValueError, finals: list[RunCall]) -> Action:
        self._problems.append(error.problems)
        text = correction_request(error, tool=self._output.tool_name if finals and self._output is not None else None)
        for call in finals:
            self._own_turn.close(call, "invalid", ToolText(text, is_error=True))
        if len(self._problems) > _MAX_CORRECTIONS:
            wrote = finals[0].text if finals else self._last.text
            raised = OutputError(f"no answer matches the type: {error}", text=wrote, problems=tuple(self._problems))
            raised.value = self._output.partial(wrote or "") if self._output is not None else None
            return self._fail(raised)
        if not finals:
            self.entries.append(Note(about="output", text=text))
        return self._ask()

    # --- calls

    def _is_final(self, call: RunCall) -> bool:
        return self._output is not None and self.mode == "tool" and call.name == self._output.tool_name

    def _take_calls(self, calls: list[RunCall]) -> Action:
        others = calls
        self._finals = []
        if self.mode == "tool":
            self._finals = [call for call in calls if self._is_final(call)]
            others = [call for call in calls if not self._is_final(call)]
        self._ran += calls
        turn = self._own_turn
        turn.plan(others)
        if turn.undecided:
            if self.settings.asks and not self._finals and (reached := self._round_limit()):
                return self._limit(*reached)  # `approve` is not asked about calls that would not run
            return Decide(tuple(one.call for one in turn.undecided.values()))
        return self._go_on()

    def _go_on(self) -> Action:
        """Start the next batch of calls, or end the turn."""
        turn = self._own_turn
        batch = turn.next_batch()
        if batch and turn.raised is None:
            limits = self.settings.limits
            if not self._finals and (reached := self._round_limit()):
                return self._limit(*reached)  # no answer would follow the results: the calls stay open
            if limits.calls is not None and self._executed + len(batch) > limits.calls:
                return self._limit("calls", f"the run reached its limit of {limits.calls} tool calls")
            return Execute(tuple(batch), self._seconds_left())
        return self._end_turn(turn)

    def _end_turn(self, turn: Turn) -> Action:
        if turn.raised is not None:
            call = turn.raised
            error = ToolRaisedError(f"the tool {call.name} raised {type(call.error).__name__}", call=call)
            error.__cause__ = call.error
            return self._fail(error)
        if turn.waiting:
            self._finish = "paused"
            return Pause()
        self._count_repeats(turn)
        if self._finals and self._output is not None:
            return self._take_final(turn, self._output)
        return self._ask()

    def _take_final(self, turn: Turn, output: OutputType) -> Action:
        """Use the first valid final answer, if all other calls of the turn succeeded."""
        finals, self._finals = self._finals, []
        if turn.failed:
            for call in finals:
                turn.close(call, "invalid", ToolText(_NOT_YET, is_error=True))
            return self._ask()
        errors: list[InvalidValueError] = []
        for call in finals:
            try:
                value = output.read(call.text)
            except InvalidValueError as error:
                errors.append(error)
                continue
            for other in finals:
                turn.close(
                    other, "done" if other is call else "cut", ToolText("Accepted." if other is call else _TAKEN)
                )
            return self._done(value)
        return self._ask_again(errors[0], finals)

    def _count_repeats(self, turn: Turn) -> None:
        """Count consecutive rounds with the same calls and results."""
        found: Any = [(call.name, call.text, call.output) for call in turn.calls]
        if any((tool := self.settings.toolbox.find(call.name)) is not None and tool.repeatable for call in turn.calls):
            found = None
        same, rounds = self._repeated
        self._repeated = (found, rounds + 1 if found and found == same else 1)

    # --- failures

    def _failed(self, error: GatewayError) -> Action:
        if isinstance(error, StreamError) and error.partial is not None:
            entry = answered(error.partial, self.settings.dialect, model=self.settings.model)
            self.entries.append(structs.replace(entry, provider=self.settings.provider, complete=False))
            self._answers += 1
            self._last = entry.read
            self._replies.append(error.partial)
            self._answered.append(entry)
        if isinstance(error, StatusError):
            generation = failed_generation(error)
            if generation is not None:
                return self._after_failed_generation(error, generation)
            if error.status in {400, 422} and self._step_down(error):
                return self._ask()
        return self._fail(error)

    def _after_failed_generation(self, error: StatusError, generation: str) -> Action:
        """Run the call in a 400 of Groq, which rejects a malformed call but includes it, or ask once more."""
        calls = calls_in_generation(generation)
        if calls:
            message = {"role": "assistant", "content": None, "tool_calls": calls}
            answer = {"choices": [{"message": message, "finish_reason": "tool_calls"}]}
            entry = Answered(dialect="chat", answer=answer, provider=self.settings.provider, model=self.settings.model)
            self._rounds += 1
            return self._judge(entry, self._add_answer(entry, None))
        if self._asked_after_failed_generation:
            return self._fail(error)
        self._asked_after_failed_generation = True
        return self._ask()

    def _step_down(self, error: StatusError) -> bool:
        """Select a weaker mode after a 400 about strict tools or the output mode. Return False if there is none."""
        below = self._next_step(error)
        if below is None:
            return False
        if below == "text":
            self.strict_tools = False
            self._notices.append(LogLine("info", "the provider rejected strict tools: they are now sent as non-strict"))
            return True
        self._notices.append(LogLine("info", f"the provider rejected output mode {self.mode}: trying {below}"))
        self.mode = below
        self._set_output()
        return True

    def _next_step(self, error: StatusError) -> OutputMode | None:
        """Return the next mode after a 400, "text" to send tools as non-strict, None if the 400 is about neither."""
        if not _ABOUT_OUTPUT.search(f"{error.message} {error.code}"):
            return None
        if self.strict_tools and self.settings.toolbox and "tool" in error.message.lower():
            return "text"
        if self._output is None or self.settings.mode is not None:
            return None
        return next_mode(self.mode, self.rules, with_tools=bool(self.settings.toolbox))

    # --- limits and ends

    def _seconds_left(self) -> float | None:
        limit = self.settings.limits.seconds
        return None if limit is None else max(limit - self._elapsed, 0.0)

    def _time_is_up(self) -> Action | None:
        limit = self.settings.limits.seconds
        if limit is None or self._elapsed < limit:
            return None
        return self._limit("seconds", f"the run reached its limit of {limit:g} s")

    def _round_limit(self) -> tuple[Limit, str] | None:
        limit = self.settings.limits.rounds
        if limit is None or self._rounds < limit:
            return None
        return "rounds", f"the run reached its limit of {limit} rounds"

    def _limit_before_asking(self) -> tuple[Limit, str] | None:
        limits = self.settings.limits
        if reached := self._round_limit():
            return reached
        if limits.repeats is not None and self._repeated[1] >= limits.repeats and self._repeated[0]:
            return "repeats", f"the same calls returned the same results {limits.repeats} rounds in a row"
        if limits.seconds is not None and self._elapsed >= limits.seconds:
            return "seconds", f"the run reached its limit of {limits.seconds:g} s"
        if limits.input_tokens is None and limits.output_tokens is None:
            return None
        usage = Usage.sum(entry.usage for entry in self._answered) or Usage()
        if limits.input_tokens is not None and (usage.input or 0) >= limits.input_tokens:
            return "input_tokens", f"the run used {usage.input} input tokens, its limit is {limits.input_tokens}"
        if limits.output_tokens is not None and (usage.output or 0) >= limits.output_tokens:
            return "output_tokens", f"the run used {usage.output} output tokens, its limit is {limits.output_tokens}"
        return None

    def _warn_of_unknown_usage(self, entry: Answered) -> None:
        limits = self.settings.limits
        bounded = limits.input_tokens is not None or limits.output_tokens is not None
        if bounded and not self._warned and entry.usage is None:
            self._warned = True
            self._notices.append(LogLine("user", "limits: the provider reports no usage, so tokens are not limited"))

    def _limit(self, limit: Limit, text: str) -> Action:
        if self.settings.on_limit == "return":
            self._finish = "limit"
            return Done()
        return self._fail(RunLimitError(text, limit=limit))

    def _done(self, value: Any) -> Action:
        self._value = {"output": value}
        return Done()

    def _fail(self, error: GatewayError) -> Fail:
        error.partial = self.run()
        return Fail(error)
