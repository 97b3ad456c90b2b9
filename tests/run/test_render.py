"""Any history for any provider: valid, unchanged for its maker, and with every loss on a list."""

from __future__ import annotations

import json
import re
from typing import Any

import pydantic
import pytest
from anthropic.types import MessageParam
from openai.types.chat import ChatCompletionMessageParam
from openai.types.responses import ResponseInputItemParam

from inference_gateway_sdk._run.providers import _CHAT
from inference_gateway_sdk._run.render import Target, render
from inference_gateway_sdk._run.transcript import Answered, Note, Result, Transcript, UserMessage
from run.histories import ANSWERS, IMAGE, MAKERS, TOOLS, USERS, chat, chat_call, histories, judge, leaves

HISTORIES = dict(histories())
TARGETS = [Target("chat", provider, "m") for provider in _CHAT] + [
    Target("responses", "openai", "m"),
    Target("responses", "openai", "other"),
    Target("messages", "anthropic", "m"),
    Target("messages", "anthropic", "other"),
]
OFFICIAL: dict[str, Any] = {
    "chat": pydantic.TypeAdapter(ChatCompletionMessageParam),
    "responses": pydantic.TypeAdapter(ResponseInputItemParam),
    "messages": pydantic.TypeAdapter(MessageParam),
}


@pytest.mark.parametrize("target", TARGETS, ids=lambda one: f"{one.dialect}-{one.provider}-{one.model}")
def test_every_history_is_valid_for_every_provider(target: Target) -> None:
    """Every call has one result right after it, and ids and arguments have the provider's form."""
    for name, entries in HISTORIES.items():
        rendered = render(entries, target)
        assert not judge(target.dialect, rendered.messages), (name, rendered.messages)


@pytest.mark.parametrize("dialect", OFFICIAL)
def test_official_clients_take_every_message_of_another_provider(dialect: Any) -> None:
    """The request types of openai and anthropic accept the rendered messages."""
    target = Target(dialect, "groq" if dialect == "chat" else "other", "other")
    for name, entries in HISTORIES.items():
        for message in render([one for one in entries if not isinstance(one, UserMessage)], target).messages:
            try:
                OFFICIAL[dialect].validate_python(message)
            except pydantic.ValidationError as error:
                pytest.fail(f"{name}: {message}: {error}")


@pytest.mark.parametrize(("maker", "kind"), [(maker, kind) for maker, kinds in ANSWERS.items() for kind in kinds])
def test_an_answer_goes_back_to_its_maker_as_it_came(maker: str, kind: str) -> None:
    """The answer is identical on Responses and Messages, and has the keys that the gateway keeps on chat."""
    entry: Any = ANSWERS[maker][kind][0]
    rendered = render(ANSWERS[maker][kind], Target(maker, MAKERS[maker], "m"))  # type: ignore[arg-type]
    if kind in {"calls", "cut", "empty"} or maker == "chat":
        return
    back = rendered.messages if maker == "responses" else rendered.messages[0]["content"]
    assert json.dumps(back) == json.dumps(entry.answer["output" if maker == "responses" else "content"])
    assert not rendered.losses


def test_chat_goes_back_with_the_keys_that_the_gateway_keeps() -> None:
    """The keys that the gateway drops are on the list."""
    entries = [chat(content="Hi", reasoning_content="hm", reasoning_details=[1], annotations=[], refusal=None)]
    rendered = render(entries, Target("chat", "google", "m"))
    assert rendered.messages == [{"role": "assistant", "content": "Hi", "reasoning_content": "hm"}]
    assert [str(one) for one in rendered.losses] == [
        "round 1: reasoning_details, which the gateway does not pass on, is left out (message.reasoning_details)"
    ]


def test_signatures_go_to_their_maker_only() -> None:
    """Gemini, which requires its signature, gets it; others get no foreign field."""
    own = render(ANSWERS["chat"]["calls"], Target("chat", "google", "m"))
    assert own.messages[0]["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "s"}}
    other = render(ANSWERS["chat"]["calls"], Target("chat", "groq", "x"))
    assert "extra_content" not in json.dumps(other.messages)
    assert "extra_content" in [one.what for one in other.losses]


STRUCTURE = {"type", "id", "index", "status", "object", "role", "phase", "call_id"}


@pytest.mark.parametrize("target", TARGETS, ids=lambda one: f"{one.dialect}-{one.provider}-{one.model}")
def test_losses_are_complete(target: Target) -> None:
    """Every scalar of an answer is in the rendered history, or below a path on the list."""
    for maker, kinds in ANSWERS.items():
        for kind, entries in kinds.items():
            rendered = render(entries, target)
            sent = json.dumps(rendered.messages)
            lost = [one.path for one in rendered.losses]
            entry: Any = entries[0]
            items = {
                "chat": lambda one: {"message": one["choices"][0]["message"]} if "choices" in one else {},
                "responses": lambda one: {"output": one["output"]},
                "messages": lambda one: {"content": one["content"]},
            }[maker](entry.answer)
            for path, value in leaves(items):
                if re.sub(r"\[\d+\]", "", path).rsplit(".", 1)[-1] in STRUCTURE:
                    continue
                listed = any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in lost)
                shown = str(value) if isinstance(value, str) else json.dumps(value)
                carried = json.dumps(shown)[1:-1] in sent or json.dumps(json.dumps(shown)[1:-1])[1:-1] in sent
                carried = carried or _same_json(shown, sent)
                assert listed or carried, (maker, kind, path, value, lost)
                assert not (listed and _unmistakable(shown) and shown in sent), (maker, kind, path)


