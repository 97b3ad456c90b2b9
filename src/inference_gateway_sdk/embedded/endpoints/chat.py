"""POST /v1/chat/completions, with and without the gateway's own tools."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace
from starlette.responses import Response

from .. import go_json, problems
from ..chat_schema import ChatRequest, ChatResponse, StreamOptions, narrow_answer, narrow_request, without_pictures
from ..client_connection import while_connected
from ..forwarding import LineRelay
from ..mcp.tool_loop import CutStream, ToolLoop
from ..problems import Problem
from ..providers.catalogue import CATALOGUE
from ..providers.local import LocalModel
from ..providers.provider import ProviderError
from ..request_body import read_body
from ..request_log import note_target
from ..routing import ModelRoute, admit, named_provider, route_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from ..gateway import Gateway
    from ..mcp.offer import Offer
    from ..mcp.tool_loop import ChatProvider
    from ..providers.provider import ModelProvider

__all__ = ["chat_completions", "chat_with_tools", "choose", "failure", "read_chat", "respond_to_chat", "streaming"]


async def chat_completions(gateway: Gateway, request: Request) -> Response:
    """Answer a chat request without tools."""
    chat = await read_chat(request, gateway.settings.max_body, narrow=gateway.quirks.narrow_floats)
    target = choose(gateway, request, chat)
    admit(chat.model, gateway.settings)
    if gateway.settings.vision:
        chat = without_pictures(chat, f"{target.provider}/{target.model}")
    return await respond_to_chat(gateway, request, chat, target, gateway.provider(target.provider))


def choose(gateway: Gateway, request: Request, chat: ChatRequest) -> ModelRoute:
    """Choose the provider and model: from the query, else from an alias, else from the model's name.

    Raises:
        Problem: None of them names a provider.
    """
    named = named_provider(request)
    note_target(request.scope, named, chat.model)  # a refusal is logged with what was asked
    target = (None if named else gateway.pools.select(chat.model)) or route_model(chat.model, named)
    note_target(request.scope, target.provider, target.model)
    return target


async def respond_to_chat(
    gateway: Gateway, request: Request, chat: ChatRequest, target: ModelRoute, provider: ChatProvider
) -> Response:
    """Answer a chat with a chosen provider.

    Raises:
        Problem: The provider gave no usable answer.
    """
    problem = failure(gateway, request, target)
    if chat.stream:
        lines = provider.chat_stream(streaming(chat, target))
        settings = gateway.settings
        silence = settings.write_timeout if gateway.quirks.self_calls and settings.tls_cert else None
        return LineRelay(lines, problem, target.headers, quirks=gateway.quirks, patient=True, silence=silence)
    answering = _chat_answer(provider, replace(chat, model=target.model), gateway)
    try:
        answer = await while_connected(request.receive, answering)
    except Problem as unread:
        unread.headers = target.headers
        raise
    except (ProviderError, TimeoutError) as error:
        refusal = problem(error)
        refusal.headers = target.headers
        raise refusal from error
    return Response(answer, headers={**target.headers, "content-type": "application/json"})


def failure(
    gateway: Gateway, request: Request, target: ModelRoute
) -> Callable[[ProviderError | TimeoutError], Problem]:
    """Return a function that converts a failure of the provider to an error for the client."""
    host, port = request.scope["server"]
    return partial(problems.from_provider, provider=target.provider, here=f"{host}:{port}", quirks=gateway.quirks)


async def read_chat(request: Request, limit: int, *, narrow: bool = False) -> ChatRequest:
    """Read a chat request, with its floats rounded to 32 bits if `narrow`.

    Raises:
        Problem: The body is too large, or not a chat request.
    """
    body = await read_body(request, limit)
    try:
        chat = go_json.read_first(body, ChatRequest)
        return narrow_request(chat) if narrow else chat
    except msgspec.DecodeError as error:
        raise Problem.bad_request() from error


def streaming(chat: ChatRequest, target: ModelRoute) -> ChatRequest:
    """Return the request with usage reports requested. Two providers do not support the option."""
    options = StreamOptions(include_usage=True) if CATALOGUE[target.provider].stream_usage else None
    return replace(chat, model=target.model, stream_options=options)


async def _chat_answer(provider: ChatProvider, chat: ChatRequest, gateway: Gateway) -> bytes:
    """Return the provider's answer without the fields that the gateway does not know.

    Raises:
        ProviderError: The provider did not answer.
        TimeoutError: The answer came too late.
        Problem: The answer is not a chat response.
    """
    async with asyncio.timeout(gateway.settings.read_timeout):
        body = await provider.chat(chat)
    try:
        answer = go_json.read_first(body, ChatResponse)
        if gateway.quirks.narrow_floats:
            narrow_answer(answer)
    except msgspec.DecodeError as error:
        raise problems.undecodable(error, body, quirks=gateway.quirks) from error
    if answer.choices is None and not gateway.quirks.hollow_answers:
        raise problems.without_choices(body)
    return go_json.encode(answer)


_UNLIMITED = 2**63 - 1


async def chat_with_tools(gateway: Gateway, request: Request) -> Response:
    """Answer a chat request with the gateway's tools, if there are any."""
    if request.headers.get("x-mcp-bypass") or not gateway.tools.configured:
        return await chat_completions(gateway, request)
    offer = gateway.tools.offer()
    if offer is not None:
        return await _tool_answer(gateway, request, offer)
    if gateway.quirks.mcp_swallows_body:
        await _read_tools_body(request, _UNLIMITED)
        raise Problem.bad_request()
    return await chat_completions(gateway, request)


async def _tool_answer(gateway: Gateway, request: Request, offer: Offer) -> Response:
    quirks = gateway.quirks
    chat = await _read_tools_body(request, _UNLIMITED if quirks.mcp_shortcuts else gateway.settings.max_body)
    target = _tools_target(gateway, request, chat)
    provider = _tools_provider(gateway, target.provider)
    if not (quirks.mcp_shortcuts and chat.stream):
        admit(chat.model, gateway.settings)
    if isinstance(provider, LocalModel):  # it would call one after every message
        return await respond_to_chat(gateway, request, chat, target, provider)
    problem = failure(gateway, request, target)
    if quirks.mcp_cut_turns and chat.stream:
        return CutStream(provider, streaming(chat, target), offer, problem)
    return await respond_to_chat(gateway, request, chat, target, ToolLoop(provider, offer, problem))


async def _read_tools_body(request: Request, limit: int) -> ChatRequest:
    try:
        return await read_chat(request, limit)
    except Problem as problem:
        if problem.status != 400:
            raise
        raise Problem(400, "Invalid request body") from problem


def _tools_target(gateway: Gateway, request: Request, chat: ChatRequest) -> ModelRoute:
    try:
        if gateway.quirks.mcp_shortcuts:
            return route_model(chat.model, named_provider(request))
        return choose(gateway, request, chat)
    except Problem as problem:
        raise Problem(400, f"Unsupported model: {chat.model}") from problem


def _tools_provider(gateway: Gateway, name: str) -> ModelProvider:
    try:
        return gateway.provider(name)
    except Problem as problem:
        raise Problem(500, "Provider not available") from problem
