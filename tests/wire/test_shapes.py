"""Wrong shapes of messages, tools and schemas: each is refused before anything is sent, with the nearest right form."""

from __future__ import annotations

import json
from typing import Any

import pydantic
import pytest

from inference_gateway_sdk import Message, assistant, image_part, tool_result, user
from inference_gateway_sdk import types as contract
from inference_gateway_sdk._wire.call import Target
from inference_gateway_sdk._wire.chat import StreamedChatBody, chat_body
from inference_gateway_sdk._wire.messages import messages_body
from inference_gateway_sdk._wire.responses import response_body

CHAT = Target.resolve("openai/gpt-4o", None)
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}}
FLAT = {"type": "function", "name": "now", "parameters": PARAMETERS}
NESTED = {"type": "function", "function": {"name": "now", "parameters": PARAMETERS}}
BLOCK = {"name": "now", "input_schema": PARAMETERS}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def chat(messages: Any = "Hi", **params: Any) -> dict[str, Any]:
    """The body of a chat."""
    body: dict[str, Any] = json.loads(chat_body(CHAT, messages, params))
    return body


def message(messages: Any = "Hi", **params: Any) -> dict[str, Any]:
    """The body of a Messages request."""
    target = Target.resolve("anthropic/claude", None)
    body: dict[str, Any] = json.loads(messages_body(target, messages, 9, params, stream=False))
    return body


def response(input: Any = "Hi", **params: Any) -> dict[str, Any]:
    """The body of a Responses request."""
    body: dict[str, Any] = json.loads(response_body(CHAT, input, params, stream=False))
    return body


def test_a_body_that_continues_is_that_of_a_new_request() -> None:
    """Further bodies of the same parameters, for longer, changed and shorter conversations, equal new ones."""
    call = {"id": "1", "type": "function", "function": {"name": "now", "arguments": "{}"}}
    asked = [{"role": "user", "content": "Hi"}]
    called = [*asked, {"role": "assistant", "content": None, "tool_calls": [call]}]
    answered = [*called, {"role": "tool", "tool_call_id": "1", "content": "noon \ud800"}, "And now?"]
    params = {"tools": [NESTED], "temperature": 0.5}
    body = StreamedChatBody(CHAT, params)
    for messages in (asked, called, answered, answered, [{**asked[0]}, *answered[1:]], asked, "Hi", answered):
        assert body.encode(messages) == StreamedChatBody(CHAT, params).encode(messages)


def test_a_body_that_continues_checks_what_is_new() -> None:
    """A wrong message is refused by its place, added or put in place of a checked one, and again when repeated."""
    right, wrong = {"role": "user", "content": "Hi"}, {"role": "usr", "content": "Hi"}
    body = StreamedChatBody(CHAT, {})
    body.encode([right, right])
    for messages, place in (([right, right, wrong], 2), ([wrong, right, right], 0), ([right, right, wrong], 2)):
        with pytest.raises(ValueError, match=rf"messages\[{place}\] has the role 'usr'"):
            body.encode(messages)
    with pytest.raises(ValueError, match="messages is empty"):
        body.encode([])


@pytest.mark.parametrize(
    ("wrong", "kind", "right"),
    [
        ({"role": "user", "text": "hi"}, ValueError, r"messages\[0\] has 'text' .* did you mean 'content'"),
        ({"role": "user", "conent": "hi"}, ValueError, "did you mean 'content'"),
        ({"role": "user"}, ValueError, r'has no content: write \{"role": "user", "content": ...\}'),
        ({"role": "user", "content": None}, ValueError, "content is None"),
        (Message(role="user", content=None), ValueError, "content is None"),
        ({"role": "assistant"}, ValueError, "has no content"),
        ({"role": "usr", "content": "hi"}, ValueError, "role 'usr': did you mean 'user'"),
        ({"role": "User", "content": "hi"}, ValueError, "did you mean 'user'"),
        ({"role": "human", "content": "hi"}, ValueError, "did you mean 'user'"),
        (Message(role="asistant", content="hi"), ValueError, "did you mean 'assistant'"),
        ({"role": "tool", "tool_use_id": "1", "content": "x"}, ValueError, "did you mean 'tool_call_id'"),
        ({"type": "text", "text": "hi"}, ValueError, r'part of a message: write \{"role": "user"'),
        ({"type": "function_call_output", "call_id": "1", "output": "x"}, ValueError, "tool_result"),
        ({"role": "user", "content": {"type": "text", "text": "hi"}}, TypeError, "put the part into a list"),
        ({"role": "user", "content": image_part(PNG)}, TypeError, "put the part into a list"),
        ({"role": "user", "content": ["hi"]}, TypeError, r'content\[0\] must be a part.*"type": "text"'),
        ({"role": "user", "content": [{"text": "hi"}]}, ValueError, r'has no type: write \{"type": "text"'),
        ({"role": "user", "content": [{"type": "input_text", "text": "hi"}]}, ValueError, '"type": "text"'),
        ({"role": "user", "content": [{"type": "image", "source": {}}]}, ValueError, "image_part"),
        ({"role": "user", "content": [{"type": "text", "content": "hi"}]}, TypeError, "has no text"),
        ({"role": "user", "content": [{"type": "image_url", "image_url": "http://x"}]}, TypeError, '"url": ...'),
    ],
)
def test_a_chat_message_of_another_shape_is_refused(wrong: Any, kind: type[Exception], right: str) -> None:
    """Each of these was sent, and the gateway dropped what it did not know."""
    with pytest.raises(kind, match=right):
        chat([wrong])


