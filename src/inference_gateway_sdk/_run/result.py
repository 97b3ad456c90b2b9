"""What a run gives: its result, the limits it keeps, and the errors that hold all of it."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003  (users resolve the annotations of public classes)
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar, cast

from msgspec import Struct

from .._model.unknown_fields import set_module
from .._model.usage import Usage  # noqa: TC001  (the same)
from .._schema.adapter import Problem  # noqa: TC001  (the same)
from ..errors import GatewayError
from .providers import OutputMode  # noqa: TC001  (the same)
from .transcript import RunCall, Transcript  # noqa: TC001  (the same)

__all__ = [
    "Limit",
    "Limits",
    "OutputError",
    "Run",
    "RunError",
    "RunLimitError",
    "RunPausedError",
    "ToolRaisedError",
    "read_limits",
]

T = TypeVar("T")
Limit: TypeAlias = Literal["rounds", "calls", "input_tokens", "output_tokens", "seconds", "repeats", "length"]
_MISSING: Final = object()


@set_module
class Limits(Struct, frozen=True):
    """How far a run may go. Each is checked before a request and before tools start.

    Attributes:
        rounds: Answers.
        calls: Tool calls that are run, None for any number.
        input_tokens: Tokens read in all rounds together.
        output_tokens: Tokens generated in all rounds together.
        seconds: Time from the start to the end.
        repeats: How often the same calls may give the same results, one round after another.
    """

    rounds: int | None = 10
    calls: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    seconds: float | None = None
    repeats: int | None = 5

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value: object = getattr(self, name)
            if value is None:
                continue
            whole = isinstance(value, int) and not isinstance(value, bool)
            if not whole and not (name == "seconds" and isinstance(value, float)):
                kind = "a number" if name == "seconds" else "a whole number"
                raise TypeError(f"limits: {name} must be {kind} or None, got {type(value).__name__}")
            least = 0 if name == "calls" else 1
            if not (value > 0 if name == "seconds" else value >= least):  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
                raise ValueError(f"limits: {name} must be at least {least}, got {value}")


def read_limits(limits: object) -> Limits:
    """Return what a caller gave as limits; a number is that many rounds.

    Raises:
        TypeError: Neither limits nor a number.
        ValueError: A number below 1.
    """
    if isinstance(limits, Limits):
        return limits
    if limits is None:
        return Limits()
    if isinstance(limits, bool) or not isinstance(limits, int):
        raise TypeError(f"limits must be Limits(...) or a number of rounds, got {type(limits).__name__}")
    return Limits(rounds=limits)


@set_module
class RunError(GatewayError):
    """A run that did not come to its end; `partial` is the run so far, and may be continued."""


@set_module
class RunLimitError(RunError):
    """A run reached one of its limits.

    Attributes:
        limit: The limit's name; "length" for calls that were cut off twice.
    """

    def __init__(self, message: str = "", *, limit: Limit = "rounds", **more: Any) -> None:
        super().__init__(message, **more)
        self.limit = limit


@set_module
class OutputError(RunError):
    """The model did not give a value of the type asked for.

    Attributes:
        reason: "invalid", "length", "content_filter" or "refusal".
        text: What the model wrote last.
        value: The JSON value of it, as far as it came; None for none.
        problems: Of each try, why it does not fit.
    """

    def __init__(
        self,
        message: str = "",
        *,
        reason: str = "invalid",
        text: str | None = None,
        value: Any = None,
        problems: Sequence[Sequence[Problem]] = (),
        **more: Any,
    ) -> None:
        super().__init__(message, **more)
        self.reason = reason
        self.text = text
        self.value = value
        self.problems = problems


@set_module
class ToolRaisedError(RunError):
    """A tool raised, and `on_tool_error="raise"` was asked for; `__cause__` is its exception.

    Attributes:
        call: The call.
    """

    def __init__(self, message: str = "", *, call: RunCall | None = None, **more: Any) -> None:
        super().__init__(message, **more)
        self.call = call


@set_module
class RunPausedError(RunError):
    """A run has no output yet: calls wait for a decision or a result."""


@set_module
class Run(Generic[T]):
    """A run that has ended, or paused.

    Attributes:
        text: The text of the last answer, "" for none.
        reply: The last answer, None when there was none.
        turns: All answers of this run in order.
        usage: Tokens of all answers together, None when no provider gave numbers.
        finish: Why it ended: the provider's word, "paused", or "limit".
        output_mode: How the model was held to the type; "text" without one.
        calls: The tool calls of this run in order.
        pending: Those that wait for a decision or a result.
        transcript: Everything, to store and to continue from.
    """

    __slots__ = (
        "_output", "calls", "finish", "output_mode", "pending", "reply", "text", "transcript", "turns", "usage",
    )  # fmt: skip

    def __init__(
        self,
        *,
        transcript: Transcript,
        text: str = "",
        turns: Sequence[Any] = (),
        usage: Usage | None = None,
        finish: str = "",
        output_mode: OutputMode = "text",
        calls: Sequence[RunCall] = (),
        pending: Sequence[RunCall] = (),
        output: Any = _MISSING,
    ) -> None:
        self.transcript: Transcript = transcript
        self.text: str = text
        self.turns: list[Any] = list(turns)
        self.reply: Any = self.turns[-1] if self.turns else None
        self.usage: Usage | None = usage
        self.finish: str = finish
        self.output_mode: OutputMode = output_mode
        self.calls: list[RunCall] = list(calls)
        self.pending: list[RunCall] = list(pending)
        self._output = output

    @property
    def output(self) -> T:
        """The value of the type asked for; the text without one.

        Raises:
            RunPausedError: Calls wait for a decision or a result.
            RunLimitError: The run ended at a limit.
        """
        if self._output is not _MISSING:
            return cast("T", self._output)
        if self.pending and self.finish == "paused":
            names = ", ".join(call.name for call in self.pending)
            hint = "decide on them with approve={id: True}, and run the transcript again"
            raise RunPausedError(f"the run has no output yet: {names} wait", partial=self, hint=hint)
        raise RunLimitError("the run ended before it had an output", partial=self)

    def __repr__(self) -> str:
        waiting = f", {len(self.pending)} pending" if self.pending else ""
        return f"<Run: {len(self.turns)} answers, {len(self.calls)} calls{waiting}, {self.finish or 'running'}>"
