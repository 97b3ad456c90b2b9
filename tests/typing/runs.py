"""Types of runs, their streams, tools and parsed answers, checked by mypy and pyright and never run."""

import dataclasses
from typing import Any, Literal, TypedDict, assert_type

from msgspec import Struct

from inference_gateway_sdk import (
    AsyncInferenceGatewayClient,
    InferenceGatewayClient,
    Limits,
    OutputError,
    Run,
    RunCall,
    RunLimitError,
    RunPausedError,
    Tool,
    ToolDone,
    ToolRaisedError,
    ToolRun,
    Transcript,
    Usage,
    assistant,
    tool,
    user,
)


class Recipe(Struct):
    """A struct of msgspec."""

    title: str


@dataclasses.dataclass
class Place:
    """A dataclass."""

    name: str


class Pair(TypedDict):
    """A dictionary with known keys."""

    first: str


def weather(city: str, unit: Literal["c", "f"] = "c") -> dict[str, float]:
    """Return the weather of a city."""
    return {city: 3.0}


async def search(words: str) -> list[str]:
    """Return pages."""
    return [words]


def outputs(client: InferenceGatewayClient) -> None:
    """Check that a run's output has the requested type, in each dialect."""
    assert_type(client.run("a/b", "Hi"), Run[str])
    assert_type(client.run("a/b", "Hi").output, str)
    assert_type(client.run("a/b", "Hi", output=str).output, str)
    assert_type(client.run("a/b", "Hi", output=int).output, int)
    assert_type(client.run("a/b", "Hi", output=bool).output, bool)
    assert_type(client.run("a/b", "Hi", output=Recipe).output, Recipe)
    assert_type(client.run("a/b", "Hi", output=Place).output, Place)
    assert_type(client.run("a/b", "Hi", output=Pair).output, Pair)
    assert_type(client.run("a/b", "Hi", output=list[Recipe]).output, list[Recipe])
    assert_type(client.run("a/b", "Hi", output=dict[str, int]).output, dict[str, int])
    assert_type(client.run("a/b", "Hi", dialect="chat", output=Recipe), Run[Recipe])
    assert_type(client.run("a/b", "Hi", dialect="responses"), Run[str])
    assert_type(client.run("a/b", "Hi", dialect="responses", output=Recipe), Run[Recipe])
    assert_type(client.run("a/b", "Hi", dialect="messages", max_tokens=9), Run[str])
    assert_type(client.run("a/b", "Hi", dialect="messages", max_tokens=9, output=Recipe), Run[Recipe])
    client.run("a/b", "Hi", dialect="messages")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    client.run("a/b", "Hi", dialect="chat", max_output_tokens=9)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    client.run("a/b", "Hi", dialect="responses", max_output_tokens=9)
    client.run("a/b", "Hi", dialect="others")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]


def no_single_class(client: InferenceGatewayClient) -> None:
    """Check that a union or a Literal takes its type from the caller's annotation."""
    found: Run[Recipe | None] = client.run("a/b", "Hi", output=Recipe | None)
    assert_type(found.output, Recipe | None)
    word: Run[Literal["yes", "no"]] = client.run("a/b", "Hi", output=Literal["yes", "no"], dialect="responses")
    assert_type(word.output, Literal["yes", "no"])


def streams(client: InferenceGatewayClient) -> None:
    """Check that a stream of a run gives text, values and the same run as `run`."""
    with client.run_stream("a/b", "Hi") as stream:
        assert_type(stream.final(), Run[str])
        assert_type(stream.partial(), Run[str])
        for text in stream.text():
            assert_type(text, str)
    with client.run_stream("a/b", "Hi", output=Recipe, output_mode="schema") as typed:
        assert_type(typed.final(), Run[Recipe])
        assert_type(typed.final().output, Recipe)
        for value in typed.partials():
            assert_type(value, Any)
    with client.run_stream("a/b", "Hi", output=list[Recipe], dialect="responses") as several:
        assert_type(several.final().output, list[Recipe])
        assert_type([*several.items()], list[Any])
    with client.run_stream("a/b", "Hi", output=Place, dialect="messages", max_tokens=9) as place:
        assert_type(place.final(), Run[Place])
    for delta in client.run_stream("a/b", "Hi", tools=[weather]).deltas():
        match delta:
            case ToolRun(call=call) | ToolDone(call=call):
                assert_type(call, RunCall)
            case _:
                pass


