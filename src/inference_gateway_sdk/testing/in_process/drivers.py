"""Transports that call the gateway's application in this process, without a socket."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from ..._http1.failures import DeadlineExceeded, NotSent
from .delivery import Delivery, scope_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.types import ASGIApp

    from ..provider import ScriptedFaults

__all__ = ["AsyncInProcessDriver", "AsyncInProcessResponse", "InProcessDriver", "InProcessResponse"]


class AsyncInProcessDriver:
    """See `_transport.protocols.AsyncDriver`.

    Args:
        app: Who answers.
        plan: Knows when the gateway is not to be reached.
    """

    def __init__(self, app: ASGIApp, plan: ScriptedFaults) -> None:
        self._app = app
        self._plan = plan
        self._closed = False
        self._running: dict[asyncio.Task[None], Delivery] = {}

    async def open(
        self,
        method: str,
        url: str,
        headers: Iterable[tuple[str, str]],
        body: bytes | None,
        *,
        deadline: float | None = None,
        connect_seconds: float | None = None,
    ) -> AsyncInProcessResponse:
        """Hand over one request and return when the head of its answer is there."""
        del connect_seconds
        if self._closed:
            raise RuntimeError("the driver is closed: make a new one")
        if self._plan.refuses:
            raise NotSent("connection refused")
        changed = asyncio.Event()
        loop = asyncio.get_running_loop()
        delivery = Delivery(self._app, scope_of(method, url, headers, body), body or b"", loop, changed.set)
        task = loop.create_task(delivery.run(), name="scripted gateway")
        self._running[task] = delivery
        task.add_done_callback(self._running.pop)
        try:
            await _within(lambda: delivery.begun, changed, deadline, "headers")
            return AsyncInProcessResponse(delivery, changed, delivery.head())
        except BaseException:
            delivery.leave()
            raise

    async def aclose(self) -> None:
        """End open answers with an error. May be called twice, and from another loop."""
        self._closed = True
        here = asyncio.get_running_loop()
        running = dict(self._running)
        for delivery in running.values():
            delivery.leave()
        await asyncio.gather(*(task for task in running if task.get_loop() is here), return_exceptions=True)


class AsyncInProcessResponse:
    """See `_transport.protocols.AsyncAnswer`."""

    def __init__(self, delivery: Delivery, changed: asyncio.Event, status: int) -> None:
        self.status = status
        self.headers = delivery.headers
        self._delivery = delivery
        self._changed = changed
        self._reading = False

    async def read(self, deadline: float | None = None) -> bytes:
        """The next piece, as soon as it is there."""
        if self._reading:
            raise RuntimeError("this answer is being read by another task: one reader at a time")
        self._reading = True
        try:
            await _within(lambda: self._delivery.ready, self._changed, deadline, "body")
            return self._delivery.take()
        finally:
            self._reading = False

    async def release(self) -> None:
        """Let go of the answer: there is no connection to save."""
        self.abandon()

    def abandon(self) -> None:
        """Let go of the answer at once; a task that reads is told."""
        self._delivery.leave()

    def __del__(self) -> None:
        self.abandon()


async def _within(there: Callable[[], bool], changed: asyncio.Event, deadline: float | None, which: str) -> None:
    """Wait until something is there.

    Raises:
        DeadlineExceeded: It was not in time.
    """
    while not there():
        changed.clear()
        left = None if deadline is None else max(0.0, deadline - monotonic())
        with suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), left)
        if not there() and deadline is not None and monotonic() >= deadline:
            raise DeadlineExceeded(which)


_CLOSED = "the driver is closed: make a new one"


class InProcessDriver:
    """See `_transport.protocols.Driver`.

    Args:
        app: Who answers.
        plan: Knows when the gateway is not to be reached.
    """

    def __init__(self, app: ASGIApp, plan: ScriptedFaults) -> None:
        self._app = app
        self._plan = plan
        self._lock = threading.Lock()
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def open(
        self,
        method: str,
        url: str,
        headers: Iterable[tuple[str, str]],
        body: bytes | None,
        *,
        deadline: float | None = None,
        connect_seconds: float | None = None,
    ) -> InProcessResponse:
        """Hand over one request and return when the head of its answer is there."""
        del connect_seconds
        loop = self._running_loop()
        if self._plan.refuses:
            raise NotSent("connection refused")
        changed = threading.Condition()
        delivery = Delivery(
            self._app, scope_of(method, url, headers, body), body or b"", loop, lambda: _notify(changed)
        )
        asyncio.run_coroutine_threadsafe(delivery.run(), loop)
        try:
            _remaining(lambda: delivery.begun, changed, deadline, "headers")
            return InProcessResponse(delivery, changed, delivery.head())
        except BaseException:
            delivery.leave()
            raise

    def close(self) -> None:
        """End open answers with an error. May be called twice."""
        with self._lock:
            self._closed = True
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        """The loop of the application, which is begun with the first request."""
        with self._lock:
            if self._closed:
                raise RuntimeError(_CLOSED)
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=_serve, args=(self._loop,), name="scripted gateway", daemon=True)
                self._thread.start()
            return self._loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    """Run the loop until it is stopped; what it still has to do is cancelled."""
    try:
        loop.run_forever()
        loop.run_until_complete(_cancel(asyncio.all_tasks(loop)))
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()


async def _cancel(tasks: set[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class InProcessResponse:
    """See `_transport.protocols.Answer`."""

    def __init__(self, delivery: Delivery, changed: threading.Condition, status: int) -> None:
        self.status = status
        self.headers = delivery.headers
        self._delivery = delivery
        self._changed = changed
        self._turn = threading.Lock()

    def read(self, deadline: float | None = None) -> bytes:
        """The next piece, as soon as it is there."""
        if not self._turn.acquire(blocking=False):
            raise RuntimeError("this answer is being read by another thread: one reader at a time")
        try:
            _remaining(lambda: self._delivery.ready, self._changed, deadline, "body")
            return self._delivery.take()
        finally:
            self._turn.release()

    def release(self) -> None:
        """Let go of the answer: there is no connection to save."""
        self.abandon()

    def abandon(self) -> None:
        """Let go of the answer at once; a thread that reads is told."""
        self._delivery.leave()

    def __del__(self) -> None:
        self.abandon()


def _notify(changed: threading.Condition) -> None:
    with changed:
        changed.notify_all()


def _remaining(there: Callable[[], bool], changed: threading.Condition, deadline: float | None, which: str) -> None:
    """Wait until something is there.

    Raises:
        DeadlineExceeded: It was not in time.
    """
    with changed:
        if not changed.wait_for(there, None if deadline is None else max(0.0, deadline - monotonic())):
            raise DeadlineExceeded(which)
