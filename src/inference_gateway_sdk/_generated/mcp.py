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
    """A tool of an MCP server behind the gateway."""

    name: Required[str]
    """Its name as the model sees it: `mcp_` and the server's name for it."""
    description: Required[str]
    """What it does; may be empty."""
    server: Required[str]
    """Address of the MCP server that offers it."""
    input_schema: dict[str, Any] | None = None
    """Its arguments as a JSON Schema."""


class ListToolsResponse(Listing, WithMeta, _Model, kw_only=True):
    """The MCP tools on offer."""

    object: Required[str]
    """The word `list`."""
    data: list[McpTool]
    """The tools, in no fixed order."""


class McpJsonRpcRequestJsonrpc(OpenEnum):
    """The version of JSON-RPC."""

    JSONRPC_2_0 = "2.0"


if TYPE_CHECKING:
    McpJsonRpcRequestJsonrpcValue: TypeAlias = McpJsonRpcRequestJsonrpc | Literal["2.0"] | str
    """A `McpJsonRpcRequestJsonrpc`, or any other string: gateways send values that no contract lists."""
else:
    McpJsonRpcRequestJsonrpcValue = McpJsonRpcRequestJsonrpc


class McpJsonRpcRequestMethod(OpenEnum):
    """What is asked for."""

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
    id: Required[str | int]
    """Comes back in the answer; choose it freely."""
    method: Required[McpJsonRpcRequestMethodValue]
    """What is asked for."""
    params: dict[str, Any] | None = None
    """What the method takes, with version, client and capabilities under `_meta`."""


class McpJsonRpcError(_Model, kw_only=True):
    """Why an MCP request failed."""

    code: Required[int]
    """The kind of failure, as JSON-RPC numbers them."""
    message: Required[str]
    """The failure in words."""
    data: dict[str, Any] | None = None
    """More about it; any JSON."""


class McpJsonRpcResponseJsonrpc(OpenEnum):
    """The version of JSON-RPC."""

    JSONRPC_2_0 = "2.0"


if TYPE_CHECKING:
    McpJsonRpcResponseJsonrpcValue: TypeAlias = McpJsonRpcResponseJsonrpc | Literal["2.0"] | str
    """A `McpJsonRpcResponseJsonrpc`, or any other string: gateways send values that no contract lists."""
else:
    McpJsonRpcResponseJsonrpcValue = McpJsonRpcResponseJsonrpc


class McpJsonRpcResponse(WithMeta, _Model, kw_only=True):
    """The answer to an MCP request: a result or an error, never both."""

    jsonrpc: Required[McpJsonRpcResponseJsonrpcValue] = field(default_factory=lambda: McpJsonRpcResponseJsonrpc.JSONRPC_2_0)
    """The version of JSON-RPC."""
    id: str | int | None
    """The request's id; null when it could not be read."""
    result: dict[str, Any] | None = None
    """What the method gives."""
    error: McpJsonRpcError | None = None
    """Why it failed."""


class OAuthProtectedResourceMetadata(WithMeta, _Model, kw_only=True):
    """Where a token for `/mcp` is issued and how it is sent (RFC 9728)."""

    resource: Required[str]
    """The address the token is for."""
    authorization_servers: list[str] | None = None
    """Who issues such tokens."""
    bearer_methods_supported: list[str] | None = None
    """Where the token may stand, such as `header`."""
