"""Runs of both clients over sockets, against the scripted gateway."""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import json
import logging
import threading
from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypedDict

import pydantic
import pytest
from msgspec import Meta, Struct

import inference_gateway_sdk as sdk
from inference_gateway_sdk import Limits, ToolDone, ToolError, ToolRun, Transcript, tool
from inference_gateway_sdk.embedded import Settings, running
from inference_gateway_sdk.testing import ScriptedGateway, scripted_gateway
from support.worlds import World

DIALECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("openai/gpt-4o-mini", {}),
    "responses": ("openai/gpt-4o-mini", {}),
    "messages": ("anthropic/claude-sonnet-4-5", {"max_tokens": 100}),
}
dialects = pytest.mark.parametrize("dialect", DIALECTS)
ran: list[Any] = []
where: contextvars.ContextVar[str] = contextvars.ContextVar("where", default="nowhere")


@pytest.fixture(autouse=True)
def _clean() -> None:
    ran.clear()


@pytest.fixture
def gateway() -> Iterator[ScriptedGateway]:
    """Return a scripted gateway whose end does not check for unused scripts."""
    with scripted_gateway(check_unused=False, sockets=True) as server:
        yield server


def weather(city: str, unit: Literal["celsius", "fahrenheit"] = "celsius") -> dict[str, float]:
    """The weather of a city now.

    Args:
        city: Its English name.
        unit: Of the degrees.
    """
    ran.append(city)
    return {"degrees": 3.0 if city == "Oslo" else 18.0}


def delete(path: str) -> str:
    """Delete a file."""
    ran.append(path)
    return f"{path} is gone"


class Recipe(Struct):
    """A dish."""

    title: str
    minutes: Annotated[int, Meta(ge=1)]
    note: str | None = None


@dataclasses.dataclass
class Place:
    """A place."""

    name: str


class Verdict(pydantic.BaseModel):
    """Which is warmer."""

    warmer: str
    by: float = pydantic.Field(ge=0)


class Pair(TypedDict):
    """Two words."""

    first: str
    second: str


def play(world: World, gateway: ScriptedGateway, dialect: str, messages: Any = "Hi", **options: Any) -> Any:
    """Return the run of one call of `run`."""
    model, more = DIALECTS[dialect]

    async def scenario(client: Any) -> Any:
        return await client.run(model, messages, dialect=dialect, **more, **options)

    return world.with_client(scenario, gateway.url)


@dialects
def test_a_run_calls_functions_and_answers(world: World, gateway: ScriptedGateway, dialect: str) -> None:
    """Two calls of one turn run in order, their results go back, and the text is the output."""
    gateway.reply(tool_calls=[("weather", {"city": "Oslo"}), ("weather", {"city": "Rome"})])
    gateway.reply("Rome is warmer.")
    run = play(world, gateway, dialect, "Is it warmer in Oslo or in Rome?", tools=[weather])
    assert run.output == run.text == "Rome is warmer."
    assert [(call.arguments, call.status, call.result) for call in run.calls] == [
        ({"city": "Oslo"}, "done", {"degrees": 3.0}),
        ({"city": "Rome"}, "done", {"degrees": 18.0}),
    ]
    assert sorted(ran) == ["Oslo", "Rome"]
    assert len(run.turns) == 2
    first, second = gateway.requests
    assert all(request.stream for request in gateway.requests)
    assert "Its English name." in json.dumps(first.json["tools"])
    assert json.dumps(second.json).count("degrees") >= 2
    if dialect == "chat":
        assert first.headers["x-mcp-bypass"] and second.headers["x-mcp-bypass"]


def test_without_tools_the_gateway_keeps_its_own(world: World, gateway: ScriptedGateway) -> None:
    """A run without tools does not ask the gateway to leave its MCP tools out."""
    gateway.reply("Hello.")
    assert play(world, gateway, "chat").text == "Hello."
    assert "x-mcp-bypass" not in gateway.request.headers


@dialects
@pytest.mark.parametrize(
    ("kind", "value", "output"),
    [
        (Recipe, {"title": "Soup", "minutes": 20}, Recipe("Soup", 20)),
        (Place, {"name": "Oslo"}, Place("Oslo")),
        (Verdict, {"warmer": "Rome", "by": 15.0}, Verdict(warmer="Rome", by=15.0)),
        (Pair, {"first": "a", "second": "b"}, {"first": "a", "second": "b"}),
        (list[int], {"value": [1, 2]}, [1, 2]),
        (int | None, {"value": None}, None),
        (bool, {"value": True}, True),
    ],
)
def test_the_output_has_the_type(
    world: World, gateway: ScriptedGateway, dialect: str, kind: Any, value: Any, output: Any
) -> None:
    """Structs, dataclasses, models, dictionaries, lists, unions and scalars have the requested type."""
    gateway.reply(json=value)
    run = play(world, gateway, dialect, output=kind)
    assert run.output == output
    assert type(run.output) is type(output)
    assert run.output_mode == "schema"


