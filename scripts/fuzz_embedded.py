"""Fuzz the embedded gateway: malformed JSON, odd HTTP and random bodies must never lead to a 500.

    python scripts/fuzz_embedded.py [--requests 20000] [--seed 1]

Three gateways with scripted providers get the requests in turn: one by the contract, one with the quirks of v0.48, and
one with tools. The table counts the responses by kind of request and status. The exit status is 1 after a 500, a
request without a response, or an error that the server logged. Each of these is printed with its request. The 500 that
docs/embedded.md documents (`Provider not available`, with tools) has its own column.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import logging
import random
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from inference_gateway_sdk.embedded import LocalModel, McpSettings, ScriptedProvider, Settings, running
from inference_gateway_sdk.embedded.weights import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PATIENCE = 20.0  # seconds without a byte
AT_ONCE = 16
DOCUMENTED = b'{"error":"Provider not available"}'

SAMPLES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"model": "openai/any", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 5},
    "/v1/messages": {"model": "anthropic/any", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 5},
    "/v1/responses": {"model": "openai/any", "input": [{"role": "user", "content": "hi"}], "stream": False},
    "/v1/images/generations": {"model": "openai/any", "prompt": "a cat", "n": 1},
    "/v1/images/edits": {"model": "openai/any", "prompt": "a cat", "image": "x"},
    "/v1/images/variations": {"model": "openai/any", "image": "x"},
    "/v1/audio/speech": {"model": "openai/any", "input": "hi", "voice": "v"},
    "/v1/metrics": {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "x", "sum": {"dataPoints": []}}]}]}]},
    "/mcp": {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "add", "arguments": {}}},
    "/proxy/openai/chat/completions": {"model": "any", "messages": [{"role": "user", "content": "hi"}]},
}
MEMBERS = [
    "model",
    "messages",
    "stream",
    "tools",
    "tool_choice",
    "n",
    "stop",
    "response_format",
    "logit_bias",
    "seed",
    "role",
    "temperature",
    "content",
    "stream_options",
    "input",
    "prompt",
    "params",
    "_meta",
    "jsonrpc",
    "id",
    "method",
    "size",
]
VALUES = [
    b"null",
    b"true",
    b"0",
    b"-1",
    b"1e400",
    b"NaN",
    b"9" * 400,
    b'""',
    b'"\\ud800"',
    b'"\\u0000"',
    b'"\xff"',
    b"[]",
    b"{}",
    b"[null]",
    b"[[[[[]]]]]",
    b'{"a":null,}',
    b"[" * 3000,
    b'{"a":' * 2000,
    b"'x'",
    b"nul",
    b'"openai/',
    b'"groq/x"',
    b"1.5",
    b'[{"type":"function","function":{"name":"f","parameters":{"$ref":"#"}}}]',
    b'{"type":"json_schema","json_schema":{}}',
]
TYPES = [
    b"application/json",
    b"application/x-protobuf",
    b"text/event-stream",
    b"multipart/form-data; boundary=x",
    b'multipart/form-data; boundary="a b"',
    b"multipart/form-data",
    b"APPLICATION/JSON",
    b"",
    b"\xff",
    b'a/b; c="',
]


class Sent(NamedTuple):
    """A request: its kind, its bytes, and whether the client stops sending after them."""

    kind: str
    data: bytes
    stop: bool = False


def requests(seed: int) -> Iterator[Sent]:
    """Return requests without end, the same for the same seed."""
    dice = random.Random(seed)
    kinds: list[Callable[[random.Random], Sent]] = [_malformed_json, _malformed_json, _odd_http, _random_body]
    while True:
        yield dice.choice(kinds)(dice)


def _post(path: str, body: bytes, *more: bytes) -> bytes:
    head = [
        f"POST {path} HTTP/1.1".encode(),
        b"Host: localhost",
        b"Connection: close",
        b"Content-Length: %d" % len(body),
    ]
    return b"\r\n".join([*head, *more, b"", body])


def _query(dice: random.Random) -> str:
    named = ["", "", "", "?provider=openai", "?provider=", "?provider=nobody", "?provider=groq&provider=x"]
    return dice.choice(named)


def _malformed_json(dice: random.Random) -> Sent:
    path = dice.choice(list(SAMPLES))
    body = _mutated(dice, dict(SAMPLES[path]))
    more = [b"Content-Type: application/json"]
    if path == "/mcp":
        more += [b"MCP-Protocol-Version: 2026-07-28", b"Mcp-Method: tools/call", b"Mcp-Name: mcp_python_add"]
    return Sent("malformed JSON", _post(path + _query(dice), body, *more))


def _mutated(dice: random.Random, value: dict[str, Any]) -> bytes:
    if dice.random() < 0.3:
        value["stream"] = True
    # members are replaced in the text, because most values are not JSON
    marked = {
        **value,
        dice.choice([*value, *MEMBERS]): "@",
        **({dice.choice(MEMBERS): "@"} if dice.random() < 0.3 else {}),
    }
    text = json.dumps(marked).encode()
    while b'"@"' in text:
        text = text.replace(b'"@"', dice.choice(VALUES), 1)
    for _ in range(dice.choice([0, 0, 1, 1, 2])):
        at = dice.randrange(len(text) + 1)
        text = dice.choice(
            [
                text[:at],
                text[:at] + dice.randbytes(dice.randint(1, 3)) + text[at + 1 :],
                text[:at] + dice.choice(VALUES) + text[at:],
                text.replace(b": ", b":null,", 1),
                text.replace(b"}", b",}", 1),
                text + dice.choice([b" ", b"{}", b"x", b"\0"]),
                text.replace(b'"hi"', dice.choice(VALUES), 1),
            ]
        )
    return text


METHODS = [
    b"GET",
    b"POST",
    b"HEAD",
    b"OPTIONS",
    b"DELETE",
    b"PUT",
    b"TRACE",
    b"CONNECT",
    b"FOO",
    b"get",
    b"",
    b"P\xc3\xa4",
]
TARGETS = [
    b"/health",
    b"/v1/models",
    b"/v1/models?provider=openai&include=pricing",
    b"/v1/models?include=%00;x",
    b"/mcp",
    b"/",
    b"/v1/chat/completions",
    b"/v1/chat%2Fcompletions",
    b"//v1/models",
    b"/v1/models/",
    b"/proxy//x",
    b"/proxy/openai/",
    b"/proxy/openai/a/../../b",
    b"/proxy/openai/%2e%2e/x",
    b"/proxy/openai/a%zz",
    b"/proxy/nobody/x",
    b"/proxy/groq/x?a=b#c",
    b"/proxy/openai/x?%zz=\xff",
    b"*",
    b"",
    b"http:///x",
    b"http://h/v1/models",
    b"/\xff\xfe",
    b"/v1/messages?\xc3\xa9",
    b"/.well-known/oauth-protected-resource/mcp",
    b"/v1/mcp/tools",
    b"/proxy/openai/" + b"a" * 9000,
]
LINES = [
    b"Host: localhost",
    b"Host: localhost",
    b"Host: x/y",
    b"Host:",
    b"Host: [::1",
    b"host: localhost:99999999",
    b"Accept: */*",
    b"Content-Length: 0",
    b"Content-Length: 5",
    b"Content-Length: -1",
    b"Content-Length: 5, 6",
    b"Content-Length: 99999999999",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip",
    b"Transfer-Encoding: identity",
    b"Expect: 100-continue",
    b"Expect: x",
    b"Origin: null",
    b"Origin: http://[",
    b"Origin: http://localhost",
    b"Authorization: Bearer \xff",
    b": x",
    b"X: \x00",
    b"X: a\r\n b",
    b"Upgrade: websocket\r\nConnection: Upgrade",
    b"Content-Encoding: gzip",
    b"TE: trailers",
    b"Cookie: a=b",
    b"X-MCP-Bypass: 1",
    b"Accept: text/event-stream",
    b"no colon",
    b"X-Y: " + b"z" * 9000,
    b"Content-Type: \xff",
    b"MCP-Protocol-Version: \xff",
    b"Mcp-Method: =?base64?/w==?=",
    b"Sec-Fetch-Site: cross-site",
]
BODIES = [
    b"",
    b"{}",
    b"hello",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhel",
    b"zz\r\nhello\r\n",
    b"-1\r\n\r\n",
    b"0\r\nX: y\r\n\r\n",
    b'{"model":"openai/x"}',
    b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\r\n\r\n",
    b"ffffffffffffffffff\r\n",
]


def _odd_http(dice: random.Random) -> Sent:
    lines = dice.sample(LINES, dice.choice([0, 1, 1, 1, 2, 2, 3, 5]))
    if dice.random() < 0.8:
        lines.append(b"Host: localhost")
    version = dice.choice([b"HTTP/1.1"] * 20 + [b"HTTP/1.0", b"HTTP/2.0", b"HTTP/0.9", b"HTTP", b""])
    method = dice.choice([b"GET", b"POST"] if dice.random() < 0.7 else METHODS)
    first = b" ".join([method, dice.choice(TARGETS), version])
    data = b"\r\n".join([first, *lines, b"", dice.choice(BODIES)])
    if dice.random() < 0.1:
        at = dice.randrange(len(data))
        data = data[:at] + dice.randbytes(dice.randint(1, 5)) + data[at:] + b"\r\n\r\n"
    return Sent("odd HTTP", data, stop=dice.random() < 0.3)


def _random_body(dice: random.Random) -> Sent:
    body = dice.randbytes(dice.choice([0, 1, 3, 20, 300, 2000]))
    if dice.random() < 0.3:
        part = b'--x\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n--x--\r\n'
        file = dice.choice([b"", b'; filename="a"', b'; filename="'])
        body = part % (dice.choice([b"image", b"prompt", b"model", b"\xff"]), file, body)
    more = [b"Content-Type: " + dice.choice(TYPES)]
    if dice.random() < 0.2:
        body = dice.choice([gzip.compress(body, mtime=0), body])
        more.append(b"Content-Encoding: " + dice.choice([b"gzip", b"br", b"x"]))
    return Sent("random body", _post(dice.choice(list(SAMPLES)) + _query(dice), body, *more))


class Result(NamedTuple):
    """The outcome of a request: a status, "closed", "waits" or "hung"; and the response's body."""

    outcome: str
    body: bytes = b""


