"""Request heads: their bytes, and that no input can begin a second request."""

from __future__ import annotations

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_gateway_sdk._http1.request import HeadBuilder, request_target

PLAN = request_target("http://gw.test/v1/x?y=z", None)


def test_a_head_is_written_in_order() -> None:
    """A head has the request line, Host, the caller's headers unchanged, and the body's length."""
    head = HeadBuilder()(PLAN, "POST", [("Accept", "a"), ("X-Y", "")], b"{}")
    assert head.data == b"POST /v1/x?y=z HTTP/1.1\r\nHost: gw.test\r\nAccept: a\r\nX-Y: \r\nContent-Length: 2\r\n\r\n"


@pytest.mark.parametrize(
    ("method", "body", "length"),
    [
        ("GET", None, None),
        ("GET", b"", "0"),
        ("DELETE", None, None),
        ("POST", None, "0"),
        ("PUT", None, "0"),
        ("PATCH", None, "0"),
    ],
)
def test_the_length_is_sent_where_a_server_expects_it(method: str, body: bytes | None, length: str | None) -> None:
    """A method that usually has a body sends Content-Length 0 without one (RFC 9110 section 8.6)."""
    head = HeadBuilder()(PLAN, method, [], body).data.decode()
    assert ("Content-Length: " + (length or "")) in head if length else "Content-Length" not in head


texts = st.text(max_size=12)


@given(method=st.one_of(st.just("GET"), texts), headers=st.lists(st.tuples(texts, texts), max_size=3))
@settings(max_examples=7 * settings.default.max_examples)
def test_any_method_and_headers_make_one_request_or_a_value_error(method: str, headers: list[tuple[str, str]]) -> None:
    """Another parser reads back exactly one head with exactly these headers."""
    try:
        head = HeadBuilder()(PLAN, method, headers, None)
    except ValueError:
        return
    server = h11.Connection(h11.SERVER)
    server.receive_data(head.data)
    try:
        request = server.next_event()
    except h11.RemoteProtocolError:
        assert any(
            not value.isprintable() for _, value in headers
        )  # control characters, which cannot smuggle a request
        return
    assert isinstance(request, h11.Request)
    assert request.method == method.encode()
    read = [(name.decode(), value.decode("latin-1")) for name, value in request.headers.raw_items()]
    mine = [(name, value.strip(" \t")) for name, value in headers]
    assert [pair for pair in read if pair[0] not in ("Host", "Content-Length")] == mine
    assert server.trailing_data[0] == b""
