"""`Job`: a batch in shards, which runs here or on Ray and goes on where it stopped.

The output folder is the state of the job. A shard is done when its file is there:

    out/reviews-1f2e3d4c-000000000000-000001048576.jsonl    a shard that is done
    out/failed/reviews-1f2e3d4c-….json                      a shard that was given up, with its error
    out/_job/job.json                                       the inputs and settings
    out/_job/running/                                       the journals of shards that are not done
    out/_job/stats/                                         rows, tokens and cost of each shard that is done
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from msgspec import Struct

from .._model.unknown_fields import set_module
from .shards import Shard, estimate_rows, shards_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Job", "JobPlan", "JobStatus", "ShardQueue", "ShardResult", "job_status"]

TRIES: Final = 3


@set_module
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
    running = _names(folder.state / "running", ".jsonl") - done
    return JobStatus(
        shards=sum(1 for file in job.inputs for _ in shards_of(file)),
        done=len(done),
        failed=len(failed - done),
        errors={name: _error(folder.failure(name)) for name in sorted(failed - done)},
        running=len(running - failed),
        rows=estimate_rows(job.inputs),
        rows_done=sum(result.done for result in results),
        rows_failed=sum(result.failed for result in results),
        rows_running=sum(_lines(folder.journal(name)) for name in running),
        tokens=sum(result.tokens for result in results),
        cost=sum((result.cost for result in results), Decimal(0)),
        currency=next((result.currency for result in results), "USD"),
    )


def _error(path: Path) -> str:
    try:
        return str(msgspec.json.decode(path.read_bytes())["error"])
    except (OSError, msgspec.MsgspecError, KeyError, TypeError):
        return f"{path} cannot be read"


def _lines(path: Path) -> int:
    """Return the number of complete lines of a journal; 0 if it is gone."""
    try:
        with path.open("rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    except FileNotFoundError:
        return 0
