"""The asyncio driver: a request in, an answer out, connections shared by the tasks of a loop."""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from time import monotonic
from typing import TYPE_CHECKING

from inference_gateway_sdk._http1.attempt import Prospect, prospect
from inference_gateway_sdk._http1.body import Body
from inference_gateway_sdk._http1.failures import NotSent, NotSentInTime
from inference_gateway_sdk._http1.head import Composer
from inference_gateway_sdk._http1.link import Link
from inference_gateway_sdk._transport.settings import IDLE_SECONDS, LIMIT, Settings

from .answer import AsyncioAnswer
from .connect import connect
from .connection import Connection
from .pool import Pool

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, Iterable

    from inference_gateway_sdk._http1.route import Plan, Route
    from inference_gateway_sdk._transport.trust import Cert

__all__ = ["AsyncioDriver"]


class AsyncioDriver:
    """See `protocols.AsyncDriver`. One driver serves any number of loops, each with connections of its own."""

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
        """Nothing is opened before the first request, and no loop need run yet.

        Args:
            limit: Most connections in use at a time on one loop; further requests wait for one.
            idle_seconds: How long an idle connection is kept.
            proxy: The URL of an http proxy, "env" for the environment's, None for none.
            tls: Complete TLS settings, instead of `ca` and `cert`.
            ca: Authorities to trust instead of the system's: a PEM file, a directory, or PEM text.
            cert: The client's certificate: a PEM path, (certificate, key), or (certificate, key, password).

        Raises:
            ValueError: It names the argument.
        """
        self._settings = Settings(limit=limit, idle_seconds=idle_seconds, proxy=proxy, tls=tls, ca=ca, cert=cert)
        self._closed = False
        self._lock = threading.Lock()
        self._pools: dict[asyncio.AbstractEventLoop, tuple[Pool, AsyncGenerator[None]]] = {}
        self._compose = Composer()
        _drivers.add(self)

    async def open(
        self,
        method: str,
        url: str,
        headers: Iterable[tuple[str, str]],
        body: bytes | None,
        *,
        deadline: float | None = None,
        connect_seconds: float | None = None,
    ) -> AsyncioAnswer:
        """Send one request and return when the head of its final answer is there; see `protocols.Driver.open`."""
        plan = self._settings.plan(url)
        head = self._compose(plan, method, headers, body)
        pool = self._pool() or await self._new_pool()
        if not pool.take_slot():
            await pool.wait_slot(deadline)
        try:
            if pool.closed:
                raise RuntimeError(_CLOSED)
            answer = None
            while answer is None:
                connection = pool.idle_one(plan.route)
                reused = connection is not None
                if connection is None:
                    connection = await self._connect(pool, plan.route, deadline, connect_seconds)
                elif (connection.unread or connection.link.dead) and not await pool.hear(connection):
                    continue
                try:
                    connection.link.request(method, head, body)
                    connection.flush()
                    answer = await _answer(pool, connection, plan, deadline, reused=reused)
                except BaseException:
                    pool.drop(connection)
                    raise
        except BaseException:
            pool.free_slot()
            raise
        return answer

    async def aclose(self) -> None:
        """Close every connection of every loop; open answers end with an error."""
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
        """Begin afresh in a forked child: what is open, and the selector that serves it, belong to the parent."""
        self._lock = threading.Lock()
        parents, self._pools = self._pools, {}
        for pool, _ in parents.values():
            pool.disown()
        _of_parents.append(parents)

    def _pool(self) -> Pool | None:
        if self._closed:
            raise RuntimeError(_CLOSED)
        known = self._pools.get(asyncio.get_running_loop())
        return None if known is None else known[0]

    async def _new_pool(self) -> Pool:
        loop = asyncio.get_running_loop()
        pool = Pool(loop, self._settings.limit, self._settings.idle_seconds)
        guard = pool.until_loop_ends()
        with self._lock:
            for other in [other for other in self._pools if other.is_closed()]:
                del self._pools[other]
            self._pools[loop] = (pool, guard)
        await anext(guard)
        return pool

    async def _connect(self, pool: Pool, route: Route, deadline: float | None, seconds: float | None) -> Connection:
        until = deadline if seconds is None else monotonic() + seconds
        if deadline is not None and until is not None:
            until = min(until, deadline)
        try:
            async with asyncio.timeout(None if until is None else until - monotonic()):
                return await self._connected(pool, route)
        except TimeoutError:
            raise NotSentInTime("connect") from None

    async def _connected(self, pool: Pool, route: Route) -> Connection:
        link = Link(route, self._settings.context() if route.tls else None)
        sock = await connect(*route.address)
        connection = Connection(pool.loop, sock, link, pool.buffer)
        try:
            await pool.loop.create_connection(lambda: connection, sock=sock)
            pool.use(connection)
            while not link.ready:
                if link.failure is not None:
                    raise link.failure
                await connection.wait(None, "connect")
        except BaseException as error:
            pool.drop(connection)
            sock.close()
            if isinstance(error, OSError):
                raise NotSent(f"cannot connect to {route.name}: {error.strerror or error}") from None
            raise
        return connection


async def _answer(
    pool: Pool, connection: Connection, plan: Plan, deadline: float | None, *, reused: bool
) -> AsyncioAnswer | None:
    """The answer to the request that is on the connection, None when it is to be sent on another."""
    link = connection.link
    while (state := prospect(link, reused=reused, proxied=plan.proxied)) is Prospect.WAIT:
        await connection.wait(deadline, "headers")
    exchange = link.exchange
    if state is Prospect.AGAIN or exchange is None:
        pool.drop(connection)
        return None
    return AsyncioAnswer(pool, connection, exchange, Body(exchange))


_CLOSED = "the driver is closed: make a new one"
_of_parents: list[object] = []
"""What a forked process inherited, kept from being destroyed: an asyncio transport closes itself when it is."""
_drivers: weakref.WeakSet[AsyncioDriver] = weakref.WeakSet()


def _after_fork() -> None:
    for driver in list(_drivers):
        driver.disown()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
