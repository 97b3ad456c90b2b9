"""Inject one fault into one response: cut, stall, trickle, replace."""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol, cast

from .. import go_json
from ..forwarding import Lines
from ..problems import MessagesProblem, Problem
from . import kinds
from .kinds import FaultError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Message, Scope, Send

    from .kinds import MidBodyFault

__all__ = [
    "EXTENSION",
    "AnswerHead",
    "FaultSend",
    "MidBody",
    "OverError",
    "Pieces",
    "RawConnection",
    "Taker",
    "WithoutLast",
    "error_body",
    "error_event",
    "fault_refusal",
    "raw_connection",
]


_ERROR_KINDS = {400: "invalid_request_error", 429: "rate_limit_error", 529: "overloaded_error"}


def error_event(path: str, code: int, message: str) -> bytes:
    """The event that says it."""
    body = error_body(path, code, message)
    named = b"event: error\n" if path.endswith(("/messages", "/responses")) else b""
    return named + b"data: " + body + b"\n\n"


def error_body(path: str, code: int, message: str) -> bytes:
    """The JSON that says it."""
    kind = _ERROR_KINDS.get(code, "api_error")
    if path.endswith("/messages"):
        return go_json.encode({"type": "error", "error": {"type": kind, "message": message}})
    if path.endswith("/responses"):
        return go_json.encode({"type": "error", "code": str(code), "message": message, "param": None})
    return go_json.encode({"error": {"message": message, "type": kind, "code": code}})


def fault_refusal(path: str, status: int) -> bytes:
    """The gateway's envelope around the status's own words."""
    try:
        words = HTTPStatus(status).phrase
    except ValueError:
        words = f"status code {status}"
    problem = Problem(status, words)
    return (MessagesProblem.of(problem) if path.endswith("/messages") else problem).body


EXTENSION = "inference_gateway.wire"
"""The key of the wire among the extensions of a scope."""


class RawConnection(Protocol):
    """One connection, as faults want it; what it is told to do is done when the call returns."""

    async def write(self, data: bytes) -> None:
        """Send these bytes past HTTP's framing: then only the end of the connection can follow."""
        ...

    async def reset(self) -> None:
        """End the connection with a reset, when what was sent before has arrived."""
        ...

    async def close(self) -> None:
        """End the connection in good order, whatever HTTP thinks of it."""
        ...

    async def gone_within(self, seconds: float | None) -> bool:
        """Wait so long, or for ever; whether the client has left meanwhile, which ends the wait."""
        ...

    def end_on_reuse(self, *, reset: bool) -> None:
        """End the connection as soon as bytes of another request arrive."""
        ...


def raw_connection(scope: Scope) -> RawConnection:
    """The wire below this request.

    Raises:
        FaultError: It came by no socket.
    """
    found = scope.get("extensions", {}).get(EXTENSION)
    if found is None:
        raise FaultError("this fault needs a socket: serve the gateway with running() or igw serve")
    return cast("RawConnection", found)


RawHeaders = list[tuple[bytes, bytes]]


class AnswerHead:
    """A status and headers.

    Attributes:
        status: The status.
        headers: By lower-case name, in order.
    """

    def __init__(self, status: int, headers: RawHeaders) -> None:
        self.status = status
        self.headers = headers

    @classmethod
    def of(cls, message: Message) -> AnswerHead:
        """The head that an application begins its answer with."""
        return cls(message["status"], [(key.lower(), value) for key, value in message.get("headers", [])])

    @property
    def streams(self) -> bool:
        """Whether its body is an event stream."""
        return (self.header(b"content-type") or b"").startswith(b"text/event-stream")

    def header(self, name: bytes) -> bytes | None:
        """The first header of this name."""
        return next((value for key, value in self.headers if key == name), None)

    def put(self, name: bytes, value: bytes | None) -> None:
        """Have this header once, or with None not at all."""
        self.headers = [pair for pair in self.headers if pair[0] != name]
        if value is not None:
            self.headers.append((name, value))

    def message(self) -> Message:
        """What is sent for it."""
        return {"type": "http.response.start", "status": self.status, "headers": self.headers}


