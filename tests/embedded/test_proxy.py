"""The proxy to a provider's own API: the request that the provider receives, and both ways to relay its answer.

The second way, an event stream that hides the provider's status, is a quirk of the real gateway's.
"""

from __future__ import annotations

import gzip
import json
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from embedded.leaving import leaving
from embedded.raw_http import exchanged
from inference_gateway_sdk import InferenceGatewayClient, NotFoundError
from inference_gateway_sdk.embedded import ScriptedProvider, running
from inference_gateway_sdk.embedded.endpoints import pass_through
from support.weights import nowhere

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Gateways, RawAnswer, Upstream

pytestmark = pytest.mark.wire

GIN = "application/json; charset=utf-8"
EVENTS = {"accept": "text/event-stream"}
NOT_FOUND = "Provider not found. Please check the list of supported providers."
NO_KEY = "Provider requires an API key. Please configure the provider's API key."
REFUSED = "dial tcp 127.0.0.1:9: connect: connection refused"


@pytest.mark.parametrize(
    ("section", "path", "status", "text"),
    [
        ("14", "/proxy/foo/models", 400, NOT_FOUND),
        ("14", "/proxy/OpenAI/models", 400, NOT_FOUND),
        ("6", "/proxy/groq/models", 400, NO_KEY),
        ("1", "/v1/proxy/openai/models", 404, "Requested route is not found"),
        ("1", "/proxy", 404, "Requested route is not found"),
    ],
)
@pytest.mark.parametrize("headers", [{}, EVENTS])
def test_the_gateways_own_errors(
    gateway: Gateways, section: str, path: str, status: int, text: str, headers: dict[str, str]
) -> None:
    """Each row is a statement of its section; an accepted event stream changes nothing."""
    answer = gateway().get(path, headers=headers)
    assert (answer.status_code, answer.json(), answer.headers["content-type"]) == (status, {"error": text}, GIN), (
        section
    )


def test_a_provider_that_cannot_be_reached_is_a_502(gateway: Gateways) -> None:
    """gateway-behaviour.md#errors: with the network's message, except if an event stream is accepted."""
    answer = gateway().get("/proxy/deepseek/models")
    assert (answer.status_code, answer.json()) == (502, {"error": f"Failed to reach upstream server: {REFUSED}"})
    events = gateway(quirks="v0.48").get("/proxy/deepseek/models", headers=EVENTS)
    assert (events.status_code, events.json()) == (502, {"error": "Failed to reach upstream server"})
    assert events.headers["content-type"] == "text/event-stream"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"])
