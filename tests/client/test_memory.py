"""Memory held by a stream's reader: none of the past without assembly, only the content with it."""

from __future__ import annotations

import gc
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from support.memory import held
from support.server import DONE, ROLE, Connection, Request, chunk, serving

if TYPE_CHECKING:
    from support.worlds import World

pytestmark = pytest.mark.once

FEW, MANY = 1_000, 10_000
TEXT = "x" * 100
FRAME = chunk(TEXT, system_fingerprint="f" * 300, vendor={"padding": "p" * 300})
BATCH = 100
MOMENTS = 3


def _long(connection: Connection, request: Request) -> None:
    """Send as many chunks as the message requests."""
    wanted = int(request.json()["messages"][0]["content"])
    connection.events(ROLE, end=False)
    for _ in range(wanted // BATCH):
        connection.chunk(FRAME * BATCH)
    connection.chunk(chunk(finish="stop") + DONE)
    connection.end()


async def _held(client: Any, chunks: int, *, assemble: bool) -> list[int]:
    """Return the memory held by the package during a stream of so many chunks and after it, above the start.

    The test's server runs in the same process, and its data in transit would count in the process's memory.
    """
    gc.collect()
    before = held("")
    moments = []
    async with client.generate_content_stream("a/b", str(chunks), assemble=assemble) as stream:
        count = 0
        async for piece in stream:
            if count and count % (chunks // MOMENTS) == 0:
                moments.append(held("") - before)
            count += piece.text is not None
        assert count == chunks + 1
        return [*moments, held("") - before]


@pytest.fixture
def traced() -> Any:
    """Trace memory for the duration of a test."""
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("traced")
def test_without_assembly_memory_is_constant(world: World) -> None:
    """With `assemble=False` a stream of ten times as many chunks needs no more memory at any moment."""

    async def scenario(client: Any) -> tuple[int, int]:
        await _held(client, FEW, assemble=False)  # for everything that is made once
        return max(await _held(client, FEW, assemble=False)), max(await _held(client, MANY, assemble=False))

    with serving(_long) as server:
        few, many = world.with_client(scenario, server.url)
    frames = (MANY - FEW) * len(FRAME)
    assert many - few < frames / 10  # one read may hold 320 KiB, as an asyncio callback takes at most that much


@pytest.mark.usefixtures("traced")
def test_with_assembly_memory_grows_with_the_content(world: World) -> None:
    """With assembly the text is kept, not the frames it came in."""

    async def scenario(client: Any) -> tuple[int, int]:
        await _held(client, FEW, assemble=True)
        return (await _held(client, FEW, assemble=True))[-1], (await _held(client, MANY, assemble=True))[-1]

    with serving(_long) as server:
        few, many = world.with_client(scenario, server.url)
    content = (MANY - FEW) * len(TEXT)
    assert 0.9 * content < many - few < 1.5 * content  # the frames would take eight times as much
