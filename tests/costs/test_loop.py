"""The event loop and the ledger's file: the loop never waits for a lock of another process."""

from __future__ import annotations

import asyncio
import gc
import os
import sqlite3
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from client.faulty_transport import STREAM, WHOLE, AsyncTransport, Attempt
from inference_gateway_sdk import AsyncInferenceGatewayClient, Budget, Ledger, Price

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

URL = "http://gateway.invalid"
PRICES = {"openai/m": Price(input="0.000001", output="0.000010")}
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the file's write lock, as another process does in its transaction."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        database.execute("COMMIT")
        database.close()


def client(ledger: Ledger, *plan: Attempt, **options: Any) -> AsyncInferenceGatewayClient:
    """A client whose calls are answered at once, as planned."""
    driver = AsyncTransport([*plan])
    return AsyncInferenceGatewayClient(
        URL, driver=driver, ledger=ledger, budget=Budget("1000"), prices=PRICES, **options
    )


async def turns(count: int) -> None:
    """Let the event loop turn so many times."""
    for _ in range(count):
        await asyncio.sleep(0)


def test_the_loop_turns_while_a_reservation_waits(tmp_path: Path) -> None:
    """While another process holds the file, calls wait for their reservation and the event loop does not."""
    path = tmp_path / "costs.sqlite"
    ledger = Ledger(path)

    async def scenario() -> None:
        async with client(ledger, WHOLE, WHOLE) as calls:
            with locked(path):
                waiting = [asyncio.ensure_future(calls.generate_content("openai/m", "Hi", max_tokens=5)) for _ in "12"]
                await turns(100)  # this would wait for the lock if a reservation did
                assert not any(task.done() for task in waiting)
            assert [reply.text for reply in await asyncio.gather(*waiting)] == ["Hello", "Hello"]

    asyncio.run(scenario())
    ledger.close()


@pytest.mark.parametrize("streamed", [False, True])
def test_an_answer_does_not_wait_for_its_settlement(tmp_path: Path, streamed: bool) -> None:
    """A call whose answer arrives while another process holds the file returns, with its cost."""
    path = tmp_path / "costs.sqlite"
    ledger = Ledger(path)
    held = locked(path)

    async def scenario() -> None:
        # Reserved already, and not yet sent: the lock is taken between the two.
        async with client(ledger, STREAM if streamed else WHOLE, on_request=lambda _: held.__enter__()) as calls:
            if streamed:
                async with calls.generate_content_stream("openai/m", "Hi", max_tokens=5) as stream:
                    reply = await stream.final()
            else:
                reply = await calls.generate_content("openai/m", "Hi", max_tokens=5)
            assert reply.cost.total is not None
            await turns(100)
            held.__exit__(None, None, None)

    asyncio.run(scenario())
    ledger.close()
    ledger = Ledger(path)
    assert {row.state for row in ledger.rows()} == {"settled"}
    ledger.close()


@pytest.mark.hypothesis  # `poe test-long` makes more calls
@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_four_processes_leave_the_loop_free(tmp_path: Path) -> None:
    """With three other processes writing to one file, the loop's thread never works longer than 50 ms in one turn.

    It is the time of the thread, since a busy machine may stop it at any moment. The tests above show that it does not
    wait.
    """
    path, calls = tmp_path / "costs.sqlite", 400 if LONG else 60
    Ledger(path).close()
    children = []
    gc.collect()
    gc.freeze()  # a collection of all the tests' objects, copied after a fork, would count as work of the loop
    for _ in range(3):
        pid = os.fork()
        if pid == 0:
            try:
                assert work(path, calls) >= 0
                os._exit(0)
            finally:
                os._exit(1)
        children.append(pid)
    try:
        longest = work(path, calls)
    finally:
        gc.unfreeze()
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0] * 3
    ledger = Ledger(path)
    assert ledger.total().calls == 4 * (calls + 1)
    ledger.close()
    assert longest <= 0.05


def work(path: Path, count: int) -> float:
    """Make calls, 20 at once, and return the longest time that the loop's thread worked between two of its turns."""
    ledger, longest, ended = Ledger(path), [0.0], asyncio.Event()

    async def watch() -> None:
        before = time.thread_time()
        while not ended.is_set():
            await asyncio.sleep(0)
            now = time.thread_time()
            longest[0], before = max(longest[0], now - before), now

    async def some(calls: AsyncInferenceGatewayClient) -> None:
        for _ in range(count // 20):
            await calls.generate_content("openai/m", "Hi", max_tokens=5, tags={"job": "x"})

    async def scenario() -> None:
        async with client(ledger, *[WHOLE] * (count + 1)) as calls:
            await calls.generate_content("openai/m", "Hi", max_tokens=5)  # imports
            watching = asyncio.ensure_future(watch())
            await asyncio.gather(*(some(calls) for _ in range(20)))
            ended.set()
            await watching

    asyncio.run(scenario())
    ledger.close()
    return longest[0]
