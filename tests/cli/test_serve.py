"""`igw serve`: a gateway in a separate process, and `--local`: one in the calling process."""

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

from inference_gateway_sdk.cli.serve import overview
from inference_gateway_sdk.embedded import Gateway, Oidc, Settings
from support.server import Connection, Request, serving
from support.weights import nowhere

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.wire

IGW = [sys.executable, "-c", "from inference_gateway_sdk.cli import main; main()"]
Run = Callable[..., subprocess.CompletedProcess[str]]


class Served:
    """A running `igw serve`, its announced address, and its output."""

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
    def output(self) -> str:
        """Return the whole standard error."""
        return self._log.read_text()

    def _announced(self) -> str:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            if found := re.search(r"http://\S+(?=/v1)", self.output):
                return found[0]
            time.sleep(0.05)
        raise AssertionError(f"it did not start: {self.output!r}")

    def await_words(self, words: str) -> None:
        """Return when the output has this text."""
        deadline = time.monotonic() + 60
        while words not in self.output and time.monotonic() < deadline:
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Return the exit code, and the seconds until the end."""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(30), time.monotonic() - began


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Start `igw serve`."""
    started: list[Served] = []

    def start(*arguments: str, **environ: str) -> Served:
        started.append(Served(tmp_path / "output.log", *arguments, **environ))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_and_stops_on_a_signal(serve: Callable[..., Served], tmp_path: Path, number: int) -> None:
    """The command announces itself and its address, answers, and ends with 0 and no error message."""
    served = serve("--port", "0", XDG_CACHE_HOME=str(tmp_path))
    assert "for development and tests" in served.output
    assert httpx2.get(f"{served.url}/health", trust_env=False).json() == {"message": "OK"}
    code, seconds = served.stop(number)
    assert code == 0
    assert seconds < 10
    assert "Traceback" not in served.output


def test_it_reads_the_real_gateways_variables(serve: Callable[..., Served], tmp_path: Path) -> None:
    """The address and the providers come from the environment; unsupported variables are reported."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ = {"SERVER_PORT": str(port), "ALLOWED_MODELS": "openai/x", "GUARDRAILS_ENABLED": "true"}
    served = serve(**environ, XDG_CACHE_HOME=str(tmp_path))
    assert served.url == f"http://127.0.0.1:{port}"
    answer = httpx2.post(f"{served.url}/v1/chat/completions", json={"model": "openai/y"}, trust_env=False)
    assert answer.status_code == 403
    assert "GUARDRAILS_ENABLED" in served.output
    assert "93 MB" in served.output


@pytest.mark.parametrize(
    ("environ", "named"), [({"SERVER_PORT": "http"}, "SERVER_PORT"), ({"SERVER_READ_TIMEOUT": "30"}, "30s")]
)
def test_a_malformed_variable_is_2_and_named(igw: Run, environ: dict[str, str], named: str) -> None:
    """Nothing is served with invalid settings."""
    done = igw("serve", **environ)
    assert done.returncode == 2
    assert named in done.stderr


def test_a_taken_port_is_1_and_named(igw_process: Run) -> None:
    """The message names the taken address, in one line."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = igw_process("serve", "--port", str(port))
    assert done.returncode == 1
    assert done.stderr.startswith(f"igw: cannot listen at 127.0.0.1:{port}")
    assert "--port 0" in done.stderr.splitlines()[1]


def test_an_issuer_that_cannot_be_asked_is_1_and_named(igw: Run) -> None:
    """Nothing is served while tokens cannot be checked."""
    where = {"AUTH_OIDC_ISSUER": "http://127.0.0.1:9", "AUTH_OIDC_CLIENT_ID": "us"}
    done = igw("serve", "--port", "0", AUTH_ENABLED="true", **where)
    assert done.returncode == 1
    assert done.stderr.startswith("igw: the OpenID Connect issuer at http://127.0.0.1:9/.well-known")


