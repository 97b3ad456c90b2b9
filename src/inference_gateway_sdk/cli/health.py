"""`igw health`: whether a gateway answers."""

from __future__ import annotations

from .connection import connected
from .options import BaseUrl  # noqa: TC001  (typer reads the annotations at run time)
from .outcome import NO_GATEWAY, FailureError

__all__ = ["health"]


def health(base_url: BaseUrl = None) -> None:
    """Say whether the gateway answers: OK, or exit code 1."""
    with connected(base_url) as client:
        if not client.health_check():
            raise FailureError(f"no healthy gateway at {client.base_url}", NO_GATEWAY)
        print("OK")
