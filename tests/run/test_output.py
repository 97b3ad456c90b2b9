"""Structured output: every mode that makes a model follow a type, and the handling of a mismatch."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated, Any, TypedDict

import msgspec
import pydantic
import pytest

from inference_gateway_sdk import Provider
from inference_gateway_sdk._run.output import parse_value
from inference_gateway_sdk._run.providers import _CHAT, MODES, first_mode, next_mode, rules_for
from inference_gateway_sdk._run.result import OutputError, RunLimitError
from inference_gateway_sdk._run.turn import LogLine
from inference_gateway_sdk._schema.adapter import InvalidValueError
from run.playing import DIALECTS, Story, call, reply, status_error

dialects = pytest.mark.parametrize("dialect", DIALECTS)


class Recipe(msgspec.Struct):
    """A recipe."""

    title: str
    minutes: Annotated[int, msgspec.Meta(ge=1)]
    note: str | None = None
    tags: list[str] = []


class Verdict(pydantic.BaseModel):
    """A verdict."""

    warmer: str
    by: float = pydantic.Field(default=0.0, ge=0)


@dataclasses.dataclass
class Place:
    """A place."""

    city: str


class Movie(TypedDict):
    """A movie."""

    title: str


def weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


GOOD = '{"title": "Soup", "minutes": 25, "note": null, "tags": null}'
BAD = '{"title": 3, "minutes": 0}'


def final(arguments: Any, id: str = "call_f") -> dict[str, str]:
    """Return a call of the final tool."""
    return call("final_answer", arguments, id)


@dialects
@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Recipe, GOOD, Recipe("Soup", 25)),
        (Verdict, '{"warmer": "Rome", "by": null}', Verdict(warmer="Rome")),
        (Place, '{"city": "Oslo"}', Place("Oslo")),
        (Movie, '{"title": "Up"}', {"title": "Up"}),
        (list[Place], '{"value": [{"city": "Oslo"}]}', [Place("Oslo")]),
        (int, '{"value": 3}', 3),
        (int | str, '{"value": "x"}', "x"),
        (Place | None, '{"value": null}', None),
    ],
)
def test_every_kind_of_type_comes_out(dialect: str, kind: Any, text: str, value: Any) -> None:
    """Every kind of type is returned, by the provider's schema mode if it has one."""
    if dialect == "messages":  # its schema omits optional keywords
        text = text.replace(', "by": null', "").replace(', "tags": null', "")
    story = Story(reply(dialect, text), output=kind, dialect=dialect)
    run = story.play()
    assert run.output == value
    assert run.output_mode == "schema"
    params = story.asks[0].params
    form = {"chat": "response_format", "responses": "text", "messages": "output_config"}[dialect]
    assert "json_schema" in json.dumps(params[form])
    assert not story.asks[0].mcp_bypass


def test_free_text_is_no_structured_output() -> None:
    """Without a type no format is requested."""
    story = Story(reply("chat", "Hi"))
    assert story.play().output_mode == "text"
    assert story.asks[0].params == {}


@dialects
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_gives_the_value(dialect: str, mode: Any) -> None:
    """A mode given by name gives the value with any provider."""
    written = reply(dialect, None, final(GOOD)) if mode == "tool" else reply(dialect, GOOD)
    story = Story(written, output=Recipe, mode=mode, dialect=dialect)
    run = story.play()
    assert run.output == Recipe("Soup", 25)
    assert run.output_mode == mode
    asked = json.dumps([story.asks[0].params, story.asks[0].messages])
    assert ("final_answer" in asked) == (mode == "tool")
    assert ("Answer with JSON only" in asked) == (mode in {"json", "prompt"})
    assert ("json_object" in asked) == (mode == "json" and dialect != "messages")
    assert not run.transcript.pending