def test_any_method_reaches_the_path_below_the_providers_address(
    gateway: Gateways, upstream: Upstream, whole_answer: Callable[..., bytes], method: str
) -> None:
    """gateway-behaviour.md#proxy: with the query unchanged; an encoded slash becomes a plain one."""
    path = "/v1/files/a/b%20%3F%C3%A9"
    upstream.answers(path + "?x=%20&y", whole_answer(200, b"" if method == "HEAD" else b"{}"))
    answer = gateway().request(method, "/proxy/openai/files/a%2Fb%20%3F%C3%A9?x=%20&y")
    assert answer.status_code == 200
    assert (upstream.seen[0].method, upstream.seen[0].path) == (method, path + "?x=%20&y")


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ("openai", {"authorization": "Bearer sk-o", "x-api-key": "theirs", "anthropic-version": "1"}),
        ("anthropic", {"x-api-key": "sk-a", "anthropic-version": "1"}),
        ("ollama", {"x-api-key": "theirs", "anthropic-version": "1"}),
    ],
)
@pytest.mark.parametrize("quirks", [None, "v0.48"])
def test_the_provider_sees_the_clients_headers_but_for_its_token(
    gateway: Gateways,
    upstream: Upstream,
    exchange: Callable[..., RawAnswer],
    provider: str,
    expected: dict[str, str],
    quirks: str | None,
) -> None:
    """The token is never forwarded; by quirks all is JSON, and Anthropic's version is repeated.

    See gateway-behaviour.md#proxy.
    """
    upstream.answers("/v1/files", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    head = (
        f"POST /proxy/{provider}/files HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 3\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nAccept: image/png\r\nAuthorization: Bearer theirs\r\n"
        "X-Api-Key: theirs\r\nAnthropic-Version: 1\r\nAnthropic-Beta: b\r\nUser-Agent: mine\r\nTE: gzip\r\n\r\n"
    )
    assert exchange(gateway(quirks=quirks), head.encode() + b"\xff\0x").status == 200
    if quirks and provider == "anthropic":
        expected = {**expected, "anthropic-version": "1, 2023-06-01"}
    (seen,) = upstream.seen
    assert seen.body == b"\xff\0x"
    names = ("authorization", "x-api-key", "anthropic-version")
    assert {name: seen.headers[name] for name in names if name in seen.headers} == expected
    kinds = ("application/json", "application/json") if quirks else ("multipart/form-data; boundary=b", "image/png")
    assert (seen.headers["content-type"], seen.headers["accept"]) == kinds
    assert (seen.headers["anthropic-beta"], seen.headers["user-agent"]) == ("b", "mine")
    assert not {"te", "accept-encoding", "transfer-encoding"} & seen.headers.keys()


@pytest.mark.parametrize("status", [200, 201, 302, 404, 429])
def test_an_answer_comes_back_as_it_is(
    gateway: Gateways, upstream: Upstream, exchange: Callable[..., RawAnswer], status: int
) -> None:
    """Status, headers and body are relayed, compressed data unchanged; only the date is the gateway's.

    See gateway-behaviour.md#proxy.
    """
    body = gzip.compress(b"hello")
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Type: text/x; a=b\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n"
        "Retry-After: 7\r\nX-Odd: \xe9\r\nLocation: /elsewhere\r\nKeep-Alive: timeout=5\r\nDate: yesterday\r\n\r\n"
    )
    upstream.answers("/v1/files", head.encode("latin-1") + body)
    answer = exchange(gateway(), b"GET /proxy/openai/files HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert (answer.status, b"".join(answer.chunks)) == (status, body)
    assert answer.headers == {
        "connection": "close",
        "content-encoding": "gzip",
        "content-length": str(len(body)),
        "content-type": "text/x; a=b",
        "location": "/elsewhere",
        "retry-after": "7",
        "x-odd": "\xe9",
    }


def test_limits_lists_and_deadlines_do_not_apply(
    gateway: Gateways, upstream: Upstream, whole_answer: Callable[..., bytes]
) -> None:
    """gateway-behaviour.md#proxy: a large body to a denied model, answered late, passes."""
    whole = whole_answer(200, b"{}")

    def script(connection: socket.socket) -> None:
        threading.Event().wait(0.5)
        connection.sendall(whole)

    upstream.scripts["m"] = script
    client = gateway(max_body=10, allowed_models=("a",), header_timeout=0.2, read_timeout=0.2)
    assert client.post("/proxy/openai/chat/completions", json={"model": "m"}).status_code == 200


def test_a_stream_passes_as_it_comes_and_breaks_off_where_it_does(
    gateway: Gateways, upstream: Upstream, exchange: Callable[..., RawAnswer], caplog: pytest.LogCaptureFixture
) -> None:
    """gateway-behaviour.md#proxy: there is no final chunk, so that the client sees the break; nothing is logged."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    upstream.answers("m", head + b"9\r\ndata: 1\n\n\r\n")
    answer = exchange(gateway(), _streaming("m", "text/event-stream, application/json"))
    assert (answer.status, answer.chunks, answer.whole) == (200, [b"data: 1\n\n"], False)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize("status", [200, 401, 404, 503])
@pytest.mark.parametrize(("body", "arrives"), [(b'{"error":1}', b""), (b"a\r\n\r\nb\nc", b"a\r\n\r\nb\n")])
def test_an_event_stream_hides_the_status_and_loses_what_has_no_end(
    gateway: Gateways,
    upstream: Upstream,
    whole_answer: Callable[..., bytes],
    exchange: Callable[..., RawAnswer],
    status: int,
    body: bytes,
    arrives: bytes,
) -> None:
    """gateway-behaviour.md#proxy: always 200, no header of the provider's, whole lines only."""
    upstream.answers("m", whole_answer(status, body))
    answer = exchange(gateway(quirks="v0.48"), _streaming("m", "text/event-stream"))
    assert (answer.status, b"".join(answer.chunks), answer.whole) == (200, arrives, True)
    assert answer.headers == {
        "cache-control": "no-cache",
        "connection": "close",
        "content-type": "text/event-stream",
        "transfer-encoding": "chunked",
        "x-accel-buffering": "no",
    }
    assert upstream.seen[0].headers["authorization"] == "Bearer sk-o"


def test_an_event_stream_shows_the_providers_answer(
    gateway: Gateways, upstream: Upstream, whole_answer: Callable[..., bytes]
) -> None:
    """Without the quirk the accepted type changes nothing: status, headers and body are the provider's."""
    upstream.answers("/v1/x", whole_answer(429, b'{"error":1}'))
    answer = gateway(max_body=10).post("/proxy/openai/x", content=b"x" * 20, headers=EVENTS)
    assert (answer.status_code, answer.content, answer.headers["retry-after"]) == (429, b'{"error":1}', "7")


def test_a_content_type_asks_for_an_event_stream_too(
    gateway: Gateways, upstream: Upstream, whole_answer: Callable[..., bytes]
) -> None:
    """gateway-behaviour.md#proxy: either header has this effect with exactly that value."""
    upstream.answers("m", whole_answer(500, b"x\n"))
    client = gateway(quirks="v0.48")
    body = json.dumps({"model": "m"})
    hidden = client.post("/proxy/openai/x", content=body, headers={"content-type": "text/event-stream"})
    shown = client.post("/proxy/openai/x", content=body, headers={"content-type": "text/event-stream; charset=utf-8"})
    assert (hidden.status_code, shown.status_code) == (200, 500)


@pytest.mark.parametrize(("size", "status"), [(999, 200), (1000, 413)])
def test_an_event_stream_has_a_limit(
    gateway: Gateways, upstream: Upstream, whole_answer: Callable[..., bytes], size: int, status: int
) -> None:
    """The limit itself is refused, and the refusal has the stream's content type.

    See gateway-behaviour.md#limits-and-timeouts.
    """
    upstream.answers("/v1/x", whole_answer(200, b"x\n"))
    client = gateway(max_body=1000, quirks="v0.48")
    answer = client.post("/proxy/openai/x", content=b"x" * size, headers=EVENTS)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/event-stream")
    assert answer.content == (b"x\n" if status == 200 else b'{"error":"Request body too large"}')


def test_a_silent_provider_of_an_event_stream_is_a_502(gateway: Gateways, upstream: Upstream) -> None:
    """gateway-behaviour.md#proxy: here the wait for the answer's head is limited."""
    upstream.scripts["mute"] = lambda connection: connection.recv(1)
    client = gateway(header_timeout=0.2, quirks="v0.48")
    answer = client.post("/proxy/openai/x", json={"model": "mute"}, headers=EVENTS)
    assert (answer.status_code, answer.json()) == (502, {"error": "Failed to reach upstream server"})


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ndata: 1\n\n"])
def test_a_client_that_leaves_ends_the_call_to_the_provider(
    gateway: Gateways, upstream: Upstream, accept: str, begun: bytes
) -> None:
    """gateway-behaviour.md#limits-and-timeouts: closing the connection cancels the upstream call, both ways."""
    with leaving(gateway(quirks="v0.48"), upstream, _streaming("m", accept), begun):
        pass


def test_the_scripted_provider_is_behind_it_too() -> None:
    """The package's own client reaches the scripted provider, whole and streamed."""
    asked = {"model": "x", "messages": [{"role": "user", "content": "hi"}]}
    with running(local=nowhere(), scripted=ScriptedProvider()) as url, InferenceGatewayClient(url) as client:
        answer = client.proxy("openai", "chat/completions", method="POST", json=asked)
        assert answer.json()["choices"][0]["message"]["content"] == "You wrote: hi"
        assert client.proxy("anthropic", "models").json()["data"][0]["id"] == "scripted"
        with client.proxy_stream("openai", "responses", method="POST", json={"input": "hi", "stream": True}) as stream:
            assert [event.event for event in stream.events()][-1] == "response.completed"
        with pytest.raises(NotFoundError, match="nothing at DELETE /nothing"):
            client.proxy("openai", "nothing", method="DELETE")


def _streaming(model: str, accept: str) -> bytes:
    body = json.dumps({"model": model, "stream": True}).encode()
    head = (
        f"POST /proxy/openai/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: {accept}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@pytest.mark.parametrize("path", ["../../admin", "%2e%2e/admin", "a/..%2f../admin", "./x", "a/.."])
def test_a_path_does_not_leave_the_api(gateway: Gateways, upstream: Upstream, path: str) -> None:
    """The provider's key is sent to its API only, and to no other path of that host."""
    before = len(upstream.seen)
    head = f"GET /proxy/openai/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    reply = exchanged(str(gateway().base_url), head.encode())
    assert (reply.status, len(upstream.seen)) == (400, before)
    assert "must not leave the provider's API" in str(reply.json)


def test_a_body_is_not_held_without_a_bound(
    gateway: Gateways, upstream: Upstream, whole_answer: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relayed body is buffered first, so its size is limited."""
    monkeypatch.setattr(pass_through, "_MAX_PROXIED", 1000)
    upstream.answers("/v1/files", whole_answer(200, b"{}"))
    before = len(upstream.seen)
    assert gateway().post("/proxy/openai/files", content=b"x" * 1000).status_code == 200
    assert gateway().post("/proxy/openai/files", content=b"x" * 1001).status_code == 413
    assert len(upstream.seen) == before + 1
