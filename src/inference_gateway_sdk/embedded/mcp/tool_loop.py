"""A provider whose chats run the gateway's own tools: asked for an answer, it asks and runs until there is one.

Whole, a client sees the last answer alone. Streamed, it sees all turns one after the other, but never a tool's result
(WIRE section 13).
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from .. import go_json
from ..chat_schema import ChatAnswer, ChatRequest, Message, ToolCall
from ..problems import Problem
from ..providers.provider import BrokenOff, ProviderError
from .turn import StreamedTurn

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from .offer import Offer

__all__ = ["ROUNDS", "ChatProvider", "ToolLoop", "offered", "with_results"]

ROUNDS = 10
"""How often tools are run for one request."""

_DONE = b"data: [DONE]\n"


class ChatProvider(Protocol):
    """As much of a `Provider` as chats need."""

    async def chat(self, request: ChatRequest) -> bytes:
        """As `Provider.chat`."""
        ...

    def chat_stream(self, request: ChatRequest) -> AsyncGenerator[bytes]:
        """As `Provider.chat_stream`."""
        ...


class ToolLoop:
    """A provider and the tools that its models are offered.

    Args:
        provider: Who is asked.
        offer: The tools. They take the place of the client's.
        problem: What a failure of the provider is to a client.
    """

    def __init__(self, provider: ChatProvider, offer: Offer, problem: Callable[[ProviderError], Problem]) -> None:
        self._provider = provider
        self._offer = offer
        self._problem = problem

    async def chat(self, request: ChatRequest) -> bytes:
        """The body of the last answer, which calls tools only when they were run often enough.

        Raises:
            ProviderError: There was no first answer.
            Problem: There was none to the results of tools.
        """
        request = offered(request, self._offer)
        body = await self._provider.chat(request)
        for _ in range(ROUNDS):
            said = _said(body)
            if said is None or not said.tool_calls:
                break
            request = await with_results(request, said, self._offer)
            body = await self._chat_on(request)
        return body

    async def _chat_on(self, request: ChatRequest) -> bytes:
        """The body of an answer to the results of tools."""
        try:
            body = await self._provider.chat(request)
            go_json.read_first(body, ChatAnswer)
        except (ProviderError, msgspec.DecodeError) as error:
            raise Problem(500, "Failed to execute MCP tools") from error
        return body

    async def chat_stream(self, request: ChatRequest) -> AsyncGenerator[bytes]:
        """The lines of all turns, with the provider's mark for the end behind the last alone.

        A later turn that does not begin is an error in the stream, and its end.

        Raises:
            BrokenOff: At any step, as in `Provider.chat_stream`.
            ProviderError: From the first step only.
        """
        request = offered(request, self._offer)
        turn = StreamedTurn()
        async with aclosing(self._turn(request, turn)) as lines:
            async for line in lines:
                yield line
        for _ in range(ROUNDS):
            if not (turn.calls and turn.finish):
                break
            request = await with_results(request, turn.message, self._offer)
            turn = StreamedTurn()
            try:
                async with aclosing(self._turn(request, turn)) as lines:
                    async for line in lines:
                        yield line
            except BrokenOff:
                raise
            except ProviderError as error:
                yield self._failure(error)
                return
        if turn.done:
            yield _DONE
            yield b"\n"

    async def _turn(self, request: ChatRequest, turn: StreamedTurn) -> AsyncGenerator[bytes]:
        """The lines of one turn, up to the provider's mark for the end; what breaks behind its finish is whole."""
        async with aclosing(self._provider.chat_stream(request)) as lines:
            try:
                async for line in lines:
                    turn.feed(line)
                    if not turn.done:
                        yield line if line.endswith(b"\n") else line + b"\n\n"
            except BrokenOff:
                if not turn.finish:
                    raise

    def _failure(self, error: ProviderError) -> bytes:
        """The real gateway's words for it, as a frame that can be read and says the status."""
        problem = self._problem(error)
        said = {"code": problem.status, "message": f"Failed to start streaming: {problem.text}"}
        return b"data: %s\n\n" % go_json.encode({"error": said})


def offered(request: ChatRequest, offer: Offer) -> ChatRequest:
    """The request with the gateway's tools in place of the client's; its `tool_choice` stays (WIRE section 13)."""
    return replace(request, tools=offer.tools)


async def with_results(request: ChatRequest, said: Message, offer: Offer) -> ChatRequest:
    """The request that goes on where a turn called tools: with the turn, and what each of them gives."""
    results = [
        Message(role="tool", tool_call_id=call.id, content=Raw(msgspec.json.encode(await _run(call, offer))))
        for call in said.tool_calls or ()
    ]
    return replace(request, messages=[*(request.messages or ()), said, *results])


async def _run(call: ToolCall, offer: Offer) -> str:
    return await offer.run(call.function.name, call.function.arguments)


def _said(body: bytes) -> Message | None:
    """The message of the first choice; None when there is none to read."""
    try:
        choices = go_json.read_first(body, ChatAnswer).choices
    except msgspec.DecodeError:
        return None
    return choices[0].message if choices else None
