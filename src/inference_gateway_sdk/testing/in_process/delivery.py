"""One request handed to an ASGI application, and its answer on the way back to whoever waits for it.

It stands where a connection, a server and a kernel would: it holds a little of the answer ahead of its reader, tells
the application when the reader has left, and ends the answer where a fault breaks the connection. The application runs
in one loop; the reader may be anywhere, and is told by `changed` that there is something new.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ..._http1.failures import BadAnswer, Failure, NoAnswer, Truncated
from ...embedded.faults.injection import EXTENSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.types import ASGIApp, Message, Scope

__all__ = ["Delivery", "scope_of"]

_AHEAD = 64 * 1024  # bytes that may wait for the reader, as those of a socket do
_CHUNK = re.compile(rb"[0-9a-fA-F]+(?:\r\n(?P<data>.*))?", re.DOTALL)


class Delivery:
    """See the module.

    Args:
        app: Who answers.
        scope: What is asked, as ASGI has it.
        body: The request's body.
        loop: Where the application runs.
        changed: Called in that loop when there is something new.

    Attributes:
        status: The answer's, None until its head has come.
        headers: Names in lower case and values.
        failure: Why there is nothing more, None while there is and after an orderly end.
        ended: There is nothing more.
    """

    def __init__(
        self, app: ASGIApp, scope: Scope, body: bytes, loop: asyncio.AbstractEventLoop, changed: Callable[[], object]
    ) -> None:
        self.status: int | None = None
        self.headers: list[tuple[str, str]] = []
        self.failure: Failure | None = None
        self.ended = False
        self._app = app
        self._scope = {**scope, "extensions": {EXTENSION: _DeliveryConnection(self)}}
        self._unread = [body]
        self._loop = loop
        self._changed = changed
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._room = asyncio.Event()
        self.gone = asyncio.Event()

    # For the reader

    @property
    def begun(self) -> bool:
        """Whether the head, or what there is instead of one, is there."""
        return self.status is not None or self.ended

    def head(self) -> int:
        """The answer's status.

        Raises:
            Failure: What there is instead of an answer.
        """
        if self.status is not None:
            return self.status
        raise self.failure or NoAnswer("the gateway ended an answer that it had not begun")

    @property
    def ready(self) -> bool:
        """Whether a read would not wait."""
        return bool(self._pieces) or self.ended

    def take(self) -> bytes:
        """The next piece, b"" at the end.

        Raises:
            Failure: The answer broke off here.
        """
        if self._pieces:
            piece = self._pieces.popleft()
            self._held -= len(piece)
            self._tell(self._room)
            return piece
        if self.failure is not None:
            raise self.failure
        return b""

    def leave(self) -> None:
        """Say that nobody waits any more; from any thread."""
        if not self.ended:
            self.end(Truncated("the answer was given up"))
            self._tell(self.gone)

    def _tell(self, event: asyncio.Event) -> None:
        with suppress(RuntimeError):  # the loop is closed: there is nobody to tell
            self._loop.call_soon_threadsafe(event.set)

    # For the application

    async def run(self) -> None:
        """Let the application answer."""
        why = "the gateway ended the connection"
        try:
            await self._app(self._scope, self._receive, self._send)
        except ConnectionAbortedError:
            pass
        except Exception as error:  # noqa: BLE001  (a server would log it and end the connection)
            why = f"the gateway broke: {error!r}"
        finally:
            if not self.ended:
                self.broken(why)

    async def _receive(self) -> Message:
        if self._unread:
            return {"type": "http.request", "body": self._unread.pop(), "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if self.ended:
            return
        if message["type"] == "http.response.start":
            pairs = message.get("headers", [])
            self.headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in pairs]
            self.status = message["status"]
            self._changed()
            return
        await self.put(message.get("body", b""))
        if not message.get("more_body", False):
            self.end(None)

    async def put(self, piece: bytes) -> None:
        """Hand over a piece; wait while the reader has enough."""
        if not piece or self.ended:
            return
        self._pieces.append(piece)
        self._held += len(piece)
        self._changed()
        while self._held > _AHEAD and not self.ended:
            self._room.clear()
            await self._room.wait()

    def broken(self, why: str) -> None:
        """End the answer where it is."""
        self.end(NoAnswer(why) if self.status is None else Truncated(why))

    def end(self, failure: Failure | None) -> None:
        """Say how the answer ended; what ended stays as it is."""
        if self.ended:
            return
        self.failure = failure
        self.ended = True
        self._tell(self._room)
        self._changed()


class _DeliveryConnection:
    """A `RawConnection` of `embedded.faults.injection`: the faults past HTTP, as far as they show without a socket."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    async def write(self, data: bytes) -> None:
        """Take bytes of HTTP's own framing: a head that never ends, or what a chunk holds."""
        if self._delivery.status is None:
            return
        chunk = _CHUNK.fullmatch(data)
        if chunk is None:
            self._delivery.end(BadAnswer("the size of a chunk is no number"))
        elif chunk["data"]:
            await self._delivery.put(chunk["data"])

    async def reset(self) -> None:
        """Break the answer off."""
        self._delivery.broken("connection reset by the gateway")

    async def close(self) -> None:
        """Break the answer off."""
        self._delivery.broken("the gateway closed the connection")

    async def gone_within(self, seconds: float | None) -> bool:
        """Wait so long; whether the reader has left."""
        gone = self._delivery.gone
        with suppress(TimeoutError):
            await asyncio.wait_for(gone.wait(), seconds)
        return gone.is_set()

    def end_on_reuse(self, *, reset: bool) -> None:
        """Do nothing: without a connection none is used again."""


def scope_of(method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes | None) -> Scope:
    """A request as ASGI has it."""
    parts = urlsplit(url)
    pairs = [("host", parts.netloc), *((name.lower(), value) for name, value in headers)]
    if body is not None:
        pairs.append(("content-length", str(len(body))))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": parts.scheme,
        "path": unquote(parts.path) or "/",
        "raw_path": parts.path.encode("latin-1"),
        "query_string": parts.query.encode("latin-1"),
        "root_path": "",
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs],
        "client": ("127.0.0.1", 0),
        "server": (parts.hostname, parts.port or 80),
    }
