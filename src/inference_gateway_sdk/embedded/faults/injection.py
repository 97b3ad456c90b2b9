"""Injection of one fault into one response: cut, stall, trickle, replace."""

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
    "AnswerEndedError",
    "AnswerHead",
    "FaultSend",
    "MidBody",
    "PieceConsumer",
    "PieceSplitter",
    "RawConnection",
    "WithoutLastEvent",
    "error_body",
    "error_event",
    "fault_refusal",
    "raw_connection",
]


_ERROR_KINDS = {400: "invalid_request_error", 429: "rate_limit_error", 529: "overloaded_error"}


def error_event(path: str, code: int, message: str) -> bytes:
    """Return an error as a stream's event, in the route's dialect."""
    body = error_body(path, code, message)
    named = b"event: error\n" if path.endswith(("/messages", "/responses")) else b""
    return named + b"data: " + body + b"\n\n"


def error_body(path: str, code: int, message: str) -> bytes:
    """Return an error as JSON, in the route's dialect."""
    kind = _ERROR_KINDS.get(code, "api_error")
    if path.endswith("/messages"):
        return go_json.encode({"type": "error", "error": {"type": kind, "message": message}})
    if path.endswith("/responses"):
        return go_json.encode({"type": "error", "code": str(code), "message": message, "param": None})
    return go_json.encode({"error": {"message": message, "type": kind, "code": code}})


def fault_refusal(path: str, status: int) -> bytes:
    """Return the gateway's error envelope around the reason phrase of a status."""
    try:
        words = HTTPStatus(status).phrase
    except ValueError:
        words = f"status code {status}"
    problem = Problem(status, words)
    return (MessagesProblem.of(problem) if path.endswith("/messages") else problem).body


EXTENSION = "inference_gateway.wire"
"""The key of the raw connection among the extensions of a scope."""


class RawConnection(Protocol):
    """Raw access to one connection. Each call returns when its effect has taken place."""

    async def write(self, data: bytes) -> None:
        """Send bytes past HTTP's framing. Afterwards the connection can only be ended."""
        ...

    async def reset(self) -> None:
        """End the connection with a reset, after the bytes sent before have arrived."""
        ...

    async def close(self) -> None:
        """Close the connection normally, in any state of HTTP."""
        ...

    async def gone_within(self, seconds: float | None) -> bool:
        """Wait for the client to leave and return whether it did. None waits without a limit."""
        ...

    def end_on_reuse(self, *, reset: bool) -> None:
        """End the connection as soon as bytes of another request arrive."""
        ...


def raw_connection(scope: Scope) -> RawConnection:
    """Return the raw connection of this request.

    Raises:
        FaultError: The request did not come over a socket.
    """
    found = scope.get("extensions", {}).get(EXTENSION)
    if found is None:
        raise FaultError("this fault needs a socket: serve the gateway with running() or igw serve")
    return cast("RawConnection", found)


RawHeaders = list[tuple[bytes, bytes]]


class AnswerHead:
    """The status and headers of an answer.

    Attributes:
        status: The status.
        headers: Pairs of lower-case name and value, in order.
    """

    def __init__(self, status: int, headers: RawHeaders) -> None:
        self.status = status
        self.headers: RawHeaders = headers

    @classmethod
    def of(cls, message: Message) -> AnswerHead:
        """Return the head of an application's `http.response.start` message."""
        return cls(message["status"], [(key.lower(), value) for key, value in message.get("headers", [])])

    @property
    def streams(self) -> bool:
        """True if the body is an event stream."""
        return (self.header(b"content-type") or b"").startswith(b"text/event-stream")

    def header(self, name: bytes) -> bytes | None:
        """Return the first header of this name, or None."""
        return next((value for key, value in self.headers if key == name), None)

    def put(self, name: bytes, value: bytes | None) -> None:
        """Set a header to one value. None removes it."""
        self.headers = [pair for pair in self.headers if pair[0] != name]
        if value is not None:
            self.headers.append((name, value))

    def message(self) -> Message:
        """Return the ASGI message of this head."""
        return {"type": "http.response.start", "status": self.status, "headers": self.headers}


class PieceConsumer(Protocol):
    """A consumer of an answer in pieces: the events of a stream, or the two halves of any other body."""

    async def begin(self, head: AnswerHead) -> None:
        """Take the head: of a stream at once, of any other answer when its body is complete."""
        ...

    async def take(self, piece: bytes) -> None:
        """Take the next piece."""
        ...

    async def end(self) -> None:
        """Take the end of the answer."""
        ...


class PieceSplitter:
    """An ASGI `send` that splits an answer into pieces for a consumer."""

    def __init__(self, consumer: PieceConsumer) -> None:
        self._consumer = consumer
        self._head = AnswerHead(200, [])
        self._events = _Events()
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        """Handle an ASGI message of the application."""
        if message["type"] == "http.response.start":
            self._head = AnswerHead.of(message)
            if self._head.streams:
                await self._consumer.begin(self._head)
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
            await self._consumer.take(event)

    async def _finish(self) -> None:
        if self._head.streams:
            if self._events.rest:
                await self._consumer.take(self._events.rest)
        else:
            await self._consumer.begin(self._head)
            middle = len(self._body) // 2
            await self._consumer.take(bytes(self._body[:middle]))
            await self._consumer.take(bytes(self._body[middle:]))
        await self._consumer.end()


