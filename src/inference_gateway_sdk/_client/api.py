"""Protocols of both clients, for functions that accept either the client or a stand-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Unpack

    from .._generated.chat import CreateChatCompletionResponse, CreateChatCompletionStreamResponse
    from .._generated.gateway import Provider
    from .._generated.images import Image, ImagesResponse
    from .._generated.mcp import (
        ListToolsResponse,
        McpJsonRpcRequestMethod,
        McpJsonRpcResponse,
        OAuthProtectedResourceMetadata,
    )
    from .._generated.messages import MessagesResponse, MessagesStreamEvent
    from .._generated.metrics import ExportMetricsServiceRequest, ExportMetricsServiceResponse
    from .._generated.models import ListModelsResponse
    from .._generated.responses import Response, ResponseStreamEvent
    from .._wire.audio import Audio
    from .._wire.call import Call
    from .._wire.mcp import McpServerTool, McpToolResult
    from .._wire.metrics import MetricsType
    from .._wire.proxy import ProxyReply
    from ._async.stream import AsyncByteStream, AsyncStream
    from ._blocking.stream import ByteStream, Stream
    from .params import (
        ChatParams,
        ChatStreamParams,
        Conversation,
        ImageEditParams,
        ImageParams,
        ImageVariationParams,
        ListOptions,
        Messages,
        MessagesParams,
        MessagesStreamParams,
        MusicParams,
        ResponseItems,
        ResponseParams,
        ResponseStreamParams,
        SoundEffectParams,
        SpeechParams,
    )
    from .uploads import File

__all__ = [
    "AsyncGatewayAPI",
    "AsyncInferenceGatewayAPI",
    "AsyncMediaAPI",
    "GatewayAPI",
    "InferenceGatewayAPI",
    "MediaAPI",
]


class GatewayAPI(Protocol):
    """The methods of a blocking client for MCP tools, metrics and the proxy."""

    def list_tools(self, **options: Unpack[ListOptions]) -> ListToolsResponse:
        """List the tools of the gateway's MCP servers, on gateways up to 0.48."""
        ...

    def call_mcp(
        self,
        method: McpJsonRpcRequestMethod | str,
        params: Mapping[str, Any] | None = None,
        **options: Unpack[ListOptions],
    ) -> McpJsonRpcResponse:
        """Send one MCP request and return its response."""
        ...

    def list_mcp_tools(self, **options: Unpack[ListOptions]) -> list[McpServerTool]:
        """List all MCP tools, from all pages."""
        ...

    def call_mcp_tool(
        self, name: str, arguments: Mapping[str, Any] | None = None, **options: Unpack[ListOptions]
    ) -> McpToolResult:
        """Run an MCP tool and return its result."""
        ...

    def mcp_resource_metadata(self, **options: Unpack[ListOptions]) -> OAuthProtectedResourceMetadata:
        """Return the OAuth metadata of the MCP endpoint."""
        ...

    def push_metrics(
        self,
        payload: ExportMetricsServiceRequest | Mapping[str, Any] | bytes,
        *,
        content_type: MetricsType | None = None,
        gzip: bool = False,
        **options: Unpack[ListOptions],
    ) -> ExportMetricsServiceResponse:
        """Push an OTLP export of metrics."""
        ...

    def proxy(
        self,
        provider: Provider | str,
        path: str,
        *,
        method: str = "GET",
        json: Any = None,
        content: str | bytes | None = None,
        files: None = None,
        query: Mapping[str, str] | None = None,
        **options: Unpack[ListOptions],
    ) -> ProxyReply:
        """Send a request to a provider through the gateway's proxy."""
        ...

    def proxy_stream(
        self,
        provider: Provider | str,
        path: str,
        *,
        method: str = "GET",
        json: Any = None,
        content: str | bytes | None = None,
        files: None = None,
        query: Mapping[str, str] | None = None,
        **options: Unpack[ListOptions],
    ) -> ByteStream:
        """Stream a provider's response through the gateway's proxy."""
        ...


