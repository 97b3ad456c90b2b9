"""The ASGI application: routes, middleware and error handling."""

from __future__ import annotations

import html
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route

from .access_control import Authentication, OriginCheck
from .client_connection import ClientLeft, ReadDeadline, WriteDeadline, reset_after_answer
from .endpoints.chat import chat_with_tools
from .endpoints.gateway import health, list_models, push_metrics
from .endpoints.mcp import handle_mcp, list_tools, resource_url, serves_metadata, token_metadata
from .endpoints.pass_through import (
    SOUNDS,
    edit_image,
    generate_image,
    make_sound,
    messages,
    proxy,
    responses,
    vary_image,
)
from .endpoints.videos import create_video, download_video, retrieve_video
from .guardrails import GuardrailCheck
from .problems import Problem
from .settings import normal_origin

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

    from .gateway import Gateway

__all__ = ["Slashes", "create_app"]


class Slashes:
    """ASGI middleware that redirects to a served path with or without a trailing slash.

    Args:
        app: The application with the routes.
        routes: The application's routes.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._routes = [route for route in routes if isinstance(route, Route)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or redirect it."""
        app = self._app
        if scope["type"] == "http" and not self._serves(scope, scope["path"]):
            other = scope["path"].removesuffix("/") if scope["path"].endswith("/") else scope["path"] + "/"
            if self._serves(scope, other):
                app = _redirect(scope["method"], other, scope["query_string"].decode("latin-1"))
        await app(scope, receive, send)

    def _serves(self, scope: Scope, path: str) -> bool:
        return any(route.matches({**scope, "path": path})[0] is Match.FULL for route in self._routes)


def _redirect(method: str, path: str, query: str) -> Response:
    """Return a 301 with a page for GET, or a 307 for other methods."""
    target = quote(path, safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else "")
    headers = {"location": target}
    if method in ("GET", "HEAD"):
        headers["content-type"] = "text/html; charset=utf-8"
    page = f'<a href="{html.escape(target)}">Moved Permanently</a>.\n\n' if method == "GET" else ""
    return Response(page, 301 if method == "GET" else 307, headers)


_PROXIED = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE")
_AHEAD = 4096  # bytes that Go's server reads ahead of the handler


def create_app(gateway: Gateway) -> Starlette:
    """Create the application. Its lifespan starts and stops the providers."""
    routes = [
        _route("GET", "/health", health),
        _route("GET", "/v1/models", partial(list_models, gateway)),
        _route("POST", "/v1/chat/completions", partial(chat_with_tools, gateway)),
        _route("POST", "/v1/messages", partial(messages, gateway)),
        _route("POST", "/v1/responses", partial(responses, gateway)),
        _route("POST", "/v1/images/generations", partial(generate_image, gateway)),
        _route("POST", "/v1/images/edits", partial(edit_image, gateway)),
        _route("POST", "/v1/images/variations", partial(vary_image, gateway)),
        *(_route("POST", f"/v1/audio/{kind}", partial(make_sound, gateway, kind)) for kind in SOUNDS),
        _route("POST", "/v1/videos", partial(create_video, gateway)),
        _route("GET", "/v1/videos/{video_id}", partial(retrieve_video, gateway)),
        _route("GET", "/v1/videos/{video_id}/content", partial(download_video, gateway)),
        _route("GET", "/v1/mcp/tools", partial(list_tools, gateway)),
        *(_route(method, "/mcp", partial(handle_mcp, gateway)) for method in ("POST", "GET", "DELETE")),
        _route("GET", _METADATA, partial(token_metadata, gateway)),
        _route("POST", "/v1/metrics", partial(push_metrics, gateway)),
        *(
            _route(method, f"/proxy/{provider}/{{path:path}}", partial(proxy, gateway))
            for method in _PROXIED
            for provider in ("{provider}", "")  # Go's router takes an empty name for a provider's
        ),
    ]
    app = Starlette(
        routes=routes,
        exception_handlers={
            404: _no_route,
            405: _no_route,
            Problem: partial(_problem, gateway),
            ClientLeft: _client_left,
            ClientDisconnect: _client_left,
        },
        middleware=_middleware(gateway, routes),
        lifespan=partial(_lifespan, gateway),
    )
    app.router.redirect_slashes = False
    return app


@asynccontextmanager
async def _lifespan(gateway: Gateway, _: Starlette) -> AsyncGenerator[None]:
    try:
        for provider in gateway.providers.values():
            await provider.start()
        await gateway.tools.start()
        yield
    finally:
        await gateway.tools.stop()
        for provider in gateway.providers.values():
            await provider.stop()


def _route(method: str, path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    """Return a route for one method."""
    route = Route(path, endpoint)
    route.methods = {method}  # without the HEAD that Starlette adds to GET
    return route


def _middleware(gateway: Gateway, routes: Sequence[Route]) -> list[Middleware]:
    """Return the middleware, outermost first."""
    settings = gateway.settings
    middleware = [Middleware(OriginCheck, settings.host, settings.allowed_hosts, settings.allowed_origins)]
    if settings.allowed_origins:
        origins = [found for origin in settings.allowed_origins if (found := normal_origin(origin))]
        middleware.append(Middleware(CORSMiddleware, allow_origins=origins, allow_methods=["*"], allow_headers=["*"]))
    middleware.append(Middleware(Slashes, routes))
    if gateway.quirks.write_deadline:
        middleware.append(Middleware(WriteDeadline, gateway.settings.write_timeout))
    if gateway.tokens:
        bare = gateway.quirks.bare_tokens
        metadata = partial(_token_metadata, gateway)
        middleware.append(Middleware(Authentication, gateway.tokens, _is_open, bare=bare, metadata=metadata))
    middleware.append(Middleware(ReadDeadline, settings.read_timeout))
    if settings.guardrails:
        middleware.append(Middleware(GuardrailCheck, settings.guardrails, settings.max_body))
    return middleware


_METADATA = "/.well-known/oauth-protected-resource/mcp"


def _is_open(scope: Scope) -> bool:
    """Return whether a request needs no token: for the health endpoint and the token metadata."""
    return scope["path"] in ("/health", _METADATA)


def _token_metadata(gateway: Gateway, scope: Scope) -> str | None:
    """Return the address of the token metadata for a request to `/mcp`, where they are served."""
    if scope["path"] != "/mcp" or not serves_metadata(gateway):
        return None
    parts = urlsplit(resource_url(gateway, Request(scope)))
    return f"{parts.scheme}://{parts.netloc}{_METADATA}"


async def _no_route(_: Request, __: Exception) -> Response:
    """Return the 404 of an unknown path or a wrong method (gateway-behaviour.md#routes)."""
    return Problem.no_route().response()


async def _problem(gateway: Gateway, request: Request, problem: Exception) -> Response:
    if not isinstance(problem, Problem):
        raise problem
    if problem.unread > _AHEAD and gateway.quirks.refusals_reset:
        reset_after_answer(request.scope)
    return problem.response()


async def _client_left(_: Request, __: Exception) -> Response:
    """Return a response that the server drops, as the connection is closed."""
    return Response(status_code=499)
