"""The tool loop: which calls run, which results the model gets, and which conditions end a run."""

from __future__ import annotations

import gc
import json
import weakref
from typing import Any, Literal

import msgspec
import pytest

from inference_gateway_sdk import McpServerTool, McpToolResult, StreamTruncatedError
from inference_gateway_sdk._run.events import Ask, Began, Clock, Execute, Fail, Finished, Interrupted, Replied
from inference_gateway_sdk._run.result import Limits, RunError, RunLimitError, RunPausedError, ToolRaisedError
from inference_gateway_sdk._run.transcript import Transcript
from inference_gateway_sdk._run.turn import LogLine, ToolDone, ToolRun
from inference_gateway_sdk._tools.tool import ToolError, tool
from run.playing import DIALECTS, Story, call, reply, status_error

dialects = pytest.mark.parametrize("dialect", DIALECTS)
ran: list[tuple[Any, ...]] = []


@pytest.fixture(autouse=True)
def _clean() -> None:
    ran.clear()


def weather(city: str, unit: Literal["celsius", "fahrenheit"] = "celsius", days: int = 1) -> dict[str, float]:
    """The weather of a city."""
    ran.append(("weather", city, unit, days))
    return {"degrees": 3.0}


def delete(path: str) -> str:
    """Delete a file."""
    ran.append(("delete", path))
    return "deleted"


def broken(city: str) -> str:
    """Fail."""
    ran.append(("broken", city))
    raise ValueError("postgres://user:hunter2@host")


@dialects
def test_a_call_runs_and_its_result_goes_back(dialect: str) -> None:
    """The first round has the call with its result, and the second the text."""
    story = Story(
        reply(dialect, "Let me see.", call("weather", {"city": "Oslo"})),
        reply(dialect, "3 degrees."),
        tools=[weather],
        dialect=dialect,
    )
    run = story.play()
    assert run.text == run.output == "3 degrees."
    assert ran == [("weather", "Oslo", "celsius", 1)]
    assert story.results() == [("call_a", '{"degrees":3.0}')]
    assert [(one.name, one.arguments, one.status, one.result, one.seconds) for one in run.calls] == [
        ("weather", {"city": "Oslo"}, "done", {"degrees": 3.0}, 0.5)
    ]
    assert run.usage is not None and (run.usage.input, run.usage.output) == (20, 10)
    assert len(run.turns) == 2
    assert run.reply is run.turns[-1]
    assert not run.pending
    assert story.asks[0].mcp_bypass == (dialect == "chat")
    assert "Let me see." in json.dumps(story.last_messages)


@dialects
def test_the_model_is_offered_what_it_may_call(dialect: str) -> None:
    """Descriptions are in the dialect's own form, and in the transcript once."""
    story = Story(reply(dialect, "Hi"), tools=[weather, tool(delete, approval=True)], dialect=dialect)
    story.play()
    names = [one.get("name") or one["function"]["name"] for one in story.asks[0].params["tools"]]
    assert names == ["weather", "delete"]
    assert json.loads(story.saved[-1])["entries"][1]["kind"] == "offered"


@dialects
def test_an_unknown_name_is_answered_with_the_names_there_are(dialect: str) -> None:
    """A similar name is never run; a prefix is removed only if the rest is a name (row 1)."""
    story = Story(
        reply(
            dialect,
            None,
            call("wether", {"city": "Oslo"}, "call_1"),
            call("functions.weather", {"city": "Rome"}, "call_2"),
        ),
        reply(dialect, "Sorry."),
        tools=[weather],
        dialect=dialect,
    )
    run = story.play()
    assert [one.status for one in run.calls] == ["unknown", "done"]
    assert story.results()[0][1] == "There is no tool 'wether'. The tools are: weather."
    assert ran == [("weather", "Rome", "celsius", 1)]


@dialects
@pytest.mark.parametrize("text", ['{"city": "Paris"', "{city: 1}", '{"city": "Paris"} {}', "NaN", '{"city": NaN}'])
def test_text_that_is_not_json_never_runs(dialect: str, text: str) -> None:
    """Such text is not repaired, and is sent back wrapped, because some providers reject it (row 2)."""
    story = Story(
        reply(dialect, None, call("weather", text)), reply(dialect, "Sorry."), tools=[weather], dialect=dialect
    )
    run = story.play()
    assert not ran
    assert run.calls[0].status == "invalid"
    assert "not JSON" in story.results()[0][1]
    assert '"_invalid"' in json.dumps(story.last_messages).replace("\\", "")
    assert run.calls[0].text.replace(" ", "") == text.replace(" ", "")


