"""The package's performance targets, as ratios to another client's figure in the same run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from figures import number, share

if TYPE_CHECKING:
    from results import Results


@dataclass(frozen=True, slots=True)
class Target:
    """An upper bound for our figure: a ratio to the peer's figure, or an absolute value without a peer."""

    title: str
    item: str
    world: str
    peer: str
    at_most: float
    aim: float | None = None
    than: str = ""  # another item of ours, instead of a peer
    unit: str = "bytes"

    def reached(self, results: Results, *, least: bool = False) -> float | None:
        """Return the figure reached in the results, by medians or by minima."""
        ours = results.get(self.item, self.world, "ours")
        peer = "ours" if self.than else self.peer
        theirs = results.get(self.than or self.item, self.world, peer) if peer else None
        if ours is None or (peer and theirs is None):
            return None
        mine = ours.least if least else ours.median
        return mine / (theirs.least if least else theirs.median) if theirs else mine

    def verdict(self, results: Results) -> str:
        """Return whether the target, and its aim, are met."""
        value = self.reached(results)
        if value is None:
            return "not measured"
        if value > self.at_most:
            return "NOT MET"
        return "met, aim too" if self.aim and value <= self.aim else "met"

    def formatted(self, value: float | None) -> str:
        """Return a figure of this target as text."""
        if value is None:
            return ""
        return share(value) if self.peer or self.than else f"{number(value)} {self.unit}"

    def row(self, results: Results) -> list[str]:
        """Return title, peer, bounds, the figures by medians and by minima, and the verdict."""
        figures = (self.at_most, self.aim, self.reached(results), self.reached(results, least=True))
        return [self.title, self.peer or self.than, *map(self.formatted, figures), self.verdict(results)]


def _openai(title: str, item: str, world: str, at_most: int, aim: int) -> Target:
    return Target(title, item, world, "openai", 1 / at_most, 1 / aim)


TARGETS = [
    _openai("async request, sequential", "request", "async", 14, 20),
    _openai("async request, 64 at once", "at-once-64", "async", 16, 25),
    _openai("blocking request", "request", "blocking", 10, 16),
    Target("blocking request", "request", "blocking", "inference-gateway", 1 / 4),
    _openai("streamed chunk, async", "chunk-each", "async", 14, 20),
    _openai("streamed chunk, blocking", "chunk-each", "blocking", 12, 18),
    _openai("chunk of 64 paced streams, async", "paced-64", "async", 5, 8),
    _openai("list of 300 models", "models", "blocking", 11, 15),
    _openai("import", "import", "blocking", 12, 20),
    _openai("resident memory after import", "memory-import", "blocking", 3, 4),
    Target("streamed chunk with padding, async", "chunk-each", "async", "", 1.25, than="chunk-plain"),
    Target("streamed chunk with padding, blocking", "chunk-each", "blocking", "", 1.25, than="chunk-plain"),
    Target("modules of ours with the first client", "modules-first-client", "blocking", "", 45, unit="modules"),
    Target("modules of ours with the first client", "modules-first-client", "async", "", 45, unit="modules"),
    Target("streamed chunk, async", "chunk-each", "async", "floor", 2.5),
    Target("streamed chunk, blocking", "chunk-each", "blocking", "floor", 2.5),
    Target("streamed chunk, many per write, async", "chunk-joined", "async", "floor", 2.5),
    Target("streamed chunk, many per write, blocking", "chunk-joined", "blocking", "floor", 2.5),
    Target("async request, sequential", "request", "async", "rust", 3, 2),
    Target("streamed chunk, async", "chunk-each", "async", "rust", 2.5, 1.5),
    Target("list of 300 models, async", "models", "async", "rust", 1.6, 1.3),
    Target("memory per streamed chunk, not assembled, async", "memory-chunks-bare", "async", "", 2),
    Target("memory per streamed chunk of seven letters, assembled, async", "memory-chunks", "async", "", 20),
]
