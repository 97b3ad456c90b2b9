"""The endpoints are tried over every driver: our own transport, and an httpx2 client in its place."""

from __future__ import annotations

import pytest

from support.worlds import World


@pytest.fixture(params=["blocking", "async", "blocking over httpx2", "async over httpx2"])
def world(request: pytest.FixtureRequest) -> World:
    """Each client over each driver."""
    name, _, driver = request.param.partition(" over ")
    return World(name, driver)
