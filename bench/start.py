"""The cost of a fresh process up to its first reply: import, first client, first request.

    python bench/start.py PEER WORLD ORIGIN

It prints one line of JSON: after each step the CPU seconds since before the import, the resident bytes, and the number
of loaded modules of this package. Only `sys` and `time` are imported beforehand, so that a client's figure includes all
its imports.
"""

import sys
import time

STEPS = {
    ("ours", "blocking"): (
        "import inference_gateway_sdk",
        "client = inference_gateway_sdk.InferenceGatewayClient(url)",
        "text = client.generate_content('openai/bench-model', 'Say hello.').text",
    ),
    ("ours", "async"): (
        "import inference_gateway_sdk",
        "client = inference_gateway_sdk.AsyncInferenceGatewayClient(url)",
        "import asyncio; text = asyncio.run(client.generate_content('openai/bench-model', 'Say hello.')).text",
    ),
    ("openai", "blocking"): (
        "import openai",
        "client = openai.OpenAI(base_url=url, api_key='none')",
        "text = client.chat.completions.create(model='bench-model', messages=messages).choices[0].message.content",
    ),
    ("openai", "async"): (
        "import openai",
        "client = openai.AsyncOpenAI(base_url=url, api_key='none')",
        (
            "import asyncio; text = asyncio.run(client.chat.completions.create(model='bench-model', messages=messages))"
            ".choices[0].message.content"
        ),
    ),
    ("anthropic", "blocking"): ("import anthropic", "client = anthropic.Anthropic(base_url=url, api_key='none')"),
    ("anthropic", "async"): ("import anthropic", "client = anthropic.AsyncAnthropic(base_url=url, api_key='none')"),
    ("litellm", "blocking"): (
        "import litellm",
        "pass",
        (
            "text = litellm.completion(model='openai/bench-model', messages=messages, api_base=url, api_key='none')"
            ".choices[0].message.content"
        ),
    ),
    ("litellm", "async"): (
        "import litellm",
        "pass",
        (
            "import asyncio; text = asyncio.run(litellm.acompletion(model='openai/bench-model', messages=messages,"
            " api_base=url, api_key='none')).choices[0].message.content"
        ),
    ),
    ("inference-gateway", "blocking"): (
        "import inference_gateway",
        "client = inference_gateway.InferenceGatewayClient(url)",
        (
            "text = client.create_chat_completion(model='openai/bench-model',"
            " messages=[inference_gateway.Message(role='user', content='Say hello.')]).choices[0].message.content.root"
        ),
    ),
    ("floor", "blocking"): ("import msgspec",),
}
NAMES = ("import", "client", "request")


def resident() -> int:
    """Return the resident bytes of this process (Linux)."""
    with open("/proc/self/statm", "rb") as file:  # noqa: PTH123  (pathlib would add to the figure before the import)
        return int(file.read().split()[1]) * 4096


def main() -> None:
    """Run the steps and print the cost after each."""
    peer, world, origin = sys.argv[1:]
    place = {
        "url": f"{origin}/chat/v1",
        "messages": [{"role": "user", "content": "Say hello."}],
    }
    codes = [compile(step, "<step>", "exec") for step in STEPS[peer, world]]
    lines = [f'"empty": [0, {resident()}, 0]']
    start = time.process_time()
    for name, code in zip(NAMES, codes, strict=False):
        exec(code, place)
        seconds = time.process_time() - start
        modules = sum(1 for module in sys.modules if module.partition(".")[0] == "inference_gateway_sdk")
        lines.append(f'"{name}": [{seconds}, {resident()}, {modules}]')
    if len(codes) == 3 and place.get("text") != "Hello there.":
        raise SystemExit(f"wrong reply: {place.get('text')!r}")
    print("{" + ", ".join(lines) + "}", flush=True)
    import os

    os._exit(0)


if __name__ == "__main__":
    main()
