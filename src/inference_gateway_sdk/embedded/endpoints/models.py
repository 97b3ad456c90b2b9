"""`GET /v1/models`: the providers' own lists turned into one, as WIRE section 7 describes it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response

from .. import go_json
from ..disconnect import while_connected
from ..problems import Problem
from ..providers.provider import Listed, ProviderError, Silent
from ..providers.runtime_context import with_runtime_context
from ..routing import is_listed, named_provider
from ..vision import modalities

if TYPE_CHECKING:
    from starlette.requests import Request

    from ..gateway import Gateway

__all__ = ["list_models"]

_INCLUDES = ("context_window", "pricing", "modalities")


async def list_models(gateway: Gateway, request: Request) -> Response:
    """The models of one provider (`?provider=`) or of all that answer, with what `?include=` asks for."""
    include = _include(request)
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


def _include(request: Request) -> tuple[str, ...]:
    """The values of the first `include` parameter.

    Raises:
        Problem: One of them is unknown.
    """
    first = next(iter(request.query_params.getlist("include")), "")
    values = tuple(value.strip() for value in first.split(",") if value.strip())
    for value in values:
        if value not in _INCLUDES:
            raise Problem.unknown_include(value)
    return values


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
        late = isinstance(error, Silent) and not gateway.quirks.late_is_refused
        raise Problem.timed_out() if late else Problem.no_listing() from error


async def _of_all(gateway: Gateway, include: tuple[str, ...]) -> list[dict[str, object]]:
    """Every provider's models; one that does not answer is left out without a word."""
    lists = await asyncio.gather(
        *(_of_one(gateway, name, include) for name in gateway.listable()), return_exceptions=True
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
    known = {"context_window": _context_window(model), "modalities": modalities(f"{provider}/{model.id}")}
    return entry | {name: known.get(name) for name in include}


def _context_window(model: Listed) -> dict[str, object] | None:
    if model.context_tokens is None:
        return None
    return {"tokens": model.context_tokens, "source": model.context_source}
