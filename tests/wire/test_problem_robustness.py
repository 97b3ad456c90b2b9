"""Parsing an error never raises another, whatever the input."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_gateway_sdk import errors
from inference_gateway_sdk._wire.headers import Headers
from inference_gateway_sdk._wire.problem import read_bad_frame, read_error, read_stream_error

keys = st.sampled_from(
    ["error", "message", "detail", "errors", "code", "type", "status", "msg", "loc", "request_id", "response", "title"]
)
pieces = st.sampled_from(
    [
        b'{"error":',
        b'"',
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
        b'"message":"',
        b"<html>",
        b"<title",
        b"<",
        b"data: ",
        b"\xff",
        b"1e999",
    ]
)
leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["429", "error"])
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4) | inner.map(json.dumps),
    max_leaves=12,
)
payloads = (
    st.binary(max_size=60) | values.map(lambda value: json.dumps(value).encode()) | st.lists(pieces).map(b"".join)
)
header_pairs = st.lists(
    st.tuples(
        st.sampled_from(["retry-after", "retry-after-ms", "x-request-id", "x-selected-model", "content-type"]),
        st.text(max_size=30) | st.sampled_from(["Sun, 06 Nov 1994 08:49:37 GMT", "Mon, 31 Feb 99999 25:61:61 +9999"]),
    ),
    max_size=4,
)


def is_sound(error: errors.GatewayError) -> bool:
    """Assert that an error can be shown, logged, pickled and raised."""
    text = str(error)
    copy = pickle.loads(pickle.dumps(error))
    return bool(error.message) and len(text) < 3000 and bool(text.encode()) and str(copy) == text


@given(
    st.integers(400, 599) | st.integers(),
    header_pairs,
    payloads,
    st.none() | st.text(max_size=10),
    st.none() | st.text(max_size=10),
)
def test_reading_an_error_never_raises(
    status: int, pairs: list[tuple[str, str]], sent: bytes, provider: str | None, model: str | None
) -> None:
    """Any status, headers and body become a sound StatusError of the status' class."""
    error = read_error(status, Headers(pairs), sent, now=0.0, provider=provider, model=model)
    assert type(error) is type(read_error(status, Headers(), b""))
    assert error.status == status
    assert is_sound(error)


@given(values, payloads)
def test_reading_an_error_of_a_stream_never_raises(value: Any, sent: bytes) -> None:
    """Any value and any bytes inside a stream become a StreamError, or a StatusError with an error's status."""
    for error in (read_stream_error(value, sent), read_bad_frame(sent)):
        assert is_sound(error)
        assert isinstance(error, errors.StreamError) or (
            isinstance(error, errors.StatusError) and 400 <= error.status < 600
        )


@pytest.mark.parametrize(
    "sent",
    [
        b"[" * 100_000,
        b'{"error":' * 50_000,
        b'{"error":"' * 50_000,
        b"{" * 500_000,
        b"<title" * 100_000,
        b"<html>" + b"<script>" * 100_000,
        b"<!--" * 200_000,
        b'{"error":"' + b"9" * 100_000 + b'"}',
        b'{"code":' + b"9" * 100_000 + b"}",
    ],
)
def test_hostile_bodies_are_read_in_bounded_work(sent: bytes) -> None:
    """Deep, endless and unclosed bodies neither exhaust the stack nor take more than a moment."""
    assert is_sound(read_error(502, Headers(), sent))
    assert is_sound(read_bad_frame(sent))
