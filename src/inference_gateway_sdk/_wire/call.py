"""One request to the gateway as a value: what to send, whether it may be repeated, how to read what comes back.

A client method builds a `Call` (or a `StreamCall`) and hands it to `send` (or `open`). Both are public, so that an
endpoint without a method of its own is three lines away. Nothing here does I/O.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable  # noqa: TC003  (msgspec reads the annotations at run time)
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from msgspec import Struct

from .headers import Headers

if TYPE_CHECKING:
    from ..errors import GatewayError

__all__ = ["Call", "Dialect", "Repeat", "Reply", "StreamCall"]

T = TypeVar("T")
ChunkT = TypeVar("ChunkT")
FinalT = TypeVar("FinalT")
ChunkT_co = TypeVar("ChunkT_co", covariant=True)
FinalT_co = TypeVar("FinalT_co", covariant=True)


class Repeat(enum.Enum):
    """What a failed request may be repeated after: the columns of the retry table in `_wire.retry`."""

    FREELY = "freely"  # generations, listings, health
    CAUTIOUSLY = "cautiously"  # proxied writes, uploads: the provider may have acted already
    PUSH = "push"  # metrics: counted twice when repeated after a 500


class Reply(Struct, frozen=True):
    """A whole answer with a status below 400."""

    status: int
    headers: Headers
    body: bytes


class Call(Struct, Generic[T], frozen=True, kw_only=True):
    """One request whose answer is read whole.

    Attributes:
        method: HTTP method, upper case.
        path: Path below the base URL, as the contract spells it ("/chat/completions").
        read: Turns the whole answer into the result.
        query: Query parameters in order; values are escaped when sent.
        headers: Headers of this call; the client's own (authorization, user agent) are added when sent.
        body: The body's bytes, None for none.
        content_type: Of the body.
        accept: The Accept header.
        at_root: The path stands at the gateway's root, not below /v1 (health, proxy, mcp).
        repeat: What it may be repeated after.
        provider: For error messages.
        model: For error messages.
    """

    method: str
    path: str
    read: Callable[[Reply], T]
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    content_type: str = "application/json"
    accept: str = "application/json"
    at_root: bool = False
    repeat: Repeat = Repeat.FREELY
    provider: str | None = None
    model: str | None = None


class Dialect(Protocol[ChunkT_co, FinalT_co]):
    """The pure half of one attempt at a stream: bytes in, chunks out, and the verdict at the end.

    A new one is made for each attempt. It never raises from `feed`: what went wrong stands in `failure`, which counts
    once the chunks before it have been taken.
    """

    failure: GatewayError | None
    terminal: bool  # the terminal marker has come: whatever breaks now, the answer is whole
    closed: bool  # nothing more is to be expected: stop reading

    def feed(self, data: bytes) -> Iterable[ChunkT_co]:
        """The chunks that these bytes complete."""
        ...

    def final(self) -> FinalT_co:
        """What has been assembled so far, as the type of the non-streamed call."""
        ...


class StreamCall(Struct, Generic[ChunkT, FinalT], frozen=True, kw_only=True):
    """One request whose answer is read as it comes.

    Attributes as in `Call`, but:
        start: Makes the `Dialect` that reads one attempt.
    """

    method: str
    path: str
    start: Callable[[], Dialect[ChunkT, FinalT]]
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    content_type: str = "application/json"
    accept: str = "text/event-stream, application/json"
    at_root: bool = False
    repeat: Repeat = Repeat.FREELY
    provider: str | None = None
    model: str | None = None
