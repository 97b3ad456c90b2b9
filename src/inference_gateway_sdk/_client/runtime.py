"""The parts that differ between the two clients: clock, sleep, randomness, transports, tokens and uploads."""

from __future__ import annotations

import os
import os.path
import threading
import time
from collections.abc import Awaitable, Callable
from typing import IO, TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

from msgspec import Struct, structs

from .._model.arguments import check_integer
from .._model.open_types import Concealed

if TYPE_CHECKING:
    import asyncio
    from types import FrameType

    from .._transport.protocols import AsyncTransport, Transport
    from .._wire.images import Upload

__all__ = [
    "AsyncRuntime",
    "AsyncToken",
    "AsyncTokenSource",
    "Cert",
    "Connections",
    "File",
    "Runtime",
    "Token",
    "TokenSource",
    "anonymous_transport",
    "async_anonymous_transport",
    "async_default_transport",
    "async_read_upload",
    "async_system_runtime",
    "async_yield_turn",
    "caller",
    "check_token",
    "default_transport",
    "read_upload",
    "system_runtime",
    "yield_turn",
]


_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120  (pathlib costs an import)


def caller() -> str:
    """Return the file and line of the nearest frame outside this package."""
    frame = _calling_frame()
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return "an unknown line" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _calling_frame() -> FrameType | None:
    """Return the frame of the caller, through a traceback: the other public ways need an import."""
    try:
        raise LookupError
    except LookupError as error:
        trace = error.__traceback__
        try:
            return None if trace is None else trace.tb_frame.f_back
        finally:
            del trace  # it refers to this frame: the cycle would keep a dropped stream open until a collection


class Runtime(NamedTuple):
    """Clock, sleep and randomness for the blocking client."""

    monotonic: Callable[[], float]  # seconds, on the same clock as the transport's deadlines
    wall: Callable[[], float]  # seconds since the epoch, for dates in Retry-After
    sleep: Callable[[float], None]
    random: Callable[[], float]  # in [0, 1)


class AsyncRuntime(NamedTuple):
    """Clock, sleep and randomness for the async client."""

    monotonic: Callable[[], float]
    wall: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    random: Callable[[], float]


def system_runtime() -> Runtime:
    """Return the system's clock, sleep and randomness."""
    return Runtime(time.monotonic, time.time, time.sleep, _random)


def async_system_runtime() -> AsyncRuntime:
    """Return the system's clock, sleep and randomness. asyncio is imported only here."""
    import asyncio

    return AsyncRuntime(time.monotonic, time.time, asyncio.sleep, _random)


async def async_yield_turn() -> None:
    """Let the loop's other tasks run: reading what is there already needs no wait."""
    import asyncio

    await asyncio.sleep(0)


def yield_turn() -> None:
    """Do nothing: threads take turns without help."""


def _random() -> float:
    """Return a random number in [0, 1). `random` is imported late, as it is slow to import and rarely needed."""
    import random

    return random.random()  # noqa: S311  (jitter for retries, not a secret)


Cert: TypeAlias = str | os.PathLike[str] | tuple[str, str] | tuple[str, str, str]


class Connections(Concealed, Struct, frozen=True, kw_only=True):
    """The arguments of a client's constructor that configure its transport."""

    max_connections: int = 100
    proxy: str | None = "env"
    ca: str | os.PathLike[str] | None = None
    cert: Any = None
    tls: Any = None

    def __post_init__(self) -> None:
        check_integer("max_connections", self.max_connections, least=1)

    def __repr__(self) -> str:
        return f"Connections(max_connections={self.max_connections})"  # a proxy's URL may hold a password

    def portable(self) -> dict[str, Any]:
        """Return the arguments for pickling, without secrets (a proxy's user and password, a key's password).

        Raises:
            TypeError: `tls` is set. An SSLContext cannot be pickled.
        """
        if self.tls is not None:
            raise TypeError(
                "a client with an SSLContext (tls) cannot be pickled: create it in the process that uses it"
            )
        options = structs.asdict(self)
        del options["tls"]
        if self.proxy is not None and "@" in self.proxy:
            scheme, separator, rest = self.proxy.rpartition("://")
            options["proxy"] = f"{scheme}{separator}{rest.rpartition('@')[2]}"
        if self.cert is not None and not isinstance(self.cert, (str, os.PathLike)):
            options["cert"] = self.cert[:2]  # without the key's password
        return options


def default_transport(connections: Connections) -> Transport:
    """Return a pool of blocking connections."""
    from .._transport._blocking import BlockingDriver

    how = connections
    try:
        return BlockingDriver(limit=how.max_connections, proxy=how.proxy, tls=how.tls, ca=how.ca, cert=how.cert)
    except (TypeError, ValueError) as error:
        raise error.with_traceback(None) from None  # its frames hold the passwords of a proxy and of a key


def async_default_transport(connections: Connections) -> AsyncTransport:
    """Return a transport with a pool of asyncio connections for each running loop."""
    from .._transport._async import AsyncioDriver

    how = connections
    try:
        return AsyncioDriver(limit=how.max_connections, proxy=how.proxy, tls=how.tls, ca=how.ca, cert=how.cert)
    except (TypeError, ValueError) as error:
        raise error.with_traceback(None) from None  # its frames hold the passwords of a proxy and of a key


