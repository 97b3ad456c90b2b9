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
    from collections.abc import Iterable

    from ..._http1.request import RequestTarget, Route
    from ..._http1.response import ResponseParser
    from ..trust import Cert

__all__ = ["BlockingDriver", "BlockingResponse"]


class BlockingResponse:
    """See `protocols.Answer`."""

    __slots__ = ("_body", "_connection", "_pool", "_turn", "headers", "status")

    def __init__(
        self, pool: BlockingPool, connection: BlockingConnection, response_parser: ResponseParser, body: Body
    ) -> None:
        self.status = response_parser.status
        self.headers = response_parser.headers
        self._pool = pool
        self._body = body
        self._connection: BlockingConnection | None = connection
        # Reentrant, so that a turn which an interrupt left taken does not lock its own thread out.
        self._turn = threading.RLock()

    def read(self, deadline: float | None = None) -> bytes:
        """The next decoded bytes as soon as any are there, b"" at the end; see `protocols.Answer.read`."""
        self._take_turn()
        try:
            while (data := self._body.take()) is None:
                self._step(deadline)
            return data
        except (TransportFailure, RuntimeError):
            raise
        except BaseException:  # KeyboardInterrupt: bytes may be lost anywhere between the socket and here
            self._body.spoil()
            raise
        finally:
            self._end_turn()

    def release(self) -> None:
        """Give the connection back: drained when little is missing, closed otherwise."""
        if self._connection is None:
            return
        self._take_turn()
        try:
            self._drain()
        finally:
            self._give_back()
            self._turn.release()

    def abandon(self) -> None:
        """Close the connection at once; a thread that reads is woken and told."""
        connection = self._connection
        if connection is not None:
            connection.abandon()
            self._settle()

    def __del__(self) -> None:
        connection = self._connection
        if connection is not None:
            self._pool.forget(connection)

    def _take_turn(self) -> None:
        if not self._turn.acquire(blocking=False):
            raise RuntimeError("this answer is being read by another thread: one reader at a time")

    def _end_turn(self) -> None:
        if self._body.settled:
            self._give_back()
        self._turn.release()
        connection = self._connection
        if connection is not None and connection.link.abandoned:
            self._settle()

    def _settle(self) -> None:
        """Close an abandoned connection, unless a reader has it: that one does so when its turn ends."""
        if self._turn.acquire(blocking=False):
            try:
                self._body.interrupt()
                self._give_back()
            finally:
                self._turn.release()

    def _step(self, until: float | None) -> None:
        connection = self._connection
        if connection is None:
            raise RuntimeError("the answer has no connection any more")
        connection.step(until, "body")

    def _drain(self) -> None:
        until = monotonic() + DRAIN_SECONDS
        try:
            while not self._body.drain():
                self._step(until)
        except DeadlineExceeded:
            return

    def _give_back(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.give_back(connection)


class BlockingDriver:
    """See `protocols.Driver`. Safe between threads and after fork."""

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
        """Nothing is opened before the first request.

        Args:
            limit: Most connections in use at a time; further requests wait for one.
            idle_seconds: How long an idle connection is kept.
            proxy: The URL of an http proxy, "env" for the environment's, None for none.
            tls: Complete TLS settings, instead of `ca` and `cert`.
            ca: Authorities to trust instead of the system's: a PEM file, a directory, or PEM text.
            cert: The client's certificate: a PEM path, (certificate, key), or (certificate, key, password).

        Raises:
            ValueError: It names the argument.
        """
        self._settings = TransportSettings(
            limit=limit, idle_seconds=idle_seconds, proxy=proxy, tls=tls, ca=ca, cert=cert
        )
        self._without_certificate = functools.partial(
            type(self), limit=limit, idle_seconds=idle_seconds, proxy=proxy, ca=ca
        )
        self._is_anonymous = tls is None and cert is None
        self._pool = self._new_pool()
        self._compose = HeadBuilder()
        _drivers.add(self)

    def anonymous(self) -> BlockingDriver:
        """Return a driver that presents no certificate: this one where it has none, else a new one to be closed."""
        return self if self._is_anonymous else self._without_certificate()

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
        """Send one request and return when the head of its final answer is there; see `protocols.Driver.open`."""
        try:
            destination = self._settings.destination(url)
        finally:
            del url  # its query may hold a secret, and error trackers collect the variables of a traceback
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
                    connection = self._connect(pool, destination.route, deadline, connect_seconds)
                try:
                    connection.link.request(method, head.data, body)
                    answer = _open_response(pool, connection, destination, deadline, reused=reused)
                except BaseException:
                    pool.drop(connection)
                    raise
        except BaseException:
            pool.free_slot()
            raise
        return answer

    def close(self) -> None:
        """Close every connection; open answers end with an error."""
        self._pool.close()

    def _connect(
        self, pool: BlockingPool, route: Route, deadline: float | None, seconds: float | None
    ) -> BlockingConnection:
        until = deadline if seconds is None else monotonic() + seconds
        if deadline is not None and until is not None:
            until = min(until, deadline)
        link = Connection(route, self._settings.context() if route.tls else None)
        connection = BlockingConnection(connect(*route.address, until), link)
        try:
            while not link.ready:
                if link.failure is not None:
                    raise link.failure
                connection.step(until, "connect")
        except DeadlineExceeded:
            connection.close()
            raise NotSentInTime("connect") from None
        except BaseException:
            connection.close()
            raise
        pool.use(connection)
        return connection

    def _new_pool(self) -> BlockingPool:
        return BlockingPool(self._settings.limit, self._settings.idle_seconds)

    def disown(self) -> None:
        """Begin afresh in a forked child: what is open belongs to the parent."""
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
    """The answer to the request that is on the connection, None when it is to be sent on another."""
    link = connection.link
    while (state := next_action(link, reused=reused, proxied=destination.proxied)) is NextAction.WAIT:
        connection.step(deadline, "headers")
    response_parser = link.response_parser
    if state is NextAction.AGAIN or response_parser is None:
        pool.drop(connection)
        return None
    return BlockingResponse(pool, connection, response_parser, Body(response_parser))


_CLOSED = "the driver is closed: make a new one"
_drivers: weakref.WeakSet[BlockingDriver] = weakref.WeakSet()


def _after_fork() -> None:
    for driver in list(_drivers):
        driver.disown()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
