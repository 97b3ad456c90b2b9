"""Many concurrent streams, a slow reader, a disconnected client, and the gateway's end during streams."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest
import trustme

from embedded.leaving import SOON, connected, leaving
from inference_gateway_sdk import Httpx2Driver, InferenceGatewayClient, StreamTruncatedError
from inference_gateway_sdk.embedded import (
    Access,
    ListenError,
    ScriptedProvider,
    Settings,
    SettingsError,
    running,
)
from support.server import Connection, Request, serving
from support.weights import nowhere

if TYPE_CHECKING:
    from conftest import Gateways, Upstream

pytestmark = [pytest.mark.wire, pytest.mark.once]

BENCH = Path(__file__).resolve().parents[2] / "bench" / "embedded_load.py"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
FIRST = b'data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\n'
TALKS = {
    "chat": ("/v1/chat/completions", {"model": "openai/m", "messages": []}),
    "messages": ("/v1/messages", {"model": "anthropic/m", "messages": [], "max_tokens": 5}),
    "responses": ("/v1/responses", {"model": "openai/m", "input": "hi"}),
    "proxy": ("/proxy/openai/chat/completions", {"model": "m"}),
}


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="the gateway's memory is read through /proc")
def test_500_streams_at_once_are_all_whole() -> None:
    """With all 500 streams open, each gets every event; the gateway grows little with each."""
    asked = ["--streams=500", "--events=6", "--together"]
    done = subprocess.run([sys.executable, str(BENCH), *asked], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["whole"] == 500
    assert found["kilobytes"] < 400


def _request(talk: str, *, stream: bool) -> bytes:
    """Return the bytes of a request."""
    path, body = TALKS[talk]
    data = json.dumps({**body, "stream": stream}).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: x/json\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("talk", TALKS)
def test_a_client_that_vanishes_frees_its_upstream(
    gateway: Gateways, upstream: Upstream, talk: str, streamed: bool
) -> None:
    """The provider's connection is closed at once, whether it was silent or in the middle of its answer."""
    request, opening = _request(talk, stream=streamed), HEAD + FIRST if streamed else b""
    with leaving(gateway(), upstream, request, opening) as connection:
        if streamed:
            assert b"200" in connection.recv(65536).split(b"\r\n")[0]


def test_a_reader_that_stops_holds_its_provider_back(gateway: Gateways, upstream: Upstream) -> None:
    """Only the sockets' buffers are in transit, not the whole stream; the provider is freed when the reader leaves."""
    pushed, ended = 0, threading.Event()
    stalled = threading.Event()

    def script(connection: socket.socket) -> None:
        nonlocal pushed
        connection.settimeout(0.5)
        connection.sendall(HEAD)
        piece = FIRST * 1000
        try:
            for _ in range(4000):
                connection.sendall(piece)
                pushed += len(piece)
        except TimeoutError:
            stalled.set()
            connection.settimeout(SOON)
            try:
                connection.sendall(piece * 1000)
            except ConnectionError:
                ended.set()

    upstream.scripts["m"] = script
    with connected(gateway()) as connection:
        connection.sendall(_request("chat", stream=True))
        assert connection.recv(1000)
        assert stalled.wait(3 * SOON)
        assert pushed < 64_000_000
    assert ended.wait(SOON)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, ssl.SSLContext]:
    """Return the files of a certificate for localhost and of its key, and a context that trusts it."""
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1")
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    issued.private_key_pem.write_to_path(key)
    for blob in issued.cert_chain_pems:
        blob.write_to_path(cert, append=True)
    authority.cert_pem.write_to_path(folder / "authority.pem")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return str(cert), str(key), context


def test_it_speaks_tls_with_a_certificate(certificate: tuple[str, str, ssl.SSLContext]) -> None:
    """The address is https, and clients that trust the certificate are answered, streams included."""
    cert, key, context = certificate
    settings = Settings(port=0, tls_cert=cert, tls_key=key)
    with running(settings, local=nowhere(), scripted=ScriptedProvider()) as url:
        assert url.startswith("https://127.0.0.1:")
        driver = Httpx2Driver(httpx2.Client(verify=context, trust_env=False), close=True)
        with InferenceGatewayClient(url, driver=driver) as client:
            assert client.generate_content("openai/m", "Hello").text == "You wrote: Hello"
            with client.generate_content_stream("openai/m", "Hello") as stream:
                assert "".join(stream.text()) == "You wrote: Hello"


def test_half_a_certificate_or_a_broken_one_is_refused(
    certificate: tuple[str, str, ssl.SSLContext], tmp_path: Path
) -> None:
    """The error names the variables, or the files."""
    cert, key, _ = certificate
    for half in ({"SERVER_TLS_CERT_PATH": cert}, {"SERVER_TLS_KEY_PATH": key}):
        with pytest.raises(SettingsError, match="SERVER_TLS_CERT_PATH and SERVER_TLS_KEY_PATH: set both"):
            Settings.from_env(half)
    none = tmp_path / "none.pem"
    with (
        pytest.raises(ListenError, match="SERVER_TLS_KEY_PATH: .*none.pem cannot be read: No such file"),
        running(Settings(port=0, tls_cert=cert, tls_key=str(none)), local=nowhere()),
    ):
        pytest.fail("it serves without its key")
    with (
        pytest.raises(ListenError, match="SERVER_TLS_CERT_PATH=.* a certificate and its key, in this order"),
        running(Settings(port=0, tls_cert=key, tls_key=cert), local=nowhere()),
    ):
        pytest.fail("it serves with a swapped pair")


def test_a_connection_to_a_provider_behind_tls_is_used_again(
    certificate: tuple[str, str, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Successive requests share one TLS connection; after a truncated stream there is a new one."""
    cert, key, _ = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(Path(cert).with_name("authority.pem")))
    answer = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": []}
    message = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}

    def handler(connection: Connection, request: Request) -> None:
        if request.json().get("stream"):
            connection.events(FIRST, end=False)
            connection.close()
        else:
            connection.json({**answer, "choices": [message]})

    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(cert, key)
    with serving(handler, tls) as provider:
        settings = Settings(port=0, access={"openai": Access(url=provider.url, key="k")})
        with running(settings, local=nowhere()) as url, InferenceGatewayClient(url, proxy=None) as client:
            for _ in range(3):
                assert client.generate_content("openai/m", "Hello").text == "Hi"
            assert provider.connections == 1
            with pytest.raises(StreamTruncatedError), client.generate_content_stream("openai/m", "Hello") as stream:
                list(stream)
            assert client.generate_content("openai/m", "Hello").text == "Hi"
            assert provider.connections == 2
