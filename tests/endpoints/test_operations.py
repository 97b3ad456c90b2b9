"""Every operation of the contract, through both clients and every driver, over a real socket.

One table: the call, the request, and the result. Further behaviour of an endpoint is tested in the module of its noun.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

import inference_gateway_sdk as sdk
from client.message_faults import MESSAGE
from client.response_faults import RESPONSE
from inference_gateway_sdk._generated.operations import OPERATIONS
from support.samples import PNG, SOUND, sample
from support.server import ANSWER, MODELS, Connection, Request, serving
from support.worlds import World


@dataclass(frozen=True)
class Row:
    """One operation: its call, its request, and its result."""

    call: Callable[[Any], Awaitable[Any]]
    target: str
    returns: type
    body: dict[str, Any] | bytes | None = None
    refused: type[Exception] | None = sdk.UnauthorizedError
    token: str | None = "Bearer t0ken"


CHAT = {"model": "openai/m", "messages": [{"role": "user", "content": "hi"}]}
SPEECH = {"model": "openai/m", "input": "hi", "voice": "v"}
PROXIED = {"a": 1}
ROWS = {
    "healthCheck": Row(lambda c: c.health_check(), "/health", bool, refused=None),
    "listModels": Row(
        lambda c: c.list_models("openai", include=["pricing", "modalities"]),
        "/v1/models?provider=openai&include=pricing,modalities",
        sdk.ListModelsResponse,
    ),
    "createChatCompletion": Row(
        lambda c: c.generate_content("openai/m", "hi"), "/v1/chat/completions", sdk.CreateChatCompletionResponse, CHAT
    ),
    "createResponse": Row(
        lambda c: c.create_response("m", "hi", provider="openai"),
        "/v1/responses?provider=openai",
        sdk.Response,
        {"model": "m", "input": "hi"},
    ),
    "createMessage": Row(
        lambda c: c.create_message("anthropic/m", "hi", 9),
        "/v1/messages",
        sdk.MessagesResponse,
        {"model": "anthropic/m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]},
    ),
    "createImage": Row(
        lambda c: c.generate_image("a cat", model="openai/i"),
        "/v1/images/generations",
        sdk.ImagesResponse,
        {"prompt": "a cat", "model": "openai/i"},
    ),
    "createImageEdit": Row(
        lambda c: c.create_image_edit(PNG, "a hat", model="openai/i"), "/v1/images/edits", sdk.ImagesResponse, b"a hat"
    ),
    "createImageVariation": Row(
        lambda c: c.create_image_variation(PNG, model="openai/i"), "/v1/images/variations", sdk.ImagesResponse, PNG
    ),
    "createSpeech": Row(lambda c: c.create_speech("openai/m", "hi", "v"), "/v1/audio/speech", sdk.Audio, SPEECH),
    "createSFX": Row(
        lambda c: c.create_sound_effect("x/m", "rain"), "/v1/audio/sfx", sdk.Audio, {"model": "x/m", "prompt": "rain"}
    ),
    "createMusic": Row(
        lambda c: c.create_music("x/m", "a waltz"),
        "/v1/audio/music",
        sdk.Audio,
        {"model": "x/m", "prompt": "a waltz"},
    ),
    "createVideo": Row(lambda c: c.create_video("x/m", "a cat"), "/v1/videos", sdk.VideoJob, b"a cat"),
    "retrieveVideo": Row(lambda c: c.retrieve_video("v1"), "/v1/videos/v1", sdk.VideoJob),
    "downloadVideoContent": Row(lambda c: c.download_video("v1"), "/v1/videos/v1/content", sdk.Video),
    "listTools": Row(lambda c: c.list_tools(), "/v1/mcp/tools", sdk.ListToolsResponse),
    "mcpJsonRpc": Row(lambda c: c.call_mcp("tools/list"), "/mcp", sdk.McpJsonRpcResponse, {"method": "tools/list"}),
    "getMCPProtectedResourceMetadata": Row(
        lambda c: c.mcp_resource_metadata(),
        "/.well-known/oauth-protected-resource/mcp",
        sdk.OAuthProtectedResourceMetadata,
        token=None,  # the contract requires it without one
    ),
    "pushMetrics": Row(
        lambda c: c.push_metrics({"resourceMetrics": []}),
        "/v1/metrics",
        sdk.ExportMetricsServiceResponse,
        {"resourceMetrics": []},
    ),
    "proxyGet": Row(lambda c: c.proxy("openai", "models"), "/proxy/openai/models", sdk.ProxyReply),
    **{
        f"proxy{method.title()}": Row(
            lambda c, method=method: c.proxy("openai", "files/1", method=method, json=PROXIED),  # type: ignore[misc]
            "/proxy/openai/files/1",
            sdk.ProxyReply,
            PROXIED,
        )
        for method in ("POST", "PUT", "PATCH")
    },
    "proxyDelete": Row(
        lambda c: c.proxy("openai", "files/1", method="DELETE"), "/proxy/openai/files/1", sdk.ProxyReply
    ),
}


def well(connection: Connection, request: Request) -> None:
    """Serve every operation."""
    known = {
        "/health": {"message": "OK"},
        "/v1/models": MODELS,
        "/v1/chat/completions": ANSWER,
        "/v1/responses": RESPONSE,
        "/v1/messages": MESSAGE,
    }
    if request.path in known:
        connection.json(known[request.path])
    else:
        assert sample(connection, request), request.path


def refusing(connection: Connection, request: Request) -> None:
    """Refuse requests without a token."""
    connection.json({"error": "unauthorized"}, 401)


def run(world: World, url: str, scenario: Callable[[Any], Awaitable[Any]]) -> Any:
    """Return the scenario's result over a client that sends a token and does not retry."""
    return world.with_client(scenario, url, "t0ken", max_retries=0)


def test_the_table_has_every_operation_of_the_contract() -> None:
    """A new operation of the contract needs a row."""
    assert set(ROWS) == set(OPERATIONS)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_an_operation_follows_the_contract_and_its_answer_is_typed(name: str, world: World) -> None:
    """Each operation sends its method, path, query, headers and body, and returns its own type."""
    row, operation = ROWS[name], OPERATIONS[name]
    with serving(well) as server:
        result = run(world, server.url, row.call)
        [request] = server.requests
    assert isinstance(result, row.returns)
    assert (request.method, request.target) == (operation.method, row.target)
    prefix = "" if operation.at_root else "/v1"
    assert request.path.startswith(prefix + operation.path.partition("{")[0])
    assert request.headers.get("authorization") == row.token
    assert request.headers["user-agent"].startswith("inference-gateway-sdk-python/")
    if isinstance(row.body, dict):
        assert request.headers["content-type"] == "application/json"
        assert row.body.items() <= json.loads(request.body).items()
    elif row.body is not None:
        assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
        assert row.body in request.body
    else:
        assert request.body == b""
    if isinstance(result, (sdk.Audio, sdk.Video)):
        assert result.bytes == SOUND


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_refusal_is_its_class_everywhere(name: str, world: World) -> None:
    """A 401 raises the same class from every operation; health alone returns False."""
    row = ROWS[name]
    with serving(refusing) as server:
        if row.refused is None:
            assert run(world, server.url, row.call) is False
            return
        with pytest.raises(row.refused) as caught:
            run(world, server.url, row.call)
    assert caught.value.status == 401
    assert caught.value.message == "unauthorized"
    assert "t0ken" not in repr(caught.value)
