"""Batches: many prompts from a file, with answers in a file that can be continued at any time.

`client.run_batch` and `client.iterate_batch` import this room when they are called. `Job` is a batch in shards, for
inputs that are too large for one file or one machine.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .state import BatchItem, BatchOutcome, BatchProgress

if TYPE_CHECKING:
    from .job import Job, JobPlan, JobStatus, job_status
    from .job_run import JobOutcome
    from .on_ray import AskBatch
    from .progress import BatchReport

__all__ = [
    "AskBatch",
    "BatchItem",
    "BatchOutcome",
    "BatchProgress",
    "BatchReport",
    "Job",
    "JobOutcome",
    "JobPlan",
    "JobStatus",
    "job_status",
]

_HOMES = {
    "AskBatch": ".on_ray",
    "BatchReport": ".progress",
    "Job": ".job",
    "JobOutcome": ".job_run",
    "JobPlan": ".job",
    "JobStatus": ".job",
    "job_status": ".job",
}


def __getattr__(name: str) -> Any:
    """Import a name on first use, because a batch in one file needs none of them."""
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
