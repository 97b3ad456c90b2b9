"""The package anthropic: Messages streams, read by its documented plain loop, which assembles nothing."""
# ruff: noqa: D102  (the package's docstring describes each method)

from __future__ import annotations

from typing import Any

import anthropic

from . import MODEL, PROMPT, Address

DISTRIBUTION = "anthropic"
MESSAGES: Any = [{"role": "user", "content": PROMPT}]


def _read(event: Any) -> tuple[int, int]:
    if event.type == "content_block_delta":
        return len(event.delta.text), 0
    return 0, event.usage.output_tokens if event.type == "message_delta" else 0


class Blocking:
    """The blocking client."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._clients: dict[str, anthropic.Anthropic] = {}

    def _client(self, name: str) -> anthropic.Anthropic:
        if name not in self._clients:
            url = self._address.url(name).removesuffix("/v1")
            self._clients[name] = anthropic.Anthropic(base_url=url, api_key="none")
        return self._clients[name]

    def messages(self, name: str) -> tuple[int, int, int]:
        units = characters = tokens = 0
        stream = self._client(name).messages.create(model=MODEL, messages=MESSAGES, max_tokens=100, stream=True)
        for event in stream:
            units += 1
            more, counted = _read(event)
            characters += more
            tokens += counted
        return units, characters, tokens


class Async:
    """The async client."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._clients: dict[str, anthropic.AsyncAnthropic] = {}

    def _client(self, name: str) -> anthropic.AsyncAnthropic:
        if name not in self._clients:
            url = self._address.url(name).removesuffix("/v1")
            self._clients[name] = anthropic.AsyncAnthropic(base_url=url, api_key="none")
        return self._clients[name]

    async def messages(self, name: str) -> tuple[int, int, int]:
        units = characters = tokens = 0
        create = self._client(name).messages.create
        async for event in await create(model=MODEL, messages=MESSAGES, max_tokens=100, stream=True):
            units += 1
            more, counted = _read(event)
            characters += more
            tokens += counted
        return units, characters, tokens
