"""Authentication of requests by a fixed token or an OIDC verifier."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Protocol

from .problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Authentication", "FixedToken", "TokenCheck"]


class FixedToken:
    """Accepts one token and no other, as a `TokenCheck`.

    Args:
        secret: The token.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    async def accepts(self, token: str) -> bool:
        """Whether this is the token; how long that takes says nothing about it."""
        return hmac.compare_digest(token.encode("utf-8", "surrogatepass"), self._secret)


_PREFIX = "Bearer "
_WANTED = 'Bearer realm="inference-gateway"'  # RFC 6750 section 3


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
        bare: Pass a token without the word before it, and do not say in a refusal that the word is wanted.
    """

    def __init__(self, app: ASGIApp, tokens: TokenCheck, is_open: Callable[[Scope], bool], *, bare: bool) -> None:
        self._app = app
        self._tokens = tokens
        self._is_open = is_open
        self._bare = bare

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http" or self._is_open(scope) or await self._is_good(_authorization(scope)):
            await self._app(scope, receive, send)
            return
        refusal = Problem.unauthorized()
        if not self._bare:
            refusal.headers = {"www-authenticate": _WANTED}
        await refusal.response()(scope, receive, send)

    async def _is_good(self, authorization: str) -> bool:
        token = authorization.removeprefix(_PREFIX)
        return (self._bare or token != authorization) and await self._tokens.accepts(token)


def _authorization(scope: Scope) -> str:
    values = (value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization")
    return next(values, "")
