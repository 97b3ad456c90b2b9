"""A tape behind a loopback port: what any HTTP client asks there is played, or passed on to a server and recorded.

It is served as the embedded gateway is. What was cut in the recording is cut again: the connection ends in the midst.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from ..._http1.failures import TransportFailure
from ...embedded.client_connection import ClientLeft, hang_up, while_connected
from ...embedded.runner import hosting
from ...embedded.settings import Settings
from ._async.driver import AsyncCassetteTransport
from .exchange import CassetteMissError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from starlette.types import Message, Receive, Scope, Send

    from ..._transport.protocols import AsyncTransport, AsyncTransportResponse
    from .cassette import Cassette
    from .exchange import Pairs

__all__ = ["cassette_gateway"]

# What belongs to one connection (RFC 9110 section 7.6.1), or is set by the driver or the server themselves.
_OF_CONNECTION: Final = frozenset(
    "connection keep-alive proxy-connection proxy-authorization te trailer transfer-encoding upgrade".split()
)
_NOT_SENT: Final = _OF_CONNECTION | {"host", "content-length", "accept-encoding", "expect"}
_NOT_GIVEN: Final = _OF_CONNECTION | {"date", "content-encoding"}
_GRACE_SECONDS: Final = 5.0
"""How long a client may take to leave where the recorded one left, before that counts as a miss."""


@contextmanager
def cassette_gateway(cassette: Cassette, upstream: str | None, transport: AsyncTransport) -> Generator[str]:
    """The address of a server that asks the tape; see `Cassette.gateway`.

    Raises:
        ValueError: `upstream` is missing though something may be recorded, or is no address.
        CassetteMissError: When the block ends: a request found nothing.
    """
    app = _App(cassette, AsyncCassetteTransport(cassette, _Upstream(transport, _checked(cassette, upstream))))
    with hosting(app, Settings(port=0)) as url:
        yield url
    if app.misses:
        raise app.misses[0]


def _checked(cassette: Cassette, upstream: str | None) -> str:
    if upstream is None:
        if cassette.records:
            raise ValueError(f"upstream is missing: {cassette.path} is to be recorded, so say from where")
        return ""
    if not upstream.startswith(("http://", "https://")) or "?" in upstream or "#" in upstream:
        raise ValueError("upstream must be an http or https URL without a query, such as 'http://localhost:8080'")
    return upstream.rstrip("/")


class _Upstream:
    """A carrier to one server: its address is put before each URL, and is not recorded; see `protocols.AsyncDriver`."""

    def __init__(self, transport: AsyncTransport, address: str) -> None:
        self._transport = transport
        self._address = address

    async def open(
        self, method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes | None, **limits: float | None
    ) -> AsyncTransportResponse:
        return await self._transport.open(method, self._address + url, headers, body, **limits)

    async def aclose(self) -> None:
        await self._transport.aclose()


class _App:
    """The tape as an ASGI application."""

    def __init__(self, cassette: Cassette, driver: AsyncCassetteTransport) -> None:
        self._cassette = cassette
        self._driver = driver
        self.misses: list[CassetteMissError] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        try:
            await self._answer(scope, receive, send)
        except ClientLeft:
            return
        except TransportFailure:
            await hang_up(scope, receive)
        except CassetteMissError as miss:
            self.misses.append(miss)
            await hang_up(scope, receive)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._driver.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _forwarded(_decoded(scope["headers"]), _NOT_SENT)
        body = await _request_body(scope, receive)
        opening = self._driver.open(scope["method"], _target(scope), headers, body)
        try:
            answer = await while_connected(receive, opening)
        except CassetteMissError as miss:
            self.misses.append(miss)
            await _refuse(miss, send)
            return
        try:
            await while_connected(receive, self._relay(answer, send))
        except ClientLeft:
            await answer.release()  # what is near the end is recorded, whether or not this client waited for it
        except BaseException:
            answer.abandon()
            raise

    async def _relay(self, answer: AsyncTransportResponse, send: Send) -> None:
        coded = any(name == "content-encoding" for name, _ in answer.headers)
        headers = _forwarded(answer.headers, _NOT_GIVEN | {"content-length"} if coded else _NOT_GIVEN)
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        missing = _length(headers)
        try:
            while piece := await answer.read():
                missing -= len(piece)
                if missing == 0:  # a client that has them all may be gone before the end is seen, and recorded
                    await answer.read()
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except CassetteMissError as miss:
            await asyncio.sleep(_GRACE_SECONDS)  # ends as soon as the client leaves, as the recorded one did
            raise self._cassette.missed(miss) from None
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _refuse(miss: CassetteMissError, send: Send) -> None:
    """Answer with 400, which no client repeats, and the miss in an error's usual form."""
    body = msgspec.json.encode({"error": {"message": str(miss), "type": "cassette_miss"}})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _request_body(scope: Scope, receive: Receive) -> bytes | None:
    """The request's body, None when it has none."""
    pieces: list[bytes] = []
    while True:
        message: Message = await receive()
        if message["type"] != "http.request":
            raise ClientLeft
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            break
    framed = any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])
    return b"".join(pieces) if framed else None


def _length(headers: Pairs) -> int:
    """How long the body is to be, -1 when that is not said."""
    return next((int(value) for name, value in headers if name == "content-length" and value.isdecimal()), -1)


def _target(scope: Scope) -> str:
    path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _decoded(pairs: Iterable[tuple[bytes, bytes]]) -> Pairs:
    return tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs])


def _forwarded(pairs: Iterable[tuple[str, str]], dropped: Iterable[str]) -> Pairs:
    return tuple([(name, value) for name, value in pairs if name.lower() not in dropped])
