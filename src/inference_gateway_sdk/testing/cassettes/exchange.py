"""One request and what came of it, as plain values: what a cassette holds.

The bytes are as the client sees them: a compressed answer is recorded unpacked.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

__all__ = ["Ending", "Exchange", "Kind", "Pairs", "Piece", "RecordedAnswer", "RecordedRequest"]

Pairs: TypeAlias = tuple[tuple[str, str], ...]
Kind: TypeAlias = Literal[
    "complete",  # the server ended its answer as it should
    "abandoned",  # the reader left
    "truncated",  # the answer broke off: cut or reset
    "bad_answer",  # what came is not HTTP that can be trusted
    "silence",  # the reader's deadline passed
    "not_sent",  # no byte of the request left
    "not_sent_in_time",  # the same, because a deadline passed
    "no_answer",  # the request left, and the connection ended without a byte
]


class RecordedRequest(Struct, frozen=True):
    """One try at one request.

    Attributes:
        method: Upper case.
        url: As the client asked it: whole, or only path and query when it came through a recording gateway.
        headers: As the client gave them, in order; what a transport adds (Host, Content-Length) is not among them.
        body: None for a request without one.
    """

    method: str
    url: str
    headers: Pairs = ()
    body: bytes | None = None

    def __repr__(self) -> str:
        return f"RecordedRequest({self.method} {self.url.partition('?')[0].rpartition('@')[2]})"


class Piece(Struct, frozen=True):
    """What one read of the body brought, and when: `at` is in seconds since the request was sent."""

    at: float
    data: bytes

    def __repr__(self) -> str:
        return f"Piece({self.at}, <{len(self.data)} bytes>)"


class Ending(Struct, frozen=True):
    """How an answer ended, or why none began.

    Attributes:
        kind: What happened.
        at: When, in seconds since the request was sent.
        why: The transport's words.
        which: For silence: what was waited for ("headers", "body"; "connect" or "pool" when nothing was sent).
        permanent: For a request that was not sent: repeating it would fail the same way.
    """

    kind: Kind
    at: float = 0.0
    why: str = ""
    which: str = ""
    permanent: bool = False


class RecordedAnswer(Struct, frozen=True):
    """An answer whose head came.

    Attributes:
        at: When its head came, in seconds since the request was sent.
        status: The HTTP status.
        headers: Names in lower case and values, in the order they came, repeats kept.
        pieces: The body, as it was read.
        end: How the body ended.
    """

    at: float
    status: int
    headers: Pairs
    pieces: tuple[Piece, ...]
    end: Ending

    @property
    def body(self) -> bytes:
        """All pieces in one."""
        return b"".join([piece.data for piece in self.pieces])

    def __repr__(self) -> str:
        return f"RecordedAnswer({self.status}, <{len(self.pieces)} pieces>, {self.end.kind})"


class Exchange(Struct, frozen=True):
    """A request, and its answer or the reason why there was none."""

    request: RecordedRequest
    outcome: RecordedAnswer | Ending
