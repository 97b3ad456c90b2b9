"""Type descriptions of msgspec, which it builds without a lock: threads, forks and classes that come and go."""

from __future__ import annotations

import ast
import gc
import os
import subprocess
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

import inference_gateway_sdk
from inference_gateway_sdk import ChatCompletionMessageToolCallFunction

_FIRST_CALLS = """
import json, sys, threading
sys.setswitchinterval(0.0005)
from msgspec import Struct
from inference_gateway_sdk import ChatCompletionMessageToolCallFunction, InferenceGatewayClient

ANSWERS = {
    "models": {"object": "list", "data": [{"id": "a/b"}]},
    "messages": {
        "id": "m", "type": "message", "role": "assistant", "model": "b",
        "content": [
            {"type": "text", "text": "Hi"}, {"type": "thinking", "thinking": "Hm", "signature": "s"},
            {"type": "tool_use", "id": "t", "name": "f", "input": {}},
        ],
        "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1},
    },
    "responses": {
        "id": "r", "object": "response", "created_at": 1, "model": "b", "status": "completed",
        "output": [
            {"type": "message", "id": "i", "role": "assistant", "status": "completed",
             "content": [{"type": "output_text", "text": "Hi", "annotations": []}]},
            {"type": "function_call", "id": "f", "call_id": "c", "name": "f", "arguments": "{}"},
        ],
    },
    "chat/completions": {
        "id": "c", "object": "chat.completion", "created": 1, "model": "b", "unknown": 1,
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}],
    },
}

class Answer:
    status, headers = 200, [("content-type", "application/json")]
    def __init__(self, body): self.rest = [json.dumps(body).encode()]
    def read(self, deadline=None): return self.rest.pop() if self.rest else b""
    def release(self): pass
    abandon = release

class InMemory:
    def open(self, method, url, *_, **__): return Answer(ANSWERS[url.rpartition("/v1/")[2]])
    def close(self): pass

class Place(Struct):
    city: str
    inside: "Place | None" = None
    near: "list[Place] | None" = None
    by_name: "dict[str, Place] | None" = None

class Query(Struct):
    where: Place

client = InferenceGatewayClient("http://gateway.test", driver=InMemory())
call = ChatCompletionMessageToolCallFunction(name="f", arguments='{"where": {"city": "Oslo"}}')

def arguments(): assert call.parse_arguments(Query).where.city == "Oslo"
def models(): assert client.list_models().data[0].id == "a/b"
def messages(): assert client.create_message("a/b", "hi", 9).content[0].text == "Hi"
def responses(): assert client.create_response("a/b", "hi").output[0].content[0].text == "Hi"
def chat(): assert client.generate_content("a/b", "hi").text == "Hi"

output, ANSWERS["responses"]["output"] = ANSWERS["responses"]["output"], []
client.create_response("a/b", "hi")  # builds all but the variants of output items, which the threads then build
ANSWERS["responses"]["output"] = output

together = threading.Barrier(16)
finished = []

def work():
    for step in (arguments, models, messages, responses, chat):
        together.wait()
        step()
    finished.append(step)

threads = [threading.Thread(target=work) for _ in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert len(finished) == 16
"""
PROCESSES = {"long": 200, "fast": 4}.get(os.environ.get("HYPOTHESIS_PROFILE", ""), 20)


@pytest.mark.hypothesis  # `poe test-long` runs ten times as many processes
def test_sixteen_threads_that_call_first_do_not_crash() -> None:
    """No process crashes whose 16 threads make each of their first calls at the same time."""

    def run(_: int) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-c", _FIRST_CALLS], capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stderr

    with ThreadPoolExecutor(2) as pool:
        failed = [outcome for outcome in pool.map(run, range(PROCESSES)) if outcome != (0, "")]
    assert not failed, f"{len(failed)} of {PROCESSES} processes failed"


_FORK = """
import os, sys, threading
from inference_gateway_sdk._model import type_info

sys.setswitchinterval(30)  # the builder runs on only where the main thread waits
held, leave, complete = threading.Event(), threading.Event(), []

def slow_to_build(kind, dec_hook=None):
    held.set()
    leave.wait()
    complete.append(kind)

type_info.Decoder = slow_to_build
builder = threading.Thread(target=type_info.build_decoder, args=(int,))
builder.start()
held.wait()
os.register_at_fork(before=leave.set)  # registered last, called first
pid = os.fork()
if pid == 0:
    if complete:
        type_info.build_decoder(int)
    os._exit(len(complete))
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 2
builder.join()
type_info.build_decoder(int)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_waits_for_the_end_of_a_build() -> None:
    """A child finds the lock free and every description complete, although a thread of its parent was building."""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", _FORK]  # Python 3.12 warns of such forks
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_class_of_the_user_is_not_kept_alive() -> None:
    """A class that was made for one tool call is collected with it."""
    kind = msgspec.defstruct("Query", [("city", str)])
    call = ChatCompletionMessageToolCallFunction(name="f", arguments='{"city": "Oslo"}')
    assert call.parse_arguments(kind).city == "Oslo"
    gone = weakref.ref(kind)
    del kind
    gc.collect()
    assert gone() is None


PACKAGE = Path(inference_gateway_sdk.__file__).parent
BUILDERS = {"convert", "Decoder", "decode"}
"""Names of msgspec that may build a type description. The last two do so where they are given a type."""


def direct_builds(source: str) -> list[int]:
    """Return the lines that call msgspec in a way that may build a type description."""
    tree = ast.parse(source)
    builders: dict[str, str] = {}
    modules = {"msgspec"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "msgspec":
            for alias in node.names:
                if alias.name in BUILDERS:
                    builders[alias.asname or alias.name] = alias.name
                elif alias.name in {"json", "msgpack", "yaml", "toml"}:
                    modules.add(alias.asname or alias.name)
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Attribute):
            owner = ast.unparse(function.value).split(".")[0]
            name = function.attr if owner in modules else ""
        else:
            name = builders.get(function.id, "") if isinstance(function, ast.Name) else ""
        typed = len(node.args) > (name == "decode") or any(word.arg == "type" for word in node.keywords)
        if name == "convert" or (name in {"Decoder", "decode"} and typed):
            found.append(node.lineno)
    return found


def test_type_descriptions_are_built_in_one_place() -> None:
    """No module but `_model/type_info.py` calls msgspec in a way that may build a description outside of its lock."""
    modules = [path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "_model" / "type_info.py"]
    found = {path.name: lines for path in modules if (lines := direct_builds(path.read_text("utf-8")))}
    assert len(modules) > 100
    assert not found


@pytest.mark.parametrize(
    "source",
    [
        "import msgspec\nmsgspec.json.decode(b'', type=T)",
        "import msgspec\nmsgspec.json.Decoder(T)",
        "import msgspec\nmsgspec.convert(1, T)",
        "from msgspec import json as fast\nfast.decode(b'', type=T)",
        "from msgspec.json import Decoder as D\nD(T)",
        "from msgspec import convert\nconvert(1, T)",
    ],
)
def test_the_search_for_such_calls_finds_them(source: str) -> None:
    """Each way to call msgspec with a type is found, on its line."""
    assert direct_builds(source) == [2]
