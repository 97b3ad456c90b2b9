"""One measurement in a separate process: a client repeats one kind of work until its budget of CPU time is used.

    python bench/work.py do PEER WORLD ITEM ORIGIN [AUTHORITY] [short]

It prints one line of JSON: CPU and wall seconds and units, after an uncounted warm-up. CPU time is the time that the
operating system charges to the process, for all its threads together. Each result of the client is compared with the
data that the server sent: a wrong count is an error, not a figure.
"""

from __future__ import annotations

import asyncio
import dataclasses
import importlib.metadata
import json
import os
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from answers import EXPECTED, IDLE_PIECES, MANY_PIECES, TEXT, TOTAL_TOKENS
from items import ITEMS, Item
from peers import Address

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

BUDGET = 0.4  # seconds of CPU, at least
MOST = 20.0  # wall seconds, at most, regardless of the budget


class WrongAnswerError(Exception):
    """The error for a result that differs from the data that the server sent."""


@dataclass(slots=True)
class Measure:
    """The time used, and the units of work done."""

    cpu: float = 0.0
    wall: float = 0.0
    units: int = 0


def check_reply(result: tuple[str | None, int]) -> int:
    """Check a reply, and return 1, the number of requests."""
    if result != (TEXT, TOTAL_TOKENS):
        raise WrongAnswerError(f"wrong reply: {result!r}")
    return 1


def check_stream(name: str, result: tuple[int, int, int]) -> int:
    """Check the counts of a stream, and return its number of chunks or events."""
    expected = EXPECTED[name]
    units, *rest = result
    if (units != expected.units and units not in expected.also) or rest != [expected.characters, expected.tokens]:
        raise WrongAnswerError(f"stream {name!r}: got {result}, expected {expected}")
    return units


def check_models(result: tuple[int, int]) -> int:
    """Check the counts of a list of models, and return 1, the number of lists."""
    if result != (EXPECTED["models"].units,) * 2:
        raise WrongAnswerError(f"wrong numbers of models and prices: {result}")
    return 1


def verb(item: Item) -> tuple[str, tuple[Any, ...], Callable[[Any], int]]:
    """Return the method that does the item's work, its arguments, and the check of its result."""
    if item.verb in ("ask", "picture"):
        return item.verb, (() if item.verb == "picture" else (item.answer,)), check_reply
    if item.verb == "models":
        return item.verb, (), check_models
    return item.verb, (item.answer,), lambda result: check_stream(item.answer, result)


class Watch:
    """A stopwatch for CPU and wall time, which starts when it is created."""

    profiler: Any = None  # if set, it is enabled while a watch runs

    def __init__(self) -> None:
        if self.profiler is not None:
            self.profiler.enable()
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def running(self) -> bool:
        """Return whether some of the budget is left."""
        return time.process_time() - self._cpu < BUDGET and time.perf_counter() - self._wall < MOST

    def stop(self, units: int) -> Measure:
        """Return the time used since the start."""
        measure = Measure(time.process_time() - self._cpu, time.perf_counter() - self._wall, units)
        if self.profiler is not None:
            self.profiler.disable()
        return measure


def repeat(work: Callable[[], int]) -> Measure:
    """Repeat the work until the budget is used."""
    watch, units = Watch(), 0
    while watch.running():
        units += work()
    return watch.stop(units)


async def repeat_async(work: Callable[[], Awaitable[int]]) -> Measure:
    """Repeat the work on the event loop until the budget is used."""
    watch, units = Watch(), 0
    while watch.running():
        units += await work()
    return watch.stop(units)


def in_threads(count: int, times: int, work: Callable[[], int]) -> int:
    """Do the work `times` times in each of `count` threads, and return the total of units."""
    done: list[int] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            done.append(sum(work() for _ in range(times)))
        except BaseException as error:  # noqa: BLE001  (raised again below)
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return sum(done)


def blocking(client: Any, item: Item) -> Measure:
    """Do the item's work with the blocking client."""
    method, arguments, check = verb(item)
    do = getattr(client, method)

    def work() -> int:
        return check(do(*arguments))

    _warm_up(client, item, work)
    if item.at_once == 1:
        return repeat(work)
    if item.once:
        watch = Watch()
        return watch.stop(in_threads(item.at_once, 1, work))
    in_threads(item.at_once, 1, work)
    return repeat(lambda: in_threads(item.at_once, 8, work))


def _warm_up(client: Any, item: Item, work: Callable[[], int]) -> None:
    if item.verb in ("ask", "picture", "models"):
        for _ in range(item.warm):
            work()
    elif hasattr(client, "ask"):
        client.ask("chat")
        if item.verb in ("stream", "bare", "helped"):
            check_stream("warm", getattr(client, item.verb)("warm"))


