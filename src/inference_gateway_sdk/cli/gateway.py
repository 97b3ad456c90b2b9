"""`igw health`, `models`, `tools` and `proxy`: requests to the gateway itself."""

from __future__ import annotations

import json
import sys
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import parse_qsl

import typer

from .. import Call
from ..errors import DecodingError, GatewayError, NotFoundError
from .connection import connected
from .options import (
    BaseUrl,  # noqa: TC001  (typer reads the annotations at run time)
    CaFile,  # noqa: TC001  (typer reads the annotations at run time)
    Json,  # noqa: TC001  (typer reads the annotations at run time)
    Provider,  # noqa: TC001  (typer reads the annotations at run time)
    Token,  # noqa: TC001  (typer reads the annotations at run time)
)
from .output import FailureError, TextWriter, UsageError, describe, echo_err, is_terminal, print_json, print_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from .. import InferenceGatewayClient, McpServerTool, McpTool, Model, ProxyReply

__all__ = ["health", "models", "proxy", "tools"]


def health(base_url: BaseUrl = None, token: Token = None, ca: CaFile = None) -> None:
    """Check the gateway: print OK, or the reason and exit with code 1."""
    with connected(base_url, token=token, ca=ca) as client:
        try:
            status = client.send(Call(method="GET", path="/health", at_root=True, read=lambda reply: reply.status))
        except GatewayError as error:
            reason, hint = describe(error)
            if isinstance(error, NotFoundError):
                hint = "another server answers there: --base-url names the gateway"
            raise FailureError(f"no healthy gateway at {client.base_url}: {reason}", hint) from error
        if status != HTTPStatus.OK:
            raise FailureError(f"no healthy gateway at {client.base_url}: /health answered {status}, not 200")
        print("OK")


Include = Annotated[
    list[str] | None,
    typer.Option(
        "--include",
        metavar="WHAT",
        help="Also context_window, pricing, modalities, or deprecated models; may be repeated.",
    ),
]


def models(
    provider: Provider = None,
    *,
    include: Include = None,
    as_json: Json = False,
    base_url: BaseUrl = None,
    token: Token = None,
    ca: CaFile = None,
) -> None:
    """List the models that the gateway offers."""
    asked = tuple(part.strip() for value in include or () for part in value.split(",") if part.strip())
    with connected(base_url, token=token, ca=ca) as client:
        listing = client.list_models(provider, include=asked)
    if as_json:
        print_json(listing.to_json())
    else:
        columns = tuple(name for name in asked if name != "deprecated")  # it adds models, and no field
        print_rows(("model", "owner", *columns), (_model_cells(model, columns) for model in listing.data))


def _model_cells(model: Model, asked: tuple[str, ...]) -> tuple[str, ...]:
    return (model.id, model.owned_by or "-", *(_CELLS[name](model) if name in _CELLS else "-" for name in asked))


def _context_window(model: Model) -> str:
    window = model.context_window
    return f"{window.tokens}" if window is not None else "-"


def _pricing(model: Model) -> str:
    price = model.pricing
    if price is None:
        return "-"
    return f"{price.input_per_token} in, {price.output_per_token} out ({price.currency} a token)"


def _modalities(model: Model) -> str:
    kinds = model.modalities
    return f"{', '.join(kinds.input)} -> {', '.join(kinds.output)}" if kinds is not None else "-"


_CELLS: dict[str, Callable[[Model], str]] = {
    "context_window": _context_window,
    "pricing": _pricing,
    "modalities": _modalities,
}


def tools(base_url: BaseUrl = None, token: Token = None, ca: CaFile = None, as_json: Json = False) -> None:
    """List the MCP tools that the gateway offers."""
    with connected(base_url, token=token, ca=ca) as client:
        listed = _tool_rows(client)
    if as_json:
        print_json(json.dumps([tool.to_dict() for tool in listed]))
    elif not listed and is_terminal():
        echo_err("the gateway offers no tools")
    else:
        print_rows(("tool", "what it does"), ((tool.name, tool.description or "-") for tool in listed))


def _tool_rows(client: InferenceGatewayClient) -> list[McpServerTool] | list[McpTool]:
    """Return the tools from the endpoint of current gateways, else from that of gateways up to 0.48.

    Raises:
        FailureError: The gateway has neither endpoint.
    """
    try:
        return client.list_mcp_tools()
    except NotFoundError:
        pass  # an older gateway, or one without MCP
    try:
        return client.list_tools().data
    except NotFoundError as error:
        raise FailureError(
            f"{client.base_url} does not serve a list of tools ({error.status})",
            "set MCP_ENABLED=true and MCP_EXPOSE=true on the gateway",
        ) from error


ProxyProvider = Annotated[
    str, typer.Argument(metavar="PROVIDER", help="The provider, such as openai.", show_default=False)
]
Path = Annotated[
    str,
    typer.Argument(
        metavar="PATH",
        help="The path below the provider's base URL: models, not v1/models. May have a query: files?limit=2.",
        show_default=False,
    ),
]
Method = Annotated[
    str | None, typer.Option("--method", "-X", metavar="METHOD", help="The method; default GET, or POST with a body.")
]
Data = Annotated[
    str | None, typer.Option("--data", "-d", metavar="JSON", help="The body; - reads it from standard input.")
]
JsonBody = Annotated[bool, typer.Option("--json", help="Print status, headers and body as JSON.")]


def proxy(
    provider: ProxyProvider,
    path: Path,
    *,
    method: Method = None,
    data: Data = None,
    base_url: BaseUrl = None,
    token: Token = None,
    ca: CaFile = None,
    as_json: JsonBody = False,
) -> None:
    """Send any request to a provider.

    It is for endpoints of the provider that the gateway does not have.
    """
    body = _checked_path(sys.stdin.read() if data == "-" else data)
    verb = method or ("GET" if body is None else "POST")
    below, _, query = path.partition("?")
    with connected(base_url, token=token, ca=ca) as client:
        reply = client.proxy(provider, below, method=verb, content=body, query=_proxy_query(query))
    if as_json:
        print_json(json.dumps({"status": reply.status, "headers": dict(reply.headers), "body": _proxy_body(reply)}))
    elif is_terminal():
        writer = TextWriter()
        writer.write(reply.text)
        writer.end()
    else:
        sys.stdout.buffer.write(reply.body)


def _checked_path(data: str | None) -> str | None:
    """Return the body as given.

    Raises:
        UsageError: The body is not JSON, which the gateway's proxy requires.
    """
    if data is None:
        return None
    try:
        json.loads(data)
    except ValueError as error:
        raise UsageError(f"-d is not JSON: {error}") from error
    return data


def _proxy_query(text: str) -> dict[str, str]:
    """Return the names and values of a query.

    Raises:
        UsageError: A name is repeated, so that one of its values would be lost.
    """
    pairs = parse_qsl(text, keep_blank_values=True)
    query = dict(pairs)
    if len(query) < len(pairs):
        raise UsageError(f"PATH has a query with a repeated name: {text}")
    return query


def _proxy_body(reply: ProxyReply) -> Any:
    """Return the body's JSON value, or else its text."""
    try:
        return reply.json()
    except DecodingError:
        return reply.text
