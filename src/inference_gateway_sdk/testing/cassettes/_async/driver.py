"""The transport that records to a cassette or plays from it."""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING
from weakref import WeakSet

from ...._client.runtime import async_anonymous_transport
from ...._http1.failures import DeadlineExceeded, TransportFailure
from ...._http1.response import DRAIN_BYTES, DRAIN_SECONDS
from ..exchange import Exchange, RecordedRequest
from ..playback import AsyncPlayedResponse, Playback, async_wait_until
from ..recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ...._transport.protocols import AsyncTransport, AsyncTransportResponse
    from ..recorder import ExchangeSource

__all__ = ["AsyncCassetteTransport"]


class AsyncCassetteTransport:
    """A transport that records to a cassette or plays from it.

    Args:
        cassette: The cassette.
        inner: The transport of the requests to record.
    """

    def __init__(self, cassette: ExchangeSource, inner: AsyncTransport) -> None:
        self._cassette = cassette
        self._inner = inner
        self._closed = False
        self._answers: WeakSet[AsyncRecordedResponse | AsyncPlayedResponse] = WeakSet()
        self._lock = threading.Lock()

    def anonymous(self) -> AsyncCassetteTransport:
        """Return the transport of the same cassette that adds no credentials to what it sends."""
        inner = async_anonymous_transport(self._inner, None)
        return self if inner is self._inner else AsyncCassetteTransport(self._cassette, inner)

    def restricted(self, may_connect: Callable[[str], bool]) -> AsyncCassetteTransport:
        """Return the transport of the same cassette whose own connections go only where `may_connect` is true."""
        return AsyncCassetteTransport(self._cassette, async_anonymous_transport(self._inner, may_connect))

    async def open(
        self,
        method: str,
        url: str,
        headers: Iterable[tuple[str, str]],
        body: bytes | None,
        *,
        deadline: float | None = None,
        connect_seconds: float | None = None,
    ) -> AsyncTransportResponse:
        """Return the recorded answer to this request, or the server's."""
        if self._closed:
            raise RuntimeError("the driver is closed: make a new one")
        __tracebackhide__ = True  # of a miss, pytest shows the diff
        turn = self._cassette.turn(RecordedRequest(method, url, tuple(headers), body))
        if isinstance(turn, Exchange):
            return await self._play(turn, deadline)
        recorder = turn if isinstance(turn, Recorder) else None
        try:
            answer = await self._inner.open(
                method, url, headers, body, deadline=deadline, connect_seconds=connect_seconds
            )
        except TransportFailure as failure:
            if recorder is not None:
                recorder.failed(failure)
            raise
        except BaseException:
            if recorder is not None:
                recorder.discard()
            raise
        return answer if recorder is None else self._track(AsyncRecordedResponse(answer, recorder))

    async def aclose(self) -> None:
        """Close the inner transport. Open answers end with an error."""
        self._closed = True
        with self._lock:
            answers = list(self._answers)
        for answer in answers:
            answer.abandon()
        await self._inner.aclose()

    async def _play(self, exchange: Exchange, deadline: float | None) -> AsyncTransportResponse:
        clock = self._cassette.clock
        playback = Playback(exchange, self._cassette.speed, clock.monotonic())
        await async_wait_until(clock, playback.head_due(), deadline, "headers")
        return self._track(AsyncPlayedResponse(playback, clock))

    def _track(
        self, answer: AsyncRecordedResponse | AsyncPlayedResponse
    ) -> AsyncRecordedResponse | AsyncPlayedResponse:
        """Return the answer after registering it to be ended by `aclose`."""
        with self._lock:
            self._answers.add(answer)
        return answer


class AsyncRecordedResponse:
    """An answer that is recorded while it is read."""

    def __init__(self, inner: AsyncTransportResponse, recorder: Recorder) -> None:
        self.status = inner.status
        self.headers = inner.headers
        self._inner = inner
        self._recorder = recorder
        recorder.answered(inner.status, tuple(inner.headers))

    async def read(self, deadline: float | None = None) -> bytes:
        """Return the next bytes, or b"" at the end."""
        try:
            data = await self._inner.read(deadline)
        except TransportFailure as failure:
            self._recorder.failed(failure)
            raise
        self._recorder.read(data)
        return data

    async def release(self) -> None:
        """Record the rest if the end is near, and release the connection."""
        try:
            if self._recorder.open:
                await self._drain()
        except BaseException:
            self.abandon()
            raise
        if self._recorder.open:  # the end is not near
            self.abandon()
        else:
            await self._inner.release()

    def abandon(self) -> None:
        """Abandon the rest."""
        self._recorder.left()
        self._inner.abandon()

    async def _drain(self) -> None:
        until, left = monotonic() + DRAIN_SECONDS, DRAIN_BYTES
        try:
            while left > 0 and (data := await self._inner.read(until)):
                self._recorder.read(data)
                left -= len(data)
            if left > 0:
                self._recorder.read(b"")
        except DeadlineExceeded:
            return
        except TransportFailure as failure:
            self._recorder.failed(failure)
