"""Prices of tokens, and the cost of a call: exact where every rate is known, otherwise a lower and an upper bound."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias, cast

from msgspec import Struct, structs

from .unknown_fields import set_module
from .usage import Usage  # noqa: TC001  (users resolve the annotations of public classes)

__all__ = [
    "FREE",
    "UNKNOWN",
    "Cost",
    "CostKind",
    "CostPart",
    "Price",
    "Rate",
    "cost_of",
    "exact_product",
    "exact_sum",
    "input_range",
    "listed_price",
    "sum_of_costs",
]

CostKind: TypeAlias = Literal["priced", "unknown", "subscription", "free", "local"]
"""The way in which a call is paid (see `Cost.kind`)."""

ZERO: Final = Decimal(0)
_EXACT: Final = Context(prec=200, traps=[InvalidOperation, Inexact])  # a rounded amount would be an error
_RATES: Final = ("input", "output", "cache_read", "cache_write", "cache_write_1h", "audio_input", "audio_output",
                 "image_input", "image_output")  # fmt: skip
_LOCAL: Final = frozenset({"llamacpp", "ollama"})
_LONG_PROMPT: Final = 200_000
_DIGITS: Final = 40

if TYPE_CHECKING:
    from collections.abc import Sequence

    Rate: TypeAlias = Decimal | str | int
    """An exact amount. Attributes hold it as a Decimal; floats are refused."""
else:
    Rate = Decimal  # msgspec decodes a Decimal from text, and supports no union of the three


@set_module
class Price(Struct, frozen=True, kw_only=True):
    """The price of a model: amounts per token. None means that the rate is not known, which differs from 0.

    Attributes:
        input: Rate of an input token.
        output: Rate of a generated token, including reasoning.
        cache_read: Rate of an input token read from a cache.
        cache_write: Rate of an input token written to a cache for five minutes.
        cache_write_1h: Rate of an input token written to a cache for an hour.
        audio_input: Rate of an input token of audio.
        audio_output: Rate of a generated token of audio.
        image_input: Rate of an input token of an image.
        image_output: Rate of a generated token of an image.
        currency: Three-letter code of the currency.
        source: "user", or the source named by the gateway ("provider", "community").
        updated_at: Time at which the gateway recorded the price.
        subscription: Calls are paid by a subscription, so that amounts of 0 do not mean free.

    Raises (on construction):
        TypeError: A rate is a float or of another type that is not exact.
        ValueError: A rate is negative or not a number, or `currency` is not a code.
    """

    input: Rate
    output: Rate
    cache_read: Rate | None = None
    cache_write: Rate | None = None
    cache_write_1h: Rate | None = None
    audio_input: Rate | None = None
    audio_output: Rate | None = None
    image_input: Rate | None = None
    image_output: Rate | None = None
    currency: str = "USD"
    source: str = "user"
    updated_at: str | None = None
    subscription: bool = False

    def __post_init__(self) -> None:
        for name in _RATES:
            value = getattr(self, name)
            if value is not None or name in ("input", "output"):
                structs.force_setattr(self, name, _rate(name, value))
        currency: Any = self.currency
        if not (isinstance(currency, str) and len(currency) == 3 and currency.isascii() and currency.isalpha()):
            raise ValueError(f"currency must be a three-letter code such as 'USD', got {currency!r}")

    def rate(self, name: str) -> Decimal | None:
        """Return the rate of this name as a number, None if it is not known."""
        return cast("Decimal | None", getattr(self, name))

    @property
    def known(self) -> dict[str, Decimal]:
        """The rates that are known, by name."""
        rates = ((name, self.rate(name)) for name in _RATES)
        return {name: rate for name, rate in rates if rate is not None}

    @property
    def free(self) -> bool:
        """True when every known rate is 0 and no subscription pays."""
        return not self.subscription and not any(self.known.values())

    def to_dict(self) -> dict[str, Any]:
        """Return the price as JSON values, with rates as decimal text."""
        rates = {name: format(rate, "f") for name, rate in self.known.items()}
        more = {"currency": self.currency, "source": self.source, "updated_at": self.updated_at}
        return {**rates, **more, "subscription": self.subscription}


def listed_price(pricing: Any) -> Price:
    """Return the price in the gateway's list of models (contract: `Pricing`).

    Raises:
        TypeError: A rate is not exact.
        ValueError: A rate is not a number, or the currency is not a code.
    """
    return Price(
        input=pricing.input_per_token,
        output=pricing.output_per_token,
        cache_read=pricing.cache_read_per_token,
        cache_write=pricing.cache_write_per_token,
        currency=pricing.currency,
        source=str(pricing.source),
        updated_at=pricing.updated_at,
        subscription=bool(pricing.subscription),
    )


def _rate(name: str, value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (Decimal, str, int)):
        raise TypeError(
            f"{name} must be decimal text such as '2.5e-6', a Decimal or an int, got {type(value).__name__}"
        )
    try:
        rate = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{name} must be decimal text such as '2.5e-6', got {value!r}") from None
    exponent = rate.as_tuple().exponent
    if not rate.is_finite() or rate < 0 or not isinstance(exponent, int):
        raise ValueError(f"{name} must be 0 or more, got {value!r}")
    if not -_DIGITS <= exponent <= _DIGITS or len(rate.as_tuple().digits) > _DIGITS:
        raise ValueError(f"{name} must have at most {_DIGITS} digits, got {value!r}")
    return rate


FREE: Final = Price(input=0, output=0)
"""The price of calls that cost nothing."""


@set_module
class CostPart(Struct, frozen=True, kw_only=True):
    """One kind of tokens in a cost.

    Attributes:
        name: "input", "cache_read", "cache_write", "audio_input", "image_input", "output", "audio_output" or
            "image_output". Parts do not overlap: "input" excludes cached tokens.
        tokens: The number of tokens.
        rate: The rate used, or None if it is not known.
        amount: The amount, or None if it is not known exactly.
        at_least: The lower bound of the amount.
        at_most: The upper bound, or None if there is none.
        reason: The reason why the amount is not known.
    """

    name: str
    tokens: int
    rate: Decimal | None
    amount: Decimal | None
    at_least: Decimal
    at_most: Decimal | None
    reason: str | None = None


@set_module
class Cost(Struct, frozen=True, kw_only=True):
    """The cost of a call. `at_least <= total <= at_most` always holds.

    Attributes:
        total: The exact cost. None if the price or the usage is not known exactly: unknown is never 0.
        at_least: The lower bound.
        at_most: The upper bound, or None if there is none.
        currency: Three-letter code of the currency.
        kind: "priced"; "unknown" without a price; "subscription"; "free" if every rate is 0; "local" for models that
            run on the gateway's side.
        caveat: A reason why the provider may charge more than `total`, or None.
        parts: The tokens of each kind, with rate and amount.
        price: The price used, or None.
    """

    total: Decimal | None
    at_least: Decimal
    at_most: Decimal | None
    currency: str = "USD"
    kind: CostKind = "priced"
    caveat: str | None = None
    parts: tuple[CostPart, ...] = ()
    price: Price | None = None

    def __repr__(self) -> str:
        if self.total is not None:
            return f"Cost({self.total:f} {self.currency}, {self.kind})"
        most = "?" if self.at_most is None else f"{self.at_most:f}"
        return f"Cost({self.at_least:f}..{most} {self.currency}, {self.kind})"

    def __rich_repr__(self) -> Any:
        """Yield the `repr`."""
        yield repr(self)


UNKNOWN: Final = Cost(total=None, at_least=ZERO, at_most=None, kind="unknown")
"""The cost of a call whose price is not known."""


class _Range(NamedTuple):
    low: Decimal
    high: Decimal | None


def exact_sum(amounts: Any) -> Decimal:
    """Return the exact sum of amounts, whatever the precision of the caller's decimal context."""
    total = ZERO
    for amount in amounts:
        total = _EXACT.add(total, amount)
    return total