@dialects
def test_arguments_that_do_not_fit_are_named(dialect: str) -> None:
    """Each mismatch is named with its path and reason (row 3)."""
    given = {"city": 3, "unit": "kelvin", "when": "now"}
    story = Story(
        reply(dialect, None, call("weather", given)), reply(dialect, "Sorry."), tools=[weather], dialect=dialect
    )
    story.play()
    text = story.results()[0][1]
    assert "$.city: expected `str`, got `int`" in text
    assert "$.unit: expected one of 'celsius', 'fahrenheit'" in text
    assert "unexpected argument `when`" in text
    assert not ran


def nothing() -> str:
    """Take no arguments."""
    ran.append(("nothing",))
    return "ok"


@pytest.mark.parametrize("text", ["", "  ", "{}"])
def test_empty_arguments_are_none(text: str) -> None:
    """Empty arguments, which models send for tools without parameters, are accepted (row 4)."""
    Story(reply("chat", None, call("nothing", text)), reply("chat", "ok"), tools=[nothing]).play()
    assert ran == [("nothing",)]


def test_nulls_that_a_strict_schema_forces_are_taken_out() -> None:
    """The function's own defaults apply (row 5)."""
    given = {"city": "Oslo", "unit": None, "days": None}
    story = Story(reply("chat", None, call("weather", given)), reply("chat", "ok"), tools=[weather])
    run = story.play()
    assert story.asks[0].params["tools"][0]["function"]["strict"] is True
    assert run.calls[0].status == "done"
    assert ran == [("weather", "Oslo", "celsius", 1)]


def test_a_tool_error_gives_the_model_its_words() -> None:
    """Only a ToolError's text is sent to the model (row 6)."""

    def lookup(city: str) -> str:
        """Look a city up."""
        raise ToolError(f"There is no city {city}.")

    story = Story(reply("chat", None, call("lookup", {"city": "Atlantis"})), reply("chat", "ok"), tools=[lookup])
    run = story.play()
    assert story.results() == [("call_a", "There is no city Atlantis.")]
    assert isinstance(run.calls[0].error, ToolError)
    assert not [one for one in story.notices if isinstance(one, LogLine)]


@dialects
def test_a_tool_that_raises_is_reported_by_its_class(dialect: str) -> None:
    """The text of the exception is in the log and `run.calls`, never sent to the model (row 7)."""
    story = Story(
        reply(dialect, None, call("broken", {"city": "x"})), reply(dialect, "ok"), tools=[broken], dialect=dialect
    )
    run = story.play()
    assert story.results() == [("call_a", "The tool failed with ValueError.")]
    assert isinstance(run.calls[0].error, ValueError)
    assert [(one.level, one.text) for one in story.notices if isinstance(one, LogLine)] == [
        ("warning", "the tool broken raised ValueError")
    ]
    assert b"hunter2" not in story.saved[-1]


def test_a_tool_that_raises_ends_the_run_when_asked_for() -> None:
    """The run ends after the parallel calls have ended, without loss (row 7)."""
    story = Story(
        reply("chat", None, call("broken", {"city": "x"}, "call_1"), call("delete", {"path": "y"}, "call_2")),
        tools=[broken, delete],
        on_tool_error="raise",
    )
    with pytest.raises(ToolRaisedError, match="the tool broken raised ValueError") as caught:
        story.play()
    assert isinstance(caught.value.__cause__, ValueError)
    assert [one.status for one in caught.value.partial.calls] == ["failed", "done"]
    assert not caught.value.partial.transcript.pending


