"""gateway-behaviour.md#edge-cases: responses to malformed and unusual requests, as observed on the running gateway."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from embedded.behaviour_cases import ANSWER, CHAT, GIN, HI, Case, cases, play, whole
from embedded.raw_http import exchanged
from inference_gateway_sdk.embedded import McpSettings

if TYPE_CHECKING:
    from conftest import Gateways, Upstream

pytestmark = pytest.mark.wire

DECODE = {"error": "Failed to decode request"}


def malformed(sent: bytes, **more: object) -> Case:
    """Return a case of a chat whose body is not JSON."""
    claim = f"{sent[:40]!r} is refused{' with tools' if more else ''}"
    return Case(**{"section": "24", "claim": claim, "path": CHAT, "sent": sent, "status": 400, "value": DECODE,
                   "kind": GIN, "seen": False, **more})  # fmt: skip


@cases(
    *(
        malformed(sent)
        for sent in (
            b'{"model":null,}',
            b'{"model":null',
            b'{"messages":[{"role":null,}]}',
            b'{"model":"openai/m","messages":[{"role":null}',
            b'{"model":null,"x":\xff}',
        )
    ),
    Case(
        section="24",
        claim="absent messages are null",
        path=CHAT,
        sent={"model": "openai/m"},
        answers={"m": whole(200, ANSWER)},
        seen=lambda seen: seen.json == {"model": "m", "messages": None},
    ),
    Case(
        section="24",
        claim="null is an empty message",
        path=CHAT,
        sent={"model": "openai/m", "messages": [None]},
        answers={"m": whole(200, ANSWER)},
        seen=lambda seen: seen.json["messages"] == [{"role": "", "content": None}],
    ),
    Case(
        section="24",
        claim="a second model of null does not undo the first",
        path=CHAT,
        sent=b'{"model":"openai/m","messages":[],"model":null}',
        answers={"m": whole(200, ANSWER)},
        seen=lambda seen: json.loads(seen.body)["model"] == "m",
    ),
)
def test_bodies_of_chats(gateway: Gateways, upstream: Upstream, case: Case) -> None:
    """A body gets the answer of the real gateway, and the provider the same request."""
    play(case, gateway, upstream)


NOT_HTTP = b"400 Bad Request"


def proxied(path: str, arrives: str | None = None, **more: object) -> Case:
    """Return a case of a GET by /proxy, with the path that arrives at the provider, whose base is /v1."""
    target = "/v1" + (arrives or path.removeprefix("/proxy/openai"))
    return Case(**{"section": "24", "claim": path, "method": "GET", "path": path,
                   "answers": {target: whole(200, {"ok": True})}, "value": {"ok": True},
                   "seen": lambda seen: seen.path == target, **more})  # fmt: skip


@cases(
    *(
        Case(
            section="24",
            claim=f"{path} does not leave the provider's API, nor resolve to another path",
            method="GET",
            path=path,
            status=400,
            seen=False,
        )
        for path in ("/proxy/openai/a/../b", "/proxy/openai/%2e%2e/b", "/proxy/openai/./b")
    ),
    proxied("/proxy/openai/x?a=b#c"),
    proxied("/proxy/openai/x!'()*~-_.", "/x%21%27%28%29%2A~-_."),
    proxied("/proxy/openai/a$&+,;=:@b"),
    proxied("/proxy/openai/x?q=%zz"),
    Case(
        section="24",
        claim="no provider is an unknown one",
        method="GET",
        path="/proxy//models",
        status=400,
        value={"error": "Provider not found. Please check the list of supported providers."},
        seen=False,
    ),
    *(
        Case(
            section="24",
            claim=f"the method {method} is unknown",
            method=method,
            path="/proxy/openai/x",
            status=404,
            value={"error": "Requested route is not found"},
            seen=False,
        )
        for method in ("FOO", "get", "PROPFIND")
    ),
    *(
        Case(
            section="24",
            claim=f"{path} is not a path",
            method="GET",
            path=path,
            status=400,
            body=NOT_HTTP,
            kind="text/plain; charset=utf-8",
            seen=False,
        )
        for path in ("/proxy/openai/a%zz", "/health%", "/v1/%4")
    ),
    Case(
        section="24",
        claim="an expectation that is unknown is not met",
        path=CHAT,
        sent={"model": "openai/m", "messages": HI},
        given={"Expect": "x"},
        status=417,
        body=b"",
        seen=False,
    ),
)
def test_requests_by_their_head(gateway: Gateways, upstream: Upstream, case: Case) -> None:
    """A path is sent as Go writes it; a request that Go's server refuses gets the same text."""
    play(case, gateway, upstream)


