"""The innermost message and code of every envelope around an error."""

from __future__ import annotations

import json
from typing import Any

import pytest

from inference_gateway_sdk._wire.headers import Headers
from inference_gateway_sdk._wire.problem import read_error

NONE = Headers()


def body(value: Any) -> bytes:
    """Return a JSON body."""
    return json.dumps(value).encode()


def wrapped(value: Any, times: int = 1) -> Any:
    """Wrap the value as the gateway does: as JSON inside the string of its own envelope."""
    return wrapped({"error": json.dumps(value)}, times - 1) if times else value


OPENAI = {"error": {"message": "slow down", "type": "requests", "param": None, "code": "rate_limit_exceeded"}}
ANTHROPIC = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "req_9"}

# By name: the body, the message and the code.
ENVELOPES: dict[str, tuple[bytes, str, str | int | None]] = {
    "gateway": (body({"error": "Failed to decode request"}), "Failed to decode request", None),
    "gateway, line feed": (body({"error": "no\n"}), "no", None),
    "openai": (body(OPENAI), "slow down", "rate_limit_exceeded"),
    "openai, wrapped": (body(wrapped(OPENAI)), "slow down", "rate_limit_exceeded"),
    "openai, wrapped twice": (body(wrapped(OPENAI, 2)), "slow down", "rate_limit_exceeded"),
    "openai, code null": (body({"error": {"message": "no", "type": "t", "code": None}}), "no", "t"),
    "openai, code a number": (body({"error": {"message": "no", "type": "t", "code": 7}}), "no", 7),
    "openai, code a bool": (body({"error": {"message": "no", "code": True}}), "no", None),
    "anthropic": (body(ANTHROPIC), "Overloaded", "overloaded_error"),
    "anthropic, wrapped": (body(wrapped(ANTHROPIC)), "Overloaded", "overloaded_error"),
    "JSON in a message": (body({"error": {"message": json.dumps(OPENAI)}}), "slow down", "rate_limit_exceeded"),
    "JSON after words": (
        body({"error": f"Failed to start streaming: {json.dumps(OPENAI)}"}),
        "slow down",
        "rate_limit_exceeded",
    ),
    "data quoted in a message": (body({"error": 'bad tool {"name": "f"} given'}), 'bad tool {"name": "f"} given', None),
    "unreachable, double": (
        body(wrapped({"error": "Failed to reach upstream server: x"})),
        "Failed to reach upstream server: x",
        None,
    ),
    "guardrails": (
        body({"error": "request blocked by guardrails", "message": "no cards"}),
        "request blocked by guardrails: no cards",
        None,
    ),
    "guardrails, wrapped": (
        body(wrapped({"error": "request blocked by guardrails", "message": "no cards"})),
        "request blocked by guardrails: no cards",
        None,
    ),
    "error and message alike": (body({"error": "no", "message": "no"}), "no", None),
    "error and empty message": (body({"error": "no", "message": ""}), "no", None),
    "fastapi, text": (body({"detail": "Not Found"}), "Not Found", None),
    "fastapi, list": (
        body({"detail": [{"loc": ["body", "messages", 0], "msg": "field required", "type": "missing"}, {"msg": "b"}]}),
        "body.messages.0: field required; b",
        "missing",
    ),
    "mistral": (body({"object": "error", "message": {"detail": [{"msg": "bad"}]}, "type": "t"}), "bad", "t"),
    "cohere": (body({"message": "invalid api token"}), "invalid api token", None),
    "cloudflare": (body({"errors": [{"code": 7003, "message": "no route"}], "success": False}), "no route", 7003),
    "google": (body([{"error": {"code": 400, "message": "bad", "status": "INVALID_ARGUMENT"}}]), "bad", 400),
    "problem details": (
        body({"type": "about:blank", "title": "Bad", "detail": "x is missing"}),
        "x is missing",
        "about:blank",
    ),
    "problem details, title only": (body({"title": "Bad", "status": 400}), "Bad", None),
    "oauth": (body({"error": {}, "error_description": "expired"}), "expired", None),
    "llama.cpp": (
        body({"error": {"code": 400, "message": "too long", "type": "exceed_context_size_error"}}),
        "too long",
        400,
    ),
    "list of texts": (body({"errors": ["a", "b"]}), "a; b", None),
    "a JSON string": (body("just text"), "just text", None),
    "plain text": (b"upstream connect error\r\n", "upstream connect error", None),
    "several lines": (body({"error": "a\n\n  b\tc"}), "a b c", None),
    "a BOM": (b"\xef\xbb\xbf" + body(OPENAI), "slow down", "rate_limit_exceeded"),
    "an event stream": (b"data: " + body(OPENAI) + b"\n\ndata: [DONE]\n\n", "slow down", "rate_limit_exceeded"),
    "unescaped": (
        b'data: {"error": "Failed to start streaming: {"error": {"message": "slow down", "code": "c"}}"}\n\n',
        "slow down",
        "c",
    ),
    "a lone surrogate": (b'{"error":"a\\ud800b"}', "a b", None),
    "numbers out of range": (b'{"error":{"message":"no","code":"c","x":1e400}}', "no", "c"),
    "not UTF-8": (b'{"error":"caf\xe9"}', "caf\ufffd", None),
    "empty": (b"", "Bad Request", None),
    "blank": (b" \r\n", "Bad Request", None),
    "empty error": (body({"error": ""}), "Bad Request", None),
    "null": (b"null", "Bad Request", None),
    "no message anywhere": (body({"foo": {"bar": 1}}), "Bad Request", None),
    "html title": (
        b"<!DOCTYPE html><html><head><title>502 Bad &amp; Gateway</title></head><body><h1>x</h1></body></html>",
        "Bad Request (an HTML page: 502 Bad & Gateway)",
        None,
    ),
    "html text": (
        b"<html><style>p{}</style><script>x()</script><!-- c --><p>No <b>such</b>\nthing</p></html>",
        "Bad Request (an HTML page: No such thing)",
        None,
    ),
    "html, wrapped": (body({"error": "<html>boom</html>"}), "Bad Request (an HTML page: boom)", None),
    "html, empty": (b"<html></html>", "Bad Request (an HTML page)", None),
    "a secret": (body({"error": "Incorrect key: sk-abcdefgh12345"}), "Incorrect key: sk-...", None),
}


