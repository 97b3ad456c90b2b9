"""The tools as clients see them: the list of `GET /v1/mcp/tools`, and the protocol itself at `POST /mcp`.

The first is of gateways up to 0.48 (WIRE section 13), the second of newer ones, and so is where to get a token for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from .. import go_json
from ..connection import while_connected
from ..mcp import dialogue
from ..problems import Problem
from ..request_body import read_body

if TYPE_CHECKING:
    from starlette.requests import Request

    from ..gateway import Gateway
    from ..mcp.toolbox import Placed

__all__ = ["list_tools", "speak_mcp", "token_metadata"]

_JSON = "application/json; charset=utf-8"


async def list_tools(gateway: Gateway, _: Request) -> Response:
    """All tools of all servers, those that models are not offered included; otherwise the refusal."""
    _check_exposed(gateway)
    data = [_listed(placed) for placed in gateway.tools.everything()]
    answer = go_json.encode({"object": "list", "data": data})
    return Response(answer, headers={"content-type": _JSON})


async def speak_mcp(gateway: Gateway, request: Request) -> Response:
    """The answer to one JSON-RPC request."""
    _check_exposed(gateway)
    if not gateway.tools.enabled:
        raise Problem(403, "mcp is not enabled")
    body = await read_body(request, gateway.settings.max_body)
    said = await while_connected(request.receive, dialogue.answer(gateway.tools, request.headers, body))
    if said.body is None:
        return Response(status_code=said.status)
    return Response(go_json.encode(said.body), said.status, {"content-type": _JSON})


async def token_metadata(gateway: Gateway, request: Request) -> Response:
    """Where a token for `/mcp` comes from (RFC 9728)."""
    oidc = gateway.settings.oidc
    if oidc is None or not gateway.settings.expose_mcp:
        raise Problem.no_route()
    answer = {
        "resource": str(request.base_url.replace(path="/mcp")),
        "authorization_servers": [oidc.issuer],
        "bearer_methods_supported": ["header"],
    }
    return Response(go_json.encode(answer), headers={"content-type": _JSON})


def _check_exposed(gateway: Gateway) -> None:
    if not gateway.settings.expose_mcp:
        raise Problem(403, "mcp tools endpoint is not exposed")


def _listed(placed: Placed) -> dict[str, object]:
    return {
        "name": f"mcp_{placed.tool.name}",
        "description": placed.tool.description or "",
        "server": placed.source.address,
        "input_schema": placed.tool.input_schema or {},
    }
