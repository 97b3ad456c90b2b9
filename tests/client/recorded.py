"""Raw recorded answers of a real gateway: read, and requested again by a client.

A recording is the request, every byte that came back, and how the connection ended. `ask` turns the request into the
client's own call; `serve` makes a handler that answers with the recorded bytes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from inference_gateway_sdk import Call

if TYPE_CHECKING:
    from support.server import Connection, Request

FOLDER = Path(__file__).resolve().parents[1] / "data" / "captures" / "gateway"
HI = [{"role": "user", "content": "hi"}]
BIG = 10_600_000  # bytes of text in the one request whose recording is too large for a test


@dataclass(frozen=True)
class Recording:
    """One exchange: a request in the client's terms, and the answer's bytes."""

    method: str
    target: str
    body: dict[str, Any] | None
    answer: bytes
    ended: str = "closed"  # or "reset", "broken TLS end"

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.target.partition("?")[2]))

    @property
    def streamed(self) -> bool:
        return bool(self.body and self.body.get("stream"))

    @property
    def tls(self) -> bool:
        return self.ended == "broken TLS end"


def recordings() -> dict[str, Recording]:
    """Return every recording of the client's endpoints, and of routes that do not exist."""
    index = json.loads((FOLDER / "index.json").read_text())
    found = {
        f"{setting}/{name}": _read(FOLDER / setting / name, case["ended"])
        for setting, described in index.items()
        for name, case in described["cases"].items()
    }
    return {name: recording for name, recording in found.items() if _concerns_us(recording)}


def _read(path: Path, ended: str) -> Recording:
    head, _, body = path.with_name(path.name + ".request.txt").read_bytes().partition(b"\n\n")
    method, target, _ = head.split(b"\n", 1)[0].decode().split(" ")
    answer = path.with_name(path.name + ".response.http").read_bytes()
    return Recording(method, target, _json(body), answer, ended)


def _json(body: bytes) -> dict[str, Any] | None:
    try:
        return json.loads(body)
    except ValueError:  # none, a form, or a recording that was cut short for its size
        return {"model": "openai/ok", "messages": [{"role": "user", "content": "x" * BIG}]} if b'"xxx' in body else None


def _concerns_us(recording: Recording) -> bool:
    ours = ("/v1/models", "/v1/chat/completions", "/health", "/nope")
    return recording.path.rstrip("/") in ours


async def ask(client: Any, recording: Recording) -> Any:
    """Return the client's result for the request: an answer, a list, a bool; a stream's whole turns as a list."""
    if recording.path == "/health":
        return await client.health_check()
    if recording.path == "/v1/models":
        query = recording.query
        # As a further query parameter: the client would refuse the recorded unknown value itself.
        return await client.list_models(query.get("provider"), extra_query={"include": query.get("include", "")})
    if recording.path != "/v1/chat/completions":
        at_root = not recording.path.startswith("/v1")
        path = recording.path if at_root else recording.path.removeprefix("/v1")
        body = None if recording.body is None else json.dumps(recording.body).encode()
        return await client.send(Call(method=recording.method, path=path, read=bytes, body=body, at_root=at_root))
    given = dict(recording.body or {})
    stream = given.pop("stream", False)
    options = {"provider": recording.query.get("provider"), **given}
    if not stream:
        return await client.generate_content(options.pop("model"), options.pop("messages"), **options)
    async with client.generate_content_stream(options.pop("model"), options.pop("messages"), **options) as stream:
        pieces = [piece async for piece in stream.text()]
        await stream.final()
        turns = stream.turns
    assert "".join(pieces) == "".join(turn.text or "" for turn in turns)
    return turns


def serve(recording: Recording, connection: Connection, _: Request) -> None:
    """Answer with the recorded bytes and the recorded end."""
    connection.send(recording.answer)
    if recording.ended == "reset":
        connection.reset()
    else:
        connection.close()
