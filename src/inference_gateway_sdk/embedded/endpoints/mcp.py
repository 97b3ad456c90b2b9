"""The MCP endpoints: the JSON-RPC server at `/mcp`, the list of tools, and the token metadata."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct
from starlette.responses import Response

from ..._model.json_values import is_object
from ..._version import __version__
from ..._wire import codec
from ..._wire.mcp import MCP_PROTOCOL_VERSION
from .. import go_json
from ..client_connection import while_connected
from ..mcp.offer import ToolError
from ..problems import Problem
from ..request_body import read_body
from ..settings import normal_origin

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request

    from ..gateway import Gateway
    from ..mcp.offer import SourcedTool
    from ..mcp.toolbox import Toolbox

__all__ = [
    "JsonRpcReply",
    "answer_json_rpc",
    "handle_mcp",
    "list_tools",
    "resource_url",
    "serves_metadata",
    "token_metadata",
]


_META: Final = "io.modelcontextprotocol/"
_NEEDED: Final = (_META + "protocolVersion", _META + "clientCapabilities")
_PAGE: Final = 50
_SELF: Final = {"name": "inference-gateway-sdk-embedded", "version": __version__}
_WRAPPED: Final = re.compile(r"=\?base64\?(.*)\?=", re.IGNORECASE)

_PARSE_ERROR, _INVALID_REQUEST, _NO_METHOD, _INVALID_PARAMS, _INTERNAL = -32700, -32600, -32601, -32602, -32603
_HEADER_MISMATCH, _UNSUPPORTED_VERSION = -32020, -32022
_STATUS: Final = {_NO_METHOD: 404, _HEADER_MISMATCH: 400, _UNSUPPORTED_VERSION: 400}  # 200 for all others


class JsonRpcReply(Struct, frozen=True):
    """The status and the body of an HTTP answer; None for no body."""

    status: int
    body: Mapping[str, object] | None = None


class _JsonRpcError(Exception):
    """A JSON-RPC error."""

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(message)
        self.error: dict[str, object] = {"code": code, "message": message}
        if data is not None:
            self.error["data"] = data
        self.status = _STATUS.get(code, 200)


async def answer_json_rpc(toolbox: Toolbox, headers: Mapping[str, str], body: bytes) -> JsonRpcReply:
    """Answer a JSON-RPC request. A notification is answered with an empty 202.

    Args:
        toolbox: The tools to list and run.
        headers: The headers of the request, by case-insensitive names.
        body: The bytes of the request.
    """
    number: str | int | None = None
    try:
        request = _parse(body)
        if "id" not in request:
            return JsonRpcReply(202)
        number = _number(request)
        _check_present(request["method"], headers)
        params = _call_params(request)
        _check(request["method"], params, headers)
        result = await _METHODS[request["method"]](toolbox, params)
    except _JsonRpcError as refusal:
        return JsonRpcReply(refusal.status, {"jsonrpc": "2.0", "id": number, "error": refusal.error})
    meta = {_META + "serverInfo": _SELF}
    return JsonRpcReply(
        200, {"jsonrpc": "2.0", "id": number, "result": {"resultType": "complete", **result, "_meta": meta}}
    )


def _parse(body: bytes) -> dict[str, Any]:
    try:
        request = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _JsonRpcError(_PARSE_ERROR, f"the body is not JSON: {error}") from None
    if not is_object(request) or request.get("jsonrpc") != "2.0" or not isinstance(request.get("method"), str):
        raise _JsonRpcError(_INVALID_REQUEST, "the body must be one JSON-RPC 2.0 request")
    return request


def _number(request: Mapping[str, Any]) -> str | int:
    number = request["id"]
    if not isinstance(number, str | int) or isinstance(number, bool):
        raise _JsonRpcError(_INVALID_REQUEST, "id must be a string or an integer")
    return number


def _call_params(request: Mapping[str, Any]) -> dict[str, Any]:
    params = request.get("params")
    meta = params.get("_meta") if is_object(params) else None
    if not is_object(params) or not is_object(meta):
        raise _JsonRpcError(_INVALID_PARAMS, "params._meta is missing")
    missing = [key for key in _NEEDED if key not in meta]
    if missing:
        raise _JsonRpcError(_INVALID_PARAMS, f"params._meta lacks {', '.join(missing)}")
    return params


def _check_present(method: str, headers: Mapping[str, str]) -> None:
    """Return when the request has the headers of this protocol, which clients of an older one do not send."""
    if not headers.get("mcp-protocol-version") or _unwrapped(headers.get("mcp-method")) != method:
        raise _JsonRpcError(_HEADER_MISMATCH, "MCP-Protocol-Version and Mcp-Method must be sent and match the body")


def _check(method: str, params: Mapping[str, Any], headers: Mapping[str, str]) -> None:
    """Return if headers and body agree, and the version and the method are supported."""
    version = params["_meta"][_NEEDED[0]]
    expected = {"mcp-protocol-version": version, "mcp-method": method}
    if method == "tools/call":
        expected["mcp-name"] = params.get("name")
    for name, value in expected.items():
        if _unwrapped(headers.get(name)) != value:
            raise _JsonRpcError(_HEADER_MISMATCH, f"the header {name} does not match the body")
    if version != MCP_PROTOCOL_VERSION:
        data = {"supported": [MCP_PROTOCOL_VERSION], "requested": version}
        raise _JsonRpcError(_UNSUPPORTED_VERSION, "Unsupported protocol version", data)
    if method not in _METHODS:
        raise _JsonRpcError(_NO_METHOD, f"Method not found: {method}")


def _unwrapped(value: str | None) -> str | None:
    """Return a header's text without the protocol's base64 wrapping."""
    wrapped = _WRAPPED.fullmatch(value or "")
    if wrapped is None:
        return value
    try:
        return base64.b64decode(wrapped[1], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


async def _discover(_: Toolbox, __: Mapping[str, Any]) -> dict[str, object]:
    capabilities: dict[str, object] = {"tools": {}}
    return {"supportedVersions": [MCP_PROTOCOL_VERSION], "capabilities": capabilities, **_FRESH}


async def _list_tools(toolbox: Toolbox, params: Mapping[str, Any]) -> dict[str, object]:
    tools = list(toolbox.offered().items())
    start = _start(params.get("cursor"))
    page = [{**codec.to_builtins(placed.tool), "name": name} for name, placed in tools[start : start + _PAGE]]
    following = {"nextCursor": str(start + _PAGE)} if start + _PAGE < len(tools) else {}
    return {"tools": [{"inputSchema": {"type": "object"}, **tool} for tool in page], **following, **_FRESH}


def _start(cursor: object) -> int:
    if cursor is None:
        return 0
    if not isinstance(cursor, str) or not re.fullmatch(r"[0-9]{1,9}", cursor):
        raise _JsonRpcError(_INVALID_PARAMS, "cursor does not come from a list of tools")
    return int(cursor)


async def _call_tool(toolbox: Toolbox, params: Mapping[str, Any]) -> dict[str, object]:
    name, arguments = params.get("name"), params.get("arguments")
    placed = toolbox.offered().get(name) if isinstance(name, str) else None
    if placed is None:
        raise _JsonRpcError(_INVALID_PARAMS, f"Unknown tool: {name}")
    if arguments is not None and not is_object(arguments):
        raise _JsonRpcError(_INVALID_PARAMS, "arguments must be an object")
    try:
        result: dict[str, object] = codec.to_builtins(await placed.run(arguments or {}))
    except ToolError as error:
        raise _JsonRpcError(_INTERNAL, str(error)) from error
    return {"isError": False, **result}


_FRESH: Final[dict[str, object]] = {"ttlMs": 0, "cacheScope": "private"}  # the client must not cache the result
_METHODS: Final[dict[str, Callable[[Toolbox, Mapping[str, Any]], Awaitable[dict[str, object]]]]] = {
    "server/discover": _discover,
    "tools/list": _list_tools,
    "tools/call": _call_tool,
}


_JSON = "application/json; charset=utf-8"


async def list_tools(gateway: Gateway, _: Request) -> Response:
    """List all tools of all servers, also those that models are not offered."""
    _check_exposed(gateway)
    data = [_tool_entry(placed) for placed in gateway.tools.everything()]
    answer = go_json.encode({"object": "list", "data": data})
    return Response(answer, headers={"content-type": _JSON})


async def handle_mcp(gateway: Gateway, request: Request) -> Response:
    """Answer one JSON-RPC request, by POST. Any web page needs `ALLOWED_ORIGINS`, also one of the gateway's origin."""
    if gateway.quirks.older_routes:
        raise Problem.no_route()
    if not gateway.settings.expose_mcp:
        raise Problem(403, "MCP endpoint is not exposed. Set MCP_EXPOSE=true to enable.")
    if request.method != "POST":
        return Response(go_json.encode({"error": "Method not allowed"}), 405, {"content-type": _JSON, "allow": "POST"})
    _check_origin(gateway, request)
    if not gateway.tools.enabled:
        raise Problem(403, "mcp is not enabled")
    body = await read_body(request, gateway.settings.max_body)
    reply = await while_connected(request.receive, answer_json_rpc(gateway.tools, request.headers, body))
    if reply.body is None:
        return Response(status_code=reply.status)
    return Response(go_json.encode(reply.body), reply.status, {"content-type": _JSON})


