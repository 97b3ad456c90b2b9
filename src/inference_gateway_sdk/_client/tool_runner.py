"""Run the tool calls of a turn: as tasks in the async client, in the caller's thread in the blocking one.

The caller iterates over the events of a runner: `Began` before calls run, and `Finished` after each has ended. It
stores the transcript in between.
"""

from __future__ import annotations

import contextvars
import queue
import sys
import threading
import time
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from .._run.events import Began, Finished

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence

    from .._run.turn import PlannedCall
    from .._tools.tool import Toolbox
    from .run_watch import StepWatch

    _Outcomes = queue.SimpleQueue[tuple[str, Any, BaseException | None]]

__all__ = ["AsyncToolRunner", "ToolRunner"]


def _in_daemon_thread(call: PlannedCall, done: Callable[[Any, BaseException | None], None]) -> None:
    """Run a synchronous function in a thread with the caller's context variables. Pass `done` its value or exception.

    The thread is a daemon: a function that exceeds its timeout cannot be stopped, and must not block the exit.
    """

    def work() -> None:
        try:
            value = call.tool(**call.arguments)
        except BaseException as error:  # noqa: BLE001  (passed to the waiting caller)
            done(None, error)
        else:
            done(value, None)

    name = f"tool {call.call.name}"
    threading.Thread(target=contextvars.copy_context().run, args=(work,), name=name, daemon=True).start()


def _put(outcomes: _Outcomes, key: str, value: Any, error: BaseException | None) -> None:
    outcomes.put((key, value, error))


def _start_task(running: Coroutine[Any, Any, Finished]) -> asyncio.Task[Finished]:
    """Start a task. It runs at once where Python can do that (3.12), which saves a turn of the loop."""
    import asyncio

    loop = asyncio.get_running_loop()
    if sys.version_info >= (3, 12) and loop.get_task_factory() is None:
        return asyncio.Task(running, loop=loop, eager_start=True)
    return loop.create_task(running)


class AsyncToolRunner:
    """The runner of the async client, which runs the calls of a turn in parallel.

    An async function runs as a task, a synchronous one in a thread. Both get a copy of the context variables.

    Args:
        call_mcp_tool: Function that runs a tool of the gateway.
        concurrency: Maximum number of calls that run at once, or None for all calls of a turn.
        clock: Monotonic clock in seconds.
        watch: Function that begins to watch a call, or None.
    """

    def __init__(
        self,
        call_mcp_tool: Callable[[str, dict[str, Any]], Awaitable[Any]],
        concurrency: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        watch: Callable[[PlannedCall], StepWatch] | None = None,
    ) -> None:
        self._call_mcp_tool = call_mcp_tool
        self._concurrency = concurrency
        self._clock = clock
        self._watch = watch

    def check(self, toolbox: Toolbox) -> None:
        """Accept all tools: the async client runs async and synchronous functions."""

    async def events(self, calls: Sequence[PlannedCall], seconds: float | None) -> AsyncIterator[Began | Finished]:
        """Yield `Began` for the calls, then `Finished` for each as it ends.

        Closing the generator early cancels the running calls and waits for them. Exceptions that are not a subclass of
        `Exception` are raised.

        Args:
            calls: The calls to run, in order.
            seconds: Remaining seconds of the run, None for no limit.
        """
        import asyncio

        calls = calls[: self._concurrency]
        yield Began(tuple([one.call.id for one in calls]))
        if len(calls) == 1:
            yield await self.run_alone(calls[0], seconds)
            return
        run = self._run if self._watch is None else self._run_watched
        tasks = [asyncio.ensure_future(run(one, seconds)) for one in calls]
        pending = set(tasks)
        try:
            while pending:
                ended, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                in_order = [task for task in tasks if task in ended]
                for task in sorted(in_order, key=lambda one: one.cancelled() or one.exception() is not None):
                    yield task.result()
        finally:
            for task in pending:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def only(self, calls: Sequence[PlannedCall]) -> PlannedCall | None:
        """Return the only call that `events` would run, None if there are several."""
        return calls[0] if len(calls) == 1 or self._concurrency == 1 else None

    async def run_alone(self, one: PlannedCall, seconds: float | None) -> Finished:
        """Run the only call of a batch, in a task for its copy of the context variables.

        Cancellation and exceptions are as in `events`.
        """
        import asyncio

        run = self._run if self._watch is None else self._run_watched
        current = asyncio.current_task()
        before = 0 if current is None else current.cancelling()
        finished = await _start_task(run(one, seconds))
        if current is not None and current.cancelling() > before:  # the tool has suppressed the run's cancellation
            raise asyncio.CancelledError
        return finished

    async def _run(self, one: PlannedCall, seconds: float | None) -> Finished:
        import asyncio

        began, key = self._clock(), one.call.id
        clock = None
        if seconds is not None or one.tool.timeout is not None:
            clock = asyncio.timeout(min(wait for wait in (one.tool.timeout, seconds) if wait is not None))
        try:
            if clock is None:
                value = await self._value(one)
            else:
                async with clock:
                    value = await self._value(one)
        except Exception as error:  # noqa: BLE001  (the run decides how to report it to the model)
            late = clock is not None and isinstance(error, TimeoutError) and clock.expired()
            return Finished(call=key, error=None if late else error, timed_out=late, seconds=self._clock() - began)
        return Finished(call=key, value=value, seconds=self._clock() - began)

    async def _run_watched(self, one: PlannedCall, seconds: float | None) -> Finished:
        step = cast("Callable[[PlannedCall], StepWatch]", self._watch)(one)
        with step.ending(), step.current():
            return step.finish(await self._run(one, seconds))

    async def _value(self, one: PlannedCall) -> Any:
        if one.tool.runner == "gateway":
            return await self._call_mcp_tool(one.tool.name, one.arguments)
        if one.tool.is_async:
            return await one.tool(**one.arguments)
        import asyncio

        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()

        def done(value: Any, error: BaseException | None) -> None:
            with suppress(RuntimeError):  # the loop is closed, and no task is waiting
                loop.call_soon_threadsafe(settle, value, error)

        def settle(value: Any, error: BaseException | None) -> None:
            if not outcome.done():
                outcome.set_result((value, error))

        _in_daemon_thread(one, done)
        value, error = await outcome
        if error is not None:
            raise error
        return value


