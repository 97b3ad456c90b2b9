"""A batch of many rows through a transport in this process: rows a second, memory, and the time to go on after half.

Beside it, the same rows with openai's client, a semaphore and `gather`. Each part runs in a process of its own.

    python bench/batch.py --rows 1000000 --peer-rows 50000
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CONCURRENCY = 32
BODY = json.dumps(
    {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "positive"}}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 1, "total_tokens": 13},
    }
).encode()  # fmt: skip
HEADERS = [("content-type", "application/json"), ("content-length", str(len(BODY)))]


def memory() -> float:
    """Return the resident memory of this process in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def ask(row: Any) -> dict[str, Any]:
    """Return the request of a row."""
    return {"model": "openai/gpt-4o-mini", "messages": row["text"], "max_tokens": 5}


class Response:
    """A canned response."""

    status = 200
    headers = HEADERS

    def __init__(self) -> None:
        self._left = BODY

    async def read(self, deadline: float | None = None) -> bytes:
        """Return the body, then nothing."""
        data, self._left = self._left, b""
        return data

    async def release(self) -> None:
        """Do nothing."""

    def abandon(self) -> None:
        """Do nothing."""


class Transport:
    """A transport that answers after one turn of the loop, and notes the time of the first request."""

    def __init__(self) -> None:
        self.first: float | None = None

    async def open(self, *_: Any, **__: Any) -> Response:
        """Return the canned response."""
        if self.first is None:
            self.first = time.perf_counter()
        await asyncio.sleep(0)
        return Response()

    async def aclose(self) -> None:
        """Do nothing."""


async def ours(folder: Path, die_after: int | None) -> dict[str, Any]:
    """Run the batch; return its figures."""
    from inference_gateway_sdk import AsyncInferenceGatewayClient

    levels: list[float] = []
    transport = Transport()
    progress_at = [0.0]

    def sample(progress: Any) -> None:
        if progress.elapsed >= progress_at[0]:
            progress_at[0] += 1.0
            levels.append(memory())
        if die_after is not None and progress.done >= die_after:
            os._exit(9)  # in the middle of it, as a process that is killed

    began = time.perf_counter()
    async with AsyncInferenceGatewayClient(driver=transport) as client:
        outcome = await client.run_batch(
            folder / "in.jsonl", folder / "out.jsonl", ask=ask, key="id", concurrency=CONCURRENCY, progress=sample
        )
    assert transport.first is not None
    return {
        "done": outcome.done, "skipped": outcome.skipped, "seconds": time.perf_counter() - began,
        "until first request": transport.first - began, "rows a second": outcome.rate, "memory": levels,
    }  # fmt: skip


async def peer(folder: Path, rows: int) -> dict[str, Any]:
    """Do the same with openai's client, a semaphore and `gather`."""
    import httpx2
    from openai import AsyncOpenAI

    class Canned(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            await asyncio.sleep(0)
            return httpx2.Response(200, headers=HEADERS, content=BODY)

    client = AsyncOpenAI(api_key="x", base_url="http://gateway/v1", http_client=httpx2.AsyncClient(transport=Canned()))
    limit = asyncio.Semaphore(CONCURRENCY)
    before = memory()
    began = time.perf_counter()
    with (folder / "in.jsonl").open("rb") as file, (folder / "peer.jsonl").open("w") as out:

        async def one(row: Any) -> None:
            async with limit:
                reply = await client.chat.completions.create(
                    model="openai/gpt-4o-mini", messages=[{"role": "user", "content": row["text"]}], max_tokens=5
                )
                out.write(json.dumps({"key": row["id"], "output": reply.choices[0].message.content}) + "\n")

        chosen = [json.loads(line) for _, line in zip(range(rows), file, strict=False)]
        await asyncio.gather(*(one(row) for row in chosen))
    seconds = time.perf_counter() - began
    return {"done": rows, "seconds": seconds, "rows a second": rows / seconds, "memory": [before, memory()]}


def child(part: str, folder: Path, *arguments: int) -> dict[str, Any]:
    """Run one part in its own process, and return its figures with its CPU time."""
    command = [sys.executable, __file__, "--part", part, "--folder", str(folder), *map(str, arguments)]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    return json.loads(run.stdout) if run.stdout else {}


def show(name: str, found: dict[str, Any]) -> None:
    """Print the figures of one part."""
    levels = found["memory"]
    per_cpu = found["done"] / found["cpu"]
    print(
        f"{name}: {found['done']:,} rows in {found['seconds']:.1f} s ({found['rows a second']:,.0f} rows/s;"
        f" {per_cpu:,.0f} rows for a second of CPU), memory {levels[0]:.0f} to {max(levels):.0f} MiB"
    )


def main() -> None:
    """Run all parts, or one of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--peer-rows", type=int, default=20_000)
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("number", type=int, nargs="?", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part is not None:
        work = peer(options.folder, options.number) if options.part == "peer" else ours(options.folder, options.number)
        found = asyncio.run(work)
        print(json.dumps(found | {"cpu": time.process_time()}))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "in.jsonl").open("w") as file:
            for number in range(options.rows):
                file.write(json.dumps({"id": number, "text": f"I like number {number} more than the others"}) + "\n")
        began = time.perf_counter()
        child("ours", folder, options.rows // 2)  # stopped in the middle
        print(f"first half, then stopped: {time.perf_counter() - began:.1f} s")
        found = child("ours", folder)
        show("this package, second half", found)
        print(f"  {found['skipped']:,} rows skipped; first request after {found['until first request']:.2f} s")
        with (folder / "out.jsonl").open("rb") as file:
            keys = [json.loads(line)["key"] for line in file]
        print(f"  {len(keys):,} lines, {len(set(keys)):,} keys")
        for path in folder.glob("out.jsonl*"):
            path.unlink()
        whole = child("ours", folder)
        show("this package, whole", whole)
        other = child("peer", folder, min(options.peer_rows, options.rows))
        show("openai, semaphore and gather", other)
        ratio = (whole["done"] / whole["cpu"]) / (other["done"] / other["cpu"])
        print(f"rows for a second of CPU: {ratio:.1f} times as many")


if __name__ == "__main__":
    main()
