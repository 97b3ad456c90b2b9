"""Jobs on a Ray cluster of this machine, whose workers and drivers are killed. They need the extra `ray`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from batch.counting import CountingGateway, counting
from inference_gateway_sdk.batch import AskBatch, job_status

needs_ray = [
    pytest.mark.ray,
    pytest.mark.skipif(find_spec("ray") is None, reason="a cluster of this machine needs ray, of the extra ray"),
]
WORKERS, EACH = 2, 16

DRIVER = """
import json, os, sys
import ray
from inference_gateway_sdk import AsyncInferenceGatewayClient, Budget, Price
from inference_gateway_sdk.batch import Job

url, options = sys.argv[1], json.loads(sys.argv[2])
if "budget" in options:
    options["budget"] = Budget(options["budget"])
price = Price(input="0.01", output="0.02")
job = Job(
    "in.jsonl", "out", key="id", rows_per_shard=options.pop("rows_per_shard", 250),
    ask=lambda row: {"model": "openai/m", "messages": row["text"], "max_tokens": 5},
    client=lambda: AsyncInferenceGatewayClient(url, prices={"openai/m": price}), **options,
)
ray.init(num_cpus=2, object_store_memory=100_000_000, include_dashboard=False, log_to_driver=False)
outcome = job.run_on_ray(workers=2, concurrency_each=16, progress=False)
print(json.dumps([outcome.state, outcome.stopped, outcome.done, outcome.shards_failed, outcome.error]))
ray.shutdown()
"""


class Driver:
    """A process that runs the job on Ray."""

    def __init__(self, folder: Path, url: str, **options: Any) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, url, json.dumps(options)],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "RAY_DEDUP_LOGS": "0"},
        )

    def ends(self) -> list[Any]:
        """Return the outcome."""
        out, err = self.process.communicate(timeout=300)
        assert self.process.returncode == 0, err
        found: list[Any] = json.loads(out.splitlines()[-1])
        return found

    def close(self) -> None:
        """End the process and those that it has started."""
        for pid in [*_descendants(self.process.pid), self.process.pid]:
            with_pid(pid)
        self.process.communicate()


def with_pid(pid: int) -> None:
    """Kill a process that may be gone."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _processes() -> dict[int, tuple[int, str]]:
    """Return the parent and the command of every process."""
    found: dict[int, tuple[int, str]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        found[int(folder.name)] = (int(stat.rpartition(")")[2].split()[1]), command)
    return found


def _descendants(pid: int) -> list[int]:
    processes = _processes()
    found, last = [], {pid}
    while last:
        last = {child for child, (parent, _) in processes.items() if parent in last}
        found += sorted(last)
    return found


def workers_of(driver: Driver) -> list[int]:
    """Return the processes of the actors that ask."""
    processes = _processes()
    return [pid for pid in _descendants(driver.process.pid) if processes[pid][1].startswith("ray::WorkerActor")]


@pytest.fixture
def gateway() -> Iterator[CountingGateway]:
    """Return a gateway that counts requests."""
    with counting(delay=0.02) as one:
        yield one


@pytest.fixture
def drivers(tmp_path: Path, gateway: CountingGateway) -> Iterator[Any]:
    """Return a function that starts a driver for the rows of `in.jsonl`."""
    started: list[Driver] = []

    def start(**options: Any) -> Driver:
        started.append(Driver(tmp_path, gateway.url, **options))
        return started[-1]

    yield start
    for one in started:
        one.close()


def write_rows(folder: Path, count: int) -> None:
    """Write the input."""
    rows = ({"id": number, "text": f"row {number}"} for number in range(count))
    (folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def keys(folder: Path) -> list[int]:
    """Return the keys of all shards that are done, sorted."""
    paths = (folder / "out").glob("*.jsonl")
    return sorted(json.loads(line)["key"] for path in paths for line in path.read_text().splitlines())


def wait_for(gateway: CountingGateway, count: int, driver: Driver) -> None:
    """Wait until so many requests came."""
    end = time.monotonic() + 240
    while len(gateway.times) < count:
        assert time.monotonic() < end, "the job is too slow"
        assert driver.process.poll() is None, driver.process.communicate()
        time.sleep(0.05)


class TestOnRay:
    """What a cluster of this machine does."""

    pytestmark = needs_ray

    def test_a_worker_and_the_driver_are_killed(self, tmp_path: Path, gateway: CountingGateway, drivers: Any) -> None:
        """Every row has one line at the end, and only requests in flight were repeated."""
        write_rows(tmp_path, 4000)
        driver = drivers()
        wait_for(gateway, 800, driver)
        os.kill(workers_of(driver)[0], signal.SIGKILL)
        wait_for(gateway, 2000, driver)
        driver.process.kill()  # its actors are ended by Ray
        driver.process.wait(60)
        time.sleep(1)  # the port and files of the cluster that is ending
        state, stopped, *_ = drivers().ends()
        assert (state, stopped) == ("done", None)
        assert keys(tmp_path) == list(range(4000))
        repeated = sum(gateway.asked.values()) - 4000
        assert repeated <= EACH + WORKERS * EACH
        status = job_status(tmp_path / "out")
        assert (status.state, status.rows_done, status.running) == ("done", 4000, 0)

    def test_the_budget_and_the_rate_hold_over_all_workers(
        self, tmp_path: Path, gateway: CountingGateway, drivers: Any
    ) -> None:
        """Two workers together spend no more than the budget, and send no more than the rate allows."""
        write_rows(tmp_path, 600)
        driver = drivers(budget="60", rpm=1200, rows_per_shard=50)
        state, stopped, *_ = driver.ends()
        assert (state, stopped) == ("stopped", "budget")
        spent = len(gateway.times) * 0.2
        assert 55 < spent <= 60
        seconds = max(gateway.times) - min(gateway.times)
        assert seconds >= 0.9 * len(gateway.times) / 20  # 1200 a minute; every minute is proven in simulated time


class TestAskBatch:
    """The callable class for Ray Data, which needs no ray itself."""

    def test_it_adds_columns(self, gateway: CountingGateway, monkeypatch: pytest.MonkeyPatch) -> None:
        """Answers are in the order of the rows, and a row that fails has an error."""
        monkeypatch.setenv("INFERENCE_GATEWAY_URL", gateway.url)
        with AskBatch(lambda row: {"model": "openai/m", "messages": row["text"].strip("!") or 7}) as asks:
            found = asks({"id": [1, 2, 3], "text": ["a", "b!", "!"]})
        assert (found["id"], found["output"]) == ([1, 2, 3], ["A", "B", None])
        assert json.loads(found["reply"][0])["usage"]["total_tokens"] == 15
        assert found["error"][:2] == [None, None]
        assert json.loads(found["error"][2])["type"] == "TypeError"


DATA = """
import json, sys
import ray
from inference_gateway_sdk.batch import AskBatch

ray.init(num_cpus=2, object_store_memory=100_000_000, include_dashboard=False, log_to_driver=False)
rows = ray.data.from_items([{"id": number, "text": f"row {number}"} for number in range(40)])
options = {"ask": lambda row: {"model": "openai/m", "messages": row["text"]}}
answers = rows.map_batches(AskBatch, fn_constructor_kwargs=options, batch_size=10, concurrency=2).take_all()
print(json.dumps(sorted((row["id"], row["output"]) for row in answers)))
ray.shutdown()
"""


@pytest.mark.ray
@pytest.mark.skipif(find_spec("ray") is None or find_spec("pandas") is None, reason="Ray Data is ray[data]")
def test_ray_data_maps_batches(gateway: CountingGateway) -> None:
    """A data set of 40 rows, two actors."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "INFERENCE_GATEWAY_URL": gateway.url}
    done = subprocess.run(
        [sys.executable, "-c", DATA], capture_output=True, text=True, timeout=280, check=False, env=environ
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [[number, f"ROW {number}"] for number in range(40)]