class ToolRunner:
    """The runner of the blocking client, which runs the calls of a turn one by one in the caller's thread.

    With `concurrency` they run in threads, each with a copy of the context variables. A call with a timeout also runs
    in a thread, because a function cannot be stopped.

    Args:
        call_mcp_tool: Function that runs a tool of the gateway.
        concurrency: Maximum number of calls that run at once.
        clock: Monotonic clock in seconds.
        watch: Function that begins to watch a call, or None.
    """

    def __init__(
        self,
        call_mcp_tool: Callable[[str, dict[str, Any]], Any],
        concurrency: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        watch: Callable[[PlannedCall], StepWatch] | None = None,
    ) -> None:
        self._call_mcp_tool = call_mcp_tool
        self._concurrency = concurrency or 1
        self._clock = clock
        self._watch = watch

    def check(self, toolbox: Toolbox) -> None:
        """Reject tools that only the async client can run.

        Raises:
            TypeError: A tool is async. The message names it.
        """
        toolbox.refuse_async()

    def events(self, calls: Sequence[PlannedCall], seconds: float | None) -> Iterator[Began | Finished]:
        """Yield `Began` before calls run and `Finished` after each. Later calls of the turn are in the next batch.

        Args:
            calls: The calls to run, in order.
            seconds: Remaining seconds of the run, None for no limit. Only calls in threads can be abandoned then.
        """
        calls = calls[: self._concurrency]
        yield Began(tuple([one.call.id for one in calls]))
        one = self.only(calls)
        if one is not None:
            yield self.run_alone(one, seconds)
        else:
            yield from self._run_in_threads(calls, seconds)

    def only(self, calls: Sequence[PlannedCall]) -> PlannedCall | None:
        """Return the only call that `events` would run, if it runs in the caller's thread."""
        return calls[0] if self._concurrency == 1 and calls[0].tool.timeout is None else None

    def run_alone(self, one: PlannedCall, _seconds: float | None) -> Finished:
        """Run a call in the caller's thread, where nothing can stop it after its seconds."""
        if self._watch is None:
            return self._run_here(one)
        step = self._watch(one)
        with step.ending(), step.current():
            return step.finish(self._run_here(one))

    def _run_here(self, one: PlannedCall) -> Finished:
        began, key = self._clock(), one.call.id
        try:
            if one.tool.runner == "gateway":
                value = self._call_mcp_tool(one.tool.name, one.arguments)
            else:
                value = one.tool(**one.arguments)
        except Exception as error:  # noqa: BLE001  (the run decides how to report it to the model)
            return Finished(call=key, error=error, seconds=self._clock() - began)
        return Finished(call=key, value=value, seconds=self._clock() - began)

    def _run_in_threads(self, calls: Sequence[PlannedCall], seconds: float | None) -> Iterator[Finished]:
        began = self._clock()
        outcomes: _Outcomes = queue.SimpleQueue()
        deadlines: dict[str, float | None] = {}
        steps: dict[str, StepWatch] = {}
        for one in calls:
            limit = min((wait for wait in (one.tool.timeout, seconds) if wait is not None), default=None)
            deadlines[one.call.id] = None if limit is None else began + limit
            if one.tool.runner == "gateway":
                one = self._through_client(one)
            with self._context(one, steps):
                _in_daemon_thread(one, partial(_put, outcomes, one.call.id))
        try:
            while deadlines:
                finished = self._next_outcome(outcomes, deadlines, began)
                if steps:
                    steps.pop(finished.call).finish(finished)
                yield finished
        finally:
            for step in steps.values():
                step.end(error="cancelled")

    def _context(self, one: PlannedCall, steps: dict[str, StepWatch]) -> AbstractContextManager[None]:
        """Begin to watch a call, if the run is watched. Return the context that its thread copies."""
        if self._watch is None:
            return nullcontext()
        step = steps[one.call.id] = self._watch(one)
        return step.current()

    def _through_client(self, one: PlannedCall) -> PlannedCall:
        from .._tools.tool import Tool

        def call(**arguments: Any) -> Any:
            return self._call_mcp_tool(one.tool.name, arguments)

        return type(one)(one.call, Tool(one.tool.name, "", {}, function=call), one.arguments)

    def _next_outcome(
        self,
        outcomes: _Outcomes,
        deadlines: dict[str, float | None],
        began: float,
    ) -> Finished:
        """Wait for the next call that ends or times out."""
        while True:
            bounded = {key: at for key, at in deadlines.items() if at is not None}
            first = min(bounded, key=bounded.__getitem__, default=None)
            wait = None if first is None else max(bounded[first] - self._clock(), 0.0)
            try:
                key, value, error = outcomes.get(timeout=wait)
            except queue.Empty:
                late = first or ""
                del deadlines[late]
                return Finished(call=late, timed_out=True, seconds=self._clock() - began)
            if key not in deadlines:
                continue  # it has already timed out
            del deadlines[key]
            if error is not None and not isinstance(error, Exception):
                raise error
            return Finished(call=key, value=value, error=error, seconds=self._clock() - began)
