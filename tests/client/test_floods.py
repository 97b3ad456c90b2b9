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
from inference_gateway_sdk._client._async import open_stream
from inference_gateway_sdk._client.runtime import AsyncRuntime
from inference_gateway_sdk._http1.connection import PIECE_SIZE
from inference_gateway_sdk._transport._async import connection, driver

if TYPE_CHECKING:
    from support.worlds import World

pytestmark = pytest.mark.once

TIMEOUT = 0.5
GENEROUS = 20 * TIMEOUT
LONGEST_TURN = 1.0  # seconds of the thread's CPU time; the package aims at a twentieth
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
        longest, last = 0.0, time.thread_time()
        while not until.is_set():
            await asyncio.sleep(0)
            now = time.thread_time()
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


class _NeverWaits:
    """A transport whose reads return at once: a few pieces each, `reads` times."""

    status = 200
    headers = (("content-type", "text/event-stream"),)

    def __init__(self, block: bytes, reads: int) -> None:
        self._piece = block * (20 * 1024 // len(block))  # a few pieces: the next read must not begin a new turn
        self._reads = reads

    async def open(self, *_: Any, **__: Any) -> _NeverWaits:
        return self

    async def read(self, _: float | None = None) -> bytes:
        self._reads -= 1
        return self._piece if self._reads >= 0 else b""

    async def release(self) -> None: ...

    def abandon(self) -> None: ...

    async def aclose(self) -> None: ...


CONTENT = b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'


@pytest.mark.parametrize("block", [CONTENT, b"data: {}\n\n", b": ping\n\n"])
def test_decoding_gives_other_tasks_a_turn_after_a_bounded_number_of_bytes(
    block: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reads that never wait are decoded in pieces, and the loop runs on after a few: by the clock, not by the read."""
    fed = longest = 0
    seconds = 0.0

    def clock() -> float:
        nonlocal seconds
        seconds += open_stream.MAX_TURN / 8  # read twice or more for each piece
        return seconds

    async def never(_: float) -> None:
        raise AssertionError("there is nothing to wait for")

    take = open_stream.AsyncOpenStream._take

    def counted(self: Any, data: bytes, now: float) -> bool:
        nonlocal fed
        fed += len(data)
        return take(self, data, now)

    async def watch() -> None:
        nonlocal fed, longest
        while True:
            longest, fed = max(longest, fed), 0
            await asyncio.sleep(0)

    async def run() -> None:
        watching = asyncio.create_task(watch())
        client = sdk.AsyncInferenceGatewayClient(
            "http://gateway.test",
            driver=_NeverWaits(block, 30),
            max_retries=0,
            timeout=None,
        )._with_runtime(AsyncRuntime(clock, clock, never, clock))
        with pytest.raises(sdk.StreamTruncatedError):
            await _stream(client, "b")
        watching.cancel()

    monkeypatch.setattr(open_stream.AsyncOpenStream, "_take", counted)
    asyncio.run(run())
    assert 0 < longest <= 5 * 4096


@pytest.mark.parametrize("name", FLOODS)
def test_one_callback_of_a_loop_reads_a_bounded_number_of_bytes(
    flood: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plain, in tiny chunks or compressed: no callback takes more of a body than what is held before reading stops."""
    taken = longest = 0
    read, run_handle = driver.AsyncioResponse.read, asyncio.Handle._run

    async def counted(self: Any, deadline: float | None = None) -> bytes:
        nonlocal taken
        data = await read(self, deadline)
        taken += len(data)
        return data

    def bounded(handle: Any) -> None:
        nonlocal taken, longest
        taken = 0
        run_handle(handle)
        longest = max(longest, taken)

    async def run() -> None:
        async with sdk.AsyncInferenceGatewayClient(flood, timeout=0.3, max_retries=0, proxy=None) as client:
            with pytest.raises(sdk.GatewayError):
                await (_stream if name in STREAMS else _whole)(client, name)

    monkeypatch.setattr(driver.AsyncioResponse, "read", counted)
    monkeypatch.setattr(asyncio.Handle, "_run", bounded)
    asyncio.run(run())
    assert longest <= connection._HIGH_WATER + PIECE_SIZE
    assert longest > 0 or name == "gzip-empty-members"
