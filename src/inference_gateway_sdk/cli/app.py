"""The commands of `igw`. `outcome` decides the exit code."""

from __future__ import annotations

from typing import Annotated

import typer

from .._version import __version__
from .batch import batch
from .chat import EXAMPLES, chat
from .connection import weights
from .costs import costs
from .doctor import doctor
from .gateway import health, models, proxy, tools
from .generate import image, message, respond, speak, video
from .output import outcome
from .serve import serve

__all__ = ["app", "run"]

app: typer.Typer = typer.Typer(
    name="igw",
    help="Talk to an Inference Gateway: chat, ask about every row of a file, make pictures, speech and videos, list "
    "models and tools, or serve one for tests.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help and errors, for any terminal and any log
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(epilog=EXAMPLES)(chat)
app.command()(respond)
app.command()(message)
app.command()(image)
app.command()(speak)
app.command()(video)
app.command()(batch)
app.command()(models)
app.command()(tools)
app.command()(proxy)
app.command()(health)
app.command()(doctor)
app.command()(costs)
app.command()(serve)
app.add_typer(weights, name="weights")


def _show_version(asked: bool) -> None:
    if asked:
        print(f"igw {__version__}")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Handle the options before a command."""


def run() -> None:
    """Run the command line and exit."""
    with outcome():
        app()
