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
    """As a blocking client does it."""

    def list_tools(self, **options: Unpack[ListOptions]) -> ListToolsResponse:
        """The tools of the MCP servers behind the gateway, on gateways up to 0.48."""
        ...

    def call_mcp(
        self,
        method: McpJsonRpcRequestMethod | str,
        params: Mapping[str, Any] | None = None,
        **options: Unpack[ListOptions],
    ) -> McpJsonRpcResponse:
        """The answer to one MCP request."""
        ...

    def list_mcp_tools(self, **options: Unpack[ListOptions]) -> list[McpServerTool]:
        """All tools, whatever the number of pages."""
        ...

    def call_mcp_tool(
        self, name: str, arguments: Mapping[str, Any] | None = None, **options: Unpack[ListOptions]
    ) -> McpToolResult:
        """What a tool gives for these arguments."""
        ...

    def mcp_resource_metadata(self, **options: Unpack[ListOptions]) -> OAuthProtectedResourceMetadata:
        """Where a token for MCP is issued."""
        ...

    def push_metrics(
        self,
        payload: ExportMetricsServiceRequest | Mapping[str, Any] | bytes,
        *,
        content_type: MetricsType | None = None,
        gzip: bool = False,
        **options: Unpack[ListOptions],
    ) -> ExportMetricsServiceResponse:
        """What became of an OTLP export of metrics."""
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
        """A provider's own answer."""
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
        """A provider's own answer as it comes."""
        ...


class AsyncGatewayAPI(Protocol):
    """As an async client does it."""

    async def list_tools(self, **options: Unpack[ListOptions]) -> ListToolsResponse:
        """The tools of the MCP servers behind the gateway, on gateways up to 0.48."""
        ...

    async def call_mcp(
        self,
        method: McpJsonRpcRequestMethod | str,
        params: Mapping[str, Any] | None = None,
        **options: Unpack[ListOptions],
    ) -> McpJsonRpcResponse:
        """The answer to one MCP request."""
        ...

    async def list_mcp_tools(self, **options: Unpack[ListOptions]) -> list[McpServerTool]:
        """All tools, whatever the number of pages."""
        ...

    async def call_mcp_tool(
        self, name: str, arguments: Mapping[str, Any] | None = None, **options: Unpack[ListOptions]
    ) -> McpToolResult:
        """What a tool gives for these arguments."""
        ...

    async def mcp_resource_metadata(self, **options: Unpack[ListOptions]) -> OAuthProtectedResourceMetadata:
        """Where a token for MCP is issued."""
        ...

    async def push_metrics(
        self,
        payload: ExportMetricsServiceRequest | Mapping[str, Any] | bytes,
        *,
        content_type: MetricsType | None = None,
        gzip: bool = False,
        **options: Unpack[ListOptions],
    ) -> ExportMetricsServiceResponse:
        """What became of an OTLP export of metrics."""
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
        """A provider's own answer."""
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
        """A provider's own answer as it comes."""
        ...


class MediaAPI(Protocol):
    """As a blocking client does it."""

    def generate_image(
        self, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[ImageParams]
    ) -> ImagesResponse:
        """Pictures made from a text."""
        ...

    def create_image_edit(
        self,
        image: File | Sequence[File],
        prompt: str,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ImageEditParams],
    ) -> ImagesResponse:
        """Pictures changed as a text says."""
        ...

    def create_image_variation(
        self, image: File, *, provider: Provider | str | None = None, **params: Unpack[ImageVariationParams]
    ) -> ImagesResponse:
        """Pictures that resemble a given one."""
        ...

    def fetch_image(self, image: Image) -> bytes:
        """A picture's bytes, fetched from its address where they did not come with the answer."""
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
        """A text spoken aloud."""
        ...

    def create_sound_effect(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[SoundEffectParams]
    ) -> Audio:
        """A sound effect made from a text."""
        ...

    def create_music(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[MusicParams]
    ) -> Audio:
        """A piece of music composed from a text."""
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
        """A text spoken aloud, in pieces as they come."""
        ...

    def create_sound_effect_stream(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[SoundEffectParams]
    ) -> ByteStream:
        """A sound effect made from a text, in pieces as they come."""
        ...

    def create_music_stream(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[MusicParams]
    ) -> ByteStream:
        """A piece of music composed from a text, in pieces as they come."""
        ...