async def _exchange(port: int, sent: Sent) -> Result:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    try:
        writer.write(sent.data)
        if sent.stop:
            writer.write_eof()
        # An odd request may be incomplete, or leave the connection open.
        patience = PATIENCE if sent.kind != "odd HTTP" else 2.0
        while data := await asyncio.wait_for(reader.read(65536), patience):
            received += data
            patience = min(patience, 0.2) if sent.kind == "odd HTTP" else PATIENCE
    except TimeoutError:
        if not received:
            return Result("hung" if patience == PATIENCE else "waits")
    except ConnectionError:
        pass
    finally:
        writer.transport.abort()
    return Result(_status(received) if received else "closed", received.partition(b"\r\n\r\n")[2])


def _status(received: bytes) -> str:
    while received.startswith(b"HTTP/1.1 100 "):
        received = received.partition(b"\r\n\r\n")[2]
    return received[9:12].decode("latin-1") or "100"


class Report:
    """The outcomes of the requests.

    Attributes:
        counts: By kind of request and outcome.
        failures: The forbidden outcomes, each with its request.
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.failures: list[str] = []

    @property
    def total(self) -> int:
        """Return the number of requests."""
        return sum(self.counts.values())

    def add(self, sent: Sent, result: Result) -> None:
        """Count a request by its outcome."""
        outcome = result.outcome
        if outcome == "500" and result.body == DOCUMENTED:
            outcome = "500 documented"
        self.counts[sent.kind, outcome] += 1
        if outcome in {"500", "hung"}:
            self.failures.append(f"{outcome}: {sent.data[:600]!r} -> {result.body[:200]!r}")

    def table(self) -> str:
        """Return the counts, one line per kind."""
        outcomes = sorted({outcome for _, outcome in self.counts})
        kinds = sorted({kind for kind, _ in self.counts})
        rows = [["", *outcomes, "all"]]
        for kind in kinds:
            numbers = [self.counts[kind, outcome] for outcome in outcomes]
            rows.append([kind, *map(str, numbers), str(sum(numbers))])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


class _Logged(logging.Handler):
    """A log handler that keeps the server's errors: a traceback may follow the head of a response."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def fuzz(ports: Sequence[int], number: int, seed: int) -> Report:
    """Send `number` requests, each to one of these gateways."""
    report = Report()
    logged = _Logged()
    logger = logging.getLogger("uvicorn.error")
    logger.addHandler(logged)
    try:
        asyncio.run(_send(ports, number, seed, report))
    finally:
        logger.removeHandler(logged)
    report.failures += [f"logged: {line[-1500:]}" for line in logged.lines]
    return report


