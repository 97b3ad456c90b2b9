"""`POST /v1/messages`: Anthropic's own dialect, passed on to Anthropic and to nobody else (WIRE section 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..problems import MessagesProblem, Problem
from .passing import pass_json

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ..gateway import Gateway
    from ..providers.provider import Provider

__all__ = ["messages"]


async def messages(gateway: Gateway, request: Request) -> Response:
    """The provider's answer; where the gateway itself says no, it does so in the dialect's envelope."""

    def choose(name: str) -> Provider:
        return gateway.supporter(name, "messages", Problem.not_supported("The Messages API"))

    try:
        return await pass_json(gateway, request, "/messages", choose, MessagesProblem.of)
    except Problem as problem:
        raise MessagesProblem.of(problem) from problem
