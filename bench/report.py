"""Write the figures into the documentation, between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`.

python bench/report.py FILE     write pages, plot and docs/performance.json from the samples of `run.py --json FILE`
python bench/report.py --check  fail if a page differs from docs/performance.json
python bench/report.py --fresh  also fail if the client's code has changed since the measurement
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from figures import number, share
from results import Results
from sources import client_digest
from table import ORDER
from targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from results import Series

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "docs" / "performance.json"
PLOT = ROOT / "docs" / "performance"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"(<!-- bench:([a-z-]+) -->\n)(.*?)(<!-- /bench:\2 -->)", re.DOTALL)
STREAMS = {
    "chunk-each",
    "chunk-plain",
    "chunk-joined",
    "paced-64",
    "chunk-helped",
    "chunk-each-bare",
    "chunk-joined-bare",
}
STREAMS |= {"tool-chunk", "responses-event", "messages-event"}
REQUESTS = {"request", "at-once-64", "at-once-256", "models", "pictures", "tls"}
START = {"import", "first-client", "first-request"}
NEXT_TO_NOTHING = {"memory-chunks-bare"}  # differences of a byte per chunk are noise of the allocator


def _markdown(rows: Iterable[list[str]]) -> str:
    head, *body = rows
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *body)]
    return "\n".join(lines) + "\n"


def _measured(results: Results) -> list[str]:
    present = {peer for _, _, peers in results.rows() for peer in peers}
    return [peer for peer in ORDER if peer in present]


def about(results: Results) -> str:
    """Return the date, versions and machine of the measurement."""
    what = results.about
    versions = ", ".join(
        f"{'msgspec' if peer == 'floor' else 'this package' if peer == 'ours' else peer} {version}"
        for peer, version in what["peers"].items()
        if version
    )
    left_out = "; ".join(f"{peer} ({reason})" for peer, reason in what["missing"].items()) or "nothing"
    return (
        f"Taken on {what['taken']} at commit {what['commit']}: {what['machine']}, CPython {what['python']},"
        f" rounds: {what['rounds']}, minutes: {what['seconds'] / 60:.0f}, load at the start: {what['load']:.1f}."
        f" {versions}. Left out: {left_out}.\n"
    )


def targets(results: Results) -> str:
    """Return every target that the stored figures cover, with its verdict."""
    rows = [["work", "beside", "at most", "aim", "reached", "by minima", ""]]
    for target in TARGETS:
        if target.reached(results) is None:
            continue
        *cells, word = target.row(results)
        rows.append([*cells, f"**{word.lower()}**" if word == "NOT MET" else word])
    return _markdown(rows)


def unmet(results: Results) -> str:
    """Return each target that is not met, with the floor's figure."""
    lines = []
    for target in TARGETS:
        if target.verdict(results) != "NOT MET":
            continue
        floor, theirs = (results.get(target.item, target.world, peer) for peer in ("floor", target.peer))
        line = f"- {target.title}: {target.formatted(target.reached(results))} of {target.peer or target.than}"
        line += f" instead of {target.formatted(target.at_most)}"
        if floor and theirs and target.peer != "floor":
            line += f"; the floor itself needs {share(floor.median / theirs.median)}"
        lines.append(line + ".")
    return "\n".join(lines or ["- None."]) + "\n"


def _work(results: Results, items: set[str], unit: str) -> str:
    chosen = [(item, world, peers) for item, world, peers in results.rows() if item in items]
    names = [peer for peer in ORDER if any(peer in peers for _, _, peers in chosen)]
    rows = [[unit, "", *names]]
    for _, world, peers in chosen:
        title = next(iter(peers.values())).title
        rows.append([title, world, *(_cell(peers, peer) for peer in names)])
    return _markdown(rows)


def _cell(peers: dict[str, Series], peer: str) -> str:
    series = peers.get(peer)
    if series is None:
        return ""
    text = f"{number(series.median)} ({number(series.least)} to {number(series.most)})"
    return f"**{text}**" if peer == "ours" else text


def requests(results: Results) -> str:
    """Return the table of requests, in microseconds."""
    return _work(results, REQUESTS, "µs per request or list")


def streams(results: Results) -> str:
    """Return the table of chunks, in microseconds."""
    return _work(results, STREAMS, "µs per chunk or event")


def start(results: Results) -> str:
    """Return the table of start-up times, in milliseconds."""
    return _work(results, START, "ms")


def memory(results: Results) -> str:
    """Return the tables of memory, in megabytes and bytes."""
    resident = _work(results, {"memory-import", "memory-first-client", "memory-first-request"}, "MB resident")
    grown = _work(results, {"memory-chunks", "memory-chunks-bare", "memory-idle"}, "bytes per chunk or silent stream")
    return f"{resident}\n{grown}"


