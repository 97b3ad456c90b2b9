"""Transports that call the gateway's application in this process, without a socket, for async and blocking clients."""

from __future__ import annotations

import asyncio
import re
import threading
from collections import deque
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from .._http1.failures import (
    DeadlineExceeded,
    InvalidResponse,
    NoResponse,
    NotSent,
    TransportFailure,
    TruncatedResponse,
)
from ..embedded.faults.injection import EXTENSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.types import ASGIApp, Message, Scope

    from .provider import ScriptedFaults

__all__ = [
    "AsyncInProcessDriver",
    "AsyncInProcessResponse",
    "Delivery",
    "InProcessDriver",
    "InProcessResponse",
    "scope_of",
]


_READ_AHEAD = 64 * 1024  # bytes that may wait for the reader, as those of a socket do
_CHUNK_HEAD = re.compile(rb"[0-9a-fA-F]+(?:\r\n(?P<data>.*))?", re.DOTALL)


class Delivery:
    """See the module.

    Args:
        app: Who answers.
        scope: What is asked, as ASGI has it.
        body: The request's body.
        loop: Where the application runs.
        changed: Called in that loop when there is something new.

    Attributes:
        status: The answer's, None until its head has come.
        headers: Names in lower case and values.
        failure: Why there is nothing more, None while there is and after an orderly end.
        ended: There is nothing more.
    """

    def __init__(
        self, app: ASGIApp, scope: Scope, body: bytes, loop: asyncio.AbstractEventLoop, changed: Callable[[], object]
    ) -> None:
        self.status: int | None = None
        self.headers: list[tuple[str, str]] = []
        self.failure: TransportFailure | None = None
        self.ended = False
        self._app = app
        self._scope = {**scope, "extensions": {EXTENSION: _DeliveryConnection(self)}}
        self._unread = [body]
        self._loop = loop
        self._changed = changed
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._room = asyncio.Event()
        self.gone = asyncio.Event()

    # For the reader

    @property
    def begun(self) -> bool:
        """Whether the head, or what there is instead of one, is there."""
        return self.status is not None or self.ended

    def head(self) -> int:
        """The answer's status.

        Raises:
            TransportFailure: What there is instead of an answer.
        """
        if self.status is not None:
            return self.status
        raise self.failure or NoResponse("the gateway ended an answer that it had not begun")

    @property
    def ready(self) -> bool:
        """Whether a read would not wait."""
        return bool(self._pieces) or self.ended

    def take(self) -> bytes:
        """The next piece, b"" at the end.

        Raises:
            TransportFailure: The answer broke off here.
        """
        if self._pieces:
            piece = self._pieces.popleft()
            self._held -= len(piece)
            self._notify_loop(self._room)
            return piece
        if self.failure is not None:
            raise self.failure
        return b""

    def leave(self) -> None:
        """Say that nobody waits any more; from any thread."""
        if not self.ended:
            self.end(TruncatedResponse("the answer was given up"))
            self._notify_loop(self.gone)

    def _notify_loop(self, event: asyncio.Event) -> None:
        with suppress(RuntimeError):  # the loop is closed: there is nobody to tell
            self._loop.call_soon_threadsafe(event.set)

    # For the application

    async def run(self) -> None:
        """Let the application answer."""
        why = "the gateway ended the connection"
        try:
            await self._app(self._scope, self._receive, self._send)
        except ConnectionAbortedError:
            pass
        except Exception as error:  # noqa: BLE001  (a server would log it and end the connection)
            why = f"the gateway broke: {error!r}"
        finally:
            if not self.ended:
                self.broken(why)

    async def _receive(self) -> Message:
        if self._unread:
            return {"type": "http.request", "body": self._unread.pop(), "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if self.ended:
            return
        if message["type"] == "http.response.start":
            pairs = message.get("headers", [])
            self.headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in pairs]
            self.status = message["status"]
            self._changed()
            return
        await self.put(message.get("body", b""))
        if not message.get("more_body", False):
            self.end(None)

    async def put(self, piece: bytes) -> None:
        """Hand over a piece; wait while the reader has enough."""
        if not piece or self.ended:
            return
        self._pieces.append(piece)
        self._held += len(piece)
        self._changed()
        while self._held > _READ_AHEAD and not self.ended:
            self._room.clear()
            await self._room.wait()

    def broken(self, why: str) -> None:
        """End the answer where it is."""
        self.end(NoResponse(why) if self.status is None else TruncatedResponse(why))

    def end(self, failure: TransportFailure | None) -> None:
        """Say how the answer ended; what ended stays as it is."""
        if self.ended:
            return
        self.failure = failure
        self.ended = True
        self._notify_loop(self._room)
        self._changed()


class _DeliveryConnection:
    """A `RawConnection` of `embedded.faults.injection`: the faults past HTTP, as far as they show without a socket."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    async def write(self, data: bytes) -> None:
        """Take bytes of HTTP's own framing: a head that never ends, or what a chunk holds."""
        if self._delivery.status is None:
            return
        chunk = _CHUNK_HEAD.fullmatch(data)
        if chunk is None:
            self._delivery.end(InvalidResponse("the size of a chunk is no number"))
        elif chunk["data"]:
            await self._delivery.put(chunk["data"])

    async def reset(self) -> None:
        """Break the answer off."""
        self._delivery.broken("connection reset by the gateway")

    async def close(self) -> None:
        """Break the answer off."""
        self._delivery.broken("the gateway closed the connection")

    async def gone_within(self, seconds: float | None) -> bool:
        """Wait so long; whether the reader has left."""
        gone = self._delivery.gone
        with suppress(TimeoutError):
            await asyncio.wait_for(gone.wait(), seconds)
        return gone.is_set()

    def end_on_reuse(self, *, reset: bool) -> None:
        """Do nothing: without a connection none is used again."""


def scope_of(method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes | None) -> Scope:
    """A request as ASGI has it."""
    parts = urlsplit(url)
    pairs = [("host", parts.netloc), *((name.lower(), value) for name, value in headers)]
    if body is not None:
        pairs.append(("content-length", str(len(body))))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": parts.scheme,
        "path": unquote(parts.path) or "/",
        "raw_path": parts.path.encode("latin-1"),
        "query_string": parts.query.encode("latin-1"),
        "root_path": "",
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs],
        "client": ("127.0.0.1", 0),
        "server": (parts.hostname, parts.port or 80),
    }


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

    def anonymous(self) -> AsyncInProcessDriver:
        """Return this driver: it adds nothing to a request, and no request leaves the process."""
        return self

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

    def anonymous(self) -> InProcessDriver:
        """Return this driver: it adds nothing to a request, and no request leaves the process."""
        return self

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
