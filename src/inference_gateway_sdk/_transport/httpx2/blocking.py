"""The blocking driver over a user's `httpx2.Client`. A background thread reads each open response ahead of its reader.

A read of httpx2 cannot be given a new deadline, nor be resumed after a timeout. So the reader waits for the thread
instead, up to its deadline.
"""

from __future__ import annotations

import contextvars
import os
import socket
import struct
import threading
import weakref
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

import httpx2

from ..._http1.failures import DeadlineExceeded, TransportFailure
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

    from .._blocking import BlockingDriver

__all__ = ["Httpx2Driver", "Httpx2Response"]

_CLOSED = "the driver is closed: make a new one"
_RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)  # struct linger: on, 0 seconds


class Httpx2Driver:
    """A transport for `InferenceGatewayClient(driver=...)` that sends through your own `httpx2.Client`."""

    def __init__(self, client: httpx2.Client, *, close: bool = False) -> None:
        """Store the client. Its proxies, certificates, limits, hooks and authentication apply to every request.

        Args:
            client: The client that sends the requests. Its timeouts are ignored: each call has its own deadlines.
            close: Close the client together with the driver.

        Raises:
            TypeError: `client` is not an `httpx2.Client`.
        """
        check_client(client, httpx2.Client)
        self._client = client
        self._close = close
        self._closed = False
        self._lock = threading.RLock()
        self._fetches: weakref.WeakSet[_Request] = weakref.WeakSet()

    def anonymous(self) -> BlockingDriver:
        """Return a new driver without the httpx2 client, which may add credentials, cookies and queries of its own."""
        from .._blocking import BlockingDriver

        return BlockingDriver()

    def open(
        self,
        method: str,
        url: str,
        headers: Iterable[tuple[str, str]],
        body: bytes | None,
        *,
        deadline: float | None = None,
        connect_seconds: float | None = None,
    ) -> Httpx2Response:
        """Send one request and return its response once the head is complete. See `protocols.Transport.open`."""
        fetch = _Request(self._client)
        progress = SendProgress(deadline, connect_seconds, fetch.notify)
        with self._lock:
            if self._closed:
                raise RuntimeError(_CLOSED)
            self._fetches.add(fetch)
        fetch.start(build_request(self._client, method, url, headers, body=body, progress=progress), progress)
        del url  # its query may contain a secret, and error trackers record the variables of a traceback
        try:
            buffered = fetch.head(progress)
            return Httpx2Response(fetch, buffered, Body(buffered))
        except BaseException:
            fetch.stop()
            raise

    def close(self) -> None:
        """End open responses with an error. Close the httpx2 client only if `close=True` was given."""
        with self._lock:
            self._closed = True
            fetches = list(self._fetches)
        for fetch in fetches:
            fetch.stop()
        if self._close:
            self._client.close()


class _Request:
    """One request and its response, driven by a background thread."""

    def __init__(self, client: httpx2.Client) -> None:
        # The lock is reentrant, because a destructor may run while it is held.
        self.changed: threading.Condition = threading.Condition()
        self.buffered: BufferedBody | None = None
        self._client = client
        self._progress: SendProgress | None = None
        self._error: BaseException | None = None
        self._response: httpx2.Response | None = None  # until its connection is back in httpx2's pool
        self._stopped = False
        self._request: httpx2.Request  # not a local variable, as tracebacks record those and its `repr` shows the query

    def start(self, request: httpx2.Request, progress: SendProgress) -> None:
        """Start the background thread, with a copy of the caller's context variables for hooks."""
        self._progress = progress
        self._request = request
        run = contextvars.copy_context().run
        name = f"httpx2 {request.url.host}"
        threading.Thread(target=run, args=(self._run,), name=name, daemon=True).start()

    def notify(self) -> None:
        """Wake all waiting threads."""
        with self.changed:
            self.changed.notify_all()

    def head(self, progress: SendProgress) -> BufferedBody:
        """Wait for the response head and return the body's buffer."""
        with self.changed:
            while self.buffered is None:
                if self._error is not None:
                    error, self._error = self._error, None
                    raise error
                if self._stopped:
                    raise progress.closed_failure()
                left = remaining(progress.limit)
                if left == 0:
                    raise progress.deadline_failure()
                self.changed.wait(left)
            return self.buffered

    def stop(self, *, may_wait: bool = True) -> None:
        """Cancel the request, close the connection and end the background thread. Any thread may call this method.

        Args:
            may_wait: Wait for the lock, which is held only briefly. A destructor must not wait.
        """
        self._stopped = True  # the background thread checks it each time it wakes
        if self._progress is not None:
            self._progress.stopped = True
        if self.changed.acquire(blocking=may_wait):
            try:
                if self.buffered is not None:
                    self.buffered.end("the connection was given up", orderly=False)
                if self._response is not None:
                    _shut_down(self._response)
                self.changed.notify_all()
            finally:
                self.changed.release()

    def _run(self) -> None:
        try:
            response = self._client.send(self._request, stream=True, follow_redirects=False)
            self._receive(response)
        except mapping.HTTPX_ERRORS as error:
            unsent = self._progress is not None and self._progress.unsent
            self._fail(mapping.in_head(error, host_and_port(self._request), unsent=unsent))
        except BaseException as error:  # noqa: BLE001  (raised by a hook or a transport: `head` raises it)
            self._fail(error)

    def _receive(self, response: httpx2.Response) -> None:
        lift_read_timeout(response)
        buffered = BufferedBody(response)
        with self.changed:
            self.buffered = buffered
            self._response = response
            self.changed.notify_all()
        failure: TransportFailure | None = None
        try:
            if not (self._stopped or response.is_stream_consumed):
                self._read(response, buffered)
        except Exception as error:  # noqa: BLE001  (the next read raises it)
            failure = mapping.in_body(error)
        self._end(response, buffered, failure)

    def _read(self, response: httpx2.Response, buffered: BufferedBody) -> None:
        # `iter_raw` is not used: it returns the connection to the pool, after which `stop` must not shut it down.
        stream = response.stream
        if not isinstance(stream, httpx2.SyncByteStream):
            raise TypeError("the transport of the httpx2.Client returned an async stream: use a blocking one")
        for piece in stream:
            with self.changed:
                buffered.put(piece)
                self.changed.notify_all()
                while buffered.full and not self._stopped:
                    self.changed.wait(1.0)
            if self._stopped:
                return

    def _end(self, response: httpx2.Response, buffered: BufferedBody, failure: TransportFailure | None) -> None:
        with self.changed:
            self._response = None
            if failure is not None:
                buffered.fail(failure)
            elif self._stopped:
                buffered.end("the connection was given up", orderly=False)
        with suppress(Exception):  # the body is already read: an error on closing does not matter
            response.close()
        with self.changed:
            buffered.finish()
            self.changed.notify_all()

    def _fail(self, error: BaseException) -> None:
        with self.changed:
            self._error = error
            self.changed.notify_all()


