"""Runs the gateway: in a thread for a `with` block, or until interrupted."""

from __future__ import annotations

import asyncio
import gc
import logging
import math
import os
import signal
import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import uvicorn

from .._wire.url import redact_url
from . import weights
from .access_control import OriginCheck
from .app import create_app
from .client_connection import ClientConnection
from .faults.middleware import ConnectionWithFaults, FaultMiddleware
from .faults.plan import FaultPlan, Listener
from .gateway import Gateway
from .providers.http_provider import HttpProvider
from .providers.local import LocalModel
from .providers.provider import ProviderError
from .request_log import RequestLog
from .settings import McpSettings, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping, Sequence
    from types import FrameType

    from starlette.types import ASGIApp

    from .faults.kinds import Fault
    from .faults.plan import Rule
    from .providers.scripted import ScriptedProvider
    from .request_log import RequestRecord

__all__ = ["ListenError", "hosting", "probe_providers", "running", "serve"]


_CLOSING_TURNS = 4  # turns of the loop: accept, connection made, close, connection lost
_PROBE_SECONDS = 5.0
_COLLECTION = 20_000  # new objects between two collections, in place of 700 (2,000 in newer Python)


async def probe_providers(gateway: Gateway, report: Callable[[str], None]) -> None:
    """Query all HTTP providers concurrently and report each outcome, in order of their names."""
    relays = {
        name: relay for name in gateway.listed_providers() if isinstance(relay := gateway.providers[name], HttpProvider)
    }
    outcomes = await asyncio.gather(*(_probe_outcome(relay) for relay in relays.values()))
    for (name, relay), outcome in zip(relays.items(), outcomes, strict=True):
        report(f"{name} at {redact_url(relay.url)}: {outcome}")


async def _probe_outcome(relay: HttpProvider) -> str:
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            count = len(await relay.models())
    except TimeoutError:
        return f"no answer within {_PROBE_SECONDS:.0f} s"
    except (ProviderError, msgspec.DecodeError) as error:
        return f"no models: {error}"
    return f"{count} model{'' if count == 1 else 's'}"


_START_SECONDS = 30.0
_MANY_FILES = 10_240


class ListenError(Exception):
    """The address cannot be listened on. The message gives the reason."""


@contextmanager
def running(
    settings: Settings | None = None,
    *,
    local: LocalModel | None = None,
    scripted: ScriptedProvider | None = None,
    tools: Iterable[Callable[..., object]] = (),
    faults: FaultPlan | Iterable[Rule | Fault | str] = (),
    observe: Callable[[ASGIApp, Gateway], ASGIApp] | None = None,
) -> Generator[str]:
    """Run a gateway in a thread until the block ends, and return its address ("http://127.0.0.1:PORT").

    Args:
        settings: None for the defaults with a free port, without environment variables. With a scripted provider, None
            also turns on every feature that is off by default, so that each endpoint answers.
        local: The smoke-test model; None for the weights in their usual place, without download.
        scripted: Answers for providers without an address, as in `Gateway.build`; None for no such answers.
        tools: Python functions that chats are offered as tools, as if an MCP server had them. Any tool turns MCP on.
            Without settings it also turns on the list of tools and direct mode.
        faults: The faults to inject, as rules or as a plan. A plan counts the faults that were chosen.
        observe: As in `serve`.

    Raises:
        ListenError: The address is in use or not local.
        IssuerError: Tokens are required, and their issuer cannot be used.
        FaultError: A fault is invalid.
        TypeError: A tool is not a function, or has parameters that JSON cannot fill.
        ValueError: Two tools have the same name.
    """
    plan = faults if isinstance(faults, FaultPlan) else FaultPlan(faults) if faults else None
    everything = scripted is not None
    tools = tuple(tools)
    settings = settings or Settings(
        port=0,
        images=everything,
        audio=everything,
        videos=everything,
        expose_mcp=everything or bool(tools),
        mcp=McpSettings(mode="direct"),
        push_metrics=everything,
    )
    gateway = Gateway.build(settings, local or LocalModel(weights.locate()), scripted, tools)
    with hosting(create_app(gateway), settings, plan, observe and (lambda app: observe(app, gateway))) as url:
        yield url


@contextmanager
def hosting(
    app: ASGIApp,
    settings: Settings,
    faults: FaultPlan | None = None,
    observe: Callable[[ASGIApp], ASGIApp] | None = None,
) -> Generator[str]:
    """Serve an application in a thread until the block ends, with the faults of a plan, and return its address.

    `observe` returns the application, with its checks, faults and request log, with a middleware around it.

    Raises:
        ListenError: The address is in use or not local.
    """
    server = _Server(app, settings, faults, grace=0, observe=observe)
    with _listen(settings) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), name="embedded-gateway", daemon=True)
        thread.start()
        try:
            _await_start(server, thread)
            yield _address(listener, settings)
        finally:
            server.handle_exit(signal.SIGTERM, None)
            thread.join()


