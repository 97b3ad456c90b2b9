"""One run of a job: which shards are left, what became of them, and the figures of all workers together."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from msgspec import Struct, structs

from .governor import Governor
from .requests import open_listener
from .shards import JobFile, JobFolder, Shard, ShardResult, estimate_rows, shards_of
from .state import BatchProgress, Rates
from .worker import ShardTask, add_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["JobOutcome", "JobRun", "ShardQueue"]

JobStopped: TypeAlias = Literal["budget", "interrupt", "errors", "busy"]

TRIES: Final = 3
REPORT: Final = 0.5  # seconds between two reports of the progress
_BUSY: Final = 60.0  # seconds for which a run waits for shards that another process has
_HOPELESS: Final = 3  # shards given up without one that is done, after which the job stops


class JobOutcome(Struct, frozen=True, kw_only=True):
    """The result of a run of a job.

    Attributes:
        state: "done"; "incomplete" if only shards that were given up remain; "stopped" if shards are left to ask.
        stopped: The reason for "stopped": "budget", "interrupt", "errors" (the same error again and again), or "busy"
            (another process has the remaining shards). Run the job again to go on.
        error: The error that stopped it, as text.
        shards: The number of shards.
        shards_done: Shards that are done, with those of runs before.
        shards_failed: Shards that were given up. Their errors are in the folder `failed`.
        done: Rows answered by this run.
        failed: Rows that failed in this run. Their lines hold an `error`.
        elapsed: Seconds.
        input_tokens: Input tokens of this run.
        output_tokens: Output tokens of this run.
        cost: The known cost of this run, or None without prices.
        currency: The currency of the cost.
        refusals: Responses with status 429, 503 or 529, whose rows were asked again.
    """

    state: Literal["done", "incomplete", "stopped"]
    stopped: JobStopped | None = None
    error: str | None = None
    shards: int = 0
    shards_done: int = 0
    shards_failed: int = 0
    done: int = 0
    failed: int = 0
    elapsed: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = None
    currency: str = "USD"
    refusals: int = 0


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
        self.given_up: int = 0

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


class JobRun:
    """One run of a job, whoever asks the rows.

    Args:
        task: The part that workers know.
        output: The output folder.
        file: The job as planned, which is written there.
        workers: The number of workers.
        rpm: Requests in a minute, or None.
        tpm: Tokens in a minute, or None.
        progress: As in `run_batch`.
        clock: Returns the time in seconds.

    Attributes:
        task: The part that workers know.
        queue: The shards.
        stopped: The reason why no further shard begins.
    """

    def __init__(
        self,
        task: ShardTask,
        output: JobFolder,
        file: JobFile,
        *,
        workers: int,
        rpm: float | None,
        tpm: float | None,
        progress: Any,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.task = task
        self._output = output
        self._workers = workers
        self._rates = rpm, tpm
        self._clock = clock
        output.create()
        output.save(file)
        shards = [shard for one in file.inputs for shard in shards_of(one)]
        results = {result.shard: result for result in output.results()}
        self.queue: ShardQueue = ShardQueue(self._left(shards, results), output.give_up)
        self._shards = len(shards)
        self._total = estimate_rows(file.inputs)
        self._skipped = sum(result.done + result.failed for result in results.values())
        if task.budget is not None:
            self._settle_lost()
        self._listener = open_listener(progress)
        self._began = self._changed = clock()
        self._finished = 0
        self._recent = Rates(self._began)
        self.stopped: JobStopped | None = None
        self._error: str | None = None

    def _left(self, shards: Sequence[Shard], results: dict[str, ShardResult]) -> list[Shard]:
        """Return the shards to ask. Those that were given up, or have failed rows, are among them on wish."""
        done, failed = self._output.done(), self._output.failed()
        if not self.task.retry_failed:
            return [shard for shard in shards if shard.name not in done and shard.name not in failed]
        for name in failed:
            self._output.failure(name).unlink(missing_ok=True)
        faulty = {name for name, result in results.items() if result.failed}
        return [shard for shard in shards if shard.name not in done or shard.name in faulty]

    def limits(self) -> dict[str, Any] | None:
        """Return the arguments of a governor without those about the past, or None if the job has no limits."""
        rpm, tpm = self._rates
        budget = self.task.budget
        if rpm is None and tpm is None and budget is None:
            return None
        amount = None if budget is None else budget.amount
        return {"rpm": rpm, "tpm": tpm, "budget": amount, "workers": self._workers}

    def governor(self) -> Governor:
        """Return a governor for this process."""
        spent = sum((notes.spent for notes in self._output.all_notes()), Decimal(0)) if self.task.budget else Decimal(0)
        return Governor(**self.limits() or {}, spent=spent)

    def spent_on_lease(self, shard: Shard) -> Decimal:
        """Return the part of the lease of a lost worker that may be spent."""
        notes = self._output.load_notes(shard.name)
        return self._output.spent(notes) - notes.spent_before

    def _settle_lost(self) -> None:
        """Count what workers of an earlier run spent that did not end. They hold no leases any more."""
        for notes in list(self._output.all_notes()):
            if notes.worker is not None:
                notes.spent, notes.worker = self._output.spent(notes), None
                self._output.save_notes(notes)

    @property
    def goes_on(self) -> bool:
        """True while further shards may begin."""
        return self.stopped is None

    def settle(self, worker: str, result: ShardResult) -> bool:
        """Take the end of a worker's shard. Return True if the worker should wait before it takes another."""
        if result.stopped == "busy":
            self.queue.postpone(worker)
            if self._clock() - self._changed > _BUSY:
                self.stop("busy")
            return True
        self._changed = self._clock()
        if result.stopped is not None:
            self.queue.finish(worker)
            self.stop(result.stopped, result.error)
        elif result.error is not None:
            self.fail(worker, result.error, final=result.final)
        else:
            self.queue.finish(worker)
            self._finished += 1
        return False

    def fail(self, worker: str, error: str, *, final: bool = False) -> None:
        """Take the end of a shard that could not be worked at."""
        self.queue.fail(worker, error, final=final)
        if self.queue.given_up >= _HOPELESS and not self._finished:
            self.stop("errors", error)

    def stop(self, reason: JobStopped, error: str | None = None) -> None:
        """Begin no further shard."""
        if self.stopped is None:
            self.stopped, self._error = reason, error

    # Figures

    def report(self, parts: Sequence[BatchProgress], *, ended: bool = False) -> None:
        """Pass the figures of all workers to the listener."""
        if self._listener is not None:
            self._listener(self._sum(parts, ended=ended))

    async def report_regularly(self, parts: Callable[[], Sequence[BatchProgress]]) -> None:
        """Report twice a second, until the task is cancelled."""
        while True:
            await asyncio.sleep(REPORT)
            self.report(parts())

    def _sum(self, parts: Sequence[BatchProgress], *, ended: bool) -> BatchProgress:
        now = self._clock()
        found = add_progress(*parts) if parts else BatchProgress(elapsed=0.0)
        count, tokens = found.done + found.failed, found.input_tokens + found.output_tokens
        rate, tokens_rate = self._recent.add(now, count, tokens)
        skipped = self._skipped + found.skipped
        total = max(self._total, skipped + count)
        return structs.replace(
            found,
            elapsed=now - self._began,
            total=total,
            skipped=skipped,
            rate=rate,
            tokens_rate=tokens_rate,
            eta=(total - skipped - count) / rate if rate > 0 else None,
            stopped=None if self.stopped == "busy" else self.stopped,
            ended=ended,
        )

    def outcome(self, parts: Sequence[BatchProgress]) -> JobOutcome:
        """Report the last figures, and return the outcome."""
        figures = self._sum(parts, ended=True)
        if self._listener is not None:
            self._listener(figures)
        given_up = len(self._output.failed() - self._output.done())
        state: Literal["done", "incomplete", "stopped"] = "incomplete" if given_up else "done"
        return JobOutcome(
            state="stopped" if self.stopped else state,
            stopped=self.stopped,
            error=self._error,
            shards=self._shards,
            shards_done=len(self._output.done()),
            shards_failed=given_up,
            done=figures.done,
            failed=figures.failed,
            elapsed=figures.elapsed,
            input_tokens=figures.input_tokens,
            output_tokens=figures.output_tokens,
            cost=figures.cost,
            currency=figures.currency,
            refusals=figures.refusals,
        )

    def close(self) -> None:
        """Release the display, also after an error."""
        close: Any = getattr(self._listener, "close", None)
        if close is not None:
            close()