async def asynchronous(client: Any, item: Item) -> Measure:
    """Do the item's work with the async client."""
    method, arguments, check = verb(item)
    do = getattr(client, method)

    async def work() -> int:
        return check(await do(*arguments))

    async def together() -> int:
        return sum(await asyncio.gather(*(work() for _ in range(item.at_once))))

    await _warm_up_async(client, item, work)
    if item.at_once == 1:
        return await repeat_async(work)
    if item.once:
        watch = Watch()
        return watch.stop(await together())
    await together()
    return await repeat_async(together)


async def _warm_up_async(client: Any, item: Item, work: Callable[[], Awaitable[int]]) -> None:
    if item.verb in ("ask", "picture", "models"):
        for _ in range(item.warm):
            await work()
    elif hasattr(client, "ask"):
        await client.ask("chat")
        if item.verb in ("stream", "bare", "helped"):
            check_stream("warm", await getattr(client, item.verb)("warm"))


# Memory


def resident() -> int:
    """Return the resident bytes of this process (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def peak(*, reset: bool = False) -> int:
    """Return the peak of resident bytes since the last reset (Linux)."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


async def _maybe(value: Any) -> Any:
    return await value if asyncio.iscoroutine(value) else value


async def memory(client: Any, item: Item) -> dict[str, Any]:
    """Return the bytes of a long stream at its peak, or of an open, silent stream."""
    await _maybe(client.ask("chat"))
    if item.verb == "hold":
        kept = [await _maybe(client.hold(item.answer, IDLE_PIECES))]
        before = resident()
        kept += [await _maybe(client.hold(item.answer, IDLE_PIECES)) for _ in range(item.at_once - 1)]
        return {"resident": resident(), "per_unit": (resident() - before) / (len(kept) - 1), "units": len(kept)}
    do = getattr(client, item.verb)
    check_stream("short", await _maybe(do("short")))
    before = peak(reset=True)
    check_stream(item.answer, await _maybe(do(item.answer)))
    return {"resident": peak(), "per_unit": (peak() - before) / MANY_PIECES, "units": MANY_PIECES}


SHORT = {"each": "short", "plain": "short-plain", "joined": "short-joined", "tools": "short-tools"}


def run(peer: str, world: str, name: str, address: Address, *, short: bool = False) -> dict[str, Any]:
    """Return the measurement for JSON; `short` is for clients that would take minutes for a long stream."""
    item = ITEMS[name]
    if short and item.answer in SHORT:
        item = dataclasses.replace(item, answer=SHORT[item.answer])
    module = importlib.import_module(f"peers.{peer}")
    if item.kind == "memory":
        return asyncio.run(_memory_in_loop(module, world, item, address))
    if world == "blocking":
        return asdict(blocking(module.Blocking(address), item))
    return asdict(asyncio.run(_in_loop(module, item, address)))


async def _in_loop(module: Any, item: Item, address: Address) -> Measure:
    return await asynchronous(module.Async(address), item)


async def _memory_in_loop(module: Any, world: str, item: Item, address: Address) -> dict[str, Any]:
    return await memory((module.Async if world == "async" else module.Blocking)(address), item)


def can(peer: str) -> dict[str, Any]:
    """Return the client's version and its methods."""
    module = importlib.import_module(f"peers.{peer}")
    worlds = {"blocking": getattr(module, "Blocking", None), "async": getattr(module, "Async", None)}
    verbs = {
        world: [name for name in dir(cls) if not name.startswith("_")]
        for world, cls in worlds.items()
        if cls is not None
    }
    name = getattr(module, "DISTRIBUTION", None)
    version = importlib.metadata.version(name) if name else ""
    return {"version": version, "note": getattr(module, "NOTE", ""), **verbs}


def profile(peer: str, world: str, name: str, address: Address) -> None:
    """Print calls and time of the work, slowest functions first, and calls and microseconds per unit."""
    import cProfile
    import pstats

    Watch.profiler = cProfile.Profile()
    measure = run(peer, world, name, address)
    stats = pstats.Stats(Watch.profiler)
    stats.sort_stats("tottime").print_stats(40)
    calls, units = stats.total_calls, measure["units"]  # type: ignore[attr-defined]
    print(f"{calls / units:.1f} calls and {measure['cpu'] / units * 1e6:.1f} us (profiled) per unit, {units} units")


def main() -> None:
    """Print the measurement, and exit without cleanup, because the cost of closing is not measured."""
    task, peer, *rest = sys.argv[1:]
    if task == "can":
        print(json.dumps(can(peer)))
    elif task == "profile":
        world, name, *where = rest
        profile(peer, world, name, Address(*where))
    else:
        world, name, *where = rest
        short = where[-1] == "short"
        print(json.dumps(run(peer, world, name, Address(*where[: -1 if short else None]), short=short)))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
