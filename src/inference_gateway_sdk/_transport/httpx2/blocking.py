"""The blocking driver over a user's `httpx2.Client`: a thread for each open answer reads ahead of its reader.

A read of httpx2 can neither be given a new deadline nor be taken up again once it was late. So the reader waits beside
it, as long as it may, and not in it.
"""

from __future__ import annotations

import contextvars
import socket
import threading
import weakref
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

import httpx2

from ..._http1.failures import DeadlineExceeded, TransportFailure
from ..._http1.response import DRAIN_SECONDS, Body
from . import mapping
from .mapping import BufferedBody, SendProgress, build_request, head_is_there, remaining, request_headers, require

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._blocking import BlockingDriver

__all__ = ["Httpx2Driver", "Httpx2Response"]

_CLOSED = "the driver is closed: make a new one"


class Httpx2Driver:
    """A transport for `InferenceGatewayClient(driver=...)` that sends through an `httpx2.Client` of yours."""

    def __init__(self, client: httpx2.Client, *, close: bool = False) -> None:
        """The client stays yours: its proxies, certificates, limits, hooks and authentication hold.

        Args:
            client: What sends. Its own timeouts do not count, for each call brings its deadlines.
            close: Close it with the driver.

        Raises:
            TypeError: It names the argument.
        """
        require(client, httpx2.Client)
        self._client = client
        self._close = close
        self._closed = False
        self._lock = threading.Lock()
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
        """Send one request and return when the head of its answer is there; see `protocols.Driver.open`."""
        fetch = _Request(self._client)
        progress = SendProgress(deadline, connect_seconds, fetch.notify)
        with self._lock:
            if self._closed:
                raise RuntimeError(_CLOSED)
            self._fetches.add(fetch)
        fetch.start(build_request(self._client, method, url, headers, body=body, progress=progress), progress)
        del url  # its query may hold a secret, and error trackers collect the variables of a traceback
        try:
            buffered = fetch.head(progress)
            return Httpx2Response(fetch, buffered, Body(buffered))
        except BaseException:
            fetch.stop()
            raise

    def close(self) -> None:
        """End open answers with an error; close the httpx2 client only when that was asked for."""
        with self._lock:
            self._closed = True
            fetches = list(self._fetches)
        for fetch in fetches:
            fetch.stop()
        if self._close:
            self._client.close()


class _Request:
    """One request on its way and its answer on its way back, moved by a thread of its own."""

    def __init__(self, client: httpx2.Client) -> None:
        self.changed = threading.Condition()  # its lock is reentrant: a destructor may run inside it
        self.buffered: BufferedBody | None = None
        self._client = client
        self._progress: SendProgress | None = None
        self._error: BaseException | None = None
        self._response: httpx2.Response | None = None  # while its connection is not the pool's again
        self._stopped = False
        self._request: httpx2.Request  # no variable of a frame that fails: its `repr` shows the query

    def start(self, request: httpx2.Request, progress: SendProgress) -> None:
        """Begin; hooks see the caller's context variables."""
        self._progress = progress
        self._request = request
        run = contextvars.copy_context().run
        name = f"httpx2 {request.url.host}"
        threading.Thread(target=run, args=(self._run,), name=name, daemon=True).start()

    def notify(self) -> None:
        """Wake whoever waits."""
        with self.changed:
            self.changed.notify_all()

    def head(self, progress: SendProgress) -> BufferedBody:
        """Wait for the head."""
        with self.changed:
            while self.buffered is None:
                if self._error is not None:
                    error, self._error = self._error, None
                    raise error
                if self._stopped:
                    raise progress.given_up()
                left = remaining(progress.limit)
                if left == 0:
                    raise progress.late()
                self.changed.wait(left)
            return self.buffered

    def stop(self, *, may_wait: bool = True) -> None:
        """Give up, from any thread: the connection is closed, and the thread ends soon.

        Args:
            may_wait: For the lock, which is held for moments only; a destructor may not.
        """
        self._stopped = True  # the thread looks at it whenever it was woken
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
            self._fail(mapping.in_head(error, request_headers(self._request), unsent=unsent))
        except BaseException as error:  # noqa: BLE001  (of a hook or a transport: it is for the caller to see)
            self._fail(error)

    def _receive(self, response: httpx2.Response) -> None:
        head_is_there(response)
        buffered = BufferedBody(response)
        with self.changed:
            self.buffered = buffered
            self._response = response
            self.changed.notify_all()
        failure: TransportFailure | None = None
        try:
            if not (self._stopped or response.is_stream_consumed):
                self._read(response, buffered)
        except Exception as error:  # noqa: BLE001  (what broke a body is told by the next read)
            failure = mapping.in_body(error)
        self._end(response, buffered, failure)

    def _read(self, response: httpx2.Response, buffered: BufferedBody) -> None:
        # Not by `iter_raw`, which gives the connection back by itself: by then nobody may cut it any more.
        stream = response.stream
        if not isinstance(stream, httpx2.SyncByteStream):
            raise TypeError("the transport of the httpx2.Client gave an asynchronous stream")
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
        with suppress(Exception):  # what was read is what counts
            response.close()
        with self.changed:
            buffered.finish()
            self.changed.notify_all()

    def _fail(self, error: BaseException) -> None:
        with self.changed:
            self._error = error
            self.changed.notify_all()


