"""`run_batch` and `iterate_batch` of both clients, over transports in this process."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from batch.batches import (
    AsyncServer,
    BlockingServer,
    Reply,
    ask,
    by_key,
    chat,
    echo,
    read_lines,
    some_rows,
    text_of,
    write_rows,
)
from inference_gateway_sdk import (
    AsyncInferenceGatewayClient,
    BatchMismatchError,
    BatchProgress,
    Budget,
    InferenceGatewayClient,
    Price,
    UnauthorizedError,
    tool,
)

Answer = Callable[[dict[str, Any]], Reply]


class Both:
    """One of the two clients, with the same methods."""

    def __init__(self, name: str) -> None:
        self.blocking = name == "blocking"

    def server(self, answer: Answer = echo, seconds: float = 0.0) -> Any:
        return BlockingServer(answer, seconds) if self.blocking else AsyncServer(answer, seconds)

    def run(self, server: Any, source: Any, destination: Any = None, client: Any = None, **options: Any) -> Any:
        """Run a batch."""
        options = {"ask": ask, "progress": False} | options
        if self.blocking:
            with InferenceGatewayClient(driver=server, **(client or {})) as blocking:
                return blocking.run_batch(source, destination, **options)
        return asyncio.run(self._run(server, source, destination, client or {}, options))

    async def _run(self, server: Any, source: Any, destination: Any, client: Any, options: Any) -> Any:
        async with AsyncInferenceGatewayClient(driver=server, **client) as other:
            return await other.run_batch(source, destination, **options)

    def iterate(self, server: Any, rows: Any, most: int | None = None, **options: Any) -> list[Any]:
        """Return the first items of `iterate_batch`."""
        options = {"ask": ask} | options
        if self.blocking:
            found = []
            with InferenceGatewayClient(driver=server) as blocking:
                items = blocking.iterate_batch(rows, **options)
                for item in items:
                    found.append(item)
                    if len(found) == most:
                        break
                items.close()  # type: ignore[attr-defined]
            return found
        return asyncio.run(self._iterate(server, rows, most, options))

    async def _iterate(self, server: Any, rows: Any, most: int | None, options: Any) -> list[Any]:
        found = []
        async with AsyncInferenceGatewayClient(driver=server) as client:
            items = client.iterate_batch(rows, **options)
            async for item in items:
                found.append(item)
                if len(found) == most:
                    break
            await items.aclose()  # type: ignore[attr-defined]
        return found


@pytest.fixture(params=["async", "blocking"])
def both(request: pytest.FixtureRequest) -> Both:
    """Return each client in turn."""
    return Both(request.param)


@pytest.fixture
def only_async() -> Both:
    """Return the async client, the source of the other."""
    return Both("async")


def test_each_row_has_one_line_with_its_answer(both: Both, tmp_path: Path) -> None:
    """The output has a line for each row, with key, text and the whole reply, and the outcome has the sums."""
    server = both.server()
    source = write_rows(tmp_path / "in.jsonl", some_rows(50))
    outcome = both.run(server, source, tmp_path / "out.jsonl", key="id", concurrency=4)
    lines = by_key(tmp_path / "out.jsonl")
    assert len(lines) == 50
    assert lines["k7"]["output"] == "re: row 7"
    assert lines["k7"]["reply"]["usage"]["total_tokens"] == 11
    assert (outcome.done, outcome.failed, outcome.skipped, outcome.stopped) == (50, 0, 0, None)
    assert (outcome.input_tokens, outcome.output_tokens) == (450, 100)
    assert server.bodies[0]["max_tokens"] == 40
    assert server.most <= 4
    assert sorted(one.name for one in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl", "out.jsonl.job"]


def test_a_second_run_asks_only_what_is_missing(both: Both, tmp_path: Path) -> None:
    """Rows with a line are skipped, and rows that the input has grown by are asked."""
    source, output = write_rows(tmp_path / "in.jsonl", some_rows(20)), tmp_path / "out.jsonl"
    both.run(both.server(), source, output, key="id")
    lines = output.read_bytes().splitlines(keepends=True)
    output.write_bytes(b"".join(lines[:12]) + lines[12][:9])
    server = both.server()
    outcome = both.run(server, source, output, key="id")
    assert (outcome.done, outcome.skipped, len(server.bodies)) == (8, 12, 8)
    write_rows(source, some_rows(25))
    outcome = both.run(both.server(), source, output, key="id")
    assert (outcome.done, outcome.skipped) == (5, 20)
    assert len(by_key(output)) == 25


def test_a_changed_input_or_function_is_refused(only_async: Both, tmp_path: Path) -> None:
    """Another `ask`, or an input that changed before its old end, is an error before anything is sent."""
    source, output = write_rows(tmp_path / "in.jsonl", some_rows(20)), tmp_path / "out.jsonl"
    only_async.run(only_async.server(), source, output, key="id")
    server = only_async.server()
    with pytest.raises(BatchMismatchError, match="ask: "):
        only_async.run(server, source, output, key="id", ask=lambda row: {"model": "other", "messages": row["text"]})
    write_rows(source, [{"id": "new", "text": "x"}, *some_rows(30)])
    with pytest.raises(BatchMismatchError, match="source: content"):
        only_async.run(server, source, output, key="id")
    write_rows(source, some_rows(10))
    with pytest.raises(BatchMismatchError, match="shorter"):
        only_async.run(server, source, output, key="id")
    assert not server.bodies
    assert len(by_key(output)) == 20


def test_a_captured_value_is_part_of_the_function(only_async: Both, tmp_path: Path) -> None:
    """A function made with another model is another function, although its text is the same."""

    def for_model(model: str) -> Callable[[Any], Any]:
        return lambda row: {"model": model, "messages": row["text"]}

    source, output = write_rows(tmp_path / "in.jsonl", some_rows(3)), tmp_path / "out.jsonl"
    only_async.run(only_async.server(), source, output, ask=for_model("a/x"))
    only_async.run(only_async.server(), source, output, ask=for_model("a/x"))
    with pytest.raises(BatchMismatchError):
        only_async.run(only_async.server(), source, output, ask=for_model("b/y"))


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ('{"id": 1}\n{"id": 2}\n{"id": 1}\n', {"key": "id"}, r"keys more than once: lines 1, 3: 1"),
        ('{"id": 1}\n{"x": 2}\n', {"key": "id"}, r"line 2: Object missing required field `id`"),
        ('{"id": 1}\n{"id": null}\n', {"key": "id"}, r"line 2: Expected `int \| str`, got `null`"),
        ('{"id": 1}\n[1, 2]\n"x"\n', {}, r"line 2: Expected `object`, got `array`; line 3: .*got `str`"),
        ('{"id": 1}\n\n{"id": \n', {}, r"line 3: Input data was truncated"),
        ('{"id": 1}\n{"id": 2.5}\n', {"key": lambda row: row["id"]}, r"line 2: the key must be a string or an integer"),
        ('{"id": 1}\n', {"key": lambda row: row["no"]}, r"line 1: no"),
        ('{"custom_id": "a"}\n', {"ask": None}, r"line 1: Object missing required field `body`"),
        ('{"custom_id": "a", "body": {}}\n', {"ask": None}, r"line 1: .*body has no model"),
        (
            '{"custom_id": "a", "url": "/v1/embeddings", "body": {"model": "m"}}\n',
            {"ask": None},
            r"line 1: .*url must be /v1/chat/completions or /v1/responses, got '/v1/embeddings'",
        ),
    ],
)
def test_bad_rows_fail_before_anything_is_sent(
    only_async: Both, tmp_path: Path, content: str, options: dict[str, Any], message: str
) -> None:
    """Rows that are not valid are a ValueError with their lines. Nothing is sent, and no output is left."""
    source = tmp_path / "in.jsonl"
    source.write_text(content)
    server = only_async.server()
    with pytest.raises(ValueError, match=message):
        only_async.run(server, source, tmp_path / "out.jsonl", **options)
    assert not server.bodies
    assert [one.name for one in tmp_path.iterdir()] == ["in.jsonl"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"concurrency": 0}, ValueError, "concurrency must be at least 1"),
        ({"concurrency": "many"}, TypeError, "concurrency must be an integer"),
        ({"rpm": 0}, ValueError, "rpm must be a positive number"),
        ({"tpm": "x"}, TypeError, "tpm must be a number"),
        ({"on_error": "skip"}, ValueError, "on_error must be one of 'keep', 'raise'"),
        ({"retry_failed": 1}, TypeError, "retry_failed must be True or False"),
        ({"progress": "yes"}, TypeError, "progress must be"),
        ({"ask": "x"}, TypeError, "ask must be a function"),
        ({"key": 5}, TypeError, "key must be"),
        ({"budget": 5}, TypeError, "budget must be a Budget"),
        ({"destination": "out.csv"}, ValueError, r"must end in \.jsonl"),
        ({"destination": "no/folder/out.jsonl"}, FileNotFoundError, "the folder no/folder does not exist"),
        ({"destination": "in.jsonl"}, ValueError, "destination is the source"),
        ({"source": "none.jsonl"}, FileNotFoundError, "none.jsonl does not exist"),
        ({"source": "in.txt"}, ValueError, r"must end in one of \.jsonl"),
        ({"source": 5}, TypeError, "source must be a path or an iterable"),
        ({"source": {"a": 1}}, TypeError, "source must be a path or an iterable"),
    ],
)
def test_bad_arguments_are_named(
    only_async: Both, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: Any, error: Any, message: str
) -> None:
    """Each argument is checked, and the error names it."""
    monkeypatch.chdir(tmp_path)
    write_rows(tmp_path / "in.jsonl", some_rows(2))
    server = only_async.server()
    with pytest.raises(error, match=message):
        only_async.run(server, **{"source": "in.jsonl", "destination": "out.jsonl", **options})
    assert not server.bodies


def test_more_rows_in_flight_than_connections_are_refused(both: Both, tmp_path: Path) -> None:
    """A fixed concurrency needs as many connections. The error names the argument of the client."""
    with pytest.raises(ValueError, match=r"create it with max_connections=200"):
        both.run(None, some_rows(1), concurrency=200, client={"base_url": "http://127.0.0.1:1", "proxy": None})


def test_an_error_of_a_row_is_a_line(both: Both, tmp_path: Path) -> None:
    """A row that fails has a line with the error, and `retry_failed` asks it again."""
    bad = {"row 3", "row 8"}

    def answer(body: dict[str, Any]) -> Reply:
        if text_of(body) in bad:
            return 400, {"error": {"message": "too long", "type": "invalid_request_error"}}, {}
        return echo(body)

    source, output = write_rows(tmp_path / "in.jsonl", some_rows(10)), tmp_path / "out.jsonl"
    outcome = both.run(both.server(answer), source, output, key="id")
    assert (outcome.done, outcome.failed) == (8, 2)
    error = by_key(output)["k3"]["error"]
    assert error == {"type": "BadRequestError", "status": 400, "message": "too long", "retryable": False}
    server = both.server(answer)
    again = both.run(server, source, output, key="id")
    assert (again.skipped, len(server.bodies)) == (10, 0)
    bad.discard("row 3")
    again = both.run(both.server(answer), source, output, key="id", retry_failed=True)
    assert (again.done, again.failed, again.skipped) == (1, 1, 8)
    lines = by_key(output)
    assert "output" in lines["k3"] and "error" in lines["k8"]


def test_on_error_raise_stops_with_the_error(both: Both, tmp_path: Path) -> None:
    """With `on_error="raise"`, the first failed row is raised after its line was written."""

    def answer(body: dict[str, Any]) -> Reply:
        return (401, {"error": "no"}, {}) if text_of(body) == "row 5" else echo(body)

    output = tmp_path / "out.jsonl"
    with pytest.raises(UnauthorizedError):
        both.run(both.server(answer), some_rows(1000), output, key="id", on_error="raise", concurrency=2)
    lines = by_key(output)
    assert "error" in lines["k5"] and len(lines) < 20


def test_a_gateway_without_a_key_stops_the_batch(both: Both, tmp_path: Path) -> None:
    """When every row is refused, the batch stops after 20 instead of writing a million errors."""
    server = both.server(lambda body: (401, {"error": "no key"}, {}))
    outcome = both.run(server, some_rows(1000), tmp_path / "out.jsonl", key="id", concurrency=4)
    assert outcome.stopped == "errors"
    assert isinstance(outcome.error, UnauthorizedError)
    assert 20 <= outcome.failed <= 24


def test_an_ask_that_raises(both: Both, tmp_path: Path) -> None:
    """At the first row, the exception of `ask` is raised with its place and nothing is sent; later it is a line."""
    server = both.server()
    with pytest.raises(KeyError, match="no_such") as caught:
        both.run(server, some_rows(3), tmp_path / "a.jsonl", key="id", ask=lambda row: {"model": row["no_such"]})
    assert caught.value.__notes__ == ["source: row 1, key 'k0'"]
    assert not server.bodies
    rows = [*some_rows(3), {"id": "bad"}, {"id": "k9", "text": "row 9"}]
    outcome = both.run(server, rows, tmp_path / "b.jsonl", key="id")
    assert (outcome.done, outcome.failed) == (4, 1)
    assert by_key(tmp_path / "b.jsonl")["bad"]["error"]["type"] == "KeyError"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ("a text", "ask must return a mapping"),
        ({"model": "a/x"}, "ask returned no messages"),
        ({"model": "a/x", "messages": "x", "temprature": 1}, "temprature"),
        ({"model": "a/x", "messages": "x", "tools": [len]}, "len may run twice"),
    ],
)
def test_a_request_that_no_row_can_have_is_raised(only_async: Both, request_: Any, message: str) -> None:
    """A request that the first row shows to be wrong raises at once, and nothing is sent."""
    server = only_async.server()
    with pytest.raises((TypeError, ValueError), match=message):
        only_async.run(server, some_rows(100), ask=lambda row: request_)
    assert not server.bodies


def test_a_refused_row_is_asked_again_when_its_route_may_go_on(both: Both, tmp_path: Path) -> None:
    """A 429 is not an error of its row: the batch asks it again, and only the batch does."""
    seen: dict[str, int] = {}

    def answer(body: dict[str, Any]) -> Reply:
        text = text_of(body)
        seen[text] = seen.get(text, 0) + 1
        return (429, {"error": "busy"}, {}) if text == "row 2" and seen[text] < 3 else echo(body)

    outcome = both.run(both.server(answer), some_rows(6), tmp_path / "out.jsonl", key="id", concurrency=1)
    assert (outcome.done, outcome.failed, outcome.refusals) == (6, 0, 2)
    assert seen == {f"row {number}": 3 if number == 2 else 1 for number in range(6)}


def test_rows_of_every_kind(only_async: Both, tmp_path: Path) -> None:
    """gzip, lists, generators, async iterables, other types of rows, and no destination are accepted."""
    packed = tmp_path / "in.jsonl.gz"
    with gzip.open(packed, "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in some_rows(5))
    assert only_async.run(only_async.server(), packed, tmp_path / "gz.jsonl", key="id").done == 5
    assert len(by_key(tmp_path / "gz.jsonl")) == 5

    async def later() -> AsyncIterator[Any]:
        for row in some_rows(30):
            await asyncio.sleep(0)
            yield row

    server = only_async.server()
    assert only_async.run(server, later(), tmp_path / "async.jsonl", key="id").done == 30
    assert only_async.run(only_async.server(), (row for row in some_rows(7)), key="id").done == 7
    texts = ["one", "two"]
    outcome = only_async.run(
        only_async.server(), texts, tmp_path / "texts.jsonl", ask=lambda row: {"model": "a/x", "messages": row}
    )
    assert outcome.done == 2
    assert by_key(tmp_path / "texts.jsonl")[2]["output"] == "re: two"


def test_a_generator_with_a_bad_row_keeps_the_rows_before(both: Both, tmp_path: Path) -> None:
    """A row with a key of before, met on the way, raises after the rows in flight were written."""

    def rows() -> Iterator[Any]:
        yield from some_rows(5)
        yield {"id": "k2", "text": "again"}

    with pytest.raises(ValueError, match="row 6 has the key 'k2' of an earlier row"):
        both.run(both.server(), rows(), tmp_path / "out.jsonl", key="id", concurrency=2)
    lines = by_key(tmp_path / "out.jsonl")
    assert {"k0", "k1"} <= set(lines) and all("output" in line for line in lines.values())


def test_parquet_rows(only_async: Both, tmp_path: Path) -> None:
    """A Parquet file is read by groups of rows."""
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra `parquet` has it")
    from pyarrow import parquet

    rows = some_rows(20)
    parquet.write_table(arrow.Table.from_pylist(rows), tmp_path / "in.parquet")
    assert only_async.run(only_async.server(), tmp_path / "in.parquet", tmp_path / "out.jsonl", key="id").done == 20
    with pytest.raises(ValueError, match="no column 'no'"):
        only_async.run(only_async.server(), tmp_path / "in.parquet", tmp_path / "b.jsonl", key="no")


def test_openai_batch_files_come_out_in_their_form(both: Both, tmp_path: Path) -> None:
    """A file made for OpenAI's Batch API is sent unchanged, and its output has the form of that API."""
    bodies = [
        {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": f"row {n}"}], "x_own": n} for n in range(3)
    ]
    rows = [
        {"custom_id": f"r{n}", "method": "POST", "url": "/v1/chat/completions", "body": b} for n, b in enumerate(bodies)
    ]

    def answer(body: dict[str, Any]) -> Reply:
        if body["x_own"] == 1:
            return 400, {"error": {"message": "no", "code": "bad"}}, {"x-request-id": "req_1"}
        return 200, chat("ok"), {"x-request-id": "req_2"}

    server = both.server(answer)
    source = write_rows(tmp_path / "in.jsonl", rows)
    outcome = both.run(server, source, tmp_path / "out.jsonl", ask=None, concurrency=1)
    assert (outcome.done, outcome.failed) == (2, 1)
    assert server.bodies == bodies
    lines = {line["custom_id"]: line for line in read_lines(tmp_path / "out.jsonl")}
    assert lines["r0"]["response"] == {"status_code": 200, "request_id": "req_2", "body": chat("ok")}
    assert lines["r0"]["error"] is None
    assert lines["r1"]["response"]["status_code"] == 400
    assert lines["r1"]["error"] == {"code": "bad", "message": "no"}
    assert both.run(both.server(answer), source, tmp_path / "out.jsonl", ask=None).skipped == 3
    assert both.run(both.server(answer), rows, ask=None, concurrency=1).done == 2


class Mood(msgspec.Struct):
    mood: str


def test_typed_output_is_the_output(both: Both, tmp_path: Path) -> None:
    """With `output` among the keywords, each row is a run, and its line has the value."""

    def typed(row: Any) -> Any:
        return {"model": "openai/gpt-4o-mini", "messages": row["text"], "output": Mood, "output_mode": "json"}

    server = both.server(lambda body: (200, chat('{"mood": "good"}'), {}))
    items = both.iterate(server, some_rows(4), ask=typed, key="id")
    assert [item.error for item in items] == [None] * 4, items
    assert items[0].output == Mood("good")
    both.run(server, some_rows(4), tmp_path / "out.jsonl", ask=typed, key="id")
    assert by_key(tmp_path / "out.jsonl")["k1"]["output"] == {"mood": "good"}


def test_an_async_ask_is_awaited(only_async: Both) -> None:
    """`ask` may be async in the async client. The blocking client refuses it."""

    async def later(row: Any) -> Any:
        await asyncio.sleep(0)
        return ask(row)

    items = only_async.iterate(only_async.server(), some_rows(5), ask=later, key="id")
    assert sorted(item.key for item in items) == [f"k{number}" for number in range(5)]
    with pytest.raises(TypeError, match="ask is an async function"):
        Both("blocking").iterate(BlockingServer(), some_rows(5), ask=later, key="id")


def test_iteration_is_lazy(both: Both) -> None:
    """Rows are taken as items are consumed, and leaving the loop takes no more."""
    taken: list[int] = []

    def rows() -> Iterator[Any]:
        for number in range(10_000):
            taken.append(number)
            yield {"text": f"row {number}"}

    items = both.iterate(both.server(), rows(), most=3, concurrency=4)
    assert len(items) == 3
    assert len(taken) <= 3 + 2 * 4 + 4


def test_a_budget_ends_the_batch(both: Both, tmp_path: Path) -> None:
    """The budget of a batch stops it with `stopped="budget"`, and no line is an error."""
    prices = {"openai/*": Price(input="0.001", output="0.001")}
    outcome = both.run(
        both.server(), some_rows(500), tmp_path / "out.jsonl", {"prices": prices}, key="id",
        budget=Budget("1.00"), concurrency=3,
    )  # fmt: skip
    assert outcome.stopped == "budget"
    assert outcome.failed == 0 and 0 < outcome.done < 500
    assert outcome.cost is not None and outcome.cost <= 1
    assert len(by_key(tmp_path / "out.jsonl")) == outcome.done


def test_progress_is_reported(both: Both, capsys: pytest.CaptureFixture[str]) -> None:
    """A function receives the figures, and at last those of the end. With False, nothing is printed."""
    seen: list[BatchProgress] = []
    both.run(both.server(), some_rows(30), progress=seen.append)
    assert seen[-1].ended and seen[-1].done == 30 and seen[-1].total == 30
    both.run(both.server(), some_rows(3))
    assert capsys.readouterr().err == ""


def test_rpm_counts_the_requests_of_retries() -> None:
    """With `rpm`, the second request of a row waits as a row does: the client's own retries are within the rate."""
    times: list[float] = []
    waits: list[float] = []

    def answer(body: dict[str, Any]) -> Reply:
        times.append(clock[0])
        return (500, {"error": "crash"}, {}) if len(times) == 1 else echo(body)

    clock = [0.0]

    async def scenario() -> Any:
        from inference_gateway_sdk._client.runtime import AsyncRuntime

        async def sleep(seconds: float) -> None:
            waits.append(seconds)
            clock[0] += seconds

        async with AsyncInferenceGatewayClient(driver=AsyncServer(answer)) as client:
            client._with_runtime(AsyncRuntime(lambda: clock[0], lambda: 0.0, sleep, lambda: 0.0))
            return await client.run_batch(some_rows(1), ask=ask, rpm=6, progress=False)

    outcome = asyncio.run(scenario())
    assert outcome.done == 1
    assert times[1] - times[0] >= 10.0


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_and_the_batch_goes_on_later(both: Both, tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM let the rows in flight end, and the outcome has it. Another run asks the rest."""
    calls = 0

    def answer(body: dict[str, Any]) -> Reply:
        nonlocal calls
        calls += 1
        if calls == 30:
            os.kill(os.getpid(), number)
        return echo(body)

    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    output = tmp_path / "out.jsonl"
    outcome = both.run(both.server(answer), some_rows(300), output, key="id", concurrency=4)
    assert outcome.stopped == "interrupt"
    assert 25 <= outcome.done < 300
    assert outcome.done == len(by_key(output)) == calls
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == before
    calls = 1000
    outcome = both.run(both.server(answer), some_rows(300), output, key="id", concurrency=4)
    assert (outcome.stopped, len(by_key(output))) == (None, 300)


def test_a_cancelled_batch_keeps_its_lines(tmp_path: Path) -> None:
    """Cancelling the task ends its calls at once. The output is closed and can go on."""

    async def scenario() -> None:
        async with AsyncInferenceGatewayClient(driver=AsyncServer(seconds=0.001)) as client:
            batch = client.run_batch(some_rows(100_000), tmp_path / "out.jsonl", ask=ask, key="id", progress=False)
            task = asyncio.create_task(batch)
            while not (tmp_path / "out.jsonl").exists() or (tmp_path / "out.jsonl").stat().st_size < 5000:
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(scenario())
    assert len(by_key(tmp_path / "out.jsonl")) > 5
    assert not (tmp_path / "out.jsonl.lock").exists()


def test_threads_run_at_once() -> None:
    """The blocking client has as many rows in flight as `concurrency` allows."""
    barrier = threading.Barrier(4, timeout=30)
    server = BlockingServer()

    def together(row: Any) -> Any:
        return ask(row)

    begin = server.begin

    def waiting(url: str, body: bytes | None) -> Reply:
        reply = begin(url, body)
        barrier.wait()  # passes only when four rows are here
        return reply

    server.begin = waiting  # type: ignore[method-assign]
    with InferenceGatewayClient(driver=server) as client:
        outcome = client.run_batch(some_rows(8), ask=together, concurrency=4, progress=False)
    assert (outcome.done, server.most) == (8, 4)


def test_tools_that_may_run_twice(only_async: Both) -> None:
    """A batch takes tools that are repeatable."""

    def lookup(name: str) -> str:
        """Look up a name."""
        return f"{name} is here"

    call = {"id": "c1", "type": "function", "function": {"name": "lookup", "arguments": '{"name": "Ann"}'}}

    def answer(body: dict[str, Any]) -> Reply:
        if any(message["role"] == "tool" for message in body["messages"]):
            return 200, chat("found"), {}
        return 200, chat("", tool_calls=[call]), {}

    def with_tool(row: Any) -> Any:
        return ask(row) | {"tools": [tool(lookup, repeatable=True)]}

    items = only_async.iterate(only_async.server(answer), some_rows(2), ask=with_tool, key="id")
    assert [item.error for item in items] == [None, None]
    assert [len(item.reply.calls) for item in items] == [1, 1]
