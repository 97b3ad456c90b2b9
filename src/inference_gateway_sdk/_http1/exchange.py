"""One answer's bytes, cut anywhere, as its head, the pieces of its body, and how it ended.

llhttp (by httptools) finds the parts; what it leaves open is decided here: limits, which framing is trusted, answers
without a body, the meaning of a connection's end, and whether the connection may serve another exchange.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from .failures import BadAnswer, Failure, NoAnswer, Truncated

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MAX_HEAD", "Exchange"]

MAX_HEAD = 128 * 1024
"""Most bytes of an answer's heads (interim ones counted), and of chunk framing or trailers between pieces of body."""

_START = b"HTTP/"  # llhttp would take RTSP/ and ICE/ too


class Exchange:
    """One request's answer. Feed it what arrives; `body` holds what came and was not taken.

    Attributes:
        status: Of the final answer; 0 before its head is complete.
        headers: Names in lower case and values, in order; trailers are dropped.
        head_complete: The final head is there.
        body: Pieces of the body (transfer coding removed) that nobody took yet.
        complete: The answer ended where its framing says it ends.
        reusable: ... and nothing forbids another exchange on the connection.
        failure: Why there will never be more. It counts once `body` is empty.
    """

    __slots__ = (
        "_answering",
        "_bodyless",
        "_dry",
        "_ends_with_connection",
        "_interim",
        "_method",
        "_parser",
        "_start",
        "body",
        "complete",
        "failure",
        "head_complete",
        "headers",
        "on_body",
        "reusable",
        "status",
    )

    def __init__(self, method: str) -> None:
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.head_complete = False
        self.body: list[bytes] = []
        self.complete = False
        self.reusable = False
        self.failure: Failure | None = None
        self.on_body: Callable[[bytes], None] = self.body.append
        self._method = method
        self._answering = False  # a head has begun that is not an interim one already complete
        self._interim = False
        self._bodyless = False
        self._ends_with_connection = False
        self._dry = 0  # bytes fed since the last progress
        self._start = b""
        self._parser: HttpResponseParser | None = HttpResponseParser(self)

    # What arrives.

    def feed(self, data: bytes | memoryview) -> None:
        """Take what the connection brought."""
        parser = self._parser
        if parser is None:
            self.reusable = False  # bytes that nobody asked for
            return
        if self.head_complete:
            self._feed_body(parser, data)
        else:
            self._feed_head(parser, data)
            if self._bodyless and self.body:
                self.body.clear()
                self.reusable = False
        if self.complete or self.failure is not None:
            self._parser = None

    def end(self, why: str, *, orderly: bool) -> None:
        """Take the end of the connection.

        Args:
            why: For the failure's text.
            orderly: It was closed by the peer, in full (under TLS: with close_notify), so that a body which only the
                end delimits is whole.
        """
        self._parser = None
        self.reusable = False
        if self.complete or self.failure is not None:
            return
        if not self.head_complete:
            self.failure = (
                Truncated(f"{why} inside the head of the answer")
                if self._answering
                else NoAnswer(f"{why} before any answer")
            )
        elif self._ends_with_connection and orderly:
            self.complete = True
        else:
            self.failure = Truncated(f"{why} before the end of the body")

    def fail(self, failure: Failure) -> None:
        """Nothing more will be taken; the first failure stays."""
        self.reusable = False
        if self.failure is None:
            self.failure = failure

    # What was received.

    def take(self) -> bytes:
        """All of the body that is there, b"" when none is."""
        body = self.body
        data = body[0] if len(body) == 1 else b"".join(body)
        body.clear()
        return data

    # Between the two.

    def _feed_head(self, parser: HttpResponseParser, data: bytes | memoryview) -> None:
        if len(self._start) < len(_START) and not self._starts_well(data):
            return
        room = MAX_HEAD - self._dry
        self._dry += len(data)
        try:
            parser.feed_data(data if len(data) <= room else data[:room])
        except HttpParserError as error:
            self._stumble(error)
        if self.head_complete:
            self._dry = 0
        if len(data) > room and self.failure is None:
            if self.head_complete:
                self._feed_body(parser, data[room:])
            else:
                self.fail(BadAnswer(f"the head of the answer is larger than {MAX_HEAD} bytes"))

    def _feed_body(self, parser: HttpResponseParser, data: bytes | memoryview) -> None:
        pieces = len(self.body)
        try:
            parser.feed_data(data)
        except HttpParserError as error:
            self._stumble(error)
        if len(self.body) > pieces:
            self._dry = 0
            return
        self._dry += len(data)
        if self._dry > MAX_HEAD and not self.complete:
            self.fail(BadAnswer(f"more than {MAX_HEAD} bytes of chunk framing or trailers"))

    def _starts_well(self, data: bytes | memoryview) -> bool:
        self._answering = True
        start = self._start = (self._start + bytes(data[: len(_START)]))[: len(_START)]
        if _START.startswith(start):
            return True
        self.fail(BadAnswer("what came is not HTTP"))
        return False

    def _stumble(self, error: HttpParserError) -> None:
        """The parser stopped: at what came, or at what one of its callbacks raised."""
        cause = error.__context__
        if isinstance(error, HttpParserUpgrade):
            self.fail(BadAnswer("the server switched protocols unasked"))
        elif cause is not None and not isinstance(cause, Failure):
            self.fail(Truncated("reading was interrupted"))
            raise cause from None  # KeyboardInterrupt inside a callback
        elif self.complete:
            self.reusable = False  # junk behind a complete answer
        elif cause is not None:
            self.fail(cause.with_traceback(None))
        else:
            self.fail(BadAnswer(f"the answer is not well-formed HTTP/1.1: {error}"))

    # Called by the parser.

    def on_message_begin(self) -> None:
        """A head begins."""
        if self.complete:
            raise BadAnswer("a second answer to one request")
        self._answering = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header line, of the head or of the trailers."""
        if not self.head_complete:
            self.headers.append((name.decode("latin-1").lower(), value.decode("latin-1").strip(" \t")))

    def on_headers_complete(self) -> None:
        """The empty line behind a head."""
        parser = self._parser
        if parser is None:
            return
        status = parser.get_status_code()
        version = parser.get_http_version()
        if version not in ("1.1", "1.0"):
            raise BadAnswer(f"an HTTP/{version} answer")
        if status < 200:
            if status < 100 or status == 101:
                raise BadAnswer(f"the status {status} in an answer")
            self._interim = True
            return
        self.status = status
        self._choose_framing(parser, status, self._is_framed())
        self.head_complete = True

    def on_message_complete(self) -> None:
        """The end of a message, interim ones included."""
        if self._interim:
            self._interim = self._answering = False
            self.headers.clear()
        elif not self.complete and self._parser is not None:
            self.reusable = self._parser.should_keep_alive()
            self.complete = True

    def _is_framed(self) -> bool:
        framed = chunked = False
        for name, value in self.headers:
            if name == "transfer-encoding":
                if chunked or value.lower() != "chunked":  # llhttp would leave another coding on the body
                    raise BadAnswer(f"the transfer-encoding {value!r}")
                framed = chunked = True
            elif name == "content-length":
                framed = True
        return framed

    def _choose_framing(self, parser: HttpResponseParser, status: int, framed: bool) -> None:
        if self._method == "HEAD" or (self._method == "CONNECT" and status < 300):
            # httptools has no way to tell llhttp that no body follows: it would wait for one.
            self.reusable = framed and parser.should_keep_alive()
            self._bodyless = self.complete = True
        else:
            self._ends_with_connection = not (framed or status in (204, 304))
