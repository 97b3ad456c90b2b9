"""MCP through the gateway: JSON-RPC calls, tools and their results."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from msgspec import field

from .._generated.mcp import ListToolsResponse, McpJsonRpcResponse, OAuthProtectedResourceMetadata
from .._model.json_values import excerpt, is_array, is_object, parse
from .._model.model import Model, Required
from .._model.unknown_fields import WithMeta
from ..errors import DecodingError, DeserializationError
from . import codec
from .call import Call, Idempotency
from .params import check_params
from .problem import read_error, reject_hollow
from .sse import EventParser

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .call import Reply

__all__ = [
    "PROTOCOL_VERSION",
    "McpServerTool",
    "McpToolResult",
    "ToolPage",
    "list_tools_call",
    "metadata_call",
    "rpc_call",
    "tool_call",
    "tools_page_call",
]


# Annotations are evaluated here, as in the generated modules: msgspec looks names up in the package's root otherwise.


class McpServerTool(Model, kw_only=True):
    """A tool as `tools/list` describes it (Model Context Protocol, 2026-07-28)."""

    name: Required[str]
    """What to call it by: `mcp_`, the server's alias and the server's own name for it."""
    title: str | None = None
    """Its name for people."""
    description: str | None = None
    """What it does."""
    input_schema: dict[str, Any] | None = field(default=None, name="inputSchema")
    """Its arguments as a JSON Schema."""
    output_schema: dict[str, Any] | None = field(default=None, name="outputSchema")
    """Its structured result as a JSON Schema."""
    annotations: dict[str, Any] | None = None
    """Hints on how it behaves, such as `readOnlyHint`; no more to be trusted than the server."""


class McpToolResult(WithMeta, Model, kw_only=True):
    """What calling a tool gave (`tools/call`)."""

    content: list[dict[str, Any]]
    """Blocks for a model to read; `type` says what each is."""
    structured_content: Any | None = field(default=None, name="structuredContent")
    """The same as a JSON value, where the tool has an output schema."""
    is_error: bool | None = field(default=None, name="isError")
    """The tool ran and failed; `content` says how."""

    @property
    def text(self) -> str:
        """The text blocks, a line each; "" when there are none."""
        return "\n".join(str(block["text"]) for block in self.content if block.get("type") == "text")


T = TypeVar("T")

PROTOCOL_VERSION: Final = "2026-07-28"
_META: Final = "io.modelcontextprotocol/"
_ID: Final = 1  # an exchange has a connection of its own: nothing else could answer
_PLAIN: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_WRAPPED: Final = re.compile(r"=\?base64\?.*\?=", re.IGNORECASE)
_STATUS_OF_CODE: Final = {-32700: 400, -32600: 400, -32601: 404, -32602: 400, -32603: 500}  # JSON-RPC 2.0, section 5.1


class ToolPage(NamedTuple):
    """One page of `tools/list`: its tools, and the cursor of the next page."""

    tools: list[McpServerTool]
    cursor: str | None


def list_tools_call() -> Call[ListToolsResponse]:
    """The call for the tools in the gateway's own form."""
    return Call(method="GET", path="/mcp/tools", read=_read_tools)


def _read_tools(reply: Reply) -> ListToolsResponse:
    listing = codec.decode(reply.body, ListToolsResponse)
    if not listing.data:
        reject_hollow(listing, "data", reply)
    return listing


def metadata_call() -> Call[OAuthProtectedResourceMetadata]:
    """The call for where a token for MCP is issued."""
    return Call(
        method="GET",
        path="/.well-known/oauth-protected-resource/mcp",
        read=_read_metadata,
        at_root=True,
    )


def _read_metadata(reply: Reply) -> OAuthProtectedResourceMetadata:
    metadata = codec.decode(reply.body, OAuthProtectedResourceMetadata)
    if not metadata.resource:
        reject_hollow(metadata, "resource", reply)
    return metadata


def rpc_call(method: object, params: object, client: Mapping[str, str]) -> Call[McpJsonRpcResponse]:
    """Return the call of any method; its result is the JSON-RPC response, be it a result or an error.

    A method such as "notifications/cancelled" is sent without an id. Its response, 202 without a body, has neither.

    Args:
        method: Such as "tools/list".
        params: What the method takes; what the protocol wants in each request is added under `_meta`.
        client: Name and version of this client.

    Raises:
        TypeError: An argument of the wrong type.
        ValueError: An empty method.
        SerializationError: A parameter that has no JSON form.
    """
    return _rpc(method, params, client, _envelope, also_read=(400, 404))


def tools_page_call(cursor: str | None, client: Mapping[str, str]) -> Call[ToolPage]:
    """The call for one page of tools; a JSON-RPC error raises."""
    return _rpc("tools/list", {} if cursor is None else {"cursor": cursor}, client, _tool_page)


def tool_call(name: object, arguments: object, client: Mapping[str, str]) -> Call[McpToolResult]:
    """The call that runs a tool; a JSON-RPC error raises, a failure of the tool itself is a result.

    Raises:
        TypeError: An argument of the wrong type.
        ValueError: An empty name.
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be a tool's name such as 'mcp_time_now', got {type(name).__name__}")
    if not name:
        raise ValueError("name is empty: list_mcp_tools() lists the names")
    given: Any = {} if arguments is None else codec.to_builtins(arguments)
    if not is_object(given):
        raise TypeError(f"arguments must be an object such as {{'city': 'Berlin'}}, got {type(arguments).__name__}")
    return _rpc("tools/call", {"name": name, "arguments": given}, client, _tool_result)


def header_value(text: str) -> str:
    """The text as a header can carry it: as it is, or in the protocol's base64 wrapping."""
    if _PLAIN.fullmatch(text) and not _WRAPPED.fullmatch(text):
        return text
    return f"=?base64?{base64.b64encode(text.encode()).decode()}?="