async def asynchronous(client: AsyncInferenceGatewayClient) -> None:
    """Check that the async client has the same types, awaited."""
    assert_type(await client.run("a/b", "Hi"), Run[str])
    assert_type(await client.run("a/b", "Hi", output=Recipe), Run[Recipe])
    assert_type((await client.run("a/b", "Hi", output=list[int])).output, list[int])
    assert_type(await client.run("a/b", "Hi", dialect="responses"), Run[str])
    assert_type(await client.run("a/b", "Hi", dialect="responses", output=Pair), Run[Pair])
    assert_type(await client.run("a/b", "Hi", dialect="messages", max_tokens=9), Run[str])
    assert_type(await client.run("a/b", "Hi", dialect="messages", max_tokens=9, output=Place), Run[Place])
    async with client.run_stream("a/b", "Hi", tools=[search]) as stream:
        assert_type(await stream.final(), Run[str])
        assert_type(stream.partial(), Run[str])
        async for text in stream.text():
            assert_type(text, str)
    async with client.run_stream("a/b", "Hi", output=Recipe) as typed:
        assert_type((await typed.final()).output, Recipe)
    async with client.run_stream("a/b", "Hi", output=Pair, dialect="responses") as pair:
        assert_type(await pair.final(), Run[Pair])
    async with client.run_stream("a/b", "Hi", output=Place, dialect="messages", max_tokens=9) as place:
        assert_type(await place.final(), Run[Place])
    await client.run("a/b", "Hi", dialect="messages")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]


def attributes(client: InferenceGatewayClient, run: Run[Recipe], error: RunLimitError) -> None:
    """Check the attributes of a run, and the types with which it continues."""
    assert_type(run.text, str)
    assert_type(run.usage, Usage | None)
    assert_type(run.finish, str)
    assert_type(run.calls, list[RunCall])
    assert_type(run.pending, list[RunCall])
    assert_type(run.output_mode, Literal["text", "schema", "tool", "json", "prompt"])
    assert_type(run.transcript, Transcript)
    assert_type(run.transcript.to_json(), bytes)
    assert_type(Transcript.from_json(b"{}"), Transcript)
    assert_type(Transcript.from_json(b"{}").pending, list[RunCall])
    assert_type(client.run("a/b", run), Run[str])
    assert_type(client.run("a/b", run.transcript, approve={"call_0_0": True}), Run[str])
    assert_type(client.run("a/b", [run, user("More."), assistant("So")], limits=3), Run[str])
    assert_type(client.run("a/b", [run.transcript, "More."], output=Recipe).output, Recipe)
    assert_type(client.run("a/b", "Hi", limits=Limits(rounds=3, seconds=1.5), on_limit="return"), Run[str])
    assert_type(error.partial, Any)
    assert_type(
        error.limit, Literal["rounds", "calls", "input_tokens", "output_tokens", "seconds", "repeats", "length"]
    )


def limits(bounds: Limits, output: OutputError, raised: ToolRaisedError, paused: RunPausedError) -> None:
    """Check that limits and errors have typed fields."""
    assert_type(bounds.rounds, int | None)
    assert_type(bounds.seconds, float | None)
    assert_type(output.reason, str)
    assert_type(output.text, str | None)
    for attempt in output.problems:
        assert_type([problem.path for problem in attempt], list[str])
    assert_type(raised.call, RunCall | None)
    assert_type(paused.partial, Any)
    Limits(rounds="three")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def tools(client: InferenceGatewayClient) -> None:
    """Check that a tool is called as its function, with the function's parameters and result."""
    described = tool(weather, approval=True, timeout=10)
    assert_type(described("Oslo"), dict[str, float])
    described(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    described("Oslo", unit="k")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(tool(described, alone=True)("Oslo", "f"), dict[str, float])
    remote: list[Tool[..., Any]] = [tool(one, approval=True) for one in client.list_mcp_tools()]
    client.run("a/b", "Hi", tools=[weather, described, *remote], approve=approve)


async def async_tool() -> None:
    """Check that a tool from an async function is awaited."""
    assert_type(await tool(search)("words"), list[str])


def approve(call: RunCall) -> bool | str | None:
    """Decide on a call by what it is."""
    assert_type(call.id, str)
    assert_type(call.name, str)
    return True


def parse(client: InferenceGatewayClient) -> None:
    """Check that an answer of each dialect is parsed as the given type."""
    chat = client.generate_content("a/b", "Hi", response_format=Recipe)
    assert_type(chat.parse(Recipe), Recipe)
    assert_type(chat.parse(list[int]), list[int])
    assert_type(client.create_response("a/b", "Hi").parse(Place), Place)
    assert_type(client.create_message("a/b", "Hi", max_tokens=9).parse(Pair), Pair)
