"""Budgets: calls that run at the same time cannot exceed one together, and what a budget cannot bound is refused."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from client.faulty_transport import STREAM, WHOLE, AsyncTransport, Attempt, BlockingTransport
from client.invented import Invented
from inference_gateway_sdk import (
    FREE,
    AsyncInferenceGatewayClient,
    Budget,
    BudgetExceededError,
    BudgetReached,
    InferenceGatewayClient,
    InternalError,
    Ledger,
    Price,
    StreamTruncatedError,
)
from inference_gateway_sdk._client.runtime import Runtime
from support.server import ANSWER, DONE, USAGE, Connection, Request, chunk, serving
from support.worlds import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

URL = "http://gateway.invalid"
# The answer of the server has two tokens, so that each call costs exactly its reservation, 0.002.
PRICES = {"openai/m": Price(input=0, output="0.001")}
FIFTY = Budget("0.1")
CALLS = 500
RUNS = 10 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 1  # `poe test-long` repeats the calls at once


@contextmanager
def counting() -> Iterator[Any]:
    """A server that answers, and counts the requests."""

    def answer(connection: Connection, _: Request) -> None:
        connection.json(ANSWER)

    with serving(answer) as server:
        yield server


def in_threads(url: str, ledger: Ledger, calls: int) -> int:
    """Make calls from 16 threads. Return how many were refused."""

    def one(_: int) -> bool:
        try:
            client.generate_content("openai/m", "Hi", max_tokens=2)
        except BudgetExceededError:
            return True
        return False

    client = InferenceGatewayClient(url, ledger=ledger, budget=FIFTY, prices=PRICES, proxy=None)
    with client, ThreadPoolExecutor(16) as pool:
        return sum(pool.map(one, range(calls)))


def in_tasks(url: str, ledger: Ledger, calls: int) -> int:
    """Make all calls at once as tasks. Return how many were refused."""

    async def one(client: AsyncInferenceGatewayClient) -> bool:
        try:
            await client.generate_content("openai/m", "Hi", max_tokens=2)
        except BudgetExceededError:
            return True
        return False

    async def all_of_them() -> int:
        async with AsyncInferenceGatewayClient(url, ledger=ledger, budget=FIFTY, prices=PRICES, proxy=None) as client:
            return sum(await asyncio.gather(*(one(client) for _ in range(calls))))

    return asyncio.run(all_of_them())


@pytest.mark.hypothesis
@pytest.mark.parametrize("run", range(RUNS))
@pytest.mark.parametrize("how", [in_threads, in_tasks])
@pytest.mark.parametrize("in_file", [False, True])
def test_calls_at_once_do_not_exceed_a_budget(tmp_path: Path, how: Any, in_file: bool, run: int) -> None:
    """Of 500 calls at once against a budget for 50, the server receives exactly 50, and the budget is used up."""
    ledger = Ledger(tmp_path / "costs.sqlite" if in_file else None)
    with counting() as server:
        assert how(server.url, ledger, CALLS) == CALLS - 50
        assert len(server.requests) == 50
    ledger.close()
    if in_file:
        ledger = Ledger(tmp_path / "costs.sqlite")
        assert (ledger.total().known, ledger.total().calls) == (Decimal("0.1"), 50)
        ledger.close()


@pytest.mark.hypothesis
@pytest.mark.parametrize("run", range(RUNS))
@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_four_processes_share_a_budget(tmp_path: Path, run: int) -> None:
    """Four processes with 125 calls each and one ledger file send exactly 50 together."""
    path, (reader, writer) = str(tmp_path / "costs.sqlite"), os.pipe()
    Ledger(path).close()
    children = []
    for number in range(4):
        pid = os.fork()
        if pid == 0:
            try:
                url = os.read(reader, 100).decode().strip()
                work = in_threads if number % 2 else in_tasks
                ledger = Ledger(path)
                work(url, ledger, CALLS // 4)
                ledger.close()
                os._exit(0)
            finally:
                os._exit(1)
        children.append(pid)
    with counting() as server:
        for _ in children:
            os.write(writer, server.url.ljust(100).encode())
        assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0] * 4
        assert len(server.requests) == 50
    ledger = Ledger(path)
    assert (ledger.total().known, ledger.total().calls) == (Decimal("0.1"), 50)
    ledger.close()


def client(*plan: Attempt, now: list[float] | None = None, **options: Any) -> InferenceGatewayClient:
    """A client whose requests go as planned, at the time of `now`."""
    made = InferenceGatewayClient(URL, driver=BlockingTransport([*plan]), **{"prices": PRICES, **options})
    clock = now or [1_700_000_000.0]
    made._with_runtime(Runtime(lambda: 0.0, lambda: clock[0], lambda _: None, lambda: 0.0))
    return made


def allowed(calls: InferenceGatewayClient, **params: Any) -> bool:
    """Make a call. Return whether the budget allowed it."""
    try:
        calls.generate_content("openai/m", "Hi", **{"max_tokens": 2, **params})
    except BudgetExceededError:
        return False
    return True


@pytest.mark.parametrize(
    ("per", "same", "other"),
    [
        ("hour", 60, 3600),
        ("day", 3600, 86400),
        ("month", 86400, 86400 * 30),
        ("session", 86400, None),
        (None, 1e9, None),
    ],
)
def test_periods(per: Any, same: float, other: float | None) -> None:
    """A budget covers the current calendar hour, day or month in UTC, a client and its copies, or all time."""
    now = [1_699_920_000.0]  # 14 November 2023, 00:00 UTC
    calls = client(*[WHOLE] * 9, now=now, budget=Budget("0.002", per=per), ledger=Ledger())
    assert allowed(calls) and not allowed(calls)
    now[0] += same
    assert not allowed(calls.with_options(max_retries=0))
    if other is not None:
        now[0] += other
        assert allowed(calls)
    elsewhere = client(WHOLE, now=now, budget=Budget("0.002", per=per), ledger=calls._settings.ledger)
    assert allowed(elsewhere) is (per == "session")


def test_a_budget_per_call() -> None:
    """A budget for each call refuses only what is larger by itself."""
    calls = client(*[WHOLE] * 3, budget=Budget("0.002", per="call"))
    assert [allowed(calls), allowed(calls), allowed(calls, max_tokens=3)] == [True, True, False]


@pytest.mark.parametrize(("unit", "limit", "count"), [("calls", 2, 2), ("tokens", 300, 3), ("money", "0.005", 2)])
def test_units(unit: Any, limit: Any, count: int) -> None:
    """A budget counts calls, tokens or money. Several must all agree."""
    budget = Budget(limit, unit=unit)
    calls = client(*[WHOLE] * 9, budget=[budget, Budget(1000, unit="calls")])
    results = [allowed(calls) for _ in range(5)]
    if unit == "tokens":  # each reserves the bytes of its request, and settles at 3 tokens
        assert all(results)
        assert not allowed(calls, max_tokens=300)
    else:
        assert results == [True] * count + [False] * (5 - count)


def test_tags() -> None:
    """A budget with tags counts and limits only the calls that have them."""
    calls = client(*[WHOLE] * 9, budget=Budget("0.002", tags={"team": "search"}))
    assert allowed(calls, tags={"team": "search"}) and not allowed(calls, tags={"team": "search", "job": "x"})
    assert allowed(calls, tags={"team": "ads"}) and allowed(calls)


def test_the_error_has_the_amounts_and_nothing_is_sent() -> None:
    """The refusal names limit, spent, reserved and asked, and no request is made."""
    calls = client(WHOLE, STREAM, budget=Budget("0.005"))
    assert allowed(calls)
    with pytest.raises(
        BudgetExceededError, match=r"Budget\(0.005 USD\): 0.002 spent, 0 reserved, 0.004 asked"
    ) as caught:
        calls.generate_content("openai/m", "Hi", max_tokens=4)
    error = caught.value
    assert (error.limit, error.spent, error.reserved, error.asked) == tuple(
        map(Decimal, ("0.005", "0.002", "0", "0.004"))
    )
    stream = calls.generate_content_stream("openai/m", "Hi", max_tokens=4)
    with pytest.raises(BudgetExceededError), stream:
        pass
    assert calls._session._driver.sent == 1  # type: ignore[attr-defined]


def test_reservations_end() -> None:
    """An open stream holds its reservation; one that broke keeps it until its time has passed."""
    now = [1_700_000_000.0]
    calls = client(Attempt(body=STREAM.body[:3]), *[WHOLE] * 3, now=now, budget=Budget("0.003", unsettled_after=60))
    stream = calls.generate_content_stream("openai/m", "Hi", max_tokens=2)
    with pytest.raises(StreamTruncatedError), stream:
        assert not allowed(calls)
        stream.final()
    assert not allowed(calls)
    now[0] += 61
    assert allowed(calls)


def test_soft_budgets_warn_once(caplog: pytest.LogCaptureFixture) -> None:
    """A soft budget never refuses, and logs once when its share is used."""
    calls = client(*[WHOLE] * 5, budget=Budget("0.004", soft=True, warn_at=0.8))
    with caplog.at_level(logging.WARNING, "inference_gateway_sdk"):
        assert all(allowed(calls) for _ in range(5))
    assert [record.getMessage() for record in caplog.records] == [
        "Budget(0.004 USD) is used to 100 %, with reservations"
    ]


@pytest.mark.parametrize("in_file", [False, True])
@pytest.mark.parametrize("world", [World("async"), World("blocking")], ids=lambda world: world.name)
def test_on_budget_is_called_once_a_share(world: World, in_file: bool, tmp_path: Path) -> None:
    """The hook gets each share of a budget once in its period, however many calls and copies reach it."""
    events: list[BudgetReached] = []

    async def later(event: BudgetReached) -> None:
        events.append(event)

    now, tags = [1_699_920_000.0], {"team": "search"}
    budget = Budget("0.010", per="day", warn_at=[0.5, 0.3], soft=True, tags=tags)
    ledger = Ledger(tmp_path / "costs.sqlite" if in_file else None)
    hook = events.append if world.blocking else later
    options = {"budget": budget, "ledger": ledger, "prices": PRICES, "on_budget": hook, "tags": tags}
    driver = (BlockingTransport if world.blocking else AsyncTransport)([WHOLE] * 9)
    runtime = Invented().runtime(world)._replace(wall=lambda: now[0])

    async def scenario(calls: Any) -> None:
        for _ in range(7):  # 0.002 each, and never refused
            await calls.with_options(max_retries=0).generate_content("openai/m", "Hi", max_tokens=2)
        await calls.generate_content("openai/m", "Hi", max_tokens=2, tags={"team": "ads"})
        now[0] += 86_400
        await calls.generate_content("openai/m", "Hi", max_tokens=4)

    world.with_client(scenario, URL, driver=driver, _runtime=runtime, **options)
    assert [(event.share, event.spent, event.reserved) for event in events] == [
        (0.3, Decimal("0.002"), Decimal("0.002")),
        (0.5, Decimal("0.004"), Decimal("0.002")),
        (1, Decimal("0.008"), Decimal("0.002")),
        (0.3, Decimal("0"), Decimal("0.004")),
    ]
    assert all(event.budget is budget for event in events)
    assert {(event.model, event.tags["team"]) for event in events} == {("openai/m", "search")}
    ledger.close()


@pytest.mark.parametrize("in_file", [False, True])
@pytest.mark.parametrize("world", [World("async"), World("blocking")], ids=lambda world: world.name)
def test_what_on_budget_raises_is_raised(world: World, in_file: bool, tmp_path: Path) -> None:
    """An exception of the hook stops the call before it is sent, and its reservation is given back."""

    def hook(_: BudgetReached) -> None:
        raise RuntimeError("paged someone")

    ledger = Ledger(tmp_path / "costs.sqlite" if in_file else None)
    options = {"budget": Budget("0.002", warn_at=0.9), "ledger": ledger, "prices": PRICES, "on_budget": hook}
    driver = (BlockingTransport if world.blocking else AsyncTransport)([WHOLE])

    async def scenario(calls: Any) -> None:
        with pytest.raises(RuntimeError, match="paged someone"):
            await calls.generate_content("openai/m", "Hi", max_tokens=2)
        assert driver.sent == 0
        await calls.generate_content("openai/m", "Hi", max_tokens=2)

    world.with_client(scenario, URL, driver=driver, **options)
    assert ledger.total().calls == 1
    ledger.close()


def test_threads_reach_a_share_once() -> None:
    """Of 64 calls at once in threads, one calls the hook."""
    events: list[BudgetReached] = []
    calls = client(*[WHOLE] * 64, budget=Budget("0.002", soft=True), on_budget=events.append)
    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(lambda _: allowed(calls), range(64)))
    assert [event.share for event in events] == [1]


def test_a_refused_call_reaches_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A call that one budget refuses does not use up the warning of another."""
    events: list[BudgetReached] = []
    budgets = [Budget("0.002", warn_at=0.5), Budget("0.002", per="call")]
    calls = client(*[WHOLE] * 2, budget=budgets, on_budget=events.append)
    assert not allowed(calls, max_tokens=3) and events == []
    assert allowed(calls) and [event.share for event in events] == [0.5]


