"""The statements of docs/gateway-behaviour.md as requests to a gateway and their expected responses.

A case cites its section. A case that a quirk decides names it: it is played with the quirks of v0.48, usually next to a
case of the same request without. `play` sends over its own socket, and compares.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from embedded.raw_http import Reply, exchanged
from inference_gateway_sdk.embedded.quirks import RELEASES

if TYPE_CHECKING:
    from conftest import Gateways, Script, Upstream

__all__ = [
    "ANSWER",
    "CHAT",
    "EVENTS",
    "GIN",
    "HI",
    "IMAGES",
    "JSON",
    "MESSAGES",
    "MODELS",
    "RESPONSES",
    "Case",
    "broken",
    "cases",
    "events",
    "form",
    "late",
    "play",
    "whole",
]

CHAT, MESSAGES, RESPONSES, MODELS = "/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1/models"
IMAGES = "/v1/images/generations"
GIN, JSON, EVENTS = "application/json; charset=utf-8", "application/json", "text/event-stream"
HI = [{"role": "user", "content": "hi"}]
ANSWER = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "up-model",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}],
}
Check = Callable[..., bool]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One statement of docs/gateway-behaviour.md.

    Attributes:
        section: Its section, such as "9".
        claim: The sentence, in short; with the section the name of the test.
        path: The request's path, with the query.
        method: The request's method.
        sent: The body: bytes, or a value that is sent as JSON; None for none.
        given: Headers of the request.
        settings: The gateway's settings that differ from the usual ones.
        quirk: The quirk that decides; None for the contract's way.
        tools: Functions that the gateway's MCP offers.
        answers: The provider's answers, by model or by path: bytes in one write each, or a script.
        status: 0 for a connection that closes without a byte.
        value: The JSON body.
        body: The body's bytes, or a check of them.
        kind: The content type.
        headers: Further headers of the response; None for one that must be absent.
        whole: The answer is complete.
        ended: How the connection ends then, "closed" or "reset"; None for either.
        seen: A check of the request that the provider received; False if it must receive none.
        stop: The client stops in the middle of its body.
        rows: The rows of the error catalogue that it proves, such as "no_key/chat".
    """

    section: str
    claim: str
    path: str
    method: str = "POST"
    sent: object = None
    given: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    quirk: str | None = None
    tools: Sequence[Callable[..., object]] = ()
    answers: Mapping[str, bytes | Sequence[bytes] | Script] = field(default_factory=dict)
    status: int = 200
    value: object = ...
    body: bytes | Check | None = None
    kind: str | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    whole: bool = True
    ended: str | None = None
    seen: Check | bool = True
    stop: bool = False
    rows: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the name of the test."""
        return f"{self.section} {self.claim}" + (f" [{self.quirk}]" if self.quirk else "")

    def request(self) -> bytes:
        """Return the request's bytes."""
        content = self.sent if isinstance(self.sent, bytes) else b"" if self.sent is None else _json(self.sent)
        lines = {"Host": "localhost", "Connection": "close"}
        if content or self.method == "POST":
            lines |= {"Content-Type": JSON, "Content-Length": str(len(content))}
        head = f"{self.method} {self.path} HTTP/1.1\r\n"
        return (head + "".join(f"{n}: {v}\r\n" for n, v in {**lines, **self.given}.items()) + "\r\n").encode() + content


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def cases(*table: Case) -> pytest.MarkDecorator:
    """Parametrise a test with every row of the table."""
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in table])


def play(case: Case, gateway: Gateways, upstream: Upstream) -> None:
    """Send the request, and compare the response with the case."""
    for name, answer in case.answers.items():
        if callable(answer):
            upstream.scripts[name] = answer
        else:
            upstream.answers(name, *((answer,) if isinstance(answer, bytes) else answer))
    settings = dict(case.settings)
    if case.quirk:
        assert getattr(RELEASES["v0.48"], case.quirk), "the quirk is one of the release"
        settings["quirks"] = "v0.48"
    client = gateway(*case.tools, **settings)
    reply = exchanged(str(client.base_url), case.request(), stop=case.stop)
    _compare(case, reply)
    if case.seen is False:
        assert upstream.seen == [], "nothing reaches the provider"
    elif callable(case.seen):
        assert case.seen(upstream.seen[-1]), upstream.seen[-1]


def _compare(case: Case, reply: Reply) -> None:
    assert (reply.status, reply.whole) == (case.status, case.whole and case.status > 0), reply
    assert case.ended in (None, reply.ended)
    if case.value is not ...:
        assert reply.json == case.value, reply.body
    if callable(case.body):
        assert case.body(reply.body), reply.body
    elif case.body is not None:
        assert reply.body == case.body
    if case.kind is not None:
        assert reply.headers.get("content-type") == case.kind
    assert {name: reply.headers.get(name) for name in case.headers} == case.headers


def whole(status: int, value: object, kind: str = JSON, **headers: str) -> bytes:
    """Return a provider's whole answer, of a value as JSON or of bytes."""
    body = value if isinstance(value, bytes) else _json(value)
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{more}\r\n"
    )
    return head.encode() + body


def events(body: bytes) -> bytes:
    """Return a provider's event stream that ends in order."""
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + body


def broken(body: bytes) -> bytes:
    """Return a provider's event stream that breaks off after this."""
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100000\r\n\r\n" + body


def late(seconds: float, *parts: bytes) -> Script:
    """Return a provider that sends the first part, waits, and sends the rest; without parts it sends nothing."""
    import threading

    def script(connection: object) -> None:
        if not parts:
            connection.recv(1)  # until the gateway gives up
            return
        connection.sendall(parts[0])
        threading.Event().wait(seconds)
        for part in parts[1:]:
            connection.sendall(part)

    return script


def form(*parts: tuple[str, str, bytes]) -> tuple[dict[str, str], bytes]:
    """Return the headers and bytes of a form of (name, file name, content); without a file name a part is a text."""
    body = b""
    for name, filename, content in parts:
        file = f'; filename="{filename}"' if filename else ""
        body += f'--b\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + content + b"\r\n"
    return {"Content-Type": "multipart/form-data; boundary=b"}, body + b"--b--\r\n"
