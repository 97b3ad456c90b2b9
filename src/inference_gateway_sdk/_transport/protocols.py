"""The interface of a transport: one Protocol each for the blocking and the async client.

A transport sends a request and returns the response as soon as its head is complete. The body is then read piece by
piece. Every deadline is absolute, in seconds of `time.monotonic()`, or None for no deadline. Failures are raised as the
exceptions of `_http1.failures`. Misuse raises RuntimeError, such as a closed transport or two concurrent readers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["AsyncTransport", "AsyncTransportResponse", "Transport", "TransportResponse"]


class TransportResponse(Protocol):
    """A response whose head has arrived."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, str]]:
        """Names in lower case and values, in the order of the response."""
        ...

    def read(self, deadline: float | None = None) -> bytes:
        """Return the next decoded bytes as soon as any are available, or b"" at the end of the body.

        After an expired deadline, a further read continues without loss. After a failure, every read raises it.
        """
        ...

    def release(self) -> None:
        """Release the connection. Drain it if little is left (limited in bytes and time), else close it."""
        ...

    def abandon(self) -> None:
        """Close the connection at once. It never waits or raises. It may be called twice and from any thread."""
        ...


class Transport(Protocol):
    """A pool of connections for blocking use, shared between threads."""

    def open(
        self,
        method: str,
        url: str,
        headers: Iterable[tuple[str, str]],
        body: bytes | None,
        *,
        deadline: float | None = None,
        connect_seconds: float | None = None,
    ) -> TransportResponse:
        """Send one request and return its final response once the head is complete.

        Args:
            method: The HTTP method, in upper case.
            url: Absolute http or https URL.
            headers: Headers to send unchanged. The transport adds Host, Content-Length and proxy headers.
            body: The whole body, or None for a request without one.
            deadline: The time by which the head must have arrived. It includes waiting for a free connection.
            connect_seconds: Maximum time for name resolution, connect, proxy tunnel and TLS together.
        """
        ...

    def close(self) -> None:
        """Close all connections. Open responses end with an error. It may be called twice."""
        ...


class AsyncTransportResponse(Protocol):
    """A response whose head has arrived. See `TransportResponse`."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, str]]:
        """Names in lower case and values, in the order of the response."""
        ...

    async def read(self, deadline: float | None = None) -> bytes:
        """Read the next bytes, as `TransportResponse.read`."""
        ...

    async def release(self) -> None:
        """Release the connection, as `TransportResponse.release`."""
        ...

    def abandon(self) -> None:
        """Close the connection at once. It never waits, so that a cancelled task and a finalizer may call it."""
        ...


class AsyncTransport(Protocol):
    """A pool of connections for asyncio use, with separate connections for each running loop."""

    async def open(
        self,
        method: str,
        url: str,
        headers: Iterable[tuple[str, str]],
        body: bytes | None,
        *,
        deadline: float | None = None,
        connect_seconds: float | None = None,
    ) -> AsyncTransportResponse:
        """Send one request, as `Transport.open`."""
        ...

    async def aclose(self) -> None:
        """Close all connections, as `Transport.close`."""
        ...