def test_an_instruction_joins_the_callers_system_text() -> None:
    """The instruction is part of the caller's system text, because some chat templates refuse a second one."""
    messages = [{"role": "system", "content": "Be brief."}, "Hi"]
    story = Story(reply("chat", GOOD), messages=messages, output=Recipe, mode="prompt")
    story.play()
    roles = [one["role"] for one in story.asks[0].messages]
    assert roles == ["system", "user"]
    assert story.asks[0].messages[0]["content"].startswith("Be brief.\n\nAnswer with JSON only")
    apart = Story(
        reply("messages", GOOD), output=Recipe, mode="prompt", dialect="messages", params={"system": "Be brief."}
    )
    apart.play()
    assert apart.asks[0].params["system"].startswith("Be brief.\n\nAnswer with JSON only")
    asked = Story(
        reply("responses", GOOD),
        output=Recipe,
        mode="prompt",
        dialect="responses",
        params={"instructions": "Be brief."},
    )
    asked.play()
    assert asked.asks[0].params["instructions"].startswith("Be brief.\n\nAnswer with JSON only")


@dialects
def test_a_value_that_does_not_fit_is_asked_for_again(dialect: str) -> None:
    """A mismatch is sent back at most twice, with its paths; then the error has every attempt (row 25)."""
    story = Story(reply(dialect, BAD), reply(dialect, GOOD), output=Recipe, dialect=dialect, mode="json")
    assert story.play().output == Recipe("Soup", 25)
    asked = json.dumps(story.last_messages)
    assert "$.title: expected `str`, got `int`" in asked
    assert "$.minutes" in asked
    never = Story(*[reply(dialect, BAD)] * 3, output=Recipe, dialect=dialect, mode="json")
    with pytest.raises(OutputError) as caught:
        never.play()
    assert caught.value.reason == "invalid"
    assert len(caught.value.problems) == 3
    assert caught.value.text == BAD
    assert caught.value.value == {"title": 3, "minutes": 0}
    assert len(caught.value.partial.turns) == 3


@dialects
def test_a_final_call_that_does_not_fit_is_asked_for_again(dialect: str) -> None:
    """A mismatch in a final call is sent back as its result, so that every call is answered (row 25)."""
    story = Story(
        reply(dialect, None, final(BAD)),
        reply(dialect, None, final(GOOD, "call_g")),
        output=Recipe,
        dialect=dialect,
        mode="tool",
    )
    run = story.play()
    assert run.output == Recipe("Soup", 25)
    assert story.results()[0][0] == "call_f"
    assert "Call final_answer again" in story.results()[0][1]
    assert [one.status for one in run.calls] == ["invalid", "done"]


@dialects
def test_an_empty_answer_is_asked_for_again(dialect: str) -> None:
    """An empty answer, as from DeepSeek and NVIDIA, is requested again (row 24)."""
    story = Story(reply(dialect, None), reply(dialect, GOOD), output=Recipe, dialect=dialect, mode="json")
    assert story.play().output == Recipe("Soup", 25)
    assert "the answer is empty" in json.dumps(story.last_messages)


@dialects
def test_a_cut_value_is_no_value(dialect: str) -> None:
    """A truncated value is not requested again, and the error has the partial value (row 18)."""
    story = Story(reply(dialect, '{"title": "Leek so', end="length"), output=Recipe, dialect=dialect)
    with pytest.raises(OutputError) as caught:
        story.play()
    assert caught.value.reason == "length"
    assert caught.value.value == {"title": "Leek so"}
    assert caught.value.partial.turns
    whole = Story(reply(dialect, GOOD, end="length"), output=Recipe, dialect=dialect)
    with pytest.raises(OutputError):
        whole.play()


@dialects
def test_a_cut_final_call_is_no_value(dialect: str) -> None:
    """A truncated final call in tool mode gives the same error (row 18)."""
    text = '{"title": "Leek so' if dialect != "messages" else '{"title": "Leek so"}'
    story = Story(reply(dialect, None, final(text), end="length"), output=Recipe, dialect=dialect, mode="tool")
    with pytest.raises(OutputError) as caught:
        story.play()
    assert caught.value.reason == "length"
    assert caught.value.value == {"title": "Leek so"}


@dialects
@pytest.mark.parametrize("end", ["refusal", "content_filter"])
def test_a_refusal_is_never_a_parse_error(dialect: str, end: str) -> None:
    """The error has the refusal's text (rows 19, 20)."""
    with pytest.raises(OutputError) as caught:
        Story(reply(dialect, "I will not.", end=end), output=Recipe, dialect=dialect).play()
    assert caught.value.reason in {"refusal", end}
    assert caught.value.text == "I will not."


