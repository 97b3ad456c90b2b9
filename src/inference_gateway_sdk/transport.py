"""The interface of a custom transport for the argument `driver=`, and the failures that it raises.

A `Transport` (or `AsyncTransport`) sends one request and returns a `TransportResponse` as soon as the response head is
complete. It reports every failure as one of the classes below, which state what is known about the request. The client
turns each into a public error with the URL, the times and a hint, and decides whether to retry.

The default transports are `BlockingDriver` and `AsyncioDriver`: wrap one to add caching, recording or routing.
docs/custom-transport.md shows a complete example.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._http1.failures import (
    DeadlineExceeded,
    InvalidResponse,
    NoResponse,
    NotSent,
    NotSentInTime,
    ResponseTooLarge,
    TransportFailure,
    TruncatedResponse,
)
from ._transport.protocols import AsyncTransport, AsyncTransportResponse, Transport, TransportResponse

if TYPE_CHECKING:
    from ._transport._async.driver import AsyncioDriver
    from ._transport._blocking.driver import BlockingDriver

__all__ = [
    "AsyncTransport",
    "AsyncTransportResponse",
    "AsyncioDriver",
    "BlockingDriver",
    "DeadlineExceeded",
    "InvalidResponse",
    "NoResponse",
    "NotSent",
    "NotSentInTime",
    "ResponseTooLarge",
    "Transport",
    "TransportFailure",
    "TransportResponse",
    "TruncatedResponse",
]


def __getattr__(name: str) -> Any:
    """Import a default transport on first use, because each imports sockets or asyncio."""
    if name == "BlockingDriver":
        from ._transport._blocking.driver import BlockingDriver

        return BlockingDriver
    if name == "AsyncioDriver":
        from ._transport._async.driver import AsyncioDriver

        return AsyncioDriver
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
