"""The view that all dialects share, over a socket: one loop, resumed, begun late, cut off, failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import inference_gateway_sdk as sdk
from client import message_faults, response_faults
from inference_gateway_sdk import Finish, TextDelta, ToolCallDelta, ToolCallEnd, ToolCallStart, TurnEnd, UsageReport
from support.server import GOOD, Connection, Request, chunk, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.worlds import World

CALL = {"index": 0, "id": "a1", "type": "function", "function": {"name": "now", "arguments": "{}"}}
CALLED = [chunk(delta={"tool_calls": [CALL]}), chunk(finish="tool_calls")]


def asked(client: Any, dialect: str, **options: Any) -> Any:
    """Open a stream in one of the dialects."""
    if dialect == "chat":
        return client.generate_content_stream("openai/m", "hi", **options)
    if dialect == "responses":
        return client.create_response_stream("openai/m", "hi", **options)
    return client.create_message_stream("anthropic/m", "hi", 5, **options)


def every_dialect(connection: Connection, request: Request) -> None:
    """Send the same answer in each dialect."""
    events = {"/v1/responses": response_faults.GOOD, "/v1/messages": message_faults.GOOD}
    connection.events(*events.get(request.path, GOOD))


def run(world: World, handler: Callable[[Connection, Request], None], scenario: Any) -> Any:
    """Return the scenario's result over a server with this handler."""
    with serving(handler) as server:
        return world.with_client(scenario, server.url)


@pytest.mark.parametrize("dialect", ["chat", "responses", "messages"])
def test_one_loop_reads_every_dialect(world: World, dialect: str) -> None:
    """The same answer gives the same events in every dialect, and `final` has it afterwards."""

    async def scenario(client: Any) -> Any:
        async with asked(client, dialect) as stream:
            return [delta async for delta in stream.deltas()], await stream.final()

    deltas, answer = run(world, every_dialect, scenario)
    assert [delta for delta in deltas if isinstance(delta, TextDelta)] == [TextDelta("Hel"), TextDelta("lo")]
    assert isinstance(deltas[-1], Finish)
    assert deltas[-1].reason is sdk.FinishReason.STOP
    reports = [delta for delta in deltas if isinstance(delta, UsageReport)]
    assert (reports[-1].input_tokens, reports[-1].output_tokens) == (1, 2)
    assert reports[-1].usage == answer.usage


@pytest.mark.parametrize("dialect", ["chat", "responses", "messages"])
def test_a_loop_that_was_left_goes_on(world: World, dialect: str) -> None:
    """A second loop yields the rest that the first did not take; after the end there is nothing more."""

    async def scenario(client: Any) -> Any:
        deltas: list[Any] = []
        async with asked(client, dialect) as stream:
            while True:
                before = len(deltas)
                async for delta in stream.deltas():
                    deltas.append(delta)
                    break
                if len(deltas) == before:
                    return deltas

    deltas = run(world, every_dialect, scenario)
    assert [delta.text for delta in deltas if isinstance(delta, TextDelta)] == ["Hel", "lo"]
    assert sum(isinstance(delta, Finish) for delta in deltas) == 1


def test_a_view_that_begins_late_is_refused(world: World) -> None:
    """A stream that another view has begun to read is refused, because its beginning is lost."""

    async def scenario(client: Any) -> None:
        async with asked(client, "chat") as stream:
            async for _ in stream:
                break
            with pytest.raises(RuntimeError, match="from its beginning"):
                async for _ in stream.deltas():
                    raise AssertionError

    run(world, every_dialect, scenario)


def test_the_gateways_own_tool_calls_are_not_ours(world: World) -> None:
    """A turn that another follows ends with a TurnEnd, its calls marked as run; only the last turn finishes."""

    def handler(connection: Connection, request: Request) -> None:
        connection.events(*CALLED, chunk("It is", id="c2"), chunk(finish="stop", id="c2"))

    async def scenario(client: Any) -> Any:
        async with asked(client, "chat") as stream:
            return [delta async for delta in stream.deltas()]

    assert run(world, handler, scenario) == [
        ToolCallStart(0, "a1", "now"),
        ToolCallDelta(0, "{}"),
        ToolCallEnd(0, "a1", "now", "{}", ran_on_gateway=True),
        TurnEnd(0),
        TextDelta("It is"),
        Finish(sdk.FinishReason.STOP, native="stop"),
    ]


@pytest.mark.parametrize("accepted", [False, True])
def test_a_stream_that_was_cut_off_has_no_end(world: World, accepted: bool) -> None:
    """The view raises as every other does; with accepted truncation, open parts have neither end nor finish."""

    async def scenario(client: Any) -> Any:
        deltas = []
        async with asked(client, "chat", on_truncation="return" if accepted else "raise") as stream:
            try:
                async for delta in stream.deltas():
                    deltas.append(delta)
            except sdk.StreamTruncatedError:
                return deltas, True
        return deltas, False

    deltas, raised = run(world, lambda connection, request: connection.events(CALLED[0]), scenario)
    assert deltas == [ToolCallStart(0, "a1", "now"), ToolCallDelta(0, "{}")]
    assert raised is not accepted


def test_the_view_needs_no_assembly(world: World) -> None:
    """With `assemble=False` the view is the same, tool calls with their whole arguments included."""

    async def scenario(client: Any) -> Any:
        async with asked(client, "chat", assemble=False) as stream:
            return [delta async for delta in stream.deltas()]

    deltas = run(world, lambda connection, request: connection.events(*CALLED), scenario)
    assert deltas[-2:] == [ToolCallEnd(0, "a1", "now", "{}"), Finish(sdk.FinishReason.TOOL_CALLS, native="tool_calls")]
