"""Messages and Responses: the relayed parts, the provider, and the gateway's own errors."""

from __future__ import annotations

import json
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from embedded.behaviour_cases import whole
from embedded.leaving import leaving
from inference_gateway_sdk.embedded import Access

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Gateways, RawAnswer, Upstream

pytestmark = pytest.mark.wire

GIN = "application/json; charset=utf-8"
NO_PROVIDER = (
    "Unable to determine provider for model. Please specify a provider using the ?provider= query parameter "
    "or use the provider/model format (e.g., {})."
)
NO_KEY = "Provider requires an API key. Please configure the provider's API key."
NO_MESSAGES = "The Messages API is not supported by this provider yet."
NO_RESPONSES = "The Responses API is not supported by this provider yet. Use /v1/chat/completions instead."
UNREACHABLE = "Failed to reach upstream server"
NOT_ALLOWED = "Model not allowed. Please check the list of allowed models."
MESSAGES, RESPONSES = "/v1/messages", "/v1/responses"
HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nx-request-id: r\r\nConnection: close\r\n\r\n"
)
DIALECTS = pytest.mark.parametrize(("path", "provider"), [(MESSAGES, "anthropic"), (RESPONSES, "openai")])


def in_envelope(path: str, status: int, text: str) -> object:
    """Return the body of a refusal: Messages has its own envelope (gateway-behaviour.md#errors)."""
    if path != MESSAGES:
        return {"error": text}
    kind = "api_error" if status > 500 else "not_supported_error" if text == NO_MESSAGES else "invalid_request_error"
    return {"type": "error", "error": {"type": kind, "message": text}}


@pytest.mark.parametrize(
    ("section", "path", "body", "status", "text"),
    [
        ("1", "/v1/messages/count_tokens", {}, 404, "Requested route is not found"),
        ("3", MESSAGES, {"model": "gpt-4"}, 400, NO_PROVIDER.format("anthropic/claude-sonnet-4-5")),
        ("3", MESSAGES, {}, 400, NO_PROVIDER.format("anthropic/claude-sonnet-4-5")),
        ("3", MESSAGES, {"model": None}, 400, NO_PROVIDER.format("anthropic/claude-sonnet-4-5")),
        ("3", RESPONSES, {"model": "foo/bar"}, 400, NO_PROVIDER.format("openai/gpt-4o")),
        ("3", f"{MESSAGES}?provider=foo", {"model": "x"}, 400, NO_MESSAGES),
        ("3", f"{RESPONSES}?provider=foo", {"model": "x"}, 400, NO_RESPONSES),
        ("3", f"{RESPONSES}?provider=OpenAI", {"model": "x"}, 400, NO_RESPONSES),
        ("6", MESSAGES, {"model": "openai/x"}, 400, NO_MESSAGES),
        ("6", RESPONSES, {"model": "anthropic/x"}, 400, NO_RESPONSES),
        ("6", MESSAGES, b"{", 400, "Failed to decode request"),
        ("6", MESSAGES, b"", 400, "Failed to decode request"),
        ("6", MESSAGES, {"model": 5}, 400, "Failed to decode request"),
        ("6", RESPONSES, b"[]", 400, "Failed to decode request"),
        ("6", RESPONSES, {"model": "openai/x", "stream": "yes"}, 400, "Failed to decode request"),
        ("4", RESPONSES, b'{"model": "openai/x"} {}', 400, "Failed to decode request"),
        ("4", RESPONSES, b'{"model": "openai/x", "n": NaN}', 400, "Failed to decode request"),
        ("4", RESPONSES, b'{"model": "openai/x", "n": ' + b"[" * 100_000, 400, "Failed to decode request"),
    ],
)
def test_the_gateways_own_errors(
    gateway: Gateways, upstream: Upstream, section: str, path: str, body: object, status: int, text: str
) -> None:
    """Each row is a statement of its section, and no request reaches a provider."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = gateway().post(path, content=content)
    expected = {"error": text} if status == 404 else in_envelope(path.partition("?")[0], status, text)
    assert (answer.status_code, answer.json()) == (status, expected), section
    assert answer.headers["content-type"] == GIN
    assert upstream.seen == []


@DIALECTS
def test_a_provider_without_a_key_is_refused(gateway: Gateways, path: str, provider: str) -> None:
    """gateway-behaviour.md#errors: the endpoint is supported, the key is missing."""
    answer = gateway(access={}).post(path, json={"model": f"{provider}/x"})
    assert (answer.status_code, answer.json()) == (400, in_envelope(path, 400, NO_KEY))