IMAGE = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://h.invalid/a.png"}}]}]


@pytest.mark.parametrize(
    ("model", "messages", "params", "text"),
    [
        ("openai/m", "Hi", {}, "its answer has no bound: give max_tokens="),
        ("openai/other", "Hi", {"max_tokens": 2}, "the price of openai/other is not known: set prices="),
        ("openai/m", IMAGE, {"max_tokens": 2}, "its images, audio or files have no bound: set assume_input="),
        ("openai/euro", "Hi", {"max_tokens": 2}, "the price of openai/euro is in EUR and the budget in USD"),
    ],
)
def test_calls_without_a_bound_are_refused(model: str, messages: Any, params: Any, text: str) -> None:
    """A budget refuses a call that it cannot bound, before anything is sent, and the error names the remedy."""
    listing = Attempt(body=(json.dumps({"object": "list", "data": []}).encode(),))
    prices = {**PRICES, "openai/euro": Price(input=1, output=1, currency="EUR")}
    calls = client(*([listing] if model == "openai/other" else []), budget=Budget("5"), prices=prices, max_retries=0)
    with pytest.raises(ValueError, match=text):
        calls.generate_content(model, messages, **params)
    assert calls._session._driver.sent == (model == "openai/other")  # type: ignore[attr-defined]


