"""Limits of a batch in simulated time: adaptive concurrency, rates, pauses, and the circuit."""

from __future__ import annotations

import heapq
import random
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

import pytest

from inference_gateway_sdk.batch.state import Action, BatchState, Row, Settled
from inference_gateway_sdk.batch.window import START, Pace, Window
from inference_gateway_sdk.errors import (
    BadRequestError,
    BudgetExceededError,
    ConnectError,
    RateLimitError,
    UnauthorizedError,
)

pytestmark = pytest.mark.once

Answer = Callable[[Row, float, int], "tuple[float, Exception | None]"]


class Simulation:
    """A batch whose calls end at times that a function decides. No clock, socket or task is used."""

    def __init__(self, rows: int, answer: Answer, **options: Any) -> None:
        self.state = BatchState(**{"concurrency": None, "most": 512, "total": rows, "now": 0.0} | options)
        self.left = iter(range(rows))
        self.answer = answer
        self.now = 0.0
        self.sent: list[float] = []
        self.items: list[Any] = []
        self.flights: list[tuple[float, int, Row, Exception | None, bool]] = []
        self.at_server = 0
        self.most_in_flight = 0
        self.route: Callable[[int], str] = lambda number: ""

    def run(self) -> Simulation:
        """Run the batch to its end."""
        while True:
            action = self.state.next(self.now)
            if isinstance(action, Row):
                self._send(action)
            elif action is Action.PULL:
                self._pull()
            elif action is Action.END:
                return self
            else:
                self._wait(action)

    def _pull(self) -> None:
        number = next(self.left, None)
        if number is None:
            self.state.exhausted()
            return
        row = Row(number, number, number)
        row.route = self.route(number)
        self.state.pulled(row)

    def _send(self, row: Row) -> None:
        self.sent.append(self.now)
        seconds, error = self.answer(row, self.now, self.at_server)
        self.at_server += error is None
        heapq.heappush(self.flights, (self.now + seconds, len(self.sent), row, error, error is None))
        self.most_in_flight = max(self.most_in_flight, len(self.flights))

    def _wait(self, seconds: Any) -> None:
        until = float("inf") if seconds is None else self.now + seconds
        assert self.flights or until < float("inf"), "nothing would ever happen"
        if not self.flights or self.flights[0][0] > until:
            self.now = until
            return
        self.now, _, row, error, served = heapq.heappop(self.flights)
        self.at_server -= served
        item = self.state.settled(Settled(row, "an answer" if error is None else None, error), self.now)
        if item is not None:
            self.items.append(item)


def server(capacity: Callable[[float], int], seed: int = 1) -> Answer:
    """Return a server that answers in about a second, and refuses what exceeds its capacity in 20 ms."""
    dice = random.Random(seed)

    def answer(row: Row, now: float, busy: int) -> tuple[float, Exception | None]:
        if busy < capacity(now):
            return dice.uniform(0.5, 1.5), None
        return 0.02, RateLimitError("too many", status=429)

    return answer


@pytest.mark.parametrize("capacity", [4, 32, 200])
def test_concurrency_finds_the_capacity(capacity: int) -> None:
    """A batch takes at most 1.2 times as long as with the right concurrency from the beginning."""
    rows = 5000
    done = Simulation(rows, server(lambda now: capacity)).run()
    assert sum(item.error is None for item in done.items) == rows
    ratio = done.now / (rows / capacity)
    refused = (len(done.sent) - rows) / rows
    print(f"capacity {capacity}: {ratio:.2f} times the ideal time, {100 * refused:.1f} % refused")
    assert ratio <= 1.2
    assert refused <= 0.2


def test_concurrency_follows_a_capacity_that_drops() -> None:
    """After a drop from 200 to 20, the batch takes at most 1.2 times the ideal time, and no row fails."""
    rows, drop = 20_000, 20.0
    done = Simulation(rows, server(lambda now: 200 if now < drop else 20)).run()
    assert sum(item.error is None for item in done.items) == rows
    ideal = drop + (rows - drop * 200) / 20
    print(f"200 -> 20: {done.now / ideal:.2f} times the ideal time, {len(done.sent) - rows} refused")
    assert done.now <= 1.2 * ideal


def test_a_queue_is_not_mistaken_for_capacity() -> None:
    """A server that queues instead of refusing keeps the concurrency near its capacity."""
    free = [0.0] * 4

    def answer(row: Row, now: float, busy: int) -> tuple[float, Exception | None]:
        at = min(range(4), key=free.__getitem__)
        free[at] = max(free[at], now) + 1.0
        return free[at] - now, None

    done = Simulation(2000, answer, most=500).run()
    print(f"queue with 4 servers: at most {done.most_in_flight} in flight")
    assert done.most_in_flight <= 100
    assert int(done.state._routes[""].window.limit) <= 32
    assert done.now <= 1.05 * 2000 / 4


