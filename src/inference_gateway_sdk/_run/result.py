"""The result of a run, its limits, and the errors that contain the partial run."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003  (users resolve the annotations of public classes)
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeAlias, TypeVar, cast

from msgspec import Struct

from .._model.unknown_fields import set_module
from .._model.usage import Usage
from .._schema.adapter import Problem  # noqa: TC001  (the same)
from ..errors import GatewayError
from .providers import OutputMode  # noqa: TC001  (the same)
from .render import Loss  # noqa: TC001  (users resolve the annotations)
from .transcript import Answered, RunCall, Transcript  # noqa: TC001  (the same)

if TYPE_CHECKING:
    from .._model.cost import Cost

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
    """The limits of a run. They are checked before each request and before tools start. None means no limit.

    Attributes:
        rounds: Maximum number of answers.
        calls: Maximum number of tool calls that run.
        input_tokens: Maximum number of input tokens in all rounds.
        output_tokens: Maximum number of output tokens in all rounds.
        seconds: Maximum duration of the run.
        repeats: Maximum number of consecutive rounds with the same calls and results.
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
                kind = "a number" if name == "seconds" else "an integer"
                raise TypeError(f"limits: {name} must be {kind} or None, got {type(value).__name__}")
            least = 0 if name == "calls" else 1
            if not (value > 0 if name == "seconds" else value >= least):  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
                raise ValueError(f"limits: {name} must be at least {least}, got {value}")


_DEFAULT_LIMITS: Final = Limits()


def read_limits(limits: object) -> Limits:
    """Return a caller's limits. An integer is the number of rounds.

    Raises:
        TypeError: The value is neither `Limits` nor an integer.
        ValueError: The value is below 1.
    """
    if isinstance(limits, Limits):
        return limits
    if limits is None:
        return _DEFAULT_LIMITS
    if isinstance(limits, bool) or not isinstance(limits, int):
        raise TypeError(f"limits must be Limits(...) or a number of rounds, got {type(limits).__name__}")
    return Limits(rounds=limits)


@set_module
class RunError(GatewayError):
    """The run did not complete. `partial` is the run so far, which can be continued."""


@set_module
class RunLimitError(RunError):
    """The run reached one of its limits.

    Attributes:
        limit: Name of the limit. "length" means that the token limit cut off calls twice.
    """

    def __init__(self, message: str = "", *, limit: Limit = "rounds", **more: Any) -> None:
        super().__init__(message, **more)
        self.limit: Limit = limit


@set_module
class OutputError(RunError):
    """The model did not produce a value of the requested type.

    Attributes:
        reason: "invalid", "length", "content_filter" or "refusal".
        text: The last text of the model.
        value: The JSON value of that text, possibly partial, or None.
        problems: The mismatches of each attempt.
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
        self.reason: str = reason
        self.text: str | None = text
        self.value: Any = value
        self.problems: Sequence[Sequence[Problem]] = problems


@set_module
class ToolRaisedError(RunError):
    """A tool raised an exception, and `on_tool_error="raise"` is set. `__cause__` is the exception.

    Attributes:
        call: The call.
    """

    def __init__(self, message: str = "", *, call: RunCall | None = None, **more: Any) -> None:
        super().__init__(message, **more)
        self.call: RunCall | None = call


@set_module
class RunPausedError(RunError):
    """The run has no output yet, because calls wait for a decision or a result."""


@set_module
class Run(Generic[T]):
    """A run that has ended or paused.

    Attributes:
        text: The text of the last answer, or "".
        reply: The last answer, or None.
        turns: All answers of this run in order. Answers of the history that it continues are in `transcript`.
        finish: Reason for the end: the provider's finish reason, "paused", or "limit".
        output_mode: The mode in which the model was constrained to the type, or "text".
        calls: The tool calls of this run in order, including calls of the history that it has run or closed.
            `transcript.calls` has the calls of the whole conversation.
        pending: The calls that wait for a decision or a result.
        transcript: The full history, to store and to continue the run.
        losses: The parts of the transcript that a model did not receive, after the run moved to it (`fallback`).
    """

    __slots__ = (
        "_answered", "_costs", "_output", "calls", "finish", "losses", "output_mode", "pending", "reply", "text",
        "transcript", "turns",
    )  # fmt: skip

    def __init__(
        self,
        *,
        transcript: Transcript,
        text: str = "",
        turns: Sequence[Any] = (),
        answered: Sequence[Answered] = (),
        costs: Sequence[Cost] = (),
        finish: str = "",
        output_mode: OutputMode = "text",
        calls: Sequence[RunCall] = (),
        pending: Sequence[RunCall] = (),
        losses: Sequence[Loss] = (),
        output: Any = _MISSING,
    ) -> None:
        self.transcript: Transcript = transcript
        self.text: str = text
        self.turns: list[Any] = list(turns)
        self.reply: Any = self.turns[-1] if self.turns else None
        self._answered = tuple(answered)
        self._costs = tuple(costs)
        self.finish: str = finish
        self.output_mode: OutputMode = output_mode
        self.calls: list[RunCall] = list(calls)
        self.pending: list[RunCall] = list(pending)
        self.losses: list[Loss] = list(losses)
        self._output = output

    @property
    def output(self) -> T:
        """The value of the requested type, or the text if no type was requested.

        Raises:
            RunPausedError: Calls wait for a decision or a result.
            RunLimitError: The run ended at a limit.
        """
        if self._output is not _MISSING:
            return cast("T", self._output)
        if self.pending and self.finish == "paused":
            names = ", ".join(call.name for call in self.pending)
            hint = "decide on them with approve={id: True}, and run the transcript again"
            raise RunPausedError(
                f"the run has no output yet, as these calls are pending: {names}", partial=self, hint=hint
            )
        raise RunLimitError("the run ended before it had an output", partial=self)

    @property
    def usage(self) -> Usage | None:
        """Tokens of all answers of this run together, or None if no provider reported usage."""
        return Usage.sum(entry.usage for entry in self._answered)

    @property
    def cost(self) -> Cost:
        """The cost of all requests of this run together, including those that failed.

        Its kind is "unknown" unless the client has prices, a ledger or a budget.
        """
        from .._model.cost import UNKNOWN, sum_of_costs  # here: most runs have no prices

        return sum_of_costs(self._costs) if self._costs else UNKNOWN

    def __repr__(self) -> str:
        waiting = f", {len(self.pending)} pending" if self.pending else ""
        return f"<Run: {len(self.turns)} answers, {len(self.calls)} calls{waiting}, {self.finish or 'running'}>"
