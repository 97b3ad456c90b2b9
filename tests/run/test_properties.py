"""Random runs: for any answers of a model, no call runs twice, and every request is valid."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from inference_gateway_sdk import StreamTruncatedError
from inference_gateway_sdk._run.result import RunError
from inference_gateway_sdk._run.transcript import Transcript
from inference_gateway_sdk._tools.tool import ToolError, tool
from run.histories import judge
from run.playing import DIALECTS, Story, call, reply

ran: list[int] = []


def good(mark: int) -> str:
    """Work."""
    ran.append(mark)
    return "ok"


def bad(mark: int) -> str:
    """Fail."""
    ran.append(mark)
    raise ValueError("secret")


def sorry(mark: int) -> str:
    """Say sorry."""
    ran.append(mark)
    raise ToolError("Sorry.")


TOOLS = [good, bad, tool(sorry, alone=True), tool(good, name="asks", approval=True), {"name": "callers"}]
NAMES = ["good", "bad", "sorry", "asks", "callers", "functions.good", "nothing"]
CALLS = st.tuples(
    st.sampled_from(NAMES),
    st.sampled_from(["", "a", "b", "call_1_0"]),
    st.sampled_from(["fits", "fits", "fits", "cut", "wrong"]),
)
ROUNDS = st.tuples(
    st.sampled_from([None, "Text."]),
    st.lists(CALLS, max_size=3),
    st.sampled_from(["", "", "", "", "length", "content_filter", "refusal", "pause", "broken"]),
)


def answers(dialect: str, rounds: Any) -> list[Any]:
    """Return the script of these rounds; each call has a distinct mark."""
    script: list[Any] = []
    mark = 0
    for text, calls, end in rounds:
        made = []
        for name, key, form in calls:
            mark += 1
            fits = f'{{"mark": {mark}}}'
            made.append(call(name, {"fits": fits, "cut": fits[:-1], "wrong": '{"mark": "x"}'}[form], key))
        answer = reply(dialect, text, *made, end="" if end == "broken" else end)
        script.append(StreamTruncatedError("broke", partial=answer) if end == "broken" else answer)
    return [*script, *[reply(dialect, "End.")] * 20]


def play(story: Story) -> None:
    """Play to any end."""
    with contextlib.suppress(RunError, StreamTruncatedError):
        story.play()
    story.save()
    for ask in story.asks:
        assert not judge(story.dialect, ask.messages), ask.messages


@settings(max_examples=5 * settings.default.max_examples)
@given(
    dialect=st.sampled_from(DIALECTS),
    rounds=st.lists(ROUNDS, min_size=1, max_size=5),
    decision=st.sampled_from([True, False, "No.", None]),
    crash=st.integers(0, 1000),
)
def test_no_call_runs_twice_over_any_crash_and_every_request_is_valid(
    dialect: str, rounds: Any, decision: Any, crash: int
) -> None:
    """From every stored transcript the run continues without repeating a call that was started before."""
    ran.clear()
    story = Story(*answers(dialect, rounds), tools=TOOLS, dialect=dialect, approve=lambda _: decision)
    play(story)
    assert len(ran) == len(set(ran))
    cut = crash % len(story.saved)
    transcript = Transcript.from_json(story.saved[cut])
    began = [entry.call for entry in transcript.entries if entry.kind == "started"]
    known = {one.id: one.arguments for one in Story(messages=transcript, dialect=dialect).state._calls.values()}
    before = [known[key]["mark"] for key in began]
    ran.clear()
    again = Story(*answers(dialect, []), messages=transcript, tools=TOOLS, dialect=dialect, approve=lambda _: decision)
    play(again)
    assert not set(before) & set(ran)
    assert len(ran) == len(set(ran))


@settings(max_examples=2 * settings.default.max_examples)
@given(rounds=st.lists(ROUNDS, min_size=1, max_size=4), order=st.permutations(DIALECTS))
def test_a_history_moves_through_every_dialect(rounds: Any, order: list[str]) -> None:
    """The history of one run is a valid beginning of the next, in any dialect."""
    history: Any = "Hi"
    for dialect in order:
        story = Story(*answers(dialect, rounds), messages=history, tools=TOOLS, dialect=dialect, approve=lambda _: True)
        play(story)
        history = [story.state.transcript, "And now?"]