def test_results_without_a_json_form_fail_the_call() -> None:
    """The value is kept in the run (rows 9, 10)."""

    def odd(kind: str) -> Any:
        """Give something odd."""
        return {"bytes": b"x", "nan": {"a": [float("nan")]}, "object": object(), "none": None}[kind]

    kinds = ["bytes", "nan", "object", "none"]
    calls = [call("odd", {"kind": kind}, f"call_{kind}") for kind in kinds]
    story = Story(reply("chat", None, *calls), reply("chat", "ok"), tools=[odd])
    run = story.play()
    assert [text for _, text in story.results()] == [
        "The tool failed with TypeError.",
        "The tool failed with SerializationError.",
        "The tool failed with SerializationError.",
        "null",
    ]
    assert run.calls[0].result == b"x"


# --- limits


@dialects
def test_rounds_run_out_with_calls_open(dialect: str) -> None:
    """The calls stay open in the transcript, and the run continues from there (row 14)."""
    story = Story(
        reply(dialect, None, call("weather", {"city": "Oslo"}, "call_1")),
        reply(dialect, None, call("weather", {"city": "Rome"}, "call_2")),
        tools=[weather],
        dialect=dialect,
        limits=2,
    )
    with pytest.raises(RunLimitError) as caught:
        story.play()
    assert caught.value.limit == "rounds"
    partial = caught.value.partial
    assert [call.status for call in partial.calls] == ["done", "pending"]
    assert [call.name for call in partial.transcript.pending] == ["weather"]
    again = Story(reply(dialect, "Done."), messages=partial, tools=[weather], dialect=dialect)
    run = again.play()
    assert run.text == "Done."
    assert [call.status for call in run.calls] == ["done"]  # the open call, run now


def test_rounds_may_end_a_run_quietly() -> None:
    """`on_limit="return"` gives the run so far (row 14)."""
    answer = reply("chat", "Wait.", call("weather", {"city": "Oslo"}))
    run = Story(answer, tools=[weather], limits=1, on_limit="return").play()
    assert run.finish == "limit"
    assert run.text == "Wait."
    with pytest.raises(RunLimitError):
        _ = run.output


def test_calls_over_the_limit_are_not_run() -> None:
    """The calls of a turn that exceeds the limit stay open (2.6)."""
    calls = [call("weather", {"city": str(place)}, f"call_{place}") for place in range(3)]
    story = Story(reply("chat", None, *calls), tools=[weather], limits=Limits(calls=2))
    with pytest.raises(RunLimitError) as caught:
        story.play()
    assert caught.value.limit == "calls"
    assert not ran
    assert len(caught.value.partial.transcript.pending) == 3


@pytest.mark.parametrize(
    ("limits", "name"), [(Limits(input_tokens=10), "input_tokens"), (Limits(output_tokens=5), "output_tokens")]
)
def test_tokens_are_limited_before_the_next_request(limits: Limits, name: str) -> None:
    """Tokens are checked after the tools ran, so that no result is lost."""
    story = Story(reply("chat", None, call("weather", {"city": "Oslo"})), tools=[weather], limits=limits)
    with pytest.raises(RunLimitError) as caught:
        story.play()
    assert caught.value.limit == name
    assert ran


@dialects
def test_a_run_is_freed_without_a_garbage_collection(dialect: str) -> None:
    """The state of a run is not part of a reference cycle, so that many runs do not fill the memory."""
    story = Story(
        reply(dialect, None, call("weather", {"city": "Oslo"})),
        reply(dialect, "ok"),
        messages=[{"role": "user", "content": "Hi"}],
        tools=[weather],
        dialect=dialect,
    )
    gc.disable()
    try:
        assert story.play().text == "ok"
        state = weakref.ref(story.state)
        del story
        assert state() is None
    finally:
        gc.enable()


def test_a_token_limit_without_usage_is_reported_once() -> None:
    """A limit that cannot be enforced gives one warning."""
    answer = reply("chat", None, call("weather", {"city": "Oslo"}), usage=None)
    story = Story(answer, reply("chat", "ok", usage=None), tools=[weather], limits=Limits(output_tokens=5))
    run = story.play()
    assert run.usage is None
    assert [one.level for one in story.notices if isinstance(one, LogLine)] == ["user"]


