"""The response of one request, without I/O: parse its head, undo content codings, deliver the body."""

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
"""Most bytes one step may give: a bomb grows no faster than it is read."""
_INPUT = 16 * 1024  # compressed bytes of one step: zlib copies what a member leaves over
_DRY_STEPS = 16  # steps without output in a row, after which the driver looks at its clock

_GZIP, _ZLIB, _RAW = 31, 15, -15  # zlib's own numbers for what surrounds the deflate stream


_NO_CODING = frozenset({"", "identity", "none", "utf-8", "aws-chunked"})
"""Values of Content-Encoding that servers send for a body that is not compressed."""


def decoder_for(headers: Iterable[tuple[str, str]]) -> Inflate | None:
    """Return the decoder of the answer's Content-Encoding, None when there is nothing to undo.

    Raises:
        InvalidResponse: A coding that was never asked for.
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
    raise InvalidResponse(f"the content-encoding {coding!r}, which was not asked for")


class Inflate:
    """One compressed body. `pending` says that `step()` may give more without being fed."""

    __slots__ = ("_at", "_begun", "_gzip", "_input", "_zlib", "pending")

    def __init__(self, *, gzip: bool) -> None:
        self.pending = False
        self._gzip = gzip
        self._zlib = zlib.decompressobj(_GZIP if gzip else _ZLIB)
        self._input = memoryview(b"")
        self._at = 0  # how much of the input was used
        self._begun = False

    def feed(self, data: bytes) -> bytes:
        """The next step's output with `data` behind what was fed before; call only when nothing is pending."""
        self._input = memoryview(data)
        self._at = 0
        if not self._begun and data:
            self._begun = True
            if not self._gzip and data[0] & 15 != 8:  # not zlib's header
                self._zlib = zlib.decompressobj(_RAW)
        return self.step()

    def step(self) -> bytes:
        """At most `STEP` bytes more, perhaps none."""
        if self._zlib.eof and not self._next_member():
            self.pending = False
            return b""
        rest = self._input[self._at : self._at + _INPUT]
        try:
            out = self._zlib.decompress(rest, STEP)
        except zlib.error as error:
            raise InvalidResponse(f"the body is not the compression it claims to be: {error}") from None
        unused = self._zlib.unused_data if self._zlib.eof else self._zlib.unconsumed_tail
        self._at += len(rest) - len(unused)
        self.pending = self._at < len(self._input) or len(out) == STEP
        return out

    def end(self) -> None:
        """Take the end of the body.

        Raises:
            TruncatedResponse: The compression had not ended.
        """
        if self._begun and not self._zlib.eof:
            raise TruncatedResponse("the compressed body ended short")

    def _next_member(self) -> bool:
        """Whether what follows a whole gzip member is another one; zeros are padding, and nothing follows padding."""
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
"""Most bytes that a release reads to save a connection; more would cost more than a new one."""
DRAIN_SECONDS = 0.1
"""The longest that a release waits for them."""


class BodySource(Protocol):
    """Where a body comes from: `Exchange`, or what stands for one when the connection is not ours."""

    status: int
    headers: list[tuple[str, str]]
    body: list[bytes]
    complete: bool
    failure: TransportFailure | None

    def take(self) -> bytes:
        """All that is there, b"" when nothing is."""
        ...

    def fail(self, failure: TransportFailure) -> None:
        """Nothing more will be taken; the first failure stays."""
        ...

    def end(self, why: str, *, orderly: bool) -> None:
        """Take the end of the connection."""
        ...


class Body:
    """What one answer brings behind its head."""

    __slots__ = ("_budget", "_decoder", "_dropped", "_response_parser")

    def __init__(self, response_parser: BodySource) -> None:
        """Read from a parser whose head is complete; raise InvalidResponse when a success has an unknown coding."""
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
        """Nothing more will come from the connection (some of what came may still wait to be taken)."""
        return self._response_parser.complete or self._response_parser.failure is not None

    def take(self) -> bytes | None:
        """Return the next bytes, b"" at the end, None when more has to arrive, or to be decoded (`pending`), first.

        Raises:
            TransportFailure: The body broke; every further call says so again.
            RuntimeError: The answer was released before its end.
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

    def spoil(self) -> None:
        """Bytes may have been lost on their way to the reader: never read on as if nothing had happened."""
        self._response_parser.fail(TruncatedResponse("reading was interrupted"))
        self._response_parser.body.clear()
        self._decoder = None

    def interrupt(self) -> None:
        """The connection was given up: the body ends as broken, unless all of it was there."""
        self._response_parser.end("the connection was given up", orderly=False)

    def drain(self) -> bool:
        """Throw away what came; True when nothing more is worth waiting for. What is dropped cannot be read later."""
        self._dropped = True
        self._decoder = None
        self._budget -= len(self._response_parser.take())
        return self.settled or self._budget <= 0

    def _outcome(self) -> bytes | None:
        response_parser = self._response_parser
        if self._dropped:
            raise RuntimeError("the answer was released: it cannot be read any more")
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
"""Most bytes of an answer's heads (interim ones counted), and of chunk framing or trailers between pieces of body."""

_START = b"HTTP/"  # llhttp would take RTSP/ and ICE/ too


class ResponseParser:
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
        self.failure: TransportFailure | None = None
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
                TruncatedResponse(f"{why} inside the head of the answer")
                if self._answering
                else NoResponse(f"{why} before any answer")
            )
        elif self._ends_with_connection and orderly:
            self.complete = True
        else:
            self.failure = TruncatedResponse(f"{why} before the end of the body")

    def fail(self, failure: TransportFailure) -> None:
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
                self.fail(InvalidResponse(f"the head of the answer is larger than {MAX_HEAD} bytes"))

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
            self.fail(InvalidResponse(f"more than {MAX_HEAD} bytes of chunk framing or trailers"))

    def _starts_well(self, data: bytes | memoryview) -> bool:
        self._answering = True
        start = self._start = (self._start + bytes(data[: len(_START)]))[: len(_START)]
        if _START.startswith(start):
            return True
        self.fail(InvalidResponse("what came is not HTTP"))
        return False

    def _stumble(self, error: HttpParserError) -> None:
        """The parser stopped: at what came, or at what one of its callbacks raised."""
        cause = error.__context__
        if isinstance(error, HttpParserUpgrade):
            self.fail(InvalidResponse("the server switched protocols unasked"))
        elif cause is not None and not isinstance(cause, TransportFailure):
            self.fail(TruncatedResponse("reading was interrupted"))
            raise cause from None  # KeyboardInterrupt inside a callback
        elif self.complete:
            self.reusable = False  # junk behind a complete answer
        elif cause is not None:
            self.fail(cause.with_traceback(None))
        else:
            self.fail(InvalidResponse(f"the answer is not well-formed HTTP/1.1: {error}"))

    # Called by the parser.

    def on_message_begin(self) -> None:
        """A head begins."""
        if self.complete:
            raise InvalidResponse("a second answer to one request")
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
            raise InvalidResponse(f"an HTTP/{version} answer")
        if status < 200:
            if status < 100 or status == 101:
                raise InvalidResponse(f"the status {status} in an answer")
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
                    raise InvalidResponse(f"the transfer-encoding {value!r}")
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
