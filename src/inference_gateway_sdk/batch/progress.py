"""Progress of a batch for people: a bar of rich at a terminal, a bar in a notebook, else a line every ten seconds.

A display is a callable for the argument `progress`. `open_display` chooses one. `BatchReport` is another callable,
which writes the HTML report. A batch without them does not import this module.
"""

from __future__ import annotations

import importlib
import importlib.util
import os  # noqa: TC003  (users resolve the annotations)
import sys
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from .._model.type_info import build_decoder
from .report import History, format_amount, format_seconds, write_report
from .state import BatchProgress

if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["BatchReport", "Display", "LineDisplay", "NotebookDisplay", "TerminalDisplay", "describe", "open_display"]

EVERY: Final = 10.0  # seconds between two lines of a log
_NOTEBOOK_EVERY: Final = 0.5
_STOPPED: Final = {
    "budget": "stopped by the budget",
    "interrupt": "interrupted",
    "errors": "stopped by errors",
}


class Display(Protocol):
    """A place where progress is shown."""

    def __call__(self, progress: BatchProgress, /) -> None:
        """Show these figures. Those with `ended` are the last."""

    def close(self) -> None:
        """Release the place, also after an error."""


def open_display(stream: TextIO | None = None) -> Display:
    """Return the display for this process: a notebook's, a terminal's if rich is installed, else lines."""
    stream = stream or sys.stderr  # None in a program without a console
    if _in_notebook():
        return NotebookDisplay()
    if stream is not None and stream.isatty() and importlib.util.find_spec("rich") is not None:
        return TerminalDisplay(stream)
    return LineDisplay(stream)


def _in_notebook() -> bool:
    """Return whether a notebook's kernel runs this code. IPython at a terminal has another class of shell."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return type(shell).__name__ == "ZMQInteractiveShell"


def describe(progress: BatchProgress, *, rows: bool = True) -> str:
    """Return the figures as one line of text. Without `rows`, the number of rows and the time left are not in it."""
    rate, tokens_rate = _rates(progress)
    parts = [_rows(progress)] if rows else []
    parts += [f"{_short(rate)} rows/s", f"{_short(tokens_rate)} tokens/s"]
    if progress.cost is not None:
        parts.append(f"{format_amount(progress.cost)} {progress.currency}")
    if rows and progress.eta is not None and not progress.ended:
        parts.append(f"{format_seconds(progress.eta)} left")
    if not progress.ended:
        parts.append(f"concurrency {progress.concurrency}")
    counts = ((progress.refusals, "refused"), (progress.failed, "failed"))
    parts += [f"{count:,} {name}" for count, name in counts if count]
    if progress.stopped is not None:
        parts.append(_STOPPED[progress.stopped])
    elif progress.pause >= 1 and not progress.ended:
        parts.append(f"paused for {format_seconds(progress.pause)}")
    return ", ".join(parts)


def _rates(progress: BatchProgress) -> tuple[float, float]:
    """Return the rates of the last seconds, or at the end those of the whole run."""
    if not progress.ended:
        return progress.rate, progress.tokens_rate
    seconds = max(progress.elapsed, 1e-9)
    tokens = progress.input_tokens + progress.output_tokens
    return (progress.done + progress.failed) / seconds, tokens / seconds


def _ended(progress: BatchProgress) -> int:
    return progress.done + progress.failed + progress.skipped


def _share(progress: BatchProgress) -> float | None:
    """Return the share of the rows that have ended, None if the total is not known."""
    return None if progress.total is None else min(1.0, _ended(progress) / max(progress.total, 1))


def _rows(progress: BatchProgress) -> str:
    share = _share(progress)
    if share is None:
        return f"{_ended(progress):,} rows"
    return f"{_ended(progress):,} of {progress.total:,} rows ({int(share * 100)} %)"


def _short(number: float) -> str:
    """Return a number in at most five characters."""
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= limit:
            return f"{number / limit:.3g}{letter}"
    return f"{number:.3g}"


class LineDisplay:
    """A line every ten seconds, for a log or a terminal without rich."""

    def __init__(self, stream: TextIO | None, every: float = EVERY) -> None:
        self._stream = stream
        self._every = every
        self._next = every

    def __call__(self, progress: BatchProgress, /) -> None:
        """Print a line if ten seconds have passed, and at the end."""
        if self._stream is not None and (progress.ended or progress.elapsed >= self._next):
            self._next = progress.elapsed - progress.elapsed % self._every + self._every
            print(f"batch: {describe(progress)}, {format_seconds(progress.elapsed)}", file=self._stream, flush=True)

    def close(self) -> None:
        """Do nothing: each line was complete."""


class TerminalDisplay:
    """A bar and a line below it, drawn with rich four times a second."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.live import Live

        self._progress = BatchProgress(elapsed=0.0)
        self._live = Live(console=Console(file=stream), get_renderable=self._render, refresh_per_second=4)
        self._live.start()

    def _render(self) -> Any:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        progress = self._progress
        grid = Table.grid(padding=(0, 1), expand=True)
        for ratio in (None, 1, None):
            grid.add_column(ratio=ratio, no_wrap=True)
        share = _share(progress)
        bar = ProgressBar(total=1.0, completed=share or 0.0, pulse=share is None and not progress.ended)
        spent = format_seconds(progress.elapsed)
        left = "" if progress.eta is None or progress.ended else f", {format_seconds(progress.eta)} left"
        grid.add_row(Text(_rows(progress)), bar, Text(spent + left))
        return Group(grid, Text(describe(progress, rows=False), style="dim", overflow="fold"))

    def __call__(self, progress: BatchProgress, /) -> None:
        """Keep the figures for the next drawing. The last ones are drawn at once."""
        self._progress = progress
        if progress.ended:
            self.close()

    def close(self) -> None:
        """Draw the last figures and release the terminal."""
        self._live.stop()


