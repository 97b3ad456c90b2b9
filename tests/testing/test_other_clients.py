"""Other clients on the scripted gateway: the official packages."""

from __future__ import annotations

import anthropic
import httpx2
import openai
import pytest

from inference_gateway_sdk.testing import ScriptedGateway, UnmatchedRequestError, scripted_gateway

pytestmark = pytest.mark.wire


@pytest.fixture
def gateway() -> ScriptedGateway:
    """Return a gateway that each test enters by itself."""
    return scripted_gateway()


def test_openai_chats_streams_and_is_limited(gateway: ScriptedGateway) -> None:
    """One script serves the openai package's chat, stream and responses, and its retry follows `Retry-After`."""
    with gateway, openai.OpenAI(base_url=f"{gateway.url}/v1", api_key="k", http_client=_client()) as client:
        gateway.fail("rate_limit", retry_after=0.01)
        gateway.reply("Hello", reasoning="Hm.", tool_calls=[("weather", {"city": "Oslo"})], times=3)
        asked = {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
        chat = client.chat.completions.create(**asked).choices[0]
        assert (chat.message.content, chat.finish_reason) == ("Hello", "tool_calls")
        chunks = [chunk for chunk in client.chat.completions.create(**asked, stream=True) if chunk.choices]
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Hello"
        with client.responses.stream(model="openai/gpt-4o", input="Hi") as stream:
            response = stream.get_final_response()
        assert [item.type for item in response.output] == ["reasoning", "message", "function_call"]
        assert response.output_text == "Hello"


def test_anthropic_streams_and_is_overloaded(gateway: ScriptedGateway) -> None:
    """The same script serves the anthropic package, after an error that it retries."""
    with gateway, anthropic.Anthropic(base_url=gateway.url, api_key="k", http_client=_client()) as client:
        gateway.fail("overloaded", retry_after=0.01)
        gateway.reply("Hello", reasoning="Hm.", tool_calls=[("weather", {"city": "Oslo"})])
        asked = [{"role": "user", "content": "Hi"}]
        with client.messages.stream(model="anthropic/claude", max_tokens=50, messages=asked) as stream:
            message = stream.get_final_message()
        assert [block.type for block in message.content] == ["thinking", "text", "tool_use"]
        assert (message.stop_reason, message.content[2].input) == ("tool_use", {"city": "Oslo"})


def test_a_request_without_a_script_is_not_repeated_by_them(gateway: ScriptedGateway) -> None:
    """The official packages raise at once, with the reason."""
    asked = [{"role": "user", "content": "Hi"}]
    gateway.start()
    with openai.OpenAI(base_url=f"{gateway.url}/v1", api_key="k", http_client=_client()) as client:
        with pytest.raises(openai.NotFoundError, match="No script answers request 1"):
            client.chat.completions.create(model="openai/x", messages=asked)
        with pytest.raises(openai.NotFoundError, match="No script answers request 2"):
            client.chat.completions.create(model="openai/x", messages=asked, stream=True)
    with anthropic.Anthropic(base_url=gateway.url, api_key="k", http_client=_client()) as client:
        with pytest.raises(anthropic.NotFoundError, match="No script answers request 3"):
            client.messages.create(model="anthropic/x", max_tokens=5, messages=asked)
        assert len(gateway.requests) == 3
    gateway.close()
    with pytest.raises(UnmatchedRequestError, match="No script answers request 3"):
        gateway.check()


def _client() -> httpx2.Client:
    """Return a client without a proxy."""
    return httpx2.Client(trust_env=False)
