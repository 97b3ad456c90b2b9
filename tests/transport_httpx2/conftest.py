"""The transport's worlds with httpx2 in place, and the same servers."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from transport.conftest import _quick_collections, authority, serve, wire  # noqa: F401  (fixtures)
from transport.worlds import World
from transport_httpx2.deviations import DEVIATIONS, Deviation
from transport_httpx2.worlds import AsyncHttpx2World, Httpx2World

HERE = Path(__file__).parent


@pytest.fixture(params=["blocking", "asyncio"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Run each test that uses this fixture over an `httpx2.Client` and over an `httpx2.AsyncClient`."""
    world = Httpx2World() if request.param == "blocking" else AsyncHttpx2World()
    yield world
    world.end()


def _deviation(item: pytest.Item) -> Deviation | None:
    name, _, parameters = item.name.partition("[")
    return next((found for found in DEVIATIONS if found.matches(name, parameters)), None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect excluded tests; every exclusion is an entry with its reason."""
    ours = [item for item in items if item.path.parent == HERE]
    left_out = [item for item in ours if (found := _deviation(item)) is not None and not found.fails]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Require that tests listed as failing do fail."""
    found = _deviation(pyfuncitem) if pyfuncitem.path.parent == HERE else None
    if found is None:
        return (yield)
    try:
        yield
    except (Exception, pytest.fail.Exception):
        return True
    pytest.fail(f"this passes now, so take it off the list: {found.what}")
