"""Two gateways with scripted providers: one that also relays to a provider over HTTP, and one with tools."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from inference_gateway_sdk.embedded import Access, ScriptedProvider, Settings, running
from support.weights import nowhere

NOWHERE = "http://127.0.0.1:9/v1"


def weather(city: str, days: int = 1) -> str:
    """Tell what the weather will be."""
    return f"{days} days of sun in {city}"


@pytest.fixture(scope="session")
def plain() -> Iterator[str]:
    """Start a gateway with every feature; `groq` is a provider over HTTP, `ollama` one that cannot be reached."""
    with running(local=nowhere(), scripted=ScriptedProvider()) as upstream:
        access = {"groq": Access(url=f"{upstream}/proxy/openai", key="k"), "ollama": Access(url=NOWHERE)}
        settings = Settings(port=0, images=True, audio=True, expose_mcp=True, push_metrics=True, access=access)
        with running(settings, local=nowhere(), scripted=ScriptedProvider()) as url:
            yield url


@pytest.fixture(scope="session")
def with_tools() -> Iterator[str]:
    """Start a gateway that offers chats a tool, and serves it at `/mcp`."""
    with running(local=nowhere(), scripted=ScriptedProvider(), tools=[weather]) as url:
        yield url