@dialects
def test_other_calls_come_before_a_final_one(dialect: str) -> None:
    """The final value is accepted if all other calls of the turn succeeded (row 26)."""
    story = Story(
        reply(dialect, None, final(GOOD), call("weather", {"city": "Oslo"})),
        tools=[weather],
        output=Recipe,
        dialect=dialect,
        mode="tool",
    )
    run = story.play()
    assert run.output == Recipe("Soup", 25)
    assert [(one.name, one.status) for one in run.calls] == [("final_answer", "done"), ("weather", "done")]
    failing = Story(
        reply(dialect, None, final(GOOD), call("weather", {"town": "Oslo"})),
        reply(dialect, None, final(GOOD, "call_g")),
        tools=[weather],
        output=Recipe,
        dialect=dialect,
        mode="tool",
    )
    assert failing.play().output == Recipe("Soup", 25)
    assert "did not succeed" in failing.results()[0][1]


def test_the_first_final_call_that_fits_counts() -> None:
    """The first valid one of several final calls in a turn counts (row 27)."""
    story = Story(
        reply("chat", None, final(BAD, "call_1"), final(GOOD, "call_2"), final(GOOD, "call_3")),
        output=Recipe,
        mode="tool",
    )
    run = story.play()
    assert run.output == Recipe("Soup", 25)
    assert [one.status for one in run.calls] == ["cut", "done", "cut"]


def test_a_final_tool_never_takes_a_tools_name() -> None:
    """The caller's tool keeps its name, and the final tool gets another."""

    def final_answer(text: str) -> str:
        """Another tool."""
        return text

    story = Story(reply("chat", None, call("final_answer_", GOOD)), tools=[final_answer], output=Recipe, mode="tool")
    assert story.play().output == Recipe("Soup", 25)


@dialects
def test_text_in_place_of_the_final_call_is_taken_when_it_fits(dialect: str) -> None:
    """A text that fits is accepted, because models that cannot be forced write the value as text."""
    story = Story(reply(dialect, f"Here:\n```json\n{GOOD}\n```"), output=Recipe, dialect=dialect, mode="tool")
    assert story.play().output == Recipe("Soup", 25)


def test_a_400_about_the_format_moves_one_step_down() -> None:
    """Each step is taken once, and is in the log and in the run (row 46)."""
    story = Story(
        status_error(400, "This model does not support response format `json_schema`"),
        status_error(400, "tool_choice 'required' is not supported"),
        reply("chat", GOOD),
        output=Recipe,
        provider="mistral",
    )
    run = story.play()
    assert run.output == Recipe("Soup", 25)
    assert run.output_mode == "json"
    assert [one.text for one in story.notices if isinstance(one, LogLine)] == [
        "the provider rejected output mode schema: trying tool",
        "the provider rejected output mode tool: trying json",
    ]


@pytest.mark.parametrize(
    ("error", "mode"),
    [
        (status_error(400, "maximum context length exceeded"), None),
        (status_error(429, "schema rate limit"), None),
        (status_error(400, "response_format is not supported"), "schema"),
    ],
)
def test_other_errors_and_explicit_modes_do_not_move(error: Any, mode: Any) -> None:
    """Other errors are raised unchanged (row 46)."""
    with pytest.raises(type(error)) as caught:
        Story(error, output=Recipe, mode=mode).play()
    assert caught.value is error


def test_steps_end_at_the_prompt() -> None:
    """There is no step below the prompt."""
    errors = [status_error(400, "schema not supported") for _ in MODES]
    with pytest.raises(type(errors[0])):
        Story(*errors, output=Recipe, provider="mistral").play()


# --- the table


def test_every_provider_of_the_contract_has_a_row() -> None:
    """A new provider needs a row in the table."""
    assert {one.value for one in Provider} == set(_CHAT)


