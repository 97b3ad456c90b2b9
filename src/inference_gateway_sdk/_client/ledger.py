"""The ledger of costs: one row for each call, in memory or in an SQLite file that several processes may share.

A row is reserved before its call is sent and settled afterwards. Budgets are checked in the transaction that reserves,
so that calls which run at the same time cannot exceed them together. Imported only by clients that have a ledger.
"""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import threading
import warnings
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

from .._model.cost import Cost, Price, cost_of, exact_sum
from .._model.type_info import strict_decode
from .._model.unknown_fields import set_module
from .._model.usage import Usage
from .ledger_rows import Entry, LedgerRow, LedgerSum, Spent, Time, seconds, where
from .prices import price_finder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["Ledger"]

_APPLICATION: Final = 0x69677763  # "igwc": SQLite's application_id of a ledger file
_VERSION: Final = 2
_PICO: Final = 10**12
_SCHEMA: Final = """
CREATE TABLE calls (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, state TEXT NOT NULL, operation TEXT, provider TEXT, model TEXT,
    currency TEXT NOT NULL, kind TEXT NOT NULL, total TEXT, at_least TEXT NOT NULL, at_most TEXT,
    pico INTEGER NOT NULL, tokens INTEGER NOT NULL, usage TEXT, price TEXT, session TEXT,
    host TEXT NOT NULL, pid INTEGER NOT NULL, deadline REAL NOT NULL, replaces INTEGER);
CREATE INDEX calls_at ON calls (at);
CREATE INDEX calls_open ON calls (state) WHERE state = 'reserved';
CREATE TABLE tags (call INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (call, name))
    WITHOUT ROWID;
"""
# A broken call keeps its reservation until its deadline. Then the lower bound counts, which may be 0.
_COUNTED: Final = "CASE WHEN state IN ('reserved', 'unsettled') AND deadline <= :now THEN 0 ELSE {} END"
_ROW: Final = (
    "id, at, state, operation, provider, model, total, at_least, at_most, currency, kind, usage, price, replaces"
)
_BATCH: Final = 1000  # rows of one transaction: other processes wait for it
_INHERITED: Final[list[sqlite3.Connection]] = []
_COLUMNS: Final = {
    "model": "coalesce(model, '')",
    "provider": "coalesce(provider, '')",
    "operation": "coalesce(operation, '')",
    "day": "date(at, 'unixepoch')",
    "kind": "kind",
}


class _ExactSum:
    """An SQLite aggregate over decimal text. Its result is NULL if a value is NULL and `strict` is set."""

    def __init__(self) -> None:
        self.values: list[Decimal] = []
        self.unbounded = False

    def step(self, value: str | None, strict: int) -> None:
        if value is not None:
            self.values.append(Decimal(value))
        elif strict:
            self.unbounded = True

    def finalize(self) -> str | None:
        return None if self.unbounded else format(exact_sum(self.values), "f")


