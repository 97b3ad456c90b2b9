"""`scripts/run_tests.py` runs every test module once, and adds up what pytest reports."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import run_tests  # noqa: E402

pytestmark = pytest.mark.once


def test_each_module_is_in_one_group() -> None:
    """The groups together hold each test module once, those of a new folder included."""
    modules = sorted((ROOT / "tests").rglob("test_*.py"))
    paths = [ROOT / path for group in run_tests.groups() for path in group]
    assert [sum(path in (module, *module.parents) for path in paths) for module in modules] == [1] * len(modules)
    without = [ROOT / path for group in run_tests.groups(["tests/transport_httpx2"]) for path in group]
    assert {path for path in paths if path not in without} == {
        module for module in modules if module.parent.name == "transport_httpx2"
    }


@pytest.mark.parametrize(
    ("output", "wanted"),
    [
        ("...\n3 failed, 486 passed in 370.06s (0:06:10)\n", {"failed": 3, "passed": 486}),
        ("1 skipped, 2 deselected, 1 error in 0.5s\n", {"skipped": 1, "deselected": 2, "error": 1}),
        ("1 passed in 1.00s\n2 errors in 0.5s\n<sys>:0: ResourceWarning: unclosed file\n", {"error": 2}),
        ("no tests ran in 0.01s\n", {}),
        ("Fatal Python error: Segmentation fault\n", {}),
    ],
)
def test_the_counts_of_a_run(output: str, wanted: dict[str, int]) -> None:
    """The summary of pytest gives the number of each outcome."""
    assert run_tests.counts(output) == wanted


@pytest.mark.parametrize(
    ("programs", "status"),
    [(["0", "0"], 0), (["0", "1", "0"], 1), (["5", "0"], 0), (["5", "5"], 5), (["0", "-9"], -9), (["2", "5"], 2)],
)
def test_one_failed_group_fails_the_whole(monkeypatch: pytest.MonkeyPatch, programs: list[str], status: int) -> None:
    """A group that fails, or whose process dies, decides the status; groups without tests do not."""
    monkeypatch.setattr(run_tests, "groups", lambda _: [[number] for number in programs])
    monkeypatch.setattr(run_tests.subprocess, "Popen", lambda command, **_: _Ended(int(command[-1])))
    assert run_tests.Runner([]).run_all(2) == status


class _Ended:
    """A process that has ended with a status."""

    def __init__(self, status: int) -> None:
        self.status = status

    def wait(self) -> int:
        """Return the status."""
        return self.status
