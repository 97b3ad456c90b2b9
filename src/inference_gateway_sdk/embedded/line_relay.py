"""A provider's stream turned into the gateway's: line by line, as it came, under the gateway's own headers.

The head goes out with the first line, so that an error before it still has its status. A stream that breaks off later
breaks off here too, unless a quirk hides that.
"""

from __future__ import annotations

from contextlib import aclosing
from types import MappingProxyType
from typing import TYPE_CHECKING

from starlette.responses import Response

from .disconnect import ClientLeft, while_connected
from .providers.provider import BrokenOff, ProviderError
from .write_deadline import before_writes

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping

    from starlette.types import Receive, Scope, Send

    from .problems import Problem
    from .quirks import Quirks

__all__ = ["LineRelay", "as_released", "relay_lines", "stream_headers"]

Pairs = list[tuple[bytes, bytes]]

_HEADERS = [
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
            await _head(send, problem.status, headers)
            await _body(send, problem.body, more=False)
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


def stream_headers(scope: Scope) -> Pairs:
    """The headers of an event stream that answers this request."""
    return _HEADERS + [_KEEP] * (_CLOSE not in scope["headers"])


async def relay_lines(
    send: Send, headers: Pairs, first: bytes | None, more: AsyncGenerator[bytes], *, status: int = 200
) -> None:
    """Send these lines, each in a write of its own; `first` is None when there is none."""
    await _head(send, status, headers)
    line = first
    while line is not None:
        await _body(send, line, more=True)
        line = await anext(more, None)
    await _body(send, b"", more=False)


async def _head(send: Send, status: int, headers: Pairs) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _body(send: Send, data: bytes, *, more: bool) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": more})
