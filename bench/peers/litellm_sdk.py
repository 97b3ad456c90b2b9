"""The package litellm. Its functions are called as in its documentation; it keeps its own clients."""
# ruff: noqa: D102  (the package's docstring describes each method)

from __future__ import annotations

from typing import Any

import litellm

from . import MODEL, PROMPT, Address, picture_messages

DISTRIBUTION = "litellm"
MESSAGES: Any = [{"role": "user", "content": PROMPT}]
MODEL_ID = f"openai/{MODEL}"


def _chat(chunk: Any) -> tuple[int, int]:
    text = chunk.choices[0].delta.content if chunk.choices else None
    return len(text or ""), _tokens(chunk)


def _tool(chunk: Any) -> tuple[int, int]:
    characters = 0
    for choice in chunk.choices:
        for call in choice.delta.tool_calls or ():
            characters += len(call.function.arguments or "")
    return characters, _tokens(chunk)


def _tokens(chunk: Any) -> int:
    usage = getattr(chunk, "usage", None)
    return usage.total_tokens if usage else 0


class _Peer:
    def __init__(self, address: Address) -> None:
        self._address = address

    def _options(self, name: str) -> dict[str, Any]:
        return {"model": MODEL_ID, "api_base": self._address.url(name), "api_key": "none"}


class Blocking(_Peer):
    """Its blocking functions."""

    def ask(self, name: str) -> tuple[str | None, int]:
        reply: Any = litellm.completion(messages=MESSAGES, **self._options(name))
        return reply.choices[0].message.content, reply.usage.total_tokens

    def picture(self) -> tuple[str | None, int]:
        reply: Any = litellm.completion(messages=picture_messages(), **self._options("chat"))
        return reply.choices[0].message.content, reply.usage.total_tokens

    def _stream(self, name: str, read: Any) -> tuple[int, int, int]:
        units = characters = tokens = 0
        options = {"include_usage": True}
        stream: Any = litellm.completion(messages=MESSAGES, stream=True, stream_options=options, **self._options(name))
        for chunk in stream:
            units += 1
            more, counted = read(chunk)
            characters += more
            tokens += counted
        return units, characters, tokens

    def stream(self, name: str) -> tuple[int, int, int]:
        return self._stream(name, _chat)

    bare = stream

    def tools(self, name: str) -> tuple[int, int, int]:
        return self._stream(name, _tool)


class Async(_Peer):
    """Its async functions."""

    async def ask(self, name: str) -> tuple[str | None, int]:
        reply: Any = await litellm.acompletion(messages=MESSAGES, **self._options(name))
        return reply.choices[0].message.content, reply.usage.total_tokens

    async def picture(self) -> tuple[str | None, int]:
        reply: Any = await litellm.acompletion(messages=picture_messages(), **self._options("chat"))
        return reply.choices[0].message.content, reply.usage.total_tokens

    async def _stream(self, name: str, read: Any) -> tuple[int, int, int]:
        units = characters = tokens = 0
        options = {"include_usage": True}
        stream: Any = await litellm.acompletion(
            messages=MESSAGES, stream=True, stream_options=options, **self._options(name)
        )
        async for chunk in stream:
            units += 1
            more, counted = read(chunk)
            characters += more
            tokens += counted
        return units, characters, tokens

    async def stream(self, name: str) -> tuple[int, int, int]:
        return await self._stream(name, _chat)

    bare = stream

    async def tools(self, name: str) -> tuple[int, int, int]:
        return await self._stream(name, _tool)
