"""What a run is asked to do, the actions it asks for, and the events it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003  (msgspec reads the annotations at run time)
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from .._schema.adapter import TypeAdapter  # noqa: TC001  (the same)
from .._tools.tool import DialectName, Toolbox  # noqa: TC001  (the same)
from ..errors import GatewayError  # noqa: TC001  (the same)
from .providers import OutputMode  # noqa: TC001  (the same)
from .result import Limits
from .transcript import RunCall  # noqa: TC001  (the same)
from .turn import Finished, PlannedCall

__all__ = [
    "Action",
    "Ask",
    "Began",
    "Clock",
    "Decide",
    "Decided",
    "Done",
    "Event",
    "Execute",
    "Fail",
    "Failed",
    "Finished",
    "Interrupted",
    "Pause",
    "Replied",
    "RunSettings",
]


class RunSettings(Struct, frozen=True, kw_only=True):
    """What a run is asked to do.

    Attributes:
        dialect: The dialect of its requests.
        provider: The provider asked, None when a routing alias decides.
        model: The model asked.
        toolbox: Its tools.
        output: The type of its output, None for text.
        mode: How to hold the model to that type; None picks by provider.
        first_mode: Where to begin, as an earlier run with the same model found out; None for the table's choice.
        limits: How far it may go.
        on_limit: Whether a limit raises or ends the run.
        on_tool_error: Whether a tool's exception is reported to the model or raised.
        params: The caller's other parameters.
    """

    dialect: DialectName
    provider: str | None = None
    model: str | None = None
    toolbox: Toolbox
    output: TypeAdapter[Any] | None = None
    mode: OutputMode | None = None
    first_mode: OutputMode | None = None
    limits: Limits = Limits()
    on_limit: Literal["raise", "return"] = "raise"
    on_tool_error: Literal["report", "raise"] = "report"
    params: dict[str, Any] = {}


# --- actions


class Ask(Struct, frozen=True, kw_only=True):
    """Send a request.

    Attributes:
        messages: The messages, or Responses' input.
        params: All other parameters.
        mcp_bypass: Keep the gateway's own MCP tools out.
        whole: Ask for a whole answer, not a stream.
        seconds: What is left of the run's time, None for any.
    """

    messages: list[Any]
    params: dict[str, Any]
    mcp_bypass: bool = False
    whole: bool = False
    seconds: float | None = None


class Decide(Struct, frozen=True):
    """Ask whether these calls may run."""

    calls: tuple[RunCall, ...]


class Execute(Struct, frozen=True):
    """Run these calls, side by side if the caller wants; `seconds` is what is left of the run's time."""

    calls: tuple[PlannedCall, ...]
    seconds: float | None = None


class Pause(Struct, frozen=True):
    """Calls wait for a decision or a result that nobody here can give."""


class Done(Struct, frozen=True):
    """The run has its output, or ended at a limit that returns."""


class Fail(Struct, frozen=True):
    """Raise this error; its `partial` is the run."""

    error: GatewayError


Action: TypeAlias = Ask | Decide | Execute | Pause | Done | Fail


# --- events


class Replied(Struct, frozen=True):
    """Answers to the last request; several when the gateway ran tools of its own."""

    answers: Sequence[Any]


class Failed(Struct, frozen=True):
    """The last request failed."""

    error: GatewayError


class Decided(Struct, frozen=True):
    """Decisions by call id: True, False, a reason, or None to leave a call open."""

    decisions: Mapping[str, object]


class Began(Struct, frozen=True):
    """These calls are about to run."""

    calls: tuple[str, ...]


class Clock(Struct, frozen=True):
    """Seconds since the run began."""

    seconds: float


class Interrupted(Struct, frozen=True):
    """The run is abandoned; calls that are running may or may not have an effect."""


Event: TypeAlias = Replied | Failed | Decided | Began | Finished | Clock | Interrupted
