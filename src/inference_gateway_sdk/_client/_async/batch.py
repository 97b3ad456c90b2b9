"""The client's methods for batches. The loop is in `batch_run.py`, which is imported when one of them is called."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Literal

from ..signatures import with_signatures

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Callable, Iterable

    from ...batch.sources import AsyncRows
    from ...batch.state import BatchItem, BatchOutcome, BatchProgress
    from ..accounts import Budget
    from ..runtime import AsyncTokenSource, Connections
    from ..settings import ClientSettings
    from .batch_run import AsyncCaller
    from .session import AsyncSession

__all__ = ["AsyncBatchMethods"]


@with_signatures
class AsyncBatchMethods:
    """A mix-in with the methods for batches."""

    if TYPE_CHECKING:
        _session: AsyncSession
        _settings: ClientSettings[AsyncTokenSource]
        _connections: Connections
        _owns_driver: bool

    async def run_batch(
        self,
        source: AsyncRows,
        destination: str | os.PathLike[str] | None = None,
        *,
        ask: Callable[[Any], Any] | None = None,
        key: str | Callable[[Any], str | int] | None = None,
        concurrency: int | Literal["auto"] = "auto",
        rpm: float | None = None,
        tpm: float | None = None,
        budget: Budget | Iterable[Budget] | None = None,
        on_error: Literal["keep", "raise"] = "keep",
        retry_failed: bool = False,
        progress: bool | Callable[[BatchProgress], object] = True,
    ) -> BatchOutcome:
        """Ask the gateway once for each row of a file, and write one line for each to another file (docs/batch.md).

        The output is the journal of the batch: run the same call again after any end, and it goes on.

        Args:
            source: A file (.jsonl, .jsonl.gz, .parquet), or an iterable of rows.
            destination: The file of JSON lines to write, or None to keep no answers.
            ask: A function that returns the keywords of `generate_content` for a row, or those of `run` with `output`
                or `tools` among them. None for rows in OpenAI's Batch form.
            key: The field that identifies a row, or a function that returns it. Default: the number of the line.
            concurrency: The number of rows in flight. "auto" finds what the gateway allows.
            rpm: The largest number of requests in a minute.
            tpm: The largest number of tokens in a minute.
            budget: A `Budget`, or several, for the calls of this batch, in addition to those of the client.
            on_error: "raise" stops at the first row that fails. "keep" writes a line with its error.
            retry_failed: Ask the rows again whose line in the output is an error.
            progress: True to show the progress, False for silence, or a function of a `BatchProgress`.

        Returns:
            The outcome. `stopped` is not None if rows are left.

        Raises:
            ValueError: Rows are not valid, or share a key. The message has the line numbers, and nothing was sent.
            BatchBusyError: Another process writes to `destination`.
            BatchMismatchError: `destination` belongs to another batch, or `source` has changed.
            OSError: A file cannot be read or written. Lines written before are kept.
        """
        from .batch_run import async_run_batch

        return await async_run_batch(
            self._caller(),
            source,
            destination,
            ask=ask,
            key=key,
            concurrency=concurrency,
            rpm=rpm,
            tpm=tpm,
            budget=budget,
            on_error=on_error,
            retry_failed=retry_failed,
            progress=progress,
        )

    async def iterate_batch(
        self,
        rows: AsyncRows,
        *,
        ask: Callable[[Any], Any] | None = None,
        key: str | Callable[[Any], str | int] | None = None,
        concurrency: int | Literal["auto"] = "auto",
        rpm: float | None = None,
        tpm: float | None = None,
        budget: Budget | Iterable[Budget] | None = None,
        on_error: Literal["keep", "raise"] = "keep",
        progress: bool | Callable[[BatchProgress], object] = False,
    ) -> AsyncIterator[BatchItem]:
        """Ask the gateway once for each row, and yield a `BatchItem` for each in the order of completion.

        Rows are taken as answers are consumed: at most twice as many as are in flight.

        Args:
            rows: As `source` of `run_batch`.
            ask: As in `run_batch`.
            key: As in `run_batch`.
            concurrency: As in `run_batch`.
            rpm: As in `run_batch`.
            tpm: As in `run_batch`.
            budget: As in `run_batch`. When it is used up, the iterator ends.
            on_error: As in `run_batch`.
            progress: As in `run_batch`.

        Yields:
            Items with `key`, `row`, and `reply` or `error`.
        """
        from .batch_run import AsyncBatchRun, read_settings

        settings = read_settings(
            rows, None, ask=ask, key=key, concurrency=concurrency, rpm=rpm, tpm=tpm, budget=budget, on_error=on_error,
            retry_failed=False, progress=progress,
        )  # fmt: skip
        run = AsyncBatchRun(self._caller(), settings, settings.source.scan(), None)
        with run:
            async with aclosing(run.items(signals=False)) as items:
                async for item in items:
                    yield item
        run.finish()

    def _caller(self) -> AsyncCaller:
        from .batch_run import AsyncCaller

        connections = None if self._owns_driver else self._connections.max_connections
        client: Any = self
        return AsyncCaller(client, self._settings, self._session.runtime, connections)
