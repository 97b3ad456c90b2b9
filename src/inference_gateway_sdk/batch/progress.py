"""Progress of a batch for people: bars of rich at a terminal, a bar in a notebook, else a line every ten seconds.

Nothing here is imported by a batch without `progress=True` or a report.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from html import escape
from typing import TYPE_CHECKING, Any, Final, Protocol

from msgspec import Struct

from .report import format_seconds

if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["Display", "Figures", "LineDisplay", "NotebookDisplay", "TerminalDisplay", "choose_display", "describe"]

EVERY: Final = 10.0  # seconds between two lines of a log
_NOTEBOOK_EVERY: Final = 0.5


class Figures(Struct, frozen=True, kw_only=True):
    """The figures that are shown.

    Attributes:
        elapsed: Seconds since the beginning.
        total: The number of rows, or None if it is not known.
        done: Rows with an answer, including those of runs before.
        failed: Rows with an error.
        rate: Rows a second.
        tokens_rate: Tokens a second.
        cost: The known cost as text with its currency, or None.
        left: Seconds until the end, or None if not known.
        concurrency: The number of requests that may be in flight.
        refusals: Answers 429 and 503.
        note: A text such as "budget reached".
    """

    elapsed: float
    total: int | None = None
    done: int = 0
    failed: int = 0
    rate: float = 0.0
    tokens_rate: float = 0.0
    cost: str | None = None
    left: float | None = None
    concurrency: float = 0
    refusals: int = 0
    note: str | None = None

    @property
    def ended(self) -> int:
        """Rows that have an answer or an error."""
        return self.done + self.failed

    @property
    def share(self) -> float | None:
        """The share of the rows that have ended."""
        return None if not self.total else min(1.0, self.ended / self.total)


class Display(Protocol):
    """A place where progress is shown."""

    def show(self, figures: Figures) -> None:
        """Show these figures."""

    def close(self, figures: Figures) -> None:
        """Show the last figures, and leave the place as others expect it."""


def choose_display(stream: TextIO | None = None) -> Display:
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


def describe(figures: Figures, *, rows: bool = True) -> str:
    """Return the figures as one line of text."""
    parts: list[str] = []
    if rows:
        parts.append(_rows(figures))
    parts += [f"{_short(figures.rate)} rows/s", f"{_short(figures.tokens_rate)} tokens/s"]
    if figures.cost is not None:
        parts.append(figures.cost)
    if rows and figures.left is not None:
        parts.append(f"{format_seconds(figures.left)} left")
    parts.append(f"concurrency {figures.concurrency:.0f}")
    parts += [
        f"{count:,} {name}" for count, name in ((figures.refusals, "refused"), (figures.failed, "failed")) if count
    ]
    if figures.note is not None:
        parts.append(figures.note)
    return ", ".join(parts)


def _rows(figures: Figures) -> str:
    if figures.total is None:
        return f"{figures.ended:,} rows"
    share = figures.share
    percent = "" if share is None else f" ({int(share * 100)} %)"
    return f"{figures.ended:,} of {figures.total:,} rows{percent}"


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

    def show(self, figures: Figures) -> None:
        """Print a line if ten seconds have passed."""
        if figures.elapsed >= self._next:
            self._next = figures.elapsed - figures.elapsed % self._every + self._every
            self._print(figures)

    def close(self, figures: Figures) -> None:
        """Print the last line."""
        self._print(figures)

    def _print(self, figures: Figures) -> None:
        if self._stream is not None:
            print(f"batch: {describe(figures)}, {format_seconds(figures.elapsed)}", file=self._stream, flush=True)


class TerminalDisplay:
    """A bar and a line below it, drawn with rich four times a second."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.live import Live

        self._figures = Figures(elapsed=0.0)
        console = Console(file=stream)
        self._live = Live(console=console, get_renderable=self._render, refresh_per_second=4)
        self._live.start()

    def _render(self) -> Any:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        figures = self._figures
        grid = Table.grid(padding=(0, 1), expand=True)
        for ratio in (None, 1, None):
            grid.add_column(ratio=ratio, no_wrap=True)
        share = figures.share
        bar = ProgressBar(total=1.0, completed=share or 0.0, pulse=share is None)
        last = f"{format_seconds(figures.elapsed)}"
        if figures.left is not None and not (share or 0) >= 1:
            last += f", {format_seconds(figures.left)} left"
        grid.add_row(Text(_rows(figures)), bar, Text(last))
        return Group(grid, Text(describe(figures, rows=False), style="dim", overflow="fold"))

    def show(self, figures: Figures) -> None:
        """Keep the figures for the next drawing."""
        self._figures = figures

    def close(self, figures: Figures) -> None:
        """Draw the last figures and release the terminal."""
        self._figures = figures
        self._live.stop()


class NotebookDisplay:
    """A bar in the output of a notebook's cell, replaced twice a second."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._next = 0.0

    def show(self, figures: Figures) -> None:
        """Replace the bar if half a second has passed."""
        if figures.elapsed >= self._next:
            self._next = figures.elapsed + _NOTEBOOK_EVERY
            self._draw(figures)

    def close(self, figures: Figures) -> None:
        """Draw the last figures."""
        self._draw(figures)

    def _draw(self, figures: Figures) -> None:
        display: Any = importlib.import_module("IPython.display").display
        page = _Page(figures)
        if self._handle is None:
            self._handle = display(page, display_id=True)
        else:
            self._handle.update(page)


class _Page:
    """The figures as HTML for a notebook, and as text for other viewers of it."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def _repr_html_(self) -> str:
        share = self._figures.share
        value = "" if share is None else f' value="{share:.4f}"'
        text = f"{describe(self._figures)}, {format_seconds(self._figures.elapsed)}"
        return f'<div><progress style="width:100%" max="1"{value}></progress><br><small>{escape(text)}</small></div>'

    def __repr__(self) -> str:
        return f"batch: {describe(self._figures)}, {format_seconds(self._figures.elapsed)}"
