"""A model that calls tools, an MCP server that has some, and gateways between the two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from embedded.mcp.clock import Clock, running_clock
from embedded.mcp.model import Model, replies
from inference_gateway_sdk.embedded import Access, McpSettings, Settings, running
from support.server import Connection, Request, Server
from support.weights import nowhere

Start = Callable[..., str]


@pytest.fixture(scope="session")
def _model() -> Iterator[Model]:
    model = Model()
    yield model
    model.server.stop()


@pytest.fixture
def model(_model: Model) -> Model:
    """Return the provider `openai`, without requests and with one answer for every request."""
    _model.server.requests.clear()
    _model.turns = [replies("Hello")]
    return _model


@pytest.fixture(scope="session")
def _clock() -> Iterator[Clock]:
    yield from running_clock()


@pytest.fixture
def clock(_clock: Clock) -> Iterator[Clock]:
    """Return the MCP server, without requests."""
    _clock.seen.clear()
    yield _clock
    _clock.only_handshakes = _clock.forgets = False


@pytest.fixture(scope="session")
def _kept() -> Iterator[tuple[ExitStack, dict[str, str]]]:
    with ExitStack() as stack:
        yield stack, {}


@pytest.fixture
def start(model: Model, _kept: tuple[ExitStack, dict[str, str]]) -> Iterator[Start]:
    """Start a gateway in front of the model: `start(*tools, mcp=..., ...)` gives its address.

    A gateway without an MCP server is shared by the tests that start an equal one.
    """
    kept, urls = _kept
    with ExitStack() as stack:

        def begin(*tools: Callable[..., object], mcp: McpSettings | None = None, **changes: Any) -> str:
            access = {"openai": Access(url=model.url, key="k"), "mistral": Access(url=model.url, key="k")}
            settings = Settings(**{"port": 0, "access": access, "mcp": mcp or McpSettings(mode="direct"), **changes})
            gateway = running(settings, local=nowhere(), tools=tools)
            if settings.mcp.servers:
                return stack.enter_context(gateway)
            name = repr((tools, settings))
            if name not in urls:
                urls[name] = kept.enter_context(gateway)
            return urls[name]

        yield begin


@pytest.fixture
def issuer() -> Iterator[str]:
    """Return an issuer of tokens; no client has one."""

    def answer(connection: Connection, _: Request) -> None:
        metadata = {
            "issuer": server.url,
            "jwks_uri": f"{server.url}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        connection.json({**metadata, "keys": []})

    server = Server(answer)
    yield server.url
    server.stop()