@dialects
def test_an_output_that_does_not_fit_is_asked_for_again(world: World, gateway: ScriptedGateway, dialect: str) -> None:
    """The model gets the path of each mismatch; the third failure raises with the whole run."""
    gateway.reply(json={"title": "Soup", "minutes": 0})
    gateway.reply(json={"title": "Soup", "minutes": 20})
    assert play(world, gateway, dialect, output=Recipe).output == Recipe("Soup", 20)
    assert "$.minutes" in json.dumps(gateway.requests[1].json)
    gateway.reply(json={"title": "Soup", "minutes": 0}, times=3)
    with pytest.raises(sdk.OutputError, match=r"\$\.minutes") as caught:
        play(world, gateway, dialect, output=Recipe)
    assert caught.value.reason == "invalid"
    assert len(caught.value.problems) == 3
    assert len(caught.value.partial.turns) == 3


def test_a_stream_of_a_run_has_deltas_of_every_round(world: World, gateway: ScriptedGateway) -> None:
    """Deltas of each answer come in order, with the tool's start and end between them."""
    gateway.reply(tool_calls=[("weather", {"city": "Oslo"})])
    gateway.reply("3 degrees.")

    async def scenario(client: Any) -> Any:
        async with client.run_stream("openai/gpt-4o-mini", "Oslo?", tools=[weather]) as stream:
            names = [type(delta).__name__ async for delta in stream.deltas()]
            return names, await stream.final()

    names, run = world.with_client(scenario, gateway.url)
    found = [name for name in names if name not in {"UsageReport", "ToolCallDelta"}]
    assert found[:5] == ["ToolCallStart", "ToolCallEnd", "Finish", "ToolRun", "ToolDone"]
    assert set(found[5:]) == {"TextDelta", "Finish"}
    assert run.text == "3 degrees."


@dialects
def test_an_output_is_seen_while_it_grows(world: World, gateway: ScriptedGateway, dialect: str) -> None:
    """Partials are plain values that grow; items are validated elements of a list, each when it is closed."""
    model, more = DIALECTS[dialect]
    gateway.reply(json={"title": "Leek soup with potatoes", "minutes": 25})
    gateway.reply(json={"value": [{"title": "a", "minutes": 1}, {"title": "b", "minutes": 2}]})
    gateway.reply(json=[{"title": "c", "minutes": 3}])
    gateway.reply(json={"value": [{"title": "a", "minutes": 0}]})

    async def scenario(client: Any) -> Any:
        async with client.run_stream(model, "Soup", output=Recipe, dialect=dialect, **more) as stream:
            titles = [value.get("title", "") async for value in stream.partials()]
            assert (await stream.final()).output == Recipe("Leek soup with potatoes", 25)
        assert titles[-1] == "Leek soup with potatoes"
        assert len(set(titles)) > 2
        assert all(titles[-1].startswith(title) for title in titles)
        for found in ([Recipe("a", 1), Recipe("b", 2)], [Recipe("c", 3)]):
            async with client.run_stream(model, "Soups", output=list[Recipe], dialect=dialect, **more) as stream:
                assert [item async for item in stream.items()] == found
        async with client.run_stream(model, "Soups", output=list[Recipe], dialect=dialect, **more) as stream:
            with pytest.raises(sdk.OutputError, match=r"an element does not match its type: \$\.minutes"):
                [item async for item in stream.items()]
        async with client.run_stream(model, "Soup", output=Recipe, dialect=dialect, **more) as stream:
            with pytest.raises(TypeError, match=r"items\(\) needs output=list\[X\]"):
                [item async for item in stream.items()]

    world.with_client(scenario, gateway.url)


