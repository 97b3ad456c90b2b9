"""`POST /v1/responses`: passed on to OpenAI and to nobody else (WIRE section 11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..problems import Problem
from .passing import pass_json

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ..gateway import Gateway
    from ..providers.provider import Provider

__all__ = ["responses"]


async def responses(gateway: Gateway, request: Request) -> Response:
    """The provider's answer, whole or as its typed events."""

    def choose(name: str) -> Provider:
        refusal = Problem.not_supported("The Responses API", " Use /v1/chat/completions instead.")
        return gateway.supporter(name, "responses", refusal)

    return await pass_json(gateway, request, "/responses", choose)
