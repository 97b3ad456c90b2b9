"""The ledger: sums, files shared by processes, and files whose writer was killed."""

from __future__ import annotations

import json
import os
import pickle
import random
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from client.faulty_transport import HANG, STREAM, WHOLE, Attempt, BlockingTransport
from inference_gateway_sdk import (
    FREE,
    Budget,
    BudgetExceededError,
    InferenceGatewayClient,
    Ledger,
    Price,
    RateLimitError,
    StreamTruncatedError,
    Usage,
)
from inference_gateway_sdk._client.ledger_rows import Entry
from inference_gateway_sdk._model.cost import cost_of
from inference_gateway_sdk.cli.app import app
from support.server import GOOD

URL = "http://gateway.invalid"
PRICES = {"openai/m": Price(input="0.000001", output="0.000010"), "openai/e": Price(input=1, output=1, currency="EUR")}


def client(ledger: Ledger | None, *plan: Attempt, **options: Any) -> InferenceGatewayClient:
    """A client whose requests go as planned."""
    return InferenceGatewayClient(URL, driver=BlockingTransport([*plan]), ledger=ledger, prices=PRICES, **options)


@pytest.mark.parametrize("in_file", [False, True])
def test_calls_are_recorded(tmp_path: Path, in_file: bool) -> None:
    """A whole call, a stream and a broken stream are rows with cost, tags and state, and add up in the sums."""
    ledger = Ledger(tmp_path / "costs.sqlite" if in_file else None)
    with client(ledger, WHOLE, STREAM, Attempt(body=tuple(GOOD[:3]))) as calls:
        reply = calls.generate_content("openai/m", "Hi", max_tokens=5, tags={"job": "a"})
        with calls.generate_content_stream("openai/m", "Hi", max_tokens=5, tags={"job": "b"}) as stream:
            assert stream.cost is None
            answer = stream.final()
            assert answer.cost == stream.cost
        broken_stream = calls.generate_content_stream("openai/m", "Hi", max_tokens=5)
        with pytest.raises(StreamTruncatedError), broken_stream as stream:
            stream.final()
        assert stream.cost is not None and stream.cost.total is None
    assert reply.cost.total == Decimal("0.000021")
    whole, streamed, broken = ledger.rows()
    assert (whole.state, whole.total, whole.tags) == ("settled", reply.cost.total, {"job": "a"})
    assert whole.usage == {"input": 1, "output": 2} and whole.price is not None and whole.price["output"] == "0.000010"
    assert (streamed.state, streamed.total) == ("settled", answer.cost.total)
    assert (broken.state, broken.total, broken.at_least) == ("unsettled", None, 0)
    assert broken.at_most == stream.cost.at_most
    total = ledger.total()
    assert (total.calls, total.unsettled_calls) == (3, 1)
    assert total.known == reply.cost.total + answer.cost.total == total.at_least  # type: ignore[operator]
    assert total.at_most == total.known + broken.at_most  # type: ignore[operator]
    assert [(row.key, row.calls) for row in ledger.by("tag:job")] == [("a", 1), ("b", 1), ("", 1)]
    assert ledger.total(tags={"job": "a"}).known == reply.cost.total
    assert ledger.total(since=datetime.now(UTC).replace(year=2999)).calls == 0
    assert ledger.total(since=date(2000, 1, 1), until="2999-01-01").calls == 3
    ledger.close()


def test_currencies_are_never_added() -> None:
    """A sum is of one currency, and counts the calls of the others."""
    ledger = Ledger()
    with client(ledger, WHOLE, WHOLE) as calls:
        calls.generate_content("openai/m", "Hi")
        calls.generate_content("openai/e", "Hi")
    dollars, euros = ledger.total(), ledger.total(currency="EUR")
    assert (dollars.known, dollars.calls, dollars.other_currencies) == (Decimal("0.000021"), 1, 1)
    assert (euros.known, euros.calls, euros.other_currencies) == (3, 1, 1)


