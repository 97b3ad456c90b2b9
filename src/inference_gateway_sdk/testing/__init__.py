"""A scripted gateway for tests of code that calls models: real HTTP, scripted answers.

`scripted_gateway()` runs one for a `with` block; pytest has the fixture `gateway`. docs/testing.md shows both.
Needs the extra `embedded`. Submodules are imported on first use.
"""

from __future__ import annotations

import importlib
import warnings
from typing import TYPE_CHECKING

from .._version import install_command

if TYPE_CHECKING:
    from ..embedded.faults import Fault, fault
    from ..embedded.providers.provider import ModelDetails
    from .answer import ToolCall
    from .cassettes import (
        Cassette,
        CassetteError,
        CassetteFileError,
        CassetteMissError,
        Redaction,
        cassette,
        recording_gateway,
    )
    from .expectations import UnmatchedRequestError, UnusedScriptError
    from .gateway import ScriptedGateway, scripted_gateway
    from .received import Endpoint, ReceivedRequest
    from .script import Script
    from .scripting import Scripting

__all__ = [
    "Cassette",
    "CassetteError",
    "CassetteFileError",
    "CassetteMissError",
    "Endpoint",
    "Fault",
    "ModelDetails",
    "ReceivedRequest",
    "Redaction",
    "Script",
    "ScriptedGateway",
    "Scripting",
    "ToolCall",
    "UnmatchedRequestError",
    "UnusedScriptError",
    "cassette",
    "fault",
    "recording_gateway",
    "scripted_gateway",
]

_HOMES = {
    "CassetteError": ".cassettes",
    "CassetteFileError": ".cassettes",
    "CassetteMissError": ".cassettes",
    "Endpoint": ".received",
    "Fault": "..embedded.faults",
    "ModelDetails": "..embedded.providers.provider",
    "ReceivedRequest": ".received",
    "Redaction": ".cassettes",
    "Script": ".script",
    "ScriptedGateway": ".gateway",
    "Scripting": ".scripting",
    "Cassette": ".cassettes",
    "ToolCall": ".answer",
    "UnmatchedRequestError": ".expectations",
    "UnusedScriptError": ".expectations",
    "cassette": ".cassettes",
    "fault": "..embedded.faults",
    "recording_gateway": ".cassettes",
    "scripted_gateway": ".gateway",
}

_RENAMED = {"Tape": "Cassette"}


def __getattr__(name: str) -> object:
    if name in _RENAMED:
        warnings.warn(f"{name} is now {_RENAMED[name]}: the old name goes in 2.0", DeprecationWarning, stacklevel=2)
        return __getattr__(_RENAMED[name])
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(importlib.import_module(_HOMES[name], __name__), name)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in ("starlette", "uvicorn", "httpx2"):
            raise
        raise ImportError(
            f"the scripted gateway needs {missing}: {install_command('embedded')}", name=missing
        ) from None
