"""Secrets in every position of a request and its answer, and a search of the file for them."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_gateway_sdk._http1.failures import NoResponse
from inference_gateway_sdk.testing.cassettes import RecordedRequest, cassette
from testing_cassettes.stub import StubAnswer, StubDriver, read_all

letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
plain = st.text(letters + "-_", min_size=12, max_size=40).map(lambda text: f"s3{text}cret")
awkward = st.text(letters + "+/=.~ \"\\'&%<>é", min_size=12, max_size=30).map(lambda text: f"s3{text}cret")
shaped = st.tuples(st.sampled_from(["sk-", "sk-proj-", "sk-ant-", "gsk_", "xai-", "hf_", "ghp_", "AIza"]), plain).map(
    "".join
)

HEADERS = [
    "Authorization",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "Cookie",
    "X-Auth-Token",
    "X-Client-Secret",
    "X-Signature",
]
QUERY = ["key", "api_key", "access_token", "X-Amz-Signature", "client_secret", "auth"]
FIELDS = [
    "api_key",
    "apiKey",
    "password",
    "client_secret",
    "access_token",
    "authorization",
    "X-Api-Key",
    "private_key",
    "token",
]


def nested(name: str, secret: Any, shape: int) -> Any:
    """Draw the secret at some depth of a JSON body."""
    return [
        {name: secret},
        {"tools": [{"headers": {name: secret}}]},
        [{"a": 1}, {name: [secret, {"b": secret}]}],
        {"name": name, "value": secret} if "-" in name else {"x": {name: {"y": secret}}},
        {"arguments": json.dumps({name: secret})},
        {"content": json.dumps({"stdout": json.dumps({name: secret})})},
        {"content": json.dumps([{"text": json.dumps({"stdout": json.dumps({name: secret, "a": 1})})}])},
    ][shape]


def spellings(secret: str) -> set[str]:
    """Return the spellings in which a secret could be in the file."""
    encoded = base64.b64encode(secret.encode()).decode().rstrip("=")[:-2]
    return {secret, json.dumps(secret)[1:-1], quote(secret), quote(secret, safe=""), encoded}


def recorded(request: RecordedRequest, answer: StubAnswer | Exception) -> str:
    """Return the text of a cassette with this exchange, plain and with its base64 decoded."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cassette.json"

        def reply(_: RecordedRequest) -> StubAnswer:
            if isinstance(answer, Exception):
                raise answer
            return answer

        with cassette(path) as tape:
            driver = tape.driver(StubDriver(reply))
            with contextlib.suppress(NoResponse):
                read_all(driver.open(request.method, request.url, request.headers, request.body))
        text = path.read_text("utf-8")
    unpacked = [base64.b64decode(value).decode("latin-1") for value in _base64(json.loads(text))]
    return "\n".join([text, json.dumps(json.loads(text)), *unpacked])


def _base64(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["base64"]] if isinstance(value.get("base64"), str) else []
        return own + [found for item in value.values() for found in _base64(item)]
    return [found for item in value for found in _base64(item)] if isinstance(value, list) else []


def assert_absent(secret: str, text: str) -> None:
    """Assert that the text has no spelling of the secret."""
    for spelling in spellings(secret):
        assert spelling not in text


@given(plain, st.sampled_from(HEADERS), st.sampled_from(["", "Bearer ", "Basic ", "Token "]))
def test_no_header_gives_a_secret_away(secret: str, name: str, scheme: str) -> None:
    """No header shows a secret, of the request or repeated in the answer's header, body or reason."""
    sent = base64.b64encode(f"user:{secret}".encode()).decode() if scheme == "Basic " else secret
    value = f"sid={sent}; theme=dark" if name == "Cookie" else scheme + sent
    request = RecordedRequest("GET", "http://h/x", ((name, value),))
    echo = StubAnswer(
        headers=[("x-echo", secret), ("set-cookie", f"a={secret}; Path=/")], pieces=[f"you sent {secret}".encode()]
    )
    assert_absent(secret, recorded(request, echo))
    assert_absent(secret, recorded(request, NoResponse(f"closed on {secret}")))


@given(plain | awkward, st.sampled_from(QUERY))
def test_no_query_gives_a_secret_away(secret: str, name: str) -> None:
    """No query shows a secret, in any escaping, also where the answer repeats it."""
    request = RecordedRequest("GET", f"http://h/x?a=b&{name}={quote(secret, safe='')}&c=d")
    echo = StubAnswer(pieces=[json.dumps({"error": f"bad: {secret}"}).encode()])
    assert_absent(secret, recorded(request, echo))


@given(plain)
def test_no_user_information_gives_a_secret_away(secret: str) -> None:
    """No user information in a URL, also inside a text, shows a password or token."""
    for user in (f"me:{secret}", secret):
        request = RecordedRequest("GET", f"http://{user}@h/x", (), f"fetch https://{user}@other/x".encode())
        assert_absent(secret, recorded(request, StubAnswer(pieces=[f"no such user: {secret}".encode()])))


@given(plain | awkward, st.sampled_from(FIELDS), st.integers(0, 6), st.sampled_from([None, 2]))
def test_no_json_member_gives_a_secret_away(secret: str, name: str, shape: int, indent: int | None) -> None:
    """No JSON member shows a secret, at any depth, in a request and in an answer."""
    body = json.dumps(nested(name, secret, shape), indent=indent).encode()
    request = RecordedRequest("POST", "http://h/x", (("content-type", "application/json"),), body)
    assert_absent(secret, recorded(request, StubAnswer(pieces=[body])))


@given(plain | awkward, st.sampled_from(FIELDS), st.integers(0, 6), st.lists(st.integers(1, 120), max_size=3))
def test_no_event_gives_a_secret_away(secret: str, name: str, shape: int, cuts: list[int]) -> None:
    """No event shows a secret, wherever the network has cut the stream."""
    event = b"event: x\ndata: " + json.dumps(nested(name, secret, shape)).encode() + b"\n\n"
    edges = [0, *sorted(cuts), len(event)]
    pieces = [event[start:end] for start, end in itertools.pairwise(edges) if event[start:end]]
    stream = StubAnswer(headers=[("content-type", "text/event-stream")], pieces=pieces)
    assert_absent(secret, recorded(RecordedRequest("GET", "http://h/x"), stream))


@given(shaped, st.binary(max_size=6).filter(lambda data: b"\xff" in data or not data))
def test_no_place_gives_a_key_away_that_looks_like_one(secret: str, around: bytes) -> None:
    """A key is recognised by its shape in a path, a header, a text, a form and in binary data."""
    request = RecordedRequest(
        "POST",
        f"http://h/{secret}/x?q={secret}",
        (("x-any", f"a {secret} b"),),
        around + b" " + secret.encode() + b" " + around,
    )
    answer = StubAnswer(headers=[("location", f"/{secret}")], pieces=[around + b' {"note": "' + secret.encode() + b'"'])
    assert_absent(secret, recorded(request, answer))


@pytest.mark.parametrize("cut", range(1, 30))
def test_no_cut_gives_a_key_away(cut: int) -> None:
    """Wherever the network cuts a key, neither half is in the file, except the prefix that shows its kind."""
    body = b'{"note": "sk-proj-ABCDEFGHIJKL"'
    text = recorded(RecordedRequest("GET", "http://h/x"), StubAnswer(pieces=[body[:cut], body[cut:]]))
    assert "ABC" not in text and "JKL" not in text and "DEF" not in text
