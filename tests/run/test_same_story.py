"""Twenty-four stories, each in three dialects, both clients, `run` and `run_stream`, over sockets: one transcript."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import Struct

import inference_gateway_sdk as sdk
from inference_gateway_sdk import Limits, ToolError, Transcript, tool
from inference_gateway_sdk._run.transcript import Answered, Note, Result, Started, UserMessage, calls_of
from inference_gateway_sdk.testing import ScriptedGateway, scripted_gateway
from support.worlds import World

pytestmark = [pytest.mark.wire, pytest.mark.once]

DIALECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("openai/gpt-4o-mini", {}),
    "responses": ("openai/gpt-4o-mini", {}),
    "messages": ("anthropic/claude-sonnet-4-5", {"max_tokens": 100}),
}
CELLS = list(itertools.product(DIALECTS, ("blocking", "async"), ("run", "run_stream")))


class City(Struct):
    """A city."""

    name: str
    people: int | None = None


def weather(city: str) -> dict[str, float]:
    """Return the degrees of a city."""
    return {"degrees": 3.0 if city == "Oslo" else 18.0}


def delete(path: str) -> None:
    """Delete a file."""


def refuse() -> str:
    """Refuse."""
    raise ToolError("Ask again tomorrow.")


def crash() -> str:
    """Crash."""
    raise ValueError("a secret")


def oslo(**more: Any) -> dict[str, Any]:
    """Return one call for Oslo."""
    return {"tool_calls": [("weather", {"city": "Oslo"})], **more}


GUARDED = tool(delete, approval=True)
REMOVAL = {"tool_calls": [("delete", {"path": "a"}), ("weather", {"city": "Rome"})]}
BAD_CITY = {"json": {"name": 3}}
GOOD_CITY = {"json": {"name": "Oslo", "people": 700_000}}
DESCRIBED = {"type": "function", "function": {"name": "theirs", "parameters": {"type": "object"}}}

# Name, scripted answers, options of the run, the end (a text, a value or an error's class), statuses of the calls.
# A run that pauses goes on once, if "resume" has the decision.
STORIES: list[tuple[str, list[dict[str, Any]], dict[str, Any], Any, list[str]]] = [
    ("text alone", [{"text": "Hello."}], {}, "Hello.", []),
    ("one call", [oslo(), {"text": "3."}], {"tools": [weather]}, "3.", ["done"]),
    (
        "two calls of a turn",
        [{"tool_calls": [("weather", {"city": "Oslo"}), ("weather", {"city": "Rome"})]}, {"text": "Rome."}],
        {"tools": [weather]},
        "Rome.",
        ["done", "done"],
    ),
    (
        "three rounds",
        [oslo(), {"tool_calls": [("weather", {"city": "Rome"})]}, {"text": "Rome."}],
        {"tools": [weather]},
        "Rome.",
        ["done", "done"],
    ),
    ("text beside a call", [oslo(text="One moment."), {"text": "3."}], {"tools": [weather]}, "3.", ["done"]),
    ("an unknown tool", [oslo(), {"text": "Sorry."}], {"tools": [refuse]}, "Sorry.", ["unknown"]),
    (
        "arguments that do not fit",
        [{"tool_calls": [("weather", {"city": 3})]}, oslo(), {"text": "3."}],
        {"tools": [weather]},
        "3.",
        ["invalid", "done"],
    ),
    ("a ToolError", [{"tool_calls": [("refuse", {})]}, {"text": "No."}], {"tools": [refuse]}, "No.", ["failed"]),
    ("an exception", [{"tool_calls": [("crash", {})]}, {"text": "No."}], {"tools": [crash]}, "No.", ["failed"]),
    (
        "an exception that is raised",
        [{"tool_calls": [("crash", {})]}],
        {"tools": [crash], "on_tool_error": "raise"},
        sdk.ToolRaisedError,
        ["failed"],
    ),
    (
        "an approval",
        [REMOVAL, {"text": "Gone."}],
        {"tools": [GUARDED, weather], "approve": lambda _: True},
        "Gone.",
        ["done", "done"],
    ),
    (
        "a denial",
        [REMOVAL, {"text": "Kept."}],
        {"tools": [GUARDED, weather], "approve": lambda _: False},
        "Kept.",
        ["denied", "done"],
    ),
    (
        "a denial with a reason",
        [REMOVAL, {"text": "Kept."}],
        {"tools": [GUARDED, weather], "approve": lambda _: "Not on a Friday."},
        "Kept.",
        ["denied", "done"],
    ),
    ("a pause", [REMOVAL], {"tools": [GUARDED, weather]}, sdk.RunPausedError, ["pending", "done"]),
    (
        "a pause that goes on",
        [REMOVAL, {"text": "Gone."}],
        {"tools": [GUARDED, weather], "resume": True},
        "Gone.",
        ["done"],
    ),
    (
        "a description without a function",
        [{"tool_calls": [("theirs", {})]}],
        {"tools": [DESCRIBED]},
        sdk.RunPausedError,
        ["pending"],
    ),
    ("a limit of rounds", [oslo()] * 2, {"tools": [weather], "limits": 2}, sdk.RunLimitError, ["done", "pending"]),
    (
        "a limit that ends the run",
        [oslo()],
        {"tools": [weather], "limits": Limits(calls=0), "on_limit": "return"},
        sdk.RunLimitError,
        ["pending"],
    ),
    (
        "repetition",
        [oslo()] * 2,
        {"tools": [weather], "limits": Limits(repeats=2)},
        sdk.RunLimitError,
        ["done", "done"],
    ),
    ("an output", [GOOD_CITY], {"output": City}, City("Oslo", 700_000), []),
    ("an output asked for again", [BAD_CITY, GOOD_CITY], {"output": City}, City("Oslo", 700_000), []),
    ("an output that never fits", [BAD_CITY] * 3, {"output": City}, sdk.OutputError, []),
    (
        "a tool and an output",
        [oslo(), GOOD_CITY],
        {"tools": [weather], "output": City},
        City("Oslo", 700_000),
        ["done"],
    ),
    (
        "a refused request between rounds",
        [oslo(), {"fail": 400}],
        {"tools": [weather]},
        sdk.BadRequestError,
        ["done"],
    ),
]


@pytest.fixture(scope="module")
def gateway() -> Iterator[ScriptedGateway]:
    """Return one gateway for the module."""
    with scripted_gateway(check_unused=False, sockets=True) as server:
        yield server


async def play_once(client: Any, way: str, model: str, messages: Any, options: dict[str, Any]) -> tuple[Any, Any]:
    """Play a run in one of the two ways. Return the run and its end."""
    try:
        if way == "run":
            run = await client.run(model, messages, **options)
        else:
            async with client.run_stream(model, messages, **options) as stream:
                async for _ in stream.deltas():
                    pass
                run = await stream.final()
    except sdk.GatewayError as error:
        return error.partial, type(error)
    try:
        return run, run.output
    except sdk.GatewayError as error:
        return run, type(error)


def play(gateway: ScriptedGateway, cell: tuple[str, str, str], replies: list[Any], options: dict[str, Any]) -> Any:
    """Play a story in one cell of the table."""
    dialect, world, way = cell
    model, more = DIALECTS[dialect]
    gateway.reset()
    for given in replies:
        if "fail" in given:
            gateway.respond(given["fail"], json={"error": {"message": "no"}})
        else:
            gateway.reply(given.get("text"), **{name: value for name, value in given.items() if name != "text"})
    options = {**options, **more, "dialect": dialect, "max_retries": 0}
    resume = options.pop("resume", None)

    async def scenario(client: Any) -> Any:
        run, end = await play_once(client, way, model, "Hi", options)
        if resume is not None:
            stored = Transcript.from_json(run.transcript.to_json())
            decided = {**options, "approve": {call.id: resume for call in run.pending}}
            run, end = await play_once(client, way, model, stored, decided)
        return run, end

    run, end = World(world).with_client(scenario, gateway.url)
    assert isinstance(run, sdk.Run)
    assert len(gateway.requests) == len(replies)
    return run, end


def story(transcript: Transcript) -> list[Any]:
    """Return the transcript without ids and times, and without its dialect's form."""
    assert Transcript.from_json(transcript.to_json()) == transcript
    places = {call.id: (call.round, call.place) for call in calls_of(transcript.entries).values()}
    found: list[Any] = []
    for entry in transcript.entries:
        match entry:
            case Answered(read=read, complete=complete):
                calls = [(call.name, json.loads(call.text)) for call in read.calls]
                found.append(("answered", read.text, calls, complete))
            case Result():
                found.append(("result", places[entry.call], entry.text, entry.status, entry.is_error))
            case Started():
                found.append(("started", places[entry.call]))
            case UserMessage():
                found.append(("user", "Hi" in json.dumps(entry.message)))
            case Note():
                found.append(("note", entry.about, entry.text))
            case _:
                found.append(("other", entry.to_plain()))
    return found


