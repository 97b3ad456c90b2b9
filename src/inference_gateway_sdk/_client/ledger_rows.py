"""The values of a ledger: calls to be reserved, rows, sums and times."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (users resolve the annotations of public classes)
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from msgspec import Struct

from .._model.unknown_fields import set_module

__all__ = ["Entry", "LedgerRow", "LedgerSum", "Spent", "Time", "seconds", "where"]

Time: TypeAlias = str | float | date
"""A point in time: seconds since the epoch, a date, a datetime, or one of these as ISO 8601 text. UTC by default."""


class Entry(Struct, frozen=True, kw_only=True):
    """A call to be reserved.

    Attributes:
        at: Seconds since the epoch.
        operation: As in `CallBegan`, like the next three.
        provider: The requested provider.
        model: The requested model.
        tags: The tags of the call.
        currency: The currency of the price.
        least: The lower bound of the cost.
        most: The upper bound of the cost, None if there is none.
        tokens: The upper bound of the tokens, 0 if there is none.
        session: An id of the client.
        deadline: The time until which a broken call keeps its reservation.
    """

    at: float
    operation: str
    provider: str | None
    model: str | None
    tags: Mapping[str, str]
    currency: str = "USD"
    least: Decimal = Decimal(0)
    most: Decimal | None = None
    tokens: int = 0
    session: str = ""
    deadline: float = 0.0


class Spent(Struct, frozen=True):
    """The amounts that count against a budget, in its unit.

    Attributes:
        settled: The amount of the calls that have ended.
        reserved: The amount reserved by calls in progress and by broken calls.
    """

    settled: Decimal
    reserved: Decimal


@set_module
class LedgerSum(Struct, frozen=True, kw_only=True):
    """The costs of several calls in one currency.

    Attributes:
        key: The value that the calls share in `Ledger.by`, "" for a total.
        calls: The number of calls.
        known: The exact sum of the calls whose cost is known exactly.
        at_least: The lower bound of the sum of all calls.
        at_most: The upper bound, or None if a call has none.
        tokens: The number of tokens.
        unknown_calls: The number of calls without a price.
        subscription_calls: The number of calls paid by a subscription.
        unsettled_calls: The number of calls that are in progress or broke.
        currency: Three-letter code of the currency.
        other_currencies: The number of calls priced in other currencies, which are not part of the sum.
    """

    key: str = ""
    calls: int = 0
    known: Decimal = Decimal(0)
    at_least: Decimal = Decimal(0)
    at_most: Decimal | None = Decimal(0)
    tokens: int = 0
    unknown_calls: int = 0
    subscription_calls: int = 0
    unsettled_calls: int = 0
    currency: str = "USD"
    other_currencies: int = 0


@set_module
class LedgerRow(Struct, frozen=True, kw_only=True):
    """One call in a ledger.

    Attributes:
        id: The number of the row in its ledger.
        at: The time at which the call began.
        state: "settled"; "reserved" while it is in progress; "unsettled" after a break; "lost" if its process ended;
            "replaced" if `Ledger.reprice` made another row of it.
        operation: As in `CallBegan`.
        provider: The provider that answered, or the requested one.
        model: The model that was priced, or else the one that the gateway selected or that was requested.
        total: As in `Cost`, like the next four.
        at_least: The lower bound.
        at_most: The upper bound.
        currency: The currency.
        kind: The kind of the cost.
        tags: The tags of the call.
        usage: The tokens used, as JSON values, or None.
        price: The price used, as JSON values, or None.
        replaces: The number of the row of the same call that this one replaces, or None.
    """

    id: int
    at: datetime
    state: str
    operation: str
    provider: str | None
    model: str | None
    total: Decimal | None
    at_least: Decimal
    at_most: Decimal | None
    currency: str
    kind: str
    tags: dict[str, str]
    usage: dict[str, Any] | None
    price: dict[str, Any] | None
    replaces: int | None = None


def where(
    since: float | None, until: float | None, tags: Mapping[str, str], *, replaced: bool = False
) -> tuple[str, dict[str, Any]]:
    """Return a condition and its values. Rows that `reprice` has replaced count only on request."""
    parts, values = ["1" if replaced else "state <> 'replaced'"], dict[str, Any]()
    if since is not None:
        parts.append("at >= :since")
        values["since"] = since
    if until is not None:
        parts.append("at < :until")
        values["until"] = until
    for number, (name, value) in enumerate(tags.items()):
        parts.append(
            "EXISTS (SELECT 1 FROM tags WHERE call = calls.id"  # noqa: S608  (only numbers)
            f" AND name = :name{number} AND value = :value{number})"
        )
        values |= {f"name{number}": name, f"value{number}": value}
    return " AND ".join(parts), values


def seconds(value: Any, name: str) -> float | None:
    """Return a time as seconds since the epoch.

    Raises:
        TypeError: It has another type.
        ValueError: It is not ISO 8601 text.
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(f"{name} must be a date such as '2026-11-01', got {value!r}") from None
    if isinstance(value, datetime):
        return (value if value.tzinfo is not None else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        return value
    raise TypeError(f"{name} must be a date, a datetime or seconds, got {type(value).__name__}")
