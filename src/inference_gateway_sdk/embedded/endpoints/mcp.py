"""`GET /v1/mcp/tools`: a list without tools, for no MCP server stands behind this gateway (WIRE section 13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from .. import go_json
from ..problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request

    from ..gateway import Gateway

__all__ = ["list_tools"]


async def list_tools(gateway: Gateway, _: Request) -> Response:
    """The empty list of a gateway that exposes its tools and has none; otherwise the refusal."""
    if not gateway.settings.expose_mcp:
        raise Problem(403, "mcp tools endpoint is not exposed")
    answer = go_json.encode({"object": "list", "data": []})
    return Response(answer, headers={"content-type": "application/json; charset=utf-8"})
