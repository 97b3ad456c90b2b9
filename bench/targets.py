"""What the package must reach, as shares of another client's figure in the same run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """Our figure for a kind of work is at most that share of the peer's."""

    title: str
    item: str
    world: str
    peer: str
    at_most: float
    aim: float | None = None


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
    Target("streamed chunk, async", "chunk-each", "async", "floor", 2.5),
    Target("streamed chunk, blocking", "chunk-each", "blocking", "floor", 2.5),
    Target("streamed chunk, many a write, async", "chunk-joined", "async", "floor", 2.5),
    Target("streamed chunk, many a write, blocking", "chunk-joined", "blocking", "floor", 2.5),
    Target("async request, sequential", "request", "async", "rust", 3, 2),
    Target("streamed chunk, async", "chunk-each", "async", "rust", 2.5, 1.5),
    Target("list of 300 models, async", "models", "async", "rust", 1.6, 1.3),
]