class AsyncMediaAPI(Protocol):
    """As an async client does it."""

    async def generate_image(
        self, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[ImageParams]
    ) -> ImagesResponse:
        """Pictures made from a text."""
        ...

    async def create_image_edit(
        self,
        image: File | Sequence[File],
        prompt: str,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ImageEditParams],
    ) -> ImagesResponse:
        """Pictures changed as a text says."""
        ...

    async def create_image_variation(
        self, image: File, *, provider: Provider | str | None = None, **params: Unpack[ImageVariationParams]
    ) -> ImagesResponse:
        """Pictures that resemble a given one."""
        ...

    async def fetch_image(self, image: Image) -> bytes:
        """A picture's bytes, fetched from its address where they did not come with the answer."""
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
        """A text spoken aloud."""
        ...

    async def create_sound_effect(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[SoundEffectParams]
    ) -> Audio:
        """A sound effect made from a text."""
        ...

    async def create_music(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[MusicParams]
    ) -> Audio:
        """A piece of music composed from a text."""
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
        """A text spoken aloud, in pieces as they come."""
        ...

    def create_sound_effect_stream(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[SoundEffectParams]
    ) -> AsyncByteStream:
        """A sound effect made from a text, in pieces as they come."""
        ...

    def create_music_stream(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[MusicParams]
    ) -> AsyncByteStream:
        """A piece of music composed from a text, in pieces as they come."""
        ...


T = TypeVar("T")


@runtime_checkable
class InferenceGatewayAPI(GatewayAPI, MediaAPI, Protocol):
    """A blocking client of the gateway; `InferenceGatewayClient` is one."""

    def list_models(
        self, provider: Provider | str | None = None, *, include: Iterable[str] = (), **options: Unpack[ListOptions]
    ) -> ListModelsResponse:
        """The models of all providers, or of one."""
        ...

    def list_models_by_provider(self, provider: Provider | str, **options: Unpack[ListOptions]) -> ListModelsResponse:
        """The models of one provider."""
        ...

    def generate_content(
        self, model: str, messages: Messages, *, provider: Provider | str | None = None, **params: Unpack[ChatParams]
    ) -> CreateChatCompletionResponse:
        """A whole chat answer."""
        ...

    def generate_content_stream(
        self,
        model: str,
        messages: Messages,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ChatStreamParams],
    ) -> Stream[CreateChatCompletionStreamResponse, CreateChatCompletionResponse]:
        """A chat answer as it is written."""
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
        """A whole message of the model, in Anthropic's dialect."""
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
        """A message of the model as it is written."""
        ...

    def create_response(
        self,
        model: str,
        input: ResponseItems,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ResponseParams],
    ) -> Response:
        """A whole response of the model."""
        ...

    def create_response_stream(
        self,
        model: str,
        input: ResponseItems,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ResponseStreamParams],
    ) -> Stream[ResponseStreamEvent, Response]:
        """A response of the model as it is written."""
        ...

    def health_check(self) -> bool:
        """Whether the gateway says it is well."""
        ...

    def send(self, call: Call[T]) -> T:
        """The result of a call of your own."""
        ...


@runtime_checkable
class AsyncInferenceGatewayAPI(AsyncGatewayAPI, AsyncMediaAPI, Protocol):
    """An async client of the gateway; `AsyncInferenceGatewayClient` is one."""

    async def list_models(
        self, provider: Provider | str | None = None, *, include: Iterable[str] = (), **options: Unpack[ListOptions]
    ) -> ListModelsResponse:
        """The models of all providers, or of one."""
        ...

    async def list_models_by_provider(
        self, provider: Provider | str, **options: Unpack[ListOptions]
    ) -> ListModelsResponse:
        """The models of one provider."""
        ...

    async def generate_content(
        self, model: str, messages: Messages, *, provider: Provider | str | None = None, **params: Unpack[ChatParams]
    ) -> CreateChatCompletionResponse:
        """A whole chat answer."""
        ...

    def generate_content_stream(
        self,
        model: str,
        messages: Messages,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ChatStreamParams],
    ) -> AsyncStream[CreateChatCompletionStreamResponse, CreateChatCompletionResponse]:
        """A chat answer as it is written."""
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
        """A whole message of the model, in Anthropic's dialect."""
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
        """A message of the model as it is written."""
        ...

    async def create_response(
        self,
        model: str,
        input: ResponseItems,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ResponseParams],
    ) -> Response:
        """A whole response of the model."""
        ...

    def create_response_stream(
        self,
        model: str,
        input: ResponseItems,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ResponseStreamParams],
    ) -> AsyncStream[ResponseStreamEvent, Response]:
        """A response of the model as it is written."""
        ...

    async def health_check(self) -> bool:
        """Whether the gateway says it is well."""
        ...

    async def send(self, call: Call[T]) -> T:
        """The result of a call of your own."""
        ...
