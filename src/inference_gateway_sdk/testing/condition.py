"""Which requests a script is for, and what a request that it is not for lacks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator  # noqa: TC003  (msgspec reads the annotations at run time)
from fnmatch import fnmatchcase
from typing import cast

from msgspec import Struct

from .received import ENDPOINTS, OF_A_MODEL, ReceivedRequest
from .shown import short

__all__ = ["Condition", "Finding", "condition_of"]

__tracebackhide__ = True  # pytest shows the test's line, not ours


class Finding(Struct, frozen=True):
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

    def findings(self, request: ReceivedRequest) -> Iterator[Finding]:
        """What it wants, one thing after another."""
        if self.endpoint is not None or request.endpoint not in OF_A_MODEL:
            fits = request.endpoint == self.endpoint
            yield Finding("endpoint", self.endpoint or "of a model", request.endpoint, fits)
        if self.model is not None:
            yield Finding("model", self.model, request.model or "none", self._is_model(request.model))
        if self.content is not None:
            wanted = repr(self.content) if isinstance(self.content, str) else short(self.content)
            yield Finding("content", wanted, repr(request.text), _stands_in(self.content, request.text))
        if self.where is not None:
            yield _asked(self.where, request)

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


def _stands_in(content: str | re.Pattern[str], text: str) -> bool:
    return content in text if isinstance(content, str) else content.search(text) is not None


def _asked(where: Callable[[ReceivedRequest], object], request: ReceivedRequest) -> Finding:
    name = short(where)
    try:
        answer = where(request)
    except Exception as error:  # noqa: BLE001  (whatever the test's own function raises belongs into its report)
        return Finding("where", f"{name} is true", f"{type(error).__name__}: {error}", fits=False)
    return Finding("where", f"{name} is true", repr(answer), fits=bool(answer))
