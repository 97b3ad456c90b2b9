"""The asyncio transport without a socket: the gateway's application runs as a task beside the one that asks."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from ..._http1.failures import DeadlineExceeded, NotSent
from .delivery import Delivery, scope_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.types import ASGIApp

    from ..faults import ScriptedFaults

__all__ = ["AsyncInProcessAnswer", "AsyncInProcessDriver"]


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
    ) -> AsyncInProcessAnswer:
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
            await _until(lambda: delivery.begun, changed, deadline, "headers")
            return AsyncInProcessAnswer(delivery, changed, delivery.head())
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


class AsyncInProcessAnswer:
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
            await _until(lambda: self._delivery.ready, self._changed, deadline, "body")
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


async def _until(there: Callable[[], bool], changed: asyncio.Event, deadline: float | None, which: str) -> None:
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
