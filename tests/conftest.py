"""Fixtures and settings for every test."""

from __future__ import annotations

import importlib
import os
import pkgutil
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent

# A process that a shell starts in the background ignores Ctrl-C, and so would every process that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

QUICK = settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", QUICK)
settings.register_profile("long", QUICK, max_examples=3000)
settings.register_profile("fast", QUICK, max_examples=10)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


# Folders whose tests open loopback sockets; `-m "not wire"` deselects them.
SOCKET_FOLDERS = set(
    "transport transport_httpx2 endpoints client embedded cli failover official live fuzz doctor".split()
)
# Folders about a model or about other clients, in which Python versions do not differ.
ONCE_FOLDERS = {"live", "official"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their folder."""
    for item in items:
        folder = item.path.relative_to(ROOT).parts[0]
        if folder in SOCKET_FOLDERS:
            item.add_marker(pytest.mark.wire)
        if folder in ONCE_FOLDERS:
            item.add_marker(pytest.mark.once)
        if folder == "transport_httpx2":
            item.add_marker(pytest.mark.httpx2)


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the machine's proxy and gateway settings from the tests, except the location of the weights."""
    for name in list(os.environ):
        if name == "INFERENCE_GATEWAY_WEIGHTS":
            continue
        if name.lower().endswith("_proxy") or name.startswith("INFERENCE_GATEWAY_") or name == "NO_COLOR":
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def _everything_imported() -> None:
    """Import the whole package, because an inner run of pytest forgets the modules that it was the first to import.

    With httpx2 imported before it and httpcore2 in it, httpx2 would know the exceptions of a forgotten module.
    """
    import httpcore2  # noqa: F401

    import inference_gateway_sdk

    for module in pkgutil.walk_packages(inference_gateway_sdk.__path__, "inference_gateway_sdk."):
        importlib.import_module(module.name)


@pytest.fixture
def pytester(_everything_imported: None, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Run suites of the tests without schemathesis' plugin, which each run would import again."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:schemathesis")
    return pytester


@pytest.fixture(params=["blocking", "async"])
def world(request: pytest.FixtureRequest) -> object:
    """Yield each client in turn, see `support.worlds`."""
    from support.worlds import World

    return World(request.param)


@pytest.fixture(scope="session")
def place() -> object:
    """Return the weights of the smoke-test model, see `support.weights`."""
    from support.weights import pulled

    return pulled()