async def token_metadata(gateway: Gateway, request: Request) -> Response:
    """Return the metadata that names the issuer of tokens for `/mcp` (RFC 9728)."""
    oidc = gateway.settings.oidc
    if oidc is None or not serves_metadata(gateway):
        raise Problem.no_route()
    answer = {
        "resource": resource_url(gateway, request),
        "authorization_servers": [oidc.issuer],
        "bearer_methods_supported": ["header"],
    }
    return Response(go_json.encode(answer), headers={"content-type": _JSON})


def serves_metadata(gateway: Gateway) -> bool:
    """Return whether the token metadata are served."""
    settings = gateway.settings
    return settings.oidc is not None and settings.expose_mcp and not gateway.quirks.older_routes


def resource_url(gateway: Gateway, request: Request) -> str:
    """Return the public address of `/mcp`: the configured one, else that of the request."""
    scheme = request.headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    here = request.base_url.replace(path="/mcp")
    return gateway.settings.mcp_resource_url or str(
        here.replace(scheme=scheme) if scheme in ("http", "https") else here
    )


def _check_origin(gateway: Gateway, request: Request) -> None:
    origin = request.headers.get("origin")
    allowed = {normal_origin(each) for each in gateway.settings.allowed_origins}
    if origin is not None and normal_origin(origin) not in allowed:
        raise Problem(403, f"origin {origin!r} is not allowed at /mcp: name it in ALLOWED_ORIGINS")


def _check_exposed(gateway: Gateway) -> None:
    if not gateway.settings.expose_mcp:
        raise Problem(403, "mcp tools endpoint is not exposed")


def _tool_entry(placed: SourcedTool) -> dict[str, object]:
    return {
        "name": placed.name,
        "description": placed.tool.description or "",
        "server": placed.source.address,
        "input_schema": placed.tool.input_schema or {},
    }
