"""Rows for whoever reads them: a table at a terminal, lines with tabs for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .output import harmless, is_terminal, replace_unprintable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["print_rows"]


def print_rows(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print the rows; the titles only where people look."""
    if is_terminal():
        _print_table(titles, rows)
        return
    replace_unprintable()
    for row in rows:
        print("\t".join(" ".join(cell.split()) for cell in row))


def _print_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(box=None, header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(Text(harmless(cell)) for cell in row))  # brackets in a cell are no markup
    Console().print(table)