def test_refused_calls_cost_nothing_and_unsent_ones_are_no_rows(tmp_path: Path) -> None:
    """A 429 costs 0, exactly. A connection that failed costs 0. A call that a budget refuses leaves no row."""
    ledger = Ledger()
    plan = [Attempt(status=429, body=(b"{}",)), Attempt(fails="not sent"), Attempt(fails="no response")]
    with client(ledger, *plan, max_retries=0) as calls:
        for _ in plan:
            with pytest.raises(Exception, match="429|gateway.invalid"):
                calls.generate_content("openai/m", "Hi", max_tokens=5)
        with pytest.raises(BudgetExceededError):
            calls.with_options(budget=Budget("0.00001")).generate_content("openai/m", "Hi", max_tokens=5)
    assert [(row.state, row.total) for row in ledger.rows()] == [("settled", 0), ("settled", 0), ("unsettled", None)]


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.booleans()), max_size=8), st.randoms())
def test_the_order_of_settling_is_irrelevant(calls: list[tuple[int, int, bool]], order: random.Random) -> None:
    """Whatever the order in which calls end, the sums are the same and no amount is negative."""
    price = PRICES["openai/m"]
    sums = []
    for shuffle in (False, True):
        ledger = Ledger()
        rows = [(ledger.reserve(entry(most=Decimal(2))), one) for one in calls]
        if shuffle:
            order.shuffle(rows)
        for row, (read, written, broken) in rows:
            cost = cost_of(None if broken else Usage(input=read, output=written), price, most=Decimal(2))
            ledger.settle(row, cost, usage=None, provider="openai", model="openai/m", broken=broken)
        sums.append(ledger.total())
        ledger.close()
    assert sums[0] == sums[1]
    assert sums[0].known == sum((Decimal(read) + 10 * written) / 10**6 for read, written, broken in calls if not broken)
    assert sums[0].at_least >= 0


def entry(**more: Any) -> Entry:
    """A call to be reserved."""
    return Entry(at=1000.0, operation="chat", provider="openai", model="openai/m", tags={}, deadline=5000.0, **more)


KILLS = 100 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 25


def spend(path: str, report: int) -> None:
    """Make calls until the process is killed, and report each."""
    with client(Ledger(path), *[WHOLE, STREAM] * 500, budget=Budget("1000")) as calls:
        while True:
            calls.generate_content("openai/m", "Hi", max_tokens=5, tags={"pid": "x"})
            os.write(report, b".")
            with calls.generate_content_stream("openai/m", "Hi", max_tokens=5) as stream:
                stream.final()
            os.write(report, b".")


@pytest.mark.hypothesis  # `poe test-long` kills 100 times
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked children")
def test_a_killed_writer_leaves_a_ledger_that_balances(tmp_path: Path) -> None:
    """After kill -9 at random points the file opens, is intact and balances, and reservations are given back."""
    path, chance = str(tmp_path / "costs.sqlite"), random.Random(7)
    known = 0
    for _ in range(KILLS):
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(reader)
                spend(path, writer)
            finally:
                os._exit(1)
        os.close(writer)
        for _ in range(chance.randrange(6)):
            assert os.read(reader, 1) == b"."
        for _ in range(chance.randrange(3000)):
            pass  # lets the child go on to somewhere between two reports
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(reader)
        ledger = Ledger(path)
        rows = list(ledger.rows())
        assert not [row for row in rows if row.state == "reserved"], "a dead process gives back"
        settled = [row for row in rows if row.state == "settled"]
        assert all(row.total is not None and row.total > 0 for row in settled)
        total = ledger.total()
        assert total.known == sum((row.total or Decimal(0)) for row in settled)
        assert total.calls == len(rows) and len(settled) >= known, "what was settled stays"
        known = len(settled)
        ledger.close()
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    assert known > KILLS // 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_child_opens_the_file_again(tmp_path: Path) -> None:
    """Parent and child write to the same file, and a ledger in memory warns and is empty in the child."""
    in_file, in_memory = Ledger(tmp_path / "costs.sqlite"), Ledger()
    in_file.reserve(entry())
    in_memory.reserve(entry())
    pid = os.fork()
    if pid == 0:
        try:
            in_file.settle(in_file.reserve(entry()), cost_of(Usage(input=1, output=1), PRICES["openai/m"]), usage=None,
                           provider=None, model=None, broken=False)  # fmt: skip
            with pytest.warns(RuntimeWarning, match="does not follow a fork"):
                empty = in_memory.total()
            os._exit(0 if in_file.total().calls == 2 and empty.calls == 0 else 2)
        finally:
            os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert in_file.total().calls == 2 and in_memory.total().calls == 1