def test_approval_is_asked_before_any_call_of_the_turn_runs(world: World, gateway: ScriptedGateway) -> None:
    """True runs a call; False and a reason deny it, and the model gets the reason."""
    answers = {"a": True, "b": False, "c": "Not on a Friday."}
    gateway.reply(tool_calls=[("delete", {"path": path}) for path in answers])
    gateway.reply("Done.")

    def approve(call: Any) -> Any:
        assert ran == []
        return answers[call.arguments["path"]]

    run = play(world, gateway, "chat", tools=[tool(delete, approval=True)], approve=approve)
    assert ran == ["a"]
    assert [call.status for call in run.calls] == ["done", "denied", "denied"]
    assert "Not on a Friday." in json.dumps(gateway.requests[1].json)


def test_nobody_is_asked_about_calls_that_would_not_run(world: World, gateway: ScriptedGateway) -> None:
    """In the last round `approve` is not called, and the calls stay open; without it the run pauses."""
    asked: list[Any] = []
    gateway.reply(tool_calls=[("delete", {"path": "a"})], times=2)
    tools = [tool(delete, approval=True)]
    with pytest.raises(sdk.RunLimitError) as caught:
        play(world, gateway, "chat", tools=tools, limits=1, approve=asked.append)
    assert (asked, ran) == ([], [])
    assert [call.name for call in caught.value.partial.transcript.pending] == ["delete"]
    paused = play(world, gateway, "chat", tools=tools, limits=1)
    assert (paused.finish, [call.name for call in paused.pending]) == ("paused", ["delete"])


def test_a_run_that_goes_on_has_calls_of_its_own(world: World, gateway: ScriptedGateway) -> None:
    """Its answers, calls and usage are its own; the transcript has the calls of the whole conversation."""
    gateway.reply(tool_calls=[("weather", {"city": "Oslo"})])
    gateway.reply("Cold.")
    first = play(world, gateway, "chat", tools=[weather])
    gateway.reply(tool_calls=[("weather", {"city": "Rome"})])
    gateway.reply("Warm.")
    second = play(world, gateway, "chat", [first, "And Rome?"], tools=[weather])
    assert [call.arguments for call in second.calls] == [{"city": "Rome"}]
    assert len(second.turns) == 2
    assert [(call.arguments, call.status) for call in second.transcript.calls] == [
        ({"city": "Oslo"}, "done"), ({"city": "Rome"}, "done"),
    ]  # fmt: skip


@dialects
def test_a_run_pauses_and_goes_on_elsewhere(world: World, gateway: ScriptedGateway, dialect: str) -> None:
    """Without a decision the run pauses; its transcript as JSON continues in another client, each call run once."""
    gateway.reply(tool_calls=[("delete", {"path": "a"}), ("weather", {"city": "Oslo"})])
    tools = [tool(delete, approval=True), weather]
    paused = play(world, gateway, dialect, "Clean up.", tools=tools)
    assert [call.name for call in paused.pending] == ["delete"]
    assert ran == ["Oslo"]
    with pytest.raises(sdk.RunPausedError, match="these calls are pending: delete"):
        _ = paused.output
    stored = paused.transcript.to_json()
    gateway.reply("Gone.")
    old = Transcript.from_json(stored)
    with pytest.raises(KeyError, match="not a pending call"):
        play(world, gateway, dialect, old, tools=tools, approve={"other": True})
    run = play(world, gateway, dialect, old, tools=tools, approve={old.pending[0].id: True})
    assert (run.text, ran) == ("Gone.", ["Oslo", "a"])
    assert len(gateway.requests) == 2
    assert "a is gone" in json.dumps(gateway.requests[1].json)


def test_progress_is_stored_before_a_tool_begins(world: World, gateway: ScriptedGateway) -> None:
    """A transcript stored when a tool begins has its start; resumed, it informs the model and skips the call."""
    stored: list[bytes] = []
    seen: list[bytes] = []

    def charge(amount: int) -> str:
        """Charge a card."""
        ran.append(amount)
        seen.append(stored[-1])
        return "charged"

    gateway.reply(tool_calls=[("charge", {"amount": 7})])
    gateway.reply("Charged.")
    play(world, gateway, "chat", "Charge 7.", tools=[charge], on_progress=lambda t: stored.append(t.to_json()))
    assert ran == [7]
    gateway.reply("I am not sure.")
    run = play(world, gateway, "chat", Transcript.from_json(seen[0]), tools=[charge])
    assert (ran, run.calls[0].status) == ([7], "interrupted")
    assert "not known whether it ran" in json.dumps(gateway.requests[2].json)


