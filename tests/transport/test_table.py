"""The documentation's table of behaviours names tests that exist, and gives each behaviour at least one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "transport.md"


def _tests_in(module: str) -> set[str]:
    tree = ast.parse((HERE / module).read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def _rows() -> dict[int, tuple[str, list[str]]]:
    found = {}
    for line in PAGE.read_text("utf-8").splitlines():
        if match := re.match(r"\| (\d+) \|.*\| `(test_\w+\.py)`: (.*) \|$", line):
            found[int(match[1])] = (match[2], re.findall(r"`(test_\w+)`", match[3]))
    return found


def test_each_of_the_21_behaviours_has_a_row_with_tests() -> None:
    """No behaviour is missing, and no row is empty."""
    rows = _rows()
    assert sorted(rows) == list(range(1, 22))
    assert all(tests for _, tests in rows.values())


def test_every_test_that_a_row_names_exists() -> None:
    """A renamed or removed test fails here."""
    missing = {name for module, tests in _rows().values() for name in set(tests) - _tests_in(module)}
    assert not missing


def test_every_other_test_that_the_page_names_exists() -> None:
    """Test names outside the table exist too."""
    every = set().union(*(_tests_in(path.name) for path in HERE.glob("test_*.py")))
    named = set(re.findall(r"`(test_\w+)`", PAGE.read_text("utf-8")))
    assert named <= every
