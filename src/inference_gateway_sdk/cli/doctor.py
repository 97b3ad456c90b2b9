"""The command that looks for faults of a set-up: `igw doctor`."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from .connection import connected
from .options import (
    BaseUrl,  # noqa: TC001  (typer reads the annotations at run time)
    CaFile,  # noqa: TC001  (typer reads the annotations at run time)
    Token,  # noqa: TC001  (typer reads the annotations at run time)
)
from .output import UsageError, echo_err, in_shell_terms, is_terminal, print_json, replace_unprintable, sanitize

if TYPE_CHECKING:
    from .. import InferenceGatewayClient

__all__ = ["doctor"]

Model = Annotated[
    str | None,
    typer.Option("--model", "-m", metavar="MODEL", help="The model in use: examine it and its provider too."),
]
Deep = Annotated[
    bool, typer.Option("--deep", help="Also call the model: one token, and one short stream. This costs money.")
]
Need = Annotated[
    list[str] | None,
    typer.Option("--need", metavar="FEATURE", help="In use: images, audio, videos, mcp or metrics; may be repeated."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the diagnosis as JSON.")]


def doctor(
    *,
    model: Model = None,
    deep: Deep = False,
    need: Need = None,
    base_url: BaseUrl = None,
    token: Token = None,
    ca: CaFile = None,
    as_json: Json = False,
) -> None:
    """Look for faults of the set-up: print each with its remedy, and exit with code 1 if there is one.

    It takes at most 20 seconds, and only --deep costs money.
    """
    if deep and not model:
        raise UsageError("--deep needs a model to call", "name it: --model openai/gpt-4o")
    with connected(base_url, token=token, ca=ca) as client:
        if deep and model:
            echo_err(f"--deep sends two requests of at most 17 tokens in all to {model}: {_price(client, model)}")
        found = client.diagnose(model, deep=deep, needs=need or ())
    if as_json:
        print_json(found.to_json())
    else:
        replace_unprintable()
        width = shutil.get_terminal_size().columns - 1 if is_terminal() else 100
        print("\n".join(sanitize(line) for line in in_shell_terms(found.text(width)).split("\n")))
    if not found.ok:
        sys.exit(1)


def _price(client: InferenceGatewayClient, model: str) -> str:
    """Return the price of a token of the answer, as the gateway lists it."""
    try:
        listing = client.list_models(include=["pricing"], timeout=5, max_retries=0)
    except Exception:  # noqa: BLE001  (the examination reports it)
        return "its price is unknown"
    price = next((each.pricing for each in listing.data if each.id == model and each.pricing), None)
    return f"{price.output_per_token} {price.currency} a token" if price else "its price is unknown"
