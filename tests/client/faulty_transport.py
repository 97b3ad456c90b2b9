"""A transport in memory whose requests fail by a plan, for both clients: no socket, no thread, no waiting."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from inference_gateway_sdk.transport import (
    DeadlineExceeded,
    InvalidResponse,
    NoResponse,
    NotSent,
    TransportFailure,
    TruncatedResponse,
)
from support.server import ANSWER, GOOD

HANG = "hang"  # wait until the task is cancelled or the client is closed; the blocking transport times out at once
FAILURES: dict[str, type[TransportFailure]] = {
    "not sent": NotSent,
    "no response": NoResponse,
    "truncated": TruncatedResponse,
    "invalid": InvalidResponse,
    "late": DeadlineExceeded,
}


@dataclass(frozen=True)
class Attempt:
    """The fate of one request.

    Attributes:
        fails: A key of `FAILURES`, or `HANG`, instead of a response.
        status: The HTTP status.
        body: The pieces of the body. Each is bytes, a key of `FAILURES`, or `HANG`.
    """

    fails: str = ""
    status: int = 200
    body: tuple[bytes | str, ...] = ()


WHOLE = Attempt(body=(json.dumps(ANSWER).encode(),))
STREAM = Attempt(body=tuple(GOOD))


@dataclass
class Response:
    """A response in memory."""

    transport: FaultyTransport
    attempt: Attempt
    read_so_far: int = 0
    gone: bool = False

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [("content-type", self.transport.content_type)]

    @property
    def status(self) -> int:
        return self.attempt.status

    def next_piece(self) -> bytes | str:
        if self.gone or self.transport.closed:
            raise TruncatedResponse("closed")
        position, self.read_so_far = self.read_so_far, self.read_so_far + 1
        return self.attempt.body[position] if position < len(self.attempt.body) else b""

    def abandon(self) -> None:
        self.gone = True


class BlockingResponse(Response):
    """A response of the blocking client."""

    def read(self, deadline: float | None = None) -> bytes:
        piece = self.next_piece()
        if isinstance(piece, str):
            raise FAILURES.get(piece, DeadlineExceeded)("body")
        return piece

    def release(self) -> None:
        self.gone = True


class AsyncResponse(Response):
    """A response of the async client. Each read lets other tasks run."""

    async def read(self, deadline: float | None = None) -> bytes:
        await asyncio.sleep(0)
        piece = self.next_piece()
        if piece == HANG:
            await self.transport.hang()
        if isinstance(piece, str):
            raise FAILURES.get(piece, TruncatedResponse)("body")
        return piece

    async def release(self) -> None:
        self.gone = True


@dataclass
class FaultyTransport:
    """The attempts to come, in order. After the last one, every request hangs."""

    plan: list[Attempt]
    closed: bool = False
    sent: int = 0
    content_type: str = "text/event-stream"
    _closing: list[asyncio.Event] = field(default_factory=list[asyncio.Event])

    def next_attempt(self) -> Attempt:
        if self.closed:
            raise NotSent("the transport is closed")
        self.sent += 1
        return self.plan[self.sent - 1] if self.sent <= len(self.plan) else Attempt(fails=HANG)

    async def hang(self) -> None:
        event = asyncio.Event()
        self._closing.append(event)
        await event.wait()


class BlockingTransport(FaultyTransport):
    """The transport of the blocking client."""

    def open(self, *_: Any, **__: Any) -> BlockingResponse:
        attempt = self.next_attempt()
        if attempt.fails:
            raise FAILURES.get(attempt.fails, DeadlineExceeded)("headers")
        return BlockingResponse(self, attempt)

    def close(self) -> None:
        self.closed = True


class AsyncTransport(FaultyTransport):
    """The transport of the async client."""

    async def open(self, *_: Any, **__: Any) -> AsyncResponse:
        await asyncio.sleep(0)
        attempt = self.next_attempt()
        if attempt.fails == HANG:
            await self.hang()
        if attempt.fails:
            raise FAILURES.get(attempt.fails, NoResponse)("headers")
        return AsyncResponse(self, attempt)

    async def aclose(self) -> None:
        self.closed = True
        for event in self._closing:
            event.set()
