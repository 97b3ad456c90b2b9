"""The state of a batch: the next row to start, the meaning of each answer and error, and the figures shown.

Pure: it has neither client, file nor clock. The loop in `_client/_async/batch.py` performs the actions of `next`.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable  # noqa: TC003  (users resolve the annotations of public classes)
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from .._model.cost import Cost, exact_sum
from .._model.unknown_fields import set_module
from .._model.usage import Usage
from ..errors import BudgetExceededError, GatewayError, RequestError, StatusError
from .window import Pace, Route, Window, percentile

__all__ = ["Action", "BatchItem", "BatchOutcome", "BatchProgress", "BatchState", "Rates", "Row", "Settled", "Stopped"]

Stopped: TypeAlias = Literal["budget", "interrupt", "errors"]

BUSY: Final = frozenset({429, 503, 529})
"""Statuses that lower the concurrency. The batch repeats their rows, and the client's own retries leave them alone."""

CIRCUIT: Final = 20
"""Failed rows of one class, without an answer between them, after which the batch stops."""

GRACE: Final = 10.0
"""Seconds for which a stopped batch waits for the rows in flight."""

_MOST_REFUSALS: Final = 20  # of one row, after which it has failed: its request may be too large for any limit
_OWN: Final = frozenset({400, 413, 422})  # the fault of a row, which shows nothing about the others
_NO_QUOTA: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
_EVERY: Final = 0.5  # seconds between two reports of the progress
_SAMPLES: Final = 21  # reports that the rates are computed from: ten seconds
_LATENCIES: Final = 512
_AHEAD: Final = 1000  # rows that wait at most while another model's rows go on
_CHARACTERS: Final = 4  # of a token, for the estimate that `tpm` reserves
_OUTPUT: Final = 256  # tokens of an answer whose length is not limited, before any has been seen


@set_module
class BatchProgress(Struct, frozen=True, kw_only=True):
    """The figures of a batch, passed to `progress` twice a second, and once at the end.

    Attributes:
        elapsed: Seconds since the beginning.
        total: The number of rows of the input, or None if it is not known.
        done: Rows answered by this run.
        failed: Rows that failed in this run.
        skipped: Rows that the output already had.
        in_flight: Rows that are being asked.
        concurrency: Rows that may be in flight now.
        rate: Rows in a second, over the last ten seconds.
        tokens_rate: Tokens in a second, over the last ten seconds.
        input_tokens: Input tokens of this run.
        output_tokens: Output tokens of this run.
        cost: The cost of this run as far as it is known, or None without prices.
        currency: The currency of `cost`.
        eta: Seconds until the end at this rate, or None if not known.
        refusals: Responses with status 429, 503 or 529.
        latency_p50: The median time of the latest answers in seconds, or None.
        latency_p95: Their 95th percentile, or None.
        pause: Seconds for which all rows wait, because a provider asks for it.
        stopped: The reason why the batch stops, or None.
        ended: True in the last report.
    """

    elapsed: float
    total: int | None = None
    done: int = 0
    failed: int = 0
    skipped: int = 0
    in_flight: int = 0
    concurrency: int = 0
    rate: float = 0.0
    tokens_rate: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = None
    currency: str = "USD"
    eta: float | None = None
    refusals: int = 0
    latency_p50: float | None = None
    latency_p95: float | None = None
    pause: float = 0.0
    stopped: Stopped | None = None
    ended: bool = False


