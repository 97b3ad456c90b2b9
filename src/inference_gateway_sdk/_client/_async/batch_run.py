"""The loop of a batch. One task or thread has the state and the files; the calls run beside it."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from msgspec import structs

from ..._run.result import Run
from ...batch.crew import AsyncCrew, async_next_row
from ...batch.journal import Journal
from ...batch.requests import fingerprint, kind_of, open_listener, openai_call, read_request, read_settings, route_of
from ...batch.sources import KeySet, hash_key
from ...batch.state import BUSY, Action, BatchItem, BatchOutcome, BatchState, Row, Settled
from ...errors import GatewayError, StatusError
from ..hooks import async_ask, async_notify

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from ..._wire.retry import RetryPolicy
    from ...batch.requests import BatchSettings
    from ...batch.sources import Scan
    from ..hooks import RequestSent
    from ..runtime import AsyncRuntime, AsyncTokenSource
    from ..settings import ClientSettings
    from .client import AsyncInferenceGatewayClient

__all__ = ["AsyncBatchRun", "AsyncCaller", "async_run_batch", "read_settings"]

_LONGEST_WAIT = 0.5  # seconds between two looks at the clock, for reports


class AsyncCaller(NamedTuple):
    """The client of a batch, and the parts of it that the loop needs."""

    client: AsyncInferenceGatewayClient
    settings: ClientSettings[AsyncTokenSource]
    runtime: AsyncRuntime
    max_connections: int | None  # None for a transport of the user's own


async def async_run_batch(caller: AsyncCaller, source: Any, destination: Any, **options: Any) -> BatchOutcome:
    """Run a batch, as `run_batch` of the client."""
    settings = read_settings(source, destination, **options)
    path = settings.destination
    if path is None:
        run = AsyncBatchRun(caller, settings, settings.source.scan(), None)
        with run:
            async with aclosing(run.items(signals=True)) as items:
                async for _ in items:
                    pass
        return run.finish()
    journal = Journal(path, settings.form)
    try:
        journal.read_job()
        scan = settings.source.scan(journal.mark)
        journal.begin(fingerprint(settings), scan.mark, scan.before, retry_failed=settings.retry_failed)
        run = AsyncBatchRun(caller, settings, scan, journal)
        with run:
            async with aclosing(run.items(signals=True)) as items:
                async for item in items:
                    journal.append(item)
    finally:
        journal.close()
    return run.finish()


class AsyncBatchRun:
    """One run of a batch.

    Args:
        caller: The client.
        settings: The arguments.
        scan: The result of reading the source once.
        journal: The output, or None.
    """

    def __init__(self, caller: AsyncCaller, settings: BatchSettings, scan: Scan, journal: Journal | None) -> None:
        self._settings = settings
        self._journal = journal
        self._runtime = caller.runtime
        self._clock = self._runtime.monotonic
        self._on_request = caller.settings.on_request
        most = settings.most(caller.max_connections)
        done = KeySet() if journal is None else journal.done
        self._state = BatchState(
            concurrency=settings.concurrency,
            most=most,
            rpm=settings.rpm,
            tpm=settings.tpm,
            total=scan.total,
            skipped=done.count,
            raise_errors=settings.raise_errors,
            leased=any(getattr(budget, "leased", False) for budget in settings.budgets),
            priced=caller.settings.book is not None or bool(settings.budgets),
            now=self._clock(),
        )
        self._rows: Any = _unasked(settings.source, done)
        self._client = _client_of(caller, settings, journal)
        self._listener = open_listener(settings.progress)
        self._keeps_errors = getattr(settings.ask, "keeps_errors", False)  # a shard of a job
        self._failure: Exception | None = None  # of the source or of the first row: nothing can be asked

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Release the display after an error. Otherwise, `finish` does it with the last figures."""
        close: Any = getattr(self._listener, "close", None)
        if kind is not None and close is not None:
            close()

    async def items(self, *, signals: bool) -> AsyncGenerator[BatchItem]:
        """Ask all rows, and yield each that has ended.

        Args:
            signals: Stop at SIGINT and SIGTERM, if this is the main thread.
        """
        state, clock = self._state, self._clock
        async with AsyncCrew(clock, signals=signals) as crew:
            while True:
                while crew.ended:
                    item = self._settled(crew.ended.popleft())
                    if item is not None:
                        yield item
                now = clock()
                if crew.interrupted:
                    state.stop("interrupt", now)
                if self._listener is not None and state.report_due(now):
                    self._listener(state.progress(now))
                action = state.next(now)
                if isinstance(action, Row):
                    crew.start(self._call, action)
                elif action is Action.PULL:
                    failed = await self._pull(crew)
                    if failed is not None:
                        yield failed
                elif action is Action.END:
                    break
                else:
                    await crew.wait(self._wait(action))
            self._drop_rows()
        if self._failure is not None:
            raise self._failure

    def _wait(self, seconds: Any) -> float | None:
        if self._listener is None:
            return None if seconds is None else float(seconds)
        return _LONGEST_WAIT if seconds is None else min(float(seconds), _LONGEST_WAIT)

    def finish(self) -> BatchOutcome:
        """Report the last figures and return the outcome.

        Raises:
            Exception: The error of the first failed row, with `on_error="raise"`.
        """
        now, state = self._clock(), self._state
        if self._listener is not None:
            self._listener(state.progress(now, ended=True))
        if self._settings.raise_errors and state.stopped == "errors" and state.error is not None:
            raise state.error
        path = self._settings.destination
        return state.outcome(now, None if path is None else str(path))

    # Rows

    async def _pull(self, crew: AsyncCrew) -> BatchItem | None:
        """Take the next row and make its request. Return its item if that failed."""
        if self._settings.source.asynchronous:
            self._state.pulling = True
            crew.start(self._next_row, None)
            return None
        try:
            row = await async_next_row(self._rows)
        except Exception as error:  # noqa: BLE001  (raised when the rows in flight have ended)
            self._fail(error)
            return None
        return self._pulled(row)

    async def _next_row(self, argument: None) -> Any:
        """Await the next row of an async iterable, as a call of the crew."""
        del argument
        try:
            return await async_next_row(self._rows)
        except Exception as error:  # noqa: BLE001  (raised when the rows in flight have ended)
            return error

    def _pulled(self, row: Row | None) -> BatchItem | None:
        if row is None:
            self._state.exhausted()
            return None
        ask = self._settings.ask
        if ask is None:
            row.route = route_of(row.value["body"])
        elif not self._settings.asynchronous:
            try:
                row.request = read_request(ask(row.value))
            except Exception as error:  # noqa: BLE001  (a user's function)
                return self._failed(row, error)
            row.route = route_of(row.request)
        self._state.pulled(row)
        return None

    def _failed(self, row: Row, error: Exception) -> BatchItem | None:
        """Return the item of a row without a request. At the first row, the batch fails before anything is sent."""
        if self._state.empty and not self._keeps_errors:
            error.add_note(_place(row))
            self._fail(error)
            return None
        return self._state.failed(row, error, self._clock())

    def _fail(self, error: Exception) -> None:
        self._failure = error
        self._state.stop("errors", self._clock(), error)

    def _settled(self, ended: Any) -> BatchItem | None:
        if isinstance(ended, Settled):
            first = self._state.untried and not self._keeps_errors
            item = self._state.settled(ended, self._clock())
            if first and ended.error is not None and not isinstance(ended.error, GatewayError):
                ended.error.add_note(_place(ended.row))
                self._fail(ended.error)  # an argument that no row can be asked with
                return None
            return item
        self._state.pulling = False
        if isinstance(ended, Exception):
            self._fail(ended)
            return None
        return self._pulled(ended)

    def _drop_rows(self) -> None:
        close: Any = getattr(self._rows, "close", None)
        if close is not None:
            close()

    # Calls

    async def _call(self, row: Row) -> Settled:
        """Ask one row."""
        try:
            if row.request is None and self._settings.ask is not None:
                row.request = read_request(await async_ask("ask", self._settings.ask, row.value))
            return Settled(row, await self._send(row))
        except Exception as error:  # noqa: BLE001  (kept in the row's line)
            part = getattr(error, "partial", None)
            if row.request is not None and isinstance(part, Run) and getattr(error, "status", None) in BUSY:
                row.request["messages"] = part  # asked again, the run goes on from here
            return Settled(row, error=error)

    async def _send(self, row: Row) -> Any:
        client = self._client if self._settings.rpm is None else self._paced_client(row)
        request: Any = row.request
        match kind_of(request):
            case "chat":
                return await client.generate_content(**request)
            case "run":
                return await client.run(**request)
            case "openai":
                return await client.send(openai_call(row.value))

    def _paced_client(self, row: Row) -> AsyncInferenceGatewayClient:
        """Return a client whose further requests for a row, of retries and runs, keep to `rpm`."""
        hook = self._on_request
        sent = 0

        async def wait(event: RequestSent) -> None:
            nonlocal sent
            sent += 1
            if sent > 1:  # the first one was counted when the row was started
                await self._runtime.sleep(self._state.reserve_request(self._clock()))
            if hook is not None:
                await async_notify("on_request", hook, event)

        del row
        return self._client.with_options(on_request=wait)


