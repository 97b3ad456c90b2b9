"""Routing of model names to providers: prefixes, aliases and pools of deployments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec import Struct

from .._model.type_info import build_converter
from .problems import CHAT_EXAMPLE, Problem
from .providers.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.requests import Request

__all__ = ["ModelRoute", "PoolError", "Pools", "admit", "is_listed", "named_provider", "read_pools", "route_model"]


class ModelRoute(Struct, frozen=True):
    """The provider of a request, the model's name there, and whether a pool selected it."""

    provider: str
    model: str
    selected: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """The answer's headers about the selection; empty if no pool selected (gateway-behaviour.md#routing)."""
        if not self.selected:
            return {}
        model = self.model.encode().decode("latin-1")  # a non-ASCII name is sent as UTF-8, as Go does
        return {"x-selected-provider": self.provider, "x-selected-model": model}


def named_provider(request: Request) -> str:
    """Return the first provider that the query names, or an empty string."""
    return next(iter(request.query_params.getlist("provider")), "")


def route_model(model: str, provider: str, example: str = CHAT_EXAMPLE) -> ModelRoute:
    """Return the route of a model.

    An explicit provider is used unchanged, and the model then keeps its prefix. The id need not be known.
    The refusal names `example` as a valid model.

    Raises:
        Problem: Neither the model nor the query names a provider.
    """
    if provider:
        return ModelRoute(provider, model)
    prefix, slash, rest = model.partition("/")
    if not slash or prefix.lower() not in CATALOGUE:
        raise Problem.no_provider(example)
    return ModelRoute(prefix.lower(), rest)


class ModelLists(Protocol):
    """The lists of the settings that decide which models may be used."""

    @property
    def allowed_models(self) -> Collection[str]: ...
    @property
    def disallowed_models(self) -> Collection[str]: ...


def admit(requested: str, settings: ModelLists) -> None:
    """Return if the model, by its requested name, may be used.

    Raises:
        Problem: The allowed or disallowed list excludes it.
    """
    if is_listed(requested, settings):
        return
    raise Problem.not_allowed() if settings.allowed_models else Problem.disallowed()


def is_listed(requested: str, settings: ModelLists) -> bool:
    """Return whether the lists permit this model. If there are allowed models, the disallowed ones are ignored."""
    name = requested.lower()
    forms = {name, name.partition("/")[2] or name}
    if settings.allowed_models:
        return not forms.isdisjoint(settings.allowed_models)
    return forms.isdisjoint(settings.disallowed_models)


Deployments = Mapping[str, Sequence[tuple[str, str]]]
_LEAST = 2  # the least number of deployments of an alias


class PoolError(ValueError):
    """The pools cannot be used. The message names the alias and a correct value."""


class Pools:
    """Round-robin selection of deployments by alias. The position is kept in this object.

    Args:
        deployments: The (provider id, model name) pairs of each alias.

    Raises:
        PoolError: An alias has fewer than two deployments, or one of them has an unknown provider or no model.
    """

    def __init__(self, deployments: Deployments) -> None:
        for alias, members in deployments.items():
            _check_pools(alias, members)
        self._turns = {
            alias: cycle([ModelRoute(provider, model, selected=True) for provider, model in members])
            for alias, members in deployments.items()
        }

    def select(self, alias: str) -> ModelRoute | None:
        """Return the next deployment of the alias, which must match exactly, or None if there is no such alias."""
        turns = self._turns.get(alias)
        return None if turns is None else next(turns)


class _Deployment(Struct):
    provider: str | None = None
    model: str | None = None


class _Pool(Struct):
    strategy: str | None = None
    deployments: list[_Deployment] | None = None


class _File(Struct):
    models: dict[str, _Pool | None] | None = None


def read_pools(path: str) -> dict[str, tuple[tuple[str, str], ...]]:
    """Read the pools from a file such as `ROUTING_CONFIG_PATH` names.

    Raises:
        PoolError: The file is unreadable or malformed, has a strategy other than `round_robin`, or has no alias.
    """
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PoolError(f"cannot be read: {error}") from error
    try:
        models = build_converter(_File | None)(_parsed_pools(text))
    except msgspec.ValidationError as error:
        raise PoolError(f"is not a file of pools: {error}") from error
    if models is None or not models.models:
        raise PoolError("names no alias: write models: {alias: {deployments: [{provider: …, model: …}, …]}}")
    return {alias: _members(alias, pool or _Pool()) for alias, pool in models.models.items()}


def _parsed_pools(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        pass
    try:
        import yaml  # type: ignore[import-untyped]  # its stubs are a separate package
    except ModuleNotFoundError:
        raise PoolError("is not JSON, and reading YAML needs PyYAML: pip install pyyaml, or write it as JSON") from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise PoolError(f"is not YAML: {error}") from error


def _members(alias: str, pool: _Pool) -> tuple[tuple[str, str], ...]:
    if pool.strategy not in (None, "", "round_robin"):
        raise PoolError(f"alias {alias!r}: unknown strategy {pool.strategy!r}: write round_robin")
    return tuple((each.provider or "", each.model or "") for each in pool.deployments or ())


def _check_pools(alias: str, members: Sequence[tuple[str, str]]) -> None:
    if len(members) < _LEAST:
        raise PoolError(f"alias {alias!r}: give it at least {_LEAST} deployments, each a provider and a model")
    for provider, model in members:
        if provider not in CATALOGUE:
            raise PoolError(f"alias {alias!r}: unknown provider {provider!r}: write one of {', '.join(CATALOGUE)}")
        if not model or not model.isprintable():
            raise PoolError(f"alias {alias!r}: the deployment at {provider} needs a model's name, not {model!r}")