def test_the_same_calls_and_results_end_a_run() -> None:
    """A model that repeats itself is stopped; a tool that polls may repeat (row 15)."""
    rounds = [reply("chat", None, call("weather", {"city": "Oslo"}, f"call_{place}")) for place in range(9)]
    story = Story(*rounds, tools=[weather], limits=Limits(repeats=3))
    with pytest.raises(RunLimitError) as caught:
        story.play()
    assert caught.value.limit == "repeats"
    assert len(ran) == 3
    ran.clear()
    polling = Story(*rounds[:5], reply("chat", "ok"), tools=[tool(weather, repeatable=True)], limits=Limits(repeats=3))
    assert polling.play().text == "ok"
    assert len(ran) == 5


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ({"rounds": 0}, "rounds must be at least 1"),
        ({"rounds": 1.5}, "rounds must be an integer"),
        ({"seconds": 0}, "seconds must be"),
        ({"seconds": "3"}, "seconds must be a number"),
        ({"calls": -1}, "calls must be at least 0"),
        ({"repeats": True}, "repeats must be an integer"),
    ],
)
def test_limits_out_of_bounds_are_refused_by_name(limits: dict[str, Any], text: str) -> None:
    """A bad limit is refused before anything is sent."""
    with pytest.raises((TypeError, ValueError), match=text):
        Limits(**limits)


# --- cut answers, filters, refusals


@dialects
def test_calls_of_an_answer_that_was_cut_never_run(dialect: str) -> None:
    """The model can correct itself once; two truncated answers in a row end the run (row 17)."""
    cut = reply(dialect, None, call("delete", {"path": "/"}), end="length")
    story = Story(cut, reply(dialect, "Shorter."), tools=[delete], dialect=dialect)
    run = story.play()
    assert not ran
    assert run.calls[0].status == "cut"
    assert "cut off" in story.results()[0][1]
    twice = Story(
        cut,
        reply(dialect, None, call("delete", {"path": "/"}, "call_b"), end="length"),
        tools=[delete],
        dialect=dialect,
    )
    with pytest.raises(RunLimitError) as caught:
        twice.play()
    assert caught.value.limit == "length"
    assert not ran


@dialects
def test_filtered_and_refused_answers_run_nothing(dialect: str) -> None:
    """Without a type the run ends with that reason (rows 19, 20)."""
    for end in ("content_filter", "refusal"):
        story = Story(
            reply(dialect, "I will not.", call("delete", {"path": "/"}), end=end), tools=[delete], dialect=dialect
        )
        run = story.play()
        assert not ran
        assert [one.status for one in run.calls] == ["cut"]
        assert run.text == "I will not."


def test_a_pause_of_the_provider_goes_on() -> None:
    """`pause_turn` is sent back, and counts as a round (row 21)."""
    story = Story(reply("messages", "Searching.", end="pause"), reply("messages", "Found."), dialect="messages")
    assert story.play().text == "Found."
    assert story.last_messages[-1]["role"] == "assistant"
    with pytest.raises(RunLimitError):
        Story(reply("messages", "Searching.", end="pause"), dialect="messages", limits=1).play()


@dialects
def test_a_stream_that_breaks_runs_nothing(dialect: str) -> None:
    """Not even complete calls run; the error has the run so far, which may continue (row 16)."""
    broke = StreamTruncatedError("ended early", partial=reply(dialect, "Let", call("delete", {"path": "/"})))
    story = Story(broke, tools=[delete], dialect=dialect)
    with pytest.raises(StreamTruncatedError) as caught:
        story.play()
    run = caught.value.partial
    assert not ran
    assert not run.pending
    assert not run.transcript.pending
    again = Story(reply(dialect, "Done."), messages=[run, "Go on."], tools=[delete], dialect=dialect)
    assert again.play().text == "Done."
    assert not ran
    assert not again.results()
    assert "Let" in json.dumps(again.last_messages)


@dialects
def test_an_answer_without_text_and_calls_ends_the_run(dialect: str) -> None:
    """The run ends with an empty text (row 24)."""
    assert Story(reply(dialect, None), dialect=dialect).play().text == ""


# --- order


def test_calls_run_side_by_side_but_for_those_alone() -> None:
    """Calls start in order; one marked as alone waits for the others (row 28)."""
    calls = [
        call("delete", {"path": "a"}, "call_1"),
        call("weather", {"city": "b"}, "call_2"),
        call("weather", {"city": "c"}, "call_3"),
    ]
    story = Story(reply("chat", None, *calls), reply("chat", "ok"), tools=[weather, tool(delete, alone=True)])
    story.play()
    assert story.batches == [["call_2", "call_3"], ["call_1"]]
    assert [key for key, _ in story.results()] == ["call_1", "call_2", "call_3"]


