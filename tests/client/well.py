"""A gateway at which every call succeeds, and the requests that it received during a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.server import ANSWER, GOOD, MODELS, Connection, Request, serving

if TYPE_CHECKING:
    from support.worlds import World

SELECTED = ("X-Selected-Provider: ollama", "X-Selected-Model: smol")


def gateway(connection: Connection, request: Request) -> None:
    """Answer every request successfully."""
    if request.path.endswith("/health"):
        connection.json({"message": "OK"})
    elif request.path.endswith("/models"):
        connection.json(MODELS)
    elif request.body and request.json().get("stream"):
        connection.events(*GOOD, more=SELECTED)
    else:
        connection.json(ANSWER, 200, *SELECTED)


def sent(world: World, scenario: Any, *args: Any, base: str = "", **options: Any) -> list[Request]:
    """Return the requests of a scenario."""
    with serving(gateway) as server:
        world.with_client(scenario, server.url + base, *args, **options)
    return server.requests
