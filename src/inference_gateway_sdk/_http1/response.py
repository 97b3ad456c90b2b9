r"""The response to one request, without I/O: parse its head, decode content codings, deliver the body.

The end of a body (RFC 9112 section 6.3), by example:

    Content-Length: 5\r\n\r\nhello                               after 5 bytes
    Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n    after the empty chunk and the trailers
    Connection: close\r\n\r\nhello                               at the end of the connection, if it is orderly
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Protocol

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from .failures import InvalidResponse, NoResponse, TransportFailure, TruncatedResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = [
    "DRAIN_BYTES",
    "DRAIN_SECONDS",
    "MAX_HEAD",
    "STEP",
    "Body",
    "BodySource",
    "Inflate",
    "ResponseParser",
    "decoder_for",
]


STEP = 64 * 1024
"""Maximum output of one decompression step, so that a decompression bomb grows no faster than it is read."""
_INPUT = 16 * 1024  # compressed bytes of one step: zlib copies what a member leaves over
_DRY_STEPS = 16  # steps without output in a row, after which the driver checks the deadline

_GZIP, _ZLIB, _RAW = 31, 15, -15  # zlib's `wbits` for a gzip header, a zlib header, and no header


_NO_CODING = frozenset({"", "identity", "none", "utf-8", "aws-chunked"})
"""Values of Content-Encoding that servers send for a body that is not compressed."""


def decoder_for(headers: Iterable[tuple[str, str]]) -> Inflate | None:
    """Return the decoder for the response's Content-Encoding, or None if the body is not encoded.

    Raises:
        InvalidResponse: The coding is neither gzip nor deflate.
    """
    codings = [value for name, value in headers if name == "content-encoding"]
    if not codings:
        return None
    every = [coding.strip().lower() for value in codings for coding in value.split(",")]
    coding = ", ".join(coding for coding in every if coding not in _NO_CODING)
    if not coding:
        return None
    if coding in ("gzip", "x-gzip", "deflate"):
        return Inflate(gzip=coding != "deflate")
    raise InvalidResponse(f"unsupported content-encoding {coding!r}")


class Inflate:
    """The decoder of one compressed body. If `pending` is True, `step()` may return more without new input."""

    __slots__ = ("_at", "_begun", "_gzip", "_input", "_zlib", "pending")

    def __init__(self, *, gzip: bool) -> None:
        self.pending = False
        self._gzip = gzip
        self._zlib = zlib.decompressobj(_GZIP if gzip else _ZLIB)
        self._input = memoryview(b"")
        self._at = 0  # position in the input up to which it is consumed
        self._begun = False

    def feed(self, data: bytes) -> bytes:
        """Add input and return the output of the next step. Call it only when nothing is pending."""
        self._input = memoryview(data)
        self._at = 0
        if not self._begun and data:
            self._begun = True
            if not self._gzip and data[0] & 15 != 8:  # no zlib header (0x78 ...): a raw deflate stream
                self._zlib = zlib.decompressobj(_RAW)
        return self.step()

    def step(self) -> bytes:
        """Return up to `STEP` more bytes, possibly none."""
        if self._zlib.eof and not self._next_member():
            self.pending = False
            return b""
        rest = self._input[self._at : self._at + _INPUT]
        try:
            out = self._zlib.decompress(rest, STEP)
        except zlib.error as error:
            raise InvalidResponse(f"invalid compression of the body: {error}") from None
        unused = self._zlib.unused_data if self._zlib.eof else self._zlib.unconsumed_tail
        self._at += len(rest) - len(unused)
        self.pending = self._at < len(self._input) or len(out) == STEP
        return out

    def end(self) -> None:
        """Process the end of the body.

        Raises:
            TruncatedResponse: The compressed data is incomplete.
        """
        if self._begun and not self._zlib.eof:
            raise TruncatedResponse("the compressed body is incomplete")

    def _next_member(self) -> bool:
        """Start the next gzip member (1f 8b ...). Return False if there is none. Zeros are padding and end the data."""
        if not self._gzip or self._at == len(self._input):
            return False
        if self._input[self._at] == 0:
            self._gzip = False
            return False
        self._zlib = zlib.decompressobj(_GZIP)
        return True


class Undecodable:
    """A body in a coding that cannot be undone: reading it fails, an empty one is whole."""

    __slots__ = ("_failure",)
    pending = False

    def __init__(self, failure: InvalidResponse) -> None:
        self._failure = failure

    def feed(self, data: bytes) -> bytes:
        """Fail."""
        raise self._failure

    def step(self) -> bytes:
        """Return nothing."""
        return b""

    def end(self) -> None:
        """Take the end of the body."""


DRAIN_BYTES = 64 * 1024
"""Maximum number of bytes that a release reads to reuse a connection. Beyond that, a new connection is cheaper."""
DRAIN_SECONDS = 0.1
"""Maximum time that a release waits for them."""


class BodySource(Protocol):
    """The source of a body: a `ResponseParser`, or an adapter for a connection of another library."""

    status: int
    headers: list[tuple[str, str]]
    body: list[bytes]
    complete: bool
    failure: TransportFailure | None

    def take(self) -> bytes:
        """Return all buffered bytes, or b"" if there are none."""
        ...

    def fail(self, failure: TransportFailure) -> None:
        """Record a failure and accept no more input. Only the first failure is kept."""
        ...

    def end(self, why: str, *, orderly: bool) -> None:
        """Process the end of the connection."""
        ...


class Body:
    """The body of one response."""

    __slots__ = ("_budget", "_decoder", "_dropped", "_response_parser")

    def __init__(self, response_parser: BodySource) -> None:
        """Read from a parser whose head is complete. Raise InvalidResponse if a success has an unknown coding."""
        self._response_parser = response_parser
        self._decoder: Inflate | Undecodable | None
        try:
            self._decoder = decoder_for(response_parser.headers)
        except InvalidResponse as failure:
            if response_parser.status < 300:
                raise
            self._decoder = Undecodable(failure)  # the status of a refusal counts, whatever its body is
        self._budget = DRAIN_BYTES
        self._dropped = False

    @property
    def pending(self) -> bool:
        """Whether `take` can go on decoding without another byte from the connection."""
        return self._decoder is not None and self._decoder.pending

    @property
    def settled(self) -> bool:
        """True if the connection will deliver no more bytes. Bytes already received may still wait to be taken."""
        return self._response_parser.complete or self._response_parser.failure is not None

    @property
    def finished(self) -> bool:
        """True if the body is complete and all of it has been taken."""
        response_parser = self._response_parser
        return (
            response_parser.complete
            and not response_parser.body
            and self._decoder is None
            and response_parser.failure is None
            and not self._dropped
        )

    def take(self) -> bytes | None:
        """Return the next bytes, b"" at the end, or None if more has to arrive or be decoded (`pending`) first.

        Raises:
            TransportFailure: The body broke. Every further call raises this again.
            RuntimeError: The response was released before its end.
        """
        decoder = self._decoder
        if decoder is None:
            return self._response_parser.take() if self._response_parser.body else self._outcome()
        try:
            return self._decoded(decoder)
        except TransportFailure as failure:
            self._response_parser.fail(failure)
            self._decoder = None
            self._response_parser.body.clear()
            raise

    def invalidate(self) -> None:
        """Fail the body after an interrupt: bytes may have been lost on their way to the reader."""
        self._response_parser.fail(TruncatedResponse("reading was interrupted"))
        self._response_parser.body.clear()
        self._decoder = None

    def interrupt(self) -> None:
        """End the body of an abandoned connection. It fails unless it is complete."""
        self._response_parser.end("the connection was given up", orderly=False)

    def drain(self) -> bool:
        """Discard the received bytes. Return True at the end, or once the rest is not worth waiting for."""
        self._dropped = True
        self._decoder = None
        self._budget -= len(self._response_parser.take())
        return self.settled or self._budget <= 0

    def _outcome(self) -> bytes | None:
        response_parser = self._response_parser
        if self._dropped:
            raise RuntimeError("the response was released: it can no longer be read")
        if response_parser.failure is not None:
            raise response_parser.failure.with_traceback(None)
        return b"" if response_parser.complete else None

    def _decoded(self, decoder: Inflate | Undecodable) -> bytes | None:
        response_parser = self._response_parser
        for _ in range(_DRY_STEPS):
            if decoder.pending:
                data = decoder.step()
            elif response_parser.body:
                data = decoder.feed(response_parser.take())
            else:
                outcome = self._outcome()
                if outcome == b"":
                    decoder.end()
                return outcome
            if data:
                return data
        return None  # e.g. empty gzip members, 20 bytes each: nothing comes of them, however many there are


MAX_HEAD = 128 * 1024
"""Maximum size of response heads (interim ones included), and of chunk framing or trailers between pieces of body."""

_START = b"HTTP/"  # llhttp would also accept RTSP/ and ICE/


class ResponseParser:
    """The parser of the response to one request. Feed it the received bytes and take the body.

    Attributes:
        status: Status of the final response, 0 before its head is complete.
        headers: Names in lower case and values, in order. Trailers are dropped.
        head_complete: True once the final head is complete. Interim heads (1xx) are skipped.
        body: Pieces of the body, without transfer coding, that have not been taken yet.
        complete: True once the response ended as its framing requires.
        reusable: True if it is complete and the connection can serve another request.
        failure: The reason why no more will arrive, or None. It is raised once `body` is empty.
    """

    __slots__ = (
        "_bodyless",
        "_ends_with_connection",
        "_head_started",
        "_interim",
        "_method",
        "_overhead",
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
        self.status: int = 0
        self.headers: list[tuple[str, str]] = []
        self.head_complete: bool = False
        self.body: list[bytes] = []
        self.complete: bool = False
        self.reusable: bool = False
        self.failure: TransportFailure | None = None
        self.on_body: Callable[[bytes], None] = self.body.append
        self._method = method
        self._head_started = False  # a head has begun, other than an interim one that is already complete
        self._interim = False
        self._bodyless = False
        self._ends_with_connection = False
        self._overhead = 0  # bytes fed since the last piece of body
        self._start = b""
        self._parser: HttpResponseParser | None = HttpResponseParser(self)

    # Input.

    def feed(self, data: bytes | memoryview) -> None:
        """Parse bytes received from the connection."""
        parser = self._parser
        if parser is None:
            self.reusable = False  # unsolicited bytes after the response
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
        """Process the end of the connection.

        Args:
            why: Text for the failure.
            orderly: True if the peer closed the connection regularly (under TLS: with close_notify). A body without
                framing is then complete.
        """
        self._parser = None
        self.reusable = False
        if self.complete or self.failure is not None:
            return
        if not self.head_complete:
            self.failure = (
                TruncatedResponse(f"{why} inside the response head")
                if self._head_started
                else NoResponse(f"{why} before any response")
            )
        elif self._ends_with_connection and orderly:
            self.complete = True
        else:
            self.failure = TruncatedResponse(f"{why} before the end of the body")

    def fail(self, failure: TransportFailure) -> None:
        """Record a failure and accept no more input. Only the first failure is kept."""
        self.reusable = False
        if self.failure is None:
            self.failure = failure

    # Output.

    def take(self) -> bytes:
        """Return the buffered part of the body, or b"" if there is none."""
        body = self.body
        data = body[0] if len(body) == 1 else b"".join(body)
        body.clear()
        return data

    # Parsing.

    def _feed_head(self, parser: HttpResponseParser, data: bytes | memoryview) -> None:
        if len(self._start) < len(_START) and not self._starts_with_http(data):
            return
        allowed = MAX_HEAD - self._overhead
        self._overhead += len(data)
        try:
            parser.feed_data(data if len(data) <= allowed else data[:allowed])
        except HttpParserError as error:
            self._parse_failed(error)
        if self.head_complete:
            self._overhead = 0
        if len(data) > allowed and self.failure is None:
            if self.head_complete:
                self._feed_body(parser, data[allowed:])
            else:
                self.fail(InvalidResponse(f"the response head is larger than {MAX_HEAD} bytes"))

    def _feed_body(self, parser: HttpResponseParser, data: bytes | memoryview) -> None:
        pieces = len(self.body)
        try:
            parser.feed_data(data)
        except HttpParserError as error:
            self._parse_failed(error)
        if len(self.body) > pieces:
            self._overhead = 0
            return
        self._overhead += len(data)  # no body in it: "1;x=", "\r\n", "Trailer: ..."
        if self._overhead > MAX_HEAD and not self.complete:
            self.fail(InvalidResponse(f"more than {MAX_HEAD} bytes of chunk framing or trailers"))

    def _starts_with_http(self, data: bytes | memoryview) -> bool:
        self._head_started = True
        start = self._start = (self._start + bytes(data[: len(_START)]))[: len(_START)]
        if _START.startswith(start):
            return True
        self.fail(InvalidResponse("the received data is not HTTP"))
        return False

    def _parse_failed(self, error: HttpParserError) -> None:
        """Record why the parser stopped: invalid input, or an exception raised by one of its callbacks."""
        cause = error.__context__
        if isinstance(error, HttpParserUpgrade):
            self.fail(InvalidResponse("the server switched protocols without a request to do so"))
        elif cause is not None and not isinstance(cause, TransportFailure):
            self.fail(TruncatedResponse("reading was interrupted"))
            raise cause from None  # such as KeyboardInterrupt inside a callback
        elif self.complete:
            self.reusable = False  # invalid bytes after a complete response
        elif cause is not None:
            self.fail(cause.with_traceback(None))
        else:
            self.fail(InvalidResponse(f"malformed HTTP/1.1 response: {error}"))

    # Called by the parser.

    def on_message_begin(self) -> None:
        """Note the start of a head."""
        if self.complete:
            raise InvalidResponse("a second response to one request")
        self._head_started = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """Store one header line of the head. Drop header lines of the trailers."""
        if not self.head_complete:
            self.headers.append((name.decode("latin-1").lower(), value.decode("latin-1").strip(" \t")))

    def on_headers_complete(self) -> None:
        """Process the empty line after a head."""
        parser = self._parser
        if parser is None:
            return
        status = parser.get_status_code()
        version = parser.get_http_version()
        if version not in ("1.1", "1.0"):
            raise InvalidResponse(f"unsupported version HTTP/{version}")
        if status < 200:
            if status < 100 or status == 101:
                raise InvalidResponse(f"unexpected status {status}")
            self._interim = True
            return
        self.status = status
        self._choose_framing(parser, status, self._is_framed())
        self.head_complete = True

    def on_message_complete(self) -> None:
        """Process the end of a response, interim ones (103 Early Hints) included."""
        if self._interim:
            self._interim = self._head_started = False
            self.headers.clear()
        elif not self.complete and self._parser is not None:
            self.reusable = self._parser.should_keep_alive()
            self.complete = True

    def _is_framed(self) -> bool:
        framed = chunked = False
        for name, value in self.headers:
            if name == "transfer-encoding":
                if chunked or value.lower() != "chunked":  # llhttp does not decode any other coding
                    raise InvalidResponse(f"unsupported transfer-encoding {value!r}")
                framed = chunked = True
            elif name == "content-length":
                framed = True
        return framed

    def _choose_framing(self, parser: HttpResponseParser, status: int, framed: bool) -> None:
        if self._method == "HEAD" or (self._method == "CONNECT" and status < 300):
            # httptools cannot inform llhttp that no body follows, so llhttp would wait for one.
            self.reusable = framed and parser.should_keep_alive()
            self._bodyless = self.complete = True
        else:
            self._ends_with_connection = not (framed or status in (204, 304))
