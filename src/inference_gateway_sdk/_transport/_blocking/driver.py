"""The blocking driver: open a request, wait, read its response, release the connection."""

from __future__ import annotations

import functools
import os
import threading
import weakref
from time import monotonic
from typing import TYPE_CHECKING

from ..._http1.connection import Connection, NextAction, next_action
from ..._http1.failures import DeadlineExceeded, NotSentInTime, TransportFailure
from ..._http1.request import HeadBuilder
from ..._http1.response import DRAIN_SECONDS, Body
from ..routing import IDLE_SECONDS, LIMIT, TransportSettings
from .connection import BlockingConnection, connect
from .pool import BlockingPool

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable

    from ..._http1.request import RequestTarget, Route
    from ..._http1.response import ResponseParser
    from ..trust import Cert

__all__ = ["BlockingDriver", "BlockingResponse"]


class BlockingResponse:
    """The response of the blocking transport. See `protocols.TransportResponse`."""

    __slots__ = ("_body", "_connection", "_pool", "_read_lock", "headers", "status")

    def __init__(
        self, pool: BlockingPool, connection: BlockingConnection, response_parser: ResponseParser, body: Body
    ) -> None:
        self.status: int = response_parser.status
        self.headers: list[tuple[str, str]] = response_parser.headers
        self._pool = pool
        self._body = body
        # Reentrant, so that a lock that an interrupt left acquired does not block its own thread.
        self._read_lock = threading.RLock()
        # Last, so that the destructor of a response whose making was interrupted leaves the connection to `open`.
        self._connection: BlockingConnection | None = connection

    def read(self, deadline: float | None = None) -> bytes:
        """Return the next decoded bytes, or b"" at the end. See `protocols.TransportResponse.read`."""
        if self._connection is None and self._body.finished:
            return b""
        self._begin_read()
        try:
            body = self._body
            data = body.take()
            while data is None:
                if not body.pending:
                    self._step(deadline)
                data = body.take()
                if data is None and _passed(deadline):
                    raise DeadlineExceeded("body")
            return data
        except (TransportFailure, RuntimeError):
            raise
        except BaseException:  # KeyboardInterrupt: bytes may be lost anywhere between the socket and here
            self._body.invalidate()
            raise
        finally:
            self._end_read()

    def release(self) -> None:
        """Release the connection. Drain it if little is left, else close it."""
        if self._connection is None:
            return
        self._begin_read()
        try:
            self._drain()
        finally:
            self._give_back()
            self._read_lock.release()

    def abandon(self) -> None:
        """Close the connection at once. A thread that is reading wakes and raises an error."""
        connection = self._connection
        if connection is not None:
            connection.abandon()
            self._settle()

    def __del__(self) -> None:
        try:
            connection = self._connection
        except AttributeError:
            return
        if connection is not None:
            self._pool.forget(connection)

    def _begin_read(self) -> None:
        if not self._read_lock.acquire(blocking=False):
            raise RuntimeError("this response is being read by another thread: one reader at a time")

    def _end_read(self) -> None:
        if self._body.settled:
            self._give_back()
        self._read_lock.release()
        connection = self._connection
        if connection is not None and connection.http.abandoned:
            self._settle()

    def _settle(self) -> None:
        """Close an abandoned connection. If a thread is reading it, that thread closes it when its read ends."""
        if self._read_lock.acquire(blocking=False):
            try:
                self._body.interrupt()
                self._give_back()
            finally:
                self._read_lock.release()

    def _step(self, until: float | None) -> None:
        connection = self._connection
        if connection is None:
            raise RuntimeError("the response no longer has a connection")
        connection.step(until, "body")

    def _drain(self) -> None:
        until = monotonic() + DRAIN_SECONDS
        try:
            while not self._body.drain() and not _passed(until):
                self._step(until)
        except DeadlineExceeded:
            return

    def _give_back(self) -> None:
        connection = self._connection
        if connection is None:
            return
        response_parser = connection.http.response_parser
        try:
            self._connection = None
            self._pool.give_back(connection)
        except BaseException:  # KeyboardInterrupt
            if connection.http.response_parser is response_parser:  # not kept, so no other request can have it
                self._pool.forget(connection)
            raise


