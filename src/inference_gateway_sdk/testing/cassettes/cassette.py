"""One cassette: its file, mode and matching, its transports, and the functions that open it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict

from msgspec.structs import replace

from ..._version import install_command
from .contents import unpacked_body
from .exchange import CassetteError, CassetteMissError
from .file import load, save, shown_miss
from .matching import matchers, rules
from .playback import Clock
from .recorder import Ignore, Recorder
from .redaction import Redaction
from .redactor import Redactor

if TYPE_CHECKING:
    import os
    import ssl
    from collections.abc import Generator, Iterable
    from contextlib import AbstractContextManager
    from types import TracebackType
    from typing import Self, Unpack

    from ..._transport.protocols import AsyncTransport, Transport
    from ..._transport.trust import Cert
    from .exchange import Exchange, RecordedRequest
    from .matching import Matcher, Mode
    from .playback import Speed

__all__ = [
    "MATCH_ON",
    "Cassette",
    "ConnectionOptions",
    "async_recording_transport",
    "cassette",
    "recording_gateway",
    "recording_transport",
]


class ConnectionOptions(TypedDict, total=False):
    """The options of connections, as in the clients. A client with a `driver` does not use its own."""

    max_connections: int
    proxy: str | None
    ca: str | os.PathLike[str] | None
    cert: Cert | None
    tls: ssl.SSLContext | None


def recording_transport(options: ConnectionOptions) -> Transport:
    """Return the blocking client's usual transport."""
    from ..._transport._blocking import BlockingDriver

    limit, proxy, ca, cert, tls = _read(options)
    return BlockingDriver(limit=limit, proxy=proxy, ca=ca, cert=cert, tls=tls)


def async_recording_transport(options: ConnectionOptions) -> AsyncTransport:
    """Return the asyncio client's usual transport."""
    from ..._transport._async import AsyncioDriver

    limit, proxy, ca, cert, tls = _read(options)
    return AsyncioDriver(limit=limit, proxy=proxy, ca=ca, cert=cert, tls=tls)


def _read(
    options: ConnectionOptions,
) -> tuple[int, str | None, str | os.PathLike[str] | None, Cert | None, ssl.SSLContext | None]:
    return (
        options.get("max_connections", 100),
        options.get("proxy", "env"),
        options.get("ca"),
        options.get("cert"),
        options.get("tls"),
    )


MATCH_ON: Final = ("method", "path", "query", "body")