@dialects
def test_ids_that_repeat_or_are_missing_stay_apart(dialect: str) -> None:
    """Ids are unique inside the run, and rewritten on the wire only for duplicates (rows 32, 33)."""
    story = Story(
        reply(dialect, None, call("weather", {"city": "a"}, "call_0_0"), call("weather", {"city": "b"}, "call_0_0")),
        reply(dialect, None, call("weather", {"city": "c"}, "call_0_0"), call("weather", {"city": "d"}, "")),
        reply(dialect, "ok"),
        tools=[weather],
        dialect=dialect,
    )
    run = story.play()
    ids = [one.id for one in run.calls]
    assert len(set(ids)) == 4
    assert ids[0] == "call_0_0"
    assert [key for key, _ in story.results()] == ids
    assert [one.wire_id for one in run.calls][:3] == ["call_0_0"] * 3


# --- the gateway's own tools


def test_calls_that_the_gateway_ran_are_reported_and_never_run() -> None:
    """Each turn of the gateway's is an answer; its calls have no result to show (row 35)."""
    turns = [reply("chat", None, call("mcp_time", {})), reply("chat", "It is noon.")]
    story = Story(turns)
    run = story.play()
    assert run.text == "It is noon."
    assert [(one.name, one.status) for one in run.calls] == [("mcp_time", "on_gateway")]
    assert len(run.turns) == 2
    again = Story(reply("chat", "ok"), messages=[run, "And now?"])
    again.play()
    assert again.results() == [("call_a", "The gateway ran this call; its result is not shown.")]


def test_calls_left_over_by_the_gateway_are_an_error() -> None:
    """Calls that the gateway left are an error, because the tools are unknown here (row 35)."""
    turns = [reply("chat", None, call("mcp_time", {}, "call_1")), reply("chat", None, call("mcp_time", {}, "call_2"))]
    with pytest.raises(RunError, match="the gateway stopped with open calls"):
        Story(turns).play()


def test_an_mcp_tools_failure_is_the_models_to_read() -> None:
    """The run calls the gateway; the result's text and flag are sent back (row 36)."""

    def time_now(zone: str = "UTC") -> McpToolResult:
        """The time."""
        return McpToolResult(content=[{"type": "text", "text": "no such zone"}], is_error=True)

    story = Story(
        reply("messages", None, call("time_now")), reply("messages", "ok"), tools=[time_now], dialect="messages"
    )
    run = story.play()
    assert run.calls[0].status == "failed"
    assert story.last_messages[-1]["content"][0]["is_error"] is True


# --- approval


@dialects
@pytest.mark.parametrize(
    ("decision", "status", "text"),
    [
        (True, "done", "deleted"),
        (False, "denied", "This call was denied."),
        ("The user said no.", "denied", "The user said no."),
    ],
)
def test_a_decision_is_asked_for_before_the_first_call_starts(
    dialect: str, decision: object, status: str, text: str
) -> None:
    """Approved calls run; the model gets the reason of each denial (row 39)."""
    order: list[str] = []

    def approve(one: Any) -> object:
        order.append(f"asked for {one.name}{one.arguments}, {len(ran)} ran")
        return decision

    story = Story(
        reply(dialect, None, call("weather", {"city": "Oslo"}, "call_1"), call("delete", {"path": "x"}, "call_2")),
        reply(dialect, "ok"),
        tools=[weather, tool(delete, approval=True)],
        dialect=dialect,
        approve=approve,
    )
    run = story.play()
    assert order == ["asked for delete{'path': 'x'}, 0 ran"]
    assert run.calls[1].status == status
    assert story.results()[1] == ("call_2", text)