def exact_product(one: Decimal, other: Decimal) -> Decimal:
    """Return the exact product of two amounts, whatever the precision of the caller's decimal context."""
    return _EXACT.multiply(one, other)


def _times(rate: Decimal, tokens: int) -> Decimal:
    return _EXACT.multiply(rate, Decimal(tokens))


def input_range(price: Price, least: int, most: int | None) -> tuple[Decimal, Decimal | None]:
    """Return the bounds of the cost of an input of `least` to `most` tokens, read from or written to a cache or not."""
    full = _required(price, "input")
    cheapest = min(full, price.rate("cache_read") or ZERO) if price.cache_read is not None else ZERO
    dearest = max(full, price.rate("cache_write") or ZERO, price.rate("cache_write_1h") or ZERO)
    return _times(cheapest, least), None if most is None else _times(dearest, most)


def _required(price: Price, name: str) -> Decimal:
    rate = price.rate(name)
    return ZERO if rate is None else rate


def cost_of(
    usage: Usage | None,
    price: Price | None,
    *,
    provider: str | None = None,
    least: Decimal = ZERO,
    most: Decimal | None = None,
) -> Cost:
    """Return the cost of a call.

    Args:
        usage: The tokens used, or None if the answer did not report them.
        price: The price of the model, or None if it is not known.
        provider: The provider, since local ones cost nothing.
        least: The lower bound without usage.
        most: The upper bound without usage.
    """
    if price is None:
        return Cost(total=ZERO, at_least=ZERO, at_most=ZERO, kind="local") if provider in _LOCAL else UNKNOWN
    known: dict[str, Any] = {"currency": price.currency, "price": price}
    if price.subscription:
        return Cost(total=None, at_least=ZERO, at_most=ZERO, kind="subscription", parts=_parts(usage, price), **known)
    if price.free and not _has_unpriced(usage, price):
        return Cost(total=ZERO, at_least=ZERO, at_most=ZERO, kind="free", parts=_parts(usage, price), **known)
    if usage is None:
        return Cost(total=None, at_least=least, at_most=most, **known)
    if not usage.consistent:
        low, high = _bounds_of_inconsistent(usage, price)
        return Cost(total=None, at_least=low, at_most=high, **known)
    parts = _parts(usage, price)
    low = exact_sum(part.at_least for part in parts)
    highs = [part.at_most for part in parts]
    open_ended = usage.partial or usage.input is None or usage.output is None or None in highs
    high = None if open_ended else exact_sum(highs)
    total = low if not open_ended and all(part.amount is not None for part in parts) else None
    caveat = None
    if price.source != "user" and (usage.input or 0) > _LONG_PROMPT:
        caveat = "tiers unknown: some providers charge more for prompts above 200,000 tokens"
        high = None if high is None else _times(high, 2)
    return Cost(total=total, at_least=low, at_most=high, caveat=caveat, parts=parts, **known)


