"""The bounds on the cost of a streamed chunk, counted instead of clocked: calls made, and memory blocks kept."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from typing import Any

import pytest

from inference_gateway_sdk._streams.chat import ChatDialect
from support.memory import blocks
from support.server import chunk

CALLS_PER_CHUNK = 32  # Python and C calls to read one clean chunk and fold it, SSE parsing included
BLOCKS_PER_CHUNK = 0.1  # kept while assembling: pieces of text are joined now and then
CALLS_PER_ODD_CHUNK = 110  # the same for a chunk with fields the contract does not know


def stream(count: int, **more: Any) -> list[bytes]:
    """Return the reads of a stream of that many chunks, one event a read."""
    return [chunk(f"word {number} ", **more) for number in range(count)]


def read(reads: list[bytes], *, assemble: bool = True) -> ChatDialect:
    """Return a dialect that has read and folded all of them."""
    dialect = ChatDialect(assemble=assemble)
    for data in reads:
        for item, _ in dialect.feed(data):
            assert item is not None
            dialect.fold(item)
    return dialect


def calls(reads: list[bytes]) -> int:
    """Return how many calls it takes to read and fold them."""
    count = 0

    def count_one(frame: object, event: str, argument: object) -> None:
        nonlocal count
        if event in ("call", "c_call"):
            count += 1

    sys.setprofile(count_one)
    try:
        read(reads)
    finally:
        sys.setprofile(None)
    return count


def stayed(reads: list[bytes], *, assemble: bool) -> int:
    """Return how many memory blocks of the package stay allocated after reading and folding them."""
    read(reads, assemble=assemble)  # for everything that is cached once
    tracemalloc.start()
    try:
        dialect = read(reads, assemble=assemble)
        gc.collect()
        count = blocks("")
    finally:
        tracemalloc.stop()
    assert dialect.failure is None
    return count


@pytest.mark.parametrize(
    ("more", "bound"), [({}, CALLS_PER_CHUNK), ({"novel": 1, "timings": {"a": 1}}, CALLS_PER_ODD_CHUNK)]
)
def test_a_chunk_takes_few_calls(more: dict[str, Any], bound: int) -> None:
    """The work of one more chunk stays within the written bound at any position of the stream."""
    calls(stream(10, **more))
    few, many = calls(stream(500, **more)), calls(stream(2500, **more))
    assert (many - few) / 2000 <= bound
    assert abs(many / 2500 - few / 500) < 0.1 * bound


def test_memory_grows_with_the_content_alone() -> None:
    """Assembly keeps a chunk's text and nothing else of it."""
    few, many = stayed(stream(500), assemble=True), stayed(stream(2500), assemble=True)
    assert (many - few) / 2000 <= BLOCKS_PER_CHUNK


def test_without_assembly_memory_stays_as_it_is() -> None:
    """`assemble=False` keeps nothing of a chunk."""
    few, many = stayed(stream(500), assemble=False), stayed(stream(2500), assemble=False)
    assert abs(many - few) < 20
