"""A gateway with a plan that each test fills, and raw requests to it: the socket's data, byte for byte."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Generator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from inference_gateway_sdk.embedded import ScriptedProvider, running
from inference_gateway_sdk.embedded.faults import FaultPlan
from support.weights import nowhere

CHAT = "/v1/chat/completions"
PATIENCE = 20.0


@dataclass(frozen=True)
class Received:
    """The received data, and how it ended: "whole", "closed", "reset", "silent" or "goes on"."""

    data: bytes
    end: str

    @property
    def head(self) -> str:
        return self.data.partition(b"\r\n\r\n")[0].decode("latin-1").lower()

    @property
    def body(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[2]

    @property
    def content(self) -> bytes:
        """Return the body without the framing of HTTP, as far as there is any."""
        if "transfer-encoding: chunked" not in self.head:
            return self.body
        content, rest = b"", self.body
        while found := re.match(rb"([0-9a-f]+)\r\n", rest):
            start, size = found.end(), int(found[1], 16)
            content, rest = content + rest[start : start + size], rest[start + size + 2 :]
        return content

    @property
    def events(self) -> list[bytes]:
        """Return the whole events in the body."""
        return self.content.split(b"\n\n")[:-1]


class Speaker:
    """One connection to a gateway."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        assert address.hostname is not None
        self.socket = socket.create_connection((address.hostname, address.port or 0), timeout=PATIENCE)

    def send(self, path: str = CHAT, body: object = None, *headers: str, method: str = "POST") -> None:
        """Send one request."""
        data = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(data)}", *headers, "", ""]
        self.socket.sendall("\r\n".join(lines).encode() + data)

    def receive(self, until: bytes | None = None, *, seconds: float = PATIENCE) -> Received:
        """Receive until the answer is whole, the connection ends, nothing comes for so long, or some bytes came.

        An answer is whole by HTTP's framing, whatever its content.
        """
        data = b""
        self.socket.settimeout(seconds)
        try:
            while not _is_whole(data):
                piece = self.socket.recv(65536)
                if not piece:
                    return Received(data, "closed")
                data += piece
                if until is not None and until in data:
                    return Received(data, "goes on")
        except ConnectionResetError:
            return Received(data, "reset")
        except TimeoutError:
            return Received(data, "silent")
        return Received(data, "whole")

    def close(self) -> None:
        self.socket.close()


def _is_whole(data: bytes) -> bool:
    head, found, body = data.partition(b"\r\n\r\n")
    if not found or head[9:12] in (b"204", b"304"):
        return bool(found)
    length = re.search(rb"content-length: (\d+)", head.lower())
    return len(body) == int(length[1]) if length else body.endswith(b"\r\n0\r\n\r\n") or body == b"0\r\n\r\n"


@pytest.fixture(scope="session")
def faulty() -> Generator[tuple[str, FaultPlan]]:
    """Yield the address of a gateway in front of the scripted provider, and its plan."""
    plan = FaultPlan()
    with running(scripted=ScriptedProvider(), local=nowhere(), faults=plan) as url:
        yield url, plan


@pytest.fixture
def plan(faulty: tuple[str, FaultPlan]) -> FaultPlan:
    """Return the plan, empty."""
    faulty[1].clear()
    return faulty[1]


@pytest.fixture
def speak(faulty: tuple[str, FaultPlan], plan: FaultPlan) -> Generator[Callable[[], Speaker]]:
    """Return a function that opens connections."""
    opened: list[Speaker] = []

    def connect() -> Speaker:
        opened.append(Speaker(faulty[0]))
        return opened[-1]

    yield connect
    for one in opened:
        one.close()