@set_module
class Ledger:
    """The costs of calls.

    Args:
        path: An SQLite file, which is created if it does not exist. Several processes on one machine may share it.
            None keeps the ledger in memory.

    A ledger may be shared between clients and threads. After a fork, a file is opened again by the child. A ledger in
    memory is empty in the child, which emits a warning.

    Raises:
        ValueError: The file is not a ledger.
        OSError: The file cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        name: Any = None if path is None else os.fspath(path)
        if isinstance(name, bytes):
            raise TypeError("path must be text or a path, got bytes")
        self._path: str | None = name
        self._host = platform.node()
        self._pending: deque[Callable[[sqlite3.Connection], None]] = deque()
        self._executor: ThreadPoolExecutor | None = None
        self._closed = False
        self._connect()

    @property
    def in_memory(self) -> bool:
        """True if the ledger has no file."""
        return self._path is None

    # --- the connection

    def _connect(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._owner = 0
        name = ":memory:" if self._path is None else self._path
        try:
            database = sqlite3.connect(name, timeout=60, isolation_level=None, check_same_thread=False)
        except sqlite3.OperationalError as error:
            raise OSError(f"the ledger {name} cannot be opened: {error}") from None
        try:
            self._prepare(database)
        except sqlite3.DatabaseError as error:
            database.close()
            raise ValueError(f"path: {name} is not a ledger ({error}): name another file") from None
        except BaseException:
            database.close()
            raise
        database.create_aggregate("exact_sum", 2, _ExactSum)  # type: ignore[arg-type]
        self._database = database

    def _prepare(self, database: sqlite3.Connection) -> None:
        if self._path is not None:
            # Before the first write: a database of another program must not be changed, not even its journal.
            (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
            (application,) = database.execute("PRAGMA application_id").fetchone()
            if tables and application != _APPLICATION:
                raise ValueError(f"path: {self._path} is a database of another program: name another file")
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=NORMAL")
        database.execute("BEGIN IMMEDIATE")
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version == 1:  # of a release that could not reprice
            database.execute("ALTER TABLE calls ADD COLUMN replaces INTEGER")
        if version == 0:
            for statement in _SCHEMA.strip().split(";\n"):
                if statement.strip():
                    database.execute(statement)
            database.execute(f"PRAGMA application_id = {_APPLICATION}")
        if version < _VERSION:
            database.execute(f"PRAGMA user_version = {_VERSION}")
        database.execute("COMMIT")
        if version > _VERSION:
            raise ValueError(f"path: {self._path} was written by a newer version: update inference-gateway-sdk")

    def _check_process(self) -> None:
        if self._closed:
            raise RuntimeError("the ledger is closed: make another one")
        if self._pid != os.getpid():
            self._executor = None
            self._pending = deque()
            _INHERITED.append(self._database)  # kept open: closing it here would end locks of the parent
            if self._path is None:
                text = "a ledger in memory does not follow a fork, so it is empty in this process: give it a file"
                warnings.warn(text, RuntimeWarning, stacklevel=4)
            self._connect()

    def _transaction(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        """Run `work` in a transaction, after the settlements that wait."""
        self._check_process()
        if self._owner == threading.get_ident():
            raise RuntimeError("the ledger is in use by the code that this signal handler interrupted")
        with self._lock:
            self._owner = threading.get_ident()
            try:
                self._begin()
                try:
                    self._database.execute("SAVEPOINT work")
                    result = work(self._database)
                except BaseException:
                    self._database.execute("ROLLBACK TO work")  # a refused call does not undo the settlements
                    raise
                finally:
                    self._database.execute("COMMIT")
            finally:
                self._owner = 0
        self._settle_pending()  # some may have come from finalizers meanwhile
        return result

    def _begin(self) -> None:
        """Begin a transaction with the settlements that wait."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            while self._pending:
                self._pending[0](self._database)
                self._pending.popleft()  # only now: one that fails stays
        except BaseException:
            self._database.execute("ROLLBACK")
            raise

    def _settle_pending(self) -> None:
        """Write the settlements that wait, unless someone else is at the database and will write them."""
        while self._pending and self._lock.acquire(blocking=False):
            try:
                self._owner = threading.get_ident()
                self._begin()
                self._database.execute("COMMIT")
            finally:
                self._owner = 0
                self._lock.release()

    def run_in_worker(self, work: Callable[[], Any]) -> Any:
        """Run `work` in the ledger's thread and return its future: an event loop must not wait for a file."""
        self._check_process()
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, thread_name_prefix="igw-ledger")
        return self._executor.submit(work)

    # --- reservations

    def reserve(self, entry: Entry, check: Callable[[Ledger], None] | None = None) -> int:
        """Reserve the upper bound of a call and return the id of its row.

        Args:
            entry: The call.
            check: A function that is called in the same transaction, and raises to refuse.
        """

        def work(database: sqlite3.Connection) -> int:
            self._reclaim(database)
            if check is not None:
                check(self)
            counted = entry.least if entry.most is None else entry.most
            cursor = database.execute(
                "INSERT INTO calls (at, state, operation, provider, model, currency, kind, at_least, at_most, pico,"
                " tokens, session, host, pid, deadline)"
                " VALUES (?, 'reserved', ?, ?, ?, ?, 'priced', '0', ?, ?, ?, ?, ?, ?, ?)",
                (entry.at, entry.operation, entry.provider, entry.model, entry.currency, _text(entry.most),
                 _pico(counted), entry.tokens, entry.session, self._host, self._pid, entry.deadline),
            )  # fmt: skip
            row = cursor.lastrowid or 0
            database.executemany("INSERT INTO tags VALUES (?, ?, ?)", [(row, *tag) for tag in entry.tags.items()])
            return row

        row: int = self._transaction(work)
        return row

    def spent(self, now: float, *, unit: Literal["money", "tokens", "calls"], currency: str, since: float,
              tags: Mapping[str, str], session: str | None) -> Spent:  # fmt: skip
        """Return the amounts that count against a budget. Called inside a transaction only."""
        column = {"money": "pico", "tokens": "tokens", "calls": "1"}[unit]
        condition, values = where(since, None, tags)
        if session is not None:
            condition, values["session"] = f"{condition} AND session = :session", session
        if unit == "money":
            condition, values["currency"] = f"{condition} AND currency = :currency", currency
        open_ = "state IN ('reserved', 'unsettled')"
        counted = _COUNTED.format(column)
        settled, reserved = self._database.execute(
            f"SELECT sum(CASE WHEN {open_} THEN 0 ELSE {counted} END), sum(CASE WHEN {open_} THEN {counted} ELSE 0 END)"  # noqa: S608  (only constants)
            f" FROM calls WHERE {condition}",
            {**values, "now": now},
        ).fetchone()
        scale = _PICO if unit == "money" else 1
        return Spent(Decimal(settled or 0) / scale, Decimal(reserved or 0) / scale)

    def settle(
        self, row: int, cost: Cost, *, usage: Usage | None, provider: str | None, model: str | None, broken: bool
    ) -> None:
        """Settle a row. It never raises for a lock that is held: the holder writes the settlement."""
        tokens = None if usage is None or usage.total is None else usage.total
        values: dict[str, Any] = _amounts(cost) | {
            "row": row, "state": "unsettled" if broken else "settled", "provider": provider, "model": model,
            "tokens": tokens, "usage": None if usage is None else _usage_json(usage),
        }  # fmt: skip
        if broken:
            values["pico"] = None  # the reservation counts

        def work(database: sqlite3.Connection) -> None:
            database.execute(
                "UPDATE calls SET state = :state, provider = coalesce(:provider, provider),"
                " model = coalesce(:model, model), currency = :currency,"
                " kind = :kind, total = :total, at_least = :at_least, at_most = :at_most,"
                " pico = coalesce(:pico, pico),"
                " tokens = coalesce(:tokens, CASE WHEN :pico IS NULL THEN tokens ELSE 0 END),"
                " usage = :usage, price = :price WHERE id = :row",
                values,
            )

        self._write_later(work)

    def release(self, row: int) -> None:
        """Give back the reservation of a call that was not sent."""

        def work(database: sqlite3.Connection) -> None:
            database.execute("DELETE FROM tags WHERE call = ?", (row,))
            database.execute("DELETE FROM calls WHERE id = ?", (row,))

        self._write_later(work)

    def _write_later(self, work: Callable[[sqlite3.Connection], None]) -> None:
        if self._closed or self._pid != os.getpid():
            return  # a forked child: the row is the parent's
        self._pending.append(work)
        self._settle_pending()

    def _reclaim(self, database: sqlite3.Connection) -> None:
        """Give back the reservations of processes of this machine that have ended."""
        if self._path is None or os.name != "posix":  # elsewhere, reservations end at their deadline
            return
        found = database.execute(
            "SELECT DISTINCT pid FROM calls WHERE state = 'reserved' AND host = ? AND pid <> ?", (self._host, self._pid)
        ).fetchall()
        for (pid,) in found:
            if not _is_alive(pid):
                database.execute(
                    "UPDATE calls SET state = 'lost', pico = 0, tokens = 0"
                    " WHERE state = 'reserved' AND host = ? AND pid = ?",
                    (self._host, pid),
                )

    # --- other prices

    def reprice(
        self,
        prices: Mapping[str, Price] | Callable[[str], Price | None],
        since: Time | None = None,
        *,
        until: Time | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> int:
        """Compute the costs of recorded calls again, and return the number of calls whose cost has changed.

        Such a call gets another row with the new price, which counts from now on. The old row is kept as "replaced".
        Calls without usage keep their cost: those in progress, broken ones, and calls for media.

        Args:
            prices: Prices by model, as the client's `prices=`, or a function such as `client.price_of`. A model
                without a price keeps its costs.
            since: The beginning of the time of the calls.
            until: Its end, which is not included.
            tags: Tags that the calls have.

        Raises:
            TypeError: `prices` is neither a mapping of names to prices nor a function that returns a price.
            ValueError: A name has no provider.
        """
        find = price_finder(prices)
        condition, values = where(seconds(since, "since"), seconds(until, "until"), tags or {})
        columns = "id, provider, model, usage, currency, kind, total, at_least, at_most"
        sql = (
            f"SELECT {columns} FROM calls WHERE {condition} AND state = 'settled' AND usage IS NOT NULL"  # noqa: S608  (only constants)
            f" AND id > :last ORDER BY id LIMIT {_BATCH}"
        )
        changed, values["last"], found = 0, 0, [()]
        while found:
            found = self._transaction(lambda database: database.execute(sql, values).fetchall())
            costs = {row[0]: cost for row in found if (cost := _cost_again(row, find)) is not None}
            if costs:
                changed += self._transaction(partial(_replace, costs=costs))
            values["last"] = found[-1][0] if found else 0
        return changed

    # --- reports

    def total(
        self,
        since: Time | None = None,
        *,
        until: Time | None = None,
        tags: Mapping[str, str] | None = None,
        currency: str = "USD",
    ) -> LedgerSum:
        """Return the sum of all calls.

        Args:
            since: The beginning of the time to count.
            until: Its end, which is not included.
            tags: Tags that the calls have.
            currency: The currency to sum. Currencies are never added to each other.
        """
        sums = self._sums("''", since, until, tags, currency)
        return next(iter(sums), LedgerSum(currency=currency))

    def by(
        self,
        key: str,
        since: Time | None = None,
        *,
        until: Time | None = None,
        tags: Mapping[str, str] | None = None,
        currency: str = "USD",
    ) -> list[LedgerSum]:
        """Return the sums of calls grouped by `key`, the largest first.

        Args:
            key: "model", "provider", "operation", "day", "kind", or "tag:NAME".
            since: As in `total`, like the remaining arguments.
            until: The end.
            tags: Tags that the calls have.
            currency: The currency to sum.

        Raises:
            ValueError: `key` is not one of these.
        """
        column = _COLUMNS.get(key)
        name = key.removeprefix("tag:")
        if column is None:
            if not key.startswith("tag:") or not name:
                raise ValueError(f"key must be one of {', '.join(_COLUMNS)} or 'tag:NAME', got {key!r}")
            column = "coalesce((SELECT value FROM tags WHERE call = calls.id AND name = :tag_name), '')"
        sums = self._sums(column, since, until, tags, currency, tag_name=name)
        return sorted(sums, key=lambda row: (-row.at_least, row.key))

    def rows(
        self, since: Time | None = None, *, until: Time | None = None, replaced: bool = False
    ) -> Iterator[LedgerRow]:
        """Yield the calls, oldest first.

        Args:
            since: The beginning of the time to read.
            until: Its end, which is not included.
            replaced: Also yield the rows that `reprice` has replaced.
        """
        condition, values = where(seconds(since, "since"), seconds(until, "until"), {}, replaced=replaced)

        def work(database: sqlite3.Connection) -> list[Any]:
            self._reclaim(database)
            tags: dict[int, dict[str, str]] = {}
            for call, name, value in database.execute(
                f"SELECT call, name, value FROM tags JOIN calls ON id = call WHERE {condition}",  # noqa: S608
                values,
            ):
                tags.setdefault(call, {})[name] = value
            found = database.execute(
                f"SELECT {_ROW}"  # noqa: S608  (only constants)
                f" FROM calls WHERE {condition} ORDER BY at, id", values
            )  # fmt: skip
            return [(row, tags.get(row[0], {})) for row in found]

        for row, tags in self._transaction(work):
            number, at, state, operation, provider, model, total, least, most, currency, kind, usage, price, old = row
            yield LedgerRow(
                id=number, replaces=old, at=datetime.fromtimestamp(at, UTC), state=state, operation=operation,
                provider=provider, model=model, total=_decimal(total), at_least=Decimal(least),
                at_most=_decimal(most), currency=currency, kind=kind,
                tags=tags, usage=None if usage is None else json.loads(usage),
                price=None if price is None else json.loads(price),
            )  # fmt: skip

    def _sums(self, column: str, since: Time | None, until: Time | None, tags: Mapping[str, str] | None,
              currency: str, **more: str) -> list[LedgerSum]:  # fmt: skip
        condition, values = where(seconds(since, "since"), seconds(until, "until"), tags or {})
        sql = (
            f"SELECT {column} AS key, sum(currency = :currency),"  # noqa: S608  (only constants)
            " exact_sum(CASE WHEN currency = :currency THEN total END, 0),"
            " exact_sum(CASE WHEN currency = :currency THEN at_least END, 0),"
            " exact_sum(CASE WHEN currency = :currency THEN at_most ELSE '0' END, 1),"
            " sum((currency = :currency) * tokens),"
            " sum(currency = :currency AND kind = 'unknown'), sum(kind = 'subscription'),"
            " sum(state IN ('reserved', 'unsettled', 'lost')), sum(currency <> :currency)"
            f" FROM calls WHERE {condition} GROUP BY key"
        )

        def work(database: sqlite3.Connection) -> list[Any]:
            self._reclaim(database)
            return database.execute(sql, {**values, **more, "currency": currency}).fetchall()

        found = self._transaction(work)
        return [
            LedgerSum(
                key=key, calls=calls, known=Decimal(known), at_least=Decimal(least), at_most=_decimal(most),
                tokens=tokens, unknown_calls=unknown, subscription_calls=subscription, unsettled_calls=unsettled,
                currency=currency, other_currencies=other,
            )
            for key, calls, known, least, most, tokens, unknown, subscription, unsettled, other in found
        ]  # fmt: skip

    def close(self) -> None:
        """Write the settlements that wait, and close the file. Calling it twice is harmless."""
        self._close(wait=True)

    def _close(self, *, wait: bool) -> None:
        if self._closed:
            return
        if self._executor is not None and self._pid == os.getpid():
            self._executor.shutdown(wait=wait)
        if self._pid == os.getpid():
            self._settle_pending()
            with self._lock:
                self._database.close()
        self._closed = True

    def __del__(self) -> None:
        if getattr(self, "_database", None) is not None and not self._closed:
            with suppress(Exception):  # at the interpreter's end, anything may be missing
                self._close(wait=False)  # its jobs hold the ledger, so none is left; this may be its own thread

    def __reduce__(self) -> tuple[Any, ...]:
        if self._path is None:
            raise TypeError("a ledger in memory cannot be pickled: give it a file")
        return Ledger, (self._path,)

    def __repr__(self) -> str:
        return f"Ledger({'' if self._path is None else repr(self._path)})"


def _cost_again(row: tuple[Any, ...], find: Callable[[str], Price | None]) -> Cost | None:
    """Return the new cost of a row, None if it has not changed."""
    _, provider, model, usage, *old = row
    price = None if model is None else find(model)
    if price is None:
        return None
    cost = cost_of(strict_decode(usage, Usage), price, provider=provider)
    new = [cost.currency, cost.kind, *map(_text, (cost.total, cost.at_least, cost.at_most))]
    return None if new == old else cost


def _replace(database: sqlite3.Connection, *, costs: Mapping[int, Cost]) -> int:
    """Add a row with a new cost for each of these, and return how many were still to be replaced."""
    changed = 0
    for row, cost in costs.items():
        values = {**_amounts(cost), "row": row}
        if not database.execute(
            "UPDATE calls SET state = 'replaced' WHERE id = ? AND state = 'settled'", (row,)
        ).rowcount:
            continue  # another process has replaced it
        cursor = database.execute(
            "INSERT INTO calls (at, state, operation, provider, model, currency, kind, total, at_least, at_most, pico,"
            " tokens, usage, price, session, host, pid, deadline, replaces)"
            " SELECT at, 'settled', operation, provider, model, :currency, :kind, :total, :at_least, :at_most, :pico,"
            " tokens, usage, :price, session, host, pid, deadline, id FROM calls WHERE id = :row",
            values,
        )
        database.execute("INSERT INTO tags SELECT ?, name, value FROM tags WHERE call = ?", (cursor.lastrowid, row))
        changed += 1
    return changed


def _amounts(cost: Cost) -> dict[str, Any]:
    """Return the columns of a cost. Budgets count its upper bound, as far as there is one."""
    counted = next(one for one in (cost.total, cost.at_most, cost.at_least) if one is not None)
    return {
        "currency": cost.currency, "kind": cost.kind, "total": _text(cost.total), "at_least": _text(cost.at_least),
        "at_most": _text(cost.at_most), "pico": _pico(counted),
        "price": None if cost.price is None else json.dumps(cost.price.to_dict()),
    }  # fmt: skip


def _usage_json(usage: Usage) -> str:
    import msgspec

    return msgspec.json.encode(usage).decode()


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _pico(amount: Decimal) -> int:
    """Return an amount in units of 1e-12, rounded up: budgets must not count less than was spent."""
    numerator, denominator = amount.as_integer_ratio()
    return min(-(-numerator * _PICO // denominator), 2**53)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is alive, and another user's
        return True
    return True