class Taker(Protocol):
    """Whoever wants an answer piece by piece."""

    async def begin(self, head: AnswerHead) -> None:
        """The head: before a stream's first event has come, or when the whole of any other body has."""
        ...

    async def take(self, piece: bytes) -> None:
        """The next piece."""
        ...

    async def end(self) -> None:
        """There is no more."""
        ...


class Pieces:
    """The `send` of an application whose answer goes to a taker."""

    def __init__(self, taker: Taker) -> None:
        self._taker = taker
        self._head = AnswerHead(200, [])
        self._events = _Events()
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        """As ASGI has it."""
        if message["type"] == "http.response.start":
            self._head = AnswerHead.of(message)
            if self._head.streams:
                await self._taker.begin(self._head)
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if self._head.streams:
            await self._stream(body)
        else:
            self._body += body
        if not more:
            await self._finish()

    async def _stream(self, body: bytes) -> None:
        for event in self._events.feed(body):
            await self._taker.take(event)

    async def _finish(self) -> None:
        if self._head.streams:
            if self._events.rest:
                await self._taker.take(self._events.rest)
        else:
            await self._taker.begin(self._head)
            middle = len(self._body) // 2
            await self._taker.take(bytes(self._body[:middle]))
            await self._taker.take(bytes(self._body[middle:]))
        await self._taker.end()


