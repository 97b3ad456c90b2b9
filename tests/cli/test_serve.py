"""`igw serve`: a gateway in a process of its own, and `--local`: one in the process that asks."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import httpx2
import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.wire

IGW = [sys.executable, "-c", "from inference_gateway_sdk.cli import main; main()"]
Run = Callable[..., subprocess.CompletedProcess[str]]


class Served:
    """A running `igw serve`, the address it announced, and all that it says."""

    def __init__(self, log: Path, *arguments: str, **environ: str) -> None:
        self._log = log
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [*IGW, "serve", *arguments],
                stdin=subprocess.DEVNULL,
                stderr=output,
                env={**os.environ, "PYTHONWARNINGS": "error", **environ},
            )
        self.url = self._announced()

    @property
    def said(self) -> str:
        """Everything on the standard error."""
        return self._log.read_text()

    def _announced(self) -> str:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            if found := re.search(r"http://\S+(?=/v1)", self.said):
                return found[0]
            time.sleep(0.05)
        raise AssertionError(f"it did not start: {self.said!r}")

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """The exit code, and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(30), time.monotonic() - began


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts `igw serve`."""
    started: list[Served] = []

    def start(*arguments: str, **environ: str) -> Served:
        started.append(Served(tmp_path / "said.log", *arguments, **environ))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_and_stops_when_told(serve: Callable[..., Served], tmp_path: Path, number: int) -> None:
    """It says what it is and where, answers, and ends with 0 and no complaint."""
    served = serve("--port", "0", XDG_CACHE_HOME=str(tmp_path))
    assert "for development and tests" in served.said
    assert httpx2.get(f"{served.url}/health", trust_env=False).json() == {"message": "OK"}
    code, seconds = served.stop(number)
    assert code == 0
    assert seconds < 10
    assert "Traceback" not in served.said


def test_it_reads_the_real_gateways_variables(serve: Callable[..., Served], tmp_path: Path) -> None:
    """Where to listen and what to serve come from the environment; what it does not do, it says."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ = {"SERVER_PORT": str(port), "ALLOWED_MODELS": "openai/x", "GUARDRAILS_ENABLED": "true"}
    served = serve(**environ, XDG_CACHE_HOME=str(tmp_path))
    assert served.url == f"http://127.0.0.1:{port}"
    answer = httpx2.post(f"{served.url}/v1/chat/completions", json={"model": "openai/y"}, trust_env=False)
    assert answer.status_code == 403
    assert "GUARDRAILS_ENABLED" in served.said
    assert "93 MB" in served.said


@pytest.mark.parametrize(
    ("environ", "named"), [({"SERVER_PORT": "http"}, "SERVER_PORT"), ({"SERVER_READ_TIMEOUT": "30"}, "30s")]
)
def test_a_malformed_variable_is_2_and_named(igw: Run, environ: dict[str, str], named: str) -> None:
    """Nothing is served with settings that cannot be meant."""
    done = igw("serve", **environ)
    assert done.returncode == 2
    assert named in done.stderr


def test_a_taken_port_is_1_and_named(igw: Run) -> None:
    """The address that could not be had, in one line."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = igw("serve", "--port", str(port))
    assert done.returncode == 1
    assert done.stderr.startswith(f"igw: cannot listen at 127.0.0.1:{port}")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.live
@pytest.mark.usefixtures("place")
def test_health_answers_while_the_model_loads_and_an_open_stream_does_not_keep_it(
    serve: Callable[..., Served],
) -> None:
    """SIGTERM in the middle of an answer ends the process within ten seconds."""
    served = serve("--port", "0", SERVER_READ_TIMEOUT="5m")
    assert httpx2.get(f"{served.url}/health", trust_env=False).status_code == 200
    story = {"model": "llamacpp/x", "messages": [{"role": "user", "content": "Tell me a long story."}], "stream": True}
    with (
        httpx2.Client(base_url=served.url, timeout=120, trust_env=False) as client,
        client.stream("POST", "/v1/chat/completions", json=story) as answer,
    ):
        next(answer.iter_lines())
        code, seconds = served.stop()
    assert code == 0
    assert seconds < 10
    assert "Traceback" not in served.said


@pytest.mark.live
@pytest.mark.usefixtures("place")
def test_a_local_chat_answers_without_key_or_gateway(igw: Run) -> None:
    """The first command of all: the answer on the standard output, what answered on the standard error."""
    nowhere = {"INFERENCE_GATEWAY_URL": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    done = igw("chat", "--local", "What is the capital of France?", **nowhere)
    assert (done.returncode, done.stdout) == (0, "The capital of France is Paris.\n")
    assert "smoke-test model" in done.stderr


@pytest.mark.live
@pytest.mark.usefixtures("place")
def test_a_client_of_its_own_process_and_of_another_see_the_same(igw: Run, serve: Callable[..., Served]) -> None:
    """`igw chat` at an `igw serve` finds its only model by itself."""
    served = serve("--port", "0")
    done = igw("chat", "What is the capital of France?", INFERENCE_GATEWAY_URL=served.url)
    assert (done.returncode, done.stdout) == (0, "The capital of France is Paris.\n")
    listed = igw("models", INFERENCE_GATEWAY_URL=served.url)
    assert listed.stdout == "llamacpp/smollm2-135m-instruct\tllamacpp\n"
