"""Costs of a streamed chunk and of a round of a run, counted instead of clocked: calls, and memory blocks kept."""

from __future__ import annotations

import gc
import json
import sys
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from inference_gateway_sdk import InferenceGatewayClient, tool
from inference_gateway_sdk._streams.chat import ChatDialect
from support.memory import blocks
from support.server import chunk

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS_PER_CHUNK = 32  # Python and C calls to read one clean chunk and fold it, SSE parsing included
BLOCKS_PER_CHUNK = 0.1  # kept while assembling: pieces of text are joined now and then
CALLS_PER_ODD_CHUNK = 110  # the same for a chunk with fields the contract does not know


CALLS_PER_ROUND = 400  # of a run, above the same round by hand: state, transcript, rendering, the tool's arguments


def stream(count: int, **more: Any) -> list[bytes]:
    """Return the reads of a stream of that many chunks, one event a read."""
    return [chunk(f"word {number} ", **more) for number in range(count)]


def read(reads: list[bytes], *, assemble: bool = True) -> ChatDialect:
    """Return a dialect that has read and folded all of them."""
    dialect = ChatDialect(assemble=assemble)
    for data in reads:
        for item, _ in dialect.feed(data):
            assert item is not None
            dialect.fold(item)
    return dialect


def calls(reads: list[bytes]) -> int:
    """Return how many calls it takes to read and fold them."""
    return calls_of(lambda: read(reads))


def calls_of(work: Callable[[], object]) -> int:
    """Return how many calls, of Python and of C, the work takes in this thread."""
    count = 0

    def count_one(frame: object, event: str, argument: object) -> None:
        nonlocal count
        if event in ("call", "c_call"):
            count += 1

    sys.setprofile(count_one)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def stayed(reads: list[bytes], *, assemble: bool) -> int:
    """Return how many memory blocks of the package stay allocated after reading and folding them."""
    read(reads, assemble=assemble)  # for everything that is cached once
    tracemalloc.start()
    try:
        dialect = read(reads, assemble=assemble)
        gc.collect()
        count = blocks("")
    finally:
        tracemalloc.stop()
    assert dialect.failure is None
    return count


@pytest.mark.parametrize(
    ("more", "bound"), [({}, CALLS_PER_CHUNK), ({"novel": 1, "timings": {"a": 1}}, CALLS_PER_ODD_CHUNK)]
)
def test_a_chunk_takes_few_calls(more: dict[str, Any], bound: int) -> None:
    """The work of one more chunk stays within the written bound at any position of the stream."""
    calls(stream(10, **more))
    few, many = calls(stream(500, **more)), calls(stream(2500, **more))
    assert (many - few) / 2000 <= bound
    assert abs(many / 2500 - few / 500) < 0.1 * bound


def test_memory_grows_with_the_content_alone() -> None:
    """Assembly keeps a chunk's text and nothing else of it."""
    few, many = stayed(stream(500), assemble=True), stayed(stream(2500), assemble=True)
    assert (many - few) / 2000 <= BLOCKS_PER_CHUNK


def test_without_assembly_memory_stays_as_it_is() -> None:
    """`assemble=False` keeps nothing of a chunk."""
    few, many = stayed(stream(500), assemble=False), stayed(stream(2500), assemble=False)
    assert abs(many - few) < 20


def weather(city: str) -> dict[str, float]:
    """Return the weather of a city."""
    return {"degrees": 3.0}


class Answered:
    """A streamed answer that is whole already: a call of `weather`, or text once there is a result."""

    status, headers = 200, [("content-type", "text/event-stream")]

    def __init__(self, body: bytes) -> None:
        self._rest = body

    def read(self, deadline: float | None = None) -> bytes:
        """Return all bytes, then none."""
        piece, self._rest = self._rest, b""
        return piece

    def release(self) -> None:
        """Do nothing."""

    abandon = release


class Answers:
    """A transport that sends nothing."""

    def open(self, method: str, url: str, headers: Any, body: bytes | None, **deadlines: float | None) -> Answered:
        """Answer a question with a call, and a result with text."""
        if b'"role":"tool"' in (body or b""):
            return Answered(chunk("3 degrees.") + chunk(None, finish="stop") + b"data: [DONE]\n\n")
        function = {"name": "weather", "arguments": '{"city": "Oslo"}'}
        call = [{"index": 0, "id": "call_1", "type": "function", "function": function}]
        return Answered(
            chunk(None, delta={"tool_calls": call}) + chunk(None, finish="tool_calls") + b"data: [DONE]\n\n"
        )

    def close(self) -> None:
        """Do nothing."""


def test_a_round_of_a_run_takes_few_calls_more_than_by_hand() -> None:
    """The state machine, the transcript and the checks of arguments stay within the written bound."""
    offered = tool(weather)
    described = {
        "type": "function",
        "function": {"name": "weather", "description": offered.description, "parameters": offered.parameters},
    }
    with InferenceGatewayClient("http://gateway.invalid", driver=Answers()) as client:

        def by_hand() -> None:
            messages: list[Any] = [{"role": "user", "content": "Oslo?"}]
            while True:
                with client.generate_content_stream("openai/m", messages, tools=[described], mcp_bypass=True) as opened:
                    reply = opened.final()
                if not reply.tool_calls:
                    assert reply.text == "3 degrees."
                    return
                messages.append(reply.message)
                for call in reply.tool_calls:
                    result = json.dumps(weather(**json.loads(call.function.arguments)))
                    messages.append({"role": "tool", "tool_call_id": call.id, "content": result})

        def run() -> None:
            assert client.run("openai/m", "Oslo?", tools=[offered]).text == "3 degrees."

        by_hand()
        run()
        assert (calls_of(run) - calls_of(by_hand)) / 2 <= CALLS_PER_ROUND
