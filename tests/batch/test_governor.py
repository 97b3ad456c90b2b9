"""The limits that workers share, in simulated time."""

from __future__ import annotations

import asyncio
import heapq
from decimal import Decimal

import pytest

from inference_gateway_sdk.batch.governor import Block, Governor, Lease, Permits, Used


class Time:
    """A clock that moves to the next sleeper."""

    def __init__(self) -> None:
        self.now = 0.0
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._number = 0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self._number += 1
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self.now + seconds, self._number, future))
        await future

    async def run(self, until: float) -> None:
        """Let the sleepers go on, each at its time."""
        while True:
            for _ in range(20):
                await asyncio.sleep(0)
            if not self._waiting or self._waiting[0][0] > until:
                self.now = until
                return
            self.now, _, future = heapq.heappop(self._waiting)
            future.set_result(None)


async def sent(
    governor: Governor,
    workers: int,
    seconds: float,
    *,
    tokens: float = 0.0,
    actual: float = 0.0,
    gone: tuple[float, float] = (0.0, 0.0),
) -> list[float]:
    """Return when the requests of workers that send as fast as they may were sent."""
    time, times = Time(), list[float]()

    async def worker(name: str) -> None:
        async def fetch(each: int, used: Used) -> Block:
            await time.sleep(0.003)  # a message takes a while
            if gone[0] <= time.now < gone[1]:
                raise ConnectionError
            return governor.take(name, time.now, tokens_each=each, used=used)

        permits = Permits(fetch, clock=time.clock, sleep=time.sleep)
        fetching = asyncio.create_task(permits.run())
        try:
            while True:
                wait = permits.wait(time.now)
                if wait > 0:
                    await time.sleep(wait)
                    continue
                permits.take(1, time.now)
                permits.tokens.take(tokens, time.now)
                permits.tokens.settle(actual - tokens)
                times.append(time.now)
        finally:
            fetching.cancel()
            await asyncio.gather(fetching, return_exceptions=True)

    tasks = [asyncio.create_task(worker(f"w{number}")) for number in range(workers)]
    await time.run(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return sorted(times)


def most_in_a_minute(times: list[float]) -> int:
    """Return the most requests in any window of 60 s."""
    return max(sum(begin <= at < begin + 60 for at in times) for begin in times)


@pytest.mark.parametrize("rpm", [60, 600])
def test_workers_share_the_requests_of_a_minute(rpm: int) -> None:
    """Over three workers no minute has more than `rpm` requests, plus one, and few places stay empty."""
    times = asyncio.run(sent(Governor(rpm=rpm), 3, 200))
    assert most_in_a_minute(times) <= rpm + 1
    assert len(times) >= 0.9 * rpm * 200 / 60


def test_workers_share_the_tokens_of_a_minute() -> None:
    """The tokens that are really used count, although each request was estimated at a tenth of them."""
    times = asyncio.run(sent(Governor(tpm=6000), 3, 400, tokens=5, actual=50))
    late = [at for at in times if at > 120]  # the first estimates were wrong
    assert 50 * most_in_a_minute(late) <= 1.1 * 6000
    assert len(late) >= 0.85 * 6000 / 50 * 280 / 60


def test_a_worker_that_was_late_does_not_catch_up() -> None:
    """Permits of the past are lost, so that a machine that slept sends no burst."""
    governor, time = Governor(rpm=600), Time()

    async def work() -> int:
        async def fetch(each: int, used: Used) -> Block:
            return governor.take("a", time.now)

        permits = Permits(fetch, clock=time.clock)
        task = asyncio.create_task(permits.run())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        time.now = 0.95
        count = 0
        while permits.wait(time.now) == 0:
            permits.take(1, time.now)
            count += 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return count

    assert asyncio.run(work()) == 1


def test_retries_of_a_row_use_permits() -> None:
    """A retry waits for the next permit; without one it is reported, so that others wait."""
    governor, reports = Governor(rpm=60), list[Used]()

    async def work() -> tuple[float, float]:
        async def fetch(each: int, used: Used) -> Block:
            reports.append(used)
            return governor.take("a", 0.0, used=used)

        permits = Permits(fetch, clock=lambda: 0.0)
        task = asyncio.create_task(permits.run())
        for _ in range(9):
            await asyncio.sleep(0)
        waits = permits.reserve(0.0), permits.reserve(0.0)
        for _ in range(9):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return waits

    first, second = asyncio.run(work())
    assert (first, second > 0) == (0.0, True)
    assert [used.calls for used in reports] == [0, 1]


def test_use_beyond_the_permits_delays_everybody() -> None:
    """Retries and long answers move the schedule; answers that were shorter move it back."""
    calls = Governor(rpm=60)
    first = calls.take("a", 0.0)
    assert (first.calls, first.delay, first.interval) == (1, 0.0, 1.0)
    assert calls.take("b", 0.0, used=Used(calls=3)).delay == pytest.approx(4.0)
    tokens = Governor(tpm=60_000)
    assert tokens.take("a", 0.0, tokens_each=1000).delay == 0.0
    assert tokens.take("b", 0.0, tokens_each=1000, used=Used(tokens=9000)).delay == pytest.approx(10.0)
    assert tokens.take("b", 0.0, tokens_each=1000, used=Used(tokens=-4000)).delay == pytest.approx(7.0)


def test_leases_never_exceed_the_budget() -> None:
    """What is spent and lent together stays within the budget."""
    governor = Governor(budget=Decimal(10), spent=Decimal(1), workers=2)
    assert governor.lease("a", 0.0) == Lease(amount=Decimal("4.5"))
    assert governor.lease("b", 0.0) == Lease(amount=Decimal("4.5"), wait=True)
    assert governor.lease("c", 0.0) == Lease(amount=Decimal(0), wait=True)
    governor.settle("a", Decimal(3))
    assert governor.lease("c", 0.0) == Lease(amount=Decimal("1.5"), wait=True)
    assert governor.lease("a", 0.0, least=Decimal(1)) == Lease(amount=Decimal(0), wait=True)
    governor.settle("c", Decimal(0))
    governor.settle("b", Decimal("4.5"))
    assert governor.lease("a", 0.0, least=Decimal(2)) == Lease(amount=Decimal(0))
    assert governor.lease("a", 0.0, least=Decimal("1.5")) == Lease(amount=Decimal("1.5"))


def test_a_lease_of_a_lost_worker_counts_as_far_as_it_may_be_spent() -> None:
    """All of it if nothing is known, else what is known."""
    governor = Governor(budget=Decimal(9), workers=3)
    for name in "abc":
        governor.lease(name, 0.0)
    governor.remove("a")
    governor.remove("b", Decimal(1))
    governor.remove("c", Decimal(100))
    assert governor.spent == 7


def test_thirds_of_a_budget_do_not_exceed_it() -> None:
    """Shares are rounded down."""
    governor = Governor(budget=Decimal(2), workers=3)
    assert Decimal("1.99") < sum(governor.lease(name, 0.0).amount or 0 for name in "abc") <= 2


def test_a_restarted_governor_knows_the_leases_that_are_held() -> None:
    """They count until their workers settle them."""
    governor = Governor(budget=Decimal(10), leases={"a": Decimal(8)})
    assert governor.lease("b", 0.0) == Lease(amount=Decimal(2), wait=True)
    governor.settle("a", Decimal(3))
    assert governor.lease("c", 0.0).amount == Decimal("3.5")  # a half of 7 that are not spent


def test_without_a_governor_a_worker_goes_on_at_half_its_rate() -> None:
    """After 30 s without an answer it sends half as many; when the governor is back, as many as before."""
    times = asyncio.run(sent(Governor(rpm=600), 1, 200, gone=(20, 100)))

    def rate(begin: float, end: float) -> float:
        return sum(begin <= at < end for at in times) / (end - begin)

    assert rate(0, 20) == pytest.approx(10, rel=0.05)
    assert rate(22, 49) == 0
    assert rate(55, 95) == pytest.approx(5, rel=0.1)
    assert rate(120, 200) == pytest.approx(10, rel=0.05)
