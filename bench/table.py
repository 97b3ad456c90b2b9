"""Results as tables on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from targets import TARGETS, Target

if TYPE_CHECKING:
    from results import Results, Series

ORDER = ("floor", "rust", "ours", "inference-gateway", "openai", "anthropic", "litellm")


def number(value: float) -> str:
    """Three digits that count."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def share(value: float | None) -> str:
    """A share as a reader thinks of it: 1/18, or 2.1 times."""
    if value is None:
        return "-"
    return f"1/{1 / value:.1f}" if value < 0.8 else f"{value:.2f}x"


def _cell(series: Series | None) -> str:
    return f"{number(series.median)} ({number(series.least)})" if series else "-"


def _lines(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def work(results: Results) -> list[str]:
    """Every kind of work: each client's median (and minimum), and ours as a share of others'."""
    present = {peer for _, _, peers in results.rows() for peer in peers}
    names = [peer for peer in ORDER if peer in present]
    others = [peer for peer in ("openai", "floor", "rust") if peer in present]
    rows = [["work", "", "unit", *names, *(f"of {peer}" for peer in others)]]
    for item, world, peers in results.rows():
        series = next(iter(peers.values()))
        cells = [_cell(peers.get(peer)) for peer in names]
        rows.append([item, world, series.unit, *cells, *(share(results.share(item, world, peer)) for peer in others)])
    return _lines(rows)


def verdict(target: Target, value: float | None) -> str:
    """Met, the aim too, or not."""
    if value is None:
        return "not measured"
    if value > target.at_most:
        return "NOT MET"
    return "met, aim too" if target.aim is None or value <= target.aim else "met"


def goals(results: Results) -> list[str]:
    """Every target, by medians and by minima."""
    rows = [["target", "beside", "at most", "aim", "median", "minimum", ""]]
    for target in TARGETS:
        value = results.share(target.item, target.world, target.peer)
        ours, theirs = (results.get(target.item, target.world, peer) for peer in ("ours", target.peer))
        least = ours.least / theirs.least if ours and theirs else None
        aim = share(target.aim) if target.aim else "-"
        title = f"{target.title} [{target.item}]"
        rows.append(
            [title, target.peer, share(target.at_most), aim, share(value), share(least), verdict(target, value)]
        )
    return _lines(rows)


def notes(results: Results) -> list[str]:
    """What was left out, what was lost, and whether the server kept up."""
    lines = [f"left out: {peer}: {reason}" for peer, reason in results.about.get("missing", {}).items()]
    lines += [f"{peer}: {note}" for peer, note in results.about.get("notes", {}).items()]
    for item, world, peers in results.rows():
        lines += [f"{item}, {world}, {peer}: {series.notes[-1]}" for peer, series in peers.items() if series.notes]
    return lines


def whole(results: Results) -> str:
    """Everything."""
    about = results.about
    head = (
        f"{about['taken']}, commit {about['commit']}, {about['machine']}, Python {about['python']}, "
        f"{about['rounds']} rounds, {about['seconds']:.0f} s"
    )
    parts = [[head], work(results), goals(results), notes(results)]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"
