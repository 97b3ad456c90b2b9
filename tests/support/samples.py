"""Responses of the endpoints other than the models': images, audio, tools, metrics, the proxy."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support.server import Connection, Request

PNG = b"\x89PNG\r\n\x1a\n and so on"
SOUND = b"ID3\x00 and so on"
TOOL = {"name": "mcp_time_now", "description": "Say the time", "inputSchema": {"type": "object"}}
JSON: dict[str, Any] = {
    "/v1/images": {"created": 1, "data": [{"b64_json": base64.b64encode(PNG).decode()}]},
    "/v1/videos": {"id": "v1", "object": "video", "model": "m", "status": "completed", "created_at": 1},
    "/v1/mcp/tools": {"object": "list", "data": []},
    "/v1/metrics": {"partialSuccess": {"rejectedDataPoints": "1", "errorMessage": 'unsupported metric "x"'}},
    "/proxy": {"object": "list", "data": [{"id": "gpt-4o"}]},
    "/.well-known": {"resource": "http://localhost:8080/mcp", "authorization_servers": ["https://id.example"]},
}


def sample(connection: Connection, request: Request) -> bool:
    """Answer the request. Return whether its path is one of those known here."""
    if request.path == "/mcp":
        connection.json({"jsonrpc": "2.0", "id": 1, "result": _result(request.json()["method"])})
        return True
    if request.path.startswith("/v1/audio/") or request.path.endswith("/content"):
        connection.head(200, "audio/mpeg", length=len(SOUND))
        connection.send(SOUND)
        return True
    for start, answer in JSON.items():
        if request.path.startswith(start):
            connection.json(answer)
            return True
    return False


def _result(method: str) -> dict[str, Any]:
    if method == "tools/call":
        return {"content": [{"type": "text", "text": "12 o'clock"}]}
    return {"tools": [TOOL]}
