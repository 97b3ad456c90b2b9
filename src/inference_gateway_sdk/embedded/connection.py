"""A client's connection as uvicorn's h11 protocol serves it, with what the real gateway's server does differently.

Reason phrases are Go's ("529 status code 529"); a request that breaks off in its body is answered, with the words of
its endpoint; and an application may hang up, which ASGI has no message for: it is an extension of the scope here.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from http import HTTPStatus
from typing import TYPE_CHECKING, cast, overload

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from . import problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Connection", "close_with_reset", "hang_up", "reset_after_answer"]

# Functions in the scope's extensions: to close the connection, and to have its end be a reset.
_CLOSE, _RESET = "inference_gateway.close", "inference_gateway.reset"
_LINGER = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)  # on, for no seconds: a close is a reset

_HEAD_LIMIT = 1024 * 1024  # bytes, Go's own

# Where Go's `http.StatusText` and Python, of one version or another, differ.
_GO = {
    413: "Request Entity Too Large",
    414: "Request URI Too Long",
    416: "Requested Range Not Satisfiable",
    418: "I'm a teapot",
    422: "Unprocessable Entity",
}


def phrase(status: int) -> str:
    """The words behind a status, as Go writes them."""
    if status in _GO:
        return _GO[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"status code {status}"


def close_with_reset(transport: asyncio.BaseTransport) -> None:
    """Let the end of a transport's socket be a reset."""
    raw: socket.socket | None = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)


async def hang_up(scope: Scope, receive: Receive) -> None:
    """Close the client's connection; what has not been sent of the answer never will be.

    Raises:
        ConnectionAbortedError: The server has no connection to close: whoever drives the application must see the end.
    """
    close: Callable[[], None] | None = scope.get("extensions", {}).get(_CLOSE)
    if close is None:
        raise ConnectionAbortedError("the gateway hung up")
    close()
    while (await receive())["type"] != "http.disconnect":
        pass


def reset_after_answer(scope: Scope) -> None:
    """Let the connection, if there is one, end with a reset when the answer has been sent."""
    reset = scope.get("extensions", {}).get(_RESET)
    if reset is not None:
        reset()


class Connection(H11Protocol):
    """uvicorn's own, with Go's phrases, answers to broken uploads, and a way to hang up."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Serve this connection."""
        super().connection_made(transport)
        self.conn = answering = _Answering(transport)
        serve = cast("ASGIApp", self.app)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            ours = {_CLOSE: transport.close, _RESET: answering.end_with_reset}

            async def piece_by_piece(message: Message) -> None:
                await send(message)
                if message.get("more_body", False):
                    await asyncio.sleep(0)  # whoever never waits would not hear that the client has left

            await serve({**scope, "extensions": {**scope.get("extensions", {}), **ours}}, receive, piece_by_piece)

        self.app = app

    def eof_received(self) -> None:
        """Answer a client that has stopped in the middle of its body and may still listen."""
        if self.conn.their_state is h11.SEND_BODY:
            self.send_400_response("")

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP; in a body, with the words of the endpoint that was to read it."""
        if self.conn.our_state is h11.SEND_RESPONSE:
            self._refuse_body(problems.unreadable(self.scope["path"]))
        elif self.conn.our_state is h11.IDLE:
            super().send_400_response(msg)
        else:
            self.transport.close()  # the answer has begun

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
    """h11's, which gives every answer Go's phrase, and may end with a reset."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__(h11.SERVER, _HEAD_LIMIT)
        self._transport = transport
        self._reset = False

    def end_with_reset(self) -> None:
        """Let the end of the connection be a reset."""
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
        """The event's bytes."""
        if isinstance(event, h11.ConnectionClosed) and self._reset:
            close_with_reset(self._transport)
        if isinstance(event, h11.Response):
            event = h11.Response(status_code=event.status_code, headers=event.headers, reason=phrase(event.status_code))
        return super().send(event)
