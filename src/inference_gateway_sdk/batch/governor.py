"""The limits of a job that several workers share: requests and tokens a minute, and the budget.

`Governor` is pure: it has no clock and no socket. Here it is called directly, and on Ray through an actor. `Permits` is
the worker's side. It fetches permits in blocks of about a second, so that a message pays for many requests.
"""

from __future__ import annotations

import asyncio
from collections import deque
from decimal import ROUND_DOWN, Context, Decimal
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

__all__ = ["Block", "Governor", "Lease", "Permits", "Used"]

BLOCK: Final = 1.0  # seconds of requests in one block
PATIENCE: Final = 30.0  # seconds without a governor, after which a worker goes on at half its rate
_ABSENT: Final = 30.0  # seconds without a message, after which a worker has no share
_SHORTEST: Final = 1e-4  # seconds between two requests, however many tokens a minute are allowed
_LOOK: Final = 0.05  # seconds until a loop without permits looks again
_EARLY: Final = 0.3  # seconds before the end of a block, when the next one is fetched
_RETRY: Final = 1.0
_DOWN: Final = Context(prec=28, rounding=ROUND_DOWN)  # shares rounded up would exceed the whole
_SUBSTITUTE: Final = 5.0  # seconds of requests at half the rate, until the governor is asked again


class Used(Struct, frozen=True, kw_only=True):
    """Requests and tokens beyond those that the governor counted, since the last report.

    Attributes:
        calls: Requests that were sent without a permit.
        tokens: Tokens, negative if fewer were used.
    """

    calls: int = 0
    tokens: int = 0


class Block(Struct, frozen=True, kw_only=True):
    """Permits for some requests.

    Attributes:
        calls: The number of requests.
        delay: Seconds until the first one.
        interval: Seconds between two of them.
    """

    calls: int
    delay: float = 0.0
    interval: float = 0.0


class Lease(Struct, frozen=True, kw_only=True):
    """A part of the budget for one worker.

    Attributes:
        amount: The amount, in the unit of the budget, or None without a budget.
        wait: True if there may be more later, when other workers return what they did not use.
    """

    amount: Decimal | None = None
    wait: bool = False


class Governor:
    """The limits of a job, shared by its workers.

    Requests have places on one schedule, `60 / rpm` seconds apart, whoever sends them. Any minute therefore has at most
    `rpm` requests, plus one. Time is in seconds of any monotonic clock, and only differences leave this class.

    Args:
        rpm: Requests a minute, or None.
        tpm: Tokens a minute, or None.
        budget: The limit of the budget, or None.
        spent: The part of it that was spent before.
        workers: The number of workers that are expected.
        leases: The leases that workers hold, of a governor that was restarted.
    """

    def __init__(
        self,
        *,
        rpm: float | None = None,
        tpm: float | None = None,
        budget: Decimal | None = None,
        spent: Decimal = Decimal(0),
        workers: int = 1,
        leases: Mapping[str, Decimal] | None = None,
    ) -> None:
        self._each_call = 60 / rpm if rpm else 0.0
        self._each_token = 60 / tpm if tpm else 0.0
        self._budget = budget
        self._spent = spent
        self._workers = workers
        self._leases = dict(leases or {})
        self._seen: dict[str, float] = {}
        self._next_call = self._next_token = float("-inf")

    def take(self, worker: str, now: float, *, tokens_each: int = 0, used: Used | None = None) -> Block:
        """Return the next permits of a worker.

        Args:
            worker: The name of the worker.
            now: The time.
            tokens_each: The tokens that a request is expected to use.
            used: The use beyond the permits of before, which delays all workers.
        """
        self._seen[worker] = now
        if used is not None:
            self._next_call += used.calls * self._each_call
            self._next_token += used.tokens * self._each_token
        interval = max(self._each_call, self._each_token * tokens_each, _SHORTEST)
        calls = max(1, int(BLOCK / interval / len(self._present(now))))
        if self._each_token and not tokens_each:
            calls = 1  # until the first request shows how many tokens they use
        start = max(now, self._next_call, self._next_token)
        if self._each_call:
            self._next_call = start + calls * interval
        if self._each_token:
            self._next_token = start + calls * tokens_each * self._each_token
        return Block(calls=calls, delay=start - now, interval=interval)

    def lease(self, worker: str, now: float, least: Decimal = Decimal(0)) -> Lease:
        """Lend a worker an equal part of the rest of the budget. The worker returns what it did not use with `settle`.

        Args:
            worker: The name of the worker.
            now: The time.
            least: An amount below which the worker could not send one request.
        """
        self._seen[worker] = now
        if self._budget is None:
            return Lease()
        rest = self._budget - self._spent - sum(self._leases.values())
        share = _DOWN.divide(self._budget - self._spent, Decimal(max(self._workers, len(self._present(now)))))
        amount = max(min(share, rest), least)
        if amount > rest or amount <= 0:
            amount = Decimal(0)
        others = any(held for name, held in self._leases.items() if name != worker)
        self._leases[worker] = self._leases.get(worker, Decimal(0)) + amount
        return Lease(amount=amount, wait=others)

    def settle(self, worker: str, spent: Decimal) -> None:
        """Replace the lease of a worker by the amount that was spent of it."""
        self._leases.pop(worker, None)
        self._spent += spent

    def remove(self, worker: str, spent: Decimal | None = None) -> None:
        """Forget a worker that was lost. Of its open lease `spent` counts, or all of it if that is not known."""
        self._seen.pop(worker, None)
        lease = self._leases.pop(worker, Decimal(0))
        self._spent += lease if spent is None else min(spent, lease)

    @property
    def spent(self) -> Decimal:
        """The amount that was spent, without open leases."""
        return self._spent

    def _present(self, now: float) -> list[str]:
        return sorted(name for name, seen in self._seen.items() if now - seen < _ABSENT)