@dialects
def test_a_run_pauses_and_goes_on_elsewhere(dialect: str) -> None:
    """A mixed turn runs its approved calls; only the rest runs after the pause (row 40)."""
    story = Story(
        reply(dialect, None, call("weather", {"city": "Oslo"}, "call_1"), call("delete", {"path": "x"}, "call_2")),
        tools=[weather, tool(delete, approval=True)],
        dialect=dialect,
    )
    paused = story.play()
    assert paused.finish == "paused"
    assert [one.id for one in paused.pending] == ["call_2"]
    assert ran == [("weather", "Oslo", "celsius", 1)]
    with pytest.raises(RunPausedError, match="these calls are pending: delete"):
        _ = paused.output
    stored = Transcript.from_json(paused.transcript.to_json())
    again = Story(
        reply(dialect, "Done."),
        messages=stored,
        tools=[weather, tool(delete, approval=True)],
        dialect=dialect,
        approve={stored.pending[0].id: True},
    )
    assert again.play().text == "Done."
    assert ran[1:] == [("delete", "x")]
    assert [key for key, _ in again.results()] == ["call_1", "call_2"]


def test_a_decision_on_an_unknown_call_is_refused() -> None:
    """Such a decision is refused before anything is sent (row 32)."""
    with pytest.raises(KeyError, match="'nope' is not a pending call"):
        Story(tools=[delete], approve={"nope": True}).play()


def test_a_decision_of_another_type_is_refused() -> None:
    """A decision of 1 is not True."""
    story = Story(
        reply("chat", None, call("delete", {"path": "x"})), tools=[tool(delete, approval=True)], approve=lambda _: 1
    )
    with pytest.raises(TypeError, match="approve must be True, False, a reason or None for delete, got int"):
        story.play()
    assert not ran


def test_a_description_without_a_function_is_the_callers() -> None:
    """The run pauses at the call, and continues with the result that the caller gives."""
    ticket = {"name": "ticket", "description": "File a ticket.", "parameters": {"type": "object", "properties": {}}}
    paused = Story(reply("chat", None, call("ticket")), tools=[ticket]).play()
    assert [one.name for one in paused.pending] == ["ticket"]
    answered = {"role": "tool", "tool_call_id": "call_a", "content": "T-1"}
    again = Story(reply("chat", "Filed."), messages=[paused, answered], tools=[ticket])
    assert again.play().text == "Filed."
    assert again.results() == [("call_a", "T-1")]


def test_an_mcp_tool_waits_for_the_shell_to_call_it() -> None:
    """An MCP tool is executed like a function, with its arguments unchanged (MCP merge)."""
    listed = tool(McpServerTool(name="mcp_time", input_schema={"type": "object"}), approval=True)
    story = Story(reply("chat", None, call("mcp_time", {"zone": "UTC"})), tools=[listed, weather])
    assert story.play().pending[0].arguments == {"zone": "UTC"}


# --- crashes


@dialects
def test_a_crash_never_runs_a_call_twice(dialect: str) -> None:
    """From every stored transcript the run continues, and no call runs again (row 42)."""
    story = Story(
        reply(dialect, None, call("delete", {"path": "a"}, "call_1"), call("delete", {"path": "b"}, "call_2")),
        reply(dialect, "ok"),
        tools=[delete],
        dialect=dialect,
    )
    story.play()
    for saved in story.saved:
        transcript = Transcript.from_json(saved)
        started = {one.id for one in transcript.interrupted}
        ran.clear()
        again = Story(
            reply(dialect, None, call("delete", {"path": "a"}, "call_1"), call("delete", {"path": "b"}, "call_2"))
            if not any(entry.kind == "answered" for entry in transcript.entries)
            else reply(dialect, "Done."),
            *[reply(dialect, "Done."), reply(dialect, "Done.")],
            messages=transcript,
            tools=[delete],
            dialect=dialect,
        )
        run = again.play()
        assert [one.status for one in run.calls if one.id in started] == ["interrupted"] * len(started)
        assert not {path for _, path in ran} & {one.arguments["path"] for one in transcript.interrupted}
        assert len(ran) == len(set(ran))


def test_a_repeatable_call_runs_again_after_a_crash() -> None:
    """A tool marked as repeatable runs again (row 42)."""
    story = Story(reply("chat", None, call("weather", {"city": "a"})), reply("chat", "ok"), tools=[weather])
    story.play()
    crashed = next(Transcript.from_json(one) for one in story.saved if Transcript.from_json(one).interrupted)
    ran.clear()
    again = Story(reply("chat", "ok"), messages=crashed, tools=[tool(weather, repeatable=True)])
    assert again.play().calls[0].status == "done"
    assert ran == [("weather", "a", "celsius", 1)]


