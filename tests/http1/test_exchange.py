"""One response's bytes: any bytes in any cuts end in a response or one of our failures, and agree with h11."""

from __future__ import annotations

from typing import NamedTuple

import h11
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inference_gateway_sdk._http1.failures import InvalidResponse, NoResponse, TransportFailure, TruncatedResponse
from inference_gateway_sdk._http1.response import MAX_HEAD, ResponseParser

OK = b"HTTP/1.1 200 OK\r\n"


class Outcome(NamedTuple):
    """Every observation that a reader can make."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    complete: bool
    failure: tuple[type[TransportFailure], str] | None


def _play(raw: bytes, cuts: list[int], method: str = "GET", *, orderly: bool = True) -> tuple[Outcome, bool]:
    exchange = ResponseParser(method)
    body = b""
    for piece in _cut(raw, cuts):
        exchange.feed(piece)
        body += exchange.take()
    reusable = exchange.reusable
    exchange.end("connection closed", orderly=orderly)
    assert exchange.complete or exchange.failure is not None
    failure = exchange.failure
    seen = None if failure is None else (type(failure), str(failure))
    head = tuple(exchange.headers) if exchange.head_complete else ()
    return Outcome(exchange.status, head, body, exchange.complete, seen), reusable


def _cut(raw: bytes, cuts: list[int]) -> list[bytes]:
    marks = sorted({cut % (len(raw) + 1) for cut in cuts} - {0, len(raw)})
    return [raw[start:end] for start, end in zip([0, *marks], [*marks, len(raw)], strict=True) if raw]


tokens = st.text("!#$%&'*+-.^_`|~aAzZ09", min_size=1, max_size=8)
values = st.text(st.characters(codec="latin-1", exclude_categories=("Cc",)), max_size=12).map(str.strip)
cuts = st.lists(st.integers(min_value=0, max_value=10_000), max_size=12)
FRAMING_NAMES = {"content-length", "transfer-encoding", "connection", "upgrade", "keep-alive"}
fields = st.lists(st.tuples(tokens.filter(lambda name: name.lower() not in FRAMING_NAMES), values), max_size=5)


@st.composite
def well_formed(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Draw a well-formed response, and its body."""
    status = draw(st.integers(200, 599))
    body = b"" if status in (204, 304) else draw(st.binary(max_size=60))
    lines = [f"HTTP/1.1 {status} {draw(st.sampled_from(['', 'OK', 'Some Reason']))}"]
    lines += [f"{name}: {value}" for name, value in draw(fields)]
    framing = "none" if status in (204, 304) else draw(st.sampled_from(["length", "chunked", "close"]))
    if draw(st.booleans()):
        lines.append("Connection: close")
    if framing == "length":
        lines.append(f"Content-Length: {len(body)}")
    if framing == "chunked":
        lines.append("Transfer-Encoding: chunked")
    interim = draw(
        st.sampled_from([b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" * 2])
    )
    head = interim + ("\r\n".join([*lines, "", ""])).encode("latin-1")
    return head + (_chunked(draw, body) if framing == "chunked" else body), body


def _chunked(draw: st.DrawFn, body: bytes) -> bytes:
    out = b""
    for piece in _cut(body, draw(cuts)):
        extension = draw(st.sampled_from([b"", b";a=b", b';a="b c"']))
        out += b"%x%b\r\n%b\r\n" % (len(piece), extension, piece)
    return out + b"0\r\n" + draw(st.sampled_from([b"", b"Trailer: x\r\n"])) + b"\r\n"


@st.composite
def nearly_well_formed(draw: st.DrawFn) -> bytes:
    """Draw a well-formed response with a few bytes changed, removed or inserted."""
    raw = bytearray(draw(well_formed())[0])
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(raw)))
        junk = draw(
            st.sampled_from([b"\r", b"\n", b"\r\n", b" ", b":", b"\0", b"0", b"\xff", b"HTTP/1.1 200 OK\r\n\r\n"])
        )
        raw[at : at + draw(st.integers(0, 3))] = junk
    return bytes(raw)


