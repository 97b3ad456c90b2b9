"""The limits of a job that several workers share: requests and tokens a minute, concurrency and budget.

`Governor` is pure: it has no clock and no socket. Here it is called directly, and on Ray through an actor. `Permits` is
the worker's side. It fetches permits in blocks of about a second, so that a message pays for many requests.
"""

from __future__ import annotations

import asyncio
from decimal import ROUND_DOWN, Context, Decimal
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["Block", "Governor", "Lease", "Permits", "Used"]

BLOCK: Final = 1.0  # seconds of requests in one block
PATIENCE: Final = 30.0  # seconds without a governor, after which a worker goes on at half its rate
_ABSENT: Final = 30.0  # seconds without a message, after which a worker gets no share of the concurrency
_RETRY: Final = 1.0
_DOWN: Final = Context(prec=28, rounding=ROUND_DOWN)  # shares rounded up would exceed the whole
_SUBSTITUTE: Final = 5.0  # seconds of requests at half the rate, until the governor is asked again


class Used(Struct, frozen=True, kw_only=True):
    """Requests and tokens beyond those that were granted, since the last report. Negative if fewer were used."""

    calls: int = 0
    tokens: int = 0


class Block(Struct, frozen=True, kw_only=True):
    """Permits for some requests.

    Attributes:
        calls: The number of requests. None if they are not limited.
        delay: Seconds until the first one.
        interval: Seconds between two of them.
        concurrency: The most requests that this worker may have in flight. None if not limited.
    """

    calls: int | None = None
    delay: float = 0.0
    interval: float = 0.0
    concurrency: int | None = None


class Lease(Struct, frozen=True, kw_only=True):
    """A part of the budget for one worker.

    Attributes:
        amount: The amount, in the unit of the budget. None if there is no budget.
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
        concurrency: Requests in flight, or None.
        budget: The limit of the budget, or None.
        spent: The part of it that was spent before.
        workers: The number of workers that are expected.
    """

    def __init__(
        self,
        *,
        rpm: float | None = None,
        tpm: float | None = None,
        concurrency: int | None = None,
        budget: Decimal | None = None,
        spent: Decimal = Decimal(0),
        workers: int = 1,
    ) -> None:
        self._each_call = 60 / rpm if rpm else 0.0
        self._each_token = 60 / tpm if tpm else 0.0
        self._concurrency = concurrency
        self._budget = budget
        self._spent = spent
        self._workers = workers
        self._leases: dict[str, Decimal] = {}
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
        share = self._share(worker, now)
        interval = max(self._each_call, self._each_token * tokens_each)
        if interval == 0:
            return Block(concurrency=share)
        calls = max(1, int(BLOCK / interval / len(self._present(now))))
        start = max(now, self._next_call, self._next_token)
        self._next_call = start + calls * interval if self._each_call else self._next_call
        self._next_token = start + calls * tokens_each * self._each_token if self._each_token else self._next_token
        return Block(calls=calls, delay=start - now, interval=interval, concurrency=share)

    def lease(self, worker: str, now: float, least: Decimal = Decimal(0), held: Decimal | None = None) -> Lease:
        """Lend a worker an equal part of the rest of the budget. The worker returns what it did not use with `settle`.

        Args:
            worker: The name of the worker.
            now: The time.
            least: An amount below which the worker could not send one request.
            held: A lease that the worker holds already: a governor that was restarted does not know it.
        """
        self._seen[worker] = now
        if held is not None:
            self._leases.setdefault(worker, held)
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

    def _share(self, worker: str, now: float) -> int | None:
        if self._concurrency is None:
            return None
        names = self._present(now)
        each, rest = divmod(self._concurrency, len(names))
        return each + (names.index(worker) < rest)


class Permits:
    """A worker's permits, fetched from a governor.

    If the governor does not answer for 30 seconds, the worker goes on at half the rate that it had.

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
        self._lock = asyncio.Lock()
        self._left = 0
        self._unlimited = False
        self._expires = float("-inf")  # when an unlimited block is asked for again
        self._next = self._interval = 0.0
        self._failing_since: float | None = None
        self._rate: float | None = None  # requests a second of the last block
        self._extra = Used()
        self.concurrency: int | None = None

    async def acquire(self, tokens_each: int = 0) -> None:
        """Wait for the place of the next request."""
        async with self._lock:
            now = self._clock()
            if self._unlimited and now < self._expires:
                return
            if not self._left:
                await self._refill(tokens_each)
                if self._unlimited:
                    return
            self._left -= 1
            wait = self._next - self._clock()
            self._next += self._interval
            if wait > 0:
                await self._sleep(wait)

    def add(self, used: Used) -> None:
        """Add a use beyond the permits, which the next message reports."""
        self._extra = Used(calls=self._extra.calls + used.calls, tokens=self._extra.tokens + used.tokens)

    async def _refill(self, tokens_each: int) -> None:
        """Fetch a block. Without a governor for `PATIENCE` seconds, make one at half the last rate."""
        while True:
            used, self._extra = self._extra, Used()
            try:
                block = await self._fetch(tokens_each, used)
            except Exception:  # noqa: BLE001  (whatever the reason, the governor did not answer)
                self.add(used)
                self._failing_since = self._clock() if self._failing_since is None else self._failing_since
                if self._clock() - self._failing_since >= PATIENCE:
                    self._accept(self._substitute())
                    return
                await self._sleep(_RETRY)
            else:
                self._failing_since = None
                self._accept(block)
                if block.calls:
                    self._rate = block.calls / max(block.delay + block.calls * block.interval, 1e-9)
                return

    def _substitute(self) -> Block:
        """Return a block at half the last rate."""
        if self._rate is None:
            return Block(calls=None if self._unlimited else 1, concurrency=self.concurrency)
        interval = 2 / self._rate
        return Block(
            calls=max(1, int(_SUBSTITUTE / interval)), delay=interval, interval=interval, concurrency=self.concurrency
        )

    def _accept(self, block: Block) -> None:
        now = self._clock()
        self._unlimited = block.calls is None
        self._left = block.calls or 0
        self._next, self._interval = now + block.delay, block.interval
        self._expires = now + BLOCK
        self.concurrency = block.concurrency
