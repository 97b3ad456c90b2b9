"""The real gateway's recorded answers, requested again: the same requests, settings and provider, with its quirks.

Every case is replayed, here or in another module, and compared byte by byte except for the parts that
`compared` leaves out. Waits of a second or more are cut to a twentieth on both sides: in the provider, and in the
settings of the gateway.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
import trustme

from embedded.raw_http import Reply, exchanged
from embedded.recordings import CAPTURES, MCP_CASES, TOKEN_CASES, asked, certificates, provider_behind
from inference_gateway_sdk.embedded import Settings, running
from inference_gateway_sdk.embedded.gateway import certificate_failure
from support.server import Connection, Request, serving
from support.weights import nowhere

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.server import Handler

pytestmark = [pytest.mark.wire]

GROUPS = ("base", "route", "allow", "full", "eq", "tls")
INDEX = json.loads((CAPTURES / "index.json").read_text())
CASES = [
    *(f"{group}/{name}" for group in GROUPS for name in INDEX[group]["cases"]),
    "guard/block",  # a policy that never matches: the answer is that of a gateway without guardrails
]
GUARDED_CASES = ("guard/x_block", "guard/x_blockresp", "guard/x_failed")
"""Cases with a guardrail service."""
LLAMACPP_CASES = [f"real/{name}" for name in INDEX["real"]["cases"]]
"""The recordings had a llama.cpp server behind the gateway; a provider that gives its answers replaces it."""

PACE = 0.05
"""How much of a long wait is left."""

# The real gateway's settings besides its providers (the index describes them in words).
SETTINGS = {
    "base": {},
    "route": {"ROUTING_ENABLED": "true"},
    "allow": {"ALLOWED_MODELS": "openai/ok"},
    "guard": {},
    "full": {
        "ENABLE_IMAGES": "true",
        "TELEMETRY_ENABLED": "true",
        "TELEMETRY_METRICS_PUSH_ENABLED": "true",
        "CLIENT_RESPONSE_HEADER_TIMEOUT": "60s",
        "SERVER_READ_TIMEOUT": "4s",
    },
    "eq": {
        "CLIENT_RESPONSE_HEADER_TIMEOUT": "60s",
        "SERVER_READ_TIMEOUT": "3s",
        "SERVER_WRITE_TIMEOUT": "3s",
    },
    "tls": {"SERVER_WRITE_TIMEOUT": "3s"},
}
UNTRUSTED = "tls/selfhop_untrusted"
CLOCKS = {"CLIENT_RESPONSE_HEADER_TIMEOUT": 10.0, "SERVER_READ_TIMEOUT": 30.0, "SERVER_WRITE_TIMEOUT": 30.0}
POOL = {"models": {"fast": {"deployments": [{"provider": name, "model": "ok"} for name in ("openai", "ollama")]}}}


def compared(name: str, reply: Reply) -> Reply:
    """Return the part of a reply that must be the same, in a comparable form; the reasons are given beside it."""
    headers = dict(reply.headers)
    headers.pop("date", None)  # the time of day
    headers.pop("content-length", None)  # of the same body, but for the port in it; checked in `whole`
    headers.pop("server", None)  # the provider's own, through the proxy: it names its Python
    # the gateway's own address, which it quotes
    chunks = [re.sub(rb"127\.0\.0\.1:[0-9]+/proxy", b"HERE/proxy", chunk) for chunk in reply.chunks]
    body = b"".join(chunks)
    if name.startswith("full/m_part"):  # the real one gives its reasons in any order, with random spaces in its JSON
        reasons = rb'(unsupported metric \\?"nope\\?"|metric \\?"gen[a-z_.]+\\?": only delta temporality is supported)'
        chunks = [*sorted(re.findall(reasons, body)), re.sub(reasons, b"", body).replace(b", ", b",")]
    elif name.endswith("/models"):  # the real one lists providers in any order
        listed = json.loads(body)
        listed["data"].sort(key=lambda model: model["served_by"])
        chunks = [json.dumps(listed).encode()]
    return Reply(reply.first, headers, chunks, reply.whole, reply.ended)


def recorded(name: str) -> Reply:
    """Return the real gateway's answer."""
    group, _, case = name.partition("/")
    return Reply.read((CAPTURES / f"{name}.response.http").read_bytes(), INDEX[group]["cases"][case]["ended"])


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the real gateway's provider, hurried."""
    with provider_behind(tmp_path_factory.mktemp("provider"), pace=PACE) as url:
        yield url


