"""Two servers with a real model behind them, started once for all tests: llama.cpp's own, and the embedded gateway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference_gateway_sdk.embedded.weights import Place


@dataclass(frozen=True)
class Live:
    """A running server.

    Attributes:
        name: For messages.
        url: Its address.
        token: What it wants, None for nothing.
        model: The name its model goes by in requests.
        own_name: The name its model gives itself in answers.
    """

    name: str
    url: str
    token: str | None
    model: str
    own_name: str


@pytest.fixture(scope="session")
def llama_cpp(place: Place) -> Iterator[Live]:
    """llama.cpp's HTTP server, spoken to directly."""
    from inference_gateway_sdk.embedded.providers.local import LlamaServer

    server = LlamaServer(place.path, alias="smol", own_template=False)
    try:
        yield Live("llama.cpp", server.start(), server.key, "smol", "smol")
    finally:
        server.stop()


@pytest.fixture(scope="session")
def embedded_gateway(place: Place) -> Iterator[Live]:
    """The embedded gateway, with the same model behind it."""
    from inference_gateway_sdk.embedded import SMOKE_TEST_MODEL, LocalModel, Settings, running

    with running(Settings(port=0, read_timeout=300.0), local=LocalModel(place)) as url:
        yield Live("the embedded gateway", url, None, f"llamacpp/{SMOKE_TEST_MODEL}", SMOKE_TEST_MODEL)


@pytest.fixture(params=["llama_cpp", "embedded_gateway"])
def live(request: pytest.FixtureRequest) -> Live:
    """Each of the two in turn."""
    server: Live = request.getfixturevalue(request.param)
    return server