@DIALECTS
def test_a_denied_model_is_403_before_its_provider_is_looked_at(gateway: Gateways, path: str, provider: str) -> None:
    """gateway-behaviour.md#routing: the list is checked before the provider's key."""
    answer = gateway(allowed_models=("a",), access={}).post(path, json={"model": f"{provider}/b"})
    assert (answer.status_code, answer.json()) == (403, in_envelope(path, 403, NOT_ALLOWED))


@DIALECTS
@pytest.mark.parametrize(("size", "status"), [(999, 400), (1000, 413)])
def test_a_body_of_the_limit_is_too_large(gateway: Gateways, path: str, provider: str, size: int, status: int) -> None:
    """gateway-behaviour.md#limits-and-timeouts: here the limit itself is refused, unlike on chat."""
    answer = gateway(max_body=1000).post(path, content=b"x" * size)
    text = "Request body too large" if status == 413 else "Failed to decode request"
    assert (answer.status_code, answer.json()) == (status, in_envelope(path, status, text))


@DIALECTS
@pytest.mark.parametrize("text", [b"\xff", b"\\ud800"])
def test_text_that_is_not_sound_is_passed_on(
    gateway: Gateways, upstream: Upstream, path: str, provider: str, text: bytes
) -> None:
    """With a prefix to remove, bytes outside UTF-8 and halves of surrogate pairs arrive as U+FFFD, as from Go.

    See gateway-behaviour.md#unusual-bodies.
    """
    upstream.answers("m", whole(200, b"{}"))
    answer = gateway().post(path, content=b'{"model":"%s/m","x":"%s"}' % (provider.encode(), text))
    assert answer.status_code == 200
    assert upstream.seen[0].body == '{"model":"m","x":"\ufffd"}'.encode()


@DIALECTS
def test_a_null_body_is_an_empty_one(gateway: Gateways, upstream: Upstream, path: str, provider: str) -> None:
    """With the provider in the query, `null` is relayed unchanged (gateway-behaviour.md#unusual-bodies)."""
    upstream.answers(path, whole(200, b"{}"))
    assert gateway().post(f"{path}?provider={provider}", content=b"null").status_code == 200
    assert upstream.seen[0].body == b"null"


@DIALECTS
def test_a_provider_that_cannot_be_reached_is_a_502(gateway: Gateways, path: str, provider: str) -> None:
    """gateway-behaviour.md#errors: wrapped once, without the network's own message."""
    client = gateway(access={provider: Access(url="http://127.0.0.1:9/v1", key="k")})
    answer = client.post(path, json={"model": f"{provider}/x"})
    assert (answer.status_code, answer.json()) == (502, in_envelope(path, 502, UNREACHABLE))


@DIALECTS
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("quirks", "status", "text"), [(None, 504, "Request timed out"), ("v0.48", 502, UNREACHABLE)])
def test_a_provider_that_stays_silent_is_late(
    gateway: Gateways,
    upstream: Upstream,
    path: str,
    provider: str,
    stream: bool,
    quirks: str | None,
    status: int,
    text: str,
) -> None:
    """gateway-behaviour.md#errors: by a quirk it is unreachable; a stream too has the right content type."""
    upstream.scripts["mute"] = lambda connection: connection.recv(1)
    client = gateway(header_timeout=0.2, quirks=quirks)
    answer = client.post(path, json={"model": f"{provider}/mute", "stream": stream})
    assert (answer.status_code, answer.json()) == (status, in_envelope(path, status, text))
    assert answer.headers["content-type"] == GIN


