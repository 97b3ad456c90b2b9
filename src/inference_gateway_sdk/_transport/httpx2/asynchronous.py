"""The asyncio driver over a user's `httpx2.AsyncClient`. A background task reads ahead of the reader of each response.

Cancelling a read of httpx2 loses the connection. So the reader waits for the task instead, up to its deadline, and can
itself be cancelled.
"""

from __future__ import annotations

import asyncio
import weakref
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

import httpx2

from ..._http1.failures import DeadlineExceeded
from ..._http1.response import DRAIN_SECONDS, Body
from . import mapping
from .mapping import (
    BufferedBody,
    SendProgress,
    build_request,
    check_client,
    host_and_port,
    lift_read_timeout,
    remaining,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._async import AsyncioDriver

__all__ = ["AsyncHttpx2Driver", "AsyncHttpx2Response"]

_CLOSED = "the driver is closed: make a new one"
_MAX_LOOP_ROUNDS = 8
"""Iterations of the event loop within which data that is ready in the kernel has passed through httpx2."""


class AsyncHttpx2Driver:
    """A transport for `AsyncInferenceGatewayClient(driver=...)` that sends through your own `httpx2.AsyncClient`."""

    def __init__(self, client: httpx2.AsyncClient, *, close: bool = False) -> None:
        """Store the client, as `Httpx2Driver`. Use the driver on one event loop only, like the client."""
        check_client(client, httpx2.AsyncClient)
        self._client = client
        self._close = close
        self._closed = False
        self._fetches: weakref.WeakSet[_AsyncRequest] = weakref.WeakSet()

    def anonymous(self) -> AsyncioDriver:
        """Return a new driver without the httpx2 client, which may add credentials, cookies and queries of its own."""
        from .._async import AsyncioDriver

        return AsyncioDriver()

    async def open(
        self,
        method: str,
        url: str,
        headers: Iterable[tuple[str, str]],
        body: bytes | None,
        *,
        deadline: float | None = None,
        connect_seconds: float | None = None,
    ) -> AsyncHttpx2Response:
        """Send one request and return its response once the head is complete. See `protocols.Transport.open`."""
        fetch = _AsyncRequest(self._client)
        progress = SendProgress(deadline, connect_seconds, fetch.changed.set)
        if self._closed:
            raise RuntimeError(_CLOSED)
        self._fetches.add(fetch)
        fetch.start(build_request(self._client, method, url, headers, body=body, progress=progress), progress)
        del url  # its query may contain a secret, and error trackers record the variables of a traceback
        try:
            buffered = await fetch.head(progress)
            return AsyncHttpx2Response(fetch, buffered, Body(buffered))
        except BaseException:
            fetch.stop()
            raise

    async def aclose(self) -> None:
        """End open responses with an error. Close the httpx2 client only if `close=True` was given."""
        self._closed = True
        for fetch in list(self._fetches):
            fetch.stop()
        if self._close:
            await self._client.aclose()


class _AsyncRequest:
    """One request and its response, driven by a background task."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.changed = asyncio.Event()
        self.room = asyncio.Event()
        self.buffered: BufferedBody | None = None
        self._client = client
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None
        self._error: Exception | None = None
        self._request: httpx2.Request  # not a local variable, as tracebacks record those and its `repr` shows the query

    def start(self, request: httpx2.Request, progress: SendProgress) -> None:
        """Start the background task."""
        self._request = request
        self._task = self._loop.create_task(self._run(progress), name=f"httpx2 {request.url.host}")

    async def head(self, progress: SendProgress) -> BufferedBody:
        """Wait for the response head and return the body's buffer."""
        while self.buffered is None:
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            if not await self.wait(progress.limit):
                raise progress.deadline_failure()
        return self.buffered

    async def wait(self, deadline: float | None) -> bool:
        """Wait for a change. Return False if there was none before the deadline."""
        self.changed.clear()
        left = remaining(deadline)
        if left == 0:
            for _ in range(_MAX_LOOP_ROUNDS):
                await asyncio.sleep(0)
            return self.changed.is_set()
        try:
            async with asyncio.timeout(left):
                await self.changed.wait()
        except TimeoutError:
            return False
        return True

    def stop(self) -> None:
        """Cancel the request. The loop closes the connection. Any thread or destructor may call this method."""
        task = self._task
        if task is not None and not task.done():
            with suppress(RuntimeError):  # the loop is closed, and so is the connection
                self._loop.call_soon_threadsafe(task.cancel)

    async def _run(self, progress: SendProgress) -> None:
        try:
            response = await self._client.send(self._request, stream=True, follow_redirects=False)
            await self._receive(response)
        except mapping.HTTPX_ERRORS as error:
            self._error = mapping.in_head(error, host_and_port(self._request), unsent=progress.unsent)
        except Exception as error:  # noqa: BLE001  (raised by a hook or a transport: `head` raises it)
            self._error = error
        except asyncio.CancelledError:
            self._error = progress.closed_failure()
            raise
        finally:
            self.changed.set()

    async def _receive(self, response: httpx2.Response) -> None:
        lift_read_timeout(response)
        buffered = self.buffered = BufferedBody(response)
        self.changed.set()
        try:
            if not response.is_stream_consumed:
                await self._read(response, buffered)
        except Exception as error:  # noqa: BLE001  (the next read raises it)
            buffered.fail(mapping.in_body(error))
        except BaseException:
            buffered.end("the connection was given up", orderly=False)
            raise
        finally:
            with suppress(Exception):  # the body is already read: an error on closing does not matter
                await response.aclose()
        buffered.finish()

    async def _read(self, response: httpx2.Response, buffered: BufferedBody) -> None:
        stream = response.stream
        if not isinstance(stream, httpx2.AsyncByteStream):
            raise TypeError("the transport of the httpx2.AsyncClient returned a blocking stream: use an async one")
        async for piece in stream:
            buffered.put(piece)
            self.changed.set()
            while buffered.full:
                self.room.clear()
                await self.room.wait()


class AsyncHttpx2Response:
    """A response from an `httpx2.AsyncClient`. See `protocols.AsyncTransportResponse`."""

    __slots__ = ("_body", "_fetch", "_reading", "headers", "status")

    def __init__(self, fetch: _AsyncRequest, buffered: BufferedBody, body: Body) -> None:
        self.status = buffered.status
        self.headers = list(buffered.headers)
        self._fetch = fetch
        self._reading = False
        self._body = body

    async def read(self, deadline: float | None = None) -> bytes:
        """Return the next decoded bytes, or b"" at the end. See `protocols.TransportResponse.read`."""
        self._begin_read()
        try:
            if self._body.pending:
                await asyncio.sleep(0)  # decoding needs no wait, so nobody else would get a turn
            data = self._body.take()
            while data is None:
                await self._more(deadline)
                data = self._body.take()
                if data is None and remaining(deadline) == 0:
                    raise DeadlineExceeded("body")
            self._fetch.room.set()
            return data
        finally:
            self._reading = False

    async def release(self) -> None:
        """Return the connection to the httpx2 client. Drain it if little is left, else close it."""
        self._begin_read()
        deadline = monotonic() + DRAIN_SECONDS
        try:
            while not self._body.drain():
                self._fetch.room.set()
                await self._wait(deadline)
        except DeadlineExceeded:
            pass
        finally:
            self._reading = False
            self.abandon()

    def abandon(self) -> None:
        """Close the connection at once unless the response is complete. Any thread may call this method."""
        if not self._body.settled:
            self._fetch.stop()

    def __del__(self) -> None:
        self.abandon()

    def _begin_read(self) -> None:
        if self._reading:
            raise RuntimeError("this response is being read by another task: one reader at a time")
        self._reading = True

    async def _more(self, deadline: float | None) -> None:
        """Wait until the body can give more."""
        if self._body.pending:
            await asyncio.sleep(0)
        else:
            await self._wait(deadline)

    async def _wait(self, deadline: float | None) -> None:
        if not await self._fetch.wait(deadline):
            raise DeadlineExceeded("body")
