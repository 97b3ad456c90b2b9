"""The runs and tool calls of a watched client, for the watchers that make spans of them.

A run is not made current in the context variables: its stream is a generator, whose context is the reader's. Calls of a
run name it as their `parent` instead. A tool call is current while its function runs.
"""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from .watching import StepBegan, StepEnded

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from .._model.usage import Usage
    from .._run.result import Run
    from .._run.turn import Finished, PlannedCall
    from .watching import Watched

__all__ = ["RunWatch", "StepWatch"]


class StepWatch:
    """The watchers of one run or tool call in progress."""

    __slots__ = ("_began", "_clock", "_notified", "_start")

    def __init__(self, watchers: Iterable[Watched], began: StepBegan, clock: Callable[[], float]) -> None:
        self._began = began
        self._clock = clock
        self._start = clock()
        self._notified: list[tuple[Watched, Any]] = []
        for watched in watchers:
            if watched.spans is not None:
                try:
                    self._notified.append((watched, watched.spans.step_began(began)))
                except Exception:  # noqa: BLE001  (a watcher must not break a run)
                    watched.log("step_began")

    @contextmanager
    def current(self) -> Generator[None]:
        """Enter the contexts of the watchers."""
        with ExitStack() as stack:
            for watched, state in self._notified:
                if watched.spans is not None:
                    stack.enter_context(watched.spans.step_context(state))
            yield

    @contextmanager
    def ending(self) -> Generator[None]:
        """Report an exception of the block as the end: that a tool call was cancelled, or its run interrupted."""
        try:
            yield
        except BaseException:
            self.end(error="cancelled")
            raise

    def finish(self, finished: Finished) -> Finished:
        """Report the outcome of a tool call, and return it."""
        error = None if finished.error is None else type(finished.error).__name__
        self.end(error="timeout" if finished.timed_out else error, value=finished.value)
        return finished

    def end(
        self,
        *,
        error: str | None = None,
        value: Any = None,
        usage: Usage | None = None,
        finish: str | None = None,
    ) -> None:
        """Report the end, once."""
        notified, self._notified = self._notified, []
        if not notified:
            return
        elapsed = self._clock() - self._start
        ended = StepEnded(began=self._began, error=error, value=value, usage=usage, finish=finish, elapsed=elapsed)
        for watched, state in notified:
            if watched.spans is not None:
                try:
                    watched.spans.step_ended(state, ended)
                except Exception:  # noqa: BLE001  (a watcher must not break a run)
                    watched.log("step_ended")


class RunWatch:
    """The watchers of one run.

    Attributes:
        id: The `parent` of the run's calls.
    """

    __slots__ = ("_clock", "_error", "_model", "_provider", "_step", "_watchers", "id")

    def __init__(self, watchers: tuple[Watched, ...], run_id: str, model: str, provider: str | None) -> None:
        prefix, slash, _ = model.partition("/")
        self.id: str = run_id
        self._watchers = watchers
        self._model = model
        self._provider = provider or (prefix.lower() if slash else None)
        self._step: StepWatch | None = None
        self._error: str | None = None
        self._clock: Callable[[], float] = time.monotonic

    def begin(self, clock: Callable[[], float]) -> None:
        """Report the beginning of the run."""
        self._clock = clock
        began = StepBegan(kind="run", id=self.id, provider=self._provider, model=self._model)
        self._step = StepWatch(self._watchers, began, clock)

    def failed(self, error: BaseException) -> None:
        """Keep the error for the end. Leaving a stream early and cancellation are not errors."""
        if isinstance(error, Exception) and self._error is None:
            self._error = type(error).__name__

    def end(self, run: Run[Any]) -> None:
        """Report the end of the run, once."""
        if self._step is not None:
            self._step.end(error=self._error, usage=run.usage, finish=run.finish or None)

    def tool(self, planned: PlannedCall) -> StepWatch:
        """Report the beginning of a tool call."""
        tool = planned.tool
        began = StepBegan(
            kind="tool",
            id=planned.call.id,
            name=planned.call.name,
            parent=self.id,
            description=tool.description or None,
            arguments=planned.arguments,
            in_gateway=tool.runner == "gateway",
        )
        return StepWatch(self._watchers, began, self._clock)
