r"""One HTTP/1.1 connection without I/O: proxy tunnel, TLS, then one request after the other.

The bytes of a new connection through a proxy:

    out  CONNECT gateway:443 HTTP/1.1\r\nHost: gateway:443\r\n\r\n
    in   HTTP/1.1 200 OK\r\n\r\n
    out  TLS handshake, then inside TLS: POST /v1/chat/completions HTTP/1.1\r\n...
"""

from __future__ import annotations

import enum
from collections import deque
from typing import TYPE_CHECKING

from .failures import NotSent
from .request import request_head
from .response import ResponseParser

if TYPE_CHECKING:
    import ssl

    from .request import Route
    from .tls import Tls

__all__ = ["MAX_PIECES", "PIECE_SIZE", "Connection", "NextAction", "next_action"]


class NextAction(enum.Enum):
    """The next action for a request in progress."""

    WAIT = "wait"  # until data arrives on the connection
    ANSWERED = "answered"  # the final response head is complete
    AGAIN = "again"  # send the request on another connection: this one was stale


def next_action(connection: Connection, *, reused: bool, proxied: bool) -> NextAction:
    """Return the next action for the current request on `connection`.

    Args:
        connection: The connection that carries the request.
        reused: True if the connection has served an earlier request.
        proxied: True if the request is in absolute form. A 407 then comes from the proxy.

    Raises:
        TransportFailure: No response will arrive.
    """
    response_parser = connection.response_parser
    if response_parser is None:
        raise NotSent("the connection closed before the request was put on it")
    if response_parser.head_complete:
        if proxied and response_parser.status == 407:
            why = f"the proxy answered 407 (authentication required) [{connection.route.name}]"
            raise NotSent(why, permanent=True, about="proxy")
        return NextAction.ANSWERED
    failure = response_parser.failure
    if failure is None:
        return NextAction.WAIT
    if connection.bytes_sent or isinstance(failure, NotSent):
        raise failure.with_traceback(None)
    if reused:
        return NextAction.AGAIN
    raise NotSent(str(failure))


PIECE_SIZE = 64 * 1024
"""Maximum number of bytes written to or read from a socket at a time."""
MAX_PIECES = 4
"""Maximum number of pieces sent before the socket is checked for an early response."""