@pytest.mark.parametrize(
    "right",
    [
        {"role": "developer", "content": "Be brief."},
        {"role": "critic", "content": "A role that a provider may know."},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "assistant", "tool_calls": []},
        {"role": "assistant", "content": None},
        {"role": "tool", "content": "x"},
        {"role": "user", "content": [{"type": "text", "text": "hi"}, {"type": "input_audio", "input_audio": {}}]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x"}}]},
        user("hi", images=[PNG]),
        assistant(
            tool_calls=[contract.ChatCompletionMessageToolCall.from_dict({"id": "1", "function": {"name": "f"}})]
        ),
        tool_result("1", "x"),
    ],
)
def test_a_chat_message_that_may_be_right_is_sent_as_it_is(right: Any) -> None:
    """Roles, parts and keys that no contract lists pass: a provider may know them."""
    sent = right if isinstance(right, dict) else right.to_dict()
    assert chat([right])["messages"] == [sent]


@pytest.mark.parametrize(
    ("wrong", "kind", "right"),
    [
        ({"role": "user", "text": "hi"}, ValueError, "did you mean 'content'"),
        ({"role": "usr", "content": "hi"}, ValueError, "did you mean 'user'"),
        ({"role": "tool", "tool_call_id": "1", "content": "x"}, ValueError, r"tool_result\(block"),
    ],
)
def test_a_message_of_another_shape_is_refused(wrong: Any, kind: type[Exception], right: str) -> None:
    """The Messages endpoint has its own forms."""
    with pytest.raises(kind, match=right):
        message([wrong])


@pytest.mark.parametrize(
    ("wrong", "kind", "right"),
    [
        ({"role": "user", "text": "hi"}, ValueError, "did you mean 'content'"),
        ({"role": "usr", "content": "hi"}, ValueError, "did you mean 'user'"),
        ({"role": "tool", "tool_call_id": "1", "content": "x"}, ValueError, r"tool_result\(call"),
        ({"type": "input_text", "text": "hi"}, ValueError, "part of a message"),
    ],
)
def test_an_input_item_of_another_shape_is_refused(wrong: Any, kind: type[Exception], right: str) -> None:
    """So has the Responses endpoint."""
    with pytest.raises(kind, match=right):
        response([wrong])


@pytest.mark.parametrize(
    ("body", "tool", "right"),
    [
        (chat, {"name": "now", "parameters": {}}, r'"function": \{"name": "now"'),
        (chat, FLAT, r'"function": \{"name": "now"'),
        (chat, BLOCK, r'"function": \{"name": "now"'),
        (chat, {**NESTED, "type": "functions"}, r'write \{"type": "function"'),
        (chat, {"type": "function", "function": {"parameters": {}}}, "has no name"),
        (chat, {"type": "function", "function": {"name": "f", "input_schema": {}}}, "did you mean 'parameters'"),
        (response, NESTED, r'"type": "function", "name": "now"'),
        (response, {"name": "now", "parameters": {}}, r'"type": "function", "name": "now"'),
        (message, NESTED, r'"name": "now", "input_schema"'),
        (message, FLAT, "did you mean 'input_schema'"),
    ],
)
def test_a_tool_of_another_endpoint_is_refused(body: Any, tool: Any, right: str) -> None:
    """The error has the right form, with the tool's name in it."""
    with pytest.raises(TypeError, match=rf"tools\[0\].*{right}"):
        body(tools=[tool])


@pytest.mark.parametrize(
    ("parameters", "right"),
    [
        ({"city": {"type": "string"}}, r'write \{"type": "object", "properties"'),
        ({"type": "string"}, "arguments are an object"),
    ],
)
def test_parameters_that_are_no_schema_of_an_object_are_refused(parameters: Any, right: str) -> None:
    """Providers refuse them late, and in words of their own."""
    with pytest.raises(ValueError, match=right):
        chat(tools=[{"type": "function", "function": {"name": "now", "parameters": parameters}}])


