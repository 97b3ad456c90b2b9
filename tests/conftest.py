"""Fixtures and settings for every test."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

# Started in the background, a shell's children ignore Ctrl-C, and so would every process that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

QUICK = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", QUICK)
settings.register_profile("long", QUICK, max_examples=6000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see none of the machine's proxies or gateway settings, but where the weights lie."""
    for name in list(os.environ):
        if name == "INFERENCE_GATEWAY_WEIGHTS":
            continue
        if name.lower().endswith("_proxy") or name.startswith("INFERENCE_GATEWAY_") or name == "NO_COLOR":
            monkeypatch.delenv(name)


@pytest.fixture(params=["blocking", "async"])
def world(request: pytest.FixtureRequest) -> object:
    """Each client in turn, see `support.worlds`."""
    from support.worlds import World

    return World(request.param)


@pytest.fixture(scope="session")
def place() -> object:
    """The weights of the smoke-test model, see `support.weights`."""
    from support.weights import pulled

    return pulled()
