"""One request to the gateway as a value: the bytes to send, the retry class, and how to read the response."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable  # noqa: TC003  (msgspec reads the annotations at run time)
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from msgspec import Struct

from .._model.json_values import is_mapping
from .._model.open_types import Concealed
from .._model.unknown_fields import set_module
from ..errors import GatewayError  # noqa: TC001  (annotations are evaluated)
from .headers import Headers  # noqa: TC001  (annotations are evaluated)

if TYPE_CHECKING:
    from ..errors import StreamTruncatedError
    from .deltas import Delta
    from .sse import RawEvent

__all__ = [
    "EVENTS",
    "BaseCall",
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


EVENTS = "text/event-stream, application/json"
"""The Accept header of an event stream; errors arrive as JSON."""

_PROVIDER = re.compile(r"[a-z0-9][a-z0-9_.-]*")


class Target(Struct, frozen=True):
    """The model and provider that a request is addressed to.

    Attributes:
        model: The model as sent in the body.
        query: The `?provider=` parameter, where it is needed.
        provider: The provider named by either argument, or None.
    """

    model: str
    query: tuple[tuple[str, str], ...] = ()
    provider: str | None = None

    @classmethod
    def resolve(cls, model: object, provider: object = None) -> Target:
        """Return the target for a `model` and an optional `provider`.

        Raises:
            TypeError: One of them is not a string.
            ValueError: `model` is empty, or `provider` is not a provider id. Unknown ids are accepted.
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
    """Return the provider id, which the gateway looks up in lower case.

    Raises:
        TypeError: `provider` is not a string.
        ValueError: `provider` is not a valid id; ids with capitals are refused too.
    """
    if is_mapping(provider):  # OpenRouter has a parameter of the same name
        raise TypeError(
            "provider must be a provider id such as 'openai', got an object: to send a field of that name, which the "
            'gateway drops from chat completions, give extra_body={"provider": ...}'
        )
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
    """The failures after which a request may be repeated: the columns of the retry table in `_wire.retry`."""

    FREELY = "freely"  # generations, listings, health
    CAUTIOUSLY = "cautiously"  # proxied writes, uploads: the provider may have acted already
    PUSH = "push"  # metrics: would be counted twice if repeated after a 500


@set_module
class Reply(Concealed, Struct, frozen=True):
    """A complete response that a `Call` reads: its status is 2xx, or one of `also_read`."""

    status: int
    headers: Headers
    body: bytes

    def __repr__(self) -> str:
        return f"Reply({self.status}, <{len(self.body)} bytes>)"


class BaseCall(Concealed, Struct, frozen=True, kw_only=True):
    """One request as a value. The two kinds, `Call` and `StreamCall`, read the response differently.

    Attributes:
        method: HTTP method, upper case.
        path: Path below the base URL, as the contract spells it ("/chat/completions").
        query: Query parameters in order; values are escaped when sent.
        headers: Headers of this call; the client adds its own (authorization, user agent).
        body: The bytes of the body, or None.
        content_type: Media type of the body.
        accept: The Accept header.
        at_root: The path starts at the gateway's root instead of /v1 (health, proxy, mcp).
        repeat: The column of the retry table (docs/retries.md) that applies.
        provider: The requested provider, named in errors.
        model: The requested model, named in errors.
        also_read: Error statuses whose responses `read` gets too. It raises for those that it cannot use.
    """

    method: str
    path: str
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


class Call(BaseCall, Generic[T], frozen=True, kw_only=True):
    """One request whose response is read as a whole; send it with `client.send`.

    Attributes:
        read: Converts the complete response to the result. For the other attributes see `BaseCall`.
    """

    read: Callable[[Reply], T]


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
    """Return a call that sends a body to a model. Arguments as in `Call`, except that `read` also gets the target."""
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
    """A reader for one attempt at a stream: bytes in, chunks out, and a verdict at the end, without I/O.

    A new one is made for each attempt. Receiving and consuming are separate: `feed` follows the bytes received, `fold`
    adds a chunk that the consumer was given.

    Attributes:
        failure: The error of the stream. It is raised after the chunks before it were consumed. `feed` never raises.
        closed: True when nothing more is expected: stop reading.

    A dialect may have `error_event`: true when the failure came as an event, so that it counts after the end too.
    `watch_deltas` and `deltas` are needed only where the stream's `deltas()` is used.
    """

    failure: GatewayError | None
    closed: bool

    @property
    def terminal(self) -> bool:
        """True after the terminal marker: the answer is complete, even if the connection breaks now."""
        ...

    @property
    def may_continue(self) -> bool:
        """True when more content may follow the terminal marker."""
        ...

    def feed(self, data: bytes) -> list[tuple[ChunkT | None, RawEvent]]:
        """Return the chunks that these bytes complete, each with its raw event; None for an event without a chunk."""
        ...

    def end(self) -> list[tuple[ChunkT | None, RawEvent]]:
        """Return the same for the orderly end of the body; afterwards `failure` holds the verdict."""
        ...

    def truncated(self, why: str = ...) -> StreamTruncatedError:
        """Return the error for a stream that ended too early."""
        ...

    def has_content(self, chunk: ChunkT) -> bool:
        """Return whether a chunk has content that a reader waits for."""
        ...

    def text(self, chunk: ChunkT) -> str | None:
        """Return the text of a chunk, None when it has none."""
        ...

    def watch_deltas(self) -> None:
        """Enable `deltas`. Called before the first chunk is handed over, or not at all."""
        ...

    def deltas(self, chunk: ChunkT | None) -> list[Delta]:
        """Return the deltas of the chunk that was folded last, or for None those of the stream's end.

        Called after `fold` of each chunk, in order. At the end it is called until it returns an empty list.
        """
        ...

    def fold(self, chunk: ChunkT) -> None:
        """Add a chunk that was handed over to the state that `turns` returns."""
        ...

    def turns(self, *, complete: bool = True) -> list[FinalT]:
        """Return the answers so far, in the type of the whole call; several when the gateway ran several turns."""
        ...


class StreamCall(BaseCall, Generic[ChunkT, FinalT], frozen=True, kw_only=True):
    """One request whose response is read as a stream; open it with `client.open`.

    Attributes:
        start: Makes the `Dialect` that reads one attempt: `JsonEventDialect`, `ByteDialect`, or a class you wrote.
            For the other attributes see `BaseCall`.
    """

    start: Callable[[], Dialect[ChunkT, FinalT]]
    accept: str = EVENTS


def stream_call(
    call: Call[Any], start: Callable[[], Dialect[ChunkT, FinalT]], *, accept: str = EVENTS
) -> StreamCall[ChunkT, FinalT]:
    """Return the same request as a stream, read by the dialect that `start` makes."""
    return StreamCall(
        method=call.method,
        path=call.path,
        start=start,
        query=call.query,
        headers=call.headers,
        body=call.body,
        content_type=call.content_type,
        accept=accept,
        at_root=call.at_root,
        repeat=call.repeat,
        provider=call.provider,
        model=call.model,
    )
