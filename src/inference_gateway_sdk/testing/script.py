"""One scripted answer: what it answers, when it applies, how often."""

from __future__ import annotations

import inspect
import re
from collections.abc import (
    Callable,  # noqa: TC003  (msgspec reads the annotations at run time)
    Iterator,  # noqa: TC003  (msgspec reads the annotations at run time)
)
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from msgspec import Struct

from ..embedded.faults.kinds import ErrorEvent
from .answer import Refusal, ScriptedAnswer, refusal_of
from .received import ENDPOINTS, OF_A_MODEL, ReceivedRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..embedded.faults import Fault

__all__ = [
    "Condition",
    "Mismatch",
    "Outcome",
    "Raw",
    "Script",
    "call",
    "condition_of",
    "cut",
    "place_of_caller",
    "short",
    "times_of",
]


def short(value: object) -> str:
    """The value as it is written in Python: a function by its name, a pattern as the call that makes it."""
    if isinstance(value, re.Pattern):
        text = f"re.compile({cast('re.Pattern[str]', value).pattern!r})"
    else:
        text = getattr(value, "__name__", repr(value)) if callable(value) else repr(value)
    return cut(text, 60)


def cut(text: str, length: int = 200) -> str:
    """The text, without its middle where it is longer than this many characters."""
    return text if len(text) <= length else f"{text[: length - 20]}...{text[-17:]}"


__tracebackhide__ = True  # pytest shows the test's line, not ours


class Mismatch(Struct, frozen=True):
    """One thing that a script wants of a request, and what the request has."""

    name: str
    wanted: str
    got: str
    fits: bool


class Condition(Struct, frozen=True, kw_only=True):
    """What must be true of a request.

    Attributes:
        endpoint: What is asked; None for anything that a model answers.
        model: Its name, with its provider in front; `*` stands for anything. Without a slash, the name alone.
        content: Stands in the last message, or in the prompt.
        where: Says whether the script is for a request.
    """

    endpoint: str | None = None
    model: str | None = None
    content: str | re.Pattern[str] | None = None
    where: Callable[[ReceivedRequest], object] | None = None

    def findings(self, request: ReceivedRequest) -> Iterator[Mismatch]:
        """What it wants, one thing after another."""
        if self.endpoint is not None or request.endpoint not in OF_A_MODEL:
            fits = request.endpoint == self.endpoint
            yield Mismatch("endpoint", self.endpoint or "of a model", request.endpoint, fits)
        if self.model is not None:
            yield Mismatch("model", self.model, request.model or "none", self._is_model(request.model))
        if self.content is not None:
            wanted = repr(self.content) if isinstance(self.content, str) else short(self.content)
            yield Mismatch("content", wanted, repr(request.text), _contains(self.content, request.text))
        if self.where is not None:
            yield _requested(self.where, request)

    def fits(self, request: ReceivedRequest) -> bool:
        """Whether the script is for this request."""
        return all(finding.fits for finding in self.findings(request))

    def _is_model(self, name: str) -> bool:
        wanted = self.model or ""
        return fnmatchcase(name, wanted) or ("/" not in wanted and fnmatchcase(name.partition("/")[2], wanted))

    def __str__(self) -> str:
        """As it is written: the arguments of `on`."""
        given = {name: getattr(self, name) for name in self.__struct_fields__}
        return ", ".join(f"{name}={short(value)}" for name, value in given.items() if value is not None)


def condition_of(endpoint: object, model: object, content: object, where: object) -> Condition:
    """The condition that these arguments of `on` describe.

    Raises:
        TypeError: An argument is of another type.
        ValueError: There is no such endpoint, or there is nothing to match by.
    """
    if endpoint is not None and endpoint not in ENDPOINTS:
        raise ValueError(f"on(endpoint={endpoint!r}): write one of {', '.join(ENDPOINTS)}")
    if model is not None and not isinstance(model, str):
        raise TypeError(f'on(model={model!r}): write a name such as "openai/gpt-4o" or "openai/*"')
    if content is not None and not isinstance(content, (str, re.Pattern)):
        raise TypeError(f"on(content={content!r}): write a text that stands in the last message, or re.compile(...)")
    if where is not None and not callable(where):
        raise TypeError(f"on(where={where!r}): write a function from a ReceivedRequest to bool")
    if endpoint is None and model is None and content is None and where is None:
        raise ValueError("on() without arguments matches nothing in particular: write gateway.reply(...) and the like")
    return Condition(
        endpoint=cast("str | None", endpoint),
        model=model,
        content=cast("str | re.Pattern[str] | None", content),
        where=cast("Callable[[ReceivedRequest], object] | None", where),
    )


def _contains(content: str | re.Pattern[str], text: str) -> bool:
    return content in text if isinstance(content, str) else content.search(text) is not None


def _requested(where: Callable[[ReceivedRequest], object], request: ReceivedRequest) -> Mismatch:
    name = short(where)
    try:
        answer = where(request)
    except Exception as error:  # noqa: BLE001  (whatever the test's own function raises belongs into its report)
        return Mismatch("where", f"{name} is true", f"{type(error).__name__}: {error}", fits=False)
    return Mismatch("where", f"{name} is true", repr(answer), fits=bool(answer))


_HERE = str(Path(__file__).parent)


class Raw(Struct, frozen=True, kw_only=True):
    """A provider's answer as it stands."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


Outcome: TypeAlias = ScriptedAnswer | Refusal | Raw


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