@set_module
class BatchOutcome(Struct, frozen=True, kw_only=True):
    """The result of `run_batch`.

    Attributes:
        done: Rows answered by this run.
        failed: Rows that failed in this run. Their lines hold an `error`.
        skipped: Rows that the output already had.
        stopped: None at the end of the input; "budget", "interrupt" (Ctrl+C or SIGTERM), or "errors" after 20 rows in
            a row failed in the same way. Run the batch again to go on.
        error: The error that stopped the batch, or None.
        elapsed: Seconds.
        rate: Rows in a second.
        input_tokens: Input tokens of the answers.
        output_tokens: Output tokens of the answers.
        cost: The cost of the answers. None without prices, or if the cost of an answer is not known.
        cost_at_least: The known part of the cost.
        currency: The currency of the costs.
        refusals: Responses with status 429, 503 or 529, whose rows were asked again.
        destination: Path of the output, or None.
    """

    done: int = 0
    failed: int = 0
    skipped: int = 0
    stopped: Stopped | None = None
    error: BaseException | None = None
    elapsed: float = 0.0
    rate: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = None
    cost_at_least: Decimal = Decimal(0)
    currency: str = "USD"
    refusals: int = 0
    destination: str | None = None

    def __repr__(self) -> str:
        stopped = "" if self.stopped is None else f", stopped: {self.stopped}"
        return f"BatchOutcome({self.done} done, {self.failed} failed, {self.skipped} skipped{stopped})"

    def __rich_repr__(self) -> Any:
        yield "done", self.done
        yield "failed", self.failed
        yield "skipped", self.skipped
        yield "stopped", self.stopped, None


@set_module
class BatchItem(Struct, frozen=True, kw_only=True):
    """A row that has ended.

    Attributes:
        key: The key of the row.
        row: The row.
        reply: The answer, or the `Run` if `ask` returned `output` or `tools`. None if the row failed.
        error: The error, None for an answer.
    """

    key: str | int
    row: Any
    reply: Any = None
    error: Exception | None = None

    @property
    def output(self) -> Any:
        """The value of the requested type, or the text of the answer. None if the row failed."""
        return output_of(self.reply)


class Row:
    """A row of the input, with its request once `ask` has made it.

    Attributes:
        key: Its key.
        number: Its line or place in the input, from 1.
        value: Its content.
        request: The keywords of the call, None before `ask` was called.
        route: The name of its route.
        sent: The time at which it was sent last.
        tokens: The tokens reserved for it.
        refusals: The number of times it was refused.
    """

    __slots__ = ("key", "number", "refusals", "request", "route", "sent", "tokens", "value")

    def __init__(self, key: str | int, number: int, value: Any) -> None:
        self.key: str | int = key
        self.number: int = number
        self.value: Any = value
        self.request: dict[str, Any] | None = None
        self.route: str = ""
        self.sent: float = 0.0
        self.tokens: float = 0.0
        self.refusals: int = 0


class Settled(Struct, frozen=True):
    """The end of a row's call: its answer or its error."""

    row: Row
    reply: Any = None
    error: Exception | None = None


class Action(enum.Enum):
    """The actions of the loop other than starting a row."""

    PULL = "take a row of the input"
    END = "end"


