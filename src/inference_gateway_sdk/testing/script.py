"""One script: the requests it is for, what they are answered, how many of them, and where a test wrote it."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from ..embedded.faults.kinds import ErrorEvent
from .answer import Answer
from .refusal import Refusal, refusal_of
from .shown import short

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..embedded.faults import Fault
    from .condition import Condition
    from .received import ReceivedRequest

__all__ = ["Outcome", "Raw", "Script", "call", "place_of_caller", "times_of"]

__tracebackhide__ = True  # pytest shows the test's line, not ours

_HERE = str(Path(__file__).parent)


class Raw(Struct, frozen=True, kw_only=True):
    """A provider's answer as it stands."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


Outcome: TypeAlias = Answer | Refusal | Raw


class Script:
    """What some requests are answered. Made by `reply`, `stream`, `fail` and `respond`.

    Attributes:
        condition: Which requests it is for.
        fault: What goes wrong with the answer on its way; None for nothing.
        at_end: The fault comes once everything has been said.
        times: How many requests it answers; None for all that come.
        optional: It need not be used.
        place: The file and line where it was written.
        used: How many requests it has answered.
    """

    def __init__(
        self,
        outcome: Outcome,
        condition: Condition,
        *,
        times: int | None,
        optional: bool,
        written: str,
        place: str,
        fault: Fault | None = None,
        at_end: bool = False,
    ) -> None:
        self.condition = condition
        self.fault = fault
        self.at_end = at_end
        self.times = times
        self.optional = optional
        self.place = place
        self.used = 0
        self._outcome = outcome
        self._written = written

    def outcome_for(self, request: ReceivedRequest) -> Outcome:
        """What the provider answers: an error that was to come inside a stream is the whole of any other answer."""
        if isinstance(self.fault, ErrorEvent) and not request.stream:
            return refusal_of(self.fault.code, message=self.fault.message)
        return self._outcome

    @property
    def used_up(self) -> bool:
        """Whether it answers no more requests."""
        return self.times is not None and self.used >= self.times

    @property
    def missed(self) -> bool:
        """Whether it was to be used and was not, or not often enough."""
        return not self.optional and self.used < (self.times or 1)

    @property
    def count(self) -> str:
        """How often it was used, of how often it could be."""
        return f"used {self.used} of {self.times}" if self.times is not None else f"used {self.used}, times='always'"

    def __str__(self) -> str:
        """As it was written."""
        condition = str(self.condition)
        return f"gateway.on({condition}).{self._written}" if condition else f"gateway.{self._written}"

    def __repr__(self) -> str:
        return f"<Script {self} ({self.count})>"


def times_of(times: object) -> int | None:
    """How many requests a script answers, None for all that come.

    Raises:
        ValueError: It is neither a number nor "always".
    """
    if times == "always":
        return None
    if isinstance(times, bool) or not isinstance(times, int) or times < 1:
        raise ValueError(f'times={times!r}: write how many requests it answers, 1 or more, or "always"')
    return times


def place_of_caller() -> str:
    """The file and line outside this package that is being run."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    if frame is None:
        return "an unknown place"
    path = Path(frame.f_code.co_filename)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path.name
    return f"{shown}:{frame.f_lineno}"


def call(name: str, *positional: object, given: Mapping[str, object]) -> str:
    """A call as it was written, with long values cut short."""
    arguments = [short(each) for each in positional] + [f"{key}={short(each)}" for key, each in given.items()]
    return f"{name}({', '.join(arguments)})"