def in_order(entries: list[tuple[Any, ...]]) -> list[Any]:
    """Sort each stretch of marks and results: the async client runs the calls of a turn side by side."""
    out: list[Any] = []
    moving: list[Any] = []
    for one in [*entries, ("end",)]:
        if one[0] in {"started", "result"}:
            moving.append(one)
            continue
        # A call is marked as started before it has a result.
        starts = {place for kind, place, *_ in moving if kind == "started"}
        for place in starts:
            assert next(kind for kind, at, *_ in moving if at == place) == "started"
        out.extend([*sorted(moving), one])
        moving = []
    return out


@pytest.mark.parametrize(
    ("replies", "options", "end", "statuses"), [pytest.param(*row[1:], id=row[0]) for row in STORIES]
)
def test_a_story_is_the_same_everywhere(
    gateway: ScriptedGateway, replies: list[Any], options: dict[str, Any], end: Any, statuses: list[str]
) -> None:
    """Each of the twelve ways ends as expected, with equal transcripts."""
    first: list[Any] | None = None
    for cell in CELLS:
        run, ended = play(gateway, cell, replies, options)
        assert ended == end, cell
        assert [call.status for call in run.calls] == statuses, cell
        found = in_order(story(run.transcript))
        assert len(found) >= len(replies)
        first = first or found
        assert found == first, cell


def test_the_table_has_all_its_cells() -> None:
    """At least 20 stories with names of their own, in 12 ways each."""
    assert len({row[0] for row in STORIES}) == len(STORIES) >= 20
    assert len(CELLS) == 12
