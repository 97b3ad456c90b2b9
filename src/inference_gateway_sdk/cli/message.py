"""`igw message`: one answer through the Messages endpoint, streamed to the standard output."""

from __future__ import annotations

from typing import Annotated, TypedDict

import typer

from .connection import connected
from .options import (  # noqa: TC001  (typer reads the annotations at run time)
    BaseUrl,
    Json,
    ModelName,
    Provider,
    System,
    Temperature,
)
from .printer import print_answer
from .prompt import Prompt, require_prompt

__all__ = ["message"]

MaxTokens = Annotated[int, typer.Option("--max-tokens", min=1, help="The longest answer, in tokens.")]


class _Wishes(TypedDict, total=False):
    system: str
    temperature: float


def message(
    prompt: Prompt = None,
    *,
    model: ModelName,
    max_tokens: MaxTokens = 1024,  # the endpoint wants a limit
    provider: Provider = None,
    base_url: BaseUrl = None,
    system: System = None,
    temperature: Temperature = None,
    as_json: Json = False,
) -> None:
    """Ask a model through Anthropic's Messages."""
    said = require_prompt(prompt, "message")
    wishes: _Wishes = {}
    if system:
        wishes["system"] = system
    if temperature is not None:
        wishes["temperature"] = temperature
    with connected(base_url) as client:
        stream = client.create_message_stream(model, said, max_tokens, provider=provider, **wishes)
        print_answer(stream, as_json=as_json)
