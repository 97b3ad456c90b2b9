"""`igw proxy`: a provider's own answer, through the gateway."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import parse_qsl

import typer

from ..errors import DecodingError
from .connection import connected
from .options import BaseUrl  # noqa: TC001  (typer reads the annotations at run time)
from .outcome import UsageError
from .output import Words, is_terminal, print_json

if TYPE_CHECKING:
    from .. import ProxyReply

__all__ = ["proxy"]

Provider = Annotated[str, typer.Argument(metavar="PROVIDER", help="The provider, such as openai.", show_default=False)]
Path = Annotated[
    str,
    typer.Argument(
        metavar="PATH",
        help="Below the provider's base URL: models, not v1/models. A query may follow: files?limit=2.",
        show_default=False,
    ),
]
Method = Annotated[
    str | None, typer.Option("--method", "-X", metavar="METHOD", help="Default GET, or POST with a body.")
]
Data = Annotated[
    str | None, typer.Option("--data", "-d", metavar="JSON", help="The body; - reads it from the standard input.")
]
Json = Annotated[bool, typer.Option("--json", help="Print status, headers and body as JSON.")]


def proxy(
    provider: Provider,
    path: Path,
    *,
    method: Method = None,
    data: Data = None,
    base_url: BaseUrl = None,
    as_json: Json = False,
) -> None:
    """Ask a provider what the gateway has no endpoint for."""
    body = _checked(sys.stdin.read() if data == "-" else data)
    verb = method or ("GET" if body is None else "POST")
    below, _, query = path.partition("?")
    with connected(base_url) as client:
        reply = client.proxy(provider, below, method=verb, content=body, query=_query(query))
    if as_json:
        print_json(json.dumps({"status": reply.status, "headers": dict(reply.headers), "body": _body(reply)}))
    elif is_terminal():
        words = Words()
        words.write(reply.text)
        words.end()
    else:
        sys.stdout.buffer.write(reply.body)


def _checked(data: str | None) -> str | None:
    """The body as it was given.

    Raises:
        UsageError: It is no JSON, which is all that the gateway's proxy takes.
    """
    if data is None:
        return None
    try:
        json.loads(data)
    except ValueError as error:
        raise UsageError(f"-d is no JSON: {error}") from error
    return data


def _query(text: str) -> dict[str, str]:
    """The names and values of a query.

    Raises:
        UsageError: A name stands there twice, of which one would be lost.
    """
    pairs = parse_qsl(text, keep_blank_values=True)
    query = dict(pairs)
    if len(query) < len(pairs):
        raise UsageError(f"PATH has a query that names something twice: {text}")
    return query


def _body(reply: ProxyReply) -> Any:
    """The body's JSON value, else its text."""
    try:
        return reply.json()
    except DecodingError:
        return reply.text
