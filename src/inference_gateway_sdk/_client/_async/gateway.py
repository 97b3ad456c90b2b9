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
    from ..params import ListOptions
    from ..runtime import AsyncTokenSource
    from ..settings import ClientSettings
    from .session import AsyncSession

__all__ = ["AsyncMcpMethods", "AsyncMetricsMethods", "AsyncProxyMethods"]


_MAX_PAGES = 100
_CLIENT = {"name": "inference-gateway-sdk-python", "version": __version__}


class AsyncMcpMethods:
    """Mixed into the client."""

    if TYPE_CHECKING:
        _session: AsyncSession
        _settings: ClientSettings[AsyncTokenSource]

    async def list_tools(self, **options: Unpack[ListOptions]) -> ListToolsResponse:
        """The tools of the MCP servers behind the gateway (contract: GET /mcp/tools).

        Gateways newer than 0.48 no longer serve this: see `list_mcp_tools`.

        Args:
            **options: How the call is made: `timeout`, `max_retries`, `headers`, `extra_query`.

        Raises:
            ForbiddenError: The gateway does not expose its tools; the hint says how it would.
        """
        from ..._wire.mcp import list_tools_call

        return await self._session.send(list_tools_call(), without_body(self._settings, options))

    async def call_mcp(
        self,
        method: McpJsonRpcRequestMethod | str,
        params: Mapping[str, Any] | None = None,
        **options: Unpack[ListOptions],
    ) -> McpJsonRpcResponse:
        """The answer to one MCP request (contract: POST /mcp at the root), its `result` or its `error`.

        Args:
            method: Such as "server/discover", "tools/list" or "tools/call".
            params: What the method takes; version, client and capabilities are added under `_meta`.
            **options: As in `list_tools`.
        """
        from ..._wire.mcp import rpc_call

        call = rpc_call(method, params, _CLIENT)
        return await self._session.send(call, without_body(self._settings, options))

    async def list_mcp_tools(self, **options: Unpack[ListOptions]) -> list[McpServerTool]:
        """All tools, whatever the number of pages (contract: POST /mcp, method tools/list).

        Args:
            **options: As in `list_tools`; each page is a call of its own, and `timeout.total` bounds them all.

        Raises:
            DeserializationError: The list has no end, or more than 100 pages.
            TimeoutError: The list was not whole within `timeout.total`.
            StatusError: The server answered with a JSON-RPC error; `code` is its number.
        """
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
                raise DeserializationError("the list of tools has no end: a cursor came twice", path="$.nextCursor")
            cursors.add(cursor)
        raise DeserializationError(f"the list of tools has more than {_MAX_PAGES} pages", path="$.nextCursor")

    async def call_mcp_tool(
        self, name: str, arguments: Mapping[str, Any] | None = None, **options: Unpack[ListOptions]
    ) -> McpToolResult:
        """What a tool gives for these arguments (contract: POST /mcp, method tools/call).

        A tool that ran and failed is a result too: its `is_error` is True.

        Args:
            name: As `list_mcp_tools` lists it.
            arguments: As the tool's `input_schema` wants them.
            **options: As in `list_tools`.

        Raises:
            StatusError: The server answered with a JSON-RPC error; `code` is its number.
        """
        from ..._wire.mcp import tool_call

        call = tool_call(name, arguments, _CLIENT)
        return await self._session.send(call, without_body(self._settings, options))

    async def mcp_resource_metadata(self, **options: Unpack[ListOptions]) -> OAuthProtectedResourceMetadata:
        """Where a token for MCP is issued and how it is sent (contract: GET /.well-known/... at the root; RFC 9728).

        No token is sent, nor asked for: this is what one reads to get one.
        """
        from ..._wire.mcp import metadata_call

        settings = resolve(without_body(self._settings, options), {"token": None})
        return await self._session.send(metadata_call(), settings)


class AsyncMetricsMethods:
    """Mixed into the client."""

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
        """What became of an OTLP export of metrics (contract: POST /metrics).

        `accepted` says whether all was taken, `rejected` how many data points were not, `reason` why. The gateway keeps
        seven metrics, with delta temporality only (gateway-behaviour.md#metrics-push).

        Args:
            payload: An object or a mapping, sent as JSON; or bytes.
            content_type: What the bytes are. Default: Protobuf.
            gzip: Send it compressed.
            **options: How the call is made: `timeout`, `max_retries`, `headers`, `extra_query`.

        Raises:
            ForbiddenError: The gateway takes no metrics; the hint says how it would.
        """
        from ..._wire.metrics import push_call

        call = push_call(payload, content_type, compress=gzip)
        return await self._session.send(call, without_body(self._settings, options))


class AsyncProxyMethods:
    """Mixed into the client."""

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
        """A provider's own answer (contract: /proxy/{provider}/{path} at the root).

        The gateway puts the provider's key in; the token goes no further than the gateway. Other headers do go on to
        the provider, cookies and keys included.

        Args:
            provider: The provider's id.
            path: Below the provider's base URL, which holds the version already: "models", not "v1/models".
            method: The HTTP method.
            json: The body, as anything that has a JSON form.
            content: The body, as JSON text; the gateway takes nothing else here.
            files: Refused, with the reason: the gateway's proxy would corrupt a form.
            query: Query parameters.
            **options: How the call is made: `timeout`, `max_retries`, `headers`, `extra_query`.

        Raises:
            StatusError: The provider, or the gateway, said no.
            ValueError: Something the gateway's proxy would corrupt or hide; the message says what.
        """
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
        """A provider's own answer as it comes: bytes, or server-sent events by `events()`.

        Nothing is sent before the `with` block is entered. Whether an event stream ended as its provider ends them is
        for its reader to see: only a body that was cut is an error here.

        Args:
            provider: As in `proxy`.
            path: As in `proxy`.
            method: As in `proxy`.
            json: As in `proxy`; what asks the provider for a stream is part of it.
            content: As in `proxy`.
            files: As in `proxy`.
            query: As in `proxy`.
            **options: As in `proxy`.
        """
        from ..._streams.dialect import ByteDialect
        from ..._wire.proxy import negotiate, proxy_body, proxy_call

        settings = without_body(self._settings, options)
        negotiated = negotiate(settings.headers, check_provider(provider), "text/event-stream, application/json")
        call = proxy_call(provider, path, method, negotiated, query=query, body=proxy_body(json, content, files))
        settings = structs.replace(settings, headers=negotiated.others)
        return AsyncByteStream(self._session, stream_call(call, ByteDialect, accept=call.accept), settings)
