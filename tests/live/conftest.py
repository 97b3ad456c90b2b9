"""Two servers with a real model, started once for all tests: llama.cpp's own, and the embedded gateway."""

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
        token: The token that it requires, or None.
        model: The model's name in requests.
        own_name: The model's own name in answers.
    """

    name: str
    url: str
    token: str | None
    model: str
    own_name: str


@pytest.fixture(scope="session")
def llama_cpp(place: Place) -> Iterator[Live]:
    """Return llama.cpp's HTTP server, used directly."""
    from inference_gateway_sdk.embedded.providers.local import LlamaServer

    server = LlamaServer(place.path, alias="smol", own_template=False)
    try:
        yield Live("llama.cpp", server.start(), server.key, "smol", "smol")
    finally:
        server.stop()


@pytest.fixture(scope="session")
def embedded_gateway(place: Place) -> Iterator[Live]:
    """Return the embedded gateway, with the same model."""
    from inference_gateway_sdk.embedded import SMOKE_TEST_MODEL, LocalModel, Settings, running

    with running(Settings(port=0, read_timeout=300.0), local=LocalModel(place)) as url:
        yield Live("the embedded gateway", url, None, f"llamacpp/{SMOKE_TEST_MODEL}", SMOKE_TEST_MODEL)


@pytest.fixture(params=["llama_cpp", "embedded_gateway"])
def live(request: pytest.FixtureRequest) -> Live:
    """Return each of the two in turn."""
    server: Live = request.getfixturevalue(request.param)
    return server
