"""Results as tables on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from figures import number, share
from targets import TARGETS

if TYPE_CHECKING:
    from results import Results, Series

ORDER = ("floor", "rust", "ours", "inference-gateway", "openai", "anthropic", "litellm")


def _cell(series: Series | None) -> str:
    return f"{number(series.median)} ({number(series.least)})" if series else "-"


def _lines(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def work(results: Results) -> list[str]:
    """Return the lines for every kind of work: each client's median (and minimum), and our ratio to others."""
    present = {peer for _, _, peers in results.rows() for peer in peers}
    names = [peer for peer in ORDER if peer in present]
    others = [peer for peer in ("openai", "floor", "rust") if peer in present]
    rows = [["work", "", "unit", *names, *(f"of {peer}" for peer in others)]]
    for item, world, peers in results.rows():
        series = next(iter(peers.values()))
        cells = [_cell(peers.get(peer)) for peer in names]
        rows.append([item, world, series.unit, *cells, *(share(results.share(item, world, peer)) for peer in others)])
    return _lines(rows)


def goals(results: Results) -> list[str]:
    """Return the lines for every measured target, by medians and by minima."""
    rows = [["target", "beside", "at most", "aim", "median", "minimum", ""]]
    for target in TARGETS:
        if target.reached(results) is not None:
            title, *cells = target.row(results)
            rows.append([f"{title} [{target.item}]", *cells])
    return _lines(rows) if len(rows) > 1 else []


def notes(results: Results) -> list[str]:
    """Return the lines for clients that were left out, notes and lost chunks."""
    lines = [f"left out: {peer}: {reason}" for peer, reason in results.about.get("missing", {}).items()]
    lines += [f"{peer}: {note}" for peer, note in results.about.get("notes", {}).items()]
    for item, world, peers in results.rows():
        lines += [f"{item}, {world}, {peer}: {series.notes[-1]}" for peer, series in peers.items() if series.notes]
    return lines


def whole(results: Results) -> str:
    """Return the complete report."""
    about = results.about
    head = (
        f"{about['taken']}, commit {about['commit']}, {about['machine']}, Python {about['python']}, "
        f"{about['rounds']} rounds, {about['seconds']:.0f} s, load {about['load']:.1f} at the start"
    )
    parts = [[head], work(results), goals(results), notes(results)]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"
