"""A batch in a process that is killed again and again, over real sockets."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

import inference_gateway_sdk
from batch.batches import by_key, chat, some_rows, text_of, write_rows

pytestmark = pytest.mark.wire

CONCURRENCY = 8
PROGRAM = """
import sys
from inference_gateway_sdk import {client} as Client

def ask(row):
    return {{"model": "openai/gpt-4o-mini", "messages": row["text"]}}

def run(url, source, output):
    with Client(url, proxy=None) as client:
        return client.run_batch(source, output, ask=ask, key="id", concurrency={concurrency}, progress=False)

async def run_async(url, source, output):
    async with Client(url, proxy=None) as client:
        return await client.run_batch(source, output, ask=ask, key="id", concurrency={concurrency}, progress=False)

if __name__ == "__main__":
    if "Async" in "{client}":
        import asyncio
        print(asyncio.run(run_async(*sys.argv[1:])))
    else:
        print(run(*sys.argv[1:]))
"""


class Gateway:
    """A gateway that counts its calls, and kills the process of the batch at chosen ones."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.kills: list[tuple[int, bool]] = []  # the number of a call, and whether its answer is sent first
        self.child: subprocess.Popen[bytes] | None = None
        self.lock = threading.Lock()
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                kill = gateway.count(text_of(body))
                if kill is False:
                    gateway.kill()
                data = json.dumps(chat(f"re: {text_of(body)}")).encode()
                head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
                try:
                    self.wfile.write(head.encode() + data)
                except OSError:
                    self.close_connection = True
                if kill:
                    gateway.kill()

            def log_message(self, *_: Any) -> None:
                pass

            def handle(self) -> None:
                with suppress(OSError):  # the process was killed
                    super().handle()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = False
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"

    def count(self, text: str) -> bool | None:
        """Count a call. Return None, or whether to answer before the process is killed."""
        with self.lock:
            self.calls[text] += 1
            if self.kills and sum(self.calls.values()) >= self.kills[0][0]:
                return self.kills.pop(0)[1]
            return None

    def kill(self) -> None:
        child = self.child
        if child is not None:
            child.kill()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """Return a gateway on a loopback port."""
    found = Gateway()
    yield found
    found.close()


class Job:
    """A batch in processes of its own."""

    def __init__(self, folder: Path, gateway: Gateway, rows: int, client: str = "InferenceGatewayClient") -> None:
        self.gateway = gateway
        self.source = write_rows(folder / "in.jsonl", some_rows(rows))
        self.output = folder / "out.jsonl"
        self.program = folder / "job.py"
        self.program.write_text(PROGRAM.format(client=client, concurrency=CONCURRENCY))

    def start(self) -> subprocess.Popen[bytes]:
        """Start a process."""
        command = [sys.executable, str(self.program), self.gateway.url, str(self.source), str(self.output)]
        root = Path(inference_gateway_sdk.__file__).parents[1]
        environment = os.environ | {"PYTHONPATH": str(root)}
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        self.gateway.child = child
        return child

    def run(self) -> tuple[int, str, str]:
        """Run a process to its end."""
        with self.start() as child:
            out, err = child.communicate(timeout=120)
        return child.returncode, out.decode(), err.decode()


def is_long() -> bool:
    """Return whether the long profile runs."""
    return settings.get_current_profile_name() == "long"


@pytest.mark.hypothesis
@pytest.mark.parametrize("client", ["InferenceGatewayClient", "AsyncInferenceGatewayClient"])
def test_kill_at_any_point_loses_and_doubles_nothing(tmp_path: Path, gateway: Gateway, client: str) -> None:
    """After any number of kills, each key has one line, and each kill repeats at most the calls in flight."""
    rows, kills = (2000, 200) if is_long() else (120, 3)
    dice = random.Random(7)
    gateway.kills = [(at, dice.random() < 0.5) for at in sorted(dice.sample(range(1, rows), kills))]
    job = Job(tmp_path, gateway, rows, client)
    ended = 0
    killed = 0
    while not ended:
        code, _, errors = job.run()
        if code == 0:
            ended += 1
        else:
            assert code == -signal.SIGKILL, errors
            killed += 1
    lines = by_key(job.output)
    assert set(lines) == {f"k{number}" for number in range(rows)}
    assert all(line["output"] == f"re: row {key[1:]}" for key, line in lines.items() if isinstance(key, str))
    repeated = sum(gateway.calls.values()) - rows
    print(f"{client}: {killed} kills, {repeated} calls repeated, at most {killed * CONCURRENCY} allowed")
    assert len(gateway.calls) == rows
    assert 0 < killed <= kills
    assert repeated <= killed * CONCURRENCY


def test_a_second_process_is_refused_while_the_first_runs(tmp_path: Path, gateway: Gateway) -> None:
    """The second process ends with a clear error and sends nothing. The first one is not disturbed."""
    job = Job(tmp_path, gateway, 40)
    at_first_call, go_on = threading.Event(), threading.Event()
    count = gateway.count

    def hold(text: str) -> bool | None:
        at_first_call.set()
        go_on.wait(60)
        return count(text)

    gateway.count = hold  # type: ignore[method-assign]
    with job.start() as first:
        assert at_first_call.wait(60)
        code, _, errors = job.run()
        go_on.set()
        out, _ = first.communicate(timeout=120)
    assert code == 1
    assert f"is being written by process {first.pid}" in errors
    assert b"40 done, 0 failed" in out
    assert len(by_key(job.output)) == sum(gateway.calls.values()) == 40


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_process_ends_it_in_order(tmp_path: Path, gateway: Gateway, number: signal.Signals) -> None:
    """After Ctrl-C or SIGTERM, the rows in flight are kept, and the outcome is printed."""
    job = Job(tmp_path, gateway, 2000)
    count, sent = gateway.count, threading.Lock()

    def interrupt(text: str) -> bool | None:
        # Once: several requests may be counted before one of them is here, and a second Ctrl-C ends the process.
        if sum(gateway.calls.values()) >= 30 and gateway.child is not None and sent.acquire(blocking=False):
            gateway.child.send_signal(number)
        return count(text)

    gateway.count = interrupt  # type: ignore[method-assign]
    code, out, errors = job.run()
    assert (code, errors) == (0, "")
    assert "stopped: interrupt" in out
    kept = len(by_key(job.output))
    assert 30 <= kept < 2000
    assert sum(gateway.calls.values()) == kept
