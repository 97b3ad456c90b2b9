"""The table of docs/runs.md: every row names tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "runs.md"
ROW = re.compile(r"^\| (\d+) \| .* \| ([^|]+) \|$", re.MULTILINE)


def test_every_row_names_tests_that_exist() -> None:
    """Rows 1 to 51 are there, in order, each with at least one existing test of the runs, tools or schemas."""
    known = {
        node.name
        for room in ("run", "tools", "schema")
        for path in (TESTS / room).glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    rows = ROW.findall(PAGE.read_text("utf-8"))
    assert [int(number) for number, _ in rows] == list(range(1, 52))
    for number, cell in rows:
        named = re.findall(r"`(test_\w+)`", cell)
        assert named, f"row {number} names no test"
        assert set(named) <= known, f"row {number} names a test that does not exist: {set(named) - known}"
