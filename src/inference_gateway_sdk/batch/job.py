"""`Job`: a batch in shards, which runs here or on Ray and goes on where it stopped.

The output folder is the state of the job. A shard is done when its file is there:

    out/reviews-1f2e3d4c-000000000000-000001048576.jsonl    a shard that is done
    out/failed/reviews-1f2e3d4c-….json                      a shard that was given up, with its error
    out/_job/job.json                                       the inputs and settings
    out/_job/running/                                       the journals of shards that are not done
    out/_job/stats/                                         rows, tokens and cost of each shard that is done
"""

from __future__ import annotations

import asyncio
import os  # noqa: TC003  (users resolve the annotations)
from collections.abc import Callable, Mapping, Sequence  # noqa: TC003  (users resolve the annotations)
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

import msgspec
from msgspec import Struct

from .. import AsyncInferenceGatewayClient, Budget
from .._model.arguments import check_integer
from ..errors import BatchMismatchError
from .job_run import JobOutcome, JobRun
from .requests import fingerprint, read_request, read_settings
from .shards import (
    JobFile,
    JobFolder,
    count_lines,
    estimate_rows,
    find_inputs,
    names_in,
    plan_file,
    read_shard,
    shards_of,
)
from .state import BatchProgress  # noqa: TC001  (the same)
from .worker import LocalGovernor, ShardTask, ShardWorker, bind_ask

if TYPE_CHECKING:
    from .. import Cost

__all__ = ["Job", "JobOutcome", "JobPlan", "JobStatus", "job_status"]

_LOOK: Final = 1.0  # seconds between two looks at shards that another process has
_SAMPLE: Final = 20  # rows that the estimate of the cost is made from


class JobPlan(Struct, frozen=True, kw_only=True):
    """The work that a job has before it.

    Attributes:
        shards: The number of shards.
        done: Shards that are done.
        failed: Shards that were given up.
        rows: The estimated number of rows of all shards.
        rows_left: The estimated number of rows of shards that are not done.
        cost_at_least: The lower bound of the cost of these, by the first rows. None if `ask` is async or a price is
            not known.
        cost_at_most: The upper bound, or None.
        currency: The currency of the costs.
        seconds: The least time that `rpm` allows for them, or None without `rpm`.
    """

    shards: int
    done: int
    failed: int
    rows: int
    rows_left: int
    cost_at_least: Decimal | None = None
    cost_at_most: Decimal | None = None
    currency: str = "USD"
    seconds: float | None = None


class JobStatus(Struct, frozen=True, kw_only=True):
    """The state of a job, read from its output folder.

    Attributes:
        shards: The number of shards.
        done: Shards that are done.
        failed: Shards that were given up.
        errors: The errors of these, by shard.
        running: Shards that were begun and are not done.
        rows: The estimated number of rows of all shards.
        rows_done: Rows with an answer, in shards that are done.
        rows_failed: Rows with an error, in shards that are done.
        rows_running: Rows in the journals of shards that are not done.
        tokens: Tokens used by shards that are done.
        cost: Their known cost.
        currency: The currency of the cost.
    """

    shards: int
    done: int
    failed: int
    errors: dict[str, str]
    running: int
    rows: int
    rows_done: int
    rows_failed: int
    rows_running: int
    tokens: int
    cost: Decimal
    currency: str

    @property
    def state(self) -> Literal["done", "incomplete", "open"]:
        """The state: "done", "incomplete" if only shards that were given up remain, else "open"."""
        if self.done >= self.shards:
            return "done"
        return "incomplete" if self.done + self.failed >= self.shards else "open"


