"""Money around a call: budgets, the estimate before a call and the cost after it.

Imported only by clients that have prices, a ledger or a budget.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping, Sequence  # noqa: TC003  (users resolve the annotations of public classes)
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Struct, structs

from .._model.arguments import check_choice
from .._model.cost import UNKNOWN, ZERO, Cost, Price, Rate, cost_of, exact_product, exact_sum, input_range
from .._model.json_values import is_iterable, is_mapping
from .._model.open_types import Concealed
from .._model.type_info import strict_decode
from .._model.unknown_fields import set_module
from ..errors import BudgetExceededError, ConnectError, StatusError
from .hooks import async_notify, notify
from .prices import price_for
from .watching import operation_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .._model.unknown_fields import Meta
    from .._model.usage import Usage
    from .._wire.call import BaseCall
    from .ledger import Ledger
    from .settings import ClientSettings
    from .watching import CallBegan, End

__all__ = [
    "Booking",
    "Budget",
    "BudgetReached",
    "async_reserve",
    "book_call",
    "cost_bounds",
    "estimate",
    "read_budgets",
    "reserve",
]

_logger = logging.getLogger("inference_gateway_sdk")

Per: TypeAlias = Literal["call", "session", "hour", "day", "month"]
Unit: TypeAlias = Literal["money", "tokens", "calls"]

_PERIODS: Final = ("call", "session", "hour", "day", "month")
_UNPAID: Final = frozenset({"listing", "mcp", "metrics", "health"})
_NOT_BILLED: Final = frozenset({400, 401, 402, 403, 404, 405, 413, 415, 422, 429, 503, 529})
_OVERHEAD: Final = 256  # bytes of a request's JSON that are not text of the prompt
_SHORTEST: Final = 16  # bytes of a token, for a lower bound
_TOOL_PROMPT: Final = 1000  # tokens that providers add to a prompt with tools
# Content whose tokens its bytes do not bound. Inside a string the quotes would be escaped: {"content": "\"file_id\":"}
_UNBOUNDED: Final = re.compile(
    rb'"(?:image_url|file_id|file_url|input_audio|file_data|previous_response_id|conversation)"\s*:|"type"\s*:\s*"(?:image|document|input_image|input_file)"'
    rb'|"prompt"\s*:\s*\{'
)


class _Limit(Struct, frozen=True):
    """The only argument of a budget that needs no name."""

    limit: Rate


@set_module
class Budget(Concealed, _Limit, frozen=True, kw_only=True):
    """A limit of money, tokens or calls. A call reserves its upper bound before it is sent.

    Attributes:
        limit: The limit, as decimal text, a Decimal or an int.
        per: The time that the limit covers: "call", "session" (this client and its copies), or the current calendar
            "hour", "day" or "month" in UTC. None for all time.
        unit: "money", "tokens" or "calls".
        currency: The currency of a limit of money.
        tags: The budget counts and limits only calls that have these tags.
        soft: Never refuse a call.
        warn_at: The share of the limit, or several, at which a warning is logged and `on_budget` is called, once for
            each period. A soft budget also warns at 1, the whole limit.
        assume_input: The number of input tokens to assume for images, audio and files, whose size is not known.
        assume_output: The number of generated tokens to assume for a call without a token limit.
        unknown: "refuse" or "allow" calls that have no upper bound. Allowed ones count with what is known.
        unsettled_after: Seconds for which a call that broke keeps its reservation.

    Raises (on construction):
        TypeError: An argument has the wrong type.
        ValueError: An argument has an invalid value.
    """

    per: Per | None = None
    unit: Unit = "money"
    currency: str = "USD"
    tags: Mapping[str, str] = {}
    soft: bool = False
    warn_at: float | Sequence[float] | None = None
    assume_input: int | None = None
    assume_output: int | None = None
    unknown: Literal["refuse", "allow"] = "refuse"
    unsettled_after: float = 3600.0

    def __post_init__(self) -> None:
        structs.force_setattr(self, "limit", _amount("limit", self.limit))
        choices: dict[str, tuple[Any, ...]] = {
            "per": (None, *_PERIODS),
            "unit": ("money", "tokens", "calls"),
            "unknown": ("refuse", "allow"),
        }
        for name, allowed in choices.items():
            check_choice(name, getattr(self, name), allowed)
        tags: Any = self.tags
        if not is_mapping(tags):
            raise TypeError(f"tags must be a mapping of names to strings, got {type(tags).__name__}")
        for name in ("assume_input", "assume_output"):
            tokens = getattr(self, name)
            if tokens is not None and (type(tokens) is not int or tokens < 0):
                raise ValueError(f"{name} must be a number of tokens, got {tokens!r}")
        if not all(type(share) in (int, float) and 0 < share <= 1 for share in _as_list(self.warn_at)):
            raise ValueError(f"warn_at must be a share between 0 and 1, got {self.warn_at!r}")
        Price(input=0, output=0, currency=self.currency)  # checks the currency

    @property
    def amount(self) -> Decimal:
        """The limit as a number."""
        return _amount("limit", self.limit)

    @property
    def shares(self) -> tuple[float, ...]:
        """The shares of the limit to warn at, in ascending order."""
        shares: set[float] = set(_as_list(self.warn_at))
        return tuple(sorted(shares | {1} if self.soft else shares))

    def covers(self, tags: Mapping[str, str]) -> bool:
        """Return whether a call with these tags counts."""
        return all(tags.get(name) == value for name, value in self.tags.items())

    def since(self, now: float) -> float:
        """Return the beginning of the current period, in seconds since the epoch."""
        at = datetime.fromtimestamp(now, UTC).replace(minute=0, second=0, microsecond=0)
        if self.per == "day":
            at = at.replace(hour=0)
        elif self.per == "month":
            at = at.replace(day=1, hour=0)
        return at.timestamp() if self.per in ("hour", "day", "month") else 0.0

    def __repr__(self) -> str:
        unit = f" {self.currency}" if self.unit == "money" else f" {self.unit}"
        return f"Budget({self.amount:f}{unit}{'' if self.per is None else f' per {self.per}'})"


def _as_list(shares: Any) -> list[Any]:
    if shares is None:
        return []
    return list(shares) if is_iterable(shares) and not isinstance(shares, (str, bytes)) else [shares]


@set_module
class BudgetReached(Struct, frozen=True, kw_only=True):
    """Event when a share of a budget is used that `warn_at` names, once for each share and period.

    It comes before the call that reaches the share is sent. Of several shares that a call reaches, it has the largest.

    Attributes:
        budget: The budget.
        share: The share of `warn_at`, or 1 of a soft budget.
        spent: The amount of the calls that have ended, in the budget's unit.
        reserved: The amount reserved by calls in progress, including this one.
        model: The model of the call.
        tags: The tags of the call.
    """

    budget: Budget
    share: float
    spent: Decimal
    reserved: Decimal
    model: str | None = None
    tags: Mapping[str, str] = {}


def _amount(name: str, value: object) -> Decimal:
    try:
        price = Price(input=value, output=0)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError) as error:
        raise type(error)(str(error).replace("input", name, 1)) from None
    amount = price.rate("input")
    if amount is None:
        raise TypeError(f"{name} must be an amount, got None")
    return amount


def read_budgets(value: Any) -> tuple[Budget, ...]:
    """Return the budgets of a client.

    Raises:
        TypeError: The value is neither a Budget nor a list of them.
    """
    budgets = (value,) if isinstance(value, Budget) else value
    if not is_iterable(budgets) or isinstance(budgets, (str, bytes)) or is_mapping(budgets):
        raise TypeError(f'budget must be a Budget such as Budget("5.00"), got {type(value).__name__}')
    found = tuple(budgets)
    for budget in found:
        if not isinstance(budget, Budget):
            raise TypeError(f'budget must hold Budgets such as Budget("5.00"), got {type(budget).__name__}')
    return found


class _Limits(Struct):
    """The fields of a request that bound its answer."""

    max_tokens: Any = None
    max_completion_tokens: Any = None
    max_output_tokens: Any = None
    n: Any = None


class Estimate(Struct, frozen=True, kw_only=True):
    """The bounds of a call before it is sent.

    Attributes:
        least: The lower bound of its cost.
        most: The upper bound, None if there is none.
        tokens: The upper bound of its tokens, None if there is none.
        missing: For an error message, the reason for an unknown upper bound. Empty if the bound is known.
    """

    least: Decimal = ZERO
    most: Decimal | None = None
    tokens: int | None = None
    missing: str = ""


def estimate(call: BaseCall, price: Price | None, budgets: Iterable[Budget] = ()) -> Estimate:
    """Return the bounds of a call.

    A token is at least one byte of the request, so that its bytes bound the tokens of its text. The size of images,
    audio and files must be assumed.
    """
    operation, body = operation_of(call.path), call.body or b""
    chosen = list(budgets)
    if operation not in ("chat", "responses", "messages"):
        return Estimate(missing=f"the cost of {call.path} depends on more than tokens: set unknown='allow'")
    unbounded = _UNBOUNDED.search(body) is not None
    size: int | None = len(body) + (_TOOL_PROMPT if b'"tools"' in body else 0)
    if unbounded:
        assumed = [budget.assume_input for budget in chosen if budget.assume_input is not None]
        size = len(body) + max(assumed) if assumed else None
    output = _most_output(body)
    if output is None:
        output = max((budget.assume_output for budget in chosen if budget.assume_output is not None), default=None)
    shortest = 0 if unbounded else max(0, len(body) - _OVERHEAD) // _SHORTEST
    tokens = None if size is None or output is None else size + output
    if price is None:
        return Estimate(tokens=tokens, missing=f"the price of {call.model} is not known: set prices=")
    least, most = input_range(price, shortest, size)
    if operation == "messages" and b'"cache_control"' in body and price.cache_write_1h is None and most is not None:
        most = exact_sum([most, most])  # written for an hour, which costs twice the input
    rates = [rate for name, rate in price.known.items() if name.endswith("output")]
    if price.subscription:
        return Estimate(least=ZERO, most=ZERO, tokens=tokens)
    if most is None:
        return Estimate(
            least=least, tokens=tokens, missing="its images, audio or files have no bound: set assume_input="
        )
    if output is None:
        return Estimate(
            least=least, tokens=tokens, missing="its answer has no bound: give max_tokens=, or assume_output="
        )
    dearest = exact_product(max(rates), Decimal(output))
    return Estimate(least=least, most=exact_sum([most, dearest]), tokens=tokens)


def _most_output(body: bytes) -> int | None:
    try:
        asked = strict_decode(body, _Limits)
    except msgspec.DecodeError:
        return None
    limits = (asked.max_completion_tokens, asked.max_tokens, asked.max_output_tokens)
    limit = next((one for one in limits if isinstance(one, int)), None)
    return None if limit is None else limit * (asked.n if isinstance(asked.n, int) else 1)


class Booking:
    """The money of one call: its reservation, and its cost when it has ended.

    Attributes:
        cost: The cost, None before the end.
        reached: The shares of budgets that the reservation has reached.
    """

    __slots__ = ("_began", "_estimate", "_row", "_settings", "_worker", "cost", "reached")

    def __init__(self, settings: ClientSettings[Any], began: CallBegan, estimate: Estimate) -> None:
        self._settings = settings
        self._began = began
        self._estimate = estimate
        self._row: int | None = None
        self._worker = False
        self.cost: Cost | None = None
        self.reached: list[tuple[Any, BudgetReached]] = []

    @property
    def file_ledger(self) -> Ledger | None:
        """The ledger if it is a file that this call is written to."""
        ledger = self._settings.ledger
        return None if ledger is None or ledger.in_memory or self._began.operation in _UNPAID else ledger

    def reserve(self, now: float, *, worker: bool = False) -> None:
        """Reserve the upper bound of the call.

        Args:
            now: Seconds since the epoch.
            worker: The ledger is used in its own thread, because an event loop must not wait for a file.

        Raises:
            BudgetExceededError: A budget does not allow the call.
            ValueError: A budget needs an upper bound that the call does not have, or another currency.
        """
        ledger, began = self._settings.ledger, self._began
        if ledger is None or began.operation in _UNPAID:
            return
        from .ledger_rows import Entry

        budgets = [budget for budget in self._settings.budgets if budget.covers(began.tags)]
        _, price = price_for(self._settings, began.model)
        for budget in budgets:
            self._check_bound(budget, price)
        keep = max((budget.unsettled_after for budget in budgets), default=3600.0)
        entry = Entry(
            at=now,
            operation=began.operation,
            provider=began.provider,
            model=began.model,
            tags=began.tags,
            currency="USD" if price is None else price.currency,
            least=self._estimate.least,
            most=self._estimate.most,
            tokens=self._estimate.tokens or 0,
            session=self._settings.session,
            deadline=now + keep,
        )
        self._worker = worker
        self._row = ledger.reserve(entry, lambda ledger: self._check_budgets(ledger, budgets, now))

    def _check_bound(self, budget: Budget, price: Price | None) -> None:
        estimate = self._estimate
        if budget.unit == "money" and price is not None and price.currency != budget.currency:
            raise ValueError(
                f"budget: the price of {self._began.model} is in {price.currency} and the budget in {budget.currency}:"
                " give a budget for each currency, with tags that keep them apart"
            )
        bound = {"money": estimate.most, "tokens": estimate.tokens, "calls": 1}[budget.unit]
        if bound is None and not budget.soft and budget.unknown == "refuse":
            reason = estimate.missing or "its answer has no bound: give max_tokens=, or assume_output="
            raise ValueError(f"budget: this call has no upper bound, because {reason} (or unknown='allow')")

    def _check_budgets(self, ledger: Ledger, budgets: list[Budget], now: float) -> None:
        estimate = self._estimate
        self.reached = []
        for budget in budgets:
            asked = {
                "money": estimate.least if estimate.most is None else estimate.most,
                "tokens": Decimal(estimate.tokens or 0),
                "calls": Decimal(1),
            }[budget.unit]
            settled = reserved = ZERO
            if budget.per != "call":
                session = self._settings.session if budget.per == "session" else None
                spent = ledger.spent(
                    now,
                    unit=budget.unit,
                    currency=budget.currency,
                    since=budget.since(now),
                    tags=budget.tags,
                    session=session,
                )
                settled, reserved = spent.settled, spent.reserved
            after = exact_sum([settled, reserved, asked])
            if after > budget.amount and not budget.soft:
                raise BudgetExceededError(
                    f"the call could exceed {budget!r}: {settled:f} spent, {reserved:f} reserved, {asked:f} asked",
                    limit=budget.amount, spent=settled, reserved=reserved, asked=asked,
                    hint="wait for the calls in progress, lower max_tokens, or raise the budget",
                )  # fmt: skip
            share = max((share for share in budget.shares if _is_reached(budget, share, after)), default=None)
            if share is not None:
                self._reach(budget, share, now, settled, exact_sum([reserved, asked]))

    def _reach(self, budget: Budget, share: float, now: float, settled: Decimal, reserved: Decimal) -> None:
        began = self._began
        event = BudgetReached(
            budget=budget, share=share, spent=settled, reserved=reserved, model=began.model, tags=began.tags
        )
        self.reached.append(((repr(budget), tuple(budget.tags.items()), budget.since(now)), event))

    def take_reached(self) -> Iterator[BudgetReached]:
        """Log and yield the shares that no call of this client and its copies has reached in their period."""
        warned = self._settings.warned
        for key, event in self.reached:
            shares = [share for share in event.budget.shares if share <= event.share]
            # Of two threads, one finds its own event: setting a default is atomic.
            new = [warned.setdefault((*key, share), event) is event for share in shares]
            if new[-1]:
                used = exact_sum([event.spent, event.reserved]) / event.budget.amount
                _logger.warning("%r is used to %d %%, with reservations", event.budget, int(used * 100))
                yield event

    def end(
        self,
        end: End,
        *,
        usage: Usage | None,
        error: BaseException | None,
        meta: Meta | None,
        answered: str | None,
    ) -> Cost:
        """Compute the cost of the call and settle its reservation. It never raises for the ledger's file."""
        began = self._began
        selected = None
        if meta is not None and meta.selected_provider and meta.selected_model:
            selected = f"{meta.selected_provider}/{meta.selected_model.removeprefix(f'{meta.selected_provider}/')}"
        provider = (meta.selected_provider if meta is not None else None) or began.provider
        asked = began.model
        if asked is not None and provider and not asked.startswith(f"{provider}/"):
            asked = f"{provider}/{asked}"
        named = None if answered is None or not provider else f"{provider}/{answered.removeprefix(f'{provider}/')}"
        model, price = price_for(self._settings, selected or asked, named, began.model)
        billed, broken = _billing(end, usage, error)
        if began.operation in _UNPAID or not billed:
            cost = Cost(total=ZERO, at_least=ZERO, at_most=ZERO, kind="free")
        else:
            least = ZERO if broken else self._estimate.least
            cost = cost_of(usage, price, provider=provider, least=least, most=self._estimate.most)
        self.cost = cost
        if self._settings.costs is not None:
            self._settings.costs.append(cost)
        self._settle(cost, usage=usage, provider=provider, model=model or selected or began.model, broken=broken)
        return cost

    def _settle(self, cost: Cost, **facts: Any) -> None:
        ledger, row = self._settings.ledger, self._row
        if ledger is None or row is None:
            return
        self._write(ledger, lambda: ledger.settle(row, cost, **facts))

    def release(self) -> None:
        """Give back the reservation of a call that was not sent."""
        ledger, row = self._settings.ledger, self._row
        if ledger is not None and row is not None:
            self._write(ledger, lambda: ledger.release(row))

    def _write(self, ledger: Ledger, work: Callable[[], None]) -> None:
        def write() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001  (the call has its answer, and only the books are wrong)
                _logger.error("the ledger could not be written: %s", error)  # noqa: TRY400  (frames hold the settings)

        if self._worker:
            try:
                ledger.run_in_worker(write)
            except RuntimeError:  # the interpreter or the ledger shuts down
                write()
        else:
            write()


