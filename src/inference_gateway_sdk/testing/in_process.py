"""Transports that call the gateway's application in this process without a socket, for async and blocking clients."""

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


_READ_AHEAD = 64 * 1024  # bytes that may wait for the reader, as in a socket's buffer
# A chunk's size and data, b"1a\r\n<data>", or a size that is still being sent, b"0". A malformed size is b"one\r\n".
_CHUNK_HEAD = re.compile(rb"[0-9a-fA-F]+(?:\r\n(?P<data>.*))?", re.DOTALL)


class Delivery:
    """One request to the application and its answer, on the way to a reader.

    Args:
        app: The application.
        scope: The ASGI scope of the request.
        body: The request's body.
        loop: The event loop of the application.
        changed: Called in that loop after each change.

    Attributes:
        status: The status; None until the head has come.
        headers: Pairs of lower-case name and value.
        failure: The reason for a failed end; None before the end, and after a normal one.
        ended: True once nothing more will come.
    """

    def __init__(
        self, app: ASGIApp, scope: Scope, body: bytes, loop: asyncio.AbstractEventLoop, changed: Callable[[], object]
    ) -> None:
        self.status: int | None = None
        self.headers: list[tuple[str, str]] = []
        self.failure: TransportFailure | None = None
        self.ended: bool = False
        self._app = app
        self._scope = {**scope, "extensions": {EXTENSION: _DeliveryConnection(self)}}
        self._unread = [body]
        self._loop = loop
        self._changed = changed
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._room = asyncio.Event()
        self.gone: asyncio.Event = asyncio.Event()

    # For the reader

    @property
    def begun(self) -> bool:
        """True once the head has come, or a failure instead."""
        return self.status is not None or self.ended

    def head(self) -> int:
        """Return the answer's status.

        Raises:
            TransportFailure: The answer failed before its head.
        """
        if self.status is not None:
            return self.status
        raise self.failure or NoResponse("the gateway sent no answer")

    @property
    def ready(self) -> bool:
        """True if a read would not wait."""
        return bool(self._pieces) or self.ended

    def take(self) -> bytes:
        """Return the next piece, or b"" at the end.

        Raises:
            TransportFailure: The answer was cut off here.
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
        """Signal from any thread that the reader has left."""
        if not self.ended:
            self.end(TruncatedResponse("the answer was abandoned"))
            self._notify_loop(self.gone)

    def _notify_loop(self, event: asyncio.Event) -> None:
        with suppress(RuntimeError):  # the loop is closed, so the application has ended
            self._loop.call_soon_threadsafe(event.set)

    # For the application

    async def run(self) -> None:
        """Run the application until its answer ends."""
        why = "the gateway ended the connection"
        try:
            await self._app(self._scope, self._receive, self._send)
        except ConnectionAbortedError:
            pass
        except Exception as error:  # noqa: BLE001  (a server would log it and end the connection)
            why = f"the gateway failed: {error!r}"
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
        """Add a piece, and wait while too many bytes are unread."""
        if not piece or self.ended:
            return
        self._pieces.append(piece)
        self._held += len(piece)
        self._changed()
        while self._held > _READ_AHEAD and not self.ended:
            self._room.clear()
            await self._room.wait()

    def broken(self, why: str) -> None:
        """End the answer here with a failure."""
        self.end(NoResponse(why) if self.status is None else TruncatedResponse(why))

    def end(self, failure: TransportFailure | None) -> None:
        """End the answer, unless it has ended already."""
        if self.ended:
            return
        self.failure = failure
        self.ended = True
        self._notify_loop(self._room)
        self._changed()


class _DeliveryConnection:
    """A `RawConnection` without a socket: the effects of faults that are visible above HTTP."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    async def write(self, data: bytes) -> None:
        """Interpret raw HTTP bytes: ignore an endless head, and pass on the data of a chunk."""
        if self._delivery.status is None:
            return
        chunk = _CHUNK_HEAD.fullmatch(data)
        if chunk is None:
            self._delivery.end(InvalidResponse("the size of a chunk is not a number"))
        elif chunk["data"]:
            await self._delivery.put(chunk["data"])

    async def reset(self) -> None:
        """Cut the answer off."""
        self._delivery.broken("connection reset by the gateway")

    async def close(self) -> None:
        """Cut the answer off."""
        self._delivery.broken("the gateway closed the connection")

    async def gone_within(self, seconds: float | None) -> bool:
        """Wait up to `seconds` for the reader to leave, and return whether it did."""
        gone = self._delivery.gone
        with suppress(TimeoutError):
            await asyncio.wait_for(gone.wait(), seconds)
        return gone.is_set()

    def end_on_reuse(self, *, reset: bool) -> None:
        """Do nothing: without a connection there is no reuse."""


