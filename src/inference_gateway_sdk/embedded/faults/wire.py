"""The connection below an answer, for what ASGI has no message for: bytes as they are, a reset, a silent close.

Under uvicorn each request finds its `Wire` in the extensions of its scope. Whoever drives the application without a
socket may put one of its own there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from .kinds import FaultError

if TYPE_CHECKING:
    from starlette.types import Scope

__all__ = ["WIRE", "Wire", "wire_of"]

WIRE = "inference_gateway.wire"
"""The key of the wire among the extensions of a scope."""


class Wire(Protocol):
    """One connection, as faults want it; what it is told to do is done when the call returns."""

    async def write(self, data: bytes) -> None:
        """Send these bytes past HTTP's framing: then only the end of the connection can follow."""
        ...

    async def reset(self) -> None:
        """End the connection with a reset, when what was sent before has arrived."""
        ...

    async def close(self) -> None:
        """End the connection in good order, whatever HTTP thinks of it."""
        ...

    async def gone_within(self, seconds: float | None) -> bool:
        """Wait so long, or for ever; whether the client has left meanwhile, which ends the wait."""
        ...

    def end_on_reuse(self, *, reset: bool) -> None:
        """End the connection as soon as bytes of another request arrive."""
        ...


def wire_of(scope: Scope) -> Wire:
    """The wire below this request.

    Raises:
        FaultError: It came by no socket.
    """
    found = scope.get("extensions", {}).get(WIRE)
    if found is None:
        raise FaultError("this fault needs a socket: serve the gateway with running() or igw serve")
    return cast("Wire", found)
