"""The scripted gateway in its four ways: either client, over a socket or without."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from inference_gateway_sdk.testing import ScriptedGateway, scripted_gateway
from support.worlds import Blocking, World


class Kit:
    """A scripted gateway and one of its clients, with the interface of the async one."""

    def __init__(self, gateway: ScriptedGateway, client: str) -> None:
        self.gateway = gateway
        self.world = World(client)

    def client(self, **options: Any) -> Any:
        if self.world.blocking:
            return Blocking(self.gateway.client(**options))
        return self.gateway.async_client(**options)

    def run(self, scenario: Callable[[Any], Awaitable[Any]], **options: Any) -> Any:
        """Run a scenario over a client that is closed afterwards."""

        async def run() -> Any:
            async with self.client(**options) as client:
                return await scenario(client)

        return self.world.run(run)


@pytest.fixture(params=[True, False], ids=["socket", "in-process"])
def script(request: pytest.FixtureRequest) -> Iterator[ScriptedGateway]:
    """Return a scripted gateway, over a socket or without, whose end is not checked."""
    gateway = scripted_gateway(sockets=request.param)
    gateway.start()
    yield gateway
    gateway.close()


@pytest.fixture(params=["blocking", "async"])
def kit(request: pytest.FixtureRequest, script: ScriptedGateway) -> Kit:
    """Return the gateway with each client in turn."""
    return Kit(script, request.param)
