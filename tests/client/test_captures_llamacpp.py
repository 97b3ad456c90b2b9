"""Answers recorded from a llama.cpp server parse without loss, and its streams assemble to its own whole answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from inference_gateway_sdk import (
    BadRequestError,
    CreateChatCompletionResponse,
    CreateChatCompletionStreamResponse,
    ListModelsResponse,
)
from support.server import Connection, Request, serving

if TYPE_CHECKING:
    from support.worlds import World

FOLDER = Path(__file__).resolve().parents[1] / "data" / "captures" / "llamacpp"
NAMES = sorted(path.name.removesuffix(".response.http") for path in FOLDER.glob("*.response.http"))
CHATS = [name for name in NAMES if (FOLDER / f"{name}.request.json").exists()]
OTHERS = ["health", "props", "v1_models"]


def _request(name: str) -> dict[str, Any]:
    """Return the request without the members that only choose how the answer is delivered."""
    asked: dict[str, Any] = json.loads((FOLDER / f"{name}.request.json").read_text())
    return {key: value for key, value in asked.items() if key not in ("stream", "stream_options")}


def _head(name: str) -> bytes:
    return (FOLDER / f"{name}.response.http").read_bytes().partition(b"\r\n\r\n")[0]


def _body(name: str) -> bytes:
    return (FOLDER / f"{name}.response.http").read_bytes().partition(b"\r\n\r\n")[2]


def _events(body: bytes) -> list[bytes]:
    return [line.removeprefix(b"data: ") for line in body.split(b"\n") if line.startswith(b"data: {")]


STREAMS = [name for name in CHATS if b"text/event-stream" in _head(name)]
WHOLE = [name for name in CHATS if name not in STREAMS and b" 200 " in _head(name)[:16]]
PAIRS = [(stream, whole) for stream in STREAMS for whole in WHOLE if _request(stream) == _request(whole)]


def test_every_capture_is_of_a_kind_tested_here() -> None:
    """No capture is left out: streams, whole answers, one refusal, and three that are not chats."""
    assert sorted([*STREAMS, *WHOLE, "chat_n2", *OTHERS]) == NAMES
    assert {stream for stream, _ in PAIRS} == {
        "chat_json_schema_stream",
        "chat_stream_usage",
        "chat_stream_usage_sys",
        "tools_required_stream",
    }


@pytest.mark.parametrize("name", WHOLE)
def test_whole_answers_parse_without_loss(name: str) -> None:
    """An encoded chat answer equals the received JSON, unknown fields included and nulls aside."""
    came = json.loads(_body(name))
    assert _without_nulls(CreateChatCompletionResponse.from_json(_body(name)).to_dict()) == _without_nulls(came)


@pytest.mark.parametrize("name", STREAMS)
def test_chunks_parse_without_loss(name: str) -> None:
    """Each encoded chunk of a stream equals the received JSON, unknown fields included and nulls aside."""
    events = _events(_body(name))
    assert len(events) > 2
    for event in events:
        chunk = CreateChatCompletionStreamResponse.from_json(event)
        assert _without_nulls(chunk.to_dict()) == _without_nulls(json.loads(event))


def test_models_parse_without_loss() -> None:
    """A llama.cpp server's own list of models keeps every field that the gateway's contract does not list."""
    assert ListModelsResponse.from_json(_body("v1_models")).to_dict() == json.loads(_body("v1_models"))


@pytest.mark.parametrize("name", WHOLE)
def test_whole_answers_over_the_wire(name: str, world: World) -> None:
    """The whole answer's bytes, served from a socket, reach both clients with nothing lost."""
    answer = _chat(world, name)
    assert _without_nulls(answer.to_dict()) == _without_nulls(json.loads(_body(name)))
    assert answer.meta.raw == _body(name)


@pytest.mark.parametrize("name", STREAMS)
def test_streams_assemble(name: str, world: World) -> None:
    """A stream's answer is the sum of its chunks: the joined text, the last finish, usage and timings."""
    answer = _chat(world, name)
    chunks = [json.loads(event) for event in _events(_body(name))]
    deltas = [choice for chunk in chunks for choice in chunk["choices"]]
    assert answer.text == "".join(choice["delta"].get("content") or "" for choice in deltas)
    assert answer.choices[0].finish_reason == deltas[-1]["finish_reason"]
    last = chunks[-1]
    assert answer.extra_fields.get("timings") == last.get("timings")
    assert (None if answer.usage is None else answer.usage.to_dict()) == last.get("usage")
    logprobs = [item for choice in deltas for item in (choice.get("logprobs") or {}).get("content", [])]
    found = answer.choices[0].logprobs
    assert (found.to_dict()["content"] if found else []) == logprobs


@pytest.mark.parametrize(("stream", "whole"), PAIRS)
def test_streams_assemble_to_the_whole_answer(stream: str, whole: str, world: World) -> None:
    """A stream assembles to the whole answer of the same request, except for ids, dates and timings."""
    assembled, expected = _chat(world, stream), json.loads(_body(whole))
    assert _lasting(assembled.to_dict()) == _lasting(expected)


def test_a_refusal(world: World) -> None:
    """A refusal of the server is a BadRequestError with the server's own message."""
    with pytest.raises(BadRequestError, match=r"Value must be between 1 <= value <= 1, but got 2"):
        _chat(world, "chat_n2")


def test_health_and_models_over_the_wire(world: World) -> None:
    """A llama.cpp server is healthy, and its models are listed with fields that the contract does not list."""

    def handler(connection: Connection, request: Request) -> None:
        connection.send(_http("health" if request.path == "/health" else "v1_models"))

    async def scenario(client: Any) -> None:
        assert await client.health_check() is True
        models = await client.list_models()
        assert [model.id for model in models.data] == ["smollm2-135m"]
        assert models.data[0].extra_fields["meta"]["n_params"] == 134515008
        assert models.extra_fields["models"][0]["capabilities"] == ["completion"]

    with serving(handler) as server:
        world.with_client(scenario, server.url)
        assert server.connections == 1


def _chat(world: World, name: str) -> Any:
    """Send the captured request. Return the client's answer to the captured bytes."""
    asked = json.loads((FOLDER / f"{name}.request.json").read_text())

    async def scenario(client: Any) -> Any:
        params = _request(name)
        model, messages = params.pop("model"), params.pop("messages")
        if not asked.get("stream"):
            return await client.generate_content(model, messages, **params)
        if "stream_options" in asked:
            params["stream_options"] = asked["stream_options"]
        async with client.generate_content_stream(model, messages, **params) as stream:
            return await stream.final()

    with serving(lambda connection, _: connection.send(_http(name))) as server:
        answer = world.with_client(scenario, server.url)
    sent = server.requests[0].json()
    sent_only = {"stream_options"} - asked.keys()
    assert {key: value for key, value in sent.items() if key not in sent_only} == asked
    return answer


def _http(name: str) -> bytes:
    """Return the captured answer as wire bytes: the captures hold bodies without the chunk sizes of their heads."""
    head, body = _head(name), _body(name)
    if b"chunked" in head:
        pieces = [piece + b"\n\n" for piece in body.split(b"\n\n") if piece]
        body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces]) + b"0\r\n\r\n"
    return head + b"\r\n\r\n" + body


def _lasting(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the members that two runs of one request share: no id, time, timings or cache counts."""
    kept = {key: value for key, value in answer.items() if key not in ("id", "created", "timings")}
    usage = {key: value for key, value in answer["usage"].items() if key != "prompt_tokens_details"}
    return _without_nulls({**kept, "usage": usage})


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
