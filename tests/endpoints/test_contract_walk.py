"""Every operation of the contract, with both clients, against the embedded gateway: answers, errors, and old age."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import inference_gateway_sdk as sdk
from endpoints.test_operations import ROWS
from inference_gateway_sdk._generated.operations import OPERATIONS
from inference_gateway_sdk.embedded import McpSettings, ScriptedProvider, Settings, running
from support.samples import PNG
from support.weights import nowhere
from support.worlds import World

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.wire

EVERYTHING: dict[str, Any] = {
    "images": True, "audio": True, "videos": True, "expose_mcp": True, "push_metrics": True,
    "mcp": McpSettings(enabled=True),
}  # fmt: skip
NEWER = {
    "createSpeech": lambda c: c.create_speech("openai/m", "hi", "v"),
    "createSFX": lambda c: c.create_sound_effect("elevenlabs/m", "rain"),
    "createMusic": lambda c: c.create_music("elevenlabs/m", "a waltz"),
    "createVideo": lambda c: c.create_video("elevenlabs/m", "a cat", input_reference=PNG),
    "retrieveVideo": lambda c: c.retrieve_video("video_1"),
    "downloadVideoContent": lambda c: c.download_video("video_1"),
    "mcpJsonRpc": lambda c: c.call_mcp("tools/list"),
    "getMCPProtectedResourceMetadata": lambda c: c.mcp_resource_metadata(),
}
"""The operations that gateways up to 0.48 lack."""

CALLS = (
    {name: row.call for name, row in ROWS.items()}
    | NEWER
    | {
        "createMessage": lambda c: c.create_message("anthropic/m", "hi", 9),
        "proxyGet": lambda c: c.proxy("openai", "models"),
        **{
            f"proxy{method.title()}": lambda c, method=method: c.proxy(
                "openai", "chat/completions", method=method, json={"model": "m", "messages": []}
            )
            for method in ("POST", "PUT", "PATCH")
        },
    }
)
RETURNS = {name: row.returns for name, row in ROWS.items()}


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@pytest.fixture(scope="module")
def current() -> Iterator[str]:
    """A gateway that serves the whole contract, with answers from scripts."""
    with running(Settings(port=0, **EVERYTHING), local=nowhere(), scripted=ScriptedProvider(), tools=[add]) as url:
        yield url


@pytest.fixture(scope="module")
def older() -> Iterator[str]:
    """A gateway of contract v0.22."""
    settings = Settings(port=0, quirks="v0.48", **EVERYTHING)
    with running(settings, local=nowhere(), scripted=ScriptedProvider(), tools=[add]) as url:
        yield url


@pytest.fixture(scope="module")
def closed() -> Iterator[str]:
    """A gateway on which nothing is enabled, and that has no provider."""
    with running(Settings(port=0), local=nowhere()) as url:
        yield url


# What the scripted provider or a gateway without an issuer answers with an error, and with which one.
REFUSED: dict[str, tuple[type[Exception], str]] = {
    "getMCPProtectedResourceMetadata": (sdk.NotFoundError, "AUTH_ENABLED=true"),  # no issuer of tokens in this test
    "proxyPut": (sdk.NotFoundError, "has nothing at PUT"),
    "proxyPatch": (sdk.NotFoundError, "has nothing at PATCH"),
    "proxyDelete": (sdk.NotFoundError, "has nothing at DELETE"),
}


async def completed(client: Any) -> None:
    """Make video_1 exist, and complete."""
    await client.create_video("elevenlabs/m", "a cat")  # the first of the gateway, or a later one
    await client.wait_for_video("video_1", interval=0.01)


def test_the_walk_names_every_operation() -> None:
    """A new operation of the contract needs a call here."""
    assert set(CALLS) == set(OPERATIONS)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_each_operation_works(name: str, world: World, current: str) -> None:
    """The method's own type comes back, or the one error that is expected here."""

    async def scenario(client: Any) -> Any:
        if name in ("retrieveVideo", "downloadVideoContent"):
            await completed(client)
        return await CALLS[name](client)

    if name in REFUSED:
        kind, text = REFUSED[name]
        with pytest.raises(kind, match=text):
            world.with_client(scenario, current, max_retries=0)
    else:
        assert isinstance(world.with_client(scenario, current, max_retries=0), RETURNS[name])


@pytest.mark.parametrize("name", sorted(NEWER))
def test_an_older_gateway_is_named_in_one_sentence(name: str, world: World, older: str) -> None:
    """The hint says which version serves the endpoint; it is one sentence without a full stop."""
    with pytest.raises(sdk.NotFoundError) as caught:
        world.with_client(NEWER[name], older, max_retries=0)
    hint = str(caught.value.hint)
    assert "gateways newer than 0.48" in hint
    assert ". " not in hint and not hint.endswith(".")


def test_an_older_gateway_does_not_know_deprecated_models(world: World, older: str, current: str) -> None:
    """`include=deprecated` works on the one and names the version on the other."""
    assert world.with_client(lambda client: client.list_models(include="deprecated"), current).data
    with pytest.raises(sdk.BadRequestError, match=r"newer than 0\.48 \(contract 1\.6\) know include=deprecated"):
        world.with_client(lambda client: client.list_models(include=["pricing", "deprecated"]), older)


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - {"healthCheck", "listModels"}))
def test_a_closed_gateway_is_an_error_with_advice(name: str, closed: str) -> None:
    """Each operation raises the class of its status, and the hint says what to set."""
    world = World("async")
    with pytest.raises(sdk.StatusError) as caught:
        world.with_client(CALLS[name], closed, max_retries=0)
    assert caught.value.status in (400, 403, 404)
    assert caught.value.hint
