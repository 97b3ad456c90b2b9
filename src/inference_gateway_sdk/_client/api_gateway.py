"""What every client can do with the gateway's tools, metrics and proxy, as Protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from .._generated.gateway import Provider
    from .._generated.mcp import (
        ListToolsResponse,
        McpJsonRpcRequestMethod,
        McpJsonRpcResponse,
        OAuthProtectedResourceMetadata,
    )
    from .._generated.metrics import ExportMetricsServiceRequest, ExportMetricsServiceResponse
    from .._wire.mcp_tools import McpServerTool, McpToolResult
    from .._wire.metrics import MetricsType
    from .._wire.proxy import ProxyReply
    from .byte_stream_async import AsyncByteStream
    from .byte_stream_blocking import ByteStream
    from .params import ListOptions


__all__ = ["AsyncGatewayAPI", "GatewayAPI"]


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
