"""A slash too many or too few at the end of a path turned into a redirection, as the real gateway's router does it.

It happens before anything else looks at the request, a token included (WIRE section 1).
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import Match, Route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Slashes"]


class Slashes:
    """An application that redirects to the path it serves.

    Args:
        app: What serves the routes.
        routes: Those that there are.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._routes = [route for route in routes if isinstance(route, Route)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or redirect."""
        app = self._app
        if scope["type"] == "http" and not self._serves(scope, scope["path"]):
            other = scope["path"].removesuffix("/") if scope["path"].endswith("/") else scope["path"] + "/"
            if self._serves(scope, other):
                app = _redirect(scope["method"], other, scope["query_string"].decode("latin-1"))
        await app(scope, receive, send)

    def _serves(self, scope: Scope, path: str) -> bool:
        return any(route.matches({**scope, "path": path})[0] is Match.FULL for route in self._routes)


def _redirect(method: str, path: str, query: str) -> Response:
    """301 with a page for GET, 307 for the others."""
    target = quote(path, safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else "")
    headers = {"location": target}
    if method in ("GET", "HEAD"):
        headers["content-type"] = "text/html; charset=utf-8"
    page = f'<a href="{html.escape(target)}">Moved Permanently</a>.\n\n' if method == "GET" else ""
    return Response(page, 301 if method == "GET" else 307, headers)
