"""What the one task that waits for a connection awaits: a future that is used again and again, and wakes at once.

`asyncio.Future` wakes its task in the loop's next round, which asks the selector once more before it does. That round
costs as much as all that a client does with a chunk. A task may await any future-like object (the documentation of
`asyncio.isfuture` says what one is), and this one runs its task inside the callback that brought the bytes.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextvars import Context

__all__ = ["Signal"]


class Signal:
    """Wakes the task that awaits it; awaiting it gives what it was woken with.

    One task at a time awaits it. Waking it when nobody does is without effect: what happened is to be read off the
    connection before it is awaited.
    """

    __slots__ = ("_asyncio_future_blocking", "_cancelled", "_context", "_loop", "_value", "_wakeup")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._asyncio_future_blocking = False
        self._loop = loop
        self._wakeup: Callable[[Signal], object] | None = None
        self._context: Context | None = None
        self._cancelled: tuple[object, ...] | None = None
        self._value = False

    def now(self, value: bool) -> None:
        """Run the waiting task, here. Only from a callback of the loop, and as the last thing that it does."""
        wakeup, context = self._wakeup, self._context
        if wakeup is not None and context is not None:
            self._wakeup, self._value = None, value
            context.run(wakeup, self)

    def soon(self, value: bool) -> None:
        """Run the waiting task in the loop's next round: from wherever."""
        wakeup = self._wakeup
        if wakeup is not None:
            self._wakeup, self._value = None, value
            self._loop.call_soon(wakeup, self, context=self._context)

    # What a task asks of a future.

    def __await__(self) -> Generator[Signal, None, bool]:
        self._cancelled = None
        self._asyncio_future_blocking = True
        yield self
        return self._value

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """The loop it belongs to."""
        return self._loop

    def add_done_callback(self, wakeup: Callable[[Signal], object], *, context: Context | None = None) -> None:
        """Remember how the task is woken."""
        self._wakeup, self._context = wakeup, context

    def cancel(self, *message: object, msg: object = None) -> bool:
        """Wake the task with CancelledError, in the loop's next round; False when it is woken already."""
        if self._wakeup is None:
            return False
        self._cancelled = message or (() if msg is None else (msg,))
        self.soon(value=False)
        return True

    def result(self) -> bool:
        """What it was woken with, for a task that was not cancelled."""
        if self._cancelled is not None:
            raise asyncio.CancelledError(*self._cancelled)
        return self._value
