"""The events of the unified view, folded back into what they tell: one fold for all dialects."""

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
class Told:
    """What one choice of one turn was told to be."""

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
    """What one turn was told to be."""

    choices: dict[int, Told] = field(default_factory=dict)
    usage: Any = None


def fold(deltas: list[Any]) -> list[Turn]:
    """The turns that these events tell; each event must come at its place."""
    turns = [Turn()]
    for delta in deltas:
        match delta:
            case TurnEnd(number):
                assert number == len(turns) - 1
                turns.append(Turn())
            case UsageReport(_, _, usage):
                turns[-1].usage = usage
            case _:
                _add(turns[-1].choices.setdefault(delta.choice, Told()), delta)
    return turns


def _add(told: Told, delta: Any) -> None:
    assert told.finish is None, "something came after a Finish"
    match delta:
        case TextDelta(text):
            told.text += text
        case ReasoningDelta(text):
            told.reasoning += text
        case RefusalDelta(text):
            told.refusal += text
        case ToolCallStart(index, id, name):
            assert index == len(told.starts), "calls begin in order"
            told.starts[index] = (id, name)
            told.arguments[index] = ""
        case ToolCallDelta(index, arguments):
            assert arguments
            told.arguments[index] += arguments
        case ToolCallEnd(index, id, name, arguments):
            assert told.starts[index][0] in ("", id)
            assert told.starts[index][1] == name
            assert told.arguments.pop(index) == arguments
            told.calls.append((id, name, arguments))
            told.on_gateway.append(delta.ran_on_gateway)
        case Finish(reason):
            assert not told.arguments, "a tool call was left without an end"
            told.finish = str(reason)
        case _:
            raise AssertionError(delta)