@dialects
def test_open_calls_before_a_message_are_closed(dialect: str) -> None:
    """A history that continues after open calls is valid for every provider (row 44, example 12)."""
    paused = Story(
        reply(dialect, None, call("delete", {"path": "x"})), tools=[tool(delete, approval=True)], dialect=dialect
    ).play()
    again = Story(reply(dialect, "Fine."), messages=[paused, "Answer with what you have."], limits=1, dialect=dialect)
    assert again.play().text == "Fine."
    assert again.results() == [("call_a", "This call was not run.")]
    assert not ran


# --- tool choice, earlier tools


@pytest.mark.parametrize(("choice", "second"), [("required", False), ("none", True)])
def test_a_forced_choice_is_for_the_first_round(choice: str, second: bool) -> None:
    """The choice is not repeated, because a forced choice in every round never ends (row 47)."""
    story = Story(
        reply("chat", None, call("weather", {"city": "a"})),
        reply("chat", "ok"),
        tools=[weather],
        params={"tool_choice": choice},
    )
    run = story.play()
    assert story.asks[0].params["tool_choice"] == choice
    assert ("tool_choice" in story.asks[1].params) == second
    assert (run.calls[0].status == "unavailable") == (choice == "none")  # a provider that calls anyway (row 48)


@dialects
def test_tools_of_the_history_are_described_and_not_available(dialect: str) -> None:
    """Tools of the history are described, because Anthropic refuses calls in a history without tools (row 49)."""
    old = Story(
        reply(dialect, None, call("weather", {"city": "a"})), reply(dialect, "ok"), tools=[weather], dialect=dialect
    ).play()
    ran.clear()
    story = Story(
        reply(dialect, None, call("weather", {"city": "b"}, "call_b")),
        reply(dialect, "ok"),
        messages=[old, "Again?"],
        dialect=dialect,
    )
    run = story.play()
    assert len(story.asks[0].params["tools"]) == 1
    assert story.asks[0].params["tool_choice"] in ("none", {"type": "none"})
    assert [one.status for one in run.calls] == ["unavailable"]
    assert story.results()[-1][1] == "The tool 'weather' is not available now."
    assert not ran


# --- errors of the provider


def test_groqs_refused_generation_is_read_as_a_call() -> None:
    """The call is read from the text in `tool_use_failed` (row 45)."""
    for text in (
        '<function=weather>{"city": "Oslo"}</function>',
        '{"name": "weather", "arguments": {"city": "Oslo"}}',
        '[{"name": "weather", "parameters": {"city": "Oslo"}}]',
    ):
        ran.clear()
        inner = json.dumps({"error": {"message": "Failed", "code": "tool_use_failed", "failed_generation": text}})
        error = status_error(400, "Failed to call a function.", body={"error": inner})
        story = Story(error, reply("chat", "3 degrees."), tools=[weather], provider="groq")
        assert story.play().text == "3 degrees."
        assert ran == [("weather", "Oslo", "celsius", 1)]


def test_groqs_refused_text_is_asked_for_once_more() -> None:
    """The second refusal raises (row 45)."""
    error = status_error(400, "Failed", body={"error": {"failed_generation": "I would call weather"}})
    assert Story(error, reply("chat", "ok"), tools=[weather], provider="groq").play().text == "ok"
    with pytest.raises(type(error)) as caught:
        Story(error, error, tools=[weather], provider="groq").play()
    assert caught.value.partial.transcript.entries


def test_strict_tools_that_are_refused_are_sent_without() -> None:
    """The request is repeated once without strict tools, with a log record."""
    error = status_error(400, "Invalid schema for tool weather: strict is not supported")
    story = Story(error, reply("chat", "ok"), tools=[weather])
    story.play()
    assert story.asks[0].params["tools"][0]["function"]["strict"] is True
    assert "strict" not in story.asks[1].params["tools"][0]["function"]
    assert [one.level for one in story.notices if isinstance(one, LogLine)] == ["info"]


