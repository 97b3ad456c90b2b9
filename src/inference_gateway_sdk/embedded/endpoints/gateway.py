"""GET /health, GET /v1/models and POST /v1/metrics."""

from __future__ import annotations

import asyncio
import gzip
import io
import zlib
from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response

from ...errors import DecodingError
from .. import go_json
from ..chat_schema import modalities
from ..client_connection import while_connected
from ..otlp import Verdict, from_json, from_protobuf, judge
from ..problems import Problem
from ..providers.http_provider import with_runtime_context
from ..providers.provider import Listed, ModelDetails, ProviderError, ProviderTimeoutError
from ..request_body import read_body
from ..routing import is_listed, named_provider

if TYPE_CHECKING:
    from starlette.requests import Request

    from ..gateway import Gateway

__all__ = ["health", "list_models", "push_metrics"]


async def health(_: Request) -> Response:
    """Report that the gateway is up."""
    return Response(b'{"message":"OK"}', headers={"content-type": "application/json; charset=utf-8"})


_INCLUDES = ("context_window", "pricing", "modalities")
_DEPRECATED = "deprecated"  # adds no field; this gateway has no table of deprecated models, so it hides none


async def list_models(gateway: Gateway, request: Request) -> Response:
    """List the models of one provider (`?provider=`) or of all reachable ones, with the `?include=` fields."""
    include = _included(request, older=gateway.quirks.older_routes)
    name = named_provider(request)
    await request.body()
    if name:
        entries = await while_connected(request.receive, _of_one(gateway, name, include))
        body: dict[str, object] = {"provider": name}
    else:
        entries = await while_connected(request.receive, _of_all(gateway, include))
        body = {}
    data = [entry for entry in entries if is_listed(str(entry["id"]), gateway.settings)]
    answer = go_json.encode({**body, "object": "list", "data": data})
    return Response(answer, headers={"content-type": "application/json; charset=utf-8"})


def _included(request: Request, *, older: bool) -> tuple[str, ...]:
    """Return the fields that the first `include` parameter names.

    Args:
        request: The request.
        older: Refuse the value of newer gateways.

    Raises:
        Problem: One of them is unknown.
    """
    first = next(iter(request.query_params.getlist("include")), "")
    values = tuple(value.strip() for value in first.split(",") if value.strip())
    for value in values:
        if value not in _INCLUDES and (older or value != _DEPRECATED):
            raise Problem.unknown_include(value)
    return tuple(value for value in values if value != _DEPRECATED)


async def _of_one(gateway: Gateway, name: str, include: tuple[str, ...]) -> list[dict[str, object]]:
    provider = gateway.provider(name)
    try:
        async with asyncio.timeout(gateway.settings.read_timeout):
            models = await provider.models()
            if "context_window" in include:
                models = await with_runtime_context(name, provider, models)
            return [_entry(name, model, include) for model in models]
    except TimeoutError:
        raise Problem.timed_out() from None
    except (ProviderError, msgspec.DecodeError) as error:
        late = isinstance(error, ProviderTimeoutError) and not gateway.quirks.late_is_refused
        raise Problem.timed_out() if late else Problem.no_listing() from error


async def _of_all(gateway: Gateway, include: tuple[str, ...]) -> list[dict[str, object]]:
    """Return every provider's models. Providers that do not answer are left out silently."""
    lists = await asyncio.gather(
        *(_of_one(gateway, name, include) for name in gateway.listed_providers()), return_exceptions=True
    )
    return [entry for listed in lists if not isinstance(listed, BaseException) for entry in listed]


def _entry(provider: str, model: Listed, include: tuple[str, ...]) -> dict[str, object]:
    entry: dict[str, object] = {
        "id": f"{provider}/{model.id}",
        "object": model.object,
        "created": model.created,
        "owned_by": model.owned_by,
        "served_by": provider,
    }
    details = model.details or ModelDetails()
    known = {
        "context_window": _context_window(model),
        "pricing": details.pricing,
        "modalities": details.modalities or modalities(f"{provider}/{model.id}"),
    }
    return entry | {name: known.get(name) for name in include}


def _context_window(model: Listed) -> dict[str, object] | None:
    if model.context_tokens is None:
        return None
    return {"tokens": model.context_tokens, "source": model.context_source}


_JSON, _PROTOBUF = "application/json", "application/x-protobuf"
_MOST = 4 * 1024 * 1024  # limit of the decompressed body, in bytes


async def push_metrics(gateway: Gateway, request: Request) -> Response:
    """Check pushed metrics and report the rejected ones, in the encoding of the request."""
    if not gateway.settings.push_metrics:
        raise Problem(403, "Metrics push is not enabled")
    kind = request.headers.get("content-type", "").partition(";")[0].strip()  # with its case
    if kind not in (_JSON, _PROTOBUF):
        raise Problem(415, f"Content-Type must be {_PROTOBUF} or {_JSON}")
    verdict = _verdict(kind, await _payload(request))
    body = msgspec.json.encode(verdict.json()) if kind == _JSON else verdict.protobuf()
    return Response(body, headers={"content-type": kind})


def _verdict(kind: str, payload: bytes) -> Verdict:
    try:
        return judge(from_json(payload) if kind == _JSON else from_protobuf(payload))
    except (msgspec.DecodeError, DecodingError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "Failed to decode OTLP payload") from error


async def _payload(request: Request) -> bytes:
    """Return the body, decompressed.

    Raises:
        Problem: The body is too large, or not valid gzip.
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
