"""The scripted model's turns: tools, forms and limits, in each dialect, judged by the client."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from inference_gateway_sdk import BadRequestError, InferenceGatewayClient
from inference_gateway_sdk.embedded import ScriptedProvider, running
from inference_gateway_sdk.embedded.providers.scripts import ScriptedCall, ScriptedTurn
from inference_gateway_sdk.embedded.providers.scripts.dialects import chat_events
from support.weights import nowhere

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.wire

PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}, "unit": {"enum": ["C", "F"]}}}
ARGUMENTS = {"city": "How warm is it?", "unit": "C"}
CHAT_TOOLS: list[Any] = [
    {"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}},
    {"type": "function", "function": {"name": "stop"}},
]
MESSAGE_TOOLS: list[Any] = [
    {"type": "web_search_20250305", "name": "web_search"},
    {"name": "weather", "input_schema": PARAMETERS},
    {"name": "stop", "input_schema": {"type": "object"}},
]
RESPONSE_TOOLS: list[Any] = [
    {"type": "web_search"},
    {"type": "function", "name": "weather", "parameters": PARAMETERS},
    {"type": "function", "name": "stop"},
]
ASKED = "How warm is it?"
NOT_AN_OBJECT: Any = {"name": "say", "input_schema": {"type": "string"}}


@pytest.fixture(scope="module")
def client() -> Iterator[InferenceGatewayClient]:
    """Return a client of a gateway with a scripted provider."""
    with running(local=nowhere(), scripted=ScriptedProvider()) as url, InferenceGatewayClient(url) as opened:
        yield opened


def _chat(client: InferenceGatewayClient, messages: Any, **params: Any) -> Any:
    """Return a chat's answer, the same whole and streamed."""
    whole = client.generate_content("openai/x", messages, **params)
    with client.generate_content_stream("openai/x", messages, **params) as stream:
        streamed = stream.final()
    assert [(each.message, each.finish_reason) for each in whole.choices] == [
        (each.message, each.finish_reason) for each in streamed.choices
    ]
    assert whole.usage == streamed.usage
    return whole


def test_a_tool_is_called_and_its_result_repeated_in_a_chat(client: InferenceGatewayClient) -> None:
    """The first tool is called after a user message, with arguments of its schema; after its result comes text."""
    first = _chat(client, ASKED, tools=CHAT_TOOLS)
    [call] = first.tool_calls
    assert (call.id, call.function.name, json.loads(call.function.arguments)) == ("call_1", "weather", ARGUMENTS)
    assert (first.text, first.choices[0].finish_reason) == (None, "tool_calls")
    result = {"role": "tool", "tool_call_id": call.id, "content": "21 degrees"}
    assert _chat(client, [ASKED, first.message, result], tools=CHAT_TOOLS).text == "Tool result: 21 degrees"


def test_a_tool_is_called_and_its_result_repeated_in_messages(client: InferenceGatewayClient) -> None:
    """A tool is called in Messages too, skipping one that the provider would run itself."""

    def ask(*messages: Any) -> Any:
        whole = client.create_message("anthropic/x", [*messages], 50, tools=MESSAGE_TOOLS)
        with client.create_message_stream("anthropic/x", [*messages], 50, tools=MESSAGE_TOOLS) as stream:
            assert stream.final() == whole
        return whole

    first = ask(ASKED)
    [call] = first.tool_calls
    assert (call.id, call.name, call.input, first.stop_reason) == ("toolu_1", "weather", ARGUMENTS, "tool_use")
    content = [{"type": "text", "text": "21"}, {"type": "text", "text": "degrees"}]
    result = {"type": "tool_result", "tool_use_id": call.id, "content": content}
    assert ask(ASKED, first, {"role": "user", "content": [result]}).text == "Tool result: 21 degrees"


