"""The figures over time, and the HTML report."""

from __future__ import annotations

import re
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest

from inference_gateway_sdk.batch import BatchProgress
from inference_gateway_sdk.batch.report import (
    MOST_POINTS,
    History,
    Point,
    format_amount,
    format_seconds,
    render_report,
    write_report,
)


class Reader(HTMLParser):
    """Collects tags and text, and checks that elements are closed in their order."""

    VOID = frozenset({"meta", "line", "polyline", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(page: str) -> Reader:
    """Return the page, parsed."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert not reader.open
    return reader


def run() -> list[Point]:
    """Return the history of a run of 100 s with a stall and refusals."""
    history = History()
    done = refusals = 0
    for step in range(200):
        at = step / 2
        done += 0 if 40 <= at < 60 else 2
        refusals += at > 80
        history.add(
            BatchProgress(
                elapsed=at,
                done=done,
                output_tokens=9 * done,
                cost=Decimal(done) / 1000,
                refusals=refusals,
                concurrency=8,
                latency_p50=0.5,
                latency_p95=1.0,
            )
        )
    return history.points


def test_a_long_run_keeps_a_bounded_number_of_points() -> None:
    """However long the run, the memory is bounded, the points are spread evenly, and the last one is exact."""
    history = History()
    for number in range(50_000):
        history.add(BatchProgress(elapsed=number * 0.5, done=number))
    assert MOST_POINTS / 2 < len(history.points) <= 2 * MOST_POINTS
    assert history.points[-1].ended == 49_999
    gaps = [later.at - point.at for point, later in zip(history.points, history.points[1:-1], strict=False)]
    assert max(gaps) <= 4 * min(gaps)


def test_the_report_is_one_file_that_needs_nothing_else(tmp_path: Path) -> None:
    """There is no address, script, style sheet or picture of another file, and every plot has a line."""
    write_report(tmp_path / "r.html", title="Batch", summary=[("rows", "10")], history=run())
    page = (tmp_path / "r.html").read_text("utf-8")
    reader = read(page)
    assert not re.search(r"https?:|<script|<link|<img|url\(|@import|\bsrc=", page)
    figures = page.split("<figure>")[1:]
    assert [figure.split("<figcaption>")[1].split(" <")[0] for figure in figures] == [
        "Throughput, rows/s", "Tokens, tokens/s",
        "Latency of a row, s", "Refusals (429 and 503), answers/s", "Concurrency, requests", "Cost, USD",
    ]  # fmt: skip
    assert all("<polyline" in figure for figure in figures)
    assert [tag for tag, _ in reader.found].count("svg") == 6
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]


def test_the_plots_show_the_figures() -> None:
    """A stall is a line at zero in the throughput and a gap in the latencies; costs end at their sum."""
    page = render_report(title="t", summary=[], history=run())
    throughput, _, latency, _, _, cost = page.split("<figure>")[1:]
    heights = [float(point.split(",")[1]) for point in re.findall(r'points="([^"]*)"', throughput)[0].split()]
    assert max(heights) == heights[len(heights) // 2]  # zero is at the bottom of the plot
    assert latency.count("<polyline") == 4  # two percentiles, each before and after the stall
    assert ">0.3<" in cost  # 320 rows of 0.001 each
    assert ">0.4<" in cost
    assert ">0.5<" not in cost


def test_texts_from_outside_are_escaped() -> None:
    """Names of files and messages of providers cannot add elements."""
    evil = "<script>alert(1)</script>"
    page = render_report(title=evil, summary=[(evil, evil)], history=[], errors=[(evil, 1, evil)], currency=evil)
    assert "<script" not in page
    assert "The run was too short for plots." in "".join(read(page).words)


@pytest.mark.parametrize("values", [[0.0, 0.0], [0.0, 1e-7], [1e9, 3e12]])
def test_any_size_of_values_has_a_plot(values: list[float]) -> None:
    """Runs without cost, with a tiny one and with a huge one have lines within the plot."""
    history = [Point(at=number + 1.0, cost=value) for number, value in enumerate(values)]
    page = render_report(title="t", summary=[], history=history)
    for points in re.findall(r'points="([^"]*)"', page):
        for point in points.split():
            across, down = map(float, point.split(","))
            assert 64 <= across <= 712.1
            assert 7.9 <= down <= 176.1


@pytest.mark.parametrize(("seconds", "text"), [(7, "0:07"), (750.4, "12:30"), (10931, "3:02:11")])
def test_spans_of_time_are_written_for_people(seconds: float, text: str) -> None:
    """Minutes and seconds, with hours from one on."""
    assert format_seconds(seconds) == text


@pytest.mark.parametrize(
    ("amount", "text"), [("0", "0.00"), ("12.346", "12.35"), ("0.25", "0.25"), ("0.00123", "0.0012")]
)
def test_amounts_are_written_for_people(amount: str, text: str) -> None:
    """Two decimals, or two digits of a small amount."""
    assert format_amount(Decimal(amount)) == text
