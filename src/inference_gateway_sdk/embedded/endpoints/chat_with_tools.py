"""`POST /v1/chat/completions` of a gateway with MCP: its tools are offered in place of the client's, and run here.

Without tools to offer, or with the header `X-MCP-Bypass`, it is the plain endpoint. With them some refusals have other
words (WIRE sections 6 and 13).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..mcp.cut_stream import CutStream
from ..mcp.tool_loop import ToolLoop
from ..problems import Problem
from ..providers.local import LocalModel
from ..routing import admit, named_provider, route
from .chat import chat_completions, choose, failure, read_chat, respond, streaming

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ..chat_schema import ChatRequest
    from ..gateway import Gateway
    from ..mcp.offer import Offer
    from ..providers.provider import Provider
    from ..routing import Route

__all__ = ["chat_with_tools"]

_UNLIMITED = 2**63 - 1


async def chat_with_tools(gateway: Gateway, request: Request) -> Response:
    """The answer that a model comes to with the gateway's tools, or the reason why there is none."""
    if request.headers.get("x-mcp-bypass") or not gateway.tools.configured:
        return await chat_completions(gateway, request)
    offer = gateway.tools.offer()
    if offer is not None:
        return await _answered(gateway, request, offer)
    if gateway.quirks.mcp_swallows_body:
        raise Problem.bad_request()
    return await chat_completions(gateway, request)


async def _answered(gateway: Gateway, request: Request, offer: Offer) -> Response:
    quirks = gateway.quirks
    chat = await _read(request, _UNLIMITED if quirks.mcp_shortcuts else gateway.settings.max_body)
    target = _target(gateway, request, chat)
    provider = _provider(gateway, target.provider)
    if not (quirks.mcp_shortcuts and chat.stream):
        admit(chat.model, gateway.settings)
    if isinstance(provider, LocalModel):  # it takes no tools
        return await respond(gateway, request, chat, target, provider)
    problem = failure(gateway, request, target)
    if quirks.mcp_cut_turns and chat.stream:
        return CutStream(provider, streaming(chat, target), offer, problem)
    return await respond(gateway, request, chat, target, ToolLoop(provider, offer, problem))


async def _read(request: Request, limit: int) -> ChatRequest:
    try:
        return await read_chat(request, limit)
    except Problem as problem:
        if problem.status != 400:
            raise
        raise Problem(400, "Invalid request body") from problem


def _target(gateway: Gateway, request: Request, chat: ChatRequest) -> Route:
    try:
        if gateway.quirks.mcp_shortcuts:
            return route(chat.model, named_provider(request))
        return choose(gateway, request, chat)
    except Problem as problem:
        raise Problem(400, f"Unsupported model: {chat.model}") from problem


def _provider(gateway: Gateway, name: str) -> Provider:
    try:
        return gateway.provider(name)
    except Problem as problem:
        raise Problem(500, "Provider not available") from problem
