# Derived from byte_stream_async.py by scripts/derive_blocking.py: do not edit.
"""An answer's bytes as they come: a context manager over pieces, or over the events in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._wire.call import Reply
from .._wire.headers import Headers
from .._wire.sse import EventParser, SSEvents
from .stream_blocking import Stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Callable
    from types import TracebackType
    from typing import Self

    from .._model.meta import Meta
    from .._wire.call import StreamCall
    from .session_blocking import Session
    from .settings import Settings
    from .token import TokenSource

__all__ = ["ByteStream"]


class ByteStream:
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
        session: Session,
        call: StreamCall[bytes, bytes],
        settings: Settings[TokenSource],
        refuse: Callable[[Reply], None] | None = None,
    ) -> None:
        self._stream = Stream(session, call, settings)
        self._refuse = refuse

    def __enter__(self) -> Self:
        self._stream.__enter__()
        try:
            self._check()
        except BaseException as error:
            self._stream.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.__exit__(kind, error, trace)

    def __iter__(self) -> Self:
        self._stream.__iter__()
        return self

    def __next__(self) -> bytes:
        return self._stream.__next__()

    def events(self) -> Iterator[SSEvents]:
        """The server-sent events in the body, and nothing for a body that holds none.

        Raises:
            StreamError: An event is larger than 64 MiB.
        """
        parser = EventParser()
        for piece in self:
            for event in parser.feed(piece):
                yield SSEvents.from_raw(event)
            if parser.failure is not None:
                raise parser.failure
        for event in parser.end():  # the body came whole: its last event may lack its empty line
            yield SSEvents.from_raw(event)

    def read(self) -> bytes:
        """The rest of the body, whole."""
        body = bytearray()
        for piece in self:
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

    def close(self) -> None:
        """Give the connection back; may be called twice. The `with` block does it."""
        self._stream.close()

    def _check(self) -> None:
        """What says of itself that it is text is read whole and refused where bytes were asked for."""
        if self._refuse is not None and self.content_type.lower().startswith(("application/json", "text/")):
            body = self.read()
            self._refuse(Reply(self.meta.status, Headers(self.meta.headers.items()), body))

    def __repr__(self) -> str:
        return repr(self._stream).replace(type(self._stream).__name__, type(self).__name__, 1)