def job_status(destination: str | Path) -> JobStatus:
    """Return the state of the job in this output folder. It needs neither the input nor the job's code.

    Raises:
        ValueError: The folder has no job.
    """
    folder = JobFolder(Path(destination))
    job = folder.load()
    if job is None:
        raise ValueError(f"destination: {destination} has no job: name the output folder of a job that was run")
    done, failed = folder.done(), folder.failed()
    results = list(folder.results())
    running = names_in(folder.state / "running", ".jsonl") - done
    return JobStatus(
        shards=sum(1 for file in job.inputs for _ in shards_of(file)),
        done=len(done),
        failed=len(failed - done),
        errors={name: _error(folder.failure(name)) for name in sorted(failed - done)},
        running=len(running - failed),
        rows=estimate_rows(job.inputs),
        rows_done=sum(result.done for result in results),
        rows_failed=sum(result.failed for result in results),
        rows_running=sum(count_lines(folder.journal(name)) for name in running),
        tokens=sum(result.tokens for result in results),
        cost=sum((result.cost for result in results), Decimal(0)),
        currency=next((result.currency for result in results), "USD"),
    )


def _error(path: Path) -> str:
    try:
        return str(msgspec.json.decode(path.read_bytes())["error"])
    except (OSError, msgspec.MsgspecError, KeyError, TypeError):
        return f"{path} cannot be read"


