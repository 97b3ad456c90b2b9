# Derived from mcp_async.py by scripts/derive_blocking.py: do not edit.
"""The clients' methods for MCP: the tools behind the gateway, and the protocol itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._version import __version__
from ..errors import DeserializationError
from .settings import bodiless, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from .._generated.mcp import (
        ListToolsResponse,
        McpJsonRpcRequestMethod,
        McpJsonRpcResponse,
        OAuthProtectedResourceMetadata,
    )
    from .._wire.mcp_tools import McpServerTool, McpToolResult
    from .params import ListOptions
    from .session_blocking import Session
    from .settings import Settings
    from .token import TokenSource

__all__ = ["McpMethods"]

_CLIENT = {"name": "inference-gateway-sdk-python", "version": __version__}


class McpMethods:
    """Mixed into the client."""

    if TYPE_CHECKING:
        _session: Session
        _settings: Settings[TokenSource]

    def list_tools(self, **options: Unpack[ListOptions]) -> ListToolsResponse:
        """The tools of the MCP servers behind the gateway (contract: GET /mcp/tools).

        Gateways newer than 0.48 no longer serve this: see `list_mcp_tools`.

        Args:
            **options: How the call is made: `timeout`, `max_retries`, `headers`, `extra_query`.

        Raises:
            ForbiddenError: The gateway does not expose its tools; the hint says how it would.
        """
        from .._wire.mcp import list_tools_call

        return self._session.send(list_tools_call(), bodiless(self._settings, options))

    def call_mcp(
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
        from .._wire.mcp import rpc_call

        call = rpc_call(method, params, _CLIENT)
        return self._session.send(call, bodiless(self._settings, options))

    def list_mcp_tools(self, **options: Unpack[ListOptions]) -> list[McpServerTool]:
        """All tools, whatever the number of pages (contract: POST /mcp, method tools/list).

        Args:
            **options: As in `list_tools`; each page is a call of its own.

        Raises:
            StatusError: The server answered with a JSON-RPC error; `code` is its number.
        """
        from .._wire.mcp import tools_page_call

        settings = bodiless(self._settings, options)
        page = self._session.send(tools_page_call(None, _CLIENT), settings)
        tools, seen = page.tools, {page.cursor}
        while page.cursor is not None:
            page = self._session.send(tools_page_call(page.cursor, _CLIENT), settings)
            tools += page.tools
            if page.cursor is not None and page.cursor in seen:
                raise DeserializationError("the list of tools has no end: a cursor came twice", path="$.nextCursor")
            seen.add(page.cursor)
        return tools

    def call_mcp_tool(
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
        from .._wire.mcp import tool_call

        call = tool_call(name, arguments, _CLIENT)
        return self._session.send(call, bodiless(self._settings, options))

    def mcp_resource_metadata(self, **options: Unpack[ListOptions]) -> OAuthProtectedResourceMetadata:
        """Where a token for MCP is issued and how it is sent (contract: GET /.well-known/... at the root; RFC 9728).

        No token is sent, nor asked for: this is what one reads to get one.
        """
        from .._wire.mcp import metadata_call

        settings = resolve(bodiless(self._settings, options), {"token": None})
        return self._session.send(metadata_call(), settings)
