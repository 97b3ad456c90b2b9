"""The client's methods for MCP tools, the metrics push and the provider proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import structs

from ..._version import __version__
from ..._wire.call import check_provider, stream_call
from ...errors import (
    DeserializationError,
    TimeoutError,  # noqa: A004
)
from ..settings import resolve, without_body
from ..signatures import with_signatures
from .stream import AsyncByteStream

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from ..._generated.gateway import Provider
    from ..._generated.mcp import (
        ListToolsResponse,
        McpJsonRpcRequestMethod,
        McpJsonRpcResponse,
        OAuthProtectedResourceMetadata,
    )
    from ..._generated.metrics import ExportMetricsServiceRequest, ExportMetricsServiceResponse
    from ..._wire.mcp import McpServerTool, McpToolResult
    from ..._wire.metrics import MetricsType
    from ..._wire.proxy import ProxyReply
    from .. import keywords
    from ..params import ListOptions
    from ..runtime import AsyncTokenSource
    from ..settings import ClientSettings
    from .session import AsyncSession

__all__ = ["AsyncMcpMethods", "AsyncMetricsMethods", "AsyncProxyMethods"]


_MAX_PAGES = 100
_CLIENT = {"name": "inference-gateway-sdk-python", "version": __version__}


@with_signatures
class AsyncMcpMethods:
    """A mix-in with the methods for MCP tools."""

    if TYPE_CHECKING:
        _session: AsyncSession
        _settings: ClientSettings[AsyncTokenSource]

    async def list_tools(self, **options: Unpack[ListOptions]) -> ListToolsResponse:
        """List the tools of the gateway's MCP servers (contract: GET /mcp/tools).

        Gateways newer than 0.48 no longer serve this endpoint: use `list_mcp_tools`.

        Args:
            **options: Request options: `timeout`, `max_retries`, `headers`, `extra_query`.

        Raises:
            ForbiddenError: The gateway does not expose its tools. The hint names the setting that exposes them.
        """
        if TYPE_CHECKING:
            keywords.list_options(**options)
        from ..._wire.mcp import list_tools_call

        return await self._session.send(list_tools_call(), without_body(self._settings, options))

    async def call_mcp(
        self,
        method: McpJsonRpcRequestMethod | str,
        params: Mapping[str, Any] | None = None,
        **options: Unpack[ListOptions],
    ) -> McpJsonRpcResponse:
        """Send one MCP request and return its response, with `result` or `error` (contract: POST /mcp at the root).

        Args:
            method: The MCP method, such as "server/discover", "tools/list" or "tools/call".
            params: Parameters of the method. Version, client and capabilities are added under `_meta`.
            **options: As in `list_tools`.
        """
        if TYPE_CHECKING:
            keywords.list_options(**options)
        from ..._wire.mcp import rpc_call

        call = rpc_call(method, params, _CLIENT)
        return await self._session.send(call, without_body(self._settings, options))

    async def list_mcp_tools(self, **options: Unpack[ListOptions]) -> list[McpServerTool]:
        """List all MCP tools, from all pages (contract: POST /mcp, method tools/list).

        Args:
            **options: As in `list_tools`. Each page is a separate call, and `timeout.total` bounds them all.

        Raises:
            DeserializationError: The list has no end, or more than 100 pages.
            TimeoutError: The list was not complete within `timeout.total`.
            StatusError: The server returned a JSON-RPC error. `code` is its number.
        """
        if TYPE_CHECKING:
            keywords.list_options(**options)
        from ..._wire.mcp import tools_page_call

        settings = without_body(self._settings, options)
        monotonic, total = self._session.runtime.monotonic, settings.timeouts.total
        began = monotonic()
        tools: list[McpServerTool] = []
        cursors: set[str] = set()
        cursor: str | None = None
        for _ in range(_MAX_PAGES):
            if total is not None and cursor is not None:
                left = total - (monotonic() - began)
                if left <= 0:
                    message = f"the list of tools was not whole within {total:g} s (timeout.total)"
                    raise TimeoutError(message, limit="total", seconds=total, url=self._session.url.root)
                settings = structs.replace(settings, timeouts=structs.replace(settings.timeouts, total=left))
            page = await self._session.send(tools_page_call(cursor, _CLIENT), settings)
            tools += page.tools
            cursor = page.cursor
            if cursor is None:
                return tools
            if cursor in cursors:
                raise DeserializationError("the server returned the same cursor twice", path="$.nextCursor")
            cursors.add(cursor)
        raise DeserializationError(f"the list of tools has more than {_MAX_PAGES} pages", path="$.nextCursor")

    async def call_mcp_tool(
        self, name: str, arguments: Mapping[str, Any] | None = None, **options: Unpack[ListOptions]
    ) -> McpToolResult:
        """Run an MCP tool and return its result (contract: POST /mcp, method tools/call).

        A tool that ran and failed also returns a result. Its `is_error` is True.

        Args:
            name: Name of the tool in `list_mcp_tools`.
            arguments: Arguments that match the tool's `input_schema`.
            **options: As in `list_tools`.

        Raises:
            StatusError: The server returned a JSON-RPC error. `code` is its number.
        """
        if TYPE_CHECKING:
            keywords.list_options(**options)
        from ..._wire.mcp import tool_call

        call = tool_call(name, arguments, _CLIENT)
        return await self._session.send(call, without_body(self._settings, options))

    async def mcp_resource_metadata(self, **options: Unpack[ListOptions]) -> OAuthProtectedResourceMetadata:
        """Return the OAuth metadata of the MCP endpoint (contract: GET /.well-known/... at the root; RFC 9728).

        It names the server that issues tokens for MCP. This request needs no token, and none is sent.
        """
        if TYPE_CHECKING:
            keywords.list_options(**options)
        from ..._wire.mcp import metadata_call

        settings = resolve(without_body(self._settings, options), {"token": None})
        return await self._session.send(metadata_call(), settings)


@with_signatures
class AsyncMetricsMethods:
    """A mix-in with the method of the metrics endpoint."""

    if TYPE_CHECKING:
        _session: AsyncSession
        _settings: ClientSettings[AsyncTokenSource]

    async def push_metrics(
        self,
        payload: ExportMetricsServiceRequest | Mapping[str, Any] | bytes,
        *,
        content_type: MetricsType | None = None,
        gzip: bool = False,
        **options: Unpack[ListOptions],
    ) -> ExportMetricsServiceResponse:
        """Push an OTLP export of metrics (contract: POST /metrics).

        In the result, `accepted` is True if all data points were accepted. `rejected` counts those that were not, and
        `reason` explains why. The gateway keeps seven metrics, with delta temporality only
        (gateway-behaviour.md#metrics-push).

        Args:
            payload: An object or a mapping, which is sent as JSON, or bytes.
            content_type: Content type of the bytes. Default: Protobuf.
            gzip: Compress the body.
            **options: Request options: `timeout`, `max_retries`, `headers`, `extra_query`.

        Raises:
            ForbiddenError: The gateway does not accept metrics. The hint names the setting that enables them.
        """
        if TYPE_CHECKING:
            keywords.list_options(**options)
        from ..._wire.metrics import push_call

        call = push_call(payload, content_type, compress=gzip)
        return await self._session.send(call, without_body(self._settings, options))


@with_signatures
class AsyncProxyMethods:
    """A mix-in with the methods of the provider proxy."""

    if TYPE_CHECKING:
        _session: AsyncSession
        _settings: ClientSettings[AsyncTokenSource]

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
        """Send a request to a provider through the gateway's proxy (contract: /proxy/{provider}/{path} at the root).

        The gateway adds the provider's key and removes the token. It forwards all other headers to the provider,
        including cookies and keys.

        Args:
            provider: The provider's id.
            path: Path below the provider's base URL, which already contains the version: "models", not "v1/models".
            method: The HTTP method.
            json: The body, as a value that can be encoded as JSON.
            content: The body, as JSON text. The gateway accepts nothing else here.
            files: Not supported, because the gateway's proxy would corrupt a form. Any value raises an error.
            query: Query parameters.
            **options: Request options: `timeout`, `max_retries`, `headers`, `extra_query`.

        Raises:
            StatusError: The provider or the gateway returned an error status.
            ValueError: The gateway's proxy would corrupt or hide part of the request. The message names it.
        """
        if TYPE_CHECKING:
            keywords.list_options(**options)
        from ..._wire.proxy import negotiate, proxy_body, proxy_call

        settings = without_body(self._settings, options)
        negotiated = negotiate(settings.headers, check_provider(provider), "application/json")
        call = proxy_call(provider, path, method, negotiated, query=query, body=proxy_body(json, content, files))
        del query  # it may hold a secret, and error trackers collect the variables of a traceback
        return await self._session.send(call, structs.replace(settings, headers=negotiated.others))

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
        """Stream a provider's response through the gateway's proxy.

        Iterate over it for bytes, or call `events()` for server-sent events. Nothing is sent before the `with` block is
        entered. Only a truncated body is an error here: check for the provider's own end marker yourself.

        Args:
            provider: As in `proxy`.
            path: As in `proxy`.
            method: As in `proxy`.
            json: As in `proxy`. It must contain the field that asks the provider for a stream.
            content: As in `proxy`.
            files: As in `proxy`.
            query: As in `proxy`.
            **options: As in `proxy`.
        """
        if TYPE_CHECKING:
            keywords.list_options(**options)
        from ..._streams.dialect import ByteDialect
        from ..._wire.proxy import negotiate, proxy_body, proxy_call

        settings = without_body(self._settings, options)
        negotiated = negotiate(settings.headers, check_provider(provider), "text/event-stream, application/json")
        call = proxy_call(provider, path, method, negotiated, query=query, body=proxy_body(json, content, files))
        settings = structs.replace(settings, headers=negotiated.others)
        return AsyncByteStream(self._session, stream_call(call, ByteDialect, accept=call.accept), settings)
