"""Fixtures that run the endpoints over every driver: our own transport, and an httpx2 client."""

from __future__ import annotations

import pytest

from support.worlds import World

OVER_HTTPX2 = [pytest.param(f"{name} over httpx2", marks=pytest.mark.httpx2) for name in ("blocking", "async")]


@pytest.fixture(params=["blocking", "async", *OVER_HTTPX2])
def world(request: pytest.FixtureRequest) -> World:
    """Return each client over each driver."""
    name, _, driver = request.param.partition(" over ")
    return World(name, driver)
