"""A request's model and `?provider=` turned into the provider that answers and the name it knows the model by.

The rules, and the lists of allowed and disallowed models, are those of WIRE section 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from .problems import Problem
from .providers.catalogue import CATALOGUE

if TYPE_CHECKING:
    from starlette.requests import Request

    from .settings import Settings

__all__ = ["Route", "admit", "is_listed", "named_provider", "route"]


class Route(Struct, frozen=True):
    """Who answers, what the model is called there, and whether a pool chose so."""

    provider: str
    model: str
    selected: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """What the answer says about the choice: nothing where no pool made one (WIRE section 3)."""
        if not self.selected:
            return {}
        model = self.model.encode().decode("latin-1")  # a name outside of ASCII goes out in UTF-8, as Go sends it
        return {"x-selected-provider": self.provider, "x-selected-model": model}


def named_provider(request: Request) -> str:
    """The provider that the query names, the first if it names several; empty for none."""
    return next(iter(request.query_params.getlist("provider")), "")


def route(model: str, provider: str) -> Route:
    """Who answers for this model.

    A provider that is named is taken as it stands, and the model then keeps its prefix. The id need not be known.

    Raises:
        Problem: Neither says who.
    """
    if provider:
        return Route(provider, model)
    prefix, slash, rest = model.partition("/")
    if not slash or prefix.lower() not in CATALOGUE:
        raise Problem.no_provider()
    return Route(prefix.lower(), rest)


def admit(requested: str, settings: Settings) -> None:
    """Return when the model may be used, by the name it was asked for.

    Raises:
        Problem: A list rules it out.
    """
    if is_listed(requested, settings):
        return
    raise Problem.not_allowed() if settings.allowed_models else Problem.disallowed()


def is_listed(requested: str, settings: Settings) -> bool:
    """Whether the lists let this model through; with a list of allowed ones, the other is not looked at."""
    name = requested.lower()
    forms = {name, name.partition("/")[2] or name}
    if settings.allowed_models:
        return not forms.isdisjoint(settings.allowed_models)
    return forms.isdisjoint(settings.disallowed_models)
