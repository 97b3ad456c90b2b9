"""`POST /v1/images/...`: pictures made from a text, from a picture and a text, or from a picture (WIRE section 12).

A picture from a text is asked for in JSON, the other two in forms; who answers is said by the model in either.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ..multipart import Form, FormError
from ..problems import Problem
from ..providers.catalogue import CATALOGUE
from ..request_body import read_body
from ..routing import admit, named_provider, route_model
from .passing import pass_form, pass_json

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ..gateway import Gateway
    from ..providers.provider import Provider

__all__ = ["edit_image", "generate_image", "vary_image"]


async def generate_image(gateway: Gateway, request: Request) -> Response:
    """Pictures made from a text."""
    _enabled(gateway)
    choose = partial(_painter, gateway)
    streams = not gateway.quirks.whole_images
    unnamed = Problem.nobody_named()
    return await pass_json(gateway, request, "/images/generations", choose, unnamed=unnamed, streams=streams)


async def edit_image(gateway: Gateway, request: Request) -> Response:
    """A picture changed as a text says."""
    _enabled(gateway)
    form = await _form(gateway, request)
    if not form.text("prompt").strip():
        raise Problem(400, "The 'prompt' field is required.")
    return _passed(gateway, request, "/images/edits", form)


async def vary_image(gateway: Gateway, request: Request) -> Response:
    """Variations of a picture."""
    _enabled(gateway)
    return _passed(gateway, request, "/images/variations", await _form(gateway, request))


def _enabled(gateway: Gateway) -> None:
    """Return when images are on: that is looked at before anything else."""
    if not gateway.settings.images:
        raise Problem(404, "The Images API is not enabled. Set ENABLE_IMAGES=true to enable it.")


async def _form(gateway: Gateway, request: Request) -> Form:
    """The form, which has a picture in it.

    Raises:
        Problem: It is too large, is not a form, or has no picture.
    """
    body = await read_body(request, gateway.settings.max_body)
    try:
        form = Form.parse(request.headers.get("content-type", ""), body)
    except FormError as error:
        raise Problem(400, "Failed to parse multipart/form-data request") from error
    if not form.has_file("image", "image[]"):
        raise Problem(400, "The 'image' file is required.")
    return form


def _passed(gateway: Gateway, request: Request, path: str, form: Form) -> Response:
    model, provider = form.text("model"), named_provider(request)
    if not model and not provider:
        raise Problem.nobody_named()
    target = route_model(model, provider)
    admit(model, gateway.settings)
    content_type, data = form.with_text("model", target.model).encode()
    return pass_form(gateway, _painter(gateway, target.provider), path, content_type, data)


def _painter(gateway: Gateway, name: str) -> Provider:
    """The provider; here its key is looked at before what it offers (WIRE section 6)."""
    provider = gateway.provider(name)
    if "images" not in CATALOGUE[name].endpoints:
        raise Problem.not_supported("The Images API")
    return provider
