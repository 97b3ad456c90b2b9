"""A sample of exchanges in the shapes of many providers, through both clients; the claims of scripts/check_corpus.py.

tests/data/exchanges.jsonl holds one invented exchange a line: the body of an answer, or the events of a stream with
what they add up to, or an error with its class.
"""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import inference_gateway_sdk as sdk
from support.server import Connection, Request, serving

if TYPE_CHECKING:
    from support.worlds import World

FILE = Path(__file__).parents[1] / "data" / "exchanges.jsonl"
EXCHANGES = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def _chosen(wanted: str) -> list[Any]:
    return [pytest.param(entry, id=entry["name"]) for entry in EXCHANGES if wanted in entry]


WHOLE = [entry for entry in _chosen("body") if "error" not in entry.values[0]]
STREAMS = _chosen("events")
ERRORS = _chosen("error")


async def _ask(client: Any, dialect: str) -> Any:
    if dialect == "messages":
        return await client.create_message("p/m", "hi", 100)
    return await (client.create_response if dialect == "responses" else client.generate_content)("p/m", "hi")


def _stream(client: Any, dialect: str) -> Any:
    if dialect == "messages":
        return client.create_message_stream("p/m", "hi", 100)
    method = client.create_response_stream if dialect == "responses" else client.generate_content_stream
    return method("p/m", "hi")


def _frames(entry: dict[str, Any]) -> list[bytes]:
    frames = []
    for event in entry["events"]:
        name = "" if entry["dialect"] == "chat" else f"event: {event['type']}\n"
        data = event if isinstance(event, str) else json.dumps(event)
        frames.append(f"{name}data: {data}\n\n".encode())
    return frames


def _text(answer: Any) -> str:
    return (answer.output_text if isinstance(answer, sdk.Response) else answer.text) or ""


def _without_nulls(value: Any) -> Any:
    """Return a value for comparison, without its null fields."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _as_json(value: Any) -> str:
    """Return JSON that differs where numbers are spelt differently: 1 is not 1.0."""
    return json.dumps(_without_nulls(value), sort_keys=True)


def _calls(answer: Any, dialect: str) -> list[list[str]]:
    if dialect == "chat":
        calls = answer.choices[0].message.tool_calls or []
        return [[call.id, call.function.name, call.function.arguments] for call in calls]
    if dialect == "messages":
        uses = [block for block in answer.content if block.type == "tool_use"]
        return [[block.id, block.name, json.dumps(block.input, separators=(",", ":"))] for block in uses]
    return [[item.call_id, item.name, item.arguments] for item in answer.output if item.type == "function_call"]


@pytest.mark.parametrize("entry", WHOLE)
def test_a_whole_answer_loses_nothing(world: World, entry: dict[str, Any]) -> None:
    """Each received value is kept, spelt as it came, also after copying and pickling."""

    async def scenario(client: Any) -> None:
        answer = await _ask(client, entry["dialect"])
        for same in (answer, copy.copy(answer), copy.deepcopy(answer), pickle.loads(pickle.dumps(answer))):
            assert same == answer
            assert _as_json(same.to_dict()) == _as_json(entry["body"])

    with serving(lambda connection, _: connection.json(entry["body"])) as server:
        world.with_client(scenario, server.url, max_retries=0)


@pytest.mark.parametrize("entry", STREAMS)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_stream_adds_up(world: World, entry: dict[str, Any], size: int) -> None:
    """Text, reasoning, tool calls, finish and usage match the file, wherever the network cuts the bytes."""
    data, expect = b"".join(_frames(entry)), entry["expect"]
    pieces = [data[at : at + size] for at in range(0, len(data), size)]

    async def scenario(client: Any) -> None:
        async with _stream(client, entry["dialect"]) as stream:
            text = "".join([piece async for piece in stream.text()])
            answer = await stream.final()
        assert text == _text(answer) == expect["text"]
        assert _calls(answer, entry["dialect"]) == expect.get("calls", [])
        if entry["dialect"] == "chat":
            assert answer.choices[0].finish_reason == expect["finish"]
            assert (answer.choices[0].message.reasoning_content or "") == expect.get("reasoning", "")
            assert (answer.usage.to_dict() if answer.usage else None) == expect.get("usage")
        elif entry["dialect"] == "messages":
            assert answer.stop_reason == expect["finish"]
        else:
            assert _as_json(answer.to_dict()) == _as_json(entry["events"][-1]["response"])

    with serving(lambda connection, _: connection.events(*pieces)) as server:
        world.with_client(scenario, server.url, max_retries=0)


@pytest.mark.parametrize("entry", STREAMS)
def test_a_stream_that_is_cut_is_never_whole(world: World, entry: dict[str, Any]) -> None:
    """An end after any event but the last ones is truncation, and the error has the partial answer."""
    frames = _frames(entry)
    terminal = next(
        index
        for index, event in enumerate(entry["events"])
        if isinstance(event, dict)
        and (
            event.get("type") in ("message_stop", "response.completed")
            or any(choice["finish_reason"] for choice in event.get("choices", ()))
        )
    )
    served: list[int] = []

    def handler(connection: Connection, _: Request) -> None:
        connection.events(*frames[: served[-1]], end=False)
        connection.close()

    async def scenario(client: Any) -> None:
        for count in range(1, terminal + 1):
            served.append(count)
            with pytest.raises(sdk.StreamTruncatedError) as caught:
                async with _stream(client, entry["dialect"]) as stream:
                    await stream.final()
            partial = caught.value.partial
            assert partial is None or entry["expect"]["text"].startswith(_text(partial))

    with serving(handler) as server:
        world.with_client(scenario, server.url, max_retries=0)
    assert len(server.requests) == terminal


@pytest.mark.parametrize("entry", ERRORS)
def test_an_error_has_its_class_and_keeps_its_body(world: World, entry: dict[str, Any]) -> None:
    """An error has the class in the file, for a call and for a stream."""

    async def scenario(client: Any) -> None:
        with pytest.raises(sdk.StatusError) as whole:
            await _ask(client, entry["dialect"])
        with pytest.raises(sdk.StatusError) as streamed:
            async with _stream(client, entry["dialect"]):
                pytest.fail("the block was entered")
        for caught in (whole.value, streamed.value):
            assert type(caught).__name__ == entry["error"]
            assert (caught.status, caught.body) == (entry["status"], entry["body"])

    with serving(lambda connection, _: connection.json(entry["body"], entry["status"])) as server:
        world.with_client(scenario, server.url, max_retries=0)
