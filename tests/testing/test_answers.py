"""One script, every dialect: one definition is answered in chat, Messages and Responses, whole and streamed."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import msgspec
import pydantic
import pytest

from inference_gateway_sdk import CompletionUsage
from inference_gateway_sdk.testing import ScriptedGateway, ToolCall

from .asking import WAYS, Answer, ask, pieces
from .conftest import Kit

pytestmark = pytest.mark.wire

WEATHER = '{"city": "Oslo", "days": 2}'


@pytest.mark.parametrize("way", WAYS)
def test_a_text_is_answered_in_the_dialect_that_was_asked(kit: Kit, way: str) -> None:
    """A text is answered in the requested dialect, with counted words where no usage is given."""
    kit.gateway.reply("It rains in Bergen.")
    assert kit.run(lambda client: ask(client, way, "How is it?")) == Answer(
        "It rains in Bergen.", [], "", "stop", (3, 4)
    )


@pytest.mark.parametrize("way", WAYS)
def test_every_part_of_an_answer_arrives(kit: Kit, way: str) -> None:
    """Text, thoughts, calls, the finish reason and the tokens arrive in each dialect's own fields."""
    kit.gateway.reply(
        "Let me look.",
        reasoning="They want the weather.",
        tool_calls=[("weather", {"city": "Oslo", "days": 2}), ToolCall("time", id="mine")],
        usage=(30, 12),
    )
    calls = [("1", "weather", WEATHER), ("mine", "time", "{}")]
    expected = Answer("Let me look.", calls, "They want the weather.", "tool_calls", (30, 12))
    assert kit.run(lambda client: ask(client, way)) == expected


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_an_answer_may_end_early(script: ScriptedGateway, way: str, reason: str) -> None:
    """A finish reason is sent in the dialect's terms."""
    script.reply("It rai", finish_reason=reason)
    assert Kit(script, "async").run(lambda client: ask(client, way)).end == reason


@pytest.mark.parametrize("way", [way for way in WAYS if "stream" in way])
def test_a_stream_brings_the_pieces_it_was_given(kit: Kit, way: str) -> None:
    """Each piece is an event of its own; a text without pieces is streamed word by word."""
    kit.gateway.stream(["Hel", "lo", " there"])
    kit.gateway.reply("Hello there")
    assert kit.run(lambda client: pieces(client, way)) == ["Hel", "lo", " there"]
    assert kit.run(lambda client: pieces(client, way)) == ["Hello ", "there"]


@pytest.mark.parametrize("way", WAYS)
def test_a_stream_that_is_asked_whole_is_whole(script: ScriptedGateway, way: str) -> None:
    """A stream's script also answers a request that is not streamed."""
    script.stream(["Hel", "lo"], times=2)
    assert Kit(script, "blocking").run(lambda client: ask(client, way)).text == "Hello"


class _Struct(msgspec.Struct):
    city: str


class _Pydantic(pydantic.BaseModel):
    city: str


@dataclasses.dataclass
class _Dataclass:
    city: str


@pytest.mark.parametrize("value", [{"city": "Åre"}, _Struct("Åre"), _Pydantic(city="Åre"), _Dataclass("Åre")])
def test_json_is_a_text_that_holds_it(script: ScriptedGateway, value: object) -> None:
    """A value, a struct, a pydantic model and a dataclass are answered as JSON text."""
    script.reply(json=value)
    with script.client() as client:
        text = client.generate_content("openai/x", "Hi").text
    assert json.loads(text or "") == {"city": "Åre"}


def test_null_is_json_too(script: ScriptedGateway) -> None:
    """None is answered as null, and not treated as a missing argument."""
    script.reply(json=None)
    with script.client() as client:
        assert client.generate_content("openai/x", "Hi").text == "null"


FORMS: list[Any] = [
    "now",
    ("now", {}),
    ("now", "{}"),
    ToolCall("now"),
    {"name": "now", "arguments": {}},
    {"name": "now"},
    {"type": "function", "function": {"name": "now", "arguments": "{}"}},
]


@pytest.mark.parametrize("form", FORMS, ids=repr)
def test_a_tool_call_can_be_written_in_many_ways(script: ScriptedGateway, form: Any) -> None:
    """Every way to write a tool call gives the same call."""
    script.reply(tool_calls=[form])
    with script.client() as client:
        answer = client.generate_content("openai/x", "Hi")
    assert [(call.id, call.function.name, call.function.arguments) for call in answer.tool_calls] == [
        ("call_1", "now", "{}")
    ]
    assert answer.text is None


def test_a_call_of_an_answer_can_be_scripted_again(script: ScriptedGateway) -> None:
    """A call of an answer can be scripted again, with its id."""
    script.reply(tool_calls=[{"id": "c7", "name": "now"}])
    with script.client() as client:
        first = client.generate_content("openai/x", "Hi")
        script.reply(tool_calls=first.tool_calls)
        assert client.generate_content("openai/x", "Hi").tool_calls == first.tool_calls


