"""What the gateway says no with: status, content type and body, over a real socket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Gateways, Upstream

pytestmark = pytest.mark.wire

GIN = "application/json; charset=utf-8"
NO_PROVIDER = (
    "Unable to determine provider for model. Please specify a provider using the ?provider= query parameter "
    "or use the provider/model format (e.g., openai/gpt-4)."
)
NOT_FOUND = "Provider not found. Please check the list of supported providers."
NO_KEY = "Provider requires an API key. Please configure the provider's API key."
CHAT = "/v1/chat/completions"
HI = [{"role": "user", "content": "hi"}]


@pytest.mark.parametrize(
    ("section", "method", "path", "body", "status", "text"),
    [
        ("1", "GET", "/nope", None, 404, "Requested route is not found"),
        ("1", "GET", "//v1/models", None, 404, "Requested route is not found"),
        ("1", "GET", "/metrics", None, 404, "Requested route is not found"),
        ("1", "GET", CHAT, None, 404, "Requested route is not found"),
        ("1", "POST", "/v1/models", {}, 404, "Requested route is not found"),
        ("1", "POST", "/v1/models/", {}, 404, "Requested route is not found"),
        ("1", "DELETE", "/health", None, 404, "Requested route is not found"),
        ("1", "OPTIONS", CHAT, None, 404, "Requested route is not found"),
        ("3", "POST", CHAT, {"model": "gpt-4", "messages": HI}, 400, NO_PROVIDER),
        ("3", "POST", CHAT, {"model": "foo/bar", "messages": HI}, 400, NO_PROVIDER),
        ("3", "POST", CHAT, {"messages": HI}, 400, NO_PROVIDER),
        ("3", "POST", f"{CHAT}?provider=", {"model": "gpt-4"}, 400, NO_PROVIDER),
        ("3", "POST", f"{CHAT}?provider=foo", {"model": "x"}, 400, NOT_FOUND),
        ("3", "POST", f"{CHAT}?provider=OpenAI", {"model": "x"}, 400, NOT_FOUND),
        ("3", "POST", CHAT, {"model": "groq/x"}, 400, NO_KEY),
        ("3", "POST", f"{CHAT}?provider=groq", {"model": "x"}, 400, NO_KEY),
        ("4", "POST", CHAT, {"model": 5}, 400, "Failed to decode request"),
        ("4", "POST", CHAT, {"model": "openai/x", "max_tokens": "5"}, 400, "Failed to decode request"),
        ("6", "POST", CHAT, b"", 400, "Failed to decode request"),
        ("6", "POST", CHAT, b"{", 400, "Failed to decode request"),
        ("6", "POST", CHAT, b"[]", 400, "Failed to decode request"),
        ("7", "GET", "/v1/models?include=x", None, 400, 'unknown include value "x"'),
        ("7", "GET", "/v1/models?include=pricing,%20x", None, 400, 'unknown include value "x"'),
        ("7", "GET", "/v1/models?provider=foo", None, 400, NOT_FOUND),
        ("7", "GET", "/v1/models?provider=groq", None, 400, NO_KEY),
        ("7", "GET", "/v1/models?provider=deepseek", None, 502, "Failed to list models"),
        ("7", "GET", "/v1/models?provider=llamacpp", None, 502, "Failed to list models"),
    ],
)
def test_the_gateways_own_errors(
    gateway: Gateways, section: str, method: str, path: str, body: object, status: int, text: str
) -> None:
    """Each row is a sentence of the section of WIRE it names: one JSON string under `error`, typed by gin."""
    content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    answer = gateway().request(method, path, content=content)
    assert (answer.status_code, answer.json()) == (status, {"error": text}), section
    assert answer.headers["content-type"] == GIN


def test_head_is_not_get(gateway: Gateways) -> None:
    """WIRE section 1: HEAD /health is 404."""
    assert gateway().head("/health").status_code == 404


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"allowed_models": ("openai/other",)}, "Model not allowed. Please check the list of allowed models."),
        ({"disallowed_models": ("ok",)}, "Model is disallowed. Please use a different model."),
    ],
)
@pytest.mark.parametrize("model", ["openai/ok", "groq/ok"])
def test_a_denied_model_is_403_before_its_provider_is_looked_at(
    gateway: Gateways, settings: dict[str, object], text: str, model: str
) -> None:
    """WIRE section 3: the list comes before the key."""
    answer = gateway(**settings).post(CHAT, json={"model": model, "messages": HI})
    assert (answer.status_code, answer.json()) == (403, {"error": text})


def test_an_unknown_provider_that_is_denied_is_403(gateway: Gateways) -> None:
    """WIRE section 3: the list comes before the provider's existence too."""
    answer = gateway(allowed_models=("a",)).post(f"{CHAT}?provider=foo", json={"model": "b"})
    assert answer.status_code == 403