@pytest.mark.parametrize(
    ("grace", "signals", "least", "most"),
    [("0.3", 1, 0.3, 4), ("0", 1, 0, 4), ("60", 2, 0, 30)],
    ids=["after a time of grace", "at once", "after two signals"],
)
def test_open_streams_are_ended_within_the_time_of_grace(
    serve: Callable[..., Served], tmp_path: Path, grace: str, signals: int, least: float, most: float
) -> None:
    """The stream breaks off, the provider's connection is closed, and the process ends with 0 and no error message."""

    def answer(connection: Connection, _: Request) -> None:
        connection.events(b"data: {}\n\n", end=False)
        connection.stall()

    with serving(answer) as provider:
        keys = {"OPENAI_API_URL": provider.url, "OPENAI_API_KEY": "k", "XDG_CACHE_HOME": str(tmp_path)}
        served = serve("--port", "0", "--grace", grace, **keys)
        body = {"model": "openai/x", "messages": [], "stream": True}
        with (
            httpx2.Client(base_url=served.url, timeout=60, trust_env=False) as client,
            client.stream("POST", "/v1/chat/completions", json=body) as stream,
        ):
            lines = stream.iter_lines()
            assert next(lines) == "data: {}"
            if signals == 2:
                served.process.send_signal(signal.SIGTERM)
                time.sleep(0.5)  # the first signal alone must not end it
                assert served.process.poll() is None
            started = time.monotonic()
            served.process.send_signal(signal.SIGTERM)
            with pytest.raises(httpx2.RemoteProtocolError):
                list(lines)
            seconds = time.monotonic() - started
        code = served.process.wait(30)
        deadline = time.monotonic() + 10
        while provider.open_connections and time.monotonic() < deadline:
            time.sleep(0.01)
        assert provider.open_connections == 0
    assert code == 0
    assert least <= seconds < most
    assert "Traceback" not in served.output


