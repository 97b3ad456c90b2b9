"""A server that never stops sending: the timeout ends it, in bounded memory, and an event loop stays responsive."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import inference_gateway_sdk as sdk
from client.flood_server import FLOODS

if TYPE_CHECKING:
    from support.worlds import World

TIMEOUT = 1.0
GENEROUS = 10 * TIMEOUT
LONGEST_TURN = 1.0  # seconds; the package aims at a twentieth, and a busy machine adds its own
STREAMS = [name for name, (status, headers, _) in FLOODS.items() if b"event-stream" in headers]
REFUSALS = [name for name, (status, _, _) in FLOODS.items() if status.startswith(b"500")]


@pytest.fixture(scope="module")
def flood() -> Iterator[str]:
    """Return the URL of the flood server."""
    program = Path(__file__).with_name("flood_server.py")
    process = subprocess.Popen([sys.executable, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.stdin.close()


async def _stream(client: Any, name: str) -> None:
    async with client.generate_content_stream(f"a/{name}", "hi") as stream:
        await stream.final()


async def _whole(client: Any, name: str) -> None:
    await client.generate_content(f"a/{name}", "hi")


@pytest.mark.parametrize("name", STREAMS)
def test_a_timeout_ends_a_stream_that_never_pauses(world: World, flood: str, name: str) -> None:
    """Data without content uses up the timeout, though no read has to wait for it."""

    async def scenario(client: Any) -> None:
        began = time.monotonic()
        with pytest.raises(sdk.StreamStalledError):
            await _stream(client, name)
        assert time.monotonic() - began < GENEROUS

    world.with_client(scenario, flood, timeout=TIMEOUT, max_retries=0)


@pytest.mark.parametrize("name", ["body", "bytewise-body", "gzip-body"])
def test_a_timeout_ends_a_body_that_never_pauses(world: World, flood: str, name: str) -> None:
    """A whole answer is read until the deadline, or until it exceeds `max_body`, and no longer."""

    async def scenario(client: Any) -> None:
        began = time.monotonic()
        with pytest.raises((sdk.TimeoutError, sdk.ResponseTooLargeError)):
            await _whole(client, name)
        assert time.monotonic() - began < GENEROUS

    world.with_client(scenario, flood, timeout=TIMEOUT, max_retries=0)


@pytest.mark.parametrize("read", [_whole, _stream])
@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_that_never_ends_keeps_its_status(world: World, flood: str, name: str, read: Any) -> None:
    """An endless body of a 500 is left unread after its first megabyte, and the status is reported."""

    async def scenario(client: Any) -> None:
        began = time.monotonic()
        with pytest.raises(sdk.InternalError):
            await read(client, name)
        assert time.monotonic() - began < GENEROUS

    world.with_client(scenario, flood, timeout=TIMEOUT, max_retries=0)


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_leaves_an_event_loop_its_turns(flood: str, name: str) -> None:
    """Another task of the loop runs again and again while the client reads."""

    async def longest_pause(until: asyncio.Event) -> float:
        longest, last = 0.0, time.monotonic()
        while not until.is_set():
            await asyncio.sleep(0)
            now = time.monotonic()
            longest, last = max(longest, now - last), now
        return longest

    async def run() -> float:
        over = asyncio.Event()
        watch = asyncio.create_task(longest_pause(over))
        async with sdk.AsyncInferenceGatewayClient(flood, timeout=TIMEOUT, max_retries=0, proxy=None) as client:
            with pytest.raises(sdk.GatewayError):
                await (_stream if name in STREAMS else _whole)(client, name)
        over.set()
        return await watch

    assert asyncio.run(run()) < LONGEST_TURN
