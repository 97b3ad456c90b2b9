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
    "MCP_PROTOCOL_VERSION",
    "McpServerTool",
    "McpToolResult",
    "ToolPage",
    "list_tools_call",
    "metadata_call",
    "rpc_call",
    "tool_call",
    "tools_page_call",
]


# Annotations are evaluated here, as in the generated modules: msgspec would look names up in the package root, where
# they do not exist.


class McpServerTool(Model, kw_only=True):
    """A tool as `tools/list` describes it (Model Context Protocol, 2026-07-28)."""

    name: Required[str]
    """The name to call it by: `mcp_`, the server's alias and the server's own name for the tool."""
    title: str | None = None
    """The name to display."""
    description: str | None = None
    """The description of the tool."""
    input_schema: dict[str, Any] | None = field(default=None, name="inputSchema")
    """The arguments as a JSON Schema."""
    output_schema: dict[str, Any] | None = field(default=None, name="outputSchema")
    """The structured result as a JSON Schema."""
    annotations: dict[str, Any] | None = None
    """Hints about its behaviour, such as `readOnlyHint`; trust them only as far as you trust the server."""


class McpToolResult(WithMeta, Model, kw_only=True):
    """The result of a tool call (`tools/call`)."""

    content: list[dict[str, Any]]
    """The content blocks for the model; each has a `type`."""
    structured_content: Any | None = field(default=None, name="structuredContent")
    """The same result as a JSON value, where the tool has an output schema."""
    is_error: bool | None = field(default=None, name="isError")
    """True when the tool ran and failed; `content` describes the failure."""

    @property
    def text(self) -> str:
        """The text blocks, one per line; "" when there are none."""
        return "\n".join(str(block["text"]) for block in self.content if block.get("type") == "text")


T = TypeVar("T")

MCP_PROTOCOL_VERSION: Final = "2026-07-28"
"""The version of the Model Context Protocol that the client speaks with a gateway."""
_META: Final = "io.modelcontextprotocol/"
_ID: Final = 1  # each exchange is one HTTP request with one response, so one id serves all requests
_PLAIN: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_WRAPPED: Final = re.compile(r"=\?base64\?.*\?=", re.IGNORECASE)
_UNSUPPORTED_VERSION: Final = -32022
# JSON-RPC 2.0, section 5.1, and the codes of MCP and the gateway: a guardrail, headers, and the version.
_STATUS_OF_CODE: Final = {
    -32700: 400,
    -32600: 400,
    -32601: 404,
    -32602: 400,
    -32603: 500,
    -32001: 403,
    -32020: 400,
    _UNSUPPORTED_VERSION: 400,
}


class ToolPage(NamedTuple):
    """One page of `tools/list`: its tools, and the cursor of the next page, None on the last."""

    tools: list[McpServerTool]
    cursor: str | None


def list_tools_call() -> Call[ListToolsResponse]:
    """Return the call for the tools in the gateway's own format."""
    return Call(method="GET", path="/mcp/tools", read=_read_tools)


def _read_tools(reply: Reply) -> ListToolsResponse:
    listing = codec.decode(reply.body, ListToolsResponse)
    if not listing.data:
        reject_hollow(listing, "data", reply)
    return listing


def metadata_call() -> Call[OAuthProtectedResourceMetadata]:
    """Return the call for the OAuth metadata, which name the issuer of tokens for MCP."""
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
    """Return the call of any method. Its result is the JSON-RPC response, also when that is an error.

    A method such as "notifications/cancelled" is sent without an id. Its response, 202 without a body, has neither a
    result nor an error.

    Args:
        method: The method's name, such as "tools/list".
        params: The method's parameters. The fields that the protocol requires in every request are added as `_meta`.
        client: Name and version of this client.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: `method` is empty.
        SerializationError: A parameter cannot be encoded as JSON.
    """
    return _rpc(method, params, client, _envelope)


