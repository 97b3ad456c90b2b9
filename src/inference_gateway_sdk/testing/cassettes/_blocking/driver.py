# Derived from ../_async/driver.py by scripts/derive_blocking.py: do not edit.
"""The transport that records to a cassette or plays from it."""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING
from weakref import WeakSet

from ...._client.runtime import anonymous_transport
from ...._http1.failures import DeadlineExceeded, TransportFailure
from ...._http1.response import DRAIN_BYTES, DRAIN_SECONDS
from ..exchange import Exchange, RecordedRequest
from ..playback import Playback, PlayedResponse, wait_until
from ..recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ...._transport.protocols import Transport, TransportResponse
    from ..recorder import ExchangeSource

__all__ = ["CassetteTransport"]


class CassetteTransport:
    """A transport that records to a cassette or plays from it.

    Args:
        cassette: The cassette.
        inner: The transport of the requests to record.
    """

    def __init__(self, cassette: ExchangeSource, inner: Transport) -> None:
        self._cassette = cassette
        self._inner = inner
        self._closed = False
        self._answers: WeakSet[RecordedResponse | PlayedResponse] = WeakSet()
        self._lock = threading.Lock()

    def anonymous(self) -> CassetteTransport:
        """Return the transport of the same cassette that adds no credentials to what it sends."""
        inner = anonymous_transport(self._inner, None)
        return self if inner is self._inner else CassetteTransport(self._cassette, inner)

    def restricted(self, may_connect: Callable[[str], bool]) -> CassetteTransport:
        """Return the transport of the same cassette whose own connections go only where `may_connect` is true."""
        return CassetteTransport(self._cassette, anonymous_transport(self._inner, may_connect))

    def open(
        self,
        method: str,
        url: str,
        headers: Iterable[tuple[str, str]],
        body: bytes | None,
        *,
        deadline: float | None = None,
        connect_seconds: float | None = None,
    ) -> TransportResponse:
        """Return the recorded answer to this request, or the server's."""
        if self._closed:
            raise RuntimeError("the driver is closed: make a new one")
        __tracebackhide__ = True  # of a miss, pytest shows the diff
        turn = self._cassette.turn(RecordedRequest(method, url, tuple(headers), body))
        if isinstance(turn, Exchange):
            return self._play(turn, deadline)
        recorder = turn if isinstance(turn, Recorder) else None
        try:
            answer = self._inner.open(method, url, headers, body, deadline=deadline, connect_seconds=connect_seconds)
        except TransportFailure as failure:
            if recorder is not None:
                recorder.failed(failure)
            raise
        except BaseException:
            if recorder is not None:
                recorder.discard()
            raise
        return answer if recorder is None else self._track(RecordedResponse(answer, recorder))

    def close(self) -> None:
        """Close the inner transport. Open answers end with an error."""
        self._closed = True
        with self._lock:
            answers = list(self._answers)
        for answer in answers:
            answer.abandon()
        self._inner.close()

    def _play(self, exchange: Exchange, deadline: float | None) -> TransportResponse:
        clock = self._cassette.clock
        playback = Playback(exchange, self._cassette.speed, clock.monotonic())
        wait_until(clock, playback.head_due(), deadline, "headers")
        return self._track(PlayedResponse(playback, clock))

    def _track(self, answer: RecordedResponse | PlayedResponse) -> RecordedResponse | PlayedResponse:
        """Return the answer after registering it to be ended by `close`."""
        with self._lock:
            self._answers.add(answer)
        return answer


class RecordedResponse:
    """An answer that is recorded while it is read."""

    def __init__(self, inner: TransportResponse, recorder: Recorder) -> None:
        self.status = inner.status
        self.headers = inner.headers
        self._inner = inner
        self._recorder = recorder
        recorder.answered(inner.status, tuple(inner.headers))

    def read(self, deadline: float | None = None) -> bytes:
        """Return the next bytes, or b"" at the end."""
        try:
            data = self._inner.read(deadline)
        except TransportFailure as failure:
            self._recorder.failed(failure)
            raise
        self._recorder.read(data)
        return data

    def release(self) -> None:
        """Record the rest if the end is near, and release the connection."""
        try:
            if self._recorder.open:
                self._drain()
        except BaseException:
            self.abandon()
            raise
        if self._recorder.open:  # the end is not near
            self.abandon()
        else:
            self._inner.release()

    def abandon(self) -> None:
        """Abandon the rest."""
        self._recorder.left()
        self._inner.abandon()

    def _drain(self) -> None:
        until, left = monotonic() + DRAIN_SECONDS, DRAIN_BYTES
        try:
            while left > 0 and (data := self._inner.read(until)):
                self._recorder.read(data)
                left -= len(data)
            if left > 0:
                self._recorder.read(b"")
        except DeadlineExceeded:
            return
        except TransportFailure as failure:
            self._recorder.failed(failure)