async def _send(ports: Sequence[int], number: int, seed: int, report: Report) -> None:
    source = iter(enumerate(requests(seed)))

    async def work() -> None:
        for index, sent in source:
            if index >= number:
                return
            report.add(sent, await _exchange(ports[index % len(ports)], sent))

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


def add(a: int, b: int = 2) -> int:
    """Add two numbers."""
    return a + b


def gateways(stack: ExitStack) -> list[int]:
    """Return the ports of the three gateways, which run for as long as the stack is open."""
    nowhere = LocalModel(Place(Path("nowhere.gguf"), ours=False))
    everything: dict[str, Any] = {"port": 0, "images": True, "audio": True, "expose_mcp": True, "push_metrics": True}
    ports: list[int] = []
    for more, tools in (({}, ()), ({"quirks": "v0.48"}, ()), ({"mcp": McpSettings(enabled=True)}, (add,))):
        settings = Settings(**everything, **more)
        url = stack.enter_context(running(settings, local=nowhere, scripted=ScriptedProvider(), tools=tools))
        ports.append(int(url.rpartition(":")[2]))
    return ports


def main() -> int:
    """Run the fuzz and print its table."""
    parser = argparse.ArgumentParser(description="Fuzz the embedded gateway: no request may lead to a 500.")
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began = time.monotonic()
    with ExitStack() as stack:
        report = fuzz(gateways(stack), options.requests, options.seed)
    print(f"{report.total:,} requests, seed {options.seed}, {time.monotonic() - began:.0f} s")
    print(report.table())
    for failure in report.failures[:20]:
        print(failure)
    print(f"{len(report.failures)} failures")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
