"""`POST /v1/chat/completions`: one request to one provider, whole or streamed, as WIRE sections 3, 6, 8 and 9 say."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace
from starlette.responses import Response

from .. import go_json, problems
from ..chat_schema import ChatAnswer, ChatRequest, StreamOptions
from ..disconnect import while_connected
from ..line_relay import LineRelay
from ..narrow_floats import narrow_answer, narrow_request
from ..problems import Problem
from ..providers.catalogue import CATALOGUE
from ..providers.provider import ProviderError
from ..request_body import read_body
from ..routing import Route, admit, named_provider, route
from ..vision import without_pictures

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from ..gateway import Gateway
    from ..mcp.tool_loop import ChatProvider

__all__ = ["chat_completions", "choose", "failure", "read_chat", "respond", "streaming"]


async def chat_completions(gateway: Gateway, request: Request) -> Response:
    """The provider's answer, or the reason why there is none."""
    chat = await read_chat(request, gateway.settings.max_body, narrow=gateway.quirks.narrow_floats)
    target = choose(gateway, request, chat)
    admit(chat.model, gateway.settings)
    if gateway.settings.vision:
        chat = without_pictures(chat, f"{target.provider}/{target.model}")
    return await respond(gateway, request, chat, target, gateway.provider(target.provider))


def choose(gateway: Gateway, request: Request, chat: ChatRequest) -> Route:
    """Who answers: whom the query names, whose turn it is behind an alias, or whom the model's name says.

    Raises:
        Problem: None of them does.
    """
    named = named_provider(request)
    return (None if named else gateway.pools.select(chat.model)) or route(chat.model, named)


async def respond(
    gateway: Gateway, request: Request, chat: ChatRequest, target: Route, provider: ChatProvider
) -> Response:
    """The provider's answer to a chat that may be had.

    Raises:
        Problem: There is none.
    """
    problem = failure(gateway, request, target)
    if chat.stream:
        lines = provider.chat_stream(streaming(chat, target))
        return LineRelay(lines, problem, target.headers, quirks=gateway.quirks, patient=True)
    answering = _answer(provider, replace(chat, model=target.model), gateway)
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


def failure(gateway: Gateway, request: Request, target: Route) -> Callable[[ProviderError | TimeoutError], Problem]:
    """What a failure of the provider is to the client."""
    host, port = request.scope["server"]
    return partial(problems.from_provider, provider=target.provider, here=f"{host}:{port}", quirks=gateway.quirks)


async def read_chat(request: Request, limit: int, *, narrow: bool = False) -> ChatRequest:
    """The request; its numbers are rounded if they are to be narrow.

    Raises:
        Problem: It is too large, or not a chat request.
    """
    body = await read_body(request, limit)
    try:
        chat = go_json.read_first(body, ChatRequest)
        return narrow_request(chat) if narrow else chat
    except msgspec.DecodeError as error:
        raise Problem.bad_request() from error


def streaming(chat: ChatRequest, target: Route) -> ChatRequest:
    """The request with usage asked for, whatever the client said; two providers do not know the option."""
    options = StreamOptions(include_usage=True) if CATALOGUE[target.provider].stream_usage else None
    return replace(chat, model=target.model, stream_options=options)


async def _answer(provider: ChatProvider, chat: ChatRequest, gateway: Gateway) -> bytes:
    """The provider's answer, without what the gateway does not know.

    Raises:
        ProviderError: There was none.
        TimeoutError: It came too late.
        Problem: It was not an answer.
    """
    async with asyncio.timeout(gateway.settings.read_timeout):
        body = await provider.chat(chat)
    try:
        answer = go_json.read_first(body, ChatAnswer)
        if gateway.quirks.narrow_floats:
            narrow_answer(answer)
    except msgspec.DecodeError as error:
        raise problems.undecodable(error, body, quirks=gateway.quirks) from error
    if answer.choices is None and not gateway.quirks.hollow_answers:
        raise problems.hollow(body)
    return go_json.encode(answer)
