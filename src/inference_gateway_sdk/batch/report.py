"""The report of a batch: one HTML file with plots as inline SVG. It needs no network, script or further file."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple

from .journal import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal
    from pathlib import Path

    from .state import BatchProgress

__all__ = ["History", "Point", "format_amount", "format_seconds", "render_report", "write_report"]

MOST_POINTS: Final = 240  # of twice as many, every second one is dropped, so that a week takes no more memory


class Point(NamedTuple):
    """The figures of a batch at one moment. Counts are those of the whole run so far."""

    at: float
    ended: int = 0
    tokens: int = 0
    cost: float = 0.0
    refusals: int = 0
    concurrency: int = 0
    p50: float | None = None
    p95: float | None = None


class History:
    """The figures of a batch over time, at a bounded number of moments."""

    def __init__(self) -> None:
        self._every = 0.0
        self.points: list[Point] = []

    def add(self, progress: BatchProgress) -> None:
        """Add the figures of a moment. One that is soon after the last replaces it."""
        at, points = progress.elapsed, self.points
        ended = progress.done + progress.failed
        idle = bool(points) and points[-1].ended == ended
        point = Point(
            at=at,
            ended=ended,
            tokens=progress.input_tokens + progress.output_tokens,
            cost=float(progress.cost or 0),
            refusals=progress.refusals,
            concurrency=progress.concurrency,
            p50=None if idle else progress.latency_p50,  # without answers, those of before are not the current ones
            p95=None if idle else progress.latency_p95,
        )
        if len(points) > 1 and at - points[-2].at < self._every:
            points[-1] = point
        else:
            points.append(point)
        if len(points) > 2 * MOST_POINTS:
            self._every = 2 * at / len(points)
            del points[1:-1:2]


def format_seconds(seconds: float) -> str:
    """Return a span of time for people: `0:07`, `12:30`, `3:02:11`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def format_amount(amount: Decimal) -> str:
    """Return an amount of money: at least two decimals, and two digits of a small one. 12.34, 0.0021."""
    return f"{amount:.2f}" if amount >= 1 or not amount else f"{amount:.{1 - amount.adjusted()}f}"


class _Series(NamedTuple):
    name: str
    points: list[tuple[float, float | None]]  # None interrupts the line


def write_report(path: Path, **parts: object) -> None:
    """Write the report atomically. The arguments are those of `render_report`."""
    write_atomically(path, render_report(**parts).encode())  # type: ignore[arg-type]


def render_report(
    *,
    title: str,
    summary: Sequence[tuple[str, str]],
    history: Sequence[Point],
    errors: Sequence[tuple[str, int, str]] = (),
    currency: str = "USD",
) -> str:
    """Return the report as one HTML page.

    Args:
        title: The heading.
        summary: Names and values of the table at the top.
        history: The figures over time.
        errors: Kind, count and an example of each kind of failed rows.
        currency: The currency of the costs.
    """
    plots = _plots(history, currency) if len(history) > 1 else ['<p class="none">The run was too short for plots.</p>']
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in summary)
    parts = [
        "<!doctype html>\n",
        '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1><dl>{rows}</dl>",
        *plots,
        _error_table(errors),
        _figures(history, currency),
        "</body></html>\n",
    ]
    return "".join(parts)


def _plots(history: Sequence[Point], currency: str) -> list[str]:
    span = history[-1].at
    latencies = [
        _Series("half of the rows", [(one.at, one.p50) for one in history]),
        _Series("95 %", [(one.at, one.p95) for one in history]),
    ]
    return [
        _chart("Throughput", "rows/s", [_Series("rows/s", _rates(history, "ended"))], span),
        _chart("Tokens", "tokens/s", [_Series("tokens/s", _rates(history, "tokens"))], span),
        _chart("Latency of a row", "s", latencies, span),
        _chart("Refusals (429 and 503)", "answers/s", [_Series("refusals", _rates(history, "refusals"))], span),
        _chart("Concurrency", "requests", [_Series("limit", [(one.at, one.concurrency) for one in history])], span),
        _chart("Cost", currency, [_Series("known cost", [(one.at, one.cost) for one in history])], span),
    ]


def _rates(history: Sequence[Point], name: str) -> list[tuple[float, float | None]]:
    """Return the growth of the counts in each span, by second. A short last span is left out, as its rate is noise."""
    points: list[tuple[float, float | None]] = []
    at, before = 0.0, 0
    usual = history[-1].at / len(history)
    for point in history:
        total = getattr(point, name)
        if point.at - at > usual / 2 or (point.at > at and not points):
            points.append((point.at, (total - before) / (point.at - at)))
            at, before = point.at, total
    return points


_WIDTH: Final = 720
_HEIGHT: Final = 200
_LEFT: Final = 64
_BOTTOM: Final = 24
_TOP: Final = 8


