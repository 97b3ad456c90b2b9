"""Watchers under random faults: however a call ends, each `began` has exactly one `ended`."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import warnings
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from client.faulty_transport import FAILURES, HANG, STREAM, WHOLE, AsyncTransport, Attempt, BlockingTransport
from inference_gateway_sdk import AsyncInferenceGatewayClient, CallBegan, CallEnded, InferenceGatewayClient, Timeouts
from inference_gateway_sdk._client.runtime import AsyncRuntime, Runtime

URL = "http://gateway.invalid"
ENDS = {"whole", "failed", "left", "cancelled"}


class Counting:
    """A watcher that counts, and raises in the methods it is asked to."""

    def __init__(self, raises: frozenset[str]) -> None:
        self.raises = raises
        self.log: list[tuple[str, Any]] = []

    def began(self, call: CallBegan) -> object:
        if "began" in self.raises:
            raise ValueError("began")
        self.log.append(("began", call))
        return call

    def content(self, state: Any, seconds: float) -> None:
        self.log.append(("content", state))
        if "content" in self.raises:
            raise ValueError("content")

    def ended(self, state: Any, call: CallEnded) -> None:
        assert call.began is state
        self.log.append(("ended", call))
        if "ended" in self.raises:
            raise ValueError("ended")

    def check(self) -> None:
        """Assert that every call is complete."""
        names = [name for name, _ in self.log]
        if "began" in self.raises:
            assert names == []
        else:
            assert names in (["began", "ended"], ["began", "content", "ended"])
            assert self.log[-1][1].end in ENDS


pieces = st.sampled_from(
    [*STREAM.body, *FAILURES, HANG, b": ping\n\n", b"data: {oops\n\n", b'data: {"error": "x"}\n\n']
)
attempts = st.one_of(
    st.builds(Attempt, fails=st.sampled_from([*FAILURES, HANG])),
    st.builds(Attempt, status=st.sampled_from([400, 401, 429, 500, 503]), body=st.just((b'{"error":"no"}',))),
    st.builds(Attempt, body=st.lists(pieces, max_size=6).map(tuple)),
    st.just(STREAM),
    st.just(WHOLE),
)
plans = st.lists(attempts, min_size=1, max_size=4)
raising = st.lists(st.frozensets(st.sampled_from(["began", "content", "ended"])), min_size=1, max_size=3)
RULES = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None
)


class LeaveError(Exception):
    """Raised by the reader of a stream."""


@RULES
@given(
    plan=plans,
    raises=raising,
    stream=st.booleans(),
    chunks=st.integers(0, 4),
    leave=st.sampled_from(["read", "break", "raise", "cancel", "close", "drop"]),
    turns=st.integers(0, 8),
)
def test_every_began_has_one_ended_async(
    plan: list[Attempt], raises: list[frozenset[str]], stream: bool, chunks: int, leave: str, turns: int
) -> None:
    """The async client reports each call once: read, left, failed, cancelled, dropped, or closed in the middle."""
    watchers = [Counting(one) for one in raises]

    async def no_sleep(_: float) -> None:
        await asyncio.sleep(0)

    async def read(client: AsyncInferenceGatewayClient) -> None:
        if not stream:
            await client.generate_content("openai/m", "Hi")
            return
        open_stream = client.generate_content_stream("openai/m", "Hi")
        await open_stream.__aenter__()
        if leave == "drop":
            return
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_exit(open_stream)
            number = 0
            async for _ in open_stream:
                number += 1
                if number > chunks and leave == "break":
                    break
                if number > chunks and leave == "raise":
                    raise LeaveError

    async def scenario() -> None:
        transport = AsyncTransport(plan)
        client = AsyncInferenceGatewayClient(
            URL, driver=transport, watchers=watchers, max_retries=2, timeout=Timeouts(total=None)
        )
        client._with_runtime(AsyncRuntime(lambda: 0.0, lambda: 0.0, no_sleep, lambda: 0.0))
        task = asyncio.ensure_future(read(client))
        for _ in range(turns if leave in ("cancel", "close") else 60):
            await asyncio.sleep(0)
        if leave == "cancel":
            task.cancel()
        elif not task.done():  # also calls that hang
            await client.aclose()
        with contextlib.suppress(Exception, asyncio.CancelledError):
            await task
        await client.aclose()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        asyncio.run(scenario())
        gc.collect(0)
    for watcher in watchers:
        if watcher.log or not (leave == "cancel" and not turns):  # cancelled before it began
            watcher.check()


@RULES
@given(
    plan=plans,
    raises=raising,
    stream=st.booleans(),
    chunks=st.integers(0, 4),
    leave=st.sampled_from(["read", "break", "raise", "interrupt", "close", "drop"]),
)
def test_every_began_has_one_ended_blocking(
    plan: list[Attempt], raises: list[frozenset[str]], stream: bool, chunks: int, leave: str
) -> None:
    """The blocking client reports each call once, however it is left."""
    watchers = [Counting(one) for one in raises]
    client = InferenceGatewayClient(URL, driver=BlockingTransport(plan), watchers=watchers, max_retries=2)
    client._with_runtime(Runtime(lambda: 0.0, lambda: 0.0, lambda _: None, lambda: 0.0))

    def read() -> None:
        if not stream:
            client.generate_content("openai/m", "Hi")
            return
        open_stream = client.generate_content_stream("openai/m", "Hi")
        open_stream.__enter__()
        if leave == "drop":
            return
        with contextlib.ExitStack() as stack:
            stack.push(open_stream)
            for number, _ in enumerate(open_stream):
                if number >= chunks and leave == "break":
                    break
                if number >= chunks and leave == "raise":
                    raise LeaveError
                if number >= chunks and leave == "interrupt":
                    raise KeyboardInterrupt
                if number >= chunks and leave == "close":
                    client.close()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        with contextlib.suppress(Exception, KeyboardInterrupt):
            read()
        gc.collect(0)
    for watcher in watchers:
        watcher.check()
    client.close()
    for watcher in watchers:
        watcher.check()
