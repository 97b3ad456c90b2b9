"""Compare two checkouts by short turns: is the engine still as fast as before?

    python bench/turns.py OTHER [--pairs 20] [--items request chunk-each]

`OTHER` is a checkout of another commit. A pair is two new processes, one with the source of each checkout. They ask the
same server and work by turns of some milliseconds, so that whatever slows the machine slows both. The first of two
turns changes from turn to turn. A pair's ratio is that of the medians of its turns, in CPU time.

Prints for each kind of work the mean ratio of the pairs (this checkout to the other) and its 95 % interval, and the
same for this checkout beside itself, which shows what the machine and the method add.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import importlib
import json
import math
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from items import ITEMS
from peers import Address
from work import SHORT, verb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).resolve().parent
TURN = 0.012  # seconds of CPU, about
TURNS = 60  # of each process of a pair, at most
TIME = 1.5  # seconds of CPU of each process of a pair, about
STUDENT = {5: 2.776, 10: 2.262, 20: 2.093, 40: 2.023}  # 97.5 % of Student's distribution, by the number of pairs


# The process of one checkout


def work(world: str, name: str, origin: str) -> None:
    """Do as many units of work as each line of the input asks for. Print CPU seconds per unit after each."""
    item = ITEMS[name]
    if item.answer in SHORT:  # of 2,000 chunks, so that a turn is short
        item = dataclasses.replace(item, answer=SHORT[item.answer])
    module = importlib.import_module("peers.ours")
    loop = asyncio.new_event_loop()

    async def make() -> Any:
        return module.Async(Address(origin))

    client = module.Blocking(Address(origin)) if world == "blocking" else loop.run_until_complete(make())
    method, arguments, check = verb(item)
    do = getattr(client, method)

    def block(times: int) -> int:
        return sum(check(do(*arguments)) for _ in range(times))

    async def block_async(times: int) -> int:
        return sum([check(await do(*arguments)) for _ in range(times)])

    run: Callable[[int], int] = block if world == "blocking" else lambda n: loop.run_until_complete(block_async(n))
    for line in sys.stdin:
        began = time.process_time()
        units = run(int(line))
        print((time.process_time() - began) / units, flush=True)


class Worker:
    """A process that works with the source of one checkout."""

    def __init__(self, checkout: Path, world: str, item: str, origin: str) -> None:
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        self._process = subprocess.Popen(
            [sys.executable, __file__, "work", world, item, origin],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**env, "PYTHONPATH": str(checkout / "src")},
        )  # fmt: skip
        self._in: IO[str] = self._process.stdin  # type: ignore[assignment]
        self._out: IO[str] = self._process.stdout  # type: ignore[assignment]

    def turn(self, times: int) -> float:
        """Do the work so many times. Return CPU seconds per unit."""
        self._in.write(f"{times}\n")
        self._in.flush()
        return float(self._out.readline())

    def close(self) -> None:
        """End the process."""
        self._in.close()
        self._process.wait(10)
        self._out.close()


# The comparison


def pair(ours: Path, other: Path, world: str, item: str, origin: str) -> tuple[float, float]:
    """Return the CPU seconds per unit of two new processes that work by turns."""
    workers = [Worker(checkout, world, item, origin) for checkout in (ours, other)]
    try:
        times, turns = _calibrate(workers)
        found: list[list[float]] = [[], []]
        for number in range(turns):
            for which in (0, 1) if number % 2 else (1, 0):
                found[which].append(workers[which].turn(times))
    finally:
        for worker in workers:
            worker.close()
    return statistics.median(found[0]), statistics.median(found[1])


def _calibrate(workers: list[Worker]) -> tuple[int, int]:
    """Warm both processes up. Return the times of the work in a turn, and the number of turns."""
    times = 1
    for worker in workers:
        worker.turn(times)
    while True:
        began = time.perf_counter()
        for worker in workers:
            worker.turn(times)
        each = (time.perf_counter() - began) / len(workers)
        if each >= TURN:
            return times, max(10, min(TURNS, round(TIME / each)))
        times *= 2


def interval(ratios: list[float]) -> str:
    """Return the mean of ratios with its 95 % interval, as text."""
    logs = [math.log(ratio) for ratio in ratios]
    mean = statistics.mean(logs)
    count = max((known for known in STUDENT if known <= len(logs)), default=5)
    half = STUDENT[count] * statistics.stdev(logs) / math.sqrt(len(logs))
    return f"{math.exp(mean):.3f} [{math.exp(mean - half):.3f}, {math.exp(mean + half):.3f}]"


def compare(other: Path, items: list[str], pairs: int, origin: str) -> Iterator[str]:
    """Yield a line for each kind of work."""
    ours = HERE.parent
    for item in items:
        for world in ("blocking", "async"):
            found = [pair(ours, other, world, item, origin) for _ in range(pairs)]
            same = [pair(ours, ours, world, item, origin) for _ in range(max(5, pairs // 4))]
            now, before = (statistics.median(column) * 1e6 for column in zip(*found, strict=True))
            yield (
                f"{item:12} {world:9} {before:7.2f} -> {now:7.2f} us per {ITEMS[item].unit:8}"
                f"{interval([a / b for a, b in found])}   itself {interval([a / b for a, b in same])}"
            )


def main() -> None:
    """Start the server, compare, and stop it."""
    if sys.argv[1] == "work":
        work(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--items", nargs="+", default=["request", "chunk-each"], choices=list(ITEMS))
    chosen = parser.parse_args()
    server = subprocess.Popen(
        [sys.executable, str(HERE / "server.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        where = json.loads(server.stdout.readline())  # type: ignore[union-attr]
        origin = f"http://127.0.0.1:{where['port']}"
        for line in compare(chosen.other.resolve(), chosen.items, chosen.pairs, origin):
            print(line, flush=True)
    finally:
        server.stdin.close()  # type: ignore[union-attr]
        server.wait(10)


if __name__ == "__main__":
    main()
