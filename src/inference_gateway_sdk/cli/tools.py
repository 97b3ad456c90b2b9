"""`igw tools`: the MCP tools behind a gateway, as a table, as lines for other programs, or as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..errors import NotFoundError
from .connection import connected
from .options import BaseUrl, Json  # noqa: TC001  (typer reads the annotations at run time)
from .outcome import FailureError, note
from .output import is_terminal, print_json
from .table import print_rows

if TYPE_CHECKING:
    from .. import InferenceGatewayClient, McpServerTool, McpTool

__all__ = ["tools"]


def tools(base_url: BaseUrl = None, as_json: Json = False) -> None:
    """List the MCP tools that the gateway offers."""
    with connected(base_url) as client:
        listed = _listed(client)
    if as_json:
        print_json(json.dumps([tool.to_dict() for tool in listed]))
    elif not listed and is_terminal():
        note("the gateway offers no tools")
    else:
        print_rows(("tool", "what it does"), ((tool.name, tool.description or "-") for tool in listed))


def _listed(client: InferenceGatewayClient) -> list[McpServerTool] | list[McpTool]:
    """The tools, asked for as gateways of today serve them, else as those up to 0.48 do.

    Raises:
        FailureError: The gateway serves neither.
    """
    try:
        return client.list_mcp_tools()
    except NotFoundError:
        pass  # an older gateway, or one without MCP
    try:
        return client.list_tools().data
    except NotFoundError as error:
        raise FailureError(
            f"{client.base_url} serves no list of tools ({error.status})",
            "set MCP_ENABLED=true and MCP_EXPOSE=true on the gateway",
        ) from error