class AsyncGatewayAPI(Protocol):
    """The methods of an async client for MCP tools, metrics and the proxy."""

    async def list_tools(self, **options: Unpack[ListOptions]) -> ListToolsResponse:
        """List the tools of the gateway's MCP servers, on gateways up to 0.48."""
        ...

    async def call_mcp(
        self,
        method: McpJsonRpcRequestMethod | str,
        params: Mapping[str, Any] | None = None,
        **options: Unpack[ListOptions],
    ) -> McpJsonRpcResponse:
        """Send one MCP request and return its response."""
        ...

    async def list_mcp_tools(self, **options: Unpack[ListOptions]) -> list[McpServerTool]:
        """List all MCP tools, from all pages."""
        ...

    async def call_mcp_tool(
        self, name: str, arguments: Mapping[str, Any] | None = None, **options: Unpack[ListOptions]
    ) -> McpToolResult:
        """Run an MCP tool and return its result."""
        ...

    async def mcp_resource_metadata(self, **options: Unpack[ListOptions]) -> OAuthProtectedResourceMetadata:
        """Return the OAuth metadata of the MCP endpoint."""
        ...

    async def push_metrics(
        self,
        payload: ExportMetricsServiceRequest | Mapping[str, Any] | bytes,
        *,
        content_type: MetricsType | None = None,
        gzip: bool = False,
        **options: Unpack[ListOptions],
    ) -> ExportMetricsServiceResponse:
        """Push an OTLP export of metrics."""
        ...

    async def proxy(
        self,
        provider: Provider | str,
        path: str,
        *,
        method: str = "GET",
        json: Any = None,
        content: str | bytes | None = None,
        files: None = None,
        query: Mapping[str, str] | None = None,
        **options: Unpack[ListOptions],
    ) -> ProxyReply:
        """Send a request to a provider through the gateway's proxy."""
        ...

    def proxy_stream(
        self,
        provider: Provider | str,
        path: str,
        *,
        method: str = "GET",
        json: Any = None,
        content: str | bytes | None = None,
        files: None = None,
        query: Mapping[str, str] | None = None,
        **options: Unpack[ListOptions],
    ) -> AsyncByteStream:
        """Stream a provider's response through the gateway's proxy."""
        ...


class MediaAPI(Protocol):
    """The methods of a blocking client for images and audio."""

    def generate_image(
        self, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[ImageParams]
    ) -> ImagesResponse:
        """Generate images from a text."""
        ...

    def create_image_edit(
        self,
        image: File | Sequence[File],
        prompt: str,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ImageEditParams],
    ) -> ImagesResponse:
        """Edit images as a text describes."""
        ...

    def create_image_variation(
        self, image: File, *, provider: Provider | str | None = None, **params: Unpack[ImageVariationParams]
    ) -> ImagesResponse:
        """Create variations of an image."""
        ...

    def fetch_image(self, image: Image) -> bytes:
        """Return the bytes of an image, fetched from its URL if they are not in the response."""
        ...

    def create_speech(
        self,
        model: str,
        input: str,
        voice: str,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[SpeechParams],
    ) -> Audio:
        """Convert text to speech."""
        ...

    def create_sound_effect(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[SoundEffectParams]
    ) -> Audio:
        """Generate a sound effect from a text."""
        ...

    def create_music(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[MusicParams]
    ) -> Audio:
        """Compose music from a text."""
        ...

    def create_speech_stream(
        self,
        model: str,
        input: str,
        voice: str,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[SpeechParams],
    ) -> ByteStream:
        """Stream the audio of `create_speech`."""
        ...

    def create_sound_effect_stream(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[SoundEffectParams]
    ) -> ByteStream:
        """Stream the audio of `create_sound_effect`."""
        ...

    def create_music_stream(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[MusicParams]
    ) -> ByteStream:
        """Stream the audio of `create_music`."""
        ...


class AsyncMediaAPI(Protocol):
    """The methods of an async client for images and audio."""

    async def generate_image(
        self, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[ImageParams]
    ) -> ImagesResponse:
        """Generate images from a text."""
        ...

    async def create_image_edit(
        self,
        image: File | Sequence[File],
        prompt: str,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ImageEditParams],
    ) -> ImagesResponse:
        """Edit images as a text describes."""
        ...

    async def create_image_variation(
        self, image: File, *, provider: Provider | str | None = None, **params: Unpack[ImageVariationParams]
    ) -> ImagesResponse:
        """Create variations of an image."""
        ...

    async def fetch_image(self, image: Image) -> bytes:
        """Return the bytes of an image, fetched from its URL if they are not in the response."""
        ...

    async def create_speech(
        self,
        model: str,
        input: str,
        voice: str,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[SpeechParams],
    ) -> Audio:
        """Convert text to speech."""
        ...

    async def create_sound_effect(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[SoundEffectParams]
    ) -> Audio:
        """Generate a sound effect from a text."""
        ...

    async def create_music(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[MusicParams]
    ) -> Audio:
        """Compose music from a text."""
        ...

    def create_speech_stream(
        self,
        model: str,
        input: str,
        voice: str,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[SpeechParams],
    ) -> AsyncByteStream:
        """Stream the audio of `create_speech`."""
        ...

    def create_sound_effect_stream(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[SoundEffectParams]
    ) -> AsyncByteStream:
        """Stream the audio of `create_sound_effect`."""
        ...

    def create_music_stream(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[MusicParams]
    ) -> AsyncByteStream:
        """Stream the audio of `create_music`."""
        ...


