"""What happens to a client's requests, as values for functions of the user's: logs, metrics, traces.

Hooks see values, never sockets, and no secrets of the request. They run where the call runs: what one raises, the call
raises, and its time is the caller's. It does not count against the clocks of the try it tells of.
"""

from __future__ import annotations

import warnings
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from msgspec import Struct

from .._model.unknown_fields import set_module

if TYPE_CHECKING:
    from .._model.unknown_fields import Meta
    from .._wire.headers import Headers
    from ..errors import GatewayError

__all__ = ["HOOKS", "AsyncHook", "Hook", "RequestSent", "ResponseReceived", "RetryPlanned", "ask", "async_ask",
           "async_notify", "notify"]  # fmt: skip

EventT = TypeVar("EventT")

Hook: TypeAlias = Callable[[EventT], None]
AsyncHook: TypeAlias = Callable[[EventT], Awaitable[None] | None]

HOOKS = ("on_request", "on_response", "on_retry")


@set_module
class RequestSent(Struct, frozen=True, kw_only=True):
    """A request goes out now: one for each try, also of a stream.

    Attributes:
        method: The HTTP method.
        url: Where to, without query and password.
        attempt: Which try it is, from 1.
        headers: What is sent but for the transport's own (Host, Content-Length); values that may be secrets are "...".
    """

    method: str
    url: str
    attempt: int
    headers: Headers


@set_module
class ResponseReceived(Struct, frozen=True, kw_only=True):
    """An answer came, whatever its status: whole, or of a stream that was granted, its head.

    Attributes:
        method: The HTTP method.
        url: Where from, without query and password.
        attempt: Which try it answers, from 1.
        status: The HTTP status.
        elapsed: Seconds from the start of the try.
        meta: The same, as the answer or the error will have it.
    """

    method: str
    url: str
    attempt: int
    status: int
    elapsed: float
    meta: Meta


@set_module
class RetryPlanned(Struct, frozen=True, kw_only=True):
    """A try failed, and another follows.

    Attributes:
        method: The HTTP method.
        url: Where to, without query and password.
        attempt: Which try failed, from 1.
        error: What the call would have raised.
        delay: Seconds until the next try; 0 when it only needs a new token.
    """

    method: str
    url: str
    attempt: int
    error: GatewayError
    delay: float

    @property
    def pause(self) -> float:
        """Return `delay`, with a DeprecationWarning."""
        warnings.warn("RetryPlanned.pause is now delay: the old name goes in 2.0", DeprecationWarning, stacklevel=2)
        return self.delay


def notify(name: str, hook: Callable[[Any], object], event: object) -> None:
    """Call a hook of the blocking client.

    Raises:
        TypeError: It is an async function.
    """
    ask(name, hook, event)


def ask(name: str, function: Callable[[Any], object], value: object) -> object:
    """Return what a function of the blocking client's user answers.

    Raises:
        TypeError: It is an async function.
    """
    result = function(value)
    if hasattr(result, "__await__"):
        close: Callable[[], object] | None = getattr(result, "close", None)
        if close is not None:
            close()  # a coroutine that will never run
        raise TypeError(f"{name} is an async function: the blocking client needs one that is not")
    return result


async def async_notify(name: str, hook: AsyncHook[Any], event: object) -> None:
    """Call a hook of the async client; one that is not async runs in the loop, and must not block it."""
    await async_ask(name, hook, event)


async def async_ask(name: str, function: Callable[[Any], Any], value: object) -> object:
    """Return what a function of the async client's user answers, plain or async."""
    del name  # either kind of function will do
    result: Any = function(value)
    return await result if result is not None and hasattr(result, "__await__") else result