@pytest.mark.parametrize(("size", "status"), [(1000, 400), (1001, 413)])
def test_a_body_over_the_limit_is_413(gateway: Gateways, size: int, status: int) -> None:
    """WIRE section 4: more than the limit, not the limit itself."""
    answer = gateway(max_body=1000).post(CHAT, content=b"x" * size)
    assert answer.status_code == status
    assert answer.json() == {"error": "Request body too large" if status == 413 else "Failed to decode request"}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, b'{"error": {"message": "slow down"}}'),
        (500, b"<html>boom</html>"),
        (401, b""),
        (529, b'{"error":"overloaded"}\n'),
        (204, b""),
        (202, b'{"id":"later"}'),
        (302, b"elsewhere"),
    ],
)
def test_a_providers_error_keeps_its_status_and_becomes_a_string(
    gateway: Gateways, upstream: Upstream, whole_answer: object, status: int, body: bytes, stream: bool
) -> None:
    """WIRE section 6: any status but 200, whether a stream was asked for or not; its headers are dropped."""
    upstream.answers("no", whole_answer(status, body))
    answer = gateway().post(CHAT, json={"model": "openai/no", "messages": HI, "stream": stream})
    assert answer.status_code == status
    assert "retry-after" not in answer.headers
    assert "x-request-id" not in answer.headers
    if status != 204:  # which has no body
        assert answer.json() == {"error": body.decode()}
        assert answer.headers["content-type"] == "application/json"


def test_html_is_escaped_as_go_does(gateway: Gateways, upstream: Upstream, whole_answer: object) -> None:
    """The provider's page arrives with its angle brackets as escapes."""
    upstream.answers("no", whole_answer(500, b"<html>boom</html>"))
    answer = gateway().post(CHAT, json={"model": "openai/no", "messages": HI})
    assert answer.content == b'{"error":"\\u003chtml\\u003eboom\\u003c/html\\u003e"}'


@pytest.mark.parametrize("stream", [False, True])
def test_a_provider_that_cannot_be_reached_is_a_double_wrapped_502(gateway: Gateways, stream: bool) -> None:
    """WIRE section 6: the gateway calls itself, and wraps its own error."""
    answer = gateway().post(CHAT, json={"model": "deepseek/x", "messages": HI, "stream": stream})
    assert answer.status_code == 502
    inner = '{"error":"Failed to reach upstream server: dial tcp 127.0.0.1:9: connect: connection refused"}\n'
    assert answer.json() == {"error": inner}


@pytest.mark.parametrize("stream", [False, True])
def test_a_provider_that_stays_silent_is_a_504(gateway: Gateways, upstream: Upstream, stream: bool) -> None:
    """The contract's status for a provider that does not begin to answer."""
    upstream.scripts["mute"] = lambda connection: connection.recv(1)
    answer = gateway(header_timeout=0.2).post(CHAT, json={"model": "openai/mute", "messages": HI, "stream": stream})
    assert (answer.status_code, answer.json()) == (504, {"error": "Request timed out"})
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("stream", [False, True])
def test_a_provider_that_stays_silent_was_a_400(gateway: Gateways, upstream: Upstream, stream: bool) -> None:
    """WIRE section 4: the client's fault by its status, a timeout by its text."""
    upstream.scripts["mute"] = lambda connection: connection.recv(1)
    client = gateway(header_timeout=0.2, quirks="v0.48")
    answer = client.post(CHAT, json={"model": "openai/mute", "messages": HI, "stream": stream})
    assert answer.status_code == 400
    assert answer.json() == {
        "error": f'Post "{client.base_url}/proxy/openai/chat/completions": net/http: timeout awaiting response headers'
    }
    assert answer.headers["content-type"] == ("text/event-stream" if stream else "application/json")


def test_an_answer_that_takes_too_long_is_504(gateway: Gateways, upstream: Upstream) -> None:
    """WIRE section 4: the head came in time, the body did not."""

    def stall(connection: object) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{")
        connection.recv(1)

    upstream.scripts["stall"] = stall
    upstream.scripts["/v1/models"] = stall
    client = gateway(read_timeout=0.3)
    chat = client.post(CHAT, json={"model": "openai/stall", "messages": HI})
    assert (chat.status_code, chat.json()) == (504, {"error": "Request timed out"})
    models = client.get("/v1/models?provider=openai")
    assert (models.status_code, models.json()) == (504, {"error": "Request timed out"})


@pytest.mark.parametrize("body", [b"not json", b'{"choices":"none"}', b""])
@pytest.mark.parametrize(("quirks", "status"), [(None, 502), ("v0.48", 400)])
def test_an_undecodable_answer_is_the_providers_fault(
    gateway: Gateways, upstream: Upstream, whole_answer: object, body: bytes, quirks: str | None, status: int
) -> None:
    """WIRE section 6: a 200 that is not a chat answer; by a quirk the client is to blame."""
    upstream.answers("odd", whole_answer(200, body))
    answer = gateway(quirks=quirks).post(CHAT, json={"model": "openai/odd", "messages": HI})
    assert answer.status_code == status
    assert "decode" in answer.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "status", "location"),
    [
        ("GET", "/v1/models/", 301, "/v1/models"),
        ("GET", "/v1/models/?a=b", 301, "/v1/models?a=b"),
        ("GET", "/health/", 301, "/health"),
        ("POST", "/v1/chat/completions/", 307, "/v1/chat/completions"),
    ],
)
def test_a_trailing_slash_is_redirected(gateway: Gateways, method: str, path: str, status: int, location: str) -> None:
    """WIRE section 1: 301 with a page for GET, 307 without a body otherwise."""
    answer = gateway().request(method, path)
    assert (answer.status_code, answer.headers["location"]) == (status, location)
    assert (b"Moved Permanently" in answer.content) is (method == "GET")