anything = st.one_of(
    st.binary(max_size=80),
    nearly_well_formed(),
    well_formed().map(lambda pair: pair[0]),
    st.lists(
        st.sampled_from([OK, b"\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"5\r\n", b"hello"])
    )
    .map(b"".join)
    .filter(bool),
)


@given(raw=anything, cuts=cuts, method=st.sampled_from(["GET", "HEAD", "POST", "CONNECT"]), orderly=st.booleans())
@example(raw=OK + b"Content-Length: 5\r\n\r\nhello\r\n", cuts=[43], method="GET", orderly=True)
@settings(max_examples=7 * settings.default.max_examples)
def test_any_bytes_in_any_cuts_end_in_the_same_answer_or_failure(
    raw: bytes, cuts: list[int], method: str, orderly: bool
) -> None:
    """Any cut, byte by byte too, gives the same outcome, without another exception and without two endings."""
    whole, _ = _play(raw, [], method, orderly=orderly)
    pieces, _ = _play(raw, cuts, method, orderly=orderly)
    bytewise, _ = _play(raw, list(range(len(raw))), method, orderly=orderly)
    assert whole == pieces == bytewise
    assert whole.complete is (whole.failure is None)


@given(answer=well_formed(), cuts=cuts)
@settings(max_examples=5 * settings.default.max_examples)
def test_on_well_formed_answers_h11_agrees(answer: tuple[bytes, bytes], cuts: list[int]) -> None:
    """Status, headers, body and reusability of the connection agree with another parser."""
    raw, body = answer
    ours, reusable = _play(raw, cuts)
    status, headers, theirs, keep = _by_h11(raw, cuts)
    assert ours.failure is None
    assert (ours.status, list(ours.headers), ours.body) == (status, headers, theirs)
    assert ours.body == body
    framed = {"content-length", "transfer-encoding"} & dict(headers).keys() or status in (204, 304)
    assert reusable == (keep and bool(framed))  # h11 does not record that a body ended with the connection


def _by_h11(raw: bytes, cuts: list[int]) -> tuple[int, list[tuple[str, str]], bytes, bool]:
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    connection.send(h11.EndOfMessage())
    status, headers, body, ended, keep = 0, [], b"", False, False
    for piece in [*_cut(raw, cuts), b""]:
        connection.receive_data(piece)
        while not ended:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                break
            if isinstance(event, h11.Response):
                status = event.status_code
                headers = [(name.decode(), value.decode("latin-1")) for name, value in event.headers]
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                ended, keep = True, connection.their_state is h11.DONE
    return status, headers, body, keep


@given(answer=well_formed(), cut=st.integers(0, 10_000))
@settings(max_examples=3 * settings.default.max_examples)
def test_a_well_formed_answer_cut_short_is_never_complete(answer: tuple[bytes, bytes], cut: int) -> None:
    """A response cut before its last byte raises NoResponse or TruncatedResponse after a prefix of its body."""
    raw, body = answer
    short = raw[: cut % len(raw)]
    ours, _ = _play(short, [], orderly=False)
    if ours.complete:  # its framing had given its end, and the missing bytes are not part of it
        assert ours.body == body
    else:
        assert ours.failure is not None
        assert ours.failure[0] in (NoResponse, TruncatedResponse)
        assert body.startswith(ours.body)


@given(data=st.binary(min_size=1, max_size=200), cuts=cuts)
@settings(max_examples=2 * settings.default.max_examples)
def test_what_was_received_before_a_failure_is_given_first(data: bytes, cuts: list[int]) -> None:
    """The pieces of a truncated body are all there, in order."""
    ours, _ = _play(OK + b"Content-Length: 1000\r\n\r\n" + data, cuts)
    assert ours.body == data
    assert ours.failure is not None
    assert ours.failure[0] is TruncatedResponse


def test_bytes_after_the_end_make_the_connection_useless() -> None:
    """Unsolicited bytes, in the same read or in a later one, forbid another exchange."""
    raw = OK + b"Content-Length: 2\r\n\r\nhi"
    assert _play(raw, []) == (Outcome(200, (("content-length", "2"),), b"hi", True, None), True)
    for cuts in ([], [len(raw)]):
        outcome, reusable = _play(raw + b"x", cuts)
        assert outcome.body == b"hi"
        assert outcome.complete
        assert not reusable


def test_a_body_where_none_may_be_is_dropped_with_the_connection() -> None:
    """A HEAD response has no body: bytes after it are not delivered, and the connection is not reused."""
    outcome, reusable = _play(OK + b"Content-Length: 5\r\n\r\nhello", [], "HEAD")
    assert outcome.body == b""
    assert outcome.complete
    assert not reusable


@pytest.mark.parametrize("size", [MAX_HEAD - 100, MAX_HEAD + 100])
@pytest.mark.parametrize("step", [1000, 1 << 20])
def test_the_head_has_a_bound(size: int, step: int) -> None:
    """128 KiB of head are read and more refused, in reads of any size."""
    raw = OK + b"X: " + b"y" * (size - len(OK) - 7) + b"\r\n\r\n"
    outcome, _ = _play(raw, list(range(0, len(raw), step)))
    assert outcome.complete is (size < MAX_HEAD)
    assert outcome.failure is None or outcome.failure[0] is InvalidResponse


def test_a_body_is_not_counted_as_head() -> None:
    """A long body after a short head, in one read, is not taken for an endless head."""
    body = bytes(2 * MAX_HEAD)
    outcome, _ = _play(OK + b"Content-Length: %d\r\n\r\n%b" % (len(body), body), [])
    assert outcome.body == body
    assert outcome.complete


def test_many_small_chunks_are_not_framing_without_end() -> None:
    """A stream of one-byte chunks has no bound: only the framing between two pieces of body has."""
    chunk = b"1;" + b"x" * 100 + b"\r\na\r\n"
    outcome, _ = _play(
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 5000 + b"0\r\n\r\n", list(range(0, 600_000, 50))
    )
    assert outcome.body == b"a" * 5000


def test_an_interrupt_inside_the_parser_is_not_swallowed() -> None:
    """A KeyboardInterrupt in a parser callback propagates as itself, and the response is broken."""

    class Interrupted(ResponseParser):
        def on_header(self, name: bytes, value: bytes) -> None:
            raise KeyboardInterrupt

    exchange = Interrupted("GET")
    with pytest.raises(KeyboardInterrupt):
        exchange.feed(OK + b"A: b\r\nContent-Length: 0\r\n\r\n")
    assert isinstance(exchange.failure, TruncatedResponse)


def test_memory_views_are_taken_as_bytes_are() -> None:
    """The buffer of a read may be reused by its owner."""
    exchange = ResponseParser("GET")
    buffer = bytearray(OK + b"Content-Length: 5\r\n\r\nhello")
    exchange.feed(memoryview(buffer)[:50])
    buffer[:] = bytes(len(buffer))
    assert exchange.take() == b"hello"
    assert exchange.complete