class Cassette:
    """A cassette. In its `with` block, requests through its transports are recorded or played. Made by `cassette()`.

    It can be shared by threads and tasks. When the block ends without an exception, the file is written atomically.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        mode: Mode = "once",
        *,
        match_on: Iterable[str | Matcher] = MATCH_ON,
        repeat: bool = False,
        speed: Speed = "full",
        redaction: Redaction | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Make a cassette; see `cassette()`."""
        if speed not in ("full", "original"):
            raise ValueError(f"speed must be 'full' or 'original', got {speed!r}")
        self.path: Path = Path(path)
        self.mode = mode
        self.speed: Speed = speed
        self.clock: Clock = clock or Clock()
        self._matchers = matchers(match_on)
        self._repeat = repeat
        self._redactor = Redactor(redaction or Redaction())
        self._rules = rules(mode, exists=True)
        self._lock = threading.RLock()  # reentrant: the user's hooks run under it and may use the cassette
        self._loaded: list[Exchange] = []
        self._played: list[bool] = []
        self._recorders: list[Recorder] = []
        self._misses: list[CassetteMissError] = []
        self._open = False
        self._discarded = False

    # For tests

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The file's exchanges, then those recorded so far, with secrets hidden."""
        with self._lock:
            return (*self._loaded, *self._recorded())

    @property
    def unplayed(self) -> tuple[Exchange, ...]:
        """The file's exchanges that have not been played yet."""
        with self._lock:
            return tuple([one for one, played in zip(self._loaded, self._played, strict=True) if not played])

    @property
    def misses(self) -> tuple[CassetteMissError, ...]:
        """The errors of requests without a recorded answer, in order."""
        return tuple(self._misses)

    @property
    def records(self) -> bool:
        """True if requests that are not in the file go to the server and are recorded."""
        return self._rules.records

    def driver(self, inner: Transport | None = None, **options: Unpack[ConnectionOptions]) -> Transport:
        """Return a transport for a blocking client's `driver`.

        Args:
            inner: The transport of the requests to record. Default: the client's usual one.
            **options: Options of its connections: `max_connections`, `proxy`, `ca`, `cert`, `tls`, as in the client.
                The client's own are not used when it has a driver.
        """
        from ._blocking.driver import CassetteTransport

        return CassetteTransport(self, inner or recording_transport(options))

    def async_driver(self, inner: AsyncTransport | None = None, **options: Unpack[ConnectionOptions]) -> AsyncTransport:
        """Return a transport for an asyncio client's `driver`. The arguments are those of `driver`."""
        from ._async.driver import AsyncCassetteTransport

        return AsyncCassetteTransport(self, inner or async_recording_transport(options))

    def gateway(self, upstream: str | None = None, **options: Unpack[ConnectionOptions]) -> AbstractContextManager[str]:
        """Run a proxy on this machine that records or plays the requests of any HTTP client, and return its address.

        Args:
            upstream: The URL to which a request's path is appended to pass it on. None if nothing is to be recorded.
            **options: Options of connections to it, as in `driver`.

        Raises:
            ImportError: The extra `embedded` is not installed.
        """
        try:
            from .gateway import cassette_gateway
        except ModuleNotFoundError as error:
            raise ImportError(
                f"a recording gateway needs {error.name}: {install_command('embedded')}",
                name=error.name,
            ) from error

        return cassette_gateway(self, upstream, async_recording_transport(options))

    def discard(self) -> None:
        """Do not write the file at the end of the block: the test has failed, and the recording is incomplete."""
        self._discarded = True

    def __enter__(self) -> Self:
        try:
            kept = load(self.path)
        except FileNotFoundError:
            kept, exists = [], False
        else:
            exists = True
        self._rules = rules(self.mode, exists=exists)
        self._loaded = kept if self._rules.keeps else []
        self._played = [False] * len(self._loaded)
        self._recorders, self._misses = [], []
        self._open, self._discarded = True, False
        return self

    def __exit__(
        self, cls: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False
        if error is not None or self._discarded:
            return
        with self._lock:
            recorded = self._recorded()
        if recorded:
            save(self.path, [*self._loaded, *recorded])

    # For the transports

    def turn(self, request: RecordedRequest) -> Exchange | Recorder | Ignore:
        """Decide on a request: play an exchange, record a new one, or neither.

        Raises:
            CassetteMissError: No recorded request matches, and no request may be added.
            CassetteError: The call is outside the `with` block.
        """
        with self._lock:
            if not self._open:
                raise CassetteError(f"the cassette {self.path} is not open: send requests inside its `with` block")
            request, coding = _unpacked_request(request)
            hidden = self._redactor.request(request)
            if hidden is None:
                return Ignore()
            found = self._find(hidden) if self._rules.plays else None
            if found is not None:
                return found
            if not self._rules.records:
                __tracebackhide__ = True  # pytest shows the diff of the error in place of this source
                raise self.missed(self._miss(hidden))
            if coding:
                raise CassetteError(
                    f"a request with Content-Encoding: {coding} cannot be recorded, for its secrets cannot be hidden: "
                    "send it uncompressed, or let before_record_request return None for it"
                )
            recorder = Recorder(request, self.clock.monotonic)
            self._recorders.append(recorder)
            return recorder

    def missed(self, miss: CassetteMissError) -> CassetteMissError:
        """Record a miss and return it."""
        self._misses.append(miss)
        return miss

    def _find(self, request: RecordedRequest) -> Exchange | None:
        """Return the first match that was not played, or with `repeat` the last match again."""
        fresh = [at for at, played in enumerate(self._played) if not played]
        again: Iterable[int] = reversed(range(len(self._loaded))) if self._repeat else ()
        for at in (*fresh, *again):
            if self._fits(request, self._loaded[at].request):
                self._played[at] = True
                return self._loaded[at]
        return None

    def _fits(self, asked: RecordedRequest, recorded: RecordedRequest) -> bool:
        return all(matcher(asked, recorded) for matcher in self._matchers)

    def _miss(self, request: RecordedRequest) -> CassetteMissError:
        recorded = [(kept.request, played) for kept, played in zip(self._loaded, self._played, strict=True)]
        return CassetteMissError(shown_miss(request, recorded, f"{self._rules.why} ({self.path})"))

    def _recorded(self) -> list[Exchange]:
        found = [recorder.exchange() for recorder in self._recorders]
        return self._redactor.exchanges([exchange for exchange in found if exchange is not None])


def _unpacked_request(request: RecordedRequest) -> tuple[RecordedRequest, str]:
    """Return the request without its content coding, and the coding that cannot be undone ("" for none)."""
    coding = ", ".join([value for name, value in request.headers if name.lower() == "content-encoding"])
    if not coding or not request.body:
        return request, ""
    body = unpacked_body(request.body, coding)
    if body is None:
        return request, coding
    headers = tuple([pair for pair in request.headers if pair[0].lower() != "content-encoding"])
    return replace(request, headers=headers, body=body), ""


def cassette(
    path: str | os.PathLike[str],
    mode: Mode = "once",
    *,
    match_on: Iterable[str | Matcher] = MATCH_ON,
    repeat: bool = False,
    speed: Speed = "full",
    redaction: Redaction | None = None,
    clock: Clock | None = None,
) -> Cassette:
    """Return the cassette of this file, to be used in a `with` block.

    Args:
        path: The path of the file. Missing folders are created.
        mode: "once" records if the file does not exist, and otherwise only plays. "none" only plays. "new" plays
            recorded requests and records others. "all" plays nothing and replaces the file.
        match_on: The parts that a request and a recorded one must have in common: "method", "scheme", "host", "path",
            "query", "headers", "body", or functions of the new and the recorded request.
        repeat: Play the last match again after all were played. Otherwise each exchange is played once.
        speed: "full" plays without waiting, "original" at the recorded times.
        redaction: The secrets to hide; None for the defaults.
        clock: The clock, for tests.

    Raises:
        ValueError: An argument has an invalid value. The message names the argument.
        TypeError: An argument has the wrong type. The message names the argument.
    """
    return Cassette(path, mode, match_on=match_on, repeat=repeat, speed=speed, redaction=redaction, clock=clock)


@contextmanager
def recording_gateway(
    path: str | os.PathLike[str],
    upstream: str | None = None,
    mode: Mode = "once",
    *,
    match_on: Iterable[str | Matcher] = MATCH_ON,
    repeat: bool = False,
    speed: Speed = "full",
    redaction: Redaction | None = None,
) -> Generator[str]:
    """Run a proxy that records or plays the requests of any HTTP client for one block, and return its address.

    Args:
        path: As in `cassette`.
        upstream: The URL to which a request's path is appended to pass it on. Needed only to record.
        mode: As in `cassette`.
        match_on: As in `cassette`.
        repeat: As in `cassette`.
        speed: As in `cassette`.
        redaction: As in `cassette`.

    Raises:
        CassetteMissError: A request had no recorded answer. It was answered with a 400. Raised at the end of the block.
    """
    cassette = Cassette(path, mode, match_on=match_on, repeat=repeat, speed=speed, redaction=redaction)
    with cassette, cassette.gateway(upstream) as url:
        yield url
