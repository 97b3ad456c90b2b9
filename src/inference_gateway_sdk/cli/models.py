"""`igw models`: what a gateway's providers offer, as a table, as lines for other programs, or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from .connection import connected
from .options import BaseUrl, Provider  # noqa: TC001  (typer reads the annotations at run time)
from .output import is_terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from .. import Model

__all__ = ["models"]

Include = Annotated[
    list[str] | None,
    typer.Option("--include", metavar="WHAT", help="Also context_window, pricing or modalities; may be repeated."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the gateway's answer as JSON.")]


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
        print(listing.to_json())
    elif is_terminal():
        _show_table(listing.data, asked)
    else:
        for model in listing.data:
            print("\t".join(_row(model, asked)))


def _show_table(listed: list[Model], asked: tuple[str, ...]) -> None:
    table = Table(box=None, header_style="bold")
    for title in ("model", "owner", *asked):
        table.add_column(title, overflow="fold")
    for model in listed:
        table.add_row(*_row(model, asked))
    Console().print(table)


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
