"""Time, sleep and randomness for a client under test: pauses are noted instead of waited, randomness is fixed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from inference_gateway_sdk._client.runtime import AsyncRuntime, Runtime

if TYPE_CHECKING:
    from support.worlds import World


class Invented:
    """The environment of a client under test.

    Attributes:
        pauses: The seconds the client would have slept between attempts, in order.
        offset: Added to the monotonic clock from now on. The transport keeps the real one.
        wall: The value of the wall clock, in seconds since the epoch.
        random: The next random number, in [0, 1).
    """

    def __init__(self, *, wall: float = 1_700_000_000.0, random: float = 0.0) -> None:
        self.pauses: list[float] = []
        self.offset = 0.0
        self.wall = wall
        self.random = random

    def runtime(self, world: World) -> AsyncRuntime | Runtime:
        """Return the client's `_runtime` for this environment."""
        if world.blocking:
            return Runtime(self._monotonic, lambda: self.wall, self.pauses.append, lambda: self.random)
        return AsyncRuntime(self._monotonic, lambda: self.wall, self._sleep, lambda: self.random)

    def _monotonic(self) -> float:
        return time.monotonic() + self.offset

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
