"""The running sums of budgets: exact for all writers of a file, kept after a refusal, and cheap with many rows."""

from __future__ import annotations

import random
import sqlite3
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_gateway_sdk import FREE, Ledger, Price, Usage
from inference_gateway_sdk._client import ledger_schema
from inference_gateway_sdk._client.ledger_rows import Entry, Spent
from inference_gateway_sdk._model.cost import cost_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PRICES = {"USD": Price(input=1, output=10), "EUR": Price(input=2, output=3, currency="EUR")}
TAGS: list[dict[str, str]] = [{}, {"team": "a"}, {"team": "b", "job": "x"}, {"job": "x"}, {"job": "x=team"}]
# Each is (unit, currency, since, tags, session): all windows that the budgets below look at.
SCOPES: list[tuple[Any, ...]] = [
    (unit, currency, since, tags, session)
    for unit, currency in (("money", "USD"), ("money", "EUR"), ("tokens", "USD"), ("calls", "USD"))
    for since in (0.0, 1000.0)
    for tags, session in (*((tags, None) for tags in TAGS), ({}, "s1"), ({"job": "x"}, "s1"))
]


def spent(ledger: Ledger, now: float, scope: tuple[Any, ...]) -> Spent:
    """Return the amounts that a budget counts, and reserve nothing."""
    unit, currency, since, tags, session = scope
    found: list[Spent] = []

    def look(ledger: Ledger) -> None:
        found.append(ledger.spent(now, unit=unit, currency=currency, since=since, tags=tags, session=session))
        raise InterruptedError

    with pytest.raises(InterruptedError):
        ledger.reserve(entry(), look)
    return found[0]


def counted(ledger: Ledger, now: float, scope: tuple[Any, ...]) -> Spent:
    """Return the same amounts from the rows."""
    unit, currency, since, wanted, session = scope
    database = ledger._database
    sums = {True: Decimal(0), False: Decimal(0)}
    columns = "id, at, state, currency, pico, tokens, session, deadline"
    for number, at, state, paid, pico, tokens, client, deadline in database.execute(f"SELECT {columns} FROM calls"):
        tags = dict(database.execute("SELECT name, value FROM tags WHERE call = ?", (number,)).fetchall())
        is_open = state in ("reserved", "unsettled")
        if state == "replaced" or at < since or (is_open and deadline <= now) or not wanted.items() <= tags.items():
            continue
        if (session is not None and session != client) or (unit == "money" and paid != currency):
            continue
        sums[is_open] += {"money": Decimal(pico) / 10**12, "tokens": tokens, "calls": 1}[unit]
    return Spent(sums[False], sums[True])


def entry(at: float = 1000.0, tags: Mapping[str, str] | None = None, **more: Any) -> Entry:
    """A call to be reserved."""
    given = {"deadline": at + 100, "most": Decimal(7), "tokens": 9, **more}
    return Entry(at=at, operation="chat", provider="openai", model="openai/m", tags=tags or {}, **given)


def settle(ledger: Ledger, row: int, currency: str = "USD", *, tokens: int = 1, broken: bool = False) -> None:
    """End a call with an answer of this many tokens, or broken off."""
    usage = None if broken else Usage(input=tokens, output=tokens)
    cost = cost_of(usage, PRICES[currency], most=Decimal(7))
    ledger.settle(row, cost, usage=usage, provider="openai", model="openai/m", broken=broken)


STEP = st.tuples(
    st.sampled_from(["whole", "broken", "release", "keep", "look", "reprice"]),
    st.sampled_from(TAGS),
    st.sampled_from(["USD", "EUR"]),
    st.integers(0, 50),
    st.sampled_from([500.0, 1000.0, 1050.0]),
    st.sampled_from(["s1", "s2"]),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(STEP, max_size=14), st.randoms(use_true_random=False))
def test_sums_are_those_of_the_rows(steps: list[tuple[Any, ...]], order: random.Random) -> None:
    """After any calls, in any order of their ends, and after new prices, each budget counts exactly the rows."""
    ledger = Ledger()
    some = order.sample(SCOPES, 8)
    for scope in some:
        spent(ledger, 1000.0, scope)  # makes the window: the calls are added to it
    opened: list[tuple[int, Any]] = []
    for kind, tags, currency, tokens, at, session in steps:
        if kind == "look":
            scope = order.choice(SCOPES)
            assert spent(ledger, 1120.0, scope) == counted(ledger, 1120.0, scope)
        elif kind == "reprice":
            ledger.reprice({"openai/m": Price(input=tokens, output=1)})
        else:
            opened.append(
                (ledger.reserve(entry(at, tags, currency=currency, session=session)), (kind, currency, tokens))
            )
            order.shuffle(opened)
        if len(opened) > 3:
            end(ledger, *opened.pop())
    for row, how in opened:
        end(ledger, row, how)
    for scope in some:
        for now in (1000.0, 1120.0):
            assert spent(ledger, now, scope) == counted(ledger, now, scope), scope
    ledger.close()


def end(ledger: Ledger, row: int, how: tuple[str, str, int]) -> None:
    """End a call in one of the ways."""
    kind, currency, tokens = how
    if kind == "release":
        ledger.release(row)
    elif kind != "keep":
        settle(ledger, row, currency, tokens=tokens, broken=kind == "broken")