def _billing(end: End, usage: Usage | None, error: BaseException | None) -> tuple[bool, bool]:
    """Return whether a call may be billed, and whether its usage will never be known."""
    if end == "whole" or usage is not None:
        return True, False
    if isinstance(error, ConnectError) or (isinstance(error, StatusError) and error.status in _NOT_BILLED):
        return False, False
    return True, True


def _is_reached(budget: Budget, share: float, after: Decimal) -> bool:
    return budget.amount > 0 and after >= exact_product(budget.amount, Decimal(repr(share)))


def book_call(settings: ClientSettings[Any], began: CallBegan, call: BaseCall) -> Booking:
    """Return the booking of a call that is about to begin. Nothing is reserved yet."""
    if began.operation in _UNPAID:
        return Booking(settings, began, Estimate(most=ZERO, tokens=0))
    _, price = price_for(settings, began.model)
    budgets = [budget for budget in settings.budgets if budget.covers(began.tags)]
    return Booking(settings, began, estimate(call, price, budgets))


def reserve(booking: Booking, now: float, on_budget: Callable[[Any], Any] | None = None) -> None:
    """Reserve the upper bound of a call (see `Booking.reserve`), and call the hook for each share that it reaches."""
    booking.reserve(now)
    try:
        for event in booking.take_reached():
            if on_budget is not None:
                notify("on_budget", on_budget, event)
    except BaseException:
        booking.release()
        raise


