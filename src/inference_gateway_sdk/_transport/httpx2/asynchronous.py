"""The asyncio driver over a user's `httpx2.AsyncClient`: a task for each open answer reads ahead of its reader.

A read of httpx2 that is cancelled loses its connection. So the reader waits beside it, as long as it may, and may be
cancelled itself.
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
from .mapping import BufferedBody, SendProgress, build_request, head_is_there, remaining, request_headers, require

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._async import AsyncioDriver

__all__ = ["AsyncHttpx2Driver", "AsyncHttpx2Response"]

_CLOSED = "the driver is closed: make a new one"
_MAX_LOOP_ROUNDS = 8
"""Turns of the loop within which what the system holds has come through httpx2 to us."""


class AsyncHttpx2Driver:
    """A transport for `AsyncInferenceGatewayClient(driver=...)` that sends through an `httpx2.AsyncClient` of yours."""

    def __init__(self, client: httpx2.AsyncClient, *, close: bool = False) -> None:
        """As `Httpx2Driver`; to be used on one loop, as the client is."""
        require(client, httpx2.AsyncClient)
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
        """Send one request and return when the head of its answer is there; see `protocols.AsyncDriver.open`."""
        fetch = _AsyncRequest(self._client)
        progress = SendProgress(deadline, connect_seconds, fetch.changed.set)
        if self._closed:
            raise RuntimeError(_CLOSED)
        self._fetches.add(fetch)
        fetch.start(build_request(self._client, method, url, headers, body=body, progress=progress), progress)
        del url  # its query may hold a secret, and error trackers collect the variables of a traceback
        try:
            buffered = await fetch.head(progress)
            return AsyncHttpx2Response(fetch, buffered, Body(buffered))
        except BaseException:
            fetch.stop()
            raise

    async def aclose(self) -> None:
        """End open answers with an error; close the httpx2 client only when that was asked for."""
        self._closed = True
        for fetch in list(self._fetches):
            fetch.stop()
        if self._close:
            await self._client.aclose()


class _AsyncRequest:
    """One request on its way and its answer on its way back, moved by a task of its own."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.changed = asyncio.Event()
        self.room = asyncio.Event()
        self.buffered: BufferedBody | None = None
        self._client = client
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None
        self._error: Exception | None = None
        self._request: httpx2.Request  # no variable of a frame that fails: its `repr` shows the query

    def start(self, request: httpx2.Request, progress: SendProgress) -> None:
        """Begin."""
        self._request = request
        self._task = self._loop.create_task(self._run(progress), name=f"httpx2 {request.url.host}")

    async def head(self, progress: SendProgress) -> BufferedBody:
        """Wait for the head."""
        while self.buffered is None:
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            if not await self.wait(progress.limit):
                raise progress.late()
        return self.buffered

    async def wait(self, deadline: float | None) -> bool:
        """Wait for a change; False when none came in time."""
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
        """Give up, from any thread and in a destructor: the connection is closed by the loop."""
        task = self._task
        if task is not None and not task.done():
            with suppress(RuntimeError):  # the loop is closed, and the connection with it
                self._loop.call_soon_threadsafe(task.cancel)

    async def _run(self, progress: SendProgress) -> None:
        try:
            response = await self._client.send(self._request, stream=True, follow_redirects=False)
            await self._receive(response)
        except mapping.HTTPX_ERRORS as error:
            self._error = mapping.in_head(error, request_headers(self._request), unsent=progress.unsent)
        except Exception as error:  # noqa: BLE001  (of a hook or a transport: it is for the caller to see)
            self._error = error
        except asyncio.CancelledError:
            self._error = progress.given_up()
            raise
        finally:
            self.changed.set()

    async def _receive(self, response: httpx2.Response) -> None:
        head_is_there(response)
        buffered = self.buffered = BufferedBody(response)
        self.changed.set()
        try:
            if not response.is_stream_consumed:
                await self._read(response, buffered)
        except Exception as error:  # noqa: BLE001  (what broke a body is told by the next read)
            buffered.fail(mapping.in_body(error))
        except BaseException:
            buffered.end("the connection was given up", orderly=False)
            raise
        finally:
            with suppress(Exception):  # what was read is what counts
                await response.aclose()
        buffered.finish()

    async def _read(self, response: httpx2.Response, buffered: BufferedBody) -> None:
        stream = response.stream
        if not isinstance(stream, httpx2.AsyncByteStream):
            raise TypeError("the transport of the httpx2.AsyncClient gave a blocking stream")
        async for piece in stream:
            buffered.put(piece)
            self.changed.set()
            while buffered.full:
                self.room.clear()
                await self.room.wait()


class AsyncHttpx2Response:
    """See `protocols.AsyncAnswer`."""

    __slots__ = ("_body", "_fetch", "_reading", "headers", "status")

    def __init__(self, fetch: _AsyncRequest, buffered: BufferedBody, body: Body) -> None:
        self.status = buffered.status
        self.headers = list(buffered.headers)
        self._fetch = fetch
        self._reading = False
        self._body = body

    async def read(self, deadline: float | None = None) -> bytes:
        """The next decoded bytes as soon as any are there, b"" at the end; see `protocols.Answer.read`."""
        self._take_turn()
        try:
            while (data := self._body.take()) is None:
                await self._wait(deadline)
            self._fetch.room.set()
            return data
        finally:
            self._reading = False

    async def release(self) -> None:
        """Let the client have its connection back: drained when little is missing, closed otherwise."""
        self._take_turn()
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
        """Close the connection at once, unless the answer is complete; from any thread."""
        if not self._body.settled:
            self._fetch.stop()

    def __del__(self) -> None:
        self.abandon()

    def _take_turn(self) -> None:
        if self._reading:
            raise RuntimeError("this answer is being read by another task: one reader at a time")
        self._reading = True

    async def _wait(self, deadline: float | None) -> None:
        if not await self._fetch.wait(deadline):
            raise DeadlineExceeded("body")