def _same_json(text: str, sent: str) -> bool:
    """Return whether a value that is JSON text is carried as JSON."""
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return isinstance(value, (dict, list)) and json.dumps(value) in sent


def _unmistakable(text: str) -> bool:
    return text in {"xyz", "sig", "hm"}


def test_open_calls_are_closed_by_what_is_known_of_them() -> None:
    """An open call is closed as done, started, or never run."""
    rendered = render(ANSWERS["chat"]["calls"], Target("chat", "groq", "x"))
    results = [one["content"] for one in rendered.messages if one["role"] == "tool"]
    assert results == [
        "3",
        "This call was not run.",
        "This call was interrupted; it is not known whether it ran.",
        "This call was not run.",
    ]


def test_mistral_gets_the_ids_and_the_order_it_wants() -> None:
    """Mistral gets ids of nine letters or digits, and no user message directly after a tool's."""
    entries = [*ANSWERS["chat"]["calls"], Note(about="output", text="Again.")]
    messages = render(entries, Target("chat", "mistral", "m")).messages
    assert all(re.fullmatch("[A-Za-z0-9]{9}", one["id"]) for one in messages[0]["tool_calls"])
    assert [one["role"] for one in messages] == ["assistant", "tool", "tool", "tool", "tool", "assistant", "user"]


def test_system_texts_go_where_the_dialect_has_them() -> None:
    """System texts are separate on Messages, and in place elsewhere."""
    rendered = render(USERS["chat"], Target("messages", "anthropic", "m"))
    assert rendered.system == "Be brief."
    assert [one["role"] for one in rendered.messages] == ["user"]
    assert render(USERS["chat"], Target("responses", "openai", "m")).messages[0] == {
        "role": "system",
        "content": "Be brief.",
    }
    assert render(USERS["responses"], Target("chat", "openai", "m")).messages[0]["role"] == "system"


def test_pictures_cross_the_dialects() -> None:
    """Images cross as URLs and as data; their detail is on the list."""
    to_messages = render(USERS["chat"], Target("messages", "anthropic", "m"))
    assert to_messages.messages[0]["content"][1] == {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"},
    }
    assert [one.path for one in to_messages.losses] == ["message.content[1].image_url.detail"]
    to_chat = render(USERS["messages"], Target("chat", "openai", "m"))
    assert to_chat.messages[0]["content"][1] == {"type": "image_url", "image_url": {"url": IMAGE}}
    assert [one.path for one in to_chat.losses] == ["message.content[0].cache_control", "message.content[2]"]
    to_responses = render(USERS["messages"], Target("responses", "openai", "m"))
    assert to_responses.messages[0]["content"][1] == {"type": "input_image", "image_url": IMAGE}


def test_losses_of_a_transcript_are_listed_before_it_moves() -> None:
    """The losses are available before the transcript is sent (example 11)."""
    transcript = Transcript([*USERS["responses"], *ANSWERS["responses"]["text"]])
    assert [str(one) for one in transcript.losses("anthropic/claude-sonnet-4-5", dialect="messages")] == [
        "message: detail is left out (message.content[1].detail)",
        "message: a part of type input_file is left out (message.content[2])",
        "round 1: reasoning (of openai) is left out (output[0])",
        "round 1: annotations is left out (output[1].content[0].annotations)",
        "round 1: an item of type web_search_call is left out (output[2])",
    ]
    assert not Transcript([chat(content="Hi")]).losses("google/m")


def test_repeated_ids_are_rewritten_where_they_clash_only() -> None:
    """Ids are rewritten in calls and results alike."""
    entries = [
        chat(content=None, tool_calls=[chat_call("a", "{}", "x")]),
        Result(call="x", text="1"),
        chat(content=None, tool_calls=[chat_call("a", "{}", "x"), chat_call("a", "{}", "y")]),
        Result(call="call_2_0", text="2"),
        Result(call="y", text="3"),
    ]
    messages = render(entries, Target("chat", "google", "m")).messages
    assert [one["tool_call_id"] for one in messages if one["role"] == "tool"] == ["x", "call_2_0", "y"]
    assert [call["id"] for one in messages for call in one.get("tool_calls", [])] == ["x", "call_2_0", "y"]


def test_a_cut_answer_keeps_its_text_only() -> None:
    """The call of a truncated answer never ran, and is on the list."""
    rendered = render(ANSWERS["messages"]["cut"], Target("messages", "anthropic", "m"))
    assert rendered.messages == [{"role": "assistant", "content": [{"type": "text", "text": "Let"}]}]
    assert [one.what for one in rendered.losses] == ["a call that was cut off"]


def test_the_judge_finds_what_it_is_for() -> None:
    """A history that providers refuse is refused by the judge."""
    call = {"role": "assistant", "content": None, "tool_calls": [chat_call("a", "{}", "x")]}
    result = {"role": "tool", "tool_call_id": "x", "content": ""}
    assert not judge("chat", [call, result])
    for bad in ([call], [result], [call, {"role": "user", "content": "x"}, result], [call, result, call, result]):
        assert judge("chat", bad)
    use = {"role": "assistant", "content": [{"type": "tool_use", "id": "x", "name": "a", "input": {}}]}
    assert judge("messages", [use])
    assert judge("responses", [{"type": "function_call", "call_id": "x", "arguments": "{}"}])


def test_tools_and_marks_are_no_messages() -> None:
    """Tools and marks belong to the run itself, and are not sent as messages."""
    assert render([TOOLS], Target("chat")).messages == []
    assert isinstance(chat(content="x"), Answered)