def downgrade(path: Path, version: int) -> sqlite3.Connection:
    """Turn a ledger into one of an earlier version, and return a connection to it."""
    database = sqlite3.connect(path, isolation_level=None)
    for kind, name in database.execute(
        "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    ).fetchall():
        if kind == "trigger" or name in ("windows", "window_tags", "calls_unsettled"):
            database.execute(f"DROP {kind} IF EXISTS {name}")
    if version == 1:
        database.execute("ALTER TABLE calls DROP COLUMN replaces")
    database.execute(f"PRAGMA user_version = {version}")
    return database


@pytest.mark.parametrize("version", [1, 2])
def test_files_of_earlier_versions_are_upgraded(tmp_path: Path, version: int) -> None:
    """An earlier file opens with its sums, and counts what a process of the earlier release still writes to it."""
    path = tmp_path / "costs.sqlite"
    ledger = Ledger(path)
    settle(ledger, ledger.reserve(entry(tags={"team": "a"})))
    ledger.close()
    earlier = downgrade(path, version)
    ledgers = [Ledger(path), Ledger(path)]
    scope = ("money", "USD", 0.0, {"team": "a"}, None)
    row = ledgers[0].reserve(entry(tags={"team": "a"}))
    assert [spent(ledger, 1000.0, scope) for ledger in ledgers] == [Spent(Decimal(11), Decimal(7))] * 2
    earlier.execute("UPDATE calls SET state = 'settled', pico = 5000000000000 WHERE id = ?", (row,))
    assert [spent(ledger, 1000.0, scope) for ledger in ledgers] == [Spent(Decimal(16), Decimal(0))] * 2
    copied = "at, state, operation, provider, model, currency, kind, at_least, pico, tokens, host, pid, deadline"
    earlier.execute(f"INSERT INTO calls ({copied}) SELECT {copied} FROM calls WHERE id = ?", (row,))
    earlier.execute("INSERT INTO tags VALUES (last_insert_rowid(), 'team', 'a')")
    assert [spent(ledger, 1000.0, scope) for ledger in ledgers] == [Spent(Decimal(21), Decimal(0))] * 2
    assert ledgers[1].reprice({"openai/m": FREE}) == 1
    assert [spent(ledger, 1000.0, scope) for ledger in ledgers] == [Spent(Decimal(10), Decimal(0))] * 2
    earlier.execute("UPDATE calls SET state = 'replaced' WHERE id = ?", (row,))
    assert [spent(ledger, 1000.0, scope) for ledger in ledgers] == [Spent(Decimal(5), Decimal(0))] * 2
    earlier.execute("DELETE FROM calls WHERE state = 'settled'")
    assert [spent(ledger, 1000.0, scope) for ledger in ledgers] == [Spent(Decimal(0), Decimal(0))] * 2
    assert earlier.execute("PRAGMA user_version").fetchone() == (ledger_schema.VERSION,)
    for ledger in ledgers:
        ledger.close()
    earlier.close()


def steps_of_a_call(ledger: Ledger, *scopes: tuple[Any, ...]) -> int:
    """Return the number of SQLite's steps for a call with budgets."""
    steps = [0]

    def count() -> int:
        steps[0] += 1
        return 0

    ledger._database.set_progress_handler(count, 1)
    for scope in scopes:
        spent(ledger, 1000.0, scope)
    settle(ledger, ledger.reserve(entry(tags={"team": "a"})))
    ledger._database.set_progress_handler(None, 0)
    return steps[0]


def test_the_work_of_a_call_does_not_grow_with_the_rows() -> None:
    """A call needs as many steps with 2,000 rows as with 20, and a refused one keeps the sum that it had to compute."""
    ledger, scope = Ledger(), ("money", "USD", 0.0, {"team": "a"}, None)
    found: list[int] = []
    for rows in (20, 1980):
        for _ in range(rows):
            settle(ledger, ledger.reserve(entry(tags={"team": "a"})))
        first = steps_of_a_call(ledger, scope)
        found.append(steps_of_a_call(ledger, scope))
        assert first > found[-1] or rows != 20, "the first call reads the rows"
    assert found[1] < 1.2 * found[0]


def test_windows_of_ended_periods_and_clients_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A budget keeps the windows of its last periods, and a ledger those of its last budgets. All sums stay exact."""
    monkeypatch.setattr(ledger_schema, "_MOST", 20)
    ledger = Ledger()
    settle(ledger, ledger.reserve(entry(tags={"team": "a"}, session="s1")))
    count = "SELECT (SELECT count(*) FROM windows), (SELECT count(DISTINCT window) FROM window_tags)"
    for hour in range(10):
        assert spent(ledger, 0.0, ("calls", "USD", hour * 100.0, {"team": "a"}, None)).settled == 1
    assert ledger._database.execute(count).fetchone() == (6, 6)
    for number in range(40):
        assert spent(ledger, 0.0, ("calls", "USD", 0.0, {}, f"s{number}")).settled == (number == 1)
    assert ledger._database.execute(count).fetchone() == (20, 0)
    settle(ledger, ledger.reserve(entry(tags={"team": "a"}, session="s39")))
    for scope in SCOPES:
        assert spent(ledger, 1000.0, scope) == counted(ledger, 1000.0, scope)
    ledger.close()
