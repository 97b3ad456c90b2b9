"""A scripted server on a loopback socket: a plain function answers each request, byte for byte."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

LINGER_RESET = struct.pack("ii", 1, 0)


@dataclass
class Request:
    """One request as a client sent it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int = 0
    lines: tuple[str, ...] = ()  # of the head, as received

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def json(self) -> Any:
        return json.loads(self.body)


class Gone(Exception):
    """The client has disconnected, or the server stops."""


@dataclass
class Connection:
    """One accepted connection, as the handler sees it."""

    sock: socket.socket
    number: int
    stopping: threading.Event
    _buffer: bytes = b""
    open: bool = True

    def request(self, *, body: bool = True) -> Request | None:
        """Return the next request, or None when the client closed the connection."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._more():
                return None
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        while body and len(self._buffer) < length:
            if not self._more():
                return None
        content, self._buffer = (self._buffer[:length], self._buffer[length:]) if body else (b"", self._buffer)
        return Request(method, target, headers, content, self.number, tuple(lines))

    def _more(self) -> bool:
        try:
            data = self.sock.recv(65536)
        except OSError:
            return False
        self._buffer += data
        return bool(data)

    def send(self, data: bytes) -> None:
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise Gone from error

    def head(self, status: int = 200, ctype: str = "application/json", *more: str, length: int | None = None) -> None:
        """Send a response head; the body is chunked if `length` is omitted."""
        framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        lines = [f"HTTP/1.1 {status} Reason", f"Content-Type: {ctype}", framing, *more]
        self.send("\r\n".join([*lines, "", ""]).encode())

    def chunk(self, data: bytes) -> None:
        if data:
            self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def end(self) -> None:
        self.send(b"0\r\n\r\n")

    def json(self, value: Any, status: int = 200, *more: str) -> None:
        """Send a complete JSON response."""
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.head(status, "application/json", *more, length=len(body))
        self.send(body)

    def events(self, *pieces: bytes, end: bool = True, more: tuple[str, ...] = ()) -> None:
        """Send these bytes as an event stream, one HTTP chunk each."""
        self.head(200, "text/event-stream", *more)
        for piece in pieces:
            self.chunk(piece)
        if end:
            self.end()

    def pause(self, seconds: float) -> None:
        """Wait, but return early when the server stops."""
        if self.stopping.wait(seconds):
            raise Gone

    def stall(self) -> None:
        """Send nothing more until the client disconnects or the server stops."""
        self.sock.settimeout(0.05)
        while not self.stopping.is_set():
            try:
                if not self.sock.recv(65536):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        raise Gone

    def drip(self, piece: bytes, seconds: float = 0.02) -> None:
        """Send the same bytes repeatedly."""
        while True:
            self.send(piece)
            self.pause(seconds)

    def reset(self) -> None:
        """Close the connection with a reset."""
        raw = self.sock
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
        self.close()

    def close(self) -> None:
        self.open = False
        with contextlib.suppress(OSError):
            self.sock.close()


Handler = Callable[[Connection, Request], None]


@dataclass
class Server:
    """A listening socket that passes every request to `handler`."""

    handler: Handler
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    failures: list[BaseException] = field(default_factory=list)
    read_bodies: bool = True

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._open: set[Connection] = set()
        self._lock = threading.Lock()
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return (
            f"{'https' if self.tls else 'http'}://localhost:{self.port}"
            if self.tls
            else f"http://127.0.0.1:{self.port}"
        )

    @property
    def open_connections(self) -> int:
        """Return how many connections are open at this moment."""
        with self._lock:
            return len(self._open)

    def stop(self) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(5)
        with self._lock:
            opened = list(self._open)
        for connection in opened:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        if self.failures:
            raise self.failures[0]

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(sock, self.connections), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            wrapped = self.tls.wrap_socket(sock, server_side=True) if self.tls else sock
        except OSError:
            sock.close()
            return
        connection = Connection(wrapped, number, self._stopping)  # type: ignore[arg-type]
        with self._lock:
            self._open.add(connection)
        try:
            while connection.open and (request := connection.request(body=self.read_bodies)) is not None:
                self.requests.append(request)
                self.handler(connection, request)
        except Gone:
            pass
        except BaseException as error:
            if not self._stopping.is_set():
                self.failures.append(error)
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    __hash__ = None  # type: ignore[assignment]


Connection.__hash__ = object.__hash__  # type: ignore[method-assign]


@contextlib.contextmanager
def serving(handler: Handler, tls: ssl.SSLContext | None = None, *, read_bodies: bool = True) -> Iterator[Server]:
    """Run a server for the duration of a block."""
    server = Server(handler, tls, read_bodies=read_bodies)
    try:
        yield server
    finally:
        server.stop()


def chunk(text: str | None = None, finish: str | None = None, *, id: str = "c1", index: int = 0, **more: Any) -> bytes:
    """Return one chat chunk as an event; `delta` adds to the delta."""
    delta: dict[str, Any] = {} if text is None else {"content": text}
    delta.update(more.pop("delta", {}))
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    value = {"id": id, "object": "chat.completion.chunk", "created": 1, "model": "up", "choices": [choice], **more}
    return event(value)


def event(value: Any) -> bytes:
    """Return a JSON value as an event."""
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


USAGE = event(
    {
        "id": "c1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "up",
        "choices": [],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
    }
)
DONE = b"data: [DONE]\n\n"
ROLE = chunk("", delta={"role": "assistant"})
GOOD = [ROLE, chunk("Hel"), chunk("lo"), chunk(finish="stop"), USAGE, DONE]
ANSWER = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "up",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}
MODELS = {
    "object": "list",
    "data": [{"id": "openai/ok", "object": "model", "created": 1, "owned_by": "me", "served_by": "openai"}],
}
