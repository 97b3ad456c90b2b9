"""The request that a provider receives, and the answer that a client receives."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from typing import TYPE_CHECKING

import httpx2
import pytest

from embedded.leaving import leaving

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Gateways, RawAnswer, Upstream

pytestmark = pytest.mark.wire

CHAT = "/v1/chat/completions"
HI = [{"role": "user", "content": "hi"}]
ANSWER = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "up-model",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nx-request-id: r\r\nConnection: close\r\n\r\n"


def _request(model: str, **more: object) -> bytes:
    body = json.dumps({"model": model, "messages": HI, **more}).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def test_the_provider_sees_its_own_request_and_nothing_of_the_clients(
    gateway: Gateways, upstream: Upstream, whole_answer: Callable[..., bytes]
) -> None:
    """The provider receives the un-prefixed model, known fields and its own key, but no client header.

    See gateway-behaviour.md#middleware-and-the-inner-hop, #routing, #chat-completions, #running-locally.
    """
    upstream.answers("m/x", whole_answer(200, json.dumps(ANSWER).encode()))
    answer = gateway().post(
        CHAT,
        json={"model": "openai/m/x", "messages": HI, "top_k": 3, "stream": None, "temperature": 0.5},
        headers={"authorization": "Bearer client", "x-client": "1", "user-agent": "mine", "openai-organization": "o"},
    )
    assert answer.json() == ANSWER
    assert answer.headers["content-type"] == "application/json"
    assert "x-request-id" not in answer.headers
    (seen,) = upstream.seen
    assert (seen.method, seen.path) == ("POST", "/v1/chat/completions")
    assert seen.json == {"model": "m/x", "messages": HI, "temperature": 0.5}
    assert seen.headers["authorization"] == "Bearer sk-o"
    assert seen.headers["accept"] == seen.headers["content-type"] == "application/json"
    assert seen.headers["accept-encoding"] == "gzip"
    assert not {"x-client", "openai-organization"} & seen.headers.keys()
    assert "mine" not in seen.headers["user-agent"]


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ("openai", {"authorization": "Bearer sk-o"}),
        ("anthropic", {"x-api-key": "sk-a", "anthropic-version": "2023-06-01"}),
        ("ollama", {}),
    ],
)
def test_each_provider_is_authorised_in_its_own_way(
    gateway: Gateways,
    upstream: Upstream,
    whole_answer: Callable[..., bytes],
    provider: str,
    expected: dict[str, str],
) -> None:
    """gateway-behaviour.md#providers: a bearer token, Anthropic's own headers, or none."""
    upstream.answers("m", whole_answer(200, json.dumps(ANSWER).encode()))
    gateway().post(CHAT, json={"model": f"{provider}/m", "messages": HI})
    headers = upstream.seen[0].headers
    names = ("authorization", "x-api-key", "anthropic-version")
    assert {name: headers[name] for name in names if name in headers} == expected


