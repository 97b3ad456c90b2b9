"""Print how long a server that never stops sending can hold an event loop at a stretch.

    python scripts/longest_hold.py [FLOOD ...]

Each flood of `tests/client/flood_server.py` is read by the async client until it is given up. Every callback of the
loop is timed, after a first call that imports what is imported late. `wall` contains the time that other processes
took; `cpu` is the time of this thread alone.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import inference_gateway_sdk as sdk  # noqa: E402
from client.flood_server import FLOODS  # noqa: E402  (needs the path above)

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT = 1.0
AIM = 50.0
"""Milliseconds that a callback may take."""


class Longest:
    """The longest callback of an event loop so far, in milliseconds, and the number of all."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0
        self.callbacks = 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Time every callback that asyncio runs meanwhile."""
        run = asyncio.Handle._run  # noqa: SLF001  (the one place through which all callbacks go)

        def timed(handle: Any) -> None:
            wall, cpu = time.perf_counter(), time.thread_time()
            run(handle)
            self.cpu = max(self.cpu, (time.thread_time() - cpu) * 1e3)
            self.wall = max(self.wall, (time.perf_counter() - wall) * 1e3)
            self.callbacks += 1

        asyncio.Handle._run = timed  # type: ignore[method-assign]  # noqa: SLF001
        try:
            yield
        finally:
            asyncio.Handle._run = run  # type: ignore[method-assign]  # noqa: SLF001


async def _read(url: str, name: str, *, stream: bool) -> str:
    """Read one flood to its end, and return the name of the error."""
    async with sdk.AsyncInferenceGatewayClient(url, timeout=TIMEOUT, max_retries=0, proxy=None) as client:
        try:
            if stream:
                async with client.generate_content_stream(f"a/{name}", "hi") as chunks:
                    await chunks.final()
            else:
                await client.generate_content(f"a/{name}", "hi")
        except sdk.GatewayError as error:
            return type(error).__name__
    return "no error"


def main() -> None:
    """Print a row for each flood and each way to read it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("floods", nargs="*", metavar="FLOOD", help=", ".join(FLOODS))
    names = parser.parse_args().floods or list(FLOODS)
    command = [sys.executable, str(ROOT / "tests" / "client" / "flood_server.py")]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    print(f"Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.1f}; the aim is {AIM:.0f} ms")
    print(f"{'flood':26} {'read as':8} {'callbacks':>9} {'cpu ms':>8} {'wall ms':>8}  outcome")
    with server:
        assert server.stdin is not None and server.stdout is not None  # noqa: PT018  (pipes were asked for)
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        worst = 0.0
        for stream in (False, True):
            asyncio.run(_read(url, "refusal", stream=stream))
        asyncio.run(_read(url, "comments", stream=True))
        for name in names:
            for stream in (False, True):
                longest = Longest()
                with longest.watching():
                    outcome = asyncio.run(_read(url, name, stream=stream))
                worst = max(worst, longest.cpu)
                kind = "stream" if stream else "whole"
                print(f"{name:26} {kind:8} {longest.callbacks:9} {longest.cpu:8.1f} {longest.wall:8.1f}  {outcome}")
        server.stdin.close()
    print(f"longest: {worst:.1f} ms of processor time")


if __name__ == "__main__":
    main()
