"""What differs between the two clients: clock, sleep and chance, default transports, token sources."""

from __future__ import annotations

import os
import os.path
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from msgspec import Struct, structs

from .._model.open_types import Concealed

if TYPE_CHECKING:
    import asyncio
    from types import FrameType

    from .._transport.protocols import AsyncTransport, Transport

__all__ = [
    "AsyncRuntime",
    "AsyncToken",
    "AsyncTokenSource",
    "Cert",
    "Connections",
    "Runtime",
    "Token",
    "TokenSource",
    "anonymous_transport",
    "async_anonymous_transport",
    "async_default_transport",
    "async_system_runtime",
    "caller",
    "check_token",
    "default_transport",
    "system_runtime",
]


_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120  (pathlib costs an import)


def caller() -> str:
    """File and line of the nearest frame outside this package."""
    frame = _current_frame()
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return "an unknown line" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _current_frame() -> FrameType | None:
    """The running frame, by the one public way that needs no further import."""
    try:
        raise LookupError
    except LookupError as error:
        trace = error.__traceback__
        return None if trace is None else trace.tb_frame


class Runtime(NamedTuple):
    """Time, waiting and chance for the blocking client."""

    monotonic: Callable[[], float]  # seconds; the transport's deadlines are on the same clock
    wall: Callable[[], float]  # seconds since the epoch, for dates in Retry-After
    sleep: Callable[[float], None]
    random: Callable[[], float]  # in [0, 1)


class AsyncRuntime(NamedTuple):
    """Time, waiting and chance for the async client."""

    monotonic: Callable[[], float]
    wall: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    random: Callable[[], float]


def system_runtime() -> Runtime:
    """The real ones."""
    return Runtime(time.monotonic, time.time, time.sleep, _random)


def async_system_runtime() -> AsyncRuntime:
    """The real ones; asyncio is imported only here."""
    import asyncio

    return AsyncRuntime(time.monotonic, time.time, asyncio.sleep, _random)


def _random() -> float:
    """A number in [0, 1). The library's module is not cheap to import, and seldom needed."""
    import random

    return random.random()  # noqa: S311  (spreads retries, keeps no secret)


Cert: TypeAlias = "str | os.PathLike[str] | tuple[str, str] | tuple[str, str, str]"


class Connections(Concealed, Struct, frozen=True, kw_only=True):
    """How a client's connections are made: the arguments of its constructor that concern the transport."""

    max_connections: int = 100
    proxy: str | None = "env"
    ca: str | os.PathLike[str] | None = None
    cert: Any = None
    tls: Any = None

    def __post_init__(self) -> None:
        if type(self.max_connections) is not int:
            raise TypeError(f"max_connections must be a whole number, got {type(self.max_connections).__name__}")
        if self.max_connections < 1:
            raise ValueError(f"max_connections must be at least 1, got {self.max_connections}")

    def __repr__(self) -> str:
        return f"Connections(max_connections={self.max_connections})"  # a proxy's URL may hold a password

    def portable(self) -> dict[str, Any]:
        """The arguments that may be written down: secrets left out (a proxy's user and password, a key's password).

        Raises:
            TypeError: There is an SSLContext, which cannot be copied.
        """
        if self.tls is not None:
            raise TypeError("a client with an SSLContext of its own (tls) cannot be pickled: make one where it is used")
        options = structs.asdict(self)
        del options["tls"]
        if self.proxy is not None and "@" in self.proxy:
            scheme, separator, rest = self.proxy.rpartition("://")
            options["proxy"] = f"{scheme}{separator}{rest.rpartition('@')[2]}"
        if self.cert is not None and not isinstance(self.cert, (str, os.PathLike)):
            options["cert"] = self.cert[:2]  # without the key's password
        return options


def default_transport(connections: Connections) -> Transport:
    """A pool of blocking connections."""
    from .._transport._blocking import BlockingDriver

    how = connections
    try:
        return BlockingDriver(limit=how.max_connections, proxy=how.proxy, tls=how.tls, ca=how.ca, cert=how.cert)
    except (TypeError, ValueError) as error:
        raise error.with_traceback(None) from None  # its frames hold the passwords of a proxy and of a key


def async_default_transport(connections: Connections) -> AsyncTransport:
    """A pool of asyncio connections for each running loop."""
    from .._transport._async import AsyncioDriver

    how = connections
    try:
        return AsyncioDriver(limit=how.max_connections, proxy=how.proxy, tls=how.tls, ca=how.ca, cert=how.cert)
    except (TypeError, ValueError) as error:
        raise error.with_traceback(None) from None  # its frames hold the passwords of a proxy and of a key


def anonymous_transport(driver: Transport) -> Transport:
    """Return a transport for other servers, which must not get credentials that `driver` may add to requests.

    A transport has an optional method `anonymous` that returns it. Without one it is a default transport.
    """
    anonymous: Callable[[], Transport] | None = getattr(driver, "anonymous", None)
    return default_transport(Connections()) if anonymous is None else anonymous()


def async_anonymous_transport(driver: AsyncTransport) -> AsyncTransport:
    """As `anonymous_transport`."""
    anonymous: Callable[[], AsyncTransport] | None = getattr(driver, "anonymous", None)
    return async_default_transport(Connections()) if anonymous is None else anonymous()


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
                del refused  # the function may fail, and error trackers collect the variables of a traceback
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
        del refused  # the function may fail, and error trackers collect the variables of a traceback
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
