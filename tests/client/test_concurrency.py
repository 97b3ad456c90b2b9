"""One client used by threads, tasks, event loops and forked processes, and the token that they all wait for."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from client.well import gateway
from inference_gateway_sdk import AsyncInferenceGatewayClient, InferenceGatewayClient, UnauthorizedError
from support.server import ANSWER, DONE, GOOD, ROLE, Connection, Request, Server, chunk, serving

SOON = 10.0  # seconds until a wait counts as failed


def _until(condition: Any) -> None:
    """Wait for a condition that another thread brings about."""
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# Threads and loops


def test_32_threads_on_one_client() -> None:
    """Threads share a blocking client: each gets its own answers, over no more connections than allowed."""

    def echo(connection: Connection, request: Request) -> None:
        text = request.json()["messages"][0]["content"]
        if request.json().get("stream"):
            connection.events(ROLE, chunk(text), chunk(finish="stop"), DONE)
        else:
            message = {"role": "assistant", "content": text}
            connection.json({**ANSWER, "choices": [{"index": 0, "finish_reason": "stop", "message": message}]})

    with serving(echo) as server, InferenceGatewayClient(server.url, proxy=None, max_connections=8) as client:

        def work(worker: int) -> None:
            for turn in range(10):
                text = f"{worker}/{turn}"
                if turn % 2:
                    assert client.generate_content("a/b", text).text == text
                else:
                    with client.generate_content_stream("a/b", text) as stream:
                        assert "".join(stream.text()) == text

        with ThreadPoolExecutor(32) as pool:
            list(pool.map(work, range(32)))
        assert len(server.requests) == 320
        assert server.connections <= 8


def test_a_second_loop() -> None:
    """An async client works in one loop after another, with separate connections, and leaves no warning."""
    with serving(gateway) as server:
        client = AsyncInferenceGatewayClient(server.url, proxy=None)

        async def use() -> str | None:
            await client.list_models()
            async with client.generate_content_stream("a/b", "hi") as stream:
                return (await stream.final()).text

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert [asyncio.run(use(), debug=True), asyncio.run(use(), debug=True)] == ["Hello", "Hello"]
            asyncio.run(client.aclose())
            gc.collect()
        assert server.connections == 2
        assert len(server.requests) == 4


def test_four_loops_at_once() -> None:
    """Loops in several threads use one async client at the same time."""
    with serving(gateway) as server:
        client = AsyncInferenceGatewayClient(server.url, proxy=None)

        async def use() -> None:
            answers = await asyncio.gather(*(client.generate_content("a/b", "hi") for _ in range(20)))
            assert [answer.text for answer in answers] == ["Hello"] * 20

        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(asyncio.run, use()) for _ in range(4)]:
                done.result()
        assert len(server.requests) == 80


# Fork


BLOCKING = """
import os, sys
from inference_gateway_sdk import InferenceGatewayClient
client = InferenceGatewayClient(sys.argv[1], token=lambda: "tok", proxy=None)
with client.generate_content_stream("a/b", "hi") as stream:
    first = next(iter(stream))
    pid = os.fork()
    if pid == 0:
        assert client.generate_content("a/b", "of the child").text == "Hello"
        client.close()
        sys.stdout.flush()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert stream.final().text == "Hello"
assert client.generate_content("a/b", "of the parent").text == "Hello"
client.close()
"""

ASYNC = """
import asyncio, os, sys
from inference_gateway_sdk import AsyncInferenceGatewayClient
client = AsyncInferenceGatewayClient(sys.argv[1], token="tok", proxy=None)

async def ask(text):
    assert (await client.generate_content("a/b", text)).text == "Hello"

async def main():
    asyncio.get_running_loop().slow_callback_duration = 60  # no warning on a busy machine
    async with client.generate_content_stream("a/b", "hi") as stream:
        await anext(aiter(stream))
        pid = os.fork()
        if pid == 0:
            asyncio.run(ask("of the child"))
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        assert (await stream.final()).text == "Hello"
    await ask("of the parent")
    await client.aclose()