class _Events:
    """Bytes in any cuts turned into whole events, as they came, each with the blank line that ends it."""

    def __init__(self) -> None:
        self._lines = Lines()
        self._event = b""

    @property
    def rest(self) -> bytes:
        """An event that has not ended."""
        return self._event + self._lines.rest

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The events that are whole now."""
        for line in self._lines.feed(data):
            self._event += line
            if not line.rstrip(b"\r\n"):
                yield self._event
                self._event = b""


class OverError(Exception):
    """The answer is over, however much of it the application still has: unwinds the application."""


class FaultSend:
    """The way to the client.

    Attributes:
        path: The request's path.
        streams: Whether the answer is an event stream; known once its head is sent.
    """

    def __init__(self, scope: Scope, send: Send) -> None:
        self.path: str = scope["path"]
        self.streams = False
        self._chunked = False
        self._scope = scope
        self._send = send

    @property
    def connection(self) -> RawConnection:
        """The connection below."""
        return raw_connection(self._scope)

    async def head(self, head: AnswerHead) -> None:
        """Send the head."""
        self.streams = head.streams
        self._chunked = head.header(b"content-length") is None
        await self._send(head.message())

    async def body(self, data: bytes) -> None:
        """Send these bytes of the body."""
        if data:
            await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def half(self, data: bytes) -> None:
        """Send half of these bytes; where the body comes in chunks, in one that was to hold them all."""
        half = data[: len(data) // 2]
        if data and self._chunked:
            await self.connection.write(b"%x\r\n%s" % (len(data), half))
        else:
            await self.body(half)

    async def end(self) -> None:
        """End the body in good order."""
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def drip(self, data: bytes, interval: float, *, raw: bool, seconds: float | None = None) -> None:
        """Send the same bytes again and again, for so long or until the client leaves.

        Raises:
            OverError: It left.
        """
        until = None if seconds is None else time.monotonic() + seconds
        while until is None or time.monotonic() < until:
            await (self.connection.write(data) if raw else self.body(data))
            if await self.connection.gone_within(interval):
                raise OverError


_COMMENT = b": the gateway is alive\n\n"
_BLANKS = b" " * (1024 * 1024)

_KEEPS_LENGTH = (kinds.ResetMidBody, kinds.CloseMidBody, kinds.StallMidBody)
_PLACES: dict[type[MidBodyFault], int] = {  # among the halves of a body that is no event stream, whatever `after` says
    kinds.TrickleComments: 0,
    kinds.ErrorEvent: 0,
    kinds.MalformedEvent: 1,
    kinds.OversizedEvent: 1,
}


class MidBody:
    """Takes an answer and hands it on, with a fault before one of its pieces, or at its end where it has fewer."""

    def __init__(self, fault: MidBodyFault, out: FaultSend) -> None:
        self._fault = fault
        self._left: int | None = fault.after
        self._out = out

    async def begin(self, head: AnswerHead) -> None:
        """As `Taker.begin`."""
        if not head.streams:
            self._left = _PLACES.get(type(self._fault), min(self._left or 0, 1))
            if not isinstance(self._fault, _KEEPS_LENGTH):
                head.put(b"content-length", None)
        await self._out.head(head)

    async def take(self, piece: bytes) -> None:
        """As `Taker.take`."""
        if self._left == 0:
            self._left = None
            await inject(self._fault, self._out, piece)
            return
        if self._left is not None:
            self._left -= 1
        await self._out.body(piece)

    async def end(self) -> None:
        """As `Taker.end`."""
        if self._left is not None:
            await inject(self._fault, self._out, b"")
        await self._out.end()


class WithoutLast:
    """Takes an event stream and hands it on without its last event; any other body as it is."""

    def __init__(self, out: FaultSend) -> None:
        self._out = out
        self._held = b""

    async def begin(self, head: AnswerHead) -> None:
        """As `Taker.begin`."""
        await self._out.head(head)

    async def take(self, piece: bytes) -> None:
        """As `Taker.take`."""
        if not self._out.streams:
            await self._out.body(piece)
            return
        await self._out.body(self._held)
        self._held = piece

    async def end(self) -> None:
        """As `Taker.end`."""
        await self._out.end()


async def inject(fault: MidBodyFault, out: FaultSend, piece: bytes) -> None:
    """Play this fault where the piece should have come; empty at the end.

    Raises:
        OverError: Nothing more is to be sent.
    """
    match fault:
        case kinds.ResetMidBody():
            await out.connection.reset()
        case kinds.CloseMidBody():
            await out.half(piece)
            await out.connection.close()
        case kinds.StallMidBody(seconds=seconds):
            if not await out.connection.gone_within(seconds):
                await out.body(piece)
                return
        case kinds.TrickleComments(interval=interval, seconds=seconds):
            await out.drip(_COMMENT if out.streams else b"\n", interval, raw=False, seconds=seconds)
            await out.body(piece)
            return
        case kinds.TrickleChunkSize(interval=interval):
            await out.drip(b"0", interval, raw=True)
        case kinds.MalformedChunk():
            await out.connection.write(b"one\r\n" + piece)
            await out.connection.close()
        case _:
            await _replace(fault, out, piece)
            return
    raise OverError


async def _replace(fault: MidBodyFault, out: FaultSend, piece: bytes) -> None:
    """The faults that need no more than a body."""
    match fault:
        case kinds.Truncate(mid_event=mid_event):
            await out.body(piece[: len(piece) // 2] if mid_event else b"")
        case kinds.ErrorEvent(code=code, message=message):
            await out.body((error_event if out.streams else error_body)(out.path, code, message))
        case kinds.MalformedEvent(data=data):
            await out.body(b"data: %s\n\n%s" % (data.encode(), piece) if out.streams else data.encode())
            return
        case kinds.OversizedEvent(size=size):
            await _padded_event(out, piece, size)
            return
        case _:
            raise AssertionError(fault)
    await out.end()
    raise OverError


async def _padded_event(out: FaultSend, piece: bytes, size: int) -> None:
    """The piece with so many blanks behind the text of its last line, where they change nothing."""
    text = piece.rstrip(b"\r\n")
    await out.body(text)
    for start in range(0, size if text else 0, len(_BLANKS)):
        await out.body(_BLANKS[: size - start])
        await asyncio.sleep(0)  # lets a client that has seen enough be heard
    await out.body(piece[len(text) :])
