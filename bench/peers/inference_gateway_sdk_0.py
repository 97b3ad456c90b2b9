"""The older Python SDK of the same gateway, the package inference-gateway, which has a blocking client only.

Its chat streams are events whose data is JSON text. Its README validates that text with its own chunk type and skips
invalid chunks. That type rejects `"finish_reason": null`, which nearly every chunk of every provider has, so hardly a
chunk would be left. Here the text is decoded as plain JSON. This is less work than a typed chunk, in its favour.
"""
# ruff: noqa: D102  (the package's docstring describes each method)

from __future__ import annotations

import json
from typing import Any

import inference_gateway

from . import MODEL, PROMPT, Address, picture_messages

DISTRIBUTION = "inference-gateway"
NOTE = "its chunk type rejects a finish_reason of null: chunks are decoded as plain JSON, which costs less than types"
MODEL_ID = f"openai/{MODEL}"


def _chat(chunk: dict[str, Any]) -> tuple[int, int]:
    text = chunk["choices"][0]["delta"].get("content") if chunk["choices"] else None
    return len(text or ""), _tokens(chunk)


def _tool(chunk: dict[str, Any]) -> tuple[int, int]:
    characters = 0
    for choice in chunk["choices"]:
        for call in choice["delta"].get("tool_calls") or ():
            characters += len(call["function"]["arguments"] or "")
    return characters, _tokens(chunk)


def _tokens(chunk: dict[str, Any]) -> int:
    usage = chunk.get("usage")
    return usage["total_tokens"] if usage else 0


class Blocking:
    """Its client."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._clients: dict[str, inference_gateway.InferenceGatewayClient] = {}
        self._messages = [inference_gateway.Message(role="user", content=PROMPT)]

    def _client(self, name: str) -> inference_gateway.InferenceGatewayClient:
        if name not in self._clients:
            self._clients[name] = inference_gateway.InferenceGatewayClient(self._address.url(name))
        return self._clients[name]

    def ask(self, name: str) -> tuple[str | None, int]:
        reply = self._client(name).create_chat_completion(MODEL_ID, self._messages)
        return _text(reply), reply.usage.total_tokens

    def picture(self) -> tuple[str | None, int]:
        messages = [inference_gateway.Message(**message) for message in picture_messages()]
        reply = self._client("chat").create_chat_completion(MODEL_ID, messages)
        return _text(reply), reply.usage.total_tokens

    def _stream(self, name: str, read: Any) -> tuple[int, int, int]:
        units = characters = tokens = 0
        for event in self._client(name).create_chat_completion_stream(MODEL_ID, self._messages):
            chunk = json.loads(event.data)
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

    def responses(self, name: str) -> tuple[int, int, int]:
        units = characters = tokens = 0
        for event in self._client(name).create_response_stream(MODEL_ID, PROMPT):
            units += 1
            if event.delta:
                characters += len(event.delta)
            if event.type == "response.completed":
                tokens += event.response.usage.total_tokens
        return units, characters, tokens

    def models(self) -> tuple[int, int]:
        data = self._client("models").list_models(include=["pricing"]).data
        return len(data), sum(model.pricing is not None for model in data)

    def hold(self, name: str, pieces: int) -> Any:
        stream = self._client(name).create_chat_completion_stream(MODEL_ID, self._messages)
        for _ in range(pieces):
            next(stream)
        return stream


def _text(reply: Any) -> str | None:
    content = reply.choices[0].message.content
    return getattr(content, "root", content)
