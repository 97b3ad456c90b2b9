"""A server of models asked how large the contexts are that it runs with, which its list does not say (WIRE section 7).

llama.cpp says it once for all its models, Ollama for each. Whoever does not answer is taken to know nothing.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from .provider import Ask, ProviderError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .provider import Listed, Provider

__all__ = ["with_runtime_context"]

T = TypeVar("T")

_AT_ONCE = 4
_NUM_CTX = re.compile(r"^\s*num_ctx\s+(\d+)\s*$", re.MULTILINE)


class _Generation(Struct):
    n_ctx: int | None = None


class _Props(Struct):
    default_generation_settings: _Generation | None = None


class _Show(Struct):
    parameters: str | None = None
    model_info: dict[str, object] | None = None


async def with_runtime_context(name: str, provider: Provider, models: Sequence[Listed]) -> list[Listed]:
    """The models with the sizes that the running server states, in place of those of its list.

    Args:
        name: The provider's id.
        provider: Whom to ask.
        models: Those that it lists.
    """
    measure = {"llamacpp": _llama_cpp, "ollama": _ollama}.get(name)
    if measure is None or all(model.context_source == "runtime" for model in models):
        return list(models)  # whoever lists them knows: it runs them itself
    sizes = await measure(provider, models)
    return [
        replace(model, context_tokens=size, context_source="runtime") if size else model
        for model, size in zip(models, sizes, strict=True)
    ]


async def _llama_cpp(provider: Provider, models: Sequence[Listed]) -> list[int | None]:
    props = await _read(provider, Ask(method="GET", path="/props", at_root=True), _Props)
    generation = props.default_generation_settings if props else None
    return [generation.n_ctx if generation else None] * len(models)


async def _ollama(provider: Provider, models: Sequence[Listed]) -> list[int | None]:
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one(model: Listed) -> int | None:
        body = msgspec.json.encode({"model": model.id})
        headers = (("content-type", "application/json"),)
        async with turn:
            show = await _read(provider, Ask(path="/api/show", headers=headers, body=body, at_root=True), _Show)
        return _shown(show) if show else None

    return list(await asyncio.gather(*map(one, models)))


def _shown(show: _Show) -> int | None:
    """The size that a model was given; where it was given none, the one it was trained with."""
    if given := _NUM_CTX.search(show.parameters or ""):
        return int(given[1])
    info = show.model_info or {}
    return next((size for key, size in info.items() if key.endswith(".context_length") and isinstance(size, int)), None)


async def _read(provider: Provider, ask: Ask, into: type[T]) -> T | None:
    try:
        async with provider.exchange(ask) as answer:
            body = b"".join([piece async for piece in answer.pieces])
        return msgspec.json.decode(body, type=into) if answer.status == 200 else None
    except (ProviderError, msgspec.DecodeError, UnicodeDecodeError):
        return None
