"""The client that a command works with."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from .. import InferenceGatewayClient
from .local import local_gateway
from .outcome import UsageError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = ["connected", "connected_locally"]


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
