"""One answer on its way to one request: what every dialect writes from, and the events that its streams are made of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from ..answer import Answer, Usage  # noqa: TC001  (msgspec reads the annotations at run time)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CREATED", "Event", "Turn", "named_event"]

CREATED = 1_700_000_000
"""When every answer was made, in seconds since 1970: the same request has the same answer."""

_PART = re.compile(r".{1,12}", re.DOTALL)


class Event(Struct, frozen=True):
    """One event of a stream: its bytes, and whether a reader has seen all that is said once it has come."""

    data: bytes
    says: bool = False


class Turn(Struct, frozen=True, kw_only=True):
    """An answer and what was asked.

    Attributes:
        answer: What is said.
        model: The model's name as its provider knows it.
        prompt: The text that was asked last; its words are counted.
        choices: How many answers were asked for; all are alike.
    """

    answer: Answer
    model: str = ""
    prompt: str = ""
    choices: int = 1

    @property
    def usage(self) -> Usage:
        """The tokens it cost."""
        return self.answer.cost(self.prompt)

    @property
    def thoughts(self) -> list[str]:
        """The thoughts as a stream hands them over."""
        return re.findall(r"\s*\S+\s*|\s+", self.answer.reasoning or "")

    @staticmethod
    def parts(arguments: str) -> Iterator[str]:
        """A tool call's arguments as a stream hands them over."""
        return (match[0] for match in _PART.finditer(arguments))


def named_event(kind: str, /, *, says: bool = False, **fields: object) -> Event:
    """An event with a name, which its data repeat as their type."""
    data = msgspec.json.encode({"type": kind, **fields})
    return Event(b"event: %s\ndata: %s\n\n" % (kind.encode(), data), says)
