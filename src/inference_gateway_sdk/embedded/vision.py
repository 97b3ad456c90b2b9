"""Pictures kept from models that read text alone (WIRE section 8).

The real gateway looks such models up in a table of some thousand; here is a short list of well-known ones. A message
with a picture in it loses all its parts but the texts, without a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from .chat_schema import ChatRequest, Message

__all__ = ["TEXT_ONLY", "modalities", "without_pictures"]

TEXT_ONLY = frozenset(
    {
        "cohere/command-r",
        "cohere/command-r-plus",
        "deepseek/deepseek-chat",
        "deepseek/deepseek-reasoner",
        "groq/llama-3.1-8b-instant",
        "groq/llama-3.3-70b-versatile",
        "llamacpp/smollm2-135m-instruct",
        "mistral/codestral-latest",
        "nvidia/meta/llama-3.1-8b-instruct",
        "openai/gpt-3.5-turbo",
        "openai/o1-mini",
        "openai/o3-mini",
    }
)
"""Models, with their provider, that read text and nothing else."""


class _Part(Struct):
    type: str | None = None


def modalities(model: str) -> dict[str, object] | None:
    """What the model, with its provider, reads and writes; None when that is not known."""
    return {"input": ["text"], "output": ["text"]} if model in TEXT_ONLY else None


def without_pictures(chat: ChatRequest, model: str) -> ChatRequest:
    """The chat as the model, with its provider, can read it."""
    if model not in TEXT_ONLY:
        return chat
    return replace(chat, messages=[_readable(message) for message in chat.messages or []])


def _readable(message: Message) -> Message:
    try:
        parts = msgspec.json.decode(message.content, type=list[Raw])
        kinds = [msgspec.json.decode(part, type=_Part).type for part in parts]
    except msgspec.DecodeError:
        return message  # a text, or nothing that has parts
    if "image_url" not in kinds:
        return message
    texts = [part for part, kind in zip(parts, kinds, strict=True) if kind == "text"]
    return replace(message, content=Raw(msgspec.json.encode(texts)))