def test_assumptions_and_unknown_calls() -> None:
    """Assumed sizes bound a call, `unknown="allow"` lets one without a bound pass, and free models need no bound."""
    budget = Budget("5", assume_output=10, assume_input=1000)
    assert allowed(client(WHOLE, budget=budget), max_tokens=None)
    client(WHOLE, budget=budget).generate_content("openai/m", IMAGE)
    client(WHOLE, budget=Budget("5", unknown="allow")).generate_content("openai/m", "Hi")
    client(WHOLE, budget=Budget("5"), prices={"openai/*": FREE}).generate_content("openai/m", "Hi", max_tokens=9)


def test_prices_are_loaded_once_before_the_first_call() -> None:
    """A ledger loads the gateway's prices before the first call. 20 tasks share one request."""
    model = {"id": "openai/m", "object": "model", "created": 0, "owned_by": "", "served_by": "openai"}
    pricing = {"currency": "USD", "input_per_token": "0.5", "output_per_token": "1", "source": "provider",
               "updated_at": "2026-11-01T00:00:00Z"}  # fmt: skip
    listings: list[Request] = []

    def gateway(connection: Connection, request: Request) -> None:
        if request.path.endswith("/models"):
            listings.append(request)
            connection.json({"object": "list", "data": [{**model, "pricing": pricing}]})
        else:
            connection.json(ANSWER)

    async def scenario(url: str) -> list[Any]:
        async with AsyncInferenceGatewayClient(url, ledger=Ledger(), proxy=None) as calls:
            replies = await asyncio.gather(*(calls.generate_content("openai/m", "Hi") for _ in range(20)))
            price = calls.price_of("openai/m")
            assert price is not None and price.source == "provider" and calls.price_of("openai/x") is None
            assert calls.estimate("openai/m", "Hi", max_tokens=10).at_most is not None
            return replies

    with serving(gateway) as server:
        replies = asyncio.run(scenario(server.url))
        with InferenceGatewayClient(server.url, proxy=None) as plain:
            assert plain.generate_content("openai/m", "Hi").cost.kind == "unknown"
            assert len(listings) == 1 and listings[0].target.endswith("include=pricing")
            plain.load_prices()
            assert plain.generate_content("openai/m", "Hi").cost.total == Decimal("2.5")
    assert {reply.cost.total for reply in replies} == {Decimal("2.5")}