def test_a_tool_is_called_and_its_result_repeated_in_responses(client: InferenceGatewayClient) -> None:
    """A tool is called in Responses too; the response repeats the settings of its request."""

    def ask(*items: Any) -> Any:
        whole = client.create_response("openai/x", [*items], tools=RESPONSE_TOOLS, temperature=0.5)
        with client.create_response_stream("openai/x", [*items], tools=RESPONSE_TOOLS, temperature=0.5) as stream:
            assert stream.final() == whole
        return whole

    message = {"role": "user", "content": ASKED}
    first = ask(message)
    [call] = first.output
    assert (call.type, call.call_id, call.name) == ("function_call", "call_1", "weather")
    assert json.loads(call.arguments) == ARGUMENTS
    assert (first.temperature, first.to_dict()["tools"]) == (0.5, RESPONSE_TOOLS)
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "21 degrees"}
    assert ask(message, call, result).output_text == "Tool result: 21 degrees"


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        ("auto", "weather"),
        ("required", "weather"),
        ("none", None),
        ({"type": "function", "function": {"name": "stop"}}, "stop"),
        ({"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}, "weather"),
    ],
)
def test_the_choice_of_tools_is_honoured_in_a_chat(client: InferenceGatewayClient, choice: Any, called: str) -> None:
    """The choice is none, any, or the named tool."""
    answer = _chat(client, ASKED, tools=CHAT_TOOLS, tool_choice=choice)
    assert [call.function.name for call in answer.tool_calls] == ([called] if called else [])


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        ({"type": "auto"}, "weather"),
        ({"type": "any"}, "weather"),
        ({"type": "none"}, None),
        ({"type": "tool", "name": "stop"}, "stop"),
    ],
)
def test_the_choice_of_tools_is_honoured_elsewhere(client: InferenceGatewayClient, choice: Any, called: str) -> None:
    """The choice of tools is honoured in Messages and in Responses."""
    answer = client.create_message("anthropic/x", ASKED, 50, tools=MESSAGE_TOOLS, tool_choice=choice)
    assert [call.name for call in answer.tool_calls] == ([called] if called else [])
    words = {"any": "required", "tool": {"type": "function", "name": "stop"}}
    response = client.create_response(
        "openai/x", ASKED, tools=RESPONSE_TOOLS, tool_choice=words.get(choice["type"], choice["type"])
    )
    assert [item.name for item in response.output if item.type == "function_call"] == ([called] if called else [])


def test_a_required_tool_is_called_again_after_its_result(client: InferenceGatewayClient) -> None:
    """A required tool is called again with another id, as by real models."""
    first = client.generate_content("openai/x", ASKED, tools=CHAT_TOOLS)
    result = {"role": "tool", "tool_call_id": "call_1", "content": "21 degrees"}
    again = client.generate_content(
        "openai/x", [ASKED, first.message, result], tools=CHAT_TOOLS, tool_choice="required"
    )
    assert [call.id for call in again.tool_calls] == ["call_3"]


def test_a_form_is_kept_to(client: InferenceGatewayClient) -> None:
    """JSON of the schema in each dialect, and any JSON if only that is requested."""
    chat = {"type": "json_schema", "json_schema": {"name": "x", "schema": PARAMETERS}}
    plain = {"type": "json_schema", "name": "x", "schema": PARAMETERS}
    assert json.loads(_chat(client, ASKED, response_format=chat).text) == ARGUMENTS
    assert json.loads(_chat(client, ASKED, response_format={"type": "json_object"}).text) == {"answer": ASKED}
    response = client.create_response("openai/x", ASKED, text={"format": plain})
    assert json.loads(response.output_text) == ARGUMENTS
    body = {"output_config": {"format": plain}}
    message = client.create_message("anthropic/x", ASKED, 50, extra_body=body)
    assert json.loads(message.text) == ARGUMENTS


