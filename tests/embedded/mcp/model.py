"""A model that is scripted turn by turn: a provider's bytes on a loopback socket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from support.server import ANSWER, DONE, USAGE, Connection, Handler, Request, Server, chunk

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Model", "add", "breaks", "calls", "fail", "refuses", "replies", "sends"]


class Model:
    """A model that answers its n-th request with its n-th turn, and all that follow with the last."""

    def __init__(self) -> None:
        self.turns: Sequence[Handler] = [replies("Hello")]
        self.server = Server(self._answer)

    @property
    def url(self) -> str:
        return f"{self.server.url}/v1"

    @property
    def asked(self) -> list[dict[str, Any]]:
        """Return the bodies of its requests."""
        return [request.json() for request in self.server.requests]

    @property
    def offered(self) -> list[str]:
        """Return the names of the tools of its latest request."""
        return [tool["function"]["name"] for tool in self.asked[-1].get("tools", [])]

    def results(self, request: int = -1) -> list[str]:
        """Return the results of its tools, from one of its requests."""
        return [message["content"] for message in self.asked[request]["messages"] if message["role"] == "tool"]

    def _answer(self, connection: Connection, request: Request) -> None:
        number = len(self.server.requests)
        self.turns[min(number, len(self.turns)) - 1](connection, request)


def replies(text: str, *, id: str = "end", finish: str = "stop", usage: bool = True) -> Handler:
    """Return a turn of text, which ends the conversation."""

    def turn(connection: Connection, request: Request) -> None:
        if not request.json().get("stream"):
            message = {"role": "assistant", "content": text}
            connection.json(
                {**ANSWER, "id": id, "choices": [{"index": 0, "finish_reason": finish, "message": message}]}
            )
            return
        pieces = [chunk("", delta={"role": "assistant"}, id=id), *(chunk(letter, id=id) for letter in text)]
        connection.events(*pieces, chunk(finish=finish, id=id), *[USAGE.replace(b'"c1"', b'"end"')] * usage, DONE)

    return turn


def calls(*named: tuple[str, object], id: str = "turn", text: str | None = None, finish: str = "tool_calls") -> Handler:
    """Return a turn that calls tools: each its name and its arguments, as JSON text or a value."""
    made = [
        {"id": f"{id}-{place}", "type": "function", "function": {"name": name, "arguments": _text(arguments)}}
        for place, (name, arguments) in enumerate(named)
    ]

    def turn(connection: Connection, request: Request) -> None:
        if not request.json().get("stream"):
            message = {"role": "assistant", "content": text, "tool_calls": made}
            connection.json(
                {**ANSWER, "id": id, "choices": [{"index": 0, "finish_reason": finish, "message": message}]}
            )
            return
        pieces = [chunk(text, delta={"role": "assistant"}, id=id)]
        for place, call in enumerate(made):
            pieces += [chunk(delta={"tool_calls": [part]}, id=id) for part in _cut(place, call)]
        connection.events(*pieces, chunk(finish=finish, id=id), USAGE.replace(b'"c1"', f'"{id}"'.encode()), DONE)

    return turn


def _text(arguments: object) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def _cut(place: int, call: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a call as streams send it: first its name, then its arguments in two pieces."""
    whole = call["function"]["arguments"]
    middle = len(whole) // 2
    first = {**call, "index": place, "function": {**call["function"], "arguments": ""}}
    more = [{"index": place, "function": {"arguments": part}} for part in (whole[:middle], whole[middle:])]
    return [first, *more]


def refuses(status: int, body: bytes = b'{"error":{"message":"slow down","type":"t"}}') -> Handler:
    """Return an error response."""
    return lambda connection, _: connection.json(body, status)


def sends(*pieces: bytes) -> Handler:
    """Return an event stream of these bytes, whole."""
    return lambda connection, _: connection.events(*pieces)


def breaks(*pieces: bytes) -> Handler:
    """Return an event stream of these bytes that breaks off."""

    def turn(connection: Connection, _: Request) -> None:
        connection.events(*pieces, end=False)
        connection.close()

    return turn


def add(a: int, b: int = 2) -> int:
    """Add two numbers."""
    return a + b


def fail(reason: str) -> str:
    """Fail for a reason."""
    raise RuntimeError(reason)
