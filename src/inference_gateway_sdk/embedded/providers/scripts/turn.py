"""A model's turn: what it thinks and says, which tools it calls, and why it ends.

What is made up is fixed (ids, times) or counted in words (usage), so that the same request has the same answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003  (msgspec reads the annotations at run time)

from msgspec import Struct, field

from ... import go_json

__all__ = ["CREATED", "ScriptedCall", "ScriptedTurn", "Tokens", "event"]


def event(kind: str, **fields: object) -> bytes:
    """The event of this name; its data repeats the name as `type`."""
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), go_json.encode({"type": kind, **fields}))


CREATED = 1_700_000_000
"""When everything was made, in seconds since 1970."""


_WORD = re.compile(r"\s*\S+\s*|\s+")  # with the space behind it


_PIECE = 8  # characters of a tool's arguments that a stream hands over at once


class ScriptedCall(Struct, frozen=True):
    """A tool called.

    Attributes:
        name: The tool's.
        arguments: A JSON object, as text; or whatever a model may write in its place.
        id: What tells it from other calls of the conversation; each dialect puts its own prefix before it.
        own_id: The id as it stands, in every dialect; None for one that is made of `id`.
    """

    name: str
    arguments: str = "{}"
    id: str = "1"
    own_id: str | None = None

    def named(self, prefix: str) -> str:
        """The id in the dialect that has this prefix."""
        return self.own_id or f"{prefix}_{self.id}"

    @property
    def pieces(self) -> list[str]:
        """The arguments in the pieces that a stream hands over."""
        return [self.arguments[at : at + _PIECE] for at in range(0, len(self.arguments), _PIECE)]


class Tokens(Struct, frozen=True):
    """Tokens that went in and came out, and how many of each were cached and spent on thinking."""

    asked: int
    said: int
    cached: int | None = None
    thought: int | None = None


class ScriptedTurn(Struct, frozen=True):
    """What was asked of which model, and what it does.

    Attributes:
        model: The model's name, as the answer gives it.
        prompt: What is counted as asked.
        text: What it says.
        calls: The tools it calls after that.
        parts: The text as a stream hands it over; None for its words.
        thoughts: What it thinks before that; None for nothing.
        end: Why it ends, in the words of chat: "stop", "length", "content_filter", "tool_calls", or "stop_sequence", or
            any other. A plain stop after calls is for their sake.
        stop_sequence: The one that ended the text.
        choices: How many answers there are, all the same (chat only).
        alternatives: How many alternatives each token has in the logprobs; None for no logprobs (chat only).
        usage: Whether a stream says what was used (chat only; the other dialects always do).
        settings: What of the request the answer repeats (Responses only).
        cost: The tokens it costs; None for one each word, and each piece of arguments.
    """

    model: str
    prompt: str
    text: str = ""
    calls: tuple[ScriptedCall, ...] = ()
    parts: tuple[str, ...] | None = None
    thoughts: str | None = None
    end: str = "stop"
    stop_sequence: str | None = None
    choices: int = 1
    alternatives: int | None = None
    usage: bool = True
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    cost: Tokens | None = None

    @property
    def pieces(self) -> list[str]:
        """The text in the pieces that a stream hands over: words with the space behind them."""
        return _WORD.findall(self.text) if self.parts is None else [*self.parts]

    @property
    def thinking(self) -> list[str]:
        """The thoughts in such pieces."""
        return _WORD.findall(self.thoughts or "")

    @property
    def speaks(self) -> bool:
        """Whether there is text: some, or none and nothing else."""
        return bool(self.text) or not (self.calls or self.thoughts)

    @property
    def why(self) -> str:
        """Why it ends, with calls taken into account."""
        return "tool_calls" if self.calls and self.end == "stop" else self.end

    @property
    def tokens(self) -> Tokens:
        """The tokens it costs."""
        if self.cost is not None:
            return self.cost
        words = [*(self.thoughts or "").split(), *self.text.split()]
        pieces = sum(len(call.pieces) for call in self.calls)
        return Tokens(len(self.prompt.split()), (len(words) + pieces) * self.choices)