def test_a_limit_raises_with_the_whole_run_or_ends_it(world: World, gateway: ScriptedGateway) -> None:
    """Calls beyond the limit stay open; the partial run continues from there."""
    for _ in range(4):
        gateway.reply(tool_calls=[("weather", {"city": "Oslo"})])
    with pytest.raises(sdk.RunLimitError, match="2 rounds") as caught:
        play(world, gateway, "chat", tools=[weather], limits=2)
    assert caught.value.limit == "rounds"
    assert len(caught.value.partial.turns) == 2
    run = play(world, gateway, "chat", tools=[weather], limits=Limits(rounds=2), on_limit="return")
    assert run.finish == "limit"
    gateway.reply("3 degrees.")
    assert play(world, gateway, "chat", [caught.value.partial, "Now answer."], tools=[], limits=1).text == "3 degrees."


def test_what_a_tool_raises(world: World, gateway: ScriptedGateway, caplog: pytest.LogCaptureFixture) -> None:
    """The model gets a ToolError's text and no other exception's; `on_tool_error="raise"` raises those."""

    def refuse() -> str:
        raise ToolError("Ask again tomorrow.")

    def crash() -> str:
        raise ValueError("postgres://user:hunter2@host")

    gateway.reply(tool_calls=[("refuse", {}), ("crash", {})])
    gateway.reply("Sorry.")
    with caplog.at_level(logging.WARNING, "inference_gateway_sdk"):
        run = play(world, gateway, "chat", tools=[refuse, crash])
    results = json.dumps(gateway.requests[1].json)
    assert "Ask again tomorrow." in results and "ValueError" in results
    assert "hunter2" not in results
    assert [type(call.error) for call in run.calls] == [ToolError, ValueError]
    assert ["crash raised ValueError" in record.message for record in caplog.records] == [True]
    gateway.reply(tool_calls=[("refuse", {}), ("crash", {})])
    with pytest.raises(sdk.ToolRaisedError, match="crash raised ValueError") as caught:
        play(world, gateway, "chat", tools=[refuse, crash], on_tool_error="raise")
    assert isinstance(caught.value.__cause__, ValueError)
    assert [call.status for call in caught.value.partial.calls] == ["failed", "failed"]


def test_a_blocking_tool_runs_in_the_callers_thread(gateway: ScriptedGateway) -> None:
    """The blocking client runs tools one after another in the caller's thread and context."""

    def here() -> str:
        ran.append((threading.get_ident(), where.get()))
        where.set("changed")
        return "ok"

    gateway.reply(tool_calls=[("here", {}), ("here", {})])
    gateway.reply("Done.")
    where.set("caller")
    with sdk.InferenceGatewayClient(gateway.url, proxy=None) as client:
        client.run("openai/gpt-4o-mini", "Hi", tools=[here])
    assert ran == [(threading.get_ident(), "caller"), (threading.get_ident(), "changed")]


def test_threads_are_opted_in_to(gateway: ScriptedGateway) -> None:
    """With `concurrency=2` two calls of the blocking client overlap, each with a copy of the context."""
    meeting = threading.Barrier(2)

    def meet() -> str:
        meeting.wait(10)
        ran.append((threading.get_ident() != caller, where.get()))
        where.set("changed")
        return "met"

    gateway.reply(tool_calls=[("meet", {}), ("meet", {})])
    gateway.reply("Done.")
    caller = threading.get_ident()
    where.set("caller")
    with sdk.InferenceGatewayClient(gateway.url, proxy=None) as client:
        run = client.run("openai/gpt-4o-mini", "Hi", tools=[meet], concurrency=2)
    assert [call.status for call in run.calls] == ["done", "done"]
    assert (ran, where.get()) == ([(True, "caller")] * 2, "caller")


def test_async_tools_of_a_turn_run_side_by_side(gateway: ScriptedGateway) -> None:
    """Tasks and plain functions of one turn overlap; a tool marked as alone waits for the others."""
    log: list[str] = []

    async def scenario() -> Any:
        arrived, loop = asyncio.Event(), asyncio.get_running_loop()

        async def first() -> str:
            await asyncio.wait_for(arrived.wait(), 10)
            log.append(where.get())
            where.set("changed")
            return "one"

        def second() -> str:
            loop.call_soon_threadsafe(arrived.set)
            log.append(where.get())
            return "two"

        async def third() -> str:
            log.append("alone")
            return "three"

        where.set("caller")
        async with sdk.AsyncInferenceGatewayClient(gateway.url, proxy=None) as client:
            run = await client.run("openai/gpt-4o-mini", "Hi", tools=[tool(third, alone=True), first, second])
        assert where.get() == "caller"
        return run

    gateway.reply(tool_calls=[("third", {}), ("first", {}), ("second", {})])
    gateway.reply("Done.")
    run = asyncio.run(scenario())
    assert log == ["caller", "caller", "alone"]
    assert [call.result for call in run.calls] == ["three", "one", "two"]
    results = [m["content"] for m in gateway.requests[1].json["messages"] if m["role"] == "tool"]
    assert results == ["three", "one", "two"]