class Job:
    """A batch in shards. Run it again after any end, here or on Ray, and it goes on.

    Args:
        source: The input: a file, a pattern such as "in/*.jsonl", or a list of them. JSON lines, also as .gz, or
            Parquet.
        destination: The output folder. It is created, and holds one file for each shard.
        ask: As in `run_batch`. On Ray it is sent to the workers by cloudpickle.
        key: The field that identifies a row. Default: its file and its place there. Keys must differ within a shard;
            keys of different shards are not compared.
        client: A function that returns the `AsyncInferenceGatewayClient` of a worker. Default: one with the settings of
            the environment.
        rows_per_shard: The number of rows that a shard should have, about.
        concurrency: Requests in flight of one worker. "auto" finds what the gateway allows.
        rpm: The largest number of requests in a minute, of all workers together.
        tpm: The largest number of tokens in a minute, of all workers together.
        budget: The budget of the whole job, over all its runs.
        retry_failed: Ask the rows again that failed, and try the shards again that were given up.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has an invalid value. The message names it.
    """

    def __init__(
        self,
        source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        destination: str | os.PathLike[str],
        *,
        ask: Callable[[Any], Any] | None = None,
        key: str | None = None,
        client: Callable[[], AsyncInferenceGatewayClient] | None = None,
        rows_per_shard: int = 10_000,
        concurrency: int | Literal["auto"] = "auto",
        rpm: float | None = None,
        tpm: float | None = None,
        budget: Budget | None = None,
        retry_failed: bool = False,
    ) -> None:
        settings = read_settings(
            [], None, ask=ask, key=key, concurrency=concurrency, rpm=rpm, tpm=tpm, budget=budget, on_error="keep",
            retry_failed=retry_failed, progress=False,
        )  # fmt: skip
        if callable(key):
            raise TypeError(f"key must be the name of a field, got {type(key).__name__}")
        check_integer("rows_per_shard", rows_per_shard, least=1)
        if client is not None and not callable(client):
            raise TypeError(
                f"client must be a function that returns an AsyncInferenceGatewayClient, got {type(client).__name__}:"
                " each worker needs one of its own"
            )
        self._source: Any = source
        self._folder = JobFolder(Path(destination).absolute())
        self._settings = settings
        self._asks = fingerprint(settings).ask
        self._budget = _read_budget(settings.budgets)
        self._key = key
        self._client = client
        self._rows_per_shard = rows_per_shard

    def __repr__(self) -> str:
        return f"Job({self._source!r}, {str(self._folder.path)!r})"

    def plan(self) -> JobPlan:
        """Return the shards and an estimate of cost and time. Nothing is sent, and no file is written.

        Raises:
            ValueError: The input cannot be read, or has changed since an earlier run.
            BatchMismatchError: The output folder belongs to another job.
        """
        folder, job = self._plan()
        shards = [shard for file in job.inputs for shard in shards_of(file)]
        done, failed = self._folder.done(), self._folder.failed()
        open_shards = [shard for shard in shards if shard.name not in done]
        rows = estimate_rows(job.inputs)
        left = round(rows * len(open_shards) / max(len(shards), 1))
        low, high, currency = self._estimate(folder, job, left)
        rpm = self._settings.rpm
        return JobPlan(
            shards=len(shards),
            done=len(shards) - len(open_shards),
            failed=len(failed - done),
            rows=rows,
            rows_left=left,
            cost_at_least=low,
            cost_at_most=high,
            currency=currency,
            seconds=None if rpm is None else left * 60 / rpm,
        )

    def run(self, *, progress: bool | Callable[[BatchProgress], object] = True) -> JobOutcome:
        """Ask all rows that are left, in this process.

        Args:
            progress: As in `run_batch`.

        Raises:
            ValueError: The input cannot be read, or has changed since an earlier run.
            BatchMismatchError: The output folder belongs to another job.
            OSError: The output folder cannot be written.
        """
        return asyncio.run(self._run(self._begin(1, progress)))

    async def _run(self, run: JobRun) -> JobOutcome:
        governor = LocalGovernor(run.governor())
        async with ShardWorker(run.task, "this process", governor) as worker:
            reporting = asyncio.create_task(run.report_regularly(lambda: [worker.progress]))
            try:
                while run.goes_on:
                    shard = run.queue.take("this process")
                    if shard is None:
                        break
                    waits = run.settle("this process", await worker.work(shard))
                    if waits:
                        await asyncio.sleep(_LOOK)
            finally:
                reporting.cancel()
                await asyncio.wait([reporting])
                run.close()
            return run.outcome([worker.progress])

    def run_on_ray(
        self,
        *,
        address: str | None = None,
        workers: int = 2,
        concurrency_each: int | Literal["auto"] = "auto",
        progress: bool | Callable[[BatchProgress], object] = True,
        actor_options: Mapping[str, Any] | None = None,
    ) -> JobOutcome:
        """Ask all rows that are left, in actors of a Ray cluster. It needs the extra `ray`.

        Input and output must have the same paths on every machine of the cluster.

        Args:
            address: The address of the cluster, such as "auto". None uses the cluster that this process is connected
                to, or starts one on this machine.
            workers: The number of actors that ask.
            concurrency_each: Requests in flight of one of them. It replaces `concurrency`.
            progress: As in `run_batch`.
            actor_options: Options of the actors, such as {"num_cpus": 0.5, "resources": {"network": 1}}.

        Raises:
            ValueError: As in `run`.
            BatchMismatchError: The output folder belongs to another job.
            ModuleNotFoundError: Ray is not installed.
        """
        from .on_ray import run_on_ray

        check_integer("workers", workers, least=1)
        run = self._begin(workers, progress, concurrency_each)
        return run_on_ray(run, address=address, workers=workers, actor_options=dict(actor_options or {}))

    def status(self) -> JobStatus:
        """Return the state of the job, from the output folder alone. It may be read while the job runs elsewhere.

        Raises:
            ValueError: The job has not been run yet.
        """
        return job_status(self._folder.path)

    # Parts of a run

    def _begin(self, workers: int, progress: Any, concurrency: int | Literal["auto"] | None = None) -> JobRun:
        """Check `ask` with the first rows, write `job.json`, and return the run of what is left."""
        folder, file = self._plan()
        self._try_ask(folder, file)
        settings = self._settings
        concurrency = concurrency or settings.concurrency or "auto"
        task = ShardTask(
            folder=folder,
            destination=self._folder.path,
            ask=bind_ask(settings.ask, self._asks, asynchronous=settings.asynchronous),
            key=self._key,
            client=_client_factory(self._client, concurrency),
            concurrency=concurrency,
            retry_failed=settings.retry_failed,
            budget=self._budget,
            limited=settings.rpm is not None or settings.tpm is not None,
        )
        return JobRun(task, self._folder, file, workers=workers, rpm=settings.rpm, tpm=settings.tpm, progress=progress)

    def _try_ask(self, folder: Path, file: JobFile) -> None:
        """Raise the error of the first row if `ask` fails for each of the first rows. Nothing is sent."""
        ask = self._settings.ask
        if ask is None or self._settings.asynchronous:
            return
        first: Exception | None = None
        for row in self._first_rows(folder, file):
            try:
                read_request(ask(row))
            except Exception as error:  # noqa: BLE001  (a user's function)
                first = first or error
            else:
                return
        if first is not None:
            first.add_note("ask failed for each of the first rows: nothing was sent")
            raise first

    def _first_rows(self, folder: Path, file: JobFile) -> list[Any]:
        """Return some rows of the first shard that is not done, without those after a line that is not valid."""
        done = self._folder.done()
        rows: list[Any] = []
        for shard in (shard for one in file.inputs for shard in shards_of(one) if shard.name not in done):
            with suppress(ValueError):  # reported by its shard
                rows.extend(row for _, (_, row) in zip(range(_SAMPLE), read_shard(folder, shard), strict=False))
            if rows:
                break
        return rows

    def _plan(self) -> tuple[Path, JobFile]:
        """Return the input folder and the job as of now. Nothing is written."""
        folder, paths = find_inputs(self._source)
        before = self._folder.load()
        if before is not None:
            self._check_same(before)
        planned = {} if before is None else {file.name: file for file in before.inputs}
        names = {path.relative_to(folder).as_posix() for path in paths}
        gone = sorted(planned.keys() - names)
        if gone:
            raise ValueError(f"source: {', '.join(gone[:3])} of an earlier run is not there any more: put it back")
        rows = self._rows_per_shard if before is None else before.rows_per_shard
        files = tuple(plan_file(path, folder, rows, planned.get(path.relative_to(folder).as_posix())) for path in paths)
        return folder, JobFile(inputs=files, key=self._key, ask=self._asks, rows_per_shard=rows)

    def _check_same(self, before: JobFile) -> None:
        found = [("key", before.key, self._key), ("ask", before.ask, self._asks)]
        differences = [(name, then, now) for name, then, now in found if then != now]
        if differences:
            lines = "".join(f"\n  {name}: {then} -> {now}" for name, then, now in differences)
            raise BatchMismatchError(
                f"destination: {self._folder.path} belongs to another job:{lines}",
                differences=differences,
                hint="use another output folder",
            )

    def _estimate(self, folder: Path, file: JobFile, rows: int) -> tuple[Decimal | None, Decimal | None, str]:
        """Return the bounds of the cost of the rows that are left, by the first of them."""
        nothing = (None, None, "USD")
        ask = self._settings.ask
        if ask is None or self._settings.asynchronous or not rows:
            return nothing
        client = self._make_client("auto")
        try:
            sample = [ask(row) for row in self._first_rows(folder, file)]
            if not sample or any("output" in one or "tools" in one for one in sample):
                return nothing
            costs: list[Cost] = [client.estimate(**one) for one in sample]
        finally:
            asyncio.run(client.aclose())
        if any(cost.kind == "unknown" for cost in costs):
            return nothing
        scale = Decimal(rows) / len(costs)
        highs = [cost.at_most for cost in costs]
        high = None if None in highs else sum(cast("list[Decimal]", highs), Decimal(0)) * scale
        return sum((cost.at_least for cost in costs), Decimal(0)) * scale, high, costs[0].currency

    def _make_client(self, concurrency: int | Literal["auto"]) -> Any:
        return _client_factory(self._client, concurrency)()


def _client_factory(
    given: Callable[[], AsyncInferenceGatewayClient] | None, concurrency: int | Literal["auto"]
) -> Callable[[], AsyncInferenceGatewayClient]:
    if given is not None:
        return given
    connections = 100 if concurrency == "auto" else max(100, concurrency)
    return lambda: AsyncInferenceGatewayClient(max_connections=connections)


def _read_budget(budgets: Sequence[Any]) -> Budget | None:
    if not budgets:
        return None
    if len(budgets) > 1:
        raise ValueError("budget: a job has one budget: give the others to the client")
    budget: Budget = budgets[0]
    if budget.per is not None:
        raise ValueError(f"budget: the budget of a job covers all of it: leave out per={budget.per!r}")
    return budget