async def async_reserve(booking: Booking, now: float, on_budget: Callable[[Any], Any] | None = None) -> None:
    """Reserve the upper bound of a call as `reserve` does. A file is used in the ledger's thread."""
    ledger = booking.file_ledger
    if ledger is None:
        booking.reserve(now)
    else:
        await _reserve_in_worker(booking, ledger, now)
    try:
        for event in booking.take_reached():
            if on_budget is not None:
                await async_notify("on_budget", on_budget, event)
    except BaseException:
        booking.release()
        raise


async def _reserve_in_worker(booking: Booking, ledger: Ledger, now: float) -> None:
    import asyncio

    future = ledger.run_in_worker(lambda: booking.reserve(now, worker=True))
    wrapped = asyncio.wrap_future(future)
    wrapped.add_done_callback(lambda done: done.cancelled() or done.exception())  # retrieved, as the caller may be gone
    try:
        await asyncio.shield(wrapped)
    except asyncio.CancelledError:

        def give_back(_: object) -> None:
            booking.release()

        future.add_done_callback(give_back)
        raise


def cost_bounds(call: BaseCall, settings: ClientSettings[Any]) -> Cost:
    """Return the bounds of a call's cost, for `client.estimate`."""
    _, price = price_for(settings, call.model)
    if price is None:
        return UNKNOWN if call.provider is None else cost_of(None, None, provider=call.provider)
    bounds = estimate(call, price, settings.budgets)
    return cost_of(None, price, least=bounds.least, most=bounds.most)
