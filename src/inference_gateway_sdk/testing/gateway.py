"""The scripted gateway: an embedded gateway whose every provider answers what a test's scripts say.

It is real from the socket to the provider: routes, model lists, envelopes, streams and refusals are the embedded
gateway's own. Only the providers behind it are scripted.
"""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from .. import AsyncInferenceGatewayClient, InferenceGatewayClient
from .._client.runtime import async_system_runtime, system_runtime
from ..embedded.app import create_app
from ..embedded.faults.middleware import FaultMiddleware
from ..embedded.gateway import Gateway
from ..embedded.providers.catalogue import CATALOGUE
from ..embedded.providers.local import LocalModel
from ..embedded.runner import hosting
from ..embedded.settings import Access, Settings
from ..embedded.weights import Place
from .expectations import Expectations
from .in_process import AsyncInProcessDriver, InProcessDriver
from .provider import ExpectationProvider, ScriptedFaults
from .recording_middleware import RecordingMiddleware
from .script import Condition
from .scripting import Scripting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from .. import Timeouts
    from .._transport.protocols import AsyncTransport, Transport
    from .received import ReceivedRequest

__all__ = ["ScriptedGateway", "scripted_gateway"]

_IN_PROCESS_HOST = "gateway.test"
IN_PROCESS_URL = f"http://{_IN_PROCESS_HOST}"
"""The address that clients without a socket are given; nothing is ever connected to."""

_MODELS = ("openai/scripted", "anthropic/scripted")
_EVERYTHING = Settings(port=0, images=True, audio=True, expose_mcp=True, push_metrics=True)
_EVERYBODY = {name: Access(url="http://provider.invalid", key="scripted") for name in CATALOGUE}
"""All providers, as if they had keys; none of these addresses is ever asked."""


