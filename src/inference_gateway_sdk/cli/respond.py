"""`igw respond`: one answer through the Responses endpoint, streamed to the standard output."""

from __future__ import annotations

from typing import TypedDict

from .connection import connected
from .options import (  # noqa: TC001  (typer reads the annotations at run time)
    BaseUrl,
    Json,
    MaxTokens,
    ModelName,
    Provider,
    System,
    Temperature,
)
from .printer import print_answer
from .prompt import Prompt, require_prompt

__all__ = ["respond"]


class _Wishes(TypedDict, total=False):
    instructions: str
    max_output_tokens: int
    temperature: float


def respond(
    prompt: Prompt = None,
    *,
    model: ModelName,
    provider: Provider = None,
    base_url: BaseUrl = None,
    system: System = None,
    max_tokens: MaxTokens = None,
    temperature: Temperature = None,
    as_json: Json = False,
) -> None:
    """Ask a model through OpenAI's Responses."""
    said = require_prompt(prompt, "respond")
    wishes: _Wishes = {}
    if system:
        wishes["instructions"] = system
    if max_tokens is not None:
        wishes["max_output_tokens"] = max_tokens
    if temperature is not None:
        wishes["temperature"] = temperature
    with connected(base_url) as client:
        print_answer(client.create_response_stream(model, said, provider=provider, **wishes), as_json=as_json)
