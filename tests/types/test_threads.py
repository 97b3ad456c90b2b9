"""Threads that make their first call together do not crash the process (msgspec builds type descriptions unguarded)."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

_FIRST_CALLS = """
import sys, threading
sys.setswitchinterval(0.0005)
from inference_gateway_sdk import CreateChatCompletionResponse, MessagesResponse, Response
from inference_gateway_sdk._wire import codec

BODIES = [
    (CreateChatCompletionResponse, b'{"id":"c","created":1,"model":"m","object":"chat.completion","choices":[]}'),
    (MessagesResponse, b'{"id":"m","content":[{"type":"text","text":"Hi"}],"model":"m","role":"assistant"}'),
    (Response, b'{"id":"r","output":[],"unknown":1}'),
]
start = threading.Barrier(16)

def call(number):
    kind, body = BODIES[number % 4 % 3]
    start.wait()
    codec.decode(body, kind)

threads = [threading.Thread(target=call, args=(number,)) for number in range(16)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
PROCESSES = 200 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 20


@pytest.mark.hypothesis  # runs ten times as many processes in `poe test-long`
def test_sixteen_threads_that_decode_first_do_not_crash() -> None:
    """None of 20 processes crashes whose 16 threads decode their first answers at the same time."""
    codes = []
    for _ in range(0, PROCESSES, 2):
        pair = [subprocess.Popen([sys.executable, "-c", _FIRST_CALLS], stderr=subprocess.PIPE) for _ in range(2)]
        for process in pair:
            process.communicate(timeout=60)
            codes.append(process.returncode)
    assert codes == [0] * PROCESSES