def test_a_tool_that_takes_too_long_is_left(world: World, gateway: ScriptedGateway) -> None:
    """The model is informed that no answer came; the run continues without waiting for the function's thread."""
    released = threading.Event()

    def slow() -> str:
        released.wait(30)
        return "late"

    gateway.reply(tool_calls=[("slow", {})])
    gateway.reply("Never mind.")
    run = play(world, gateway, "chat", tools=[tool(slow, timeout=0.05)])
    released.set()
    assert (run.text, run.calls[0].status) == ("Never mind.", "timeout")
    assert "may still be running" in json.dumps(gateway.requests[1].json)


def test_the_runs_time_bounds_its_tools(world: World, gateway: ScriptedGateway) -> None:
    """`Limits(seconds=)` abandons a running tool, and raises."""
    released = threading.Event()

    def slow() -> str:
        released.wait(30)
        return "late"

    gateway.reply(tool_calls=[("slow", {})])
    with pytest.raises(sdk.RunLimitError, match=r"reached its limit of 0\.2 s") as caught:
        play(world, gateway, "chat", tools=[tool(slow, timeout=20)], limits=Limits(seconds=0.2))
    released.set()
    assert caught.value.limit == "seconds"
    assert [call.status for call in caught.value.partial.calls] == ["timeout"]


def test_leaving_a_run_cancels_its_tools(gateway: ScriptedGateway) -> None:
    """A task of the run is cancelled and awaited; the partial run is valid, and can continue."""

    async def endless() -> str:
        ran.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            ran.append("cancelled")
        return "never"

    async def scenario() -> Any:
        async with sdk.AsyncInferenceGatewayClient(gateway.url, proxy=None) as client:
            async with client.run_stream("openai/gpt-4o-mini", "Hi", tools=[endless]) as stream:
                async for delta in stream.deltas():
                    if isinstance(delta, ToolRun):
                        await asyncio.sleep(0)
                        break
            partial = stream.partial()
            return partial, await client.run("openai/gpt-4o-mini", [partial, "Well?"], tools=[endless])

    gateway.reply(tool_calls=[("endless", {})])
    gateway.reply("It was interrupted.")
    partial, run = asyncio.run(scenario())
    assert ran in ([], ["begun", "cancelled"])
    assert [call.status for call in partial.calls] == ["interrupted"]
    assert run.text == "It was interrupted."


def test_an_interrupt_goes_up_itself(gateway: ScriptedGateway) -> None:
    """KeyboardInterrupt in a tool is not wrapped; the completed steps are in the stream's partial run."""

    def interrupted() -> str:
        raise KeyboardInterrupt

    gateway.reply(tool_calls=[("weather", {"city": "Oslo"}), ("interrupted", {})])
    with sdk.InferenceGatewayClient(gateway.url, proxy=None) as client:
        stream = client.run_stream("openai/gpt-4o-mini", "Hi", tools=[weather, interrupted])
        with pytest.raises(KeyboardInterrupt), stream:
            stream.final()
    assert [call.status for call in stream.partial().calls] == ["done", "interrupted"]


@dialects
def test_nothing_runs_from_an_answer_that_broke(world: World, gateway: ScriptedGateway, dialect: str) -> None:
    """A stream cut after any event runs no call before its end; the error has the run, which can continue."""
    model, more = DIALECTS[dialect]
    gateway.reply(tool_calls=[("delete", {"path": "a"})])

    async def record(client: Any) -> list[bytes]:
        method = {
            "chat": client.generate_content_stream,
            "responses": client.create_response_stream,
            "messages": client.create_message_stream,
        }[dialect]
        async with method(model, "Hi", *more.values()) as stream:
            return [(event.event or "").encode() + b"|" + event.data.encode() async for event in stream.events()]

    events = []
    for event in world.with_client(record, gateway.url):
        kind, _, data = event.partition(b"|")
        events.append((b"event: " + kind + b"\n" if kind and kind != b"message" else b"") + b"data: " + data + b"\n\n")
    whole, broken = 0, []
    for cut in range(1, len(events) + 1):
        gateway.respond(200, body=b"".join(events[:cut]), headers={"content-type": "text/event-stream"})
        try:
            run = play(world, gateway, dialect, tools=[tool(delete, approval=True)], max_retries=0)
        except sdk.StreamTruncatedError as error:
            broken.append(error.partial)
        else:
            whole += 1
            assert [call.name for call in run.pending] == ["delete"]
    for partial in broken:
        assert isinstance(partial, sdk.Run)
        assert not any(call.status == "done" for call in partial.calls)
        gateway.reply("All right.")
        assert play(world, gateway, dialect, [partial, "Go on."], tools=[delete]).text == "All right."
    assert ran == []
    assert whole and broken


