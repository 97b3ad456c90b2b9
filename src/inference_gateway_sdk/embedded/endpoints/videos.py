"""The video endpoints: jobs are started, asked for and downloaded at the provider. The gateway stores none."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from ..multipart import Form, FormError
from ..problems import Problem
from ..providers.catalogue import CATALOGUE
from ..providers.http_provider import USER_AGENT
from ..providers.provider import ProviderRequest
from ..request_body import read_body
from ..routing import admit, named_provider, route_model
from .pass_through import pass_form, pass_on

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ..gateway import Gateway
    from ..providers.provider import ModelProvider

__all__ = ["create_video", "download_video", "retrieve_video"]

_EXAMPLE = "elevenlabs/veo-3.1-fast"


async def create_video(gateway: Gateway, request: Request) -> Response:
    """Pass the form of a new job on.

    Raises:
        Problem: Videos are disabled, the body is too large or not a form, or no provider can take it.
    """
    _check_enabled(gateway)
    body = await read_body(request, gateway.settings.max_body)
    try:
        form = Form.parse(request.headers.get("content-type", ""), body)
    except FormError as error:
        raise Problem(400, "Failed to parse multipart/form-data request") from error
    model = form.text("model")
    if not model:
        raise Problem(400, "The 'model' field is required.")
    target = route_model(model, named_provider(request), _EXAMPLE)
    admit(model, gateway.settings)
    content_type, data = form.with_text("model", target.model).encode()
    return pass_form(gateway, _provider(gateway, target.provider), "/videos", content_type, data)


async def retrieve_video(gateway: Gateway, request: Request) -> Response:
    """Pass the request for a job's state on."""
    return await _ask(gateway, request, "", "application/json")


async def download_video(gateway: Gateway, request: Request) -> Response:
    """Pass the request for a job's file on."""
    return await _ask(gateway, request, "/content", "*/*")


async def _ask(gateway: Gateway, request: Request, end: str, accept: str) -> Response:
    _check_enabled(gateway)
    await request.body()
    provider = _provider(gateway, named_provider(request) or _only_provider())
    job = quote(request.path_params["video_id"], safe="")
    headers = (("accept", accept), ("user-agent", USER_AGENT))
    return pass_on(gateway, provider, ProviderRequest(path=f"/videos/{job}{end}", method="GET", headers=headers))


def _only_provider() -> str:
    """Return the only provider that serves videos: an id of its jobs need not name it."""
    names = [name for name, profile in CATALOGUE.items() if "videos" in profile.endpoints]
    if len(names) != 1:
        raise Problem.no_provider_named()
    return names[0]


def _provider(gateway: Gateway, name: str) -> ModelProvider:
    return gateway.provider_for(name, "videos", Problem.not_supported("The Videos API"))


def _check_enabled(gateway: Gateway) -> None:
    if not gateway.settings.videos or gateway.quirks.older_routes:
        raise Problem.no_route()
