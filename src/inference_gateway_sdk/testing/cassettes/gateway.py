"""A cassette behind a loopback port: requests of any HTTP client are played, or passed on to a server and recorded.

It uses the embedded gateway's server. An answer that was cut off in the recording is cut off again, by closing the
connection.
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
    from .exchange import Pairs
    from .recorder import ExchangeSource

__all__ = ["cassette_gateway"]

# Headers of one connection (RFC 9110 section 7.6.1), or set by the transport or the server.
_OF_CONNECTION: Final = frozenset(
    "connection keep-alive proxy-connection proxy-authorization te trailer transfer-encoding upgrade".split()
)
_NOT_SENT: Final = _OF_CONNECTION | {"host", "content-length", "accept-encoding", "expect"}
_NOT_GIVEN: Final = _OF_CONNECTION | {"date", "content-encoding"}
_GRACE_SECONDS: Final = 5.0
"""Seconds for a client to leave where the recorded one left. A client that stays longer is a miss."""


@contextmanager
def cassette_gateway(cassette: ExchangeSource, upstream: str | None, transport: AsyncTransport) -> Generator[str]:
    """Run a server that plays or records with the cassette, and return its address; see `Cassette.gateway`.

    Raises:
        ValueError: `upstream` is missing although requests may be recorded, or is not a URL.
        CassetteMissError: A request had no recorded answer. Raised at the end of the block.
    """
    app = _App(cassette, AsyncCassetteTransport(cassette, _Upstream(transport, _checked(cassette, upstream))))
    with hosting(app, Settings(port=0)) as url:
        yield url
    if app.misses:
        raise app.misses[0]


def _checked(cassette: ExchangeSource, upstream: str | None) -> str:
    if upstream is None:
        if cassette.records:
            raise ValueError(f"upstream is missing: pass the URL of the server to record {cassette.path} from")
        return ""
    if not upstream.startswith(("http://", "https://")) or "?" in upstream or "#" in upstream:
        raise ValueError("upstream must be an http or https URL without a query, such as 'http://localhost:8080'")
    return upstream.rstrip("/")


class _Upstream:
    """A transport to one server. It puts the server's address before each URL, and the address is not recorded."""

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
    """The cassette as an ASGI application."""

    def __init__(self, cassette: ExchangeSource, driver: AsyncCassetteTransport) -> None:
        self._cassette = cassette
        self._driver = driver
        self.misses: list[CassetteMissError] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
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

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._driver.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["raw_path"].startswith(b"/"):  # it would extend the host of the upstream's URL
            await _refuse("the request's target must be a path: it must begin with /", send)
            return
        headers = _forwarded(_decoded(scope["headers"]), _NOT_SENT)
        body = await _request_body(scope, receive)
        opening = self._driver.open(scope["method"], _target(scope), headers, body)
        try:
            answer = await while_connected(receive, opening)
        except CassetteMissError as miss:
            self.misses.append(miss)
            await _refuse(str(miss), send, "cassette_miss")
            return
        try:
            await while_connected(receive, self._relay(answer, send))
        except ClientLeft:
            await answer.release()  # records the rest if the end is near, even though this client left
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
                if missing == 0:  # sees and records the end before a client with all bytes can leave
                    await answer.read()
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except CassetteMissError as miss:
            await asyncio.sleep(_GRACE_SECONDS)  # cancelled as soon as the client leaves, as the recorded one did
            raise self._cassette.missed(miss) from None
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _refuse(message: str, send: Send, kind: str = "invalid_request_error") -> None:
    """Answer with a 400, which clients do not retry, and the message as an error."""
    body = msgspec.json.encode({"error": {"message": message, "type": kind}})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _request_body(scope: Scope, receive: Receive) -> bytes | None:
    """Return the request's body, or None if it has none."""
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
    """Return the length of the body, or -1 if it is unknown."""
    return next((int(value) for name, value in headers if name == "content-length" and value.isdecimal()), -1)


def _target(scope: Scope) -> str:
    path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _decoded(pairs: Iterable[tuple[bytes, bytes]]) -> Pairs:
    return tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs])


def _forwarded(pairs: Iterable[tuple[str, str]], dropped: Iterable[str]) -> Pairs:
    return tuple([(name, value) for name, value in pairs if name.lower() not in dropped])
