"""`POST /v1/audio/...`: speech, sound effects and music, of gateways newer than 0.48.

The body is passed on below the provider's address, at the same path, to ElevenLabs too, whose own interface differs and
which newer gateways speak. What comes back is sound of whatever type the provider says. Where audio is off, the path is
unknown to v0.48.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..problems import Problem
from ..providers.catalogue import CATALOGUE
from .passing import pass_json

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ..gateway import Gateway
    from ..providers.provider import Provider

__all__ = ["SOUNDS", "make_sound"]

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
