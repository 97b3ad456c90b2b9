"""Provider responses passed on to the client: whole, line by line, or byte by byte."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec.structs import replace
from starlette.responses import Response

from .client_connection import ClientLeft, before_reads, before_writes, hang_up, while_connected
from .providers.provider import ProviderError, ProviderTruncatedError
from .quirks import Quirks

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
    "apply_stream_quirks",
    "lines_of",
    "relay_lines",
    "stream_headers",
]


class Lines:
    """Splits bytes into lines. `rest` holds the bytes after the last line end."""

    def __init__(self) -> None:
        self._rest = bytearray()

    @property
    def rest(self) -> bytes:
        """The incomplete last line."""
        return bytes(self._rest)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the lines that are complete now."""
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
        lines: The provider's lines. Its first step may raise a `ProviderError`.
        problem: Convert such an error to an answer for the client.
        headers: Additional headers of the answer, also of an error.
        quirks: The quirks that change a stream.
        patient: Extend the write deadline before each write, so that it never passes.
        silence: Seconds between two lines after which the stream ends (a quirk); None for no end.
    """

    def __init__(
        self,
        lines: AsyncGenerator[bytes],
        problem: Callable[[ProviderError], Problem],
        headers: Mapping[str, str] = MappingProxyType({}),
        *,
        quirks: Quirks,
        patient: bool,
        silence: float | None = None,
    ) -> None:
        super().__init__()
        self._lines = apply_stream_quirks(lines, quirks)
        self._silence = silence
        self._problem = problem
        self._more = headers
        self._as_events = quirks.errors_as_events
        self._patient = patient

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer. The provider's stream is closed in every case."""
        try:
            await while_connected(receive, self._relay(scope, receive, send))
        except (ClientLeft, ProviderTruncatedError):
            return  # after ProviderTruncatedError the end is unsent, so the server closes the connection

    async def _relay(self, scope: Scope, receive: Receive, send: Send) -> None:
        more = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self._more.items()]
        headers = stream_headers(scope) + more
        async with aclosing(self._lines) as lines:
            try:
                async with asyncio.timeout(self._silence):
                    first = await anext(lines, None)
            except TimeoutError:
                await hang_up(scope, receive)
                return
            except ProviderError as error:
                problem = self._problem(error)
            else:
                rest = lines if self._silence is None else _until_silence(lines, self._silence)
                await relay_lines(before_writes(scope, send) if self._patient else send, headers, first, rest)
                return
        if self._as_events:
            await _relay_head(send, problem.status, headers)
            await _relay_body(send, problem.body, more=False)
        else:
            problem.headers = self._more
            await problem.response()(scope, receive, send)


async def apply_stream_quirks(lines: AsyncGenerator[bytes], quirks: Quirks) -> AsyncGenerator[bytes]:
    """Yield the lines as a release passes them on: some lose an incomplete last line, and some hide a cut-off.

    Raises:
        ProviderTruncatedError: The lines were cut off, and that is not hidden.
        ProviderError: There are no lines.
    """
    try:
        async with aclosing(lines):
            async for line in lines:
                if line.endswith(b"\n") or not quirks.lost_tails:
                    yield line
    except ProviderTruncatedError:
        if not quirks.clean_breaks:
            raise


async def _until_silence(lines: AsyncGenerator[bytes], seconds: float) -> AsyncGenerator[bytes]:
    """Yield the lines until one takes longer than `seconds`."""
    while True:
        try:
            async with asyncio.timeout(seconds):
                line = await anext(lines, None)
        except TimeoutError:
            return
        if line is None:
            return
        yield line


def stream_headers(scope: Scope) -> HeaderPairs:
    """Return the headers of an event stream in answer to this request."""
    return _RELAY_HEADERS + [_KEEP] * (_CLOSE not in scope["headers"])


async def relay_lines(
    send: Send, headers: HeaderPairs, first: bytes | None, more: AsyncGenerator[bytes], *, status: int = 200
) -> None:
    """Send these lines in one write each. `first` is None when there are no lines."""
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

_NOT_MIRRORED = HOP_BY_HOP | {"date"}  # the server sets its own


class PassThrough(Response):
    """The answer to a request that is passed on.

    Args:
        exchange: The provider's answer, not yet requested.
        seconds: Time limit for an answer that is not an event stream; None for no limit.
        problem: Convert a failure before the answer to an error for the client. A later failure cuts the answer off.
        quirks: The quirks that change a stream.
        streams: Pass an event stream on line by line and without a deadline, and not like other bodies.
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
        self._quirks = replace(quirks, lost_tails=False)  # not lost here (gateway-behaviour.md#messages)
        self._streams = streams
        self._begun = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer. The provider's answer is closed in every case."""
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
                # a stream has no time limit (gateway-behaviour.md#limits-and-timeouts)
                clock.reschedule(None)
                async with aclosing(before_reads(scope, apply_stream_quirks(lines_of(answer), self._quirks))) as lines:
                    first = await anext(lines, None)
                    self._begun = True
                    await relay_lines(send, stream_headers(scope), first, lines)
            else:
                await self._copy(send, answer, [pair for pair in answer.headers if pair[0] in _KEPT])

    async def _copy(self, send: Send, answer: ProviderResponse, headers: Iterable[tuple[str, str]]) -> None:
        """Send the answer with these headers and its bytes as they arrive.

        Raises:
            ProviderError: The body was cut off. The end of the answer has not been sent.
        """
        self._begun = True
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        async for data in answer.pieces:
            await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class Mirror(PassThrough):
    """The provider's answer with all its headers and without a time limit. A stream is passed on like other bodies."""

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
    """Return whether a header is passed on. Permissions for browsers are not."""
    return name not in _NOT_MIRRORED and name != "set-cookie" and not name.startswith("access-control-")


async def lines_of(answer: ProviderResponse) -> AsyncGenerator[bytes]:
    """Yield the lines of the body, with an incomplete last one.

    Raises:
        ProviderTruncatedError: The body was cut off after these lines.
    """
    lines, broken = Lines(), None
    try:
        async for data in answer.pieces:
            for line in lines.feed(data):
                yield line
    except ProviderTruncatedError as error:
        broken = error
    if lines.rest:
        yield lines.rest
    if broken:
        raise broken
