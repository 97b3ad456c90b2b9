"""The embedded gateway as an ASGI application: paths to endpoints, and what goes wrong to the gateway's own errors.

For development and tests: it answers as the real gateway does where that is known (docs/embedded.md says where not).
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route

from .disconnect import ClientLeft
from .endpoints.audio import SOUNDS, make_sound
from .endpoints.chat import chat_completions
from .endpoints.health import health
from .endpoints.images import edit_image, generate_image, vary_image
from .endpoints.mcp import list_tools
from .endpoints.messages import messages
from .endpoints.metrics import push_metrics
from .endpoints.models import list_models
from .endpoints.proxy import proxy
from .endpoints.responses import responses
from .problems import Problem

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from starlette.requests import Request

    from .gateway import Gateway

__all__ = ["create_app"]


def create_app(gateway: Gateway) -> Starlette:
    """The application; its lifespan starts and stops the providers."""
    app = Starlette(
        routes=[
            _route("GET", "/health", health),
            _route("GET", "/v1/models", partial(list_models, gateway)),
            _route("POST", "/v1/chat/completions", partial(chat_completions, gateway)),
            _route("POST", "/v1/messages", partial(messages, gateway)),
            _route("POST", "/v1/responses", partial(responses, gateway)),
            _route("POST", "/v1/images/generations", partial(generate_image, gateway)),
            _route("POST", "/v1/images/edits", partial(edit_image, gateway)),
            _route("POST", "/v1/images/variations", partial(vary_image, gateway)),
            *(_route("POST", f"/v1/audio/{kind}", partial(make_sound, gateway, kind)) for kind in SOUNDS),
            _route("GET", "/v1/mcp/tools", partial(list_tools, gateway)),
            _route("POST", "/v1/metrics", partial(push_metrics, gateway)),
            _route(None, "/proxy/{provider}/{path:path}", partial(proxy, gateway)),
        ],
        exception_handlers={
            404: _no_route,
            405: _no_route,
            Problem: _problem,
            ClientLeft: _nobody,
            ClientDisconnect: _nobody,
        },
        lifespan=partial(_lifespan, gateway),
    )
    app.router.redirect_slashes = False
    return app


@asynccontextmanager
async def _lifespan(gateway: Gateway, _: Starlette) -> AsyncGenerator[None]:
    try:
        for provider in gateway.providers.values():
            await provider.start()
        yield
    finally:
        for provider in gateway.providers.values():
            await provider.stop()


def _route(method: str | None, path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    """The route of one method, or of every method there is."""
    route = Route(path, endpoint)
    route.methods = {method} if method else None  # without the HEAD that comes with GET: the gateway knows none
    return route


async def _no_route(request: Request, _: Exception) -> Response:
    """The 404 of an unknown path and of a wrong method; a trailing slash too many is redirected (WIRE section 1)."""
    path = request.url.path.removesuffix("/")
    if path == request.url.path or not _serves(request.app, request.method, path):
        return Problem.no_route().response()
    target = f"{path}?{request.url.query}" if request.url.query else path
    if request.method != "GET":
        return Response(status_code=307, headers={"location": target})
    page = f'<a href="{target}">Moved Permanently</a>.\n\n'
    return Response(page, 301, {"location": target, "content-type": "text/html; charset=utf-8"})


def _serves(app: Starlette, method: str, path: str) -> bool:
    return any(
        isinstance(route, Route) and route.path == path and method in (route.methods or ()) for route in app.routes
    )


async def _problem(_: Request, problem: Exception) -> Response:
    if not isinstance(problem, Problem):
        raise problem
    return problem.response()


async def _nobody(_: Request, __: Exception) -> Response:
    """What the server drops, for the connection is gone."""
    return Response(status_code=499)
