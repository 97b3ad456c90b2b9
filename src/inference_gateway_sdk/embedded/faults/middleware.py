"""ASGI middleware that injects faults, and the raw connection access that they need."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from ..client_connection import ClientConnection, close_with_reset
from ..problems import Problem
from ..request_log import note_fault
from . import kinds
from .injection import (
    EXTENSION,
    AnswerEndedError,
    AnswerHead,
    FaultSend,
    MidBody,
    PieceSplitter,
    WithoutLastEvent,
    fault_refusal,
    raw_connection,
)
from .kinds import Fault, FaultError
from .plan import RequestInfo, parse_fault

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from .plan import FaultPlan

__all__ = ["HEADER", "BufferedReceive", "ConnectionWithFaults", "FaultMiddleware"]


_MAX_BUFFERED = 128 * 1024 * 1024  # bytes


class BufferedReceive:
    """The `receive` of a request whose body can be read ahead of the application."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._seen: list[Message] = []
        self._all = False

    async def body(self) -> bytes:
        """Return the whole body, or the part that arrived before the client left, up to `_MAX_BUFFERED` bytes or more.

        The application receives the rest.
        """
        size = 0
        while not self._all and size < _MAX_BUFFERED:
            message = await self._receive()
            size += len(message.get("body", b""))
            self._seen.append(message)
            self._all = not message.get("more_body", False)
        return b"".join(message.get("body", b"") for message in self._seen)

    async def receive(self) -> Message:
        """Return the next ASGI message, those that were read ahead first."""
        return self._seen.pop(0) if self._seen else await self._receive()


HEADER = "X-Igw-Fault"
"""The header in which a request may name its own fault."""

_WITHOUT_BODY = (204, 304)
_WITHIN_HTTP = (
    kinds.NoFault,
    kinds.Status,
    kinds.Truncate,
    kinds.MissingDone,
    kinds.MalformedEvent,
    kinds.ErrorEvent,
    kinds.WrongContentType,
    kinds.OversizedEvent,
)


class FaultMiddleware:
    """ASGI middleware that injects the faults of a plan."""

    def __init__(self, app: ASGIApp, plan: FaultPlan) -> None:
        self._app = app
        self._plan = plan

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, with the fault that the plan chooses."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        buffered = BufferedReceive(receive)
        try:
            scope, fault = await self._choose_fault(scope, buffered)
            if not isinstance(fault, kinds.NoFault):
                note_fault(scope, fault.name)
        except FaultError as error:
            await Problem(400, f"{HEADER}: {error}").response()(scope, buffered.receive, send)
            return
        try:
            await self._inject(fault, scope, buffered, send)
        except FaultError as error:
            await Problem(501, str(error)).response()(scope, buffered.receive, send)
        except AnswerEndedError:
            return

    async def _choose_fault(self, scope: Scope, buffered: BufferedReceive) -> tuple[Scope, Fault]:
        """Return the scope for the application, and the fault of this request."""
        method, path = scope["method"], scope["path"]
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        if self._plan.header and HEADER.lower() in headers:
            fault = parse_fault(headers[HEADER.lower()])
            self._plan.count(fault)
            kept = [pair for pair in scope["headers"] if pair[0].lower() != HEADER.lower().encode()]
            return {**scope, "headers": kept}, fault
        body = await buffered.body() if self._plan.reads_body(method, path) else b""
        query = scope.get("query_string", b"").decode("latin-1")
        asked = RequestInfo(method=method, path=path, query=query, headers=headers, body=body)
        return scope, self._plan.choose(asked) or kinds.NoFault()

    async def _inject(self, fault: Fault, scope: Scope, buffered: BufferedReceive, send: Send) -> None:
        if not isinstance(fault, _WITHIN_HTTP):
            raw_connection(scope)  # raises now, while a refusal can still be sent
        match fault:
            case kinds.MidBodyFault():
                await self._app(scope, buffered.receive, PieceSplitter(MidBody(fault, FaultSend(scope, send))).send)
            case kinds.NoFault():
                await self._app(scope, buffered.receive, send)
            case kinds.MissingDone():
                await self._app(scope, buffered.receive, PieceSplitter(WithoutLastEvent(FaultSend(scope, send))).send)
            case kinds.WrongContentType(content_type=content_type):
                await self._app(scope, buffered.receive, _with_content_type(send, content_type))
            case kinds.CloseOnReuse(reset=reset):
                await self._app(scope, buffered.receive, _ending_on_reuse(scope, send, reset=reset))
            case kinds.StallBeforeHeaders(seconds=seconds):
                await buffered.body()
                if not await raw_connection(scope).gone_within(seconds):
                    await self._app(scope, buffered.receive, send)
            case _:
                await buffered.body()
                await self._replace_answer(fault, scope, send)

    async def _replace_answer(self, fault: Fault, scope: Scope, send: Send) -> None:
        """Inject a fault that replaces the whole answer, after the request has been read."""
        match fault:
            case kinds.Status():
                await _refuse(fault, scope, send)
            case kinds.Refuse(seconds=seconds):
                connection = raw_connection(scope)
                self._plan.shut_for(seconds)
                await connection.close()
            case kinds.ResetBeforeHeaders(delay=delay):
                if not await raw_connection(scope).gone_within(delay):
                    await raw_connection(scope).reset()
            case kinds.CloseBeforeHeaders(delay=delay):
                if not await raw_connection(scope).gone_within(delay):
                    await raw_connection(scope).close()
            case kinds.TrickleHeaders(interval=interval):
                await raw_connection(scope).write(b"HTTP/1.1 200 OK\r\n")
                await FaultSend(scope, send).drip(b"X-Trickle: 1\r\n", interval, raw=True)
            case _:
                raise AssertionError(fault)


