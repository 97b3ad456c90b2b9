"""Type checks by mypy strict and pyright strict, never run: the test kit."""
# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

import re
from typing import assert_type

from inference_gateway_sdk import (
    AsyncInferenceGatewayClient,
    CreateChatCompletionRequest,
    CreateSpeechRequest,
    InferenceGatewayClient,
)
from inference_gateway_sdk.testing import (
    ReceivedRequest,
    Script,
    ScriptedGateway,
    Scripting,
    ToolCall,
    fault,
    scripted_gateway,
)


def scripts(gateway: ScriptedGateway) -> None:
    """Check that every method takes its documented arguments, and no others."""
    assert_type(gateway.reply("Hello"), Script)
    gateway.reply(json=[1], times="always")
    gateway.reply(tool_calls=["now", ("weather", {"city": "Oslo"}), ToolCall("time"), {"name": "x"}])
    gateway.reply("Hello", usage=(1, 2), finish_reason="length", optional=True)
    gateway.stream(["a", "b"], pause=0.1, then=fault("stall-mid-body", seconds=1))
    gateway.stream((str(number) for number in range(3)), then=429)
    gateway.fail("rate_limit", retry_after=1)
    gateway.fail("truncate", after=2, mid_event=True)
    gateway.respond(204, headers={"a": "b"})
    assert_type(gateway.on(model="openai/*", content=re.compile("x"), endpoint="chat"), Scripting)
    gateway.on(where=lambda request: request.chat.temperature == 0).reply("x")
    gateway.reply(5)  # type: ignore[arg-type]
    gateway.reply("a", times="often")  # type: ignore[arg-type]
    gateway.on(endpoint="chats")  # type: ignore[arg-type]


def requests(gateway: ScriptedGateway) -> None:
    """Check that received requests are typed."""
    assert_type(gateway.requests, list[ReceivedRequest])
    assert_type(gateway.request.chat, CreateChatCompletionRequest)
    assert_type(gateway.request.read(CreateSpeechRequest), CreateSpeechRequest)
    assert_type(gateway.request.model, str)


async def clients() -> None:
    """Check that the gateway enters as itself, and its drivers are drivers."""
    with scripted_gateway(models=["openai/x"], sockets=False) as gateway:
        assert_type(gateway, ScriptedGateway)
        assert_type(gateway.client(), InferenceGatewayClient)
        InferenceGatewayClient(driver=gateway.driver())
    async with scripted_gateway() as gateway:
        assert_type(gateway.async_client(), AsyncInferenceGatewayClient)
        AsyncInferenceGatewayClient(driver=gateway.async_driver())