def _chart(title: str, unit: str, series: Sequence[_Series], span: float) -> str:
    """Return one plot with its heading and legend."""
    highest = max((y for one in series for _, y in one.points if y is not None), default=0.0)
    ticks = _ticks(highest)
    top = ticks[-1]
    inner, deep = _WIDTH - _LEFT - 8, _HEIGHT - _TOP - _BOTTOM

    def across(x: float) -> float:
        return _LEFT + inner * x / max(span, 1e-9)

    def down(y: float) -> float:
        return _TOP + deep * (1 - y / top)

    lines = [
        f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - 8}" y1="{down(tick):.1f}" y2="{down(tick):.1f}"/>'
        f'<text x="{_LEFT - 8}" y="{down(tick) + 4:.1f}" text-anchor="end">{_number(tick)}</text>'
        for tick in ticks
    ]
    lines += [
        f'<text x="{across(tick):.1f}" y="{_HEIGHT - 6}" text-anchor="{"end" if tick > span * 0.97 else "middle"}">'
        f"{_moment(tick, span)}</text>"
        for tick in _time_ticks(span)
    ]
    for number, one in enumerate(series):
        for part in _unbroken(one.points):
            points = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in part)
            lines.append(f'<polyline class="s{number}" points="{points}"/>')
    legend = "".join(
        f'<span class="k{number}">{escape(one.name)}</span>' for number, one in enumerate(series) if len(series) > 1
    )
    name = f"{title}, {unit}" if unit else title
    return (
        f'<figure><figcaption>{escape(name)} {legend}</figcaption><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(name)}, at most {_number(highest)}">{"".join(lines)}</svg></figure>'
    )


def _unbroken(points: Sequence[tuple[float, float | None]]) -> Iterator[list[tuple[float, float]]]:
    """Yield the parts of a line between the points without a value. A single point becomes a short dash."""
    part: list[tuple[float, float]] = []
    for x, y in [*points, (0.0, None)]:
        if y is not None:
            part.append((x, y))
        elif part:
            yield part if len(part) > 1 else [part[0], (part[0][0] + 1e-3, part[0][1])]
            part = []


def _ticks(highest: float) -> list[float]:
    """Return about four round values from 0 to above the highest."""
    if highest <= 0:
        return [0.0, 1.0]
    rough = highest / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    return [step * number for number in range(math.ceil(highest / step * 0.999) + 1)]


_STEPS: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)


def _time_ticks(span: float) -> list[float]:
    step = next((step for step in _STEPS if span / step <= 8), max(86400 * math.ceil(span / 86400 / 8), 0.1))
    return [step * number for number in range(int(span / step) + 1)]


def _moment(seconds: float, span: float) -> str:
    return f"{seconds:g} s" if span < 60 else format_seconds(seconds)


def _number(value: float) -> str:
    """Return a number in few letters: 0.002, 15, 2.5k, 1.2M."""
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:.3g}{letter}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def _error_table(errors: Sequence[tuple[str, int, str]]) -> str:
    if not errors:
        return ""
    rows = "".join(
        f"<tr><td>{escape(kind)}</td><td>{count}</td><td>{escape(example)}</td></tr>" for kind, count, example in errors
    )
    return f"<h2>Failed rows</h2><table><tr><th>error</th><th>rows</th><th>example</th></tr>{rows}</table>"


def _figures(history: Sequence[Point], currency: str) -> str:
    """Return at most 60 lines of the figures behind the plots, folded."""
    every = max(1, math.ceil(len(history) / 60))
    shown = [one for number, one in enumerate(reversed(history)) if number % every == 0][::-1]
    rows = "".join(
        f"<tr><td>{one.at:.1f}</td><td>{one.ended}</td><td>{one.tokens}</td><td>{one.cost:.6g}</td>"
        f"<td>{one.refusals}</td><td>{one.concurrency:g}</td></tr>"
        for one in shown
    )
    names = ("seconds", "rows", "tokens", f"cost, {currency}", "refusals", "concurrency")
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    return f"<details><summary>Figures</summary><table><tr>{head}</tr>{rows}</table></details>"


_STYLE: Final = """
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#5b6570;--grid:#dfe3e8;--paper:#fff;
--a:#0b62c4;--b:#c2410c;--c:#6d28d9}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ed;--soft:#9aa4af;--grid:#333a42;--paper:#14181d;--a:#5aa9ff;
--b:#ff9a5c;--c:#b794ff}}
body{font:15px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:760px;margin:2rem auto;
padding:0 1rem}
h1{font-size:1.4rem;margin:0 0 1rem}h2{font-size:1.1rem;margin:1.5rem 0 .5rem}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:.75rem 1rem;margin:0 0 1.5rem}
dt{color:var(--soft);font-size:.85rem}dd{margin:0;font-size:1.05rem;font-variant-numeric:tabular-nums}
figure{margin:0 0 1.25rem}figcaption{font-weight:600;margin-bottom:.25rem}
figcaption span{font-weight:400;color:var(--soft);margin-left:1rem;white-space:nowrap}
figcaption span:before{content:"";display:inline-block;width:1.2em;height:3px;margin-right:.4em;vertical-align:middle}
svg{width:100%;height:auto;display:block}svg text{font-size:11px;fill:var(--soft)}
.grid{stroke:var(--grid)}polyline{fill:none;stroke-width:1.8;stroke-linejoin:round}
.s0{stroke:var(--a)}.s1{stroke:var(--b)}.s2{stroke:var(--c)}
.k0:before{background:var(--a)}.k1:before{background:var(--b)}.k2:before{background:var(--c)}
table{border-collapse:collapse;width:100%;font-size:.85rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--grid);overflow-wrap:anywhere}
th{color:var(--soft);font-weight:400}details{margin-top:1.5rem}summary{cursor:pointer}.none{color:var(--soft)}
"""
