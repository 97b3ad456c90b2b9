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


class ShardTask(Struct, frozen=True, kw_only=True):
    """The part of a job that every worker knows.

    Attributes:
        folder: The input folder.
        destination: The output folder.
        ask: The function that makes the keywords of a request.
        key: The field that identifies a row, or None for its place.
        client: Makes the client of a worker.
        concurrency: Requests in flight of one worker.
        retry_failed: Ask failed rows again.
        budget: The budget of the job.
        limited: True if requests need permits.
        counts_tokens: True if permits count tokens.
    """

    folder: Path
    destination: Path
    ask: Any
    key: str | None
    client: Callable[[], AsyncInferenceGatewayClient]
    concurrency: int | Literal["auto"] = "auto"
    retry_failed: bool = False
    budget: Budget | None = None
    limited: bool = False
    counts_tokens: bool = False


class ShardWorker:
    """Asks the rows of shards, one shard at a time.

    Args:
        task: The job.
        name: The name of this worker, which no other one has.
        governor: The governor of the job.
        clock: Returns the time in seconds.
        sleep: Waits.
    """

    def __init__(
        self,
        task: ShardTask,
        name: str,
        governor: GovernorLink,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._task = task
        self._name = name
        self._governor = governor
        self._sleep = sleep
        self._client = task.client()
        self._folder = JobFolder(task.destination)
        self._gate = (
            _Gate(lambda tokens, used: governor.take(name, tokens, used), clock, sleep) if task.limited else None
        )

    async def work(self, shard: Shard) -> ShardResult:
        """Ask the rows of a shard, and make it done. It raises nothing: the result has the error."""
        try:
            return await self._work(shard)
        except BatchBusyError:
            return ShardResult(shard=shard.name, stopped="busy")
        except (ValueError, TypeError) as error:  # of the input or of `ask`: the next try would raise it as well
            return ShardResult(shard=shard.name, error=describe_error(error), final=True)
        except Exception as error:  # noqa: BLE001  (one shard must not end the job)
            return ShardResult(shard=shard.name, error=describe_error(error))

    async def _work(self, shard: Shard) -> ShardResult:
        task, folder = self._task, self._folder
        if folder.output(shard.name).exists():
            if not task.retry_failed:  # another worker was faster
                return folder.result(shard.name)
            folder.reopen(shard.name)
        result = ShardResult(shard=shard.name)
        least, held = Decimal(0), None
        while True:
            lease = await self._governor.lease(self._name, least, None)
            if lease.amount == 0:
                if not lease.wait:
                    result.stopped = "budget"
                    return result
                await self._sleep(_WAIT)
                continue
            spent = await self._ask(shard, result, lease)
            await self._governor.settle(self._name, spent)
            if result.stopped != "budget":
                break
            least = (lease.amount or Decimal(0)) * 2 if not spent else Decimal(0)
        if result.stopped is None:
            folder.commit(shard.name, result)
        return result


class _Gate:
    """The place where requests wait for their permits and for the worker's share of the concurrency.

    Args:
        fetch: Asks the governor for a block.
        clock: Returns the time in seconds.
        sleep: Waits.
    """

    def __init__(
        self,
        fetch: Callable[[int, Used], Awaitable[Block]],
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._permits = Permits(fetch, clock=clock, sleep=sleep)
        self._begun = self._ended = 0
        self._granted: dict[int, int] = {}
        self._average: float | None = None
        self._room = asyncio.Event()

    async def enter(self, tokens: int) -> None:
        """Wait for the permit of a request."""
        await self._permits.acquire(tokens)
        share = self._permits.concurrency
        while share is not None and self._begun - self._ended >= max(share, 1):
            self._room.clear()
            await self._room.wait()
            share = self._permits.concurrency
        self._begun += 1
