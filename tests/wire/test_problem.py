"""Classification of an error response: its class, and the facts beside its message."""

from __future__ import annotations

import json
from typing import Any

import pytest

from inference_gateway_sdk import errors
from inference_gateway_sdk._wire.headers import Headers
from inference_gateway_sdk._wire.problem import read_error

NONE = Headers()
ANTHROPIC = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "req_9"}

CLASSES = {
    400: errors.BadRequestError,
    401: errors.UnauthorizedError,
    402: errors.StatusError,
    403: errors.ForbiddenError,
    404: errors.NotFoundError,
    405: errors.StatusError,
    408: errors.StatusError,
    409: errors.StatusError,
    413: errors.PayloadTooLargeError,
    415: errors.UnsupportedMediaTypeError,
    418: errors.StatusError,
    422: errors.UnprocessableError,
    429: errors.RateLimitError,
    500: errors.InternalError,
    501: errors.InternalError,
    502: errors.BadGatewayError,
    503: errors.ServiceUnavailableError,
    504: errors.GatewayTimeoutError,
    524: errors.InternalError,
    529: errors.OverloadedError,
    599: errors.InternalError,
    301: errors.StatusError,
    600: errors.StatusError,
    999: errors.StatusError,
}


def body(value: Any) -> bytes:
    """Return a JSON body."""
    return json.dumps(value).encode()


INNER_HOP = 'Post "http://h:8080/proxy/openai/chat/completions": '


@pytest.mark.parametrize(
    ("text", "cls"),
    [
        (INNER_HOP + "EOF", errors.BadGatewayError),
        (INNER_HOP + "write: broken pipe", errors.BadGatewayError),
        (INNER_HOP.replace("http:", "https:") + "read: connection reset by peer", errors.BadGatewayError),
        (INNER_HOP + "net/http: timeout awaiting response headers", errors.GatewayTimeoutError),
        (INNER_HOP + "tls: failed to verify certificate: x509: unknown authority", errors.BadRequestError),
        ('Post "http://h/v1/embeddings": EOF', errors.BadRequestError),
        ('cannot Post "http://h/proxy/x": EOF', errors.BadRequestError),
    ],
)
def test_a_broken_request_of_the_gateway_to_itself_is_a_bad_gateway(text: str, cls: type[errors.StatusError]) -> None:
    """A 400 with the text of Go's own request to /proxy is not the caller's fault.

    See gateway-behaviour.md#faults-of-the-inner-hop.
    """
    error = read_error(400, NONE, body({"error": text}))
    assert (type(error), error.status, error.message) == (cls, 400, text)


@pytest.mark.parametrize("status", CLASSES)
def test_every_status_has_its_class(status: int) -> None:
    """A status becomes exactly the class that the tree of errors names for it."""
    error = read_error(status, NONE, b'{"error":"no"}')
    assert type(error) is CLASSES[status]
    assert (error.status, error.message) == (status, "no")
    assert str(error).startswith(f"{status}: no")


@pytest.mark.parametrize(
    "text",
    [
        'Post "http://127.0.0.1:8080/proxy/openai/chat/completions": net/http: timeout awaiting response headers',
        'Post "http://127.0.0.1:8080/proxy/openai/chat/completions": context deadline exceeded',
        "net/http: request canceled (Client.Timeout exceeded while awaiting headers)",
    ],
)
def test_the_400_that_is_a_timeout(text: str) -> None:
    """A silent provider, reported as a 400, becomes a GatewayTimeoutError that keeps the status."""
    error = read_error(400, NONE, body({"error": text}))
    assert type(error) is errors.GatewayTimeoutError
    assert (error.status, error.message) == (400, text)
    assert type(read_error(403, NONE, body({"error": text}))) is errors.ForbiddenError


def test_the_body_is_kept() -> None:
    """The body is kept as its JSON value, as text, or None; a long one as the beginning of its text."""
    assert read_error(400, NONE, body(ANTHROPIC)).body == ANTHROPIC
    assert read_error(400, NONE, b"text\xff").body == "text\ufffd"
    assert read_error(400, NONE, b"").body is None
    assert read_error(400, NONE, body({"error": "x" * 100_000})).body == '{"error": "' + "x" * (65536 - 11)


@pytest.mark.parametrize(
    ("headers", "sent", "request_id"),
    [
        ((("X-Request-Id", "a"), ("request-id", "b")), b"", "a"),
        ((("Request-Id", "b"),), body(ANTHROPIC), "b"),
        ((), body(ANTHROPIC), "req_9"),
        ((), body({"error": json.dumps(ANTHROPIC)}), "req_9"),
        ((), body({"error": "x", "request_id": 7}), None),
    ],
)
def test_the_request_id(headers: tuple[tuple[str, str], ...], sent: bytes, request_id: str | None) -> None:
    """The request id comes from the headers, else from the body, wrapped or not."""
    assert read_error(429, Headers(headers), sent).request_id == request_id


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ((), None),
        ((("Retry-After", "7"),), 7.0),
        ((("Retry-After", " 1.5 "),), 1.5),
        ((("Retry-After", "-3"),), 0.0),
        ((("Retry-After", "soon"),), None),
        ((("Retry-After", "nan"),), None),
        ((("Retry-After", "inf"),), None),
        ((("Retry-After", "Sun, 06 Nov 1994 08:49:47 GMT"),), 10.0),
        ((("Retry-After", "Sunday, 06-Nov-94 08:49:47 GMT"),), 10.0),
        ((("Retry-After", "Sun Nov  6 08:49:47 1994"),), 10.0),
        ((("Retry-After", "Sun, 06 Nov 1994 08:49:00 GMT"),), 0.0),
        ((("Retry-After", "Sun, 99 Nov 1994 08:49:00 GMT"),), None),
        ((("Retry-After-Ms", "250"),), 0.25),
        ((("Retry-After-Ms", "250"), ("Retry-After", "7")), 0.25),
        ((("Retry-After-Ms", "x"), ("Retry-After", "7")), 7.0),
    ],
)
def test_retry_after(headers: tuple[tuple[str, str], ...], seconds: float | None) -> None:
    """The wait is read from seconds, from an HTTP date in any of its three forms, or from milliseconds."""
    assert read_error(429, Headers(headers), b"", now=784111777.0).retry_after == seconds


def test_a_date_without_a_clock_is_not_read() -> None:
    """Without `now` a date gives no wait, while seconds still do."""
    assert read_error(429, Headers([("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT")]), b"").retry_after is None
    assert read_error(429, Headers([("retry-after", "7")]), b"").retry_after == 7.0


def test_provider_and_model() -> None:
    """The gateway's selection wins over the requested model."""
    asked = read_error(429, NONE, b"", provider="groq", model="llama")
    selected = Headers([("X-Selected-Provider", "openai"), ("X-Selected-Model", "gpt-4o")])
    answered = read_error(429, selected, b"", provider="groq", model="llama")
    assert (asked.provider, asked.model) == ("groq", "llama")
    assert (answered.provider, answered.model) == ("openai", "gpt-4o")
    assert answered.headers == selected


def test_a_message_is_read_in_the_order_it_is_in() -> None:
    """Bidirectional control characters become spaces."""
    error = read_error(400, Headers(), '{"error": "a\u202eb\u2066c\u200fd"}'.encode())
    assert error.message == "a b c d"
