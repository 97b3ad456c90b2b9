"""A client's connection: data that is not HTTP, uploads that stop, and requests one after the other."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from embedded.raw_http import Reply, exchanged
from inference_gateway_sdk.embedded.client_connection import ClientConnection

if TYPE_CHECKING:
    from conftest import Gateways, Upstream

pytestmark = pytest.mark.wire

CHAT = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"


def test_what_is_no_http_is_refused(gateway: Gateways, caplog: pytest.LogCaptureFixture) -> None:
    """Data that is not HTTP is a 400 in plain text, before any path is known."""
    reply = exchanged(str(gateway().base_url), b"what is this?\r\n\r\n")
    assert (reply.status, reply.headers["content-type"]) == (400, "text/plain; charset=utf-8")


def test_a_connection_that_stops_in_its_head_is_closed(gateway: Gateways) -> None:
    """A connection that ends inside its head is closed without an answer."""
    assert exchanged(str(gateway().base_url), CHAT, stop=True).first == ""


@pytest.mark.parametrize("sent", [b"", CHAT, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /he"])
def test_a_head_that_does_not_come_is_not_waited_for(
    gateway: Gateways, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection without a whole head is closed in time: clients cannot hold one open without a request."""
    monkeypatch.setattr(ClientConnection, "head_seconds", 0.05)
    url = gateway().base_url
    with socket.create_connection((url.host, url.port), timeout=10) as connection:
        connection.sendall(sent)
        while connection.recv(65536):  # a timeout here means that the connection is held
            pass


def test_a_head_may_be_large(gateway: Gateways) -> None:
    """A head of nearly a MiB, the limit of Go's server, is accepted."""
    head = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Long: " + b"x" * 1_000_000 + b"\r\n\r\n"
    assert exchanged(str(gateway().base_url), head).status == 200


def test_an_upload_that_stops_behind_an_early_answer_is_closed(
    gateway: Gateways, caplog: pytest.LogCaptureFixture
) -> None:
    """Data after a refusal that preceded the body adds no response and no log record."""
    client = gateway(token="secret")
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=10) as connection:
        connection.sendall(CHAT + b"Content-Length: 9\r\n\r\n{")
        data = connection.recv(65536)
        connection.shutdown(socket.SHUT_WR)
        while more := connection.recv(65536):
            data += more
    reply = Reply.read(data, "closed")
    assert (reply.status, reply.json, reply.whole) == (401, {"error": "unauthorized"}, True)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_refused_upload_leaves_the_gateway_as_it_was(
    gateway: Gateways, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    """After a refused upload the next request is answered, and nothing is logged."""
    client = gateway()
    assert exchanged(str(client.base_url), CHAT + b"Content-Length: 9\r\n\r\n{", stop=True).status == 400
    assert exchanged(str(client.base_url), CHAT + b"Transfer-Encoding: chunked\r\n\r\nx\r\n").status == 400
    assert client.get("/health").status_code == 200
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert upstream.seen == []


def test_two_requests_at_once_are_answered_in_order(gateway: Gateways) -> None:
    """A pipelined request waits for its turn on the same connection."""
    client = gateway()
    both = b"GET /nope HTTP/1.1\r\nHost: localhost\r\n\r\n"
    both += b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=10) as connection:
        connection.sendall(both)
        data = b""
        while more := connection.recv(65536):
            data += more
    assert data.count(b"HTTP/1.1 404 Not Found") == data.count(b"HTTP/1.1 200 OK") == 1
    assert data.endswith(b'{"message":"OK"}')
