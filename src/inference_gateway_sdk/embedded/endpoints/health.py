"""`GET /health`: the gateway is there, whatever its providers are doing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["health"]


async def health(_: Request) -> Response:
    """The one answer there is."""
    return Response(b'{"message":"OK"}', headers={"content-type": "application/json; charset=utf-8"})
