"""The benchmark's server: a separate process on loopback that writes prepared bytes.

It uses one thread, one epoll and sockets without asyncio, so that clients never wait for it. The name in a request's
path selects the response (`answers.py`); bodies are counted, not read. `GET /cpu` returns the CPU seconds that this
process has used, so that a run can show the server's part. A second port uses TLS, with a thread per connection.

python bench/server.py      print the ports and the file of the certificate authority as one line of JSON; exit at the
                            end of standard input
"""

from __future__ import annotations

import heapq
import json
import select
import socket
import ssl
import sys
import tempfile
import threading
import time
from collections import deque
from pathlib import Path

from answers import Answer, build

READ = 1 << 20

AWAKE = 0.02
"""Seconds of polling for the next request: the cost of waking an idle core is charged to the sender."""


class Reader:
    """A minimal request parser: it finds the end of each request and the name of its response."""

    def __init__(self) -> None:
        self._buffer = b""
        self._skip = 0  # bytes of a body that have not arrived yet
        self._name = ""

    def feed(self, data: bytes) -> list[str]:
        """Return the names of the requests that are now complete."""
        names: list[str] = []
        if self._skip:
            taken = min(self._skip, len(data))
            self._skip -= taken
            data = data[taken:]
            if self._skip:
                return names
            names.append(self._name)
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            length = _length(self._buffer[:end])
            self._name = self._buffer[: self._buffer.find(b"\r\n")].split(b" ")[1].split(b"/")[1].decode()
            rest = len(self._buffer) - end - 4
            self._skip = max(0, length - rest)
            self._buffer = self._buffer[end + 4 + length :]
            if self._skip:
                break
            names.append(self._name)
        return names


def _length(head: bytes) -> int:
    lower = head.lower()
    at = lower.find(b"\r\ncontent-length:")
    return int(lower[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


def _cpu_answer() -> Answer:
    body = json.dumps(time.process_time()).encode()
    return Answer(b"", [b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)])


class Connection:
    """A client's connection, with its pending bytes."""

    __slots__ = ("number", "pace", "pending", "reader", "rounds", "sock", "waiting", "writes")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.number = sock.fileno()
        self.reader = Reader()
        self.pending: deque[Answer] = deque()
        self.writes: deque[bytes] = deque()
        self.rounds = 0
        self.pace = 0.0  # seconds between two paced writes
        self.waiting = False  # for the socket to become writable

    def push(self) -> bool:
        """Write until everything is written (True) or the socket is full (False)."""
        send, writes = self.sock.send, self.writes
        while writes or self._next():
            data = writes[0]
            try:
                sent = send(data)
            except BlockingIOError:
                return False
            if sent == len(data):
                writes.popleft()
            else:
                writes[0] = data[sent:]
        return True

    def _next(self) -> bool:
        """Make the next pending part current."""
        while self.pending and not self.writes:
            answer = self.pending[0]
            if self.rounds == 0 and answer.head:
                self.writes.append(answer.head)
            self.writes.extend(answer.writes)
            self.rounds += 1
            if self.rounds >= answer.repeated:
                if answer.end:
                    self.writes.append(answer.end)
                self.pending.popleft()
                self.rounds = 0
        return bool(self.writes)


class Server:
    """The event loop."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self._answers = answers
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._epoll = select.epoll()
        self._epoll.register(self._listener.fileno(), select.EPOLLIN)
        self._connections: dict[int, Connection] = {}
        self._due: list[tuple[float, int, Connection, deque[bytes]]] = []
        self._count = 0

    def run(self) -> None:
        """Serve until the process ends."""
        awake = 0.0
        while True:
            now = time.monotonic()
            timeout = 0.0 if now < awake else max(0.0, self._due[0][0] - now) if self._due else -1
            events = self._epoll.poll(timeout)
            if events:
                awake = now + AWAKE
            for number, event in events:
                if number == self._listener.fileno():
                    self._accept()
                elif connection := self._connections.get(number):
                    self._serve(connection, event)
            while self._due and self._due[0][0] <= time.monotonic():
                self._write_due(heapq.heappop(self._due))

    def _accept(self) -> None:
        try:
            while True:
                sock, _ = self._listener.accept()
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._connections[sock.fileno()] = Connection(sock)
                self._epoll.register(sock.fileno(), select.EPOLLIN)
        except BlockingIOError:
            return

    def _serve(self, connection: Connection, event: int) -> None:
        try:
            if event & ~select.EPOLLOUT:
                data = connection.sock.recv(READ)
                if not data:
                    self._drop(connection)
                    return
                for name in connection.reader.feed(data):
                    self._answer(connection, name)
            self._push(connection)
        except BlockingIOError:
            return
        except OSError:
            self._drop(connection)

    def _answer(self, connection: Connection, name: str) -> None:
        answer = _cpu_answer() if name == "cpu" else self._answers[name]
        if answer.pace:
            self._pace(connection, deque(answer.writes), answer.pace)
        else:
            connection.pending.append(answer)

    def _pace(self, connection: Connection, writes: deque[bytes], pace: float) -> None:
        self._count += 1
        # All streams of a benchmark begin at the same time. Each gets its own phase, so that writes do not coincide.
        due = time.monotonic() + pace * ((self._count * 0.381966) % 1.0)
        connection.pace = pace
        heapq.heappush(self._due, (due, self._count, connection, writes))

    def _write_due(self, entry: tuple[float, int, Connection, deque[bytes]]) -> None:
        due, count, connection, writes = entry
        if self._connections.get(connection.number) is not connection:
            return
        connection.writes.append(writes.popleft())
        try:
            self._push(connection)
        except OSError:
            self._drop(connection)
            return
        if writes:
            heapq.heappush(self._due, (due + connection.pace, count, connection, writes))

    def _push(self, connection: Connection) -> None:
        waiting = not connection.push()
        if waiting != connection.waiting:
            connection.waiting = waiting
            self._epoll.modify(connection.number, select.EPOLLIN | (select.EPOLLOUT if waiting else 0))

    def _drop(self, connection: Connection) -> None:
        if self._connections.get(connection.number) is connection:
            del self._connections[connection.number]
            self._epoll.unregister(connection.number)
            connection.sock.close()


def _serve_tls(sock: socket.socket, context: ssl.SSLContext, answers: dict[str, Answer]) -> None:
    reader = Reader()
    try:
        with context.wrap_socket(sock, server_side=True) as secure:
            while data := secure.recv(READ):
                for name in reader.feed(data):
                    for write in answers[name].writes:
                        secure.sendall(write)
    except OSError:
        return


def _accept_tls(listener: socket.socket, context: ssl.SSLContext, answers: dict[str, Answer]) -> None:
    while True:
        sock, _ = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_serve_tls, args=(sock, context, answers), daemon=True).start()


def _tls(folder: str, answers: dict[str, Answer]) -> dict[str, object]:
    """Start the TLS port if trustme is installed."""
    try:
        import trustme
    except ImportError:
        return {}
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    path = Path(folder) / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    threading.Thread(target=_accept_tls, args=(listener, context, answers), daemon=True).start()
    return {"tls_port": listener.getsockname()[1], "authority": str(path)}


def main() -> None:
    """Serve until standard input ends."""
    answers = build()
    server = Server(answers)
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps({"port": server.port, **_tls(folder, answers)}), flush=True)
        threading.Thread(target=server.run, daemon=True).start()
        sys.stdin.read()


if __name__ == "__main__":
    main()
