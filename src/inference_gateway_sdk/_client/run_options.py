"""The keyword arguments of `run` and `run_stream`, checked before anything is sent."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003  (msgspec reads the annotations at run time)
from typing import Any, Final, get_args

from msgspec import Struct

from .._model.arguments import check_choice
from .._model.json_values import is_mapping
from .._run.events import RunSettings
from .._run.providers import MODES
from .._run.result import read_limits
from .._schema.adapter import TypeAdapter, adapt
from .._tools.tool import DialectName, Toolbox
from .._wire.call import Target

__all__ = ["RunOptions", "read_options"]

_DIALECTS: Final[tuple[str, ...]] = get_args(DialectName)
_OUTPUT_MODES: Final = ("auto", *MODES)
_NOT_TAKEN: Final = {
    "assemble": "a run always assembles its answers",
    "on_truncation": "a run does not accept a truncated answer",
    "stream": "use run_stream to stream",
    "n": "a run continues from a single answer",
}


class RunOptions(Struct, frozen=True, kw_only=True):
    """The options of a run.

    Attributes:
        settings: The settings of the state machine.
        provider: The argument `provider` of the caller.
        approve: A function that decides on calls, or None.
        decisions: Decisions by call id, or None.
        on_progress: A function called with the transcript each time it has grown.
        concurrency: Maximum number of calls that run at once, or None for the client's default.
        mode_key: Key under which the client caches an output mode. None without an output type or with a fixed mode.
    """

    settings: RunSettings
    provider: str | None
    approve: Callable[[Any], Any] | None
    decisions: dict[str, Any] | None
    on_progress: Callable[[Any], Any] | None
    concurrency: int | None
    mode_key: tuple[str, str, str, bool] | None


def read_options(model: str, given: dict[str, Any], client_tools: tuple[Any, ...] | None) -> RunOptions:
    """Read the options of a run.

    Args:
        model: As in `generate_content`.
        given: The keyword arguments: options, and parameters of the dialect's method.
        client_tools: The client's tools, used if the call does not set `tools`.

    Raises:
        TypeError: An argument has the wrong type, or two arguments exclude each other. The message names it.
        ValueError: An argument has an invalid value, or two tools have the same name. The message names it.
    """
    params = dict(given)
    target = Target.resolve(model, params.get("provider"))
    provider = params.pop("provider", None)
    dialect: DialectName = _choice(params, "dialect", "chat", _DIALECTS)
    tools = params.pop("tools", None)
    toolbox = Toolbox(client_tools or ()) if tools is None else Toolbox(tools)
    output = _output(params.pop("output", str))
    mode = _choice(params, "output_mode", "auto", _OUTPUT_MODES)
    if output is None and mode != "auto":
        raise TypeError(f"output_mode={mode!r} needs a type: set output=")
    approve, decisions = _approve(params.pop("approve", None))
    on_progress = _function(params.pop("on_progress", None), "on_progress")
    concurrency = _concurrency(params.pop("concurrency", None))
    _check_params(params, dialect, output)
    bare = model.partition("/")[2] if target.provider and model.lower().startswith(f"{target.provider}/") else model
    settings = RunSettings(
        dialect=dialect,
        provider=target.provider,
        model=bare,
        toolbox=toolbox,
        output=output,
        mode=None if mode == "auto" else mode,
        limits=read_limits(params.pop("limits", None)),
        on_limit=_choice(params, "on_limit", "raise", ("raise", "return")),
        on_tool_error=_choice(params, "on_tool_error", "report", ("report", "raise")),
        params=params,
        asks=approve is not None,
    )
    remembers = output is not None and mode == "auto"
    key = (dialect, target.provider or "", bare, bool(toolbox)) if remembers else None
    return RunOptions(
        settings=settings,
        provider=provider,
        approve=approve,
        decisions=decisions,
        on_progress=on_progress,
        concurrency=concurrency,
        mode_key=key,
    )


def _output(kind: Any) -> TypeAdapter[Any] | None:
    """Return the adapter of the output type, or None for text."""
    if kind is str or kind is None:
        return None
    try:
        return adapt(kind)
    except TypeError as error:
        raise TypeError(f"output cannot be described to a model: {error}") from None


def _check_params(params: dict[str, Any], dialect: DialectName, output: TypeAdapter[Any] | None) -> None:
    for name, reason in _NOT_TAKEN.items():
        if name in params:
            raise TypeError(f"{name} is not an argument of a run: {reason}")
    if output is not None and params.get("response_format") is not None:
        raise TypeError("output and response_format cannot be combined: leave response_format out")
    if dialect == "messages" and params.get("max_tokens") is None:
        raise TypeError('a run with dialect="messages" needs max_tokens, which the dialect requires')


def _choice(params: dict[str, Any], name: str, default: str, allowed: tuple[str, ...]) -> Any:
    if name not in params:
        return default
    return check_choice(name, params.pop(name), allowed)


def _approve(approve: Any) -> tuple[Callable[[Any], Any] | None, dict[str, Any] | None]:
    if approve is None or callable(approve):
        return approve, None
    if is_mapping(approve):
        return None, dict(approve)
    raise TypeError(f"approve must be a function or a mapping of call ids to decisions, got {type(approve).__name__}")


def _function(value: Any, name: str) -> Any:
    if value is not None and not callable(value):
        raise TypeError(f"{name} must be a function of one argument, got {type(value).__name__}")
    return value


def _concurrency(value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise TypeError(f"concurrency must be an integer or None, got {type(value).__name__}")
    if value is not None and value < 1:
        raise ValueError(f"concurrency must be at least 1, got {value}")
    return value