class BlockingDriver:
    """The blocking transport, safe to use from several threads and after a fork. See `protocols.Transport`."""

    def __init__(
        self,
        *,
        limit: int = LIMIT,
        idle_seconds: float = IDLE_SECONDS,
        proxy: str | None = "env",
        tls: ssl.SSLContext | None = None,
        ca: str | os.PathLike[str] | None = None,
        cert: Cert | None = None,
    ) -> None:
        """Store the settings. No connection is opened before the first request.

        Args:
            limit: Maximum number of connections in use. Further requests wait for a free one.
            idle_seconds: Maximum time that a connection stays idle.
            proxy: URL of an http proxy, "env" for the environment's, or None for none.
            tls: Complete TLS settings, instead of `ca` and `cert`.
            ca: Authorities to trust instead of the system's: a PEM file, a directory, or PEM text.
            cert: The client's certificate: a PEM path, (certificate, key), or (certificate, key, password).

        Raises:
            TypeError: An argument has the wrong type. The message names it.
            ValueError: An argument has an invalid value. The message names it.
        """
        self._settings = TransportSettings(
            limit=limit, idle_seconds=idle_seconds, proxy=proxy, tls=tls, ca=ca, cert=cert
        )
        self._without_certificate = functools.partial(
            type(self), limit=limit, idle_seconds=idle_seconds, proxy=proxy, ca=ca
        )
        self._is_anonymous = tls is None and cert is None
        self._may_connect: Callable[[str], bool] | None = None
        self._pool = self._new_pool()
        self._compose = HeadBuilder()
        _drivers.add(self)

    def anonymous(self) -> BlockingDriver:
        """Return a driver that presents no certificate: this one where it has none, else a new one to be closed."""
        return self if self._is_anonymous else self._without_certificate()

    def restricted(self, may_connect: Callable[[str], bool]) -> BlockingDriver:
        """Return a new anonymous driver that connects directly only to IP addresses for which `may_connect` is true."""
        driver = self._without_certificate()
        driver._may_connect = may_connect  # noqa: SLF001  (of its own class)
        return driver

    def open(
        self,
        method: str,
        url: str,
        headers: Iterable[tuple[str, str]],
        body: bytes | None,
        *,
        deadline: float | None = None,
        connect_seconds: float | None = None,
    ) -> BlockingResponse:
        """Send one request and return its response once the head is complete. See `protocols.Transport.open`."""
        try:
            destination = self._settings.destination(url)
        finally:
            del url  # its query may contain a secret, and error trackers record the variables of a traceback
        head = self._compose(destination, method, headers, body)
        pool = self._pool
        pool.wait_slot(deadline)
        try:
            if pool.closed:
                raise RuntimeError(_CLOSED)
            answer = None
            while answer is None:
                connection = pool.idle_one(destination.route)
                reused = connection is not None
                if connection is None:
                    connection = self._connect(destination.route, deadline, connect_seconds)
                try:
                    if not reused:
                        pool.use(connection)
                    connection.http.request(method, head.data, body)
                    answer = _open_response(pool, connection, destination, deadline, reused=reused)
                except BaseException:
                    pool.drop(connection)
                    raise
        except BaseException:
            pool.free_slot()
            raise
        return answer

    def close(self) -> None:
        """Close all connections. Open responses end with an error."""
        self._pool.close()

    def _connect(self, route: Route, deadline: float | None, seconds: float | None) -> BlockingConnection:
        until = deadline if seconds is None else monotonic() + seconds
        if deadline is not None and until is not None:
            until = min(until, deadline)
        http = Connection(route, self._settings.context() if route.tls else None)
        may_connect = self._may_connect if route.is_direct else None
        sock = connect(*route.address, until, may_connect)
        late = False
        try:
            connection = BlockingConnection(sock, http)
            while not http.ready:
                if http.failure is not None:
                    raise http.failure
                if late:
                    raise NotSentInTime("connect")
                connection.step(until, "connect")
                late = _passed(until)
        except DeadlineExceeded:
            sock.close()
            raise NotSentInTime("connect") from None
        except BaseException:
            sock.close()
            raise
        return connection

    def _new_pool(self) -> BlockingPool:
        return BlockingPool(self._settings.limit, self._settings.idle_seconds)

    def disown(self) -> None:
        """Reset the driver in a forked child. The open connections belong to the parent."""
        parents, self._pool = self._pool, self._new_pool()
        self._pool.closed = parents.closed
        parents.disown()


def _open_response(
    pool: BlockingPool,
    connection: BlockingConnection,
    destination: RequestTarget,
    deadline: float | None,
    *,
    reused: bool,
) -> BlockingResponse | None:
    """Wait for the response to the request in progress. Return None if it must be sent on another connection."""
    http, waited = connection.http, False
    while (state := next_action(http, reused=reused, proxied=destination.proxied)) is NextAction.WAIT:
        if waited and _passed(deadline):
            raise DeadlineExceeded("headers")
        connection.step(deadline, "headers")
        waited = True
    response_parser = http.response_parser
    if state is NextAction.AGAIN or response_parser is None:
        pool.drop(connection)
        return None
    return BlockingResponse(pool, connection, response_parser, Body(response_parser))


def _passed(deadline: float | None) -> bool:
    """Return whether a deadline has passed: a wait alone does not notice while bytes keep coming."""
    return deadline is not None and monotonic() >= deadline


_CLOSED = "the driver is closed: make a new one"
_drivers: weakref.WeakSet[BlockingDriver] = weakref.WeakSet()


def _after_fork() -> None:
    for driver in list(_drivers):
        driver.disown()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
