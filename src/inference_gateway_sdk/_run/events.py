"""The settings, actions and events of a run's state machine."""

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
    """The settings of a run.

    Attributes:
        dialect: The dialect of the requests.
        provider: The provider, or None if a routing alias selects it.
        model: The model.
        toolbox: The tools.
        output: The output type, or None for text.
        mode: The mode in which the model is constrained to that type, or None to select it by provider.
        first_mode: The first mode to try, learned from an earlier run with the same model, or None for the table's.
        limits: The limits of the run.
        on_limit: "raise" to raise an error at a limit, "return" to end the run.
        on_tool_error: "report" to report a tool's exception to the model, "raise" to raise it.
        params: The caller's other parameters.
        asks: True if `approve` is a function, which decides on calls during the run.
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
    asks: bool = False


# --- actions


class Ask(Struct, frozen=True, kw_only=True):
    """Action: send a request.

    Attributes:
        messages: The messages, or the input for Responses.
        params: All other parameters.
        mcp_bypass: True to disable the gateway's own MCP tools.
        whole: True to request a whole answer instead of a stream.
        seconds: Remaining seconds of the run, None for no limit.
    """

    messages: list[Any]
    params: dict[str, Any]
    mcp_bypass: bool = False
    whole: bool = False
    seconds: float | None = None


class Decide(Struct, frozen=True):
    """Action: ask for approval of these calls."""

    calls: tuple[RunCall, ...]


class Execute(Struct, frozen=True):
    """Action: run these calls, possibly in parallel. `seconds` is the remaining time of the run."""

    calls: tuple[PlannedCall, ...]
    seconds: float | None = None


class Pause(Struct, frozen=True):
    """Action: pause the run. Calls wait for a decision or a result from the caller."""


class Done(Struct, frozen=True):
    """Action: end the run. It has its output, or reached a limit with `on_limit="return"`."""


class Fail(Struct, frozen=True):
    """Action: raise this error. Its `partial` is the run."""

    error: GatewayError


Action: TypeAlias = Ask | Decide | Execute | Pause | Done | Fail


# --- events


class Replied(Struct, frozen=True):
    """Event: answers to the last request. There are several if the gateway ran its own tools."""

    answers: Sequence[Any]


class Failed(Struct, frozen=True):
    """Event: the last request failed."""

    error: GatewayError


class Decided(Struct, frozen=True):
    """Event: decisions by call id. Each is True, False, a reason, or None to leave the call open."""

    decisions: Mapping[str, object]


class Began(Struct, frozen=True):
    """Event: these calls are about to run."""

    calls: tuple[str, ...]


class Clock(Struct, frozen=True):
    """Event: seconds since the run began."""

    seconds: float


class Interrupted(Struct, frozen=True):
    """Event: the run is abandoned. It is not known whether running calls take effect."""


Event: TypeAlias = Replied | Failed | Decided | Began | Finished | Clock | Interrupted