def test_mcp_tools_and_functions_in_one_list(world: World) -> None:
    """Tools of the gateway run there, functions here, and both results go to the model."""

    def last_build() -> str:
        """The state of the last build."""
        return "red"

    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    async def scenario(client: Any) -> Any:
        (remote,) = await client.list_mcp_tools()
        gateway.reply(tool_calls=[("last_build", {}), (remote.name, {"a": 2, "b": 3})])
        gateway.reply("Red, and 5.")
        return await client.run("openai/gpt-4o-mini", "Well?", tools=[last_build, remote])

    with scripted_gateway(check_unused=False, sockets=True, tools=[add]) as gateway:
        run = world.with_client(scenario, gateway.url)
    assert [(call.status, call.output) for call in run.calls] == [("done", "red"), ("done", "5")]


def test_a_refused_output_mode_steps_down_and_is_remembered(world: World, gateway: ScriptedGateway) -> None:
    """A 400 about the format moves to the next mode, with which the client's next run begins."""
    gateway.on(where=lambda request: "response_format" in request.json).respond(
        400, json={"error": {"message": "response_format json_schema is not supported"}}, times="always"
    )
    for _ in range(2):
        gateway.reply(tool_calls=[("final_answer", {"title": "Soup", "minutes": 3})])

    async def scenario(client: Any) -> None:
        for _ in range(2):
            run = await client.run("openai/gpt-4o-mini", "Soup", output=Recipe)
            assert (run.output, run.output_mode) == (Recipe("Soup", 3), "tool")

    world.with_client(scenario, gateway.url)
    assert len(gateway.requests) == 3


async def an_async_tool() -> str:
    """Wait."""
    return "ok"


def without_annotation(city):  # type: ignore[no-untyped-def]
    """Do something."""


def any_number(*cities: str) -> None:
    """Do something."""


def unsupported(value: complex) -> None:
    """Do something."""


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"tools": [without_annotation]}, TypeError, "the parameter city has no annotation"),
        ({"tools": [weather, any_number]}, TypeError, r"tools\[1\]: tool any_number: the parameter \*cities"),
        ({"tools": [unsupported]}, TypeError, r"tools\[0\]: tool unsupported: the parameter value cannot be described"),
        ({"tools": [weather, weather]}, ValueError, "the name weather is already used"),
        ({"tools": [3]}, TypeError, r"tools\[0\]"),
        ({"output": Recipe, "response_format": {"type": "json_object"}}, TypeError, "cannot be combined"),
        ({"output": threading.Thread}, TypeError, "output cannot be described"),
        ({"output_mode": "schema"}, TypeError, "needs a type"),
        ({"dialect": "images"}, ValueError, "dialect must be one of"),
        ({"dialect": "messages"}, TypeError, "needs max_tokens"),
        ({"on_limit": "ignore"}, ValueError, "on_limit must be one of"),
        ({"on_tool_error": "ignore"}, ValueError, "on_tool_error must be one of"),
        ({"approve": 3}, TypeError, "approve must be a function or a mapping"),
        ({"approve": {"call_x": True}}, KeyError, "not a pending call"),
        ({"on_progress": 3}, TypeError, "on_progress must be a function"),
        ({"concurrency": 0}, ValueError, "concurrency must be at least 1"),
        ({"concurrency": "2"}, TypeError, "concurrency must be an integer"),
        ({"limits": 0}, ValueError, "rounds must be at least 1"),
        ({"n": 2}, TypeError, "n is not an argument of a run"),
        ({"assemble": False}, TypeError, "assemble is not an argument of a run"),
        ({"temprature": 1}, TypeError, "did you mean 'temperature'"),
    ],
)
def test_bad_arguments_fail_before_anything_is_sent(
    world: World, gateway: ScriptedGateway, options: dict[str, Any], error: type[Exception], words: str
) -> None:
    """Each error names the argument."""

    async def scenario(client: Any) -> None:
        with pytest.raises(error, match=words):
            await client.run("openai/gpt-4o-mini", "Hi", **options)

    world.with_client(scenario, gateway.url)
    assert not gateway.requests


