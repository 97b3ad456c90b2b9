"""One client's connection: resets, read and write deadlines, and disconnected clients."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import struct
from contextlib import aclosing
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar, cast, overload

import h11
from starlette.responses import Response
from uvicorn.protocols.http.h11_impl import H11Protocol

from . import problems
from .problems import unreadable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = [
    "ClientConnection",
    "ClientLeft",
    "ReadDeadline",
    "WriteDeadline",
    "before_reads",
    "before_writes",
    "close_with_reset",
    "hang_up",
    "reset_after_answer",
    "while_connected",
]


# Keys of the scope's extensions. Their functions close the connection, or make its end a reset.
_CLOSE, _RESET = "inference_gateway.close", "inference_gateway.reset"
_LINGER = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)  # linger for 0 seconds: close() sends RST, not FIN

_HEAD_LIMIT = 1024 * 1024  # bytes; Go's default

# Status texts of Go's `http.StatusText` that differ from those of some Python version.
_GO = {
    413: "Request Entity Too Large",
    414: "Request URI Too Long",
    416: "Requested Range Not Satisfiable",
    418: "I'm a teapot",
    422: "Unprocessable Entity",
}


def phrase(status: int) -> str:
    """Return the reason phrase of a status, as Go writes it."""
    if status in _GO:
        return _GO[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"status code {status}"


_HIGH = re.compile(rb"[\x80-\xff]")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_NOT_A_REQUEST = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"
)


def _refused_by_go(scope: Scope) -> Response | None:
    """Return what Go's server answers before any handler does, None for nothing."""
    if scope["type"] != "http":
        return None
    if _BAD_ESCAPE.search(scope["raw_path"]):
        return Response("400 Bad Request", 400, {"connection": "close"}, "text/plain")
    expected = [value.lower() for name, value in scope["headers"] if name == b"expect"]
    if any(value and value != b"100-continue" for value in expected):
        return Response(b"", 417, {"connection": "close"})
    return None


def close_with_reset(transport: asyncio.BaseTransport) -> None:
    """Make the close of a transport's socket send a reset."""
    raw: socket.socket | None = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)


async def hang_up(scope: Scope, receive: Receive) -> None:
    """Close the client's connection. Bytes of the answer that have not been sent are dropped.

    Raises:
        ConnectionAbortedError: The server has no connection to close, so the application's caller must see the end.
    """
    close: Callable[[], None] | None = scope.get("extensions", {}).get(_CLOSE)
    if close is None:
        raise ConnectionAbortedError("the gateway hung up")
    close()
    while (await receive())["type"] != "http.disconnect":
        pass


def reset_after_answer(scope: Scope) -> None:
    """End the connection, if there is one, with a reset once the answer has been sent."""
    reset = scope.get("extensions", {}).get(_RESET)
    if reset is not None:
        reset()


class ClientConnection(H11Protocol):
    """uvicorn's h11 protocol with Go's reason phrases, answers to broken uploads, and a way to hang up.

    Attributes:
        head_seconds: The time in which the head of a request must arrive.
    """

    head_seconds: float = 30.0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Serve this connection."""
        super().connection_made(transport)
        answering = _Answering(transport)
        self.conn: h11.Connection = answering
        serve = cast("ASGIApp", self.app)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if refusal := _refused_by_go(scope):
                await refusal(scope, receive, send)
                return
            # after a failed write, Go sends no close_notify
            secure = transport.get_extra_info("ssl_object") is not None
            ours = {_CLOSE: transport.abort if secure else transport.close, _RESET: answering.end_with_reset}

            async def yielding(message: Message) -> None:
                await send(message)
                if message.get("more_body", False):
                    await asyncio.sleep(0)  # yields, so that a client's disconnect is noticed between two writes

            await serve({**scope, "extensions": {**scope.get("extensions", {}), **ours}}, receive, yielding)

        self.app = app
        self._start_head_timer()

    def on_response_complete(self) -> None:
        """Go on to the next request, of which some may be there."""
        super().on_response_complete()
        self._time_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Release what belongs to the connection."""
        self._stop_head_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes. Those over 127 in a request line are percent-encoded: Go takes them, h11 does not."""
        waiting = self.conn.trailing_data[0]
        if self.conn.their_state is h11.IDLE and b"\n" not in waiting.lstrip(b"\r\n"):
            line, end, rest = data.partition(b"\n")
            data = _HIGH.sub(lambda byte: b"%%%02X" % ord(byte[0]), line) + end + rest
        super().data_received(data)
        self._time_head()

    def eof_received(self) -> None:
        """Answer a client that closed its sending side in the middle of the body and may still read."""
        if self.conn.their_state is h11.SEND_BODY:
            self.send_400_response("")

    def send_400_response(self, msg: str) -> None:
        """Refuse a request that is not HTTP. A broken body gets the error of the endpoint that was to read it."""
        if self.conn.our_state is h11.SEND_RESPONSE:
            self._refuse_body(problems.unreadable(self.scope["path"]))
        elif self.conn.our_state is h11.IDLE:
            self._refuse_head()
        else:
            self.transport.close()  # the answer has begun

    def _time_head(self) -> None:
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            self._start_head_timer()
        else:
            self._stop_head_timer()

    def _start_head_timer(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_seconds, self.timeout_keep_alive_handler)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse_head(self) -> None:
        """Refuse what is not a request, in Go's words: a line of text, and the end of the connection."""
        self.transport.write(_NOT_A_REQUEST)
        self.transport.close()

    def _refuse_body(self, problem: problems.Problem) -> None:
        headers = [("content-type", problem.content_type), *problem.headers.items()]
        for event in (
            h11.Response(status_code=problem.status, headers=headers),
            h11.Data(problem.body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event))
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        self.transport.close()