def _has_unpriced(usage: Usage | None, price: Price) -> bool:
    """Return whether there are tokens of audio or images, which a text price of 0 does not cover."""
    names = ("audio_input", "audio_output", "image_input", "image_output")
    return price.source != "user" and usage is not None and any(getattr(usage, name) for name in names)


def _parts(usage: Usage | None, price: Price) -> tuple[CostPart, ...]:
    if usage is None or not usage.consistent:
        return ()
    full, output = _required(price, "input"), _required(price, "output")
    read, written = usage.cache_read or 0, usage.cache_write or 0
    special = [("audio_input", usage.audio_input or 0), ("image_input", usage.image_input or 0)]
    fresh = (usage.input or 0) - read - written - sum(tokens for _, tokens in special)
    parts: list[CostPart] = []
    if fresh < 0 or (read and any(tokens for _, tokens in special)):  # cached audio counts in both
        parts.append(_overlapping(usage, price))
    else:
        parts.append(_part("input", fresh, full))
        if read:
            parts.append(_part("cache_read", read, price.rate("cache_read"), _Range(ZERO, full), "no rate for reading"))
        parts.extend(_written(usage, price, written))
        parts.extend(
            _part(name, tokens, price.rate(name), _Range(full, None), f"no rate for {name}")
            for name, tokens in special
            if tokens
        )
    spoken = [("audio_output", usage.audio_output or 0), ("image_output", usage.image_output or 0)]
    text = (usage.output or 0) - sum(tokens for _, tokens in spoken)
    if text < 0:
        known = [rate for rate in (output, *(price.rate(name) for name, _ in spoken)) if rate is not None]
        unbounded = any(tokens and price.rate(name) is None for name, tokens in spoken)
        between = _Range(min(known), None if unbounded else max(known))
        return (*parts, _part("output", usage.output or 0, None, between, "subsets of the output may overlap"))
    parts.append(_part("output", text, output))
    parts.extend(
        _part(name, tokens, price.rate(name), _Range(output, None), f"no rate for {name}")
        for name, tokens in spoken
        if tokens
    )
    return tuple(parts)


def _written(usage: Usage, price: Price, written: int) -> list[CostPart]:
    """Return the parts of tokens written to a cache: those kept for an hour are dearer."""
    hour = min(usage.cache_write_1h or 0, written)
    full, short, long = _required(price, "input"), price.rate("cache_write"), price.rate("cache_write_1h")
    twice = _times(full, 2)
    parts: list[CostPart] = []
    if written - hour:
        parts.append(_part("cache_write", written - hour, short, _Range(full, twice), "no rate for writing"))
    if hour:
        low = full if short is None else short
        parts.append(_part("cache_write_1h", hour, long, _Range(low, max(low, twice)), "no rate for an hour"))
    return parts


