"""A package's blocking and async clients driven by one coroutine: results of either are awaited, read and entered."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any


async def settled(value: Any) -> Any:
    """Return the value, or the result of awaiting it."""
    return await value if inspect.isawaitable(value) else value


async def each(items: Any) -> AsyncIterator[Any]:
    """Yield the items that one client returns and the other promises."""
    found = items if hasattr(items, "__aiter__") else await settled(items)
    if hasattr(found, "__aiter__"):
        async for item in found:
            yield item
    else:
        for item in found:
            yield item


@asynccontextmanager
async def entered(manager: Any) -> AsyncIterator[Any]:
    """Enter a context manager of either kind."""
    if hasattr(manager, "__aenter__"):
        async with manager as value:
            yield value
    else:
        with manager as value:
            yield value
