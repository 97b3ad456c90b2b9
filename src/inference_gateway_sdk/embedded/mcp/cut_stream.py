"""The stream of tool turns as v0.48 of the real gateway sends it, with all that a client has to survive.

Each turn is cut off at its finish, so that usage is lost; an error stands unescaped in its frame under a 200; `[DONE]`
follows in any case (WIRE section 13).
"""

from __future__ import annotations

from contextlib import aclosing, suppress
from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response

from ..disconnect import ClientLeft, while_connected
from ..line_relay import relay_lines, stream_headers
from ..providers.provider import BrokenOff, ProviderError
from .tool_loop import ROUNDS, offered, with_results
from .turn import StreamedTurn, payload

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from starlette.types import Receive, Scope, Send

    from ..chat_schema import ChatRequest
    from ..problems import Problem
    from .offer import Offer
    from .tool_loop import ChatProvider

__all__ = ["CutStream"]


class CutStream(Response):
    """The answer to a streamed chat that may run tools.

    Args:
        provider: Who is asked.
        request: What is asked.
        offer: The tools.
        problem: What a failure of the provider is to a client; its text goes into the frame as it is.
    """

    def __init__(
        self,
        provider: ChatProvider,
        request: ChatRequest,
        offer: Offer,
        problem: Callable[[ProviderError], Problem],
    ) -> None:
        super().__init__()
        self._provider = provider
        self._request = offered(request, offer)
        self._offer = offer
        self._problem = problem

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; the provider's stream is closed however this ends."""
        try:
            await while_connected(receive, self._relay(scope, send))
        except ClientLeft:
            return

    async def _relay(self, scope: Scope, send: Send) -> None:
        async with aclosing(self._frames()) as frames:
            first = await anext(frames)
            await relay_lines(send, stream_headers(scope), first, frames, status=_status(first))

    async def _frames(self) -> AsyncGenerator[bytes]:
        request = self._request
        try:
            for _ in range(ROUNDS):
                turn = StreamedTurn()
                with suppress(BrokenOff):  # it ends cleanly wherever the provider's breaks
                    async with aclosing(self._turn(request, turn)) as frames:
                        async for frame in frames:
                            yield frame
                if not turn.calls:
                    break
                request = await with_results(request, turn.message, self._offer)
        except ProviderError as error:
            yield b'data: {"error": "Failed to start streaming: %s"}\n\n' % self._problem(error).text.encode()
        yield b"data: [DONE]\n\n"

    async def _turn(self, request: ChatRequest, turn: StreamedTurn) -> AsyncGenerator[bytes]:
        """The frames of one turn: what is not "data: " with the space is dropped, and what follows the finish too."""
        async with aclosing(self._provider.chat_stream(request)) as lines:
            async for line in lines:
                if not line.startswith(b"data: "):
                    continue
                turn.feed(line)
                if turn.done:
                    return
                yield line.rstrip() + b"\n\n"
                if turn.finish in ("stop", "tool_calls"):
                    return


def _status(frame: bytes) -> int:
    """200, unless the first frame happens to be a readable error whose text is a string."""
    try:
        msgspec.json.decode(payload(frame.rstrip()) or b"", type=_Error)
    except msgspec.DecodeError:
        return 200
    return 503


class _Error(msgspec.Struct):
    error: str