def _part(
    name: str, tokens: int, rate: Decimal | None, otherwise: _Range | None = None, reason: str | None = None
) -> CostPart:
    """Return a part at its rate, or between the rates `otherwise` if it has none."""
    if rate is not None:
        amount = _times(rate, tokens)
        return CostPart(name=name, tokens=tokens, rate=rate, amount=amount, at_least=amount, at_most=amount)
    low, high = otherwise or _Range(ZERO, None)
    return CostPart(
        name=name,
        tokens=tokens,
        rate=None,
        amount=None,
        at_least=_times(low, tokens),
        at_most=None if high is None else _times(high, tokens),
        reason=reason,
    )


def _overlapping(usage: Usage, price: Price) -> CostPart:
    """Return the whole input as one part, for subsets that may share tokens."""
    names = [name for name in ("cache_read", "cache_write", "audio_input", "image_input") if getattr(usage, name)]
    rates = [_required(price, "input"), *(price.rate(name) for name in names)]
    known = [rate for rate in rates if rate is not None]
    low = ZERO if "cache_read" in names and price.cache_read is None else min(known)
    unbounded = any(price.rate(name) is None for name in names if name.endswith("_input"))
    if usage.cache_write:
        known.append(_times(_required(price, "input"), 2))
    high = None if unbounded else max(known)
    return _part("input", usage.input or 0, None, _Range(low, high), "subsets of the input may overlap")


def _bounds_of_inconsistent(usage: Usage, price: Price) -> _Range:
    """Return bounds for numbers of which a subset is larger than its whole, such as cached input counted separately."""
    full, output = _required(price, "input"), _required(price, "output")
    subsets = [usage.cache_read or 0, usage.cache_write or 0, usage.audio_input or 0, usage.image_input or 0]
    spoken = [usage.reasoning or 0, usage.audio_output or 0, usage.image_output or 0]
    least = ZERO if price.cache_read is None else min(full, _required(price, "cache_read"))
    low = exact_sum([_times(least, usage.input or 0), _times(output, usage.output or 0)])
    sounds = ("audio_input", "audio_output", "image_input", "image_output")
    unpriced = any(getattr(usage, name) and price.rate(name) is None for name in sounds)
    if usage.partial or usage.input is None or usage.output is None or unpriced:
        return _Range(low, None)
    rates = price.known
    dearest_in = max(_times(full, 2), *(rate for name, rate in rates.items() if not name.endswith("output")))
    dearest_out = max(rate for name, rate in rates.items() if name.endswith("output"))
    high = [_times(dearest_in, usage.input + sum(subsets)), _times(dearest_out, usage.output + sum(spoken))]
    return _Range(low, exact_sum(high))


def sum_of_costs(costs: Sequence[Cost]) -> Cost:
    """Return the cost of several calls together.

    Its total is None unless each call has one. Costs in several currencies have no sum, and no bounds.
    """
    if not costs:
        return Cost(total=ZERO, at_least=ZERO, at_most=ZERO, kind="free")
    currencies = sorted({cost.currency for cost in costs if cost.price is not None} or {costs[0].currency})
    if len(currencies) > 1:
        text = f"the calls have prices in {' and '.join(currencies)}, which are not added"
        return Cost(total=None, at_least=ZERO, at_most=None, kind="unknown", caveat=text)
    totals, highs = [cost.total for cost in costs], [cost.at_most for cost in costs]
    prices = [cost.price for cost in costs if cost.price is not None]
    return Cost(
        total=None if None in totals else exact_sum(totals),
        at_least=exact_sum(cost.at_least for cost in costs),
        at_most=None if None in highs else exact_sum(highs),
        currency=currencies[0],
        kind=_kind_of_sum({cost.kind for cost in costs}),
        caveat=next((cost.caveat for cost in costs if cost.caveat is not None), None),
        parts=_merged_parts(costs),
        price=prices[0] if prices and all(price == prices[0] for price in prices) else None,
    )


def _kind_of_sum(kinds: set[CostKind]) -> CostKind:
    for kind in ("unknown", "priced", "subscription", "free", "local"):
        if kind in kinds:
            return kind
    return "unknown"


def _merged_parts(costs: Sequence[Cost]) -> tuple[CostPart, ...]:
    """Return the parts of several costs. Those of the same name, rate and reason are one."""
    merged: dict[tuple[str, Decimal | None, str | None], list[CostPart]] = {}
    for part in (part for cost in costs for part in cost.parts):
        merged.setdefault((part.name, part.rate, part.reason), []).append(part)
    return tuple(
        CostPart(
            name=name,
            tokens=sum(part.tokens for part in parts),
            rate=rate,
            amount=None if any(part.amount is None for part in parts) else exact_sum(part.amount for part in parts),
            at_least=exact_sum(part.at_least for part in parts),
            at_most=None if any(part.at_most is None for part in parts) else exact_sum(part.at_most for part in parts),
            reason=reason,
        )
        for (name, rate, reason), parts in merged.items()
    )
