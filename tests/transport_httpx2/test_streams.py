"""The clients' fault matrix (`client/faults.py`) over httpx2: a stream is told truly whatever carries it."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from client.test_faults import test_the_reader_sees_what_became_of_the_stream  # noqa: F401  (collected here too)
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
