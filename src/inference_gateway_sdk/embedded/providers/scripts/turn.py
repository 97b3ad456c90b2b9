"""A model's turn: what it says, which tools it calls, and why it ends.

What is made up is fixed (ids, times) or counted in words (usage), so that the same request has the same answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003  (msgspec reads the annotations at run time)
from typing import Literal

from msgspec import Struct, field

__all__ = ["CREATED", "Call", "End", "Turn"]

CREATED = 1_700_000_000
"""When everything was made, in seconds since 1970."""

End = Literal["stop", "length", "stop_sequence"]

_PIECE = 8  # characters of a tool's arguments that a stream hands over at once


class Call(Struct, frozen=True):
    """A tool called.

    Attributes:
        name: The tool's.
        arguments: A JSON object, as text.
        id: What tells it from other calls of the conversation; each dialect puts its own prefix before it.
    """

    name: str
    arguments: str = "{}"
    id: str = "1"

    @property
    def pieces(self) -> list[str]:
        """The arguments in the pieces that a stream hands over."""
        return [self.arguments[at : at + _PIECE] for at in range(0, len(self.arguments), _PIECE)]


class Turn(Struct, frozen=True):
    """What was asked of which model, and what it does.

    Attributes:
        model: The model's name, as the answer gives it.
        prompt: What is counted as asked.
        text: What it says.
        calls: The tools it calls after that.
        parts: The text as a stream hands it over; None for its words.
        end: Why the text ends; with calls, they are why.
        stop_sequence: The one that ended the text.
        choices: How many answers there are, all the same (chat only).
        alternatives: How many alternatives each token has in the logprobs; None for no logprobs (chat only).
        usage: Whether a stream says what was used (chat only; the other dialects always do).
        settings: What of the request the answer repeats (Responses only).
    """

    model: str
    prompt: str
    text: str = ""
    calls: tuple[Call, ...] = ()
    parts: tuple[str, ...] | None = None
    end: End = "stop"
    stop_sequence: str | None = None
    choices: int = 1
    alternatives: int | None = None
    usage: bool = True
    settings: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def pieces(self) -> list[str]:
        """The text in the pieces that a stream hands over: words with the space behind them."""
        return re.findall(r"\s*\S+\s*|\s+", self.text) if self.parts is None else [*self.parts]

    @property
    def speaks(self) -> bool:
        """Whether there is text: some, or none and nothing else."""
        return bool(self.text) or not self.calls

    @property
    def counts(self) -> tuple[int, int]:
        """How many tokens went in and came out: words, and pieces of arguments."""
        called = sum(len(call.pieces) for call in self.calls)
        return len(self.prompt.split()), (len(self.text.split()) + called) * self.choices
