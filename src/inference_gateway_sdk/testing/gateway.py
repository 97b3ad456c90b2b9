"""The scripted gateway: an embedded gateway whose providers all answer from a test's scripts.

Everything from the socket to the provider is real: routes, model lists, envelopes, streams and refusals are the
embedded gateway's. Only the providers are scripted.
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
from .._model.json_values import is_mapping
from ..embedded.app import create_app
from ..embedded.faults.middleware import FaultMiddleware
from ..embedded.gateway import Gateway
from ..embedded.providers.catalogue import CATALOGUE
from ..embedded.providers.local import LocalModel
from ..embedded.providers.provider import read_details
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
    from ..embedded.providers.provider import ModelDetails
    from .received import ReceivedRequest

__all__ = ["ScriptedGateway", "scripted_gateway"]

_IN_PROCESS_HOST = "gateway.test"
IN_PROCESS_URL = f"http://{_IN_PROCESS_HOST}"
"""The base URL of clients without a socket. No connection is made to it."""

_MODELS = ("openai/scripted", "anthropic/scripted")
_EVERYTHING = Settings(port=0, images=True, audio=True, videos=True, expose_mcp=True, push_metrics=True)
_EVERYBODY = {name: Access(url="http://provider.invalid", key="scripted") for name in CATALOGUE}
"""All providers with a key. No request is sent to these addresses."""


class ScriptedGateway(Scripting):
    """A gateway for tests. Made by `scripted_gateway()`, or by the fixture `gateway`.

    It runs in a `with` or `async with` block. At the end of the block it checks that every request had a script and
    every script a request.

    Attributes:
        models: The models it lists, with their providers in front. A test may set it while the gateway runs.
        check_unused: True if an unused script is an error at the end.
    """

    def __init__(
        self,
        *,
        models: Iterable[str] | Mapping[str, ModelDetails] = _MODELS,
        settings: Settings | None = None,
        tools: Iterable[Callable[..., object]] = (),
        sockets: bool = True,
        check_unused: bool = True,
    ) -> None:
        expectations = Expectations()
        super().__init__(expectations, Condition())
        self.models: Sequence[str] = tuple(models)
        self._details: Mapping[str, ModelDetails] = read_details(models) if is_mapping(models) else {}
        self.check_unused = check_unused
        settings = settings or _EVERYTHING
        host = settings.host if sockets else _IN_PROCESS_HOST  # not checked: without a socket every Host is accepted
        self._settings = replace(settings, host=host, port=0, access=settings.access or _EVERYBODY)
        self._plan = ScriptedFaults()
        self._app = RecordingMiddleware(
            FaultMiddleware(create_app(self._gateway(tuple(tools))), self._plan), expectations
        )
        self._sockets = sockets
        self._url: str | None = None
        self._open = ExitStack()

    def _gateway(self, tools: tuple[Callable[..., object], ...]) -> Gateway:
        """Build the gateway, with an `ExpectationProvider` for each provider."""
        nowhere = LocalModel(Place(Path("nowhere.gguf"), ours=False))
        built = Gateway.build(self._settings, nowhere, functions=tools)
        providers = {name: ExpectationProvider(name, self._expectations, self._listed) for name in built.providers}
        return replace(built, providers=providers)

    def _listed(self) -> Mapping[str, ModelDetails | None]:
        return {name: self._details.get(name) for name in self.models}

    # Received requests

    @property
    def requests(self) -> list[ReceivedRequest]:
        """All received requests, in order, whatever their answers."""
        return list(self._expectations.requests)

    @property
    def request(self) -> ReceivedRequest:
        """The only received request.

        Raises:
            AssertionError: No request was received, or more than one.
        """
        came = self.requests
        if len(came) != 1:
            listed = "".join(f"\n    {each}" for each in came) or " none"
            raise AssertionError(f"expected one request, received {len(came)}:{listed}")
        return came[0]

    def assert_all_matched(self) -> None:
        """Raise `UnmatchedRequestError` if a request had no script. The end of the block checks it too."""
        self._expectations.assert_all_matched()

    def assert_all_used(self) -> None:
        """Raise `UnusedScriptError` if a script was not used. With `check_unused`, the block's end checks it too."""
        self._expectations.assert_all_used()

    def reset(self) -> None:
        """Remove all scripts and recorded requests."""
        self._expectations.clear()

    # Access

    @property
    def url(self) -> str:
        """The base URL: "http://127.0.0.1:PORT".

        Raises:
            RuntimeError: The gateway is not running, or has no socket.
        """
        if not self._sockets:
            raise RuntimeError("this gateway has no socket: use client(), async_client() or driver()")
        if self._url is None:
            raise RuntimeError("the gateway is not running: enter it, as in `with scripted_gateway() as gateway:`")
        return self._url

    @property
    def environ(self) -> Mapping[str, str]:
        """Environment variables with which code that makes its own client finds the gateway."""
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
        """Return a client, which the gateway closes. It retries as any client does, but without waiting.

        Args:
            timeout: As in the client.
            max_retries: As in the client.
            token: The client's token; None for the token that the gateway's settings require, if any.
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
        """Return an asyncio client, as `client` does. It is not bound to an event loop."""
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
        """Return a transport without a socket, for `InferenceGatewayClient(driver=...)`."""
        driver = InProcessDriver(self._app, self._plan)
        self._open.callback(driver.close)
        return driver

    def async_driver(self) -> AsyncTransport:
        """Return a transport without a socket, for `AsyncInferenceGatewayClient(driver=...)`."""
        return AsyncInProcessDriver(self._app, self._plan)

    # Lifecycle

    def start(self) -> None:
        """Begin to listen. A `with` block calls this."""
        if self._sockets:
            self._url = self._open.enter_context(hosting(self._app, self._settings, self._plan))

    def close(self) -> None:
        """Stop listening, and close the clients that the gateway made, without checks. May be called twice."""
        self._open.close()
        self._url = None

    def check(self) -> None:
        """Run the checks of the block's end: no unmatched request and, with `check_unused`, no unused script.

        Raises:
            UnmatchedRequestError: A request had no script.
            UnusedScriptError: A script was not used.
        """
        self.assert_all_matched()
        if self.check_unused:
            self.assert_all_used()

    def annotate(self, error: BaseException) -> None:
        """Add the requests without a script to the error of a failed test, as a possible reason."""
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
    models: Iterable[str] | Mapping[str, ModelDetails] = _MODELS,
    settings: Settings | None = None,
    tools: Iterable[Callable[..., object]] = (),
    sockets: bool = True,
    check_unused: bool = True,
) -> ScriptedGateway:
    """Make a gateway whose providers answer from scripts, for a `with` or an `async with` block.

    Args:
        models: The models it lists, with providers in front: ["openai/gpt-4o"]. A mapping also gives their prices,
            context windows and modalities: `{"openai/gpt-4o": ModelDetails(context_window=128_000)}`.
        settings: The gateway's settings: aliases, model lists, tokens and so on. None turns every feature on.
        tools: Python functions that it offers to chats as tools of an MCP server, and runs itself.
        sockets: False for a gateway that only clients in this process can reach. That is faster, but proves less.
        check_unused: Raise an error at the end of the block for a script that was not used.
    """
    return ScriptedGateway(models=models, settings=settings, tools=tools, sockets=sockets, check_unused=check_unused)


def _no_wait(_: float) -> None:
    """Do nothing in place of the wait between two attempts."""


async def _no_async_wait(_: float) -> None:
    await asyncio.sleep(0)


def _close(client: AsyncInferenceGatewayClient) -> None:
    """Close a client of any loop from any place: inside a running loop, or after all loops have ended."""
    thread = threading.Thread(target=lambda: asyncio.run(client.aclose()), name="closing a client")
    thread.start()
    thread.join()
