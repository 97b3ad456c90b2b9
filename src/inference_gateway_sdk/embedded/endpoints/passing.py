"""Endpoints passed on to one provider: Messages, Responses and audio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..problems import MessagesProblem, Problem, passed_through
from ..providers.catalogue import CATALOGUE
from ..providers.provider import Ask, Provider, ProviderError
from ..providers.relay import USER_AGENT
from ..relay import PassThrough
from ..request_body import PassedBody, read_body
from ..routing import admit, named_provider, route_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from ..gateway import Gateway

__all__ = ["SOUNDS", "make_sound", "messages", "pass_form", "pass_json", "responses"]


_EVENTS = "text/event-stream"


async def pass_json(
    gateway: Gateway,
    request: Request,
    path: str,
    choose: Callable[[str], Provider],
    envelope: Callable[[Problem], Problem] | None = None,
    *,
    unnamed: Problem | None = None,
    streams: bool = True,
) -> Response:
    """The provider's own answer to a JSON body.

    Args:
        gateway: Whose settings apply.
        request: With the model's name in its body, or the provider's in its query.
        path: Where the body goes, below the provider's address.
        choose: The provider of an id, or a `Problem`.
        envelope: What becomes of the problem when there is no answer; None for nothing.
        unnamed: The refusal of a request that names neither model nor provider; None for the usual one.
        streams: An event stream is handed on line by line.

    Raises:
        Problem: The gateway itself says no.
    """
    body = PassedBody(await read_body(request, gateway.settings.max_body - 1))  # the limit itself is too much (WIRE 4)
    named = named_provider(request)
    if unnamed and not body.model and not named:
        raise unnamed
    target = route_model(body.model, named)
    admit(body.model, gateway.settings)
    provider = choose(target.provider)
    ask = Ask(
        path=path, headers=_passed_headers("application/json", stream=body.stream), body=body.with_model(target.model)
    )
    return _passed_answer(gateway, provider, ask, envelope, streams=streams)


def pass_form(gateway: Gateway, provider: Provider, path: str, content_type: str, form: bytes) -> Response:
    """The provider's own answer to a form."""
    ask = Ask(path=path, headers=_passed_headers(content_type, stream=False), body=form)
    return _passed_answer(gateway, provider, ask, None, streams=not gateway.quirks.whole_images)


def _passed_answer(
    gateway: Gateway, provider: Provider, ask: Ask, envelope: Callable[[Problem], Problem] | None, *, streams: bool
) -> Response:
    quirks = gateway.quirks

    def problem(error: ProviderError | TimeoutError) -> Problem:
        plain = passed_through(error, quirks=quirks)
        return envelope(plain) if envelope else plain

    streamed = streams and ask.header("accept") == _EVENTS  # which has no deadline as a whole (WIRE section 4)
    seconds = None if streamed else gateway.settings.read_timeout
    return PassThrough(provider.exchange(ask), seconds, problem, quirks=quirks, streams=streams)


def _passed_headers(content_type: str, *, stream: bool) -> tuple[tuple[str, str], ...]:
    """What a provider sees: nothing of the client's own headers (WIRE section 2)."""
    accept = _EVENTS if stream else "application/json"
    return (("content-type", content_type), ("accept", accept), ("user-agent", USER_AGENT))


async def messages(gateway: Gateway, request: Request) -> Response:
    """The provider's answer; where the gateway itself says no, it does so in the dialect's envelope."""

    def choose(name: str) -> Provider:
        return gateway.supporter(name, "messages", Problem.not_supported("The Messages API"))

    try:
        return await pass_json(gateway, request, "/messages", choose, MessagesProblem.of)
    except Problem as problem:
        raise MessagesProblem.of(problem) from problem


async def responses(gateway: Gateway, request: Request) -> Response:
    """The provider's answer, whole or as its typed events."""

    def choose(name: str) -> Provider:
        refusal = Problem.not_supported("The Responses API", " Use /v1/chat/completions instead.")
        return gateway.supporter(name, "responses", refusal)

    return await pass_json(gateway, request, "/responses", choose)


SOUNDS = ("speech", "sfx", "music")
"""What can be asked for."""

_NAMES = {"speech": "The Audio API", "sfx": "Sound effect generation", "music": "Music generation"}


async def make_sound(gateway: Gateway, kind: str, request: Request) -> Response:
    """The sound's bytes as they come; `kind` is one of `SOUNDS`."""
    if not gateway.settings.audio:
        raise Problem.no_route()

    def choose(name: str) -> Provider:
        provider = gateway.provider(name)
        if kind not in CATALOGUE[name].endpoints:
            raise Problem.not_supported(_NAMES[kind])
        return provider

    return await pass_json(gateway, request, f"/audio/{kind}", choose)
