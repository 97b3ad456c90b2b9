"""Endpoints that pass a request on to one provider: Messages, Responses, audio, images and `/proxy`."""

from __future__ import annotations

from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from ..client_connection import before_reads
from ..forwarding import HOP_BY_HOP, LineRelay, Mirror, PassThrough, lines_of
from ..multipart import Form, FormError
from ..problems import CHAT_EXAMPLE, IMAGE_EXAMPLE, MessagesProblem, Problem, passed_through, proxied
from ..providers.catalogue import CATALOGUE
from ..providers.http_provider import USER_AGENT
from ..providers.provider import ModelProvider, ProviderError, ProviderRequest
from ..request_body import PassedBody, read_body
from ..request_log import note_target
from ..routing import admit, named_provider, route_model

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Scope

    from ..gateway import Gateway

__all__ = [
    "SOUNDS",
    "edit_image",
    "generate_image",
    "make_sound",
    "messages",
    "pass_form",
    "pass_json",
    "pass_on",
    "proxy",
    "responses",
    "vary_image",
]


_EVENTS = "text/event-stream"


async def pass_json(
    gateway: Gateway,
    request: Request,
    path: str,
    choose: Callable[[str], ModelProvider],
    envelope: Callable[[Problem], Problem] | None = None,
    *,
    example: str = CHAT_EXAMPLE,
    unnamed: Problem | None = None,
    streams: bool = True,
) -> Response:
    """Pass a JSON request on and return the provider's answer.

    Args:
        gateway: The gateway.
        request: A request with the model's name in its body, or the provider's in its query.
        path: The path of the endpoint below the provider's address.
        choose: Return the provider of an id, or raise a `Problem`.
        envelope: Convert the error of a failed request; None for no conversion.
        example: A model that the refusal of an unknown one names.
        unnamed: The refusal of a request that names neither model nor provider; None for the usual one.
        streams: Pass an event stream on line by line.

    Raises:
        Problem: The gateway refuses the request.
    """
    body = PassedBody(await read_body(request, gateway.settings.max_body - 1))  # a body of the limit is too large
    named = named_provider(request)
    if unnamed and not body.model and not named:
        raise unnamed
    note_target(request.scope, named, body.model)
    target = route_model(body.model, named, example)
    note_target(request.scope, target.provider, target.model)
    admit(body.model, gateway.settings)
    provider = choose(target.provider)
    outgoing = ProviderRequest(
        path=path, headers=_forward_headers("application/json", stream=body.stream), body=body.with_model(target.model)
    )
    return _forward(gateway, provider, outgoing, envelope, streams=streams)


def pass_form(gateway: Gateway, provider: ModelProvider, path: str, content_type: str, form: bytes) -> Response:
    """Pass a form on and return the provider's answer."""
    outgoing = ProviderRequest(path=path, headers=_forward_headers(content_type, stream=False), body=form)
    return _forward(gateway, provider, outgoing, None, streams=not gateway.quirks.whole_images)


def pass_on(gateway: Gateway, provider: ModelProvider, outgoing: ProviderRequest) -> Response:
    """Pass a request without a body on and return the provider's answer."""
    return _forward(gateway, provider, outgoing, None, streams=False)


def _forward(
    gateway: Gateway,
    provider: ModelProvider,
    outgoing: ProviderRequest,
    envelope: Callable[[Problem], Problem] | None,
    *,
    streams: bool,
) -> Response:
    quirks = gateway.quirks

    def problem(error: ProviderError | TimeoutError) -> Problem:
        plain = passed_through(error, quirks=quirks)
        return envelope(plain) if envelope else plain

    # a streamed answer has no deadline as a whole (gateway-behaviour.md#limits-and-timeouts)
    streamed = streams and outgoing.header("accept") == _EVENTS
    seconds = None if streamed else gateway.settings.read_timeout
    return PassThrough(provider.exchange(outgoing), seconds, problem, quirks=quirks, streams=streams)


def _forward_headers(content_type: str, *, stream: bool) -> tuple[tuple[str, str], ...]:
    """Return the headers for a provider. None of the client's is passed on.

    See gateway-behaviour.md#middleware-and-the-inner-hop.
    """
    accept = _EVENTS if stream else "application/json"
    return (("content-type", content_type), ("accept", accept), ("user-agent", USER_AGENT))


async def messages(gateway: Gateway, request: Request) -> Response:
    """Pass a Messages request on. The gateway's own errors have the dialect's envelope."""

    def choose(name: str) -> ModelProvider:
        return gateway.provider_for(name, "messages", Problem.not_supported("The Messages API"))

    try:
        return await pass_json(
            gateway, request, "/messages", choose, MessagesProblem.of, example="anthropic/claude-sonnet-4-5"
        )
    except Problem as problem:
        raise MessagesProblem.of(problem) from problem


async def responses(gateway: Gateway, request: Request) -> Response:
    """Pass a Responses request on."""

    def choose(name: str) -> ModelProvider:
        refusal = Problem.not_supported("The Responses API", " Use /v1/chat/completions instead.")
        return gateway.provider_for(name, "responses", refusal)

    return await pass_json(gateway, request, "/responses", choose, example="openai/gpt-4o")


SOUNDS = ("speech", "sfx", "music")
"""The kinds of audio endpoints."""

_NAMES = {"speech": "The Audio API", "sfx": "Sound effect generation", "music": "Music generation"}