class Httpx2Response:
    """A response from an `httpx2.Client`. See `protocols.TransportResponse`."""

    __slots__ = ("_body", "_fetch", "_read_lock", "headers", "status")

    def __init__(self, fetch: _Request, buffered: BufferedBody, body: Body) -> None:
        self.status: int = buffered.status
        self.headers: list[tuple[str, str]] = list(buffered.headers)
        self._fetch = fetch
        self._body = body
        self._read_lock = threading.RLock()  # reentrant, as an interrupt may leave it acquired

    def read(self, deadline: float | None = None) -> bytes:
        """Return the next decoded bytes, or b"" at the end. See `protocols.TransportResponse.read`."""
        self._begin_read()
        try:
            with self._fetch.changed:
                data = self._body.take()
                while data is None:
                    if not self._body.pending:
                        self._wait(deadline)
                    data = self._body.take()
                    if data is None and remaining(deadline) == 0:
                        raise DeadlineExceeded("body")
                self._fetch.changed.notify_all()
            return data
        except (TransportFailure, RuntimeError):
            raise
        except BaseException:  # KeyboardInterrupt: bytes may be lost between the lock and here
            self._body.invalidate()
            raise
        finally:
            self._read_lock.release()

    def release(self) -> None:
        """Return the connection to the httpx2 client. Drain it if little is left, else close it."""
        self._begin_read()
        deadline = monotonic() + DRAIN_SECONDS
        try:
            with self._fetch.changed:
                while not self._body.drain():
                    self._fetch.changed.notify_all()
                    self._wait(deadline)
        except DeadlineExceeded:
            pass
        finally:
            self._read_lock.release()
            self.abandon()

    def abandon(self) -> None:
        """Close the connection at once unless the response is complete."""
        if not self._body.settled:
            self._fetch.stop()

    def __del__(self) -> None:
        if not self._body.settled:
            self._fetch.stop(may_wait=False)

    def _begin_read(self) -> None:
        if not self._read_lock.acquire(blocking=False):
            raise RuntimeError("this response is being read by another thread: one reader at a time")

    def _wait(self, deadline: float | None) -> None:
        left = remaining(deadline)
        if left == 0 or not self._fetch.changed.wait(left):
            raise DeadlineExceeded("body")


def _shut_down(response: httpx2.Response) -> None:
    """Wake the thread that reads this response. On HTTP/2, do nothing: other responses share the connection."""
    stream = response.extensions.get("network_stream")
    if stream is None or not str(response.http_version).startswith("HTTP/1"):
        return
    sock = stream.get_extra_info("socket")
    if isinstance(sock, socket.socket):
        with suppress(OSError):
            # The close that follows resets the connection. After a shutdown Linux sends no further window, so that a
            # server that has filled the last one would wait for the client for many seconds.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # SSLSocket.shutdown would continue to read unencrypted
