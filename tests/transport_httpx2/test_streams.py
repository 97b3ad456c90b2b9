"""The clients' fault matrix (`client/faults.py`) over httpx2: a stream is told truly whatever carries it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx2
import pytest

from client.fault import Fault
from client.faults import FAULTS
from client.test_faults import ENDPOINTS
from client.watching import holds
from inference_gateway_sdk import AsyncHttpx2Driver, Httpx2Driver
from support.worlds import World

pytestmark = pytest.mark.wire


class OverHttpx2(World):
    """The clients, each over an httpx2 client of its own."""

    def client(self, *args: Any, **options: Any) -> Any:
        """A client with the face of the async one."""
        if self.blocking:
            driver: Any = Httpx2Driver(httpx2.Client(trust_env=False), close=True)
        else:
            driver = AsyncHttpx2Driver(httpx2.AsyncClient(trust_env=False), close=True)
        return super().client(*args, driver=driver, **options)


@pytest.fixture(params=["blocking", "async"])
def world(request: pytest.FixtureRequest) -> OverHttpx2:
    """Each client in turn."""
    return OverHttpx2(request.param)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_reader_sees_what_became_of_the_stream(world: OverHttpx2, fault: Fault) -> None:
    """Each fault of a chat stream ends as its row says, and leaves a client that works.

    Whether a connection served again is the transport's own tests' claim: here a thread may not be in time for that.
    """
    holds(world, replace(fault, connections=None), ENDPOINTS["chat"].open)
