"""Generate the package's root and `types.py`: every public name, loaded on first use, and visible to static tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference_gateway_sdk import errors

from .models import families, names_of
from .params import params_name, requests_of
from .text import literal, sequence

if TYPE_CHECKING:
    from .contract import Contract

__all__ = ["root_module", "types_module"]

_WRITTEN = {
    "_client._async.api": ["AsyncInferenceGatewayAPI"],
    "_client._blocking.api": ["InferenceGatewayAPI"],
    "_client._async.client": ["AsyncInferenceGatewayClient"],
    "_client._blocking.client": ["InferenceGatewayClient"],
    "_client._async.stream": ["AsyncByteStream", "AsyncStream"],
    "_client._blocking.stream": ["ByteStream", "Stream"],
    "_client._async.run_stream": ["AsyncRunStream"],
    "_client._blocking.run_stream": ["RunStream"],
    "_client.hooks": ["RequestSent", "ResponseReceived", "RetryPlanned"],
    "_client.accounts": ["Budget", "BudgetReached"],
    "_client.ledger": ["Ledger"],
    "_client.ledger_rows": ["LedgerRow", "LedgerSum"],
    "_model.cost": ["FREE", "Cost", "CostPart", "Price"],
    "_client.routes": ["Candidate", "RoutePlan", "RouteStatus"],
    "_routing.candidates": ["Fallback"],
    "_client.watching": ["CallBegan", "CallEnded", "Watcher"],
    "_model.unknown_fields": ["Meta", "Tried"],
    "_model.usage": ["Usage"],
    "_run.result": ["Limits", "OutputError", "Run", "RunError", "RunLimitError", "RunPausedError", "ToolRaisedError"],
    "_run.render": ["Loss"],
    "_run.transcript": ["RunCall", "Transcript"],
    "_run.turn": ["ToolDone", "ToolRun"],
    "_schema.adapter": ["Problem"],
    "_streams.dialect": ["ByteDialect", "JsonEventDialect"],
    "_tools.tool": ["Tool", "ToolError", "tool"],
    "_transport.httpx2": ["AsyncHttpx2Driver", "Httpx2Driver"],
    "_version": ["__version__"],
    "doctor": ["diagnose"],
    "doctor.report": ["Diagnosis", "Finding"],
    "batch.state": ["BatchItem", "BatchOutcome", "BatchProgress"],
    "_wire.audio": ["Audio"],
    "_wire.authoring": ["assistant", "image_part", "system", "tool_result", "user"],
    "_wire.call": ["BaseCall", "Call", "Dialect", "Idempotency", "Reply", "StreamCall"],
    "_wire.deltas": [
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
    ],
    "_wire.headers": ["Headers"],
    "_wire.mcp": ["MCP_PROTOCOL_VERSION", "McpServerTool", "McpToolResult"],
    "_wire.proxy": ["ProxyReply"],
    "_wire.retry": ["RetryPolicy"],
    "_wire.sse": ["SSEvents"],
    "_wire.timeouts": ["Timeouts"],
    "_wire.videos": ["Video", "VideoFailedError"],
    "errors": sorted(errors.__all__),
}

_RENAMED = {"Repeat": "Idempotency"}
_SUBMODULES = ["errors", "transport", "types"]

# Names that need a library the package does not require: outside `__all__`, so that `import *` works without it.
_OPTIONAL = {"AsyncHttpx2Driver", "Httpx2Driver"}

_ROOT = '''"""The Python client for the Inference Gateway: one typed API, blocking and async.

Importing this package imports nothing else: each name is loaded when it is first used (PEP 562).

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off
# ruff: noqa: A004, E501, I001, UP018

TYPE_CHECKING = bool()  # False; type checkers see True, jedi reads both branches, and typing is not imported
if TYPE_CHECKING:
{static}

{all}

if not TYPE_CHECKING:  # type checkers would accept any name of a module with __getattr__
{table}
    _RENAMED = {renamed}

    def __getattr__(name):
        from importlib import import_module

        if name in _RENAMED:
            import warnings

            new = _RENAMED[name]
            warnings.warn(f"{{name}} is now {{new}}: the old name goes in 2.0", DeprecationWarning, stacklevel=2)
            return __getattr__(new)
        if name in _HOMES:
            try:
                value = getattr(import_module("." + _HOMES[name], __name__), name)
            except ImportError as error:
                if name in __all__:
                    raise
                # hasattr() and inspect expect this error for a name whose library is not installed
                raise AttributeError(str(error), name=name, obj=None) from error
        elif name in {submodules}:
            value = import_module("." + name, __name__)
        else:
            raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}", name=name, obj=None)
        globals()[name] = value
        return value

    def __dir__():
        return sorted({{*globals(), *_HOMES}})
'''

_TYPES = '''"""The types of the contract only: `from inference_gateway_sdk.types import Message`.

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off
# ruff: noqa: E501, I001, PLC0414, UP018

import sys

TYPE_CHECKING = bool()  # False; type checkers see True, jedi reads both branches, and typing is not imported
if TYPE_CHECKING:
{static}

{all}

if not TYPE_CHECKING:  # type checkers would accept any name of a module with __getattr__

    def __getattr__(name):
        if name not in __all__:
            raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}", name=name, obj=None)
        return getattr(sys.modules[__package__], name)  # the root knows the module of each name

    def __dir__():
        return list(__all__)
'''


def root_module(contract: Contract) -> str:
    """Return the source of the package's `__init__.py`."""
    params = sorted(params_name(request.name) for request in requests_of(contract))
    homes = {**_model_homes(contract), "_generated.params": params, **_WRITTEN}
    names = sorted((name for inside in homes.values() for name in inside), key=_isort)
    table = {name: home for home in sorted(homes) for name in homes[home]}
    return _ROOT.format(
        static=_static_imports(homes),
        all=sequence("__all__ = [", [literal(name) for name in names if name not in _OPTIONAL], "]"),
        table=sequence(
            "_HOMES = {", [f"{literal(name)}: {literal(home)}" for name, home in table.items()], "}", "    "
        ),
        renamed="{" + ", ".join(f"{literal(old)}: {literal(new)}" for old, new in _RENAMED.items()) + "}",
        submodules="{" + ", ".join(map(literal, _SUBMODULES)) + "}",
    )


def types_module(contract: Contract) -> str:
    """Return the source of `types.py`."""
    homes = _model_homes(contract)
    names = sorted((name for inside in homes.values() for name in inside), key=_isort)
    return _TYPES.format(
        static=_static_imports(homes), all=sequence("__all__ = [", [literal(name) for name in names], "]")
    )


def _model_homes(contract: Contract) -> dict[str, list[str]]:
    return {f"_generated.{family}": names_of(contract, family) for family in families(contract)}


def _isort(name: str) -> tuple[bool, str]:
    """Return the sort key of a name: constants come first."""
    return not name.isupper(), name


def _static_imports(homes: dict[str, list[str]]) -> str:
    return "\n".join(
        f"    from .{home} import {name} as {name}" for home in sorted(homes) for name in sorted(homes[home])
    )
