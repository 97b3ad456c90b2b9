"""Bodies that no schema describes: cut, garbled, deep, huge, of the wrong type; each is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("schemathesis", reason="the package schemathesis is not installed")

import httpx2
from hypothesis import given
from hypothesis import strategies as st

from fuzz.test_contract_fuzz import PATIENCE, bounded

pytestmark = [pytest.mark.wire, pytest.mark.hypothesis, pytest.mark.once]

GOOD: dict[str, Any] = {
    "/v1/chat/completions": {"model": "openai/any", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 5},
    "/v1/messages": {"model": "anthropic/any", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 5},
    "/v1/responses": {"model": "openai/any", "input": [{"role": "user", "content": "hi"}], "stream": False},
    "/v1/images/generations": {"model": "openai/any", "prompt": "a cat", "n": 1},
    "/v1/images/edits": {"model": "openai/any", "prompt": "a cat", "image": "x"},
    "/v1/audio/speech": {"model": "openai/any", "input": "hi", "voice": "v"},
    "/v1/metrics": {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "x", "sum": {"dataPoints": []}}]}]}]},
    "/mcp": {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "weather", "arguments": {}}},
    "/proxy/openai/chat/completions": {"model": "any", "messages": [{"role": "user", "content": "hi"}]},
}
ODD = [
    b"", b" ", b"null", b"[]", b"0", b'""', b"{}", b"{}{}", b"\xef\xbb\xbf{}", b"\xff\xfe", b"{", b'{"model":"openai/a',
    b"[" * 5000, b'{"model":' * 3000, b'{"model":"openai/a","messages":' + b"[" * 2000 + b"]" * 2000 + b"}",
    b'{"model":"openai/a","messages":[],"max_tokens":1e400}', b'{"model":"openai/a","n":' + b"9" * 400 + b"}",
    b'{"model":"openai/a","model":"anthropic/b","messages":[]}', b'{"model":"openai/\\ud800","messages":[]}',
    b'{"model":"openai/a","temperature":NaN,"messages":[]}', b'{"model":"openai/\\u0000","input":"\\u0000"}',
    b'{"model":"openai/a","messages":[{"role":"user","content":"\xca"}]}',
    b'{"model":"openai/a","input":"","tools":[{"type":"function","name":"f","parameters":{"$ref":"#"}}]}',
]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def bodies(draw: st.DrawFn, good: dict[str, Any]) -> bytes:
    """Draw a good body with a changed place or byte, or an odd one."""
    kind = draw(st.sampled_from(["odd", "value", "cut", "byte"]))
    if kind == "odd":
        return draw(st.sampled_from(ODD))
    if kind == "value":
        return json.dumps({**good, draw(st.sampled_from([*good, "tools", "tool_choice"])): draw(JSON)}).encode()
    whole = json.dumps(good).encode()
    at = draw(st.integers(0, len(whole) - 1))
    return whole[:at] if kind == "cut" else whole[:at] + draw(st.binary(min_size=1, max_size=3)) + whole[at + 1 :]


TYPES = st.sampled_from(
    ["application/json", "text/event-stream", "application/x-protobuf", "multipart/form-data; boundary=x", "\xe9", ""]
)


@pytest.fixture(scope="module")
def client() -> Iterator[httpx2.Client]:
    """Return an independent HTTP client."""
    with httpx2.Client(trust_env=False, timeout=PATIENCE) as opened:
        yield opened


@pytest.mark.parametrize("gateway", ["plain", "with_tools"])
@pytest.mark.parametrize("path", GOOD)
def test_any_body_gets_an_answer(
    request: pytest.FixtureRequest, client: httpx2.Client, gateway: str, path: str
) -> None:
    """Any body under any type gets a whole answer, with a client's or a provider's fault and never the gateway's."""
    url = request.getfixturevalue(gateway)

    @bounded(8)
    @given(body=bodies(GOOD[path]), kind=TYPES, encoding=st.sampled_from(["", "gzip", "br"]))
    def asked(body: bytes, kind: str, encoding: str) -> None:
        headers = [(b"content-type", kind.encode("latin-1")), (b"content-encoding", encoding.encode())]
        answer = client.post(url + path, content=body, headers=[pair for pair in headers if pair[1]])
        assert answer.status_code < 500, answer.text
        if answer.headers.get("content-type", "").startswith("application/json"):
            assert isinstance(answer.json(), dict)

    asked()
    assert client.get(f"{url}/health").json() == {"message": "OK"}