def test_an_async_tool_needs_the_async_client(gateway: ScriptedGateway) -> None:
    """The blocking client refuses it by name, before anything is sent."""
    with (
        sdk.InferenceGatewayClient(gateway.url, proxy=None) as client,
        pytest.raises(TypeError, match="an_async_tool is async"),
    ):
        client.run("openai/gpt-4o-mini", "Hi", tools=[an_async_tool])
    assert not gateway.requests


def test_tools_of_the_client_count_where_a_run_names_none(world: World, gateway: ScriptedGateway) -> None:
    """`with_tools` is the default for a run; `tools=()` means none."""
    gateway.reply(tool_calls=[("weather", {"city": "Oslo"})])
    gateway.reply("3 degrees.", times=2)

    async def scenario(client: Any) -> None:
        mine = client.with_tools([weather])
        assert (await mine.run("openai/gpt-4o-mini", "Oslo?")).text == "3 degrees."
        assert (await mine.run("openai/gpt-4o-mini", "Oslo?", tools=())).text == "3 degrees."

    world.with_client(scenario, gateway.url)
    assert ran == ["Oslo"]
    assert "tools" not in gateway.requests[2].json


def test_a_run_is_used_once_and_inside_its_block(world: World, gateway: ScriptedGateway) -> None:
    """Reading outside the block, and entering twice, raise with advice."""
    gateway.reply("Hello.")

    async def scenario(client: Any) -> None:
        stream = client.run_stream("openai/gpt-4o-mini", "Hi")
        with pytest.raises(RuntimeError, match="the run is not open: write `with client"):
            await stream.final()
        async with stream:
            assert (await stream.final()).text == "Hello."
            assert (await stream.final()).text == "Hello."
        with pytest.raises(RuntimeError, match="a run can be used only once"):
            async with stream:
                pass

    world.with_client(scenario, gateway.url)
    assert ToolDone  # exported beside ToolRun


def test_a_hook_that_raises_loses_nothing(world: World, gateway: ScriptedGateway) -> None:
    """An exception of `on_progress` propagates, and the result that it was called for is in the run already."""

    def full(transcript: Transcript) -> None:
        if b'"kind":"result"' in transcript.to_json():
            raise OSError("the disk is full")

    gateway.reply(tool_calls=[("weather", {"city": "Oslo"})])

    async def scenario(client: Any) -> Any:
        stream = client.run_stream("openai/gpt-4o-mini", "Oslo?", tools=[weather], on_progress=full)
        with pytest.raises(OSError, match="the disk is full"):
            async with stream:
                await stream.final()
        return stream.partial()

    assert [call.status for call in world.with_client(scenario, gateway.url).calls] == ["done"]


def test_a_long_result_is_not_cut(world: World, gateway: ScriptedGateway) -> None:
    """The model gets all of a tool's result."""

    def read() -> str:
        return "x" * 200_000

    gateway.reply(tool_calls=[("read", {})])
    gateway.reply("Long.")
    play(world, gateway, "chat", tools=[read])
    assert "x" * 200_000 in json.dumps(gateway.requests[1].json)


def test_a_gateway_without_mcp_says_so(world: World) -> None:
    """Listing the gateway's tools raises with a hint if the gateway serves none."""

    async def scenario(client: Any) -> None:
        with pytest.raises(sdk.StatusError, match="MCP_EXPOSE"):
            await client.list_mcp_tools()

    with running(Settings(port=0)) as url:
        world.with_client(scenario, url)


# Tools and types without a run.


async def ask(client: Any, dialect: str, **params: Any) -> Any:
    """Return one answer of a dialect's own method."""
    method = {"chat": client.generate_content, "responses": client.create_response, "messages": client.create_message}
    model, more = DIALECTS[dialect]
    return await method[dialect](model, "Hi", *more.values(), **params)


@dialects
def test_functions_are_described_by_every_method(world: World, gateway: ScriptedGateway, dialect: str) -> None:
    """A function beside a description is sent in the dialect's form, and is not run."""
    given = {
        "chat": {"type": "function", "function": {"name": "other", "parameters": {"type": "object"}}},
        "responses": {"type": "function", "name": "other", "parameters": {"type": "object"}},
        "messages": {"name": "other", "input_schema": {"type": "object"}},
    }[dialect]
    gateway.reply(tool_calls=[("weather", {"city": "Oslo"})])
    answer = world.with_client(lambda client: ask(client, dialect, tools=[weather, given]), gateway.url)
    described, other = gateway.request.json["tools"]
    assert other == given
    assert "The weather of a city now." in json.dumps(described)
    assert (answer.tool_calls[0].name if dialect != "chat" else answer.tool_calls[0].function.name) == "weather"
    assert ran == []