asyncio.run(main(), debug=True)
"""


@pytest.mark.parametrize("script", [BLOCKING, ASYNC], ids=["blocking", "async"])
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_fork_with_a_stream_open(script: str) -> None:
    """A forked child uses the client over its own connections; the parent's open stream is not disturbed."""
    forked = threading.Event()

    def handler(connection: Connection, request: Request) -> None:
        text = request.json()["messages"][0]["content"]
        if text != "hi":
            connection.json(ANSWER)
            if text == "of the child":
                forked.set()
            return
        connection.events(*GOOD[:2], end=False)
        forked.wait(SOON)  # the rest comes once the child has its answer
        connection.chunk(b"".join(GOOD[2:]))
        connection.end()

    with serving(handler) as server:
        command = [sys.executable, "-X", "dev", "-W", "error", "-c", script, server.url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    by_text = {request.json()["messages"][0]["content"]: request.connection for request in server.requests}
    assert by_text["of the child"] != by_text["hi"] == by_text["of the parent"]


# The token


class Tokens:
    """A slow token function that counts its calls."""

    def __init__(self) -> None:
        self.calls = 0
        self.value = "t1"

    def get(self) -> str:
        self.calls += 1
        time.sleep(0.05)  # long enough for the other callers to arrive
        return self.value

    async def get_async(self) -> str:
        self.calls += 1
        await asyncio.sleep(0.05)  # as in `get`
        return self.value


class Door:
    """A handler that admits requests with the current token."""

    def __init__(self) -> None:
        self.token = "t1"

    def __call__(self, connection: Connection, request: Request) -> None:
        if request.headers.get("authorization") == f"Bearer {self.token}":
            gateway(connection, request)
        else:
            connection.json({"error": "unauthorized"}, 401)


@pytest.mark.parametrize("kind", ["async function", "function"])
def test_the_token_is_fetched_once_for_50_tasks(kind: str) -> None:
    """50 tasks wait for one call of the token function, and after a 401 for one more."""
    tokens, door = Tokens(), Door()
    function = tokens.get_async if kind == "async function" else tokens.get

    async def scenario(url: str) -> None:
        async with AsyncInferenceGatewayClient(url, function, proxy=None) as client:
            await asyncio.gather(*(client.generate_content("a/b", "hi") for _ in range(50)))
            assert tokens.calls == 1
            door.token = tokens.value = "t2"
            await asyncio.gather(*(client.generate_content("a/b", "hi") for _ in range(49)), _streamed(client))
            assert tokens.calls == 2

    with serving(door) as server:
        asyncio.run(scenario(server.url))
    assert 101 <= len(server.requests) <= 150


async def _streamed(client: AsyncInferenceGatewayClient) -> None:
    async with client.generate_content_stream("a/b", "hi") as stream:
        await stream.final()


def test_the_token_is_fetched_once_for_many_threads() -> None:
    """Threads wait for one call of the token function, and after a 401 for one more."""
    tokens, door = Tokens(), Door()
    with (
        serving(door) as server,
        InferenceGatewayClient(server.url, tokens.get, proxy=None) as client,
        ThreadPoolExecutor(32) as pool,
    ):
        list(pool.map(lambda _: client.generate_content("a/b", "hi"), range(50)))
        assert tokens.calls == 1
        door.token = tokens.value = "t2"
        list(pool.map(lambda _: client.generate_content("a/b", "hi"), range(50)))
        assert tokens.calls == 2


def test_a_second_401_is_an_error() -> None:
    """A fresh token that is refused as well is an error: the function is not called again."""
    tokens, door = Tokens(), Door()
    door.token = "unknown"
    with serving(door) as server, InferenceGatewayClient(server.url, tokens.get, proxy=None) as client:
        with pytest.raises(UnauthorizedError):
            client.generate_content("a/b", "hi")
        assert (tokens.calls, len(server.requests)) == (2, 2)


def test_a_token_that_is_text_is_not_tried_again() -> None:
    """A 401 with a fixed token is not retried."""
    with serving(Door()) as server, InferenceGatewayClient(server.url, "old", proxy=None) as client:
        with pytest.raises(UnauthorizedError):
            client.generate_content("a/b", "hi")
        assert len(server.requests) == 1


def test_a_waiter_that_leaves_does_not_take_the_token_along() -> None:
    """When the task that asked first is cancelled, the others still get its token."""
    tokens = Tokens()

    async def scenario(url: str) -> None:
        async with AsyncInferenceGatewayClient(url, tokens.get_async, proxy=None) as client:
            first = asyncio.create_task(client.generate_content("a/b", "hi"))
            while not tokens.calls:
                await asyncio.sleep(0)
            others = [asyncio.create_task(client.generate_content("a/b", "hi")) for _ in range(5)]
            for _ in range(10):  # the others run until they wait for the same token
                await asyncio.sleep(0)
            first.cancel()
            assert [answer.text for answer in await asyncio.gather(*others)] == ["Hello"] * 5
            assert first.cancelled()

    with serving(Door()) as server:
        asyncio.run(scenario(server.url))
    assert tokens.calls == 1
    assert len(server.requests) == 5


def test_a_token_function_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """An exception of a token function reaches each caller unchanged, and the next call tries again."""
    calls = 0

    async def fail() -> str:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0.01)  # long enough for the other callers to arrive
        raise KeyError("vault")

    async def scenario(url: str) -> None:
        async with AsyncInferenceGatewayClient(url, fail, proxy=None) as client:
            results = await asyncio.gather(*(client.list_models() for _ in range(5)), return_exceptions=True)
            assert [type(result) for result in results] == [KeyError] * 5
            assert calls == 1
            with pytest.raises(KeyError, match="vault"):
                await client.list_models()
            assert calls == 2
            gone = asyncio.create_task(client.list_models())
            await asyncio.sleep(0)
            gone.cancel()
            await asyncio.sleep(0.05)  # the token function continues, and its failure has no waiter

    with serving(Door()) as server:
        asyncio.run(scenario(server.url), debug=True)
    gc.collect()
    assert server.requests == []
    assert "never retrieved" not in caplog.text


