"""`POST /v1/metrics`: an OTLP push, judged as the real gateway judges it (WIRE section 15), and then forgotten."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response

from ...errors import DecodingError
from ..otlp import Verdict, from_protobuf, judge
from ..otlp_json import from_json
from ..problems import Problem
from ..request_body import read_body

if TYPE_CHECKING:
    from starlette.requests import Request

    from ..gateway import Gateway

__all__ = ["push_metrics"]

_JSON, _PROTOBUF = "application/json", "application/x-protobuf"
_MOST = 4 * 1024 * 1024  # bytes, of the body as it is when unpacked


async def push_metrics(gateway: Gateway, request: Request) -> Response:
    """What was not taken, in the encoding of the request."""
    if not gateway.settings.push_metrics:
        raise Problem(403, "Metrics push is not enabled")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (_JSON, _PROTOBUF):
        raise Problem(415, f"Content-Type must be {_PROTOBUF} or {_JSON}")
    verdict = _judged(kind, await _payload(request))
    body = msgspec.json.encode(verdict.json()) if kind == _JSON else verdict.protobuf()
    return Response(body, headers={"content-type": kind})


def _judged(kind: str, payload: bytes) -> Verdict:
    try:
        return judge(from_json(payload) if kind == _JSON else from_protobuf(payload))
    except (msgspec.DecodeError, DecodingError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "Failed to decode OTLP payload") from error


async def _payload(request: Request) -> bytes:
    """The body, unpacked.

    Raises:
        Problem: It is too large, or not what it says.
    """
    try:
        body = await read_body(request, _MOST)
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.GzipFile(fileobj=io.BytesIO(body)).read(_MOST + 1)
    except Problem as problem:
        raise _too_large() from problem
    except (OSError, EOFError, zlib.error) as error:
        raise Problem(400, "Invalid gzip payload") from error
    if len(body) > _MOST:
        raise _too_large()
    return body


def _too_large() -> Problem:
    return Problem(413, "Payload exceeds 4 MiB limit")
