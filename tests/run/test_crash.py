"""A process that is killed during a run: its transcript continues in another one, and no tool runs twice."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest

from inference_gateway_sdk.testing import scripted_gateway
from support.forked import Outcome, interpreter

# argv: address, transcript, effects, the step at which to die. Steps: each storing of the transcript, before and after
# it, and each tool, before and after its effect.
PROGRAM = """
import os, signal, sys
from pathlib import Path
from inference_gateway_sdk import InferenceGatewayClient, Transcript

url, stored, effects, last = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
steps = 0

def step():
    global steps
    steps += 1
    if steps == last:
        os.kill(os.getpid(), signal.SIGKILL)

def store(transcript):
    step()
    part = stored.with_suffix(".part")
    part.write_bytes(transcript.to_json())
    part.replace(stored)
    step()

def charge(order: int) -> str:
    "Charge an order."
    step()
    with effects.open("a") as file:
        file.write(f"{order}\\n")
    step()
    return "charged"

with InferenceGatewayClient(url, proxy=None) as client:
    begun = Transcript.from_json(stored.read_bytes()) if stored.exists() else "Charge 1 and 2."
    run = client.run("openai/m", begun, tools=[charge], on_progress=store)
    print(steps, run.text)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_process_charges_no_card_twice(tmp_path: Path) -> None:
    """Killed at every step and started again, each charge happens at most once and the run completes."""
    with scripted_gateway(check_unused=False, sockets=True) as gateway, interpreter() as programs:

        def process(folder: Path, last: int) -> Outcome:
            """Run the program until step `last`, 0 for its end."""
            files = str(folder / "run.json"), str(folder / "effects")
            return programs.run(PROGRAM, gateway.url, *files, str(last), cwd=folder)

        gateway.on(where=lambda request: '"role": "tool"' not in json.dumps(request.json)).reply(
            tool_calls=[("charge", {"order": 1}), ("charge", {"order": 2})], times="always"
        )
        gateway.reply("Done.", times="always")
        whole = tmp_path / "whole"
        whole.mkdir()
        done = process(whole, 0)
        steps, _, text = done.stdout.partition(" ")
        assert (text.strip(), done.stderr) == ("Done.", "")
        assert (whole / "effects").read_text().split() == ["1", "2"]
        for last in range(1, int(steps) + 1):
            folder = tmp_path / str(last)
            folder.mkdir()
            assert process(folder, last).returncode == -signal.SIGKILL, last
            again = process(folder, 0)
            assert again.stdout.endswith("Done.\n"), (last, again.stderr)
            effects = (folder / "effects").read_text().split() if (folder / "effects").exists() else []
            assert len(effects) == len(set(effects)), (last, effects)
            assert again.returncode == 0
