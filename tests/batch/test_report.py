"""The figures over time, and the HTML report."""

from __future__ import annotations

import random
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from inference_gateway_sdk.batch.report import (
    MOST_BUCKETS,
    Bucket,
    History,
    format_seconds,
    percentile,
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


def run(seconds: int = 100) -> History:
    """Return the history of a run with a stall and refusals."""
    history = History()
    done = refusals = 0
    for step in range(seconds * 10):
        at = step / 10
        rows = 0 if 40 <= at < 60 else 2
        done += rows
        refusals += at > 80
        history.add(at, done=done, tokens=9 * done, cost=done / 1000, refusals=refusals, latencies=[0.5] * rows)
    return history


def test_a_long_run_keeps_a_bounded_number_of_buckets() -> None:
    """However long the run, the memory is bounded, and neither counts nor latencies are lost."""
    history = History()
    for number in range(200_000):
        history.add(number * 0.9, done=number, latencies=[0.1])
    assert MOST_BUCKETS / 2 < len(history.buckets) <= 2 * MOST_BUCKETS
    assert history.buckets[-1].done == 199_999
    assert sum(sum(bucket.latencies.values()) for bucket in history.buckets) == 200_000
    assert [bucket.at for bucket in history.buckets] == sorted({bucket.at for bucket in history.buckets})


def test_percentiles_are_exact_to_five_per_cent() -> None:
    """Compared with the sorted latencies themselves."""
    chosen = random.Random(7)
    latencies = [chosen.lognormvariate(0, 1) for _ in range(5000)]
    history = History()
    history.add(0.1, done=5000, latencies=latencies)
    for share in (0.5, 0.9, 0.99):
        exact = sorted(latencies)[round(share * 5000) - 1]
        assert percentile(history.buckets[0].latencies, share) == pytest.approx(exact, rel=0.05)
    assert percentile({}, 0.5) is None


def test_the_report_is_one_file_that_needs_nothing_else(tmp_path: Path) -> None:
    """There is no address, script, style sheet or picture of another file, and every plot has a line."""
    write_report(tmp_path / "r.html", title="Batch", summary=[("rows", "10")], history=run().buckets)
    page = (tmp_path / "r.html").read_text("utf-8")
    reader = read(page)
    assert not re.search(r"https?:|<script|<link|<img|url\(|@import|\bsrc=", page)
    figures = page.split("<figure>")[1:]
    assert [figure.split("<figcaption>")[1].split(" <")[0] for figure in figures] == [
        "Throughput, rows/s", "Tokens, tokens/s",
        'Latency of a row, s', "Refusals (429 and 503), answers/s", "Concurrency, requests", "Cost, USD",
    ]  # fmt: skip
    assert all("<polyline" in figure for figure in figures)
    assert [tag for tag, _ in reader.found].count("svg") == 6
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]


def test_the_plots_show_the_figures() -> None:
    """A stall is a line at zero in the throughput and a gap in the latencies; costs end at their sum."""
    page = render_report(title="t", summary=[], history=run().buckets)
    throughput, _, latency, _, _, cost = page.split("<figure>")[1:]
    heights = [float(point.split(",")[1]) for point in re.findall(r'points="([^"]*)"', throughput)[0].split()]
    assert max(heights) == heights[len(heights) // 2]  # zero is at the bottom of the plot
    assert latency.count("<polyline") == 6  # three percentiles, each before and after the stall
    assert ">0.15<" in cost and ">0.2<" in cost and ">0.25<" not in cost  # 160 rows of 0.001 each


def test_texts_from_outside_are_escaped() -> None:
    """Names of files and messages of providers cannot add elements."""
    evil = "<script>alert(1)</script>"
    page = render_report(title=evil, summary=[(evil, evil)], history=[], errors=[(evil, 1, evil)], currency=evil)
    assert "<script" not in page
    assert "The run was too short for plots." in "".join(read(page).words)


@pytest.mark.parametrize("values", [[0.0, 0.0], [0.0, 1e-7], [1e9, 3e12]])
def test_any_size_of_values_has_a_plot(values: list[float]) -> None:
    """Runs without cost, with a tiny one and with a huge one have lines within the plot."""
    history = [Bucket(at=number + 1.0, cost=value) for number, value in enumerate(values)]
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
