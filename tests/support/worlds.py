"""One interface to both clients, so that a test is written once: a coroutine over `await`, `async with`, `async for`.

The async client is used directly, in a loop in debug mode. The blocking client is wrapped: its calls block the loop,
which hosts nothing else (servers run in threads).
"""

from __future__ import annotations

import asyncio
import inspect
import re
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Self

import pytest

from inference_gateway_sdk import (
    AsyncHttpx2Driver,
    AsyncInferenceGatewayClient,
    Httpx2Driver,
    InferenceGatewayClient,
)

Scenario = Callable[[Any], Awaitable[Any]]


class World:
    """One of the two clients, `blocking` or `async`, over the package's own transport or over `httpx2`."""

    def __init__(self, name: str, driver: str = "") -> None:
        self.name = name
        self.driver = driver

    @property
    def blocking(self) -> bool:
        return self.name == "blocking"

    def client(self, *args: Any, **options: Any) -> Any:
        """Return a client with the interface of the async one."""
        options.setdefault("proxy", None)
        if self.driver:
            options.setdefault("driver", self._httpx2())
        runtime = options.pop("_runtime", None)
        client = (InferenceGatewayClient if self.blocking else AsyncInferenceGatewayClient)(*args, **options)
        if runtime is not None:
            client._with_runtime(runtime)
        return Blocking(client) if self.blocking else client

    def _httpx2(self) -> Any:
        """Return a driver over a client from httpx2 itself."""
        import httpx2

        if self.blocking:
            return Httpx2Driver(httpx2.Client(trust_env=False), close=True)
        return AsyncHttpx2Driver(httpx2.AsyncClient(trust_env=False), close=True)

    def run(self, scenario: Callable[[], Awaitable[Any]]) -> Any:
        """Run a coroutine function to completion."""
        with asyncio.Runner(debug=True) as runner:
            runner.get_loop().slow_callback_duration = 60  # blocking calls are meant to block
            return runner.run(_call(scenario))

    def with_client(self, scenario: Scenario, *args: Any, **options: Any) -> Any:
        """Run a scenario with a client that is closed afterwards."""

        async def run() -> Any:
            async with self.client(*args, **options) as client:
                return await scenario(client)

        return self.run(run)


class Unreachable:
    """A transport for calls that must fail before anything is sent: it counts the requests it receives."""

    def __init__(self) -> None:
        self.requests = 0

    async def open(self, *_: Any, **__: Any) -> Any:
        self.requests += 1
        raise AssertionError("a request was sent")

    async def aclose(self) -> None: ...


def refused_unsent(call: Callable[[Any], Any], kind: type[Exception], pattern: str) -> None:
    """Assert that `call(client)` raises an error whose text matches `pattern`, and that nothing was sent.

    One client without a server is enough: arguments are checked before the transport is used, and the blocking client
    is derived from the async one. `client/test_bad_input.py` has rows that go through both and a real server.
    """
    transport = Unreachable()

    async def scenario(client: Any) -> None:
        with warnings.catch_warnings(), pytest.raises(kind) as caught:
            warnings.simplefilter("ignore", UserWarning)  # extra_body has a test of its own
            if inspect.isawaitable(result := call(client)):
                await result
        assert re.search(pattern, str(caught.value)), f"{pattern!r} is not in {str(caught.value)!r}"

    World("async").with_client(scenario, "http://127.0.0.1:9", driver=transport)
    assert transport.requests == 0


async def _call(scenario: Callable[[], Awaitable[Any]]) -> Any:
    return await scenario()


class Blocking:
    """The blocking client, or its result, with the interface of the async one."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.inner, "close" if name == "aclose" else name)
        at_once = name in ("partial", "open") or name.endswith("_stream") or name.startswith("with_")
        if not callable(value) or at_once:
            return _wrapped_call(value) if callable(value) else value
        if name in ("text", "events", "deltas", "partials", "items"):
            return lambda: _items(value())

        async def call(*args: Any, **options: Any) -> Any:
            return value(*args, **options)

        return call

    async def __aenter__(self) -> Self:
        self.inner.__enter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        self.inner.__exit__(*error)

    def __aiter__(self) -> AsyncIterator[Any]:
        return _items(self.inner)


def _wrapped_call(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        result = function(*args, **options)
        wrap = hasattr(result, "__enter__") or isinstance(result, InferenceGatewayClient)
        return Blocking(result) if wrap else result

    return call


async def _items(iterable: Any) -> AsyncIterator[Any]:
    assert not inspect.isawaitable(iterable)
    iterator = iter(iterable)
    while True:
        try:
            item = next(iterator)
        except StopIteration:
            return
        yield item
