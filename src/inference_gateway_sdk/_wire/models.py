"""Calls that list models (contract: GET /models) and check health (GET /health at the gateway's root)."""

from __future__ import annotations

from typing import Any

from .._generated.models import ListModelsResponse
from .._model.json_values import is_iterable
from . import codec
from .call import Call, Reply, check_provider
from .problem import reject_hollow

__all__ = ["health_call", "models_call"]

_INCLUDES = ("context_window", "pricing", "modalities", "deprecated")


def models_call(provider: object, include: Any, query: tuple[tuple[str, str], ...] = ()) -> Call[ListModelsResponse]:
    """Return the call that lists the models of one provider, or of all.

    Raises:
        TypeError: `provider` or `include` has the wrong type.
        ValueError: `provider` is not a provider id, or `include` names a field that the contract does not list.
    """
    pairs: list[tuple[str, str]] = []
    checked = None if provider is None else check_provider(provider)
    if checked is not None:
        pairs.append(("provider", checked))
    wanted = _read_include(include)
    if wanted:  # one parameter: the gateway reads only the first of several (gateway-behaviour.md#model-listing)
        pairs.append(("include", ",".join(wanted)))
    return Call(
        method="GET",
        path="/models",
        read=lambda reply: _read_models(reply, checked),
        query=(*pairs, *query),
        provider=checked,
    )


def _read_models(reply: Reply, provider: str | None) -> ListModelsResponse:
    listing = codec.decode(reply.body, ListModelsResponse)
    if not listing.data:
        reject_hollow(listing, "data", reply, provider=provider)
    return listing


def health_call() -> Call[bool]:
    """Return the health check; its result is True when the gateway reports that it is healthy."""
    return Call(method="GET", path="/health", read=lambda reply: reply.status == 200, at_root=True)


def _read_include(include: Any) -> list[str]:
    if isinstance(include, str):
        return _known([part.strip() for part in include.split(",") if part.strip()])
    if not is_iterable(include):
        raise TypeError(f"include must name fields such as 'pricing', got {type(include).__name__}")
    names: list[Any] = list(include)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"include must hold strings such as 'pricing', got {type(name).__name__}")
    return _known([str(name) for name in names])


def _known(names: list[str]) -> list[str]:
    for name in names:
        if name not in _INCLUDES:
            raise ValueError(
                f"include: {name[:60]!r} is unknown; choose from {', '.join(_INCLUDES)} "
                "(extra_query={'include': ...} sends what the contract does not list)"
            )
    return names
