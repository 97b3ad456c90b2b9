"""Errors inside a 200 stream: error objects, and frames that are not JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from inference_gateway_sdk import errors
from inference_gateway_sdk._wire.headers import Headers
from inference_gateway_sdk._wire.problem import read_bad_frame, read_error, read_stream_error


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ({"error": {"message": "m", "code": 503}}, 503),
        ({"error": {"message": "m", "code": "503"}}, 503),
        ({"error": {"message": "m", "code": 503.0}}, 503),
        ({"error": {"message": "m", "status": 502}}, 502),
        ({"error": {"message": "m", "status_code": 429}}, 429),
        ({"error": {"message": "m"}, "status": 408}, 408),
        ({"error": {"message": "m", "code": "rate_limit_exceeded"}}, 429),
        ({"error": {"message": "m", "code": "insufficient_quota"}}, 429),
        ({"error": {"message": "m", "type": "invalid_request_error"}}, 400),
        ({"error": {"message": "m", "type": "invalid_request_error", "code": "context_length_exceeded"}}, 400),
        ({"error": {"message": "m", "type": "invalid_request_error", "code": "invalid_api_key"}}, 401),
        ({"error": {"message": "m", "type": "server_error"}}, 500),
        ({"error": {"message": "m", "type": "api_error"}}, 500),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "m"}}, 529),
        ({"type": "error", "error": {"type": "rate_limit_error", "message": "m"}}, 429),
        ({"type": "error", "error": {"type": "authentication_error", "message": "m"}}, 401),
        ({"type": "error", "error": {"type": "permission_error", "message": "m"}}, 403),
        ({"type": "error", "error": {"type": "not_found_error", "message": "m"}}, 404),
        ({"type": "error", "error": {"type": "request_too_large", "message": "m"}}, 413),
        ({"type": "error", "error": {"type": "timeout_error", "message": "m"}}, 504),
        ({"type": "error", "code": "rate_limit_exceeded", "message": "m", "sequence_number": 3}, 429),
        ({"type": "response.failed", "response": {"error": {"code": "server_error", "message": "m"}}}, 500),
        ({"error": {"code": 8, "message": "m", "status": "RESOURCE_EXHAUSTED"}}, 429),
        ({"error": json.dumps({"error": {"message": "m", "code": 502}})}, 502),
        ([{"error": {"message": "m", "code": 503}}], 503),
    ],
)
def test_an_error_object_in_a_stream_has_the_class_of_its_code(value: Any, status: int) -> None:
    """The code inside, a number or a name, decides class and status, as the status line would."""
    error = read_stream_error(value, json.dumps(value).encode(), provider="openai", model="gpt-4o")
    assert type(error) is type(read_error(status, Headers(), b""))
    assert isinstance(error, errors.StatusError)
    assert (error.status, error.message, error.body) == (status, "m", value)
    assert (error.provider, error.model) == ("openai", "gpt-4o")


@pytest.mark.parametrize(
    "code", [None, "c", 0, 200, 399, 600, 99999, -503, True, "5033", "\u0665\u0660\u0663", [], {}, float("nan")]
)
def test_an_error_object_without_a_usable_code_is_a_stream_error(code: Any) -> None:
    """Without a code for an error status the error is a StreamError with the same message."""
    error = read_stream_error({"error": {"message": "m", "code": code, "type": "t"}})
    assert type(error) is errors.StreamError
    assert error.message == "m"


def test_an_error_object_without_a_message_shows_itself() -> None:
    """An error without a message is quoted unchanged, its secrets cut."""
    error = read_stream_error({"error": {"key": "x"}}, b'{"error":{"key":"sk-abcdefgh123"}}')
    assert str(error) == """the stream sent an error without a message: '{"error":{"key":"sk-..."}}'"""


@pytest.mark.parametrize(
    ("frame", "cls", "message"),
    [
        (
            b'{"error": "Failed to start streaming: {"error": {"message": "slow down", "type": "t", "code": "c"}}"}',
            errors.StreamError,
            "slow down",
        ),
        (
            b'{"error": "Failed to start streaming: {"error": {"message": "slow down", "code": "too_many_requests"}}"}',
            errors.RateLimitError,
            "slow down",
        ),
        (b'{"error": "{"error": {"message": "no", "code": 503}}"}', errors.ServiceUnavailableError, "no"),
        (
            (
                b'{"error": "Failed to start streaming: '
                b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"}'
            ),
            errors.OverloadedError,
            "Overloaded",
        ),
        (b'{"error": "Failed: he said "no" twice"}', errors.StreamError, 'Failed: he said "no" twice'),
        (b'{"error": "Failed to start streaming: {', errors.StreamError, "Failed to start streaming: {"),
        (
            b"<html><title>502 Bad Gateway</title>",
            errors.StreamError,
            "the stream sent an HTML page: 502 Bad Gateway instead of events",
        ),
        (b"<html></html>", errors.StreamError, "the stream sent an HTML page instead of events"),
        (b'{"error": "', errors.StreamError, """the stream sent a frame that is not JSON: '{"error": "'"""),
        (b"oops", errors.StreamError, "the stream sent a frame that is not JSON: 'oops'"),
        (b"", errors.StreamError, "the stream sent a frame that is not JSON: ''"),
        (
            b'{"id": "c1", "choices": [{"del',
            errors.StreamError,
            """the stream sent a frame that is not JSON: '{"id": "c1", "choices": [{"del'""",
        ),
        (b"\xff" * 500, errors.StreamError, f"the stream sent a frame that is not JSON: '{chr(0xFFFD) * 120}...'"),
    ],
)
def test_a_frame_that_is_not_json(frame: bytes, cls: type[errors.GatewayError], message: str) -> None:
    """The error inside the gateway's unescaped frame is found; any other frame is quoted from its beginning."""
    error = read_bad_frame(frame)
    assert type(error) is cls
    assert error.message == message
