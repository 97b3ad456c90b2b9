"""Read several streams at once with one client.

python examples/async_stream.py
"""

import asyncio
import os

from inference_gateway_sdk import AsyncInferenceGatewayClient

MODEL = os.environ.get("MODEL", "openai/gpt-4o-mini")
PROMPTS = ["Name a river.", "Name a mountain.", "Name a lake."]


async def answer(client: AsyncInferenceGatewayClient, prompt: str) -> str:
    """Return one reply, joined from its pieces."""
    async with client.generate_content_stream(MODEL, prompt) as stream:
        return "".join([text async for text in stream.text()])


async def main() -> None:
    """Send all prompts at the same time. The first failure cancels the others and closes their connections."""
    async with AsyncInferenceGatewayClient() as client, asyncio.TaskGroup() as group:
        tasks = {prompt: group.create_task(answer(client, prompt)) for prompt in PROMPTS}
    for prompt, task in tasks.items():
        print(f"{prompt} {task.result()}")


if __name__ == "__main__":
    asyncio.run(main())
