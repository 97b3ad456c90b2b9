"""Aliases turned into deployments: one model name for several providers, asked in turn (WIRE section 3).

The pools come as a mapping in Python or as the real gateway's own file, which is YAML. JSON is YAML too and is read
without a library for it. What the real gateway would not start with is refused with a sentence that says what to write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path

import msgspec
from msgspec import Struct

from .providers.catalogue import CATALOGUE
from .routing import Route

__all__ = ["PoolError", "Pools", "read_pools"]

Deployments = Mapping[str, Sequence[tuple[str, str]]]
_LEAST = 2  # deployments of one alias


class PoolError(ValueError):
    """The pools cannot be used; the message says which alias and what to write."""


class Pools:
    """Whose turn it is, by alias; the turns are counted for as long as this object lives.

    Args:
        deployments: By alias the (provider id, model name) pairs that take turns.

    Raises:
        PoolError: An alias has fewer than two, or one of them names no known provider or no model.
    """

    def __init__(self, deployments: Deployments) -> None:
        for alias, members in deployments.items():
            _check(alias, members)
        self._turns = {
            alias: cycle([Route(provider, model, selected=True) for provider, model in members])
            for alias, members in deployments.items()
        }

    def select(self, alias: str) -> Route | None:
        """The next deployment of the alias, which must match to the letter; None when there is no such alias."""
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
    """The pools of a file such as `ROUTING_CONFIG_PATH` names.

    Raises:
        PoolError: It cannot be read, is not such a file, names another strategy than `round_robin`, or no alias at all.
    """
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PoolError(f"cannot be read: {error}") from error
    try:
        models = msgspec.convert(_parsed(text), _File | None)
    except msgspec.ValidationError as error:
        raise PoolError(f"is not a file of pools: {error}") from error
    if models is None or not models.models:
        raise PoolError("names no alias: write models: {alias: {deployments: [{provider: …, model: …}, …]}}")
    return {alias: _members(alias, pool or _Pool()) for alias, pool in models.models.items()}


def _parsed(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        pass
    try:
        import yaml  # type: ignore[import-untyped]  # its stubs are a package of their own
    except ModuleNotFoundError:
        raise PoolError("is not JSON, and reading YAML needs PyYAML: pip install pyyaml, or write it as JSON") from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise PoolError(f"is not YAML: {error}") from error


def _members(alias: str, pool: _Pool) -> tuple[tuple[str, str], ...]:
    if pool.strategy not in (None, "", "round_robin"):
        raise PoolError(f"alias {alias!r}: there is no strategy {pool.strategy!r}: write round_robin")
    return tuple((each.provider or "", each.model or "") for each in pool.deployments or ())


def _check(alias: str, members: Sequence[tuple[str, str]]) -> None:
    if len(members) < _LEAST:
        raise PoolError(f"alias {alias!r}: give it at least {_LEAST} deployments, each a provider and a model")
    for provider, model in members:
        if provider not in CATALOGUE:
            raise PoolError(f"alias {alias!r}: there is no provider {provider!r}: write one of {', '.join(CATALOGUE)}")
        if not model or not model.isprintable():
            raise PoolError(f"alias {alias!r}: the deployment at {provider} needs a model's name, not {model!r}")