def _place(row: Row) -> str:
    return f"source: row {row.number}, key {row.key!r}"


def _unasked(source: Any, done: KeySet) -> Any:
    """Return an iterator of the rows whose keys the output does not have."""
    if source.asynchronous:
        return async_unasked(source, done)
    if not done.count:
        return source.rows()
    return source.unasked(done)


async def async_unasked(source: Any, done: KeySet) -> AsyncIterator[Row]:
    """Yield the rows of an async iterable whose keys the output does not have."""
    async for row in source.async_rows():
        if not done.count or hash_key(row.key) not in done:
            yield row


def _client_of(caller: AsyncCaller, settings: BatchSettings, journal: Journal | None) -> AsyncInferenceGatewayClient:
    """Return a client whose retries leave busy statuses to the batch, with the budgets of the batch."""
    changes: dict[str, Any] = {"retry": _without_busy(caller.settings)}
    if settings.budgets:
        batch = "iterate" if journal is None else journal.id
        own = [structs.replace(one, tags={**one.tags, "batch": batch}) for one in settings.budgets]
        changes |= {"budget": (*caller.settings.budgets, *own), "tags": {"batch": batch}}
    return caller.client.with_options(**changes)


def _without_busy(settings: Any) -> RetryPolicy:
    from ..._wire.retry import RetryPolicy

    policy: RetryPolicy = settings.retry or RetryPolicy(attempts=settings.max_retries + 1)
    users = policy.retry_if

    def retry_if(error: GatewayError) -> bool | None:
        if isinstance(error, StatusError) and error.status in BUSY:
            return False
        return None if users is None else users(error)

    return structs.replace(policy, retry_if=retry_if)