def _rpc(
    method: object,
    params: object,
    client: Mapping[str, str],
    read: Callable[[Reply], T],
    also_read: tuple[int, ...] = (),
) -> Call[T]:
    check_params("McpJsonRpcRequest", {"method": method} if params is None else {"method": method, "params": params})
    name = str(method)
    if not name:
        raise ValueError('method is empty: name one, such as "tools/list"')
    given: dict[str, Any] = {} if params is None else codec.to_builtins(params)
    meta = given["_meta"] = {**_meta(client), **_own_meta(given)}
    version = meta[_META + "protocolVersion"]
    if not isinstance(version, str):
        raise TypeError(f"params: {_META}protocolVersion must be a string, got {type(version).__name__}")
    # Servers refuse a header that differs from the body (-32020), so the header follows the body.
    headers = [("MCP-Protocol-Version", header_value(version)), ("Mcp-Method", header_value(name))]
    if name == "tools/call":
        headers.append(("Mcp-Name", header_value(str(given.get("name", "")))))
    number = {} if name.startswith("notifications/") else {"id": _ID}
    return Call(
        method="POST",
        path="/mcp",
        read=read,
        headers=tuple(headers),
        body=codec.encode({"jsonrpc": "2.0", **number, "method": name, "params": given}),
        accept="application/json, text/event-stream",  # the protocol lets a server choose
        at_root=True,
        repeat=Idempotency.CAUTIOUSLY if name == "tools/call" else Idempotency.FREELY,
        also_read=also_read,
    )


def _own_meta(params: Mapping[str, Any]) -> dict[str, Any]:
    meta: Any = params.get("_meta")
    if meta is not None and not is_object(meta):
        raise TypeError(f"params: _meta must be an object, got {type(meta).__name__}")
    return meta or {}


def _meta(client: Mapping[str, str]) -> dict[str, Any]:
    return {
        _META + "protocolVersion": PROTOCOL_VERSION,
        _META + "clientInfo": dict(client),
        _META + "clientCapabilities": {},
    }


def _envelope(reply: Reply) -> McpJsonRpcResponse:
    """Return the JSON-RPC response, which the newest gateways send under 400 and 404 too.

    Raises:
        StatusError: A 400 or 404 without a JSON-RPC response.
        DecodingError: As `_response`.
        DeserializationError: As `_response`.
    """
    if reply.status == 202 and not reply.body:  # a notification was taken
        return McpJsonRpcResponse(id=None)
    if reply.status < 400:
        return _response(reply)
    try:
        response = _response(reply)
    except (DecodingError, DeserializationError):
        pass  # the gateway's own {"error": "text"}, or a page of something before it
    else:
        if response.error is not None and isinstance(response.error.code, int):
            return response
    raise read_error(reply.status, reply.headers, reply.body, path="/mcp")


def _response(reply: Reply) -> McpJsonRpcResponse:
    """The JSON-RPC response.

    Raises:
        DecodingError: The body is not JSON, or a stream of events without a response.
        DeserializationError: It is JSON, but neither a result nor an error.
    """
    response = codec.decode(_body(reply), McpJsonRpcResponse)
    if response.result is None and response.error is None:
        raise DeserializationError("the answer is no JSON-RPC response: it holds neither a result nor an error")
    return response


def _body(reply: Reply) -> bytes:
    if not reply.headers.get("content-type", "").lower().startswith("text/event-stream"):
        return reply.body
    parser = EventParser()
    found = [data for data, _, _ in (*parser.feed(reply.body), *parser.end()) if _is_response(data)]
    if not found:
        raise DecodingError(f"the event stream holds no JSON-RPC response: {excerpt(reply.body)}")
    return found[-1]


def _is_response(data: bytes) -> bool:
    """Whether an event is the response; servers may send notifications before it."""
    try:
        value = parse(data)
    except DecodingError:
        return False
    return is_object(value) and ("result" in value or "error" in value)


def _result(reply: Reply) -> dict[str, Any]:
    """The result.

    Raises:
        StatusError: The response is an error; `code` is JSON-RPC's number.
    """
    response = _response(reply)
    if response.error is not None:
        status = _STATUS_OF_CODE.get(response.error.code or 0, reply.status)
        raise read_error(status, reply.headers, codec.encode({"error": response.error}), path="/mcp")
    return response.result or {}


def _tool_result(reply: Reply) -> McpToolResult:
    return codec.from_builtins(_result(reply), McpToolResult)


def _tool_page(reply: Reply) -> ToolPage:
    page = _result(reply)
    tools: Any = page.get("tools") or []
    cursor: Any = page.get("nextCursor")
    if not is_array(tools):
        raise DeserializationError("the list of tools is no array", path="$.result.tools")
    listed = [codec.from_builtins(tool, McpServerTool) for tool in tools]
    return ToolPage(listed, cursor if isinstance(cursor, str) and cursor else None)
