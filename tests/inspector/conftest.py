"""A scripted gateway with its traffic page, shared by the tests of a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import pytest

from inference_gateway_sdk.embedded import ScriptedProvider, Settings, running
from inference_gateway_sdk.embedded.faults import FaultPlan
from inference_gateway_sdk.inspector import Inspector
from support.weights import nowhere

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def inspected() -> Iterator[str]:
    """The address of a gateway with the page. Requests may name their faults."""
    settings = Settings(port=0, images=True)
    plan = FaultPlan(header=True)
    with running(settings, local=nowhere(), scripted=ScriptedProvider(), faults=plan, observe=Inspector) as url:
        yield url


@pytest.fixture
def page(inspected: str) -> Iterator[httpx2.Client]:
    """A client of that gateway. No earlier request is listed."""
    with httpx2.Client(base_url=inspected, timeout=30, trust_env=False) as client:
        assert client.delete("/inspect/requests").status_code == 204
        yield client
