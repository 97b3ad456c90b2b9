"""One script: its answer, its condition, and how often it applies."""

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
    """Return a value as Python code: a function by its name, a pattern as the call that makes it."""
    if isinstance(value, re.Pattern):
        text = f"re.compile({cast('re.Pattern[str]', value).pattern!r})"
    else:
        text = getattr(value, "__name__", repr(value)) if callable(value) else repr(value)
    return cut(text, 60)


def cut(text: str, length: int = 200) -> str:
    """Return the text with its middle removed if it is longer than `length`."""
    return text if len(text) <= length else f"{text[: length - 20]}...{text[-17:]}"


__tracebackhide__ = True  # pytest shows the test's line and not this module's


class Mismatch(Struct, frozen=True):
    """One requirement of a script, the request's value, and whether they match."""

    name: str
    wanted: str
    got: str
    fits: bool


class Condition(Struct, frozen=True, kw_only=True):
    """A condition on requests.

    Attributes:
        endpoint: The kind of endpoint; None for any that a model answers.
        model: The model's name with its provider in front; `*` matches any characters. Without a slash, the bare name.
        content: A text in the last message or the prompt, or a pattern to find there.
        where: A predicate on requests.
    """

    endpoint: str | None = None
    model: str | None = None
    content: str | re.Pattern[str] | None = None
    where: Callable[[ReceivedRequest], object] | None = None

    def findings(self, request: ReceivedRequest) -> Iterator[Mismatch]:
        """Yield the condition's requirements one after another."""
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
        """Return whether the request meets the condition."""
        return all(finding.fits for finding in self.findings(request))

    def _is_model(self, name: str) -> bool:
        wanted = self.model or ""
        return fnmatchcase(name, wanted) or ("/" not in wanted and fnmatchcase(name.partition("/")[2], wanted))

    def __str__(self) -> str:
        """Return the arguments of `on` as written."""
        given = {name: getattr(self, name) for name in self.__struct_fields__}
        return ", ".join(f"{name}={short(value)}" for name, value in given.items() if value is not None)


def condition_of(endpoint: object, model: object, content: object, where: object) -> Condition:
    """Make a condition from the arguments of `on`.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: The endpoint is unknown, or no argument is given.
    """
    if endpoint is not None and endpoint not in ENDPOINTS:
        raise ValueError(f"on(endpoint={endpoint!r}): write one of {', '.join(ENDPOINTS)}")
    if model is not None and not isinstance(model, str):
        raise TypeError(f'on(model={model!r}): write a name such as "openai/gpt-4o" or "openai/*"')
    if content is not None and not isinstance(content, (str, re.Pattern)):
        raise TypeError(f"on(content={content!r}): write a text of the last message, or re.compile(...)")
    if where is not None and not callable(where):
        raise TypeError(f"on(where={where!r}): write a function from a ReceivedRequest to bool")
    if endpoint is None and model is None and content is None and where is None:
        raise ValueError("on() needs an argument: write gateway.reply(...) and the like to match any request")
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
    except Exception as error:  # noqa: BLE001  (any exception of the test's function belongs in its report)
        return Mismatch("where", f"{name} is true", f"{type(error).__name__}: {error}", fits=False)
    return Mismatch("where", f"{name} is true", repr(answer), fits=bool(answer))


_HERE = str(Path(__file__).parent)


class Raw(Struct, frozen=True, kw_only=True):
    """A provider's answer as status, headers and bytes."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


Outcome: TypeAlias = ScriptedAnswer | Refusal | Raw


class Script:
    """A scripted answer to some requests. Made by `reply`, `stream`, `fail` and `respond`.

    Attributes:
        condition: The condition on requests.
        fault: The fault of the answer; None for none.
        at_end: True if the fault comes after all content.
        times: The number of requests to answer; None for all.
        optional: True if the script need not be used.
        place: The file and line of the call that made it.
        used: The number of requests it has answered.
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
        """Return the provider's answer. An error meant for a stream is the whole of any other answer."""
        if isinstance(self.fault, ErrorEvent) and not request.stream:
            return refusal_of(self.fault.code, message=self.fault.message)
        return self._outcome

    @property
    def used_up(self) -> bool:
        """True if the script answers no further requests."""
        return self.times is not None and self.used >= self.times

    @property
    def missed(self) -> bool:
        """True if the script is not optional and was used too rarely."""
        return not self.optional and self.used < (self.times or 1)

    @property
    def count(self) -> str:
        """A text with the number of uses and its limit."""
        return f"used {self.used} of {self.times}" if self.times is not None else f"used {self.used}, times='always'"

    def __str__(self) -> str:
        """Return the script as written."""
        condition = str(self.condition)
        return f"gateway.on({condition}).{self._written}" if condition else f"gateway.{self._written}"

    def __repr__(self) -> str:
        return f"<Script {self} ({self.count})>"


def times_of(times: object) -> int | None:
    """Return the number of requests that a script answers, or None for all.

    Raises:
        ValueError: It is neither a positive number nor "always".
    """
    if times == "always":
        return None
    if isinstance(times, bool) or not isinstance(times, int) or times < 1:
        raise ValueError(f'times={times!r}: write how many requests it answers, 1 or more, or "always"')
    return times


def place_of_caller() -> str:
    """Return the file and line of the caller outside this package."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    if frame is None:
        return "an unknown place"
    path = Path(frame.f_code.co_filename)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path.name
    return f"{shown}:{frame.f_lineno}"


def call(name: str, *positional: object, given: Mapping[str, object]) -> str:
    """Return a call as written, with long values shortened."""
    arguments = [short(each) for each in positional] + [f"{key}={short(each)}" for key, each in given.items()]
    return f"{name}({', '.join(arguments)})"
