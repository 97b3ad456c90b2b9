"""The Grafana dashboard: its queries name only series that the watchers' metrics become in Prometheus."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from inference_gateway_sdk.embedded.otlp import _ACCEPTED_METRICS
from inference_gateway_sdk.telemetry.names import METRICS

pytestmark = pytest.mark.once

DASHBOARD = Path(__file__).resolve().parents[2] / "docs" / "dashboards" / "clients.json"
UNITS = {"s": "_seconds", "{token}": ""}  # a unit in braces adds no suffix
LABELS = {"gen_ai_provider_name", "gen_ai_request_model", "gen_ai_token_type", "error_type", "le"}


def dashboard() -> dict[str, Any]:
    """Return the dashboard."""
    return json.loads(DASHBOARD.read_text("utf-8"))


def series() -> set[str]:
    """Return the series of the histograms in Prometheus, as exporters of OpenTelemetry name them."""
    names = {one.name.replace(".", "_") + UNITS[one.unit] for one in METRICS["1.41"].values()}
    return {name + suffix for name in names for suffix in ("_bucket", "_count", "_sum")}


def test_every_series_of_a_query_exists() -> None:
    """Each name in a query is a series of the watchers or a label of one, and each metric is in a panel."""
    queries = [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]
    queries += [one["query"] for one in dashboard()["templating"]["list"] if one["type"] == "query"]
    named = {name for query in queries for name in re.findall(r"\b(?:gen_ai|error|inference_gateway)_\w+", query)}
    assert named <= series() | LABELS
    for metric in METRICS["1.41"].values():
        assert any(name.startswith(metric.name.replace(".", "_")) for name in named), metric.name


def test_the_embedded_gateway_accepts_the_metrics_of_the_dashboard() -> None:
    """The gateway takes pushes of every metric in the dashboard, so that it shows both watchers."""
    assert {one.name for one in METRICS["1.41"].values()} <= _ACCEPTED_METRICS.keys()


def test_panels_do_not_overlap() -> None:
    """Every panel has a title, an id and a place of its own."""
    panels = dashboard()["panels"]
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(panels) == len(places) == len({panel["id"] for panel in panels}) == len({one["title"] for one in panels})