def tools_page_call(cursor: str | None, client: Mapping[str, str]) -> Call[ToolPage]:
    """Return the call for one page of tools; a JSON-RPC error raises."""
    return _rpc("tools/list", {} if cursor is None else {"cursor": cursor}, client, _tool_page)


def tool_call(name: object, arguments: object, client: Mapping[str, str]) -> Call[McpToolResult]:
    """Return the call that runs a tool. A JSON-RPC error raises; a failure of the tool itself is a result.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: `name` is empty.
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
    """Return the text as a header value: unchanged where possible, else in the protocol's base64 wrapping."""
    if _PLAIN.fullmatch(text) and not _WRAPPED.fullmatch(text):
        return text
    return f"=?base64?{base64.b64encode(text.encode()).decode()}?="


def _rpc(
    method: object,
    params: object,
    client: Mapping[str, str],
    read: Callable[[Reply], T],
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
        also_read=(400, 404),
    )


def _own_meta(params: Mapping[str, Any]) -> dict[str, Any]:
    meta: Any = params.get("_meta")
    if meta is not None and not is_object(meta):
        raise TypeError(f"params: _meta must be an object, got {type(meta).__name__}")
    return meta or {}


def _meta(client: Mapping[str, str]) -> dict[str, Any]:
    return {
        _META + "protocolVersion": MCP_PROTOCOL_VERSION,
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
        if response.error is not None and _has_code(response.error.code):
            return response
    raise read_error(reply.status, reply.headers, reply.body, path="/mcp")


def _has_code(code: object) -> bool:
    """Return whether an error has JSON-RPC's number; an `error` of another API may have none, or a text."""
    return isinstance(code, int)


def _response(reply: Reply) -> McpJsonRpcResponse:
    """Return the JSON-RPC response.

    Raises:
        DecodingError: The body is not JSON, or is an event stream without a response.
        DeserializationError: The body is JSON but holds neither a result nor an error.
    """
    response = codec.decode(_body(reply), McpJsonRpcResponse)
    if response.result is None and response.error is None:
        raise DeserializationError("the body is not a JSON-RPC response: it has neither a result nor an error")
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
    """Return whether an event is the response; servers may send notifications before it."""
    try:
        value = parse(data)
    except DecodingError:
        return False
    return is_object(value) and ("result" in value or "error" in value)


def _result(reply: Reply) -> dict[str, Any]:
    """Return the result.

    Raises:
        StatusError: The response is an error; `code` is the JSON-RPC error code.
    """
    response = _envelope(reply)
    if response.error is not None:
        status = _STATUS_OF_CODE.get(response.error.code or 0, reply.status)
        error = read_error(status, reply.headers, codec.encode({"error": response.error}), path="/mcp")
        if response.error.code == _UNSUPPORTED_VERSION:
            error.hint = _version_hint(response.error.data)
        raise error
    return response.result or {}


def _version_hint(data: object) -> str:
    """Return the hint for a gateway that speaks other versions; `data` is that of its error."""
    offered: Any = data.get("supported") if is_object(data) else None
    versions = [version[:40] for version in offered if isinstance(version, str)] if is_array(offered) else []
    theirs = f"the gateway speaks MCP {', '.join(versions[:8])}" if versions else "the gateway speaks another version"
    return f"{theirs}, and this client {MCP_PROTOCOL_VERSION}: a newer client or gateway is needed"


def _tool_result(reply: Reply) -> McpToolResult:
    return codec.from_builtins(_result(reply), McpToolResult)


def _tool_page(reply: Reply) -> ToolPage:
    page = _result(reply)
    tools: Any = page.get("tools") or []
    cursor: Any = page.get("nextCursor")
    if not is_array(tools):
        raise DeserializationError("the list of tools is not an array", path="$.result.tools")
    listed = [codec.from_builtins(tool, McpServerTool) for tool in tools]
    return ToolPage(listed, cursor if isinstance(cursor, str) and cursor else None)
