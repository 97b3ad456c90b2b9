"""Batches: many prompts from a file, with answers in a file that can be continued at any time.

`client.run_batch` and `client.iterate_batch` import this room when they are called.
"""

from __future__ import annotations

from .state import BatchItem, BatchOutcome, BatchProgress

__all__ = ["BatchItem", "BatchOutcome", "BatchProgress"]