class Permits:
    """A worker's permits, fetched from a governor. The loop of a batch uses them as it uses its own pace.

    A permit has a time. One that is not used then is lost, so that late workers do not catch up together. If the
    governor does not answer for 30 seconds, the worker goes on at half the rate that it had.

    Args:
        fetch: Asks the governor for a block. It raises if the governor does not answer.
        clock: Returns the time in seconds.
        sleep: Waits.
    """

    def __init__(
        self,
        fetch: Callable[[int, Used], Awaitable[Block]],
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._sleep = sleep
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._slots: deque[tuple[float, float]] = deque()  # the time of a permit, and how late it may be used
        self._rate: float | None = None  # requests a second of the last block
        self._end = clock()  # of the last block
        self._failing_since: float | None = None
        self._extra = 0  # requests without a permit
        self._charged = 0  # the tokens that the governor counts for each request
        self.tokens: _TokenCount = _TokenCount()

    def wait(self, now: float) -> float:
        """Return the seconds until the next permit, or until the next look if none is known."""
        while self._slots and self._slots[0][1] < now:
            self._slots.popleft()
        if not self._slots:
            self._wanted.set()
            return _LOOK
        return max(0.0, self._slots[0][0] - now)

    def take(self, units: float, now: float) -> None:
        """Use permits."""
        for _ in range(int(units)):
            if self._slots:
                self._slots.popleft()
                self.tokens.charge(self._charged)
        if not self._slots or self._slots[-1][0] - now < _EARLY:
            self._wanted.set()

    def reserve(self, now: float) -> float:
        """Take a permit for a further request of a row, such as a retry. Return the seconds until it may be sent."""
        wait = self.wait(now)
        if not self._slots:
            self._extra += 1
        self.take(1, now)
        return wait

    def settle(self, difference: float) -> None:
        """Ignore a correction: the number of requests is never estimated."""

    async def run(self) -> None:
        """Fetch blocks, each before the last one is used up, until the task is cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            await self._refill()

    async def _refill(self) -> None:
        """Fetch a block. Without a governor for `PATIENCE` seconds, make one at half the last rate."""
        each = self.tokens.each
        used = Used(calls=self._extra, tokens=self.tokens.report())
        self._extra = 0
        try:
            block = await self._fetch(each, used)
        except Exception:  # noqa: BLE001  (whatever the reason, the governor did not answer)
            self._extra += used.calls
            self.tokens.restore(used.tokens)
            now = self._clock()
            self._failing_since = now if self._failing_since is None else self._failing_since
            if now - self._failing_since >= PATIENCE and self._rate is not None:
                interval = 2 / self._rate
                delay = max(self._end - now, 0.0) + interval
                self._accept(Block(calls=max(1, int(_SUBSTITUTE / interval)), delay=delay, interval=interval))
            else:
                await self._sleep(_RETRY)
                self._wanted.set()
            return
        self._failing_since = None
        self._charged = each
        before = self._end
        self._accept(block)
        self._rate = block.calls / (self._end - min(before, self._end - block.calls * block.interval))

    def _accept(self, block: Block) -> None:
        late = max(0.9 * block.interval, 0.1)  # less than one interval: no minute has two requests too many
        begin = self._clock() + block.delay
        self._end = begin + block.calls * block.interval
        times = (begin + number * block.interval for number in range(block.calls))
        self._slots.extend((at, at + late) for at in times)


class _TokenCount:
    """The tokens of a worker's requests, compared with those that the governor counted. It never makes a row wait.

    Attributes:
        each: The tokens that the next requests are expected to use.
    """

    def __init__(self) -> None:
        self._requests = 0
        self._used = 0.0  # by all requests
        self._difference = 0.0  # used in addition to what the governor counted, and not yet reported

    @property
    def each(self) -> int:
        """The mean tokens of a request."""
        return round(self._used / self._requests) if self._requests else 0

    def wait(self, now: float) -> float:
        """Return 0: the permits already have the right distance."""
        del now
        return 0.0

    def take(self, units: float, now: float) -> None:
        """Add the estimate of a request."""
        del now
        self._requests += 1
        self.settle(units)

    def settle(self, difference: float) -> None:
        """Correct an estimate by what was used."""
        self._used += difference
        self._difference += difference

    def charge(self, tokens: int) -> None:
        """Subtract the tokens that the governor counted for a request."""
        self._difference -= tokens

    def reserve(self, now: float) -> float:
        """Return 0."""
        return self.wait(now)

    def report(self) -> int:
        """Return the difference to report, which counts as reported."""
        tokens = round(self._difference)
        self._difference -= tokens
        return tokens

    def restore(self, tokens: int) -> None:
        """Take back a report that did not arrive."""
        self._difference += tokens
