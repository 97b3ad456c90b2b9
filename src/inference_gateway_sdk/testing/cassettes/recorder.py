"""One exchange as it happens, gathered for the file: what came, when, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from ..._wire.headers import Headers
from .exchange import Ending, Exchange, Piece, RecordedAnswer, ending_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..._http1.failures import TransportFailure
    from .exchange import Pairs, RecordedRequest

__all__ = ["Recorder"]

_PARTED: Final = 0.0025
"""Seconds between two writes of one event that tell nothing: servers write an event's lines one by one."""


class Recorder:
    """Gathers one exchange; one reader tells it what comes, anyone may ask what it has.

    Args:
        request: What was asked.
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
        """Whether the end of the body has not been seen."""
        return self._end is None

    def discard(self) -> None:
        """Leave this exchange out: its caller left before there was an answer."""
        self._discarded = True

    def left(self) -> None:
        """The reader gives up: what goes wrong from now on is its own doing."""
        self._left = True

    def answered(self, status: int, headers: Pairs) -> None:
        """The head has come."""
        self._head = (self._now(), status, headers)

    def read(self, data: bytes) -> None:
        """These bytes have come; none at the end of the body."""
        if data:
            self._pieces.append(Piece(self._now(), data))
            self._end = None  # a deadline had passed, and the reader read on
        elif self._end is None or self._end.kind != "complete":
            self._end = Ending("complete", self._now())

    def failed(self, failure: TransportFailure) -> None:
        """The request, or reading its answer, failed."""
        if not self._left:
            self._end = ending_of(failure, self._now())

    def exchange(self) -> Exchange | None:
        """What there is of the exchange, None while there is nothing to tell."""
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
    """The answer in pieces that tell something.

    An event stream's are events. JSON that came in several is one value, whatever the network did to it, and is
    recorded as if it had come when it was whole.
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
    """The pieces with the lines of an event together that the network, and nothing else, has parted."""
    joined: list[Piece] = []
    tail = b"\n\n"  # of all that came before
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
