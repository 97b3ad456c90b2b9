"""Responses passed on to the client: whole, line by line, or byte for byte."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec.structs import replace
from starlette.responses import Response

from .client_connection import ClientLeft, before_reads, before_writes, while_connected
from .providers.provider import BrokenOff, ProviderError
from .settings import Quirks

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractAsyncContextManager

    from starlette.types import Receive, Scope, Send

    from .problems import Problem
    from .providers.provider import ProviderResponse

__all__ = [
    "HOP_BY_HOP",
    "LineRelay",
    "Lines",
    "Mirror",
    "PassThrough",
    "as_released",
    "lines_of",
    "relay_lines",
    "stream_headers",
]


class Lines:
    """Give it bytes; `rest` is what follows the last line end."""

    def __init__(self) -> None:
        self._rest = bytearray()

    @property
    def rest(self) -> bytes:
        """A last line that has not ended."""
        return bytes(self._rest)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that are whole now."""
        first, *others = data.split(b"\n")
        self._rest += first
        for piece in others:
            yield bytes(self._rest) + b"\n"
            self._rest = bytearray(piece)


HeaderPairs = list[tuple[bytes, bytes]]

_RELAY_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]
_CLOSE = (b"connection", b"close")
_KEEP = (b"connection", b"keep-alive")


class LineRelay(Response):
    """The answer to a streamed request.

    Args:
        lines: The provider's lines; its first step may raise a `ProviderError`.
        problem: What such an error is to the client.
        headers: What the answer's head says besides, whether it is an error or not.
        quirks: What else may become of them.
        patient: The write deadline is moved before each write, and so is never met.
    """

    def __init__(
        self,
        lines: AsyncGenerator[bytes],
        problem: Callable[[ProviderError], Problem],
        headers: Mapping[str, str] = MappingProxyType({}),
        *,
        quirks: Quirks,
        patient: bool,
    ) -> None:
        super().__init__()
        self._lines = as_released(lines, quirks)
        self._problem = problem
        self._more = headers
        self._as_events = quirks.errors_as_events
        self._patient = patient

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; the provider's stream is closed however this ends."""
        try:
            await while_connected(receive, self._relay(scope, receive, send))
        except (ClientLeft, BrokenOff):
            return  # in the second case with the end unsent, so that the server closes the connection

    async def _relay(self, scope: Scope, receive: Receive, send: Send) -> None:
        more = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self._more.items()]
        headers = stream_headers(scope) + more
        async with aclosing(self._lines) as lines:
            try:
                first = await anext(lines, None)
            except ProviderError as error:
                problem = self._problem(error)
            else:
                await relay_lines(before_writes(scope, send) if self._patient else send, headers, first, lines)
                return
        if self._as_events:
            await _relay_head(send, problem.status, headers)
            await _relay_body(send, problem.body, more=False)
        else:
            problem.headers = self._more
            await problem.response()(scope, receive, send)


async def as_released(lines: AsyncGenerator[bytes], quirks: Quirks) -> AsyncGenerator[bytes]:
    """The lines as a release hands them on: one may lose a last line without an end, and hide that they broke off.

    Raises:
        BrokenOff: They did, and it is not hidden.
        ProviderError: There are none.
    """
    try:
        async with aclosing(lines):
            async for line in lines:
                if line.endswith(b"\n") or not quirks.lost_tails:
                    yield line
    except BrokenOff:
        if not quirks.clean_breaks:
            raise


def stream_headers(scope: Scope) -> HeaderPairs:
    """The headers of an event stream that answers this request."""
    return _RELAY_HEADERS + [_KEEP] * (_CLOSE not in scope["headers"])


async def relay_lines(
    send: Send, headers: HeaderPairs, first: bytes | None, more: AsyncGenerator[bytes], *, status: int = 200
) -> None:
    """Send these lines, each in a write of its own; `first` is None when there is none."""
    await _relay_head(send, status, headers)
    line = first
    while line is not None:
        await _relay_body(send, line, more=True)
        line = await anext(more, None)
    await _relay_body(send, b"", more=False)