class _Answering(h11.Connection):
    """An `h11.Connection` that uses Go's reason phrases and may end with a reset."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__(h11.SERVER, _HEAD_LIMIT)
        self._transport = transport
        self._reset = False

    def end_with_reset(self) -> None:
        """Make the end of the connection a reset."""
        self._reset = True

    @overload
    def send(self, event: h11.ConnectionClosed) -> None: ...
    @overload
    def send(
        self, event: h11.Request | h11.InformationalResponse | h11.Response | h11.Data | h11.EndOfMessage
    ) -> bytes: ...
    @overload
    def send(self, event: h11.Event) -> bytes | None: ...
    def send(self, event: h11.Event) -> bytes | None:
        """Return the event's bytes."""
        if isinstance(event, h11.ConnectionClosed) and self._reset:
            close_with_reset(self._transport)
        if isinstance(event, h11.Response):
            event = h11.Response(status_code=event.status_code, headers=event.headers, reason=phrase(event.status_code))
        return super().send(event)


class ReadDeadline:
    """ASGI middleware that limits the time in which a request's body must arrive.

    Args:
        app: The application that reads the request.
        seconds: The time limit for the body.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application. `receive` raises a `Problem` when the body is late."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        until = asyncio.get_running_loop().time() + self._seconds
        arrived = False

        async def in_time() -> Message:
            nonlocal arrived
            try:
                async with asyncio.timeout_at(None if arrived else until):
                    message = await receive()
            except TimeoutError:
                raise unreadable(scope["path"]) from None
            arrived = arrived or not message.get("more_body", False)
            return message

        await self._app(scope, in_time, send)


_EXTEND = "inference_gateway.extend"  # key of the scope's extensions: a function that extends the write deadline


def before_writes(scope: Scope, send: Send) -> Send:
    """Return a `send` that extends the write deadline before each write."""

    async def extending(message: Message) -> None:
        if message["type"] == "http.response.start" or message.get("body"):
            _extend(scope)
        await send(message)

    return extending


async def before_reads(scope: Scope, lines: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """Yield the lines, and extend the write deadline before waiting for each."""
    async with aclosing(lines):
        _extend(scope)
        async for line in lines:
            yield line
            _extend(scope)


def _extend(scope: Scope) -> None:
    """Extend the write deadline, if there is one, to its full length from now."""
    extend = scope.get("extensions", {}).get(_EXTEND)
    if extend is not None:
        extend()


class WriteDeadline:
    """ASGI middleware that limits the time in which an answer may be written.

    Args:
        app: The application to run.
        seconds: The time for writing after a request's head, or after the deadline was last extended.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application. After the deadline, hang up and drop the rest of the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        clock = _WriteClock(self._seconds)

        async def in_time(message: Message) -> None:
            if not clock.over:
                await send(message)
            elif not clock.hung_up:
                clock.hung_up = True
                await hang_up(scope, receive)

        extensions = {**scope.get("extensions", {}), _EXTEND: clock.extend}
        await self._app({**scope, "extensions": extensions}, receive, in_time)


class _WriteClock:
    """The write deadline of one request."""

    def __init__(self, seconds: float) -> None:
        self._now = asyncio.get_running_loop().time
        self._seconds = seconds
        self._until = self._now() + seconds
        self.hung_up = False

    @property
    def over(self) -> bool:
        """True from the deadline on, or once the connection was hung up."""
        return self.hung_up or self._now() >= self._until

    def extend(self) -> None:
        """Extend the deadline to its full length from now."""
        self._until = self._now() + self._seconds


T = TypeVar("T")


class ClientLeft(Exception):  # noqa: N818  (an event, not a fault)
    """The client closed its connection, so an answer has no reader."""


async def while_connected(receive: Receive, work: Coroutine[object, object, T]) -> T:
    """Return the result of `work`, which is cancelled when the client disconnects.

    The request's body must have been read before.

    Raises:
        ClientLeft: The client disconnected before the work was done.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_until_disconnect(receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientLeft
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _until_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