async def _refuse(fault: kinds.Status, scope: Scope, send: Send) -> None:
    """Send an answer with this status."""
    body = fault_refusal(scope["path"], fault.status) if fault.body is None else fault.body.encode(errors="replace")
    body = b"" if fault.status in _WITHOUT_BODY else body
    head = AnswerHead(fault.status, [])
    if body:
        head.put(b"content-type", fault.content_type.encode())
    if fault.status not in _WITHOUT_BODY:
        head.put(b"content-length", b"%d" % len(body))
    if fault.retry_after is not None:
        head.put(b"retry-after", str(fault.retry_after).encode())
    await send(head.message())
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _with_content_type(send: Send, content_type: str) -> Send:
    """Return a `send` that changes the content type."""

    async def changed(message: Message) -> None:
        if message["type"] == "http.response.start":
            head = AnswerHead.of(message)
            head.put(b"content-type", content_type.encode())
            message = head.message()
        await send(message)

    return changed


def _ending_on_reuse(scope: Scope, send: Send, *, reset: bool) -> Send:
    """Return a `send` that arranges, before the answer's last bytes, for the connection to end on reuse."""
    connection = raw_connection(scope)

    async def last(message: Message) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            connection.end_on_reuse(reset=reset)
        await send(message)

    return last


_ARRIVAL_SECONDS = 0.05  # seconds; a reset discards data that the peer has not yet received


class ConnectionWithFaults(ClientConnection):
    """A connection that gives its requests raw access to the socket."""

    connection: _SocketConnection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Serve this connection."""
        self.connection = connection = _SocketConnection(transport)
        serve = cast("ASGIApp", self.app)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await serve({**scope, "extensions": {**scope.get("extensions", {}), EXTENSION: connection}}, receive, send)

        self.app = app
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Handle received bytes, unless the connection ends on reuse."""
        if not self.connection.reused():
            super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Signal the end of the connection."""
        super().connection_lost(exc)
        self.connection.lost.set()


class _SocketConnection:
    """Raw access to an asyncio transport, as a `RawConnection`."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.lost: asyncio.Event = asyncio.Event()
        self._transport = transport
        self._on_reuse = ""

    async def write(self, data: bytes) -> None:
        self._transport.write(data)
        await self._sent()

    async def reset(self) -> None:
        await self._sent()
        await self.gone_within(_ARRIVAL_SECONDS)
        self._abort()
        await self.lost.wait()

    async def close(self) -> None:
        self._transport.close()
        await self.lost.wait()

    async def gone_within(self, seconds: float | None) -> bool:
        try:
            await asyncio.wait_for(self.lost.wait(), seconds)
        except TimeoutError:
            return self.lost.is_set()
        except asyncio.CancelledError:
            self._transport.close()  # the server stops; uvicorn would send a 500 where silence is intended
            raise
        return True

    def end_on_reuse(self, *, reset: bool) -> None:
        self._on_reuse = "reset" if reset else "close"

    def reused(self) -> bool:
        """End the connection if it is to end on reuse, and return whether it is."""
        if self._on_reuse == "reset":
            self._abort()
        elif self._on_reuse:
            self._transport.close()
        return bool(self._on_reuse)

    def _abort(self) -> None:
        if not self._transport.is_closing():
            close_with_reset(self._transport)
        self._transport.abort()

    async def _sent(self) -> None:
        """Wait until the kernel has accepted all bytes."""
        while self._transport.get_write_buffer_size() and not self.lost.is_set():
            await self.gone_within(0.005)
