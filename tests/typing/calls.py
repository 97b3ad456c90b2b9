"""Type checks by mypy strict and pyright strict, never run: the arguments and results of calls."""
# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing import TYPE_CHECKING, assert_type

from inference_gateway_sdk import (
    AsyncInferenceGatewayClient,
    ChatCompletionTool,
    CreateChatCompletionResponse,
    CreateChatCompletionStreamResponse,
    FunctionObject,
    InferenceGatewayClient,
    ListModelsResponse,
    Message,
    ResponseFormatJsonObject,
)

if TYPE_CHECKING:
    from typing import Unpack

    from inference_gateway_sdk import CreateChatCompletionParams


def blocking(client: InferenceGatewayClient) -> None:
    """Check the results of the blocking client's methods."""
    assert_type(client.generate_content("openai/gpt-4o", "hi", temperature=0.3), CreateChatCompletionResponse)
    assert_type(client.list_models(), ListModelsResponse)
    assert_type(client.health_check(), bool)
    with client.generate_content_stream("openai/gpt-4o", "hi", max_tokens=5) as stream:
        for chunk in stream:
            assert_type(chunk, CreateChatCompletionStreamResponse)
        assert_type(stream.final(), CreateChatCompletionResponse)


async def asynchronous(client: AsyncInferenceGatewayClient) -> None:
    """Check that the async client's methods return the same, awaited."""
    assert_type(await client.generate_content("openai/gpt-4o", "hi", temperature=0.3), CreateChatCompletionResponse)
    assert_type(await client.list_models(), ListModelsResponse)
    assert_type(await client.health_check(), bool)
    async with client.generate_content_stream("openai/gpt-4o", "hi", max_tokens=5) as stream:
        async for chunk in stream:
            assert_type(chunk, CreateChatCompletionStreamResponse)
        assert_type(await stream.final(), CreateChatCompletionResponse)


def parameters(client: InferenceGatewayClient) -> None:
    """Check that parameters take the contract's types and plain mappings; a misspelt one is an error."""
    tool = ChatCompletionTool(function=FunctionObject(name="weather"))
    client.generate_content("m/x", "hi", tools=[tool, {"type": "function"}], tool_choice="auto", stop=["a"], n=2)
    client.generate_content("m/x", "hi", reasoning_effort="high", response_format=ResponseFormatJsonObject())
    client.generate_content("m/x", "hi", response_format={"type": "json_object"})
    client.generate_content("m/x", "hi", temprature=0.3)  # type: ignore[call-arg]
    client.generate_content("m/x", "hi", temperature="hot")  # type: ignore[arg-type]
    client.generate_content("m/x", "hi", stream=True)  # type: ignore[call-arg]


def conversation(client: InferenceGatewayClient) -> None:
    """Check that an answer is appended to the messages directly, without a check for None."""
    messages: list[Message | CreateChatCompletionResponse] = [Message(role="user", content="hi")]
    reply = client.generate_content("m/x", messages)
    messages.append(reply)
    client.generate_content("m/x", messages)
    client.generate_content("m/x", ["hi", reply, {"role": "user", "content": "and?"}])
    client.generate_content("m/x", reply)


def wrapped(
    client: InferenceGatewayClient, **params: Unpack[CreateChatCompletionParams]
) -> CreateChatCompletionResponse:
    """Check that a wrapper passes parameters on with their types."""
    return client.generate_content("m/x", "hi", **params)
