"""The calls of a batch in flight: tasks in the async client, threads in the blocking one.

The loop of a batch is alone with its state and files. Calls run elsewhere and put their ends into a queue, for which
the loop waits. Threads, not an event loop of its own, serve the blocking client: its transports, hooks, tokens and
tools are blocking functions of the user.
"""

from __future__ import annotations

import contextvars
import queue
import signal
import threading
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable
    from types import TracebackType
    from typing import Self

__all__ = ["AsyncCrew", "Crew", "async_next_row", "next_row"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Signals:
    """Handlers of SIGINT and SIGTERM while a batch runs in the main thread. The second signal acts as before."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._before: dict[signal.Signals, Any] = {}

    def install(self) -> None:
        """Replace the default handlers. A handler of the user's own stays."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _SIGNALS:
            handler = signal.getsignal(number)
            if handler in (signal.SIG_DFL, signal.default_int_handler) or _is_asyncios(handler):
                self._before[number] = signal.signal(number, self._handle)

    def _handle(self, number: int, frame: Any) -> None:
        del frame
        before = self._before.pop(signal.Signals(number))
        signal.signal(number, before)
        self._stop()

    def remove(self) -> None:
        """Put the handlers back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()


def _is_asyncios(handler: Any) -> bool:
    """Return whether `asyncio.run` has set this handler, which cancels the main task."""
    owner = getattr(handler.func, "__self__", None) if isinstance(handler, partial) else None
    return type(owner).__module__ == "asyncio.runners"


class AsyncCrew:
    """Tasks for the calls of a batch.

    Args:
        clock: The client's monotonic clock.

    Attributes:
        ended: The results of calls that have ended, for the loop to take.
        interrupted: A signal has asked to stop.
    """

    def __init__(self, clock: Callable[[], float], *, signals: bool = False) -> None:
        import asyncio

        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._current = asyncio.current_task
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake: asyncio.Future[None] | None = None
        self._failure: BaseException | None = None
        self._signals = _Signals(self._interrupt) if signals else None
        self.ended: deque[Any] = deque()
        self.interrupted: bool = False

    async def __aenter__(self) -> Self:
        if self._signals is not None:
            self._signals.install()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import asyncio

        if self._signals is not None:
            self._signals.remove()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _interrupt(self) -> None:
        self.interrupted = True
        self._loop.call_soon_threadsafe(self._notify)

    def start(self, work: Callable[[Any], Awaitable[Any]], argument: Any) -> None:
        """Start a call. Its result is appended to `ended`."""
        task = self._loop.create_task(self._run(work, argument))
        if not task.done():  # an eager task may have ended
            self._tasks.add(task)

    async def _run(self, work: Callable[[Any], Awaitable[Any]], argument: Any) -> None:
        try:
            self.ended.append(await work(argument))
        except BaseException as error:  # the work catches the exceptions of rows: the others end the batch
            self._failure = error
            raise
        finally:
            self._tasks.discard(cast("Any", self._current()))  # cheaper than a callback, which is a turn of the loop
            self._notify()

    def _notify(self) -> None:
        wake = self._wake
        if wake is not None and not wake.done():
            wake.set_result(None)

    async def wait(self, seconds: float | None) -> None:
        """Wait until a call has ended, a signal has come, or the seconds have passed."""
        if self.ended:
            return
        self._wake = wake = self._loop.create_future()
        timer = None if seconds is None else self._loop.call_later(seconds, self._notify)
        try:
            await wake
        finally:
            self._wake = None
            if timer is not None:
                timer.cancel()
        if self._failure is not None:
            raise self._failure


class Crew:
    """Threads for the calls of a batch. They are daemons: a call in progress must not block the exit.

    Args:
        clock: The client's monotonic clock.

    Attributes:
        ended: The results of calls that have ended, for the loop to take.
        interrupted: A signal has asked to stop.
    """

    def __init__(self, clock: Callable[[], float], *, signals: bool = False) -> None:
        self._clock = clock
        self._work: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._threads = 0
        self._busy = 0
        self._signals = _Signals(self._interrupt) if signals else None
        self.ended: deque[Any] = deque()
        self.interrupted: bool = False

    def __enter__(self) -> Self:
        if self._signals is not None:
            self._signals.install()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._signals is not None:
            self._signals.remove()
        for _ in range(self._threads):
            self._work.put(None)

    def _interrupt(self) -> None:
        self.interrupted = True
        self._results.put(None)  # a handler may interrupt the main thread inside `put`, which allows that

    def start(self, work: Callable[[Any], Any], argument: Any) -> None:
        """Start a call in a thread that is free. Its result is appended to `ended`."""
        self._busy += 1
        if self._busy > self._threads:
            self._threads += 1
            threading.Thread(target=self._run, name=f"batch {self._threads}", daemon=True).start()
        self._work.put((contextvars.copy_context(), work, argument))

    def _run(self) -> None:
        while (job := self._work.get()) is not None:
            context, work, argument = job
            try:
                result = context.run(work, argument)
            except BaseException as error:  # noqa: BLE001  (raised by the loop, in the caller's thread)
                result = error
            self._results.put((result,))
            del job, context, work, argument, result  # an idle thread must not keep a row

    def wait(self, seconds: float | None) -> None:
        """Wait until a call has ended, a signal has come, or the seconds have passed."""
        if self.ended:
            return
        try:
            first = self._results.get(timeout=seconds)
        except queue.Empty:
            return
        self._take(first)
        while not self._results.empty():
            self._take(self._results.get_nowait())

    def _take(self, result: Any) -> None:
        if result is None:
            return
        self._busy -= 1
        if isinstance(result[0], BaseException):
            raise result[0]
        self.ended.append(result[0])


async def async_next_row(rows: Any) -> Any:
    """Return the next row of an iterator, None at its end."""
    return await anext(rows, None) if hasattr(rows, "__anext__") else next(rows, None)


def next_row(rows: Any) -> Any:
    """Return the next row of an iterator, None at its end."""
    return next(rows, None)
