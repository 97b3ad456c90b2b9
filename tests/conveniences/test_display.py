"""The display of answers and lists of models, in which no text of a model has an effect."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_gateway_sdk import CreateChatCompletionResponse, ListModelsResponse, MessagesResponse, Response
from support.server import ANSWER

EVIL = "[bold]x[/bold] :smile: <script>alert(1)</script> ![p](http://evil/?q) & \x1b]0;title\x07\x1b[2J \x9b1m"
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
CALLS = [{"id": "c", "type": "function", "function": {"name": "look", "arguments": '{"at": "<b>"}'}}]


def chat(content: str | None, **more: Any) -> CreateChatCompletionResponse:
    """Return a chat answer with this text."""
    message = {"role": "assistant", "content": content, **more}
    return CreateChatCompletionResponse.from_dict(
        {**ANSWER, "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}
    )


def drawn(value: object) -> str:
    """Return rich's output in a terminal with colours."""
    console_module = pytest.importorskip("rich.console", reason="rich (the cli extra) is not installed")
    out = io.StringIO()
    console_module.Console(file=out, force_terminal=True, color_system="truecolor", width=200).print(value)
    return out.getvalue()


class Shown(HTMLParser):
    """A parser that collects the text and the tags of a piece of HTML."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: set[str] = set()
        self.feed(source)
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)


def test_text_is_shown_in_the_order_it_is_in() -> None:
    """Bidirectional controls, which can disguise a tool call, are removed everywhere."""
    function = {"name": f"rm{BIDI}", "arguments": f'{{"path": "a{BIDI}b"}}'}
    answer = chat(f"x{BIDI}y", tool_calls=[{**CALLS[0], "function": function}])
    for text in (drawn(answer), answer._repr_html_()):
        assert not set(BIDI) & set(text)
        assert "xy" in text


def test_an_answer_is_drawn_with_a_line_about_it() -> None:
    """The text comes first, then model, reason and tokens."""
    assert drawn(chat("Hello")) == "Hello\n[up · stop · 1 + 2 tokens]\n"
    shown = Shown(chat("Hello")._repr_html_())
    assert shown.text == "Helloup · stop · 1 + 2 tokens"


def test_calls_and_refusals_are_shown() -> None:
    """An answer without text shows its calls or its refusal."""
    assert drawn(chat(None, tool_calls=CALLS)).startswith('look({"at": "<b>"})\n')
    assert drawn(chat(None, refusal="No.")).startswith("No.\n")
    assert drawn(CreateChatCompletionResponse.from_dict({})) == "[]\n"
    assert drawn(chat(None, tool_calls=[{"id": "c"}])).startswith("?(null)\n")


def test_every_dialect_is_shown() -> None:
    """Messages and Responses show their text, calls, finish reason and tokens too."""
    message = MessagesResponse.from_dict(
        {
            "model": "m",
            "stop_reason": "tool_use",
            "usage": {"input_tokens": 3, "output_tokens": 4},
            "content": [
                {"type": "text", "text": "Hi"},
                {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}},
            ],
        }
    )
    assert drawn(message) == 'Hi\nf({"a":1})\n[m · tool_use · 3 + 4 tokens]\n'
    message = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    response = Response.from_dict({"model": "m", "status": "completed", "output": [message, call]})
    assert drawn(response) == "Hi\nf({})\n[m · completed]\n"


def test_rich_and_terminals_act_on_nothing_a_model_wrote() -> None:
    """Markup, emoji names and terminal commands stay letters, or are removed."""
    text = drawn(chat(EVIL))
    assert "[bold]x[/bold] :smile: <script>" in text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text)


def test_a_notebook_acts_on_nothing_a_model_wrote() -> None:
    """Tags in a model's text are escaped, and no Markdown fetches an image."""
    answer = chat(EVIL, tool_calls=[{**CALLS[0], "function": {"name": "<i>", "arguments": "</pre><img src=x>"}}])
    shown = Shown(answer._repr_html_())
    assert shown.tags == {"div", "pre", "small"}
    assert "<script>alert(1)</script>" in shown.text
    assert not hasattr(answer, "_repr_markdown_")


@given(st.text(max_size=80), st.text(max_size=30))
def test_no_text_breaks_out(text: str, model: str) -> None:
    """The HTML of any text has our tags only and the text."""
    answer = chat(text)
    answer.model = model
    shown = Shown(answer._repr_html_())
    assert shown.tags <= {"div", "pre", "small"}
    expected = re.sub(rf"[\0\s{BIDI}]", "", text)
    assert expected in re.sub(r"[\0\s]", "", shown.text)


PRICING = {"currency": "USD", "input_per_token": "0.00000015", "output_per_token": "6e-7", "source": "provider"}
MODELS = {
    "object": "list",
    "data": [
        {"id": "a/small", "context_window": {"tokens": 128000, "source": "provider"}, "pricing": PRICING},
        {"id": "b/<b>[red]x", "pricing": {**PRICING, "input_per_token": "cheap", "output_per_token": "NaN"}},
        {"id": "c/odd", "pricing": {**PRICING, "input_per_token": "1e40", "output_per_token": None}},
    ],
}


def test_models_are_a_table() -> None:
    """Sizes and prices are shown if known; empty columns are left out; odd prices break nothing."""
    lines = drawn(ListModelsResponse.from_dict(MODELS)).splitlines()
    assert [re.split(r"  +", line.strip()) for line in lines] == [
        ["model", "context", "input / 1M tokens", "output / 1M tokens"],
        ["a/small", "128,000", "0.15 USD", "0.60 USD"],
        ["b/<b>[red]x"],
        ["c/odd"],
    ]
    plain = ListModelsResponse.from_dict({"object": "list", "data": [{"id": "a/b"}]})
    assert drawn(plain).split() == ["model", "a/b"]
    assert drawn(ListModelsResponse.from_dict({"object": "list"})).split() == ["model"]


def test_a_listing_is_rows_for_a_data_frame() -> None:
    """`to_dicts()` has one plain dict for each item, and `dict(answer)` is `to_dict()`, as FastAPI encodes it."""
    listed = ListModelsResponse.from_dict(
        {"object": "list", "data": [{"id": "a/b", "object": "model", "created": 1, "owned_by": "a", "novel": 2}]}
    )
    assert listed.to_dicts() == [{"id": "a/b", "object": "model", "created": 1, "owned_by": "a", "novel": 2}]
    assert dict(listed) == listed.to_dict()
    assert dict(listed.data[0])["novel"] == 2
    with pytest.raises(KeyError):
        listed["no"]
    with pytest.raises(TypeError, match="has names, not places"):
        list(listed.data[0])  # type: ignore[call-overload]


def test_a_notebooks_table_is_escaped() -> None:
    """A model's name is a cell's text."""
    shown = Shown(ListModelsResponse.from_dict(MODELS)._repr_html_())
    assert shown.tags == {"table", "thead", "tbody", "tr", "th", "td"}
    assert "b/<b>[red]x" in shown.text


def test_a_long_table_is_cut_and_counts_the_rest() -> None:
    """Two hundred rows are shown, and the number of the others."""
    many = ListModelsResponse.from_dict({"object": "list", "data": [{"id": f"a/{n}"} for n in range(250)]})
    assert drawn(many).splitlines()[-1] == "... and 50 more"
    assert len(drawn(many).splitlines()) == 202
    assert "<p>... and 50 more</p>" in many._repr_html_()