@pytest.mark.parametrize(
    ("body", "tools"),
    [
        (chat, [NESTED]),
        (chat, [{"type": "function", "function": {"name": "now"}}, {"type": "web_search_preview"}]),
        (chat, [{"type": "function", "function": {"name": "now", "parameters": {}}}]),
        (chat, [{"function": {"name": "now", "parameters": {"type": "object"}}}]),  # as Mistral accepts it
        (response, [FLAT, {"type": "web_search"}, {"type": "mcp", "server_label": "x"}]),
        (message, [BLOCK, {"type": "web_search_20250305", "name": "web_search"}, {**BLOCK, "type": "custom"}]),
    ],
)
def test_tools_that_may_be_right_are_sent_as_they_are(body: Any, tools: Any) -> None:
    """Tools that a provider runs itself have forms of their own."""
    assert body(tools=tools)["tools"] == tools


@pytest.mark.parametrize(
    ("body", "choice", "right"),
    [
        (message, "required", "'any'"),
        (chat, {"type": "function", "name": "now"}, r'"function": \{"name": "now"'),
        (chat, {"type": "tool", "name": "now"}, r'"function": \{"name": "now"'),
        (response, {"type": "function", "function": {"name": "now"}}, r'"type": "function", "name": "now"'),
        (message, {"type": "function", "function": {"name": "now"}}, r'"type": "tool", "name": "now"'),
    ],
)
def test_a_choice_of_another_endpoint_is_refused(body: Any, choice: Any, right: str) -> None:
    """The same for `tool_choice`."""
    with pytest.raises((TypeError, ValueError), match=right):
        body(tool_choice=choice)


@pytest.mark.parametrize("choice", ["auto", "any", {"function": {"name": "now"}}])
def test_choices_that_a_provider_accepts_are_sent_as_they_are(choice: Any) -> None:
    """Mistral has the word "any", and it and others need no type beside a function's name."""
    assert chat(tool_choice=choice)["tool_choice"] == choice


@pytest.mark.parametrize(
    ("wrong", "kind", "right"),
    [
        (PARAMETERS, TypeError, "bare JSON schema: write .*json_schema"),
        ({"$defs": {}, "anyOf": []}, TypeError, "bare JSON schema"),
        ({"type": "json"}, ValueError, "did you mean 'json_object'"),
        ({"type": "json_objects"}, ValueError, "did you mean 'json_object'"),
        ({"type": "json_schema", "schema": PARAMETERS}, TypeError, "not complete: write"),
        ({"type": "json_schema", "json_schema": PARAMETERS}, TypeError, "not complete"),
        ({"json_schema": {"name": "a", "schema": PARAMETERS}}, TypeError, "not complete"),
        ({}, TypeError, "has no type"),
    ],
)
def test_a_response_format_of_another_shape_is_refused(wrong: Any, kind: type[Exception], right: str) -> None:
    """A bare schema was dropped by the gateway: the answer was any text."""
    with pytest.raises(kind, match=right):
        chat(response_format=wrong)


@pytest.mark.parametrize(
    "right",
    [
        {"type": "text"},
        {"type": "json_object"},
        {"type": "grammar", "grammar": "root ::= [a-z]"},
        {"type": "json_schema", "json_schema": {"name": "a", "schema": PARAMETERS, "strict": True}},
    ],
)
def test_a_response_format_that_may_be_right_is_sent_as_it_is(right: Any) -> None:
    """Formats that no contract lists pass."""
    assert chat(response_format=right)["response_format"] == right


def test_the_text_of_responses_has_a_flat_format() -> None:
    """The form of chat completions, and a bare schema, are refused; the endpoint's own passes."""
    right = {"format": {"type": "json_schema", "name": "a", "schema": PARAMETERS}}
    assert response(text=right)["text"] == right
    assert response(text={"verbosity": "low"})["text"] == {"verbosity": "low"}
    nested = {"format": {"type": "json_schema", "json_schema": {"name": "a", "schema": PARAMETERS}}}
    for wrong in (nested, PARAMETERS, right["format"]):
        with pytest.raises(TypeError, match='"format"'):
            response(text=wrong)


def test_results_of_one_turn_are_one_message() -> None:
    """Each `tool_result` is a message; neighbours are joined, as Anthropic wants them."""
    calls = [contract.MessagesToolUseBlock(id=name, name="f", input={}) for name in "ab"]
    sent = message(["Hi", *(tool_result(call, 1) for call in calls), "And?"])["messages"]
    assert [one["content"] for one in sent[::2]] == ["Hi", "And?"]
    assert sent[1] == {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": name, "content": "1"} for name in "ab"],
    }


def test_a_message_may_be_a_pydantic_model_with_an_alias() -> None:
    """Its content is known when it is written, under its alias."""

    class Question(pydantic.BaseModel):
        role: str = "user"
        text: str = pydantic.Field("Hi", alias="content")

    body = chat_body(Target.resolve("openai/m"), [Question()], {})
    assert json.loads(body)["messages"] == [{"role": "user", "content": "Hi"}]