def most_in_a_minute(times: list[float]) -> int:
    """Return the largest number of events in any minute."""
    return max(bisect_right(times, start + 60 - 1e-9) - index for index, start in enumerate(times))


@pytest.mark.parametrize("rpm", [60, 7, 6000])
def test_rpm_holds_in_every_minute(rpm: int) -> None:
    """No minute has more than `rpm` requests of three workers, plus one, and the rate is used."""
    dice = random.Random(2)
    rows = rpm * 5
    done = Simulation(rows, lambda row, now, busy: (dice.uniform(0.001, 0.02), None), concurrency=3, rpm=rpm).run()
    extra = 1 if rpm <= 600 else rpm / 600
    assert most_in_a_minute(done.sent) <= rpm + extra
    assert done.now == pytest.approx((rows - 1) * 60 / rpm, rel=0.02)


def test_a_burst_after_a_pause_does_not_exceed_rpm() -> None:
    """Rows that could not be sent during a pause are not made up for."""

    def answer(row: Row, now: float, busy: int) -> tuple[float, Exception | None]:
        if row.key == 10 and not row.refusals:
            return 0.1, RateLimitError("wait", status=429, retry_after=90.0)
        return 0.1, None

    done = Simulation(200, answer, concurrency=3, rpm=60).run()
    assert most_in_a_minute(done.sent) <= 61


def test_tpm_counts_what_was_used() -> None:
    """Tokens are reserved at an estimate and settled with the usage, so that minutes keep to `tpm`."""

    class Reply:
        def __init__(self) -> None:
            self.usage = type("Usage", (), {"prompt_tokens": 100, "completion_tokens": 900})()
            self.text = "x"

    simulation = Simulation(300, lambda row, now, busy: (2.0, None), concurrency=50, tpm=60_000)
    settle = simulation.state.settled
    ends: list[float] = []

    def with_usage(settled: Settled, now: float) -> Any:
        ends.append(now)
        return settle(Settled(settled.row, Reply()), now)

    simulation.state.settled = with_usage  # type: ignore[method-assign]
    simulation.run()
    late = [end for end in ends if end > 60]
    assert most_in_a_minute(late) <= 66  # a thousand tokens each; the estimates of the first ones were too low
    assert simulation.now >= 0.9 * 300 * 1000 / 60_000 * 60


def test_a_pause_holds_back_all_rows_of_its_route_and_no_others() -> None:
    """After a 429 with Retry-After, no row of that model is sent before its time, and those of others are."""

    def answer(row: Row, now: float, busy: int) -> tuple[float, Exception | None]:
        if row.key == 0 and not row.refusals:
            return 0.1, RateLimitError("wait", status=429, retry_after=30.0)
        return 0.1, None

    simulation = Simulation(400, answer, concurrency=4)
    simulation.route = lambda number: ("a/x", "b/y")[number % 2]
    starts: dict[str, list[float]] = {"a/x": [], "b/y": []}
    original = simulation._send

    def send(row: Row) -> None:
        starts[row.route].append(simulation.now)
        original(row)

    simulation._send = send  # type: ignore[method-assign]
    simulation.run()
    assert not [at for at in starts["a/x"] if 0.1 < at < 30.1]
    assert [at for at in starts["b/y"] if 0.1 < at < 30.1]
    assert len(simulation.items) == 400


@pytest.mark.parametrize(
    ("error", "stops"),
    [
        (UnauthorizedError("no key", status=401), True),
        (ConnectError("no gateway"), True),
        (RateLimitError("no credit", status=429, code="insufficient_quota"), True),
        (BadRequestError("too long", status=400), True),
        (KeyError("text"), True),
    ],
)
def test_an_error_of_every_row_stops_after_20(error: Exception, stops: bool) -> None:
    """When every row fails in the same way, the batch stops after 20 and those in flight."""
    done = Simulation(1000, lambda row, now, busy: (0.1, error), concurrency=4).run()
    assert done.state.stopped == "errors"
    assert done.state.error is error
    assert 20 <= len(done.items) <= 23


def test_bad_rows_after_an_answer_do_not_stop() -> None:
    """A hundred rows in a row that are too long are kept as errors once another row was answered."""
    error = BadRequestError("too long", status=400)
    done = Simulation(200, lambda row, now, busy: (0.1, error if row.key > 20 else None), concurrency=4).run()
    assert done.state.stopped is None
    assert sum(item.error is error for item in done.items) == 179


