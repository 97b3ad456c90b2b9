"""What the clients ask of a transport: one small Protocol each for blocking and async.

A driver opens an exchange and hands back the answer as soon as its head is there; the answer is then read piece by
piece. Every deadline is absolute, in seconds of `time.monotonic()`, or None for none. What goes wrong is raised as one
of `_http1.failures`; a driver or answer used wrongly (closed, read by two at once) raises RuntimeError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["AsyncTransport", "AsyncTransportResponse", "Transport", "TransportResponse"]


class TransportResponse(Protocol):
    """An answer whose head has arrived."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, str]]:
        """Names in lower case and values, in the order they came."""
        ...

    def read(self, deadline: float | None = None) -> bytes:
        """The next decoded bytes as soon as any are there, b"" at the end of the body.

        After a passed deadline a further read goes on and has lost nothing. Once the body broke, every read says so.
        """
        ...

    def release(self) -> None:
        """Give the connection back: drained when little is missing (bounded in bytes and time), closed otherwise."""
        ...

    def abandon(self) -> None:
        """Close the connection at once. Never waits, never raises, may be called twice and from any thread."""
        ...


class Transport(Protocol):
    """A pool of connections for blocking use, shared by threads."""

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
        """Send one request and return when the head of its final answer is there.

        Args:
            method: The HTTP method, upper case.
            url: Absolute http or https URL.
            headers: To be sent as they are; Host, Content-Length and proxy headers are the driver's.
            body: The whole body, or None for a request without one.
            deadline: When the head must have come. Waiting for a free connection counts.
            connect_seconds: How long name resolution, connect, proxy tunnel and TLS may take together.
        """
        ...

    def close(self) -> None:
        """Close every connection; open answers end with an error. May be called twice."""
        ...


class AsyncTransportResponse(Protocol):
    """An answer whose head has arrived; see `TransportResponse`."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, str]]:
        """Names in lower case and values, in the order they came."""
        ...

    async def read(self, deadline: float | None = None) -> bytes:
        """As `TransportResponse.read`."""
        ...

    async def release(self) -> None:
        """As `TransportResponse.release`."""
        ...

    def abandon(self) -> None:
        """As `TransportResponse.abandon`: never waits, so a cancelled task and a finaliser may call it."""
        ...


class AsyncTransport(Protocol):
    """A pool of connections for asyncio use, one set for each running loop."""

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
        """As `Transport.open`."""
        ...

    async def aclose(self) -> None:
        """As `Transport.close`."""
        ...
