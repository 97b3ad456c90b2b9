"""One MCP server, asked over streamable HTTP: its tools, and what they give.

A server is first addressed in the newest form of the protocol (2026-07-28), in which each request stands alone, and
when it does not know that, in the older one, which begins with a handshake and may have a session. Three methods are
all a gateway needs of the protocol, and the wire's own room speaks it already: the official client would bring a dozen
libraries along.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import httpx2

from ..._model.json_value import is_array, is_object
from ..._version import __version__
from ..._wire import codec
from ..._wire.call import Call, Reply
from ..._wire.headers import Headers
from ..._wire.mcp import PROTOCOL_VERSION, rpc_call, tool_call, tools_page_call
from ...errors import GatewayError
from ..this_machine import is_this_machine
from .source import ToolError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..._generated.mcp import McpJsonRpcResponse
    from ..._wire.mcp_tools import McpServerTool, McpToolResult
    from .settings import McpSettings

__all__ = ["RemoteTools"]

T = TypeVar("T")

_CLIENT = {"name": "inference-gateway-sdk-embedded", "version": __version__}
_HANDSHAKE_VERSION = "2025-06-18"
_SERVER_INFO = "io.modelcontextprotocol/serverInfo"
_INITIALIZED = codec.encode({"jsonrpc": "2.0", "method": "notifications/initialized"})
_MOST_PAGES = 100
_SESSION = "mcp-session-id"


class RemoteTools:
    """The tools of one MCP server.

    Args:
        address: Its URL.
        settings: How long it may take.
    """

    def __init__(self, address: str, settings: McpSettings) -> None:
        self.address = address
        self.alias = _alias(httpx2.URL(address).netloc.decode())
        self.tools: tuple[McpServerTool, ...] = ()
        self._settings = settings
        self._headers: dict[str, str] | None = None  # what each request says besides; None before the first contact
        self._client: httpx2.AsyncClient | None = None

    async def refresh(self) -> None:
        """As `ToolSource.refresh`."""
        try:
            async with asyncio.timeout(self._settings.request_timeout):
                self.tools = tuple(await self._listed())
        except (ToolError, TimeoutError) as error:
            self.tools, self._headers = (), None
            raise error if isinstance(error, ToolError) else self._late() from error

    async def call(self, name: str, arguments: Mapping[str, object]) -> McpToolResult:
        """As `ToolSource.call`."""
        result = await self._ask(tool_call(name, dict(arguments), _CLIENT))
        if result.extra_fields.get("resultType", "complete") != "complete":
            raise ToolError("the tool wants to be told more, and there is nobody to ask")
        return result

    async def stop(self) -> None:
        """End the session, if there is one, and close the connections."""
        session, self._headers = self._headers or {}, None
        if _SESSION in session:
            with suppress(ToolError):
                await self._exchange("DELETE", session)
        if self._client is not None:
            await self._client.aclose()

    async def _listed(self) -> list[McpServerTool]:
        tools: list[McpServerTool] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            page = await self._ask(tools_page_call(cursor, _CLIENT))
            tools += (tool for tool in page.tools if tool.name)
            cursor = page.cursor
            if cursor is None:
                return tools
        raise ToolError(f"its list of tools has more than {_MOST_PAGES} pages")

    async def _ask(self, call: Call[T]) -> T:
        """The result of a call; a session that the server has forgotten is begun anew, once."""
        headers = self._headers
        if headers is None:
            headers = self._headers = await self._greet()
        reply = await self._send(call, headers)
        if reply.status == 404 and _SESSION in headers:
            headers = self._headers = await self._greet()
            reply = await self._send(call, headers)
        return _read(call, reply)

    async def _greet(self) -> dict[str, str]:
        """Find out how the server is spoken to, and its name; the headers that each request then has."""
        call = rpc_call("server/discover", None, _CLIENT)
        reply = await self._send(call, {})
        try:
            found = _result(_read(call, reply))
        except ToolError:
            found = {}
        versions = found.get("supportedVersions")
        if not is_array(versions) or PROTOCOL_VERSION not in versions:
            return await self._shake_hands()
        meta: Any = found.get("_meta")
        self._take_name(meta.get(_SERVER_INFO) if is_object(meta) else None)
        return {}

    async def _shake_hands(self) -> dict[str, str]:
        wanted = {"protocolVersion": _HANDSHAKE_VERSION, "capabilities": {}, "clientInfo": _CLIENT}
        call = rpc_call("initialize", wanted, _CLIENT)
        reply = await self._send(call, {"mcp-protocol-version": _HANDSHAKE_VERSION})
        begun = _result(_read(call, reply))
        self._take_name(begun.get("serverInfo"))
        headers = {"mcp-protocol-version": str(begun.get("protocolVersion") or _HANDSHAKE_VERSION)}
        if _SESSION in reply.headers:
            headers[_SESSION] = reply.headers[_SESSION]
        await self._exchange("POST", {**_TYPES, **headers}, _INITIALIZED)
        return headers

    def _take_name(self, info: Any) -> None:
        name = info.get("name") if is_object(info) else None
        if isinstance(name, str) and _alias(name):
            self.alias = _alias(name)

    async def _send(self, call: Call[T], headers: Mapping[str, str]) -> Reply:
        own = {name.lower(): value for name, value in call.headers}
        return await self._exchange(call.method, {**own, **_TYPES, **headers}, call.body or b"")

    async def _exchange(self, method: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """The whole answer.

        Raises:
            ToolError: There was none in time.
        """
        request = httpx2.Request(method, self.address, headers=headers, content=body)
        try:
            async with asyncio.timeout(self._settings.request_timeout):
                async with asyncio.timeout(self._settings.header_timeout):
                    answer = await self._open_client().send(request, stream=True)
                try:
                    data = await answer.aread()
                finally:
                    await answer.aclose()
        except TimeoutError:
            raise self._late() from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ToolError(f"{self.address} could not be reached: {error}") from error
        return Reply(answer.status_code, Headers(answer.headers.multi_items()), data)

    def _late(self) -> ToolError:
        return ToolError(f"{self.address} did not answer in time")

    def _open_client(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = httpx2.AsyncClient(
                timeout=httpx2.Timeout(None, connect=self._settings.dial_timeout),
                trust_env=not is_this_machine(self.address),
                limits=httpx2.Limits(max_keepalive_connections=0),
                follow_redirects=True,  # many a server serves /mcp/ and sends who asks for /mcp there
            )
        return self._client


_TYPES = {"content-type": "application/json", "accept": "application/json, text/event-stream"}


def _read(call: Call[T], reply: Reply) -> T:
    """The result in an answer.

    Raises:
        ToolError: There is an error in its place, or nothing that can be read.
    """
    try:
        return call.read(reply)
    except GatewayError as error:
        raise ToolError(str(getattr(error, "message", error)) or f"status {reply.status}") from error


def _result(response: McpJsonRpcResponse) -> dict[str, Any]:
    if response.error is not None:
        raise ToolError(response.error.message)
    return response.result or {}


def _alias(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
