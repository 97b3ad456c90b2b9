"""Providers behind HTTP turned into a sentence each: whether they answer, and with how many models.

The real gateway asks for every provider's models shortly after it has started, too (WIRE section 19).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from .providers.provider import ProviderError
from .providers.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Callable

    from .gateway import Gateway

__all__ = ["reach"]

_SECONDS = 5.0


async def reach(gateway: Gateway, tell: Callable[[str], None]) -> None:
    """Ask the providers that are reached over HTTP, all at once, and tell what each said in order of their names."""
    relays = {name: relay for name in gateway.listable() if isinstance(relay := gateway.providers[name], Relay)}
    outcomes = await asyncio.gather(*(_outcome(relay) for relay in relays.values()))
    for (name, relay), outcome in zip(relays.items(), outcomes, strict=True):
        tell(f"{name} at {relay.url}: {outcome}")


async def _outcome(relay: Relay) -> str:
    try:
        async with asyncio.timeout(_SECONDS):
            count = len(await relay.models())
    except TimeoutError:
        return f"no answer within {_SECONDS:.0f} s"
    except (ProviderError, msgspec.DecodeError) as error:
        return f"no models: {error}"
    return f"{count} model{'' if count == 1 else 's'}"
