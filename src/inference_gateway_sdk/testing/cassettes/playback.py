"""A recorded exchange as its reader gets it again: what comes next, and when it is due. The drivers do the waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from inference_gateway_sdk._http1.failures import Truncated

from .errors import CassetteMissError
from .exchange import RecordedAnswer
from .failures import failure_of

if TYPE_CHECKING:
    from .exchange import Exchange

__all__ = ["Playback", "Speed"]

Speed: TypeAlias = Literal["full", "original"]


class Playback:
    """One exchange on its way to a reader.

    Args:
        exchange: What was recorded.
        speed: "full": everything is there at once; "original": when it came.
        began: When the request was made.
    """

    def __init__(self, exchange: Exchange, speed: Speed, began: float) -> None:
        self._exchange = exchange
        self._timed = speed == "original"
        self._began = began
        self._next = 0
        self._gone: Exception | None = None

    def head_due(self) -> float | None:
        """When the head, or the failure instead of one, comes; None for at once."""
        return self._due(self._exchange.outcome.at)

    def head(self) -> RecordedAnswer:
        """The answer.

        Raises:
            Failure: What the request ended with instead.
        """
        outcome = self._exchange.outcome
        if isinstance(outcome, RecordedAnswer):
            return outcome
        raise failure_of(outcome) or Truncated(f"the recording has no answer ({outcome.kind})")

    def body_due(self) -> float | None:
        """When the next read has something to give; None for at once."""
        if self._gone is not None:
            return None
        answer = self.head()
        over = self._next == len(answer.pieces)
        return self._due(answer.end.at if over else answer.pieces[self._next].at)

    def body(self) -> bytes:
        """The next piece, b"" at the end of the body.

        Raises:
            Failure: The body broke here in the recording, or was given up by its reader now.
            CassetteMissError: The recorded reader left here, so that nobody knows what follows.
            RuntimeError: The answer was released.
        """
        if self._gone is not None:
            raise self._gone
        answer = self.head()
        if self._next < len(answer.pieces):
            self._next += 1
            return answer.pieces[self._next - 1].data
        return self._ended(answer)

    def release(self) -> None:
        """The reader needs no more."""
        self._leave(RuntimeError("the answer was released: it cannot be read any more"))

    def abandon(self) -> None:
        """The reader gives up."""
        self._leave(Truncated("the connection was given up before the end of the body"))

    def _leave(self, error: Exception) -> None:
        answer = self.head()
        over = self._next == len(answer.pieces) and answer.end.kind not in ("abandoned", "silence")
        if self._gone is None and not over:
            self._gone = error

    def _ended(self, answer: RecordedAnswer) -> bytes:
        if answer.end.kind == "complete":
            return b""
        failure = failure_of(answer.end)
        if failure is not None:
            raise failure
        request = self._exchange.request
        raise CassetteMissError(
            f"the recording of {request.method} {request.url} ends after {len(answer.body)} bytes, where its reader"
            " left: record again with a reader that goes on"
        )

    def _due(self, at: float) -> float | None:
        return self._began + at if self._timed else None
