"""A worker of a job, which asks the rows of its shards. It is the same here and in an actor of Ray."""

from __future__ import annotations

import asyncio
import functools
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Protocol, Self, cast

import msgspec
from msgspec import Struct, structs

from .._client.accounts import Budget
from .._model.type_info import build_decoder, strict_decode
from ..errors import BatchBusyError
from .governor import Block, Governor, Lease, Permits, Used
from .journal import BatchFile, OutputLine
from .shards import JobFolder, Shard, ShardResult, read_shard
from .state import BatchProgress

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path
    from types import TracebackType

    from .._client._async.client import AsyncInferenceGatewayClient
    from .._client.ledger_rows import LedgerSum

__all__ = ["GovernorLink", "LocalGovernor", "ShardTask", "ShardWorker", "add_progress", "bind_ask"]

_WAIT: Final = 1.0  # seconds until a worker asks for a part of the budget again


class GovernorLink(Protocol):
    """The governor as a worker sees it: an object of this process, or an actor."""

    async def take(self, worker: str, tokens_each: int, used: Used) -> Block:
        """Return the next permits (see `Governor.take`)."""
        ...

    async def lease(self, worker: str, least: Decimal) -> Lease:
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

    async def lease(self, worker: str, least: Decimal) -> Lease:
        """Lend a part of the budget."""
        return self._governor.lease(worker, self._clock(), least)

    async def settle(self, worker: str, spent: Decimal) -> None:
        """Replace a lease by the amount spent."""
        self._governor.settle(worker, spent)


class ShardTask(Struct, frozen=True, kw_only=True):
    """The part of a job that every worker knows.

    Attributes:
        folder: The input folder.
        destination: The output folder.
        ask: The function that makes the keywords of a request, with its fingerprint (see `bind_ask`).
        key: The field that identifies a row, or None for its place.
        client: Makes the client of a worker.
        concurrency: Requests in flight of one worker.
        retry_failed: Ask failed rows again.
        budget: The budget of the job.
        limited: True if requests need permits of the governor.
    """

    folder: Path
    destination: Path
    ask: Callable[[Any], Any] | None
    key: str | None
    client: Callable[[], AsyncInferenceGatewayClient]
    concurrency: int | Literal["auto"] = "auto"
    retry_failed: bool = False
    budget: Budget | None = None
    limited: bool = False


class LeasedBudget(Budget, frozen=True, kw_only=True):
    """A part of the budget of a job. A request that does not fit in it may fit in the next one."""

    leased: ClassVar[bool] = True


def bind_ask(ask: Callable[[Any], Any] | None, fingerprint: str, *, asynchronous: bool) -> Callable[[Any], Any] | None:
    """Return `ask` with its fingerprint, which a worker on another machine could not compute without the source."""
    if ask is None:
        return None
    bound: Any = functools.partial(_await_ask if asynchronous else _call_ask, fingerprint, ask)
    bound.keeps_errors = True  # the first row of a shard may be a bad one
    return cast("Callable[[Any], Any]", bound)


def _call_ask(fingerprint: str, ask: Callable[[Any], Any], row: Any) -> Any:
    del fingerprint
    return ask(row)


async def _await_ask(fingerprint: str, ask: Callable[[Any], Awaitable[Any]], row: Any) -> Any:
    del fingerprint
    return await ask(row)


class _PlacedRow(dict[str, Any]):
    """A row that knows its place in the input."""

    place: str


def place_of(row: Any) -> str:
    """Return the key of a row of a job without `key`: its file and its place there."""
    return str(row.place)