T = TypeVar("T")


@runtime_checkable
class InferenceGatewayAPI(GatewayAPI, MediaAPI, Protocol):
    """The methods of a blocking client. `InferenceGatewayClient` implements this protocol."""

    def list_models(
        self, provider: Provider | str | None = None, *, include: Iterable[str] = (), **options: Unpack[ListOptions]
    ) -> ListModelsResponse:
        """List the models of all providers, or of one."""
        ...

    def list_models_by_provider(self, provider: Provider | str, **options: Unpack[ListOptions]) -> ListModelsResponse:
        """List the models of one provider."""
        ...

    def generate_content(
        self, model: str, messages: Messages, *, provider: Provider | str | None = None, **params: Unpack[ChatParams]
    ) -> CreateChatCompletionResponse:
        """Create a chat completion and return it whole."""
        ...

    def generate_content_stream(
        self,
        model: str,
        messages: Messages,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ChatStreamParams],
    ) -> Stream[CreateChatCompletionStreamResponse, CreateChatCompletionResponse]:
        """Stream a chat completion."""
        ...

    def create_message(
        self,
        model: str,
        messages: Conversation,
        max_tokens: int,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[MessagesParams],
    ) -> MessagesResponse:
        """Create a message in Anthropic's format and return it whole."""
        ...

    def create_message_stream(
        self,
        model: str,
        messages: Conversation,
        max_tokens: int,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[MessagesStreamParams],
    ) -> Stream[MessagesStreamEvent, MessagesResponse]:
        """Stream a message in Anthropic's format."""
        ...

    def create_response(
        self,
        model: str,
        input: ResponseItems,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ResponseParams],
    ) -> Response:
        """Create a response and return it whole."""
        ...

    def create_response_stream(
        self,
        model: str,
        input: ResponseItems,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ResponseStreamParams],
    ) -> Stream[ResponseStreamEvent, Response]:
        """Stream a response."""
        ...

    def health_check(self) -> bool:
        """Return whether the gateway reports that it is healthy."""
        ...

    def send(self, call: Call[T]) -> T:
        """Send a custom call and return its result."""
        ...


@runtime_checkable
class AsyncInferenceGatewayAPI(AsyncGatewayAPI, AsyncMediaAPI, Protocol):
    """The methods of an async client. `AsyncInferenceGatewayClient` implements this protocol."""

    async def list_models(
        self, provider: Provider | str | None = None, *, include: Iterable[str] = (), **options: Unpack[ListOptions]
    ) -> ListModelsResponse:
        """List the models of all providers, or of one."""
        ...

    async def list_models_by_provider(
        self, provider: Provider | str, **options: Unpack[ListOptions]
    ) -> ListModelsResponse:
        """List the models of one provider."""
        ...

    async def generate_content(
        self, model: str, messages: Messages, *, provider: Provider | str | None = None, **params: Unpack[ChatParams]
    ) -> CreateChatCompletionResponse:
        """Create a chat completion and return it whole."""
        ...

    def generate_content_stream(
        self,
        model: str,
        messages: Messages,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ChatStreamParams],
    ) -> AsyncStream[CreateChatCompletionStreamResponse, CreateChatCompletionResponse]:
        """Stream a chat completion."""
        ...

    async def create_message(
        self,
        model: str,
        messages: Conversation,
        max_tokens: int,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[MessagesParams],
    ) -> MessagesResponse:
        """Create a message in Anthropic's format and return it whole."""
        ...

    def create_message_stream(
        self,
        model: str,
        messages: Conversation,
        max_tokens: int,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[MessagesStreamParams],
    ) -> AsyncStream[MessagesStreamEvent, MessagesResponse]:
        """Stream a message in Anthropic's format."""
        ...

    async def create_response(
        self,
        model: str,
        input: ResponseItems,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ResponseParams],
    ) -> Response:
        """Create a response and return it whole."""
        ...

    def create_response_stream(
        self,
        model: str,
        input: ResponseItems,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ResponseStreamParams],
    ) -> AsyncStream[ResponseStreamEvent, Response]:
        """Stream a response."""
        ...

    async def health_check(self) -> bool:
        """Return whether the gateway reports that it is healthy."""
        ...

    async def send(self, call: Call[T]) -> T:
        """Send a custom call and return its result."""
        ...