def serve(
    settings: Settings,
    local: LocalModel,
    announce: Callable[[str, Gateway], None],
    report: Callable[[str], None],
    *,
    faults: FaultPlan | None = None,
    scripted: ScriptedProvider | None = None,
    log: Callable[[RequestRecord], None] | None = None,
    observe: Callable[[ASGIApp, Gateway], ASGIApp] | None = None,
) -> None:
    """Serve in this thread until SIGINT or SIGTERM. Open answers then have `settings.grace`; a second signal cuts them.

    Args:
        settings: The address and the providers.
        local: The smoke-test model.
        announce: Called with the address and the gateway, once connections are accepted.
        report: Called with a sentence about each HTTP provider, some time after `announce`, and about the stop.
        faults: The faults to inject.
        scripted: Answers for providers without an address, as in `Gateway.build`; None for no such answers.
        log: Called with the record of each request at its end.
        observe: Returns the application, with its request log, with a middleware around it that watches every request.

    Raises:
        ListenError: The address is in use or not local, or the certificate cannot be used.
        IssuerError: Tokens are required, and their issuer cannot be used.
    """
    gateway = Gateway.build(settings, local, scripted)
    server = _Server(
        create_app(gateway),
        settings,
        faults,
        grace=settings.grace,
        background=partial(probe_providers, gateway, report),
        report=report,
        log=log,
        observe=observe and (lambda app: observe(app, gateway)),
    )
    _allow_open_files()
    with _listen(settings) as listener, _quiet_signals():
        announce(_address(listener, settings), gateway)
        with _fewer_collections():
            server.run([listener])


@contextmanager
def _fewer_collections() -> Generator[None]:
    """Collect garbage less often, and never what is loaded. Collections were an eighth of the processor time.

    A full one stopped all streams for some 100 ms.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECTION, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


class _Server(uvicorn.Server):
    """A uvicorn server that stops at once when asked to, and does not log the answers that it cuts off."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        faults: FaultPlan | None,
        *,
        grace: float,
        background: Callable[[], Coroutine[object, object, None]] | None = None,
        report: Callable[[str], None] = lambda _: None,
        log: Callable[[RequestRecord], None] | None = None,
        observe: Callable[[ASGIApp], ASGIApp] | None = None,
    ) -> None:
        served = FaultMiddleware(app, faults) if faults else app
        # Before faults and scripts: a web page must not trigger a fault or use up a script.
        checked = OriginCheck(served, settings.host, settings.allowed_hosts, settings.allowed_origins)
        logged = RequestLog(checked, log or _ignore) if log or observe else checked
        super().__init__(_config(observe(logged) if observe else logged, settings))
        if faults:
            self.config.http = ConnectionWithFaults
        self._faults = faults
        self._grace = grace
        self._background = background
        self._report = report
        self._background_tasks: list[asyncio.Task[None]] = []
        self._stop_requested = asyncio.Event()
        self._wake: Callable[[], object] = bool

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, attach the listener to the fault plan, and start the background task."""
        await super().startup(sockets)
        if self._background:
            self._background_tasks.append(asyncio.create_task(self._background()))
        if self._faults and sockets:
            self._faults.attach(Listener(self, sockets))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop the server. Called by a signal handler, or by the thread that started the server."""
        super().handle_exit(sig, frame)
        with suppress(RuntimeError):  # the loop is closed, so the server has ended
            self._wake()

    async def main_loop(self) -> None:
        """Tick ten times a second until stopped. A stop ends the last tick early."""
        self._wake = partial(asyncio.get_running_loop().call_soon_threadsafe, self._stop_requested.set)
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop_requested.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let open answers end within the grace period, or until a second stop, then cancel them."""
        if self._faults:
            self._faults.attach(None)
        await self._stop_accepting()
        for place in sockets or ():  # while connections are refused, a socket may be bound without listening
            place.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        answers = list(self.server_state.tasks)
        if answers and self._grace:
            await self._wait_for(answers)
        for task in (*answers, *self._background_tasks):
            task.cancel()
        await asyncio.gather(*answers, *self._background_tasks, return_exceptions=True)
        await self.lifespan.shutdown()
        await self._close_connections()

    async def _stop_accepting(self) -> None:
        """Close the listeners once the connections that they accepted are made: CPython 3.13 leaks them otherwise."""
        loop = asyncio.get_running_loop()
        for listener in self.servers:
            for place in listener.sockets:
                with suppress(NotImplementedError):  # the loop of Windows accepts in another way
                    loop.remove_reader(place.fileno())
        for _ in range(_CLOSING_TURNS):
            await asyncio.sleep(0)
        for listener in self.servers:
            listener.close()

    async def _close_connections(self) -> None:
        """Close the connections that were accepted while the server stopped. Each step of that takes a turn."""
        for _ in range(_CLOSING_TURNS):
            await asyncio.sleep(0)
            for connection in list(self.server_state.connections):
                connection.shutdown()

    async def _wait_for(self, answers: Sequence[asyncio.Task[None]]) -> None:
        count = len(answers)
        several = "" if count == 1 else "s"
        self._report(f"waiting up to {self._grace:g} s for {count} open answer{several}: another Ctrl-C cuts them off")
        self._stop_requested.clear()
        second_stop = asyncio.create_task(self._stop_requested.wait())
        second_stop.add_done_callback(lambda _: [answer.cancel() for answer in answers])
        await asyncio.wait(answers, timeout=self._grace)
        second_stop.cancel()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until stopped."""
        log = logging.getLogger("uvicorn.error")
        log.addFilter(self._is_relevant)
        try:
            super().run(sockets)
        finally:
            log.removeFilter(self._is_relevant)

    def _is_relevant(self, record: logging.LogRecord) -> bool:
        """Filter out records about answers that are cut off on purpose, and all records after the stop."""
        return not self.should_exit and "without completing response" not in record.getMessage()


