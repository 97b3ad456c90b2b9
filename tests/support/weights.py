"""The smoke-test model's weights for tests that need a real model: pulled once, reported when missing."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from inference_gateway_sdk.embedded import LocalModel
    from inference_gateway_sdk.embedded.weights import Place

__all__ = ["missing", "need_library", "nowhere", "pulled"]


def missing(reason: str) -> NoReturn:
    """Skip the test of a real model, which needs a library and a download. In CI, where both are available, fail it."""
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(f"CI must run the live tests: {reason}")
    pytest.skip(f"no real model runs on this machine: {reason}")


def need_library() -> None:
    """Require the library that runs the model, without importing it: the model loads in its own process."""
    if importlib.util.find_spec("xllamacpp") is None:
        missing("the extra `local` is not installed")


def pulled() -> Place:
    """Return the path of the weights, and pull them if they are missing."""
    need_library()
    from inference_gateway_sdk.embedded import weights

    place = weights.locate(environ={**os.environ, weights.OVERRIDE: ""})
    if not place.ready:
        try:
            weights.pull(place.path)
        except weights.WeightsError as error:
            missing(f"the weights are not to be had here: {error}")
    return place


def nowhere() -> LocalModel:
    """Return a smoke-test model without weights, for a gateway that must not answer by itself."""
    from inference_gateway_sdk.embedded import LocalModel
    from inference_gateway_sdk.embedded.weights import Place

    return LocalModel(Place(Path("nowhere.gguf"), ours=False))
