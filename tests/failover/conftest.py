"""One gateway with a plan of faults that each test fills, and a client of either world."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from failover.calling import Route
from inference_gateway_sdk.embedded import ScriptedProvider, running
from inference_gateway_sdk.embedded.faults import FaultPlan
from support.weights import nowhere

if TYPE_CHECKING:
    from support.worlds import World


@pytest.fixture(scope="session")
def _faulty() -> Generator[tuple[str, FaultPlan]]:
    plan = FaultPlan()
    with running(scripted=ScriptedProvider(), local=nowhere(), faults=plan) as url:
        yield url, plan


@pytest.fixture
def route(world: World, _faulty: tuple[str, FaultPlan]) -> Route:
    """Return a route to a gateway without faults."""
    url, plan = _faulty
    plan.clear()
    return Route(world, url, plan)
