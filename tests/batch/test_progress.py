"""Progress at a terminal, in a log and in a notebook."""

from __future__ import annotations

import io
import sys
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import structs

from inference_gateway_sdk.batch import BatchProgress
from inference_gateway_sdk.batch.progress import (
    BatchReport,
    LineDisplay,
    NotebookDisplay,
    TerminalDisplay,
    describe,
    open_display,
)

PROGRESS = BatchProgress(
    elapsed=55.0, total=10_000, done=4478, failed=2, skipped=1000, rate=99.6, tokens_rate=12_345.0, input_tokens=11_000,
    output_tokens=22_000, cost=Decimal("0.681"), eta=45.0, concurrency=32, in_flight=31, refusals=11,
)  # fmt: skip
END = structs.replace(PROGRESS, ended=True, stopped="interrupt")


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_every_ten_seconds() -> None:
    """However often figures come; the last line comes at the end, with the rates of the whole run."""
    stream = io.StringIO()
    display = LineDisplay(stream)
    for tenth in range(351):
        display(BatchProgress(elapsed=tenth / 10, total=100, done=tenth // 4))
    display(BatchProgress(elapsed=36.0, total=100, done=90, output_tokens=36_000, stopped="interrupt", ended=True))
    display.close()
    lines = stream.getvalue().splitlines()
    assert [line.rpartition(", ")[2] for line in lines] == ["0:10", "0:20", "0:30", "0:36"]
    assert lines[-1] == "batch: 90 of 100 rows (90 %), 2.5 rows/s, 1k tokens/s, interrupted, 0:36"


def test_a_line_has_all_figures() -> None:
    """Rows, rate, tokens, cost, time left, concurrency, refusals and failures; a total only if it is known."""
    assert describe(PROGRESS) == (
        "5,480 of 10,000 rows (54 %), 99.6 rows/s, 12.3k tokens/s, 0.68 USD, 0:45 left, concurrency 32, 11 refused, "
        "2 failed"
    )
    assert describe(BatchProgress(elapsed=1.0, done=7)).startswith("7 rows, 0 rows/s")
    assert describe(structs.replace(PROGRESS, pause=20.0)).endswith("2 failed, paused for 0:20")
    assert "0.0012 USD" in describe(structs.replace(PROGRESS, cost=Decimal("0.001234")))


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bar and the figures fit into 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    display = TerminalDisplay(stream)
    display(PROGRESS)
    display.close()
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
        notebook(BatchProgress(elapsed=step / 10, total=10, done=step))
    notebook(END)
    notebook.close()
    assert len(shown) == 4  # at 0, 0.5 and 1 s, and the end
    assert '<progress style="width:100%" max="1" value="0.5480">' in shown[-1]._repr_html_()
    assert repr(shown[-1]).startswith("batch: 5,480 of 10,000 rows")


def test_the_display_fits_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook's kernel, a terminal, a terminal without rich, a pipe."""
    assert isinstance(open_display(io.StringIO()), LineDisplay)
    terminal = open_display(Terminal())
    assert isinstance(terminal, TerminalDisplay)
    terminal.close()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert isinstance(open_display(Terminal()), LineDisplay)
    shell = type("ZMQInteractiveShell", (), {})()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert isinstance(open_display(Terminal()), NotebookDisplay)


def test_a_report_is_written_at_the_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the figures of the end, and the failed rows by their error, in either form of output."""
    output = tmp_path / "answers.jsonl"
    output.write_text(
        '{"key": 1, "reply": {}}\n{"key": 2, "error": {"type": "RateLimitError", "status": 429,'
        ' "message": "slow <b>"}}\n'
        '{"custom_id": "3", "error": {"code": "bad", "message": "no"}}\n'
        '{"custom_id": "4", "error": null}\n{"key": 5, "er'
    )
    report = BatchReport(tmp_path / "report.html", title="Reviews", output=output)
    for step in range(20):
        report(structs.replace(PROGRESS, elapsed=step / 2, done=step * 10))
        assert not (tmp_path / "report.html").exists()
    report(END)
    report.close()
    page = (tmp_path / "report.html").read_text("utf-8")
    for text in ("<h1>Reviews</h1>", "4,478", "1,000", "0.68 USD", "11,000 in, 22,000 out", "interrupted", "0:55",
                 "<td>RateLimitError 429</td><td>1</td><td>slow &lt;b&gt;</td>", "<td>bad</td>"):  # fmt: skip
        assert text in page, text
    assert capsys.readouterr().err.startswith("batch: 5,480 of 10,000 rows")


def test_a_report_in_no_folder_is_refused(tmp_path: Path) -> None:
    """Before anything is asked."""
    with pytest.raises(ValueError, match="path: the folder"):
        BatchReport(tmp_path / "none" / "report.html")
