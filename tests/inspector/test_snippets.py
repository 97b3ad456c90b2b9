"""The copied code runs: a program and a curl command send the same request, a test repeats the outcome."""

from __future__ import annotations

import contextlib
import io
import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from inference_gateway_sdk import StatusError
from inference_gateway_sdk.testing import scripted_gateway
from inspector.test_page import CHAT, listed, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

    from inference_gateway_sdk.testing import ScriptedGateway

pytestmark = pytest.mark.once

STREAM = {**CHAT, "stream": True, "stream_options": {"include_usage": True}}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
REQUESTS = {
    "a chat": ("/v1/chat/completions", {**CHAT, "temperature": 0.5}, {}),
    "a stream": ("/v1/chat/completions", STREAM, {}),
    "a provider in the query": ("/v1/chat/completions?provider=openai", {**CHAT, "model": "gpt-4o"}, {}),
    "an unknown field": ("/v1/chat/completions", {**CHAT, "timeout": 3, "seed": None}, {}),
    "a header": ("/v1/chat/completions", CHAT, {"X-MCP-Bypass": "true"}),
    "tools and quotes": (
        "/v1/chat/completions",
        {**CHAT, "messages": [{"role": "user", "content": 'It\'s "so"\n' * 20}], "tools": [TOOL]},
        {},
    ),
    "messages": ("/v1/messages", {**CHAT, "model": "anthropic/claude", "max_tokens": 5, "system": "Be brief."}, {}),
    "fields with names of options": (
        "/v1/messages",
        {
            **CHAT,
            "model": "anthropic/claude",
            "max_tokens": 5,
            "fallback": ["openai/m"],
            "timeout": 3,
            "tags": {"a": "b"},
        },
        {},
    ),
    "streamed messages": ("/v1/messages", {**CHAT, "model": "anthropic/claude", "max_tokens": 5, "stream": True}, {}),
    "a response": ("/v1/responses", {"model": "openai/gpt-4o", "input": CHAT["messages"]}, {}),
    "a text as input": ("/v1/responses", {"model": "openai/gpt-4o", "input": "Hi"}, {}),
    "an image": ("/v1/images/generations", {"model": "openai/gpt-image-1", "prompt": "A cat"}, {}),
    "the proxy": ("/proxy/openai/v1/chat/completions?a=b", {**CHAT, "model": "gpt-4o"}, {}),
}


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedGateway]:
    """A scripted gateway of the copied tests."""
    with scripted_gateway() as gateway:
        yield gateway


@pytest.fixture
def scripted(server: ScriptedGateway) -> Iterator[ScriptedGateway]:
    """The same without scripts and requests, checked at the end."""
    server.reset()
    yield server
    server.check()


def snippets(page: httpx2.Client, name: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Send a request, and return its snippets and its details."""
    path, body, headers = REQUESTS[name]
    page.post(path, json=body, headers=headers)
    details = shown(page)
    return details["snippets"], details


def run(code: str) -> dict[str, Any]:
    """Run a program without its output."""
    scope: dict[str, Any] = {"__name__": "copied"}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(code, "copied", "exec"), scope)
    return scope


@pytest.mark.parametrize("name", REQUESTS)
def test_the_program_sends_the_same_request(page: httpx2.Client, name: str) -> None:
    """The path, the query and the body are those of the copied request."""
    code, first = snippets(page, name)
    page.delete("/inspect/requests")
    with contextlib.suppress(StatusError):  # what the gateway refused before
        run(code["Python"])
    second = shown(page)
    assert second["url"] == first["url"]
    assert json.loads(second["request"]) == json.loads(first["request"])
    bypass = [dict(details["request_headers"]).get("x-mcp-bypass") for details in (first, second)]
    assert bypass[0] == bypass[1]


@pytest.mark.parametrize("name", REQUESTS)
def test_the_curl_command_sends_the_same_request(page: httpx2.Client, inspected: str, name: str) -> None:
    """A shell reads from the command the address, the headers and the body of the copied request."""
    code, details = snippets(page, name)
    words = shlex.split(code["curl"].replace("\\\n", " "))
    assert words[:5] == ["curl", "-N", "-X", "POST", inspected + details["url"]]
    assert words[words.index("--data-binary") + 1] == details["request"]
    assert "content-type: application/json" in words


@pytest.mark.parametrize("name", REQUESTS)
def test_the_test_repeats_the_outcome(page: httpx2.Client, scripted: ScriptedGateway, name: str) -> None:
    """It passes against a scripted gateway, which received the copied body."""
    code, details = snippets(page, name)
    scope = run(code["test"])
    scope["test_the_copied_request"](scripted, scripted.client())
    assert json.loads(scripted.request.content) == json.loads(details["request"])


def test_a_test_of_a_stream_has_its_pieces(page: httpx2.Client) -> None:
    """The text of a chat is scripted piece by piece, and the test checks the whole of it."""
    code, _ = snippets(page, "a stream")
    assert "gateway.stream([" in code["test"]
    assert "assert text == 'You wrote: Hi there'" in code["test"]


@pytest.mark.parametrize("status", ["status", "reset-before-headers", "missing-done"])
def test_a_test_of_a_failure_expects_it(page: httpx2.Client, scripted: ScriptedGateway, status: str) -> None:
    """Refusals and faults are repeated, and the test passes because the client raises."""
    with contextlib.suppress(Exception):
        page.post("/v1/chat/completions", json=STREAM, headers={"X-Igw-Fault": status})
    details = shown(page)
    scope = run(details["snippets"]["test"])
    scope["test_the_copied_request"](scripted, scripted.client())
    assert len(scripted.requests) == 1


def test_a_refusal_of_the_gateway_is_repeated(page: httpx2.Client, scripted: ScriptedGateway) -> None:
    """A model without a provider uses no script, and the copied test passes all the same."""
    page.post("/v1/chat/completions", json={**CHAT, "model": "gpt-4o"})
    code = shown(page)["snippets"]["test"]
    run(code)["test_the_copied_request"](scripted, scripted.client())


def test_a_binary_body_is_left_out(page: httpx2.Client) -> None:
    """No snippet can hold it: the program has a placeholder, and curl reads a file."""
    page.post("/v1/images/edits", content=b"\xff\x00", headers={"content-type": "image/png"})
    code = shown(page)["snippets"]
    assert 'body=b"..."' in code["Python"]
    assert "--data-binary @body.bin" in code["curl"]
    compile(code["Python"], "copied", "exec")


def test_a_request_without_a_body_is_copied(page: httpx2.Client) -> None:
    """A list of models is a call without a method of the client."""
    page.get("/v1/models?include=pricing")
    code = shown(page)["snippets"]
    page.delete("/inspect/requests")
    run(code["Python"])
    (one,) = listed(page)["requests"]
    assert (one["path"], one["status"]) == ("/v1/models", 200)


def test_no_snippet_has_a_secret(page: httpx2.Client) -> None:
    """A token becomes a variable of the shell, and is left out of the program."""
    page.post("/v1/chat/completions", json=CHAT, headers={"Authorization": "Bearer sesame-street-5"})
    code = shown(page)["snippets"]
    assert "sesame" not in json.dumps(code)
    assert '"Authorization: Bearer $INFERENCE_GATEWAY_TOKEN"' in code["curl"]
