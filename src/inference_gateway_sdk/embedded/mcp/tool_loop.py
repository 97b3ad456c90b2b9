"""The gateway's tool loop: request an answer, run its tool calls, request the next, whole or streamed."""

from __future__ import annotations

from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace
from starlette.responses import Response

from ..._model.type_info import strict_decode
from .. import go_json
from ..chat_schema import ChatMessage, ChatRequest, ChatResponse, ChatToolCall, ExtraContent, FunctionCall
from ..client_connection import ClientLeft, while_connected
from ..forwarding import relay_lines, stream_headers
from ..problems import Problem
from ..providers.provider import ProviderError, ProviderTruncatedError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from starlette.types import Receive, Scope, Send

    from .offer import Offer

__all__ = ["ROUNDS", "ChatProvider", "CutStream", "StreamedTurn", "ToolLoop", "offered", "payload", "with_results"]


class _FunctionPiece(Struct):
    name: str | None = None
    arguments: str | None = None


class _CallPiece(Struct):
    index: int | None = None
    id: str | None = None
    type: str | None = None
    function: _FunctionPiece | None = None
    extra_content: ExtraContent | None = None


class _TurnDelta(Struct):
    content: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[_CallPiece] | None = None


class _Choice(Struct):
    index: int | None = None
    delta: _TurnDelta | None = None
    finish_reason: str | None = None


class _Chunk(Struct):
    choices: list[_Choice] | None = None


def payload(line: bytes) -> bytes | None:
    """Return the data of a line of an event stream, or None for other lines."""
    return line[5:].strip() if line.startswith(b"data:") else None


class StreamedTurn:
    """A streamed turn, assembled from lines. Unreadable lines are skipped.

    Attributes:
        finish: The finish reason of the first choice; empty until it has come.
        done: True once the provider's `[DONE]` has come.
    """

    def __init__(self) -> None:
        self.finish: str = ""
        self.done: bool = False
        self._texts: dict[str, list[str]] = {"content": [], "reasoning": [], "reasoning_content": []}
        self._calls: dict[int, ChatToolCall] = {}

    @property
    def calls(self) -> list[ChatToolCall]:
        """The tool calls in order."""
        return [self._calls[index] for index in sorted(self._calls)]

    @property
    def message(self) -> ChatMessage:
        """The turn as a message of the conversation."""
        text = {name: "".join(pieces) for name, pieces in self._texts.items()}
        return ChatMessage(
            role="assistant",
            content=Raw(msgspec.json.encode(text["content"] or None)),
            tool_calls=self.calls or None,
            reasoning=text["reasoning"] or None,
            reasoning_content=text["reasoning_content"] or None,
        )

    def feed(self, line: bytes) -> None:
        """Process a line."""
        data = payload(line)
        if data == b"[DONE]":
            self.done = True
        elif data:
            self._take(data)

    def _take(self, data: bytes) -> None:
        try:
            chunk = strict_decode(data, _Chunk)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return
        for choice in chunk.choices or ():
            if not choice.index:  # tools are run for the first choice only
                self._follow(choice)

    def _follow(self, choice: _Choice) -> None:
        delta = choice.delta or _TurnDelta()
        for name, pieces in self._texts.items():
            pieces.append(getattr(delta, name) or "")
        for piece in delta.tool_calls or ():
            self._add(piece)
        self.finish = choice.finish_reason or self.finish

    def _add(self, piece: _CallPiece) -> None:
        # First {"index": 0, "id": "call_1", "function": {"name": "now", "arguments": ""}}
        # Then {"index": 0, "function": {"arguments": "{\"zone\":"}} and {"index": 0, "function": {"arguments": "1}"}}
        call = self._calls.setdefault(self._place(piece), ChatToolCall(type="function"))
        call.id = call.id or piece.id or ""
        call.type = piece.type or call.type
        call.extra_content = piece.extra_content or call.extra_content
        if piece.function is not None:
            call.function = FunctionCall(
                arguments=call.function.arguments + (piece.function.arguments or ""),
                name=call.function.name or piece.function.name or "",
            )

    def _place(self, piece: _CallPiece) -> int:
        """Return the index of the call that a piece belongs to. Without an index, an id begins another call."""
        if piece.index is not None:
            return piece.index
        latest = max(self._calls, default=-1)
        return latest + 1 if piece.id or latest < 0 else latest


ROUNDS = 10
"""The number of rounds in which tools are run for one request."""

_DONE = b"data: [DONE]\n"


class ChatProvider(Protocol):
    """The part of `ModelProvider` that chats need."""

    async def chat(self, request: ChatRequest) -> bytes:
        """Return the body of the answer, as `ModelProvider.chat` does."""
        ...

    def chat_stream(self, request: ChatRequest) -> AsyncGenerator[bytes]:
        """Yield the lines of the answer, as `ModelProvider.chat_stream` does."""
        ...


