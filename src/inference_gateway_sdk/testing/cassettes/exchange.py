"""Recorded exchanges: request, answer in pieces, ending, and the errors of cassettes."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from msgspec import Struct

from ..._http1.failures import (
    DeadlineExceeded,
    InvalidResponse,
    NoResponse,
    NotSent,
    NotSentInTime,
    TransportFailure,
    TruncatedResponse,
)

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "CassetteError",
    "CassetteFileError",
    "CassetteMissError",
    "Ending",
    "Exchange",
    "Kind",
    "Pairs",
    "Piece",
    "RecordedAnswer",
    "RecordedRequest",
    "ending_of",
    "failure_of",
    "place_of",
]


class CassetteError(Exception):
    """Anything a cassette raises on purpose."""


class CassetteFileError(CassetteError):
    """The file is no cassette that this version can read; the text says where and what to do."""


class CassetteMissError(CassetteError):
    """The cassette has no answer to a request, or none beyond this point; the text shows the nearest one it has."""


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


_FAILURE_KINDS: Final[tuple[tuple[type[TransportFailure], Kind], ...]] = (  # the most special first
    (NotSentInTime, "not_sent_in_time"),
    (NotSent, "not_sent"),
    (DeadlineExceeded, "silence"),
    (NoResponse, "no_answer"),
    (InvalidResponse, "bad_answer"),
    (TruncatedResponse, "truncated"),
)


def ending_of(failure: TransportFailure, at: float) -> Ending:
    """The ending that a failure is, `at` seconds after the request was sent."""
    which = failure.which if isinstance(failure, DeadlineExceeded) else ""
    permanent = isinstance(failure, NotSent) and failure.permanent
    return Ending(_failure_kind(failure), at, str(failure), which, permanent)


def _failure_kind(failure: TransportFailure) -> Kind:
    for cls, kind in _FAILURE_KINDS:
        if isinstance(failure, cls):
            return kind
    return "truncated"


def failure_of(ending: Ending) -> TransportFailure | None:
    """The failure that an ending was, None for one that was none: complete or abandoned."""
    match ending.kind:
        case "not_sent":
            return NotSent(ending.why, permanent=ending.permanent)
        case "not_sent_in_time":
            return NotSentInTime(ending.which)
        case "silence":
            return DeadlineExceeded(ending.which)
        case "no_answer":
            return NoResponse(ending.why)
        case "bad_answer":
            return InvalidResponse(ending.why)
        case "truncated":
            return TruncatedResponse(ending.why)
        case "complete" | "abandoned":
            return None


_ODD: Final = re.compile(r"[^\w.\[\]=-]+")  # what a file system, a shell or an archive may not take
_LONGEST: Final = 120


def place_of(file: Path, test: str) -> Path:
    """The path of a test's cassette.

    Args:
        file: The test's file.
        test: The test's name in it, with its class and parameters ("TestChat::test_hello[openai/gpt-4o]").
    """
    name = _ODD.sub("-", test.replace("::", "."))
    if len(name) > _LONGEST or name != test.replace("::", "."):  # two names must not become one
        name = f"{name[:_LONGEST]}-{hashlib.sha256(test.encode()).hexdigest()[:8]}"
    return file.parent / "cassettes" / file.stem / f"{name}.json"
