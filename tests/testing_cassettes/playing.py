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
    """A cassette in its own folder, for one of the two clients.

    Args:
        world: The kind of client.
        path: The path of the file.
        options: The options of the client.
    """

    def __init__(self, world: World, path: Path, **options: Any) -> None:
        self.world = world
        self.path = path
        self.options = {"timeout": 20, **options}

    def record(self, url: str, scenario: Scenario, **how: Any) -> Any:
        """Return the scenario's result in front of the server."""
        return self._run(url, scenario, **how)

    def play(self, scenario: Scenario, **how: Any) -> Any:
        """Return the scenario's result from the file alone; the address has no server."""
        return self._run("http://localhost:1", scenario, mode="none", **how)

    def exchanges(self) -> list[Exchange]:
        """Return the content of the file."""
        return load(self.path)

    def driver(self, tape: Cassette) -> Any:
        return tape.driver() if self.world.blocking else tape.async_driver()

    def _run(self, url: str, scenario: Scenario, **how: Any) -> Any:
        with cassette(self.path, **how) as tape:
            options = {**self.options, "driver": self.driver(tape)}
            return self.world.with_client(scenario, url, **options)


class BlockingDriver(Blocking):
    """A blocking driver, and its answers, with the interface of the async one."""

    async def open(self, *args: Any, **options: Any) -> Any:
        return Blocking(self.inner.open(*args, **options))


def driver_of(world: World, tape: Cassette, **options: Any) -> Any:
    """Return the tape's driver for one of the two clients, with the interface of the async one."""
    return BlockingDriver(tape.driver(**options)) if world.blocking else tape.async_driver(**options)


async def outcome(scenario: Scenario, client: Any) -> Any:
    """Return the scenario's result, or its error: class, message without times, and partial text."""
    try:
        return await scenario(client)
    except GatewayError as error:
        return type(error), getattr(error, "status", None), getattr(error, "limit", None), _brought(error)


def _brought(error: GatewayError) -> Any:
    partial = getattr(error, "partial", None)
    return None if partial is None else partial.to_dict()
