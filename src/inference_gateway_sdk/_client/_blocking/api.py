# Derived from ../_async/api.py by scripts/derive_blocking.py: do not edit.
"""The protocol of the client, for functions that accept the client or a stand-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, overload, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Self, Unpack

    from ..._generated.chat import CreateChatCompletionResponse, CreateChatCompletionStreamResponse
    from ..._generated.gateway import Provider
    from ..._generated.images import Image, ImagesResponse
    from ..._generated.mcp import (
        ListToolsResponse,
        McpJsonRpcRequestMethod,
        McpJsonRpcResponse,
        OAuthProtectedResourceMetadata,
    )
    from ..._generated.messages import MessagesResponse, MessagesStreamEvent
    from ..._generated.metrics import ExportMetricsServiceRequest, ExportMetricsServiceResponse
    from ..._generated.models import ListModelsResponse
    from ..._generated.responses import Response, ResponseStreamEvent
    from ..._run.providers import OutputMode
    from ..._run.result import Run
    from ..._wire.audio import Audio
    from ..._wire.call import Call
    from ..._wire.mcp import McpServerTool, McpToolResult
    from ..._wire.metrics import MetricsType
    from ..._wire.proxy import ProxyReply
    from ..._wire.timeouts import Timeouts
    from ..params import (
        ChatParams,
        ChatRunParams,
        ChatStreamParams,
        Conversation,
        ImageEditParams,
        ImageParams,
        ImageVariationParams,
        ListOptions,
        Messages,
        MessagesParams,
        MessagesRunParams,
        MessagesStreamParams,
        MusicParams,
        ResponseItems,
        ResponseParams,
        ResponseRunParams,
        ResponseStreamParams,
        RunMessages,
        SoundEffectParams,
        SpeechParams,
    )
    from ..runtime import File
    from .run_stream import RunStream
    from .stream import ByteStream, Stream

__all__ = ["InferenceGatewayAPI"]

T = TypeVar("T")


@runtime_checkable
class InferenceGatewayAPI(Protocol):
    """The methods of a client. `InferenceGatewayClient` implements this protocol.

    Methods that copy or close a client, those for costs and routes, and `open` are not part of it: a stand-in need not
    have them.
    """

    def list_models(
        self,
        provider: Provider | str | None = None,
        *,
        include: Iterable[str] = (),
        **options: Unpack[ListOptions],
    ) -> ListModelsResponse:
        """List the models of all configured providers, or of one (contract: GET /models)."""
        ...

    def list_models_by_provider(self, provider: Provider | str, **options: Unpack[ListOptions]) -> ListModelsResponse:
        """List the models of one provider (contract: GET /models?provider=)."""
        ...

    def generate_content(
        self, model: str, messages: Messages, *, provider: Provider | str | None = None, **params: Unpack[ChatParams]
    ) -> CreateChatCompletionResponse:
        """Create a chat completion and return it whole (contract: POST /chat/completions)."""
        ...

    def generate_content_stream(
        self,
        model: str,
        messages: Messages,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ChatStreamParams],
    ) -> Stream[CreateChatCompletionStreamResponse, CreateChatCompletionResponse]:
        """Stream a chat completion (contract: POST /chat/completions with `stream`)."""
        ...

    def health_check(self) -> bool:
        """Return whether the gateway reports that it is healthy (contract: GET /health)."""
        ...

    def send(self, call: Call[T]) -> T:
        """Send a custom call and return its result. Use it for an endpoint that has no method."""
        ...

    def with_temperature(self, temperature: float | None) -> Self:
        """Return a client with this sampling temperature for every chat request that does not set one."""
        ...

    def with_timeout(self, timeout: Timeouts | float | None) -> Self:
        """Return a client with other timeouts: `Timeouts`, or a number of seconds that bounds each whole call."""
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
        """Create a message and return it whole (contract: POST /messages)."""
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
        """Stream a message (contract: POST /messages with `stream`)."""
        ...

    def create_response(
        self,
        model: str,
        input: ResponseItems,
        *,
        provider: Provider | str | Mapping[str, Any] | None = None,
        **params: Unpack[ResponseParams],
    ) -> Response:
        """Create a response and return it whole (contract: POST /responses)."""
        ...

    def create_response_stream(
        self,
        model: str,
        input: ResponseItems,
        *,
        provider: Provider | str | Mapping[str, Any] | None = None,
        **params: Unpack[ResponseStreamParams],
    ) -> Stream[ResponseStreamEvent, Response]:
        """Stream a response (contract: POST /responses with `stream`)."""
        ...

    @overload
    def run(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: type[T],
        dialect: Literal["chat"] = "chat",
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[ChatRunParams],
    ) -> Run[T]: ...

    @overload
    def run(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: type[T],
        dialect: Literal["responses"],
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[ResponseRunParams],
    ) -> Run[T]: ...

    @overload
    def run(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: type[T],
        dialect: Literal["messages"],
        max_tokens: int,
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[MessagesRunParams],
    ) -> Run[T]: ...

    @overload
    def run(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: Any,
        dialect: Literal["chat"] = "chat",
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[ChatRunParams],
    ) -> Run[Any]: ...

    @overload
    def run(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: Any,
        dialect: Literal["responses"],
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[ResponseRunParams],
    ) -> Run[Any]: ...

    @overload
    def run(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: Any,
        dialect: Literal["messages"],
        max_tokens: int,
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[MessagesRunParams],
    ) -> Run[Any]: ...

    @overload
    def run(
        self,
        model: str,
        messages: RunMessages,
        *,
        dialect: Literal["chat"] = "chat",
        provider: Provider | str | None = None,
        **params: Unpack[ChatRunParams],
    ) -> Run[str]: ...

    @overload
    def run(
        self,
        model: str,
        messages: RunMessages,
        *,
        dialect: Literal["responses"],
        provider: Provider | str | None = None,
        **params: Unpack[ResponseRunParams],
    ) -> Run[str]: ...

    @overload
    def run(
        self,
        model: str,
        messages: RunMessages,
        *,
        dialect: Literal["messages"],
        max_tokens: int,
        provider: Provider | str | None = None,
        **params: Unpack[MessagesRunParams],
    ) -> Run[str]: ...

    @overload
    def run_stream(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: type[T],
        dialect: Literal["chat"] = "chat",
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[ChatRunParams],
    ) -> RunStream[T]: ...

    @overload
    def run_stream(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: type[T],
        dialect: Literal["responses"],
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[ResponseRunParams],
    ) -> RunStream[T]: ...

    @overload
    def run_stream(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: type[T],
        dialect: Literal["messages"],
        max_tokens: int,
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[MessagesRunParams],
    ) -> RunStream[T]: ...

    @overload
    def run_stream(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: Any,
        dialect: Literal["chat"] = "chat",
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[ChatRunParams],
    ) -> RunStream[Any]: ...

    @overload
    def run_stream(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: Any,
        dialect: Literal["responses"],
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[ResponseRunParams],
    ) -> RunStream[Any]: ...

    @overload
    def run_stream(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: Any,
        dialect: Literal["messages"],
        max_tokens: int,
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[MessagesRunParams],
    ) -> RunStream[Any]: ...

    @overload
    def run_stream(
        self,
        model: str,
        messages: RunMessages,
        *,
        dialect: Literal["chat"] = "chat",
        provider: Provider | str | None = None,
        **params: Unpack[ChatRunParams],
    ) -> RunStream[str]: ...

    @overload
    def run_stream(
        self,
        model: str,
        messages: RunMessages,
        *,
        dialect: Literal["responses"],
        provider: Provider | str | None = None,
        **params: Unpack[ResponseRunParams],
    ) -> RunStream[str]: ...

    @overload
    def run_stream(
        self,
        model: str,
        messages: RunMessages,
        *,
        dialect: Literal["messages"],
        max_tokens: int,
        provider: Provider | str | None = None,
        **params: Unpack[MessagesRunParams],
    ) -> RunStream[str]: ...

    def list_tools(self, **options: Unpack[ListOptions]) -> ListToolsResponse:
        """List the tools of the gateway's MCP servers (contract: GET /mcp/tools)."""
        ...

    def call_mcp(
        self,
        method: McpJsonRpcRequestMethod | str,
        params: Mapping[str, Any] | None = None,
        **options: Unpack[ListOptions],
    ) -> McpJsonRpcResponse:
        """Send one MCP request and return its response, with `result` or `error` (contract: POST /mcp at the root)."""
        ...

    def list_mcp_tools(self, **options: Unpack[ListOptions]) -> list[McpServerTool]:
        """List all MCP tools, from all pages (contract: POST /mcp, method tools/list)."""
        ...

    def call_mcp_tool(
        self, name: str, arguments: Mapping[str, Any] | None = None, **options: Unpack[ListOptions]
    ) -> McpToolResult:
        """Run an MCP tool and return its result (contract: POST /mcp, method tools/call)."""
        ...

    def mcp_resource_metadata(self, **options: Unpack[ListOptions]) -> OAuthProtectedResourceMetadata:
        """Return the OAuth metadata of the MCP endpoint (contract: GET /.well-known/... at the root; RFC 9728)."""
        ...

    def push_metrics(
        self,
        payload: ExportMetricsServiceRequest | Mapping[str, Any] | bytes,
        *,
        content_type: MetricsType | None = None,
        gzip: bool = False,
        **options: Unpack[ListOptions],
    ) -> ExportMetricsServiceResponse:
        """Push an OTLP export of metrics (contract: POST /metrics)."""
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
        """Send a request to a provider through the gateway's proxy (contract: /proxy/{provider}/{path} at the root)."""
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

    def generate_image(
        self, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[ImageParams]
    ) -> ImagesResponse:
        """Generate images from a text (contract: POST /images/generations)."""
        ...

    def create_image_edit(
        self,
        image: File | Sequence[File],
        prompt: str,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ImageEditParams],
    ) -> ImagesResponse:
        """Edit images as a text describes (contract: POST /images/edits)."""
        ...

    def create_image_variation(
        self, image: File, *, provider: Provider | str | None = None, **params: Unpack[ImageVariationParams]
    ) -> ImagesResponse:
        """Create variations of an image (contract: POST /images/variations; gateways up to 0.48)."""
        ...

    def fetch_image(self, image: Image) -> bytes:
        """Return the bytes of an image: decoded from the response if they are in it, else fetched from its URL."""
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
        """Convert text to speech (contract: POST /audio/speech; gateways newer than 0.48)."""
        ...

    def create_sound_effect(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[SoundEffectParams]
    ) -> Audio:
        """Generate a sound effect from a text (contract: POST /audio/sfx; gateways newer than 0.48)."""
        ...

    def create_music(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[MusicParams]
    ) -> Audio:
        """Compose music from a text (contract: POST /audio/music; gateways newer than 0.48)."""
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
        """Stream the audio of `create_speech`. Nothing is sent before the `with` block is entered."""
        ...

    def create_sound_effect_stream(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[SoundEffectParams]
    ) -> ByteStream:
        """Stream the audio of `create_sound_effect`. Nothing is sent before the `with` block is entered."""
        ...

    def create_music_stream(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[MusicParams]
    ) -> ByteStream:
        """Stream the audio of `create_music`. Nothing is sent before the `with` block is entered."""
        ...
