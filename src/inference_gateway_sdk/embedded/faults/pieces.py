"""An answer as ASGI has it turned into its head and pieces: the events of a stream, the halves of any other body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ..lines import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Message

__all__ = ["Head", "Pieces", "Taker"]

Pairs = list[tuple[bytes, bytes]]


class Head:
    """A status and headers.

    Attributes:
        status: The status.
        headers: By lower-case name, in order.
    """

    def __init__(self, status: int, headers: Pairs) -> None:
        self.status = status
        self.headers = headers

    @classmethod
    def of(cls, message: Message) -> Head:
        """The head that an application begins its answer with."""
        return cls(message["status"], [(key.lower(), value) for key, value in message.get("headers", [])])

    @property
    def streams(self) -> bool:
        """Whether its body is an event stream."""
        return (self.header(b"content-type") or b"").startswith(b"text/event-stream")

    def header(self, name: bytes) -> bytes | None:
        """The first header of this name."""
        return next((value for key, value in self.headers if key == name), None)

    def put(self, name: bytes, value: bytes | None) -> None:
        """Have this header once, or with None not at all."""
        self.headers = [pair for pair in self.headers if pair[0] != name]
        if value is not None:
            self.headers.append((name, value))

    def message(self) -> Message:
        """What is sent for it."""
        return {"type": "http.response.start", "status": self.status, "headers": self.headers}


class Taker(Protocol):
    """Whoever wants an answer piece by piece."""

    async def begin(self, head: Head) -> None:
        """The head: before a stream's first event has come, or when the whole of any other body has."""
        ...

    async def take(self, piece: bytes) -> None:
        """The next piece."""
        ...

    async def end(self) -> None:
        """There is no more."""
        ...


class Pieces:
    """The `send` of an application whose answer goes to a taker."""

    def __init__(self, taker: Taker) -> None:
        self._taker = taker
        self._head = Head(200, [])
        self._events = _Events()
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        """As ASGI has it."""
        if message["type"] == "http.response.start":
            self._head = Head.of(message)
            if self._head.streams:
                await self._taker.begin(self._head)
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if self._head.streams:
            await self._stream(body)
        else:
            self._body += body
        if not more:
            await self._finish()

    async def _stream(self, body: bytes) -> None:
        for event in self._events.feed(body):
            await self._taker.take(event)

    async def _finish(self) -> None:
        if self._head.streams:
            if self._events.rest:
                await self._taker.take(self._events.rest)
        else:
            await self._taker.begin(self._head)
            middle = len(self._body) // 2
            await self._taker.take(bytes(self._body[:middle]))
            await self._taker.take(bytes(self._body[middle:]))
        await self._taker.end()


class _Events:
    """Bytes in any cuts turned into whole events, as they came, each with the blank line that ends it."""

    def __init__(self) -> None:
        self._lines = Lines()
        self._event = b""

    @property
    def rest(self) -> bytes:
        """An event that has not ended."""
        return self._event + self._lines.rest

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The events that are whole now."""
        for line in self._lines.feed(data):
            self._event += line
            if not line.rstrip(b"\r\n"):
                yield self._event
                self._event = b""
