"""One HTTP/1.1 connection as its bytes see it, without I/O: proxy tunnel, TLS, then one request after the other."""

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

__all__ = ["PIECE", "TURN", "Connection", "NextAction", "next_action"]


class NextAction(enum.Enum):
    """What to do next with a request that is on its way."""

    WAIT = "wait"  # for the connection to bring something
    ANSWERED = "answered"  # the final head is there
    AGAIN = "again"  # on another connection: this one was stale


def next_action(link: Connection, *, reused: bool, proxied: bool) -> NextAction:
    """How the request that was put on `link` stands.

    Args:
        link: With its current exchange.
        reused: The connection had served before.
        proxied: In absolute form: a 407 then speaks for the proxy.

    Raises:
        Failure: There will be no answer.
    """
    response_parser = link.response_parser
    if response_parser is None:
        raise NotSent("the connection closed before the request was put on it")
    if response_parser.head_complete:
        if proxied and response_parser.status == 407:
            why = f"the proxy answered 407 (authentication required) [{link.route.name}]"
            raise NotSent(why, permanent=True, about="proxy")
        return NextAction.ANSWERED
    failure = response_parser.failure
    if failure is None:
        return NextAction.WAIT
    if link.bytes_sent or isinstance(failure, NotSent):
        raise failure.with_traceback(None)
    if reused:
        return NextAction.AGAIN
    raise NotSent(str(failure))


PIECE = 64 * 1024
"""Most bytes given to a socket, or asked of one, at a time."""
TURN = 4
"""Most pieces sent before the socket is asked whether an answer is there already."""


class Connection:
    """One connection.

    Attributes:
        route: Where it leads.
        exchange: The current one, None between two.
        ready: Tunnel and TLS are up: `request()` may be called.
        failure: Why it will never be ready.
        dead: Nothing more can be sent, so no other exchange can follow.
        abandoned: By us: its end proves nothing.
        touched: Set by the shell once a byte of the current request may have left.
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
        """Start as the route says: through a proxy's tunnel or not, with TLS when there is a context."""
        self.route = route
        self.response_parser: ResponseParser | None = None
        self.ready = False
        self.failure: NotSent | None = None
        self.dead = False
        self.abandoned = False
        self.bytes_sent = False
        self._context = context
        self._queue: deque[bytes | memoryview] = deque()
        self._tls: Tls | None = None
        self._peer_responded = False  # any plain byte from the far end of the route
        if route.tunnel:
            self.response_parser = ResponseParser("CONNECT")
            self._queue.append(request_head("CONNECT", route.tunnel, (("Host", route.tunnel), *route.proxy_headers)))
        else:
            self._secure()

    # What is to be sent.

    def request(self, method: str, head: bytes, body: bytes | None) -> ResponseParser:
        """Queue one request; the exchange that will hold its answer."""
        self.response_parser = response_parser = ResponseParser(method)
        self.bytes_sent = False
        if not body:
            self._queue.append(head)
        elif len(body) <= PIECE:
            self._queue.append(head + body)
        else:
            self._queue.append(head)
            self._queue.append(memoryview(body))
        return response_parser

    def next_out(self) -> bytes | memoryview:
        """The next bytes for the socket, b"" when there are none now."""
        queue, tls = self._queue, self._tls
        if queue:
            piece = queue.popleft()
            if len(piece) > PIECE:
                queue.appendleft(piece[PIECE:])
                piece = piece[:PIECE]
            if tls is None:
                return piece
            if not tls.write(piece):
                queue.appendleft(piece)
                if tls.failure is not None:
                    self.stop_sending()
        return b"" if tls is None else tls.outgoing()

    @property
    def sending(self) -> bool:
        """Part of the request has not been given out."""
        return bool(self._queue)

    @property
    def may_send(self) -> bool:
        """`next_out` may have something: part of the request, or what TLS has to say."""
        return bool(self._queue) or self._tls is not None

    def stop_sending(self) -> None:
        """Give up what is left of the request: the socket takes no more, or the answer is a refusal already."""
        self.dead = True
        self._queue.clear()

    def rest(self) -> None:
        """Forget the finished exchange: whatever comes now was not asked for."""
        self.response_parser = None

    def abandon(self) -> None:
        """Give the connection up; the exchange ends as broken unless it is complete."""
        self.abandoned = True
        self.end()

    # What was heard.

    def receive(self, data: bytes | memoryview) -> None:
        """Take what the socket brought."""
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
        """Take the end of the connection: orderly, by `error`, or by us."""
        self.dead = True
        self._queue.clear()
        if self.abandoned:
            why = "the connection was given up"
        else:
            why = "connection closed" if error is None else f"connection lost ({error.strerror or error})"
        if not self.ready:
            self._never(why + (" in the TLS handshake" if self._tls else " by the proxy" if self.route.tunnel else ""))
        elif self.response_parser is not None:
            orderly = error is None and not self.abandoned
            if orderly and self._tls is not None and not self._tls.closed:
                orderly = False
                why += " without TLS close_notify"
            self.response_parser.end(why, orderly=orderly)

    def _receive_plain(self, data: bytes | memoryview) -> None:
        response_parser = self.response_parser
        if response_parser is None:
            self.dead = True  # unasked
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
            self._never(f"the proxy's answer cannot be used: {response_parser.failure}")
        elif response_parser.head_complete and response_parser.status < 300:
            self._secure()
        elif response_parser.head_complete:
            status = response_parser.status
            what = "authentication required" if status == 407 else "tunnel refused"
            self._never(f"the proxy answered {status} ({what})", permanent=status < 500)

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
            self._never(why, permanent=True)
        elif self.response_parser is not None and tls.refused and not self._peer_responded:
            refused = NotSent(
                f"the server refused the client certificate: {why}", permanent=True, about="client certificate"
            )
            self.response_parser.fail(refused)
        elif self.response_parser is not None:
            self.response_parser.end(why, orderly=False)

    def _never(self, why: str, *, permanent: bool = False) -> None:
        self.dead = True
        self._queue.clear()
        if self.failure is None:
            about = "tls" if self._tls is not None else "proxy" if self.route.tunnel else ""
            self.failure = NotSent(f"{why} [{self.route.name}]", permanent=permanent, about=about)
