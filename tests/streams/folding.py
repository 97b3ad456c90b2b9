"""The events of the unified view, folded back into turns: one fold for all dialects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from inference_gateway_sdk import (
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


@dataclass
class FoldedChoice:
    """The content that the events give one choice of one turn."""

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    starts: dict[int, tuple[str, str]] = field(default_factory=dict)
    arguments: dict[int, str] = field(default_factory=dict)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    on_gateway: list[bool] = field(default_factory=list)
    finish: str | None = None


@dataclass
class Turn:
    """The content that the events give one turn."""

    choices: dict[int, FoldedChoice] = field(default_factory=dict)
    usage: Any = None


def fold(deltas: list[Any]) -> list[Turn]:
    """Fold the events into turns, and check the place of each event."""
    turns = [Turn()]
    for delta in deltas:
        match delta:
            case TurnEnd(number):
                assert number == len(turns) - 1
                turns.append(Turn())
            case UsageReport(_, _, usage):
                turns[-1].usage = usage
            case _:
                _add(turns[-1].choices.setdefault(delta.choice, FoldedChoice()), delta)
    return turns


def _add(folded: FoldedChoice, delta: Any) -> None:
    assert folded.finish is None, "something came after a Finish"
    match delta:
        case TextDelta(text):
            folded.text += text
        case ReasoningDelta(text):
            folded.reasoning += text
        case RefusalDelta(text):
            folded.refusal += text
        case ToolCallStart(index, id, name):
            assert index == len(folded.starts), "calls begin in order"
            folded.starts[index] = (id, name)
            folded.arguments[index] = ""
        case ToolCallDelta(index, arguments):
            assert arguments
            folded.arguments[index] += arguments
        case ToolCallEnd(index, id, name, arguments):
            assert folded.starts[index][0] in ("", id)
            assert folded.starts[index][1] == name
            assert folded.arguments.pop(index) == arguments
            folded.calls.append((id, name, arguments))
            folded.on_gateway.append(delta.ran_on_gateway)
        case Finish(reason):
            assert not folded.arguments, "a tool call was left without an end"
            folded.finish = str(reason)
        case _:
            raise AssertionError(delta)
