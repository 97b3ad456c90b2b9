"""The page that lists where answers leave the contract, held against the table that the fuzzing goes by."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("schemathesis", reason="the package schemathesis is not installed")

from fuzz.differences import DIFFERENCES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "embedded.md"


def test_the_page_has_the_table() -> None:
    """Row for row: nothing is passed over in the tests that a reader is not told of, and nothing is told in vain."""
    section = PAGE.read_text().partition("## Where answers leave the contract\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    assert rows[2:] == [f"| {difference.what} | {difference.why} |" for difference in DIFFERENCES]
