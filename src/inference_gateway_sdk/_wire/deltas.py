"""One set of events for all streams: chat completions, Responses and Messages.

The `deltas` of each dialect converts its chunks to these events. One loop with `match` then serves every endpoint.
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
    "Restarted",
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
        choice: The index of the choice it belongs to; 0 unless several were requested.
    """

    text: str
    choice: int = 0


@set_module
class ReasoningDelta(Struct, frozen=True):
    """The next piece of the model's reasoning, or of its summary.

    Attributes:
        text: The piece, never empty.
        choice: The index of the choice it belongs to.
    """

    text: str
    choice: int = 0


@set_module
class RefusalDelta(Struct, frozen=True):
    """The next piece of the text in which the model declines to answer.

    Attributes:
        text: The piece, never empty.
        choice: The index of the choice it belongs to.
    """

    text: str
    choice: int = 0


@set_module
class ToolCallStart(Struct, frozen=True):
    """The start of a tool call: its name is known.

    Attributes:
        index: The number of the call within its turn and choice, counted from 0 in the order they begin.
        id: The id that the tool's result refers to. "" when it has not arrived yet; `ToolCallEnd` has it.
        name: The tool's name.
        choice: The index of the choice it belongs to.
    """

    index: int
    id: str
    name: str
    choice: int = 0


@set_module
class ToolCallDelta(Struct, frozen=True):
    """The next piece of a tool call's arguments.

    Attributes:
        index: The number of the call, as in its `ToolCallStart`.
        arguments: A piece of JSON text, never empty.
        choice: The index of the choice it belongs to.
    """

    index: int
    arguments: str
    choice: int = 0


@set_module
class ToolCallEnd(Struct, frozen=True):
    """The end of a complete tool call. A call that was cut off has no end.

    Attributes:
        index: The number of the call, as in its `ToolCallStart`.
        id: The id that the tool's result refers to.
        name: The tool's name.
        arguments: All arguments, as the JSON text that the model wrote; it may be malformed.
        choice: The index of the choice it belongs to.
        ran_on_gateway: True when the gateway or the provider already ran the call: do not run it again.
    """

    index: int
    id: str
    name: str
    arguments: str
    choice: int = 0
    ran_on_gateway: bool = False


@set_module
class UsageReport(Struct, frozen=True):
    """The tokens used so far. There may be several reports, or none; the last one counts for its turn.

    Attributes:
        input_tokens: Input tokens, None when the provider did not report them.
        output_tokens: Generated tokens, None when the provider did not report them.
        usage: The report in the form of the dialect, with all its details.
    """

    input_tokens: int | None
    output_tokens: int | None
    usage: CompletionUsage | ResponseUsage | MessagesUsage


@set_module
class TurnEnd(Struct, frozen=True):
    """The end of an assistant turn that another follows: the gateway ran its tool calls.

    See gateway-behaviour.md#mcp-tools.

    Attributes:
        turn: The number of the turn that ended, counted from 0.
    """

    turn: int


@set_module
class Finish(Struct, frozen=True):
    """The end of a complete answer. An answer that was cut off has none.

    Attributes:
        reason: The finish reason, in the terms of chat completions ("stop", "length", "tool_calls", "content_filter")
            where one of them applies.
        choice: The index of the choice; with several choices, each has its own `Finish`.
        native: The finish reason as the dialect names it ("max_output_tokens", "tool_use").
    """

    reason: FinishReason
    choice: int = 0
    native: str = ""


@set_module
class Restarted(Struct, frozen=True):
    """The beginning of a new answer in place of the deltas so far: forget those of this answer.

    Only `Fallback(after_content="restart")` causes it.

    Attributes:
        route: The model that answers from now on, as "provider/name".
    """

    route: str


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
    | Restarted
)
"""Any event of `deltas()`."""
