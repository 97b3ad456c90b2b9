"""An answer's bytes as they come: a context manager over pieces, or over the events in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._wire.call import Reply
from .._wire.headers import Headers
from .._wire.sse import EventParser, SSEvents
from .stream_async import AsyncStream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from types import TracebackType
    from typing import Self

    from .._model.meta import Meta
    from .._wire.call import StreamCall
    from .session_async import AsyncSession
    from .settings import Settings
    from .token import AsyncTokenSource

__all__ = ["AsyncByteStream"]


class AsyncByteStream:
    """An answer's bytes as they come.

    Use it in a `with` block and iterate over it: each item is a piece of the body, cut wherever the network cut it.
    `events()` reads the body as server-sent events instead. Nothing is kept, so memory stays constant.

    Raises (on entering, and while reading):
        StatusError: The gateway or the provider said no.
        StreamTruncatedError: The body was cut.
        StreamStalledError: Nothing came for too long.
        RequestError: No answer came.
    """

    def __init__(
        self,
        session: AsyncSession,
        call: StreamCall[bytes, bytes],
        settings: Settings[AsyncTokenSource],
        refuse: Callable[[Reply], None] | None = None,
    ) -> None:
        self._stream = AsyncStream(session, call, settings)
        self._refuse = refuse

    async def __aenter__(self) -> Self:
        await self._stream.__aenter__()
        try:
            await self._check()
        except BaseException as error:
            await self._stream.__aexit__(type(error), error, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stream.__aexit__(kind, error, trace)

    def __aiter__(self) -> Self:
        self._stream.__aiter__()
        return self

    async def __anext__(self) -> bytes:
        return await self._stream.__anext__()

    async def events(self) -> AsyncIterator[SSEvents]:
        """The server-sent events in the body, and nothing for a body that holds none.

        Raises:
            StreamError: An event is larger than 64 MiB.
        """
        parser = EventParser()
        async for piece in self:
            for event in parser.feed(piece):
                yield SSEvents.from_raw(event)
            if parser.failure is not None:
                raise parser.failure
        for event in parser.end():  # the body came whole: its last event may lack its empty line
            yield SSEvents.from_raw(event)

    async def read(self) -> bytes:
        """The rest of the body, whole."""
        body = bytearray()
        async for piece in self:
            body += piece
        return bytes(body)

    @property
    def meta(self) -> Meta:
        """How the answer came: status, headers, attempts. Of an opened stream."""
        return self._stream.meta

    @property
    def content_type(self) -> str:
        """What the bytes are, as the answer says; "" when it does not."""
        return self.meta.headers.get("content-type", "")

    async def aclose(self) -> None:
        """Give the connection back; may be called twice. The `with` block does it."""
        await self._stream.aclose()

    async def _check(self) -> None:
        """What says of itself that it is text is read whole and refused where bytes were asked for."""
        if self._refuse is not None and self.content_type.lower().startswith(("application/json", "text/")):
            body = await self.read()
            self._refuse(Reply(self.meta.status, Headers(self.meta.headers.items()), body))

    def __repr__(self) -> str:
        return repr(self._stream).replace(type(self._stream).__name__, type(self).__name__, 1)
