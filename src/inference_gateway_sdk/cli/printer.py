"""A stream's deltas, as they come: the text to the standard output, thoughts and tool calls to the standard error."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Protocol, TypeVar

from .. import (
    Delta,
    Finish,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    TurnEnd,
    UsageReport,
)
from .outcome import note
from .output import Words, harmless, print_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .. import Stream

__all__ = ["Printer", "print_answer"]

_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"
_REMARKS = {
    "length": "the answer was cut at its token limit",
    "content_filter": "the answer was stopped by a content filter",
}


class _Json(Protocol):
    def to_json(self) -> str: ...


ChunkT = TypeVar("ChunkT")
FinalT = TypeVar("FinalT", bound=_Json)


def print_answer(stream: Stream[ChunkT, FinalT], *, as_json: bool) -> None:
    """Open the stream and print what it tells, or in the end the whole answer as JSON; raises as the stream."""
    with stream:
        if as_json:
            print_json(stream.final().to_json())
        else:
            Printer().show(stream.deltas())


class Printer:
    """Prints the answer of one stream."""

    def __init__(self) -> None:
        self._words = Words()
        self._thoughts = _Thoughts()
        self._pieces: list[str] = []
        self._called = False
        self._reasons: list[str] = []

    @property
    def text(self) -> str:
        """What was said so far, a refusal included."""
        return "".join(self._pieces)

    def show(self, deltas: Iterable[Delta]) -> None:
        """Print each delta as it comes and, after the last, what is odd about the answer.

        Raises:
            GatewayError: The stream broke; what had come is on the screen, and ends with a line break.
        """
        try:
            for delta in deltas:
                self._tell(delta)
        finally:
            self._thoughts.end()
            self._words.end()
        if not self._pieces and not self._called:
            note("the answer is empty")
        for reason in dict.fromkeys(self._reasons):
            if remark := _REMARKS.get(reason):
                note(remark)

    def _tell(self, delta: Delta) -> None:
        match delta:
            case TextDelta(text) | RefusalDelta(text):
                self._thoughts.end()
                self._pieces.append(text)
                self._words.write(text)
            case ReasoningDelta(text):
                self._words.make_way()
                self._thoughts.write(text)
            case ToolCallEnd():
                self._tell_call(delta)
            case TurnEnd():
                self._words.end()
            case Finish(reason):
                self._reasons.append(str(reason))
            case ToolCallStart() | ToolCallDelta() | UsageReport():
                return

    def _tell_call(self, call: ToolCallEnd) -> None:
        self._called = True
        self._thoughts.end()
        self._words.make_way()
        note(f"{call.name}({call.arguments})", "tool ran" if call.ran_on_gateway else "tool call")


class _Thoughts:
    """What a model thinks, dimmed on the standard error; for people only, so that a file or a pipe gets none of it."""

    def __init__(self) -> None:
        self._last = ""
        self._seen = sys.stderr.isatty()
        self._dimmed = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def write(self, text: str) -> None:
        """Show the piece at once."""
        text = harmless(text)
        if self._seen and text:
            sys.stderr.write(f"{_DIM}{text}{_PLAIN}" if self._dimmed else text)
            sys.stderr.flush()
            self._last = text

    def end(self) -> None:
        """Be at the beginning of a line, and done with this thought."""
        if self._last and not self._last.endswith("\n"):
            sys.stderr.write("\n")
            sys.stderr.flush()
        self._last = ""