def test_other_errors_are_raised_with_the_run() -> None:
    """The error has the whole run."""
    error = status_error(500, "boom")
    story = Story(reply("chat", None, call("weather", {"city": "a"})), error, tools=[weather])
    with pytest.raises(type(error)) as caught:
        story.play()
    assert [one.status for one in caught.value.partial.calls] == ["done"]
    again = Story(reply("chat", "ok"), messages=caught.value.partial, tools=[weather])
    assert again.play().text == "ok"
    assert len(ran) == 1


def test_starts_and_results_are_reported_as_they_happen() -> None:
    """Starts and results come with the calls of `run.calls`."""
    story = Story(reply("chat", None, call("weather", {"city": "a"})), reply("chat", "ok"), tools=[weather])
    run = story.play()
    assert [type(one) for one in story.notices] == [ToolRun, ToolDone]
    assert story.notices[1].call is run.calls[0]


class Shape(msgspec.Struct):
    """A shape."""

    sides: int


def test_a_value_inside_of_a_string_is_reported() -> None:
    """An object as JSON text, as some models send, is accepted and reported."""

    def draw(shape: Shape) -> str:
        """Draw."""
        return f"{shape.sides}"

    story = Story(reply("chat", None, call("draw", {"shape": '{"sides": 3}'})), reply("chat", "ok"), tools=[draw])
    run = story.play()
    assert run.calls[0].reread == ("shape",)
    assert story.results() == [("call_a", "3")]


# --- the clock, and runs that are abandoned


def started(*calls: dict[str, str], **settings: Any) -> tuple[Story, Any]:
    """Return a story whose first answer has come, and the action that follows."""
    story = Story(tools=[weather, tool(delete, timeout=2)], **settings)
    story.state.start()
    return story, story.state.feed(Replied([reply("chat", None, *calls)]))


def test_the_time_of_a_run_is_handed_on_and_ends_it() -> None:
    """The rest of the time goes to requests and tools; nothing starts after it (row 13)."""
    story, action = started(call("weather", {"city": "a"}), limits=Limits(seconds=10))
    assert action.seconds == 10
    assert story.state.feed(Clock(4.0)) is None
    story.state.feed(Began(("call_a",)))
    following = story.state.feed(Finished(call="call_a", value="ok"))
    assert isinstance(following, Ask)
    assert following.seconds == 6
    ended = story.state.feed(Clock(10.0))
    assert isinstance(ended, Fail)
    assert isinstance(ended.error, RunLimitError)
    assert ended.error.limit == "seconds"
    assert ended.error.partial.calls[0].status == "done"


def test_a_tool_out_of_time_may_still_be_at_work() -> None:
    """A tool that ran out of time is reported as unknown, not as failed (row 12)."""
    story, _ = started(call("delete", {"path": "x"}))
    story.state.feed(Began(("call_a",)))
    story.state.feed(Finished(call="call_a", timed_out=True, seconds=2.0))
    run = story.state.run()
    assert run.calls[0].status == "timeout"
    assert run.calls[0].output == "No result within 2 s; the tool may still be running."


def test_an_abandoned_run_leaves_a_history_that_goes_on() -> None:
    """Calls that were running are marked; those not begun wait (rows 8, 44)."""
    story, action = started(
        call("weather", {"city": "a"}, "call_1"),
        call("delete", {"path": "x"}, "call_2"),
        call("delete", {"path": "y"}, "call_3"),
    )
    assert isinstance(action, Execute)
    story.state.feed(Began(("call_1", "call_2")))
    story.state.feed(Finished(call="call_1", value="ok"))
    assert story.state.feed(Interrupted()) is None
    run = story.state.run()
    assert [one.status for one in run.calls] == ["done", "interrupted", "pending"]
    assert [one.id for one in run.transcript.pending] == ["call_3"]
    again = Story(reply("chat", "ok"), messages=run, tools=[weather, delete])
    assert again.play().text == "ok"
    assert ran == [("delete", "y")]
    assert "interrupted" in dict(again.results())["call_2"]


def test_an_abandoned_run_without_calls_stays_as_it_is() -> None:
    """Between rounds nothing is running, and the transcript does not change."""
    story = Story(tools=[weather])
    story.state.start()
    assert story.state.feed(Interrupted()) is None
    with pytest.raises(RuntimeError, match="no calls are in progress"):
        story.state.feed(Finished(call="x"))