class BatchState:
    """The rows of one batch.

    Args:
        concurrency: Rows in flight on one route, None to adapt them.
        most: The largest number of rows in flight on one route.
        rpm: Rows started in a minute, an object with the methods of `Pace`, or None.
        tpm: Tokens in a minute, or the same, or None.
        total: The number of rows, or None.
        skipped: Rows that the output has.
        raise_errors: Stop at the first row that fails.
        priced: Answers have a cost.
        now: The current time.

    Attributes:
        stopped: The reason why the batch stops.
        error: The error that stops it.
        in_flight: The number of rows in flight.
        pulling: The next row of an async input is awaited.
    """

    def __init__(
        self,
        *,
        concurrency: int | None,
        most: int,
        rpm: Any = None,
        tpm: Any = None,
        total: int | None = None,
        skipped: int = 0,
        raise_errors: bool = False,
        leased: bool = False,
        priced: bool = False,
        now: float,
    ) -> None:
        self._priced = priced
        self._new_window: Callable[[], Window] = lambda: Window(concurrency, most)
        self._requests = Pace(rpm, burst=0.1 if rpm > 600 else 0.0) if isinstance(rpm, (int, float)) else rpm
        self._tokens = Pace(tpm, burst=1.0) if isinstance(tpm, (int, float)) else tpm
        self._routes: dict[str, Route] = {}
        self._raise_errors = raise_errors
        self._leased = leased
        self._total = total
        self._exhausted = False
        self._waiting = 0  # rows that are ready on some route
        self._lacks_budget = False
        self._deadline: float | None = None
        self._streak: tuple[object, int] = (None, 0)
        self._began = self._next_report = now
        self._recent = Rates(now)
        self._latencies: deque[float] = deque(maxlen=_LATENCIES)
        self._figures = Figures()
        self.skipped = skipped
        self.stopped: Stopped | None = None
        self.error: Exception | None = None
        self.in_flight: int = 0
        self.pulling = False

    # Rows

    def next(self, now: float) -> Row | Action | float | None:
        """Return the row to start, an action, the seconds to wait, or None to wait until a row has ended."""
        if self.stopped is not None:
            return self._next_of_stopped(now)
        shortest: float | None = None
        if self._waiting and not self._lacks_budget:
            for route in self._routes.values():
                if not route.ready or not route.has_room:
                    continue
                wait = max(route.until - now, self._pace(now))
                if wait <= 0:
                    return self._start(route, now)
                shortest = wait if shortest is None else min(shortest, wait)
        if not self._exhausted and not self.pulling and self._waiting < self._ahead:
            return Action.PULL
        if not self.in_flight and not self._waiting and self._exhausted:
            return Action.END
        return shortest

    def _next_of_stopped(self, now: float) -> Action | float:
        if not self.in_flight or self._deadline is None or now >= self._deadline:
            return Action.END
        return self._deadline - now

    @property
    def _ahead(self) -> int:
        """The number of rows that may wait: as many as may be in flight, and more if one model pauses alone."""
        routes, rows = self._routes, 2 if len(self._routes) < 2 else _AHEAD
        limit = 0
        for route in routes.values():
            limit += int(route.window.limit)
        return max(rows, limit)

    def _pace(self, now: float) -> float:
        wait = 0.0
        if self._requests is not None:
            wait = self._requests.wait(now)
        if self._tokens is not None:
            wait = max(wait, self._tokens.wait(now))
        return wait

    def _start(self, route: Route, now: float) -> Row:
        row: Row = route.ready.popleft()
        self._waiting -= 1
        route.busy += 1
        self.in_flight += 1
        row.sent = now
        if self._requests is not None:
            self._requests.take(1, now)
        if self._tokens is not None:
            row.tokens = self._estimate(row)
            self._tokens.take(row.tokens, now)
        return row

    def _estimate(self, row: Row) -> float:
        """Return the tokens of a row: its prompt by its length, and the mean of the answers so far."""
        figures, request = self._figures, row.request or {}
        limit = request.get("max_completion_tokens") or request.get("max_tokens") or _OUTPUT
        output = figures.output_tokens / figures.done if figures.output_tokens else limit
        return len(str(request.get("messages") or row.value)) / _CHARACTERS + min(output, limit)

    def pulled(self, row: Row) -> None:
        """Take a row of the input."""
        route = self._routes.get(row.route)
        if route is None:
            route = self._routes[row.route] = Route(self._new_window())
        route.ready.append(row)
        self._waiting += 1

    @property
    def empty(self) -> bool:
        """Whether no row has been taken."""
        return not self._routes and not self._figures.failed

    @property
    def untried(self) -> bool:
        """Whether no row has ended and none was refused."""
        figures = self._figures
        return not (figures.done or figures.failed or figures.refusals)

    def reserve_request(self, now: float) -> float:
        """Take a further request of a row. Return the seconds until it may be sent."""
        return 0.0 if self._requests is None else self._requests.reserve(now)

    def exhausted(self) -> None:
        """Take the end of the input."""
        self._exhausted = True

    def stop(self, reason: Stopped, now: float, error: Exception | None = None) -> None:
        """Start no more rows. Those in flight have ten seconds to end."""
        if self.stopped is None:
            self.stopped, self.error, self._deadline = reason, error, now + GRACE

    # Ends of rows

    def settled(self, settled: Settled, now: float) -> BatchItem | None:
        """Take the end of a call. Return the row's item, or None if the row is asked again."""
        row, error = settled.row, settled.error
        route = self._routes[row.route]
        if error is None:
            route.answered(row.sent, now)
        elif self._again(row, route, error, now):
            return None
        route.busy -= 1
        self.in_flight -= 1
        self._lacks_budget = False
        if error is None:
            self._count_answer(row, settled.reply, now)
            return BatchItem(key=row.key, row=row.value, reply=settled.reply)
        if self._tokens is not None:
            self._tokens.settle(-row.tokens)
        self._count_failure(error, now)
        return BatchItem(key=row.key, row=row.value, error=error)

    def failed(self, row: Row, error: Exception, now: float) -> BatchItem:
        """Take the error of a row that was not asked."""
        self._count_failure(error, now)
        return BatchItem(key=row.key, row=row.value, error=error)

    def _again(self, row: Row, route: Route, error: Exception, now: float) -> bool:
        """Put a row back that was refused for a reason that passes."""
        if isinstance(error, BudgetExceededError):
            if error.asked is not None and error.limit is not None and error.asked > error.limit and not self._leased:
                return False  # this row never fits
            self._put_back(row, route)
            self._lacks_budget = True
            if not self.in_flight:  # nothing that is reserved may be given back
                self.stop("budget", now, error)
            return True
        if not isinstance(error, StatusError) or error.status not in BUSY or error.code in _NO_QUOTA:
            return False
        self._figures.refusals += 1
        route.refused(row.sent, now, error.retry_after)
        row.refusals += 1
        if row.refusals >= _MOST_REFUSALS:
            return False
        self._put_back(row, route)
        self._lacks_budget = False
        return True

    def _put_back(self, row: Row, route: Route) -> None:
        route.busy -= 1
        self.in_flight -= 1
        route.ready.appendleft(row)
        self._waiting += 1
        if self._tokens is not None:
            self._tokens.settle(-row.tokens)

    def _count_answer(self, row: Row, reply: Any, now: float) -> None:
        figures = self._figures
        used_before = figures.input_tokens + figures.output_tokens
        figures.add(reply, priced=self._priced)
        self._latencies.append(now - row.sent)
        self._streak = (None, 0)
        if self._tokens is not None:
            used = figures.input_tokens + figures.output_tokens - used_before
            if used:
                self._tokens.settle(used - row.tokens)

    def _count_failure(self, error: Exception, now: float) -> None:
        self._figures.failed += 1
        if self._raise_errors:
            self.stop("errors", now, error)
            return
        status = getattr(error, "status", None)
        environment = isinstance(error, RequestError) or (isinstance(error, StatusError) and status not in _OWN)
        if self._figures.done and not environment:
            return
        kind, before = self._streak
        current = (type(error), status)
        self._streak = (current, before + 1 if kind == current else 1)
        if self._streak[1] >= CIRCUIT:
            self.stop("errors", now, error)

    # Figures

    def report_due(self, now: float) -> bool:
        """Return whether half a second has passed since the last report."""
        return now >= self._next_report

    def progress(self, now: float, *, ended: bool = False) -> BatchProgress:
        """Return the figures, and begin the next half second."""
        figures = self._figures
        self._next_report = now + _EVERY
        count, tokens = figures.done + figures.failed, figures.input_tokens + figures.output_tokens
        rate, tokens_rate = self._recent.add(now, count, tokens)
        left = None if self._total is None else max(0, self._total - self.skipped - count)
        limits = [route.window.limit for route in self._routes.values()]
        pauses = [route.until - now for route in self._routes.values()]
        return BatchProgress(
            elapsed=now - self._began,
            total=self._total,
            done=figures.done,
            failed=figures.failed,
            skipped=self.skipped,
            in_flight=self.in_flight,
            concurrency=sum(map(int, limits)),
            rate=rate,
            tokens_rate=tokens_rate,
            input_tokens=figures.input_tokens,
            output_tokens=figures.output_tokens,
            cost=figures.cost_at_least if figures.costs else None,
            currency=figures.currency,
            eta=left / rate if left is not None and rate > 0 else None,
            refusals=figures.refusals,
            latency_p50=percentile(self._latencies, 0.5),
            latency_p95=percentile(self._latencies, 0.95),
            pause=max(0.0, min(pauses, default=0.0)),
            stopped=self.stopped,
            ended=ended,
        )

    def outcome(self, now: float, destination: str | None) -> BatchOutcome:
        """Return the result."""
        figures, elapsed = self._figures, now - self._began
        return BatchOutcome(
            done=figures.done,
            failed=figures.failed,
            skipped=self.skipped,
            stopped=self.stopped,
            error=self.error,
            elapsed=elapsed,
            rate=(figures.done + figures.failed) / elapsed if elapsed > 0 else 0.0,
            input_tokens=figures.input_tokens,
            output_tokens=figures.output_tokens,
            cost=figures.cost_at_least if figures.costs and not figures.unknown else None,
            cost_at_least=figures.cost_at_least,
            currency=figures.currency,
            refusals=figures.refusals,
            destination=destination,
        )


