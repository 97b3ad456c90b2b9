"""Time a run beside the same rounds by hand, and beside the loops of other libraries.

    python bench/runs.py [--rounds 400]

A run here is two requests and the tool call between them. Everything asks the same scripted gateway in this process,
over a socket. `blocking` and `async` compare `run` with the same two streamed chats and a call by hand. The other rows
are the loops of pydantic-ai, openai-agents and anthropic, as their documentation shows them; a library that is not
installed is left out. They ask for whole answers, which the gateway makes faster than streams; `run` always streams.

The kinds alternate. Prints for each request of a run (half of a run) the median microseconds on the clock, gateway
included, the ratio to the row's first column, and the difference on the processor in the client's own thread. That
difference is between the fastest tenths of both, as a busy machine makes the others slower. Needs the extra `embedded`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from inference_gateway_sdk import AsyncInferenceGatewayClient, InferenceGatewayClient, tool
from inference_gateway_sdk.testing import ScriptedGateway, scripted_gateway

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Work = Callable[[], Awaitable[str]]

MODEL, QUESTION, ANSWER = "openai/gpt-4o-mini", "Is it warm in Oslo?", "It is cold: 3 degrees."
CLAUDE = "anthropic/claude-sonnet-4-5"
REQUESTS = 2  # of one run


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


# --- the loops of other libraries


def pydantic_ai_loop(url: str) -> Work:
    """Return the loop of pydantic-ai, over chat."""
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    model = OpenAIChatModel(MODEL, provider=OpenAIProvider(base_url=f"{url}/v1", api_key="none"))
    agent = Agent(model)
    agent.tool_plain(weather_async, name="weather")

    async def work() -> str:
        return str((await agent.run(QUESTION)).output)

    return work


def openai_agents_loop(url: str) -> Work:
    """Return the loop of openai-agents, over chat."""
    import agents
    from openai import AsyncOpenAI

    agents.set_tracing_disabled(True)  # it would send a trace of each run to its maker
    model = agents.OpenAIChatCompletionsModel(MODEL, AsyncOpenAI(base_url=f"{url}/v1", api_key="none"))
    agent = agents.Agent(
        name="weather", model=model, tools=[agents.function_tool(weather_async, name_override="weather")]
    )

    async def work() -> str:
        return str((await agents.Runner.run(agent, QUESTION)).final_output)

    return work


def anthropic_loop(url: str) -> Work:
    """Return the loop of anthropic's tool runner, over Messages."""
    import anthropic

    client = anthropic.AsyncAnthropic(base_url=url, api_key="none")

    @anthropic.beta_async_tool(name="weather")
    async def offered(city: str) -> str:
        """Return the weather of a city."""
        return json.dumps(weather(city))

    async def work() -> str:
        runner = client.beta.messages.tool_runner(
            model=CLAUDE, max_tokens=100, messages=[{"role": "user", "content": QUESTION}], tools=[offered]
        )
        message = await runner.until_done()
        return "".join(block.text for block in message.content if block.type == "text")

    return work


PEERS = {"pydantic-ai": pydantic_ai_loop, "openai-agents": openai_agents_loop, "anthropic": anthropic_loop}


# --- measuring


class Taken(NamedTuple):
    """Microseconds of one request: on the clock, and on the processor in this thread."""

    clock: float
    processor: float


async def timed(work: Work) -> Taken:
    """Return the time of one run, for each of its requests."""
    clock, processor = time.perf_counter(), time.thread_time()
    text = await work()
    taken = time.perf_counter() - clock, time.thread_time() - processor
    if text != ANSWER:
        raise AssertionError(f"the answer was {text!r}")
    return Taken(taken[0] / REQUESTS * 1e6, taken[1] / REQUESTS * 1e6)


async def measure(name: str, columns: tuple[str, str], first: Work, second: Work, count: int) -> None:
    """Print a row for two kinds of work, alternating."""
    for _ in range(20):
        await timed(first)
        await timed(second)
    pairs = [(await timed(first), await timed(second)) for _ in range(count)]
    clocks = [statistics.median(pair[kind].clock for pair in pairs) for kind in (0, 1)]
    fastest = [statistics.quantiles([pair[kind].processor for pair in pairs], n=10)[0] for kind in (0, 1)]
    print(
        f"{name:<16}{columns[0]:>9}{clocks[0]:>8.0f}us{columns[1]:>15}{clocks[1]:>8.0f}us"
        f"{clocks[1] / clocks[0]:>8.2f}{fastest[1] - fastest[0]:>+12.0f}us"
    )


def script(gateway: ScriptedGateway) -> None:
    """Answer a question with a call, and a result with the answer."""

    def has_result(request: Any) -> bool:
        last = request.json["messages"][-1]
        content = last["content"]
        return last["role"] == "tool" or (isinstance(content, list) and content[0]["type"] == "tool_result")

    gateway.on(where=has_result).reply(ANSWER, times="always")
    gateway.reply(tool_calls=[("weather", {"city": "Oslo"})], times="always")


async def main(count: int) -> None:
    """Print a row for each client and each library."""
    with scripted_gateway(check_unused=False, sockets=True) as gateway:
        script(gateway)
        print(f"{'':<16}{'':>9}{'clock':>10}{'':>15}{'clock':>10}{'ratio':>8}{'processor':>14}")
        with InferenceGatewayClient(gateway.url, proxy=None) as client:

            async def hand() -> str:
                return by_hand(client)

            async def run() -> str:
                return client.run(MODEL, QUESTION, tools=[OFFERED]).text

            await measure("blocking", ("by hand", "run"), hand, run, count)
        async with AsyncInferenceGatewayClient(gateway.url, proxy=None) as other:

            async def run_async() -> str:
                return (await other.run(MODEL, QUESTION, tools=[OFFERED_ASYNC])).text

            async def run_messages() -> str:
                return (
                    await other.run(CLAUDE, QUESTION, tools=[OFFERED_ASYNC], dialect="messages", max_tokens=100)
                ).text

            await measure("async", ("by hand", "run"), lambda: by_hand_async(other), run_async, count)
            for name, make in PEERS.items():
                try:
                    peer = make(gateway.url)
                except ImportError as error:
                    print(f"{name:<16}left out: {error}")
                    continue
                ours = run_messages if name == "anthropic" else run_async
                await measure("", ("run", name), ours, peer, count)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=400, help="runs of each kind")
    asyncio.run(main(parser.parse_args().rounds))