def test_a_scripted_gateway_answers_on_every_endpoint_and_lists_them(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    """`--scripted` needs neither keys nor a network: every provider answers, and every feature is enabled."""
    served = serve("--port", "0", "--scripted", XDG_CACHE_HOME=str(tmp_path))
    client = httpx2.Client(base_url=served.url, timeout=60, trust_env=False)
    with client:
        talk = {"messages": [{"role": "user", "content": "Hello"}]}
        chat = client.post("/v1/chat/completions", json={"model": "groq/any", **talk}).json()
        assert chat["choices"][0]["message"]["content"] == "You wrote: Hello"
        for path, body in (
            ("/v1/messages", {"model": "anthropic/any", "max_tokens": 5, **talk}),
            ("/v1/responses", {"model": "openai/any", "input": "Hello"}),
            ("/v1/images/generations", {"model": "openai/any", "prompt": "a cat"}),
            ("/v1/audio/music", {"model": "elevenlabs/any", "prompt": "a waltz"}),
            ("/v1/metrics", {"resourceMetrics": []}),
        ):
            assert client.post(path, json=body).status_code == 200
        assert client.get("/v1/mcp/tools").status_code == 200
    for words in (
        "scripted, for any model name: all providers but llamacpp",
        "images, audio, metrics",
    ):
        assert words in served.output


def test_it_prints_the_release_of_its_quirks(serve: Callable[..., Served], tmp_path: Path) -> None:
    """The output has the quirks' effect on the smoke-test model, and no line about its weights."""
    output = serve("--port", "0", "--quirks", "v0.48", XDG_CACHE_HOME=str(tmp_path)).output
    assert "with the bugs of v0.48; llamacpp needs LLAMACPP_API_URL and LLAMACPP_API_KEY" in output
    assert "weights" not in output


def test_it_prints_aliases_and_the_tokens_variable() -> None:
    """The token itself is not printed."""
    pools = {"fast": (("openai", "a"), ("groq", "b/c"))}
    lines = list(overview(Gateway.build(Settings(pools=pools, token="secret"), nowhere())))
    assert "alias fast: openai/a, groq/b/c, in turn" in lines
    assert lines[-1] == "requests need the token of INFERENCE_GATEWAY_SERVE_TOKEN"
    issuer = Gateway(Settings(oidc=Oidc(issuer="https://id.example", audience="us")), {})
    assert list(overview(issuer))[-1] == "requests need a token of https://id.example for us"


def test_it_prints_which_providers_answer(serve: Callable[..., Served], tmp_path: Path) -> None:
    """Each provider over HTTP is asked for its models once, and reported in a line."""

    def answer(connection: Connection, _: Request) -> None:
        connection.json({"data": [{"id": "a"}, {"id": "b"}]})

    with serving(answer) as provider, serving(lambda connection, _: connection.json({}, 401)) as stern:
        secret = provider.url.replace("http://", "http://me:PASSSECRET@") + "?tok=KEYSECRET#"
        output = {
            "OPENAI_API_URL": provider.url,
            "COHERE_API_URL": secret,
            "GROQ_API_URL": stern.url,
            "MISTRAL_API_URL": "http://127.0.0.1:9",
        }
        keys = {name.replace("URL", "KEY"): "k" for name in output}
        served = serve("--port", "0", **output, **keys, XDG_CACHE_HOME=str(tmp_path))
        served.await_words("openai at")
        assert f"openai at {provider.url}: 2 models" in served.output
        assert f"groq at {stern.url}: no models: the provider answered 401" in served.output
        served.await_words("cohere at")
        assert f"cohere at {provider.url}: " in served.output
        assert "SECRET" not in served.output
    assert (
        "mistral at http://127.0.0.1:9: no models: dial tcp 127.0.0.1:9: connect: connection refused" in served.output
    )


@pytest.mark.live
@pytest.mark.usefixtures("place")
def test_health_answers_while_the_model_loads_and_an_open_stream_does_not_keep_it(
    serve: Callable[..., Served],
) -> None:
    """SIGTERM in the middle of an answer ends the process within ten seconds."""
    served = serve("--port", "0", SERVER_READ_TIMEOUT="5m")
    assert httpx2.get(f"{served.url}/health", trust_env=False).status_code == 200
    story = {"model": "llamacpp/x", "messages": [{"role": "user", "content": "Write a long story."}], "stream": True}
    with (
        httpx2.Client(base_url=served.url, timeout=120, trust_env=False) as client,
        client.stream("POST", "/v1/chat/completions", json=story) as answer,
    ):
        next(answer.iter_lines())
        code, seconds = served.stop()
    assert code == 0
    assert seconds < 10
    assert "Traceback" not in served.output


@pytest.mark.live
@pytest.mark.usefixtures("place")
def test_a_local_chat_answers_without_key_or_gateway(igw_process: Run) -> None:
    """The answer is on the standard output, and the model's name on the standard error."""
    nowhere = {"INFERENCE_GATEWAY_URL": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    done = igw_process("chat", "--local", "What is the capital of France?", **nowhere)
    assert (done.returncode, done.stdout) == (0, "The capital of France is Paris.\n")
    assert "smoke-test model" in done.stderr


@pytest.mark.live
@pytest.mark.usefixtures("place")
def test_a_client_of_its_own_process_and_of_another_see_the_same(
    igw_process: Run, serve: Callable[..., Served]
) -> None:
    """`igw chat` with an `igw serve` finds its only model by itself."""
    served = serve("--port", "0")
    done = igw_process("chat", "What is the capital of France?", INFERENCE_GATEWAY_URL=served.url)
    assert (done.returncode, done.stdout) == (0, "The capital of France is Paris.\n")
    listed = igw_process("models", INFERENCE_GATEWAY_URL=served.url)
    assert listed.stdout == "llamacpp/smollm2-135m-instruct\tllamacpp\n"