def anonymous_transport(driver: Transport, may_connect: Callable[[str], bool] | None = None) -> Transport:
    """Return a transport for other servers, which must not get credentials that `driver` may add to requests.

    A transport has an optional method `anonymous` that returns it. Without one it is a default transport. Those of this
    package also have `restricted`, and then connect only to IP addresses for which `may_connect` is true.
    """
    anonymous: Callable[[], Transport] | None = getattr(driver, "anonymous", None)
    found = default_transport(Connections()) if anonymous is None else anonymous()
    restricted: Callable[[Callable[[str], bool]], Transport] | None = getattr(found, "restricted", None)
    return found if may_connect is None or restricted is None else restricted(may_connect)


def async_anonymous_transport(
    driver: AsyncTransport, may_connect: Callable[[str], bool] | None = None
) -> AsyncTransport:
    """As `anonymous_transport`."""
    anonymous: Callable[[], AsyncTransport] | None = getattr(driver, "anonymous", None)
    found = async_default_transport(Connections()) if anonymous is None else anonymous()
    restricted: Callable[[Callable[[str], bool]], AsyncTransport] | None = getattr(found, "restricted", None)
    return found if may_connect is None or restricted is None else restricted(may_connect)


Token: TypeAlias = str | Callable[[], str]
AsyncToken: TypeAlias = str | Callable[[], str | Awaitable[str]]

_NOT_ASCII = "token must be printable ASCII without spaces, but {count} of its characters are not"


def check_token(token: object, what: str = "token") -> str:
    """Return the token if it is valid in an Authorization header.

    Raises:
        TypeError: The token is not a string.
        ValueError: The token is empty or contains characters that are invalid in a header. The error does not show it.
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
    """The token of the blocking client, safe to use from several threads and after a fork."""

    def __init__(self, token: Token | None) -> None:
        self._function = token if callable(token) else None
        self._value = None if token is None or callable(token) else check_token(token)
        self._lock = threading.RLock()
        self._pid = os.getpid()

    @property
    def fixed(self) -> str | None:
        """The token, if it was given as a string. None without a token, or if a function returns it."""
        return self._value if self._function is None else None

    @property
    def refreshable(self) -> bool:
        """True if a new token can be fetched after a 401."""
        return self._function is not None

    def get(self, refused: str | None = None) -> str | None:
        """Return the token to send, or None for no token.

        Args:
            refused: A token that a 401 refused. A newer one is fetched, unless another caller has already fetched it.
        """
        if self._function is None or (self._value is not None and self._value != refused):
            return self._value
        if self._pid != os.getpid():  # after a fork: a lock held by a thread of the parent is never released here
            self._lock, self._pid = threading.RLock(), os.getpid()
        with self._lock:
            if self._value is None or self._value == refused:
                del refused  # the function may fail, and error trackers collect the variables of a traceback
                self._value = check_token(_not_awaitable(self._function()), "the result of the token function")
            return self._value


class AsyncTokenSource:
    """The token of the async client. All waiters of a loop share one call of the token function."""

    def __init__(self, token: AsyncToken | None) -> None:
        self._function = token if callable(token) else None
        self._value = None if token is None or callable(token) else check_token(token)
        self._fetching: dict[asyncio.AbstractEventLoop, asyncio.Task[str]] = {}

    @property
    def fixed(self) -> str | None:
        """The token, if it was given as a string. None without a token, or if a function returns it."""
        return self._value if self._function is None else None

    @property
    def refreshable(self) -> bool:
        """True if a new token can be fetched after a 401."""
        return self._function is not None

    async def get(self, refused: str | None = None) -> str | None:
        """Return the token to send, as `TokenSource.get`. A synchronous function runs in a thread, as it may block."""
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
            task.exception()  # retrieved, as every waiter may have been cancelled

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


File: TypeAlias = bytes | os.PathLike[str] | IO[bytes]


def read_upload(value: object, name: str) -> Upload:
    """Return the content of a file, and its name if it has one.

    Args:
        value: Bytes, a path, or a file open in binary mode, which is read from its current position.
        name: Name of the argument, for error messages.

    Raises:
        TypeError: The value has another type, or the file is open in text mode.
        OSError: The file cannot be read.
    """
    from .._wire.images import Upload

    if isinstance(value, (bytes, bytearray)):
        return Upload(bytes(value))
    if isinstance(value, os.PathLike):
        from pathlib import Path

        path = Path(cast("os.PathLike[str]", value))
        return Upload(path.read_bytes(), path.name)
    if hasattr(value, "read"):
        return _read_file(cast("IO[Any]", value), name)
    meant = f": for a file write pathlib.Path({value!r})" if isinstance(value, str) else ""
    raise TypeError(f"{name} must be bytes, a path or an open binary file, got {type(value).__name__}{meant}")


async def async_read_upload(value: object, name: str) -> Upload:
    """Read an upload in a thread, as `read_upload`. Reading a file may block."""
    import asyncio

    if isinstance(value, (bytes, bytearray)):
        return read_upload(value, name)
    return await asyncio.to_thread(read_upload, value, name)


def _read_file(file: IO[Any], name: str) -> Upload:
    from .._wire.images import Upload

    content = file.read()
    if not isinstance(content, bytes):
        raise TypeError(f'{name} is open in text mode: open it with mode "rb"')
    filename: object = getattr(file, "name", None)  # an int for a file opened by its descriptor
    known = isinstance(filename, str) and not filename.startswith("<")
    return Upload(content, str(filename) if known else None)
