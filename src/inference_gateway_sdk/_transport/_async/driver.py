"""The asyncio driver: open a request, wait, read its response, release the connection."""

from __future__ import annotations

import asyncio
import atexit
import functools
import os
import threading
import weakref
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from ..._http1.connection import Connection, NextAction, next_action
from ..._http1.failures import DeadlineExceeded, NotSent, NotSentInTime
from ..._http1.request import HeadBuilder
from ..._http1.response import DRAIN_SECONDS, Body
from ..routing import IDLE_SECONDS, LIMIT, TransportSettings
from .connection import AsyncConnection, connect
from .pool import AsyncPool

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, Callable, Iterable

    from ..._http1.request import RequestTarget, Route
    from ..._http1.response import ResponseParser
    from ..trust import Cert

__all__ = ["AsyncioDriver", "AsyncioResponse"]


_TWO_READERS = "this response is being read by another task: one reader at a time"


class AsyncioResponse:
    """The response of the asyncio transport. See `protocols.AsyncTransportResponse`."""

    __slots__ = ("_body", "_connection", "_pool", "_reading", "headers", "status")

    def __init__(
        self, pool: AsyncPool, connection: AsyncConnection, response_parser: ResponseParser, body: Body
    ) -> None:
        self.status = response_parser.status
        self.headers = response_parser.headers
        self._pool = pool
        self._body = body
        self._connection: AsyncConnection | None = connection
        self._reading = False

    async def read(self, deadline: float | None = None) -> bytes:
        """Return the next decoded bytes, or b"" at the end. See `protocols.TransportResponse.read`."""
        if self._connection is None and self._body.finished:
            return b""
        if self._reading:
            raise RuntimeError(_TWO_READERS)
        self._reading = True
        try:
            body = self._body
            if body.pending:
                await asyncio.sleep(0)  # decoding needs no wait, so nobody else would get a turn
            data = body.take()
            while data is None:
                await self._more(deadline)
                data = body.take()
                if data is None and deadline is not None and monotonic() >= deadline:
                    raise DeadlineExceeded("body")
            if self._connection is not None:
                self._connection.taken()
            return data
        finally:
            self._reading = False
            if self._body.settled:
                self._give_back()

    async def release(self) -> None:
        """Release the connection. Drain it if little is left, else close it."""
        if self._connection is None:
            return
        if self._reading:
            raise RuntimeError(_TWO_READERS)
        self._reading = True
        try:
            await self._drain()
        finally:
            self._reading = False
            self._give_back()

    def abandon(self) -> None:
        """Close the connection at once. It may be called from any thread, as it only schedules a callback."""
        connection, self._connection = self._connection, None
        if connection is not None and not self._pool.disowned:
            connection.http.abandoned = True
            with suppress(RuntimeError):  # the loop is closed, and so is the connection
                self._pool.loop.call_soon_threadsafe(self._pool.forget, connection)

    def __del__(self) -> None:
        self.abandon()

    async def _more(self, deadline: float | None) -> None:
        """Wait until the body can give more."""
        connection = self._connection
        if self._body.pending:
            await asyncio.sleep(0)
        elif connection is None:
            self._body.interrupt()
        else:
            await connection.wait(deadline, "body")

    async def _drain(self) -> None:
        until = monotonic() + DRAIN_SECONDS
        try:
            while not self._body.drain() and monotonic() < until:
                connection = self._connection
                if connection is None:
                    self._body.interrupt()
                else:
                    connection.taken()
                    await connection.wait(until, "body")
        except DeadlineExceeded:
            return

    def _give_back(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.give_back(connection)


class AsyncioDriver:
    """The asyncio transport. One driver serves any number of loops, each with separate connections."""

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
        """Store the settings. No connection is opened before the first request, and no loop need be running.

        Args:
            limit: Maximum number of connections in use on one loop. Further requests wait for a free one.
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
        self._closed = False
        self._lock = threading.Lock()
        self._pools: dict[asyncio.AbstractEventLoop, tuple[AsyncPool, AsyncGenerator[None]]] = {}
        self._compose = HeadBuilder()
        _drivers.add(self)

    def anonymous(self) -> AsyncioDriver:
        """Return a driver that presents no certificate: this one where it has none, else a new one to be closed."""
        return self if self._is_anonymous else self._without_certificate()

    def restricted(self, may_connect: Callable[[str], bool]) -> AsyncioDriver:
        """Return a new anonymous driver that connects directly only to IP addresses for which `may_connect` is true."""
        driver = self._without_certificate()
        driver._may_connect = may_connect  # noqa: SLF001  (of its own class)
        return driver

    async def open(
        self,
        method: str,
        url: str,
        headers: Iterable[tuple[str, str]],
        body: bytes | None,
        *,
        deadline: float | None = None,
        connect_seconds: float | None = None,
    ) -> AsyncioResponse:
        """Send one request and return its response once the head is complete. See `protocols.Transport.open`."""
        try:
            destination = self._settings.destination(url)
        finally:
            del url  # its query may contain a secret, and error trackers record the variables of a traceback
        head = self._compose(destination, method, headers, body)
        pool = self._pool() or await self._new_pool()
        if not pool.take_slot():
            await pool.wait_slot(deadline)
        try:
            if pool.closed:
                raise RuntimeError(_CLOSED)
            answer = None
            while answer is None:
                connection = pool.idle_one(destination.route)
                reused = connection is not None
                if connection is None:
                    connection = await self._connect(pool, destination.route, deadline, connect_seconds)
                elif (connection.unread or connection.http.dead) and not await pool.check_reusable(connection):
                    continue
                try:
                    connection.http.request(method, head.data, body)
                    connection.flush()
                    answer = await _open_response(pool, connection, destination, deadline, reused=reused)
                except BaseException:
                    pool.drop(connection)
                    raise
        except BaseException:
            pool.free_slot()
            raise
        return answer

    async def aclose(self) -> None:
        """Close all connections of all loops. Open responses end with an error."""
        self._closed = True
        here = asyncio.get_running_loop()
        with self._lock:
            pools, self._pools = self._pools, {}
        for loop, (pool, guard) in pools.items():
            if loop is here:
                await guard.aclose()
            elif not loop.is_closed():
                loop.call_soon_threadsafe(pool.close)

    def disown(self) -> None:
        """Reset the driver in a forked child. The open connections and their selector belong to the parent."""
        self._lock = threading.Lock()
        parents, self._pools = self._pools, {}
        for pool, _ in parents.values():
            pool.disown()
        _of_parents.append(parents)

    def finish_stopped_loops(self) -> None:
        """Close the pools of loops that do not run, and perhaps never will again.

        `asyncio.run()` does so itself. A loop that was run by hand and left would complain of the pool's generator.
        """
        for loop, (_, guard) in list(self._pools.items()):
            if not loop.is_running():
                closing = guard.aclose()
                with suppress(StopIteration, RuntimeError):  # RuntimeError: the loop is closed
                    while True:
                        closing.send(None)

    def __del__(self) -> None:
        with suppress(AttributeError):  # the constructor failed
            self.finish_stopped_loops()

    def _pool(self) -> AsyncPool | None:
        if self._closed:
            raise RuntimeError(_CLOSED)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError(_NO_LOOP) from None
        known = self._pools.get(loop)
        return None if known is None else known[0]

    async def _new_pool(self) -> AsyncPool:
        loop = asyncio.get_running_loop()
        pool = AsyncPool(loop, self._settings.limit, self._settings.idle_seconds)
        guard = pool.until_loop_ends()
        with self._lock:
            for other in [other for other in self._pools if other.is_closed()]:
                del self._pools[other]
            self._pools[loop] = (pool, guard)
        await anext(guard)
        return pool

    async def _connect(
        self, pool: AsyncPool, route: Route, deadline: float | None, seconds: float | None
    ) -> AsyncConnection:
        until = deadline if seconds is None else monotonic() + seconds
        if deadline is not None and until is not None:
            until = min(until, deadline)
        try:
            async with asyncio.timeout(None if until is None else until - monotonic()):
                return await self._connected(pool, route)
        except TimeoutError:
            raise NotSentInTime("connect") from None

    async def _connected(self, pool: AsyncPool, route: Route) -> AsyncConnection:
        http = Connection(route, self._settings.context() if route.tls else None)
        sock = await connect(*route.address, self._may_connect if route.is_direct else None)
        connection = AsyncConnection(pool.loop, sock, http, pool.buffer)
        try:
            await pool.loop.create_connection(lambda: connection, sock=sock)
            pool.use(connection)
            while not http.ready:
                if http.failure is not None:
                    raise http.failure
                await connection.wait(None, "connect")
        except BaseException as error:
            pool.drop(connection)
            sock.close()
            if isinstance(error, OSError):
                raise NotSent(f"cannot connect to {route.name}: {error.strerror or error}") from None
            raise
        return connection


async def _open_response(
    pool: AsyncPool, connection: AsyncConnection, destination: RequestTarget, deadline: float | None, *, reused: bool
) -> AsyncioResponse | None:
    """Wait for the response to the request in progress. Return None if it must be sent on another connection."""
    http = connection.http
    while (state := next_action(http, reused=reused, proxied=destination.proxied)) is NextAction.WAIT:
        await connection.wait(deadline, "headers")
    response_parser = http.response_parser
    if state is NextAction.AGAIN or response_parser is None:
        pool.drop(connection)
        return None
    return AsyncioResponse(pool, connection, response_parser, Body(response_parser))


_NO_LOOP = (
    "no asyncio event loop is running: the async client needs one, so use it under asyncio.run() "
    "(anyio's asyncio backend will do, trio will not), or use the blocking client"
)
_CLOSED = "the driver is closed: make a new one"
_of_parents: list[object] = []
"""Pools inherited by a forked child, kept alive because an asyncio transport closes itself when it is destroyed."""
_drivers: weakref.WeakSet[AsyncioDriver] = weakref.WeakSet()


def _at_exit() -> None:
    for driver in list(_drivers):
        driver.finish_stopped_loops()


atexit.register(_at_exit)


def _after_fork() -> None:
    for driver in list(_drivers):
        driver.disown()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
