"""One view of all streams: what chat completions, Responses and Messages tell in three dialects, in one set of events.

A dialect's `deltas` turns each of its chunks into some of these. One loop with `match` over them serves every endpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from .._generated.chat import FinishReason  # noqa: TC001  (msgspec reads the annotations at run time)
from .._model.unknown_fields import set_module

if TYPE_CHECKING:
    from .._generated.chat import CompletionUsage
    from .._generated.messages import MessagesUsage
    from .._generated.responses import ResponseUsage

__all__ = [
    "Delta",
    "Finish",
    "ReasoningDelta",
    "RefusalDelta",
    "TextDelta",
    "ToolCallDelta",
    "ToolCallEnd",
    "ToolCallStart",
    "TurnEnd",
    "UsageReport",
]


@set_module
class TextDelta(Struct, frozen=True):
    """The next piece of the answer's text.

    Attributes:
        text: The piece, never empty.
        choice: Which choice it belongs to; 0 unless several were asked for.
    """

    text: str
    choice: int = 0


@set_module
class ReasoningDelta(Struct, frozen=True):
    """The next piece of the model's thinking, or of its summary.

    Attributes:
        text: The piece, never empty.
        choice: Which choice it belongs to.
    """

    text: str
    choice: int = 0


@set_module
class RefusalDelta(Struct, frozen=True):
    """The next piece of the model's word that it will not answer.

    Attributes:
        text: The piece, never empty.
        choice: Which choice it belongs to.
    """

    text: str
    choice: int = 0


@set_module
class ToolCallStart(Struct, frozen=True):
    """A tool call begins: its name is known.

    Attributes:
        index: Which call of its turn and choice, counted from 0 in the order they begin.
        id: What the tool's result will refer to; "" when it has not come yet: `ToolCallEnd` has it.
        name: The tool's name.
        choice: Which choice it belongs to.
    """

    index: int
    id: str
    name: str
    choice: int = 0


@set_module
class ToolCallDelta(Struct, frozen=True):
    """The next piece of a tool call's arguments.

    Attributes:
        index: Which call, as in its `ToolCallStart`.
        arguments: A piece of JSON text, never empty.
        choice: Which choice it belongs to.
    """

    index: int
    arguments: str
    choice: int = 0


@set_module
class ToolCallEnd(Struct, frozen=True):
    """A tool call is whole. One that was cut off has no end.

    Attributes:
        index: Which call, as in its `ToolCallStart`.
        id: What the tool's result refers to.
        name: The tool's name.
        arguments: The whole arguments, as the JSON text the model wrote; it may be malformed.
        choice: Which choice it belongs to.
        ran_on_gateway: The gateway or the provider ran it already: it is not yours to run.
    """

    index: int
    id: str
    name: str
    arguments: str
    choice: int = 0
    ran_on_gateway: bool = False


@set_module
class UsageReport(Struct, frozen=True):
    """Tokens used so far. There may be several, or none; the last one counts for its turn.

    Attributes:
        input_tokens: Tokens read, None when not said.
        output_tokens: Tokens generated, None when not said.
        usage: The report as the dialect has it, with all its details.
    """

    input_tokens: int | None
    output_tokens: int | None
    usage: CompletionUsage | ResponseUsage | MessagesUsage


@set_module
class TurnEnd(Struct, frozen=True):
    """The end of an assistant turn that another follows: the gateway ran its tool calls.

    See gateway-behaviour.md#mcp-tools.

    Attributes:
        turn: Which turn ended, counted from 0.
    """

    turn: int


@set_module
class Finish(Struct, frozen=True):
    """The answer is whole. An answer that was cut off has none.

    Attributes:
        reason: Why it ended, in the words of chat completions ("stop", "length", "tool_calls", "content_filter") where
            they have one for it.
        choice: Which choice; each of several has its own.
        native: Why it ended, in the dialect's own word ("max_output_tokens", "tool_use").
    """

    reason: FinishReason
    choice: int = 0
    native: str = ""


Delta: TypeAlias = (
    TextDelta
    | ReasoningDelta
    | RefusalDelta
    | ToolCallStart
    | ToolCallDelta
    | ToolCallEnd
    | UsageReport
    | TurnEnd
    | Finish
)
"""Any of them."""