def test_an_answer_ends_where_it_must(client: InferenceGatewayClient) -> None:
    """An answer ends at a stop text, or after the allowed words, with the dialect's finish reason."""
    assert _chat(client, "a b c d", stop=["c", "b c"]).text == "You wrote: a "
    short = _chat(client, "a b c d", max_tokens=3)
    assert (short.text, short.choices[0].finish_reason) == ("You wrote: a ", "length")
    message = client.create_message("anthropic/x", "a b c d", 3)
    assert (message.text, message.stop_reason) == ("You wrote: a ", "max_tokens")
    message = client.create_message("anthropic/x", "a b c d", 50, stop_sequences=["c"])
    assert (message.text, message.stop_reason, message.stop_sequence) == ("You wrote: a b ", "stop_sequence", "c")
    response = client.create_response("openai/x", "a b c d", max_output_tokens=3)
    with client.create_response_stream("openai/x", "a b c d", max_output_tokens=3) as stream:
        assert stream.final() == response
    assert (response.output_text, response.status) == ("You wrote: a ", "incomplete")
    assert response.incomplete_details.reason == "max_output_tokens"


def test_several_answers_with_logprobs(client: InferenceGatewayClient) -> None:
    """The requested number of answers is given; every word is certain, and has its bytes."""
    answer = _chat(client, "ü", n=2, logprobs=True, top_logprobs=1)
    assert [choice.index for choice in answer.choices] == [0, 1]
    for choice in answer.choices:
        tokens = choice.logprobs.content
        assert "".join(token.token for token in tokens) == choice.message.content
        assert bytes(tokens[-1].bytes) == "ü".encode()
        assert [len(token.top_logprobs) for token in tokens] == [1, 1, 1]


def test_what_cannot_be_made_is_refused(client: InferenceGatewayClient) -> None:
    """An unknown tool and an impossible schema are refused in every dialect."""
    missing = {"type": "function", "function": {"name": "absent"}}
    with pytest.raises(BadRequestError, match="tool_choice names 'absent'"):
        client.generate_content("openai/x", ASKED, tools=CHAT_TOOLS, tool_choice=missing)
    with pytest.raises(BadRequestError, match="the arguments of the tool 'say' are not an object"):
        client.create_message("anthropic/x", ASKED, 9, extra_body={"tools": [NOT_AN_OBJECT]})
    never: Any = {"type": "json_schema", "name": "x", "schema": {"type": "integer", "minimum": 2, "maximum": 1}}
    with pytest.raises(BadRequestError, match="the schema of the answer: no number"):
        client.create_response("openai/x", ASKED, text={"format": never})
    with pytest.raises(BadRequestError, match="no number"), client.generate_content_stream(
        "openai/x", ASKED, response_format={"type": "json_schema", "json_schema": never}
    ) as stream:  # fmt: skip
        stream.final()


def test_ones_own_text_is_left_as_it_is() -> None:
    """A custom function makes the answers to tools, and JSON answers, too."""
    with (
        running(scripted=ScriptedProvider(lambda prompt: f'{{"a": "{prompt}"}}')) as url,
        InferenceGatewayClient(url) as own,
    ):
        form: Any = {"type": "json_schema", "json_schema": {"name": "x", "schema": PARAMETERS}}
        assert own.generate_content("openai/x", "b", response_format=form).text == '{"a": "b"}'
        result = {"role": "tool", "tool_call_id": "1", "content": "c"}
        assert own.generate_content("openai/x", ["b", result], tools=CHAT_TOOLS).text == '{"a": "c"}'


def test_a_stream_can_be_cut_by_hand() -> None:
    """A text's parts are yielded unchanged, and text may precede several calls."""
    turn = ScriptedTurn(
        "m",
        "",
        "ab",
        calls=(ScriptedCall("one"), ScriptedCall("two", '{"x": 1}', "2")),
        parts=("a", "", "b"),
        usage=False,
    )
    *chunks, done = [event.removeprefix(b"data: ") for event in chat_events(turn)]
    deltas = [json.loads(chunk)["choices"][0]["delta"] for chunk in chunks]
    assert [delta["content"] for delta in deltas if "content" in delta] == ["", "a", "", "b"]
    calls = [delta["tool_calls"][0] for delta in deltas if "tool_calls" in delta]
    assert [call["id"] for call in calls if "id" in call] == ["call_1", "call_2"]
    assert "".join(call["function"]["arguments"] for call in calls if call["index"] == 1) == '{"x": 1}'
    assert done == b"[DONE]\n\n"
    assert all("usage" not in json.loads(chunk) for chunk in chunks)