def _ignore(_: RequestRecord) -> None:
    """Print nothing: the records are for the observer."""


def _config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    _check_certificates(settings)
    return uvicorn.Config(
        app,
        http=ClientConnection,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=math.ceil(settings.idle_timeout),
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        ssl_ca_certs=settings.client_ca,
        ssl_cert_reqs=ssl.CERT_REQUIRED if settings.client_ca else ssl.CERT_NONE,
    )


def _check_certificates(settings: Settings) -> None:
    """Return if all files of TLS that the settings name are usable."""
    tls = settings.client_tls
    for files in (
        (("SERVER_TLS_CERT_PATH", settings.tls_cert), ("SERVER_TLS_KEY_PATH", settings.tls_key)),
        (("SERVER_TLS_CLIENT_CA_PATH", settings.client_ca),),
        (("CLIENT_TLS_CERT_PATH", tls.cert), ("CLIENT_TLS_KEY_PATH", tls.key)),
        (("CLIENT_TLS_CA_PATH", tls.ca),),
    ):
        named = {name: path for name, path in files if path is not None}
        if named:
            _check_files(named)


def _check_files(named: Mapping[str, str]) -> None:
    """Return if a certificate and its key, or the certificates of authorities, are usable."""
    for name, path in named.items():
        try:
            Path(path).read_bytes()
        except OSError as error:
            raise ListenError(f"{name}: {path} cannot be read: {error.strerror}") from error
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    several = len(named) > 1
    try:
        context.load_cert_chain(*named.values()) if several else context.load_verify_locations(*named.values())
    except OSError as error:  # includes ssl.SSLError
        shown = " and ".join(f"{name}={path}" for name, path in named.items())
        form = "a certificate and its key, in this order" if several else "certificates in PEM form"
        raise ListenError(f"{shown} cannot be used: are they {form}? {error}") from error


def _allow_open_files() -> None:
    """Raise the limit of open files, which shells set low: an open stream takes two."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MANY_FILES if most == resource.RLIM_INFINITY else most  # macOS reports an infinite limit, but rejects it
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _listen(settings: Settings) -> socket.socket:
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # else asyncio leaves Nagle on
    except OSError as error:
        raise ListenError(f"cannot listen at {settings.host}: {error.strerror or error}") from error
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
        listener.listen(256)
    except OSError as error:
        listener.close()
        raise ListenError(f"cannot listen at {settings.host}:{settings.port}: {error.strerror or error}") from error
    return listener


def _address(listener: socket.socket, settings: Settings) -> str:
    host, port = listener.getsockname()[:2]
    scheme = "https" if settings.tls_cert else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _await_start(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise ListenError("the embedded gateway did not start")
        time.sleep(0.005)


@contextmanager
def _quiet_signals() -> Generator[None]:
    """Ignore SIGINT and SIGTERM outside the server, which raises them again after it has stopped."""

    def nothing(_: int, __: FrameType | None) -> None:
        pass

    before = {number: signal.signal(number, nothing) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
