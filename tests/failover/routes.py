"""A transport in memory that answers by the requested model, on a clock of its own: no socket and no waiting."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from inference_gateway_sdk._client.runtime import AsyncRuntime, Runtime
from inference_gateway_sdk.transport import DeadlineExceeded, TransportFailure, TruncatedResponse
from support.worlds import World

URL = "http://gateway.invalid"
WORDS = ("one ", "two ", "three ", "four ")
TEXT = "".join(WORDS)
SILENCE = "silence"  # until the deadline of the read


def answer(model: str = "m", text: str = TEXT, **more: Any) -> bytes:
    """Return a chat completion."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    return json.dumps(
        {"id": "c", "object": "chat.completion", "created": 1, "model": model, "choices": [choice], "usage": usage}
        | more
    ).encode()


def event(content: str | None, finish: str | None = None) -> bytes:
    """Return one event of a chat completion."""
    delta = {} if content is None else {"role": "assistant", "content": content}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


@dataclass(frozen=True)
class Reply:
    """The reaction of a route to one request.

    Attributes:
        status: The HTTP status.
        body: The pieces of the body: bytes, a failure to raise, or `SILENCE`.
        seconds: The time until the head arrives.
        failure: Raised instead of a response.
        headers: The headers of the response.
    """

    status: int = 200
    body: tuple[bytes | str | TransportFailure, ...] = ()
    seconds: float = 0.0
    failure: TransportFailure | None = None
    headers: tuple[tuple[str, str], ...] = ()


WHOLE = Reply(body=(answer(),))
STREAM = Reply(body=(*map(event, WORDS), event(None, "stop"), b"data: [DONE]\n\n"))
CUT = Reply(body=(*map(event, WORDS[:2]), TruncatedResponse("cut")))


def refusal(status: int, message: str = "no", code: str | None = None, **more: Any) -> Reply:
    """Return an error response."""
    body = json.dumps({"error": {"message": message, "code": code}}).encode()
    return Reply(status, (body,), **more)


@dataclass
class Response:
    """A response in memory."""

    transport: Transport
    reply: Reply
    pieces: deque[Any]

    @property
    def status(self) -> int:
        return self.reply.status

    @property
    def headers(self) -> list[tuple[str, str]]:
        return list(self.reply.headers)

    def next_piece(self, deadline: float | None) -> bytes:
        if self.transport.closed:
            raise TruncatedResponse("closed")
        piece = self.pieces.popleft() if self.pieces else b""
        if piece == SILENCE:
            self.transport.now = deadline or self.transport.now + 1000.0
            raise DeadlineExceeded("body")
        if isinstance(piece, TransportFailure):
            raise piece
        return piece

    def abandon(self) -> None:
        self.pieces.clear()


class BlockingResponse(Response):
    def read(self, deadline: float | None = None) -> bytes:
        return self.next_piece(deadline)

    def release(self) -> None: ...


class AsyncResponse(Response):
    async def read(self, deadline: float | None = None) -> bytes:
        await asyncio.sleep(0)
        return self.next_piece(deadline)

    async def release(self) -> None: ...


@dataclass
class Transport:
    """The routes by name. Each has replies in order, of which the last repeats.

    Attributes:
        asked: The models and the times of the requests.
        bodies: The bodies of the requests, decoded.
        listing: The reply to a request for the list of models.
        listings: The number of such requests.
        pauses: The delays of the client.
    """

    routes: dict[str, list[Reply]] = field(default_factory=dict)
    now: float = 1000.0
    asked: list[tuple[str, float]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    listing: Reply = Reply(404, (b"{}",))
    listings: int = 0
    pauses: list[float] = field(default_factory=list)
    closed: bool = False

    @property
    def models(self) -> list[str]:
        """The requested models, in order."""
        return [model for model, _ in self.asked]

    def take(self, method: str, body: bytes | None, deadline: float | None) -> Reply:
        if method == "GET":
            self.listings += 1
            reply = self.listing
        else:
            request = json.loads(body or b"{}")
            self.bodies.append(request)
            self.asked.append((request["model"], self.now))
            replies = self.routes[request["model"]]
            reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if deadline is not None and self.now + reply.seconds > deadline:
            self.now = deadline
            raise DeadlineExceeded("head")
        self.now += reply.seconds
        if reply.failure is not None:
            raise reply.failure
        return reply

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def runtime(self, world: World) -> Any:
        """Return the clock, sleep and randomness of a client over this transport."""

        async def sleep(seconds: float) -> None:
            self.pause(seconds)

        if world.blocking:
            return Runtime(lambda: self.now, lambda: self.now, self.pause, lambda: 0.5)
        return AsyncRuntime(lambda: self.now, lambda: self.now, sleep, lambda: 0.5)

    def driver(self, world: World) -> Any:
        """Return the driver for a client."""
        return BlockingTransport(self) if world.blocking else AsyncTransport(self)

    def options(self, world: World) -> dict[str, Any]:
        """Return the arguments of a client over this transport."""
        return {"driver": self.driver(world), "_runtime": self.runtime(world)}


class BlockingTransport:
    def __init__(self, inner: Transport) -> None:
        self.inner = inner

    def open(self, method: str, _url: str, _headers: Any, body: Any, *, deadline: Any, **_: Any) -> Any:
        reply = self.inner.take(method, body, deadline)
        return BlockingResponse(self.inner, reply, deque(reply.body))

    def close(self) -> None:
        self.inner.closed = True


class AsyncTransport:
    def __init__(self, inner: Transport) -> None:
        self.inner = inner

    async def open(self, method: str, _url: str, _headers: Any, body: Any, *, deadline: Any, **_: Any) -> Any:
        await asyncio.sleep(0)
        reply = self.inner.take(method, body, deadline)
        return AsyncResponse(self.inner, reply, deque(reply.body))

    async def aclose(self) -> None:
        self.inner.closed = True
