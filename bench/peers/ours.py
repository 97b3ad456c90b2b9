"""This package."""
# ruff: noqa: D102  (the package's docstring describes each method)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference_gateway_sdk import AsyncInferenceGatewayClient, InferenceGatewayClient

from . import MODEL, PROMPT, Address, picture_messages

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

DISTRIBUTION = "inference-gateway-sdk"

MODEL_ID = f"openai/{MODEL}"


def _chat(chunk: Any) -> tuple[int, int]:
    return len(chunk.text or ""), chunk.usage.total_tokens if chunk.usage else 0


def _tool(chunk: Any) -> tuple[int, int]:
    characters = 0
    for choice in chunk.choices:
        for call in choice.delta.tool_calls or ():
            characters += len(call.function.arguments or "")
    return characters, chunk.usage.total_tokens if chunk.usage else 0


def _response(event: Any) -> tuple[int, int]:
    if event.type == "response.output_text.delta":
        return len(event.delta), 0
    return 0, event.response.usage.total_tokens if event.type == "response.completed" else 0


def _message(event: Any) -> tuple[int, int]:
    if event.type == "content_block_delta":
        return len(event.delta.text), 0
    return 0, event.usage.output_tokens if event.type == "message_delta" else 0


def _count(items: Iterator[Any], read: Any) -> tuple[int, int, int]:
    units = characters = tokens = 0
    for item in items:
        units += 1
        more, counted = read(item)
        characters += more
        tokens += counted
    return units, characters, tokens


async def _count_async(items: AsyncIterator[Any], read: Any) -> tuple[int, int, int]:
    units = characters = tokens = 0
    async for item in items:
        units += 1
        more, counted = read(item)
        characters += more
        tokens += counted
    return units, characters, tokens


class Blocking:
    """The blocking client."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._clients: dict[str, InferenceGatewayClient] = {}

    def _client(self, name: str) -> InferenceGatewayClient:
        if name not in self._clients:
            url, ca = self._address.url(name), self._address.authority
            self._clients[name] = InferenceGatewayClient(url, max_connections=2000, ca=ca)
        return self._clients[name]

    def ask(self, name: str) -> tuple[str | None, int]:
        reply = self._client(name).generate_content(MODEL_ID, PROMPT)
        return reply.text, reply.usage.total_tokens

    def picture(self) -> tuple[str | None, int]:
        reply = self._client("chat").generate_content(MODEL_ID, picture_messages())
        return reply.text, reply.usage.total_tokens

    def stream(self, name: str) -> tuple[int, int, int]:
        with self._client(name).generate_content_stream(MODEL_ID, PROMPT) as stream:
            counts = _count(stream, _chat)
            if len(stream.final().text) != counts[1]:
                raise ValueError("the assembled reply differs from the stream")
            return counts

    helped = stream

    def bare(self, name: str) -> tuple[int, int, int]:
        with self._client(name).generate_content_stream(MODEL_ID, PROMPT, assemble=False) as stream:
            return _count(stream, _chat)

    def tools(self, name: str) -> tuple[int, int, int]:
        with self._client(name).generate_content_stream(MODEL_ID, PROMPT) as stream:
            return _count(stream, _tool)

    def responses(self, name: str) -> tuple[int, int, int]:
        with self._client(name).create_response_stream(MODEL_ID, PROMPT) as stream:
            return _count(stream, _response)

    def messages(self, name: str) -> tuple[int, int, int]:
        with self._client(name).create_message_stream(f"anthropic/{MODEL}", PROMPT, 100) as stream:
            return _count(stream, _message)

    def models(self) -> tuple[int, int]:
        data = self._client("models").list_models(include=["pricing"]).data
        return len(data), sum(model.pricing is not None for model in data)

    def hold(self, name: str, pieces: int) -> Any:
        stream = self._client(name).generate_content_stream(MODEL_ID, PROMPT)
        stream.__enter__()
        for _ in range(pieces):
            next(stream)
        return stream


class Async:
    """The async client."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._clients: dict[str, AsyncInferenceGatewayClient] = {}

    def _client(self, name: str) -> AsyncInferenceGatewayClient:
        if name not in self._clients:
            url, ca = self._address.url(name), self._address.authority
            self._clients[name] = AsyncInferenceGatewayClient(url, max_connections=2000, ca=ca)
        return self._clients[name]

    async def ask(self, name: str) -> tuple[str | None, int]:
        reply = await self._client(name).generate_content(MODEL_ID, PROMPT)
        return reply.text, reply.usage.total_tokens

    async def picture(self) -> tuple[str | None, int]:
        reply = await self._client("chat").generate_content(MODEL_ID, picture_messages())
        return reply.text, reply.usage.total_tokens

    async def stream(self, name: str) -> tuple[int, int, int]:
        async with self._client(name).generate_content_stream(MODEL_ID, PROMPT) as stream:
            counts = await _count_async(stream, _chat)
            if len((await stream.final()).text) != counts[1]:
                raise ValueError("the assembled reply differs from the stream")
            return counts

    helped = stream

    async def bare(self, name: str) -> tuple[int, int, int]:
        async with self._client(name).generate_content_stream(MODEL_ID, PROMPT, assemble=False) as stream:
            return await _count_async(stream, _chat)

    async def tools(self, name: str) -> tuple[int, int, int]:
        async with self._client(name).generate_content_stream(MODEL_ID, PROMPT) as stream:
            return await _count_async(stream, _tool)

    async def responses(self, name: str) -> tuple[int, int, int]:
        async with self._client(name).create_response_stream(MODEL_ID, PROMPT) as stream:
            return await _count_async(stream, _response)

    async def messages(self, name: str) -> tuple[int, int, int]:
        async with self._client(name).create_message_stream(f"anthropic/{MODEL}", PROMPT, 100) as stream:
            return await _count_async(stream, _message)

    async def models(self) -> tuple[int, int]:
        data = (await self._client("models").list_models(include=["pricing"])).data
        return len(data), sum(model.pricing is not None for model in data)

    async def hold(self, name: str, pieces: int) -> Any:
        stream = self._client(name).generate_content_stream(MODEL_ID, PROMPT)
        await stream.__aenter__()
        for _ in range(pieces):
            await anext(stream)
        return stream
