"""The pytest examples of the README and docs/testing.md pass, and so does the example suite."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
SUITE = ROOT / "examples" / "testing_your_code"


@pytest.mark.parametrize("page", ["README.md", "docs/testing.md"])
def test_the_tests_of_a_page_pass(pytester: pytest.Pytester, page: str) -> None:
    """Every block with a test passes; the first, a rate limit followed by an answer, has under ten lines."""
    blocks = [block for block in BLOCK.findall((ROOT / page).read_text("utf-8")) if "def test_" in block]
    assert "rate_limit" in blocks[0] and len(blocks[0].splitlines()) < 10
    pytester.makepyfile(**{f"test_{number}": block for number, block in enumerate(blocks)})
    pytester.runpytest_inprocess("-W", "error", "-p", "no:cacheprovider").assert_outcomes(passed=len(blocks))


def test_the_example_suite_passes() -> None:
    """The example suite passes in its own process, with warnings as errors, and leaves nothing open."""
    done = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider",
         "-p", "no:schemathesis", "-p", "no:hypothesispytest"],
        capture_output=True, text=True, timeout=120, check=False, cwd=SUITE,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout and "skipped" not in done.stdout
