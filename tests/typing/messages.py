"""Type checks by mypy strict and pyright strict, never run: the arguments and results of Messages."""
# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing import Any, assert_type

from inference_gateway_sdk import (
    AsyncInferenceGatewayAPI,
    AsyncInferenceGatewayClient,
    InferenceGatewayAPI,
    InferenceGatewayClient,
    MessagesMessage,
    MessagesMessageRole,
    MessagesResponse,
    MessagesStopDetails,
    MessagesStreamEvent,
    MessagesToolUseBlock,
    Meta,
)


def blocking(client: InferenceGatewayClient) -> InferenceGatewayAPI:
    """Check the results of the blocking client's methods."""
    answer = client.create_message("anthropic/m", "hi", 5, system="Be brief.", top_k=3)
    assert_type(answer, MessagesResponse)
    with client.create_message_stream("anthropic/m", ["hi", answer], max_tokens=5) as stream:
        for event in stream:
            assert_type(event, MessagesStreamEvent)
            assert_type(event.text, str | None)
        assert_type(stream.final(), MessagesResponse)
    return client


async def asynchronous(client: AsyncInferenceGatewayClient) -> AsyncInferenceGatewayAPI:
    """Check that the async client's methods return the same, awaited."""
    assert_type(await client.create_message("anthropic/m", "hi", 5), MessagesResponse)
    async with client.create_message_stream("anthropic/m", "hi", 5) as stream:
        async for event in stream:
            assert_type(event, MessagesStreamEvent)
        assert_type(await stream.final(), MessagesResponse)
    return client


def parameters(client: InferenceGatewayClient, answer: MessagesResponse) -> None:
    """Check that a conversation takes strings, mappings, messages and answers; a misspelt parameter is an error."""
    message = MessagesMessage(role=MessagesMessageRole.USER, content="hi")
    client.create_message("m/x", [message, answer, {"role": "user", "content": [*answer.content]}, "more"], 5)
    servers = [{"type": "url", "name": "wiki", "url": "https://mcp.example"}]
    client.create_message("m/x", "hi", 5, mcp_servers=servers, cache_control={"type": "ephemeral"}, container="c1")
    client.create_message("m/x", "hi", 5, betas=["x"])  # type: ignore[call-arg]
    client.create_message("m/x", "hi")  # type: ignore[call-arg]
    client.create_message("m/x", "hi", 5, temprature=1)  # type: ignore[call-arg]
    client.create_message("m/x", "hi", 5, stream=True)  # type: ignore[call-arg]


def conveniences(answer: MessagesResponse) -> None:
    """Check that conveniences of an answer have exact types."""
    assert_type(answer.text, str | None)
    assert_type(answer.tool_calls, list[MessagesToolUseBlock])
    assert_type(answer.complete, bool)
    assert_type(answer.meta, Meta | None)
    assert_type(answer.stop_details, MessagesStopDetails | None)
    assert_type(answer.usage.service_tier, str | None)
    for call in answer.tool_calls:
        assert_type(call.name, str)
        assert_type(call.input_text, str | None)
        assert_type(call.parse_input(), dict[str, Any])
        assert_type(call.parse_input(Place), Place)


class Place:
    """A type of a user's own."""
