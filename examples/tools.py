"""Let the model call functions of yours until it has an answer.

python examples/tools.py "Is it warmer in Oslo or in Rome?"
"""

import os
import sys

from msgspec import Struct

from inference_gateway_sdk import (
    ChatCompletionMessageToolCall,
    ChatCompletionTool,
    DeserializationError,
    FunctionObject,
    InferenceGatewayClient,
    Message,
    tool_result,
    user,
)

MODEL = os.environ.get("MODEL", "openai/gpt-4o-mini")
TURNS = 5


class Place(Struct):
    """What the tool takes."""

    city: str


WEATHER = ChatCompletionTool(
    function=FunctionObject(
        name="weather",
        description="The weather of a city now.",
        parameters={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    )
)


def weather(place: Place) -> dict[str, object]:
    """The weather, as far as this example knows it."""
    degrees = {"Oslo": 3, "Rome": 18}.get(place.city)
    return {"city": place.city, "celsius": degrees} if degrees is not None else {"error": "no such city"}


def run(call: ChatCompletionMessageToolCall) -> Message:
    """The call's result; what a model got wrong, it is told, and may correct."""
    if call.function.name != "weather":
        return tool_result(call, {"error": f"there is no tool {call.function.name!r}"})
    try:
        place = call.function.parse_arguments(Place)
    except DeserializationError as error:
        return tool_result(call, {"error": str(error)})
    print(f"(weather of {place.city})")
    return tool_result(call, weather(place))


def main(question: str) -> None:
    """Turns, until one calls no tool."""
    messages: list[Message] = [user(question)]
    with InferenceGatewayClient(tools=[WEATHER]) as client:
        for _ in range(TURNS):
            # The gateway would put its own MCP tools in the place of ours.
            reply = client.generate_content(MODEL, messages, mcp_bypass=True)
            if reply.message is None or not reply.tool_calls:
                print(reply.text)
                return
            messages += [reply.message, *(run(call) for call in reply.tool_calls)]
    raise SystemExit(f"no answer after {TURNS} turns")


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]) or "Is it warmer in Oslo or in Rome?")