class Httpx2Response:
    """See `protocols.Answer`."""

    __slots__ = ("_body", "_fetch", "_turn", "headers", "status")

    def __init__(self, fetch: _Request, buffered: BufferedBody, body: Body) -> None:
        self.status = buffered.status
        self.headers = list(buffered.headers)
        self._fetch = fetch
        self._body = body
        self._turn = threading.RLock()  # reentrant: an interrupt may leave it taken

    def read(self, deadline: float | None = None) -> bytes:
        """The next decoded bytes as soon as any are there, b"" at the end; see `protocols.Answer.read`."""
        self._take_turn()
        try:
            with self._fetch.changed:
                while (data := self._body.take()) is None:
                    self._wait(deadline)
                self._fetch.changed.notify_all()
            return data
        except (TransportFailure, RuntimeError):
            raise
        except BaseException:  # KeyboardInterrupt: bytes may be lost between the lock and here
            self._body.spoil()
            raise
        finally:
            self._turn.release()

    def release(self) -> None:
        """Let the client have its connection back: drained when little is missing, closed otherwise."""
        self._take_turn()
        deadline = monotonic() + DRAIN_SECONDS
        try:
            with self._fetch.changed:
                while not self._body.drain():
                    self._fetch.changed.notify_all()
                    self._wait(deadline)
        except DeadlineExceeded:
            pass
        finally:
            self._turn.release()
            self.abandon()

    def abandon(self) -> None:
        """Close the connection at once, unless the answer is complete."""
        if not self._body.settled:
            self._fetch.stop()

    def __del__(self) -> None:
        if not self._body.settled:
            self._fetch.stop(may_wait=False)

    def _take_turn(self) -> None:
        if not self._turn.acquire(blocking=False):
            raise RuntimeError("this answer is being read by another thread: one reader at a time")

    def _wait(self, deadline: float | None) -> None:
        left = remaining(deadline)
        if left == 0 or not self._fetch.changed.wait(left):
            raise DeadlineExceeded("body")


def _shut_down(response: httpx2.Response) -> None:
    """Wake the thread that reads this response; on HTTP/2 other answers share the connection."""
    stream = response.extensions.get("network_stream")
    if stream is None or not str(response.http_version).startswith("HTTP/1"):
        return
    sock = stream.get_extra_info("socket")
    if isinstance(sock, socket.socket):
        with suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # not SSLSocket's: it would read on in the clear
