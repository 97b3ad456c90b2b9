"""A driver without a network: a function answers each request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from inference_gateway_sdk.testing.cassettes import RecordedRequest


@dataclass
class StubAnswer:
    """A complete answer; see `protocols.Answer`."""

    status: int = 200
    headers: Sequence[tuple[str, str]] = (("content-type", "application/json"),)
    pieces: list[bytes] = field(default_factory=lambda: [b"{}"])

    def read(self, deadline: float | None = None) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""

    def release(self) -> None:
        self.pieces.clear()

    abandon = release


@dataclass
class StubDriver:
    """A driver that records its requests; see `protocols.Driver`."""

    answer: Callable[[RecordedRequest], StubAnswer] = lambda _: StubAnswer()
    asked: list[RecordedRequest] = field(default_factory=list)
    closed: bool = False

    def open(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        body: bytes | None,
        *,
        deadline: float | None = None,
        connect_seconds: float | None = None,
    ) -> StubAnswer:
        self.asked.append(RecordedRequest(method, url, tuple(headers), body))
        return self.answer(self.asked[-1])

    def close(self) -> None:
        self.closed = True


def read_all(answer: object) -> bytes:
    """Return the whole body of an answer."""
    pieces = []
    while piece := answer.read():  # type: ignore[attr-defined]
        pieces.append(piece)
    return b"".join(pieces)


class AsyncStubAnswer:
    """A complete answer for asyncio; see `protocols.AsyncAnswer`."""

    def __init__(self, inner: StubAnswer) -> None:
        self.inner = inner
        self.status, self.headers = inner.status, inner.headers

    async def read(self, deadline: float | None = None) -> bytes:
        return self.inner.read(deadline)

    async def release(self) -> None:
        self.inner.release()

    def abandon(self) -> None:
        self.inner.abandon()


class AsyncStubDriver:
    """A driver for asyncio that records its requests; see `protocols.AsyncDriver`."""

    def __init__(self, inner: StubDriver) -> None:
        self.inner = inner

    async def open(
        self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes | None, **_: float | None
    ) -> AsyncStubAnswer:
        return AsyncStubAnswer(self.inner.open(method, url, headers, body))

    async def aclose(self) -> None:
        self.inner.close()
