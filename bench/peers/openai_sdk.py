"""The package openai. Its streams are read by the documented plain loop, which assembles nothing."""
# ruff: noqa: D102  (the package's docstring describes each method)

from __future__ import annotations

from typing import Any

import openai

from . import MODEL, PROMPT, Address, picture_messages

DISTRIBUTION = "openai"
NOTE = "its stream is the plain loop, which assembles nothing"

MESSAGES: Any = [{"role": "user", "content": PROMPT}]


def _chat(chunk: Any) -> tuple[int, int]:
    text = chunk.choices[0].delta.content if chunk.choices else None
    return len(text or ""), chunk.usage.total_tokens if chunk.usage else 0


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


def _helped(event: Any) -> tuple[int, int]:
    return _chat(event.chunk) if event.type == "chunk" else (0, 0)


def _is_unit(event: Any) -> bool:
    return event.type == "chunk"


def _count(items: Any, read: Any, is_unit: Any = None) -> tuple[int, int, int]:
    units = characters = tokens = 0
    for item in items:
        units += 1 if is_unit is None else is_unit(item)
        more, counted = read(item)
        characters += more
        tokens += counted
    return units, characters, tokens


async def _count_async(items: Any, read: Any, is_unit: Any = None) -> tuple[int, int, int]:
    units = characters = tokens = 0
    async for item in items:
        units += 1 if is_unit is None else is_unit(item)
        more, counted = read(item)
        characters += more
        tokens += counted
    return units, characters, tokens


def _check(reply: Any, counts: tuple[int, int, int]) -> None:
    if len(reply.choices[0].message.content) != counts[1]:
        raise ValueError("the assembled reply differs from the stream")


class Blocking:
    """The blocking client."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._clients: dict[str, openai.OpenAI] = {}

    def _client(self, name: str) -> openai.OpenAI:
        if name not in self._clients:
            self._clients[name] = openai.OpenAI(base_url=self._address.url(name), api_key="none")
        return self._clients[name]

    def ask(self, name: str) -> tuple[str | None, int]:
        reply = self._client(name).chat.completions.create(model=MODEL, messages=MESSAGES)
        return reply.choices[0].message.content, reply.usage.total_tokens  # type: ignore[union-attr]

    def picture(self) -> tuple[str | None, int]:
        messages: Any = picture_messages()
        reply = self._client("chat").chat.completions.create(model=MODEL, messages=messages)
        return reply.choices[0].message.content, reply.usage.total_tokens  # type: ignore[union-attr]

    def stream(self, name: str) -> tuple[int, int, int]:
        stream = self._client(name).chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)
        return _count(stream, _chat)

    bare = stream

    def helped(self, name: str) -> tuple[int, int, int]:
        with self._client(name).chat.completions.stream(model=MODEL, messages=MESSAGES) as stream:
            counts = _count(stream, _helped, _is_unit)
            _check(stream.get_final_completion(), counts)
            return counts

    def tools(self, name: str) -> tuple[int, int, int]:
        stream = self._client(name).chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)
        return _count(stream, _tool)

    def responses(self, name: str) -> tuple[int, int, int]:
        return _count(self._client(name).responses.create(model=MODEL, input=PROMPT, stream=True), _response)

    def models(self) -> tuple[int, int]:
        data = self._client("models").models.list(extra_query={"include": "pricing"}).data
        return len(data), sum(model.pricing is not None for model in data)  # type: ignore[attr-defined]

    def hold(self, name: str, pieces: int) -> Any:
        stream = self._client(name).chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)
        for _ in range(pieces):
            next(stream)
        return stream


class Async:
    """The async client."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._clients: dict[str, openai.AsyncOpenAI] = {}

    def _client(self, name: str) -> openai.AsyncOpenAI:
        if name not in self._clients:
            self._clients[name] = openai.AsyncOpenAI(base_url=self._address.url(name), api_key="none")
        return self._clients[name]

    async def ask(self, name: str) -> tuple[str | None, int]:
        reply = await self._client(name).chat.completions.create(model=MODEL, messages=MESSAGES)
        return reply.choices[0].message.content, reply.usage.total_tokens  # type: ignore[union-attr]

    async def picture(self) -> tuple[str | None, int]:
        messages: Any = picture_messages()
        reply = await self._client("chat").chat.completions.create(model=MODEL, messages=messages)
        return reply.choices[0].message.content, reply.usage.total_tokens  # type: ignore[union-attr]

    async def stream(self, name: str) -> tuple[int, int, int]:
        stream = await self._client(name).chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)
        return await _count_async(stream, _chat)

    bare = stream

    async def helped(self, name: str) -> tuple[int, int, int]:
        async with self._client(name).chat.completions.stream(model=MODEL, messages=MESSAGES) as stream:
            counts = await _count_async(stream, _helped, _is_unit)
            _check(await stream.get_final_completion(), counts)
            return counts

    async def tools(self, name: str) -> tuple[int, int, int]:
        stream = await self._client(name).chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)
        return await _count_async(stream, _tool)

    async def responses(self, name: str) -> tuple[int, int, int]:
        stream = await self._client(name).responses.create(model=MODEL, input=PROMPT, stream=True)
        return await _count_async(stream, _response)

    async def models(self) -> tuple[int, int]:
        data = (await self._client("models").models.list(extra_query={"include": "pricing"})).data
        return len(data), sum(model.pricing is not None for model in data)  # type: ignore[attr-defined]

    async def hold(self, name: str, pieces: int) -> Any:
        stream = await self._client(name).chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)
        for _ in range(pieces):
            await anext(stream)
        return stream
