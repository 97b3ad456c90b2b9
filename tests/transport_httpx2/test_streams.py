"""The clients' fault matrix (`client/faults.py`) over httpx2: a stream gives the same results over any transport."""

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
    """The clients, each over its own httpx2 client."""

    def client(self, *args: Any, **options: Any) -> Any:
        """Return a client with the interface of the async one."""
        if self.blocking:
            driver: Any = Httpx2Driver(httpx2.Client(trust_env=False), close=True)
        else:
            driver = AsyncHttpx2Driver(httpx2.AsyncClient(trust_env=False), close=True)
        return super().client(*args, driver=driver, **options)


@pytest.fixture(params=["blocking", "async"])
def world(request: pytest.FixtureRequest) -> OverHttpx2:
    """Return each client in turn."""
    return OverHttpx2(request.param)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_reader_sees_what_became_of_the_stream(world: OverHttpx2, fault: Fault) -> None:
    """Each fault of a chat stream gives its row's result, and leaves a working client.

    The transport's own tests prove that a connection is reused: here a thread may not be in time for that.
    """
    holds(world, replace(fault, connections=None), ENDPOINTS["chat"].open)