@DIALECTS
def test_an_answer_that_does_not_begin_in_time_is_a_504(
    gateway: Gateways, upstream: Upstream, path: str, provider: str
) -> None:
    """gateway-behaviour.md#limits-and-timeouts: the deadline of the whole answer applies if it is shorter."""
    upstream.scripts["mute"] = lambda connection: connection.recv(1)
    answer = gateway(read_timeout=0.2).post(path, json={"model": f"{provider}/mute"})
    assert (answer.status_code, answer.json()) == (504, in_envelope(path, 504, "Request timed out"))


@pytest.mark.parametrize(
    ("path", "provider", "authorisation"),
    [
        (MESSAGES, "anthropic", {"x-api-key": "sk-a", "anthropic-version": "2023-06-01"}),
        (RESPONSES, "openai", {"authorization": "Bearer sk-o"}),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_the_provider_sees_the_body_and_nothing_of_the_clients_headers(
    gateway: Gateways,
    upstream: Upstream,
    whole_answer: Callable[..., bytes],
    path: str,
    provider: str,
    authorisation: dict[str, str],
    stream: bool,
) -> None:
    """The provider receives its own key and unknown fields, but no beta header.

    See gateway-behaviour.md#middleware-and-the-inner-hop, #messages.
    """
    upstream.answers("m/x", whole_answer(200, b"{}"))
    body = {"model": f"{provider}/m/x", "novel": {"b": 1, "a": [1.0]}, "stream": stream}
    theirs = {
        "authorization": "Bearer c",
        "x-api-key": "c",
        "anthropic-version": "1",
        "anthropic-beta": "b",
        "x-c": "1",
    }
    gateway().post(path, json=body, headers=theirs)
    (seen,) = upstream.seen
    assert (seen.method, seen.path, seen.json) == ("POST", path, {**body, "model": "m/x"})
    names = ("authorization", "x-api-key", "anthropic-version", "anthropic-beta", "x-c", "accept-encoding")
    assert {name: seen.headers[name] for name in names if name in seen.headers} == authorisation
    assert seen.headers["accept"] == ("text/event-stream" if stream else "application/json")
    assert seen.headers["content-type"] == "application/json"


def test_a_body_without_a_prefix_arrives_byte_for_byte(
    gateway: Gateways, upstream: Upstream, whole_answer: Callable[..., bytes]
) -> None:
    """gateway-behaviour.md#messages: with ?provider= the body is relayed byte for byte."""
    upstream.answers("m", whole_answer(200, b"{}"))
    body = b'{ "model":"m",\n "z":1.50, "a":"\xc3\xa9<>&" }'
    gateway().post(f"{MESSAGES}?provider=anthropic", content=body)
    assert upstream.seen[0].body == body


def test_a_body_that_loses_a_prefix_is_written_anew(
    gateway: Gateways, upstream: Upstream, whole_answer: Callable[..., bytes]
) -> None:
    """Keys are sorted at every level, numbers unchanged, three characters escaped.

    See gateway-behaviour.md#messages.
    """
    upstream.answers("m", whole_answer(200, b"{}"))
    gateway().post(
        MESSAGES, content=b'{"z": 1.50, "model": "anthropic/m", "b": {"y": 1e2, "x": "<&>\xc3\xa9"}, "n": null}'
    )
    assert upstream.seen[0].body == (
        b'{"b":{"x":"\\u003c\\u0026\\u003e\xc3\xa9","y":1e2},"model":"m","n":null,"z":1.50}'
    )


@DIALECTS
@pytest.mark.parametrize("status", [200, 201, 400, 429, 529])
def test_an_answer_passes_as_it_is(
    gateway: Gateways,
    upstream: Upstream,
    whole_answer: Callable[..., bytes],
    path: str,
    provider: str,
    status: int,
) -> None:
    """Status, content type and body are verbatim, without other headers of the provider.

    See gateway-behaviour.md#errors, #messages.
    """
    upstream.answers("m", whole_answer(status, b'{ "novel": 1.0 }\n', "application/json; x=y"))
    answer = gateway().post(path, json={"model": f"{provider}/m"})
    assert (answer.status_code, answer.content) == (status, b'{ "novel": 1.0 }\n')
    assert answer.headers["content-type"] == "application/json; x=y"
    assert not {"retry-after", "x-request-id"} & set(answer.headers)


@DIALECTS
def test_a_stream_passes_line_by_line(
    gateway: Gateways, upstream: Upstream, exchange: Callable[..., RawAnswer], path: str, provider: str
) -> None:
    """gateway-behaviour.md#messages: names and comments are kept, and so is an unterminated last line."""
    lines = [b"event: x\r\n", b"data: {}\r\n", b"\r\n", b": ping\n", b"\n", b"data: unended"]
    upstream.answers("m", HEAD, b"".join(lines)[:13], b"".join(lines)[13:])
    answer = exchange(gateway(), _request(path, model=f"{provider}/m", stream=True))
    assert (answer.status, answer.whole, answer.chunks) == (200, True, lines)
    assert answer.headers == {
        "cache-control": "no-cache",
        "connection": "close",
        "content-type": "text/event-stream",
        "transfer-encoding": "chunked",
        "x-accel-buffering": "no",
    }


@DIALECTS
@pytest.mark.parametrize("quirks", [None, "v0.48"])
def test_a_stream_that_breaks_off_breaks_off(
    gateway: Gateways,
    upstream: Upstream,
    exchange: Callable[..., RawAnswer],
    path: str,
    provider: str,
    quirks: str | None,
) -> None:
    """gateway-behaviour.md#messages: by a quirk it ends cleanly, and only the terminal event is missing."""
    upstream.answers("m", HEAD.replace(b"Connection: close", b"Content-Length: 1000") + b"data: {}\n\ndata")
    answer = exchange(gateway(quirks=quirks), _request(path, model=f"{provider}/m", stream=True))
    assert (answer.status, b"".join(answer.chunks)) == (200, b"data: {}\n\ndata")
    assert answer.whole is (quirks is not None)


@DIALECTS
def test_a_stream_outlives_the_deadline_of_whole_answers(
    gateway: Gateways, upstream: Upstream, path: str, provider: str
) -> None:
    """gateway-behaviour.md#limits-and-timeouts: streams have no total deadline."""

    def script(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"data: 1\n\n")
        threading.Event().wait(0.95)
        connection.sendall(b"data: 2\n\n")

    upstream.scripts["m"] = script
    answer = gateway(read_timeout=0.8).post(path, json={"model": f"{provider}/m", "stream": True})
    assert answer.content == b"data: 1\n\ndata: 2\n\n"


@DIALECTS
def test_an_answer_that_breaks_off_breaks_off_here_too(
    gateway: Gateways,
    upstream: Upstream,
    exchange: Callable[..., RawAnswer],
    caplog: pytest.LogCaptureFixture,
    path: str,
    provider: str,
) -> None:
    """The data announced by Content-Length does not arrive, and nothing is logged."""
    upstream.answers("m", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
    answer = exchange(gateway(), _request(path, model=f"{provider}/m"))
    assert (answer.status, answer.headers["content-length"], answer.chunks) == (200, "100", [b"{"])
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@DIALECTS
@pytest.mark.parametrize("begun", [b"", HEAD, HEAD + b"data: {}\n\n"])
def test_a_client_that_leaves_ends_the_call_to_the_provider(
    gateway: Gateways, upstream: Upstream, path: str, provider: str, begun: bytes
) -> None:
    """Closing the connection cancels the upstream call at any point.

    See gateway-behaviour.md#limits-and-timeouts.
    """
    with leaving(gateway(), upstream, _request(path, model=f"{provider}/m", stream=True), begun):
        pass


def _request(path: str, **body: object) -> bytes:
    content = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content
