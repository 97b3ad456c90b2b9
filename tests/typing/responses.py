"""Type checks by mypy strict and pyright strict, never run: Responses, and the view that all dialects share."""
# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing import Any, assert_type

from inference_gateway_sdk import (
    AsyncInferenceGatewayClient,
    Delta,
    Finish,
    FinishReason,
    InferenceGatewayAPI,
    InferenceGatewayClient,
    ReasoningDelta,
    RefusalDelta,
    Response,
    ResponseFunctionToolCall,
    ResponseInputItem,
    ResponseRole,
    ResponseStreamEvent,
    ResponseTool,
    Restarted,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    TurnEnd,
    UnknownResponseToolDefinition,
    UsageReport,
)


def blocking(client: InferenceGatewayClient) -> InferenceGatewayAPI:
    """Check the results of the blocking client's methods."""
    answer = client.create_response("openai/gpt-5", "hi", temperature=0.3, tool_choice="auto")
    assert_type(answer, Response)
    assert_type(answer.output_text, str | None)
    assert_type(answer.tool_calls, list[ResponseFunctionToolCall])
    assert_type(answer.tool_calls[0].parse_arguments(), dict[str, Any])
    with client.create_response_stream("openai/gpt-5", "hi", assemble=False) as stream:
        for event in stream:
            assert_type(event, ResponseStreamEvent)
        for delta in stream.deltas():
            assert_type(delta, Delta)
        assert_type(stream.final(), Response)
    return client


async def asynchronous(client: AsyncInferenceGatewayClient) -> None:
    """Check that the async client's methods return the same, awaited."""
    assert_type(await client.create_response("openai/gpt-5", "hi"), Response)
    async with client.create_response_stream("openai/gpt-5", "hi") as stream:
        async for event in stream:
            assert_type(event, ResponseStreamEvent)
        async for delta in stream.deltas():
            assert_type(delta, Delta)
        assert_type(await stream.final(), Response)


def inputs(client: InferenceGatewayClient, answer: Response) -> None:
    """Check that input takes texts, items, mappings and answers, mixed; a misspelt parameter is an error."""
    item = ResponseInputItem(role=ResponseRole.USER, content="hi")
    client.create_response("m/x", ["hi", item, {"role": "user", "content": "hi"}, answer])
    client.create_response("m/x", answer.output)
    client.create_response("m/x", answer)
    client.create_response("m/x", 3)  # type: ignore[arg-type]
    client.create_response("m/x", "hi", include=["reasoning.encrypted_content", "brand.new"], service_tier="flex")
    client.create_response("m/x", "hi", conversation="conv_1", prompt_cache_key=None, top_logprobs=3)
    client.create_response("m/x", "hi", include=3)  # type: ignore[arg-type]
    client.create_response("m/x", "hi", temprature=0.3)  # type: ignore[call-arg]
    client.create_response("m/x", "hi", assemble=False)  # type: ignore[call-arg]


def fields(answer: Response) -> None:
    """Check that fields added by the provider are attributes, None when absent."""
    assert_type(answer.service_tier, str | None)
    assert_type(answer.instructions, str | list[dict[str, Any]] | None)
    assert answer.conversation is not None and answer.tools is not None and answer.usage is not None
    assert_type(answer.conversation.id, str | None)
    for tool in answer.tools:
        assert_type(tool, ResponseTool | UnknownResponseToolDefinition)


def describe(delta: Delta) -> str:
    """Check that a match over the events is exhaustive: no case is missing here."""
    match delta:
        case TextDelta(text) | ReasoningDelta(text) | RefusalDelta(text):
            return text
        case ToolCallStart(_, _, name) | ToolCallEnd(_, _, name):
            return name
        case ToolCallDelta(_, arguments):
            return arguments
        case UsageReport(read, written):
            return f"{read} {written}"
        case TurnEnd(turn):
            return str(turn)
        case Finish(reason):
            assert_type(reason, FinishReason)
            return reason
        case Restarted(route):
            return route
