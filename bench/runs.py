"""Time a run beside the same rounds by hand: two streamed chats and the tool call between them.

    python bench/runs.py [--rounds 400]

Both ask the same scripted gateway in this process, over a socket, with the same client. Prints for each round the
microseconds on the clock, gateway included, with their ratio, and the difference on the processor in the client's own
thread. The pairs alternate, and medians are taken. Needs the extra `embedded`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from typing import TYPE_CHECKING, Any

from inference_gateway_sdk import AsyncInferenceGatewayClient, InferenceGatewayClient, tool
from inference_gateway_sdk.testing import scripted_gateway

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

MODEL, QUESTION, ANSWER = "openai/gpt-4o-mini", "Is it warm in Oslo?", "It is cold: 3 degrees."
ROUNDS = 2  # of one run


def weather(city: str) -> dict[str, float]:
    """Return the weather of a city."""
    return {"degrees": 3.0 if city == "Oslo" else 18.0}


DESCRIBED = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Return the weather of a city.",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
OFFERED = tool(weather)


async def weather_async(city: str) -> dict[str, float]:
    """Return the weather of a city."""
    return weather(city)


OFFERED_ASYNC = tool(weather_async, name="weather")  # a plain function would run in a thread


def results(reply: Any) -> list[Any]:
    """Run the calls of an answer by hand. Return its message and their results."""
    found: list[Any] = [reply.message]
    for call in reply.tool_calls:
        value = weather(**json.loads(call.function.arguments))
        found.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps(value)})
    return found


def by_hand(client: InferenceGatewayClient) -> str:
    """Ask, run the calls, and ask again."""
    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    while True:
        with client.generate_content_stream(MODEL, messages, tools=[DESCRIBED], mcp_bypass=True) as stream:
            reply = stream.final()
        if not reply.tool_calls:
            return reply.text or ""
        messages += results(reply)


async def by_hand_async(client: AsyncInferenceGatewayClient) -> str:
    """Do the same with the async client."""
    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    while True:
        async with client.generate_content_stream(MODEL, messages, tools=[DESCRIBED], mcp_bypass=True) as stream:
            reply = await stream.final()
        if not reply.tool_calls:
            return reply.text or ""
        messages += results(reply)


async def timed(work: Callable[[], Awaitable[str]]) -> tuple[float, float]:
    """Return the microseconds of one round, on the clock and on the processor in this thread."""
    clock, processor = time.perf_counter(), time.thread_time()
    text = await work()
    taken = time.perf_counter() - clock, time.thread_time() - processor
    if text != ANSWER:
        raise AssertionError(f"the answer was {text!r}")
    return taken[0] / ROUNDS * 1e6, taken[1] / ROUNDS * 1e6


async def measure(name: str, hand: Callable[[], Awaitable[str]], run: Callable[[], Awaitable[str]], count: int) -> None:
    """Print the medians of both, alternating."""
    for _ in range(20):
        await timed(hand)
        await timed(run)
    pairs = [(*await timed(hand), *await timed(run)) for _ in range(count)]
    wall, own, wall_run, own_run = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"{name:<10}{wall:>10.0f}us{wall_run:>10.0f}us{wall_run / wall:>8.2f}{own_run - own:>+15.0f}us")


async def main(count: int) -> None:
    """Print a row for each client."""
    with scripted_gateway(check_unused=False, sockets=True) as gateway:
        with_results = gateway.on(where=lambda request: request.json["messages"][-1]["role"] == "tool")
        with_results.reply(ANSWER, times="always")
        gateway.reply(tool_calls=[("weather", {"city": "Oslo"})], times="always")
        print(f"{'client':<10}{'by hand':>12}{'run':>12}{'ratio':>8}{'processor':>17}")
        with InferenceGatewayClient(gateway.url, proxy=None) as client:

            async def hand() -> str:
                return by_hand(client)

            async def run() -> str:
                return client.run(MODEL, QUESTION, tools=[OFFERED]).text

            await measure("blocking", hand, run, count)
        async with AsyncInferenceGatewayClient(gateway.url, proxy=None) as other:

            async def run_async() -> str:
                return (await other.run(MODEL, QUESTION, tools=[OFFERED_ASYNC])).text

            await measure("async", lambda: by_hand_async(other), run_async, count)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=400, help="runs of each kind")
    asyncio.run(main(parser.parse_args().rounds))
