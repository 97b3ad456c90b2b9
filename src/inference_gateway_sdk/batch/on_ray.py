"""A job on a Ray cluster: actors that ask, one that has the limits, and the loop that gives them shards.

It uses Ray's core, not Ray Data, because a shard is committed by its worker: a driver or worker that is lost takes only
requests in flight with it. `AskBatch` is for users of Ray Data.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import os
import time
from collections.abc import Callable, Mapping  # noqa: TC003  (users resolve the annotations)
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import msgspec

from .. import AsyncInferenceGatewayClient
from .._model.type_info import strict_decode
from .._version import install_command
from .governor import Block, Governor, Lease, Used
from .journal import answer_line
from .shards import JobFolder
from .state import BatchItem, BatchProgress, describe_error
from .worker import ShardTask, ShardWorker

if TYPE_CHECKING:
    from pathlib import Path

    from .job_run import JobOutcome, JobRun
    from .shards import Shard, ShardResult

__all__ = ["AskBatch", "run_on_ray"]

_ANSWER: Final = 10.0  # seconds that a worker waits for the governor, before it takes it for lost
_LOOK: Final = 0.25  # seconds between two looks at the workers
_IDLE: Final = 1.0  # seconds for which a worker waits that has found its shard busy


class GovernorActor:
    """The governor of a job. Ray starts it again when it is lost; it then reads from the output what was spent.

    Args:
        limits: The arguments of `Governor` that do not change.
        destination: The output folder of a job with a budget, else None.
    """

    def __init__(self, limits: dict[str, Any], destination: Path | None) -> None:
        found: dict[str, Any] = {}
        if destination is not None:
            folder = JobFolder(destination)
            notes = list(folder.all_notes())
            found["leases"] = {note.worker: note.lease for note in notes if note.worker}
            found["spent"] = sum((note.spent_before if note.worker else note.spent for note in notes), Decimal(0))
        self._governor = Governor(**limits, **found)

    async def take(self, worker: str, tokens_each: int, used: Used) -> Block:
        """Return the next permits."""
        return self._governor.take(worker, time.monotonic(), tokens_each=tokens_each, used=used)

    async def lease(self, worker: str, least: Decimal) -> Lease:
        """Lend a part of the budget."""
        return self._governor.lease(worker, time.monotonic(), least)

    async def settle(self, worker: str, spent: Decimal) -> None:
        """Replace a lease by the amount spent."""
        self._governor.settle(worker, spent)

    async def remove(self, worker: str, spent: Decimal | None) -> None:
        """Forget a worker that was lost."""
        self._governor.remove(worker, spent)


class RemoteGovernor:
    """The governor as a worker reaches it.

    Args:
        actor: The handle of the actor, or None if the job has no limits.
    """

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    async def take(self, worker: str, tokens_each: int, used: Used) -> Block:
        """Return the next permits. Raise an error if the governor does not answer."""
        async with asyncio.timeout(_ANSWER):
            block: Block = await self._actor.take.remote(worker, tokens_each, used)
            return block

    async def lease(self, worker: str, least: Decimal) -> Lease:
        """Lend a part of the budget. It waits for a governor that is started again."""
        if self._actor is None:
            return Lease()
        while True:
            try:
                async with asyncio.timeout(_ANSWER):
                    lease: Lease = await self._actor.lease.remote(worker, least)
                    return lease
            except Exception:  # noqa: BLE001  (whatever the reason, without a lease nothing may be spent)
                await asyncio.sleep(_IDLE)

    async def settle(self, worker: str, spent: Decimal) -> None:
        """Replace a lease by the amount spent. A governor that was lost reads it from the output."""
        if self._actor is None:
            return
        try:
            async with asyncio.timeout(_ANSWER):
                await self._actor.settle.remote(worker, spent)
        except Exception:  # noqa: BLE001  (the notes of the shard have the amount)
            return


class WorkerActor:
    """A worker of a job in a process of its own.

    Args:
        task: The part of the job that workers know.
        name: The name of the worker.
        governor: The handle of the governor's actor, or None.
    """

    def __init__(self, task: ShardTask, name: str, governor: Any) -> None:
        self._make: Callable[[], ShardWorker] = lambda: ShardWorker(task, name, RemoteGovernor(governor))
        self._worker: ShardWorker | None = None

    async def work(self, shard: Shard) -> ShardResult:
        """Ask the rows of a shard."""
        if self._worker is None:
            self._worker = await self._make().__aenter__()  # the actor's process ends without leaving it
        return await self._worker.work(shard)

    async def progress(self) -> BatchProgress:
        """Return the figures of this worker."""
        return BatchProgress(elapsed=0.0) if self._worker is None else self._worker.progress

    async def pid(self) -> int:
        """Return the id of the process."""
        return os.getpid()


def import_ray() -> Any:
    """Return the module of Ray.

    Raises:
        ModuleNotFoundError: It is not installed.
    """
    try:
        return importlib.import_module("ray")
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise ModuleNotFoundError(f"run_on_ray needs ray: {install_command('ray')}", name="ray") from None


def run_on_ray(run: JobRun, *, address: str | None, workers: int, actor_options: dict[str, Any]) -> JobOutcome:
    """Ask the rows of a job in actors of a Ray cluster (see `Job.run_on_ray`)."""
    ray = import_ray()
    started = not ray.is_initialized()
    if started:
        local: dict[str, Any] = {"include_dashboard": False} if address is None else {}
        ray.init(address=address, log_to_driver=False, **local)
    crew = _RayCrew(ray, run, workers, actor_options)
    try:
        crew.work()
        return run.outcome(crew.figures)
    finally:
        crew.close()
        run.close()
        if started:
            ray.shutdown()


class _RayCrew:
    """The actors of a run, and the loop that gives them shards."""

    def __init__(self, ray: Any, run: JobRun, workers: int, actor_options: dict[str, Any]) -> None:
        self._ray = ray
        self._run = run
        self._count = workers
        self._options = {"num_cpus": 1, **actor_options}
        self._actors: dict[str, Any] = {}
        self._pending: dict[Any, str] = {}  # by the reference of the result
        self._idle: dict[str, float] = {}  # workers without a shard: the time from which they may take one
        self._progress: dict[str, BatchProgress] = {}
        self._asked: dict[Any, str] = {}  # references of figures that are on their way
        self._number = 0
        self._reported = time.monotonic()
        self._governor = self._start_governor()

    @property
    def figures(self) -> list[BatchProgress]:
        """The latest figures of all workers, also of those that were lost."""
        return list(self._progress.values())

    def _start_governor(self) -> Any:
        limits = self._run.limits()
        if limits is None:
            return None
        actor = self._ray.remote(num_cpus=0, max_restarts=-1)(GovernorActor)
        task = self._run.task
        return actor.remote(limits, None if task.budget is None else task.destination)

    def _start_worker(self) -> None:
        self._number += 1
        name = f"worker {self._number} of {os.getpid()}"
        actor = self._ray.remote(**self._options)(WorkerActor)
        self._actors[name] = actor.remote(self._run.task, name, self._governor)
        self._idle[name] = 0.0

    def work(self) -> None:
        """Give shards to workers until none is left, or the job stops."""
        try:
            while True:
                self._assign()
                if not self._pending and (not self._run.goes_on or not len(self._run.queue)):
                    return
                self._await()
        except KeyboardInterrupt:
            self._run.stop("interrupt")

    def _assign(self) -> None:
        run, now = self._run, time.monotonic()
        if not run.goes_on:
            return
        while len(self._actors) < min(self._count, len(run.queue)):
            self._start_worker()
        for name in [name for name, ready in self._idle.items() if ready <= now]:
            shard = run.queue.take(name)
            if shard is None:
                return
            del self._idle[name]
            self._pending[self._actors[name].work.remote(shard)] = name

    def _await(self) -> None:
        """Wait for a result, and ask for the figures now and then."""
        if not self._pending:
            time.sleep(_LOOK)
            return
        ready, _ = self._ray.wait([*self._pending, *self._asked], num_returns=1, timeout=_LOOK)
        for reference in ready:
            if reference in self._asked:
                self._take_figures(reference)
            else:
                self._take_result(reference)
        now = time.monotonic()
        if now - self._reported >= 2 * _LOOK:
            self._reported = now
            self._run.report(self.figures)
            waited_for = set(self._asked.values())
            for name in set(self._pending.values()) - waited_for:
                self._asked[self._actors[name].progress.remote()] = name

    def _take_figures(self, reference: Any) -> None:
        name = self._asked.pop(reference)
        try:
            self._progress[name] = self._ray.get(reference)
        except self._ray.exceptions.RayError:  # its result reports the loss
            return

    def _take_result(self, reference: Any) -> None:
        name = self._pending.pop(reference)
        try:
            result: ShardResult = self._ray.get(reference)
            self._progress[name] = self._ray.get(self._actors[name].progress.remote(), timeout=_ANSWER)
        except self._ray.exceptions.RayError as error:
            self._lose(name, error)
            return
        waits = self._run.settle(name, result)
        self._idle[name] = time.monotonic() + (_IDLE if waits else 0.0)

    def _lose(self, name: str, error: Exception) -> None:
        """Forget a worker that was lost. Another one asks what is left of its shard."""
        self._actors.pop(name, None)
        shard = self._run.queue.running.get(name)
        spent = None if shard is None else self._run.spent_on_lease(shard)
        if self._governor is not None:
            self._governor.remove.remote(name, spent)
        cause = getattr(error, "cause", None) or error
        lines = [line for line in str(cause).splitlines() if line.strip()] or [""]
        self._run.fail(name, f"the worker was lost: {type(cause).__name__}: {lines[-1].strip()}")

    def close(self) -> None:
        """End the actors. Requests in flight are given up."""
        for actor in [*self._actors.values(), self._governor]:
            if actor is not None:
                self._ray.kill(actor)


class AskBatch:
    """A callable class for `map_batches` of Ray Data. It adds the columns `output`, `reply` and `error` to a batch.

        dataset.map_batches(AskBatch, fn_constructor_kwargs={"ask": ask}, batch_size=1000, concurrency=4)

    A row that fails has an error, and does not end the job. Ray Data asks a batch again whose block was lost, so that
    requests may be paid twice: `Job` does not.

    Args:
        ask: As in `run_batch`.
        client: A function that returns the client. Default: one with the settings of the environment.
        concurrency: Requests in flight, of this actor.
        rpm: The largest number of requests in a minute, of this actor.
        tpm: The largest number of tokens in a minute, of this actor.
    """

    def __init__(
        self,
        ask: Callable[[Any], Any],
        *,
        client: Callable[[], AsyncInferenceGatewayClient] | None = None,
        concurrency: int | Literal["auto"] = "auto",
        rpm: float | None = None,
        tpm: float | None = None,
    ) -> None:
        bound: Any = functools.partial(_ask_numbered, ask)
        bound.keeps_errors = True
        self._bound = bound
        self._options: dict[str, Any] = {"concurrency": concurrency, "rpm": rpm, "tpm": tpm}
        self._runner = asyncio.Runner()
        self._client = (client or AsyncInferenceGatewayClient)()

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """Return the columns of the batch with those of the answers."""
        columns = {name: _values(column) for name, column in batch.items()}
        rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        items = self._runner.run(self._ask_all(rows))
        answers = [_columns(items[number]) for number in range(len(rows))]
        return {**columns, **{name: [one[name] for one in answers] for name in ("output", "reply", "error")}}

    async def _ask_all(self, rows: list[dict[str, Any]]) -> dict[int, BatchItem]:
        items: dict[int, BatchItem] = {}
        numbered = [{"number": number, "row": row} for number, row in enumerate(rows)]
        asking = self._client.iterate_batch(numbered, ask=self._bound, key="number", **self._options)
        async for item in asking:
            items[int(item.key)] = item
        return items

    def close(self) -> None:
        """Close the client."""
        self._runner.run(self._client.aclose())
        self._runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _ask_numbered(ask: Callable[[Any], Any], one: dict[str, Any]) -> Any:
    return ask(one["row"])


def _values(column: Any) -> list[Any]:
    return column.tolist() if hasattr(column, "tolist") else list(column)


class _Columns(msgspec.Struct):
    output: msgspec.Raw = msgspec.Raw(b"null")
    reply: msgspec.Raw = msgspec.Raw(b"null")


def _columns(item: BatchItem) -> dict[str, str | None]:
    """Return the new columns of a row: the output as text, or JSON if it is not text, and the reply as JSON."""
    if item.error is not None:
        error = describe_error(item.error)
        return {"output": None, "reply": None, "error": msgspec.json.encode(error).decode()}
    line = strict_decode(answer_line(item), _Columns)
    output = msgspec.json.decode(line.output)
    return {
        "output": output if isinstance(output, str) else bytes(line.output).decode(),
        "reply": bytes(line.reply).decode(),
        "error": None,
    }