class _Events:
    """Splits bytes into complete events. Each keeps its bytes and the blank line that ends it."""

    def __init__(self) -> None:
        self._lines = Lines()
        self._event = b""

    @property
    def rest(self) -> bytes:
        """The bytes of an incomplete event."""
        return self._event + self._lines.rest

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the events that are complete now."""
        # b'data: {"a"' and b':1}\n\n' become b'data: {"a":1}\n\n'
        for line in self._lines.feed(data):
            self._event += line
            if not line.rstrip(b"\r\n"):
                yield self._event
                self._event = b""


class AnswerEndedError(Exception):
    """The answer was ended by a fault. Raised to stop the application, which may still have more to send."""


class FaultSend:
    """The sending side of an answer with faults.

    Attributes:
        path: The request's path.
        streams: True if the answer is an event stream. Known once the head is sent.
    """

    def __init__(self, scope: Scope, send: Send) -> None:
        self.path: str = scope["path"]
        self.streams: bool = False
        self._chunked = False
        self._scope = scope
        self._send = send

    @property
    def connection(self) -> RawConnection:
        """The raw connection of the request."""
        return raw_connection(self._scope)

    async def head(self, head: AnswerHead) -> None:
        """Send the head."""
        self.streams = head.streams
        self._chunked = head.header(b"content-length") is None
        await self._send(head.message())

    async def body(self, data: bytes) -> None:
        """Send bytes of the body."""
        if data:
            await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def half(self, data: bytes) -> None:
        """Send half of the bytes. In a chunked body, the chunk's size announces all of them."""
        half = data[: len(data) // 2]
        if data and self._chunked:
            await self.connection.write(b"%x\r\n%s" % (len(data), half))  # b"1a\r\n" and only 13 bytes
        else:
            await self.body(half)

    async def end(self) -> None:
        """End the body normally."""
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def drip(self, data: bytes, interval: float, *, raw: bool, seconds: float | None = None) -> None:
        """Send the same bytes repeatedly until the time is over or the client leaves.

        Raises:
            AnswerEndedError: The client left.
        """
        until = None if seconds is None else time.monotonic() + seconds
        while until is None or time.monotonic() < until:
            await (self.connection.write(data) if raw else self.body(data))
            if await self.connection.gone_within(interval):
                raise AnswerEndedError


_COMMENT = b": the gateway is alive\n\n"
_BLANKS = b" " * (1024 * 1024)

_KEEPS_LENGTH = (kinds.ResetMidBody, kinds.CloseMidBody, kinds.StallMidBody)
# The half before which a fault comes in a body that is not an event stream. `after` is ignored.
_PLACES: dict[type[MidBodyFault], int] = {
    kinds.TrickleComments: 0,
    kinds.ErrorEvent: 0,
    kinds.MalformedEvent: 1,
    kinds.OversizedEvent: 1,
}


class MidBody:
    """A consumer that passes an answer on and injects a fault before one piece, or at the end of a shorter answer."""

    def __init__(self, fault: MidBodyFault, out: FaultSend) -> None:
        self._fault = fault
        self._left: int | None = fault.after
        self._out = out

    async def begin(self, head: AnswerHead) -> None:
        """Send the head, as `PieceConsumer.begin` does."""
        if not head.streams:
            self._left = _PLACES.get(type(self._fault), min(self._left or 0, 1))
            if not isinstance(self._fault, _KEEPS_LENGTH):
                head.put(b"content-length", None)
        await self._out.head(head)

    async def take(self, piece: bytes) -> None:
        """Send the piece or inject the fault, as `PieceConsumer.take` does."""
        if self._left == 0:
            self._left = None
            await inject(self._fault, self._out, piece)
            return
        if self._left is not None:
            self._left -= 1
        await self._out.body(piece)

    async def end(self) -> None:
        """End the answer, as `PieceConsumer.end` does."""
        if self._left is not None:
            await inject(self._fault, self._out, b"")
        await self._out.end()


class WithoutLastEvent:
    """A consumer that passes on an event stream without its last event, and any other body unchanged."""

    def __init__(self, out: FaultSend) -> None:
        self._out = out
        self._held = b""

    async def begin(self, head: AnswerHead) -> None:
        """Send the head, as `PieceConsumer.begin` does."""
        await self._out.head(head)

    async def take(self, piece: bytes) -> None:
        """Send the previous piece, as `PieceConsumer.take` does."""
        if not self._out.streams:
            await self._out.body(piece)
            return
        await self._out.body(self._held)
        self._held = piece

    async def end(self) -> None:
        """End the answer, as `PieceConsumer.end` does."""
        await self._out.end()


async def inject(fault: MidBodyFault, out: FaultSend, piece: bytes) -> None:
    """Inject the fault in place of the piece, which is empty at the end of the answer.

    Raises:
        AnswerEndedError: The fault ended the answer.
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
    raise AnswerEndedError


async def _replace(fault: MidBodyFault, out: FaultSend, piece: bytes) -> None:
    """Inject a fault that can be expressed as body bytes."""
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
    raise AnswerEndedError


async def _padded_event(out: FaultSend, piece: bytes, size: int) -> None:
    """Send the piece with `size` blanks after the text of its last line, where they change nothing."""
    text = piece.rstrip(b"\r\n")
    await out.body(text)
    for start in range(0, size if text else 0, len(_BLANKS)):
        await out.body(_BLANKS[: size - start])
        await asyncio.sleep(0)  # yields, so that a client's disconnect is noticed
    await out.body(piece[len(text) :])
