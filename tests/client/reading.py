"""One streamed chat with a scripted gateway: asked for, and read in each way there is."""

from __future__ import annotations

from typing import Any

from inference_gateway_sdk import (
    SSEvents,
)
from support.server import ROLE, Connection, Handler, Request, Server, chunk, serving
from support.worlds import World

HEL = [ROLE, chunk("Hel")]
FINISH = chunk(finish="stop")
SOON = 5.0  # seconds within which something must have happened that takes none


def gateway(serve: Handler) -> Handler:
    """A gateway that streams so and is healthy."""

    def handler(connection: Connection, request: Request) -> None:
        if request.path == "/health":
            connection.json({"message": "OK"})
        else:
            serve(connection, request)

    return handler


def run(world: World, scenario: Any, serve: Handler, **options: Any) -> Server:
    """Run a scenario with a client of a gateway that streams so; the server, to be asked what it saw."""
    with serving(gateway(serve)) as server:
        world.with_client(scenario, server.url, **options)
    return server


def ask(client: Any, **params: Any) -> Any:
    """One streamed chat."""
    return client.generate_content_stream("p/m", "hi", **params)


async def read_all(stream: Any) -> list[Any]:
    """Every chunk that is left."""
    return [chunk async for chunk in stream]


async def read_final(stream: Any) -> Any:
    """The whole answer."""
    return await stream.final()


async def read_texts(stream: Any) -> list[str]:
    """Every piece of text that is left."""
    return [text async for text in stream.text()]


async def read_events(stream: Any) -> list[SSEvents]:
    """Every raw event that is left."""
    return [event async for event in stream.events()]
