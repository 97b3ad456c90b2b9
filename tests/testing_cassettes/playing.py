"""Both clients through a cassette, over real sockets: recorded in front of a server, played with the server gone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from inference_gateway_sdk import GatewayError
from inference_gateway_sdk.testing.cassettes import Cassette, Exchange, cassette
from inference_gateway_sdk.testing.cassettes.file import load
from support.worlds import Blocking, World

Scenario = Callable[[Any], Awaitable[Any]]


class Played:
    """A cassette in a folder of its own, for one of the two clients.

    Args:
        world: Which client.
        path: Where the file is.
        options: Of the client.
    """

    def __init__(self, world: World, path: Path, **options: Any) -> None:
        self.world = world
        self.path = path
        self.options = {"timeout": 20, **options}

    def record(self, url: str, scenario: Scenario, **how: Any) -> Any:
        """What the scenario returns in front of the server."""
        return self._run(url, scenario, **how)

    def play(self, scenario: Scenario, **how: Any) -> Any:
        """What it returns from the file alone; the address has no server."""
        return self._run("http://localhost:1", scenario, mode="none", **how)

    def exchanges(self) -> list[Exchange]:
        """What is in the file."""
        return load(self.path)

    def driver(self, tape: Cassette) -> Any:
        return tape.driver() if self.world.blocking else tape.async_driver()

    def _run(self, url: str, scenario: Scenario, **how: Any) -> Any:
        with cassette(self.path, **how) as tape:
            options = {**self.options, "driver": self.driver(tape)}
            return self.world.with_client(scenario, url, **options)


class BlockingDriver(Blocking):
    """A blocking driver with the face of the async one, and so its answers."""

    async def open(self, *args: Any, **options: Any) -> Any:
        return Blocking(self.inner.open(*args, **options))


def driver_of(world: World, tape: Cassette, **options: Any) -> Any:
    """The tape's driver for one of the two clients, with the face of the async one."""
    return BlockingDriver(tape.driver(**options)) if world.blocking else tape.async_driver(**options)


async def outcome(scenario: Scenario, client: Any) -> Any:
    """What a scenario returns, or what it raises: class, message without its times, and what a stream had brought."""
    try:
        return await scenario(client)
    except GatewayError as error:
        return type(error), getattr(error, "status", None), getattr(error, "limit", None), _brought(error)


def _brought(error: GatewayError) -> Any:
    partial = getattr(error, "partial", None)
    return None if partial is None else partial.to_dict()
