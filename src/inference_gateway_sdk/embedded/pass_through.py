"""A provider's answer turned into the gateway's as it is: status, content type and body, or its stream line by line.

The endpoints that understand nothing of what they pass on share it (WIRE sections 10 to 12): Messages, Responses,
images and audio.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

from msgspec.structs import replace
from starlette.responses import Response

from .disconnect import ClientLeft, while_connected
from .line_relay import as_released, relay_lines, stream_headers
from .lines import Lines
from .providers.provider import BrokenOff, ProviderError
from .quirks import Quirks
from .write_deadline import before_reads, before_writes

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable
    from contextlib import AbstractAsyncContextManager

    from starlette.types import Receive, Scope, Send

    from .problems import Problem
    from .providers.provider import Answer

__all__ = ["HOP_BY_HOP", "Mirror", "PassThrough", "lines_of"]

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
        exchange: AbstractAsyncContextManager[Answer],
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
        self._quirks = replace(quirks, lost_tails=False)  # here nothing is lost (WIRE section 10)
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
                clock.reschedule(None)  # a stream may take as long as it likes (WIRE section 4)
                async with aclosing(before_reads(scope, as_released(lines_of(answer), self._quirks))) as lines:
                    first = await anext(lines, None)
                    self._begun = True
                    await relay_lines(send, stream_headers(scope), first, lines)
            else:
                await self._copy(send, answer, [pair for pair in answer.headers if pair[0] in _KEPT])

    async def _copy(self, send: Send, answer: Answer, headers: Iterable[tuple[str, str]]) -> None:
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
        exchange: AbstractAsyncContextManager[Answer],
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


async def lines_of(answer: Answer) -> AsyncGenerator[bytes]:
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
