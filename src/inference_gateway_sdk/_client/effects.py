"""What the clients need of the outside world besides a transport: time, waiting, chance. Injected, for tests."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["AsyncEffects", "BlockingEffects", "async_effects", "blocking_effects"]


class BlockingEffects(NamedTuple):
    """Time, waiting and chance for the blocking client."""

    monotonic: Callable[[], float]  # seconds; the transport's deadlines are on the same clock
    wall: Callable[[], float]  # seconds since the epoch, for dates in Retry-After
    sleep: Callable[[float], None]
    random: Callable[[], float]  # in [0, 1)


class AsyncEffects(NamedTuple):
    """Time, waiting and chance for the async client."""

    monotonic: Callable[[], float]
    wall: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    random: Callable[[], float]


def blocking_effects() -> BlockingEffects:
    """The real ones."""
    return BlockingEffects(time.monotonic, time.time, time.sleep, _chance)


def async_effects() -> AsyncEffects:
    """The real ones; asyncio is imported only here."""
    import asyncio

    return AsyncEffects(time.monotonic, time.time, asyncio.sleep, _chance)


def _chance() -> float:
    """A number in [0, 1). The library's module is not cheap to import, and seldom needed."""
    import random

    return random.random()  # noqa: S311  (spreads retries, keeps no secret)
