"""Jobs in shards, in one process."""

from __future__ import annotations

import asyncio
import inspect
import json
import typing
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from batch.counting import CountingGateway, counting
from inference_gateway_sdk import AsyncInferenceGatewayClient, Budget, Price, batch
from inference_gateway_sdk.batch import BatchProgress, Job, job_status
from inference_gateway_sdk.batch.on_ray import GovernorActor
from inference_gateway_sdk.batch.shards import JobFolder, ShardResult
from inference_gateway_sdk.batch.worker import LocalGovernor, ShardWorker
from inference_gateway_sdk.errors import BatchMismatchError


def ask(row: Any) -> dict[str, Any]:
    """Return the request of a row."""
    return {"model": "openai/m", "messages": row["text"], "max_tokens": 5}


@pytest.fixture
def gateway() -> Iterator[CountingGateway]:
    """Return a gateway that counts requests."""
    with counting(delay=0.0) as one:
        yield one


Make = Callable[..., Job]


@pytest.fixture
def job(tmp_path: Path, gateway: CountingGateway) -> Make:
    """Return a function that makes a job of 60 rows in about four shards."""
    rows = ({"id": number, "text": f"row {number:02}"} for number in range(60))
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    prices = {"openai/m": Price(input="0.01", output="0.02")}

    def client() -> AsyncInferenceGatewayClient:
        return AsyncInferenceGatewayClient(gateway.url, prices=prices)

    def make(**options: Any) -> Job:
        given = {"ask": ask, "key": "id", "rows_per_shard": 16, "client": client, **options}
        return Job(tmp_path / "in.jsonl", tmp_path / "out", **given)

    return make


