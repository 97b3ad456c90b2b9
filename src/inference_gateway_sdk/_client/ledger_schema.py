"""The tables of a ledger, and running sums of the settled calls, so that a budget need not read every row.

A window is the sum for one budget from the beginning of one period. It is made by reading the rows once. After that,
triggers add each call that is settled, in the same transaction. Triggers also work for processes of earlier releases
that have the file open. Any other change of a settled row discards all windows, and the next call makes them again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal

from .ledger_rows import where

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

__all__ = ["APPLICATION", "VERSION", "open_amount", "prepare_tables", "settled_amount"]

APPLICATION: Final = 0x69677763  # "igwc": SQLite's application_id of a ledger file
VERSION: Final = 3
_OPEN: Final = "state IN ('reserved', 'unsettled')"
_CALLS: Final = (
    """
    CREATE TABLE calls (
        id INTEGER PRIMARY KEY, at REAL NOT NULL, state TEXT NOT NULL, operation TEXT, provider TEXT, model TEXT,
        currency TEXT NOT NULL, kind TEXT NOT NULL, total TEXT, at_least TEXT NOT NULL, at_most TEXT,
        pico INTEGER NOT NULL, tokens INTEGER NOT NULL, usage TEXT, price TEXT, session TEXT,
        host TEXT NOT NULL, pid INTEGER NOT NULL, deadline REAL NOT NULL, replaces INTEGER)
    """,
    "CREATE INDEX calls_at ON calls (at)",
    "CREATE INDEX calls_open ON calls (state) WHERE state = 'reserved'",
    """
    CREATE TABLE tags (call INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (call, name))
        WITHOUT ROWID
    """,
)
# The anchor is '', a session or one "name=value": it finds the windows of a call without reading all of them.
_WINDOWS: Final = (
    f"CREATE INDEX calls_unsettled ON calls (deadline) WHERE {_OPEN}",
    """
    CREATE TABLE windows (
        id INTEGER PRIMARY KEY, scope TEXT NOT NULL, since REAL NOT NULL, anchor TEXT NOT NULL, unit TEXT NOT NULL,
        currency TEXT, session TEXT, amount INTEGER NOT NULL, UNIQUE (scope, since))
    """,
    "CREATE INDEX windows_anchor ON windows (anchor)",
    """
    CREATE TABLE window_tags (
        window INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (window, name)) WITHOUT ROWID
    """,
    """
    CREATE TRIGGER windows_deleted AFTER DELETE ON windows BEGIN
        DELETE FROM window_tags WHERE window = OLD.id;
    END
    """,
    f"""
    CREATE TRIGGER calls_settled AFTER UPDATE OF state ON calls
    WHEN OLD.{_OPEN} AND NOT NEW.{_OPEN} AND NEW.state <> 'replaced' BEGIN
        UPDATE windows
        SET amount = amount + CASE unit WHEN 'money' THEN NEW.pico WHEN 'tokens' THEN NEW.tokens ELSE 1 END
        WHERE anchor IN (
            SELECT '' UNION ALL SELECT NEW.session UNION ALL SELECT name || '=' || value FROM tags WHERE call = NEW.id)
        AND since <= NEW.at AND (currency IS NULL OR currency = NEW.currency)
        AND (session IS NULL OR session = NEW.session)
        AND NOT EXISTS (
            SELECT 1 FROM window_tags AS wanted WHERE wanted.window = windows.id AND NOT EXISTS (
                SELECT 1 FROM tags WHERE call = NEW.id AND name = wanted.name AND value = wanted.value));
    END
    """,  # noqa: S608  (only constants)
    f"CREATE TRIGGER calls_changed AFTER UPDATE ON calls WHEN NOT OLD.{_OPEN} BEGIN DELETE FROM windows; END",  # noqa: S608
    f"CREATE TRIGGER calls_added AFTER INSERT ON calls WHEN NOT NEW.{_OPEN} BEGIN DELETE FROM windows; END",  # noqa: S608
    f"CREATE TRIGGER calls_removed AFTER DELETE ON calls WHEN NOT OLD.{_OPEN} BEGIN DELETE FROM windows; END",  # noqa: S608
)
_PERIODS: Final = 6  # windows of one budget: the current hour, day, month and all time, and some that end
_MOST: Final = 10_000  # windows of all budgets: those of ended clients would stay
_COLUMN: Final = {"money": "pico", "tokens": "tokens", "calls": "1"}


def prepare_tables(database: sqlite3.Connection, version: int) -> None:
    """Make the tables that a database of an earlier version lacks; an empty one is of version 0."""
    statements: list[str] = [*_CALLS] if version == 0 else []
    if version == 1:  # of a release that could not reprice
        statements.append("ALTER TABLE calls ADD COLUMN replaces INTEGER")
    if version < VERSION:
        statements += [*_WINDOWS, f"PRAGMA application_id = {APPLICATION}", f"PRAGMA user_version = {VERSION}"]
    for statement in statements:
        database.execute(statement)


def open_amount(
    database: sqlite3.Connection, now: float, *, unit: Literal["money", "tokens", "calls"], currency: str, since: float,
    tags: Mapping[str, str], session: str | None,
) -> int:  # fmt: skip
    """Return the amount that calls in progress have reserved, and broken ones until their deadline."""
    condition, values = _condition(unit, currency, since, tags, session)
    (amount,) = database.execute(
        f"SELECT sum({_COLUMN[unit]}) FROM calls INDEXED BY calls_unsettled"  # noqa: S608  (only constants)
        f" WHERE {_OPEN} AND deadline > :now AND {condition}",
        {**values, "now": now},
    ).fetchone()
    return amount or 0


def settled_amount(
    database: sqlite3.Connection, *, unit: Literal["money", "tokens", "calls"], currency: str, since: float,
    tags: Mapping[str, str], session: str | None,
) -> int:  # fmt: skip
    """Return the amount of the calls that have ended. The first call for a window makes it."""
    key = [unit, currency if unit == "money" else None, session, sorted(tags.items())]
    scope = json.dumps(key)
    select = "SELECT amount FROM windows WHERE scope = ? AND since = ?"
    found = database.execute(select, (scope, since)).fetchone()
    if found is None:
        condition, values = _condition(unit, currency, since, tags, session)
        found = database.execute(
            f"SELECT coalesce(sum({_COLUMN[unit]}), 0) FROM calls WHERE NOT {_OPEN} AND {condition}",  # noqa: S608
            values,
        ).fetchone()
        tag = next(iter(tags.items()), None)
        anchor = session if session is not None else "" if tag is None else "=".join(tag)
        row: tuple[Any, ...] = (scope, since, anchor, *key[:3], *found)
        _add_window(database, row, tags)
    amount: int = found[0]
    return amount


def _add_window(database: sqlite3.Connection, row: tuple[Any, ...], tags: Mapping[str, str]) -> None:
    cursor = database.execute(
        "INSERT INTO windows (scope, since, anchor, unit, currency, session, amount) VALUES (?, ?, ?, ?, ?, ?, ?)", row
    )
    number = cursor.lastrowid or 0
    database.executemany("INSERT INTO window_tags VALUES (?, ?, ?)", [(number, *tag) for tag in tags.items()])
    database.execute(
        "DELETE FROM windows WHERE id <= ? OR id IN"
        " (SELECT id FROM windows WHERE scope = ? ORDER BY id DESC LIMIT -1 OFFSET ?)",
        (number - _MOST, row[0], _PERIODS),
    )


def _condition(
    unit: str, currency: str, since: float, tags: Mapping[str, str], session: str | None
) -> tuple[str, dict[str, Any]]:
    condition, values = where(since, None, tags)
    if session is not None:
        condition, values["session"] = f"{condition} AND session = :session", session
    if unit == "money":
        condition, values["currency"] = f"{condition} AND currency = :currency", currency
    return condition, values