@pytest.mark.parametrize(
    "head",
    [
        b"GET / health HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\n\r\n",
        b"GET /health\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n",
    ],
)
def test_what_is_not_a_request_is_refused_in_text(gateway: Gateways, head: bytes) -> None:
    """Go's server answers with a line of text and closes the connection."""
    reply = exchanged(str(gateway().base_url), head)
    assert (reply.status, reply.headers["content-type"], reply.body) == (400, "text/plain; charset=utf-8", NOT_HTTP)


@pytest.mark.parametrize("cut", [0, 1, 9, 14])
def test_bytes_over_127_in_a_request_line_are_taken(gateway: Gateways, upstream: Upstream, cut: int) -> None:
    """A client that does not encode such bytes is served, however they arrive."""
    request = "GET /proxy/openai/\u00e9?x=\u00e9 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    upstream.answers("/v1/%C3%A9?x=%C3%A9", whole(200, b"{}"))
    url = str(gateway().base_url)
    assert exchanged(url, request).status == 200
    host, port = url.removeprefix("http://").rstrip("/").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in (request[:cut], request[cut : cut + 12], request[cut + 12 :]):
            connection.sendall(part)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert [seen.path for seen in upstream.seen] == ["/v1/%C3%A9?x=%C3%A9"] * 2


@pytest.mark.parametrize(
    ("kind", "count", "name", "status"),
    [
        ("application/json", "1", "resourceMetrics", 200),
        ("application/json; charset=utf-8", "1.0", "resourceMetrics", 200),
        ("application/json", "1.5", "resourceMetrics", 400),
        ("APPLICATION/JSON", "1", "resourceMetrics", 415),
        ("application/json", "1", 'resource_metrics": [], "resourceMetrics', 400),
    ],
)
def test_a_push_of_metrics(gateway: Gateways, kind: str, count: str, name: str, status: int) -> None:
    """A metric's type is case-sensitive, whole numbers may have a zero fraction, a repeated field is refused."""
    point = f'{{"count": {count}}}'
    metric = f'{{"name": "gen_ai.client.operation.duration", "histogram": {{"dataPoints": [{point}]}}}}'
    body = f'{{"{name}": [{{"scopeMetrics": [{{"metrics": [{metric}]}}]}}]}}'
    answer = gateway(push_metrics=True).post("/v1/metrics", content=body, headers={"content-type": kind})
    assert answer.status_code == status, answer.text


def test_a_body_that_cannot_be_read_with_mcp_and_no_server(gateway: Gateways) -> None:
    """The middleware's message comes first if the gateway has MCP servers, none of which is reachable."""
    dead = McpSettings(enabled=True, servers=("http://127.0.0.1:9/mcp",), reconnect_interval=None)
    client = gateway(mcp=dead, quirks="v0.48")
    for body, text in ((b"{nope", "Invalid request body"), (b'{"model":"openai/m"}', "Failed to decode request")):
        answer = client.post(CHAT, content=body)
        assert (answer.status_code, answer.json()) == (400, {"error": text})


@pytest.mark.parametrize(("value", "status"), [("Bearer  secret", 200), ("Bearer secret", 200), ("Bearer  other", 401)])
def test_spaces_before_a_token(gateway: Gateways, value: str, status: int) -> None:
    """`Bearer` may be followed by several spaces."""
    answer = gateway(token="secret").get("/v1/models", headers={"authorization": value})
    assert answer.status_code == status