def lines(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of all shards that are done."""
    return [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines()]


def test_a_job_asks_every_row_once(job: Make, gateway: CountingGateway, tmp_path: Path) -> None:
    """The output has a line for each row, and a second run has nothing to do."""
    assert job().plan().rows_left == 60
    assert not (tmp_path / "out").exists()
    outcome = job().run(progress=False)
    assert (outcome.state, outcome.done, outcome.shards) == ("done", 60, 4)
    assert sorted((line["key"], line["output"]) for line in lines(tmp_path / "out")) == [
        (number, f"ROW {number:02}") for number in range(60)
    ]
    assert set(gateway.asked.values()) == {1}
    again = job().run(progress=False)
    assert (again.state, again.done, len(gateway.times)) == ("done", 0, 60)
    assert not list((tmp_path / "out" / "_job" / "running").iterdir())


def test_the_plan_has_bounds_of_cost_and_time(job: Make, gateway: CountingGateway) -> None:
    """By the first rows, without a request: at most 5 output tokens of 0.02 each, and the bytes of the prompt."""
    plan = job(rpm=120).plan()
    assert plan.cost_at_most is not None
    assert plan.cost_at_least is not None
    assert 60 * 5 * 0.02 < plan.cost_at_most < 60
    assert plan.cost_at_least <= plan.cost_at_most
    assert plan.seconds == 30
    assert not gateway.times


def test_the_status_comes_from_the_output_folder(job: Make, tmp_path: Path) -> None:
    """Rows, tokens and cost of what is done; a folder without a job is refused."""
    with pytest.raises(ValueError, match="has no job"):
        job_status(tmp_path)
    job().run(progress=False)
    status = job_status(tmp_path / "out")
    assert (status.state, status.shards, status.done, status.rows_done, status.tokens) == ("done", 4, 4, 60, 900)
    assert status.cost == 12  # 60 rows of 10 * 0.01 + 5 * 0.02


def test_a_shard_that_was_begun_goes_on(job: Make, gateway: CountingGateway, tmp_path: Path) -> None:
    """Rows in its journal are not asked again, whoever wrote them."""
    job().run(progress=False)
    out = tmp_path / "out"
    path = sorted(out.glob("*.jsonl"))[1]
    kept = path.read_text().splitlines(keepends=True)[:10]
    (out / "_job" / "running" / path.name).write_text("".join(kept) + '{"key": 1, "outp')
    path.unlink()
    before = len(gateway.times)
    assert job_status(out).rows_running == 10
    reports: list[BatchProgress] = []
    outcome = job().run(progress=reports.append)
    assert (outcome.state, outcome.done) == ("done", len(gateway.times) - before)
    assert (reports[-1].skipped + outcome.done, reports[-1].total) == (60, 60)
    assert 0 < outcome.done < 10
    assert sorted(line["key"] for line in lines(out)) == list(range(60))


def test_the_budget_covers_all_runs(job: Make, gateway: CountingGateway, tmp_path: Path) -> None:
    """A job stops when the next request could exceed it, goes on with a higher one, and counts what was spent."""
    each = 10 * 0.01 + 5 * 0.02  # 0.2, and up to 0.25 or so are reserved
    first = job(budget=Budget("4")).run(progress=False)
    assert (first.state, first.stopped) == ("stopped", "budget")
    spent = len(gateway.times) * each
    assert 3 < spent <= 4
    again = job(budget=Budget("4")).run(progress=False)
    assert (again.stopped, len(gateway.times) * each <= 4) == ("budget", True)
    assert job(budget=Budget("8")).run(progress=False).stopped == "budget"
    assert 6.5 < len(gateway.times) * each <= 8
    assert job(budget=Budget("13")).run(progress=False).state == "done"
    assert sorted(line["key"] for line in lines(tmp_path / "out")) == list(range(60))
    assert set(gateway.asked.values()) == {1}


def test_a_shard_with_a_bad_line_is_given_up(job: Make, gateway: CountingGateway, tmp_path: Path) -> None:
    """The others are done, its error is in its file, and `retry_failed` tries it again once the input is mended."""
    content = (tmp_path / "in.jsonl").read_bytes()
    (tmp_path / "in.jsonl").write_bytes(content.replace(b'"row 59"', b'"row 59 '))
    outcome = job().run(progress=False)
    assert (outcome.state, outcome.shards_done, outcome.shards_failed) == ("incomplete", 3, 1)
    status = job_status(tmp_path / "out")
    assert status.state == "incomplete"
    (error,) = status.errors.values()
    assert "in.jsonl, byte" in error
    assert "not JSON" in error
    assert job().run(progress=False).done == 0
    assert len(gateway.times) < 60


def test_a_shard_is_tried_three_times(job: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An error that may pass is tried again; after the third time the shard is given up."""
    tries: list[str] = []

    def broken(folder: Path, shard: Any) -> Any:
        tries.append(shard.name)
        raise OSError("the disk is gone")

    monkeypatch.setattr("inference_gateway_sdk.batch.worker.read_shard", broken)
    outcome = job(rows_per_shard=100).run(progress=False)
    assert len(tries) == 3
    assert (outcome.state, outcome.shards_failed) == ("incomplete", 1)
    assert "OSError: the disk is gone" in next(iter((tmp_path / "out" / "failed").iterdir())).read_text()


def test_a_function_that_always_fails_is_refused(job: Make, gateway: CountingGateway, tmp_path: Path) -> None:
    """Its own error is raised before anything is sent or written."""

    def wrong(row: Any) -> Any:
        raise KeyError("txt")

    with pytest.raises(KeyError, match="txt"):
        job(ask=wrong).run(progress=False)
    assert not gateway.times
    assert not (tmp_path / "out").exists()


def test_the_same_error_again_and_again_stops_the_job(job: Make, gateway: CountingGateway, tmp_path: Path) -> None:
    """Such as 401 for every row: the other shards are left for another run."""
    gateway.refuse = lambda number: 401
    outcome = job(rows_per_shard=30).run(progress=False)
    assert (outcome.state, outcome.stopped, outcome.shards_done) == ("stopped", "errors", 0)
    assert "401" in (outcome.error or "")
    assert len(gateway.times) < 40
    gateway.refuse = lambda number: None
    assert job(retry_failed=True).run(progress=False).state == "done"
    assert {(line["key"], "error" in line) for line in lines(tmp_path / "out")} == {(row, False) for row in range(60)}


def test_failed_rows_are_asked_again_on_wish(job: Make, gateway: CountingGateway, tmp_path: Path) -> None:
    """Their lines are replaced, and the shard has one line for each key."""
    job(ask=_refused).run(progress=False)
    assert job_status(tmp_path / "out").rows_failed == 6
    errors = [line["error"] for line in lines(tmp_path / "out") if "error" in line]
    assert {(error["type"], error["message"]) for error in errors} == {("ValueError", "this row is empty")}
    outcome = job(ask=_refused, retry_failed=True).run(progress=False)
    assert (outcome.state, outcome.failed, outcome.done) == ("done", 6, 0)
    assert sorted(line["key"] for line in lines(tmp_path / "out")) == list(range(60))


def _refused(row: Any) -> dict[str, Any]:
    if row["id"] % 10 == 3:
        raise ValueError("this row is empty")
    return ask(row)


def test_another_job_is_not_mixed_in(job: Make, tmp_path: Path) -> None:
    """Another function, another key, or an input that shrank is an error before anything is sent."""
    job().run(progress=False)
    with pytest.raises(BatchMismatchError, match="ask: "):
        job(ask=lambda row: ask(row) | {"temperature": 1}).run(progress=False)
    with pytest.raises(BatchMismatchError, match="key: id -> None"):
        job(key=None).run(progress=False)
    (tmp_path / "in.jsonl").write_text('{"id": 1}\n')
    with pytest.raises(ValueError, match="has shrunk"):
        job().run(progress=False)
    (tmp_path / "in.jsonl").unlink()
    with pytest.raises(ValueError, match="no file matches"):
        job().run(progress=False)


def test_new_rows_are_new_shards(job: Make, gateway: CountingGateway, tmp_path: Path) -> None:
    """Only they are asked."""
    job().run(progress=False)
    with (tmp_path / "in.jsonl").open("a") as file:
        file.write('{"id": 60, "text": "new"}\n')
    assert job().run(progress=False).done == 1
    assert gateway.asked["new"] == 1


def test_a_row_without_a_key_has_its_place(job: Make, tmp_path: Path) -> None:
    """The file, and the byte at which its line begins."""
    job(key=None).run(progress=False)
    content = (tmp_path / "in.jsonl").read_bytes()
    for line in lines(tmp_path / "out"):
        name, _, place = line["key"].partition(":")
        assert name == "in.jsonl"
        assert json.loads(content[int(place) :].partition(b"\n")[0])["text"].upper() == line["output"]


def test_the_progress_is_that_of_the_whole_job(job: Make) -> None:
    """Over all shards, with the rows of runs before."""
    reports: list[BatchProgress] = []
    job().run(progress=reports.append)
    last = reports[-1]
    assert (last.ended, last.total, last.done, last.skipped, last.output_tokens) == (True, 60, 60, 0, 300)
    job().run(progress=reports.append)
    assert (reports[-1].done, reports[-1].skipped, reports[-1].total) == (0, 60, 60)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"rows_per_shard": 0}, ValueError, "rows_per_shard must be at least 1"),
        ({"client": 7}, TypeError, "client must be a function that returns"),
        ({"key": len}, TypeError, "key must be the name of a field"),
        ({"budget": Budget("1", per="day")}, ValueError, "leave out per='day'"),
        ({"budget": [Budget("1"), Budget("2")]}, ValueError, "a job has one budget"),
        ({"ask": "x"}, TypeError, "ask must be a function"),
        ({"rpm": 0}, ValueError, "rpm must be a positive number"),
    ],
)
def test_invalid_arguments_are_refused(job: Make, options: Any, error: Any, message: str) -> None:
    """When the job is made, with the name of the argument."""
    with pytest.raises(error, match=message):
        job(**options)