def test_a_cancelled_call_gives_its_reservation_back(tmp_path: Path) -> None:
    """A task that is cancelled while its reservation is being written does not leave it behind."""
    ledger = Ledger(tmp_path / "costs.sqlite")
    entered, go = threading.Event(), threading.Event()

    def block() -> None:
        entered.set()
        go.wait(10)

    async def scenario() -> None:
        ledger.run_in_worker(block)
        async with AsyncInferenceGatewayClient(URL, ledger=ledger, prices=PRICES) as calls:
            task = asyncio.ensure_future(calls.generate_content("openai/m", "Hi", max_tokens=2))
            while not entered.is_set() or ledger._executor._work_queue.empty():  # type: ignore[union-attr]
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            go.set()

    asyncio.run(scenario())
    ledger.close()
    assert list(Ledger(tmp_path / "costs.sqlite").rows()) == []


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda: Budget(5.0), TypeError, "limit must be decimal text"),
        (lambda: Budget("-1"), ValueError, "limit must be 0 or more"),
        (lambda: Budget("1", per="week"), ValueError, "per must be one of"),
        (lambda: Budget("1", unit="euros"), ValueError, "unit must be one of"),
        (lambda: Budget("1", currency="$"), ValueError, "currency must be a three-letter code"),
        (lambda: Budget("1", assume_output=-1), ValueError, "assume_output must be a number of tokens"),
        (lambda: Budget("1", warn_at=80), ValueError, "warn_at must be a share between 0 and 1"),
        (lambda: Budget("1", warn_at=[0.5, "x"]), ValueError, "warn_at must be a share between 0 and 1"),
        (lambda: client(on_budget=5), TypeError, "on_budget must be a function of one argument"),
        (lambda: Budget("1", tags=["a"]), TypeError, "tags must be a mapping"),
        (lambda: client(budget="5"), TypeError, "budget must be a Budget such as"),
        (lambda: client(budget=["5"]), TypeError, "budget must hold Budgets"),
        (lambda: client(ledger="costs.sqlite"), TypeError, "ledger must be a Ledger such as"),
        (lambda: client(prices=[FREE]), TypeError, "prices must be a mapping"),
        (lambda: client(prices={"openai/m": "1"}), TypeError, "prices must map models such as .*; 'openai/m' does not"),
        (lambda: client(prices={"m": FREE}), ValueError, "prices: 'm' has no provider"),
    ],
)
def test_bad_arguments(make: Any, kind: type[Exception], text: str) -> None:
    """A wrong budget, ledger or price is an error that names the argument."""
    with pytest.raises(kind, match=text):
        make()