def environment(group: str, provider: str, pools: Path, *, slow: bool) -> dict[str, str]:
    """Return the variables with which the real gateway was started.

    Args:
        group: The name of the recording.
        provider: The provider's address.
        pools: A file to write the pools to.
        slow: The clocks run as fast as those of the provider.
    """
    variables = {
        "OPENAI_API_URL": provider,
        "OPENAI_API_KEY": "k",
        "ANTHROPIC_API_URL": provider,
        "ANTHROPIC_API_KEY": "k",
        "OLLAMA_API_URL": provider,
        "MISTRAL_API_URL": "http://127.0.0.1:9/v1",
        "MISTRAL_API_KEY": "k",
        **SETTINGS[group],
    }
    if group == "route":
        pools.write_text(json.dumps(POOL))
        variables["ROUTING_CONFIG_PATH"] = str(pools)
    if slow:
        clocks = {
            clock: float(variables.get(clock, f"{default}s").removesuffix("s")) for clock, default in CLOCKS.items()
        }
        variables |= {clock: f"{seconds * PACE}s" for clock, seconds in clocks.items()}
    return variables


@pytest.fixture(scope="module")
def replayed(provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Reply]]:
    """Return a function that sends a case again to a gateway with its settings."""
    folder = tmp_path_factory.mktemp("pools")
    ca, cert, key = certificates(folder)
    urls: dict[tuple[str, bool, bool], str] = {}
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:

        def replay(name: str) -> Reply:
            group, _, case = name.partition("/")
            slow = INDEX[group]["cases"][case]["seconds"] >= 1
            trusted = name != UNTRUSTED
            if (group, slow, trusted) not in urls:
                variables = environment(group, provider, folder / f"{group}.yaml", slow=slow)
                if group == "tls":
                    variables |= {"SERVER_TLS_CERT_PATH": cert, "SERVER_TLS_KEY_PATH": key}
                    patch.setenv("SSL_CERT_FILE", ca if trusted else str(folder / "nothing.pem"))
                settings = Settings.from_env(variables, quirks="v0.48").at(port=0)
                urls[group, slow, trusted] = stack.enter_context(running(settings, local=nowhere()))
            return exchanged(urls[group, slow, trusted], asked(name), ca=ca)

        yield replay


@pytest.mark.parametrize("name", CASES)
def test_the_recorded_answer_is_reproduced(replayed: Callable[[str], Reply], name: str) -> None:
    """Status line, headers, chunks and the end of the connection equal the real gateway's."""
    assert compared(name, replayed(name)) == compared(name, recorded(name))


def test_every_recorded_answer_is_replayed_or_has_a_reason() -> None:
    """Each file of a recording is replayed here or in another module, or has a reason why not."""
    files = sorted(str(path.relative_to(CAPTURES)).split(".")[0] for path in CAPTURES.glob("*/*.request.txt"))
    assert sorted([*CASES, *GUARDED_CASES, *LLAMACPP_CASES, *MCP_CASES, *TOKEN_CASES]) == files
    assert len(files) == 72


def _judge(connection: Connection, request: Request) -> None:
    """A service that refuses the number of a card, and answers to "hi" where the path asks for that."""
    judged = json.loads(request.body)
    refused = "4111" in judged["body"] or (request.target == "/answers" and judged["stage"] == "response")
    connection.json({"action": "block", "message": "no cards"} if refused else {"action": "allow"})


@pytest.mark.parametrize("name", GUARDED_CASES)
def test_the_recorded_answer_of_guardrails_is_reproduced(name: str, provider: str, tmp_path: Path) -> None:
    """A service's refusals of a request and of an answer, and its failure, reach the client as recorded."""
    with serving(_judge) as service:
        variables = {
            **environment("guard", provider, tmp_path, slow=False),
            "GUARDRAILS_ENABLED": "true",
            "GUARDRAILS_EXTERNAL_URL": {
                "guard/x_block": service.url,
                "guard/x_blockresp": f"{service.url}/answers",
                "guard/x_failed": "http://127.0.0.1:9/",
            }[name],
        }
        with running(Settings.from_env(variables, quirks="v0.48").at(port=0), local=nowhere()) as url:
            assert compared(name, exchanged(url, asked(name))) == compared(name, recorded(name))


