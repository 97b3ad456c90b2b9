"""The bearer token: a string, or a function that is called once for many waiters and once more after a 401.

The gateway takes an OIDC token (WIRE section 5), which expires: a function fetches the next one. The value stays out of
every `repr`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import asyncio

__all__ = ["AsyncToken", "AsyncTokenSource", "Token", "TokenSource", "check_token"]

Token: TypeAlias = str | Callable[[], str]
AsyncToken: TypeAlias = str | Callable[[], str | Awaitable[str]]

_NOT_ASCII = "token must be printable ASCII without spaces at its ends; got {count} characters that are not"


def check_token(token: object, what: str = "token") -> str:
    """The token, when it can stand in an Authorization header.

    Raises:
        TypeError: It is not a string.
        ValueError: It is empty or has characters that a header cannot carry. The token itself is never shown.
    """
    if not isinstance(token, str):
        also = " or a function that returns one" if what == "token" else ""
        raise TypeError(f"{what} must be a string{also}, got {type(token).__name__}")
    if not token.strip():
        raise ValueError(f"{what} is empty: token=None sends no token")
    odd = sum(1 for character in token if not "!" <= character <= "~")
    if odd:
        raise ValueError(_NOT_ASCII.replace("token", what, 1).format(count=odd))
    return token


class TokenSource:
    """The token of the blocking client: safe between threads and after fork."""

    def __init__(self, token: Token | None) -> None:
        self._function = token if callable(token) else None
        self._value = None if token is None or callable(token) else check_token(token)
        self._lock = threading.Lock()
        self._pid = os.getpid()

    @property
    def fixed(self) -> str | None:
        """The token, where it is always the same one; None for none, and for a function's."""
        return self._value if self._function is None else None

    @property
    def refreshable(self) -> bool:
        """Whether another token can be had after a 401."""
        return self._function is not None

    def get(self, refused: str | None = None) -> str | None:
        """The token to send, None for none.

        Args:
            refused: A token that a 401 refused: a newer one is fetched, unless another caller just did.
        """
        if self._function is None or (self._value is not None and self._value != refused):
            return self._value
        if self._pid != os.getpid():  # a lock held by a thread of the parent would never be released here
            self._lock, self._pid = threading.Lock(), os.getpid()
        with self._lock:
            if self._value is None or self._value == refused:
                self._value = check_token(_not_awaitable(self._function()), "the result of the token function")
            return self._value


class AsyncTokenSource:
    """The token of the async client: one call for all waiters of a loop."""

    def __init__(self, token: AsyncToken | None) -> None:
        self._function = token if callable(token) else None
        self._value = None if token is None or callable(token) else check_token(token)
        self._fetching: dict[asyncio.AbstractEventLoop, asyncio.Task[str]] = {}

    @property
    def fixed(self) -> str | None:
        """The token, where it is always the same one; None for none, and for a function's."""
        return self._value if self._function is None else None

    @property
    def refreshable(self) -> bool:
        """Whether another token can be had after a 401."""
        return self._function is not None

    async def get(self, refused: str | None = None) -> str | None:
        """As `TokenSource.get`. A function that is not async runs in a thread: it may ask a network."""
        if self._function is None or (self._value is not None and self._value != refused):
            return self._value
        import asyncio

        loop = asyncio.get_running_loop()
        task = self._fetching.get(loop)
        if task is None:
            task = self._fetching[loop] = loop.create_task(self._fetch(self._function))
            task.add_done_callback(lambda task: self._fetched(loop, task))
        return await asyncio.shield(task)  # a waiter that is cancelled must not cancel the others'

    def _fetched(self, loop: asyncio.AbstractEventLoop, task: asyncio.Task[str]) -> None:
        self._fetching.pop(loop, None)
        if not task.cancelled():
            task.exception()  # looked at, for every waiter may have left

    async def _fetch(self, function: Callable[[], str | Awaitable[str]]) -> str:
        import asyncio
        import inspect

        found: Any = function() if inspect.iscoroutinefunction(function) else await asyncio.to_thread(function)
        value = await found if inspect.isawaitable(found) else found
        self._value = check_token(value, "the result of the token function")
        return self._value


def _not_awaitable(value: Any) -> Any:
    if hasattr(value, "__await__"):
        if hasattr(value, "close"):
            value.close()  # a coroutine that will never run
        raise TypeError("token is an async function: the blocking client needs one that returns the token itself")
    return value