class ToolLoop:
    """A provider whose models are offered tools, with the loop that runs them.

    Args:
        provider: The provider to ask.
        offer: The tools, which replace the client's.
        problem: Convert a failure of the provider to an error for the client.
    """

    def __init__(self, provider: ChatProvider, offer: Offer, problem: Callable[[ProviderError], Problem]) -> None:
        self._provider = provider
        self._offer = offer
        self._problem = problem

    async def chat(self, request: ChatRequest) -> bytes:
        """Return the body of the last answer. It has tool calls only if the number of rounds is used up.

        Raises:
            ProviderError: The first answer failed.
            Problem: An answer to tool results failed.
        """
        request = offered(request, self._offer)
        body = await self._provider.chat(request)
        for _ in range(ROUNDS):
            reply = _text_of(body)
            if reply is None or not reply.tool_calls:
                break
            request = await with_results(request, reply, self._offer)
            body = await self._chat_on(request)
        return body

    async def _chat_on(self, request: ChatRequest) -> bytes:
        """Return the body of an answer to tool results."""
        try:
            body = await self._provider.chat(request)
            go_json.read_first(body, ChatResponse)
        except (ProviderError, msgspec.DecodeError) as error:
            raise Problem(500, "Failed to execute MCP tools") from error
        return body

    async def chat_stream(self, request: ChatRequest) -> AsyncGenerator[bytes]:
        """Yield the lines of all turns, with one `[DONE]` at the end.

        If a later turn does not begin, the stream ends with an error event.

        Raises:
            ProviderTruncatedError: The stream was cut off. Raised at any step, as in `ModelProvider.chat_stream`.
            ProviderError: The first answer failed. Raised at the first step only.
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
            except ProviderTruncatedError:
                raise
            except ProviderError as error:
                yield self._failure(error)
                return
        if turn.done:
            yield _DONE
            yield b"\n"

    async def _turn(self, request: ChatRequest, turn: StreamedTurn) -> AsyncGenerator[bytes]:
        """Yield the lines of one turn up to `[DONE]`. A cut-off after the finish reason is ignored."""
        async with aclosing(self._provider.chat_stream(request)) as lines:
            try:
                async for line in lines:
                    turn.feed(line)
                    if not turn.done:
                        yield line if line.endswith(b"\n") else line + b"\n\n"
            except ProviderTruncatedError:
                if not turn.finish:
                    raise

    def _failure(self, error: ProviderError) -> bytes:
        """Return the real gateway's error as an event, encoded correctly and with the status."""
        problem = self._problem(error)
        reply = {"code": problem.status, "message": f"Failed to start streaming: {problem.text}"}
        return b"data: %s\n\n" % go_json.encode({"error": reply})


def offered(request: ChatRequest, offer: Offer) -> ChatRequest:
    """Return the request with the gateway's tools in place of the client's. Its `tool_choice` is unchanged.

    See gateway-behaviour.md#mcp-tools.
    """
    return replace(request, tools=offer.tools)


async def with_results(request: ChatRequest, reply: ChatMessage, offer: Offer) -> ChatRequest:
    """Return the next request after a turn with tool calls: with that turn and the results of its calls."""
    results = [
        ChatMessage(role="tool", tool_call_id=call.id, content=Raw(msgspec.json.encode(await _run_calls(call, offer))))
        for call in reply.tool_calls or ()
    ]
    return replace(request, messages=[*(request.messages or ()), reply, *results])


async def _run_calls(call: ChatToolCall, offer: Offer) -> str:
    return await offer.run(call.function.name, call.function.arguments)


def _text_of(body: bytes) -> ChatMessage | None:
    """Return the message of the first choice, or None if there is none."""
    try:
        choices = go_json.read_first(body, ChatResponse).choices
    except msgspec.DecodeError:
        return None
    return choices[0].message if choices else None


class CutStream(Response):
    """The answer to a streamed chat that may run tools, with the bugs of the real gateway.

    Args:
        provider: The provider to ask.
        request: The chat.
        offer: The tools.
        problem: Convert a failure of the provider to an error. Its text is inserted into an event without escaping.
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
        """Send the answer. The provider's stream is closed in every case."""
        try:
            await while_connected(receive, self._relay(scope, send))
        except ClientLeft:
            return

    async def _relay(self, scope: Scope, send: Send) -> None:
        async with aclosing(self._frames()) as frames:
            first = await anext(frames)
            await relay_lines(send, stream_headers(scope), first, frames, status=_stream_status(first))

    async def _frames(self) -> AsyncGenerator[bytes]:
        request = self._request
        try:
            for _ in range(ROUNDS):
                turn = StreamedTurn()
                with suppress(ProviderTruncatedError):  # as in the real gateway, a cut-off looks like an end
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
        """Yield the events of one turn. Lines without "data: " (with the space), and all after the finish, are lost."""
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


def _stream_status(frame: bytes) -> int:
    """Return 503 if the first event is a decodable error with a string as its text, else 200."""
    try:
        strict_decode(payload(frame.rstrip()) or b"", _StreamError)
    except msgspec.DecodeError:
        return 200
    return 503


class _StreamError(msgspec.Struct):
    error: str