@dialects
@pytest.mark.parametrize(("kind", "output"), [(Place, Place("Oslo")), (Pair, None), (list[int], None)])
def test_an_answer_is_read_as_a_type(
    world: World, gateway: ScriptedGateway, dialect: str, kind: Any, output: Any
) -> None:
    """`parse` gives the value, or an error with the mismatch and the text."""
    gateway.reply('{"name": "Oslo"}')
    answer = world.with_client(lambda client: ask(client, dialect), gateway.url)
    if output is not None:
        assert answer.parse(kind) == output
        return
    with pytest.raises(sdk.OutputError, match=r"the answer does not match the type: \$") as caught:
        answer.parse(kind)
    assert (caught.value.reason, caught.value.text) == ("invalid", '{"name": "Oslo"}')


@dialects
def test_an_answer_that_was_cut_is_no_value(world: World, gateway: ScriptedGateway, dialect: str) -> None:
    """The error has the partial value."""
    gateway.reply('{"name": "Os', finish_reason="length")
    answer = world.with_client(lambda client: ask(client, dialect), gateway.url)
    with pytest.raises(sdk.OutputError, match="cut off") as caught:
        answer.parse(Place)
    assert (caught.value.reason, caught.value.value) == ("length", {"name": "Os"})
    gateway.reply('{"value": [1, 2', finish_reason="length")
    listed = world.with_client(lambda client: ask(client, dialect), gateway.url)
    with pytest.raises(sdk.OutputError) as caught:
        listed.parse(list[int])
    assert caught.value.value == [1]  # 2 may be the beginning of a longer number


def test_a_type_is_a_response_format(world: World, gateway: ScriptedGateway) -> None:
    """Chat takes a type for `response_format`, in the provider's strict form; other values are refused by name."""
    gateway.reply(json={"title": "Soup", "minutes": 3, "note": None})

    async def scenario(client: Any) -> Any:
        with pytest.raises(TypeError, match="response_format must be an object or a type, got int"):
            await ask(client, "chat", response_format=3)
        with pytest.raises(TypeError, match=r"tools\[0\]"):
            await ask(client, "chat", tools=[3])
        return await ask(client, "chat", response_format=Recipe)

    assert world.with_client(scenario, gateway.url).parse(Recipe) == Recipe("Soup", 3)
    held = gateway.request.json["response_format"]["json_schema"]
    assert (held["name"], held["strict"], held["schema"]["required"]) == ("Recipe", True, ["title", "minutes", "note"])


def test_the_fallback_of_a_run_does_not_change_the_client(gateway: ScriptedGateway) -> None:
    """A run with its own `fallback`, or with None, leaves the settings of its client as they were."""
    for _ in range(3):
        gateway.reply("Hello")
    with sdk.InferenceGatewayClient(gateway.url, proxy=None) as client:
        settings = client._settings
        client.run("openai/gpt-4o", "Hi", fallback=["groq/llama-4"])
        assert client._settings is settings
        falling = client.with_options(fallback=["groq/llama-4"])
        settings = falling._settings
        falling.run("openai/gpt-4o", "Hi", fallback=None)
        falling.run("openai/gpt-4o", "Hi")
        assert falling._settings is settings


def test_a_run_is_read_by_one_reader(gateway: ScriptedGateway) -> None:
    """A tool that reads or closes the run that calls it gets an error, and the run goes on."""
    gateway.reply(tool_calls=[("meddle", {"how": "final"}), ("meddle", {"how": "close"})])
    gateway.reply("Done.")

    def meddle(how: str) -> str:
        try:
            getattr(stream, how)()
        except RuntimeError as error:
            ran.append(str(error))
        return "tried"

    with (
        sdk.InferenceGatewayClient(gateway.url, proxy=None) as client,
        client.run_stream("openai/gpt-4o-mini", "Hi", tools=[meddle]) as stream,
    ):
        assert stream.final().text == "Done."
        assert list(stream.deltas()) == []
        assert stream.final().text == "Done."
    assert ran == ["the run is being read by final(): use one reader"] * 2