def test_no_proxy_of_the_environment_is_used_for_this_machine(
    gateway: Gateways, upstream: Upstream, whole_answer: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider on loopback is reached although the environment's proxy does not answer."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    upstream.answers("m", whole_answer(200, json.dumps(ANSWER).encode()))
    client = gateway(idle_timeout=102.0)  # a gateway of its own, which reads the environment at its first request
    assert client.post(CHAT, json={"model": "openai/m", "messages": HI}).json() == ANSWER


def test_a_named_provider_gets_the_model_with_its_prefix(
    gateway: Gateways, upstream: Upstream, whole_answer: Callable[..., bytes]
) -> None:
    """gateway-behaviour.md#routing: with ?provider= the model is not changed."""
    upstream.answers("openai/m", whole_answer(200, json.dumps(ANSWER).encode()))
    assert gateway().post(f"{CHAT}?provider=openai", json={"model": "openai/m"}).json() == ANSWER


@pytest.mark.parametrize(
    ("provider", "options"),
    [("openai", {"include_usage": True}), ("mistral", None), ("ollama", {"include_usage": True})],
)
@pytest.mark.parametrize("asked", [{}, {"stream_options": {"include_usage": False}}])
def test_usage_is_asked_for_on_every_stream(
    gateway: Gateways, upstream: Upstream, provider: str, options: object, asked: dict[str, object]
) -> None:
    """Usage is always requested, except from providers without the option.

    See gateway-behaviour.md#chat-streaming.
    """
    upstream.answers("m", HEAD + b"data: [DONE]\n\n")
    gateway().post(CHAT, json={"model": f"{provider}/m", "messages": HI, "stream": True, **asked})
    assert upstream.seen[0].json.get("stream_options") == options
    assert upstream.seen[0].headers["accept"] == "application/json"


def test_a_stream_arrives_line_by_line_as_it_came(
    gateway: Gateways, upstream: Upstream, exchange: Callable[..., RawAnswer]
) -> None:
    """Comments, names, CR LF and unknown fields are kept; each line is a write; nothing is added.

    See gateway-behaviour.md#chat-streaming.
    """
    lines = [
        b": keepalive\n",
        b"\n",
        b"event: x\r\n",
        b'data: {"novel":"\xe2\x80\xa8"}\r\n',
        b"\r\n",
        b"id: 5\n",
        b"\n",
    ]
    upstream.answers("m", HEAD, b"".join(lines)[:20], b"".join(lines)[20:])
    answer = exchange(gateway(), _request("openai/m", stream=True))
    assert answer.chunks == lines
    assert answer.status == 200
    assert answer.headers == {
        "cache-control": "no-cache",
        "connection": "close",
        "content-type": "text/event-stream",
        "transfer-encoding": "chunked",
        "x-accel-buffering": "no",
    }


@pytest.mark.parametrize(
    ("body", "arrives"),
    [
        (b'data: {"a":1}\n\ndata: [DONE]', b'data: {"a":1}\n\n'),
        (b'{"id":"c1"}', b""),
        (b'{"id":"c1"}\n', b'{"id":"c1"}\n'),
        (b"", b""),
    ],
)
def test_a_last_line_without_an_end_is_lost_by_a_quirk(
    gateway: Gateways, upstream: Upstream, exchange: Callable[..., RawAnswer], body: bytes, arrives: bytes
) -> None:
    """By a quirk an unterminated line is dropped, and the answer still ends cleanly.

    See gateway-behaviour.md#chat-streaming.
    """
    upstream.answers("m", HEAD + body)
    for quirks, expected in ((None, body), ("v0.48", arrives)):
        answer = exchange(gateway(quirks=quirks), _request("openai/m", stream=True))
        assert (answer.status, b"".join(answer.chunks), answer.whole) == (200, expected, True)


@pytest.mark.parametrize("arrived", [b"", b'data: {"a":1}\n\n'])
def test_a_provider_that_breaks_off_ends_the_stream_cleanly_by_a_quirk(
    gateway: Gateways, upstream: Upstream, exchange: Callable[..., RawAnswer], arrived: bytes
) -> None:
    """By a quirk a break looks like an end, before the first line like an empty event stream.

    See gateway-behaviour.md#chat-streaming.
    """
    head = HEAD.replace(b"Connection: close", b"Content-Length: 1000")
    upstream.answers("m", head + arrived)
    answer = exchange(gateway(quirks="v0.48"), _request("openai/m", stream=True))
    assert (answer.status, b"".join(answer.chunks), answer.whole) == (200, arrived, True)


def test_a_provider_that_breaks_off_breaks_off_the_stream(
    gateway: Gateways, upstream: Upstream, exchange: Callable[..., RawAnswer], caplog: pytest.LogCaptureFixture
) -> None:
    """There is no last chunk, so that the client sees the break, and no log record."""
    upstream.answers("m", HEAD.replace(b"Connection: close", b"Content-Length: 1000") + b'data: {"a":1}\n\n')
    answer = exchange(gateway(), _request("openai/m", stream=True))
    assert (answer.status, b"".join(answer.chunks), answer.whole) == (200, b'data: {"a":1}\n\n', False)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_provider_that_breaks_off_before_its_first_line_is_a_502(gateway: Gateways, upstream: Upstream) -> None:
    """Before the first byte the status can still report the break."""
    upstream.answers("m", HEAD.replace(b"Connection: close", b"Content-Length: 1000"))
    answer = gateway().post(CHAT, json={"model": "openai/m", "messages": HI, "stream": True})
    assert answer.status_code == 502
    assert "Failed to reach upstream server" in answer.json()["error"]


def test_the_head_waits_for_the_first_line(gateway: Gateways, upstream: Upstream) -> None:
    """gateway-behaviour.md#chat-streaming: the headers are sent with the first line."""
    go_on = threading.Event()

    def script(connection: socket.socket) -> None:
        connection.sendall(HEAD)
        go_on.wait(10)
        connection.sendall(b"data: [DONE]\n\n")

    upstream.scripts["m"] = script
    client = gateway()
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=0.3) as connection:
        connection.sendall(_request("openai/m", stream=True))
        with pytest.raises(TimeoutError):
            connection.recv(1)
        go_on.set()
        connection.settimeout(10)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("begun", [b"", HEAD, HEAD + b"data: {}\n\n"])
def test_a_client_that_leaves_ends_the_call_to_the_provider(
    gateway: Gateways, upstream: Upstream, stream: bool, begun: bytes
) -> None:
    """Closing the connection cancels the upstream call at any point.

    See gateway-behaviour.md#limits-and-timeouts.
    """
    with leaving(gateway(), upstream, _request("openai/m", stream=stream), begun):
        pass


def test_a_compressed_answer_is_read(gateway: Gateways, upstream: Upstream) -> None:
    """The gateway accepts gzip from providers, and decodes it."""
    body = gzip.compress(json.dumps(ANSWER).encode())
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    upstream.answers("m", head.encode() + body)
    assert gateway().post(CHAT, json={"model": "openai/m", "messages": HI}).json() == ANSWER


def test_a_connection_is_kept_for_the_next_request(gateway: Gateways) -> None:
    """Two requests share one connection, a 404 in between included."""
    client = gateway()
    with httpx2.Client(base_url=client.base_url, trust_env=False) as fresh:
        ports = {
            fresh.request(method, path).extensions["network_stream"].get_extra_info("client_addr")[1]
            for method, path in (("GET", "/health"), ("GET", "/nope"), ("POST", CHAT), ("GET", "/health"))
        }
    assert len(ports) == 1


def test_a_client_that_leaves_while_sending_is_no_error(gateway: Gateways, caplog: pytest.LogCaptureFixture) -> None:
    """A partial request gets no answer, and no log record."""
    client = gateway()
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=10) as connection:
        connection.sendall(_request("openai/m")[:-5])
    assert client.get("/health").status_code == 200
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_body_that_is_too_large_ends_the_connection(gateway: Gateways, exchange: Callable[..., RawAnswer]) -> None:
    """The 413 is sent while the client is still sending, and nothing more is read.

    See gateway-behaviour.md#limits-and-timeouts.
    """
    request = f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n".encode() + b"x" * 2000
    answer = exchange(gateway(max_body=1000), request)
    assert answer.status == 413
    assert answer.chunks == [b'{"error":"Request body too large"}']