def test_bad_files_are_refused(tmp_path: Path) -> None:
    """A file that is not a ledger, or another program's database, is an error that names it, and stays as it was."""
    text, other = tmp_path / "notes.txt", tmp_path / "other.sqlite"
    text.write_bytes(b"Dear diary, " * 200)
    database = sqlite3.connect(other)
    database.execute("CREATE TABLE t (x)")
    database.commit()
    database.close()
    for path in (text, other):
        before = path.read_bytes()
        with pytest.raises(ValueError, match=f"path: .*{path.name} is (not a ledger|a database of another program)"):
            Ledger(path)
        assert path.read_bytes() == before
    with pytest.raises(OSError, match="cannot be opened"):
        Ledger(tmp_path / "missing" / "costs.sqlite")
    with pytest.raises(TypeError, match="bytes"):
        Ledger(os.fsencode(text))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def spent(ledger: Ledger) -> Decimal:
    """Return what a budget of money counts."""
    found: list[Decimal] = []
    look = entry()
    args: dict[str, Any] = {"unit": "money", "currency": "USD", "since": 0.0, "tags": {}, "session": None}
    with pytest.raises(ZeroDivisionError):  # look inside a transaction, and reserve nothing
        ledger.reserve(look, lambda ledger: found.append(ledger.spent(1000.0, **args).settled) or 1 / 0)
    return found[0]


@pytest.mark.parametrize("in_file", [False, True])
def test_reprice(tmp_path: Path, in_file: bool) -> None:
    """Other prices make other rows, which count in sums and budgets. Old rows stay, and broken calls keep theirs."""
    ledger = Ledger(tmp_path / "costs.sqlite" if in_file else None)
    unlisted = Attempt(body=(json.dumps({"object": "list", "data": []}).encode(),))
    plan = [WHOLE, unlisted, WHOLE, Attempt(body=tuple(GOOD[:3])), Attempt(status=429, body=(b"{}",)), WHOLE]
    with client(ledger, *plan, max_retries=0) as calls:
        calls.generate_content("openai/m", "Hi", max_tokens=5, tags={"job": "a"})
        calls.generate_content("openai/new", "Hi", max_tokens=5)
        broken = calls.generate_content_stream("openai/m", "Hi", max_tokens=5)
        with pytest.raises(StreamTruncatedError), broken:
            broken.final()
        with pytest.raises(RateLimitError):
            calls.generate_content("openai/m", "Hi", max_tokens=5)
        calls.generate_content("openai/e", "Hi", max_tokens=5)
    before = list(ledger.rows())
    prices = {"openai/m": Price(input="0.000002", output="0.000020"), "openai/n*": Price(input=0, output="0.5")}
    assert ledger.reprice(prices) == 2
    assert ledger.reprice(prices) == 0, "nothing has changed since"
    first, new = (row for row in ledger.rows() if row.replaces is not None)
    assert (first.total, first.tags, first.replaces, first.at) == (Decimal("0.000042"), {"job": "a"}, 1, before[0].at)
    assert first.price is not None and first.price["output"] == "0.000020"
    assert (new.total, new.kind, before[1].kind, before[1].total) == (1, "priced", "unknown", None)
    old = [row for row in ledger.rows(replaced=True) if row.state == "replaced"]
    assert [(row.id, row.total, row.price) for row in old] == [(row.id, row.total, row.price) for row in before[:2]]
    assert [row for row in ledger.rows() if row.replaces is None] == before[2:]
    assert (ledger.total().calls, ledger.total().known) == (4, Decimal("1.000042"))
    assert ledger.total(tags={"job": "a"}).known == Decimal("0.000042")
    assert ledger.total(currency="EUR").calls == 1
    assert spent(ledger) == Decimal("1.000042")
    assert ledger.reprice(lambda name: None if name == "openai/m" else FREE) == 2, "openai/new and openai/e"
    assert ledger.reprice(prices, until="2000-01-01") == ledger.reprice(prices, tags={"job": "b"}) == 0
    ledger.close()