def server(results: Results) -> str:
    """Return the table of the server's CPU time beside the wall times of clients."""
    rows = [["µs per unit", "", "server's CPU", "floor, wall time", "ours, wall time", "openai, wall time"]]
    for item, world, peers in results.rows():
        floor = peers.get("floor")
        if floor is None or not floor.walls or item == "paced-64":
            continue
        clocks = [_median(peers[peer].walls) if peer in peers else "" for peer in ("floor", "ours", "openai")]
        rows.append([floor.title, world, _median(floor.server), *clocks])
    return _markdown(rows)


def _median(values: list[float]) -> str:
    return number(sorted(values)[len(values) // 2]) if values else ""


def ahead(results: Results) -> str:
    """Return the kinds of work in which another client is faster."""
    places: dict[str, list[str]] = {}
    for item, world, peers in results.rows():
        ours = peers.get("ours")
        for peer, theirs in peers.items():
            if ours and peer not in ("ours", "floor") and theirs.median < ours.median and item not in NEXT_TO_NOTHING:
                places.setdefault(peer, []).append(f"{ours.title}, {world} ({share(theirs.median / ours.median)})")
    lines = [f"- **{peer}**: {'; '.join(where)}." for peer, where in places.items()]
    return "\n".join(lines or ["- None."]) + "\n"


def lost(results: Results) -> str:
    """Return the data that clients lost, and work that they do differently."""
    lines = [f"- {peer}: {note}." for peer, note in results.about.get("notes", {}).items()]
    for _, world, peers in results.rows():
        for peer, series in peers.items():
            if series.notes:
                lines.append(f"- {peer}, {series.title}, {world}: {series.notes[-1]} (last round).")
    return "\n".join(lines or ["- Nothing."]) + "\n"


SHORT = [
    ("request", "async", "a request, async"),
    ("at-once-64", "async", "64 requests at once, async, each"),
    ("request", "blocking", "a request, blocking"),
    ("chunk-each", "async", "a streamed chunk, typed and assembled, async"),
    ("chunk-each", "blocking", "the same, blocking"),
    ("models", "blocking", "a list of 300 models"),
]


def summary(results: Results) -> str:
    """Return the short table of the front page."""
    shown = ("floor", "rust", "ours", "inference-gateway", "openai", "litellm")
    peers = [peer for peer in shown if peer in _measured(results)]
    rows = [["CPU, µs", *("**this package**" if peer == "ours" else _long(peer) for peer in peers), "openai / ours"]]
    for item, world, title in SHORT:
        cells = []
        for peer in peers:
            series = results.get(item, world, peer)
            cells.append(number(series.median) if series else "")
        value = results.share(item, world, "openai")
        rows.append([title, *cells, f"{1 / value:.0f}" if value else ""])
    return _markdown(rows)


def _long(peer: str) -> str:
    return {"floor": "raw socket + msgspec", "rust": "the Rust SDK"}.get(peer, peer)


BLOCKS: dict[str, Callable[[Results], str]] = {
    "about": about, "summary": summary, "targets": targets, "unmet": unmet, "requests": requests, "streams": streams,
    "start": start, "memory": memory, "ahead": ahead, "lost": lost, "server": server,
}  # fmt: skip


def filled(text: str, results: Results) -> str:
    """Return the page with its blocks written from these results."""

    def block(match: re.Match[str]) -> str:
        if match[2] not in BLOCKS:
            raise SystemExit(f"unknown block {match[2]!r}: use one of {', '.join(BLOCKS)}")
        return f"{match[1]}\n{BLOCKS[match[2]](results)}\n{match[4]}"

    return BLOCK.sub(block, text)


def write(results: Results) -> None:
    """Store the samples, draw the plot, and write the pages."""
    from plot import draw

    KEPT.write_text(
        json.dumps(_rounded(results.to_dict()), separators=(",", ":")).replace('{"item"', '\n{"item"') + "\n"
    )
    draw(kept(), PLOT)
    for page in PAGES:
        text = page.read_text()
        page.write_text(filled(text, kept()))


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    return [_rounded(entry) for entry in value] if isinstance(value, list) else value


def kept() -> Results:
    """Return the results in docs/performance.json."""
    return Results.from_dict(json.loads(KEPT.read_text()))


def check(*, fresh: bool) -> list[str]:
    """Return the errors in the pages."""
    results = kept()
    wrong = [
        f"{page.name} differs from docs/performance.json: run bench/report.py on that file"
        for page in PAGES
        if _stale(page, results)
    ]
    if fresh and results.about["source"] != client_digest():
        wrong.append("the client's code has changed since the measurement: run `poe bench --report`")
    return wrong


def _stale(page: Path, results: Results) -> bool:
    text = page.read_text()
    return filled(text, results) != text


def main() -> None:
    """Write or check the pages."""
    if sys.argv[1:] in (["--check"], ["--fresh"]):
        wrong = check(fresh=sys.argv[1] == "--fresh")
        print("\n".join(wrong) or "the pages match the measurement")
        raise SystemExit(bool(wrong))
    (path,) = sys.argv[1:]
    write(Results.from_dict(json.loads(Path(path).read_text())))


if __name__ == "__main__":
    main()
