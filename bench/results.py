"""The samples of one run, and their medians, spread and ratios."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

START_ITEMS = {
    "import": ("import", "CPU to import"),
    "first-client": ("client", "CPU to the first client"),
    "first-request": ("request", "CPU to the first answer"),
}
MODULE_ITEMS = {
    "modules-first-client": ("client", "modules of ours with the first client"),
    "modules-first-request": ("request", "modules of ours after the first answer"),
}
MEMORY_ITEMS = {
    "memory-import": ("import", "resident after import"),
    "memory-first-client": ("client", "resident with the first client"),
    "memory-first-request": ("request", "resident after the first answer"),
}


@dataclass(slots=True)
class Series:
    """The samples of one client for one kind of work, one per round."""

    item: str
    world: str
    peer: str
    title: str
    unit: str  # "us per request", "ms", "MB"
    samples: list[float] = field(default_factory=list)
    walls: list[float] = field(default_factory=list)  # wall time per unit
    server: list[float] = field(default_factory=list)  # the server's CPU time per unit
    notes: list[str] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Return the median of all rounds."""
        return statistics.median(self.samples)

    @property
    def least(self) -> float:
        """Return the minimum, from the least disturbed round."""
        return min(self.samples)

    @property
    def most(self) -> float:
        """Return the maximum, from the most disturbed round."""
        return max(self.samples)


class Results:
    """All series of a run, and a description of the run."""

    def __init__(self, about: dict[str, Any]) -> None:
        self.about = about
        self._series: dict[tuple[str, str, str], Series] = {}

    def add(self, item: str, world: str, peer: str, title: str, unit: str, sample: float, **more: Any) -> None:
        """Add one sample."""
        key = (item, world, peer)
        series = self._series.setdefault(key, Series(item, world, peer, title, unit))
        series.samples.append(sample)
        for name, value in more.items():
            if value is not None and value != "":
                getattr(series, name).append(value)

    def get(self, item: str, world: str, peer: str) -> Series | None:
        """Return a series, or None if it was not measured."""
        return self._series.get((item, world, peer))

    def rows(self) -> Iterator[tuple[str, str, dict[str, Series]]]:
        """Return item, world and series by peer, in the order of measurement."""
        seen: dict[tuple[str, str], dict[str, Series]] = {}
        for (item, world, peer), series in self._series.items():
            seen.setdefault((item, world), {})[peer] = series
        for (item, world), peers in seen.items():
            yield item, world, peers

    def share(self, item: str, world: str, peer: str) -> float | None:
        """Return the ratio of our median to the peer's."""
        ours, theirs = self.get(item, world, "ours"), self.get(item, world, peer)
        return ours.median / theirs.median if ours and theirs and theirs.median else None

    def to_dict(self) -> dict[str, Any]:
        """Return the results for JSON."""
        return {**self.about, "series": [asdict(series) for series in self._series.values()]}

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> Results:
        """Return results from the output of `to_dict`."""
        results = cls({key: what for key, what in value.items() if key != "series"})
        for entry in value["series"]:
            series = Series(**entry)
            results._series[series.item, series.world, series.peer] = series
        return results