class ShardWorker:
    """Asks the rows of shards, one shard at a time.

    Args:
        task: The job.
        name: The name of this worker, which no other one has.
        governor: The governor of the job.
        clock: Returns the time in seconds.
        sleep: Waits.

    Attributes:
        progress: The figures of this worker, over all its shards.
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
        self._clock = clock
        self._sleep = sleep
        self._client = task.client()
        settings: Any = vars(self._client)["_settings"]
        self._ledger = settings.ledger
        if task.budget is not None and self._ledger is None:
            from .._client.ledger import Ledger

            self._ledger = Ledger()
            self._client = self._client.with_options(ledger=self._ledger)
        self._folder = JobFolder(task.destination)
        self._permits: Permits | None = None
        self._fetching: asyncio.Task[None] | None = None
        self._counts_skipped = False
        self.progress: BatchProgress = BatchProgress(elapsed=0.0)
        self._before = self.progress  # the shards that have ended

    async def __aenter__(self) -> Self:
        if self._task.limited:
            self._permits = Permits(self._take, clock=self._clock, sleep=self._sleep)
            self._fetching = asyncio.create_task(self._permits.run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])
        await self._client.aclose()

    async def _take(self, tokens_each: int, used: Used) -> Block:
        return await self._governor.take(self._name, tokens_each, used)

    async def work(self, shard: Shard) -> ShardResult:
        """Ask the rows of a shard, and make it done. Errors are part of the result."""
        result = self._folder.load_notes(shard.name)
        result.spent = self._folder.spent(result)  # the worker before may have been lost
        result.stopped = result.error = result.worker = None
        try:
            await self._work(shard, result)
        except BatchBusyError:
            result.stopped = "busy"
        except (ValueError, TypeError) as error:  # of the input or of `ask`: another try would raise it as well
            result.error, result.final = _describe(error), True
        except Exception as error:  # noqa: BLE001  (one shard must not end the job)
            result.error = _describe(error)
        return result

    async def _work(self, shard: Shard, result: ShardResult) -> None:
        task, folder = self._task, self._folder
        if folder.output(shard.name).exists():
            if not task.retry_failed:  # another worker was faster
                return
            folder.reopen(shard.name)
        else:
            self._counts_skipped = True  # rows of an earlier run, which the job has not counted
        rows = _rows(task.folder, shard)
        least = Decimal(0)
        while True:
            lease = await self._governor.lease(self._name, least)
            if lease.amount == 0:
                if not lease.wait:
                    result.stopped = "budget"
                    return
                await self._sleep(_WAIT)
                continue
            spent = await self._ask(shard, rows, result, lease)
            if result.stopped != "budget":
                break
            least = Decimal(0) if spent or lease.amount is None else lease.amount * 2
        if result.stopped is None:
            result.done, result.failed = _count(folder.journal(shard.name))
            folder.commit(shard.name, result)

    async def _ask(self, shard: Shard, rows: list[_PlacedRow], result: ShardResult, lease: Lease) -> Decimal:
        """Run the batch of a shard with a part of the budget. Return what was spent of it."""
        task, path = self._task, self._folder.journal(shard.name)
        before, base = self._booked(path), structs.replace(result)
        skipped, self._counts_skipped = self._counts_skipped, False

        def show(progress: BatchProgress) -> None:
            if not skipped:
                progress = structs.replace(progress, skipped=0)
            self.progress = add_progress(self._before, progress)
            _set_figures(result, base, progress)
            result.spent, result.in_flight = base.spent + self._booked(path) - before, progress.concurrency
            self._folder.save_notes(result)

        if lease.amount is not None:
            result.worker, result.lease, result.spent_before = self._name, lease.amount, result.spent
        options: dict[str, Any] = {"key": None if task.ask is None else task.key or place_of}
        if self._permits is not None:
            options |= {"rpm": self._permits, "tpm": self._permits.tokens}
        if task.budget is not None and lease.amount is not None:
            fields: dict[str, Any] = {**structs.asdict(task.budget), "limit": before + lease.amount}
            options["budget"] = LeasedBudget(**fields)
        try:
            outcome = await self._client.run_batch(
                rows,
                path,
                ask=task.ask,
                concurrency=task.concurrency,
                retry_failed=task.retry_failed,
                progress=show,
                **options,
            )
        finally:
            spent = self._booked(path) - before
            result.spent, result.worker = base.spent + spent, None
            self._folder.save_notes(result)
            self._before = structs.replace(self.progress, rate=0.0, tokens_rate=0.0, in_flight=0, concurrency=0)
            await self._governor.settle(self._name, spent)
        result.stopped = outcome.stopped
        if outcome.stopped == "errors" and outcome.error is not None:
            result.error = _describe(outcome.error)
        return spent

    def _booked(self, path: Path) -> Decimal:
        """Return what the calls of a shard have used of the budget, as far as this worker's ledger knows."""
        budget = self._task.budget
        if budget is None:
            return Decimal(0)
        try:
            batch = strict_decode(path.with_name(f"{path.name}.job").read_bytes(), BatchFile).id
        except (OSError, msgspec.MsgspecError):  # the shard has not begun
            return Decimal(0)
        total: LedgerSum = self._ledger.total(tags={"batch": batch}, currency=budget.currency)
        if budget.unit == "money":
            return total.at_least if total.at_most is None else total.at_most
        return Decimal(total.tokens if budget.unit == "tokens" else total.calls)


def _rows(folder: Path, shard: Shard) -> list[_PlacedRow]:
    rows: list[_PlacedRow] = []
    for place, row in read_shard(folder, shard):
        placed = _PlacedRow(row)
        placed.place = f"{shard.file}:{place}"
        rows.append(placed)
    return rows


def _set_figures(result: ShardResult, base: ShardResult, progress: BatchProgress) -> None:
    """Set the figures of a shard to those of before and those of the run in progress."""
    result.done, result.failed = base.done + progress.done, base.failed + progress.failed
    result.tokens = base.tokens + progress.input_tokens + progress.output_tokens
    result.cost = base.cost + (progress.cost or Decimal(0))
    result.currency = progress.currency


def _count(journal: Path) -> tuple[int, int]:
    """Return the number of answers and of errors in a journal."""
    decode = build_decoder(OutputLine).decode
    done = failed = 0
    with journal.open("rb") as file:
        for line in file:
            if decode(line).error is not None:
                failed += 1
            else:
                done += 1
    return done, failed


def _describe(error: BaseException) -> str:
    notes = "".join(f"; {note}" for note in getattr(error, "__notes__", ()))
    return f"{type(error).__name__}: {error}{notes}"


_SUMS: Final = ("done", "failed", "skipped", "in_flight", "concurrency", "rate", "tokens_rate", "input_tokens",
                "output_tokens", "refusals")  # fmt: skip


def add_progress(*parts: BatchProgress) -> BatchProgress:
    """Return the sum of the figures of batches that run at once or after each other. Latencies are weighted means."""
    costs = [part.cost for part in parts if part.cost is not None]
    timed = [part for part in parts if part.latency_p50 is not None and part.rate > 0]
    weight = sum(part.rate for part in timed)
    more: dict[str, Any] = {name: sum(getattr(part, name) for part in parts) for name in _SUMS}
    for name in ("latency_p50", "latency_p95"):
        more[name] = sum(getattr(part, name) * part.rate for part in timed) / weight if weight else None
    return BatchProgress(
        elapsed=max(part.elapsed for part in parts),
        cost=sum(costs, Decimal(0)) if costs else None,
        currency=parts[-1].currency,
        **more,
    )
