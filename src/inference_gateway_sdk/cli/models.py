"""`igw models`: what a gateway's providers offer, as a table, as lines for other programs, or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .connection import connected
from .options import BaseUrl, Json, Provider  # noqa: TC001  (typer reads the annotations at run time)
from .output import print_json
from .table import print_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from .. import Model

__all__ = ["models"]

Include = Annotated[
    list[str] | None,
    typer.Option("--include", metavar="WHAT", help="Also context_window, pricing or modalities; may be repeated."),
]


def models(
    provider: Provider = None,
    include: Include = None,
    as_json: Json = False,
    base_url: BaseUrl = None,
) -> None:
    """List the models that the gateway offers."""
    asked = tuple(part.strip() for value in include or () for part in value.split(",") if part.strip())
    with connected(base_url) as client:
        listing = client.list_models(provider, include=asked)
    if as_json:
        print_json(listing.to_json())
    else:
        print_rows(("model", "owner", *asked), (_row(model, asked) for model in listing.data))


def _row(model: Model, asked: tuple[str, ...]) -> tuple[str, ...]:
    return (model.id, model.owned_by or "-", *(_CELLS[name](model) if name in _CELLS else "-" for name in asked))


def _context_window(model: Model) -> str:
    window = model.context_window
    return f"{window.tokens}" if window is not None else "-"


def _pricing(model: Model) -> str:
    price = model.pricing
    if price is None:
        return "-"
    return f"{price.input_per_token} in, {price.output_per_token} out ({price.currency} a token)"


def _modalities(model: Model) -> str:
    kinds = model.modalities
    return f"{', '.join(kinds.input)} -> {', '.join(kinds.output)}" if kinds is not None else "-"


_CELLS: dict[str, Callable[[Model], str]] = {
    "context_window": _context_window,
    "pricing": _pricing,
    "modalities": _modalities,
}