class NotebookDisplay:
    """A bar in the output of a notebook's cell, replaced twice a second."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._next = 0.0

    def __call__(self, progress: BatchProgress, /) -> None:
        """Replace the bar if half a second has passed, and at the end."""
        if progress.elapsed < self._next and not progress.ended:
            return
        self._next = progress.elapsed + _NOTEBOOK_EVERY
        page = _Page(progress)
        if self._handle is None:
            show: Any = importlib.import_module("IPython.display").display
            self._handle = show(page, display_id=True)
        else:
            self._handle.update(page)

    def close(self) -> None:
        """Do nothing: the notebook keeps the last bar."""


class _Page:
    """The figures as HTML for a notebook, and as text for other viewers of it."""

    def __init__(self, progress: BatchProgress) -> None:
        self._share = _share(progress)
        self._text = f"{describe(progress)}, {format_seconds(progress.elapsed)}"

    def _repr_html_(self) -> str:
        value = "" if self._share is None else f' value="{self._share:.4f}"'
        text = escape(self._text)
        return f'<div><progress style="width:100%" max="1"{value}></progress><br><small>{text}</small></div>'

    def __repr__(self) -> str:
        return f"batch: {self._text}"


class BatchReport:
    """A report of a batch as one HTML file, written when the batch ends. Pass it as `progress`.

    Args:
        path: The file to write, such as "report.html".
        title: The heading.
        output: The output of the batch, from which the failed rows are counted by their error.
        show: Also show the progress, as `progress=True` does.

    Raises:
        ValueError: The folder of `path` does not exist.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        title: str = "Batch",
        output: str | os.PathLike[str] | None = None,
        show: bool = True,
    ) -> None:
        self._path = Path(path)
        if not self._path.parent.is_dir():
            raise ValueError(f"path: the folder {self._path.parent} does not exist: create it first")
        self._title = title
        self._output = None if output is None else Path(output)
        self._display = open_display() if show else None
        self._history = History()

    def __call__(self, progress: BatchProgress, /) -> None:
        """Add the figures, and write the report with the last ones."""
        if self._display is not None:
            self._display(progress)
        self._history.add(progress)
        if progress.ended:
            errors = [] if self._output is None else read_errors(self._output)
            write_report(
                self._path,
                title=self._title,
                summary=_summary(progress),
                history=self._history.points,
                errors=errors,
                currency=progress.currency,
            )

    def close(self) -> None:
        """Release the display, also after an error."""
        if self._display is not None:
            self._display.close()


def _summary(progress: BatchProgress) -> list[tuple[str, str]]:
    """Return the table at the top of a report."""
    rate, tokens_rate = _rates(progress)
    cost = "unknown" if progress.cost is None else f"{format_amount(progress.cost)} {progress.currency}"
    found = [
        ("answered", f"{progress.done:,}"),
        ("failed", f"{progress.failed:,}"),
        ("from earlier runs", f"{progress.skipped:,}"),
        ("rows of the input", "unknown" if progress.total is None else f"{progress.total:,}"),
        ("time", format_seconds(progress.elapsed)),
        ("throughput", f"{_short(rate)} rows/s, {_short(tokens_rate)} tokens/s"),
        ("tokens", f"{progress.input_tokens:,} in, {progress.output_tokens:,} out"),
        ("known cost", cost),
        ("refusals", f"{progress.refusals:,}"),
        ("end", "the end of the input" if progress.stopped is None else _STOPPED[progress.stopped]),
    ]
    return [(name, value) for name, value in found if (name, value) != ("from earlier runs", "0")]


class _Problem(msgspec.Struct):
    type: str = "Error"
    status: int | None = None
    message: str = ""
    code: str | None = None  # in OpenAI's Batch form


class _Line(msgspec.Struct):
    error: _Problem | None = None


def read_errors(output: Path) -> list[tuple[str, int, str]]:
    """Return kind, count and an example of the errors in an output file, the most frequent first."""
    decode = build_decoder(_Line).decode
    counts: dict[str, tuple[int, str]] = {}
    try:
        with output.open("rb") as file:
            for line in file:
                try:
                    error = decode(line).error
                except msgspec.DecodeError:  # a torn last line
                    continue
                if error is not None:
                    kind = error.code or (f"{error.type} {error.status}" if error.status else error.type)
                    count, example = counts.get(kind, (0, error.message))
                    counts[kind] = (count + 1, example)
    except OSError:
        return []
    found = [(kind, count, example) for kind, (count, example) in counts.items()]
    return sorted(found, key=lambda one: -one[1])[:_MOST_KINDS]


_MOST_KINDS: Final = 20