@pytest.mark.parametrize("way", ["chat", "chat stream", "responses", "responses stream", "messages stream"])
def test_arguments_may_be_bad_json(script: ScriptedGateway, way: str) -> None:
    """Malformed arguments reach the client, so that a test can check their handling."""
    script.reply(tool_calls=[("weather", '{"city": Oslo')])
    if way == "messages stream":
        with script.client() as client, client.create_message_stream("anthropic/x", "Hi", 5) as stream:
            parts = [event.delta.partial_json for event in stream if event.type == "content_block_delta"]
        assert "".join(parts) == '{"city": Oslo'
        return
    answer = Kit(script, "async").run(lambda client: ask(client, way))
    assert answer.calls == [("1", "weather", '{"city": Oslo')]


@pytest.mark.parametrize(
    "usage",
    [
        CompletionUsage.from_dict(
            {
                "prompt_tokens": 10,
                "completion_tokens": 7,
                "total_tokens": 17,
                "prompt_tokens_details": {"cached_tokens": 4},
                "completion_tokens_details": {"reasoning_tokens": 5},
            }
        ),
        {"prompt_tokens": 10, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 4},
         "completion_tokens_details": {"reasoning_tokens": 5}},
    ],
)  # fmt: skip
def test_usage_can_count_cached_and_reasoning_tokens(script: ScriptedGateway, usage: Any) -> None:
    """Cached and reasoning tokens are sent in each dialect's own fields, from the contract's type or a mapping."""
    script.reply("x", usage=usage, times=3)
    with script.client() as client:
        chat = client.generate_content("openai/x", "Hi").usage
        message = client.create_message("anthropic/x", "Hi", 5).usage
        response = client.create_response("openai/x", "Hi").usage
    assert chat is not None and chat.total_tokens == 17
    assert chat.prompt_tokens_details is not None and chat.prompt_tokens_details.cached_tokens == 4
    assert chat.completion_tokens_details is not None and chat.completion_tokens_details.reasoning_tokens == 5
    assert (message.input_tokens, message.cache_read_input_tokens, message.output_tokens) == (6, 4, 7)
    assert response is not None and response.input_tokens_details is not None
    assert response.input_tokens_details.cached_tokens == 4


def test_as_many_choices_as_were_asked_for(script: ScriptedGateway) -> None:
    """All requested choices are equal, whole and streamed."""
    script.reply("Hello there", times=2)
    with script.client() as client:
        whole = client.generate_content("openai/x", "Hi", n=3)
        with client.generate_content_stream("openai/x", "Hi", n=3) as stream:
            streamed = stream.final()
    for answer in (whole, streamed):
        assert [choice.message.content for choice in answer.choices] == ["Hello there"] * 3


def test_pictures_and_sounds_are_answered_by_the_same_script(script: ScriptedGateway) -> None:
    """Images and sounds are real files of the requested type; the text is the prompt."""
    script.reply("a ginger cat", times="always")
    with script.client() as client:
        pictures = client.generate_image("a cat", model="openai/x", n=2)
        edited = client.create_image_edit(pictures.data[0].bytes(), "greener", model="openai/x")
        speech = client.create_speech("openai/x", "hello", "alloy")
        sound = client.create_sound_effect("elevenlabs/x", "boom", response_format="wav")
    assert [picture.revised_prompt for picture in pictures.data] == ["a ginger cat"] * 2
    assert pictures.data[0].bytes().startswith(b"\x89PNG") and len(edited.data) == 1
    assert (speech.content_type, sound.content_type, sound.bytes[:4]) == ("audio/mpeg", "audio/wav", b"RIFF")


def test_pictures_and_sounds_can_be_given(script: ScriptedGateway) -> None:
    """A given image or sound is delivered byte for byte."""
    script.reply(image=b"picture", audio=b"sound", times=2)
    with script.client() as client:
        assert client.generate_image("a cat", model="openai/x").data[0].bytes() == b"picture"
        assert client.create_music("elevenlabs/x", "la").bytes == b"sound"


def test_the_provider_can_be_asked_directly(script: ScriptedGateway) -> None:
    """At the proxy a dialect's path answers in that dialect; any other path requires scripted bytes."""
    script.reply("Hello")
    script.respond(json={"object": "list", "data": []})
    with script.client() as client:
        asked = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
        chat = client.proxy("openai", "/chat/completions", method="POST", json=asked)
        files = client.proxy("openai", "/files")
    assert chat.json()["choices"][0]["message"]["content"] == "Hello"
    assert files.json() == {"object": "list", "data": []}


def test_bytes_can_be_scripted(script: ScriptedGateway) -> None:
    """Scripted bytes arrive unchanged from the provider, and as the gateway relays them."""
    script.respond(201, body="made", headers={"Content-Type": "text/plain", "X-Mine": "1"})
    with script.client() as client:
        answer = client.proxy("openai", "/files/1", method="PUT", content=b"x")
    assert (answer.status, answer.body, answer.headers["x-mine"]) == (201, b"made", "1")


def test_models_are_listed(script: ScriptedGateway) -> None:
    """The test's models are listed, under their providers."""
    script.models = ["openai/gpt-4o", "groq/openai/gpt-oss-120b"]
    with script.client() as client:
        assert [model.id for model in client.list_models().data] == ["groq/openai/gpt-oss-120b", "openai/gpt-4o"]
        assert [model.id for model in client.list_models("openai").data] == ["openai/gpt-4o"]
        assert client.health_check()