@pytest.mark.parametrize("name", LLAMACPP_CASES)
def test_the_recorded_answer_of_a_llama_cpp_server_is_reproduced(name: str) -> None:
    """The server's data is relayed: its answers cut to the known fields, its streams line by line."""
    theirs = recorded(name)
    with serving(_llama_cpp(theirs)) as server:
        variables = {"LLAMACPP_API_URL": f"{server.url}/v1", "LLAMACPP_API_KEY": "k"}
        with running(Settings.from_env(variables, quirks="v0.48").at(port=0), local=nowhere()) as url:
            assert compared(name, exchanged(url, asked(name))) == compared(name, theirs)


def _llama_cpp(answer: Reply) -> Handler:
    """Serve the recording's server, with the data that the gateway removes."""

    def handle(connection: Connection, request: Request) -> None:
        if request.target == "/props":
            connection.json({"default_generation_settings": {"n_ctx": 4096}, "total_slots": 1})
        elif request.target == "/v1/models":
            data = [{"id": "smol", "object": "model", "created": 1795379017, "owned_by": "llamacpp", "meta": {}}]
            connection.json({"models": [{"name": "smol"}], "object": "list", "data": data})
        elif "transfer-encoding" in answer.headers:
            connection.events(*answer.chunks)
        else:
            connection.json(
                {**cast("dict[str, Any]", answer.json), "system_fingerprint": "b0", "timings": {"cache_n": 0}}
            )

    return handle


def test_the_command_answers_as_recorded(provider: str, tmp_path: Path) -> None:
    """`igw serve --quirks v0.48` with the real gateway's environment reproduces every answer without a long wait."""
    variables = environment("base", provider, tmp_path / "pools", slow=False)
    command = [sys.executable, "-c", "from inference_gateway_sdk.cli import main; main()"]
    names = [name for name in CASES if name.startswith("base/") and INDEX["base"]["cases"][name[5:]]["seconds"] < 1]
    with (
        (tmp_path / "output").open("w") as output,
        subprocess.Popen(
            [*command, "serve", "--quirks", "v0.48", "--port", "0"],
            stdin=subprocess.DEVNULL,
            stderr=output,
            env={**os.environ, "XDG_CACHE_HOME": str(tmp_path), **variables},
        ) as process,
    ):
        try:
            url = _announced(tmp_path / "output", process)
            wrong = [
                name for name in names if compared(name, exchanged(url, asked(name))) != compared(name, recorded(name))
            ]
        finally:
            process.terminate()
    assert wrong == []


def _announced(log: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"http://\S+(?=/v1)", log.read_text()):
            return found[0]
        time.sleep(0.05)
    raise AssertionError(f"it did not start: {log.read_text()!r}")


def _pausing(connection: Connection, _: Request) -> None:
    connection.events(b'data: {"choices":[]}\n\n', end=False)
    connection.stall()


def test_with_tls_a_chat_stream_that_pauses_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines before the pause come, and the connection breaks after `SERVER_WRITE_TIMEOUT`."""
    ca, cert, key = certificates(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", ca)
    with serving(_pausing) as server:
        variables = {
            "OPENAI_API_URL": server.url,
            "OPENAI_API_KEY": "k",
            "SERVER_TLS_CERT_PATH": cert,
            "SERVER_TLS_KEY_PATH": key,
            "SERVER_WRITE_TIMEOUT": "200ms",
        }
        with running(Settings.from_env(variables, quirks="v0.48").at(port=0), local=nowhere()) as url:
            reply = exchanged(url, asked("tls/late5"), ca=ca)
    assert (reply.body, reply.whole, reply.ended) == (b'data: {"choices":[]}\n\n', False, "broken TLS end")


def test_a_certificate_for_another_host_is_a_failure_of_its_own(tmp_path: Path) -> None:
    """The reason is not an unknown authority, and a file that is no certificate is left to the listener to report."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("elsewhere.test").private_key_and_cert_chain_pem.write_to_path(tmp_path / "cert.pem")
    name = str(tmp_path / "cert.pem")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        failure = certificate_failure(Settings(tls_cert=name, tls_key=name))
        assert failure is not None
        assert failure.startswith("tls: failed to verify certificate: x509: ")
        assert "authority" not in failure
        assert certificate_failure(Settings(host="elsewhere.test", tls_cert=name, tls_key=name)) is None
    assert certificate_failure(Settings(tls_cert=str(tmp_path / "ca.pem"), tls_key=str(tmp_path / "no"))) is None
    assert certificate_failure(Settings()) is None
