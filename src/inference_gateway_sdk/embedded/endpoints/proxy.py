"""`/proxy/{provider}/{path}`: any request, to any path below a provider's address, by any method (WIRE section 14).

The answer comes back as it is. By a quirk, a request for nothing but an event stream gets one whatever the provider
says: status 200, lines, and no header of the provider's.
"""

from __future__ import annotations

from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from ..connection import before_reads
from ..problems import Problem, passed_through, proxied
from ..providers.provider import Ask
from ..relay import HOP_BY_HOP, LineRelay, Mirror, lines_of
from ..request_body import read_body

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Scope

    from ..gateway import Gateway
    from ..providers.provider import Provider

__all__ = ["proxy"]

_EVENTS = "text/event-stream"
_JSON = "application/json"
_OURS = HOP_BY_HOP | {"content-length", "host", "proxy-authorization", "cookie", "origin"}
"""Of the client's connection, or of a browser, not of the request."""


async def proxy(gateway: Gateway, request: Request) -> Response:
    """The provider's own answer; neither the model lists nor, as a rule, the limits and deadlines apply."""
    provider = gateway.provider(request.path_params["provider"])
    quirks = gateway.quirks
    if quirks.proxy_events and _EVENTS in (request.headers.get("accept"), request.headers.get("content-type")):
        return await _event_stream(gateway, provider, request)
    forced = {"accept": _JSON, "content-type": _JSON} if quirks.proxy_json else {}
    headers = (*(pair for pair in _theirs(request) if pair[0] not in forced), *forced.items())
    ask = Ask(path=_path(request), method=request.method, headers=headers, body=await request.body(), patient=True)
    return Mirror(provider.exchange(ask), proxied)


async def _event_stream(gateway: Gateway, provider: Provider, request: Request) -> Response:
    try:
        body = await read_body(request, gateway.settings.max_body - 1)
    except Problem as problem:
        raise Problem(problem.status, problem.text, content_type=_EVENTS) from problem
    ask = Ask(path=_path(request), method=request.method, headers=_theirs(request), body=body)
    refused = partial(passed_through, quirks=gateway.quirks)
    return LineRelay(_lines(provider, ask, request.scope), refused, quirks=gateway.quirks, patient=False)


async def _lines(provider: Provider, ask: Ask, scope: Scope) -> AsyncGenerator[bytes]:
    async with provider.exchange(ask) as answer, aclosing(before_reads(scope, lines_of(answer))) as lines:
        async for line in lines:
            yield line


def _path(request: Request) -> str:
    """The path below the provider's address and the query; an encoded slash has become a plain one."""
    path = "/" + quote(request.path_params["path"], safe="/:@!$&'()*+,;=")
    query = request.url.query
    return f"{path}?{query}" if query else path


def _theirs(request: Request) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in request.headers.items() if pair[0] not in _OURS)
