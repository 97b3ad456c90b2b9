"""Run the tests in several processes, each of which collects only the tests that it runs.

    python scripts/run_tests.py                   every test
    python scripts/run_tests.py -m "not once"     pytest's own options are passed on
    python scripts/run_tests.py --processes 4     so many processes at once, instead of 3

With pytest-xdist each worker imports and collects all test modules, and on a fresh checkout compiles them. Here
one process runs one group of folders, and one group holds every module that no other group names.
A group's output is printed when the group ends.
"""

from __future__ import annotations

import argparse
import contextlib
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"
GROUPS: list[list[str]] = [  # folders below tests/, the longest group first; each group costs a start of pytest
    ["embedded"],
    ["client"],
    ["cli", "costs", "inspector"],
    ["types", "schema", "contract"],
    ["testing", "testing_cassettes", "run", "tools", "batch", "telemetry"],
    ["streams", "growth", "wire", "http1"],
    ["endpoints", "transport"],
    [],  # everything that no other group names
    ["failover", "doctor", "routing", "conveniences"],
]
SUMMARY = re.compile(r"^=*\s*(\d+ [a-z]+(?:, \d+ [a-z]+)*) in [\d.]+s\b", re.MULTILINE)  # pytest's last line
COUNT = re.compile(r"(\d+) ([a-z]+)")
NO_TESTS = 5  # pytest's exit status


def groups(ignored: list[str] | None = None) -> list[list[str]]:
    """Return the paths of each group, without the ignored folders.

    The group without folders holds the modules that are in no other group.
    """
    found = [[TESTS / folder for folder in folders] for folders in GROUPS]
    named = {path for group in found for path in group} | {ROOT / path for path in ignored or []}
    rest = [path for path in sorted(TESTS.rglob("test_*.py")) if named.isdisjoint([path, *path.parents])]
    return [[str(path.relative_to(ROOT)) for path in group or rest] for group in found]


def counts(output: str) -> Counter[str]:
    """Return the numbers of pytest's summary: passed, failed, skipped and so on."""
    summaries = SUMMARY.findall(output) or [""]
    return Counter({word.replace("errors", "error"): int(number) for number, word in COUNT.findall(summaries[-1])})


class Runner:
    """The processes that take groups from one queue, and their results."""

    def __init__(self, arguments: list[str], ignored: list[str] | None = None) -> None:
        self.arguments = arguments
        self.ignored = ignored
        self.waiting: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
        self.running: list[subprocess.Popen[bytes]] = []
        self.statuses: list[int] = []
        self.total: Counter[str] = Counter()
        self.lock = threading.Lock()

    def work(self) -> None:
        """Run groups until none is left."""
        with contextlib.suppress(queue.Empty):
            while True:
                self.run(self.waiting.get_nowait())

    def run(self, group: list[str]) -> None:
        """Run one group and print its output."""
        # lastfailed and the other caches are files of the folder: processes would overwrite each other's
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *self.arguments, *group]
        with tempfile.TemporaryFile() as file:
            process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
            self.running.append(process)
            status = process.wait()
            file.seek(0)
            output = file.read().decode(errors="replace")
        with self.lock:
            print(f"== {' '.join(group)[:100]}\n{output}", flush=True)
            self.statuses.append(status)
            self.total += counts(output)

    def stop(self) -> None:
        """Terminate the processes that run and start no others."""
        with contextlib.suppress(queue.Empty):
            while True:
                self.waiting.get_nowait()
        for process in self.running:
            process.terminate()

    def run_all(self, processes: int) -> int:
        """Run every group in so many processes and return the exit status of the whole."""
        for group in groups(self.ignored):
            self.waiting.put(group)
        threads = [threading.Thread(target=self.work) for _ in range(processes)]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        except KeyboardInterrupt:
            self.stop()
            raise
        failed = [status for status in self.statuses if status not in {0, NO_TESTS}]
        return failed[0] if failed else min(self.statuses)


def main() -> int:
    """Run the groups, print the sum of their results and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0], allow_abbrev=False)
    parser.add_argument("--processes", type=int, default=3, help="how many groups run at once")
    parser.add_argument("--ignore", action="append", help="a folder to leave out, which no group names")
    options, arguments = parser.parse_known_args()
    runner, start = Runner(arguments, options.ignore), time.monotonic()
    status = runner.run_all(options.processes)
    total = ", ".join(f"{number} {word}" for word, number in sorted(runner.total.items())) or "no tests"
    print(f"== all groups: {total} in {time.monotonic() - start:.0f} s, exit status {status}")
    return status


if __name__ == "__main__":
    sys.exit(main())
