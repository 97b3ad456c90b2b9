"""Progress at a terminal, in a log and in a notebook."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from inference_gateway_sdk.batch.progress import (
    Figures,
    LineDisplay,
    NotebookDisplay,
    TerminalDisplay,
    choose_display,
    describe,
)

FIGURES = Figures(
    elapsed=55.0, total=10_000, done=5478, failed=2, rate=99.6, tokens_rate=12_345.0, cost="0.68 USD", left=45.0,
    concurrency=32, refusals=11,
)  # fmt: skip


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_every_ten_seconds() -> None:
    """However often figures come; the last line comes at the end."""
    stream = io.StringIO()
    display = LineDisplay(stream)
    for tenth in range(351):
        display.show(Figures(elapsed=tenth / 10, total=100, done=tenth // 4))
    display.close(Figures(elapsed=36.0, total=100, done=88, note="interrupted"))
    lines = stream.getvalue().splitlines()
    assert [line.rpartition(", ")[2] for line in lines] == ["0:10", "0:20", "0:30", "0:36"]
    assert lines[-1] == "batch: 88 of 100 rows (88 %), 0 rows/s, 0 tokens/s, concurrency 0, interrupted, 0:36"


def test_a_line_has_all_figures() -> None:
    """Rows, rate, tokens, cost, time left, concurrency, refusals and failures; a total only if it is known."""
    assert describe(FIGURES) == (
        "5,480 of 10,000 rows (54 %), 99.6 rows/s, 12.3k tokens/s, 0.68 USD, 0:45 left, concurrency 32, 11 refused, "
        "2 failed"
    )
    assert describe(Figures(elapsed=1.0, done=7)).startswith("7 rows, 0 rows/s")


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bar and the figures fit into 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    display = TerminalDisplay(stream)
    display.show(FIGURES)
    display.close(FIGURES)
    last = [line.rstrip() for line in stream.getvalue().splitlines() if line.strip()][-2:]
    assert last[0].startswith("5,480 of 10,000 rows (54 %)")
    assert last[0].endswith("0:55, 0:45 left")
    assert last[1] == "99.6 rows/s, 12.3k tokens/s, 0.68 USD, concurrency 32, 11 refused, 2 failed"
    assert max(map(len, last)) <= 80


def test_a_notebook_gets_one_output_that_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """At most twice a second; the output is HTML for the notebook, and text elsewhere."""
    shown: list[Any] = []

    def display(page: Any, *, display_id: bool) -> Any:
        assert display_id
        shown.append(page)
        return SimpleNamespace(update=shown.append)

    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    notebook = NotebookDisplay()
    for step in range(11):
        notebook.show(Figures(elapsed=step / 10, total=10, done=step))
    notebook.close(FIGURES)
    assert len(shown) == 4  # at 0, 0.5 and 1 s, and the end
    assert '<progress style="width:100%" max="1" value="0.5480">' in shown[-1]._repr_html_()
    assert repr(shown[-1]).startswith("batch: 5,480 of 10,000 rows")


def test_the_display_fits_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook's kernel, a terminal, a terminal without rich, a pipe."""
    assert isinstance(choose_display(io.StringIO()), LineDisplay)
    terminal = choose_display(Terminal())
    assert isinstance(terminal, TerminalDisplay)
    terminal.close(FIGURES)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert isinstance(choose_display(Terminal()), LineDisplay)
    shell = type("ZMQInteractiveShell", (), {})()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert isinstance(choose_display(Terminal()), NotebookDisplay)
