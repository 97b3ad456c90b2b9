"""`POST /v1/audio/...`: speech, sound effects and music, of gateways newer than 0.48.

How those reach their providers is not on record: here the body is passed on below the provider's address, at the same
path, and what comes back is sound of whatever type the provider says. Where audio is off, the path is unknown, as it is
to the gateways before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..problems import Problem
from .passing import pass_json

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ..gateway import Gateway
    from ..providers.provider import Provider

__all__ = ["SOUNDS", "make_sound"]

SOUNDS = ("speech", "sfx", "music")
"""What can be asked for."""


async def make_sound(gateway: Gateway, kind: str, request: Request) -> Response:
    """The sound's bytes as they come; `kind` is one of `SOUNDS`."""
    if not gateway.settings.audio:
        raise Problem.no_route()

    def choose(name: str) -> Provider:
        return gateway.supporter(name, "audio", Problem.not_supported("Audio"))

    return await pass_json(gateway, request, f"/audio/{kind}", choose)
