"""OTLP data points of calls, in the form from which the gateway recovers each observation (pure).

The gateway replays a histogram at the midpoints of its buckets, and everything over the last bound at that bound. A
point without bounds it replays at the mean (gateway-behaviour.md#metrics-push), so a point of one observation is exact:

    {"count": "1", "sum": 0.731, "timeUnixNano": "...", "attributes": [...]}

Only when there are many observations are they counted in buckets, with those over the last bound still as exact points.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from .names import BOUNDS, METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["DURATION", "FIRST_CHUNK", "TOKENS", "Observation", "Points", "export"]

_METRICS: Final = METRICS["1.41"]  # the names that the gateway knows (gateway-behaviour.md#metrics-push)
DURATION: Final = _METRICS["duration"].name
FIRST_CHUNK: Final = _METRICS["first_chunk"].name
TOKENS: Final = _METRICS["tokens"].name
_UNITS: Final = {one.name: one.unit for one in _METRICS.values()}

Attributes: TypeAlias = tuple[tuple[str, str], ...]


class Observation(NamedTuple):
    """One value of a metric, with the attributes of its point."""

    metric: str
    attributes: Attributes
    value: float


class Points:
    """The observations of an interval.

    Args:
        exact: Maximum number of observations that become points of their own. Further ones are counted in buckets.
        most: Maximum number of points. Further observations are dropped.
    """

    def __init__(self, exact: int = 4_000, most: int = 6_000) -> None:
        self._exact = exact
        self._most = most
        self.single: list[Observation] = []
        self.buckets: dict[tuple[str, Attributes], list[int]] = {}
        self.sums: dict[tuple[str, Attributes], float] = {}
        self.dropped: int = 0

    def __len__(self) -> int:
        return len(self.single) + len(self.buckets) + len(self.sums)

    @property
    def observations(self) -> int:
        """The number of observations in the points. Summed token counts are one."""
        return len(self.single) + sum(map(sum, self.buckets.values())) + len(self.sums)

    def add(self, observed: Observation) -> None:
        """Add an observation."""
        if len(self.single) < self._exact or (observed.value > BOUNDS[-1] and observed.metric != TOKENS):
            self._add_single(observed)
        elif observed.metric == TOKENS:
            self._add_sum(observed)
        else:
            self._add_bucket(observed)

    def take(self) -> Points:
        """Return the points so far, and begin anew."""
        taken = Points(self._exact, self._most)
        taken.single, self.single = self.single, []
        taken.buckets, self.buckets = self.buckets, {}
        taken.sums, self.sums = self.sums, {}
        return taken

    def put_back(self, other: Points) -> None:
        """Add the points of a push that was never sent."""
        for observed in other.single:
            self.add(observed)
        for (metric, attributes), counts in other.buckets.items():
            mine = self.buckets.setdefault((metric, attributes), [0] * len(BOUNDS))
            mine[:] = map(sum, zip(mine, counts, strict=True))
        for (metric, attributes), value in other.sums.items():
            self._add_sum(Observation(metric, attributes, value))

    def halves(self) -> tuple[Points, Points]:
        """Return two parts of the points, for a push that is too large."""
        first, second = Points(self._exact, self._most), Points(self._exact, self._most)
        for number, observed in enumerate(self.single):
            (first if number % 2 else second).single.append(observed)
        for number, (key, counts) in enumerate(self.buckets.items()):
            (first if number % 2 else second).buckets[key] = counts
        for number, (key, value) in enumerate(self.sums.items()):
            (first if number % 2 else second).sums[key] = value
        return first, second

    def metrics(self, start: int, end: int) -> list[dict[str, Any]]:
        """Return OTLP metrics. `start` and `end` are the interval in nanoseconds since 1970."""
        times = {"startTimeUnixNano": str(start), "timeUnixNano": str(end)}
        found: dict[str, list[dict[str, Any]]] = {}
        for metric, attributes, value in self.single:
            point: dict[str, Any] = {"asDouble": value} if metric == TOKENS else {"count": "1", "sum": value}
            found.setdefault(metric, []).append({**point, **times, "attributes": _pairs(attributes)})
        for (metric, attributes), value in self.sums.items():
            found.setdefault(metric, []).append({"asDouble": value, **times, "attributes": _pairs(attributes)})
        for (metric, attributes), counts in self.buckets.items():
            point = {
                "count": str(sum(counts)),
                "explicitBounds": list(BOUNDS),
                "bucketCounts": [str(count) for count in (*counts, 0)],
            }
            found.setdefault(metric, []).append({**point, **times, "attributes": _pairs(attributes)})
        return [_metric(name, points) for name, points in found.items()]

    def _add_sum(self, observed: Observation) -> None:
        key = observed.metric, observed.attributes
        if key in self.sums or len(self) < self._most:
            self.sums[key] = self.sums.get(key, 0.0) + observed.value
        else:
            self.dropped += 1

    def _add_bucket(self, observed: Observation) -> None:
        key = observed.metric, observed.attributes
        counts = self.buckets.get(key)
        if counts is None:
            if len(self) >= self._most:
                self.dropped += 1
                return
            counts = self.buckets[key] = [0] * len(BOUNDS)
        counts[bisect_left(BOUNDS, observed.value)] += 1

    def _add_single(self, observed: Observation) -> None:
        if len(self) < self._most:
            self.single.append(observed)
        else:
            self.dropped += 1


def export(metrics: Iterable[Mapping[str, Any]], resource: Mapping[str, str]) -> dict[str, Any]:
    """Return an OTLP export of these metrics."""
    scope = {"scope": {"name": "inference_gateway_sdk"}, "metrics": list(metrics)}
    return {"resourceMetrics": [{"resource": {"attributes": _pairs(tuple(resource.items()))}, "scopeMetrics": [scope]}]}


def _metric(name: str, points: list[dict[str, Any]]) -> dict[str, Any]:
    body: dict[str, Any] = {"aggregationTemporality": "AGGREGATION_TEMPORALITY_DELTA", "dataPoints": points}
    if name == TOKENS:
        return {"name": name, "unit": _UNITS[name], "sum": {**body, "isMonotonic": True}}
    return {"name": name, "unit": _UNITS[name], "histogram": body}


def _pairs(attributes: Attributes) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in attributes]
