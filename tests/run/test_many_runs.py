"""Many runs at once in one event loop, some of them cancelled at random moments."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import inference_gateway_sdk as sdk
from inference_gateway_sdk import Transcript
from inference_gateway_sdk._run.render import Target, render
from inference_gateway_sdk.testing import scripted_gateway
from run.histories import judge

pytestmark = [pytest.mark.wire, pytest.mark.long]

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
RUNS = 1000 if LONG else 200
TOOLS_OF_A_TURN = 8
# A thousand connections at once take longer than the default `connect` on a busy machine, and are not the claim.
PATIENT = sdk.Timeouts(connect=600, response=600, first_content=600, idle=600, total=600)
FDS = Path("/proc/self/fd")


def sockets() -> int:
    """Return the number of open sockets of this process."""
    found = 0
    for one in FDS.iterdir():
        try:
            found += os.readlink(one).startswith("socket:")
        except FileNotFoundError:  # the socket of the listing itself
            continue
    return found


async def play(client: Any, number: int, messages: Any, chance: random.Random | None, ran: Counter[Any]) -> Any:
    """Play one run, which cancels itself at a random delta or in a random tool.

    Return its run, and whether it ended.
    """
    task = asyncio.current_task()
    assert task is not None
    where = chance.choice(["nowhere", "delta", "tool", "soon"]) if chance else "nowhere"
    at = chance.randrange(1, 2 * TOOLS_OF_A_TURN) if chance else 0
    seen = Counter[str]()

    def count(kind: str) -> None:
        seen[kind] += 1
        if kind == where and seen[kind] == at:
            task.cancel()

    async def work(run: int, place: int) -> str:
        """Work in steps."""
        ran[run, place] += 1
        count("tool")
        for _ in range(place):
            await asyncio.sleep(0)
        count("tool")
        return f"{place} is done"

    stream = client.run_stream("openai/gpt-4o-mini", messages, tools=[work])
    if where == "soon":
        asyncio.get_running_loop().call_later(at / 100, task.cancel)
    try:
        async with stream:
            async for _ in stream.deltas():
                count("delta")
    except asyncio.CancelledError:
        task.uncancel()
        return stream.partial(), False
    return stream.partial(), True


def script(gateway: Any) -> None:
    """Request the tools of a run by its number, until their results arrive."""

    def without_results(request: Any) -> bool:
        return bool(request.json["messages"][-1]["role"] == "user")

    for number in range(RUNS):
        calls = [("work", {"run": number, "place": place}) for place in range(TOOLS_OF_A_TURN)]
        gateway.on(where=without_results, content=f"run {number}.").reply(tool_calls=calls, optional=True)
    gateway.on(where=lambda request: not without_results(request)).reply("Done.", times="always", optional=True)
    gateway.reply("Interrupted, then.", times="always", optional=True)


@pytest.mark.skipif(not FDS.exists(), reason="counts this process's sockets in /proc, which only Linux has")
def test_many_runs_leave_nothing(recwarn: pytest.WarningsRecorder) -> None:
    """No task or socket is left, no tool ran twice, and each cancelled run's transcript is valid and can continue."""
    chance = random.Random(13)
    ran: Counter[Any] = Counter()
    before = sockets()

    async def scenario(url: str) -> Any:
        client = sdk.AsyncInferenceGatewayClient(url, proxy=None, timeout=PATIENT, max_retries=0)
        async with client:
            seeds = [random.Random(chance.random()) for _ in range(RUNS)]
            first = await asyncio.gather(
                *(play(client, number, f"This is run {number}.", seeds[number], ran) for number in range(RUNS))
            )
            assert asyncio.all_tasks() == {asyncio.current_task()}
            cut = [(number, run) for number, (run, ended) in enumerate(first) if not ended]
            for _, run in cut:
                messages = render(run.transcript.entries, Target("chat", "openai", "gpt-4o-mini")).messages
                assert not judge("chat", messages), messages
                assert Transcript.from_json(run.transcript.to_json()) == run.transcript
            again = await asyncio.gather(
                *(play(client, number, [run, "Go on."], None, ran) for number, run in cut if run.turns)
            )
            assert asyncio.all_tasks() == {asyncio.current_task()}
        return first, cut, again

    with scripted_gateway(check_unused=False, sockets=True) as gateway:
        script(gateway)
        first, cut, again = asyncio.run(scenario(gateway.url))
    assert sockets() == before
    assert not recwarn.list
    ended = [run for run, complete in first if complete]
    assert {run.text for run in ended} == {"Done."}
    assert all(len(run.calls) == TOOLS_OF_A_TURN for run in ended)
    assert RUNS // 5 < len(cut) < RUNS - RUNS // 5
    assert all(complete and run.text for run, complete in again)
    assert again
    assert set(ran.values()) == {1}, "a tool ran twice"
    statuses = Counter(call.status for _, run in cut for call in run.calls)
    assert statuses["interrupted"] and statuses["done"], "no run was cancelled while its tools ran"