def test_reprice_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of several transactions are each replaced once."""
    monkeypatch.setattr("inference_gateway_sdk._client.ledger._BATCH", 10)
    ledger = Ledger()
    for _ in range(25):
        facts: dict[str, Any] = {"usage": Usage(input=1, output=1), "provider": "openai", "model": "openai/m"}
        ledger.settle(ledger.reserve(entry()), cost_of(facts["usage"], PRICES["openai/m"]), broken=False, **facts)
    assert ledger.reprice({"openai/*": Price(input=0, output=1)}) == 25
    assert (ledger.total().calls, ledger.total().known) == (25, 25)


@pytest.mark.parametrize(
    ("prices", "kind", "text"),
    [
        ([FREE], TypeError, "prices must be a mapping"),
        ({"openai/m": "1"}, TypeError, "'openai/m' does not"),
        ({"m": FREE}, ValueError, "'m' has no provider"),
        (lambda _: "1", TypeError, "prices must return a Price or None, got str for 'openai/m'"),
    ],
)
def test_reprice_refuses_bad_prices(prices: Any, kind: type[Exception], text: str) -> None:
    """Prices that are none are an error that names the argument, and the ledger stays as it was."""
    ledger = Ledger()
    with client(ledger, WHOLE) as calls:
        calls.generate_content("openai/m", "Hi")
    rows = list(ledger.rows())
    with pytest.raises(kind, match=text):
        ledger.reprice(prices)
    assert list(ledger.rows()) == rows


def test_lifecycle(tmp_path: Path) -> None:
    """A file ledger pickles by its path, one in memory does not, and a closed one refuses to be used."""
    ledger = Ledger(tmp_path / "costs.sqlite")
    ledger.reserve(entry())
    assert pickle.loads(pickle.dumps(ledger)).total().calls == 1
    with pytest.raises(TypeError, match="give it a file"):
        pickle.dumps(Ledger())
    ledger.close()
    ledger.close()
    with pytest.raises(RuntimeError, match="closed"):
        ledger.total()
    with pytest.raises(ValueError, match="key must be one of"):
        Ledger().by("color")
    with pytest.raises(ValueError, match="since must be a date"):
        Ledger().total(since="yesterday")


def test_a_settlement_during_a_transaction_waits() -> None:
    """A finalizer that settles while its own thread uses the database does not lock up, and nothing is lost."""
    ledger = Ledger()
    row = ledger.reserve(entry(most=Decimal(1)))

    def check(_: Ledger) -> None:
        ledger.settle(row, cost_of(Usage(input=1, output=0), PRICES["openai/m"]), usage=None, provider=None, model=None,
                      broken=False)  # fmt: skip
        with pytest.raises(RuntimeError, match="in use by the code that this signal handler interrupted"):
            ledger.total()

    ledger.reserve(entry(), check)
    assert [one.state for one in ledger.rows()] == ["settled", "reserved"]


def test_a_stream_that_is_dropped_settles(tmp_path: Path) -> None:
    """A stream that is garbage collected keeps its reservation as an unsettled row."""
    ledger = Ledger()
    calls = client(ledger, Attempt(body=(*GOOD[:2], HANG)))
    stream = calls.generate_content_stream("openai/m", "Hi", max_tokens=5)
    stream.__enter__()
    with pytest.warns(ResourceWarning, match="unclosed stream"):
        del stream
    (row,) = ledger.rows()
    assert row.state == "unsettled" and row.at_most is not None


def test_igw_costs(tmp_path: Path) -> None:
    """`igw costs` prints the sums of a ledger, as a table or JSON, and refuses a file that is not one."""
    path = tmp_path / "costs.sqlite"
    ledger = Ledger(path)
    model = {"id": "openai/unpriced", "object": "model", "created": 0, "owned_by": "", "served_by": "openai"}
    listed = Attempt(body=(json.dumps({"object": "list", "data": [model]}).encode(),))
    with client(ledger, WHOLE, listed, WHOLE) as calls:
        calls.generate_content("openai/m", "Hi", tags={"team": "search"})
        calls.generate_content("openai/unpriced", "Hi")
    ledger.close()
    run = CliRunner().invoke(app, ["costs", str(path), "--json", "--by", "model"])
    found = json.loads(run.stdout)
    assert [(row["key"], row["known"], row["unknown_calls"]) for row in found["rows"]] == [
        ("openai/m", "0.000021", 0),
        ("openai/unpriced", "0", 1),
    ]
    assert (found["total"]["known"], found["total"]["at_most"]) == ("0.000021", None)
    table = CliRunner().invoke(app, ["costs", str(path), "--by", "tag:team", "--tag", "team=search"]).stdout
    assert "search" in table and "0.000021 USD" in table
    command = [
        sys.executable,
        "-c",
        "import inference_gateway_sdk.cli as cli; cli.main()",
        "costs",
        str(tmp_path / "none.sqlite"),
    ]
    missing = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert missing.returncode == 2 and "does not exist" in missing.stderr
