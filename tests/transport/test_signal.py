"""The awaitable of an asyncio connection: a future for the task, which wakes it without another loop round."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable

import pytest

from inference_gateway_sdk._transport._async.connection import Signal

Scenario = Callable[[Signal, asyncio.AbstractEventLoop], Awaitable[None]]


def run(scenario: Scenario) -> None:
    """Run a scenario with a signal of its loop."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        await scenario(Signal(loop), loop)

    asyncio.run(main())


async def waits(signal: Signal, seen: list[object]) -> None:
    """Start a task that notes the value it was woken with."""
    seen.append(await signal)


def test_it_is_a_future_to_asyncio() -> None:
    """`asyncio.isfuture`, which decides whether a task may await an object, accepts the signal."""

    async def scenario(signal: Signal, loop: asyncio.AbstractEventLoop) -> None:
        assert asyncio.isfuture(signal)
        assert signal.get_loop() is loop

    run(scenario)


def test_the_task_runs_inside_the_callback_that_wakes_it() -> None:
    """When `now` returns, the task has run to its next await."""

    async def scenario(signal: Signal, loop: asyncio.AbstractEventLoop) -> None:
        seen: list[object] = []
        task = loop.create_task(waits(signal, seen))
        await asyncio.sleep(0)

        def callback() -> None:
            signal.now(value=True)
            seen.append("after")

        loop.call_soon(callback)
        await task
        assert seen == [True, "after"]

    run(scenario)


def test_in_a_loop_that_nests_the_task_runs_after_the_callback() -> None:
    """On a loop marked by nest_asyncio the wake-up is deferred, because a nested loop would reenter a read callback."""

    async def scenario(_: Signal, loop: asyncio.AbstractEventLoop) -> None:
        loop._nest_patched = True  # type: ignore[attr-defined]
        signal, seen = Signal(loop), []
        task = loop.create_task(waits(signal, seen))
        await asyncio.sleep(0)

        def callback() -> None:
            signal.now(value=True)
            seen.append("after")

        loop.call_soon(callback)
        await task
        assert seen == ["after", True]

    run(scenario)


def test_soon_wakes_it_in_the_next_round_from_inside_another_task() -> None:
    """A task that closes a connection may wake its reader, and continues first."""

    async def scenario(signal: Signal, loop: asyncio.AbstractEventLoop) -> None:
        seen: list[object] = []
        task = loop.create_task(waits(signal, seen))
        await asyncio.sleep(0)
        signal.soon(value=False)
        assert seen == []
        await task
        assert seen == [False]

    run(scenario)


def test_it_is_awaited_again_and_again() -> None:
    """One signal serves every wait of a connection, and keeps nothing of the one before."""

    async def scenario(signal: Signal, loop: asyncio.AbstractEventLoop) -> None:
        seen: list[object] = []

        async def reader() -> None:
            for _ in range(3):
                await waits(signal, seen)

        task = loop.create_task(reader())
        for value in (False, True, False):
            await asyncio.sleep(0)
            loop.call_soon(lambda value=value: signal.now(value=value))
            await asyncio.sleep(0)
        await task
        assert seen == [False, True, False]

    run(scenario)


def test_waking_without_a_waiter_has_no_effect() -> None:
    """A wake-up without a waiter does not wake the next waiter."""

    async def scenario(signal: Signal, loop: asyncio.AbstractEventLoop) -> None:
        signal.now(value=True)
        signal.soon(value=True)
        assert not signal.cancel()
        seen: list[object] = []
        task = loop.create_task(waits(signal, seen))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not task.done()
        signal.soon(value=False)
        await task
        assert seen == [False]

    run(scenario)


def test_the_task_wakes_in_its_own_context() -> None:
    """Context variables are the task's, not the callback's."""
    name: contextvars.ContextVar[str] = contextvars.ContextVar("name", default="unset")

    async def scenario(signal: Signal, loop: asyncio.AbstractEventLoop) -> None:
        seen: list[str] = []

        async def reader() -> None:
            name.set("reader")
            await signal
            seen.append(name.get())

        task = loop.create_task(reader())
        await asyncio.sleep(0)
        loop.call_soon(lambda: signal.now(value=False))
        await task
        assert (seen, name.get()) == (["reader"], "unset")

    run(scenario)


@pytest.mark.parametrize("woken", [False, True], ids=["waiting", "woken-already"])
def test_a_cancelled_task_is_cancelled(woken: bool) -> None:
    """Cancellation reaches a task that waits, and one whose wake-up is scheduled, with its message."""

    async def scenario(signal: Signal, loop: asyncio.AbstractEventLoop) -> None:
        seen: list[object] = []
        task = loop.create_task(waits(signal, seen))
        await asyncio.sleep(0)
        if woken:
            signal.soon(value=False)
        task.cancel("enough")
        with pytest.raises(asyncio.CancelledError, match="enough"):
            await task
        assert (seen, task.cancelled()) == ([], True)
        again = loop.create_task(waits(signal, seen))
        await asyncio.sleep(0)
        signal.soon(value=True)
        await again
        assert seen == [True]

    run(scenario)


def test_a_timeout_around_it_ends_it() -> None:
    """`asyncio.timeout` works as around any future."""

    async def scenario(signal: Signal, loop: asyncio.AbstractEventLoop) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await signal
        assert not signal.cancel()

    run(scenario)


def test_what_the_woken_task_raises_is_the_tasks() -> None:
    """An exception of the reader does not reach the callback that woke it."""

    async def scenario(signal: Signal, loop: asyncio.AbstractEventLoop) -> None:
        async def reader() -> None:
            await signal
            raise KeyError("mine")

        task = loop.create_task(reader())
        await asyncio.sleep(0)
        reached: list[str] = []

        def callback() -> None:
            signal.now(value=False)
            reached.append("the end")

        loop.call_soon(callback)
        with pytest.raises(KeyError, match="mine"):
            await task
        assert reached == ["the end"]

    run(scenario)
