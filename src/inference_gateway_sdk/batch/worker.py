"""The work at the shards of a job: which shard is next, and how one is asked. The same here and in an actor of Ray."""

from __future__ import annotations

import asyncio
import functools
import inspect
import time
from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Protocol

from msgspec import structs

from .governor import Block, Governor, Lease, Permits, Used
from .shards import JobFolder, Shard, ShardResult, read_shard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from .. import AsyncInferenceGatewayClient, Budget

__all__ = ["GovernorLink", "LocalGovernor", "ShardQueue", "ShardTask", "ShardWorker"]

TRIES: Final = 3
_WAIT: Final = 1.0  # seconds until a worker asks for a part of the budget again
_FEW: Final = 20  # rows, after which their tokens are a better estimate than the text


class ShardQueue:
    """The shards that remain, and which worker has which.

    Args:
        shards: The shards, in their order.
        give_up: Called with a shard, the number of its tries and its error, when it is not tried again.
    """

    def __init__(self, shards: Iterable[Shard], give_up: Callable[[Shard, int, str], None]) -> None:
        self._waiting = deque(shards)
        self._give_up = give_up
        self._tries: dict[str, int] = {}
        self.running: dict[str, Shard] = {}
        self.given_up = 0

    def __len__(self) -> int:
        """Return the number of shards that wait or run."""
        return len(self._waiting) + len(self.running)

    def take(self, worker: str) -> Shard | None:
        """Return the next shard for a worker, or None if none waits."""
        if not self._waiting:
            return None
        shard = self.running[worker] = self._waiting.popleft()
        return shard

    def finish(self, worker: str) -> None:
        """Record that the shard of a worker is done, or that it is left for another run."""
        self.running.pop(worker, None)

    def fail(self, worker: str, error: str, *, final: bool = False) -> None:
        """Record a try that failed. The shard waits again, or is given up after the third try or a final error."""
        shard = self.running.pop(worker, None)
        if shard is None:
            return
        tries = self._tries[shard.name] = self._tries.get(shard.name, 0) + 1
        if final or tries >= TRIES:
            self.given_up += 1
            self._give_up(shard, tries, error)
        else:
            self._waiting.append(shard)

    def postpone(self, worker: str) -> None:
        """Put back the shard of a worker, because another process has it. This is not a try."""
        shard = self.running.pop(worker, None)
        if shard is not None:
            self._waiting.append(shard)


class GovernorLink(Protocol):
    """The governor as a worker sees it: an object of this process, or an actor."""

    async def take(self, worker: str, tokens_each: int, used: Used) -> Block:
        """Return the next permits (see `Governor.take`)."""
        ...

    async def lease(self, worker: str, least: Decimal, held: Decimal | None) -> Lease:
        """Lend a part of the budget (see `Governor.lease`)."""
        ...

    async def settle(self, worker: str, spent: Decimal) -> None:
        """Replace a lease by the amount spent (see `Governor.settle`)."""
        ...


class LocalGovernor:
    """A governor in this process, with the clock of this machine."""

    def __init__(self, governor: Governor, clock: Callable[[], float] = time.monotonic) -> None:
        self._governor = governor
        self._clock = clock

    async def take(self, worker: str, tokens_each: int, used: Used) -> Block:
        """Return the next permits."""
        return self._governor.take(worker, self._clock(), tokens_each=tokens_each, used=used)

    async def lease(self, worker: str, least: Decimal, held: Decimal | None) -> Lease:
        """Lend a part of the budget."""
        return self._governor.lease(worker, self._clock(), least, held)

    async def settle(self, worker: str, spent: Decimal) -> None:
        """Replace a lease by the amount spent."""
        self._governor.settle(worker, spent)
