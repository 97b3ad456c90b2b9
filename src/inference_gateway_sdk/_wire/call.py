"""One request to the gateway as a value: what to send, whether it may be retried, how to read the answer."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable  # noqa: TC003  (msgspec reads the annotations at run time)
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from msgspec import Struct

from .._model.open_types import Concealed
from .._model.unknown_fields import set_module
from ..errors import GatewayError  # noqa: TC001  (annotations are evaluated)
from .headers import Headers  # noqa: TC001  (annotations are evaluated)

if TYPE_CHECKING:
    from ..errors import StreamTruncatedError
    from .deltas import Delta
    from .sse import RawEvent

__all__ = [
    "Call",
    "Dialect",
    "Idempotency",
    "Reply",
    "StreamCall",
    "Target",
    "check_provider",
    "post_call",
    "stream_call",
]


_PROVIDER = re.compile(r"[a-z0-9][a-z0-9_.-]*")


class Target(Struct, frozen=True):
    """What a request is addressed to.

    Attributes:
        model: As it is sent in the body.
        query: `?provider=` where it is needed.
        provider: The provider named in either way, None when none is.
    """

    model: str
    query: tuple[tuple[str, str], ...] = ()
    provider: str | None = None

    @classmethod
    def resolve(cls, model: object, provider: object = None) -> Target:
        """The one form to send for a `model` and an optional `provider`.

        Raises:
            TypeError: One of them is not a string.
            ValueError: `model` is empty, or `provider` is no provider id. Unknown ids are accepted.
        """
        if not isinstance(model, str):
            raise TypeError(f"model must be a string such as 'openai/gpt-4o', got {type(model).__name__}")
        if not model.strip():
            raise ValueError("model is empty: name one, such as 'openai/gpt-4o'")
        model = str(model)
        prefix, slash, _ = model.partition("/")
        if provider is None:
            return cls(model, (), prefix.lower() if slash else None)
        checked = check_provider(provider)
        if slash and prefix.lower() == checked:
            return cls(model, (), checked)
        return cls(model, (("provider", checked),), checked)


def check_provider(provider: object) -> str:
    """The provider id as the gateway looks it up: lower case.

    Raises:
        TypeError: Not a string.
        ValueError: Not an id.
    """
    if not isinstance(provider, str):
        raise TypeError(f"provider must be a provider id such as 'openai', got {type(provider).__name__}")
    provider = str(provider)
    if not _PROVIDER.fullmatch(provider):
        meant = provider.strip().lower()
        help_ = f": write {meant!r}" if _PROVIDER.fullmatch(meant) else " such as 'openai' or 'ollama_cloud'"
        raise ValueError(f"provider {provider!r} is not a provider id{help_}")
    return provider


T = TypeVar("T")
ChunkT = TypeVar("ChunkT")
FinalT = TypeVar("FinalT")


class Idempotency(enum.Enum):
    """What a failed request may be repeated after: the columns of the retry table in `_wire.retry`."""

    FREELY = "freely"  # generations, listings, health
    CAUTIOUSLY = "cautiously"  # proxied writes, uploads: the provider may have acted already
    PUSH = "push"  # metrics: counted twice when repeated after a 500


@set_module
class Reply(Concealed, Struct, frozen=True):
    """A whole response that a `Call` reads: its status is 2xx, or one of `also_read`."""

    status: int
    headers: Headers
    body: bytes

    def __repr__(self) -> str:
        return f"Reply({self.status}, <{len(self.body)} bytes>)"


class Call(Concealed, Struct, Generic[T], frozen=True, kw_only=True):
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
        also_read: Statuses from 400 whose responses are for `read` too. It raises for those that it cannot use.
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
    repeat: Idempotency = Idempotency.FREELY
    provider: str | None = None
    model: str | None = None
    also_read: tuple[int, ...] = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.method} {self.path})"


def post_call(
    path: str,
    target: Target,
    body: bytes,
    read: Callable[[Reply, Target], T],
    *,
    headers: tuple[tuple[str, str], ...] = (),
    content_type: str = "application/json",
    accept: str = "application/json",
    repeat: Idempotency = Idempotency.FREELY,
) -> Call[T]:
    """The call that asks a model for something. Arguments as in `Call`, but that `read` is given the target too."""
    return Call(
        method="POST",
        path=path,
        read=lambda reply: read(reply, target),
        query=target.query,
        headers=headers,
        body=body,
        content_type=content_type,
        accept=accept,
        repeat=repeat,
        provider=target.provider,
        model=target.model or None,
    )


@set_module
class Dialect(Protocol[ChunkT, FinalT]):
    """The pure half of one attempt at a stream: bytes in, chunks out, and the verdict at the end.

    A new one is made for each attempt. Reading and handing over are apart: `feed` follows what has arrived, `fold` adds
    what the consumer has been given.

    Attributes:
        failure: What went wrong; it counts once the chunks before it have been handed over. `feed` never raises.
        closed: Nothing more is to be expected: stop reading.

    A dialect may have `error_event`: true when the failure came as an event, so that it counts after the end too.
    """

    failure: GatewayError | None
    closed: bool

    @property
    def terminal(self) -> bool:
        """The terminal marker has come: whatever breaks now, the answer is whole."""
        ...

    @property
    def may_continue(self) -> bool:
        """More content may follow the terminal marker."""
        ...

    def feed(self, data: bytes) -> list[tuple[ChunkT | None, RawEvent]]:
        """The chunks that these bytes complete, each with its raw event; None for an event that carries no chunk."""
        ...

    def end(self) -> list[tuple[ChunkT | None, RawEvent]]:
        """The same for the orderly end of the body; afterwards `failure` holds the verdict."""
        ...

    def truncated(self, why: str = ...) -> StreamTruncatedError:
        """The error for an end that came too early."""
        ...

    def has_content(self, chunk: ChunkT) -> bool:
        """Whether a chunk brings what a reader waits for."""
        ...

    def text(self, chunk: ChunkT) -> str | None:
        """The text a chunk brings."""
        ...

    def watch_deltas(self) -> None:
        """Make `deltas` available; called before the first chunk is handed over, or never."""
        ...

    def deltas(self, chunk: ChunkT | None) -> list[Delta]:
        """Return the deltas of the chunk that was folded last, or for None those of the stream's end.

        Called after `fold` of each chunk, in order. The end is asked until it returns an empty list.
        """
        ...

    def fold(self, chunk: ChunkT) -> None:
        """Add a chunk that was handed over to what `turns` returns."""
        ...

    def turns(self, *, complete: bool = True) -> list[FinalT]:
        """The answers so far, each as the type of the non-streamed call; more than one when the gateway took turns."""
        ...


class StreamCall(Concealed, Struct, Generic[ChunkT, FinalT], frozen=True, kw_only=True):
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
    repeat: Idempotency = Idempotency.FREELY
    provider: str | None = None
    model: str | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.method} {self.path})"


def stream_call(call: Call[Any], start: Callable[[], Dialect[ChunkT, FinalT]]) -> StreamCall[ChunkT, FinalT]:
    """The same request with its answer read as it comes, by the `Dialect` that `start` makes for each attempt."""
    same = {name: getattr(call, name) for name in call.__struct_fields__ if name not in {"read", "also_read"}}
    return StreamCall(**same, start=start)
