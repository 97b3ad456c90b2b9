"""The blocking driver: a request in, an answer out, connections shared by threads."""

from __future__ import annotations

import os
import weakref
from time import monotonic
from typing import TYPE_CHECKING

from inference_gateway_sdk._http1.attempt import Prospect, prospect
from inference_gateway_sdk._http1.body import Body
from inference_gateway_sdk._http1.failures import DeadlineExceeded, NotSentInTime
from inference_gateway_sdk._http1.head import Composer
from inference_gateway_sdk._http1.link import Link
from inference_gateway_sdk._transport.settings import IDLE_SECONDS, LIMIT, Settings

from .answer import BlockingAnswer
from .connect import connect
from .connection import Connection
from .pool import Pool

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    from inference_gateway_sdk._http1.route import Plan, Route
    from inference_gateway_sdk._transport.trust import Cert

__all__ = ["BlockingDriver"]


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
        self._settings = Settings(limit=limit, idle_seconds=idle_seconds, proxy=proxy, tls=tls, ca=ca, cert=cert)
        self._pool = self._new_pool()
        self._compose = Composer()
        _drivers.add(self)

    def open(
        self,
        method: str,
        url: str,
        headers: Iterable[tuple[str, str]],
        body: bytes | None,
        *,
        deadline: float | None = None,
        connect_seconds: float | None = None,
    ) -> BlockingAnswer:
        """Send one request and return when the head of its final answer is there; see `protocols.Driver.open`."""
        plan = self._settings.plan(url)
        head = self._compose(plan, method, headers, body)
        pool = self._pool
        pool.wait_slot(deadline)
        try:
            if pool.closed:
                raise RuntimeError(_CLOSED)
            answer = None
            while answer is None:
                connection = pool.idle_one(plan.route)
                reused = connection is not None
                if connection is None:
                    connection = self._connect(pool, plan.route, deadline, connect_seconds)
                try:
                    connection.link.request(method, head, body)
                    answer = _answer(pool, connection, plan, deadline, reused=reused)
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

    def _connect(self, pool: Pool, route: Route, deadline: float | None, seconds: float | None) -> Connection:
        until = deadline if seconds is None else monotonic() + seconds
        if deadline is not None and until is not None:
            until = min(until, deadline)
        link = Link(route, self._settings.context() if route.tls else None)
        connection = Connection(connect(*route.address, until), link)
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

    def _new_pool(self) -> Pool:
        return Pool(self._settings.limit, self._settings.idle_seconds)

    def disown(self) -> None:
        """Begin afresh in a forked child: what is open belongs to the parent."""
        parents, self._pool = self._pool, self._new_pool()
        self._pool.closed = parents.closed
        parents.disown()


def _answer(
    pool: Pool, connection: Connection, plan: Plan, deadline: float | None, *, reused: bool
) -> BlockingAnswer | None:
    """The answer to the request that is on the connection, None when it is to be sent on another."""
    link = connection.link
    while (state := prospect(link, reused=reused, proxied=plan.proxied)) is Prospect.WAIT:
        connection.step(deadline, "headers")
    exchange = link.exchange
    if state is Prospect.AGAIN or exchange is None:
        pool.drop(connection)
        return None
    return BlockingAnswer(pool, connection, exchange, Body(exchange))


_CLOSED = "the driver is closed: make a new one"
_drivers: weakref.WeakSet[BlockingDriver] = weakref.WeakSet()


def _after_fork() -> None:
    for driver in list(_drivers):
        driver.disown()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