def test_workers_share_the_budget(job: Make, gateway: CountingGateway, tmp_path: Path) -> None:
    """Two workers at once spend no more than it, and nearly all of it."""
    run = job(budget=Budget("6"))._begin(2, progress=False)

    async def ask_all() -> set[str | None]:
        governor = LocalGovernor(run.governor())
        reasons: set[str | None] = set()

        async def work(name: str) -> None:
            async with ShardWorker(run.task, name, governor, sleep=lambda seconds: asyncio.sleep(0.01)) as worker:
                while (shard := run.queue.take(name)) is not None:
                    result = await worker.work(shard)
                    reasons.add(result.stopped)
                    run.settle(name, result)

        await asyncio.gather(work("a"), work("b"))
        return reasons

    assert "budget" in asyncio.run(ask_all())
    assert 5 < len(gateway.times) * 0.2 <= 6
    assert set(gateway.asked.values()) == {1}


def test_what_a_lost_worker_spent_is_estimated(tmp_path: Path) -> None:
    """Rows in its journal that its notes do not count, and those in flight, at the mean cost, within its lease."""
    folder = JobFolder(tmp_path)
    folder.create()
    folder.journal("s").write_text('{"key": 1}\n' * 14)
    notes = ShardResult(
        shard="s", done=10, spent=Decimal(3), worker="w", lease=Decimal(9), spent_before=Decimal(1), in_flight=4
    )
    assert folder.spent(notes) == Decimal("5.4")  # 3, and 4 + 4 rows of 0.3
    folder.save_notes(notes)
    assert [folder.spent(one) for one in folder.all_notes()] == [Decimal("5.4")]
    assert folder.spent(structs.replace(notes, lease=Decimal(3))) == 4
    assert folder.spent(structs.replace(notes, worker=None)) == 3


def test_a_governor_that_ray_started_again_reads_what_was_spent(tmp_path: Path) -> None:
    """From the notes of all shards: what was settled, and the leases that are held."""
    folder = JobFolder(tmp_path)
    folder.create()
    folder.save_notes(ShardResult(shard="a", spent=Decimal(2)))
    folder.save_notes(ShardResult(shard="b", spent=Decimal(3), spent_before=Decimal(1), worker="w", lease=Decimal(4)))
    actor = GovernorActor({"budget": Decimal(10)}, tmp_path)
    lease = asyncio.run(actor.lease("other", Decimal(0)))
    assert (lease.amount, lease.wait) == (Decimal(3), True)


def test_annotations_of_the_room_resolve() -> None:
    """`typing.get_type_hints` works on every public class and method, as documentation tools call it."""
    for name in batch.__all__:
        public = getattr(batch, name)
        methods = [one for one in vars(public).values() if inspect.isfunction(one)] if isinstance(public, type) else []
        for one in (public, *methods):
            if one is public or not one.__name__.startswith("_") or one.__name__ in ("__init__", "__call__"):
                assert isinstance(typing.get_type_hints(one), dict)
