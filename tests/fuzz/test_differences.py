"""The documented table of deviations from the contract, checked against the table of the fuzzing."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("schemathesis", reason="the package schemathesis is not installed")

from fuzz.differences import DIFFERENCES

pytestmark = pytest.mark.once

PAGE = Path(__file__).resolve().parents[2] / "docs" / "embedded.md"


def test_the_page_has_the_table() -> None:
    """The page and the code have the same rows."""
    section = PAGE.read_text().partition("## Where answers leave the contract\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    assert rows[2:] == [f"| {difference.what} | {difference.why} |" for difference in DIFFERENCES]
