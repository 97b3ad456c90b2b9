"""Send the same question to many models, a few at a time, and print each reply or error.

python examples/many_models.py groq/llama-3.3-70b-versatile openai/gpt-4o-mini
"""

import asyncio
import sys

from inference_gateway_sdk import AsyncInferenceGatewayClient, GatewayError, RetryPlanned

QUESTION = "In one word: what is the best colour?"
AT_ONCE = 4
MOST = 8


def retrying(event: RetryPlanned) -> None:
    """Print that an attempt failed and is retried."""
    print(f"attempt {event.attempt} failed, retrying in {event.delay:.1f} s", file=sys.stderr)


async def ask(client: AsyncInferenceGatewayClient, model: str, gate: asyncio.Semaphore) -> str:
    """Return a line with the reply of one model, or its error."""
    async with gate:
        try:
            reply = await client.generate_content(model, QUESTION, timeout=30)
        except GatewayError as error:
            return f"{model}: {type(error).__name__}"
    seconds = reply.meta.elapsed if reply.meta else 0.0
    return f"{model}: {reply.text} ({seconds:.1f} s)"


async def main(models: list[str]) -> None:
    """Ask the given models, or the first few available ones."""
    gate = asyncio.Semaphore(AT_ONCE)
    async with AsyncInferenceGatewayClient(on_retry=retrying) as client:
        chosen = models or [model.id for model in await client.list_models()][:MOST]
        for line in asyncio.as_completed([ask(client, model, gate) for model in chosen]):
            print(await line)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
