"""The recorder of one exchange: bytes, times and the ending. And what a transport needs of its cassette."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from msgspec.structs import replace

from ..._wire.headers import Headers
from .exchange import Ending, Exchange, Piece, RecordedAnswer, ending_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..._http1.failures import TransportFailure
    from .exchange import CassetteMissError, Pairs, RecordedRequest
    from .playback import Clock, Speed

__all__ = ["ExchangeSource", "Ignore", "Recorder"]

_PARTED: Final = 0.0025
"""Seconds between two writes of one event that are not recorded as a pause. Servers write an event line by line."""


class Recorder:
    """Collects one exchange. One reader reports to it, and any thread may get the result.

    Args:
        request: The request.
        monotonic: The clock.
    """

    def __init__(self, request: RecordedRequest, monotonic: Callable[[], float]) -> None:
        self._request = request
        self._monotonic = monotonic
        self._began = monotonic()
        self._head: tuple[float, int, Pairs] | None = None
        self._pieces: list[Piece] = []
        self._end: Ending | None = None
        self._left = False
        self._discarded = False

    @property
    def open(self) -> bool:
        """True until the end of the body has been seen."""
        return self._end is None

    def discard(self) -> None:
        """Leave this exchange out, as its caller left before an answer."""
        self._discarded = True

    def left(self) -> None:
        """Report that the reader has left. Later failures are ignored."""
        self._left = True

    def answered(self, status: int, headers: Pairs) -> None:
        """Report the head of the answer."""
        self._head = (self._now(), status, headers)

    def read(self, data: bytes) -> None:
        """Report bytes of the body, or b"" for its end."""
        if data:
            self._pieces.append(Piece(self._now(), data))
            self._end = None  # the reader continued after a deadline had passed
        elif self._end is None or self._end.kind != "complete":
            self._end = Ending("complete", self._now())

    def failed(self, failure: TransportFailure) -> None:
        """Report a failure of the request or of its answer."""
        if not self._left:
            self._end = ending_of(failure, self._now())

    def exchange(self) -> Exchange | None:
        """Return the exchange so far, or None if there is nothing to record."""
        head, pieces, end = self._head, tuple(self._pieces), self._end
        if self._discarded:
            return None
        if head is None:
            return None if end is None else Exchange(self._request, end)
        at, status, headers = head
        last = pieces[-1].at if pieces else at
        answer = RecordedAnswer(at, status, headers, pieces, end or Ending("abandoned", last))
        return Exchange(self._request, _folded(answer))

    def _now(self) -> float:
        return round(self._monotonic() - self._began, 3)


def _folded(answer: RecordedAnswer) -> RecordedAnswer:
    """Return the answer in meaningful pieces.

    The pieces of an event stream are events. JSON that was received in several pieces is one value, so it is recorded
    in one piece, with the time of the last.
    """
    media = _media(answer)
    if media == "text/event-stream":
        return replace(answer, pieces=tuple(_rejoined(answer.pieces)))
    single = len(answer.pieces) <= 1 or media.endswith(("/json", "+json"))
    if answer.end.kind != "complete" or not single:
        return answer
    at = answer.end.at
    pieces = (Piece(at, answer.body),) if answer.pieces else ()
    return RecordedAnswer(at, answer.status, answer.headers, pieces, Ending("complete", at))


def _rejoined(pieces: tuple[Piece, ...]) -> list[Piece]:
    """Join the lines of an event that arrived in separate reads without a pause."""
    # b"event: ping\n" at 0.200 and b"data: {}\n\n" at 0.201 become one piece at 0.201.
    joined: list[Piece] = []
    tail = b"\n\n"  # of the bytes before the piece; starts as the end of an event
    for piece in pieces:
        inside = not tail.endswith((b"\n\n", b"\r\n\r\n"))
        if inside and piece.at - joined[-1].at < _PARTED:
            joined[-1] = Piece(piece.at, joined[-1].data + piece.data)
        else:
            joined.append(piece)
        tail = (tail + piece.data)[-4:]
    return joined


def _media(answer: RecordedAnswer) -> str:
    return Headers.received(answer.headers).get("content-type", "").partition(";")[0].strip().lower()


class Ignore:
    """The decision that a request bypasses the cassette."""


class ExchangeSource(Protocol):
    """A cassette as its transports use it."""

    path: Path
    speed: Speed
    clock: Clock

    @property
    def records(self) -> bool:
        """True if requests that are not in the file go to the server and are recorded."""
        ...

    def turn(self, request: RecordedRequest) -> Exchange | Recorder | Ignore:
        """Decide on a request: play an exchange, record a new one, or neither."""
        ...

    def missed(self, miss: CassetteMissError) -> CassetteMissError:
        """Record a miss and return it."""
        ...
