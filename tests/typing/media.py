"""Type checks by mypy strict and pyright strict, never run: images, sound, tools, metrics and the proxy."""
# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_type

from inference_gateway_sdk import (
    AsyncInferenceGatewayAPI,
    AsyncInferenceGatewayClient,
    Audio,
    ExportMetricsServiceResponse,
    ImagesResponse,
    InferenceGatewayAPI,
    InferenceGatewayClient,
    ListToolsResponse,
    McpJsonRpcResponse,
    McpServerTool,
    McpToolResult,
    OAuthProtectedResourceMetadata,
    ProxyReply,
    SSEvents,
)

if TYPE_CHECKING:
    from typing import IO


def blocking(client: InferenceGatewayClient, file: IO[bytes]) -> InferenceGatewayAPI:
    """Check the results of the blocking client's methods."""
    images = client.generate_image("a cat", model="openai/gpt-image-1", size="auto", n=1)
    assert_type(images, ImagesResponse)
    assert_type(images.data[0].bytes(), bytes)
    assert_type(images.data[0].save("a.png"), Path)
    assert_type(client.fetch_image(images.data[0]), bytes)
    assert_type(
        client.create_image_edit([b"", Path("a.png"), file], "a hat", provider="openai", mask=b""), ImagesResponse
    )
    assert_type(client.create_image_variation(file, model="openai/dall-e-2"), ImagesResponse)
    assert_type(client.create_speech("openai/tts-1", "Hello", "alloy", speed=1.5), Audio)
    assert_type(client.create_sound_effect("elevenlabs/x", "rain", loop=True).bytes, bytes)
    assert_type(client.create_music("elevenlabs/x", "a waltz", timeout=60).content_type, str)
    assert_type(client.list_tools(), ListToolsResponse)
    assert_type(client.call_mcp("tools/list", {"cursor": "a"}), McpJsonRpcResponse)
    assert_type(client.list_mcp_tools(), list[McpServerTool])
    assert_type(client.call_mcp_tool("x", {"a": 1}).text, str)
    assert_type(client.mcp_resource_metadata(), OAuthProtectedResourceMetadata)
    outcome = client.push_metrics(b"", content_type="application/json", gzip=True)
    assert_type(outcome, ExportMetricsServiceResponse)
    assert_type((outcome.accepted, outcome.rejected, outcome.reason), tuple[bool, int, str | None])
    with client.create_speech_stream("openai/tts-1", "Hello", "alloy") as sound:
        for piece in sound:
            assert_type(piece, bytes)
    with client.proxy_stream("openai", "chat/completions", method="POST", json={}) as stream:
        for event in stream.events():
            assert_type(event, SSEvents)
        assert_type(stream.read(), bytes)
    reply = client.proxy("openai", "models", query={"limit": "1"}, max_retries=0)
    assert_type(reply, ProxyReply)
    assert_type(reply.json(), Any)
    return client


async def asynchronous(client: AsyncInferenceGatewayClient) -> AsyncInferenceGatewayAPI:
    """Check that the async client's methods return the same, awaited."""
    assert_type(await client.generate_image("a cat", provider="openai"), ImagesResponse)
    assert_type(await client.create_speech("openai/tts-1", "Hello", "alloy"), Audio)
    assert_type(await client.list_mcp_tools(), list[McpServerTool])
    assert_type(await client.call_mcp_tool("x"), McpToolResult)
    assert_type((await client.push_metrics({"resourceMetrics": []})).accepted, bool)
    assert_type(await client.proxy("openai", "files", method="DELETE"), ProxyReply)
    async with client.create_music_stream("elevenlabs/x", "a waltz") as sound:
        async for piece in sound:
            assert_type(piece, bytes)
        assert_type(await sound.read(), bytes)
    return client


def mistakes(client: InferenceGatewayClient) -> None:
    """Check that a misspelt parameter and a value of the wrong type are errors."""
    client.generate_image("a cat", sise="auto")  # type: ignore[call-arg]
    client.create_image_edit("a.png", "a hat", model="m/x")  # type: ignore[arg-type]
    client.create_music("m/x", "a waltz", loop=True)  # type: ignore[call-arg]
    client.push_metrics(b"", content_type="text/plain")  # type: ignore[arg-type]
    client.proxy("openai", "files", files={})  # type: ignore[arg-type]
    client.list_tools(extra_body={})  # type: ignore[call-arg]