class Rates:
    """Rows and tokens in a second, over the last reports."""

    def __init__(self, now: float) -> None:
        self._samples: deque[tuple[float, int, int]] = deque([(now, 0, 0)], _SAMPLES)

    def add(self, now: float, rows: int, tokens: int) -> tuple[float, float]:
        """Add the counts so far, and return both rates."""
        then, rows_then, tokens_then = self._samples[0]
        seconds = max(now - then, 1e-9)
        if now > then:
            self._samples.append((now, rows, tokens))
        return (rows - rows_then) / seconds, (tokens - tokens_then) / seconds


class Figures:
    """The sums of a batch."""

    __slots__ = ("cost_at_least", "costs", "currency", "done", "failed", "input_tokens", "output_tokens", "refusals",
                 "unknown")  # fmt: skip

    def __init__(self) -> None:
        self.done: int = 0
        self.failed: int = 0
        self.refusals: int = 0
        self.input_tokens: int = 0
        self.output_tokens: int = 0
        self.costs: int = 0  # answers that have a cost
        self.unknown: bool = False  # the cost of one of them is not known exactly
        self.cost_at_least: Decimal = Decimal(0)
        self.currency: str = "USD"

    def add(self, reply: Any, *, priced: bool) -> None:
        """Add an answer or a run."""
        self.done += 1
        usage = getattr(reply, "usage", None)
        if isinstance(usage, Usage):
            self.input_tokens += usage.input or 0
            self.output_tokens += usage.output or 0
        elif usage is not None:
            self.input_tokens += _number(usage, "prompt_tokens", "input_tokens")
            self.output_tokens += _number(usage, "completion_tokens", "output_tokens")
        if not priced:
            return
        for answer in getattr(reply, "turns", None) or (reply,):
            cost = getattr(answer, "cost", None)
            if isinstance(cost, Cost):
                self._add_cost(cost)

    def _add_cost(self, cost: Cost) -> None:
        self.unknown |= cost.total is None or (self.costs > 0 and cost.currency != self.currency)
        if not self.costs:
            self.currency = cost.currency
        self.costs += 1
        if cost.currency == self.currency:
            self.cost_at_least = exact_sum([self.cost_at_least, cost.at_least])


def _number(usage: Any, *names: str) -> int:
    for name in names:
        value = getattr(usage, name, None)
        if isinstance(value, int):
            return value
    return 0


def output_of(reply: Any) -> Any:
    """Return the value or text of an answer, a run or a Responses answer."""
    # `output` of a Responses answer is its items
    for name in ("output", "text", "output_text") if hasattr(reply, "turns") else ("text", "output_text"):
        value = getattr(reply, name, None)
        if value is not None:
            return value
    return None


def describe_error(error: Exception) -> dict[str, Any]:
    """Return an error as the fields of a line."""
    status = getattr(error, "status", None)
    message = error.message if isinstance(error, GatewayError) else str(error)
    retryable = isinstance(error, RequestError) or (isinstance(status, int) and (status in BUSY or status >= 500))
    return {
        "type": type(error).__name__,
        "status": status if isinstance(status, int) else None,
        "message": message,
        "retryable": retryable,
    }