@pytest.mark.parametrize("name", ENVELOPES)
def test_every_envelope_gives_its_innermost_message(name: str) -> None:
    """The message and the code come from the innermost error, in every envelope."""
    sent, message, code = ENVELOPES[name]
    error = read_error(400, NONE, sent)
    assert (error.message, error.code) == (message, code)


def test_long_messages_are_cut() -> None:
    """A message of a megabyte is cut, and so is a title."""
    assert len(read_error(400, NONE, body({"error": "x" * 1_000_000})).message) == 2000
    assert len(read_error(400, NONE, b"y" * 3_000_000).message) == 2000
    assert len(read_error(400, NONE, b"<html>" + b"y" * 3_000_000).message) < 300
    assert len(read_error(400, NONE, body([{"error": "z" * 1500}] * 9)).message) == 2000


@pytest.mark.parametrize(
    ("status", "phrase"),
    [(400, "Bad Request"), (502, "Bad Gateway"), (529, "Overloaded"), (599, "HTTP status 599"), (-1, "HTTP status -1")],
)
def test_an_empty_body_shows_the_status_by_name(status: int, phrase: str) -> None:
    """Without a body the message is the status' own name."""
    assert read_error(status, NONE, b"").message == phrase


def test_envelopes_within_envelopes_have_an_end() -> None:
    """A message under too many envelopes is not searched for, and the status' name is used."""
    assert read_error(400, NONE, body(wrapped(OPENAI, 3))).message == "slow down"
    deep: Any = "no"
    for _ in range(50):
        deep = {"error": deep}
    assert read_error(400, NONE, body(deep)).message == "Bad Request"
