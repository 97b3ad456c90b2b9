"""A request's body, looked at before the application gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Message, Receive

__all__ = ["Intake"]


class Intake:
    """The `receive` of a request, which may be read ahead of the application."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._seen: list[Message] = []
        self._all = False

    async def body(self) -> bytes:
        """The whole body, or what there was of it when the client left."""
        while not self._all:
            message = await self._receive()
            self._seen.append(message)
            self._all = not message.get("more_body", False)
        return b"".join(message.get("body", b"") for message in self._seen)

    async def receive(self) -> Message:
        """As ASGI has it: first what was read ahead."""
        return self._seen.pop(0) if self._seen else await self._receive()
