"""Requests to a gateway that fails first and answers later, and their results."""

from __future__ import annotations

from typing import Any

from client.invented import Invented
from inference_gateway_sdk import (
    GatewayError,
)
from support.server import ANSWER, GOOD, MODELS, Connection, Handler, Request
from support.worlds import World


def answers(connection: Connection, request: Request) -> None:
    """Answer any request as a healthy gateway."""
    if request.path == "/health":
        connection.json({"message": "OK"})
    elif request.path.endswith("/models"):
        connection.json(MODELS)
    elif request.path.endswith("/completions") and request.json().get("stream"):
        connection.events(*GOOD)
    else:
        connection.json(ANSWER)


def first(*handlers: Handler) -> Handler:
    """Return a handler in which each given handler answers one request, the last one all further ones."""
    waiting = list(handlers)

    def handler(connection: Connection, request: Request) -> None:
        (waiting.pop(0) if len(waiting) > 1 else waiting[0])(connection, request)

    return handler


def caught(world: World, scenario: Any, url: str, invented: Invented, **options: Any) -> Any:
    """Return the scenario's result, or the error that it raised."""
    try:
        return world.with_client(scenario, url, _runtime=invented.runtime(world), **options)
    except GatewayError as error:
        return error


def refusing(status: int, *headers: str) -> Handler:
    """Return a gateway that answers with an error and these headers."""
    return lambda connection, request: connection.json({"error": "later"}, status, *headers)


async def ask_chat(client: Any) -> Any:
    """Return the text of a whole answer."""
    return (await client.generate_content("p/m", "hi")).text


async def ask_models(client: Any) -> Any:
    """Return the ids of all models."""
    return [model.id for model in (await client.list_models()).data]


async def ask_health(client: Any) -> Any:
    """Return whether the gateway is healthy."""
    return await client.health_check()


async def ask_stream(client: Any) -> Any:
    """Return the pieces of text of a stream, and the number of attempts."""
    async with client.generate_content_stream("p/m", "hi") as stream:
        texts = [chunk.text async for chunk in stream if chunk.text]
        assert stream.meta.attempts == (await stream.final()).meta.attempts
    return texts, stream.meta.attempts
