"""The plot of the results: a row per kind of work, a mark per client at its ratio to openai's figure.

Text and marks have medium tones on a transparent background, so the plot suits light and dark pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from results import Results

ROWS = [
    ("request", "blocking", "one request"),
    ("request", "async", "one request"),
    ("tls", "async", "one request over TLS"),
    ("pictures", "async", "a 4 MB request"),
    ("at-once-64", "async", "64 requests at once"),
    ("at-once-256", "async", "256 requests at once"),
    ("models", "async", "a list of 300 models"),
    ("chunk-each", "blocking", "a streamed chunk"),
    ("chunk-each", "async", "a streamed chunk"),
    ("chunk-joined", "async", "a chunk, many a read"),
    ("paced-64", "async", "a chunk of 64 paced streams"),
    ("tool-chunk", "async", "a chunk of tool calls"),
    ("responses-event", "async", "a Responses event"),
    ("import", "blocking", "import"),
    ("first-request", "blocking", "import to first answer"),
    ("memory-first-request", "blocking", "memory at the first answer"),
]
MARKS: dict[str, dict[str, Any]] = {  # ours last, above the others
    "floor": {"label": "raw socket + msgspec", "marker": "|", "color": "#768390", "markersize": 13, "mew": 2.2},
    "rust": {"label": "Rust SDK", "marker": "D", "color": "#c4622d", "markersize": 6},
    "inference-gateway": {"label": "inference-gateway", "marker": "^", "color": "#8a63d2", "markersize": 7},
    "litellm": {"label": "litellm", "marker": "v", "color": "#b8860b", "markersize": 7},
    "openai": {"label": "openai", "marker": "s", "color": "#cf3f4b", "markersize": 7},
    "ours": {"label": "inference-gateway-sdk", "marker": "o", "color": "#2188d9", "markersize": 10},
}
GREY = "#768390"
LEAST = 1 / 150  # smaller ratios are drawn at the edge, with their figure
OTHER = "openai"


def points(results: Results) -> dict[str, list[tuple[float, int]]]:
    """Return the ratios of each client with their rows."""
    found: dict[str, list[tuple[float, int]]] = {peer: [] for peer in MARKS}
    for row, (item, world, _) in enumerate(_rows(results)):
        whole = results.get(item, world, OTHER)
        for peer, marks in found.items():
            series = results.get(item, world, peer)
            if series and whole:
                marks.append((series.median / whole.median, row))
    return {peer: marks for peer, marks in found.items() if marks}


def _rows(results: Results) -> list[tuple[str, str, str]]:
    return [row for row in ROWS if results.get(*row[:2], "ours") and results.get(*row[:2], OTHER)]


def draw(results: Results, stem: Path) -> list[Path]:
    """Write `stem`.svg and `stem`.png."""
    import matplotlib as mpl

    mpl.use("agg")
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "bench", "font.family": "sans-serif", "font.size": 10})
    import matplotlib.pyplot as plt

    rows = _rows(results)
    figure, axes = plt.subplots(figsize=(9.2, 1.6 + 0.34 * len(rows)))
    for row in range(len(rows)):
        axes.axhline(row, color=GREY, linewidth=0.5, alpha=0.35, zorder=0)
    for peer, marks in points(results).items():
        shares, places = zip(*marks, strict=True)
        axes.plot([max(LEAST, value) for value in shares], places, linestyle="none", zorder=3, **MARKS[peer])
        for value, row in marks:
            if value < LEAST:
                axes.annotate(f"1/{1 / value:.0f}", (LEAST, row), (11, -3.5), textcoords="offset points", color=GREY)
    _dress(axes, rows)
    written = [stem.with_suffix(".svg"), stem.with_suffix(".png")]
    figure.savefig(written[0], transparent=True, bbox_inches="tight", metadata={"Date": None})
    figure.savefig(written[1], transparent=True, bbox_inches="tight", dpi=110)
    plt.close(figure)
    written[0].write_text("\n".join(line.rstrip() for line in written[0].read_text().splitlines()) + "\n")
    return written


def _dress(axes: Any, rows: list[tuple[str, str, str]]) -> None:
    axes.set_xscale("log")
    axes.set_yticks(range(len(rows)), [f"{title}, {world}" for _, world, title in rows])
    axes.invert_yaxis()
    ticks = [1, 1 / 2, 1 / 5, 1 / 10, 1 / 20, 1 / 50, 1 / 100, 2, 5, 10]
    low, high = axes.get_xlim()
    ticks = [tick for tick in ticks if low <= tick <= high]
    axes.set_xticks(ticks, [f"{tick:.0f}" if tick >= 1 else f"1/{1 / tick:.0f}" for tick in ticks])
    axes.minorticks_off()
    axes.tick_params(colors=GREY, length=0)
    axes.grid(axis="x", color=GREY, linewidth=0.5, alpha=0.35)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_xlabel("CPU time (memory in the last row) as a share of openai's: less is better", color=GREY)
    legend = axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=6, frameon=False, columnspacing=1.2)
    for text in legend.get_texts():
        text.set_color(GREY)
