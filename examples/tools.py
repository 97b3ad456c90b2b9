"""Let the model call your functions until it has an answer.

python examples/tools.py "Is it warmer in Oslo or in Rome?"
"""

import os
import sys

from inference_gateway_sdk import InferenceGatewayClient, ToolError

MODEL = os.environ.get("MODEL", "openai/gpt-4o-mini")


def weather(city: str) -> dict[str, float]:
    """Return the current weather of a city.

    Args:
        city: Its English name.
    """
    degrees = {"Oslo": 3.0, "Rome": 18.0}.get(city)
    if degrees is None:
        raise ToolError(f"There is no weather for {city}.")  # the model gets this text, and may correct itself
    return {"celsius": degrees}


def main(question: str) -> None:
    """Print one run: the model's calls, then its answer."""
    with InferenceGatewayClient() as client:
        run = client.run(MODEL, question, tools=[weather])
    for call in run.calls:
        print(f"({call.name} of {call.arguments}: {call.output})")
    print(run.text)


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]) or "Is it warmer in Oslo or in Rome?")
