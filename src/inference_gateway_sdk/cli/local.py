"""`--local`: an embedded gateway with the smoke-test model, in this process, on a free loopback port."""

from __future__ import annotations

import importlib.util
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..embedded.weights import locate
from .outcome import FailureError, UsageError, note
from .weights import fetch

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from ..embedded.weights import Place

__all__ = ["local_gateway", "need"]

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
    note("answers come from the smoke-test model: it shows that everything works, and knows next to nothing")
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
