"""The transport's own tests, run with httpx2 in place of its connections."""

from __future__ import annotations

import importlib
import inspect
from types import ModuleType

MODULES = [
    "bad_heads",
    "certificates",
    "codings",
    "connecting",
    "deadlines",
    "framing",
    "giving_up",
    "keep_alive",
    "limits",
    "proxies",
    "slow_consumer",
    "uploads",
]


def _cases(module: ModuleType) -> dict[str, object]:
    """Return the tests of a module that take a driver from their world."""
    return {
        name: test
        for name, test in vars(module).items()
        if name.startswith("test_") and {"world", "wire"} & set(inspect.signature(test).parameters)
    }


for _name in MODULES:
    globals().update(_cases(importlib.import_module(f"transport.test_{_name}")))
