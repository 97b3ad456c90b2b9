"""A request's `Authorization` turned into a pass or into the gateway's 401, before any endpoint sees it.

What a good token is, a `TokenCheck` says. The rest is WIRE section 5: the prefix is taken off to the letter, so that a
token without it is as good, and one behind `bearer` in lower case is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Authentication", "TokenCheck"]


class TokenCheck(Protocol):
    """Who tells good tokens from others."""

    async def accepts(self, token: str) -> bool:
        """Whether this token may pass."""
        ...


class Authentication:
    """An ASGI application that asks for a token before another one.

    Args:
        app: What is behind it.
        tokens: Which tokens are good.
        is_open: Whether a request needs none.
    """

    def __init__(self, app: ASGIApp, tokens: TokenCheck, is_open: Callable[[Scope], bool]) -> None:
        self._app = app
        self._tokens = tokens
        self._is_open = is_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http" or self._is_open(scope) or await self._tokens.accepts(_token(scope)):
            await self._app(scope, receive, send)
        else:
            await Problem.unauthorized().response()(scope, receive, send)


def _token(scope: Scope) -> str:
    values = (value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization")
    return next(values, "").removeprefix("Bearer ")
