"""The contract's types: mcp.

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off

from typing import Any, Literal, TYPE_CHECKING, TypeAlias

from msgspec import field

from .._model.display import Listing
from .._model.model import Model as _Model, Required
from .._model.open_types import OpenEnum
from .._model.unknown_fields import WithMeta

__all__ = [
    "ListToolsResponse",
    "MCPJSONRPCError",
    "MCPJSONRPCRequest",
    "MCPJSONRPCResponse",
    "McpJsonRpcError",
    "McpJsonRpcRequest",
    "McpJsonRpcRequestJsonrpc",
    "McpJsonRpcRequestMethod",
    "McpJsonRpcResponse",
    "McpJsonRpcResponseJsonrpc",
    "McpTool",
    "OAuthProtectedResourceMetadata",
]


class McpTool(_Model, kw_only=True):
    """A tool of one of the gateway's MCP servers."""

    name: Required[str]
    """The name that the model sees: `mcp_` and the server's name for the tool."""
    description: Required[str]
    """The purpose of the tool; may be empty."""
    server: Required[str]
    """The URL of the MCP server that offers it."""
    input_schema: dict[str, Any] | None = None
    """The JSON Schema of its arguments."""


class ListToolsResponse(Listing, WithMeta, _Model, kw_only=True):
    """The available MCP tools."""

    object: Required[str]
    """The type of the object, `list`."""
    data: list[McpTool]
    """The tools, in no particular order."""


class McpJsonRpcRequestJsonrpc(OpenEnum):
    """The version of JSON-RPC."""

    JSONRPC_2_0 = "2.0"


if TYPE_CHECKING:
    McpJsonRpcRequestJsonrpcValue: TypeAlias = McpJsonRpcRequestJsonrpc | Literal["2.0"] | str
    """A `McpJsonRpcRequestJsonrpc`, or any other string: gateways send values that no contract lists."""
else:
    McpJsonRpcRequestJsonrpcValue = McpJsonRpcRequestJsonrpc


class McpJsonRpcRequestMethod(OpenEnum):
    """The method to call."""

    SERVER_DISCOVER = "server/discover"
    TOOLS_LIST = "tools/list"
    TOOLS_CALL = "tools/call"


if TYPE_CHECKING:
    McpJsonRpcRequestMethodValue: TypeAlias = McpJsonRpcRequestMethod | Literal["server/discover", "tools/list", "tools/call"] | str
    """A `McpJsonRpcRequestMethod`, or any other string: gateways send values that no contract lists."""
else:
    McpJsonRpcRequestMethodValue = McpJsonRpcRequestMethod


class McpJsonRpcRequest(_Model, kw_only=True):
    """One MCP request, as JSON-RPC 2.0."""

    jsonrpc: Required[McpJsonRpcRequestJsonrpcValue] = field(default_factory=lambda: McpJsonRpcRequestJsonrpc.JSONRPC_2_0)
    """The version of JSON-RPC."""
    id: str | int | None = None
    """An id of your choice, which the response repeats. A notification has none."""
    method: Required[McpJsonRpcRequestMethodValue]
    """The method to call."""
    params: dict[str, Any] | None = None
    """The parameters of the method, with version, client and capabilities in `_meta`."""


class McpJsonRpcError(_Model, kw_only=True):
    """The error of an MCP request."""

    code: Required[int]
    """The number of the error in JSON-RPC or in MCP."""
    message: Required[str]
    """The error message."""
    data: dict[str, Any] | None = None
    """More about the error; any JSON value."""


class McpJsonRpcResponseJsonrpc(OpenEnum):
    """The version of JSON-RPC."""

    JSONRPC_2_0 = "2.0"


if TYPE_CHECKING:
    McpJsonRpcResponseJsonrpcValue: TypeAlias = McpJsonRpcResponseJsonrpc | Literal["2.0"] | str
    """A `McpJsonRpcResponseJsonrpc`, or any other string: gateways send values that no contract lists."""
else:
    McpJsonRpcResponseJsonrpcValue = McpJsonRpcResponseJsonrpc


class McpJsonRpcResponse(WithMeta, _Model, kw_only=True):
    """The response to an MCP request, either a result or an error."""

    jsonrpc: Required[McpJsonRpcResponseJsonrpcValue] = field(default_factory=lambda: McpJsonRpcResponseJsonrpc.JSONRPC_2_0)
    """The version of JSON-RPC."""
    id: str | int | None
    """The id of the request; null if it could not be read."""
    result: dict[str, Any] | None = None
    """The result of the method."""
    error: McpJsonRpcError | None = None
    """The error, if the request failed."""


class OAuthProtectedResourceMetadata(WithMeta, _Model, kw_only=True):
    """The issuer of tokens for `/mcp`, and the way to send them (RFC 9728)."""

    resource: Required[str]
    """The URL that the token is for."""
    authorization_servers: list[str]
    """The URLs of the token issuers."""
    bearer_methods_supported: list[str]
    """The ways to send the token, such as `header`."""


MCPJSONRPCError = McpJsonRpcError
"""The published name of `McpJsonRpcError`."""


MCPJSONRPCRequest = McpJsonRpcRequest
"""The published name of `McpJsonRpcRequest`."""


MCPJSONRPCResponse = McpJsonRpcResponse
"""The published name of `McpJsonRpcResponse`."""