def scope_of(method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes | None) -> Scope:
    """Return the ASGI scope of a request."""
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
    """An in-process `AsyncTransport` (see `transport`).

    Args:
        app: The application.
        plan: The faults, which decide whether connections are refused.
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
        """Send a request to the application and return when the head of its answer has come."""
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
    """An answer of `AsyncInProcessDriver`."""

    def __init__(self, delivery: Delivery, changed: asyncio.Event, status: int) -> None:
        self.status = status
        self.headers: list[tuple[str, str]] = delivery.headers
        self._delivery = delivery
        self._changed = changed
        self._reading = False

    async def read(self, deadline: float | None = None) -> bytes:
        """Return the next piece as soon as it is available."""
        if self._reading:
            raise RuntimeError("this answer is being read by another task: one reader at a time")
        self._reading = True
        try:
            await _within(lambda: self._delivery.ready, self._changed, deadline, "body")
            return self._delivery.take()
        finally:
            self._reading = False

    async def release(self) -> None:
        """Abandon the answer: there is no connection to reuse."""
        self.abandon()

    def abandon(self) -> None:
        """Abandon the answer at once. A pending read ends with an error."""
        self._delivery.leave()

    def __del__(self) -> None:
        self.abandon()


async def _within(there: Callable[[], bool], changed: asyncio.Event, deadline: float | None, which: str) -> None:
    """Wait until the condition is true.

    Raises:
        DeadlineExceeded: The deadline passed first.
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
    """An in-process `Transport` (see `transport`), with its event loop in a thread.

    Args:
        app: The application.
        plan: The faults, which decide whether connections are refused.
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
        """Send a request to the application and return when the head of its answer has come."""
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
        """Return the application's event loop, which the first request starts."""
        with self._lock:
            if self._closed:
                raise RuntimeError(_CLOSED)
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=_serve, args=(self._loop,), name="scripted gateway", daemon=True)
                self._thread.start()
            return self._loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    """Run the loop until it is stopped, then cancel its remaining tasks."""
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
    """An answer of `InProcessDriver`."""

    def __init__(self, delivery: Delivery, changed: threading.Condition, status: int) -> None:
        self.status = status
        self.headers: list[tuple[str, str]] = delivery.headers
        self._delivery = delivery
        self._changed = changed
        self._turn = threading.Lock()

    def read(self, deadline: float | None = None) -> bytes:
        """Return the next piece as soon as it is available."""
        if not self._turn.acquire(blocking=False):
            raise RuntimeError("this answer is being read by another thread: one reader at a time")
        try:
            _remaining(lambda: self._delivery.ready, self._changed, deadline, "body")
            return self._delivery.take()
        finally:
            self._turn.release()

    def release(self) -> None:
        """Abandon the answer: there is no connection to reuse."""
        self.abandon()

    def abandon(self) -> None:
        """Abandon the answer at once. A pending read ends with an error."""
        self._delivery.leave()

    def __del__(self) -> None:
        self.abandon()


def _notify(changed: threading.Condition) -> None:
    with changed:
        changed.notify_all()


def _remaining(there: Callable[[], bool], changed: threading.Condition, deadline: float | None, which: str) -> None:
    """Wait until the condition is true.

    Raises:
        DeadlineExceeded: The deadline passed first.
    """
    with changed:
        if not changed.wait_for(there, None if deadline is None else max(0.0, deadline - monotonic())):
            raise DeadlineExceeded(which)