async def make_sound(gateway: Gateway, kind: str, request: Request) -> Response:
    """Pass an audio request on; `kind` is one of `SOUNDS`."""
    if not gateway.settings.audio or gateway.quirks.older_routes:
        raise Problem.no_route()

    def choose(name: str) -> ModelProvider:
        provider = gateway.provider(name)
        if kind not in CATALOGUE[name].endpoints:
            raise Problem.not_supported(_NAMES[kind])
        return provider

    return await pass_json(gateway, request, f"/audio/{kind}", choose)


async def generate_image(gateway: Gateway, request: Request) -> Response:
    """Pass a request for generated images on."""
    _check_images_enabled(gateway)
    choose = partial(_image_provider, gateway)
    streams = not gateway.quirks.whole_images
    return await pass_json(
        gateway,
        request,
        "/images/generations",
        choose,
        example=IMAGE_EXAMPLE,
        unnamed=Problem.no_provider_named(),
        streams=streams,
    )


async def edit_image(gateway: Gateway, request: Request) -> Response:
    """Pass a request for an edited image on."""
    _check_images_enabled(gateway)
    form = await _image_form(gateway, request)
    if not form.text("prompt").strip():
        raise Problem(400, "The 'prompt' field is required.")
    return _pass_image_form(gateway, request, "/images/edits", form)


async def vary_image(gateway: Gateway, request: Request) -> Response:
    """Pass a request for variations of an image on."""
    _check_images_enabled(gateway)
    return _pass_image_form(gateway, request, "/images/variations", await _image_form(gateway, request))


def _check_images_enabled(gateway: Gateway) -> None:
    """Return if images are enabled, which is checked before anything else."""
    if not gateway.settings.images:
        raise Problem(404, "The Images API is not enabled. Set ENABLE_IMAGES=true to enable it.")


async def _image_form(gateway: Gateway, request: Request) -> Form:
    """Read the form and check that it has an image.

    Raises:
        Problem: The body is too large or not a form, or the form has no image.
    """
    body = await read_body(request, gateway.settings.max_body)
    try:
        form = Form.parse(request.headers.get("content-type", ""), body)
    except FormError as error:
        raise Problem(400, "Failed to parse multipart/form-data request") from error
    if not form.has_file("image", "image[]"):
        raise Problem(400, "The 'image' file is required.")
    return form


def _pass_image_form(gateway: Gateway, request: Request, path: str, form: Form) -> Response:
    model, provider = form.text("model"), named_provider(request)
    if not model and not provider:
        raise Problem.no_provider_named()
    target = route_model(model, provider, IMAGE_EXAMPLE)
    note_target(request.scope, target.provider, target.model)
    admit(model, gateway.settings)
    content_type, data = form.with_text("model", target.model).encode()
    return pass_form(gateway, _image_provider(gateway, target.provider), path, content_type, data)


def _image_provider(gateway: Gateway, name: str) -> ModelProvider:
    """Return the provider. Here its key is checked before its endpoints (gateway-behaviour.md#errors)."""
    provider = gateway.provider(name)
    if "images" not in CATALOGUE[name].endpoints:
        raise Problem.not_supported("The Images API")
    return provider


_MAX_PROXIED = 128 * 1024 * 1024  # bytes of a request's body, which is held in memory
_JSON = "application/json"
_OURS = HOP_BY_HOP | {"content-length", "host", "proxy-authorization", "cookie", "origin"}
"""Headers of the client's connection, or of a browser, that are not passed on."""


async def proxy(gateway: Gateway, request: Request) -> Response:
    """Pass any request on. Model lists do not apply, and `max_body` and deadlines only with some quirks.

    Raises:
        Problem: The gateway refuses the request.
    """
    name = request.path_params.get("provider", "")
    note_target(request.scope, name, None)
    provider = gateway.provider(name)
    if not {".", ".."}.isdisjoint(request.path_params.get("path", "").split("/")):
        raise Problem(400, "The path must not leave the provider's API: it has a segment . or ..")
    quirks = gateway.quirks
    if quirks.proxy_events and _EVENTS in (request.headers.get("accept"), request.headers.get("content-type")):
        return await _event_stream(gateway, provider, request)
    forced = {"accept": _JSON, "content-type": _JSON} if quirks.proxy_json else {}
    headers = (*(pair for pair in _proxy_headers(request) if pair[0] not in forced), *forced.items())
    outgoing = ProviderRequest(
        path=_proxy_path(request),
        method=request.method,
        headers=headers,
        body=await read_body(request, _MAX_PROXIED),
        patient=True,
    )
    return Mirror(provider.exchange(outgoing), proxied)


async def _event_stream(gateway: Gateway, provider: ModelProvider, request: Request) -> Response:
    try:
        body = await read_body(request, gateway.settings.max_body - 1)
    except Problem as problem:
        raise Problem(problem.status, problem.text, content_type=_EVENTS) from problem
    outgoing = ProviderRequest(
        path=_proxy_path(request), method=request.method, headers=_proxy_headers(request), body=body
    )
    refused = partial(passed_through, quirks=gateway.quirks)
    return LineRelay(_proxy_lines(provider, outgoing, request.scope), refused, quirks=gateway.quirks, patient=False)


async def _proxy_lines(provider: ModelProvider, outgoing: ProviderRequest, scope: Scope) -> AsyncGenerator[bytes]:
    async with provider.exchange(outgoing) as answer, aclosing(before_reads(scope, lines_of(answer))) as lines:
        async for line in lines:
            yield line


def _proxy_path(request: Request) -> str:
    """Return the path below the provider's address with the query. An encoded slash is passed on decoded."""
    path = "/" + quote(request.path_params["path"], safe="/:@$&+,;=")  # as Go writes a path
    query = request.scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _proxy_headers(request: Request) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in request.headers.items() if pair[0] not in _OURS)