async def _relay_head(send: Send, status: int, headers: HeaderPairs) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _relay_body(send: Send, data: bytes, *, more: bool) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": more})


_KEPT = ("content-type", "content-length")
HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
"""Headers that belong to one connection (RFC 9110 section 7.6.1)."""

_NOT_MIRRORED = HOP_BY_HOP | {"date"}  # which the server sets itself


class PassThrough(Response):
    """The answer to a request that is passed on.

    Args:
        exchange: The provider's answer, not yet asked for.
        seconds: How long an answer that is no event stream may take in all; None for ever.
        problem: What it is to the client when no answer begins. One that breaks off later breaks off here too.
        quirks: What else may become of a stream.
        streams: An event stream is handed on line by line, without a deadline; otherwise like anything else.
    """

    def __init__(
        self,
        exchange: AbstractAsyncContextManager[ProviderResponse],
        seconds: float | None,
        problem: Callable[[ProviderError | TimeoutError], Problem],
        *,
        quirks: Quirks,
        streams: bool = True,
    ) -> None:
        super().__init__()
        self._exchange = exchange
        self._seconds = seconds
        self._problem = problem
        self._quirks = replace(quirks, lost_tails=False)  # here nothing is lost (gateway-behaviour.md#messages)
        self._streams = streams
        self._begun = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; the provider's answer is closed however this ends."""
        try:
            await while_connected(receive, self._relay(scope, send))
        except ClientLeft:
            return
        except (ProviderError, TimeoutError) as error:
            if not self._begun:
                await self._problem(error).response()(scope, receive, send)

    async def _relay(self, scope: Scope, send: Send) -> None:
        async with asyncio.timeout(self._seconds) as clock, self._exchange as answer:
            if self._streams and answer.header("content-type").partition(";")[0].strip().lower() == "text/event-stream":
                # a stream may take as long as it likes (gateway-behaviour.md#limits-and-timeouts)
                clock.reschedule(None)
                async with aclosing(before_reads(scope, as_released(lines_of(answer), self._quirks))) as lines:
                    first = await anext(lines, None)
                    self._begun = True
                    await relay_lines(send, stream_headers(scope), first, lines)
            else:
                await self._copy(send, answer, [pair for pair in answer.headers if pair[0] in _KEPT])

    async def _copy(self, send: Send, answer: ProviderResponse, headers: Iterable[tuple[str, str]]) -> None:
        """Send the answer with these headers, its bytes as they come.

        Raises:
            ProviderError: It broke off; its end has not been sent.
        """
        self._begun = True
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        async for data in answer.pieces:
            await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class Mirror(PassThrough):
    """The provider's answer with all its headers, a stream like anything else, for as long as it takes."""

    def __init__(
        self,
        exchange: AbstractAsyncContextManager[ProviderResponse],
        problem: Callable[[ProviderError | TimeoutError], Problem],
    ) -> None:
        super().__init__(exchange, None, problem, quirks=Quirks(), streams=False)

    async def _relay(self, scope: Scope, send: Send) -> None:
        async with self._exchange as answer:
            await self._copy(
                before_writes(scope, send), answer, [pair for pair in answer.headers if _is_mirrored(pair[0])]
            )


def _is_mirrored(name: str) -> bool:
    """Return whether a header reaches the client. What a provider grants to browsers does not."""
    return name not in _NOT_MIRRORED and name != "set-cookie" and not name.startswith("access-control-")


async def lines_of(answer: ProviderResponse) -> AsyncGenerator[bytes]:
    """The lines of the body, a last one without an end included.

    Raises:
        BrokenOff: The body ended too early, after these lines.
    """
    lines, broken = Lines(), None
    try:
        async for data in answer.pieces:
            for line in lines.feed(data):
                yield line
    except BrokenOff as error:
        broken = error
    if lines.rest:
        yield lines.rest
    if broken:
        raise broken
