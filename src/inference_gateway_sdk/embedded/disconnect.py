"""Work that ends when the client that asked for it leaves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from starlette.types import Receive

__all__ = ["ClientLeft", "while_connected"]

T = TypeVar("T")


class ClientLeft(Exception):  # noqa: N818  (an event, not a fault)
    """The client closed its connection; there is nobody to answer."""


async def while_connected(receive: Receive, work: Coroutine[object, object, T]) -> T:
    """The result of the work, which is cancelled as soon as the client leaves.

    The request's body must have been read before.

    Raises:
        ClientLeft: The client was gone first.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientLeft
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
