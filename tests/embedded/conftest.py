"""A scripted provider, and gateways in front of it, all on loopback sockets."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import httpx2
import pytest

from inference_gateway_sdk.embedded import Access, Settings, running
from support.listening import listening
from support.weights import nowhere

Script = Callable[[socket.socket], None]


@dataclass
class Seen:
    """One request as the provider received it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        return json.loads(self.body)


@dataclass
class Upstream:
    """A provider: `scripts` has, by model name (by path, if no JSON names one), the bytes of its answers."""

    url: str = ""
    scripts: dict[str, Script] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)

    def answers(self, name: str, *parts: bytes) -> None:
        """Answer the model (or path) with these bytes, each in a write of its own, and close."""

        def script(connection: socket.socket) -> None:
            for part in parts:
                connection.sendall(part)

        self.scripts[name] = script

    def handle(self, connection: socket.socket) -> None:
        with connection:
            request = _read_request(connection)
            if request is None:
                return
            self.seen.append(request)
            name = str(request.json.get("model", "")) if request.body.startswith(b"{") else request.path
            script = self.scripts.get(name)
            if script is None:
                connection.sendall(whole(404, b'{"error":{"message":"no script"}}'))
            else:
                script(connection)


def whole(status: int, body: bytes, content_type: str = "application/json") -> bytes:
    """Return a whole HTTP answer."""
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Retry-After: 7\r\nx-request-id: r1\r\nConnection: close\r\n\r\n" + body


def _read_request(connection: socket.socket) -> Seen | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers: dict[str, str] = {}
    for name, _, value in (line.partition(":") for line in lines):
        before = headers.get(name.lower())
        headers[name.lower()] = value.strip() if before is None else f"{before}, {value.strip()}"
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    method, path, _ = first.split(" ")
    return Seen(method, path, headers, body)


@pytest.fixture(scope="session")
def _listening() -> Iterator[Upstream]:
    upstream = Upstream()
    with listening(upstream.handle) as port:
        upstream.url = f"http://127.0.0.1:{port}/v1"
        yield upstream


@pytest.fixture
def upstream(_listening: Upstream) -> Upstream:
    """Return the provider, with no script and no request."""
    _listening.scripts.clear()
    _listening.seen.clear()
    return _listening


class Gateways:
    """A starter of gateways, one for each set of settings, which run until the tests end."""

    def __init__(self, stack: ExitStack, upstream_url: str) -> None:
        self._stack = stack
        self._clients: dict[str, httpx2.Client] = {}
        self.upstream_url = upstream_url

    def access(self) -> dict[str, Access]:
        """Return the provider under three ids, one id without a listener, and one without a key."""
        url = self.upstream_url
        return {
            "openai": Access(url=url, key="sk-o"),
            "anthropic": Access(url=url, key="sk-a"),
            "elevenlabs": Access(url=url, key="sk-e"),
            "ollama": Access(url=url),
            "mistral": Access(url=url, key="sk-m"),
            "deepseek": Access(url="http://127.0.0.1:9/v1", key="sk-d"),
        }

    def __call__(self, *tools: Callable[..., object], **changes: object) -> httpx2.Client:
        """Return a client of a gateway with these settings beside the usual ones, and these functions as tools."""
        name = repr([tools, *sorted(changes.items())])
        if name not in self._clients:
            settings = Settings(**{"port": 0, "access": self.access(), **changes})
            url = self._stack.enter_context(running(settings, local=nowhere(), tools=tools))
            client = httpx2.Client(base_url=url, timeout=20, trust_env=False)
            self._clients[name] = self._stack.enter_context(client)
        return self._clients[name]


@pytest.fixture(scope="session")
def _gateways(_listening: Upstream) -> Generator[Gateways]:
    with ExitStack() as stack:
        yield Gateways(stack, _listening.url)


@pytest.fixture
def gateway(_gateways: Gateways, upstream: Upstream) -> Gateways:
    """Return a factory of clients of gateways in front of the provider."""
    return _gateways


@pytest.fixture
def whole_answer() -> Callable[..., bytes]:
    """Return a factory of whole HTTP answers from a status and a body."""
    return whole


class RawAnswer:
    """The bytes of an answer: the status, the headers in order of name, the body's chunks, and whether it is whole."""

    def __init__(self, data: bytes) -> None:
        head, _, rest = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split(" ")[1])  # the reason phrase is the server's own, and changes with Python
        pairs = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        self.headers = dict(sorted(pair for pair in pairs if pair[0] != "date"))
        self.whole = True
        self.chunks = self._dechunked(rest) if "transfer-encoding" in self.headers else [rest]

    def _dechunked(self, rest: bytes) -> list[bytes]:
        chunks = []
        while True:
            if not rest:
                self.whole = False
                return chunks
            size, _, rest = rest.partition(b"\r\n")
            length = int(size, 16)
            if not length:
                assert rest == b"\r\n", "the body ends with its last chunk"
                return chunks
            chunks.append(rest[:length])
            rest = rest[length + 2 :]


@pytest.fixture
def exchange() -> Callable[[httpx2.Client, bytes], RawAnswer]:
    """Send bytes to a client's gateway and read until it closes; an answer counts even if sending fails."""

    def send(client: httpx2.Client, request: bytes) -> RawAnswer:
        address = (client.base_url.host, client.base_url.port)
        with socket.create_connection(address, timeout=20) as connection:
            data = b""
            try:
                connection.sendall(request)
                while more := connection.recv(65536):
                    data += more
            except ConnectionError:
                while not data.endswith(b"}"):
                    data += connection.recv(65536)
            return RawAnswer(data)

    return send


@pytest.fixture
def raw_answer() -> type[RawAnswer]:
    """Parse an answer's bytes."""
    return RawAnswer
