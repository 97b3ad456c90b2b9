"""One streamed chat with a scripted gateway: how it is requested, and each way to read it."""

from __future__ import annotations

from typing import Any

from inference_gateway_sdk import (
    SSEvents,
)
from support.server import ROLE, Connection, Handler, Request, Server, chunk, serving
from support.worlds import World

HEL = [ROLE, chunk("Hel")]
FINISH = chunk(finish="stop")
SOON = 5.0  # seconds within which an immediate step must have happened


def gateway(serve: Handler) -> Handler:
    """Return a gateway that streams with `serve` and is healthy."""

    def handler(connection: Connection, request: Request) -> None:
        if request.path == "/health":
            connection.json({"message": "OK"})
        else:
            serve(connection, request)

    return handler


def run(world: World, scenario: Any, serve: Handler, **options: Any) -> Server:
    """Run a scenario with a client of this streaming gateway. Return the server, for its requests."""
    with serving(gateway(serve)) as server:
        world.with_client(scenario, server.url, **options)
    return server


def ask(client: Any, **params: Any) -> Any:
    """Return one streamed chat."""
    return client.generate_content_stream("p/m", "hi", **params)


async def read_all(stream: Any) -> list[Any]:
    """Read every remaining chunk."""
    return [chunk async for chunk in stream]


async def read_final(stream: Any) -> Any:
    """Read the whole answer."""
    return await stream.final()


async def read_texts(stream: Any) -> list[str]:
    """Read every remaining piece of text."""
    return [text async for text in stream.text()]


async def read_events(stream: Any) -> list[SSEvents]:
    """Read every remaining raw event."""
    return [event async for event in stream.events()]
