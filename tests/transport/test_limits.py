"""Behaviour 13: the limit on connections in use, and the requests that wait for one."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from inference_gateway_sdk._http1.failures import NotSent, NotSentInTime
from inference_gateway_sdk._transport._async import AsyncioDriver
from inference_gateway_sdk._transport._blocking import BlockingDriver

from .conftest import Serve
from .scripted import Peer, keep_answering
from .worlds import PATIENCE, World


def test_waiting_for_a_connection_is_under_the_deadline(world: World, serve: Serve) -> None:
    """With every connection in use a request waits, and fails with phase "pool" at its deadline."""
    server = serve(keep_answering())
    driver = world.driver(limit=2)
    held = [driver.open(server.url()) for _ in range(2)]
    for _ in range(3):
        began = time.monotonic()
        with pytest.raises(NotSentInTime) as caught:
            driver.open(server.url(), seconds=0.15)
        assert caught.value.which == "pool"
        assert time.monotonic() - began < 5
    for answer in held:
        answer.release()
    assert driver.get(server.url()) == (200, b"hello")
    assert server.connections == 2


@pytest.mark.parametrize("way", ["read", "release", "abandon", "forget"])
def test_every_way_to_be_done_with_an_answer_frees_its_place(world: World, serve: Serve, way: str) -> None:
    """A response that was read, released, abandoned or collected frees its slot for the next request."""
    server = serve(keep_answering())
    driver = world.driver(limit=1)
    for _ in range(5):
        answer = driver.open(server.url(), seconds=5)
        if way == "read":
            answer.read_all()
        elif way != "forget":
            getattr(answer, way)()
        del answer
    assert driver.get(server.url(), seconds=5) == (200, b"hello")


def test_every_failed_request_frees_its_place(world: World, serve: Serve, authority) -> None:
    """A request that is refused, reset, late, answered badly or not decodable frees its slot."""

    def script(peer: Peer) -> None:
        request = peer.request()
        if "reset" in request.line:
            peer.reset()
        elif "bad" in request.line:
            peer.send(b"HTTP/9.9 what\r\n\r\n")
        elif "coding" in request.line:
            peer.answer(b"x", "200 OK", "Content-Encoding: br")
        else:
            peer.idle()

    server, good = serve(script), serve(keep_answering())
    driver = world.driver(limit=1, ca=authority.file)
    for url in (*map(server.url, ("/reset", "/bad", "/coding", "/late")), "http://127.0.0.1:1/"):
        with pytest.raises(Exception, match=r"."):  # each its own class
            driver.open(url, b"{}", seconds=0.3)
    with pytest.raises(ValueError, match="header"):
        driver.open(good.url(), headers=[("Bad\nname", "x")])
    assert driver.get(good.url(), seconds=5) == (200, b"hello")


def test_a_blocked_thread_gets_the_place_that_comes_free(serve: Serve) -> None:
    """Eight threads share one slot, and each gets a response."""
    server = serve(keep_answering())
    driver = BlockingDriver(limit=1, proxy=None)
    served: list[bytes] = []

    def ask() -> None:
        for _ in range(10):
            answer = driver.open("GET", server.url(), (), None, deadline=time.monotonic() + PATIENCE)
            served.append(answer.read())
            answer.release()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    driver.close()
    assert served == [b"hello"] * 80
    assert server.connections == 1


def test_waiting_tasks_are_served_in_turn(serve: Serve) -> None:
    """The task that has waited longest is first."""
    server = serve(keep_answering())

    async def main() -> list[int]:
        driver = AsyncioDriver(limit=1, proxy=None)
        order: list[int] = []

        async def ask(number: int) -> None:
            answer = await driver.open("GET", server.url(), (), None)
            order.append(number)
            await answer.release()

        await asyncio.gather(*(ask(number) for number in range(10)))
        await driver.aclose()
        return order

    assert asyncio.run(main(), debug=True) == list(range(10))


def test_a_waiting_task_that_is_cancelled_at_the_hand_over_leaks_no_place(serve: Serve) -> None:
    """If a task is cancelled at the moment it gets the slot, the next one gets it."""
    server = serve(keep_answering())

    async def main() -> None:
        driver = AsyncioDriver(limit=1, proxy=None)
        for _ in range(20):
            held = await driver.open("GET", server.url(), (), None)
            waiting = [asyncio.create_task(driver.open("GET", server.url(), (), None)) for _ in range(3)]
            await asyncio.sleep(0)
            held.abandon()
            await asyncio.sleep(0)  # the first of them has the slot now, and has not run yet
            waiting[0].cancel()
            waiting[2].cancel()
            await (await waiting[1]).release()
            assert all(isinstance(end, asyncio.CancelledError) for end in await _ends(waiting[0], waiting[2]))
        await driver.aclose()

    asyncio.run(asyncio.wait_for(main(), PATIENCE), debug=True)


def test_a_waiting_task_whose_time_runs_out_at_the_hand_over_leaks_no_place(serve: Serve) -> None:
    """The slot is never lost when it arrives together with the deadline."""
    server = serve(keep_answering())

    async def main() -> None:
        driver = AsyncioDriver(limit=1, proxy=None)
        for number in range(30):
            held = await driver.open("GET", server.url(), (), None)
            late = asyncio.create_task(
                driver.open("GET", server.url(), (), None, deadline=time.monotonic() + 0.005 + number / 20000)
            )
            await asyncio.sleep(0.0055)  # so that deadline and place meet
            await held.release()
            for end in await _ends(late):
                if isinstance(end, NotSent):
                    continue
                assert not isinstance(end, BaseException), end
                await end.release()
        await driver.aclose()

    asyncio.run(asyncio.wait_for(main(), PATIENCE), debug=True)


def test_closing_the_driver_turns_away_those_who_wait(world: World, serve: Serve) -> None:
    """A closed driver opens no connection, also for requests that were waiting."""
    server = serve(keep_answering())
    driver = world.driver(limit=1)
    held = driver.open(server.url())
    outcome: list[BaseException] = []

    def ask() -> None:
        try:
            driver.open(server.url())
        except RuntimeError as error:
            outcome.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.1)  # until the thread waits for a slot
    driver.close()
    held.release()
    thread.join(PATIENCE)
    assert "closed" in str(outcome[0])
    with pytest.raises(RuntimeError, match="closed"):
        driver.open(server.url())


async def _ends(*tasks: asyncio.Task) -> list:
    return await asyncio.gather(*tasks, return_exceptions=True)