class ScriptedGateway(Scripting):
    """A gateway for tests; made by `scripted_gateway()`, or by the fixture `gateway`.

    It runs from when its `with` block is entered (also `async with`) to its end, which checks that every request had a
    script and every script a request.

    Attributes:
        models: The models it lists, with their providers in front.
        check_unused: A script that is not used is an error at the end.
    """

    def __init__(
        self,
        *,
        models: Iterable[str] = _MODELS,
        settings: Settings | None = None,
        tools: Iterable[Callable[..., object]] = (),
        sockets: bool = True,
        check_unused: bool = True,
    ) -> None:
        expectations = Expectations()
        super().__init__(expectations, Condition())
        self.models: Sequence[str] = tuple(models)
        self.check_unused = check_unused
        settings = settings or _EVERYTHING
        host = settings.host if sockets else _IN_PROCESS_HOST  # where nothing listens, no Host can be foreign
        self._settings = replace(settings, host=host, port=0, access=settings.access or _EVERYBODY)
        self._plan = ScriptedFaults()
        self._app = RecordingMiddleware(
            FaultMiddleware(create_app(self._gateway(tuple(tools))), self._plan), expectations
        )
        self._sockets = sockets
        self._url: str | None = None
        self._open = ExitStack()

    def _gateway(self, tools: tuple[Callable[..., object], ...]) -> Gateway:
        """The gateway of the settings, with a desk in the place of each provider that has a key."""
        nowhere = LocalModel(Place(Path("nowhere.gguf"), ours=False))
        built = Gateway.build(self._settings, nowhere, functions=tools)
        providers = {
            name: ExpectationProvider(name, self._expectations, lambda: self.models) for name in built.providers
        }
        return replace(built, providers=providers)

    # What came

    @property
    def requests(self) -> list[ReceivedRequest]:
        """Every request that came, in order, whatever it was answered."""
        return list(self._expectations.requests)

    @property
    def request(self) -> ReceivedRequest:
        """The one request that came.

        Raises:
            AssertionError: None came, or more than one.
        """
        came = self.requests
        if len(came) != 1:
            listed = "".join(f"\n    {each}" for each in came) or " none"
            raise AssertionError(f"one request was to come, and {len(came)} came:{listed}")
        return came[0]

    def assert_all_matched(self) -> None:
        """Return when every request had a script; raises `UnmatchedRequestError`. The end of the block asks too."""
        self._expectations.assert_all_matched()

    def assert_all_used(self) -> None:
        """Return when every script was used; raises `UnusedScriptError`. The end asks too, with `check_unused`."""
        self._expectations.assert_all_used()

    def reset(self) -> None:
        """Forget all scripts and requests."""
        self._expectations.clear()

    # How to reach it

    @property
    def url(self) -> str:
        """Where it listens: "http://127.0.0.1:PORT".

        Raises:
            RuntimeError: It is not running, or has no socket.
        """
        if not self._sockets:
            raise RuntimeError("this gateway has no socket: reach it by client(), async_client() or driver()")
        if self._url is None:
            raise RuntimeError("the gateway is not running: enter it, as in `with scripted_gateway() as gateway:`")
        return self._url

    @property
    def environ(self) -> Mapping[str, str]:
        """Environment variables by which code that makes its own client finds it."""
        direct = ",".join(filter(None, [os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), "127.0.0.1"]))
        token = {} if self._settings.token is None else {"INFERENCE_GATEWAY_TOKEN": self._settings.token}
        return {"INFERENCE_GATEWAY_URL": self.url, "NO_PROXY": direct, "no_proxy": direct, **token}

    def client(
        self,
        *,
        timeout: Timeouts | float | Literal["default"] | None = "default",
        max_retries: int = 2,
        token: str | None = None,
    ) -> InferenceGatewayClient:
        """A client of it, closed with it. It repeats what fails as any client does, but without waiting in between.

        Args:
            timeout: As a client's.
            max_retries: As a client's.
            token: What it sends; None for the token that the gateway's settings ask for, if they do.
        """
        client = InferenceGatewayClient(
            self.url if self._sockets else IN_PROCESS_URL,
            self._settings.token if token is None else token,
            timeout=timeout,
            max_retries=max_retries,
            proxy=None,
            driver=None if self._sockets else self.driver(),
        )
        client._with_runtime(system_runtime()._replace(sleep=_no_wait))  # pyright: ignore[reportPrivateUsage]
        self._open.callback(client.close)
        return client

    def async_client(
        self,
        *,
        timeout: Timeouts | float | Literal["default"] | None = "default",
        max_retries: int = 2,
        token: str | None = None,
    ) -> AsyncInferenceGatewayClient:
        """As `client`. It belongs to no event loop: make it where you like, and use it in any."""
        client = AsyncInferenceGatewayClient(
            self.url if self._sockets else IN_PROCESS_URL,
            self._settings.token if token is None else token,
            timeout=timeout,
            max_retries=max_retries,
            proxy=None,
            driver=None if self._sockets else self.async_driver(),
        )
        client._with_runtime(async_system_runtime()._replace(sleep=_no_async_wait))  # pyright: ignore[reportPrivateUsage]
        self._open.callback(_close, client)
        return client

    def driver(self) -> Transport:
        """A transport to it without a socket, for `InferenceGatewayClient(driver=...)`."""
        driver = InProcessDriver(self._app, self._plan)
        self._open.callback(driver.close)
        return driver

    def async_driver(self) -> AsyncTransport:
        """A transport to it without a socket, for `AsyncInferenceGatewayClient(driver=...)`."""
        return AsyncInProcessDriver(self._app, self._plan)

    # Life

    def start(self) -> None:
        """Begin to listen. A `with` block does it by itself."""
        if self._sockets:
            self._url = self._open.enter_context(hosting(self._app, self._settings, self._plan))

    def close(self) -> None:
        """Stop listening, and close the clients that it made. May be called twice; asks no questions."""
        self._open.close()
        self._url = None

    def check(self) -> None:
        """What the end of the block asks: return when nothing was unmatched and, with `check_unused`, nothing unused.

        Raises:
            UnmatchedRequestError: A request had no script.
            UnusedScriptError: A script had no request.
        """
        self.assert_all_matched()
        if self.check_unused:
            self.assert_all_used()

    def annotate(self, error: BaseException) -> None:
        """Add to the error of a failed test which requests had no script: it may well be the reason."""
        for miss in self._expectations.misses:
            error.add_note(miss.why)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if error is None:
            self.check()
        else:
            self.annotate(error)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def __repr__(self) -> str:
        return f"<ScriptedGateway {self._url or ('not running' if self._sockets else 'in process')}>"


def scripted_gateway(
    *,
    models: Iterable[str] = _MODELS,
    settings: Settings | None = None,
    tools: Iterable[Callable[..., object]] = (),
    sockets: bool = True,
    check_unused: bool = True,
) -> ScriptedGateway:
    """A gateway whose providers answer what scripts say, for a `with` or an `async with` block.

    Args:
        models: What it lists, with providers in front: ["openai/gpt-4o"].
        settings: Of the gateway: aliases, model lists, tokens and so on. None for everything switched on.
        tools: Python functions that it offers chats as tools of an MCP server, and runs by itself.
        sockets: False for a gateway that is reached inside this process alone: faster, and it proves less.
        check_unused: Whether the end of the block complains of a script that was not used.
    """
    return ScriptedGateway(models=models, settings=settings, tools=tools, sockets=sockets, check_unused=check_unused)


def _no_wait(_: float) -> None:
    """Do not wait between two tries: a test has better things to do."""


async def _no_async_wait(_: float) -> None:
    await asyncio.sleep(0)


def _close(client: AsyncInferenceGatewayClient) -> None:
    """Close a client of any loop from wherever this is: perhaps inside a loop, perhaps after all have ended."""
    thread = threading.Thread(target=lambda: asyncio.run(client.aclose()), name="closing a client")
    thread.start()
    thread.join()
