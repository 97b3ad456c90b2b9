"""The `igw` command: in this process, in a separate process with pipes, or at a terminal.

Most tests run it in this process (`igw`), which saves the start of an interpreter. `igw_process` is for properties of a
process: its exit, its locale, its real streams.
"""

from __future__ import annotations

import json
import os
import pty
import re
import select
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from inference_gateway_sdk.cli import main
from inference_gateway_sdk.embedded import Access, Settings, running
from support.listening import listening
from support.weights import nowhere

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

IGW = [sys.executable, "-c", "from inference_gateway_sdk.cli import main; main()"]

# Ctrl-C is a signal only to a process whose own terminal it is typed at.
_AT_A_TERMINAL = (
    "import fcntl, signal, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "signal.signal(signal.SIGINT, signal.default_int_handler);"  # a background shell starts us without it
    "from inference_gateway_sdk.cli import main; main()"
)


# readline turns the marks of pastes on before each line, ESC [?2004h, and off after it, ESC [?2004l and a return.
_PASTE_MODE = re.compile(r"\x1b\[\?2004(h|l\r?)")


def _environ(**changes: str) -> dict[str, str]:
    return {**os.environ, "PYTHONWARNINGS": "error", "TERM": "xterm-256color", **changes}


@pytest.fixture
def igw(monkeypatch: pytest.MonkeyPatch) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `igw` in this process, with the output of a pipe, and return its result."""

    def run(*arguments: str, typed: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["igw", *arguments])
        monkeypatch.setattr(sys.modules["__main__"], "__package__", None)  # else its name has `python -m pytest` in it
        runner = CliRunner(charset=environ.pop("PYTHONIOENCODING", "utf-8"))
        with runner.isolation(input=typed, env={"TERM": "xterm-256color", **environ}) as (stdout, stderr, _):
            with pytest.raises(SystemExit) as ended:
                main()
            code = ended.value.code
            sys.stdout.flush()
            sys.stderr.flush()
            texts = [stream.getvalue().decode(runner.charset) for stream in (stdout, stderr)]
        assert code is None or isinstance(code, int)  # any other value would be printed as an error
        return subprocess.CompletedProcess(arguments, code or 0, *texts)

    return run


@pytest.fixture
def igw_process() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `igw` in a separate process, with pipes, and return its result."""

    def run(*arguments: str, typed: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*IGW, *arguments],
            input=typed,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=_environ(**environ),
        )

    return run


class Terminal:
    """The command `igw` with a terminal on all three of its streams."""

    def __init__(self, arguments: tuple[str, ...], environ: dict[str, str]) -> None:
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", _AT_A_TERMINAL, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=_environ(**environ),
            start_new_session=True,
        )
        os.close(slave)
        self.shown = ""
        self._awaited = 0

    def types(self, text: str) -> None:
        r"""Type this; "\x04" is Ctrl-D."""
        os.write(self._master, text.encode())

    def interrupts(self, until: str) -> None:
        """Press Ctrl-C until the text appears, or the process has ended.

        A signal that arrives just before the process begins to wait is noticed only after the wait (as in any Python
        program that reads a line or a socket), and this machine may be busy at that very moment.
        """
        for _ in range(20):
            self.types("\x03")
            if self._sees(until, 2) or self.process.poll() is not None:
                return
        raise AssertionError(f"Ctrl-C did not bring {until!r}: {self.shown[self._awaited :]!r}")

    def until(self, text: str, seconds: float = 60) -> None:
        """Wait for the text to appear after the text of the last wait."""
        assert self._sees(text, seconds), f"{text!r} did not appear in {self.shown[self._awaited :]!r}"

    def _sees(self, text: str, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while (found := self.shown.find(text, self._awaited)) < 0:
            left = end - time.monotonic()
            if left <= 0:
                return False
            if select.select([self._master], [], [], left)[0]:
                self.shown = _PASTE_MODE.sub("", self.shown + self._read())
        self._awaited = found + len(text)
        return True

    def ends(self, seconds: float = 30) -> int:
        """Wait for the end of the process, and return its exit code."""
        code = self.process.wait(seconds)
        while more := self._read():
            self.shown = _PASTE_MODE.sub("", self.shown + more)
        return code

    def _read(self) -> str:
        try:
            return os.read(self._master, 65536).decode(errors="replace").replace("\r\n", "\n")
        except OSError:  # the other side is closed
            return ""

    def close(self) -> None:
        """End the process and release the terminal."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """Start `igw` at a terminal."""
    opened: list[Terminal] = []

    def start(*arguments: str, **environ: str) -> Terminal:
        opened.append(Terminal(arguments, environ))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def chunk(text: str, finish: str | None = None) -> bytes:
    """Return one event of a chat stream."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    body = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return f"data: {json.dumps(body)}\n\n".encode()


@dataclass
class Provider:
    """A provider whose model's name selects the answer; it records the messages."""

    port: int = 0
    messages: list[list[dict[str, str]]] = field(default_factory=list)
    bodies: list[dict[str, object]] = field(default_factory=list)

    def answer(self, connection: socket.socket) -> None:
        """Read one request and answer it."""
        with connection:
            data = b""
            while b"\r\n\r\n" not in data:
                data += connection.recv(65536)
            head, _, body = data.partition(b"\r\n\r\n")
            if head.startswith(b"GET"):
                listed = [
                    {"id": name, "object": "model", "owned_by": "me", "context_length": 9} for name in ("ok", "cut")
                ]
                self._send(connection, 200, json.dumps({"data": listed}).encode())
                return
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            while len(body) < length:
                body += connection.recv(65536)
            request = json.loads(body)
            self.bodies.append(request)
            self.messages.append(request["messages"])
            self._act(connection, request["model"])

    def _act(self, connection: socket.socket, model: str) -> None:
        if model == "busy":
            self._send(connection, 400, b'{"error":{"message":"not today","code":"no"}}')
            return
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        if model == "empty":
            connection.sendall(chunk("", "stop"))
            return
        connection.sendall(chunk("Hello"))
        if model == "cut":
            return
        if model == "slow":
            connection.settimeout(60)
            connection.recv(1)  # until the gateway disconnects
            return
        if model == "escape":
            connection.sendall(chunk("\x1b[2J\x07"))
        if model == "long":
            for _ in range(3000):
                connection.sendall(chunk("all work and no play\n"))
        connection.sendall(
            chunk(", \u4e16\u754c!") + chunk("", "length" if model == "short" else "stop") + b"data: [DONE]\n\n"
        )

    def _send(self, connection: socket.socket, status: int, body: bytes) -> None:
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    """Return the provider."""
    one = Provider()
    with listening(one.answer) as port:
        one.port = port
        yield one


@pytest.fixture(scope="session")
def gateway(provider: Provider) -> Generator[str]:
    """Return the address of a gateway in front of the provider."""
    access = {"openai": Access(url=f"http://127.0.0.1:{provider.port}/v1", key="k")}
    with running(Settings(port=0, access=access), local=nowhere()) as url:
        yield url