# Cancellation

LIMIT = 50  # connections


def test_200_streams_of_which_half_are_cancelled() -> None:
    """Half of 200 concurrent streams cancelled at random leave the pool whole: nothing leaks, no warning."""
    chance = random.Random(11)
    all_at_once = threading.Barrier(LIMIT)

    def slowly(connection: Connection, request: Request) -> None:
        if not request.json().get("stream"):
            all_at_once.wait(SOON)  # as many requests as the limit of connections: not one slot is lost
            connection.json(ANSWER)
            return
        connection.head(200, "text/event-stream")
        for piece in GOOD:
            connection.chunk(piece)
            connection.pause(0.01)
        connection.end()

    async def read(client: AsyncInferenceGatewayClient) -> str | None:
        async with client.generate_content_stream("a/b", "hi") as stream:
            async for _ in stream:
                await asyncio.sleep(0)
            return (await stream.final()).text

    async def scenario(server: Server) -> None:
        async with AsyncInferenceGatewayClient(server.url, proxy=None, max_connections=LIMIT) as client:
            tasks = [asyncio.create_task(read(client)) for _ in range(200)]
            doomed = chance.sample(tasks, 100)
            for number, task in enumerate(doomed):
                task.cancel() if number < 10 else asyncio.get_running_loop().call_later(
                    chance.random() * 0.4, task.cancel
                )
            results = await asyncio.gather(*tasks, return_exceptions=True)
            kept = [result for task, result in zip(tasks, results, strict=True) if task not in doomed]
            assert kept == ["Hello"] * 100
            assert {type(result) for result in results} <= {str, asyncio.CancelledError}
            assert sum(isinstance(result, asyncio.CancelledError) for result in results) > 20
            answers = await asyncio.gather(*(client.generate_content("a/b", "hi") for _ in range(100)))
            assert [answer.text for answer in answers] == ["Hello"] * 100
            assert server.open_connections <= LIMIT
        gc.collect()

    with serving(slowly) as server, warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(scenario(server), debug=True)
        _until(lambda: not server.open_connections)
