"""One cassette: its file, mode and matching, the transports that record and play, and the functions that open it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict

from msgspec.structs import replace

from .contents import unpacked_body
from .exchange import CassetteError, CassetteMissError
from .file import load, save, shown_miss
from .matching import matchers, rules
from .playback import Clock
from .recorder import Recorder
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
    "Ignore",
    "async_recording_transport",
    "cassette",
    "recording_gateway",
    "recording_transport",
]


class ConnectionOptions(TypedDict, total=False):
    """How connections are made; as in the clients' own arguments, which a client with a driver does not use."""

    max_connections: int
    proxy: str | None
    ca: str | os.PathLike[str] | None
    cert: Cert | None
    tls: ssl.SSLContext | None


def recording_transport(options: ConnectionOptions) -> Transport:
    """The blocking client's usual transport."""
    from ..._transport._blocking import BlockingDriver

    limit, proxy, ca, cert, tls = _read(options)
    return BlockingDriver(limit=limit, proxy=proxy, ca=ca, cert=cert, tls=tls)


def async_recording_transport(options: ConnectionOptions) -> AsyncTransport:
    """The asyncio client's usual transport."""
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


class Ignore:
    """What a request is told that the cassette has nothing to do with."""


class Cassette:
    """A cassette; `with` it, requests through its drivers are recorded or played. Made by `cassette()`.

    Shared by threads and tasks. The file is written when the block ends without an exception, whole or not at all.
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
        """See `cassette`."""
        if speed not in ("full", "original"):
            raise ValueError(f"speed must be 'full' or 'original', got {speed!r}")
        self.path = Path(path)
        self.mode = mode
        self.speed: Speed = speed
        self.clock = clock or Clock()
        self._matchers = matchers(match_on)
        self._repeat = repeat
        self._redactor = Redactor(redaction or Redaction())
        self._rules = rules(mode, exists=True)
        self._lock = threading.RLock()  # hooks of the user run inside, and may look at the tape
        self._kept: list[Exchange] = []
        self._played: list[bool] = []
        self._recorders: list[Recorder] = []
        self._misses: list[CassetteMissError] = []
        self._open = False
        self._discarded = False

    # For the test.

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What the file held, and behind it what has been recorded up to now, with its secrets hidden."""
        with self._lock:
            return (*self._kept, *self._recorded())

    @property
    def unplayed(self) -> tuple[Exchange, ...]:
        """What the file held and nobody has asked for yet."""
        with self._lock:
            return tuple([one for one, played in zip(self._kept, self._played, strict=True) if not played])

    @property
    def misses(self) -> tuple[CassetteMissError, ...]:
        """The requests that found nothing, in order, as the errors they got."""
        return tuple(self._misses)

    @property
    def records(self) -> bool:
        """Whether a request that is not in the file goes to the server and into it."""
        return self._rules.records

    def driver(self, inner: Transport | None = None, **options: Unpack[ConnectionOptions]) -> Transport:
        """What to give a blocking client as `driver`.

        Args:
            inner: What carries the requests that are recorded. Default: what the client itself would use.
            **options: How that makes its connections: `max_connections`, `proxy`, `ca`, `cert`, `tls` as in the client,
                which leaves them unused where it is given a driver.
        """
        from ._blocking.driver import CassetteTransport

        return CassetteTransport(self, inner or recording_transport(options))

    def async_driver(self, inner: AsyncTransport | None = None, **options: Unpack[ConnectionOptions]) -> AsyncTransport:
        """What to give an asyncio client as `driver`; arguments as in `driver`."""
        from ._async.driver import AsyncCassetteTransport

        return AsyncCassetteTransport(self, inner or async_recording_transport(options))

    def gateway(self, upstream: str | None = None, **options: Unpack[ConnectionOptions]) -> AbstractContextManager[str]:
        """The address of a proxy on this machine that records or plays what any HTTP client asks of it.

        Args:
            upstream: Where a request is passed on to: its path is put behind this address. None: nothing is recorded.
            **options: How connections to it are made, as in `driver`.

        Raises:
            ImportError: The extra `embedded` is not installed.
        """
        try:
            from .gateway import cassette_gateway
        except ModuleNotFoundError as error:
            raise ImportError(
                f"a recording gateway needs {error.name}: pip install 'inference-gateway-sdk[embedded]'",
                name=error.name,
            ) from error

        return cassette_gateway(self, upstream, async_recording_transport(options))

    def discard(self) -> None:
        """Write nothing when the block ends: the test has failed, and what it recorded is half a conversation."""
        self._discarded = True

    def __enter__(self) -> Self:
        try:
            kept = load(self.path)
        except FileNotFoundError:
            kept, exists = [], False
        else:
            exists = True
        self._rules = rules(self.mode, exists=exists)
        self._kept = kept if self._rules.keeps else []
        self._played = [False] * len(self._kept)
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
            save(self.path, [*self._kept, *recorded])

    # For the drivers.

    def turn(self, request: RecordedRequest) -> Exchange | Recorder | Ignore:
        """What to do with a request: play an exchange, record one, or neither.

        Raises:
            CassetteMissError: Nothing is recorded that fits, and nothing may be added.
            CassetteError: The block has ended, or not begun.
        """
        with self._lock:
            if not self._open:
                raise CassetteError(f"the cassette {self.path} is not in use: ask inside its `with` block")
            request, coding = _unpacked_request(request)
            hidden = self._redactor.request(request)
            if hidden is None:
                return Ignore()
            found = self._find(hidden) if self._rules.plays else None
            if found is not None:
                return found
            if not self._rules.records:
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
        """The same miss, remembered."""
        self._misses.append(miss)
        return miss

    def _find(self, request: RecordedRequest) -> Exchange | None:
        """The first recording that fits and was not played; the last one again, where that is wanted."""
        fresh = [at for at, played in enumerate(self._played) if not played]
        again: Iterable[int] = reversed(range(len(self._kept))) if self._repeat else ()
        for at in (*fresh, *again):
            if self._fits(request, self._kept[at].request):
                self._played[at] = True
                return self._kept[at]
        return None

    def _fits(self, asked: RecordedRequest, recorded: RecordedRequest) -> bool:
        return all(matcher(asked, recorded) for matcher in self._matchers)

    def _miss(self, request: RecordedRequest) -> CassetteMissError:
        recorded = [(kept.request, played) for kept, played in zip(self._kept, self._played, strict=True)]
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
    """The cassette in this file, to be used in a `with` block.

    Args:
        path: Where the file is, or will be; folders are made.
        mode: "once" records when there is no file and only plays when there is one; "none" only plays; "new" plays what
            is there and records the rest; "all" plays nothing and writes the file anew.
        match_on: What a request must have in common with a recorded one: "method", "scheme", "host", "path", "query",
            "headers", "body", or functions of the asked and the recorded request.
        repeat: Play the last fitting recording again when all were played; otherwise each is played once.
        speed: "full": what was recorded is there at once; "original": when it came.
        redaction: What is hidden besides, or instead of, what is always hidden.
        clock: Time, for tests.

    Raises:
        ValueError: An argument that makes no sense; the message names it.
        TypeError: The same.
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
    """The address of a proxy on this machine that records or plays what any HTTP client asks of it, for one block.

    Args:
        path: As in `cassette`, like all that is not named here.
        upstream: Where a request is passed on to: its path is put behind this address. Needed only to record.
        mode: As in `cassette`.
        match_on: The same.
        repeat: The same.
        speed: The same.
        redaction: The same.

    Raises:
        CassetteMissError: When the block ends: a request found nothing, and was answered with 400.
    """
    cassette = Cassette(path, mode, match_on=match_on, repeat=repeat, speed=speed, redaction=redaction)
    with cassette, cassette.gateway(upstream) as url:
        yield url