def weather(city: str) -> str:
    """Return the weather."""
    return f"warm in {city}"


FUNCTION = {"name": "weather", "arguments": '{"city": "Oslo"}'}
CALL = Attempt(
    body=(
        chunk("", delta={"tool_calls": [{"index": 0, "id": "1", "type": "function", "function": FUNCTION}]}),
        chunk(finish="tool_calls"),
        USAGE.replace(b'"completion_tokens": 2, "total_tokens": 3', b'"completion_tokens": 5, "total_tokens": 6'),
        DONE,
    )
)


def test_costs_of_runs(tmp_path: Path) -> None:
    """The calls of a run are rows too, and the run's cost is their sum."""
    ledger = Ledger(tmp_path / "costs.sqlite")
    plan = [CALL, STREAM, CALL, Attempt(status=500)]
    calls = client(*plan, ledger=ledger, budget=Budget("1", assume_output=10), max_retries=0)
    run = calls.run("openai/m", "Hi", tools=[weather])
    rows = list(ledger.rows())
    assert (run.text, len(run.turns), len(rows)) == ("Hello", 2, 2)
    assert run.cost.total == sum(row.total for row in rows) == Decimal("0.007") == ledger.total().known  # 5 + 2 tokens
    parts = [(part.name, part.tokens, part.amount) for part in run.cost.parts]
    assert parts == [("input", 2, 0), ("output", 7, run.cost.total)]
    with pytest.raises(InternalError) as caught:
        calls.run("openai/m", "Hi", tools=[weather])
    broken = caught.value.partial.cost
    assert (broken.total, broken.at_least, broken.at_most) == (None, Decimal("0.005"), Decimal("0.015"))
    ledger.close()
    assert client(STREAM, prices=None).run("openai/m", "Hi").cost.kind == "unknown"


def test_the_cost_of_a_byte_stream() -> None:
    """A stream of bytes has a cost after its end: bounds, since its answer has no usage."""
    prices = PRICES | {"openai/tts": Price(input=1, output=1)}
    calls = client(Attempt(body=(b"ab", b"cd")), Attempt(body=(b"ef",)), prices=prices)
    calls._session._driver.content_type = "audio/mpeg"  # type: ignore[attr-defined]
    for model, kind in (("openai/tts", "priced"), ("openai/other", "unknown")):
        with calls.create_speech_stream(model, "Hi", "alloy") as stream:
            assert stream.cost is None
            stream.read()
        assert stream.cost is not None
        assert (stream.cost.kind, stream.cost.total, stream.cost.at_least, stream.cost.at_most) == (kind, None, 0, None)


def test_an_unpickled_client_names_the_budget_it_lacks() -> None:
    """A budget is not pickled, and the copy shows that."""
    made = InferenceGatewayClient(URL, budget=Budget("5"), prices=PRICES)
    assert "budget" in repr(pickle.loads(pickle.dumps(made)))