def test_a_key_that_expires_stops() -> None:
    """A 401 of every row stops the batch, although rows before were answered."""
    error = UnauthorizedError("expired", status=401)
    done = Simulation(200, lambda row, now, busy: (0.1, error if row.key > 20 else None), concurrency=4).run()
    assert done.state.stopped == "errors"
    assert len(done.items) < 50


def test_one_row_that_is_always_refused_fails_alone() -> None:
    """A row that no limit lets pass fails after 20 refusals, and all others are answered."""
    refusal = RateLimitError("request too large", status=429)
    done = Simulation(100, lambda row, now, busy: (0.1, refusal if row.key == 5 else None), concurrency=4).run()
    assert [item.key for item in done.items if item.error is not None] == [5]
    assert len(done.items) == 100


def test_a_budget_stops_when_nothing_can_be_given_back() -> None:
    """Rows wait for reservations of others, and the batch stops when none is left."""
    spent = 0

    def answer(row: Row, now: float, busy: int) -> tuple[float, Exception | None]:
        nonlocal spent
        if spent + 3 * (busy + 1) > 30:  # a row costs 1, and reserves 3
            return 0.0, BudgetExceededError("no money", limit=30, spent=spent, reserved=3 * busy, asked=3)
        spent += 1
        return 1.0, None

    done = Simulation(1000, answer, concurrency=8).run()
    assert done.state.stopped == "budget"
    assert len(done.items) == 28
    assert all(item.error is None for item in done.items)


def test_a_row_that_alone_exceeds_the_budget_fails() -> None:
    """A row whose upper bound is more than the whole budget is an error, and the others are asked."""
    error = BudgetExceededError("no money", limit=30, spent=0, reserved=0, asked=31)
    done = Simulation(50, lambda row, now, busy: (1.0, error if row.key == 7 else None), concurrency=4).run()
    assert done.state.stopped is None
    assert [item.key for item in done.items if item.error is not None] == [7]


def test_rows_ahead_are_bounded() -> None:
    """At most as many rows wait as may be in flight, however slow the answers are."""
    pulled = 0
    simulation = Simulation(5000, lambda row, now, busy: (100.0, None), concurrency=10)
    original = simulation._pull

    def pull() -> None:
        nonlocal pulled
        pulled += 1
        original()

    simulation._pull = pull  # type: ignore[method-assign]
    for _ in range(200):
        action = simulation.state.next(0.0)
        if isinstance(action, Row):
            simulation._send(action)
        elif action is Action.PULL:
            simulation._pull()
    assert simulation.most_in_flight == 10
    assert pulled == 20


def test_a_stopped_batch_waits_ten_seconds() -> None:
    """A batch that was stopped ends with its last row, or after ten seconds."""
    state = BatchState(concurrency=2, most=2, now=0.0)
    for number in range(2):
        state.pulled(Row(number, number, number))
    first, second = state.next(0.0), state.next(0.0)
    assert isinstance(first, Row) and isinstance(second, Row)
    state.stop("interrupt", 1.0)
    assert state.next(1.0) == 10.0
    assert state.settled(Settled(first, "an answer"), 2.0) is not None
    assert state.next(4.0) == 7.0
    assert state.next(11.0) is Action.END


def test_progress_has_rates_and_an_estimate_of_the_end() -> None:
    """The figures are those of the last ten seconds, with the rows that are left."""
    simulation = Simulation(1000, lambda row, now, busy: (0.5, None), concurrency=10, skipped=100)
    while simulation.now < 20.0:
        if simulation.state.report_due(simulation.now):
            progress = simulation.state.progress(simulation.now)
        action = simulation.state.next(simulation.now)
        if isinstance(action, Row):
            simulation._send(action)
        elif action is Action.PULL:
            simulation._pull()
        else:
            simulation._wait(action)
    assert progress.rate == pytest.approx(20.0, rel=0.05)
    assert progress.eta == pytest.approx((1000 - 100 - progress.done) / progress.rate)
    assert progress.latency_p50 == pytest.approx(0.5)
    assert (progress.concurrency, progress.total, progress.skipped) == (10, 1000, 100)


def test_a_window_grows_only_when_it_is_used() -> None:
    """Answers of a batch that another limit holds back do not raise the concurrency."""
    window = Window(None, 100)
    for second in range(100):
        window.answered(float(second), second + 1.0, busy=1)
    assert window.limit == START


def test_a_pace_gives_back_what_was_not_used() -> None:
    """A settled estimate moves the time of the next unit."""
    pace = Pace(60.0)
    pace.take(10, 0.0)
    assert pace.wait(0.0) == pytest.approx(10.0)
    pace.settle(-4)
    assert pace.wait(0.0) == pytest.approx(6.0)
