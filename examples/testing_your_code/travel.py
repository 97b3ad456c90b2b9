"""A small, typical application: it asks a model, offers a tool, and can fall back to a second model.

It contains no code for tests. They are in test_travel.py.
"""

import json
from collections.abc import AsyncIterator, Callable

import msgspec

from inference_gateway_sdk import (
    AsyncInferenceGatewayClient,
    GatewayError,
    InferenceGatewayClient,
    StatusError,
)

MODEL, FALLBACK = "openai/gpt-4o", "anthropic/claude-sonnet-4-5"
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Trip(msgspec.Struct):
    """A suggestion."""

    city: str
    days: int


def capital_of(client: InferenceGatewayClient, country: str) -> str:
    """Return the capital, from the first model that answers."""
    question = f"What is the capital of {country}? Answer with its name alone."
    try:
        return client.generate_content(MODEL, question).text or ""
    except StatusError as error:
        if error.status < 500:
            raise
        return client.generate_content(FALLBACK, question).text or ""


def advise(client: InferenceGatewayClient, question: str, weather: Callable[[str], str]) -> str:
    """Return an answer, and look up the weather when the model calls the tool."""
    messages: list = [{"role": "user", "content": question}]
    for _ in range(3):
        answer = client.generate_content(MODEL, messages, tools=[WEATHER])
        if not answer.tool_calls:
            return answer.text or ""
        messages.append(answer.message)
        for call in answer.tool_calls:
            city = json.loads(call.function.arguments)["city"]
            messages.append({"role": "tool", "tool_call_id": call.id, "content": weather(city)})
    return "I could not find out."


def suggest(client: InferenceGatewayClient) -> Trip | None:
    """Return a trip, or None if the model's JSON is invalid."""
    text = client.generate_content(MODEL, "Suggest a trip as JSON with city and days.").text or ""
    try:
        return msgspec.json.decode(text, type=Trip)
    except msgspec.DecodeError:
        return None


async def tell_story(client: AsyncInferenceGatewayClient, city: str) -> AsyncIterator[str]:
    """Yield a story as it arrives, and an apology if the stream breaks off."""
    try:
        async with client.generate_content_stream(MODEL, f"Tell a story of {city}.") as stream:
            async for text in stream.text():
                yield text
    except GatewayError:
        yield " ... I have lost the thread."


def is_up() -> bool:
    """Return whether any model is available, with a client configured by the environment."""
    try:
        with InferenceGatewayClient() as client:
            return bool(client.list_models().data)
    except GatewayError:
        return False