@pytest.mark.parametrize(
    ("dialect", "provider", "with_tools", "mode"),
    [
        ("chat", "openai", True, "schema"),
        ("chat", "anthropic", False, "tool"),
        ("chat", "google", False, "schema"),
        ("chat", "google", True, "tool"),
        ("chat", "groq", True, "tool"),
        ("chat", "deepseek", False, "tool"),
        ("chat", "ollama", False, "schema"),
        ("chat", "ollama", True, "tool"),
        ("chat", "llamacpp", True, "tool"),
        ("chat", "someone-new", False, "schema"),
        ("chat", None, False, "schema"),
        ("messages", "anthropic", True, "schema"),
        ("responses", "openai", True, "schema"),
    ],
)
def test_the_first_mode_is_what_the_provider_takes(
    dialect: Any, provider: str | None, with_tools: bool, mode: str
) -> None:
    """The first mode comes from the table of facts."""
    assert first_mode(rules_for(dialect, provider), with_tools=with_tools) == mode


def test_modes_only_go_down() -> None:
    """Modes only step down, and end at the prompt."""
    for rules in _CHAT.values():
        for with_tools in (False, True):
            mode: Any = first_mode(rules, with_tools=with_tools)
            seen = [mode]
            while (mode := next_mode(mode, rules, with_tools=with_tools)) is not None:
                seen.append(mode)
            assert seen[-1] == "prompt"
            assert [MODES.index(one) for one in seen] == sorted({MODES.index(one) for one in seen})


def test_a_forced_call_is_asked_for_where_the_provider_takes_it() -> None:
    """Providers that do not take a forced call get an instruction alone."""
    forced = Story(reply("chat", None, final(GOOD)), output=Recipe, mode="tool", provider="openai")
    forced.play()
    assert forced.asks[0].params["tool_choice"] == "required"
    free = Story(reply("chat", None, final(GOOD)), output=Recipe, mode="tool", provider="anthropic")
    free.play()
    assert "tool_choice" not in free.asks[0].params
    assert "calling the tool final_answer" in free.asks[0].messages[0]["content"]


def test_cloudflare_is_asked_whole() -> None:
    """Cloudflare's JSON mode does not stream, so its answer is requested whole (row 51)."""
    story = Story(reply("chat", GOOD), output=Recipe, provider="cloudflare")
    story.play()
    assert story.asks[0].whole
    assert not Story(reply("chat", "Hi"), provider="cloudflare").play().pending


def test_the_callers_output_config_stays() -> None:
    """The format is added beside the caller's effort."""
    story = Story(
        reply("messages", GOOD.replace(', "tags": null', "")),
        output=Recipe,
        dialect="messages",
        params={"output_config": {"effort": "low"}},
    )
    story.play()
    assert story.asks[0].params["output_config"]["effort"] == "low"
    assert story.asks[0].params["output_config"]["format"]["type"] == "json_schema"


def test_a_run_with_tools_and_a_type_does_both() -> None:
    """The tools run first, and the value comes last (example 3)."""
    story = Story(
        reply("chat", None, call("weather", {"city": "Oslo"})), reply("chat", GOOD), tools=[weather], output=Recipe
    )
    run = story.play()
    assert run.output == Recipe("Soup", 25)
    assert run.calls[0].result == "sunny in Oslo"


def test_a_limit_while_asking_again_keeps_everything() -> None:
    """A repeated request counts as a round, and the limit's error has the whole run."""
    with pytest.raises(RunLimitError) as caught:
        Story(reply("chat", BAD), output=Recipe, limits=1).play()
    assert caught.value.partial.transcript.entries[-1].kind == "note"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ('{"a": 1}', {"a": 1}),
        ('Sure!\n```json\n{"a": {"b": "}"}}\n```\nBye {x}', {"a": {"b": "}"}}),
    ],
)
def test_the_value_of_a_text(text: str, value: Any) -> None:
    """The value is the text itself, or the first object in it."""
    assert parse_value(text) == value


@pytest.mark.parametrize("text", ["", "  ", "no", '{"a": 1', "```json\n{\n```"])
def test_a_text_without_a_whole_value(text: str) -> None:
    """A text without a whole value raises; the value is never completed."""
    with pytest.raises(InvalidValueError):
        parse_value(text)
