"""Recorded exchanges: the request, the answer in pieces, its ending, and the errors of cassettes."""

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
from ..._model.open_types import Concealed

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
    """The base class of the errors that cassettes raise."""


class CassetteFileError(CassetteError):
    """The file is not a cassette of a supported version. The message gives the place and a remedy."""


class CassetteMissError(CassetteError):
    """The cassette has no answer to a request, or none beyond this point. The message shows the nearest request."""


Pairs: TypeAlias = tuple[tuple[str, str], ...]
Kind: TypeAlias = Literal[
    "complete",  # the answer ended normally
    "abandoned",  # the reader left
    "truncated",  # the answer was cut off or reset
    "bad_answer",  # the answer was not valid HTTP
    "silence",  # the reader's deadline passed
    "not_sent",  # no byte of the request was sent
    "not_sent_in_time",  # the same, because a deadline passed
    "no_answer",  # the request was sent, and the connection ended without a byte of an answer
]


class RecordedRequest(Concealed, Struct, frozen=True):
    """One attempt at a request.

    Attributes:
        method: The method in upper case.
        url: The URL as requested; only path and query when it came through a recording gateway.
        headers: The client's headers in order, without those that a transport adds (Host, Content-Length).
        body: The body, or None for a request without one.
    """

    method: str
    url: str
    headers: Pairs = ()
    body: bytes | None = None

    def __repr__(self) -> str:
        return f"RecordedRequest({self.method} {self.url.partition('?')[0].rpartition('@')[2]})"


class Piece(Concealed, Struct, frozen=True):
    """The bytes of one read of the body, with its time `at` in seconds since the request was sent."""

    at: float
    data: bytes

    def __repr__(self) -> str:
        return f"Piece({self.at}, <{len(self.data)} bytes>)"


class Ending(Struct, frozen=True):
    """The ending of an answer, or the reason for no answer.

    Attributes:
        kind: The kind of ending.
        at: The time in seconds since the request was sent.
        why: The transport's error message.
        which: The phase in which a deadline passed ("headers", "body"; "connect" or "pool" when nothing was sent).
        permanent: For a request that was not sent: True if a retry would fail in the same way.
    """

    kind: Kind
    at: float = 0.0
    why: str = ""
    which: str = ""
    permanent: bool = False


class RecordedAnswer(Concealed, Struct, frozen=True):
    """An answer with at least its head.

    Attributes:
        at: The time of its head, in seconds since the request was sent.
        status: The HTTP status.
        headers: Pairs of lower-case name and value, in order and with repeats.
        pieces: The body in the pieces in which it was read.
        end: The ending of the body.
    """

    at: float
    status: int
    headers: Pairs
    pieces: tuple[Piece, ...]
    end: Ending

    @property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join([piece.data for piece in self.pieces])

    def __repr__(self) -> str:
        return f"RecordedAnswer({self.status}, <{len(self.pieces)} pieces>, {self.end.kind})"


class Exchange(Struct, frozen=True):
    """A request with its answer, or with the reason for no answer."""

    request: RecordedRequest
    outcome: RecordedAnswer | Ending


_FAILURE_KINDS: Final[tuple[tuple[type[TransportFailure], Kind], ...]] = (  # subclasses before their base classes
    (NotSentInTime, "not_sent_in_time"),
    (NotSent, "not_sent"),
    (DeadlineExceeded, "silence"),
    (NoResponse, "no_answer"),
    (InvalidResponse, "bad_answer"),
    (TruncatedResponse, "truncated"),
)


def ending_of(failure: TransportFailure, at: float) -> Ending:
    """Return the ending for a failure, `at` seconds after the request was sent."""
    which = failure.which if isinstance(failure, DeadlineExceeded) else ""
    permanent = isinstance(failure, NotSent) and failure.permanent
    return Ending(_failure_kind(failure), at, str(failure), which, permanent)


def _failure_kind(failure: TransportFailure) -> Kind:
    for cls, kind in _FAILURE_KINDS:
        if isinstance(failure, cls):
            return kind
    return "truncated"


def failure_of(ending: Ending) -> TransportFailure | None:
    """Return the failure of an ending, or None for a complete or abandoned answer."""
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


_ODD: Final = re.compile(r"[^\w.\[\]=-]+")  # characters that a file system, a shell or an archive may reject
_LONGEST: Final = 120


def place_of(file: Path, test: str) -> Path:
    """Return the path of a test's cassette.

    Args:
        file: The test's file.
        test: The test's name in it, with its class and parameters ("TestChat::test_hello[openai/gpt-4o]").
    """
    name = _ODD.sub("-", test.replace("::", "."))
    if len(name) > _LONGEST or name != test.replace("::", "."):  # keeps two names distinct
        name = f"{name[:_LONGEST]}-{hashlib.sha256(test.encode()).hexdigest()[:8]}"
    return file.parent / "cassettes" / file.stem / f"{name}.json"
