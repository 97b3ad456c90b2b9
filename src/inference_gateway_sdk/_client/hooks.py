"""Events of a client's requests, passed to the user's hooks for logs, metrics and traces.

Hooks receive values, never sockets, and no secrets of the request. They run in the thread or task of the call. An
exception raised by a hook is raised by the call. The timeouts of an attempt do not include the time spent in its hooks.
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

HOOKS = ("on_request", "on_response", "on_retry", "on_budget")


@set_module
class RequestSent(Struct, frozen=True, kw_only=True):
    """Event before a request is sent, once per attempt. Streams send it too.

    Attributes:
        method: The HTTP method.
        url: URL of the request, without query and password.
        attempt: Number of the attempt, from 1.
        headers: Headers of the request, except the transport's own (Host, Content-Length). Values that may be secret
            are replaced by "...".
    """

    method: str
    url: str
    attempt: int
    headers: Headers


@set_module
class ResponseReceived(Struct, frozen=True, kw_only=True):
    """Event after a response of any status: after the whole response, or after the head of a successful stream.

    Attributes:
        method: The HTTP method.
        url: URL of the request, without query and password.
        attempt: Number of the attempt, from 1.
        status: The HTTP status.
        elapsed: Seconds from the start of the attempt.
        meta: The `Meta` that the result or the error will have.
    """

    method: str
    url: str
    attempt: int
    status: int
    elapsed: float
    meta: Meta


@set_module
class RetryPlanned(Struct, frozen=True, kw_only=True):
    """Event after a failed attempt that another one follows.

    Attributes:
        method: The HTTP method.
        url: URL of the request, without query and password.
        attempt: Number of the failed attempt, from 1.
        error: The error that the call would have raised.
        delay: Seconds until the next attempt. 0 if it only needs a new token.
    """

    method: str
    url: str
    attempt: int
    error: GatewayError
    delay: float

    @property
    def pause(self) -> float:
        """The former name of `delay`. Using it emits a DeprecationWarning."""
        warnings.warn("RetryPlanned.pause is now delay: the old name goes in 2.0", DeprecationWarning, stacklevel=2)
        return self.delay


def notify(name: str, hook: Callable[[Any], object], event: object) -> None:
    """Call a hook of the blocking client.

    Raises:
        TypeError: The hook is an async function.
    """
    ask(name, hook, event)


def ask(name: str, function: Callable[[Any], object], value: object) -> object:
    """Call a user's function and return its result.

    Raises:
        TypeError: The function is async.
    """
    result = function(value)
    if hasattr(result, "__await__"):
        close: Callable[[], object] | None = getattr(result, "close", None)
        if close is not None:
            close()  # a coroutine that will never run
        raise TypeError(f"{name} is an async function: the blocking client needs a synchronous one")
    return result


async def async_notify(name: str, hook: AsyncHook[Any], event: object) -> None:
    """Call a hook of the async client. A synchronous hook runs in the event loop and must not block."""
    await async_ask(name, hook, event)


async def async_ask(name: str, function: Callable[[Any], Any], value: object) -> object:
    """Call a user's function, synchronous or async, and return its result."""
    del name  # unused: both kinds of function are accepted here
    result: Any = function(value)
    return await result if result is not None and hasattr(result, "__await__") else result
