"""A raw socket server that plays a script on every connection: exactly these bytes, with exactly these pauses."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Request:
    """One request as a client sent it."""

    line: str
    headers: dict[str, str]
    body: bytes = b""
    pairs: list[tuple[str, str]] = field(default_factory=list)


class Hangup(Exception):
    """The client disconnected where the script expected more data."""


class Peer:
    """The server's end of one connection."""

    def __init__(self, server: Server, sock: socket.socket, number: int) -> None:
        self.server, self.sock, self.number = server, sock, number
        self._buffer = b""

    # From the client.

    def request(self, *, body: bool = True) -> Request:
        """Return the next request, with its body by default."""
        head = self._until(b"\r\n\r\n").decode("latin-1")
        line, *lines = head.split("\r\n")
        pairs = [(name, value.strip()) for name, _, value in (text.partition(":") for text in lines if text)]
        request = Request(line, {name.lower(): value for name, value in pairs}, pairs=pairs)
        if body:
            request.body = self.take(int(request.headers.get("content-length", "0")))
        self.server.requests.append(request)
        return request

    def take(self, count: int) -> bytes:
        """Return exactly `count` bytes."""
        data = bytearray(self._buffer)
        while len(data) < count:
            self._buffer = b""
            self._more(min(1 << 20, max(65536, count - len(data))))
            data += self._buffer
        self._buffer = bytes(data[count:])
        return bytes(data[:count])

    def hello(self) -> None:
        """Return the client's first TLS record, on a server that does not use TLS itself."""
        self.take(int.from_bytes(self.take(5)[3:]))

    def drain(self, seconds: float) -> int:
        """Return how many bytes arrive within that time, and discard them."""
        until, count = time.monotonic() + seconds, len(self._buffer)
        self._buffer = b""
        try:
            while (left := until - time.monotonic()) > 0:
                self.sock.settimeout(left)
                count += len(self.sock.recv(1 << 20))
        except TimeoutError:
            pass
        finally:
            self.sock.settimeout(10)
        return count

    def gone(self, seconds: float = 10) -> bool:
        """Return whether the client closes the connection within that time; discard its data meanwhile."""
        until = time.monotonic() + seconds
        while True:
            self.sock.settimeout(max(0.01, until - time.monotonic()))
            try:
                if not self.sock.recv(65536):
                    return True
            except TimeoutError:
                return False
            except OSError:
                return True
            finally:
                self.sock.settimeout(10)

    # To the client.

    def send(self, *pieces: bytes, pause: float = 0.0) -> None:
        """Send each piece in its own write, `pause` seconds after the one before."""
        for number, piece in enumerate(pieces):
            if number and pause:
                time.sleep(pause)
            try:
                self.sock.sendall(piece)
            except OSError as error:
                raise Hangup(str(error)) from None

    def answer(self, body: bytes = b"hello", status: str = "200 OK", *headers: str) -> None:
        """Send a complete response with a Content-Length."""
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
        self.send("\r\n".join(lines).encode() + body)

    def drip(self, piece: bytes, pause: float = 0.02, seconds: float = 20) -> None:
        """Send the same piece repeatedly until the client disconnects."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.server.stopping.wait(pause):
            self.send(piece)

    def idle(self) -> None:
        """Send nothing until the client disconnects or the server stops."""
        while not self.server.stopping.is_set():
            if self.gone(0.05):
                return

    # The end.

    def finish(self) -> None:
        """Close the connection in order: under TLS with close_notify."""
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.settimeout(0.3)
            with contextlib.suppress(OSError):
                self.sock = self.sock.unwrap()
        self.sock.close()

    def cut(self) -> None:
        """Send FIN, under TLS without close_notify."""
        self.sock.close()

    def reset(self) -> None:
        """Send a reset (RST)."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._more()
        head, _, self._buffer = self._buffer.partition(mark)
        return head

    def _more(self, most: int = 65536) -> None:
        try:
            data = self.sock.recv(most)
        except OSError as error:
            raise Hangup(str(error)) from None
        if not data:
            raise Hangup("end of the connection")
        self._buffer += data


Script = Callable[[Peer], None]


class Server:
    """A server that accepts on loopback and plays `script` on each connection, in a thread of its own."""

    def __init__(self, script: Script, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.failures: list[BaseException] = []
        self.stopping = threading.Event()
        self._script, self._context = script, context
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family, backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self.host = host
        shown = f"[{host}]" if ":" in host else "localhost" if context is not None else host
        self.origin = f"{'https' if context else 'http'}://{shown}:{self.port}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._peers: list[Peer] = []
        self._threads[0].start()

    def url(self, path: str = "/v1/chat/completions") -> str:
        """Return an absolute URL on this server."""
        return self.origin + path

    def join_scripts(self) -> None:
        """Wait until the script of every connection so far has ended."""
        for thread in self._threads[1:]:
            thread.join(10)
            assert not thread.is_alive()

    def stop(self) -> None:
        """Close everything, and report any failure in a script."""
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for peer in self._peers:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(peer.sock, socket.SHUT_RDWR)  # not SSLSocket's: it would forget its session
        for thread in self._threads:
            thread.join(10)
        assert not self.failures, self.failures

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._play, args=(sock, self.connections), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _play(self, sock: socket.socket, number: int) -> None:
        sock.settimeout(10)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer = Peer(self, sock, number)
        self._peers.append(peer)
        try:
            if self._context is not None:
                peer.sock = secured = self._context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
                secured.do_handshake()
            self._script(peer)
        except (Hangup, OSError):
            pass  # ignored here: the client's tests assert it
        except BaseException as failure:
            self.failures.append(failure)
        finally:
            peer.sock.close()
            sock.close()


def keep_answering(body: bytes = b"hello") -> Script:
    """Answer every request on the connection alike."""

    def script(peer: Peer) -> None:
        while True:
            peer.request()
            peer.answer(body)

    return script
