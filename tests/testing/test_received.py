"""The received requests, as a test can inspect them."""

from __future__ import annotations

from typing import Any

import pytest

from inference_gateway_sdk import (
    BadRequestError,
    Call,
    CreateChatCompletionRequest,
    CreateImageRequest,
    CreateMessagesRequest,
    CreateMusicRequest,
    CreateResponseRequest,
    CreateSfxRequest,
    CreateSpeechRequest,
    InferenceGatewayClient,
)
from inference_gateway_sdk.testing import ScriptedGateway

pytestmark = pytest.mark.wire


@pytest.fixture
def client(script: ScriptedGateway) -> InferenceGatewayClient:
    """Return a client whose every request succeeds."""
    script.reply("Hello", times="always")
    return script.client(token="secret")


def test_a_chat_is_typed(script: ScriptedGateway, client: InferenceGatewayClient) -> None:
    """A chat is typed with the client's arguments, unknown fields included."""
    with pytest.warns(UserWarning, match="drops"):
        client.with_options(headers={"X-Mine": "1"}).generate_content(
            "openai/gpt-4o", "Hi", temperature=0.5, extra_body={"top_k": 3}
        )
    request = script.request
    assert (request.method, request.path, request.endpoint) == ("POST", "/v1/chat/completions", "chat")
    assert (request.model, request.text, request.stream) == ("openai/gpt-4o", "Hi", False)
    assert (request.headers["Authorization"], request.headers["x-mine"]) == ("Bearer secret", "1")
    body: CreateChatCompletionRequest = request.chat
    assert (body.model, body.temperature, body.messages[0].content) == ("openai/gpt-4o", 0.5, "Hi")
    assert body == request.body and body.extra_fields == {"top_k": 3} and request.json["top_k"] == 3


def test_each_endpoint_has_its_type(script: ScriptedGateway, client: InferenceGatewayClient) -> None:
    """The body has the type of the endpoint's request."""
    client.create_message("anthropic/claude", "Hi", 50)
    client.create_response("openai/gpt-4o", "Hi")
    client.generate_image("a cat", model="openai/x", n=2)
    client.create_speech("openai/x", "hello", "alloy")
    client.create_sound_effect("elevenlabs/x", "boom")
    client.create_music("elevenlabs/x", "la")
    assert [type(request.body) for request in script.requests] == [
        CreateMessagesRequest,
        CreateResponseRequest,
        CreateImageRequest,
        CreateSpeechRequest,
        CreateSfxRequest,
        CreateMusicRequest,
    ]
    message, response, image, speech, *_ = script.requests
    assert (message.message.max_tokens, response.response.input) == (50, "Hi")
    assert (image.read(CreateImageRequest).n, speech.read(CreateSpeechRequest).voice) == (2, "alloy")
    assert [request.text for request in script.requests] == ["Hi", "Hi", "a cat", "hello", "boom", "la"]


def test_a_form_has_its_fields(script: ScriptedGateway, client: InferenceGatewayClient) -> None:
    """A form's texts are text and its files bytes."""
    client.create_image_edit(b"\x89PNG", "greener", model="openai/x")
    request = script.request
    assert (request.form["prompt"], request.form["image"]) == ("greener", b"\x89PNG")
    assert (request.model, request.text) == ("openai/x", "greener")


def test_a_request_without_a_body_raises_when_it_is_read(
    script: ScriptedGateway, client: InferenceGatewayClient
) -> None:
    """Reading a missing body raises an error that explains it."""
    client.list_models("openai")
    request = script.request
    assert (request.query, request.content, request.model, request.text) == ({"provider": "openai"}, b"", "openai/", "")
    expected: dict[str, str] = {
        "body": r"the body of request 1 \(GET /v1/models\) has no type",
        "chat": r"request 1 \(GET /v1/models\) does not have a CreateChatCompletionRequest",
        "message": "does not have a CreateMessagesRequest",
        "response": "does not have a CreateResponseRequest",
        "json": "is not JSON",
        "form": "is not a form",
    }
    for name, text in expected.items():
        with pytest.raises(AssertionError, match=text):
            getattr(request, name)


def test_another_endpoints_type_is_refused(script: ScriptedGateway, client: InferenceGatewayClient) -> None:
    """A chat cannot be read as a message."""
    client.generate_content("openai/x", "Hi")
    with pytest.raises(AssertionError, match="request 1 .* has a CreateChatCompletionRequest"):
        _ = script.request.message


def test_the_one_request_is_the_only_one(script: ScriptedGateway, client: InferenceGatewayClient) -> None:
    """With no request or two, reading the only one raises."""
    with pytest.raises(AssertionError, match="expected one request, received 0: none"):
        _ = script.request
    client.generate_content("openai/x", "Hi")
    client.generate_content("openai/x", "Hi")
    with pytest.raises(AssertionError, match=r"received 2:\n +request 1 \(POST /v1/chat/completions\)\n"):
        _ = script.request


@pytest.mark.parametrize("content", [[], [{"role": "user", "content": None}], [5]])
def test_a_request_without_text_has_none(script: ScriptedGateway, client: InferenceGatewayClient, content: Any) -> None:
    """A request with anything in place of its messages has no text, without an error."""
    client.proxy("anthropic", "/messages", method="POST", json={"model": "x", "messages": content})
    assert script.request.text == ""


@pytest.mark.parametrize("path", ["/messages", "/chat/completions"])
def test_what_is_no_conversation_is_the_providers_400(
    script: ScriptedGateway, client: InferenceGatewayClient, path: str
) -> None:
    """Messages that are not a conversation give the provider's 400: the gateway relays them."""
    with pytest.raises(BadRequestError, match="cannot read this request"):
        client.proxy("anthropic", path, method="POST", json={"model": "x", "messages": "Hi"})
    assert script.request.text == "Hi"


def test_what_is_no_conversation_has_no_place_for_a_fault_either(
    script: ScriptedGateway, client: InferenceGatewayClient
) -> None:
    """A stream that was to break after its pieces never begins."""
    script.reset()
    script.stream(["Hel"], then="truncate")
    body = b'{"model": "anthropic/x", "stream": true, "messages": "Hi"}'
    with pytest.raises(BadRequestError):
        client.send(Call(method="POST", path="/messages", read=lambda reply: reply.body, body=body))
