"""The figures in the documentation, which must equal the benchmark's own."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import run

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[1]


def test_the_pages_have_the_measured_figures() -> None:
    """Every table between the benchmark's marks is generated from its stored samples; none is written by hand."""
    done = run([sys.executable, "bench/report.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