class Connection:
    """One connection.

    Attributes:
        route: The route to the server.
        response_parser: Parser of the current response, None between two requests.
        ready: True once tunnel and TLS are established. `request()` may then be called.
        failure: The reason why the connection will never be ready, or None.
        dead: True once nothing more can be sent. No other request can follow.
        abandoned: True if we closed the connection. Its end then does not complete a body.
        bytes_sent: Set by the transport once a byte of the current request may have been sent.
    """

    __slots__ = (
        "_context",
        "_peer_responded",
        "_queue",
        "_tls",
        "abandoned",
        "bytes_sent",
        "dead",
        "failure",
        "ready",
        "response_parser",
        "route",
    )

    def __init__(self, route: Route, context: ssl.SSLContext | None) -> None:
        """Start the connection: first the proxy's tunnel if the route has one, then TLS if there is a context."""
        self.route: Route = route
        self.response_parser: ResponseParser | None = None
        self.ready: bool = False
        self.failure: NotSent | None = None
        self.dead: bool = False
        self.abandoned: bool = False
        self.bytes_sent: bool = False
        self._context = context
        self._queue: deque[bytes | memoryview] = deque()
        self._tls: Tls | None = None
        self._peer_responded = False  # True once the server has sent any plain byte
        if route.tunnel:
            self.response_parser = ResponseParser("CONNECT")
            self._queue.append(request_head("CONNECT", route.tunnel, (("Host", route.tunnel), *route.proxy_headers)))
        else:
            self._secure()

    # Sending.

    def request(self, method: str, head: bytes, body: bytes | None) -> ResponseParser:
        """Queue one request and return the parser of its response."""
        self.response_parser = response_parser = ResponseParser(method)
        self.bytes_sent = False
        if not body:
            self._queue.append(head)
        elif len(body) <= PIECE_SIZE:
            self._queue.append(head + body)
        else:
            self._queue.append(head)
            self._queue.append(memoryview(body))
        return response_parser

    def next_out(self) -> bytes | memoryview:
        """Return the next bytes for the socket, or b"" if there are none now."""
        queue, tls = self._queue, self._tls
        if queue:
            piece = queue.popleft()
            if len(piece) > PIECE_SIZE:
                queue.appendleft(piece[PIECE_SIZE:])
                piece = piece[:PIECE_SIZE]
            if tls is None:
                return piece
            if not tls.write(piece):
                queue.appendleft(piece)
                if tls.failure is not None:
                    self.stop_sending()
        return b"" if tls is None else tls.outgoing()

    @property
    def sending(self) -> bool:
        """True if part of the request is still queued."""
        return bool(self._queue)

    @property
    def may_send(self) -> bool:
        """True if `next_out` may return bytes: part of the request, or TLS records."""
        return bool(self._queue) or self._tls is not None

    def stop_sending(self) -> None:
        """Drop the rest of the request: the socket accepts no more, or an error response has already arrived."""
        self.dead = True
        self._queue.clear()

    def reset(self) -> None:
        """Return to idle. Bytes received from now on are unsolicited."""
        self.response_parser = None

    def abandon(self) -> None:
        """Give up the connection. The current response fails unless it is complete."""
        self.abandoned = True
        self.end()

    # Receiving.

    def receive(self, data: bytes | memoryview) -> None:
        """Process bytes received from the socket."""
        if self._tls is None:
            self._receive_plain(data)
            return
        tls = self._tls
        for plain in tls.receive(data):
            self._receive_plain(plain)
        if tls.up and self.failure is None:
            self.ready = True
        if tls.failure is not None:
            self._tls_failed(tls)
        elif tls.closed:
            self.end()

    def end(self, error: OSError | None = None) -> None:
        """Process the end of the connection: a regular close, `error`, or our own abandonment."""
        self.dead = True
        self._queue.clear()
        if self.abandoned:
            why = "the connection was given up"
        else:
            why = "connection closed" if error is None else f"connection lost ({error.strerror or error})"
        if not self.ready:
            stage = " in the TLS handshake" if self._tls else " by the proxy" if self.route.tunnel else ""
            self._never_ready(why + stage)
        elif self.response_parser is not None:
            orderly = error is None and not self.abandoned
            if orderly and self._tls is not None and not self._tls.closed:
                orderly = False
                why += " without TLS close_notify"
            self.response_parser.end(why, orderly=orderly)

    def _receive_plain(self, data: bytes | memoryview) -> None:
        response_parser = self.response_parser
        if response_parser is None:
            self.dead = True  # unsolicited bytes on an idle connection
            return
        response_parser.feed(data)
        if not self.ready:
            self._receive_proxy_response(response_parser)
            return
        self._peer_responded = True
        if self._queue and response_parser.status >= 300 and response_parser.head_complete:
            self.stop_sending()

    def _receive_proxy_response(self, response_parser: ResponseParser) -> None:
        if response_parser.failure is not None:
            self._never_ready(f"invalid response from the proxy: {response_parser.failure}")
        elif response_parser.head_complete and response_parser.status < 300:
            self._secure()
        elif response_parser.head_complete:
            status = response_parser.status
            what = "authentication required" if status == 407 else "tunnel refused"
            self._never_ready(f"the proxy answered {status} ({what})", permanent=status < 500)

    def _secure(self) -> None:
        self.response_parser = None
        if self._context is None:
            self.ready = True
            return
        from .tls import Tls

        self._tls = Tls(self._context, self.route.host)

    def _tls_failed(self, tls: Tls) -> None:
        why = tls.failure or ""
        self.dead = True
        self._queue.clear()
        if not self.ready:
            self._never_ready(why, permanent=True)
        elif self.response_parser is not None and tls.refused and not self._peer_responded:
            refused = NotSent(
                f"the server refused the client certificate: {why}", permanent=True, about="client certificate"
            )
            self.response_parser.fail(refused)
        elif self.response_parser is not None:
            self.response_parser.end(why, orderly=False)

    def _never_ready(self, why: str, *, permanent: bool = False) -> None:
        self.dead = True
        self._queue.clear()
        if self.failure is None:
            about = "tls" if self._tls is not None else "proxy" if self.route.tunnel else ""
            self.failure = NotSent(f"{why} [{self.route.name}]", permanent=permanent, about=about)
