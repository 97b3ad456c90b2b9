"""What import, a request and a streamed chunk cost in CPU time, beside msgspec's import and, where installed, openai.

Each measure runs in fresh processes, in turn with what it is compared with; medians are printed, and ratios, which are
what counts on a shared machine. Nothing is asserted here.

    python bench/core.py [rounds]
"""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
REQUESTS = 400
STREAMS = 3


def _cpu() -> float:
    return time.process_time()


def measure_import(module: str) -> float:
    """Milliseconds of CPU to import a module."""
    start = _cpu()
    __import__(module)
    return (_cpu() - start) * 1e3


def _ours(url: str, what: str) -> float:
    from inference_gateway_sdk import InferenceGatewayClient

    with InferenceGatewayClient(url, proxy=None) as client:

        def request() -> None:
            client.generate_content("openai/m", "hi")

        def stream() -> int:
            with client.generate_content_stream("openai/m", "hi") as chunks:
                return sum(1 for _ in chunks)

        return _timed(request, stream, what)


def _openai(url: str, what: str) -> float:
    import openai

    with openai.OpenAI(base_url=url + "/v1", api_key="k", max_retries=0) as client:
        messages = [{"role": "user", "content": "hi"}]

        def request() -> None:
            client.chat.completions.create(model="m", messages=messages)

        def stream() -> int:
            return sum(1 for _ in client.chat.completions.create(model="m", messages=messages, stream=True))

        return _timed(request, stream, what)


def _ours_async(url: str, what: str) -> float:
    import asyncio

    from inference_gateway_sdk import AsyncInferenceGatewayClient

    async def run() -> float:
        async with AsyncInferenceGatewayClient(url, proxy=None) as client:

            async def request() -> None:
                await client.generate_content("openai/m", "hi")

            async def stream() -> int:
                count = 0
                async with client.generate_content_stream("openai/m", "hi") as chunks:
                    async for _ in chunks:
                        count += 1
                return count

            return await _timed_async(request, stream, what)

    return asyncio.run(run())


def _openai_async(url: str, what: str) -> float:
    import asyncio

    import openai

    async def run() -> float:
        async with openai.AsyncOpenAI(base_url=url + "/v1", api_key="k", max_retries=0) as client:
            messages = [{"role": "user", "content": "hi"}]

            async def request() -> None:
                await client.chat.completions.create(model="m", messages=messages)

            async def stream() -> int:
                count = 0
                async for _ in await client.chat.completions.create(model="m", messages=messages, stream=True):
                    count += 1
                return count

            return await _timed_async(request, stream, what)

    return asyncio.run(run())


def _timed(request, stream, what: str) -> float:  # type: ignore[no-untyped-def]
    if what == "request":
        for _ in range(20):
            request()
        start = _cpu()
        for _ in range(REQUESTS):
            request()
        return (_cpu() - start) / REQUESTS * 1e6
    stream()
    start = _cpu()
    chunks = sum(stream() for _ in range(STREAMS))
    return (_cpu() - start) / chunks * 1e6


async def _timed_async(request, stream, what: str) -> float:  # type: ignore[no-untyped-def]
    if what == "request":
        for _ in range(20):
            await request()
        start = _cpu()
        for _ in range(REQUESTS):
            await request()
        return (_cpu() - start) / REQUESTS * 1e6
    await stream()
    start, chunks = _cpu(), 0
    for _ in range(STREAMS):
        chunks += await stream()
    return (_cpu() - start) / chunks * 1e6


CLIENTS = {"ours": _ours, "openai": _openai, "ours async": _ours_async, "openai async": _openai_async}


def in_fresh_process(*arguments: str) -> float:
    """One measurement."""
    run = subprocess.run(
        [sys.executable, __file__, "--one", *arguments], capture_output=True, text=True, check=True, env=os.environ
    )
    return float(run.stdout)


def compare(title: str, unit: str, names: list[str], arguments: list[list[str]], rounds: int) -> None:
    """Print the medians of interleaved rounds, and each as a share of the last."""
    samples: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for name, argument in zip(names, arguments, strict=True):
            samples[name].append(in_fresh_process(*argument))
    last = statistics.median(samples[names[-1]])
    for name in names:
        middle = statistics.median(samples[name])
        spread = f"{min(samples[name]):.1f} to {max(samples[name]):.1f}"
        print(f"{title:28} {name:24} {middle:10.1f} {unit:4} ({spread})   {middle / last:6.3f} of {names[-1]}")


def main(rounds: int) -> None:
    """Print the table."""
    compare(
        "import",
        "ms",
        ["inference_gateway_sdk", "msgspec"],
        [["import", m] for m in ("inference_gateway_sdk", "msgspec")],
        rounds,
    )
    peer = importlib.util.find_spec("openai") is not None
    if not peer:
        print("openai is not installed: its figures are left out")
    server = subprocess.Popen([sys.executable, str(HERE / "server.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdout is not None
    assert server.stdin is not None
    url = f"http://127.0.0.1:{int(server.stdout.readline())}"
    try:
        for what, unit in (("request", "us"), ("chunk", "us")):
            for world in ("", " async"):
                names = [f"ours{world}", *([f"openai{world}"] if peer else [])]
                compare(f"{what}{world}", unit, names, [[what, name, url] for name in names], rounds)
    finally:
        server.stdin.close()
        server.wait(10)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        kind, *rest = sys.argv[2:]
        print(json.dumps(measure_import(rest[0]) if kind == "import" else CLIENTS[rest[0]](rest[1], kind)))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
